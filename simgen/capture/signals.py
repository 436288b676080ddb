"""Traffic lights round a red-light runner: its own are red, the ego's green, and stay so.

On a map without traffic lights it simply does not give way.
"""

from __future__ import annotations

import carla

from simgen.capture.spawn import Spawned
from simgen.motion.needs import steps_of

AHEAD_M = 150.0


def hold_signals(world: carla.World, world_map: carla.Map, ego: Spawned, actors: tuple[Spawned, ...]) -> list[str]:
    """Set and freeze the lights that matter. Returns the roles whose light is held at red."""
    runners = [
        spawned for spawned in actors
        if spawned.plan is not None and any(step.verb == "run_red" for step in steps_of(spawned.plan.program))
    ]
    held = []
    for runner in runners:
        if _hold(world, world_map, runner, carla.TrafficLightState.Red):
            held.append(runner.role)
    if held:
        _hold(world, world_map, ego, carla.TrafficLightState.Green)
    return held


def _hold(world: carla.World, world_map: carla.Map, spawned: Spawned, state: carla.TrafficLightState) -> bool:
    """Hold the first light on a vehicle's lane; False if there is none."""
    place = spawned.start
    waypoint = world_map.get_waypoint(
        carla.Location(place.x_m, -place.y_m, place.z_m), True, carla.LaneType.Driving
    )
    lights = [] if waypoint is None else world.get_traffic_lights_from_waypoint(waypoint, AHEAD_M)
    for light in lights[:1]:
        light.set_state(state)
        light.freeze(True)
    return bool(lights)
