"""The whole simulator, as users start it, and the real client: its own town, bodies and renderer."""

import math
import queue

import numpy as np
import pytest

from tests.localsim.client_world import spawn, step_by_hand
from tests.localsim.serving_process import running, traffic_manager_port

carla = pytest.importorskip("carla")
pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def client(tmp_path_factory):
    folder = tmp_path_factory.mktemp("simulator")
    with running("simgen.localsim", folder, "--port", "0", "--map", "SimgenTown01", "--ready-file") as server:
        client = carla.Client("127.0.0.1", server.port)
        client.set_timeout(60.0)
        yield client


@pytest.fixture
def world(client):
    step_by_hand(client)
    return client.reload_world(False)


def test_a_bare_client_sees_the_car_ahead_in_all_its_sensors(world):
    here = world.get_map().get_spawn_points()[3]
    ego = spawn(world, "vehicle.lincoln.mkz_2020", here)
    ahead = here.location + 12 * here.get_forward_vector()
    other = spawn(world, "vehicle.audi.tt", carla.Transform(ahead, here.rotation), color="130,18,20")
    small = {"image_size_x": 316, "image_size_y": 101, "fov": math.degrees(2 * math.atan(1264 / (2 * 721.5377)))}
    mount = carla.Transform(carla.Location(-0.4, 0, 1.65))
    sensors = {
        kind: spawn(world, f"sensor.camera.{kind}", mount, ego, **small)
        for kind in ("rgb", "depth", "semantic_segmentation", "instance_segmentation")
    }
    sensors["lidar"] = spawn(world, "sensor.lidar.ray_cast_semantic", mount, ego, channels=32, range=80,
                             points_per_second=320000, rotation_frequency=10, upper_fov=2, lower_fov=-25)
    queues = {name: queue.Queue() for name in sensors}
    for name, sensor in sensors.items():
        sensor.listen(queues[name].put)
    for _ in range(2):
        frame = world.tick(60.0)
        data = {name: got.get(timeout=30) for name, got in queues.items()}
        assert {each.frame for each in data.values()} == {frame}
    for sensor in sensors.values():
        sensor.stop()
    pixels = {name: np.frombuffer(data[name].raw_data, np.uint8).reshape(101, 316, 4).astype(int) for name in
              ("rgb", "depth", "semantic_segmentation", "instance_segmentation")}
    own = pixels["instance_segmentation"][..., 1] + 256 * pixels["instance_segmentation"][..., 0] == other.id
    assert own.sum() > 200                                              # about 27 × 19 pixels at this distance
    assert (pixels["semantic_segmentation"][own][:, 2] == 14).all()
    code = pixels["depth"][own] @ [65536, 256, 1, 0]
    distance = 1000 * np.median(code) / (256**3 - 1)
    assert distance == pytest.approx(12 - 4.18 / 2 + 0.4, abs=0.6)      # its rear, from the camera
    rows, columns = np.nonzero(own)
    assert abs(columns.mean() - 157.5) < 8                              # straight ahead
    assert rows.min() > 45
    blue, _, red, _ = pixels["rgb"][own].mean(axis=0)
    assert red > 1.3 * blue                                             # it is painted red
    points = np.frombuffer(data["lidar"].raw_data, np.dtype(
        [("xyz", "<f4", 3), ("cos", "<f4"), ("object", "<u4"), ("tag", "<u4")]))
    echoes = points[points["object"] == other.id]
    assert len(echoes) > 20
    assert (echoes["tag"] == 14).all()
    assert np.median(echoes["xyz"][:, 0]) == pytest.approx(distance, abs=1.0)
    assert np.abs(echoes["xyz"][:, 1]).max() < 1.1


def test_the_same_episode_gives_the_same_pictures_and_sweeps(client, world):
    def story():
        world = client.reload_world(False)
        here = world.get_map().get_spawn_points()[3]
        ego = spawn(world, "vehicle.lincoln.mkz_2020", here)
        deer = spawn(world, "walker.animal.red_deer", carla.Transform(
            here.location + 10 * here.get_forward_vector() + carla.Location(z=1.0)))
        deer.apply_control(carla.WalkerControl(here.get_right_vector(), 2.0))
        world.set_weather(carla.WeatherParameters.HardRainSunset)
        camera = spawn(world, "sensor.camera.rgb", carla.Transform(carla.Location(0, 0, 1.7)), ego,
                       image_size_x=158, image_size_y=50)
        lidar = spawn(world, "sensor.lidar.ray_cast", carla.Transform(carla.Location(0, 0, 1.8)), ego, range=60)
        images, sweeps, made = queue.Queue(), queue.Queue(), []
        camera.listen(lambda image: images.put(bytes(image.raw_data)))
        lidar.listen(lambda sweep: sweeps.put(bytes(sweep.raw_data)))
        for _ in range(3):
            world.tick(60.0)
            made.append((images.get(timeout=30), sweeps.get(timeout=30)))
        camera.stop(), lidar.stop()
        return made

    first = story()
    assert first == story()
    assert first[0] != first[1]


def test_carlas_own_traffic_manager_drives_through_the_town(client, world):
    settings = world.get_settings()
    settings.fixed_delta_seconds = 0.05
    world.apply_settings(settings)
    port = traffic_manager_port()
    manager = client.get_trafficmanager(port)
    manager.set_synchronous_mode(True)
    manager.set_random_device_seed(7)
    library = world.get_blueprint_library()
    cars = [world.try_spawn_actor(library.filter("vehicle.*")[i], pose)
            for i, pose in enumerate(world.get_map().get_spawn_points()[:40:8])]
    cars = [car for car in cars if car is not None]
    for car in cars:
        car.set_autopilot(True, port)
    town, travelled, farthest = world.get_map(), dict.fromkeys((car.id for car in cars), 0.0), 0.0
    before = {car.id: car.get_location() for car in cars}
    for tick in range(400):
        world.tick(60.0)
        for car in cars:
            here = car.get_location()
            if tick:
                travelled[car.id] += here.distance(before[car.id])
            before[car.id] = here
            lane = town.get_waypoint(here)
            if not lane.is_junction:
                farthest = max(farthest, here.distance(lane.transform.location))
    manager.shut_down()
    assert len(cars) >= 4
    assert min(travelled.values()) > 60
    assert farthest < 1.0
