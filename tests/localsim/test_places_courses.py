"""Closed courses: the arithmetic of laying roads out, and what the hilly road and the motorway offer a scenario."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from simgen.localsim.mesh import Material
from simgen.localsim.places import Place, PlaceError, load_place, place_from_opendrive, shipped
from simgen.localsim.places.footprint import distance_raster, footprint
from simgen.localsim.places.opendrive import read_network
from simgen.localsim.places.opendrive.course import Piece, Summit, bend, closed, cut, hills, poses
from simgen.localsim.places.opendrive.write import CourseDraft, LaneDraft, RoadDraft, write_course
from simgen.localsim.places.roadway import stretches
from simgen.localsim.places.underpass import HEADROOM_M, clear_of_underpasses

carla = pytest.importorskip("carla")

TEXTS = {"SimgenRural02": shipped.hilly, "SimgenHighway01": shipped.highway}
EYE_M, CAR_M = 1.65, 1.45             # a driver's eye, the roof of a car
CREST_S = 190.0                       # of the sharpest crest, on road 0


@pytest.fixture(scope="module")
def hilly(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Place]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("SIMGEN_CACHE", str(tmp_path_factory.mktemp("cache")))
        yield load_place("SimgenRural02")


@pytest.fixture(scope="module")
def motorway(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Place]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("SIMGEN_CACHE", str(tmp_path_factory.mktemp("cache")))
        yield load_place("SimgenHighway01")


def lane_centre(roads: Any, road: int, lane: int, s: NDArray[np.float64]) -> NDArray[np.float64]:
    """Right-handed points (N, 3) on a lane, as the client knows it."""
    found = [roads.get_waypoint_xodr(road, lane, float(one)).transform.location for one in s]
    return np.array([(p.x, -p.y, p.z) for p in found])


# ---- laying out


def test_a_bend_turns_by_what_was_asked_and_ends_straight() -> None:
    pieces = bend(-60.0, 70.0, 35.0)
    assert math.degrees(sum(piece.turn_rad for piece in pieces)) == pytest.approx(-60.0)
    # Two spirals of 35 m turn by half of what an arc of 70 m would; the arc has the rest.
    assert pieces[1].length_m == pytest.approx(math.radians(60.0) * 70.0 - 35.0)
    assert pieces[-1].curvature_end == 0.0


def test_a_bend_without_room_for_its_spirals_is_refused() -> None:
    with pytest.raises(ValueError, match=r"shorter than 17\.5 m"):
        bend(10.0, 100.0, 40.0)


def test_a_square_is_closed_by_making_two_of_its_sides_longer() -> None:
    corner = bend(90.0, 50.0, 20.0)
    pieces = [piece for length in (100.0, 200.0, 30.0, 40.0) for piece in (Piece(length), *corner)]
    whole = closed(pieces, free=(8, 12))
    assert [whole[k].length_m for k in (0, 4, 8, 12)] == pytest.approx([100.0, 200.0, 100.0, 200.0])
    np.testing.assert_allclose(poses(whole)[-1], [0.0, 0.0, 2.0 * math.pi], atol=1e-6)


def test_a_course_that_cannot_be_closed_is_refused() -> None:
    square = [piece for _ in range(4) for piece in (Piece(100.0), *bend(90.0, 50.0, 20.0))]
    with pytest.raises(ValueError, match="almost parallel"):
        closed(square, free=(0, 8))
    with pytest.raises(ValueError, match="turns by 270"):
        closed(square[:-4], free=(0, 4))


def test_a_crest_is_a_parabola_with_the_curvature_of_its_k() -> None:
    # From +4 % to -4 % with K = 10: the rounding is 80 m long, its vertical radius 1000 m, its top 0.8 m below the
    # point where the grades meet.
    profile = hills([Summit(100.0, 0.0, 5.0), Summit(200.0, 4.0, 10.0), Summit(300.0, 0.0, 5.0)], 400.0)
    s = np.array([0.0, 60.0, 140.0, 200.0, 260.0, 400.0])
    np.testing.assert_allclose(profile.at(s), [0.0, 0.0, 1.6, 3.2, 1.6, 0.0], atol=1e-9)
    np.testing.assert_allclose(profile.slope(s), [0.0, 0.0, 0.04, 0.0, -0.04, 0.0], atol=1e-9)


def test_roundings_that_overlap_are_refused() -> None:
    with pytest.raises(ValueError, match="summit at 200 m"):
        hills([Summit(100.0, 0.0, 20.0), Summit(200.0, 4.0, 20.0), Summit(300.0, 0.0, 20.0)], 400.0)
    with pytest.raises(ValueError, match=r"summit at 300 m ends at 420\.0 m, after the course's 400\.0 m"):
        hills([Summit(200.0, 0.0, 1.0), Summit(300.0, 4.0, 60.0)], 400.0)


@settings(max_examples=60, deadline=None)
@given(st.floats(1.0, 380.0), st.floats(0.0, 1.0))
def test_a_part_of_a_profile_has_the_heights_of_the_whole(start: float, share: float) -> None:
    profile = hills([Summit(100.0, 0.0, 5.0), Summit(200.0, 4.0, 10.0), Summit(300.0, 0.0, 5.0)], 400.0)
    end = start + (400.0 - start) * max(share, 0.01)
    ds = np.linspace(0.0, end - start, 23)
    np.testing.assert_allclose(cut(profile, start, end).at(ds), profile.at(start + ds), atol=1e-8)


def test_a_course_of_two_roads_is_refused_since_the_client_cannot_follow_it() -> None:
    pieces = closed([piece for _ in range(4) for piece in (Piece(100.0), *bend(90.0, 50.0, 20.0))], free=(0, 4))
    draft = CourseDraft("mine", (49.0, 8.0), "rural", 80.0, (LaneDraft("driving", 3.0),), "broken", pieces,
                        hills([Summit(50.0, 0.0, 1.0)], 400.0), (RoadDraft("a", 0, 8), RoadDraft("b", 8, 16)))
    with pytest.raises(ValueError, match="at least 3 roads, not 2"):
        write_course(draft)


def test_an_underpass_beyond_its_road_and_an_unknown_landscape_are_refused() -> None:
    text = shipped.hilly()
    with pytest.raises(PlaceError, match=r"tunnel 0: the underpass from s = 165 to 9165 m does not lie on the road"):
        read_network(text.replace('length="26.0" type="underpass"', 'length="9000.0" type="underpass"'), "mine")
    with pytest.raises(PlaceError, match="landscape 'jungle' is not one of open, wooded"):
        read_network(text.replace('value="wooded"', 'value="jungle"'), "mine")


def test_bored_tunnels_are_not_drawn() -> None:
    text = shipped.hilly().replace('type="underpass"', 'type="standard"')
    assert not any(road.underpasses for road in read_network(text, "mine").roads)


def test_the_road_through_an_underpass_in_a_bend_stays_the_ground(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SIMGEN_CACHE", str(tmp_path))
    lane = '<width sOffset="0" a="3.5" b="0" c="0" d="0"/></lane>'
    place = place_from_opendrive(
        '<?xml version="1.0"?><OpenDRIVE><header revMajor="1" revMinor="4"/><road id="1" length="160" junction="-1">'
        '<type s="0" type="rural"/><planView><geometry s="0" x="0" y="0" hdg="0" length="160"><arc curvature="0.01"/>'
        f'</geometry></planView><lanes><laneSection s="0"><left><lane id="1" type="driving">{lane}</left><center>'
        f'<lane id="0" type="none"/></center><right><lane id="-1" type="driving">{lane}</right></laneSection></lanes>'
        '<objects><tunnel id="1" s="40" length="60" type="underpass"/></objects></road></OpenDRIVE>', "bend")
    (stretch,) = stretches(read_network(place.opendrive, "bend"))
    s = np.linspace(1.0, 159.0, 300)
    for t in (-3.3, 0.0, 3.3):
        at = stretch.at(s, np.full_like(s, t))
        np.testing.assert_allclose(place.ground.height(at[:, :2]), at[:, 2], atol=0.01)


# ---- the client's view


@pytest.mark.parametrize(("name", "road", "lane", "lap_m"), [
    ("SimgenRural02", 0, -1, 3134.0), ("SimgenRural02", 3, 1, 3134.0),
    ("SimgenHighway01", 0, -3, 6987.0), ("SimgenHighway01", 0, -5, 6987.0), ("SimgenHighway01", 2, 4, 6987.0),
])
def test_every_lane_leads_round_to_where_it_began(name: str, road: int, lane: int, lap_m: float) -> None:
    start = here = carla.Map(name, TEXTS[name]()).get_waypoint_xodr(road, lane, 50.0)
    step, steps = 4.0, 0
    while steps < 40 or here.transform.location.distance(start.transform.location) > step:
        (here,) = here.next(step)
        steps += 1
        assert here.lane_id == lane
        assert steps * step < 1.1 * lap_m
    assert steps * step == pytest.approx(lap_m, rel=0.02)


def test_oncoming_lanes_are_found_across_the_median() -> None:
    roads = carla.Map("motorway", shipped.highway())
    here = roads.get_waypoint_xodr(0, -3, 300.0)
    kinds, yaws = [], []
    while here.lane_id < 0:
        kinds.append(str(here.lane_type))
        here = here.get_left_lane()
    while here is not None:
        kinds.append(str(here.lane_type))
        yaws.append(here.transform.rotation.yaw)
        here = here.get_right_lane()
    assert kinds == ["Driving", "Shoulder", "Median", "Median", "Shoulder", "Driving", "Driving", "Driving", "Shoulder"]
    assert all(abs(abs(yaw) - 180.0) < 1e-3 for yaw in yaws)


def test_the_motorway_lets_drivers_change_lanes_but_not_leave_the_carriageway() -> None:
    roads = carla.Map("motorway", shipped.highway())
    changes = [str(roads.get_waypoint_xodr(1, lane, 700.0).lane_change) for lane in (-3, -4, -5)]
    assert changes == ["Right", "Both", "Left"]


@pytest.mark.parametrize(("name", "fastest", "widths"), [
    ("SimgenRural02", 100.0, {3.1}), ("SimgenHighway01", 130.0, {3.75}),
])
def test_limits_and_lane_widths_are_those_of_the_kind_of_road(name: str, fastest: float, widths: set[float]) -> None:
    text = TEXTS[name]()
    waypoints = carla.Map(name, text).generate_waypoints(25.0)
    assert {round(w.lane_width, 3) for w in waypoints} == widths
    limits = re.findall(r'<type [^>]*><speed max="([0-9.]+)" unit="m/s"/>', text)
    assert [float(limit) * 3.6 for limit in limits] == pytest.approx([fastest] * text.count("<road "))


@pytest.mark.parametrize("name", TEXTS)
def test_the_networks_say_where_their_underpasses_are(name: str) -> None:
    found = [(road.id, u.start, u.end) for road in read_network(TEXTS[name](), name).roads for u in road.underpasses]
    assert found == {"SimgenRural02": [("4", 165.0, 191.0)], "SimgenHighway01": [("2", 560.0, 620.0)]}[name]


def test_the_town_offers_crosswalks_parking_and_junctions() -> None:
    roads = carla.Map("town", shipped.town())
    assert len(roads.get_crosswalks()) == 26 * 5
    waypoints = roads.generate_waypoints(5.0)
    assert len({w.junction_id for w in waypoints if w.is_junction}) == 8
    beside = [w.get_right_lane() for w in waypoints if not w.is_junction]
    parking = {(w.road_id, w.lane_id) for w in beside if w is not None and w.lane_type == carla.LaneType.Parking}
    assert len(parking) == 18


# ---- hills


@pytest.mark.parametrize("lane", [-1, 1])
def test_a_car_behind_the_crest_is_hidden_from_90_metres_and_seen_from_60(lane: int) -> None:
    roads = carla.Map("hilly", shipped.hilly())

    def clearance_m(gap_m: float) -> float:
        """Of the sight line from eye to roof over the road between them, lowest."""
        s = CREST_S - math.copysign(1.0, lane) * np.linspace(-0.5, 0.5, 91) * gap_m
        z = lane_centre(roads, 0, lane, s)[:, 2]
        return float((np.linspace(z[0] + EYE_M, z[-1] + CAR_M, 91) - z).min())

    assert clearance_m(90.0) < 0.0 < 0.5 < clearance_m(60.0)


def test_the_crests_are_as_sharp_as_their_k() -> None:
    roads = carla.Map("hilly", shipped.hilly())
    z = lane_centre(roads, 0, -1, CREST_S + np.array([-20.0, 0.0, 20.0]))[:, 2]
    assert (z[1] - 0.5 * (z[0] + z[2])) * 2.0 / 20.0**2 == pytest.approx(1.0 / (100.0 * 6.0), rel=0.01)


# ---- the hilly place


def check_spawn_points(place: Place) -> None:
    """Ground under every one, and on every lane one at least every 50 m."""
    at = np.array([(p.x_m, p.y_m, p.z_m) for p in place.spawn_points])
    np.testing.assert_allclose(at[:, 2] - place.ground.height(at[:, :2]), 0.3, atol=1e-3)
    roads = carla.Map(place.name, place.opendrive)
    lanes: dict[tuple[int, int], list[float]] = {}
    for x, y, z in at:
        w = roads.get_waypoint(carla.Location(x, -y, z))
        lanes.setdefault((w.road_id, w.lane_id), []).append(w.s)
    drivable = {(w.road_id, w.lane_id) for w in roads.generate_waypoints(10.0)}
    assert lanes.keys() == drivable
    assert max(np.diff(sorted(stations)).max() for stations in lanes.values()) < 50.0


def check_nothing_stands_on_the_road(place: Place) -> None:
    """Neither scenery nor anything of the level within a car's height over the asphalt."""
    inner = place.ground
    for thing in place.scenery:
        if thing.mesh.startswith("grass"):
            continue
        x, y, z = thing.world_from_mesh[:3, 3]
        if inner.surface(np.array([[x, y]]))[0] == Material.ASPHALT:
            assert z > inner.height(np.array([[x, y]]))[0] + HEADROOM_M
    solid = ~np.isin(place.static.material, (Material.ASPHALT, Material.ROAD_MARKING, Material.GRASS))
    solid &= ~np.isin(place.static.material, (Material.LEAF, Material.NEEDLE))
    for mesh, offset in (
        (place.static.positions[np.unique(place.static.triangles[solid])], np.zeros(3)),
        *((place.prototypes[x.mesh].positions, x.world_from_mesh[:3, 3]) for x in place.scenery
          if x.mesh.startswith("bridge")),
    ):
        points = mesh.astype(np.float64) + offset
        on_road = inner.surface(points[:, :2]) == Material.ASPHALT
        above = points[on_road, 2] - inner.height(points[on_road, :2])
        assert not np.any((above > 0.1) & (above < HEADROOM_M - 0.15))


