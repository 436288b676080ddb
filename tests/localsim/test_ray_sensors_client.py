"""Normals, optical flow and radar as the unmodified carla client decodes them, from the stand-in's known answers."""

import math
import queue

import numpy as np
import pytest

from tests.localsim.client_world import spawn, step_by_hand
from tests.localsim.serving_process import running

carla = pytest.importorskip("carla")


@pytest.fixture(scope="module")
def world(tmp_path_factory):
    with running("tests.localsim.stand_in_server", tmp_path_factory.mktemp("server")) as server:
        client = carla.Client("127.0.0.1", server.port)
        client.set_timeout(10.0)
        yield step_by_hand(client)


def listened(world, blueprint, pose, **attributes):
    """A sensor and a queue of what it sends."""
    sensor, got = spawn(world, blueprint, pose, **attributes), queue.Queue()
    sensor.listen(got.put)
    return sensor, got


def at(x, y, z, **rotation):
    return carla.Transform(carla.Location(x, y, z), carla.Rotation(**rotation))


def test_normals_come_as_an_image(world):
    sensor, got = listened(world, "sensor.camera.normals", at(0, 0, 2), image_size_x=4, image_size_y=2, fov=60)
    frame = world.tick()
    image = got.get(timeout=5)
    sensor.destroy()
    assert isinstance(image, carla.Image)
    assert (image.width, image.height, image.fov, image.frame) == (4, 2, 60.0, frame)
    pixels = np.frombuffer(image.raw_data, np.uint8).reshape(2, 4, 4)
    assert pixels[0, 0].tolist() == [128, 128, 128, 255]
    # Right-handed (0, 0.6, 0.8) is (0, -0.6, 0.8) in CARLA's axes; 127.5 · (1 - 0.6) = 51, 127.5 · 1.8 = 229.5.
    assert pixels[1, 3].tolist() == [230, 51, 128, 255]


def test_optical_flow_comes_as_an_optical_flow_image(world):
    sensor, got = listened(world, "sensor.camera.optical_flow", at(0, 0, 2), image_size_x=8, image_size_y=4)
    world.tick(), got.get(timeout=5)
    sensor.set_transform(at(1.0, -0.5, 2))          # the stand-in says a pixel a metre: 1 to the right, 0.5 down
    world.tick()
    image = got.get(timeout=5)
    sensor.destroy()
    assert isinstance(image, carla.OpticalFlowImage)
    flow = np.frombuffer(image.raw_data, np.float32).reshape(image.height, image.width, 2)
    np.testing.assert_allclose(flow, np.broadcast_to([2 * 1.0 / 8, -2 * 0.5 / 4], flow.shape), atol=1e-6)
    vector = image[5]
    assert (vector.x, vector.y) == pytest.approx((0.25, -0.25))
    assert image.get_color_coded_flow().width == 8


def test_radar_comes_as_detections_with_velocity_azimuth_altitude_and_depth(world):
    car = spawn(world, "vehicle.audi.a2", at(0, 1.75, 0.3))
    radar = spawn(world, "sensor.other.radar", at(0, 0, 2), car, points_per_second=5000, vertical_fov=20)
    got = queue.Queue()
    radar.listen(got.put)
    car.enable_constant_velocity(carla.Vector3D(10.0, 0.0, 0.0))
    world.tick(), got.get(timeout=5)
    world.tick()
    sweep = got.get(timeout=5)
    radar.destroy(), car.destroy()
    assert isinstance(sweep, carla.RadarMeasurement)
    assert 100 < len(sweep) == sweep.get_detection_count() < 400           # of 500 rays, those that look down
    raw = np.frombuffer(sweep.raw_data, np.float32).reshape(-1, 4)
    assert raw[7].tolist() == [sweep[7].velocity, sweep[7].azimuth, sweep[7].altitude, sweep[7].depth]
    for one in sweep:
        assert one.depth * math.sin(-one.altitude) == pytest.approx(2.0, rel=1e-3)
        assert one.velocity == pytest.approx(-10.0 * math.cos(one.azimuth) * math.cos(one.altitude), abs=0.05)


def test_a_radar_that_meets_nothing_says_so(world):
    sensor, got = listened(world, "sensor.other.radar", at(0, 0, 2, pitch=45))
    world.tick()
    sweep = got.get(timeout=5)
    sensor.destroy()
    assert len(sweep) == 0
