"""What the shipped scenarios promise: names, descriptions, plans; and of the first three, on straight roads with narrow
and wide lanes, that nobody meets anybody."""

from __future__ import annotations

import json
import math
from functools import cache
from itertools import combinations
from pathlib import Path

import pytest

from simgen.scenario import EpisodePlan, load_scenario, make_plans
from simgen.scenario.library import scenario_files
from tests.scenario.kinematics import Body, in_view, overlap, play

SCENARIOS = Path(__file__).parents[2] / "scenarios"
SHIPPED = scenario_files(SCENARIOS)
HARMLESS = [SCENARIOS / name for name in (
    "animals/deer_crossing.yaml", "pedestrians/child_from_behind_parked_car.yaml", "weather/rain_at_night.yaml")]
LANES_M = (3.25, 3.5)

every_scenario = pytest.mark.parametrize("path", HARMLESS, ids=lambda path: path.stem)
every_lane = pytest.mark.parametrize("lane_m", LANES_M)


@cache
def plans_of(path: Path) -> list[EpisodePlan]:
    return list(make_plans([load_scenario(path)], 25, seed=2026))


def test_a_car_and_a_wall_of_people_are_told_apart_by_the_overlap_test_itself() -> None:
    car = Body(0.0, 0.0, 0.0, (4.0, 2.0))
    assert overlap(car, Body(2.2, 0.0, math.pi / 4, (1.0, 1.0)))
    assert not overlap(car, Body(2.8, 0.0, math.pi / 4, (1.0, 1.0)))       # its corner reaches to 2.8 − 0.707
    assert not overlap(car, Body(0.0, 1.6, 0.0, (1.0, 1.0)))


def test_scenarios_are_named_after_their_files_and_described() -> None:
    assert len(SHIPPED) >= 3
    for path in SHIPPED:
        scenario = load_scenario(path)
        assert scenario.name == path.stem
        assert scenario.description


@pytest.mark.parametrize("path", SHIPPED, ids=lambda path: path.stem)
def test_every_scenario_becomes_plans_whose_digests_all_differ(path: Path) -> None:
    plans = make_plans([load_scenario(path)], 10, seed=2026)
    assert len({plan.digest() for plan in plans}) == len(plans)
    for plan in plans:
        assert EpisodePlan.from_json(json.loads(json.dumps(plan.to_json()))) == plan


@every_scenario
@every_lane
def test_nobody_meets_anybody(path: Path, lane_m: float) -> None:
    for plan in plans_of(path):
        for time_s, bodies in play(plan, lane_m):
            for (role, a), (other, b) in combinations(bodies.items(), 2):
                assert not overlap(a, b), f"{plan.name}: {role} meets {other} at {time_s:.1f} s"


@every_scenario
@every_lane
def test_nearly_every_frame_has_something_to_label(path: Path, lane_m: float) -> None:
    for plan in plans_of(path):
        frames = [bodies for time_s, bodies in play(plan, lane_m) if time_s > -1e-6]
        labelled = [
            any(in_view(body, bodies["ego"]) for role, body in bodies.items() if role != "ego") for bodies in frames
        ]
        assert sum(labelled) >= 0.8 * len(labelled), plan.name


@pytest.mark.parametrize(
    ("file", "role"),
    [("animals/deer_crossing.yaml", "deer"),
     ("pedestrians/child_from_behind_parked_car.yaml", "child"),
     ("weather/rain_at_night.yaml", "pedestrian")],
)
@every_lane
def test_the_one_it_is_about_is_in_view_all_the_time_and_reaches_the_ego_lane(
    file: str, role: str, lane_m: float
) -> None:
    for plan in plans_of(SCENARIOS / file):
        frames = [bodies for time_s, bodies in play(plan, lane_m) if time_s > -1e-6]
        assert all(in_view(bodies[role], bodies["ego"]) for bodies in frames), plan.name
        assert frames[0][role].y_m < -lane_m / 2 + 1.0
        assert frames[-1][role].y_m > -lane_m / 4, plan.name
        gap_m = frames[-1][role].x_m - frames[-1]["ego"].x_m
        assert 7.0 < gap_m < 27.0, plan.name


def test_the_parked_car_hides_the_child_at_first_and_not_at_last() -> None:
    """By sight line from the camera over the ego's middle to the child's, against the nearer parked car."""
    for plan in plans_of(SCENARIOS / "pedestrians/child_from_behind_parked_car.yaml"):
        story = play(plan, 3.5)
        first = next(bodies for time_s, bodies in story if time_s > -1e-6)
        for bodies, hidden in ((first, True), (story[-1][1], False)):
            ego, child, car = bodies["ego"], bodies["child"], bodies["near_car"]
            small_car = Body(car.x_m, car.y_m, 0.0, (3.5, 1.6))
            sight = [
                Body(ego.x_m + share * (child.x_m - ego.x_m), share * child.y_m, 0.0, (0.01, 0.01))
                for share in (step / 200 for step in range(1, 200))
            ]
            assert any(overlap(point, small_car) for point in sight) == hidden, plan.name
