import math

import numpy as np
import pytest
from hypothesis import assume, example, given, settings
from hypothesis import strategies as st

from simgen.errors import PlacementError, RequestError
from simgen.motion.events import measured
from simgen.motion.outline import front_gap_m, left_of_m
from simgen.motion.rehearsal import Rehearsal, rehearse
from simgen.motion.road import Place
from simgen.motion.speeds import RunUp
from simgen.scenario.plan import ActorPlan, EpisodePlan, MeetPlan, Placement, RoadWish, Step
from tests.motion.formula_road import LANE_M, FormulaRoad
from tests.motion.plans import ADULT, CAMERA, CAR, CHILD, EGO_BODY, VAN, actor, crosser, plan

KMH = 1 / 3.6
DOG, BICYCLE = (0.9, 0.25, 0.6), (1.89, 0.5, 1.2)


def run(scenario: EpisodePlan, road: FormulaRoad | None = None) -> Rehearsal:
    return rehearse(scenario, road or FormulaRoad(), {"ego": EGO_BODY}, CAMERA)


def at(played: Rehearsal, role: str, time_s: float) -> Place:
    track = played.tracks[role]
    return Place(*(float(np.interp(time_s, played.times_s, column)) for column in track.T))


def check(played: Rehearsal, role: str, meet: MeetPlan) -> None:
    found = measured(played.events, role)
    assert found.impact_s == pytest.approx(meet.time_s, abs=1e-3)
    assert found.impact_share is not None
    assert found.impact_share * EGO_BODY.width_m == pytest.approx(meet.impact_share * EGO_BODY.width_m, abs=0.01)


crossings = st.fixed_dictionaries({
    "left": st.floats(3.2, 9.0).flatmap(lambda left: st.sampled_from([left, -left])),
    "speed": st.floats(0.6, 8.0), "share": st.floats(0.0, 1.0), "time": st.floats(2.0, 3.0),
    "angle": st.floats(-0.6, 0.6), "acceleration": st.none() | st.floats(0.5, 5.0),
    "size": st.sampled_from([ADULT, CHILD, DOG]),
})


def check_crossing(drawn: dict, speed: float, curvature: float, rate: float) -> None:
    assume(drawn["speed"] * math.sin(drawn["angle"]) < 0.8 * speed)     # else it runs ahead of the ego
    meeting = crosser(**drawn)
    away = abs(drawn["left"]) / math.cos(drawn["angle"]) + 4.0
    needs = RunUp(drawn["speed"], drawn["acceleration"]).time_for(away)
    scenario = plan(
        meeting, speed=speed, warmup=max(0.5, needs - drawn["time"] + 0.2), seconds=drawn["time"] + 0.3, rate=rate)
    assert meeting.meet is not None
    check(run(scenario, FormulaRoad(curvature)), "walker", meeting.meet)


episodes = (crossings, st.floats(3.0, 25.0), st.sampled_from([0.0, 0.008, -0.008]), st.sampled_from([10.0, 20.0]))


@settings(max_examples=25, deadline=None)
@given(*episodes)
def test_every_crossing_meets_as_asked(drawn: dict, speed: float, curvature: float, rate: float) -> None:
    check_crossing(drawn, speed, curvature, rate)


@pytest.mark.slow
@settings(max_examples=300, deadline=None)
@given(*episodes)
def test_three_hundred_crossings_meet_as_asked(drawn: dict, speed: float, curvature: float, rate: float) -> None:
    check_crossing(drawn, speed, curvature, rate)


