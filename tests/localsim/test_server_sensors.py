"""What sensors send, from a world and a renderer small enough to predict it. No sockets."""

import math
from dataclasses import replace

import numpy as np
import pytest

from simgen.localsim.lidar import Head, Returns
from simgen.localsim.opendrive import GeoPoint, geo_location, geo_origin, parse, speed_limit_kmh
from simgen.localsim.scene import level_of, matrix_from_carla, scene_of
from simgen.localsim.sensors import MEASURE, SensorSuite
from simgen.localsim.stage import Stage
from simgen.localsim.values import (
    ActorAttribute,
    ActorDescription,
    EpisodeSettings,
    Rotation,
    Transform,
    Vector3,
    VehicleControl,
    WalkerControl,
)
from simgen.localsim.wire import payloads
from simgen.localsim.wire.stream import HEADER_BYTES, Header
from simgen.localsim.world import World
from tests.localsim.stand_in import STRAIGHT_ROAD, FlatRenderer, NoBodies, straight_place


def description(blueprint, **attributes):
    return ActorDescription(0, blueprint, tuple(ActorAttribute(k, 4, v) for k, v in attributes.items()))


def at(x, y=0.0, z=0.0, yaw=0.0):
    return Transform(Vector3(x, y, z), Rotation(0.0, yaw, 0.0))


class Bench:
    """A world, a suite, and everybody listening."""

    def __init__(self):
        self.world = World(level_of(straight_place()))
        self.renderer = FlatRenderer()
        self.stage = Stage(self.renderer, NoBodies(), lambda weather: weather)
        self.suite = SensorSuite()
        self.listened = lambda stream: True

    def spawn(self, blueprint, where=None, parent=None, **attributes):
        return self.world.spawn(description(blueprint, **attributes), where or at(0), parent).id

    def tick(self, dt=0.1):
        """[(stream, header, payload)] of one tick."""
        moment = self.world.tick(dt)
        self.stage.show(moment)
        sent = self.suite.measure(moment, self.stage, self.listened)
        whole = [(stream, payloads.message_bytes(parts)) for stream, parts in sent]
        return [(stream, Header.from_bytes(data), data[HEADER_BYTES:]) for stream, data in whole]


@pytest.fixture
def bench():
    return Bench()


def test_a_camera_sends_a_frame_a_tick_from_where_it_is(bench):
    bench.spawn("sensor.camera.rgb", at(3, 4, 5), image_size_x="4", image_size_y="2", fov="60")
    for frame in (1, 2):
        [(stream, header, payload)] = bench.tick()
        picture = payloads.read_picture(payload)
        assert (stream, header.sensor_type, header.frame) == (2, 13, frame)
        assert header.timestamp == pytest.approx(frame * 0.1)
        assert header.transform.location == (3, 4, 5)
        assert (picture.fov_deg, picture.bgra.shape) == (60, (2, 4, 4))
        assert picture.bgra[0, 0].tolist() == [10, 0, 200, 255]


@pytest.mark.parametrize(("kind", "index", "pixel"), [
    ("depth", 1, None), ("semantic_segmentation", 14, [0, 0, 7, 255]),
    ("instance_segmentation", 15, [0x12, 0x34, 7, 255]),
])
def test_label_cameras_send_carlas_encodings(bench, kind, index, pixel):
    bench.spawn(f"sensor.camera.{kind}", image_size_x="4", image_size_y="2")
    [(_, header, payload)] = bench.tick()
    bgra = payloads.read_picture(payload).bgra
    assert header.sensor_type == index
    if pixel:
        assert bgra[0, 0].tolist() == pixel
    else:
        np.testing.assert_allclose(payloads.depth_of_bgra(bgra), 25.0, atol=1e-4)


def test_nothing_is_rendered_that_nobody_takes(bench):
    bench.spawn("sensor.camera.rgb", image_size_x="4", image_size_y="2")
    bench.listened = lambda stream: False
    assert bench.tick() == []
    assert bench.renderer.pictures == 0


def test_without_rendering_cameras_are_silent_and_lidars_are_not(bench):
    bench.spawn("sensor.camera.rgb", image_size_x="4", image_size_y="2")
    bench.spawn("sensor.lidar.ray_cast_semantic", at(0, 0, 2), range="50")
    bench.world.settings = EpisodeSettings(no_rendering_mode=True)
    assert [header.sensor_type for _, header, _ in bench.tick()] == [10]


