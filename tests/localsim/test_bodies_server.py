"""Doors, props, the young and people on wheels: the real client and the whole simulator."""

import queue

import numpy as np
import pytest

from tests.localsim.client_world import spawn, step_by_hand
from tests.localsim.serving_process import running

carla = pytest.importorskip("carla")
pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    folder = tmp_path_factory.mktemp("simulator")
    with running("simgen.localsim", folder, "--port", "0", "--map", "SimgenTown01", "--ready-file") as server:
        yield server


@pytest.fixture
def world(server):
    client = carla.Client("127.0.0.1", server.port)
    client.set_timeout(60.0)
    step_by_hand(client)
    return client.reload_world(False)


def beside(here, ahead_m, right_m=0.0, up_m=0.0):
    spot = here.location + ahead_m * here.get_forward_vector() + right_m * here.get_right_vector()
    return carla.Transform(spot + carla.Location(z=up_m), here.rotation)


def watch(world, pose, parent=None):
    """Instance images of a camera as functions of the actor id: how many pixels show it."""
    camera = spawn(world, "sensor.camera.instance_segmentation", pose, parent, image_size_x=200, image_size_y=120,
                   fov=60)
    images = queue.Queue()
    camera.listen(lambda image: images.put(np.frombuffer(image.raw_data, np.uint8).reshape(120, 200, 4).astype(int)))
    return camera, images


def mask_of(image, actor):
    return image[..., 1] + 256 * image[..., 0] == actor.id


def test_a_client_opens_and_closes_a_door(world, server):
    here = world.get_map().get_spawn_points()[3]
    car = spawn(world, "vehicle.seat.leon", here)
    assert car.attributes["has_dynamic_doors"].lower() == "true"
    box = car.bounding_box.extent
    camera, images = watch(world, beside(here, 8.0, 0.0, 1.0))
    camera.set_transform(carla.Transform(beside(here, 8.0, 0.0, 1.0).location,
                                         carla.Rotation(yaw=here.rotation.yaw + 180.0)))
    widths = []

    def widths_after(ticks):
        for _ in range(ticks):
            world.tick(60.0)
            image = images.get(timeout=30)
        columns = np.flatnonzero(mask_of(image, car).any(axis=0))
        widths.append(int(columns[-1] - columns[0] + 1))

    widths_after(1)
    car.open_door(carla.VehicleDoor.FL)
    widths_after(12)
    car.open_door(carla.VehicleDoor.All)
    widths_after(12)
    car.close_door(carla.VehicleDoor.All)
    widths_after(12)
    camera.stop()
    shut, one, all_of_them, again = widths
    assert one > 1.25 * shut
    assert all_of_them > one + 0.25 * shut
    assert again == shut
    assert tuple(vars_of(car.bounding_box.extent)) == tuple(vars_of(box))


def vars_of(vector):
    return vector.x, vector.y, vector.z


def test_a_door_that_cannot_be_opened_is_refused_in_the_log(world, server):
    here = world.get_map().get_spawn_points()[3]
    bus = spawn(world, "vehicle.mitsubishi.fusorosa", here)
    assert bus.attributes["has_dynamic_doors"].lower() == "false"
    bus.open_door(carla.VehicleDoor.FL)
    world.tick(60.0)
    assert "has_dynamic_doors is false" in server.log.read_text()


def test_props_stand_where_they_are_put_and_are_seen_by_camera_and_lidar(world):
    here = world.get_map().get_spawn_points()[3]
    ground = world.ground_projection(beside(here, 8.0).location + carla.Location(z=1.0), 5.0).location
    cone = spawn(world, "static.prop.constructioncone", carla.Transform(ground, here.rotation), role_name="cone_1")
    assert (cone.type_id, cone.attributes["role_name"], list(cone.semantic_tags)) == (
        "static.prop.constructioncone", "cone_1", [21])
    assert vars_of(cone.bounding_box.extent) == pytest.approx((0.30, 0.30, 0.515))
    assert cone.bounding_box.location.z == pytest.approx(0.515)
    lidar = spawn(world, "sensor.lidar.ray_cast_semantic", beside(here, 0.0, 0.0, 1.5), channels=32, range=30,
                  points_per_second=320000, rotation_frequency=10, upper_fov=2, lower_fov=-25)
    sweeps = queue.Queue()
    lidar.listen(lambda sweep: sweeps.put(np.frombuffer(sweep.raw_data, np.dtype(
        [("xyz", "<f4", 3), ("cos", "<f4"), ("object", "<u4"), ("tag", "<u4")])).copy()))
    camera, images = watch(world, beside(here, 0.0, 0.0, 1.5))
    for _ in range(3):
        world.tick(60.0)
        image, sweep = images.get(timeout=30), sweeps.get(timeout=30)
    assert cone.get_transform().location.distance(ground) < 1e-3
    assert mask_of(image, cone).sum() > 60
    echoes = sweep[sweep["object"] == cone.id]
    assert len(echoes) > 8
    assert (echoes["tag"] == 21).all()
    assert echoes["xyz"][:, 0] == pytest.approx(8.0, abs=0.4)
    cone.set_transform(beside(here, 8.0, 30.0))
    world.tick(60.0)
    assert not mask_of(images.get(timeout=30), cone).any()
    camera.stop(), lidar.stop()


def test_wheelchairs_and_the_young_have_boxes_of_their_own(world):
    here = world.get_map().get_spawn_points()[3]
    seated = spawn(world, "walker.pedestrian.0003", beside(here, 6.0, 0.0, 1.0), use_wheelchair="true")
    standing = spawn(world, "walker.pedestrian.0003", beside(here, 9.0, 0.0, 1.0))
    cub = spawn(world, "walker.animal.bear", beside(here, 12.0, 0.0, 1.0), age="young")
    pushing = spawn(world, "walker.pedestrian.stroller", beside(here, 15.0, 0.0, 1.0))
    world.tick(60.0)
    extents = [vars_of(actor.bounding_box.extent) for actor in (seated, standing, cub, pushing)]
    assert extents[0] == pytest.approx((0.55, 0.325, 0.675))
    assert extents[1] == pytest.approx((0.1875, 0.1875, 0.93))
    assert extents[2] == pytest.approx((0.475, 0.17, 0.29))
    assert extents[3] == pytest.approx((0.71, 0.30, 0.84))
    ground = world.ground_projection(here.location + carla.Location(z=1.0), 5.0).location.z
    for actor, (_, _, half) in zip((seated, standing, cub, pushing), extents, strict=True):
        assert actor.get_transform().location.z - half == pytest.approx(ground, abs=0.15)
    seated.apply_control(carla.WalkerControl(here.get_forward_vector(), 1.1))
    start = seated.get_location()
    for _ in range(5):
        world.tick(60.0)
    assert seated.get_location().distance(start) == pytest.approx(0.55, abs=0.15)
