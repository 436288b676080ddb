"""The simulator's own places: as CARLA's client reads them, as wheels meet them, the same every time."""

from __future__ import annotations

import hashlib
import math
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from simgen.localsim.mesh import Material, Mesh
from simgen.localsim.places import Ground, Place, PlaceError, available_maps, load_place, place_from_opendrive
from simgen.localsim.places.footprint import footprint
from simgen.localsim.places.opendrive import read_network
from simgen.localsim.places.roadway import stretches
from simgen.localsim.places.shapes import keep_triangles

carla = pytest.importorskip("carla")

NAMES = ("SimgenTown01", "SimgenRural01")       # test_places_courses.py tries the other two
MESH_FIELDS = ("positions", "normals", "uv", "triangles", "material", "parameter")


@pytest.fixture(scope="module")
def cache(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A cache folder of this module's own."""
    folder = tmp_path_factory.mktemp("cache")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("SIMGEN_CACHE", str(folder))
        yield folder


@pytest.fixture(scope="module")
def places(cache: Path) -> dict[str, Place]:
    """Both places, built from nothing."""
    assert not list(cache.iterdir())
    return {name: load_place(name) for name in NAMES}


@pytest.fixture(params=NAMES)
def place(request: pytest.FixtureRequest, places: dict[str, Place]) -> Place:
    return places[request.param]


def digest(place: Place) -> str:
    """SHA-256 of everything a place is."""
    total = hashlib.sha256(place.opendrive.encode())
    for key, mesh in (("", place.static), *sorted(place.prototypes.items())):
        total.update(key.encode())
        for field in MESH_FIELDS:
            total.update(np.ascontiguousarray(getattr(mesh, field)).tobytes())
    for thing in place.scenery:
        total.update(f"{thing.mesh} {thing.tag}".encode() + thing.world_from_mesh.tobytes())
    total.update(place.street_lamps.tobytes() + repr(place.spawn_points).encode())
    return total.hexdigest()


def spawn_xy(place: Place) -> NDArray[np.float64]:
    return np.array([(p.x_m, p.y_m) for p in place.spawn_points])


def only(mesh: Mesh, *materials: Material) -> Mesh:
    return keep_triangles(mesh, np.isin(mesh.material, materials))


# ---- the client's view


def test_all_places_are_offered() -> None:
    assert available_maps() == (*NAMES, "SimgenRural02", "SimgenHighway01", "SimgenTown01_Parked",
                                "SimgenTown01_Signals")


def test_an_unknown_place_is_refused_with_a_hint() -> None:
    with pytest.raises(PlaceError, match="did you mean 'SimgenTown01'"):
        load_place("SimgenTown1")


def test_the_client_can_drive_everywhere_without_end(place: Place) -> None:
    waypoints = carla.Map(place.name, place.opendrive).generate_waypoints(2.0)
    assert len(waypoints) > 2000
    assert all(w.next(2.0) for w in waypoints)
    assert all(1.5 <= w.lane_width <= 6.0 for w in waypoints)
    coordinates = [(w.transform.location.x, w.transform.location.y, w.transform.location.z) for w in waypoints]
    assert np.isfinite(np.array(coordinates)).all()


def test_the_drawn_road_lies_at_the_client_s_waypoints(place: Place) -> None:
    waypoints = carla.Map(place.name, place.opendrive).generate_waypoints(2.0)
    at = np.array([(w.transform.location.x, -w.transform.location.y, w.transform.location.z) for w in waypoints])
    np.testing.assert_allclose(place.ground.height(at[:, :2]), at[:, 2], atol=0.005)


def test_spawn_points_lie_on_driving_lanes_and_head_along_them(place: Place) -> None:
    roads = carla.Map(place.name, place.opendrive)
    assert len(place.spawn_points) > 150
    for point in place.spawn_points:
        here = carla.Location(point.x_m, -point.y_m, point.z_m)
        lane = roads.get_waypoint(here, project_to_road=True, lane_type=carla.LaneType.Driving)
        assert not lane.is_junction
        dx, dy = lane.transform.location.x - point.x_m, -lane.transform.location.y - point.y_m
        assert abs(dy * math.cos(point.yaw_rad) - dx * math.sin(point.yaw_rad)) < 0.05
        turn = math.radians(-lane.transform.rotation.yaw) - point.yaw_rad
        assert abs(math.remainder(turn, 2.0 * math.pi)) < 0.02


def test_the_client_knows_where_on_earth_it_is(place: Place) -> None:
    origin = carla.Map(place.name, place.opendrive).transform_to_geolocation(carla.Location())
    assert (origin.latitude, origin.longitude) == pytest.approx((49.0094, 8.4122))


def test_the_town_has_crosswalks(places: dict[str, Place]) -> None:
    assert len(carla.Map("town", places["SimgenTown01"].opendrive).get_crosswalks()) >= 5 * 20


# ---- the ground


def test_vehicles_are_born_30_cm_above_the_road(place: Place) -> None:
    z = np.array([p.z_m for p in place.spawn_points])
    np.testing.assert_allclose(z - place.ground.height(spawn_xy(place)), 0.3, atol=1e-3)


def test_the_rural_straights_are_level_for_the_lidar(places: dict[str, Place]) -> None:
    place = places["SimgenRural01"]
    x = np.arange(20.0, 410.0, 1.0)
    road = place.ground.height(np.column_stack([x, np.full_like(x, -1.6)]))
    assert np.all(np.abs(np.diff(road)) < 0.005)
    assert np.all(np.abs(road - road[200]) < 0.05)


def test_there_are_no_holes_in_the_ground(place: Place) -> None:
    low, high = spawn_xy(place).min(axis=0) - 80.0, spawn_xy(place).max(axis=0) + 80.0
    xy = np.random.default_rng(1).uniform(low, high, (200_000, 2))
    assert np.isfinite(place.ground.height(xy)).all()


def test_the_terrain_never_pokes_through_a_road(place: Place) -> None:
    roads = Ground(only(place.static, Material.ASPHALT, Material.SIDEWALK, Material.CURB))
    land = Ground(only(place.static, Material.GRASS))
    quads = footprint(stretches(read_network(place.opendrive, place.name))).quads
    rng = np.random.default_rng(2)
    u, v = rng.random((2, 40, len(quads), 1))
    a, b, c, d = (quads[:, k] for k in range(4))
    xy = ((a * (1 - u) + b * u) * (1 - v) + (d * (1 - u) + c * u) * v).reshape(-1, 2)
    over, under = roads.height(xy), land.height(xy)
    assert np.all(np.isnan(under) | (under < over))


def test_grass_meets_the_asphalt_s_edge_within_three_centimetres(places: dict[str, Place]) -> None:
    place = places["SimgenRural01"]
    for stretch in stretches(read_network(place.opendrive, place.name)):
        strip = stretch.strips[0]
        s = np.linspace(stretch.s[0] + 1.0, stretch.s[-1] - 1.0, 400)
        t = np.interp(s, stretch.s, strip.t_left)
        inside, outside = stretch.at(s, t - 0.02), stretch.at(s, t + 0.05)
        step = place.ground.height(inside[:, :2]) - place.ground.height(outside[:, :2])
        assert np.all((step > 0.0) & (step < 0.035))


# ---- what stands there


def test_nothing_grows_on_the_road(place: Place) -> None:
    grown = [x for x in place.scenery if not x.mesh.startswith("grass")]
    xy = np.array([x.world_from_mesh[:2, 3] for x in grown])
    assert not np.isin(place.ground.surface(xy), (Material.ASPHALT, Material.CURB)).any()


def test_trees_stand_on_the_ground(place: Place) -> None:
    feet = np.array([x.world_from_mesh[:3, 3] for x in place.scenery if not x.mesh.startswith("grass")])
    gap = feet[:, 2] - place.ground.height(feet[:, :2])
    assert np.all((gap > -0.5) & (gap < 0.001))


def test_houses_stand_off_the_road_and_off_the_pavement(places: dict[str, Place]) -> None:
    place = places["SimgenTown01"]
    walls = only(place.static, Material.PLASTER, Material.BRICK)
    low = walls.positions[walls.positions[:, 2] < 3.0].astype(np.float64)
    surface = place.ground.surface(low[:, :2])
    assert len(low) > 10_000
    assert not np.isin(surface, (Material.ASPHALT, Material.CURB, Material.SIDEWALK)).any()


def test_street_lamps_hang_over_the_street(places: dict[str, Place]) -> None:
    lamps = places["SimgenTown01"].street_lamps
    assert len(lamps) > 60
    above = lamps[:, 2] - places["SimgenTown01"].ground.height(lamps[:, :2])
    assert np.all((above > 5.0) & (above < 7.0))
    assert places["SimgenRural01"].street_lamps.shape == (0, 3)


def test_deciduous_prototypes_have_a_winter_form_and_others_have_none(place: Place) -> None:
    assert {x.mesh for x in place.scenery} == place.prototypes.keys()
    summer = place.prototypes["oak"]
    winter = place.bare("oak")
    assert winter is not None
    assert np.sum(summer.material == Material.LEAF) >= 2 * 10_000
    assert set(winter.material) == {Material.BARK}
    assert len(winter.triangles) <= 17_000
    assert place.bare("grove0") is not None
    assert place.bare("spruce") is None
    assert place.bare("delineator") is None


def test_a_tree_keeps_its_trunk_and_its_size_in_winter(place: Place) -> None:
    for key in ("oak", "birch", "maple"):
        summer, winter = place.prototypes[key], place.bare(key)
        assert winter is not None
        stems = [m.positions[:99] for m in (summer, winter)]       # eleven rings of the trunk, of ten points each
        assert np.array_equal(*stems)
        assert 0.85 < winter.positions[:, 2].max() / summer.positions[:, 2].max() < 1.02


# ---- meshes


def test_meshes_are_well_formed(place: Place) -> None:
    assert len(place.static.triangles) <= 1_500_000
    for mesh in (place.static, *place.prototypes.values()):
        assert mesh.triangles.min() >= 0
        assert mesh.triangles.max() < len(mesh.positions)
        for field in ("positions", "normals", "uv", "parameter"):
            assert np.isfinite(getattr(mesh, field)).all()
        np.testing.assert_allclose(np.linalg.norm(mesh.normals, axis=1), 1.0, atol=1e-3)
        assert set(np.unique(mesh.material)) <= {int(m) for m in Material}
        assert [getattr(mesh, field).dtype.name for field in MESH_FIELDS] == [
            "float32", "float32", "float32", "int32", "int32", "float32",
        ]


def test_the_ground_s_triangles_face_up(place: Place) -> None:
    mesh = only(place.static, Material.ASPHALT, Material.ROAD_MARKING, Material.GRASS)
    corners = mesh.positions.astype(np.float64)[mesh.triangles]
    normal = np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0])
    assert np.mean(normal[:, 2] >= -1e-6) == 1.0


