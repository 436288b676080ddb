"""Vehicles' lamps: what the plan says of each, what the weather asks for, and the brake lamps."""

from __future__ import annotations

import carla

from simgen.capture.spawn import Spawned
from simgen.scenario.plan import ActorPlan

# From here on drivers switch their lamps on: the sun is low, or rain or fog is heavy.
LOW_SUN_DEG = 5.0
HEAVY_RAIN_PERCENT = 50.0
THICK_FOG_PERCENT = 40.0

_State = carla.VehicleLightState
DRIVING = int(_State.Position) | int(_State.LowBeam)
HAZARD = int(_State.LeftBlinker) | int(_State.RightBlinker)
# What an actor's word adds to the lamps that drivers have on anyway.
_SIGNALS = {"hazard": HAZARD, "left": int(_State.LeftBlinker), "right": int(_State.RightBlinker),
            "blue": int(_State.Special1)}
BRAKE = int(_State.Brake)


def lamps_are_on(lights: str, weather: dict[str, float]) -> bool:
    """Whether vehicles drive with their lamps on. lights: the plan's "auto", "on" or "off"; weather: CARLA's fields."""
    if lights != "auto":
        return lights == "on"
    return (
        weather["sun_altitude_angle"] < LOW_SUN_DEG
        or weather["precipitation"] >= HEAVY_RAIN_PERCENT
        or weather["fog_density"] >= THICK_FOG_PERCENT
    )


def is_parked(plan: ActorPlan | None) -> bool:
    """Does the plan's actor stand parked, and do nothing else?"""
    return plan is not None and bool(plan.program) and plan.program[0].verb == "park"


def flags(word: str, parked: bool, driving_on: bool, braking: bool) -> int:
    """CARLA's light state. word: an actor's "auto", "on", "off", or one of the signals; driving_on: what "auto" is for
    drivers."""
    if word == "off":
        return 0
    state = _SIGNALS.get(word, 0)
    if word == "on" or (driving_on and not parked):
        state |= DRIVING
    return state | (BRAKE if braking else 0)


class LampBoard:
    """Keeps every vehicle's lamps as they should be, telling the server only what changes."""

    def __init__(self, vehicles: list[Spawned], lights: str) -> None:
        self._vehicles = {vehicle.role: vehicle for vehicle in vehicles}
        self._lights = lights
        self._words = {v.role: "auto" if v.plan is None else v.plan.lamps for v in vehicles}
        self._shown = dict.fromkeys(self._vehicles, 0)

    def show(self, weather: dict[str, float], braking: frozenset[str]) -> None:
        """Bring the server up to date. braking: roles whose brake lamps are on."""
        driving_on = lamps_are_on(self._lights, weather)
        for role, vehicle in self._vehicles.items():
            state = flags(self._words[role], is_parked(vehicle.plan), driving_on, role in braking)
            if state != self._shown[role]:
                vehicle.actor.set_light_state(carla.VehicleLightState(state))
                self._shown[role] = state
