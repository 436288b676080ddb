import math
from collections.abc import Iterable

import numpy as np
import pytest

from simgen.motion.events import Event
from simgen.motion.lines import Line
from simgen.motion.rehearsal import Rehearsal, rehearse
from simgen.scenario.plan import ActorPlan, AebPlan, Condition, EpisodePlan, Placement, Step
from tests.motion.formula_road import LANE_M, FormulaRoad
from tests.motion.plans import CAMERA, CAR, EGO_BODY, actor, crosser, plan

BESIDE = Placement(40.0, left_m=-6.0, heading_rad=math.pi / 2)


def run(*actors: ActorPlan, road: FormulaRoad | None = None, **more: object) -> Rehearsal:
    scenario: EpisodePlan = plan(*actors, **more)  # type: ignore[arg-type]
    return rehearse(scenario, road or FormulaRoad(), {"ego": EGO_BODY}, CAMERA)


def when(events: Iterable[Event], role: str, did: str) -> float | None:
    return next((event.time_s for event in events if (event.role, event.did) == (role, did)), None)


def at(played: Rehearsal, role: str, time_s: float) -> tuple[float, float]:
    track = played.tracks[role]
    return float(np.interp(time_s, played.times_s, track[:, 0])), float(np.interp(time_s, played.times_s, track[:, 1]))


def car(*steps: Step, ahead: float = 40.0, role: str = "car", **place: object) -> ActorPlan:
    return actor(role, "vehicle", CAR, placement=Placement(ahead, **place), program=steps)  # type: ignore[arg-type]


def test_a_start_between_two_ticks_is_exact_at_the_next() -> None:
    walker = actor("walker", placement=BESIDE, when=Condition("time", 1.02), program=(Step("walk", speed_mps=2.0),))
    played = run(walker)
    assert at(played, "walker", 1.05)[1] == pytest.approx(-6.0 + 0.03 * 2.0)
    assert when(played.events, "walker", "started") == pytest.approx(1.02)


def test_a_walk_ends_after_its_distance_and_the_next_step_begins_at_once() -> None:
    walker = actor("walker", placement=BESIDE, program=(
        Step("walk", speed_mps=2.0, distance_m=3.3), Step("stand", duration_s=0.5), Step("turn_back", speed_mps=1.0)))
    played = run(walker)
    assert at(played, "walker", 0.9)[1] == pytest.approx(-2.7)
    assert at(played, "walker", 1.15)[1] == pytest.approx(-2.7)
    assert at(played, "walker", 2.15)[1] == pytest.approx(-3.7)


def test_who_goes_along_the_road_crosses_it_away_from_the_nearer_edge() -> None:
    steps = (Step("walk", speed_mps=3.0, distance_m=6.0), Step("cross", speed_mps=3.0))
    for left_m, side in ((-1.0, 1.0), (LANE_M + 1.0, -1.0)):     # right of the road's middle, left of it
        horse = actor("horse", placement=Placement(30.0, left_m=left_m, heading_rad=0.0), program=steps)
        assert side * (at(run(horse), "horse", 2.5)[1] - left_m) > 1.0


def test_crossing_ends_as_far_beyond_the_other_edge() -> None:
    place = Placement(45.0, left_m=-LANE_M / 2 - 1.0)
    walker = actor("walker", placement=place, program=(Step("cross", speed_mps=4.0),))
    played = run(walker)
    assert at(played, "walker", 4.0)[1] == pytest.approx(1.5 * LANE_M + 1.0)
    assert when(played.events, "walker", "entered_road") == pytest.approx(-1.0 + 0.25)
    assert when(played.events, "walker", "left_road") == pytest.approx(-1.0 + 0.25 + 2 * LANE_M / 4.0)
    assert when(played.events, "walker", "finished") == pytest.approx(-1.0 + 0.5 + 2 * LANE_M / 4.0)


