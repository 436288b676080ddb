"""CARLA's light flags, and which lamps of a body they switch on."""

from __future__ import annotations

import math
import zlib

from simgen.localsim.actors import Vehicle
from simgen.localsim.mesh import Signal

# carla.VehicleLightState
POSITION, LOW_BEAM, HIGH_BEAM, BRAKE = 1, 2, 4, 8
RIGHT_BLINKER, LEFT_BLINKER, REVERSE, FOG, INTERIOR, SPECIAL_1 = 16, 32, 64, 128, 256, 512

BLINKS_HZ = 1.5             # within UN R48's 90 flashes a minute, give or take 30; half of the time they are lit
BEACON_HZ = 2.0             # UN R65: 2 to 4 Hz. Left and right take turns, with two flashes each
_FLASH_SHARE = 0.12         # of a beacon's cycle


def headlamps(vehicle: Vehicle) -> int:
    """0 off, 1 low beam, 2 high beam."""
    if vehicle.lights & HIGH_BEAM:
        return 2
    return 1 if vehicle.lights & LOW_BEAM else 0


def tail_lamps(vehicle: Vehicle) -> bool:
    """They burn with any light at the front."""
    return bool(vehicle.lights & (POSITION | LOW_BEAM | HIGH_BEAM))


def brake_lamps(vehicle: Vehicle) -> bool:
    """With the pedal, or when a client says so."""
    return vehicle.control.brake > 0.0 or bool(vehicle.lights & BRAKE)


def interior_lamp(vehicle: Vehicle) -> bool:
    """The lamp at the cabin's ceiling."""
    return bool(vehicle.lights & INTERIOR)


def signals(vehicle: Vehicle, time_s: float, look: str) -> Signal:
    """The other lamps that are lit at a moment. Reversing lamps burn in reverse gear, or when a client says so.

    Args:
        time_s: simulated time; equal times give equal lamps.
        look: a name of the vehicle that is the same in every run; not all blinkers of a street keep time.
    """
    lit = Signal(0)
    if vehicle.lights & (LEFT_BLINKER | RIGHT_BLINKER) and _cycle(BLINKS_HZ, time_s, look) < 0.5:
        lit |= Signal.LEFT if vehicle.lights & LEFT_BLINKER else Signal(0)
        lit |= Signal.RIGHT if vehicle.lights & RIGHT_BLINKER else Signal(0)
    if vehicle.lights & REVERSE or vehicle.control.reverse:
        lit |= Signal.REVERSE
    if vehicle.lights & FOG:
        lit |= Signal.FOG
    if vehicle.lights & POSITION:
        lit |= Signal.POSITION
    if vehicle.lights & SPECIAL_1:
        lit |= _beacon(_cycle(BEACON_HZ, time_s, look))
    return lit


def _cycle(rate_hz: float, time_s: float, look: str) -> float:
    """How far a lamp is in its cycle, 0 to 1; each vehicle's begins at another time. Rounded, so that a time that was
    summed up from ticks is on the same side of an edge as its exact value."""
    return math.fmod(round(rate_hz * time_s + zlib.crc32(look.encode()) / 2**32, 6), 1.0)


def _beacon(cycle: float) -> Signal:
    """Two flashes on one side, then two on the other."""
    side = Signal.BEACON_LEFT if cycle < 0.5 else Signal.BEACON_RIGHT
    return side if math.fmod(cycle, 0.25) < _FLASH_SHARE else Signal(0)