def test_spawn_points_of_the_hilly_road_stand_on_ground_everywhere(hilly: Place) -> None:
    check_spawn_points(hilly)


def test_nothing_stands_on_the_hilly_road(hilly: Place) -> None:
    check_nothing_stands_on_the_road(hilly)


def test_the_surface_follows_the_client_s_lanes_over_crests_and_under_the_railway(hilly: Place) -> None:
    waypoints = carla.Map(hilly.name, hilly.opendrive).generate_waypoints(1.5)
    at = np.array([(w.transform.location.x, -w.transform.location.y, w.transform.location.z) for w in waypoints])
    np.testing.assert_allclose(hilly.ground.height(at[:, :2]), at[:, 2], atol=0.006)


def test_the_underpass_closes_off_the_sky(hilly: Place) -> None:
    roads = carla.Map(hilly.name, hilly.opendrive)
    (bridge,) = [x for x in hilly.scenery if x.mesh == "bridge0.concrete"]
    assert bridge.tag == 26
    mesh = hilly.prototypes[bridge.mesh]
    p = mesh.positions.astype(np.float64)[mesh.triangles] + bridge.world_from_mesh[:3, 3]
    for x, y, z in lane_centre(roads, 4, -1, np.arange(166.0, 190.0, 3.0)):
        u, v = p[:, 1, :2] - p[:, 0, :2], p[:, 2, :2] - p[:, 0, :2]
        area = u[:, 0] * v[:, 1] - u[:, 1] * v[:, 0]
        level = np.abs(area) > 1e-6
        d = np.array([x, y]) - p[level, 0, :2]
        a = (d[:, 0] * v[level, 1] - d[:, 1] * v[level, 0]) / area[level]
        b = (u[level, 0] * d[:, 1] - u[level, 1] * d[:, 0]) / area[level]
        over = (a >= 0.0) & (b >= 0.0) & (a + b <= 1.0)
        height = (p[level, 0, 2] + a * (p[level, 1, 2] - p[level, 0, 2]) + b * (p[level, 2, 2] - p[level, 0, 2]))[over]
        assert height.min() == pytest.approx(z + HEADROOM_M, abs=0.02)


