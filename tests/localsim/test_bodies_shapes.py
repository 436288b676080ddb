"""The tools that bodies are made with, against shapes whose volume and normals are known."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from simgen.localsim.bodies.builder import MeshBuilder, affine, fitted, smooth_normals
from simgen.localsim.bodies.implicit import Cone, add_layers, add_surface
from simgen.localsim.mesh import Material, Mesh


def volume(mesh: Mesh) -> float:
    """Signed volume, positive when triangles are counter-clockwise seen from outside."""
    a, b, c = (mesh.positions[mesh.triangles[:, k]].astype(np.float64) for k in range(3))
    return float((np.cross(a, b) * c).sum() / 6.0)


def test_a_box_has_its_volume_and_flat_normals():
    builder = MeshBuilder()
    builder.box((1.0, 2.0, 3.0), (0.5, 1.0, 1.5), Material.METAL)
    mesh = builder.mesh()
    assert volume(mesh) == pytest.approx(1.0 * 2.0 * 3.0, rel=1e-6)
    assert np.abs(mesh.normals).sum(axis=1) == pytest.approx(1.0)
    low, high = mesh.bounds_m()
    assert low == pytest.approx([0.5, 1.0, 1.5])
    assert high == pytest.approx([1.5, 3.0, 4.5])


def test_a_rounded_box_keeps_its_size_and_loses_its_corners():
    builder = MeshBuilder()
    builder.box((0.0, 0.0, 0.0), (1.0, 1.0, 1.0), Material.METAL, radius=0.2)
    mesh = builder.mesh()
    low, high = mesh.bounds_m()
    assert low == pytest.approx([-1.0] * 3)
    assert high == pytest.approx([1.0] * 3)
    assert np.sqrt((mesh.positions**2).sum(axis=1)).max() == pytest.approx(0.8 * 3**0.5 + 0.2, abs=1e-6)
    assert 7.5 < volume(mesh) < 8.0


def test_a_tube_is_a_prism_over_its_polygon():
    builder = MeshBuilder()
    builder.tube([(0.0, 0.0, 0.0), (0.0, 0.0, 2.0)], 0.5, Material.METAL, sides=24)
    polygon = 0.5 * 24 * 0.5**2 * np.sin(2 * np.pi / 24)
    assert volume(builder.mesh()) == pytest.approx(2.0 * polygon, rel=1e-6)


def test_a_lathed_cylinder_has_its_volume():
    builder = MeshBuilder()
    builder.lathe([(0.0, -0.1), (0.3, -0.1), (0.3, 0.1), (0.0, 0.1)], (0.0, 0.0, 1.0), Material.TYRE, segments=180)
    assert volume(builder.mesh()) == pytest.approx(np.pi * 0.09 * 0.2, rel=1e-3)


def test_a_ball_has_its_volume():
    builder = MeshBuilder()
    builder.ball((0.0, 0.0, 0.0), 1.0, Material.EYE)
    assert 3.0 < volume(builder.mesh()) < 4.0 / 3.0 * np.pi


def test_a_mirrored_sheet_faces_outwards_on_both_sides():
    builder = MeshBuilder()
    builder.grid([[(0, 1, 0), (0, 1, 1)], [(1, 1, 0), (1, 1, 1)]], Material.METAL, reverse=True, mirror=True)
    mesh = builder.mesh()
    assert np.array_equal(np.sign(mesh.normals[:, 1]), np.sign(mesh.positions[:, 1]))
    assert np.array_equal(smooth_normals(mesh.positions, mesh.triangles), mesh.normals)


def test_a_single_cone_of_no_length_is_a_sphere():
    builder = MeshBuilder()
    add_surface(builder, [Cone((0.0, 0.0, 1.0), (0.0, 0.0, 1.0), 0.5, 0.5, Material.FUR)], 0.02)
    mesh = builder.mesh()
    centred = mesh.positions - np.array([0.0, 0.0, 1.0])
    assert np.sqrt((centred**2).sum(axis=1)) == pytest.approx(0.5, abs=1e-3)
    assert volume(mesh) == pytest.approx(4.0 / 3.0 * np.pi * 0.5**3, rel=5e-3)
    assert (mesh.normals * centred / 0.5).sum(axis=1).min() > 0.999


def test_a_cut_cone_ends_in_a_flat_disc():
    builder = MeshBuilder()
    add_surface(builder, [Cone((0.0, 0.0, 1.0), (0.0, 0.0, 0.0), 0.4, 0.4, Material.FUR, cut=True)], 0.02)
    low, high = builder.mesh().bounds_m()
    assert low[2] == pytest.approx(0.0, abs=2e-3)
    assert high[2] == pytest.approx(1.4, abs=2e-3)


def test_two_blended_cones_make_one_closed_surface_larger_than_both():
    cones = [Cone((0.0, 0.0, 0.0), (0.0, 0.0, 0.0), 0.3, 0.3, Material.FUR, 0.2),
             Cone((0.4, 0.0, 0.0), (0.4, 0.0, 0.0), 0.3, 0.3, Material.FUR_LIGHT, 0.2)]
    joined, creased = MeshBuilder(), MeshBuilder()
    add_surface(joined, cones, 0.02)
    add_surface(creased, [Cone(c.start, c.end, c.r0, c.r1, c.material, 0.0) for c in cones], 0.02)
    assert volume(joined.mesh()) > 1.02 * volume(creased.mesh())
    mesh = joined.mesh()
    edges = np.sort(np.concatenate([mesh.triangles[:, [0, 1]], mesh.triangles[:, [1, 2]], mesh.triangles[:, [2, 0]]]))
    _, uses = np.unique(edges, axis=0, return_counts=True)
    assert (uses == 2).all()
    left = mesh.positions[mesh.triangles].mean(axis=1)[:, 0] < 0.2
    assert (mesh.material[left] == Material.FUR).all()
    assert (mesh.material[~left] == Material.FUR_LIGHT).all()


def test_layers_of_different_materials_do_not_blend():
    builder = MeshBuilder()
    cones = [Cone((0.0, 0.0, 0.0), (0.0, 0.0, 0.0), 0.30, 0.30, Material.SKIN, 0.2),
             Cone((0.0, 0.0, 0.0), (0.0, 0.0, 0.0), 0.33, 0.33, Material.CLOTH_UPPER, 0.2)]
    add_layers(builder, cones, 0.02)
    mesh = builder.mesh()
    for material, radius in ((Material.SKIN, 0.30), (Material.CLOTH_UPPER, 0.33)):
        corners = mesh.positions[np.unique(mesh.triangles[mesh.material == material])]
        assert np.sqrt((corners**2).sum(axis=1)) == pytest.approx(radius, abs=1e-3)


size = st.floats(0.2, 12.0)


@settings(max_examples=30, deadline=None)
@given(length=size, width=size, height=size)
def test_fitting_fills_any_box_and_stands_on_the_ground(length: float, width: float, height: float):
    builder = MeshBuilder()
    builder.box((3.0, -2.0, 7.0), (1.0, 2.0, 0.5), Material.METAL, radius=0.3)
    low, high = fitted(builder.mesh(), (length, width, height)).bounds_m()
    assert low == pytest.approx([-length / 2, -width / 2, 0.0], abs=1e-5)
    assert high == pytest.approx([length / 2, width / 2, height], abs=1e-5)


def test_normals_stay_perpendicular_when_a_mesh_is_stretched():
    builder = MeshBuilder()
    add_surface(builder, [Cone((0.0, 0.0, 0.0), (0.0, 0.0, 0.0), 0.5, 0.5, Material.FUR)], 0.03)
    mesh = affine(builder.mesh(), (3.0, 1.0, 0.5), (0.0, 0.0, 0.0))
    exact = mesh.positions / np.array([3.0, 1.0, 0.5]) ** 2
    exact /= np.sqrt((exact**2).sum(axis=1, keepdims=True))
    cosine = (mesh.normals * exact).sum(axis=1)
    assert cosine.mean() > 0.999
    assert cosine.min() > 0.98


def test_a_colours_border_runs_where_its_field_says_not_along_triangles():
    """A ball of fur with a light cap: all corners of the border lie on the cap's own sphere."""
    fur = Cone((0.0, 0.0, 0.0), (0.0, 0.0, 0.0), 0.5, 0.5, Material.FUR)
    cap = Cone((0.0, 0.0, 0.5), (0.0, 0.0, 0.5), 0.4, 0.4, Material.FUR_LIGHT)
    builder = MeshBuilder()
    add_surface(builder, [fur], 0.06, [cap])
    mesh = builder.mesh()
    light = mesh.material == Material.FUR_LIGHT
    border = np.intersect1d(mesh.triangles[light], mesh.triangles[~light])
    assert len(border) > 40
    away = np.sqrt(((mesh.positions[border] - np.array([0.0, 0.0, 0.5])) ** 2).sum(axis=1))
    assert away == pytest.approx(0.4, abs=0.004)                     # of cells of 6 cm
    corners = mesh.positions[mesh.triangles].astype(np.float64)
    area = np.sqrt((np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0]) ** 2).sum(axis=1)) / 2.0
    # a spherical cap's area is 2 pi r h; spheres of 0.5 and 0.4 whose middles are 0.5 apart meet at z 0.34
    assert area[light].sum() == pytest.approx(2.0 * np.pi * 0.5 * 0.16, rel=0.02)
    edges = np.sort(np.concatenate([mesh.triangles[:, [0, 1]], mesh.triangles[:, [1, 2]], mesh.triangles[:, [2, 0]]]))
    assert (np.unique(edges, axis=0, return_counts=True)[1] == 2).all()
