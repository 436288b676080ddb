"""When something is due: the conditions of a plan, looked at from tick to tick."""

from __future__ import annotations

import math
from typing import Protocol

from simgen.scenario.plan import Condition

TOLERANCE_S = 1e-6


class Senses(Protocol):
    """What conditions can be told about: the last snapshot and what happened up to it."""

    def ego_distance_m(self, role: str) -> float: ...

    def distance_m(self, role: str, other: str) -> float: ...

    def ttc_s(self, role: str) -> float: ...

    def speed_mps(self, role: str) -> float: ...

    def seen_s(self, role: str) -> float | None:
        """For how long it has been in sight so far, all together; None: never yet."""
        ...

    def happened_s(self, role: str, did: str) -> float | None:
        """When it first did that; None: not yet."""
        ...


class Cue:
    """One condition of one actor, with the memory its delay needs."""

    def __init__(self, condition: Condition, role: str) -> None:
        self._condition, self._role = condition, role
        self._parts = [Cue(part, role) for part in condition.parts]
        self._first_s: float | None = None

    def due_s(self, senses: Senses, now_s: float, until_s: float) -> float | None:
        """The instant from ``now_s`` on, and before ``until_s``, from which the condition holds; None: not in this
        tick. Everything but times and delays is as the snapshot at ``now_s`` shows it."""
        delay = self._condition.delay_s
        if delay > 0.0 and self._first_s is not None:
            due = max(now_s, self._first_s + delay)
        else:
            first = self._holds_s(senses, now_s, until_s)
            if first is None:
                return None
            self._first_s = first
            due = first + delay
        return due if due < until_s - TOLERANCE_S else None

    def _holds_s(self, senses: Senses, now_s: float, until_s: float) -> float | None:
        condition, role = self._condition, self._role
        if condition.kind == "time":
            assert condition.value is not None
            return max(now_s, condition.value) if condition.value < until_s - TOLERANCE_S else None
        if condition.kind in ("all", "any"):
            dues = [part.due_s(senses, now_s, until_s) for part in self._parts]
            known = [due for due in dues if due is not None]
            if condition.kind == "all":
                return max(known, default=now_s) if len(known) == len(dues) else None
            return min(known, default=None)
        if condition.kind == "not":
            due = self._parts[0].due_s(senses, now_s, until_s)
            return now_s if due is None or due > now_s + TOLERANCE_S else None
        if condition.kind == "event":
            assert condition.role is not None and condition.did is not None
            happened = senses.happened_s(condition.role, condition.did)
            return None if happened is None else self._since(happened, now_s)
        if condition.kind == "visible":
            seen = senses.seen_s(role)
            return now_s if seen is not None and seen >= (condition.value or 0.0) - TOLERANCE_S else None
        return now_s if self._compares(senses) else None

    def _since(self, happened_s: float, now_s: float) -> float:
        # A delay counts from the event itself, which may lie between two ticks.
        return happened_s if self._condition.delay_s > 0.0 else max(now_s, happened_s)

    def _compares(self, senses: Senses) -> bool:
        condition, role = self._condition, self._role
        assert condition.value is not None
        if condition.kind == "ego_distance":
            value = senses.ego_distance_m(role)
        elif condition.kind == "distance":
            assert condition.role is not None
            value = senses.distance_m(role, condition.role)
        elif condition.kind == "ttc":
            value = senses.ttc_s(role)
        elif condition.kind == "ego_speed":
            value = senses.speed_mps("ego")
        elif condition.kind == "speed":
            value = senses.speed_mps(role)
        else:
            raise ValueError(f"a plan knows no condition {condition.kind!r}")
        if math.isnan(value):
            return False
        return value > condition.value if condition.above else value <= condition.value