def test_a_sensor_tick_thins_frames_out(bench):
    bench.spawn("sensor.other.gnss", sensor_tick="0.3")
    assert [len(bench.tick()) for _ in range(10)] == [1, 0, 0, 1, 0, 0, 1, 0, 0, 1]


def test_a_lidar_two_metres_up_meets_flat_ground_where_trigonometry_says(bench):
    bench.spawn("sensor.lidar.ray_cast_semantic", at(0, 0, 2), channels="3", range="100", points_per_second="120",
                rotation_frequency="10", upper_fov="10", lower_fov="-30")
    [(_, _, payload)] = bench.tick()
    sweep = payloads.read_lidar(payload, payloads.SEMANTIC_POINT)
    assert sweep.points_per_channel.tolist() == [0, 4, 4]               # +10° sees nothing, −10° and −30° the ground
    np.testing.assert_allclose(sweep.points["xyz"][:, 2], -2.0, atol=1e-5)
    reach = np.hypot(*sweep.points["xyz"][:, :2].T)
    np.testing.assert_allclose(reach, np.repeat(2 / np.tan(np.radians([10, 30])), 4), rtol=1e-5)
    # Four rays of a whole turn, starting at the back and turning clockwise: −x, −y, +x, +y (y is right).
    towards = sweep.points["xyz"][:4, :2] / reach[:4, None]
    np.testing.assert_allclose(towards, [[-1, 0], [0, -1], [1, 0], [0, 1]], atol=1e-6)
    assert set(sweep.points["tag"].tolist()) == {1}


def test_sweeps_are_the_same_to_the_bit_however_long_the_world_has_run():
    def sweeps(age):
        bench = Bench()
        for _ in range(age):
            bench.tick(0.05)
        bench.spawn("sensor.lidar.ray_cast_semantic", at(0, 0, 2), channels="3", range="100", points_per_second="240",
                    rotation_frequency="10", upper_fov="10", lower_fov="-30")
        return [payload for _ in range(5) for _, _, payload in bench.tick(0.1)]

    young = sweeps(0)
    assert all(sweeps(age) == young for age in (1, 2, 3, 5, 100))


def test_a_lidar_with_fewer_points_than_channels_sends_an_empty_sweep(bench):
    bench.spawn("sensor.lidar.ray_cast_semantic", at(0, 0, 2), channels="32", points_per_second="10")
    [(_, _, payload)] = bench.tick()
    assert payloads.read_lidar(payload, payloads.SEMANTIC_POINT).points_per_channel.tolist() == [0] * 32


def test_a_full_turn_ends_where_it_began_and_half_a_turn_half_way():
    head = Head(64, 100, 1_300_000, 10, 2, -24.8, 360)
    assert head.angle_after(0.0, 0.1) == 0.0
    assert head.angle_after(0.0, 0.05) == pytest.approx(180.0)
    assert head.points_per_channel(0.1) == 2031
    assert head.directions(0.0, 0.1).shape == (64 * 2031, 3)
    np.testing.assert_allclose(np.linalg.norm(head.directions(0.0, 0.1), axis=1), 1.0, atol=1e-6)


def test_channels_are_even_from_the_upper_to_the_lower_limit():
    rays = Head(5, 100, 500, 10, 10, -30, 360).directions(0.0, 0.1).reshape(5, -1, 3)
    np.testing.assert_allclose(np.degrees(np.arcsin(rays[:, 0, 2])), [10, 0, -10, -20, -30], atol=1e-4)


def test_intensity_falls_with_distance_and_weak_echoes_are_dropped_as_carla_documents():
    returns = Returns(0.004, 0.0, 0.8, 0.4, 0.0)
    assert returns.intensity(np.array([0.0, 100.0])) == pytest.approx([1.0, math.exp(-0.4)])
    rng = np.random.default_rng(1)
    assert returns.survives(np.full(1000, 0.9), rng).all()
    assert returns.survives(np.full(20000, 0.0), rng).mean() == pytest.approx(0.6, abs=0.02)
    assert returns.survives(np.full(20000, 0.4), rng).mean() == pytest.approx(0.8, abs=0.02)
    general = Returns(0.004, 0.45, 0.8, 0.4, 0.0)
    assert general.survives(np.full(20000, 0.9), rng).mean() == pytest.approx(0.55, abs=0.02)


