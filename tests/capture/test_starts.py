"""Road wishes: which starts fulfil them, and what is said when none does."""

from __future__ import annotations

from dataclasses import replace
from functools import cache

import numpy as np
import pytest

from simgen.capture.features import crosswalks, hides_road
from simgen.capture.lanes import Lanes
from simgen.capture.road import CarlaRoad, road_from_xodr
from simgen.capture.ways import Way
from simgen.errors import PlacementError, RequestError
from simgen.localsim.places import shipped
from simgen.motion.crossings import crossing_of
from simgen.motion.lines import Line
from simgen.motion.needs import needs_of
from simgen.motion.road import Place
from simgen.scenario.plan import EpisodePlan, Placement, Step
from tests.capture.roads import circle_road, plan, straight_road, xodr

FOUR_LANES = (("driving", 3.5), ("driving", 3.5), ("shoulder", 1.0))
# Straight grades of 6 % that meet in a parabola of 60 m half length round x = 200: a vertical radius of 1000 m.
CREST = "".join(
    f'<elevation s="{s}" a="{a}" b="{b}" c="{c}" d="0"/>'
    for s, a, b, c in ((0, 0, 0.06, 0), (140, 8.4, 0.06, -0.0005), (260, 8.4, -0.06, 0))
)


@cache
def town() -> CarlaRoad:
    return road_from_xodr("SimgenTown01", shipped.town())


def xs(road: CarlaRoad, wished: EpisodePlan) -> list[float]:
    """x of the starts on the lane that leads along +x."""
    return [option.place.x_m for option in road.starts(wished) if abs(option.place.yaw_rad) < 1]


def test_without_a_wish_every_spawn_point_with_enough_road_will_do() -> None:
    wished = plan()
    need = needs_of(wished)
    found = xs(straight_road(), wished)
    assert found == pytest.approx([x for x in range(6, 400, 12) if need.behind_m - 1 <= x <= 401 - need.ahead_m])


def test_a_spawn_point_by_number_is_taken_and_one_too_many_refused() -> None:
    assert [option.spawn_point for option in straight_road().starts(plan(index=3))] == [3]
    with pytest.raises(RequestError, match=r"ego\.spawn\.index 900: the map has spawn points 0 to"):
        straight_road().starts(plan(index=900))


def test_lanes_count_both_directions() -> None:
    road = road_from_xodr("wide", xodr(FOUR_LANES))
    assert len(road.starts(plan(lanes=4))) > 10
    with pytest.raises(PlacementError, match="lack 2 driving lanes"):
        road.starts(plan(lanes=2))


MOTORWAY = (("median", 2.0), ("shoulder", 1.0), ("driving", 3.75), ("driving", 3.75), ("shoulder", 2.5))


def on_lane(number: int) -> EpisodePlan:
    return plan(placement=Placement(30.0, lane=number))


def test_a_neighbouring_lane_is_one_of_the_ego_s_own_carriageway() -> None:
    # Along +x the two lanes lie 4.875 m and 8.625 m right of the middle of the median.
    road = road_from_xodr("motorway", xodr(MOTORWAY))
    for number, y_m in ((-1, -8.625), (1, -4.875)):
        ys = [option.place.y_m for option in road.starts(on_lane(number)) if option.place.y_m < 0.0]
        assert ys == pytest.approx([y_m] * len(ys), abs=0.01)
        assert ys
    with pytest.raises(PlacementError, match=r"lack a lane to the left of the ego's \(the 2\. lane on that side"):
        road.starts(on_lane(-2))


def test_on_a_road_without_a_median_the_lane_to_the_left_is_the_oncoming_one() -> None:
    assert len(straight_road().starts(on_lane(-1))) == len(straight_road().starts(plan()))
    with pytest.raises(PlacementError, match="lack a lane to the right of the ego's"):
        straight_road().starts(on_lane(1))


def test_whoever_changes_lanes_needs_the_lane_it_changes_to() -> None:
    road = road_from_xodr("motorway", xodr(MOTORWAY))
    wished = on_lane(0)
    leaver = replace(wished.actors[0], program=(Step("lane_change", side="right", duration_s=2.0),))
    found = road.starts(replace(wished, actors=(leaver,)))
    assert [abs(option.place.y_m) for option in found] == pytest.approx([4.875] * len(found), abs=0.01)


