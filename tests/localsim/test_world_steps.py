import math

import pytest

from simgen.localsim.errors import Refused
from simgen.localsim.scene import level_of
from simgen.localsim.values import (
    ActorAttribute,
    ActorDescription,
    EpisodeSettings,
    Rotation,
    Transform,
    Vector3,
    VehicleControl,
    WalkerControl,
    WeatherParameters,
)
from simgen.localsim.world import SPECTATOR_ID, World
from tests.localsim.stand_in import straight_place

LEVEL = level_of(straight_place())


def description(blueprint, **attributes):
    return ActorDescription(0, blueprint, tuple(ActorAttribute(k, 4, v) for k, v in attributes.items()))


def at(x, y=0.0, z=0.3, yaw=0.0):
    return Transform(Vector3(x, y, z), Rotation(0.0, yaw, 0.0))


@pytest.fixture
def world():
    return World(LEVEL)


def car(world, x=0.0, **more):
    return world.spawn(description("vehicle.lincoln.mkz_2020", **more), at(x)).id


def test_the_level_is_carlas_with_y_to_the_right():
    assert LEVEL.spawn_points[0] == at(0.0, 1.75)
    assert LEVEL.speed_limit_kmh == 50.0
    assert LEVEL.geo_origin == (49.0, 8.0, 0.0)


def test_ids_are_small_and_start_again_with_every_episode(world):
    assert [car(world), car(world, 20)] == [2, 3]
    world.begin_episode(LEVEL)
    assert car(world) == 2
    assert [actor.id for actor in world.actors] == [SPECTATOR_ID, 2]


def test_frames_go_on_while_ids_time_weather_and_chance_start_again(world):
    car(world)
    world.weather = WeatherParameters(fog_density=50.0)
    for _ in range(3):
        world.tick(0.1)
    world.begin_episode(LEVEL)
    moment = world.tick(0.1)
    assert (moment.frame, moment.episode_id, moment.map_changed) == (4, 2, True)
    assert moment.timestamp_s == pytest.approx(0.1)
    assert moment.age_ticks == 0
    assert moment.weather == WeatherParameters()
    assert not world.tick(0.1).map_changed


def test_ticks_of_an_empty_world_leave_no_trace_in_the_episodes_age(world):
    ages = []
    for idle in (0, 7):
        world.begin_episode(LEVEL)
        for _ in range(idle):
            world.tick(0.05)
        car(world)
        ages.append((world.tick(0.1).age_ticks, world.tick(0.1).age_s))
    assert ages == [(1, pytest.approx(0.2))] * 2


def test_settings_survive_a_new_episode_if_they_should(world):
    world.settings = EpisodeSettings(synchronous_mode=True, fixed_delta_seconds=0.1)
    world.begin_episode(LEVEL, reset_settings=False)
    assert world.settings.synchronous_mode
    world.begin_episode(LEVEL)
    assert world.settings == EpisodeSettings()


def test_the_same_calls_give_the_same_moments(world):
    def story(world):
        ego = car(world)
        deer = world.spawn(description("walker.animal.red_deer"), at(30, -5)).id
        world.apply_vehicle_control(ego, VehicleControl(throttle=0.7, steer=0.1))
        world.apply_walker_control(deer, WalkerControl(Vector3(0, 1, 0), 4.0))
        return [tuple(actor.motion for actor in world.tick(0.05).actors) for _ in range(40)]

    first = story(world)
    world.begin_episode(LEVEL)
    assert story(world) == first == story(World(LEVEL))


def test_a_second_actor_is_not_born_where_one_stands(world):
    car(world)
    with pytest.raises(Refused, match=r"^Spawn failed because of collision at spawn position$"):
        car(world, 4.0)
    assert car(world, 6.0) == 3


def test_an_actor_without_collisions_stands_in_nobodys_way(world):
    world.set_collisions(car(world), False)
    assert car(world) == 3


def test_a_vehicle_stands_on_the_road_after_its_first_tick(world):
    ego = car(world)
    world.tick(0.1)
    assert world.actor(ego).transform.location == Vector3(0, 0, 0)


def test_a_walker_keeps_its_middle_half_its_height_above_the_ground(world):
    walker = world.spawn(description("walker.pedestrian.0002"), at(5, 5, 2.0)).id
    world.tick(0.1)
    assert world.actor(walker).transform.location == pytest.approx((5, 5, 0.93))


def test_what_is_attached_goes_where_its_parent_goes(world):
    ego = car(world)
    camera = world.spawn(description("sensor.camera.rgb"), at(1.0, 0.5, 1.65), ego).id
    world.set_transform(ego, at(10, 20, 0, yaw=90))
    world.tick(0.1)
    pose = world.actor(camera).transform
    assert pose.location == pytest.approx((10 - 0.5, 20 + 1.0, 1.65))
    assert pose.rotation.yaw == pytest.approx(90)