@settings(max_examples=12, deadline=None)
@example(1.875, 12.0, 0.006, -1.0)
@given(st.floats(0.8, 2.5), st.floats(6.0, 20.0), st.sampled_from([0.0, 0.006, -0.006]), st.sampled_from([-1.0, 1.0]))
def test_a_reveal_behind_a_van_comes_when_asked(reveal: float, speed: float, curvature: float, side: float) -> None:
    meeting = crosser(left=side * 3.6, speed=1.9 / reveal + 0.9, size=CHILD, reveal=reveal, behind="van", time=3.0)
    scenario = plan(
        meeting, actor("van", "vehicle", VAN, placement=Placement(None, left_m=side * 3.0)), speed=speed, warmup=3.0,
        seconds=3.2)
    try:
        played = run(scenario, FormulaRoad(curvature))
    except PlacementError as error:
        assert "cannot be had" in str(error) or "never hides" in str(error)
        return
    assert measured(played.events, "walker").reveal_s == pytest.approx(reveal, abs=0.03)
    assert meeting.meet is not None
    check(played, "walker", meeting.meet)


@pytest.mark.parametrize(
    ("speed_kmh", "left", "run_up_m", "seconds"), [(5.0, -4.0, 1.0, 3.60), (8.0, 6.0, 1.5, 3.38)], ids=["CPNA", "CPFA"]
)
def test_euro_ncap_adults_start_when_the_protocol_says(
    speed_kmh: float, left: float, run_up_m: float, seconds: float
) -> None:
    speed = speed_kmh * KMH
    acceleration = speed**2 / (2 * run_up_m)
    stage = run(plan(crosser(left=left, speed=speed, acceleration=acceleration, time=3.5), speed=40 * KMH)).stage
    starts = stage.meets["walker"].starts_s
    assert starts is not None
    assert 3.5 - starts == pytest.approx(seconds, abs=0.006)


def test_euro_ncap_child_passes_the_parked_car_in_time() -> None:
    # CPNCO-50: 5 km/h, a parked car 1.0 m beside the ego whose front is 1.0 m before the child's path, another car 1 m
    # behind the first.
    speed = 5 * KMH
    child = crosser("child", left=-4.0, speed=speed, acceleration=speed**2 / 2.0, size=CHILD, time=4.0)
    flank = -EGO_BODY.width_m / 2 - 1.0
    beside = Placement(-1.0, of="child", between="ends", side="right", beside_m=1.0)
    parked = actor("car", "vehicle", CAR, placement=beside)
    second = actor("second", "vehicle", CAR, placement=Placement(-1.0, of="car", between="ends", same_line=True))
    played = run(plan(child, parked, second, speed=40 * KMH, seconds=4.2))
    fronts = played.tracks["child"][:, 1] + CHILD[0] / 2

    def passes(y: float) -> float:
        return float(np.interp(y, fronts, played.times_s))

    assert passes(-EGO_BODY.width_m / 2) - passes(flank) == pytest.approx(0.72, abs=0.005)
    assert passes(0.0) - passes(flank) == pytest.approx(1.37, abs=0.005)
    ego_then = at(played, "ego", passes(flank)).x_m + EGO_BODY.front_m
    path = played.stage.meets["child"].place.x_m
    assert path - CHILD[1] / 2 - ego_then == pytest.approx(15.3 + 0.356 / speed * 40 * KMH, abs=0.3)
    car = played.stage.places["car"]
    assert path - CHILD[1] / 2 - (car.x_m + CAR[0] / 2) == pytest.approx(1.0)
    assert car.y_m + CAR[1] / 2 == pytest.approx(flank)
    assert car.x_m - played.stage.places["second"].x_m == pytest.approx(CAR[0] + 1.0)
    # The camera looks past the car's corner from beside it, so it sees the child a little before that line.
    seen = measured(played.events, "child").reveal_s
    assert seen is not None
    assert 1.37 + 0.356 / 2 / speed < seen < 2.0


@pytest.mark.parametrize("curvature", [0.0, 0.01])
@pytest.mark.parametrize(("share", "side"), [(0.25, "right"), (0.25, "left"), (0.5, None)])
def test_somebody_walking_along_is_run_into(curvature: float, share: float, side: str | None) -> None:
    meet = MeetPlan(share, 3.0)
    walker = actor("walker", placement=Placement(None, side=side), meet=meet,
                   program=(Step("follow_road", speed_mps=1.4),))
    played = run(plan(walker), FormulaRoad(curvature))
    check(played, "walker", meet)
    assert played.tracks["walker"][40, 0] > played.tracks["walker"][0, 0]