def test_forest_stands_right_beside_the_hilly_road(hilly: Place) -> None:
    roads = carla.Map(hilly.name, hilly.opendrive)
    trees = [x for x in hilly.scenery if x.mesh in ("spruce", "fir", "oak", "birch", "pine", "maple")]
    near = 0
    for tree in trees[::10]:
        x, y, z = tree.world_from_mesh[:3, 3]
        w = roads.get_waypoint(carla.Location(x, -y, z))
        gap = math.dist((w.transform.location.x, -w.transform.location.y), (x, y)) - 0.5 * w.lane_width - 0.4
        assert gap > 4.0
        near += gap < 7.0
    assert near > 20


def test_no_branch_hangs_over_the_hilly_road_at_a_car_s_height(hilly: Place) -> None:
    area = footprint(stretches(read_network(hilly.opendrive, "hilly")))
    distance = distance_raster(area, 0.25, 20.0)
    for plant in hilly.scenery:
        at = plant.world_from_mesh[:3, 3]
        if plant.mesh not in ("spruce", "fir", "oak", "bush") or distance.at(at[None, :2])[0] > 6.0:
            continue
        crown = hilly.prototypes[plant.mesh].positions[::7].astype(np.float64)
        crown = crown @ plant.world_from_mesh[:3, :3].T + at
        crown = crown[distance.at(crown[:, :2]) < 0.01]
        assert not np.any(crown[:, 2] - hilly.ground.height(crown[:, :2]) < 3.0)


