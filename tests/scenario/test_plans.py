"""Plans as a whole: the same everywhere, untouched by what does not concern them, whole after a trip through JSON."""

from __future__ import annotations

import json
import math
import os
import random
import subprocess
import sys
import tracemalloc
from dataclasses import replace
from functools import cache
from pathlib import Path

import pytest
import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from simgen.scenario import EpisodePlan, Plans, Scenario, frame_numbers, load_scenario, make_plans
from simgen.scenario.plan import Condition, Step, WeatherPoint
from tests.scenario.texts import HEAD, plan_of, scenario_of

ROOT = Path(__file__).parents[2]
GOLDEN = Path(__file__).parent / "golden.yaml"
DEER = ROOT / "scenarios" / "animals" / "deer_crossing.yaml"
PINNED = (
    "7afc301543d1c6af5182b7ae52280b137d4f7e768a5c707fcaa96d318acd5652",
    "646195bc2fda798daa25318c4efbe1fa5a926a4034e507cf77c8f561f9d14490",
    "2b14938e1081865e7f1bda7998e6b1b7b3e647de94c6f0b48a611717a631ebc7",
    "8fd063cb72a63a3788f5eb83c28ab45c9947e7ca5d51fd40269831c41b057be8",
    "d508313b3f52403bf6c3bf727d1db403bca77109a865cd510e5c2e5d45d75661",
    "b549be1d579e6fb4feb2b8821fafe1e578e0b296ce3bbaace4439630f85bfe51",
)
# The same with `sensing: {lidar: clean}`: what they were before sweeps were measured.
CLEAN = (
    "52b8c27a81fd38c0467b38ead37017c84043e72f8cfd826573181ac31162b1e0",
    "bc8881860d32aebc70478c4fcf760307eb576aa4e4116fe20416b06eefec55b4",
    "67583d81b2b2816d459d71cfc814bf60c2464b7e1f68c5c0510d484e05c83764",
    "6199041d50048f54e393939adf7b3ad9f51c7b67c915d3c4db3fa977acfdd8b3",
    "bab0008f5a847930c8fd94535fd1b2ceeb0f8865ba68cb08209eaf66f7325023",
    "8f87cd85d0c7bc7032002124cbc77e76ba233bcbbc2fb8a8d0196a5fb31858e7",
)

seeds = st.integers(-(2**63), 2**63)


@cache
def scenarios() -> tuple[Scenario, ...]:
    return tuple(load_scenario(path) for path in (GOLDEN, DEER))


def test_the_golden_plans_are_the_same_on_every_machine() -> None:
    for overrides, digests in (((), PINNED), (("sensing.lidar=clean",), CLEAN)):
        plans = make_plans([load_scenario(GOLDEN, overrides)], None, seed=11)
        assert tuple(plan.digest() for plan in plans) == digests


def test_another_process_with_another_hash_seed_makes_the_same_plans() -> None:
    code = ("import sys; from simgen.scenario import *; "
            "print(*[p.digest() for p in make_plans([load_scenario(f) for f in sys.argv[1:]], 2, 3)])")
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "PYTHONHASHSEED": "77"}
    done = subprocess.run(
        [sys.executable, "-c", code, str(GOLDEN), str(DEER)], cwd=ROOT, env=environment, capture_output=True, text=True,
        timeout=60, check=True,
    )
    assert done.stdout.split() == [plan.digest() for plan in make_plans(scenarios(), 2, 3)]


def test_seeds_and_episodes_differ() -> None:
    digests = [plan.digest() for seed in (0, 1) for plan in make_plans(scenarios(), 5, seed)]
    assert len(set(digests)) == len(digests)


def test_an_episode_does_not_depend_on_how_many_there_are_or_on_who_was_asked_first() -> None:
    deer = scenarios()[1:]
    many = make_plans(deer, 50, 0)
    assert [many[number] for number in (1, 0)] == [*make_plans(deer, 2, 0)][::-1]
    assert many[-1] == [*many][49]


