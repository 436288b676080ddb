import math
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from simgen.localsim import contact, poses
from simgen.localsim.catalogue import Wheels
from simgen.localsim.physics import Motion, drive, on_wheels, speed_after, walk
from simgen.localsim.values import BoundingBox, Rotation, Transform, Vector3, VehicleControl, WalkerControl

WHEELS = Wheels(count=4, base_m=2.85, track_m=1.6, radius_m=0.33)
angles = st.floats(-179, 179)


def level(xy):
    return np.zeros(len(xy))


def rolling(speed, yaw=0.0):
    rotation = Rotation(0.0, yaw, 0.0)
    return Motion(Transform(Vector3(0, 0, 0), rotation), poses.to_world(rotation, Vector3(speed, 0, 0)))


def after(seconds, motion, control, dt=0.05, **more):
    for _ in range(round(seconds / dt)):
        motion = drive(motion, control, WHEELS, 70.0, dt, level, **more)
    return motion


def test_full_throttle_reaches_50_km_h_in_about_six_seconds():
    speeds = [after(seconds, rolling(0.0), VehicleControl(throttle=1.0)).forward_mps for seconds in (4.5, 6.0)]
    assert speeds[0] < 50 / 3.6 < speeds[1]


def test_full_brake_from_20_mps_stops_within_a_car_length_of_25_metres_and_stays():
    stopped = after(4.0, rolling(20.0), VehicleControl(brake=1.0))
    assert stopped.forward_mps == 0.0
    assert 20.0 < stopped.transform.location.x < 25.5           # v²/2a = 25 m


def test_a_rolling_car_only_loses_what_air_and_tyres_take():
    assert after(1.0, rolling(10.0), VehicleControl()).forward_mps == pytest.approx(10.0 - 0.1 - 0.04, abs=0.005)


def test_a_standing_car_with_no_pedals_pressed_stays():
    assert after(5.0, rolling(0.0), VehicleControl()).transform == rolling(0.0).transform


def test_reverse_goes_backwards_and_the_brake_ends_it():
    backwards = after(2.0, rolling(0.0), VehicleControl(throttle=1.0, reverse=True))
    assert backwards.forward_mps < -2.5
    assert backwards.transform.location.x < -2.5
    assert after(2.0, backwards, VehicleControl(brake=1.0)).forward_mps == 0.0


def test_a_held_speed_ignores_the_pedals():
    held = after(1.0, rolling(0.0), VehicleControl(brake=1.0), speed=7.0)
    assert held.transform.location.x == pytest.approx(7.0)
    assert held.velocity == Vector3(7.0, 0.0, 0.0)


def test_constant_steering_draws_a_circle_of_the_bicycle_models_radius():
    steer_deg = 20.0
    radius = WHEELS.base_m / math.tan(math.radians(steer_deg))         # of the rear axle
    control = VehicleControl(steer=steer_deg / 70.0)
    places = []
    motion = rolling(4.0)
    for _ in range(400):
        motion = drive(motion, control, WHEELS, 70.0, 0.05, level, speed=4.0)
        turn = poses.rotation_matrix(motion.transform.rotation)
        places.append(np.array(motion.transform.location) - turn[:, 0] * WHEELS.base_m / 2)
    centre = np.array([-WHEELS.base_m / 2, radius, 0.0])               # to the right is +y
    distances = np.linalg.norm(np.array(places) - centre, axis=1)
    np.testing.assert_allclose(distances, radius, rtol=1e-9)


def test_positive_steer_turns_right_which_is_towards_plus_y_and_plus_yaw():
    motion = after(1.0, rolling(5.0), VehicleControl(steer=0.2), speed=5.0)
    assert motion.transform.rotation.yaw > 5
    assert motion.transform.location.y > 0.1
    assert motion.angular_velocity.z > 0


def test_at_speed_the_tyres_give_way_instead_of_turning_on_the_spot():
    motion = after(1.0, rolling(30.0), VehicleControl(steer=1.0), speed=30.0)
    sideways = math.radians(motion.angular_velocity.z) * 30.0
    assert sideways == pytest.approx(8.0)


@given(st.floats(0, 30), st.floats(-1, 1), st.floats(0, 1), st.floats(0, 1), angles)
def test_two_small_steps_lead_where_one_big_step_does_up_to_first_order(speed, steer, throttle, brake, yaw):
    control = VehicleControl(throttle=throttle, brake=brake, steer=steer)
    once = drive(rolling(speed, yaw), control, WHEELS, 70.0, 0.02, level)
    twice = drive(drive(rolling(speed, yaw), control, WHEELS, 70.0, 0.01, level), control, WHEELS, 70.0, 0.01, level)
    assert math.dist(once.transform.location, twice.transform.location) < 0.02