def test_a_freeze_in_parallel_halts_a_crossing_which_then_goes_on() -> None:
    freeze = Step("freeze", when=Condition("time", 0.52), duration_s=1.0)
    walker = actor("walker", placement=BESIDE, program=(
        Step("parallel", tracks=((Step("cross", speed_mps=2.0),), (freeze,))),))
    played = run(walker)
    assert at(played, "walker", 0.55)[1] == at(played, "walker", 1.45)[1] == pytest.approx(-6.0 + 1.52 * 2.0)
    assert at(played, "walker", 2.0)[1] == pytest.approx(-6.0 + 2.0 * 2.0)


def test_a_freeze_with_a_cue_interrupts_the_step_before_it() -> None:
    walker = actor("walker", placement=BESIDE, program=(
        Step("cross", speed_mps=2.0), Step("freeze", when=Condition("ttc", 2.0))))
    played = run(walker)
    stopped = when(played.events, "walker", "stopped")
    # The front is 40 − 2.179 m away at 12 m/s.
    assert stopped is not None
    assert stopped - 0.05 == pytest.approx((40.0 - EGO_BODY.length_m / 2) / 12.0 - 2.0, abs=0.051)


def test_until_ends_a_step() -> None:
    walker = actor("walker", placement=BESIDE, program=(
        Step("walk", speed_mps=1.0, until=Condition("any", parts=(Condition("time", 0.4), Condition("time", 3.0)))),))
    assert at(run(walker), "walker", 3.0)[1] == pytest.approx(-6.0 + 1.4)


def test_fleeing_goes_straight_away_from_the_ego() -> None:
    deer = actor("deer", "animal", placement=Placement(30.0, left_m=-3.0), program=(
        Step("stand"), Step("flee", when=Condition("ego_distance", 20.0), speed_mps=6.0, leader="ego")))
    track = run(deer).tracks["deer"]
    moved = track[-1, :2] - track[0, :2]
    assert moved[0] > 0.0 > moved[1]


def test_events_of_others_are_cues_with_delays_from_the_event_itself() -> None:
    leader = actor("leader", placement=BESIDE, program=(Step("walk", speed_mps=2.0, distance_m=2.06),))
    other = actor("other", placement=Placement(50.0, left_m=-6.0), program=(
        Step("walk", speed_mps=1.0, when=Condition("event", role="leader", did="finished", delay_s=0.5)),))
    played = run(leader, other)
    assert when(played.events, "other", "started") == pytest.approx(-1.0 + 1.03 + 0.5, abs=0.05)


def test_a_herd_follows_its_leader_one_after_the_other_without_a_jump() -> None:
    speed, delay, count = 5.0, 0.4, 6
    leader = crosser("deer_1", kind="animal", size=(1.6, 0.45, 1.0), speed=speed, left=-8.0, time=2.5)
    others = [
        actor(f"deer_{n}", "animal", (1.6, 0.45, 1.0), placement=Placement(2.0 * (n - 1), of="deer_1", same_line=True),
              program=(Step("follow_leader", leader=f"deer_{n - 1}", delay_s=delay),))
        for n in range(2, count + 1)
    ]
    played = run(leader, *others, speed=8.0, seconds=6.0)
    arrivals = [when(played.events, f"deer_{n}", "entered_road") for n in range(1, count + 1)]
    if None in arrivals:
        pytest.fail(f"not all came: {arrivals}")
    gaps = np.diff(np.array(arrivals, dtype=float))
    assert gaps == pytest.approx([delay] * (count - 1), abs=0.06)
    for role in played.stage.parts:
        steps = np.hypot(*np.diff(played.tracks[role][:, :2], axis=0).T)
        assert (steps <= max(speed, 8.0) * played.stage.clock.tick_s + 1e-6).all(), role


