"""Parked cars of the level: where they stand, and what the real client is told of them in each way of numbering."""

import math
import queue

import numpy as np
import pytest

from simgen.localsim.level_vehicles import FREE_ENDS_M, MODELS, parked_cars
from simgen.localsim.places import ParkingRow
from simgen.localsim.wire.payloads import LEVEL_OBJECT, SEMANTIC_POINT, read_silhouettes
from tests.localsim.client_world import spawn, step_by_hand
from tests.localsim.serving_process import running

carla = pytest.importorskip("carla")

EAST = ParkingRow(kerb=np.array([[0.0, -6.0, 1.0], [200.0, -6.0, 11.0]]),
                  lane=np.array([[0.0, -3.8, 1.0], [200.0, -3.8, 11.0]]))
WEST = ParkingRow(kerb=-EAST.kerb[:, [0, 1, 2]] * [1, 1, -1], lane=-EAST.lane * [1, 1, -1])
KERBS = (EAST, WEST) * 5


def test_the_same_level_has_the_same_cars_and_another_one_others():
    assert parked_cars(KERBS, "Somewhere") == parked_cars(KERBS, "Somewhere")
    assert parked_cars(KERBS, "Somewhere") != parked_cars(KERBS, "Elsewhere")
    assert parked_cars((), "Somewhere") == ()


def test_cars_stand_in_the_lane_along_the_kerb_and_head_with_the_traffic():
    cars = parked_cars(KERBS, "Somewhere")
    assert len(cars) > 40
    for car in cars:
        east = car.y_m < 0
        assert car.yaw_rad == pytest.approx(0.0 if east else math.pi, abs=0.05)
        assert 0.08 + 0.8 < 6.0 - abs(car.y_m) < 0.25 + 1.3             # an inset and half a width from the kerb
        assert FREE_ENDS_M < abs(car.x_m) < 200.0 - FREE_ENDS_M
        assert car.z_m == pytest.approx(1.0 + abs(car.x_m) / 20.0)       # on the slope
        assert car.pitch_rad == pytest.approx(math.atan(0.05), abs=1e-6)
        assert car.blueprint in MODELS
    assert len({car.number & 0xFFFFFFFF for car in cars}) == len(cars) == len({car.name for car in cars})


SIZE = {"image_size_x": 316, "image_size_y": 101, "fov": math.degrees(2 * math.atan(1264 / (2 * 721.5377)))}


def street_scene(world, things):
    """An ego before the most parked cars, one more car ahead, and what the sensors of one tick say."""
    def parked_ahead(point):
        ahead, count = point.get_forward_vector(), 0
        for thing in things:
            offset = thing.transform.location - point.location
            along, across = offset.x * ahead.x + offset.y * ahead.y, offset.x * ahead.y - offset.y * ahead.x
            count += 5.0 < along < 50.0 and abs(across) < 8.0
        return count

    here = max(world.get_map().get_spawn_points(), key=parked_ahead)
    ego = spawn(world, "vehicle.lincoln.mkz_2020", here)
    other = spawn(world, "vehicle.audi.tt",
                  carla.Transform(here.location + 15 * here.get_forward_vector(), here.rotation))
    mount = carla.Transform(carla.Location(0.3, 0, 1.65))
    sensors = [spawn(world, f"sensor.camera.{kind}", mount, ego, **SIZE)
               for kind in ("instance_segmentation", "silhouettes")]
    sensors.append(spawn(world, "sensor.lidar.ray_cast_semantic", mount, ego, channels=32, range=60,
                         points_per_second=200000, rotation_frequency=10, upper_fov=2, lower_fov=-25))
    queues = [queue.Queue() for _ in sensors]
    for sensor, got in zip(sensors, queues, strict=True):
        sensor.listen(got.put)
    world.tick(60.0)
    picture, table, sweep = (got.get(timeout=60) for got in queues)
    pixels = np.frombuffer(picture.raw_data, np.uint8).reshape(101, 316, 4).astype(int)
    rows = read_silhouettes(np.frombuffer(table.raw_data, np.uint8).reshape(table.height, 16, 4))
    points = np.frombuffer(sweep.raw_data, SEMANTIC_POINT).copy()
    for sensor in sensors:
        sensor.stop()
    return ego, other, pixels[..., 2], pixels[..., 1] + 256 * pixels[..., 0], rows, points


@pytest.fixture(scope="module", params=["engine", "wrapped"])
def mode_and_world(request, tmp_path_factory):
    folder = tmp_path_factory.mktemp("simulator")
    with running("simgen.localsim", folder, "--port", "0", "--map", "SimgenTown01_Parked",
                 "--instance-ids", request.param, "--ready-file") as server:
        client = carla.Client("127.0.0.1", server.port)
        client.set_timeout(60.0)
        yield request.param, step_by_hand(client)


@pytest.mark.slow
def test_the_client_sees_parked_cars_that_are_no_actors(mode_and_world):
    mode, world = mode_and_world
    cars = world.get_environment_objects(carla.CityObjectLabel.Car)
    trucks = world.get_environment_objects(carla.CityObjectLabel.Truck)
    assert len(cars) > 50 and len(trucks) > 0
    assert len(world.get_environment_objects(carla.CityObjectLabel.Any)) == len(cars) + len(trucks)
    assert not world.get_environment_objects(carla.CityObjectLabel.Buildings)
    first = cars[0]
    assert first.type == carla.CityObjectLabel.Car and first.name.startswith("parked_") and first.id > 2**32
    assert first.bounding_box.location.distance(first.transform.location) == pytest.approx(
        first.bounding_box.extent.z, abs=1e-3)                         # a box in world axes, its foot on the road
    assert not any(actor.type_id.startswith("vehicle.") for actor in world.get_actors())
    assert len(world.get_level_bbs(carla.CityObjectLabel.Car)) == len(cars)
    with pytest.raises(RuntimeError, match="collision"):
        spawn(world, "vehicle.audi.tt", first.transform)

    ego, other, tag, number, rows, points = street_scene(world, cars)
    assert len(world.get_level_bbs(carla.CityObjectLabel.Car)) == len(cars) + 2      # as on a CARLA server

    # The silhouettes: the actor by its id, parked cars by their own numbers, whatever instance pictures show.
    parked = [row for row in rows if row.flags & LEVEL_OBJECT]
    assert [row.id for row in rows if not row.flags & LEVEL_OBJECT] == [other.id]
    assert {row.id for row in parked} <= {thing.id & 0xFFFFFFFF for thing in [*cars, *trucks]}
    assert len(parked) > 5 and all(row.visible_px <= row.inside_px for row in rows)
    vehicles = np.isin(tag, (14, 15)).sum()
    assert rows[0].visible_px + sum(row.visible_px for row in parked) == vehicles

    # The LiDAR: actors by their ids in every mode, the level by 0.
    assert set(points["object_id"][points["tag"] == 14].tolist()) >= {0, other.id}
    assert set(points["object_id"].tolist()) <= {0, ego.id, other.id}

    # The instance picture.
    own = (tag == 14) & (number == {"engine": (other.id * 40503 + 25173) & 0xFFFF, "wrapped": other.id & 0xFFFF}[mode])
    assert own.sum() == rows[0].visible_px > 50
    level = np.unique(number[(tag == 14) & ~own])
    assert len(level) > 5 and level.max() < 1000                        # in the range of young actors' ids
    assert set(number[tag == 1].tolist()) == {2}                        # the road; in one mode also the ego's id
    assert ego.id == {"engine": 2, "wrapped": 65528}[mode]