def test_a_wrong_way_driver_is_met_head_on() -> None:
    meet = MeetPlan(0.3, 3.0)
    car = actor("car", "vehicle", CAR, placement=Placement(None, lane=0, heading_rad=math.pi), meet=meet,
                program=(Step("follow_road", speed_mps=15.0),))
    played = run(plan(car, speed=20.0))
    check(played, "car", meet)
    assert played.stage.places["car"].x_m - played.stage.meets["car"].place.x_m == pytest.approx(4.0 * 15.0)


def test_an_oncoming_car_keeps_its_lane_and_is_level_in_time() -> None:
    car = actor("car", "vehicle", CAR, placement=Placement(None, oncoming=True, heading_rad=math.pi),
                meet=MeetPlan(0.5, 3.0), program=(Step("follow_road", speed_mps=10.0),))
    played = run(plan(car))
    assert measured(played.events, "car").impact_s == pytest.approx(3.0)
    assert at(played, "car", 3.0).y_m == pytest.approx(LANE_M)
    assert not any(event.did == "hit" for event in played.events)


@pytest.mark.parametrize("kind", ["vehicle", "prop", "animal"])
@pytest.mark.parametrize("curvature", [0.0, 0.01])
def test_cyclists_and_balls_cross_like_walkers(kind: str, curvature: float) -> None:
    meeting = crosser("it", kind=kind, size=BICYCLE, speed=4.0, left=7.0, angle=-0.2, acceleration=2.0, time=2.5)
    assert meeting.meet is not None
    check(run(plan(meeting), FormulaRoad(curvature)), "it", meeting.meet)


@pytest.mark.parametrize("curvature", [0.0, -0.01])
def test_a_lying_person_is_where_the_ego_comes_to(curvature: float) -> None:
    meet = MeetPlan(0.2, 2.5)
    person = actor("person", size=(1.8, 0.6, 0.3), placement=Placement(None, heading_rad=1.0), meet=meet,
                   program=(Step("stand"),))
    check(run(plan(person), FormulaRoad(curvature)), "person", meet)


@pytest.mark.parametrize("share", [0.0, 0.5, 0.8])
@pytest.mark.parametrize("arm", ["left", "right"])
def test_a_car_from_an_arm_of_the_junction_is_met_on_it(arm: str, share: float) -> None:
    meet = MeetPlan(share, 3.0)
    car = actor("car", "vehicle", CAR, placement=Placement(None, arm=arm), meet=meet,
                program=(Step("run_red", speed_mps=9.0),))
    wish = RoadWish(name="Formula", near="junction", near_ahead_m=38.0)
    played = run(plan(car, road=wish), FormulaRoad(junction_m=120.0))
    check(played, "car", meet)
    assert abs(played.stage.meets["car"].station_m + played.stage.ego_start.x_m - 120.0) < 6.0


def test_a_car_on_an_arm_waits_until_its_lead_and_may_come_late() -> None:
    wish = RoadWish(name="Formula", near="junction", near_ahead_m=38.0)
    for miss_s in (0.0, 1.5):
        meet = MeetPlan(0.5, 3.0, lead_s=2.0, miss_s=miss_s)
        car = actor("car", "vehicle", CAR, placement=Placement(None, arm="right"), meet=meet,
                    program=(Step("follow_road", speed_mps=9.0, acceleration_mps2=6.0),))
        played = run(plan(car, road=wish, seconds=6.0), FormulaRoad(junction_m=120.0))
        starts_s = played.stage.meets["car"].starts_s
        assert starts_s == pytest.approx(1.0)
        waited = at(played, "car", starts_s)
        assert (waited.x_m, waited.y_m) == pytest.approx(tuple(played.tracks["car"][0, :2]))
        place, there = played.stage.meets["car"].place, at(played, "car", 3.0 + miss_s)
        if miss_s:
            assert (there.x_m, there.y_m) == pytest.approx((place.x_m, place.y_m), abs=0.02)
            assert not any(event.did == "hit" for event in played.events)
        else:
            check(played, "car", meet)