def test_a_car_brakes_when_the_ego_is_near_and_no_harder_than_the_road_allows() -> None:
    braking = (Step("follow_road", speed_mps=12.0), Step(
        "brake", when=Condition("time", 1.0), speed_mps=0.0, acceleration_mps2=6.0))
    dry, icy = run(car(*braking)), run(car(*braking), friction=0.1)
    assert at(dry, "car", 3.5)[0] - at(dry, "car", 1.0)[0] == pytest.approx(12.0**2 / 12.0)
    assert at(icy, "car", 2.0)[0] - at(icy, "car", 1.0)[0] == pytest.approx(12.0 - 0.981 / 2)


def test_a_lane_change_ends_on_the_neighbouring_lane() -> None:
    changing = Step("lane_change", side="left", duration_s=2.0)
    played = run(car(Step("follow_road", speed_mps=12.0), changing), seconds=3.0)
    ys = played.tracks["car"][:, 1]
    assert ys[-1] == pytest.approx(LANE_M, abs=1e-3)
    assert (np.diff(ys) >= -1e-6).all()


def test_a_drift_leaves_the_line_by_its_distance_in_its_time() -> None:
    played = run(car(Step("follow_road", speed_mps=10.0), Step(
        "drift", side="left", distance_m=1.2, lateral_mps=0.6, when=Condition("time", 0.5))))
    assert at(played, "car", 1.5)[1] == pytest.approx(0.6, abs=0.02)
    assert at(played, "car", 2.55)[1] == pytest.approx(1.2, abs=0.01)


@pytest.mark.parametrize("curvature", [0.0, 0.004])
def test_a_cut_in_is_complete_with_the_gap_it_should_have(curvature: float) -> None:
    cutter = car(Step("follow_road", speed_mps=9.0), Step("cut_in", gap_m=8.0, duration_s=2.0, speed_mps=9.0),
                 ahead=30.0, lane=-1)
    played = run(cutter, seconds=6.0, road=FormulaRoad(curvature))
    done = when(played.events, "car", "finished")
    assert done is not None
    corridor = played.stage.corridor
    stations, lefts = corridor.station_and_left(np.array([at(played, "car", done), at(played, "ego", done)]))
    gap = stations[0] - CAR[0] / 2 - stations[1] - EGO_BODY.length_m / 2
    assert gap == pytest.approx(8.0, abs=0.3 if curvature else 0.05)
    assert lefts[0] == pytest.approx(0.0, abs=0.05)


def test_a_stop_ends_after_its_distance() -> None:
    played = run(car(Step("follow_road", speed_mps=10.0), Step("stop", when=Condition("time", 0.5), distance_m=12.0)))
    assert at(played, "car", 4.0)[0] - at(played, "car", 0.5)[0] == pytest.approx(12.0)
    assert when(played.events, "car", "stopped") == pytest.approx(0.5 + 2.4)


def test_a_vehicle_follows_its_leaders_way_later() -> None:
    first = car(Step("follow_road", speed_mps=10.0, distance_m=None), ahead=60.0, role="first")
    second = car(Step("follow_leader", leader="first", delay_s=1.0), ahead=40.0, role="second")
    played = run(first, second)
    start = at(played, "second", -1.0)[0]
    assert at(played, "second", 2.0)[0] - start == pytest.approx(20.0, abs=0.01)


def test_background_traffic_keeps_its_gap() -> None:
    slow = car(Step("follow_road", speed_mps=4.0), ahead=60.0, role="slow", lane=-1)
    fast = ActorPlan("fast", "vehicle", "some.blueprint", None, CAR, Placement(35.0, lane=-1),
                     program=(Step("follow_road", speed_mps=14.0),), background=True)
    played = run(slow, fast, seconds=8.0, speed=6.0)
    gaps = played.tracks["slow"][:, 0] - played.tracks["fast"][:, 0] - CAR[0]
    assert gaps.min() > 1.0
    assert gaps[-1] == pytest.approx(2.0 + 4.0 * 1.2, abs=2.5)


