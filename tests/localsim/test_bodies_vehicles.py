"""Vehicles: all of CARLA 0.9.16's fill their boxes, look outwards, and carry lamps where lamps belong."""

from __future__ import annotations

import numpy as np
import pytest

from simgen.localsim.bodies import body_mesh, gait_phase, has_body, lamps, phases, tints
from simgen.localsim.mesh import Material, Mesh
from tests.localsim.closed import inner_faces_first

Size = tuple[float, float, float]

# Length, width, height as a 0.9.16 server answers them.
SIZES: dict[str, Size] = {
    "audi.a2": (3.71, 1.79, 1.55), "audi.etron": (4.86, 2.03, 1.65), "audi.tt": (4.18, 1.99, 1.39),
    "bmw.grandtourer": (4.61, 2.24, 1.67), "chevrolet.impala": (5.36, 2.03, 1.41), "citroen.c3": (3.99, 1.85, 1.62),
    "dodge.charger_2020": (5.01, 1.88, 1.53), "dodge.charger_police": (4.97, 2.04, 1.54),
    "dodge.charger_police_2020": (5.24, 1.93, 1.64), "ford.crown": (5.37, 1.80, 1.57),
    "ford.mustang": (4.72, 1.89, 1.30), "jeep.wrangler_rubicon": (3.87, 1.91, 1.88),
    "lincoln.mkz_2017": (4.90, 2.13, 1.51), "lincoln.mkz_2020": (4.89, 1.84, 1.49),
    "mercedes.coupe": (5.03, 2.15, 1.65), "mercedes.coupe_2020": (4.67, 1.81, 1.44),
    "micro.microlino": (2.21, 1.48, 1.38), "mini.cooper_s": (3.81, 1.97, 1.48),
    "mini.cooper_s_2021": (4.55, 2.10, 1.77), "nissan.micra": (3.63, 1.85, 1.50), "nissan.patrol": (4.60, 1.93, 1.85),
    "nissan.patrol_2021": (5.57, 2.15, 2.05), "seat.leon": (4.19, 1.82, 1.47), "tesla.model3": (4.79, 2.16, 1.49),
    "toyota.prius": (4.51, 2.01, 1.52), "ford.ambulance": (6.37, 2.35, 2.43), "mercedes.sprinter": (5.92, 1.99, 2.56),
    "volkswagen.t2": (4.48, 2.07, 2.04), "volkswagen.t2_2021": (4.44, 1.77, 1.99),
    "carlamotors.carlacola": (5.20, 2.63, 2.47), "carlamotors.european_hgv": (7.94, 2.89, 3.46),
    "carlamotors.firetruck": (8.47, 2.89, 3.83), "tesla.cybertruck": (6.27, 2.39, 2.10),
    "mitsubishi.fusorosa": (10.27, 3.94, 4.25), "harley-davidson.low_rider": (2.35, 0.77, 1.65),
    "kawasaki.ninja": (2.04, 0.80, 1.52), "vespa.zx125": (1.82, 0.87, 1.59), "yamaha.yzf": (2.19, 0.87, 1.53),
    "bh.crossbike": (1.51, 0.87, 1.61), "diamondback.century": (1.66, 0.58, 1.62),
    "gazelle.omafiets": (1.84, 0.66, 1.78),
}
TWO_WHEELERS = ("harley-davidson.low_rider", "kawasaki.ninja", "vespa.zx125", "yamaha.yzf", "bh.crossbike",
                "diamondback.century", "gazelle.omafiets")
FOUR_WHEELERS = tuple(name for name in SIZES if name not in TWO_WHEELERS)


@pytest.fixture(autouse=True, scope="module")
def own_cache(tmp_path_factory: pytest.TempPathFactory):
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("SIMGEN_CACHE", str(tmp_path_factory.mktemp("cache")))
        yield


def mesh_of(name: str) -> Mesh:
    return body_mesh(f"vehicle.{name}", SIZES[name], 0)


def corners_of(mesh: Mesh, material: Material) -> np.ndarray:
    return mesh.positions[np.unique(mesh.triangles[mesh.material == material])]


@pytest.mark.parametrize("name", SIZES)
def test_it_touches_all_six_faces_of_its_box_and_never_crosses_one(name: str):
    length, width, height = SIZES[name]
    low, high = mesh_of(name).bounds_m()
    assert low == pytest.approx([-length / 2, -width / 2, 0.0], abs=1e-4)
    assert high == pytest.approx([length / 2, width / 2, height], abs=1e-4)


@pytest.mark.parametrize("name", SIZES)
def test_its_triangles_and_normals_look_outwards(name: str):
    mesh = mesh_of(name)
    a, b, c = (mesh.positions[mesh.triangles[:, k]].astype(np.float64) for k in range(3))
    face = np.cross(b - a, c - a)
    assert (np.cross(a, b) * c).sum() > 0.0
    agreeing = (face[:, None] * mesh.normals[mesh.triangles]).sum(axis=2) > 0.0
    assert agreeing.mean() > 0.99
    assert np.sqrt((mesh.normals.astype(np.float64) ** 2).sum(axis=1)) == pytest.approx(1.0, abs=1e-5)


