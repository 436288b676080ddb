import math
from dataclasses import replace

import numpy as np
import pytest

from simgen.errors import PlacementError, RequestError
from simgen.motion.rehearsal import Rehearsal, rehearse
from simgen.scenario.plan import Condition, EpisodePlan, MeetPlan, Placement, Step, WeatherPoint
from tests.motion.formula_road import LANE_M, FormulaRoad
from tests.motion.plans import ADULT, CAMERA, CAR, CHILD, EGO_BODY, VAN, actor, crosser, plan

EAST_TO_WEST = math.pi
FIRST_M = 12.0          # the ego's station at the first frame: 1 s of warm-up at 12 m/s


def run(scenario: EpisodePlan, road: FormulaRoad | None = None) -> Rehearsal:
    return rehearse(scenario, road or FormulaRoad(), {"ego": EGO_BODY}, CAMERA)


@pytest.mark.parametrize(
    ("placement", "ahead", "left"),
    [
        (Placement(30.0), 30.0, 0.0),
        (Placement(30.0, left_m=-2.5), 30.0, -2.5),
        (Placement(30.0, oncoming=True), 30.0, LANE_M),
        (Placement(30.0, lane=-1), 30.0, LANE_M),
        (Placement(30.0, side="right", off_road_m=2.0), 30.0, -LANE_M / 2 - 2.0),
        (Placement(30.0, side="left", off_road_m=2.0), 30.0, 1.5 * LANE_M + 2.0),
        (Placement(30.0, side="right", beside_m=1.0), 30.0, -EGO_BODY.width_m / 2 - 1.0 - CAR[1] / 2),
        (Placement(5.0, between="ends"), 5.0 + EGO_BODY.length_m / 2 + CAR[0] / 2, 0.0),
        (Placement(-5.0, between="ends", left_m=6.0), -5.0 - EGO_BODY.length_m / 2 - CAR[0] / 2, 6.0),
    ],
)
def test_a_parked_car_stands_where_the_placement_says(placement: Placement, ahead: float, left: float) -> None:
    place = run(plan(actor("car", "vehicle", CAR, placement=placement))).stage.places["car"]
    assert (place.x_m - FIRST_M, place.y_m) == pytest.approx((ahead, left))


@pytest.mark.parametrize(
    ("blueprint", "size_lwh_m"),
    [("vehicle.lincoln.mkz_2020", (4.89, 1.84, 1.49)), ("vehicle.volkswagen.t2_2021", (4.44, 1.77, 1.99)),
     ("vehicle.of.no.table", (4.79, 2.16, 1.49))],
)
def test_an_ego_that_no_simulator_has_measured_is_as_big_as_the_tables_say(
    blueprint: str, size_lwh_m: tuple[float, float, float]
) -> None:
    scenario = plan()
    scenario = replace(scenario, ego=replace(scenario.ego, blueprint=blueprint))
    body = rehearse(scenario, FormulaRoad(), None, CAMERA).stage.bodies["ego"]
    assert (body.length_m, body.width_m, body.height_m) == size_lwh_m


def test_actors_are_placed_from_others_whatever_their_order() -> None:
    behind = actor("behind", "vehicle", CAR, placement=Placement(1.0, of="front", between="ends", same_line=True))
    front = actor("front", "vehicle", CAR, placement=Placement(30.0, side="right", off_road_m=0.5))
    places = run(plan(behind, front)).stage.places
    assert places["behind"].x_m - places["front"].x_m == pytest.approx(CAR[0] + 1.0)
    assert places["behind"].y_m == pytest.approx(places["front"].y_m)


def test_a_car_on_the_road_is_at_its_place_when_the_first_frame_is_taken() -> None:
    car = actor("car", "vehicle", CAR, placement=Placement(40.0, oncoming=True, heading_rad=EAST_TO_WEST),
                program=(Step("follow_road", speed_mps=9.0),))
    played = run(plan(car))
    first = int(np.argmin(np.abs(played.times_s)))
    assert played.tracks["car"][first, 0] == pytest.approx(FIRST_M + 40.0)
    assert played.stage.places["car"].x_m == pytest.approx(FIRST_M + 49.0)


def test_circles_are_refused() -> None:
    one = actor("one", placement=Placement(1.0, of="two"))
    two = actor("two", placement=Placement(1.0, of="one"))
    with pytest.raises(RequestError, match="one → two → one"):
        run(plan(one, two))