def test_a_vehicle_whose_lane_ends_stops_there() -> None:
    class Short(FormulaRoad):
        def lane_ahead(self, place, length_m, route=()):  # type: ignore[no-untyped-def]
            return np.zeros((0, 3))

    driving = car(Step("follow_road", speed_mps=12.0), ahead=40.0)
    played = run(driving, road=Short(length_m=90.0), seconds=6.0, speed=6.0)
    assert played.tracks["car"][-1, 0] + CAR[0] / 2 < 90.0
    assert when(played.events, "car", "stopped") is not None


# Emergency braking and crashes


AEB = AebPlan(1.4, 0.2, 9.0, 60.0)


def test_emergency_braking_stops_before_somebody_in_sight() -> None:
    played = run(crosser(time=3.0), aeb=AEB, speed=8.0)
    assert when(played.events, "ego", "braked") is not None
    assert when(played.events, "ego", "hit") is None
    # 8 m/s and 8.829 m/s² (0.9 g): it needs 3.62 m.
    track = played.tracks["ego"][:, 0]
    braked = when(played.events, "ego", "braked")
    assert braked is not None
    assert track[-1] - at(played, "ego", braked)[0] == pytest.approx(8.0**2 / 2 / (0.9 * 9.81), abs=1e-3)


def test_emergency_braking_on_ice_comes_too_late() -> None:
    assert when(run(crosser(time=3.0), aeb=AEB, speed=8.0, friction=0.1).events, "ego", "hit") is not None


def test_nothing_passes_through_an_ego_that_was_braking_already() -> None:
    played = run(crosser(time=3.0), aeb=AEB, speed=8.0, friction=0.3)
    gap = played.tracks["walker"][:, 0] - played.tracks["ego"][:, 0] - EGO_BODY.front_m - 0.25
    assert when(played.events, "ego", "hit") is not None
    assert gap.min() > -2e-3        # within the tick the ego is taken to move evenly: up to a dt² / 8


def test_emergency_braking_leaves_alone_who_stands_beside_the_lane() -> None:
    assert when(run(actor("walker", placement=Placement(30.0, left_m=-3.0)), aeb=AEB).events, "ego", "braked") is None


def test_emergency_braking_leaves_alone_who_drives_ahead_as_fast() -> None:
    leader = car(Step("follow_road", speed_mps=12.0), ahead=14.0)
    assert when(run(leader, aeb=AEB).events, "ego", "braked") is None


def test_an_episode_can_end_with_the_first_touch() -> None:
    played = run(crosser(time=2.52, speed=3.0), on_crash="end")
    assert played.over_s == pytest.approx(2.55)
    assert played.times_s[-1] == pytest.approx(2.55)
    assert when(played.events, "ego", "hit") == pytest.approx(2.52, abs=1e-3)


@pytest.mark.parametrize("size", [(0.6, 0.5, 1.8), (2.4, 0.75, 1.9)])
def test_whoever_is_struck_is_pushed_along_and_nothing_passes_through(size: tuple[float, float, float]) -> None:
    played = run(crosser(time=2.0, size=size, kind="animal", speed=2.0), seconds=6.0)
    after = played.times_s > 2.0
    half_width = size[1] / 2
    gap = played.tracks["walker"][after, 0] - half_width - played.tracks["ego"][after, 0] - EGO_BODY.front_m
    assert (gap > -1e-6).all()
    assert np.ptp(played.tracks["walker"][-10:, 0]) < 1e-6
    assert np.ptp(played.tracks["ego"][-10:, 0]) < 1e-6
    assert at(played, "ego", 6.0)[0] - at(played, "ego", 2.0)[0] == pytest.approx(12.0**2 / 2 / (0.9 * 9.81), abs=0.02)


def test_a_car_run_into_from_behind_goes_on_with_the_common_speed() -> None:
    slow = car(Step("follow_road", speed_mps=4.0), ahead=15.0)
    played = run(slow, seconds=5.0)
    hit = when(played.events, "car", "hit")
    assert hit is not None
    masses = [b.length_m * b.width_m * b.height_m for b in (played.stage.bodies["ego"], played.stage.bodies["car"])]
    common = (masses[0] * 12.0 + masses[1] * 4.0) / sum(masses)
    gone = played.tracks["ego"][-1, 0] - at(played, "ego", hit)[0]
    assert gone == pytest.approx(common**2 / 2 / (0.9 * 9.81), abs=0.05)
    gaps = played.tracks["car"][:, 0] - played.tracks["ego"][:, 0] - (CAR[0] + EGO_BODY.length_m) / 2
    assert gaps.min() > -1e-3


