"""The plan's weather and lamps, set in the simulator."""

from __future__ import annotations

import carla

from simgen.capture.spawn import Spawned
from simgen.scenario.plan import EpisodePlan

# From here on drivers switch their lamps on: the sun is low, or rain or fog is heavy.
LOW_SUN_DEG = 5.0
HEAVY_RAIN_PERCENT = 50.0
THICK_FOG_PERCENT = 40.0


def set_weather(world: carla.World, plan: EpisodePlan) -> None:
    """Set all fourteen fields."""
    world.set_weather(carla.WeatherParameters(**plan.weather))


def lamps_are_on(plan: EpisodePlan) -> bool:
    """Whether vehicles drive with their lamps on."""
    weather = plan.weather
    if plan.lights != "auto":
        return plan.lights == "on"
    return (
        weather["sun_altitude_angle"] < LOW_SUN_DEG
        or weather["precipitation"] >= HEAVY_RAIN_PERCENT
        or weather["fog_density"] >= THICK_FOG_PERCENT
    )


def set_lamps(plan: EpisodePlan, vehicles: list[Spawned]) -> None:
    """Position lamps and low beam on every vehicle that is not parked."""
    if not lamps_are_on(plan):
        return
    state = carla.VehicleLightState(carla.VehicleLightState.Position | carla.VehicleLightState.LowBeam)
    for vehicle in vehicles:
        if vehicle.plan is None or vehicle.plan.behaviour.action != "park":
            vehicle.actor.set_light_state(state)
