"""CARLA's light flags, and which lamps of a body they switch on."""

from __future__ import annotations

from simgen.localsim.actors import Vehicle

POSITION, LOW_BEAM, HIGH_BEAM, BRAKE = 1, 2, 4, 8


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
