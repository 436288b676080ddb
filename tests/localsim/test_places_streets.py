"""What towns and roadsides are dressed with: fronts that face streets, things that keep off lanes and people's ways."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from simgen.localsim.lettering import SYMBOLS, WORDS, symbol, word
from simgen.localsim.mesh import Instance, Material, Mesh
from simgen.localsim.places import Place, load_place
from simgen.localsim.places.amenities import BAND_M
from simgen.localsim.places.farms import FARM_FROM_ROAD_M
from simgen.localsim.places.furnishings import furnishings
from simgen.localsim.places.pavement import lane_code
from simgen.localsim.places.signs import Face, face, limit
from simgen.localsim.render.kernels.noise import TEXTURE_SIZE
from simgen.localsim.render.sign_faces import material_texture

Array = NDArray[np.float64]
FURNITURE = furnishings()


@pytest.fixture(scope="module")
def town() -> Place:
    return load_place("SimgenTown01")


@pytest.fixture(scope="module")
def country() -> Place:
    return load_place("SimgenRural01")


def corners_of(place: Place, thing: Instance) -> Array:
    """World (4, 2): the corners of a thing's plan."""
    low, high = place.prototypes[thing.mesh].bounds_m()
    x, y = np.array([low[0], high[0], high[0], low[0]]), np.array([low[1], low[1], high[1], high[1]])
    pose = thing.world_from_mesh
    return np.asarray(np.column_stack([x, y]) @ pose[:2, :2].T + pose[:2, 3])


def furniture(place: Place) -> list[Instance]:
    return [thing for thing in place.scenery if thing.mesh in FURNITURE]


def triangles_of(mesh: Mesh, *materials: Material) -> NDArray[np.bool_]:
    return np.isin(mesh.material, materials)


# ---- furniture


def test_a_town_has_every_kind_of_furniture(town: Place) -> None:
    assert {thing.mesh for thing in furniture(town)} == set(FURNITURE)


def test_no_furniture_stands_on_a_carriageway_or_a_kerb(town: Place) -> None:
    xy = np.concatenate([corners_of(town, thing) for thing in furniture(town)])
    assert not np.isin(town.ground.surface(xy), (Material.ASPHALT, Material.CURB)).any()


def test_furniture_leaves_pavements_to_those_who_walk(town: Place) -> None:
    things = furniture(town)
    back = np.array([corners_of(town, x) - 2.0 * BAND_M * x.world_from_mesh[:2, 0] for x in things])
    paved = (town.ground.surface(back.reshape(-1, 2)) == Material.SIDEWALK).reshape(-1, 4).all(axis=1)
    assert not paved.any(), {x.mesh for x, wrong in zip(things, paved, strict=True) if wrong}


def test_furniture_faces_the_street(town: Place) -> None:
    away = np.arange(0.0, 4.0, 0.25)[:, None]
    rays = np.array([x.world_from_mesh[:2, 3] + away * x.world_from_mesh[:2, 0] for x in furniture(town)])
    paved = (town.ground.surface(rays.reshape(-1, 2)) == Material.SIDEWALK).reshape(len(rays), -1)
    assert paved.any(axis=1).all()


# ---- houses


def test_nothing_of_a_house_hangs_over_a_carriageway(town: Place) -> None:
    mesh = town.static
    house = triangles_of(mesh, Material.PLASTER, Material.BRICK, Material.WINDOW, Material.FRAME, Material.DOOR,
                         Material.SHOP, Material.ROOF, Material.CONCRETE)
    xy = mesh.positions[np.unique(mesh.triangles[house])][:, :2].astype(np.float64)
    assert not np.isin(town.ground.surface(xy), (Material.ASPHALT, Material.CURB)).any()


def test_what_hangs_over_a_pavement_leaves_room_to_walk_below(town: Place) -> None:
    mesh = town.static
    house = triangles_of(mesh, Material.PLASTER, Material.BRICK, Material.WINDOW, Material.FRAME, Material.SHOP,
                         Material.ROOF)
    points = mesh.positions[np.unique(mesh.triangles[house])].astype(np.float64)
    above = points[town.ground.surface(points[:, :2]) == Material.SIDEWALK]
    assert len(above) > 100                                   # balconies, canopies, awnings, signs
    assert (above[:, 2] - town.ground.height(above[:, :2])).min() > 2.2