@given(st.floats(-5, 40), st.booleans(), st.floats(0, 1))
def test_braking_never_turns_a_motion_round(speed, hand_brake, brake):
    braked = speed_after(speed, VehicleControl(brake=brake, hand_brake=hand_brake), 0.5)
    assert braked == 0.0 or math.copysign(1, braked) == math.copysign(1, speed)
    assert abs(braked) <= abs(speed)


def test_on_a_slope_of_one_in_ten_the_nose_points_up_and_the_wheels_stand_on_it():
    pose = on_wheels(Transform(Vector3(10, 5, 99), Rotation(0, 0, 0)), WHEELS, lambda xy: 0.1 * xy[:, 0])
    assert pose.location == pytest.approx((10, 5, 1.0))
    assert pose.rotation == pytest.approx((math.degrees(math.atan(0.1)), 0.0, 0.0))


def test_where_the_road_falls_to_the_right_the_roll_is_positive():
    pose = on_wheels(Transform(Vector3(0, 0, 0), Rotation(0, 0, 0)), WHEELS, lambda xy: -0.05 * xy[:, 1])
    assert pose.rotation.roll == pytest.approx(math.degrees(math.atan(0.05)))
    # Roll is clockwise seen from behind: the right-hand side is the low one.
    assert poses.to_world(pose.rotation, Vector3(0, 1, 0)).z < 0


def test_where_there_is_no_ground_a_car_keeps_its_height():
    void = on_wheels(Transform(Vector3(0, 0, 3), Rotation(1, 2, 3)), WHEELS, lambda xy: np.full(len(xy), np.nan))
    assert void == Transform(Vector3(0, 0, 3), Rotation(1, 2, 3))


def test_a_walker_goes_where_it_looks_with_its_feet_on_the_ground():
    start = Motion(Transform(Vector3(0, 0, 5), Rotation(0, 0, 0)))
    there = walk(start, WalkerControl(Vector3(0, 3, 0), 2.0), 0.93, 0.5, lambda xy: xy[:, 1] * 0.1)
    assert there.transform.location == pytest.approx((0.0, 1.0, 0.1 + 0.93))
    assert there.transform.rotation.yaw == pytest.approx(90.0)
    assert there.velocity == pytest.approx((0.0, 2.0, 0.0))


def test_a_walker_that_stops_keeps_looking_where_it_went():
    going = walk(Motion(), WalkerControl(Vector3(-1, 0, 0), 1.0), 0.93, 0.1, level)
    standing = walk(going, WalkerControl(Vector3(1, 0, 0), 0.0), 0.93, 0.1, level)
    assert standing.transform == replace(going, velocity=Vector3(0, 0, 0)).transform
    assert standing.velocity == Vector3(0, 0, 0)


@given(angles, st.floats(-89, 89), angles, angles, st.floats(-80, 80), angles)
def test_a_childs_pose_seen_from_its_parent_and_back_is_the_same(yaw, pitch, roll, yaw2, pitch2, roll2):
    parent = Transform(Vector3(1, 2, 3), Rotation(pitch, yaw, roll))
    child = Transform(Vector3(-4, 5, 6), Rotation(pitch2, yaw2, roll2))
    again = poses.relative(parent, poses.compose(parent, child))
    np.testing.assert_allclose(again.location, child.location, atol=1e-9)
    np.testing.assert_allclose(
        poses.rotation_matrix(again.rotation), poses.rotation_matrix(child.rotation), atol=1e-9)


@given(st.floats(-90, 90), angles, angles)
def test_poses_turn_as_the_carla_client_turns_them(pitch, yaw, roll):
    carla = pytest.importorskip("carla")
    theirs = np.array(carla.Transform(carla.Location(0, 0, 0), carla.Rotation(pitch, yaw, roll)).get_matrix())
    ours = poses.rotation_matrix(Rotation(pitch, yaw, roll))
    np.testing.assert_allclose(ours, theirs[:3, :3], atol=2e-6)


def box(x, y, yaw, length=4.0, width=2.0, z=0.0):
    at = Transform(Vector3(x, y, z), Rotation(0, yaw, 0))
    return contact.footprint(at, BoundingBox(Vector3(0, 0, 0.75), Vector3(length / 2, width / 2, 0.75)))


@pytest.mark.parametrize(("other", "touch"), [
    (box(3.9, 0, 0), True), (box(4.1, 0, 0), False), (box(0, 1.9, 0), True), (box(0, 2.1, 0), False),
    (box(0, 2.9, 90), True), (box(0, 3.1, 90), False), (box(3.0, 2.0, 45), True), (box(3.6, 2.6, 45), False),
    (box(0, 0, 0, z=1.4), True), (box(0, 0, 0, z=1.6), False),
])
def test_boxes_overlap_where_they_should(other, touch):
    own = box(0, 0, 0)
    assert contact.overlap(own, other) is touch
    assert contact.overlap(other, own) is touch