def test_a_walk_is_the_same_whichever_walks_came_before() -> None:
    # A spot between two whole metres, walked first and last.
    first, second = (Lanes(circle_road(100.0)._lanes.map) for _ in range(2))
    place = circle_road(100.0).starts(plan())[0].place.shifted(0.4)
    for number in range(20):
        second.walk(second.at(place.shifted(0.13 * number)), 60.0)                  # type: ignore[arg-type]
    ways = [lanes.walk(lanes.at(place), 60.0) for lanes in (first, second)]         # type: ignore[arg-type]
    assert np.array_equal(ways[0].xyz_m, ways[1].xyz_m)
    assert 60.0 <= ways[0].length_m < 61.5
    assert np.diff(ways[0].stations_m).max() < 1.6
    # The inner lane, on an arc of radius 98.25 m, turns by its length over that.
    assert float(np.ptp(ways[0].yaw_rad)) == pytest.approx(ways[0].length_m / 98.25, rel=1e-3)


def test_ways_are_joined_with_the_step_between_them() -> None:
    lanes = Lanes(straight_road()._lanes.map)
    way = lanes.walk(lanes.at(Place(10.0, -1.75, 0.0, 0.0)), 9.0)                   # type: ignore[arg-type]
    joined = Way.joined([way.part(0, 4), way.part(6, 10)])
    assert joined.stations_m.tolist() == pytest.approx([0.0, 1.0, 2.0, 3.0, 6.0, 7.0, 8.0, 9.0], abs=1e-4)
    assert len(joined.spots) == 8


def test_a_bend_is_known_by_its_radius() -> None:
    road = circle_road(100.0)
    assert road.starts(plan(curve="bend", radius_m=(80.0, 120.0)))
    assert road.starts(plan(curve="bend"))
    with pytest.raises(PlacementError, match="lack a bend with a radius of 30 to 60 m"):
        road.starts(plan(curve="bend", radius_m=(30.0, 60.0)))
    with pytest.raises(PlacementError, match="lack a straight stretch"):
        road.starts(plan(curve="straight"))


def test_a_straight_road_has_no_bend_no_crest_no_tunnel_and_no_crosswalk() -> None:
    for wish, lacks in (
        ({"curve": "bend"}, "a bend"), ({"crest": True}, "a crest"), ({"tunnel": True}, "a tunnel"),
        ({"near": "crosswalk", "near_ahead_m": 30.0}, "a crosswalk 30 m ahead"),
    ):
        with pytest.raises(PlacementError, match=f"map straight has no place for the ego: .* lack {lacks}"):
            straight_road().starts(plan(**wish))


def test_a_crest_lies_between_the_ego_and_what_it_hides() -> None:
    # Eye 1.2 m on a 6 % grade, 60 m before the vertex: beyond it the road falls away below the line of sight.
    road = road_from_xodr("crest", xodr(elevation=CREST))
    found = xs(road, plan(placement=Placement(90.0, side="right", off_road_m=2.0), crest=True))
    assert found
    assert all(60.0 < x + 10.0 < 260.0 for x in found)         # before the crest, or still on it


def test_the_sight_line_over_a_parabola_is_as_the_formula_says() -> None:
    # From the vertex of a crest of radius R the road is hidden beyond sqrt(2 R h) = 49 m, less what may be hidden.
    way = Lanes(road_from_xodr("crest", xodr(elevation=CREST))._lanes.map)
    spots = way.walk(way.at(Place(200.0, -1.75, 12.0, 0.0)), 150.0)       # type: ignore[arg-type]
    assert not hides_road(spots, 0.0, 60.0)
    assert hides_road(spots, 0.0, 75.0)


def test_a_tunnel_is_read_from_the_map_s_objects() -> None:
    tunnel = '<tunnel id="1" name="t" s="200" length="50" type="underpass" lighting="0" daylight="0"/>'
    road = road_from_xodr("under", xodr(objects=tunnel))
    need = needs_of(plan())
    assert all(200 - need.ahead_m <= x <= 250 - need.start_m for x in xs(road, plan(tunnel=True)))


