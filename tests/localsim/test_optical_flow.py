"""Optical flow: where each pixel's point was on the picture a tick ago, worked out by hand and by projecting points."""

from __future__ import annotations

import math
from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from simgen.localsim import earlier
from simgen.localsim.mesh import Material, Mesh
from simgen.localsim.render import Renderer
from simgen.localsim.scene import Scene, matrix_from_carla
from simgen.localsim.stage import Stage
from simgen.localsim.values import Transform, Vector3, VehicleControl, WalkerControl
from simgen.localsim.wire import payloads
from tests.localsim.render_scenes import FlatPlace, box, joined, pose, quad
from tests.localsim.stand_in import FlatRenderer
from tests.localsim.traced_world import BoxBodies, TracedWorld, at, pixel_rays

WIDTH, HEIGHT = 201, 101
FOCAL, MIDDLE_U, MIDDLE_V = 100.5, 100.0, 50.0       # of a camera with 90°
CAMERA = {"image_size_x": WIDTH, "image_size_y": HEIGHT, "fov": 90}
WALL = quad([(30, 60, -30), (30, -60, -30), (30, -60, 60), (30, 60, 60)], Material.BRICK)


def project(points: NDArray[np.float64], camera: Transform) -> NDArray[np.float64]:
    """(N, 3) right-handed world points → (N, 2) pixels."""
    local = np.c_[points, np.ones(len(points))] @ np.linalg.inv(matrix_from_carla(camera)).T
    return np.stack([MIDDLE_U - FOCAL * local[:, 1] / local[:, 0], MIDDLE_V - FOCAL * local[:, 2] / local[:, 0]], -1)


def sampled(flow: NDArray[np.float32], at_px: NDArray[np.float64]) -> NDArray[np.float64]:
    """Flow between pixels, bilinear."""
    low = np.floor(at_px).astype(int)
    share = at_px - low
    rows, columns = low[:, 1], low[:, 0]
    top = flow[rows, columns] * (1 - share[:, :1]) + flow[rows, columns + 1] * share[:, :1]
    bottom = flow[rows + 1, columns] * (1 - share[:, :1]) + flow[rows + 1, columns + 1] * share[:, :1]
    blend: NDArray[np.float64] = top * (1 - share[:, 1:]) + bottom * share[:, 1:]
    return blend


def test_pixels_become_half_pictures_with_y_upwards_as_carlas_engine_counts() -> None:
    moved = np.zeros((2, 4, 2), np.float32)
    moved[0, 0], moved[1, 3] = (1.0, 0.5), (-100.0, 100.0)
    payload = payloads.message_bytes(payloads.flow_parts(moved, 90.0))
    raw = np.frombuffer(payload, "<f4", offset=12).reshape(2, 4, 2)
    assert np.frombuffer(payload, "<u4", 2).tolist() == [4, 2]
    assert raw[0, 0].tolist() == [0.5, -0.5]             # a pixel of 4 is half of a half picture; half a pixel of 2 too
    assert raw[1, 3].tolist() == [-2.0, -2.0]            # the format ends there
    np.testing.assert_array_equal(payloads.read_flow(payload)[0, 0], moved[0, 0])


def test_nothing_moves_where_nothing_moved() -> None:
    world = TracedWorld()
    world.spawn("vehicle.audi.a2", at(10))
    world.spawn("sensor.camera.optical_flow", at(0, 0, 1.5), **CAMERA)
    for _ in range(2):
        assert np.abs(payloads.read_flow(world.tick()["optical_flow"])).max() < 1e-3


def test_a_wall_grows_as_one_comes_nearer() -> None:
    world = TracedWorld(FlatPlace(static=WALL))
    ego = world.spawn("vehicle.audi.a2", at(0))
    world.spawn("sensor.camera.optical_flow", at(5, 0, 1.5), ego, **CAMERA)
    world.world.enable_constant_velocity(ego, Vector3(20.0, 0.0, 0.0))
    world.tick()
    flow = payloads.read_flow(world.tick()["optical_flow"])        # the camera is at x = 9, and was at 7
    u, v = np.meshgrid(np.arange(WIDTH) - MIDDLE_U, np.arange(HEIGHT) - MIDDLE_V)
    outwards = 1 - 21 / 23
    assert np.abs(flow[..., 0] - u * outwards).max() < 1e-3
    assert np.abs(flow[..., 1] - v * outwards).max() < 1e-3