@given(seeds)
@settings(max_examples=40, deadline=None)
def test_any_seed_gives_whole_and_valid_plans(seed: int) -> None:
    for plan in make_plans(scenarios(), 1, seed):
        assert_sane(plan)
        again = EpisodePlan.from_json(json.loads(json.dumps(plan.to_json(), allow_nan=False)))
        assert again == plan
        assert again.digest() == plan.digest()


def assert_sane(plan: EpisodePlan) -> None:
    assert all(len(point.carla) == 14 and all(map(math.isfinite, point.carla.values())) for point in plan.weather)
    times = [point.time_s for point in plan.weather]
    assert times == sorted(set(times))
    assert [plan.road.name, plan.road.xodr, plan.road.kind].count(None) == 2
    roles = [actor.role for actor in plan.actors]
    assert len(set(roles)) == len(roles) and "ego" not in roles
    assert plan.capture.frames > 0 and plan.capture.rate_hz > 0.0
    for actor in plan.actors:
        place = actor.placement
        assert (actor.blueprint is None) == (actor.kind == "animal") == (actor.species is not None)
        assert min(actor.size_lwh_m) > 0.0
        assert place.of in (*roles, "ego", "near")
        assert math.isfinite(place.heading_rad)
        assert place.off_road_m is None or place.side is not None
        for step in actor.program:
            assert step.speed_mps is None or step.speed_mps >= 0.0


numbers = st.floats(-1e6, 1e6)
words = st.text("abc_", min_size=1, max_size=5)
conditions = st.recursive(
    st.builds(Condition, words, st.none() | numbers, st.booleans(), st.none() | words, st.none() | words,
              delay_s=numbers),
    lambda inner: st.builds(Condition, words, parts=st.lists(inner, max_size=3).map(tuple)), max_leaves=5)
steps = st.recursive(
    st.builds(Step, words, st.none() | conditions, speed_mps=st.none() | numbers, against=st.booleans()),
    lambda inner: st.builds(
        Step, words, tracks=st.lists(st.lists(inner, max_size=2).map(tuple), max_size=2).map(tuple)), max_leaves=4)
points = st.builds(WeatherPoint, numbers, st.dictionaries(words, numbers, max_size=3), visibility_m=st.none() | numbers)


@given(st.lists(steps, max_size=3).map(tuple), st.lists(points, min_size=1, max_size=3).map(tuple), conditions,
       st.dictionaries(words, words | numbers | st.integers() | st.booleans(), max_size=4))
@settings(max_examples=60, deadline=None)
def test_any_plan_comes_back_whole_from_json(
    program: tuple[Step, ...], weather: tuple[WeatherPoint, ...], when: Condition, drawn: dict[str, object]
) -> None:
    plan = make_plans(scenarios()[1:], 1, 0)[0]
    actor = replace(plan.actors[0], program=program, when=when)
    plan = replace(plan, actors=(actor, *plan.actors[1:]), weather=weather, drawn=drawn)
    again = EpisodePlan.from_json(json.loads(json.dumps(plan.to_json())))
    assert again == plan and again.digest() == plan.digest()