@pytest.mark.parametrize("ahead_m", [12.0, 30.0, 41.5])
def test_a_start_is_moved_until_the_crosswalk_lies_where_it_should(ahead_m: float) -> None:
    wished = plan(near="crosswalk", near_ahead_m=ahead_m)
    options = town().starts(wished)
    assert len(options) > 10
    middles = [ring.mean(axis=0) for ring in crosswalks(town()._lanes.map)]
    for option in options[::5]:
        assert option.near_station_m == pytest.approx(10.0 + ahead_m)       # a second of warm-up at 10 m/s
        there = town().corridor(option, 80.0, 0.0, ()).at(10.0 + ahead_m)
        gap = min(float(((there.xy_m - middle) ** 2).sum() ** 0.5) for middle in middles)
        assert gap == pytest.approx(1.75, abs=0.1)                          # the lane's centre, of a road of 7 m


def test_near_a_junction_its_middle_lies_where_it_should() -> None:
    for option in town().starts(plan(near="junction", near_ahead_m=30.0)):
        corridor = town().corridor(option, 90.0, 0.0, ())
        inside = corridor.stations_m[corridor.junction]
        first = inside[inside < inside[0] + 40]
        assert first.mean() == pytest.approx(40.0, abs=1.0)


def test_a_junctions_middle_does_not_depend_on_where_the_way_to_it_begins() -> None:
    middles = []
    for ahead_m in (25.0, 25.3, 25.6):
        found = []
        for option in town().starts(plan(near="junction", near_ahead_m=ahead_m, route=("straight",), frames=61)):
            assert option.near_station_m is not None
            corridor = town().corridor(option, option.near_station_m + 10.0, 5.0, ("straight",))
            found.append(corridor.at(option.near_station_m).xy_m)
        middles.append(np.array(found))
    assert len(middles[0]) >= 8                     # the two crossings in the town, from all sides
    for others in middles[1:]:
        apart_m = np.linalg.norm(middles[0][:, None] - others[None], axis=2)
        assert apart_m.min(axis=1).max() < 0.1
        assert apart_m.min(axis=0).max() < 0.1


def test_beside_parking_there_is_a_parking_lane_for_a_car_and_more() -> None:
    for option in town().starts(plan(near="parking", near_ahead_m=25.0)):
        lanes = town()._lanes
        spot = lanes.moved(lanes.at(option.place), 35.0)                    # type: ignore[arg-type]
        assert spot is not None and lanes.across(spot).parking


def test_whoever_turns_starts_where_a_junction_lets_it() -> None:
    wished = plan(near="junction", near_ahead_m=20.0, route=("left",), frames=61)
    for option in town().starts(wished)[:5]:
        corridor = town().corridor(option, 80.0, 0.0, ("left",))
        assert corridor.yaw_rad[-1] - corridor.yaw_rad[0] > 1.0
    with pytest.raises(PlacementError, match=r"ego\.route"):
        straight_road().starts(plan(route=("left",)))


def test_somebody_on_an_arm_needs_a_junction_that_has_it() -> None:
    wished = plan(placement=Placement(None, arm="left"), near="junction", near_ahead_m=30.0)
    for option in town().starts(wished):
        corridor = town().corridor(option, 120.0, 0.0, ())
        assert len(town().arm(corridor, "left")) > 100
    with pytest.raises(PlacementError, match="lack a junction"):
        straight_road().starts(plan(placement=Placement(None, arm="left")))


@pytest.mark.parametrize("arm", ["left", "right"])
def test_whoever_comes_along_an_arm_crosses_the_ego_s_way(arm: str) -> None:
    wished = plan(placement=Placement(None, arm=arm), near="junction", near_ahead_m=30.0)
    for option in town().starts(wished):
        corridor = town().corridor(option, 120.0, 0.0, ())
        crossing = crossing_of(corridor.xyz_m[:, :2], corridor.yaw_rad, Line(town().arm(corridor, arm)))  # type: ignore[arg-type]
        assert crossing is not None
        assert (crossing.turn_rad > 0.0) is (arm == "right")
