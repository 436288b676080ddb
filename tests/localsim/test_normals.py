"""Normals: which way surfaces face, in CARLA's world axes, as the client gets them."""

from __future__ import annotations

import math

import numpy as np
import pytest

from simgen.localsim.mesh import Instance, Material
from simgen.localsim.render import Renderer
from simgen.localsim.wire import payloads
from tests.localsim.render_scenes import FlatPlace, box, ground, pose, quad
from tests.localsim.traced_world import TracedWorld, at, pixel_rays, sphere

FOV = math.pi / 2
STEP = 1 / 127.5


def degrees_between(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """Exact for small angles too, where the cosine is flat."""
    return np.degrees(np.arctan2(np.linalg.norm(np.cross(a, b), axis=-1), (a * b).sum(axis=-1)))


@pytest.mark.parametrize(("normal", "rgb"), [
    ((0, 0, 1), (128, 128, 255)), ((0, 0, -1), (128, 128, 0)), ((1, 0, 0), (255, 128, 128)),
    ((0, -1, 0), (128, 0, 128)), ((0, 0, 0), (128, 128, 128)),
])
def test_x_y_z_are_red_green_blue_and_zero_is_in_the_middle(normal: tuple[int, ...], rgb: tuple[int, ...]) -> None:
    bgra = payloads.bgra_of_normals(np.array(normal, np.float32).reshape(1, 1, 3))
    assert bgra[0, 0].tolist() == [rgb[2], rgb[1], rgb[0], 255]


def test_every_direction_survives_its_three_bytes_to_half_a_step() -> None:
    normals = np.random.default_rng(1).normal(size=(40, 50, 3))
    normals /= np.linalg.norm(normals, axis=-1, keepdims=True)
    back = payloads.normals_of_bgra(payloads.bgra_of_normals(normals.astype(np.float32)))
    assert np.abs(back - normals).max() <= STEP / 2 + 1e-6
    assert degrees_between(back, normals).max() < 0.5


def test_a_client_sees_the_ground_face_up_the_wall_face_it_and_the_sky_face_nowhere() -> None:
    world = TracedWorld()
    world.spawn("vehicle.audi.a2", at(10, 0, 0, yaw=30))
    world.spawn("sensor.camera.normals", at(0, 0, 1), image_size_x=81, image_size_y=41, fov=90)
    bgra = payloads.read_picture(world.tick()["normals"]).bgra
    assert bgra[40, 0].tolist() == [255, 128, 128, 255]        # the ground: +z
    assert bgra[0, 0].tolist() == [128, 128, 128, 255]         # the sky
    # The rear of a car that heads 30° to the right looks back and to the left: (-cos 30°, -sin 30°) in CARLA's axes.
    rear = (-math.cos(math.radians(30)), -0.5, 0.0)
    assert np.abs(payloads.normals_of_bgra(bgra)[21, 38] - rear).max() <= STEP


def test_the_faces_of_a_turned_box_have_its_axes() -> None:
    renderer = Renderer(FlatPlace())
    renderer.add_mesh("box", box(2.0, 2.0, 1.0, Material.CONCRETE))
    turned = pose(8.0, 1.0, yaw=0.6)
    renderer.set_scene([Instance("box", turned, actor_id=1)], [], 0.0, 0)
    own = renderer.camera(pose(z=2.0), 101, 61, FOV, rgb=False).actor_id == 1
    normals = renderer.normals(pose(z=2.0), 101, 61, FOV)[own].astype(np.float64)
    axes = np.concatenate([turned[:3, :3].T, -turned[:3, :3].T])
    nearest = axes[(normals @ axes.T).argmax(axis=1)]
    assert len(np.unique(nearest, axis=0)) == 3                # two sides and the top are seen
    assert degrees_between(normals, nearest).max() < 0.01


def test_a_ball_s_normals_point_from_its_middle_within_half_a_degree() -> None:
    renderer = Renderer(FlatPlace(static=sphere(2.0)))
    eye = pose(-6.0, 0.5, 1.0)
    seen, normals = renderer.camera(eye, 161, 101, FOV, rgb=False), renderer.normals(eye, 161, 101, FOV)
    hit = seen.depth_m < 1000.0
    points = (pixel_rays(161, 101, FOV) * seen.depth_m[..., None] + eye[:3, 3])[hit]
    assert len(points) > 2000
    assert degrees_between(normals[hit].astype(np.float64), points / 2.0).max() < 0.5
    assert not normals[~hit].any()


def test_a_thin_sheet_faces_whoever_looks_at_it() -> None:
    sheet = quad([(5, -2, -2), (5, 2, -2), (5, 2, 2), (5, -2, 2)], Material.SIGN)      # its front looks along +x
    renderer = Renderer(FlatPlace(static=sheet))
    np.testing.assert_allclose(renderer.normals(pose(), 5, 5, FOV)[2, 2], [-1, 0, 0], atol=1e-6)
    np.testing.assert_allclose(renderer.normals(pose(10.0, yaw=math.pi), 5, 5, FOV)[2, 2], [1, 0, 0], atol=1e-6)


def test_a_stretched_body_keeps_true_normals() -> None:
    renderer = Renderer(FlatPlace(static=ground(half_m=0.1)))
    renderer.add_mesh("ball", sphere(1.0, 64))
    renderer.set_scene([Instance("ball", np.diag([1.0, 3.0, 0.5, 1.0]), actor_id=1)], [], 0.0, 0)
    eye = pose(-5.0, 0.4, 0.2)
    seen, normals = renderer.camera(eye, 121, 81, FOV, rgb=False), renderer.normals(eye, 121, 81, FOV)
    hit = seen.actor_id == 1
    points = (pixel_rays(121, 81, FOV) * seen.depth_m[..., None] + eye[:3, 3])[hit]
    true = points / np.square([1.0, 3.0, 0.5])                  # the gradient of the ellipsoid's equation
    assert np.percentile(degrees_between(normals[hit].astype(np.float64), true), 99) < 0.5
