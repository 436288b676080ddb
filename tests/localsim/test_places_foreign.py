"""OpenDRIVE files of other tools: every kind of curve, banking, tapers, a bridge; SUMO's output; left-hand traffic."""

from __future__ import annotations

import math
from collections.abc import Iterator

import numpy as np
import pytest
from numpy.typing import NDArray

from simgen.localsim.mesh import Material
from simgen.localsim.places import Ground, Place, place_from_opendrive
from simgen.localsim.places.footprint import footprint
from simgen.localsim.places.opendrive import read_network
from simgen.localsim.places.opendrive.plan_view import Arc, Curve, Polynomial, Spiral, poly3
from simgen.localsim.places.roadway import stretches
from simgen.localsim.places.shapes import keep_triangles

carla = pytest.importorskip("carla")

Cubic = tuple[float, float, float, float, float]


def cubics(tag: str, *rows: Cubic, start: str = "s") -> str:
    return "".join(f'<{tag} {start}="{s}" a="{a}" b="{b}" c="{c}" d="{d}"/>' for s, a, b, c, d in rows)


def lane(number: int, kind: str, mark: str, *width: Cubic) -> str:
    link = f'<link><predecessor id="{number}"/><successor id="{number}"/></link>' if number else ""
    return (
        f'<lane id="{number}" type="{kind}" level="false">{link}{cubics("width", *width, start="sOffset")}'
        f'<roadMark sOffset="0" type="{mark}" weight="standard" color="white" width="0.15"/></lane>'
    )


def even(width: float) -> Cubic:
    return (0.0, width, 0.0, 0.0, 0.0)


def section(s: float, left: list[str], right: list[str], centre: str) -> str:
    return (
        f'<laneSection s="{s}"><left>{"".join(reversed(left))}</left><center>{lane(0, "none", centre)}</center>'
        f'<right>{"".join(right)}</right></laneSection>'
    )


def plan(*pieces: tuple[float, str, Curve], x: float = 0.0, y: float = 0.0, heading: float = 0.0) -> tuple[str, float]:
    """A reference line of curves, each beginning where the last one ends; its XML and its length."""
    s, text = 0.0, ""
    for length, body, curve in pieces:
        text += f'<geometry s="{s!r}" x="{x!r}" y="{y!r}" hdg="{heading!r}" length="{length!r}">{body}</geometry>'
        u, v, turn = (float(q[0]) for q in curve.at(np.array([length])))
        x += math.cos(heading) * u - math.sin(heading) * v
        y += math.sin(heading) * u + math.cos(heading) * v
        heading, s = heading + turn, s + length
    return text, s


def road(number: int, planned: tuple[str, float], lanes: str, rest: str = "", rule: str = "RHT") -> str:
    return (
        f'<road name="" id="{number}" junction="-1" length="{planned[1]!r}" rule="{rule}"><link/><type s="0" '
        f'type="rural"><speed max="60" unit="km/h"/></type><planView>{planned[0]}</planView>{rest}{lanes}</road>'
    )


def document(*roads: str) -> str:
    return (
        '<?xml version="1.0"?><OpenDRIVE><header revMajor="1" revMinor="4" name="" version="1"><geoReference>'
        f"<![CDATA[+proj=tmerc +lat_0=49 +lon_0=8]]></geoReference></header>{''.join(roads)}</OpenDRIVE>"
    )