def test_bodies_in_each_other_are_refused_with_the_depth() -> None:
    one = actor("one", "vehicle", CAR, placement=Placement(30.0))
    two = actor("two", "vehicle", CAR, placement=Placement(34.0))
    with pytest.raises(PlacementError, match=r"test-0000: two: at the start it would stand 0.32 m deep in one"):
        run(plan(one, two))
    with pytest.raises(PlacementError, match="deep in the ego"):
        run(plan(actor("one", "vehicle", CAR, placement=Placement(-FIRST_M))))


def test_background_without_room_or_in_the_way_is_left_out() -> None:
    def parked(role: str, placement: Placement) -> object:
        return actor(role, "vehicle", CAR, placement=placement, background=True)

    played = run(plan(
        crosser(), actor("one", "vehicle", CAR, placement=Placement(30.0, left_m=8.0)),
        parked("deep", Placement(32.0, left_m=8.0)), parked("ahead", Placement(20.0)),
        parked("hides", Placement(30.0, left_m=-2.3)), parked("fine", Placement(60.0, left_m=9.0)),
        parked("no_lane", Placement(30.0, lane=3)),
    ))
    assert set(played.stage.left_out) == {"deep", "ahead", "hides", "no_lane"}
    assert set(played.tracks) == {"ego", "walker", "one", "fine"}


def test_an_ego_that_outruns_its_road_is_refused() -> None:
    with pytest.raises(PlacementError, match="the ego drives 60 m, but its road is known for only 40 m ahead"):
        run(plan(), FormulaRoad(length_m=40.0))


def test_a_reveal_that_cannot_be_had_is_refused_with_the_range() -> None:
    van = actor("van", "vehicle", VAN, placement=Placement(None, left_m=-3.2))
    child = crosser("child", left=-4.0, speed=1.389, size=CHILD, reveal=1.0, behind="van")
    with pytest.raises(PlacementError, match=r"reveal 1.00 s cannot be had behind van.* at least 1.9\d s"):
        run(plan(child, van))


def test_who_looks_over_a_car_is_not_hidden_by_it() -> None:
    car = actor("low", "vehicle", CAR, placement=Placement(None, left_m=-3.2))
    with pytest.raises(PlacementError, match=r"low never hides it \(tall is 1.80 m tall, low 1.48 m tall"):
        run(plan(crosser("tall", left=-4.0, size=ADULT, reveal=2.0, behind="low"), car))


def test_an_occluder_that_moves_is_refused() -> None:
    driving = (Step("follow_road", speed_mps=3.0),)
    van = actor("van", "vehicle", VAN, placement=Placement(None, lane=-1), program=driving)
    with pytest.raises(RequestError, match="van moves"):
        run(plan(crosser(reveal=2.0, behind="van"), van))


def test_a_place_without_ahead_needs_a_meet() -> None:
    with pytest.raises(RequestError, match="does not say how far `ahead`"):
        run(plan(actor("cone", "prop", placement=Placement(None, left_m=-2.0))))


def test_a_meet_and_a_when_contradict_each_other() -> None:
    with pytest.raises(RequestError, match="remove its `when`"):
        run(plan(actor("walker", meet=MeetPlan(0.5, 2.0), when=Condition("time", 1.0))))


@pytest.mark.parametrize(("curvature", "from_ahead", "azimuth"), [
    (0.0, 0.0, 0.0), (0.0, -15.0, 345.0), (0.0, 90.0, 90.0), (0.01, 0.0, 360.0 - math.degrees(0.12)),
])
def test_a_sun_said_from_ahead_stands_over_the_egos_road(curvature: float, from_ahead: float, azimuth: float) -> None:
    """CARLA counts from east over south. The ego heads east, or after 12 m of a bend to the left 0.12 rad north."""
    points = tuple(WeatherPoint(time, {"sun_azimuth_angle": 200.0, "cloudiness": 5.0}) for time in (0.0, 1.0))
    scenario = replace(plan(), weather=points, sun_relative_deg=from_ahead)
    stage = run(scenario, FormulaRoad(curvature)).stage
    assert [point.carla["cloudiness"] for point in stage.weather] == [5.0, 5.0]
    assert [point.carla["sun_azimuth_angle"] for point in stage.weather] == pytest.approx([azimuth, azimuth], abs=0.01)
    assert run(replace(scenario, sun_relative_deg=None)).stage.weather == points
