"""Nobody walks through anybody: people of the background, crowds, herds, and traffic."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from simgen.motion.bodies import Body
from simgen.motion.clock import Clock
from simgen.motion.outline import clearances_m, overlap_m
from simgen.motion.rehearsal import Rehearsal, play, rehearse
from simgen.motion.road import Place
from simgen.motion.stage import set_stage
from simgen.motion.standing import Standing, in_the_way
from simgen.scenario import load_scenario, make_plans
from simgen.scenario.plan import ActorPlan, Condition, EpisodePlan, Placement, Step
from tests.motion.formula_road import LANE_M, FormulaRoad
from tests.motion.overlaps import LIBRARY, corners_m, depths_m, overlaps, staged
from tests.motion.plans import ADULT, CAMERA, CAR, EGO_BODY, VAN, actor, crosser, plan

DEER = (1.9, 0.6, 1.5)
RIGHT_EDGE_M, LEFT_EDGE_M = -LANE_M / 2, 1.5 * LANE_M


def run(*actors: ActorPlan, road: FormulaRoad | None = None, **more: Any) -> Rehearsal:
    return rehearse(plan(*actors, **more), road or FormulaRoad(), {"ego": EGO_BODY}, CAMERA)


def passer(role: str, ahead: float, *, against: bool = False, off_road: float = 1.5, speed: float = 1.4,
           side: str = "right") -> ActorPlan:
    place = Placement(ahead, side=side, off_road_m=off_road, heading_rad=math.pi if against else 0.0)
    return actor(role, placement=place, background=True,
                 program=(Step("follow_road", speed_mps=speed, against=against),))


def walks(role: str, ahead: float, *, from_left: bool, speed: float = 1.3, kind: str = "walker", angle: float = 0.0,
          size: tuple[float, float, float] = ADULT, **more: Any) -> ActorPlan:
    """Crosses without a meet, from the first tick on."""
    place = Placement(ahead, side="left" if from_left else "right", off_road_m=0.5,
                      heading_rad=-math.pi / 2 if from_left else math.pi / 2)
    return actor(role, kind, size, placement=place, program=(Step("cross", speed_mps=speed, angle_rad=angle),), **more)


def least_m(played: Rehearsal, one: str, two: str) -> float:
    bodies = played.stage.bodies
    return float(clearances_m(played.tracks[one], bodies[one], played.tracks[two], bodies[two]).min())


# The judge

def test_the_judge_knows_how_deep_two_rectangles_are_in_each_other() -> None:
    """4 m by 2 m and 1 m by 1 m: beside each other, 30 cm in from the end, 20 cm from the side, inside, and turned."""
    big = np.zeros((5, 4))
    turned = (2 + math.sqrt(0.5) - 0.1, 0, 0, math.pi / 4)
    small = np.array([(9.0, 0, 0, 0), (2.2, 0, 0, 0), (0, 1.3, 0, 0), (0, 0, 0, 0), turned])
    depth = depths_m(corners_m(big, 4.0, 2.0, 0.0), corners_m(small, 1.0, 1.0, 0.0))
    assert depth == pytest.approx([0.0, 0.3, 0.2, 1.5, 0.1])


@given(st.lists(st.floats(-3.0, 3.0), min_size=6, max_size=6))
def test_the_judge_and_the_stage_agree(values: list[float]) -> None:
    x, y, yaw, dx, dy, other_yaw = values
    rows = np.array([[x, y, 0.0, yaw]]), np.array([[x + dx, y + dy, 0.0, other_yaw]])
    bodies = Body(*CAR, centre_x_m=0.3), Body(*ADULT)
    judged = depths_m(*(corners_m(row, body.length_m, body.width_m, body.centre_x_m)
                        for row, body in zip(rows, bodies, strict=True)))[0]
    depth = overlap_m(Place(*rows[0][0]), bodies[0], Place(*rows[1][0]), bodies[1])
    assert judged == pytest.approx(max(depth, 0.0), abs=1e-9)
    assert clearances_m(rows[0], bodies[0], rows[1], bodies[1])[0] == pytest.approx(-depth, abs=1e-9)


# People of the background

def test_people_who_come_towards_each_other_pass() -> None:
    """They are 8 m apart on one line, and both walk at 1.4 m/s. The second keeps to its own right, towards the road."""
    played = run(passer("out", 10.0), passer("back", 18.0, against=True), seconds=5.0)
    assert played.stage.left_out == ()
    assert least_m(played, "out", "back") >= 0.2
    assert played.tracks["out"][:, 1] == pytest.approx(RIGHT_EDGE_M - 1.5)
    assert played.tracks["back"][:, 1] == pytest.approx(RIGHT_EDGE_M - 0.8)


def test_people_pass_what_stands_on_the_pavement_and_the_slower_ones() -> None:
    sign = actor("sign", "prop", (0.4, 0.4, 2.0), placement=Placement(16.0, side="right", off_road_m=1.5))
    played = run(sign, passer("slow", 12.0, speed=0.8), passer("fast", 9.0, speed=2.0), seconds=6.0)
    assert played.stage.left_out == ()
    assert overlaps(played) == []


def test_where_people_walk_is_settled_on_the_stage_and_the_plan_stays_as_it_is() -> None:
    scenario = plan(passer("out", 10.0), passer("back", 18.0, against=True))
    digest = scenario.digest()
    stage = set_stage(scenario, FormulaRoad(), {}, Clock.of(scenario), CAMERA)
    assert stage.plan.digest() == digest
    assert stage.places["back"].y_m == pytest.approx(RIGHT_EDGE_M - 0.8)


@settings(max_examples=10, deadline=None)
@given(st.integers(0, 10**6), st.sampled_from([0.0, 0.01]))
def test_a_full_pavement_is_walked_without_touching(seed: int, curvature: float) -> None:
    draw = np.random.default_rng(seed)
    people = [
        passer(f"p{number}", float(draw.uniform(-10.0, 50.0)), against=bool(draw.random() < 0.5),
               off_road=float(draw.uniform(0.8, 2.3)), speed=float(draw.uniform(0.7, 2.0)))
        for number in range(14)
    ]
    played = run(*people, road=FormulaRoad(curvature), seconds=3.0, rate=10.0)
    assert overlaps(played) == []
    assert len(played.stage.parts) >= 7


# Crowds and herds

def test_two_who_cross_towards_each_other_pass_and_still_get_to_the_other_side() -> None:
    """Each would be in the other after 3.3 s. The later one steps to its right, by as little as leaves 20 cm."""
    played = run(walks("first", 60.0, from_left=True), walks("second", 60.0, from_left=False), seconds=9.0, speed=2.0)
    assert 0.15 < least_m(played, "first", "second") < 0.5
    assert np.ptp(played.tracks["first"][:, 0]) < 1e-6
    assert played.tracks["second"][-1, 0] - played.tracks["second"][0, 0] > 0.2     # it walks north: its right is east
    assert played.tracks["first"][-1, 1] == pytest.approx(RIGHT_EDGE_M - 0.5)
    assert played.tracks["second"][-1, 1] == pytest.approx(LEFT_EDGE_M + 0.5, abs=0.01)


def test_making_way_is_the_same_every_time() -> None:
    herd = [walks(f"h{number}", 60.0 + 2.1 * number, from_left=number % 2 == 0, kind="animal", size=DEER, speed=4.0,
                  angle=0.2 * number - 0.5) for number in range(6)]
    one, two = run(*herd, speed=2.0), run(*herd, speed=2.0)
    for role, track in one.tracks.items():
        np.testing.assert_array_equal(track, two.tracks[role])


def test_who_has_a_meet_does_not_make_way_others_do() -> None:
    """One passes a second before the ego, which comes after 3 s; right behind its lane another would walk into it."""
    met = crosser(speed=1.5, left=-4.4, miss=-1.0)
    there_m = run(met).stage.places["walker"].x_m - 12.0
    alone, both = run(met), run(met, walks("other", there_m, from_left=True, speed=1.0))
    until = int(np.flatnonzero(alone.times_s > 3.0)[0])
    np.testing.assert_allclose(both.tracks["walker"][:until], alone.tracks["walker"][:until], atol=1e-9)
    assert least_m(both, "walker", "other") > 0.15
    assert np.ptp(both.tracks["other"][:, 0]) > 0.1


def test_followers_in_a_file_keep_their_pace() -> None:
    """20 cm behind each other nobody of a brood stands or steps aside."""
    goose = walks("goose", 40.0, from_left=False, speed=0.6, kind="animal", size=(0.5, 0.3, 0.6))
    place = Placement(0.0, of="goose", side="right", off_road_m=1.1, heading_rad=math.pi / 2)
    gosling = actor("gosling", "animal", (0.3, 0.2, 0.3), placement=place,
                    program=(Step("follow_path", leader="goose", delay_s=0.4),))
    played = run(goose, gosling, seconds=6.0, speed=2.0)
    gone = {role: np.hypot(*np.diff(played.tracks[role][:, :2], axis=0).T) for role in ("goose", "gosling")}
    assert gone["gosling"][10:] == pytest.approx(gone["goose"][10:], abs=1e-6)
    assert np.ptp(played.tracks["gosling"][:, 0]) < 1e-6


@settings(max_examples=12, deadline=None)
@given(st.integers(0, 10**6))
def test_a_herd_that_scatters_does_not_run_through_itself(seed: int) -> None:
    draw = np.random.default_rng(seed)
    herd = [
        walks(f"h{number}", 50.0 + 3.0 * number, from_left=True, kind="animal", size=DEER,
              speed=float(draw.uniform(2.0, 6.0)), angle=float(draw.uniform(-0.6, 0.6)),
              when=Condition("time", float(draw.uniform(-1.0, 1.0))))
        for number in range(5)
    ]
    assert [one for one in overlaps(run(*herd, speed=3.0)) if one.depth_m > 0.1] == []


def test_nobody_steps_aside_into_a_parked_car_of_the_level() -> None:
    """Two meet between parked cars that leave 1.6 m: there is no room to pass, so the later one stands."""
    two = (walks(role, 60.0, from_left=role == "first") for role in ("first", "second"))
    scenario = plan(*two, seconds=6.0, speed=2.0)
    x = 2.0 + 60.0
    cars = [Standing("car", Place(x + side * (0.8 + CAR[1] / 2), LANE_M / 2, 0.0, math.pi / 2), Body(*CAR))
            for side in (-1.0, 1.0)]
    played = play(set_stage(scenario, FormulaRoad(), {"ego": EGO_BODY}, Clock.of(scenario), CAMERA, cars))
    for role in ("first", "second"):
        assert in_the_way(played.tracks[role], played.stage.bodies[role], cars, 0.0) is None
    assert [one for one in overlaps(played) if one.depth_m > 0.1] == []


# Traffic

def traffic(role: str, ahead: float, speed: float, **place: Any) -> ActorPlan:
    return actor(role, "vehicle", CAR, placement=Placement(ahead, **place), background=True,
                 program=(Step("follow_road", speed_mps=speed),))


def test_traffic_that_could_not_brake_in_time_is_left_out() -> None:
    """10 m/s faster: 2 m, 0.4 s at 14 m/s, and the 16.7 m that braking at 3 m/s² takes: 24.3 m between the bodies."""
    slow = traffic("slow", 80.0, 4.0, lane=-1)
    gap = 24.3 + CAR[0] - 10.0 * 1.0                        # at the first frame, after 1 s
    assert run(slow, traffic("fast", 80.0 - gap + 0.3, 14.0, lane=-1), speed=3.0).stage.left_out == ("fast",)
    played = run(slow, traffic("fast", 80.0 - gap - 0.3, 14.0, lane=-1), speed=3.0, seconds=8.0)
    assert played.stage.left_out == ()
    assert overlaps(played) == []


def test_traffic_stays_away_from_where_somebody_changes_lanes_to() -> None:
    changes = actor("overtaker", "vehicle", CAR, placement=Placement(30.0),
                    program=(Step("follow_road", speed_mps=9.0, duration_s=1.0),
                             Step("lane_change", side="left", duration_s=2.0)))
    beside = traffic("beside", 32.0, 9.0, lane=-1)
    assert run(changes, beside).stage.left_out == ("beside",)
    assert run(replace(changes, program=changes.program[:1]), beside).stage.left_out == ()


@pytest.mark.parametrize("away_m", [12.0, 18.0, 25.0, 40.0])
def test_a_car_of_the_background_and_a_person_who_steps_out_do_not_touch(away_m: float) -> None:
    """From the left, before a car that comes at 10 m/s."""
    car = traffic("car", 60.0 + away_m, 10.0, oncoming=True, heading_rad=math.pi)
    person = walks("person", 60.0, from_left=True, when=Condition("time", -0.5), event=False)
    played = run(person, car, seconds=7.0, speed=2.0)
    assert played.stage.left_out == ()
    assert overlaps(played) == []
    assert played.tracks["person"][-1, 1] < LEFT_EDGE_M - 1.0                       # and it crosses all the same


# The library

@pytest.mark.parametrize(("scenario", "seeds", "sets"), [
    ("pedestrians/crowd_at_crosswalk", 4, ()),
    ("animals/kangaroo_mob", 8, ()),
    ("weather/rain_at_night", 1, ("traffic.pedestrians=120 /km", "traffic.vehicles=30 /km")),
])
def test_nobody_of_the_library_walks_through_anybody(scenario: str, seeds: int, sets: tuple[str, ...]) -> None:
    """All of it: ``python -m tests.motion.overlaps``."""
    file = load_scenario(LIBRARY / f"{scenario}.yaml", sets)
    plans: list[EpisodePlan] = [make_plans([file], 1, seed)[0] for seed in range(seeds)]
    assert {one.name: found for one in plans if (found := overlaps(play(staged(one))))} == {}


def test_a_van_that_blocks_the_pavement_leaves_no_way_and_who_would_walk_there_is_left_out() -> None:
    van = actor("van", "vehicle", VAN, placement=Placement(14.0, side="right", off_road_m=1.6))
    assert run(van, passer("out", 14.0)).stage.left_out == ("out",)
    assert run(van, passer("out", 24.0)).stage.left_out == ()
