"""All sensors measure one world: a LiDAR's points lie on the depth picture, labels cover the same pixels, and depth is
what geometry says. In the units and bytes that a client gets."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from sensors.axes import points_from_carla
from simgen.localsim import bodies, places
from simgen.localsim.mesh import Material
from simgen.localsim.poses import compose, to_world
from simgen.localsim.render import Renderer
from simgen.localsim.render.raycast import RayCaster
from simgen.localsim.scene import matrix_from_carla
from simgen.localsim.values import Rotation, Transform, Vector3, WalkerControl
from simgen.localsim.wire import payloads
from tests.localsim.render_scenes import FlatPlace, box, joined, quad
from tests.localsim.traced_world import TracedWorld, at, pixel_rays, sphere

WIDTH, HEIGHT, FOV = 621, 188, 82.0
CAMERA = {"image_size_x": WIDTH, "image_size_y": HEIGHT, "fov": FOV}
LABELS = ("depth", "semantic_segmentation", "instance_segmentation", "normals", "optical_flow")
FOCAL = WIDTH / (2 * math.tan(math.radians(FOV) / 2))
VEHICLE_TAGS, WALKER_TAG, ANIMAL_TAG = (14, 15, 16), 12, 21


def numbers_of(instances: NDArray[np.uint8]) -> NDArray[np.int64]:
    picture: NDArray[np.int64] = instances[..., 1] + 256 * instances[..., 0].astype(np.int64)
    return picture


# The town, with people, animals and traffic


class Town(TracedWorld):
    """The built-in town with its real bodies; whoever drives, walks and stands about a car with sensors."""

    def __init__(self) -> None:
        place = places.load_place("SimgenTown01")
        self._set_up(place, Renderer(place), bodies)
        here = self.world.level.spawn_points[3]

        def beside(blueprint: str, ahead: float, right: float, yaw: float = 0.0, up: float = 0.0) -> int:
            return self.spawn(blueprint, compose(here, at(ahead, right, up, yaw)))

        self.ego = beside("vehicle.lincoln.mkz_2020", 0.0, 0.0)
        cars = [beside("vehicle.audi.tt", 14.0, 0.0), beside("vehicle.volkswagen.t2", 28.0, -3.4, 180.0)]
        walkers = [beside("walker.animal.red_deer", 10.0, 2.2, -90.0, 1.05),
                   beside("walker.pedestrian.0003", 8.0, -3.0, 90.0, 0.93)]
        for car in (self.ego, *cars):
            self.world.enable_constant_velocity(car, Vector3(7.0, 0.0, 0.0))
        for walker, aside in zip(walkers, (-1.0, 1.0), strict=True):
            heading = to_world(here.rotation, Vector3(0.0, aside, 0.0))
            self.world.apply_walker_control(walker, WalkerControl(heading, 2.0))
        self.actors = (*cars, *walkers)


@pytest.fixture(scope="module")
def town() -> Town:
    return Town()


@pytest.fixture(scope="module")
def frame(town: Town) -> dict[str, Any]:
    """One tick of all cameras and a LiDAR at one place, and of a LiDAR above it, decoded; and where they were."""
    mount = Transform(Vector3(0.3, 0.0, 1.65), Rotation(-2.0, 3.0, 1.0))
    for kind in LABELS:
        camera = town.spawn(f"sensor.camera.{kind}", mount, town.ego, **CAMERA)
    head = {"channels": 64, "range": 120, "points_per_second": 640_000, "upper_fov": 4, "lower_fov": -20}
    beside = town.spawn("sensor.lidar.ray_cast_semantic", mount, town.ego, **head)
    above = town.spawn("sensor.lidar.ray_cast", at(0.0, -0.1, 1.8), town.ego, **head, dropoff_general_rate=0)
    town.tick()
    sent = town.tick()
    pictures = {kind: payloads.read_picture(sent[kind]).bgra for kind in LABELS if kind != "optical_flow"}
    semantic = payloads.read_lidar(sent["ray_cast_semantic"], payloads.SEMANTIC_POINT).points
    plain = payloads.read_lidar(sent["ray_cast"], payloads.LIDAR_POINT).points
    return {**pictures, "depth_m": payloads.depth_of_bgra(pictures["depth"]),
            "number": numbers_of(pictures["instance_segmentation"]), "camera": town.transform(camera),
            "ray_cast_semantic": (semantic, town.transform(beside)), "ray_cast": (plain, town.transform(above))}


def edges(inverse_depth: NDArray[np.float64]) -> NDArray[np.bool_]:
    """Pixels that do not lie on a line with their neighbours. On a plane the inverse depth is even across the picture;
    a step of a centimetre shows up to 100 m."""
    bent = np.ones(inverse_depth.shape, bool)
    inner = inverse_depth[1:-1, 1:-1]
    rows = inverse_depth[1:-1, :-2] - 2.0 * inner + inverse_depth[1:-1, 2:]
    columns = inverse_depth[:-2, 1:-1] - 2.0 * inner + inverse_depth[2:, 1:-1]
    bent[1:-1, 1:-1] = np.maximum(np.abs(rows), np.abs(columns)) > 1e-4 * inner
    return bent


def against_depth(frame: dict[str, Any], lidar: str) -> tuple[NDArray[np.float64], NDArray[np.bool_]]:
    """Of a LiDAR's points that lie on the depth picture, away from edges: by how much each lies deeper than it, m, and
    whether one of the four pixels round it shows what the LiDAR says it has met (for the semantic one)."""
    points, pose = frame[lidar]
    world = np.c_[points_from_carla(points["xyz"].astype(np.float64)), np.ones(len(points))] @ matrix_from_carla(pose).T
    x, y, z, _ = np.linalg.inv(matrix_from_carla(frame["camera"])) @ world.T
    ahead = x > 0.5
    points, x, y, z = points[ahead], x[ahead], y[ahead], z[ahead]
    u, v = (WIDTH - 1) / 2 - FOCAL * y / x, (HEIGHT - 1) / 2 - FOCAL * z / x
    inverse = 1.0 / frame["depth_m"]
    left, top = np.floor(u).astype(int), np.floor(v).astype(int)
    away = (left >= 0) & (left < WIDTH - 1) & (top >= 0) & (top < HEIGHT - 1)
    rows, columns = (np.where(away, corner, 0) for corner in (
        np.stack([top, top, top + 1, top + 1]), np.stack([left, left + 1, left, left + 1])))
    away &= ~edges(inverse)[rows, columns].any(axis=0)
    across, down = u - left, v - top
    weights = np.stack([(1 - across) * (1 - down), across * (1 - down), (1 - across) * down, across * down])
    deeper = x - 1.0 / (weights * inverse[rows, columns]).sum(axis=0)
    if "tag" not in points.dtype.names:
        return deeper[away], np.ones(away.sum(), bool)
    tag, number = frame["semantic_segmentation"][..., 2][rows, columns], frame["number"][rows, columns]
    return deeper[away], ((points["tag"] == tag) & (points["object_id"] == number)).any(axis=0)[away]


def test_lidar_points_lie_on_the_depth_picture_within_two_centimetres_away_from_edges(frame: dict[str, Any]) -> None:
    deeper, named = against_depth(frame, "ray_cast_semantic")
    assert len(deeper) > 3000
    assert (np.abs(deeper) < 0.02).mean() >= 0.999
    assert named.mean() >= 0.999


def test_a_lidar_on_the_roof_sees_nothing_before_what_the_camera_sees(frame: dict[str, Any]) -> None:
    deeper, _ = against_depth(frame, "ray_cast")
    assert len(deeper) > 3000
    assert (deeper > -0.02).mean() >= 0.999
    assert (deeper < 0.02).mean() > 0.9                         # the others are hidden from the camera


def test_semantic_and_instance_pictures_cover_the_same_pixels(town: Town, frame: dict[str, Any]) -> None:
    tag, number = frame["semantic_segmentation"][..., 2], frame["number"]
    np.testing.assert_array_equal(frame["instance_segmentation"][..., 2], tag)
    for actor in town.actors:
        body = town.world.actor(actor).body
        assert body is not None and (number == actor).sum() > 50
        assert (tag[number == actor] == body.tag).all()
    # In a level without parked cars and people every such pixel belongs to somebody, and nothing else does.
    np.testing.assert_array_equal(np.isin(tag, (*VEHICLE_TAGS, WALKER_TAG, ANIMAL_TAG)), number > 0)


def test_depth_normals_and_labels_end_at_the_same_sky(frame: dict[str, Any]) -> None:
    sky = frame["semantic_segmentation"][..., 2] == 11
    assert 0.01 < sky.mean() < 0.9
    assert (frame["depth_m"][sky] == 1000.0).all()              # as is what lies farther; depth ends there
    assert (frame["semantic_segmentation"][..., 2][frame["depth_m"] < 1000.0] != 11).all()
    np.testing.assert_array_equal((frame["normals"][..., :3] == 128).all(axis=-1), sky)


# Scenes worked out by hand


PLANE = quad([(50, 80, -40), (50, -80, -40), (50, -80, 80), (50, 80, 80)], Material.BRICK)


def depth_of(place: FlatPlace, where: Transform) -> NDArray[np.float64]:
    world = TracedWorld(place)
    world.spawn("sensor.camera.depth", where, **CAMERA)
    return payloads.depth_of_bgra(payloads.read_picture(world.tick()["depth"]).bgra)


def rays_from(where: Transform) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Origin and (H, W, 3) right-handed world directions of the camera's pixels; their length unit is depth."""
    pose = matrix_from_carla(where)
    return pose[:3, 3], pixel_rays(WIDTH, HEIGHT, math.radians(FOV)) @ pose[:3, :3].T