def everything() -> str:
    """Road 0 has every curve, climbs, banks, shifts and widens; road 1 crosses it on a bridge at (40, 0)."""
    u, v = np.array([0.0, 60.0, 0.0, -4.0]), np.array([0.0, 0.0, 10.0, -3.0])
    p = np.linspace(0.0, 1.0, 20001)
    bow = float(np.hypot(np.diff(u[1] * p + u[3] * p**3), np.diff(v[2] * p**2 + v[3] * p**3)).sum())
    wave = np.array([0.0, 0.0, 0.004, -0.00002])
    way = plan(
        (80.0, "<line/>", Arc(0.0)),
        (60.0, '<spiral curvStart="0" curvEnd="0.01"/>', Spiral(60.0, 0.0, 0.01)),
        (70.0, '<arc curvature="0.01"/>', Arc(0.01)),
        (60.0, '<spiral curvStart="0.01" curvEnd="-0.008"/>', Spiral(60.0, 0.01, -0.008)),
        (50.0, '<poly3 a="0" b="0" c="0.004" d="-0.00002"/>', poly3(50.0, wave)),
        (bow, '<paramPoly3 aU="0" bU="60" cU="0" dU="-4" aV="0" bV="0" cV="10" dV="-3" pRange="normalized"/>',
         Polynomial(bow, u, v, 1.0)),
        (60.0, "<line/>", Arc(0.0)),
    )
    rest = (
        "<elevationProfile>"
        + cubics("elevation", (0, 2, 0, 0, 0), (100, 2, 0, 8e-4, -2e-6), (240, 12.192, 0.1064, -6e-4, 0))
        + "</elevationProfile><lateralProfile>"
        + cubics("superelevation", (0, 0, 0, 0, 0), (100, 0, 8e-4, 0, 0), (180, 0.064, -4e-4, 0, 0), (340, 0, 0, 0, 0))
        + "</lateralProfile>"
    )
    widening = (0.0, 0.0, 0.0, 0.0065625, -0.000109375)
    lanes = (
        "<lanes>"
        + cubics("laneOffset", (0, 0, 0, 0, 0), (150, 0, 0, 3e-3, -5e-5), (190, 1.6, 0, 0, 0))
        + section(0, [lane(1, "driving", "solid", even(3.5)), lane(2, "shoulder", "none", even(1.5))],
                  [lane(-1, "driving", "broken", even(3.5)),
                   lane(-2, "driving", "solid", widening, (40.0, 3.5, 0.0, 0.0, 0.0)),
                   lane(-3, "shoulder", "none", even(1.0))], "solid solid")
        + section(160, [lane(1, "driving", "solid", even(3.5))],
                  [lane(-1, "driving", "broken", even(3.5)), lane(-2, "driving", "solid", even(3.5)),
                   lane(-3, "curb", "none", even(0.2)), lane(-4, "sidewalk", "none", even(2.0))], "solid broken")
        + "</lanes>"
    )
    objects = (
        '<objects><object id="1" type="crosswalk" s="40" t="0" hdg="0" zOffset="0"><outline>'
        + "".join(f'<cornerRoad s="{s}" t="{t}" dz="0"/>' for s, t in ((38, -7), (42, -7), (42, 4), (38, 4)))
        + '</outline></object></objects><signals><signal id="5" s="50" t="-6" type="274" orientation="+" value="50"/>'
        '<signal id="6" s="55" t="6" type="206" orientation="-"/></signals>'
    )
    over = plan((300.0, "<line/>", Arc(0.0)), x=40.0, y=-150.0, heading=math.pi / 2.0)
    ramp = 12.0 / 130.0**2
    climb = "<elevationProfile>" + cubics(
        "elevation", (0, 2, 0, 0, 0), (20, 2, 0, 3 * ramp, -2 * ramp / 130), (150, 14, 0, -3 * ramp, 2 * ramp / 130),
        (280, 2, 0, 0, 0)) + "</elevationProfile>"
    two = "<lanes>" + section(0, [lane(1, "driving", "solid", even(3.5))], [lane(-1, "driving", "solid", even(3.5))],
                              "broken") + "</lanes>"
    return document(road(0, way, lanes + objects, rest), road(1, over, two, climb))