def test_chance_is_the_same_in_every_episode_and_another_in_every_frame(bench):
    def two_sweeps():
        bench.world.begin_episode(bench.world.level)
        bench.spawn("sensor.lidar.ray_cast", at(0, 0, 2), range="50", noise_stddev="0.02", noise_seed="5")
        return [bench.tick()[0][2] for _ in range(2)]

    first, again = two_sweeps(), two_sweeps()
    assert first == again
    assert first[0] != first[1]


def test_gnss_agrees_with_the_clients_own_map(bench):
    carla = pytest.importorskip("carla")
    where = Vector3(120.0, -80.0, 3.0)
    bench.spawn("sensor.other.gnss", Transform(where, Rotation(0, 0, 0)))
    [(_, _, payload)] = bench.tick()
    theirs = carla.Map("Straight", STRAIGHT_ROAD).transform_to_geolocation(carla.Location(*where))
    expected = (theirs.latitude, theirs.longitude, theirs.altitude)
    assert payloads.read_gnss(payload) == pytest.approx(expected, abs=1e-9)


def test_a_map_that_says_nothing_of_itself_lies_where_carla_assumes():
    bare = parse("<OpenDRIVE><header/></OpenDRIVE>")
    assert geo_location(geo_origin(bare), 0, 0, 0) == pytest.approx(GeoPoint(42.0, 2.0, 0.0))
    assert speed_limit_kmh(bare) == 50.0


def test_an_imu_at_rest_feels_gravity_and_knows_north(bench):
    bench.spawn("sensor.other.imu", at(0, 0, 1, yaw=-90))
    [(_, _, payload)] = bench.tick()
    accelerometer, gyroscope, compass = payloads.read_imu(payload)
    assert accelerometer == pytest.approx((0, 0, 9.81))
    assert gyroscope == (0, 0, 0)
    assert math.sin(compass) == pytest.approx(0, abs=1e-9)             # −y is north
    assert math.cos(compass) == pytest.approx(1)


def test_an_imu_in_a_bend_feels_it(bench):
    ego = bench.spawn("vehicle.lincoln.mkz_2020")
    bench.spawn("sensor.other.imu", at(-1.425, 0, 0), ego)              # over the rear axle
    bench.world.enable_constant_velocity(ego, Vector3(5, 0, 0))
    bench.world.apply_vehicle_control(ego, VehicleControl(steer=10 / 70))
    for _ in range(50):
        [(_, _, payload)] = bench.tick(0.02)
    accelerometer, gyroscope, _ = payloads.read_imu(payload)
    turn = 5 * math.tan(math.radians(10)) / 2.85                         # rad/s, to the right
    assert gyroscope.z == pytest.approx(turn)
    assert accelerometer.y == pytest.approx(5 * turn, rel=0.02)


def test_a_collision_is_told_once_a_tick_for_everybody_touched(bench):
    ego = bench.spawn("vehicle.lincoln.mkz_2020")
    bench.spawn("sensor.other.collision", parent=ego)
    deer = bench.spawn("walker.animal.red_deer", at(20, 0, 1.05))
    assert bench.tick() == []
    bench.world.set_target_velocity(ego, Vector3(10, 0, 0))
    bench.world.set_transform(deer, at(4, 0, 1.05))
    [(_, header, payload)] = bench.tick()
    own, other, impulse = payloads.read_collision(payload)
    assert (header.sensor_type, own.id, other.id) == (0, ego, deer)
    reduced = 1700 * 180 / (1700 + 180)
    assert impulse.x == pytest.approx(-reduced * 10, rel=0.01)


def test_every_sensor_with_a_stream_can_be_measured(bench):
    for blueprint in bench.world.library:
        if blueprint.id.startswith("sensor.") and blueprint.id != "sensor.other.lane_invasion":
            assert blueprint.id in MEASURE