@pytest.mark.parametrize("name", SIZES)
def test_it_is_a_sound_mesh_of_moderate_size(name: str):
    mesh = mesh_of(name)
    assert 5_000 < len(mesh.triangles) < 28_000
    for array in (mesh.positions, mesh.normals, mesh.uv, mesh.parameter):
        assert np.isfinite(array).all()
        assert array.dtype == np.float32
    assert mesh.triangles.min() == 0
    assert mesh.triangles.max() < len(mesh.positions)
    assert len(mesh.material) == len(mesh.parameter) == len(mesh.triangles)
    assert set(np.unique(mesh.material)) <= {int(m) for m in Material}


def image_box(points: np.ndarray, heading_rad: float, distance_m: float) -> np.ndarray:
    """(left, top, right, bottom) in KITTI's camera 1.65 m above the ground, half a metre beside the vehicle."""
    c, s = np.cos(heading_rad), np.sin(heading_rad)
    x = c * points[:, 0] - s * points[:, 1] + distance_m
    u = -(s * points[:, 0] + c * points[:, 1] + 0.5) / x * 721.5377
    v = -(points[:, 2] - 1.65) / x * 721.5377
    return np.array([u.min(), v.min(), u.max(), v.max()])


def overlap(a: np.ndarray, b: np.ndarray) -> float:
    shared = np.prod(np.minimum(a[2:], b[2:]) - np.maximum(a[:2], b[:2]))
    return float(shared / (np.prod(a[2:] - a[:2]) + np.prod(b[2:] - b[:2]) - shared))


@pytest.mark.parametrize("name", FOUR_WHEELERS)
def test_its_box_is_tight_around_its_silhouette_from_all_sides(name: str):
    length, width, height = SIZES[name]
    mesh = mesh_of(name)
    corners = np.array([(x, y, z) for x in (-length / 2, length / 2) for y in (-width / 2, width / 2)
                        for z in (0.0, height)])
    points = mesh.positions.astype(np.float64)
    overlaps = [
        overlap(image_box(points, heading, distance + length / 2), image_box(corners, heading, distance + length / 2))
        for distance in (15.0, 25.0, 40.0) for heading in np.radians(np.arange(7.0, 360.0, 30.0))
    ]
    assert np.mean(overlaps) > 0.86
    assert min(overlaps) > 0.80


@pytest.mark.parametrize("name", FOUR_WHEELERS)
def test_its_flanks_stand_upright_where_a_laser_meets_them(name: str):
    """Below the windows the body fills at least 80 % of the box's width (mirrors and mouldings are the rest)."""
    _, width, height = SIZES[name]
    mesh = mesh_of(name)
    painted = corners_of(mesh, Material.CAR_PAINT)
    low = painted[(painted[:, 2] > 0.25 * height) & (painted[:, 2] < 0.5 * height)]
    assert 2.0 * np.abs(low[:, 1]).max() > 0.8 * width


@pytest.mark.parametrize("name", SIZES)
def test_its_lamps_sit_in_front_and_behind_on_both_sides_alike(name: str):
    length, width, height = SIZES[name]
    found = lamps(f"vehicle.{name}", SIZES[name])
    count = 1 if name in TWO_WHEELERS else 2
    assert found.head.shape == found.tail.shape == (count, 3)
    assert (found.head[:, 0] > 0.2 * length).all()
    assert (found.tail[:, 0] < -0.2 * length).all()
    for positions in (found.head, found.tail):
        assert (np.abs(positions[:, 1]) < width / 2).all()
        assert positions[:, 1].sum() == pytest.approx(0.0, abs=0.02)
        assert ((positions[:, 2] > 0.12 * height) & (positions[:, 2] < 0.75 * height)).all()


@pytest.mark.parametrize("name", FOUR_WHEELERS)
def test_it_has_windows_wheels_and_a_plate_on_the_ground(name: str):
    mesh = mesh_of(name)
    present = set(np.unique(mesh.material))
    assert {Material.CAR_GLASS, Material.TYRE, Material.RIM, Material.PLATE, Material.CAR_PAINT} <= present
    tyres = corners_of(mesh, Material.TYRE)
    for ahead in (1.0, -1.0):
        for left in (1.0, -1.0):
            corner = tyres[(tyres[:, 0] * ahead > 0) & (tyres[:, 1] * left > 0)]
            assert corner[:, 2].min() == pytest.approx(0.0, abs=0.01)


