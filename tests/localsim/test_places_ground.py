"""The ground's height: numbers on single triangles, many sizes against brute force, bridges."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from simgen.localsim.mesh import Material, Mesh
from simgen.localsim.places import Ground
from simgen.localsim.places.infill import fill_unknown


def mesh_of(corners: NDArray[np.float64], material: Material = Material.GRASS) -> Mesh:
    """Triangles (T, 3, 3) as a mesh."""
    count = len(corners)
    positions = corners.reshape(-1, 3).astype(np.float32)
    return Mesh(
        positions,
        np.tile(np.array([[0, 0, 1]], np.float32), (3 * count, 1)),
        np.zeros((3 * count, 2), np.float32),
        np.arange(3 * count, dtype=np.int32).reshape(-1, 3),
        np.full(count, material, np.int32),
        np.zeros(count, np.float32),
    )


SLOPE = np.array([[[0.0, 0.0, 0.0], [10.0, 0.0, 1.0], [0.0, 10.0, 2.0]]])


def test_height_is_interpolated_on_the_triangle() -> None:
    ground = Ground(mesh_of(SLOPE))
    xy = np.array([[0.0, 0.0], [10.0, 0.0], [0.0, 10.0], [5.0, 5.0], [2.0, 3.0]])
    np.testing.assert_allclose(ground.height(xy), [0.0, 1.0, 2.0, 1.5, 0.8], atol=1e-6)


def test_there_is_no_ground_beside_the_triangle_nor_at_nan() -> None:
    ground = Ground(mesh_of(SLOPE))
    assert np.isnan(ground.height(np.array([[-0.1, 5.0], [6.0, 6.0], [1e6, 1e6], [np.nan, 0.0]]))).all()
    assert len(ground.height(np.zeros((0, 2)))) == 0


@pytest.mark.parametrize("material", [Material.ROAD_MARKING, Material.BRICK, Material.LEAF])
def test_paint_walls_and_leaves_carry_nobody(material: Material) -> None:
    assert np.isnan(Ground(mesh_of(SLOPE, material)).height(np.array([[1.0, 1.0]]))).all()


def test_a_kerb_s_face_is_no_ground() -> None:
    wall = np.array([[[0.0, 0.0, 0.0], [1.0, 0.0, 0.0], [1.0, 0.001, 1.0]]])
    assert np.isnan(Ground(mesh_of(wall, Material.CURB)).height(np.array([[0.9, 0.0005]]))).all()


def test_under_a_bridge_the_road_below_is_found() -> None:
    deck = SLOPE + np.array([0.0, 0.0, 6.0])
    ground = Ground(mesh_of(np.concatenate([SLOPE, deck])))
    xy = np.array([[2.0, 3.0]])
    assert ground.height(xy)[0] == pytest.approx(6.8)
    assert ground.height(xy, below_m=3.0)[0] == pytest.approx(0.8, abs=1e-6)
    assert ground.lowest(xy)[0] == pytest.approx(0.8, abs=1e-6)
    assert np.isnan(ground.height(xy, below_m=0.5)[0])


def test_the_surface_tells_its_material() -> None:
    ground = Ground(mesh_of(SLOPE, Material.ASPHALT))
    assert ground.surface(np.array([[1.0, 1.0], [20.0, 20.0]])).tolist() == [Material.ASPHALT, -1]


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 2**32 - 1), st.floats(0.05, 300.0))
def test_look_ups_find_what_a_search_through_all_triangles_finds(seed: int, size: float) -> None:
    rng = np.random.default_rng(seed)
    centre = rng.uniform(-200.0, 200.0, (60, 1, 3))
    corners = centre + rng.normal(size=(60, 3, 3)) * rng.uniform(0.02, 1.0, (60, 1, 1)) * [size, size, 0.05 * size]
    a, b, c = corners[:, 0], corners[:, 1], corners[:, 2]
    turned = (b[:, 0] - a[:, 0]) * (c[:, 1] - a[:, 1]) - (b[:, 1] - a[:, 1]) * (c[:, 0] - a[:, 0]) < 0.0
    corners[turned] = corners[turned][:, ::-1]
    mesh = mesh_of(corners)
    weights = rng.dirichlet([1.0, 1.0, 1.0], 60)
    xy = np.einsum("tk,tkd->td", weights, mesh.positions.reshape(-1, 3, 3).astype(np.float64))[:, :2]
    ground = Ground(mesh)
    np.testing.assert_allclose(ground.height(xy), _search(mesh, xy), atol=1e-6, equal_nan=True)


def _search(mesh: Mesh, xy: NDArray[np.float64]) -> NDArray[np.float64]:
    """The highest flat triangle at each point, by trying all of them."""
    p = mesh.positions.astype(np.float64)[mesh.triangles]
    e1, e2 = p[:, 1] - p[:, 0], p[:, 2] - p[:, 0]
    normal = np.cross(e1, e2)
    flat = normal[:, 2] > 0.04 * np.linalg.norm(normal, axis=1)
    best = np.full(len(xy), -np.inf)
    for triangle in np.flatnonzero(flat):
        matrix = np.stack([e1[triangle, :2], e2[triangle, :2]], axis=1)
        u, v = np.linalg.solve(matrix, (xy - p[triangle, 0, :2]).T)
        inside = (u >= -1e-6) & (v >= -1e-6) & (u + v <= 1.0 + 1e-6)
        z = p[triangle, 0, 2] + u * e1[triangle, 2] + v * e2[triangle, 2]
        best = np.where(inside & (z > best), z, best)
    return np.where(np.isfinite(best), best, np.nan)


def test_unknown_cells_are_filled_between_their_neighbours_and_known_ones_stay() -> None:
    values = np.full((9, 12), np.nan)
    values[:, 0], values[:, -1] = 2.0, 4.0
    filled = fill_unknown(values)
    assert np.all(filled[:, 0] == 2.0)
    assert np.all(filled[:, -1] == 4.0)
    assert np.all((filled >= 2.0) & (filled <= 4.0))
    assert filled[4, 2] < filled[4, 6] < filled[4, 9]


def test_a_constant_is_filled_with_itself() -> None:
    values = np.full((13, 7), np.nan)
    values[5, 3] = 1.25
    np.testing.assert_allclose(fill_unknown(values), 1.25)


def test_nothing_known_is_a_mistake() -> None:
    with pytest.raises(ValueError, match="nothing is known"):
        fill_unknown(np.full((3, 3), np.nan))
