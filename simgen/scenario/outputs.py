"""What the scenarios of a run say of its output, as one plan for the dataset."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from simgen.scenario.load import Scenario
from simgen.scenario.mistakes import Mistake, ScenarioMistakes, Where, listed
from simgen.scenario.models.output import (
    DERIVED_LAYOUTS,
    MADE_OF,
    STORED_LAYOUTS,
    ClassesModel,
    DontCareModel,
    LeaveOutModel,
    OutputModel,
)
from simgen.scenario.plan import OutputPlan, SplitPlan


def plan_output(output: OutputModel) -> OutputPlan:
    """What is stored of each episode."""
    return OutputPlan(
        pictures=tuple(sorted({*output.layouts} & {*STORED_LAYOUTS})),
        split=SplitPlan(output.split.train, output.split.val, output.split.test),
        classes={} if output.classes is None else _classes(output.classes),
    )


def derived_layouts(scenarios: Sequence[Scenario]) -> tuple[str, ...]:
    """The layouts that are made at the end of a run, in the order of the language reference.

    Raises ScenarioMistakes if the scenarios do not say the same of their output, which is one dataset's.
    """
    if not scenarios:
        return ()
    first = scenarios[0]
    mistakes = [_disagreement(first, other) for other in scenarios[1:] if _told(other) != _told(first)]
    if mistakes:
        raise ScenarioMistakes(mistakes)
    asked = first.model.output.layouts
    pictures = tuple(layout for layout, stored in MADE_OF.items() if {*stored} & {*asked})
    return pictures + tuple(layout for layout in DERIVED_LAYOUTS if layout in asked)


def _told(scenario: Scenario) -> dict[str, Any]:
    """Key of ``output`` → what it comes to."""
    output = scenario.model.output
    plan = plan_output(output)
    return {"layouts": {*output.layouts} - {"object"}, "classes": plan.classes, "split": plan.split}


def _disagreement(first: Scenario, other: Scenario) -> Mistake:
    one, two = _told(first), _told(other)
    keys = [key for key in one if one[key] != two[key]]
    where = other.model.where_is("output") if "output" in other.model.given else Where(str(other.path))
    problem = (f"the scenario {other.name} says something else of {listed(keys, 'and')} than {first.name} "
               f"({first.path}); a dataset has one output: write the same in both, give it to all by --set "
               f"output.{keys[0]}=…, or run them into different folders")
    return Mistake(where.file, where.line, "output", problem, where.column)


def _classes(classes: ClassesModel) -> dict[str, Any]:
    """The rules that are given, as plain values; its own before those of the map that it extends."""
    base = classes.extends or (classes.map if isinstance(classes.map, ClassesModel) else None)
    below = {} if base is None else _classes(base)
    own = classes.map if isinstance(classes.map, dict) else {}
    types = {pattern: word for pattern, word in below.get("map", ()) if pattern not in classes.ignore} | own
    ignored = [pattern for pattern in below.get("ignore", ()) if pattern not in {*own, *classes.ignore}]
    rules = {
        "map": [[pattern, word] for pattern, word in types.items()],
        "ignore": [*ignored, *classes.ignore],
        "leave_out": below.get("leave_out", {}) | _limits(classes.leave_out),
        "dont_care": below.get("dont_care", {}) | _limits(classes.dont_care),
    }
    return {name: value for name, value in rules.items() if value}


def _limits(limits: LeaveOutModel | DontCareModel | None) -> dict[str, float]:
    """Those that are given, as ``simgen.label.Limits`` and ``DontCareRules`` call them."""
    if limits is None:
        return {}
    both = limits.nearly_hidden if isinstance(limits, DontCareModel) else None
    told = {
        "range_m": limits.beyond, "height_px": limits.below,
        "visible_fraction": limits.visible_under, "lidar_points": limits.lidar_points_under,
        "nearly_hidden_fraction": None if both is None else both.visible_under,
        "nearly_hidden_points": None if both is None else both.lidar_points_under,
    }
    return {name: value for name, value in told.items() if value is not None}
