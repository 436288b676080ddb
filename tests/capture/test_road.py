"""Places beside a road that fits in the head: straight along +x, lanes of 3.5 m."""

import math

import pytest

from simgen.capture.road import edge_left_m, follow, neighbour_lane, oncoming_lane, place_of, resolve
from simgen.errors import PlacementError
from simgen.scenario.plan import Placement
from tests.capture.roads import waypoint_at


def test_a_path_runs_along_its_lane_and_knows_what_is_behind() -> None:
    path = follow(waypoint_at(100.0), ahead_m=50.0, behind_m=10.0)
    assert path.before_m == 10.0
    assert path.ahead_m == 50.0
    place = path.at(20.0)
    assert (place.x_m, place.y_m) == pytest.approx((120.0, -1.75), abs=1e-3)
    assert place.yaw_rad == pytest.approx(0.0, abs=1e-6)
    assert path.at(-5.0).x_m == pytest.approx(95.0, abs=1e-3)


def test_a_station_off_the_path_is_refused_with_what_there_is() -> None:
    path = follow(waypoint_at(390.0), ahead_m=50.0, behind_m=0.0)
    with pytest.raises(PlacementError, match="30 m ahead of the ego is beyond its road"):
        path.at(30.0)


def test_the_drivable_surface_ends_half_a_lane_to_the_right_and_one_and_a_half_to_the_left() -> None:
    assert edge_left_m(waypoint_at(100.0), "right") == pytest.approx(-1.75, abs=1e-3)
    assert edge_left_m(waypoint_at(100.0), "left") == pytest.approx(1.75 + 3.5, abs=1e-3)


def test_the_oncoming_lane_is_the_one_across_the_centre_line() -> None:
    lane = oncoming_lane(waypoint_at(100.0))
    assert lane is not None
    assert lane.lane_id == 1
    assert place_of(lane.transform).y_m == pytest.approx(1.75, abs=1e-3)
    assert abs(math.cos(place_of(lane.transform).yaw_rad)) == pytest.approx(1.0)
    assert oncoming_lane(lane) is not None


def test_there_is_no_drivable_lane_to_the_right_of_the_rightmost() -> None:
    assert neighbour_lane(waypoint_at(100.0), 1) is None
    left = neighbour_lane(waypoint_at(100.0), -1)
    assert left is not None and left.lane_id == 1


@pytest.mark.parametrize(
    ("placement", "y_m"),
    [
        (Placement(ahead_m=20.0), -1.75),
        (Placement(ahead_m=20.0, left_m=1.0), -0.75),
        (Placement(ahead_m=20.0, lane=0), -1.75),
        (Placement(ahead_m=20.0, oncoming=True), 1.75),
        (Placement(ahead_m=20.0, side="right", off_road_m=2.0), -3.5 - 2.0),
        (Placement(ahead_m=20.0, side="left", off_road_m=2.0), 3.5 + 2.0),
    ],
)
def test_a_placement_is_found_from_the_ego_at_its_first_frame(placement: Placement, y_m: float) -> None:
    path = follow(waypoint_at(100.0), ahead_m=100.0, behind_m=10.0)
    place = resolve(placement, path, start_m=14.0, role="deer")
    assert (place.x_m, place.y_m) == pytest.approx((134.0, y_m), abs=1e-3)


def test_a_heading_counts_from_the_lane_counter_clockwise() -> None:
    path = follow(waypoint_at(100.0), ahead_m=100.0, behind_m=0.0)
    place = resolve(Placement(ahead_m=20.0, heading_rad=math.pi / 2), path, start_m=0.0, role="deer")
    assert place.yaw_rad == pytest.approx(math.pi / 2)


def test_a_lane_that_is_not_there_is_named_with_the_actor() -> None:
    path = follow(waypoint_at(100.0), ahead_m=100.0, behind_m=0.0)
    with pytest.raises(PlacementError, match="truck: the road has no lane 2"):
        resolve(Placement(ahead_m=20.0, lane=2), path, start_m=0.0, role="truck")
