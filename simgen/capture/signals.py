"""Traffic lights round a red-light runner: its own are red, the ego's green, and stay so.

On a map without traffic lights it simply does not give way.
"""

from __future__ import annotations

import math

import carla

from simgen.capture.spawn import Spawned
from simgen.motion.needs import steps_of

AHEAD_M = 150.0
STEP_M = 1.0
PARALLEL = 0.7             # cosine of the angle between lights that may be green together


def hold_signals(world: carla.World, world_map: carla.Map, ego: Spawned, actors: tuple[Spawned, ...]) -> list[str]:
    """Set and freeze the lights that matter: green for the ego and who drives along with it or towards it, red for who
    crosses and for the runner. Returns the roles whose light is held at red."""
    runners = [
        spawned for spawned in actors
        if spawned.plan is not None and any(step.verb == "run_red" for step in steps_of(spawned.plan.program))
    ]
    red = {runner.role: light for runner in runners if (light := _light_of(world, world_map, runner)) is not None}
    if not red:
        return []
    green = _light_of(world, world_map, ego)
    if green is not None:
        _give_way_to(green)
    for light in red.values():
        light.set_state(carla.TrafficLightState.Red)
        light.freeze(True)
    return list(red)


def _give_way_to(green: carla.TrafficLight) -> None:
    """Green for a light and those along its way at its junction, red for those across."""
    way_deg = green.get_transform().rotation.yaw
    for light in green.get_group_traffic_lights():
        turned = math.radians(light.get_transform().rotation.yaw - way_deg)
        along = abs(math.cos(turned)) > PARALLEL
        light.set_state(carla.TrafficLightState.Green if along else carla.TrafficLightState.Red)


def _light_of(world: carla.World, world_map: carla.Map, spawned: Spawned) -> carla.TrafficLight | None:
    """The light at the junction that a vehicle comes to, also if it starts between the light and the junction."""
    place = spawned.start
    waypoint = world_map.get_waypoint(
        carla.Location(place.x_m, -place.y_m, place.z_m), True, carla.LaneType.Driving
    )
    last = None if waypoint is None else _before_junction(waypoint)
    if waypoint is None or last is None:
        return None
    junction = last.next(STEP_M)[0].get_junction()
    for light in world.get_traffic_lights_in_junction(junction.id):
        if any((at.road_id, at.lane_id) == (last.road_id, last.lane_id) for at in light.get_stop_waypoints()):
            return light
    # A file need not say which lights are a junction's.
    lights = world.get_traffic_lights_from_waypoint(waypoint, AHEAD_M)
    return lights[0] if lights else None


def _before_junction(waypoint: carla.Waypoint) -> carla.Waypoint | None:
    """The last waypoint of a lane before the next junction; None if none comes, or it is in one already."""
    for _ in range(round(AHEAD_M / STEP_M)):
        ahead = waypoint.next(STEP_M)
        if waypoint.is_junction or not ahead:
            return None
        if ahead[0].is_junction:
            return waypoint
        waypoint = ahead[0]
    return None