def test_names_of_shops_are_read_from_the_pavement(town: Place) -> None:
    mesh = town.static
    named = triangles_of(mesh, Material.SHOP) & (mesh.parameter >= 2.0)
    assert named.sum() > 20
    middle = mesh.positions[mesh.triangles[named]].mean(axis=1)[:, :2].astype(np.float64)
    normal = mesh.normals[mesh.triangles[named][:, 0]][:, :2]
    assert (town.ground.surface(middle + 1.2 * normal) == Material.SIDEWALK).all()


def test_houses_differ_in_their_walls(town: Place) -> None:
    mesh = town.static
    kinds = np.unique(mesh.parameter[triangles_of(mesh, Material.PLASTER)].astype(int))
    assert kinds.tolist() == [0, 1, 2, 3, 4]


# ---- the country


def test_farms_and_villages_keep_their_distance_from_roads(country: Place) -> None:
    far = [thing for thing in country.scenery if thing.mesh in ("farm", "village")]
    roads = np.array([(p.x_m, p.y_m) for p in country.spawn_points])
    assert {thing.mesh for thing in far} == {"farm", "village"}
    for thing in far:
        nearest = np.linalg.norm(roads - thing.world_from_mesh[:2, 3], axis=1).min()
        assert nearest > FARM_FROM_ROAD_M[0]


def test_signs_of_the_country_stand_off_the_asphalt(country: Place) -> None:
    mesh = country.static
    points = mesh.positions[np.unique(mesh.triangles[triangles_of(mesh, Material.SIGN)])].astype(np.float64)
    assert len(points) > 50
    assert not (country.ground.surface(points[:, :2]) == Material.ASPHALT).any()


# ---- what the renderer is told


@given(st.floats(2.0, 15.0), st.floats(-40.0, 40.0), st.integers(0, 15))
def test_a_lane_s_code_tells_its_width_its_place_and_its_kind(width: float, right_edge: float, kind: int) -> None:
    code = float(np.float32(lane_code(width, right_edge, kind)))
    assert int(code / 1024.0) == kind
    rest = code - 1024.0 * kind
    phase = np.floor(rest / 16.0)
    assert rest - 16.0 * phase == pytest.approx(width, abs=0.006)
    off = (phase / 64.0 - right_edge / round(width, 2)) % 1.0
    assert min(off, 1.0 - off) <= 1.0 / 128.0 + 1e-6


def test_a_face_says_what_it_shows() -> None:
    assert limit(50.0) == face(Face.LIMIT, word("50")) == 0 + 16 * 5
    assert face(Face.WARNING, symbol("deer")) == 1 + 16 * 1
    with pytest.raises(ValueError, match="'42'"):
        limit(42.0)


def test_every_word_and_symbol_is_drawn() -> None:
    faces = material_texture()[(4 * int(TEXTURE_SIZE) ** 2 - 1) // 3 :]
    words, symbols = faces[: (len(WORDS) + 1) // 2 * 6144], faces[(len(WORDS) + 1) // 2 * 6144 :]
    for number, text in enumerate(WORDS):
        ink = (words[number // 2 * 6144 : (number // 2 + 1) * 6144, number % 2] > 0.5).mean()
        assert (ink == 0.0) == (text == "") and ink < 0.4, text
    for number, name in enumerate(SYMBOLS):
        ink = (symbols[number // 2 * 4096 : (number // 2 + 1) * 4096, number % 2] > 0.5).mean()
        assert 0.02 < ink < 0.5, name


def test_furniture_is_the_same_whenever_it_is_made() -> None:
    for (name, first), (other, second) in zip(FURNITURE.items(), furnishings().items(), strict=True):
        assert name == other
        assert first.positions.tobytes() == second.positions.tobytes()
        assert first.parameter.tobytes() == second.parameter.tobytes()