def test_the_sky_only_shows_that_the_camera_turns() -> None:
    world = TracedWorld()
    camera = world.spawn("sensor.camera.optical_flow", at(0, 0, 1.5), **CAMERA)
    world.tick()
    world.world.set_transform(camera, at(3, 1, 1.5, yaw=2.0))      # to the right: the sky goes to the left
    flow = payloads.read_flow(world.tick()["optical_flow"])
    turned = math.radians(2.0)
    for column in (0, 100, 200):
        was = math.atan((column - MIDDLE_U) / FOCAL) + turned
        assert flow[0, column, 0] == pytest.approx(column - MIDDLE_U - FOCAL * math.tan(was), abs=1e-3)
    assert flow[0, 100, 0] < -3.4


def test_a_moving_turning_box_before_a_moving_turning_camera_is_where_projection_says() -> None:
    world = TracedWorld()
    ego = world.spawn("vehicle.audi.a2", at(0))
    camera = world.spawn("sensor.camera.optical_flow", at(2.2, 0.3, 1.4, yaw=-4, pitch=-3), ego, **CAMERA)
    other = world.spawn("vehicle.volkswagen.t2", at(11, 1.5, yaw=160))
    for car, mps, steer in ((ego, 12.0, 0.05), (other, 9.0, -0.12)):
        world.world.enable_constant_velocity(car, Vector3(mps, 0.0, 0.0))
        world.world.apply_vehicle_control(car, VehicleControl(steer=steer))
    world.tick()
    eye_before, box_before = world.transform(camera), world.transform(other)
    flow = payloads.read_flow(world.tick()["optical_flow"])
    eye, box_now = world.transform(camera), world.transform(other)
    length, width, height = world.world.actor(other).body.size_lwh_m        # type: ignore[union-attr]
    # Points on its front, and on the side that the camera sees, not at their edges.
    side, up = np.meshgrid(np.linspace(-0.4, 0.4, 9), np.linspace(0.3, 0.9, 7))
    front = np.stack([np.full(side.size, length / 2), side.ravel() * width, up.ravel() * height], -1)
    eye_from_box = np.linalg.inv(matrix_from_carla(box_now)) @ matrix_from_carla(eye)
    flank = math.copysign(width / 2, eye_from_box[1, 3])
    left = np.stack([side.ravel() * length, np.full(side.size, flank), up.ravel() * height], -1)
    for points in (front, left):
        now = project(points @ matrix_from_carla(box_now)[:3, :3].T + matrix_from_carla(box_now)[:3, 3], eye)
        before = project(
            points @ matrix_from_carla(box_before)[:3, :3].T + matrix_from_carla(box_before)[:3, 3], eye_before)
        inside = ((now > 1) & (now < (WIDTH - 2, HEIGHT - 2))).all(axis=1)
        assert inside.sum() > 20
        assert np.abs(now - before)[inside].max() > 3.0
        assert np.abs(sampled(flow, now[inside]) - (now - before)[inside]).max() < 0.1


def test_the_resting_ground_flows_by_the_camera_s_motion_alone() -> None:
    world = TracedWorld()
    ego = world.spawn("vehicle.audi.a2", at(0))
    camera = world.spawn("sensor.camera.optical_flow", at(2.2, 0, 1.4, pitch=-5), ego, **CAMERA)
    world.world.enable_constant_velocity(ego, Vector3(10.0, 0.0, 0.0))
    world.world.apply_vehicle_control(ego, VehicleControl(steer=0.06))
    world.tick()
    before = world.transform(camera)
    flow = payloads.read_flow(world.tick()["optical_flow"])
    forward, side = np.meshgrid(np.linspace(3.0, 40.0, 30), np.linspace(-6.0, 6.0, 20))
    here = matrix_from_carla(world.transform(camera))
    points = np.stack([here[0, 3] + forward.ravel(), here[1, 3] + side.ravel(), np.zeros(side.size)], -1)
    now = project(points, world.transform(camera))
    inside = ((now > 1) & (now < (WIDTH - 2, HEIGHT - 2))).all(axis=1)
    assert inside.sum() > 150
    # Between pixels near the camera the flow is not quite linear: 0.1 px.
    assert np.abs(sampled(flow, now[inside]) - (now - project(points, before))[inside]).max() < 0.1


