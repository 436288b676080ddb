"""What rays meet: exact depths, pixels, ranges and angles in scenes that can be worked out by hand."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from simgen.localsim.mesh import Instance, Material
from simgen.localsim.render import Renderer
from tests.localsim.render_scenes import EYE_M, FlatPlace, box, ground, joined, pose, quad

FOV_RIGHT_ANGLE = math.pi / 2      # the focal length is half the width
ROADS, SKY, CAR = 1, 11, 14


@pytest.fixture(scope="module")
def street() -> Renderer:
    """A level ground, and a box 2 x 2 x 1.5 m whose near face stands 9 m ahead of the origin."""
    renderer = Renderer(FlatPlace())
    renderer.add_mesh("box", box(2.0, 2.0, 1.5, Material.CAR_PAINT))
    renderer.set_scene([Instance("box", pose(10.0), actor_id=7)], [], 0.0, 0)
    return renderer


def test_a_wall_nine_metres_ahead_has_depth_nine_in_every_pixel(street: Renderer) -> None:
    seen = street.camera(pose(z=0.75), 101, 51, FOV_RIGHT_ANGLE, rgb=False)
    wall = seen.depth_m[seen.actor_id == 7]
    assert wall.size > 50
    np.testing.assert_allclose(wall, 9.0, atol=1e-5)


def test_the_wall_covers_exactly_the_pixels_whose_centres_project_onto_it(street: Renderer) -> None:
    # f = 101 / 2 = 50.5; at x = 9 the face spans y = ±1, columns 50 ± 5.61, and z = 0.75 ± 0.75, rows 25 ± 4.21
    seen = street.camera(pose(z=0.75), 101, 51, FOV_RIGHT_ANGLE, rgb=False)
    rows, columns = np.nonzero(seen.actor_id == 7)
    assert (columns.min(), columns.max()) == (45, 55)
    assert (rows.min(), rows.max()) == (21, 29)
    assert len(rows) == 11 * 9


def test_left_of_the_camera_is_left_in_the_picture(street: Renderer) -> None:
    street.set_scene([Instance("box", pose(10.0, 4.0), actor_id=7)], [], 0.0, 0)
    seen = street.camera(pose(z=0.75), 101, 51, FOV_RIGHT_ANGLE, rgb=False)
    street.set_scene([Instance("box", pose(10.0), actor_id=7)], [], 0.0, 0)
    assert np.nonzero(seen.actor_id == 7)[1].max() < 50


def test_the_road_gets_its_material_tag_the_sky_its_own_and_an_instance_tag_wins(street: Renderer) -> None:
    seen = street.camera(pose(z=EYE_M), 101, 51, FOV_RIGHT_ANGLE, rgb=False)
    assert seen.tag[0, 0] == SKY and seen.tag[50, 0] == ROADS
    assert set(np.unique(seen.tag[seen.actor_id == 7])) == {CAR}
    street.set_scene([Instance("box", pose(10.0), actor_id=7, tag=15)], [], 0.0, 0)
    truck = street.camera(pose(z=EYE_M), 101, 51, FOV_RIGHT_ANGLE, rgb=False)
    street.set_scene([Instance("box", pose(10.0), actor_id=7)], [], 0.0, 0)
    assert set(np.unique(truck.tag[truck.actor_id == 7])) == {15}


def test_the_sky_is_a_thousand_metres_away_and_nobody_s(street: Renderer) -> None:
    seen = street.camera(pose(z=EYE_M), 101, 51, FOV_RIGHT_ANGLE, rgb=False)
    sky = seen.tag == SKY
    assert (seen.depth_m[sky] == 1000.0).all() and (seen.actor_id[sky] == 0).all()


@settings(max_examples=25, deadline=None)
@given(yaw=st.floats(-3.1, 3.1), height=st.floats(0.3, 8.0), fov=st.floats(0.3, 2.2))
def test_depth_of_level_ground_is_height_over_slope(yaw: float, height: float, fov: float) -> None:
    seen = _flat().camera(pose(z=height, yaw=yaw), 64, 48, fov, rgb=False)
    focal = 64 / (2 * math.tan(fov / 2))
    down = (np.arange(48) - 23.5) / focal
    expected = np.where(down > 0, height / np.maximum(down, 1e-9), np.inf)
    rows = (expected < 200.0) & (expected > 0.1)
    assert rows.any()
    np.testing.assert_allclose(seen.depth_m[rows], np.broadcast_to(expected[rows, None], (rows.sum(), 64)), rtol=2e-4)


def test_ranges_straight_ahead_and_down_are_exact(street: Renderer) -> None:
    directions = np.array([[1, 0, -0.1], [0, 0, -1], [0, 0, 1], [0, 2, -2]], dtype=np.float32)
    found = street.sweep(pose(z=1.73), directions, 120.0)
    np.testing.assert_allclose(
        found.range_m, [9.0 * math.sqrt(1.01), 1.73, np.inf, 1.73 * math.sqrt(2)], rtol=1e-5)
    np.testing.assert_allclose(found.cos_incidence, [1 / math.sqrt(1.01), 1.0, 0.0, math.sqrt(0.5)], atol=1e-5)
    assert found.actor_id.tolist() == [7, 0, 0, 0]
    assert found.tag.tolist() == [CAR, ROADS, 0, ROADS]


def test_nothing_beyond_the_range_is_met(street: Renderer) -> None:
    ahead = np.array([[1, 0, 0]], dtype=np.float32)
    assert street.sweep(pose(z=1.0), ahead, 8.9).range_m[0] == np.inf
    assert street.sweep(pose(z=1.0), ahead, 9.1).range_m[0] == pytest.approx(9.0)


def test_a_ray_that_starts_inside_a_body_meets_that_body(street: Renderer) -> None:
    found = street.sweep(pose(10.0, z=1.0), np.array([[1, 0, 0]], dtype=np.float32), 50.0)
    assert found.actor_id[0] == 7 and found.range_m[0] == pytest.approx(1.0)


def test_an_empty_sweep_gives_empty_answers(street: Renderer) -> None:
    assert street.sweep(pose(), np.zeros((0, 3), dtype=np.float32), 50.0).range_m.shape == (0,)


def test_incidence_is_measured_against_the_face_not_its_smoothed_normals() -> None:
    slope = quad([(0, -5, 0), (0, 5, 0), (10, 5, 10), (10, -5, 10)], Material.CONCRETE)
    slope.normals[:] = (0.0, 0.0, 1.0)
    renderer = Renderer(FlatPlace(static=slope))
    found = renderer.sweep(pose(-5.0, z=5.0), np.array([[1, 0, 0]], dtype=np.float32), 50.0)
    assert found.range_m[0] == pytest.approx(10.0)
    assert found.cos_incidence[0] == pytest.approx(math.sqrt(0.5), abs=1e-6)


def test_a_stretched_and_turned_instance_keeps_true_angles() -> None:
    stretched = pose(10.0, yaw=0.5) @ np.diag([3.0, 1.0, 2.0, 1.0])
    renderer = Renderer(FlatPlace())
    renderer.add_mesh("box", box(2.0, 2.0, 1.0, Material.CONCRETE))
    renderer.set_scene([Instance("box", stretched, actor_id=1)], [], 0.0, 0)
    # Straight up against the axis of the near face of length 2 · 3 m: its normal is turned by 0.5 rad.
    found = renderer.sweep(pose(z=1.0), np.array([[1, 0, 0]], dtype=np.float32), 50.0)
    assert found.actor_id[0] == 1
    assert found.cos_incidence[0] in (pytest.approx(math.cos(0.5), abs=1e-5), pytest.approx(math.sin(0.5), abs=1e-5))


def test_camera_and_lidar_measure_the_same_world() -> None:
    renderer = Renderer(FlatPlace(
        static=joined(ground(), quad([(30, -20, 0), (30, 20, 0), (34, 20, 9), (34, -20, 9)][::-1], Material.BRICK)),
        prototypes={"post": box(0.2, 0.2, 3.0, Material.POLE)},
        scenery=tuple(Instance("post", pose(4.0 + k, 3.0 - k, yaw=0.3 * k)) for k in range(6))))
    renderer.add_mesh("car", box(4.0, 1.8, 1.5, Material.CAR_PAINT))
    renderer.set_scene([Instance("car", pose(12.0, -3.0, yaw=0.4), actor_id=5)], [], 0.0, 0)
    width, height, eye = 160, 120, pose(0.0, 0.5, 1.65, yaw=-0.1)
    seen = renderer.camera(eye, width, height, FOV_RIGHT_ANGLE, rgb=False)
    v, u = np.mgrid[0:height, 0:width]
    rays = np.stack([np.ones(u.shape), -(u - 79.5) / 80.0, -(v - 59.5) / 80.0], axis=-1).reshape(-1, 3)
    found = renderer.sweep(eye, rays.astype(np.float32), 1000.0)
    hit = np.isfinite(found.range_m)
    depth = found.range_m / np.linalg.norm(rays, axis=1)
    assert hit.mean() > 0.5
    # One ray in some ten thousand passes an edge on the other side of it; all others agree.
    agree = (found.actor_id == seen.actor_id.ravel()) & np.isclose(depth, seen.depth_m.ravel(), rtol=1e-4)
    assert agree[hit].mean() > 0.999
    assert (seen.tag.ravel()[~hit] == SKY).mean() > 0.999


@settings(max_examples=25, deadline=None)
@given(x=st.floats(6.0, 40.0), y=st.floats(-8.0, 8.0), yaw=st.floats(-3.0, 3.0))
def test_an_actor_s_pixels_lie_inside_its_projected_box(x: float, y: float, yaw: float) -> None:
    renderer = _flat()
    world_from_box = pose(x, y, 0.0, yaw)
    renderer.set_scene([Instance("car", world_from_box, actor_id=3)], [], 0.0, 0)
    seen = renderer.camera(pose(z=EYE_M), 200, 100, FOV_RIGHT_ANGLE, rgb=False)
    renderer.set_scene([], [], 0.0, 0)
    corners = np.array([[sx * 2.0, sy * 0.9, z] for sx in (-1, 1) for sy in (-1, 1) for z in (0.0, 1.5)])
    world = corners @ world_from_box[:3, :3].T + world_from_box[:3, 3]
    if world[:, 0].min() < 1.0:
        return      # beside the camera: a corner has no projection
    u = 99.5 - 100.0 * world[:, 1] / world[:, 0]
    v = 49.5 - 100.0 * (world[:, 2] - EYE_M) / world[:, 0]
    rows, columns = np.nonzero(seen.actor_id == 3)
    if not len(rows):
        assert u.max() < 0.5 or u.min() > 198.5
        return
    assert columns.min() >= u.min() - 1e-3 and columns.max() <= u.max() + 1e-3
    assert rows.min() >= v.min() - 1e-3 and rows.max() <= v.max() + 1e-3
    inside = (u.min() >= 0) and (u.max() <= 199)
    if inside:
        assert columns.min() <= u.min() + 1.0 and columns.max() >= u.max() - 1.0


_FLAT: list[Renderer] = []


def _flat() -> Renderer:
    """One renderer for all examples of a property: building one takes longer than rendering with it."""
    if not _FLAT:
        renderer = Renderer(FlatPlace())
        renderer.add_mesh("car", box(4.0, 1.8, 1.5, Material.CAR_PAINT))
        _FLAT.append(renderer)
    return _FLAT[0]