def test_bodies_stand_on_the_ground_right_handed(bench):
    bench.spawn("vehicle.audi.a2", at(1, 2, 0, yaw=90), color="10,20,30")
    bench.spawn("walker.pedestrian.0002", at(5, 6, 0.93))
    scene = scene_of(bench.world.tick(0.1).actors, NoBodies(), bench.renderer)
    car, walker = scene.instances
    np.testing.assert_allclose(car.world_from_mesh[:3, 3], [1, -2, 0], atol=1e-12)
    np.testing.assert_allclose(car.world_from_mesh[:3, 0], [0, -1, 0], atol=1e-12)   # forward is south
    np.testing.assert_allclose(car.world_from_mesh[:3, 1], [1, 0, 0], atol=1e-12)    # left is east
    np.testing.assert_allclose(walker.world_from_mesh[:3, 3], [5, -6, 0], atol=1e-12)
    assert (car.actor_id, car.tag, walker.tag) == (2, 14, 12)
    assert bench.renderer.meshes.keys() == {"vehicle.audi.a2/0", "walker.pedestrian.0002/0"}


def test_a_walking_animal_is_drawn_in_the_phases_of_its_gait(bench):
    deer = bench.spawn("walker.animal.red_deer", at(0, 0, 1.05))
    bench.world.apply_walker_control(deer, WalkerControl(Vector3(1, 0, 0), 2.0))
    keys = [scene_of(bench.world.tick(0.1).actors, NoBodies(), bench.renderer).instances[0].mesh for _ in range(3)]
    assert keys == ["walker.animal.red_deer/2", "walker.animal.red_deer/3", "walker.animal.red_deer/4"]


@pytest.mark.parametrize(("flags", "brake", "headlamps", "tail", "braking", "kinds"), [
    (0, 0.0, 0, False, False, []), (3, 0.0, 1, True, False, [1, 1, 2, 2]), (4, 0.0, 2, True, False, [3, 3, 2, 2]),
    (0, 0.5, 0, False, True, [2, 2]), (8, 0.0, 0, False, True, [2, 2]), (64, 0.0, 0, False, False, [2, 2]),
])
def test_lamps_follow_flags_and_pedal(bench, flags, brake, headlamps, tail, braking, kinds):
    ego = bench.spawn("vehicle.audi.a2")
    bench.world.set_lights(ego, flags)
    bench.world.apply_vehicle_control(ego, VehicleControl(brake=brake))
    scene = scene_of(bench.world.tick(0.1).actors, NoBodies(), bench.renderer)
    [instance] = scene.instances
    assert (instance.headlamps, instance.tail, instance.brake) == (headlamps, tail, braking)
    assert [light.kind for light in scene.lights] == kinds
    for light in scene.lights:
        ahead = light.direction[0] > 0
        assert ahead == (light.kind != 2) == (light.position_m[0] > 0)


def test_the_renderer_is_seeded_by_the_episodes_age(bench):
    seeds = []
    for idle in (2, 5):
        bench.world.begin_episode(bench.world.level)
        for _ in range(idle):
            bench.tick()
        bench.spawn("sensor.camera.rgb", image_size_x="4", image_size_y="2")
        bench.renderer.seeds.clear()
        bench.tick(), bench.tick()
        seeds.append(tuple(bench.renderer.seeds))
    assert seeds == [(1, 2), (1, 2)]


def test_carlas_matrix_turns_right_handed_with_y_mirrored():
    matrix = matrix_from_carla(Transform(Vector3(1, 2, 3), Rotation(0, 90, 0)))
    np.testing.assert_allclose(matrix[:3, 3], [1, -2, 3])
    np.testing.assert_allclose(matrix[:3, :3], [[0, 1, 0], [-1, 0, 0], [0, 0, 1]], atol=1e-12)


def test_a_scene_is_set_again_only_where_something_has_changed(bench):
    def rays():
        bench.renderer.seeds.clear()
        for _ in range(3):
            bench.stage.show(bench.world.moment(0.1))
            assert len(bench.stage.surfaces(Vector3(0.0, 0.0, 5.0), Vector3(0.0, 0.0, -1.0), 10.0)) == 1
        return len(bench.renderer.seeds)

    bench.tick()
    bench.stage.surfaces(Vector3(0.0, 0.0, 5.0), Vector3(0.0, 0.0, -1.0), 10.0)
    assert rays() == 0
    car = bench.spawn("vehicle.audi.tt")
    assert rays() == 1
    bench.world.destroy(car)
    assert rays() == 1
    bench.world.weather = replace(bench.world.weather, cloudiness=50.0)
    assert rays() == 1