def test_roadside_things_keep_clear_of_the_portals() -> None:
    stretch = stretches(read_network(shipped.hilly(), "hilly"))[4]
    assert clear_of_underpasses(stretch, np.array([150.0, 152.0, 178.0, 204.0, 206.0])).tolist() == [
        True, False, False, False, True,
    ]


# ---- the motorway


@pytest.mark.slow
def test_spawn_points_of_the_motorway_stand_on_ground_everywhere(motorway: Place) -> None:
    check_spawn_points(motorway)


@pytest.mark.slow
def test_nothing_stands_on_the_motorway(motorway: Place) -> None:
    check_nothing_stands_on_the_road(motorway)


@pytest.mark.slow
def test_guard_rails_run_along_the_whole_median_but_for_the_bridge(motorway: Place) -> None:
    rails = [x for x in motorway.scenery if x.mesh == "guard_rail_double"]
    assert {x.tag for x in rails} == {28}
    assert len(rails) * 4.0 == pytest.approx(6987.0 - 60.0, rel=0.01)
    feet = np.array([x.world_from_mesh[:3, 3] for x in rails])
    assert np.all(np.abs(feet[:, 2] - motorway.ground.height(feet[:, :2])) < 0.12)


@pytest.mark.slow
def test_gantries_span_the_lanes_away_from_the_bridge(motorway: Place) -> None:
    gantries = [x for x in motorway.scenery if x.mesh.startswith("gantry")]
    assert len(gantries) == 4
    road = read_network(motorway.opendrive, "motorway").roads[2]
    bridge = stretches(read_network(motorway.opendrive, "motorway"))[2].at(np.array([590.0]), np.zeros(1))[0]
    assert road.underpasses[0].start < 590.0 < road.underpasses[0].end
    for one in gantries:
        pose, p = one.world_from_mesh, motorway.prototypes[one.mesh].positions.astype(np.float64)
        assert math.dist(pose[:2, 3], bridge[:2]) > 120.0
        points = p @ pose[:3, :3].T + pose[:3, 3]
        over = motorway.ground.surface(points[:, :2]) == Material.ASPHALT
        assert over.sum() > 100
        assert (points[over, 2] - motorway.ground.height(points[over, :2])).min() > 5.0