def test_the_same_plan_plays_the_same() -> None:
    one, two = run(crosser(), aeb=AEB), run(crosser(), aeb=AEB)
    assert one.events == two.events
    assert (one.tracks["walker"] == two.tracks["walker"]).all()


@pytest.mark.parametrize("kind", ["walker", "prop"])
def test_who_walks_to_a_place_faces_there_as_it_is_told(kind: str) -> None:
    walker = actor("x", kind, placement=Placement(30.0, left_m=-4.0), program=(
        Step("walk_to", speed_mps=2.0, place=Placement(33.0, left_m=-4.0)), Step("face", angle_rad=2.0)))
    track = run(walker, speed=2.0).tracks["x"]
    assert track[0, 3] == 0.0
    assert track[-1] == pytest.approx([33.0 + 2.0, -4.0, 0.0, 2.0], abs=2e-3)


def test_who_is_told_no_speed_goes_on_with_the_one_it_has() -> None:
    """Also with one that it was only coming to."""
    braking = Step("brake", speed_mps=0.0, acceleration_mps2=4.0, until=Condition("time", 1.0, above=True))
    played = run(car(Step("follow_road", speed_mps=12.0, until=Condition("time", 0.0, above=True)), braking,
                     Step("follow_road")))
    assert at(played, "car", 3.0)[0] - at(played, "car", 2.0)[0] == pytest.approx(12.0 - 4.0, abs=0.01)


@pytest.mark.parametrize("curvature", [0.0, 0.02])
def test_a_file_takes_the_very_way_of_its_leader(curvature: float) -> None:
    """Two metres behind on the road, it comes by where the leader stood, and turns where the leader turned."""
    dog = actor("dog", "animal", (0.9, 0.25, 0.6), placement=Placement(40.0, left_m=-3.0), program=(
        Step("follow_road", speed_mps=2.0, distance_m=3.0), Step("cross", speed_mps=2.0)))
    follower = actor("owner", placement=Placement(-2.0, of="dog", same_line=True), program=(
        Step("follow_path", leader="dog", delay_s=0.5),))
    played = run(dog, follower, road=FormulaRoad(curvature), speed=2.0, seconds=5.0)
    leader, own = played.tracks["dog"][:, :2], played.tracks["owner"][:, :2]
    tick_s, gap_m = played.stage.clock.tick_s, 2.0 * (1.0 + 3.0 * curvature)        # outside, the bend is longer
    late = math.ceil((0.5 + gap_m / 2.0) / tick_s)
    _, aside = Line(np.column_stack([leader, 0.0 * leader[:, 0]])).project(own[late:])
    assert np.abs(aside).max() < 0.02
    assert own[-1] == pytest.approx(at(played, "dog", 5.0 - 0.5 - gap_m / 2.0), abs=0.02)
    assert played.stage.corridor.station_and_left(own[:late])[1] == pytest.approx(-3.0, abs=0.02)


def test_a_car_in_a_file_keeps_to_its_leaders_lane_in_a_bend() -> None:
    first = car(Step("follow_road", speed_mps=10.0), ahead=60.0, role="first")
    second = car(Step("follow_path", leader="first", delay_s=1.0), ahead=40.0, role="second")
    played = run(first, second, road=FormulaRoad(0.01), speed=5.0)
    _, lefts = played.stage.corridor.station_and_left(played.tracks["second"][:, :2])
    assert np.abs(lefts).max() < 0.05
    assert np.hypot(*(played.tracks["second"][-1] - played.tracks["second"][0])[:2]) > 20.0