def test_a_point_that_was_behind_the_camera_is_told_as_far_as_the_format_goes() -> None:
    world = TracedWorld(FlatPlace(static=WALL))
    camera = world.spawn("sensor.camera.optical_flow", at(36, 0, 1.5), **CAMERA)
    world.tick()
    world.world.set_transform(camera, at(26, 0, 1.5))
    flow = payloads.read_flow(world.tick()["optical_flow"])
    limit = payloads.FLOW_LIMIT / 2
    assert flow[50, 0, 0] == pytest.approx(limit * WIDTH) and flow[50, 200, 0] == pytest.approx(-limit * WIDTH)


# What "a tick ago" means


class BoxesOnWheels(BoxBodies):
    """Boxes with one axle of two wheels that steer."""

    def axles(self, blueprint: str, size_lwh_m: tuple[float, float, float]) -> tuple[Any, ...]:
        return (SimpleNamespace(x_m=1.0, y_m=0.8, radius_m=0.3, steers=True),)

    def wheelless_mesh(
        self, blueprint: str, size_lwh_m: tuple[float, float, float], open_doors: frozenset[int]
    ) -> Mesh:
        return self.body_mesh(blueprint, size_lwh_m, 0)

    def wheel_mesh(self, blueprint: str, size_lwh_m: tuple[float, float, float], axle: int, side: int) -> Mesh:
        return box(0.6, 0.2, 0.6, Material.TYRE)


class Watched:
    """A stage whose renderer only remembers which earlier poses it was told."""

    def __init__(self, bodies: Any = None) -> None:
        self.traced = TracedWorld()
        self.world = self.traced.world
        self.renderer = FlatRenderer()
        self.stage = Stage(self.renderer, bodies or BoxBodies(), lambda weather: weather)  # type: ignore[arg-type]
        self.camera = self.traced.spawn("sensor.camera.optical_flow", at(0))

    def poses(self, dt: float = 0.1) -> NDArray[np.float64]:
        """A tick on: (N, 4, 4) earlier poses of all instances."""
        self.stage.show(self.world.tick(dt))
        self.stage.flow(self.world.actor(self.camera), 4, 2, 1.0)
        return self.renderer.earlier_poses


def test_a_walker_was_where_its_feet_were() -> None:
    watched = Watched()
    deer = watched.traced.spawn("walker.animal.red_deer", at(5, 0, 1.05))
    watched.world.apply_walker_control(deer, WalkerControl(Vector3(1, 0, 0), 4.0))
    watched.poses()
    np.testing.assert_allclose(watched.poses()[0][:3, 3], [5.4, 0.0, 0.0], atol=1e-9)


def test_whoever_a_client_puts_somewhere_every_tick_moves() -> None:
    watched = Watched()
    prop = watched.traced.spawn("static.prop.haybale", at(5))
    watched.poses()
    watched.world.set_transform(prop, at(5.5, yaw=10))
    np.testing.assert_allclose(watched.poses()[0], np.eye(4) + np.outer([1, 0, 0, 0], [0, 0, 0, 5.0]), atol=1e-9)


def test_a_newborn_came_with_its_velocity_and_who_jumps_did_not_move() -> None:
    watched = Watched()
    watched.poses()
    car = watched.traced.spawn("vehicle.audi.a2", at(20))
    watched.world.enable_constant_velocity(car, Vector3(10.0, 0.0, 0.0))
    np.testing.assert_allclose(watched.poses()[0][:3, 3], [20.0, 0.0, 0.0], atol=1e-9)      # is at 21 now
    watched.world.disable_constant_velocity(car)
    watched.world.set_target_velocity(car, Vector3(0.0, 0.0, 0.0))
    watched.world.set_transform(car, at(300))
    np.testing.assert_allclose(watched.poses()[0][:3, 3], [300.0, 0.0, 0.0], atol=1e-9)


def test_a_ray_between_two_ticks_is_no_tick() -> None:
    watched = Watched()
    car = watched.traced.spawn("vehicle.audi.a2", at(20))
    watched.poses()
    watched.world.set_transform(car, at(21))
    watched.stage.show(watched.world.moment(0.1))
    watched.stage.surfaces(Vector3(0.0, 0.0, 5.0), Vector3(0.0, 0.0, -1.0), 10.0)
    np.testing.assert_allclose(watched.poses()[0][:3, 3], [20.0, 0.0, 0.0], atol=1e-9)