def test_adding_an_actor_leaves_the_others_alone(tmp_path: Path) -> None:
    deer = """  - role: deer
    animal: {choice: [roe_deer, red_deer]}
    count: 3
    spacing: {uniform: [2 m, 4 m]}
    place: {ahead: {uniform: [40, 50]}, off_road: {uniform: [1, 3]}, side: right}
    do: {cross: {speed: {normal: [4, 0.3]}}}
"""
    car = "  - {role: car, vehicle: car, place: {ahead: {uniform: [60, 70]}, lane: ego}}\n"
    alone = plan_of(tmp_path, f"{HEAD}actors:\n{deer}")
    behind = plan_of(tmp_path, f"{HEAD}actors:\n{car}{deer}traffic: {{vehicles: 10 /km}}\n")
    assert behind.actors[1:4] == alone.actors
    assert (behind.ego, behind.weather) == (alone.ego, alone.weather)
    more = plan_of(tmp_path, f"{HEAD}actors:\n{deer.replace('count: 3', 'count: 5')}")
    assert more.actors[:3] == alone.actors
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
@settings(max_examples=10, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_the_order_of_keys_means_nothing(tmp_path: Path, chance: random.Random) -> None:
    value = yaml.load(GOLDEN.read_text(encoding="utf-8"), Loader=yaml.BaseLoader)
    text = yaml.safe_dump(shuffled(value, chance), sort_keys=False).replace("'", "")
    assert plan_of(tmp_path, text).digest() == make_plans([load_scenario(GOLDEN)], 1, 0)[0].digest()


def test_frame_numbers_follow_the_order_of_the_plans(tmp_path: Path) -> None:
    first = make_plans([scenario_of(tmp_path, HEAD + "capture: {frames: 3}\n")], 2, 0)
    second = make_plans([scenario_of(tmp_path, HEAD.replace("test", "other") + "capture: {frames: 5}\n")], 1, 0)
    assert frame_numbers([*first, *second]) == [range(0, 3), range(3, 6), range(6, 11)]
    assert frame_numbers([]) == []


def test_it_does_not_matter_where_the_checkout_lies_that_a_rig_comes_from(tmp_path: Path) -> None:
    plans = []
    for folder in ("here", "there/below"):
        place = tmp_path / folder
        place.mkdir(parents=True)
        (place / "wide.yaml").write_text("", encoding="utf-8")
        (place / "test.yaml").write_text(HEAD.replace("speed:", "rig: wide.yaml, speed:"), encoding="utf-8")
        plans.append(make_plans([load_scenario(place / "test.yaml")], 1, 0)[0])
    here, there = plans
    assert here.ego.rig != there.ego.rig and here.ego.rig_name == "wide.yaml"
    assert here.digest() == there.digest()
    assert here.digest() != replace(here, ego=replace(here.ego, rig="narrow.yaml")).digest()


def test_no_episodes_is_a_programming_mistake(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="at least 1"):
        make_plans([scenario_of(tmp_path, HEAD)], 0, 0)


def test_plans_are_a_sequence(tmp_path: Path) -> None:
    two = [scenario_of(tmp_path, HEAD.replace("test", name)) for name in ("one", "two")]
    plans = Plans(two, 3, 0)
    assert [plan.name for plan in plans] == [f"{name}-000{number}" for name in ("one", "two") for number in range(3)]
    assert [plans[number] for number in range(len(plans))] == [*plans] == plans[:]
    assert plans[3].name == "two-0000" and plans[-1].name == "two-0002"
    for outside in (6, -7):
        with pytest.raises(IndexError, match="6 plans"):
            plans[outside]
    assert len(Plans([], None, 0)) == 0


def test_the_number_of_episodes_is_the_requests_else_the_files_else_four(tmp_path: Path) -> None:
    scenario = scenario_of(tmp_path, HEAD + "episodes: 7\n")
    assert [len(Plans([scenario], count, 0)) for count in (None, 2)] == [7, 2]
    assert len(Plans([scenario_of(tmp_path, HEAD)], None, 0)) == 4


def test_a_hundred_thousand_episodes_take_the_memory_of_one() -> None:
    """Of as many, what is held between two plans may not grow: here the first and the next two hundred."""
    plans = make_plans(scenarios()[1:], 100_000, 0)
    assert len(plans) == 100_000
    stream = iter(plans)
    for _ in range(50):
        next(stream)                        # caches fill
    tracemalloc.start()
    try:
        next(stream)
        before, _ = tracemalloc.get_traced_memory()
        tracemalloc.reset_peak()
        for _ in range(200):
            next(stream)
        after, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    size = len(json.dumps(plans[0].to_json()))
    assert after - before < 10 * size       # two hundred plans would be 200 times as much
    assert peak - before < 30 * size
    assert plans[99_999].index == 99_999