@pytest.mark.parametrize("where", [at(0, 0, 1.65), at(0, 3, 5.0, yaw=7, pitch=4, roll=-3)])
def test_a_plane_fifty_metres_away_is_exact_to_a_millimetre(where: Transform) -> None:
    origin, rays = rays_from(where)
    expected = (50.0 - origin[0]) / rays[..., 0]
    assert np.abs(depth_of(FlatPlace(static=PLANE), where) - expected).max() < 1e-3


@pytest.mark.parametrize("where", [at(0, 0, 1.65), at(0, 3, 5.0, yaw=7, pitch=4, roll=-3)])
def test_a_ball_fifty_metres_away_is_exact_to_a_millimetre_but_at_its_rim(where: Transform) -> None:
    ball = sphere(6.0, 500)
    ball.positions[:] += (50.0, -3.0, 4.0)
    origin, rays = rays_from(where)
    to_ball = np.array([50.0, -3.0, 4.0]) - origin
    a, b, c = (rays * rays).sum(-1), rays @ to_ball, to_ball @ to_ball - 36.0
    # Face on: at the rim a flat triangle of a round ball lies a few millimetres deeper.
    inside = b * b - a * c > 0.25 * a * 36.0
    expected = (b - np.sqrt(np.where(inside, b * b - a * c, 0.0))) / a
    assert inside.sum() > 1000
    assert np.abs(depth_of(FlatPlace(static=ball), where) - expected)[inside].max() < 1e-3