def test_lead_solves_where_across_the_road_it_starts() -> None:
    meeting = actor("walker", placement=Placement(None, side="left"), meet=MeetPlan(0.5, 3.0, lead_s=2.0),
                    program=(Step("cross", speed_mps=1.5),))
    stage = run(plan(meeting)).stage
    assert stage.meets["walker"].starts_s == pytest.approx(1.0)
    assert stage.places["walker"].y_m == pytest.approx(3.0)


def test_a_near_miss_passes_later() -> None:
    played = run(plan(crosser(miss=1.0, speed=3.0)))
    meeting = played.stage.meets["walker"]
    here = at(played, "walker", 4.0)
    assert (here.x_m, here.y_m) == pytest.approx((meeting.place.x_m, meeting.place.y_m), abs=0.01)
    assert not any(event.did == "hit" for event in played.events)


def test_one_that_waits_first_and_is_still_in_time() -> None:
    waiter = crosser(speed=3.0)
    waiter = ActorPlan(**{**{name: getattr(waiter, name) for name in waiter.__dataclass_fields__},
                          "program": (Step("stand", duration_s=1.5), *waiter.program)})
    assert waiter.meet is not None
    check(run(plan(waiter)), "walker", waiter.meet)


def test_a_meet_on_the_way_to_a_place() -> None:
    goal = Placement(45.0, left_m=8.0)
    meet = MeetPlan(0.4, 3.0)
    walker = actor("walker", placement=Placement(None, left_m=-4.0, side="right"), meet=meet,
                   program=(Step("walk_to", speed_mps=3.0, place=goal),))
    check(run(plan(walker)), "walker", meet)


def test_the_impact_is_where_front_and_near_face_touch() -> None:
    stage = run(plan(crosser(angle=0.4, share=0.7, speed=3.0))).stage
    meeting = stage.meets["walker"]
    ego, body = stage.ego.place(3.0), stage.bodies["walker"]
    assert front_gap_m(ego, EGO_BODY, meeting.place, body) == pytest.approx(0.0, abs=1e-9)
    assert left_of_m(ego, meeting.place, body) == pytest.approx(0.2 * EGO_BODY.width_m)


def test_what_cannot_be_in_time_is_refused_with_the_numbers() -> None:
    with pytest.raises(PlacementError, match=r"needs 6.00 s .* only 4.00 s from the first tick.* 5.00 s or later"):
        run(plan(crosser(left=-9.0, speed=1.5)))


def test_whoever_is_faster_is_never_reached() -> None:
    runner = actor("runner", meet=MeetPlan(0.5, 3.0), program=(Step("follow_road", speed_mps=14.0),))
    with pytest.raises(PlacementError, match="never reaches it"):
        run(plan(runner, speed=12.0))


def test_a_lane_too_short_for_a_run_is_refused() -> None:
    car = actor("car", "vehicle", CAR, placement=Placement(None, lane=0, heading_rad=math.pi),
                meet=MeetPlan(0.5, 3.0), program=(Step("follow_road", speed_mps=60.0),))
    with pytest.raises(PlacementError, match="would have to start 240 m before the impact"):
        run(plan(car), FormulaRoad(length_m=200.0))


def test_verbs_that_no_meet_can_be_solved_for_are_named() -> None:
    with pytest.raises(RequestError, match="walker: a meet cannot be solved for flee"):
        run(plan(actor("walker", meet=MeetPlan(0.5, 3.0), program=(Step("flee", speed_mps=2.0),))))