def test_the_velocity_of_what_is_attached_is_that_of_its_own_path(world):
    ego = car(world)
    imu = world.spawn(description("sensor.other.imu"), at(0, 0, 0.5), ego).id
    world.set_target_velocity(ego, Vector3(10, 0, 0))
    world.apply_vehicle_control(ego, VehicleControl(brake=1.0))
    for _ in range(5):
        world.tick(0.05)
    motion = world.actor(imu).motion
    assert motion.velocity.x == pytest.approx(world.actor(ego).motion.velocity.x)
    assert motion.acceleration.x == pytest.approx(-8.1, abs=0.1)


def test_moving_an_attached_actor_moves_it_on_its_parent(world):
    ego = car(world)
    camera = world.spawn(description("sensor.camera.rgb"), at(1.0), ego).id
    world.set_transform(camera, at(2.0, 0.0, 1.0))
    assert world.actor(camera).transform.location == pytest.approx((2.0, 0.0, 1.3))
    world.tick(0.1)
    assert world.actor(camera).transform.location == pytest.approx((2.0, 0.0, 1.0))


def test_children_end_with_their_parent(world):
    ego = car(world)
    world.spawn(description("sensor.camera.rgb"), at(1.0), ego)
    assert world.destroy(ego)
    assert [actor.id for actor in world.actors] == [SPECTATOR_ID]
    with pytest.raises(Refused, match=f"no actor {ego}"):
        world.destroy(ego)


def test_a_target_velocity_holds_at_once_and_along_the_vehicle(world):
    ego = car(world)
    world.set_target_velocity(ego, Vector3(12.0, 3.0, 0.0))
    assert world.tick(0.001).actors[1].motion.velocity == pytest.approx((12.0, 0.0, 0.0), abs=1e-3)


def test_a_constant_velocity_holds_until_it_is_given_up(world):
    ego = car(world)
    world.enable_constant_velocity(ego, Vector3(5, 0, 0))
    world.apply_vehicle_control(ego, VehicleControl(brake=1.0))
    for _ in range(10):
        world.tick(0.1)
    assert world.actor(ego).transform.location.x == pytest.approx(5.0)
    world.disable_constant_velocity(ego)
    for _ in range(10):
        world.tick(0.1)
    assert world.actor(ego).motion.forward_mps == 0.0


def test_without_physics_a_vehicle_stays_where_it_is_put(world):
    ego = car(world)
    world.set_simulate_physics(ego, False)
    world.set_transform(ego, at(3, 3, 7))
    assert world.tick(0.1).actors[1].transform == at(3, 3, 7)


def test_a_gait_follows_the_way_travelled_however_the_walker_is_moved(world):
    walker = world.spawn(description("walker.animal.dog"), at(0)).id
    world.apply_walker_control(walker, WalkerControl(Vector3(1, 0, 0), 2.0))
    for _ in range(10):
        world.tick(0.1)
    assert world.actor(walker).travelled_m == pytest.approx(2.0)
    world.apply_walker_control(walker, WalkerControl())
    here = world.actor(walker).transform.location.x
    world.set_transform(walker, at(here + 0.15))
    world.tick(0.1)
    assert (world.actor(walker).travelled_m, world.actor(walker).gait_mps) == pytest.approx((2.15, 1.5))


def test_a_teleport_is_no_gait(world):
    walker = world.spawn(description("walker.animal.dog"), at(0)).id
    world.set_transform(walker, at(50))
    world.tick(0.1)
    assert (world.actor(walker).travelled_m, world.actor(walker).gait_mps) == (0.0, 0.0)


def test_wheels_are_answered_in_world_centimetres(world):
    ego = world.spawn(description("vehicle.lincoln.mkz_2020"), at(10, 20, 0, yaw=90)).id
    wheels = world.vehicle(ego).physics_now().wheels
    rear = [wheel.position for wheel in wheels[2:]]
    middle = [sum(values) / 2 for values in zip(*rear, strict=True)]
    assert middle[:2] == pytest.approx((1000.0, 2000.0 - 142.5))       # the wheel base is 2.85 m
    assert [wheel.max_steer_angle for wheel in wheels] == [70.0, 70.0, 0.0, 0.0]
    left, right = (wheel.position for wheel in wheels[:2])
    assert left.x > right.x                                              # facing +y, the left is towards +x


@pytest.mark.parametrize("act", [
    lambda world: world.apply_vehicle_control(SPECTATOR_ID, VehicleControl()),
    lambda world: world.apply_walker_control(car(world), WalkerControl()),
    lambda world: world.destroy(SPECTATOR_ID),
    lambda world: world.spawn(description("sensor.camera.rgb"), at(0), 99),
    lambda world: world.spawn(description("vehicle.audi.a2"), at(0), None, "wheel_socket"),
    lambda world: world.enable_constant_velocity(car(world), Vector3(0, 1, 0)),
    lambda world: world.apply_walker_control(
        world.spawn(description("walker.animal.dog"), at(0)).id, WalkerControl(jump=True)),
])
def test_what_cannot_be_done_is_refused(world, act):
    with pytest.raises(Refused):
        act(world)


@pytest.mark.parametrize("dt", [0.0, -0.1, math.nan, math.inf])
def test_time_only_goes_forward(world, dt):
    with pytest.raises(ValueError, match="a tick of"):
        world.tick(dt)
