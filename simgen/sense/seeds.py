"""Chance of sensors: by episode, sensor and frame, whatever machine records it, and in whatever order."""

from __future__ import annotations

import hashlib

from simgen.scenario.plan import EpisodePlan

_BITS = 63          # a seed is a whole number of 0 or above, and fits into any integer


def sensor_seed(plan: EpisodePlan, sensor: str, frame: int) -> int:
    """The seed of one sensor at one frame. A negative twin has its episode's, so that nothing but the event differs."""
    return _number(_BITS, plan.seed, plan.scenario, plan.index, "sensor", sensor, frame)


def actor_number(plan: EpisodePlan, role: str) -> int:
    """A number of 32 bits for an actor, which decides what it is made of; 0 is nobody's.

    The simulator's own ids differ from run to run; this one does not.
    """
    return 1 + _number(32, plan.seed, plan.scenario, plan.index, "actor", role) % (2**32 - 1)


def _number(bits: int, *parts: str | int) -> int:
    text = "\0".join(map(str, parts))
    return int.from_bytes(hashlib.sha256(text.encode()).digest()[:8], "little") >> (64 - bits)