@pytest.mark.parametrize("where", [at(0, 0, 1.65), at(4, 9, 7.0, yaw=-11, pitch=-5, roll=3)])
def test_a_box_fifty_metres_away_is_exact_to_a_millimetre(where: Transform) -> None:
    cube = box(8.0, 6.0, 5.0, Material.CONCRETE)
    cube.positions[:] += (54.0, 1.0, 0.0)
    low, high = np.array([50.0, -2.0, 0.0]), np.array([58.0, 4.0, 5.0])
    origin, rays = rays_from(where)
    with np.errstate(divide="ignore"):
        slabs = np.stack([(low - origin) / rays, (high - origin) / rays])
    near, far = slabs.min(axis=0).max(axis=-1), slabs.max(axis=0).min(axis=-1)
    hit = far - near > 1e-3                                     # not the rays that graze an edge
    depth = depth_of(FlatPlace(static=joined(cube)), where)
    assert hit.sum() > 1000
    assert np.abs(depth - near)[hit].max() < 1e-3
    assert (depth[near - far > 1e-3] == 1000.0).all()


def test_cameras_at_one_pose_cast_their_rays_once(monkeypatch: pytest.MonkeyPatch) -> None:
    casts = []
    cast = RayCaster.intersect
    monkeypatch.setattr(RayCaster, "intersect", lambda self, rays, hits: (casts.append(1), cast(self, rays, hits)))
    world = TracedWorld()
    for kind in LABELS:
        world.spawn(f"sensor.camera.{kind}", at(0, 0, 1.65), **CAMERA)
    assert len(world.tick()) == len(LABELS) and len(casts) == 1
    assert len(world.tick()) == len(LABELS) and len(casts) == 2