@pytest.mark.parametrize("name", TWO_WHEELERS)
def test_a_two_wheeler_has_a_rider_at_its_top(name: str):
    mesh = mesh_of(name)
    rider = np.isin(mesh.material, [Material.SKIN, Material.CLOTH_UPPER, Material.CLOTH_LOWER])
    corners = mesh.positions[np.unique(mesh.triangles[rider])]
    assert corners[:, 2].max() > 0.9 * SIZES[name][2]
    assert corners[:, 2].min() < 0.35 * SIZES[name][2]


@pytest.mark.parametrize("name", SIZES)
def test_no_ray_slips_through_its_skin(name: str):
    """Whoever looks at a closed body meets the outside of something first; but for what one sees in a wheel arch."""
    assert inner_faces_first(mesh_of(name)) < 0.003


@pytest.mark.parametrize("name", TWO_WHEELERS)
def test_a_two_wheeler_stays_in_its_box_to_two_centimetres_while_it_rolls(name: str):
    length, width, height = SIZES[name]
    for phase in range(1, 9, 2):
        low, high = body_mesh(f"vehicle.{name}", SIZES[name], phase).bounds_m()
        assert low == pytest.approx([-length / 2, -width / 2, 0.0], abs=0.02)
        assert high == pytest.approx([length / 2, width / 2, height], abs=0.02)


def test_a_cyclist_turns_the_cranks_once_in_five_metres():
    name = "vehicle.bh.crossbike"
    assert [gait_phase(name, way, 4.0) for way in (0.1, 1.3, 2.6, 4.9, 5.1)] == [1, 3, 5, 8, 1]
    assert gait_phase(name, 2.6, 0.0) == 0
    soles = [corners_of(body_mesh(name, SIZES["bh.crossbike"], phase), Material.SHOE) for phase in (1, 5)]
    left = [shoe[shoe[:, 1] > 0.0][:, 2].min() for shoe in soles]
    assert left[0] - left[1] > 0.25                                # half a turn later the left foot is down


def test_two_coloured_bodies_are_painted_where_their_kind_is():
    van = mesh_of("volkswagen.t2")
    second = (van.material == Material.CAR_PAINT) & (van.parameter == 1.0)
    heights = van.positions[van.triangles].mean(axis=1)[:, 2]
    flank = np.abs(van.positions[van.triangles].mean(axis=1)[:, 1]) < 0.80        # without the mirrors
    assert heights[second].min() > 0.9
    assert (heights[~second & flank & (van.material == Material.CAR_PAINT)] < 1.25).all()
    patrol = mesh_of("dodge.charger_police")
    second = (patrol.material == Material.CAR_PAINT) & (patrol.parameter == 1.0)
    x = patrol.positions[patrol.triangles].mean(axis=1)[second, 0]
    assert -1.2 < x.min() < x.max() < 1.2


def test_all_vehicles_of_the_catalogue_have_bodies_and_only_two_wheelers_have_phases():
    for name in SIZES:
        assert has_body(f"vehicle.{name}")
        assert phases(f"vehicle.{name}") == (9 if name in TWO_WHEELERS else 1)
        assert (gait_phase(f"vehicle.{name}", 12.3, 10.0) == 0) == (name not in TWO_WHEELERS)
    with pytest.raises(ValueError, match=r"phases 0\.\.0"):
        body_mesh("vehicle.audi.a2", SIZES["audi.a2"], 1)


def test_what_has_no_body_is_refused():
    assert not has_body("vehicle.horse.cart")
    for call in (lambda: body_mesh("vehicle.horse.cart", (1.0, 1.0, 1.0), 0), lambda: phases("walker.animal.unicorn"),
                 lambda: tints("static.prop.box", None, "x")):
        with pytest.raises(ValueError, match="no body for blueprint"):
            call()
    with pytest.raises(ValueError, match="positive"):
        body_mesh("vehicle.audi.a2", (3.7, 0.0, 1.5), 0)


def test_a_color_sets_the_paint_in_linear_light_and_a_key_draws_one():
    given = tints("vehicle.audi.a2", "255,0,128", "whoever")
    assert given.shape == (3, 3)
    assert given.dtype == np.float32
    assert given[0] == pytest.approx([1.0, 0.0, 0.21586], abs=1e-4)     # sRGB 128 is 0.2159 in linear light
    drawn = {tuple(tints("vehicle.audi.a2", None, f"parked_{k}")[0]) for k in range(40)}
    assert len(drawn) > 5
    assert np.array_equal(tints("vehicle.audi.a2", None, "a"), tints("vehicle.audi.a2", None, "a"))


@pytest.mark.parametrize("color", ["", "1,2", "a,b,c", "1,2,256", "-1,0,0", "0.5,0,0"])
def test_a_color_that_is_none_is_refused(color: str):
    with pytest.raises(ValueError, match="color"):
        tints("vehicle.audi.a2", color, "x")


def test_a_fire_engine_is_red_whoever_asks():
    red, green, blue = tints("vehicle.carlamotors.firetruck", None, "any")[0]
    assert red > 5 * max(green, blue)
