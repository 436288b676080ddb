"""``when`` and ``until`` → ``Condition``."""

from __future__ import annotations

from typing import TYPE_CHECKING

from simgen.scenario.draws import Draws
from simgen.scenario.placements import RoleOf
from simgen.scenario.plan import Condition
from simgen.scenario.values import Value

if TYPE_CHECKING:
    from simgen.scenario.models.conditions import ConditionModel


def plan_condition(model: ConditionModel | None, draws: Draws, role_of: RoleOf) -> Condition | None:
    """A condition with its numbers drawn; None for none."""
    return None if model is None else _condition(model, draws, role_of)


def _condition(model: ConditionModel, draws: Draws, role_of: RoleOf) -> Condition:
    delay_s = draws.value(model.delay)
    if model.time is not None:
        return Condition("time", draws.value(model.time), above=True, delay_s=delay_s)
    if model.visible is not None:
        return Condition("visible", draws.value(model.visible), delay_s=delay_s)
    if model.ttc is not None:
        return Condition("ttc", draws.value(model.ttc.below), delay_s=delay_s)
    if model.event is not None:
        return Condition("event", role=role_of(model.event.actor), did=model.event.did, delay_s=delay_s)
    if model.distance is not None:
        value, above = _threshold(model.distance.below, model.distance.above, draws)
        return Condition("distance", value, above, role_of(model.distance.to), delay_s=delay_s)
    for kind, threshold in (
        ("ego_distance", model.ego_distance), ("ego_speed", model.ego_speed), ("speed", model.speed),
    ):
        if threshold is not None:
            value, above = _threshold(threshold.below, threshold.above, draws)
            return Condition(kind, value, above, delay_s=delay_s)
    kind, parts = (
        ("all", model.all) if model.all is not None else
        ("any", model.any) if model.any is not None else ("not", () if model.not_ is None else (model.not_,))
    )
    return Condition(kind, parts=tuple(_condition(part, draws, role_of) for part in parts), delay_s=delay_s)


def _threshold(below: Value[float] | None, above: Value[float] | None, draws: Draws) -> tuple[float, bool]:
    """The value, and whether it is to be exceeded."""
    if below is not None:
        return draws.value(below), False
    assert above is not None
    return draws.value(above), True
