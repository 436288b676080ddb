"""Plans as a whole: the same everywhere, untouched by what does not concern them, whole after a trip through JSON."""

from __future__ import annotations

import json
import math
import random
import subprocess
import sys
from functools import cache
from pathlib import Path

import pytest
import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from simgen.scenario import EpisodePlan, Scenario, frame_numbers, load_scenario, make_plans
from tests.scenario.texts import HEAD, plan_of, scenario_of

ROOT = Path(__file__).parents[2]
GOLDEN = Path(__file__).parent / "golden.yaml"
FILES = [GOLDEN, *sorted((ROOT / "scenarios").rglob("*.yaml"))]
PINNED = (
    "fad9052bef273c7840051d6e81a521e3016f510640ad1e25c889cb376db09527",
    "0d19e0b85e2d4e92f327bb3e2908273397a1b07c7d6aa5d0b4f5480bc7829346",
    "6a601c316b6ced3ddc2fc9b42680d6cfcd41c09f7d8f97e4ef12a069cb1cdd35",
)

seeds = st.integers(-(2**63), 2**63)


@cache
def scenarios() -> tuple[Scenario, ...]:
    return tuple(load_scenario(path) for path in FILES)


def test_the_golden_plans_are_the_same_on_every_machine() -> None:
    assert tuple(plan.digest() for plan in make_plans([load_scenario(GOLDEN)], None, seed=11)) == PINNED


def test_another_process_with_another_hash_seed_makes_the_same_plans() -> None:
    code = ("import sys; from simgen.scenario import *; "
            "print(*[p.digest() for p in make_plans([load_scenario(f) for f in sys.argv[1:]], 2, 3)])")
    done = subprocess.run(
        [sys.executable, "-c", code, *map(str, FILES)], cwd=ROOT, env={"PYTHONPATH": str(ROOT), "PYTHONHASHSEED": "77"},
        capture_output=True, text=True, timeout=60, check=True,
    )
    assert done.stdout.split() == [plan.digest() for plan in make_plans(scenarios(), 2, 3)]


def test_seeds_and_episodes_differ() -> None:
    digests = [plan.digest() for seed in (0, 1) for plan in make_plans(scenarios(), 5, seed)]
    assert len(set(digests)) == len(digests)


def test_an_episode_does_not_depend_on_how_many_there_are() -> None:
    assert make_plans(scenarios()[:1], 2, 0) == make_plans(scenarios()[:1], 50, 0)[:2]


@given(seeds)
@settings(max_examples=60, deadline=None)
def test_any_seed_gives_whole_and_valid_plans(seed: int) -> None:
    for plan in make_plans(scenarios(), 1, seed):
        assert_sane(plan)
        again = EpisodePlan.from_json(json.loads(json.dumps(plan.to_json())))
        assert again == plan
        assert again.digest() == plan.digest()


def assert_sane(plan: EpisodePlan) -> None:
    assert len(plan.weather) == 14 and all(math.isfinite(value) for value in plan.weather.values())
    assert [plan.road.name, plan.road.xodr, plan.road.kind].count(None) == 2
    roles = [actor.role for actor in plan.actors]
    assert len(set(roles)) == len(roles) and "ego" not in roles
    assert plan.capture.frames > 0 and plan.capture.rate_hz > 0.0
    for actor in plan.actors:
        placement, behaviour = actor.placement, actor.behaviour
        assert (actor.blueprint is None) == (actor.kind == "animal") == (actor.species is not None)
        assert (behaviour.speed_mps > 0.0) == (behaviour.action in ("walk", "cross", "drive"))
        assert (placement.side is None) == (placement.off_road_m is None)
        assert math.isfinite(placement.heading_rad) and math.isfinite(placement.ahead_m)


def test_adding_an_actor_leaves_the_others_alone(tmp_path: Path) -> None:
    deer = """  - role: deer
    animal: {choice: [roe_deer, red_deer]}
    place: {ahead: {uniform: [40, 50]}, off_road: {uniform: [1, 3]}, side: right}
    do: {cross: {speed: {normal: [4, 0.3]}}}
"""
    car = "  - {role: car, vehicle: car, place: {ahead: {uniform: [60, 70]}, lane: ego}}\n"
    alone = plan_of(tmp_path, f"{HEAD}actors:\n{deer}")
    behind = plan_of(tmp_path, f"{HEAD}actors:\n{car}{deer}")
    assert behind.actors[1] == alone.actors[0]
    assert (behind.ego, behind.weather) == (alone.ego, alone.weather)
    renamed = plan_of(tmp_path, f"{HEAD}actors:\n{deer.replace('role: deer', 'role: stag')}")
    assert renamed.actors[0].placement != alone.actors[0].placement


def shuffled(value: object, chance: random.Random) -> object:
    """The same YAML with all mappings in another order; lists keep theirs."""
    if isinstance(value, dict):
        items = [(key, shuffled(entry, chance)) for key, entry in value.items()]
        chance.shuffle(items)
        return dict(items)
    return [shuffled(entry, chance) for entry in value] if isinstance(value, list) else value


@given(chance=st.randoms(use_true_random=False))
@settings(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_the_order_of_keys_means_nothing(tmp_path: Path, chance: random.Random) -> None:
    value = yaml.load(GOLDEN.read_text(encoding="utf-8"), Loader=yaml.BaseLoader)
    text = yaml.safe_dump(shuffled(value, chance), sort_keys=False).replace("'", "")
    assert plan_of(tmp_path, text).digest() == make_plans([load_scenario(GOLDEN)], 1, 0)[0].digest()


def test_frame_numbers_follow_the_order_of_the_plans(tmp_path: Path) -> None:
    first = make_plans([scenario_of(tmp_path, HEAD + "capture: {frames: 3}\n")], 2, 0)
    second = make_plans([scenario_of(tmp_path, HEAD.replace("test", "other") + "capture: {frames: 5}\n")], 1, 0)
    assert frame_numbers([*first, *second]) == [range(0, 3), range(3, 6), range(6, 11)]
    assert frame_numbers([]) == []


def test_no_episodes_is_a_programming_mistake(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="at least 1"):
        make_plans([scenario_of(tmp_path, HEAD)], 0, 0)