def test_a_new_episode_has_no_tick_before_it() -> None:
    watched = Watched()
    watched.traced.spawn("vehicle.audi.a2", at(20))
    watched.poses()
    watched.world.begin_episode(watched.world.level)
    watched.camera = watched.traced.spawn("sensor.camera.optical_flow", at(0))
    watched.traced.spawn("vehicle.audi.a2", at(25))
    np.testing.assert_allclose(watched.poses()[0][:3, 3], [25.0, 0.0, 0.0], atol=1e-9)


def test_an_opening_door_swings_about_its_hinge() -> None:
    watched = Watched()
    car = watched.traced.spawn("vehicle.audi.a2", at(0))
    watched.poses()
    watched.world.open_door(car, 0)
    shut, = watched.poses()[1:]                                  # ajar now; it was shut
    np.testing.assert_allclose(shut, np.eye(4), atol=1e-6)
    watched.poses()
    was = watched.renderer.instances[1].world_from_mesh
    np.testing.assert_allclose(watched.poses()[1], was, atol=1e-9)
    assert not np.allclose(watched.renderer.instances[1].world_from_mesh, was, atol=1e-3)


def test_a_part_goes_its_own_way_and_with_its_body_where_it_was_no_part_yet(monkeypatch: pytest.MonkeyPatch) -> None:
    watched = Watched(BoxesOnWheels())
    car = watched.traced.spawn("vehicle.audi.a2", at(0))
    watched.world.enable_constant_velocity(car, Vector3(3.0, 0.0, 0.0))
    for _ in range(2):
        watched.poses()
    before = [one.world_from_mesh for one in watched.renderer.instances]
    assert len(before) == 3
    np.testing.assert_allclose(watched.poses(), before, atol=1e-9)
    body, now = watched.poses()[0], [one.world_from_mesh for one in watched.renderer.instances]
    scene_of = earlier.scene_of

    def without_wheels(actors: Any, bodies: Any, meshes: Any) -> Scene:
        """A tick ago the wheels were part of the car's mesh."""
        whole = scene_of(actors, bodies, meshes)
        is_now = actors is watched.stage.last_tick().now.actors
        return whole if is_now else replace(whole, instances=whole.instances[:1])

    monkeypatch.setattr(earlier, "scene_of", without_wheels)
    rigid = watched.stage.last_tick().instance_poses(BoxesOnWheels())
    for was, here in zip(rigid, now, strict=True):
        np.testing.assert_allclose(was, body @ np.linalg.inv(now[0]) @ here, atol=1e-9)


def test_poses_that_do_not_match_the_scene_are_refused() -> None:
    renderer = Renderer(FlatPlace(static=joined(WALL, box(1, 1, 1, Material.WOOD))))
    with pytest.raises(ValueError, match="0 instances move, but 2 earlier poses"):
        renderer.flow(pose(), 4, 2, 1.0, pose(), np.tile(np.eye(4), (2, 1, 1)))


def test_flow_and_depth_tell_of_the_same_points() -> None:
    """Each pixel's point, from its depth, taken back by the camera's own motion."""
    world = TracedWorld()
    ego = world.spawn("vehicle.audi.a2", at(0))
    for kind in ("optical_flow", "depth"):
        camera = world.spawn(f"sensor.camera.{kind}", at(2.2, 0, 1.4, roll=5), ego, **CAMERA)
    world.spawn("static.prop.streetbarrier", at(12, 1))
    world.world.enable_constant_velocity(ego, Vector3(10.0, 0.0, 0.0))
    world.tick()
    before = world.transform(camera)
    sent = world.tick()
    depth = payloads.depth_of_bgra(payloads.read_picture(sent["depth"]).bgra)
    near = depth < 60.0
    here = matrix_from_carla(world.transform(camera))
    points = (pixel_rays(WIDTH, HEIGHT, math.pi / 2) * depth[..., None])[near] @ here[:3, :3].T + here[:3, 3]
    v, u = np.nonzero(near)
    expected = np.stack([u, v], -1) - project(points, before)
    assert np.abs(payloads.read_flow(sent["optical_flow"])[near] - expected).max() < 0.02