# ---- the cache


def test_a_place_from_the_cache_is_the_one_that_was_built(place: Place, cache: Path) -> None:
    assert len(list((cache / "places").glob("*.npz"))) == 2
    again = load_place(place.name)
    assert digest(again) == digest(place)
    xy = spawn_xy(place) + 3.3
    np.testing.assert_array_equal(again.ground.height(xy), place.ground.height(xy))


@pytest.mark.slow
def test_another_process_builds_the_same_bytes(places: dict[str, Place], tmp_path: Path) -> None:
    code = (
        "from simgen.localsim.places import load_place; from tests.localsim.test_places_shipped import digest; "
        "print(digest(load_place('SimgenRural01')))"
    )
    environment = {**os.environ, "SIMGEN_CACHE": str(tmp_path), "PYTHONHASHSEED": "77"}
    done = subprocess.run([sys.executable, "-c", code], env=environment, capture_output=True, text=True, timeout=300)
    assert done.stdout.strip() == digest(places["SimgenRural01"]), done.stderr


ROAD = (
    '<?xml version="1.0"?><OpenDRIVE><header revMajor="1" revMinor="4"/><road id="1" length="120" junction="-1">'
    '<type s="0" type="rural"/><planView><geometry s="0" x="0" y="0" hdg="0.3" length="120"><line/></geometry>'
    '</planView><lanes><laneSection s="0"><left><lane id="1" type="driving"><width sOffset="0" a="3.5" b="0" c="0" '
    'd="0"/></lane></left><center><lane id="0" type="none"/></center><right><lane id="-1" type="driving">'
    '<width sOffset="0" a="3.5" b="0" c="0" d="0"/></lane></right></laneSection></lanes></road></OpenDRIVE>'
)


