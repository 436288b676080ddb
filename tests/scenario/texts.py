"""Scenarios written in the test itself."""

from __future__ import annotations

from pathlib import Path

from simgen.scenario import EpisodePlan, Scenario, load_scenario, make_plans
from simgen.scenario.plan import ActorPlan

HEAD = "name: test\nroad: {kind: rural}\nego: {speed: 36 km/h}\n"


def scenario_of(folder: Path, text: str) -> Scenario:
    """The scenario that a text is; ``folder`` holds it."""
    path = folder / "test.yaml"
    path.write_text(text, encoding="utf-8")
    return load_scenario(path)


def plan_of(folder: Path, text: str, seed: int = 0) -> EpisodePlan:
    """The first episode of a text."""
    return make_plans([scenario_of(folder, text)], 1, seed)[0]


def actor_of(folder: Path, line: str) -> ActorPlan:
    """The only actor of a scenario, written as one flow mapping without its role."""
    return plan_of(folder, f"{HEAD}actors:\n  - {{role: x, {line}}}\n").actors[0]
