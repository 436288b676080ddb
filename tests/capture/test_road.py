"""The ego's road on maps that fit in the head, and on the built-in town."""

from __future__ import annotations

import math
from functools import cache

import numpy as np
import pytest

from simgen.capture.road import CarlaRoad, road_from_xodr
from simgen.errors import PlacementError, RequestError
from simgen.localsim.places import shipped
from simgen.motion.road import Place, StartOption
from tests.capture.roads import circle_road, plan, straight_road, xodr

MOTORWAY = (("median", 2.0), ("shoulder", 1.0), ("driving", 3.75), ("driving", 3.75), ("shoulder", 2.5))


@cache
def town() -> CarlaRoad:
    return road_from_xodr("SimgenTown01", shipped.town())


def start_at(x_m: float, y_m: float = -1.75, yaw_rad: float = 0.0) -> StartOption:
    return StartOption(Place(x_m, y_m, 0.0, yaw_rad))


def test_a_corridor_runs_along_its_lane_and_knows_what_is_behind() -> None:
    corridor = straight_road().corridor(start_at(100.0), 50.0, 10.0, ())
    assert corridor.before_m == 10.0
    assert corridor.ahead_m == pytest.approx(50.0, abs=1.0)
    place = corridor.at(20.0)
    assert (place.x_m, place.y_m) == pytest.approx((120.0, -1.75), abs=1e-3)
    assert place.yaw_rad == pytest.approx(0.0, abs=1e-6)
    assert corridor.at(-5.0).x_m == pytest.approx(95.0, abs=1e-3)


def test_a_corridor_ends_where_its_lane_does() -> None:
    corridor = straight_road().corridor(start_at(390.0), 50.0, 20.0, ())
    assert 8.0 <= corridor.ahead_m <= 10.0
    with pytest.raises(PlacementError, match="30 m along the ego's road is beyond"):
        corridor.at(30.0)


def test_the_road_is_known_across_its_centre_line() -> None:
    corridor = straight_road().corridor(start_at(100.0), 50.0, 0.0, ())
    assert corridor.edges(20.0) == pytest.approx((1.75 + 3.5, -1.75), abs=1e-3)
    assert corridor.sample(corridor.oncoming_m, 20.0) == pytest.approx(3.5, abs=1e-3)
    assert set(corridor.lanes) == {-1}


def test_the_road_is_known_across_a_median_too() -> None:
    road = road_from_xodr("motorway", xodr(MOTORWAY))
    corridor = road.corridor(start_at(100.0, -4.875), 50.0, 0.0, ())
    assert corridor.sample(corridor.oncoming_m, 10.0) == pytest.approx(9.75, abs=1e-3)
    assert corridor.edges(10.0) == pytest.approx((4.875 + 10.5, -1.875 - 3.75), abs=1e-3)
    assert {number: round(float(offsets[0]), 2) for number, offsets in corridor.lanes.items()} == {1: -3.75}
    assert {number: round(float(offsets[0]), 2) for number, offsets in corridor.opposite.items()} == {1: 9.75, 2: 13.5}


def test_stations_are_metres_of_the_lane_and_not_of_the_reference_line() -> None:
    corridor = circle_road(50.0).corridor(start_at(0.5), 100.0, 0.0, ())
    turned = corridor.yaw_rad[100] - corridor.yaw_rad[0]
    assert turned == pytest.approx(100.0 / 51.75, rel=1e-3)


def test_a_lane_ahead_goes_where_one_faces() -> None:
    road = straight_road()
    along = road.lane_ahead(Place(100.0, -1.75, 0.0, 0.0), 10.0)
    against = road.lane_ahead(Place(100.0, 1.75, 0.0, math.pi), 10.0)
    wrong_way = road.lane_ahead(Place(100.0, 1.75, 0.0, 0.0), 10.0)
    assert along[-1] == pytest.approx([110.0, -1.75, 0.0], abs=1e-3)
    assert against[-1] == pytest.approx([90.0, 1.75, 0.0], abs=1e-3)
    assert wrong_way[-1] == pytest.approx([110.0, 1.75, 0.0], abs=1e-3)


@pytest.mark.parametrize(("turn", "heading_deg"), [("straight", 0.0), ("left", 90.0), ("right", -90.0)])
def test_a_route_turns_at_the_junction(turn: str, heading_deg: float) -> None:
    start = start_at(-101.0)                            # High Street, eastwards; the junction's middle is at x −58
    corridor = town().corridor(start, 90.0, 0.0, (turn,))
    assert math.degrees(corridor.at(80.0).yaw_rad) == pytest.approx(heading_deg, abs=0.1)
    assert corridor.junction.any()


def test_the_road_s_edges_go_straight_on_across_a_junction() -> None:
    corridor = town().corridor(start_at(-101.0), 90.0, 0.0, ())
    inside = corridor.stations_m[corridor.junction]
    assert all(corridor.edges(float(s)) == pytest.approx((5.25, -1.75), abs=1e-2) for s in inside)


@pytest.mark.parametrize(("which", "heading_deg", "from_left_m"), [("left", -90.0, 1), ("right", 90.0, -1)])
def test_an_arm_s_traffic_comes_from_its_side_and_crosses_straight(
    which: str, heading_deg: float, from_left_m: int
) -> None:
    corridor = town().corridor(start_at(-101.0), 150.0, 0.0, ())
    line = town().arm(corridor, which)                  # type: ignore[arg-type]
    _, left = corridor.station_and_left(line[:, :2])
    assert left[0] * from_left_m > 50.0 and left[-1] * from_left_m < -50.0
    k = int(np.argmin(np.abs(left)))
    heading = math.degrees(math.atan2(*(line[k + 1] - line[k])[1::-1]))
    assert heading == pytest.approx(heading_deg, abs=1.0)


def test_the_opposite_arm_s_traffic_comes_towards_the_ego_beside_it() -> None:
    corridor = town().corridor(start_at(-101.0), 90.0, 0.0, ())
    station, left = corridor.station_and_left(town().arm(corridor, "opposite")[:, :2])
    here = (station > 0) & (station < 80)
    assert left[here] == pytest.approx(3.5, abs=0.01)
    assert (np.diff(station[here]) < 0).all()


def test_an_arm_without_a_junction_is_refused_with_the_cure() -> None:
    corridor = straight_road().corridor(start_at(100.0), 50.0, 0.0, ())
    with pytest.raises(PlacementError, match=r"road: \{near: junction\}"):
        straight_road().arm(corridor, "left")


def test_a_drawing_shows_lanes_crosswalks_and_parking() -> None:
    drawing = town().drawing(Place(-101.0, -1.75, 0.0, 0.0), 60.0)
    assert len(drawing.crosswalks) >= 2
    assert all(ring.shape == (4, 2) for ring in drawing.crosswalks)
    assert len(drawing.parking) >= 2
    assert drawing.lane_edges and drawing.markings and drawing.centre_lines
    assert all(np.hypot(line[:, 0] + 101, line[:, 1] + 1.75).min() <= 60 for line in drawing.lane_edges)


def test_text_that_is_no_map_is_refused() -> None:
    with pytest.raises(RequestError, match="map nonsense: its OpenDRIVE text describes no road"):
        road_from_xodr("nonsense", "<nothing/>")


def test_the_same_plan_starts_at_the_same_places() -> None:
    wished = plan(kind="town", near="junction", near_ahead_m=30.0)
    assert list(town().starts(wished)) == list(road_from_xodr("SimgenTown01", shipped.town()).starts(wished))