def test_a_damaged_cache_file_is_built_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SIMGEN_CACHE", str(tmp_path))
    first = place_from_opendrive(ROAD, "mine")
    (stored,) = (tmp_path / "places").iterdir()
    half = stored.read_bytes()[:5000]
    stored.unlink()         # the first place still reads what it mapped
    stored.write_bytes(half)
    assert digest(place_from_opendrive(ROAD, "mine")) == digest(first)
    assert stored.stat().st_size > 5000


def test_a_cache_that_cannot_be_written_only_costs_time(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    blocked = tmp_path / "file"
    blocked.write_text("not a folder")
    monkeypatch.setenv("SIMGEN_CACHE", str(blocked))
    assert place_from_opendrive(ROAD, "mine").name == "mine"


def test_a_road_that_ends_leaves_room_ahead(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SIMGEN_CACHE", str(tmp_path))
    place = place_from_opendrive(ROAD, "mine")
    assert len(place.spawn_points) > 10
    for point in place.spawn_points:
        along = point.x_m * math.cos(0.3) + point.y_m * math.sin(0.3)
        forward = math.cos(point.yaw_rad - 0.3) > 0.0
        assert (120.0 - along if forward else along) >= 20.0


def test_the_town_with_parked_cars_is_the_same_town(places: dict[str, Place]) -> None:
    town, parked = places["SimgenTown01"], load_place("SimgenTown01_Parked")
    assert not town.parking and len(parked.parking) == 18
    assert parked.name == "SimgenTown01_Parked" and parked.opendrive == town.opendrive
    assert parked.spawn_points == town.spawn_points
    assert np.array_equal(parked.static.positions, town.static.positions)