@pytest.fixture(scope="module")
def cache(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("SIMGEN_CACHE", str(tmp_path_factory.mktemp("cache")))
        yield


@pytest.fixture(scope="module")
def place(cache: None) -> Place:
    return place_from_opendrive(everything(), "everything")


def inside_lanes(place: Place, count: int) -> NDArray[np.float64]:
    """Random points (N, 2) on the lanes."""
    quads = footprint(stretches(read_network(place.opendrive, place.name))).quads
    u, v = np.random.default_rng(3).random((2, count, len(quads), 1))
    a, b, c, d = (quads[:, k] for k in range(4))
    return ((a * (1 - u) + b * u) * (1 - v) + (d * (1 - u) + c * u) * v).reshape(-1, 2)


def ground_of(place: Place, *materials: Material) -> Ground:
    return Ground(keep_triangles(place.static, np.isin(place.static.material, materials)))


def test_lane_centres_agree_with_the_client_on_every_kind_of_curve() -> None:
    text = everything()
    cut = stretches(read_network(text, "everything"))
    checked = 0
    for waypoint in carla.Map("everything", text).generate_waypoints(2.0):
        for stretch in cut:
            if stretch.road.id != str(waypoint.road_id) or not stretch.s[0] <= waypoint.s <= stretch.s[-1]:
                continue
            for strip in stretch.strips:
                if strip.lane.id == waypoint.lane_id:
                    t = np.interp([waypoint.s], stretch.s, 0.5 * (strip.t_left + strip.t_right))
                    own, theirs = stretch.at(np.array([waypoint.s]), t)[0], waypoint.transform.location
                    assert math.hypot(own[0] - theirs.x, own[1] + theirs.y) < 0.02
                    # The client leaves out the banking.
                    banked = float(t[0]) * math.sin(float(stretch.road.superelevation.at(np.array([waypoint.s]))[0]))
                    assert own[2] - theirs.z == pytest.approx(banked, abs=0.01)
                    checked += 1
    assert checked > 900


def test_the_ground_has_no_holes_around_any_of_it(place: Place) -> None:
    quads = footprint(stretches(read_network(place.opendrive, place.name)))
    low, high = quads.bounds()
    xy = np.random.default_rng(4).uniform(low - 40.0, high + 40.0, (150_000, 2))
    assert np.isfinite(place.ground.height(xy)).all()
    assert np.isfinite(place.ground.height(inside_lanes(place, 30))).all()


def test_the_land_stays_below_the_lowest_road(place: Place) -> None:
    xy = inside_lanes(place, 40)
    road = ground_of(place, Material.ASPHALT, Material.SIDEWALK, Material.CURB).lowest(xy)
    land = ground_of(place, Material.GRASS).height(xy)
    assert np.all(np.isnan(land) | (land < road))


def test_both_roads_of_the_bridge_can_be_driven(place: Place) -> None:
    crossing = np.array([[40.0, -1.75]])
    assert place.ground.height(crossing)[0] == pytest.approx(14.0, abs=0.05)
    assert place.ground.height(crossing, below_m=5.0)[0] == pytest.approx(2.0, abs=0.01)
    x = np.linspace(0.0, 80.0, 400)
    lower = place.ground.height(np.column_stack([x, np.full_like(x, -1.75)]), below_m=5.0)
    np.testing.assert_allclose(lower, 2.0, atol=0.01)


def test_the_crosswalk_under_the_bridge_is_painted_on_the_lower_road(place: Place) -> None:
    paint = keep_triangles(place.static, place.static.material == Material.ROAD_MARKING).positions
    near = paint[(np.abs(paint[:, 0] - 40.0) < 1.9) & (np.abs(paint[:, 1]) < 3.0)]
    assert np.sum(near[:, 2] < 3.0) > 50
    assert np.sum(near[:, 2] < 3.0) > 3 * np.sum(near[:, 2] > 13.0)


def test_nothing_stands_on_these_roads_either(place: Place) -> None:
    xy = np.array([x.world_from_mesh[:2, 3] for x in place.scenery if not x.mesh.startswith("grass")])
    assert not np.isin(place.ground.surface(xy), (Material.ASPHALT, Material.CURB)).any()


def test_a_town_from_openstreetmap_by_sumo_can_be_used(cache: None) -> None:
    """The converter in CARLA's client is SUMO's netconvert."""
    step = 0.0010
    nodes = {(i, j): 1 + i + 3 * j for i in range(3) for j in range(2)}
    points = "".join(
        f'<node id="{n}" version="1" visible="true" lat="{49 + step * j}" lon="{8 + 1.4 * step * i}"/>'
        for (i, j), n in nodes.items()
    )
    lines = [[nodes[i, j] for i in range(3)] for j in range(2)] + [[nodes[i, j] for j in range(2)] for i in range(3)]
    tags = '<tag k="highway" v="residential"/><tag k="sidewalk" v="both"/>'
    ways = ""
    for k, line in enumerate(lines):
        corners = "".join(f'<nd ref="{n}"/>' for n in line)
        ways += f'<way id="{100 + k}" version="1" visible="true">{corners}{tags}</way>'
    text = carla.Osm2Odr.convert(f'<osm version="0.6">{points}{ways}</osm>', carla.Osm2OdrSettings())
    place = place_from_opendrive(text, "osm")
    roads = carla.Map("osm", text)
    assert len(place.spawn_points) > 30
    for point in place.spawn_points:
        lane_there = roads.get_waypoint(carla.Location(point.x_m, -point.y_m, point.z_m), project_to_road=False)
        assert lane_there is not None
        turn = math.radians(-lane_there.transform.rotation.yaw) - point.yaw_rad
        assert abs(math.remainder(turn, 2.0 * math.pi)) < 0.05
    assert np.isfinite(place.ground.height(inside_lanes(place, 20))).all()
    walls = keep_triangles(place.static, np.isin(place.static.material, (Material.PLASTER, Material.BRICK)))
    low = walls.positions[walls.positions[:, 2] < 3.0].astype(np.float64)
    assert len(low) > 1000
    assert not np.isin(place.ground.surface(low[:, :2]), (Material.ASPHALT, Material.CURB, Material.SIDEWALK)).any()


@pytest.mark.parametrize(("rule", "side"), [("RHT", -1.0), ("LHT", 1.0)])
def test_traffic_keeps_to_the_side_the_file_says(rule: str, side: float, cache: None) -> None:
    both = section(0, [lane(1, "driving", "solid", even(3.5))], [lane(-1, "driving", "solid", even(3.5))], "broken")
    text = document(road(0, plan((150.0, "<line/>", Arc(0.0))), f"<lanes>{both}</lanes>", rule=rule))
    eastbound = [p.y_m for p in place_from_opendrive(text, "one").spawn_points if abs(p.yaw_rad) < 0.1]
    assert len(eastbound) > 5
    assert all(y * side == pytest.approx(1.75) for y in eastbound)
