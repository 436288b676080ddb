"""Motion during the exposure, and during the readout of a rolling shutter."""

import numpy as np
import pytest

from sensors.camera.bending import Lens
from sensors.camera.distortion import lens_map, straight_of_bent
from sensors.camera.looking import seen
from sensors.camera.motion import image_motion, passed_over
from sensors.camera.motion_blur import motion_blurred
from sensors.camera.point_spread import softened
from sensors.camera.rolling_shutter import rolled, rolled_points, row_offset_s
from sensors.pinhole import Intrinsics
from tests.sensors.camera_examples import a_scene


def _dot(row=60, column=120):
    light = np.zeros((120, 240, 3), np.float32)
    light[row, column] = (1.0, 0.5, 0.25)
    return light


def _uniform(right, down):
    return np.broadcast_to(np.float32([right, down]), (120, 240, 2)).copy()


def test_driving_ahead_moves_a_pixel_away_from_the_middle_by_u_v_over_z():
    flow = image_motion(a_scene(velocity_mps=np.array([0.0, 0.0, 10.0])))
    assert flow[59, 219] == pytest.approx([99.5 * 10 / 20, -0.5 * 10 / 20], rel=1e-5)


def test_driving_sideways_and_turning_move_it_by_f_v_over_z_and_f_w():
    assert image_motion(a_scene(velocity_mps=np.array([3.0, 0.0, 0.0])))[60, 120, 0] == pytest.approx(-200 * 3 / 20)
    turning = image_motion(a_scene(turning_radps=np.array([0.0, 0.2, 0.0])))[59, 119]
    assert turning == pytest.approx([-200 * 0.2, 0.0], abs=1e-3)


def test_flow_is_what_moving_the_camera_does_to_points():
    velocity, turning = np.array([1.0, -0.5, 8.0]), np.array([0.05, -0.2, 0.1])
    scene = a_scene(velocity_mps=velocity, turning_radps=turning)
    flow, size, time_s = image_motion(scene), scene.intrinsics, 1e-5
    for row, column in ((10, 20), (60, 200), (110, 120)):
        point = 20.0 * np.array([(column - size.cx) / size.f, (row - size.cy) / size.f, 1.0])
        later = point - time_s * (velocity + np.cross(turning, point))
        moved = size.f * later[:2] / later[2] + (size.cx, size.cy) - (column, row)
        assert flow[row, column] == pytest.approx(moved / time_s, rel=1e-3, abs=1e-2)


def test_the_cars_own_bonnet_moves_along():
    scene = a_scene(velocity_mps=np.array([0.0, 0.0, 10.0]), turning_radps=np.array([0.0, 0.5, 0.0]))
    scene.depth_m[100:] = 0.8
    assert np.all(image_motion(scene)[100:] == 0) and np.all(image_motion(scene)[:100, :, 0] != 0)


def test_a_simulators_own_flow_is_taken_and_a_world_at_rest_has_none():
    given = _uniform(5, 1)
    assert image_motion(a_scene(flow_px_per_s=given)) is given
    assert image_motion(a_scene(flow_px_per_s=0 * given)) is None and image_motion(a_scene()) is None


@pytest.mark.parametrize(("right", "down"), [(1000, 0), (0, -800), (700, 500), (-60, 20)])
def test_blur_keeps_the_light_where_it_was_and_is_as_long_as_the_motion(right, down):
    blurred = motion_blurred(_dot(), _uniform(right, down), 0.010)
    assert blurred.sum(axis=(0, 1)) == pytest.approx([1.0, 0.5, 0.25], rel=0.03)
    rows, columns = np.mgrid[:120, :240]
    weight = blurred[..., 0] / blurred[..., 0].sum()
    middle = (weight * columns).sum(), (weight * rows).sum()
    assert middle == pytest.approx((120, 60), abs=0.05)
    # the variance of a box is a twelfth of its length's square; interpolation adds a fraction of a pixel's
    assert (weight * (columns - middle[0]) ** 2).sum() == pytest.approx((right / 100) ** 2 / 12, rel=0.1, abs=0.35)
    assert (weight * (rows - middle[1]) ** 2).sum() == pytest.approx((down / 100) ** 2 / 12, rel=0.1, abs=0.35)


def test_an_even_wall_stays_as_it_is_however_it_moves():
    flow = np.random.default_rng(0).normal(0, 800, (120, 240, 2)).astype(np.float32)
    wall = np.full((120, 240, 3), 0.4, np.float32)
    assert motion_blurred(wall, flow, 0.01) == pytest.approx(wall, abs=1e-5)


def test_a_pole_that_sweeps_by_smears_over_what_stands_behind_it():
    depth = np.full((120, 240), 50.0, np.float32)
    depth[:, 115:125] = 5.0
    flow = np.zeros((120, 240, 2), np.float32)
    flow[:, 115:125, 0] = 1000.0
    light = (depth < 10).astype(np.float32)[..., None].repeat(3, axis=2)
    across = motion_blurred(light, passed_over(flow, depth, 0.008), 0.008)[60, :, 0]
    assert across[[110, 114, 115, 120, 125, 129]] == pytest.approx([0, 0.44, 0.56, 1, 0.44, 0], abs=0.07)
    assert across.sum() == pytest.approx(10, rel=0.03)
    assert np.array_equal(passed_over(flow, np.full_like(depth, 50.0), 0.008), flow)


def test_a_still_car_stays_sharp_before_a_moving_road():
    depth = np.full((120, 240), 50.0, np.float32)
    depth[40:80, 100:140] = 5.0
    flow = np.full((120, 240, 2), 1000.0, np.float32)
    flow[40:80, 100:140] = 0.0
    assert np.array_equal(passed_over(flow, depth, 0.01), flow)


def test_what_hardly_moves_stays_sharp():
    light = np.random.default_rng(0).random((120, 240, 3)).astype(np.float32)
    assert np.array_equal(motion_blurred(light, _uniform(40, 40), 0.01), light)


def test_a_yaw_of_30_degrees_a_second_leans_a_pole_by_15_7_pixels():
    size = Intrinsics(1000.0, 100.0, 150.0, 201, 301)
    scene = a_scene()
    turn = type(scene)(rgb=np.zeros((301, 201, 3), np.uint8), depth_m=np.full((301, 201), 50.0, np.float32),
                       intrinsics=size, turning_radps=np.array([0.0, np.radians(-30.0), 0.0]))
    light = np.zeros((301, 201, 3), np.float32)
    light[:, 99:102] = 1.0
    leaning = rolled(light, image_motion(turn), 0.030 / 300)[..., 0]
    middle = (leaning * np.arange(201)).sum(axis=1) / leaning.sum(axis=1)
    assert middle[-1] - middle[0] == pytest.approx(15.7, abs=0.1)
    assert middle[150] == pytest.approx(100, abs=1e-3)


def test_points_move_with_the_picture_of_a_rolling_shutter():
    flow, row_s = _uniform(900, 300), 1e-4
    shown = rolled(_dot(20, 100), flow, row_s)[..., 0]
    rows, columns = np.mgrid[:120, :240]
    seen_at = [(shown * columns).sum() / shown.sum(), (shown * rows).sum() / shown.sum()]
    still = lens_map(a_scene().intrinsics, Lens())
    assert rolled_points(np.array([100.0, 20.0]), np.array([900.0, 300.0]), still, row_s) == \
        pytest.approx(seen_at, abs=0.05)


def test_the_middle_row_has_the_moment_of_the_picture():
    assert row_offset_s(np.array([0.0, 50.0, 100.0]), 101, 1e-5) == pytest.approx([-5e-4, 0, 5e-4])


def test_a_lens_alone_bends_like_its_map():
    scene = a_scene()
    way = lens_map(scene.intrinsics, Lens("brown_conrady", (-0.2, 0.05, 0.0, 0.0, 0.0)))
    light = np.random.default_rng(0).random((30, 60, 3)).astype(np.float32).repeat(4, 0).repeat(4, 1)
    assert seen(light, (120, 240), straight_of_bent(way)) == pytest.approx(way.warp(light), abs=0.02)


def test_under_a_mosaic_each_pixel_sees_its_own_colour_of_the_same_picture():
    light = np.random.default_rng(0).random((120, 240, 3)).astype(np.float32)
    flow, mosaic = _uniform(900, -400), np.array([[0, 1], [1, 2]])
    whole = seen(light, (120, 240), None, flow, 0.01, 1e-5)
    part = seen(light, (120, 240), None, flow, 0.01, 1e-5, mosaic)[..., 0]
    rows, columns = np.indices((120, 240))
    assert np.array_equal(part, np.take_along_axis(whole, mosaic[rows & 1, columns & 1][..., None], -1)[..., 0])


def test_a_lens_spreads_a_point_over_its_neighbours_and_keeps_its_light():
    soft = softened(_dot(), 0.5)
    assert soft[..., 0].sum() == pytest.approx(1.0, abs=1e-6)
    assert soft[60, 120, 0] == pytest.approx(0.75 ** 2) and soft[60, 121, 0] == pytest.approx(0.75 * 0.125)
    with pytest.raises(ValueError, match=r"0\.7 px"):
        softened(_dot(), 2.0)


def test_a_long_way_along_a_row_is_the_mean_over_it_to_the_last_part_of_a_pixel():
    light = np.random.default_rng(3).random((12, 120, 3)).astype(np.float32)
    flow = np.zeros((12, 120, 2), np.float32)
    flow[..., 0] = 1050.0                                           # 10.5 px in 10 ms
    blurred = seen(light, (12, 120), flow_px_per_s=flow, exposure_s=0.01)
    box = np.ones(11)
    box[[0, -1]] = 0.75                                             # 9 whole columns and three quarters on either side
    wanted = np.array([np.convolve(row, box / 10.5, "same") for row in light[..., 1]])
    assert blurred[2:10, 20:100, 1] == pytest.approx(wanted[2:10, 20:100], abs=1e-5)


def test_a_lamp_that_rises_along_a_long_way_keeps_its_light():
    light = np.zeros((60, 160, 3), np.float32)
    light[30, 80] = 1.0
    flow = np.zeros((60, 160, 2), np.float32)
    flow[...] = 3000.0, 800.0                                       # 30 px along and 8 up
    smear = seen(light, (60, 160), flow_px_per_s=flow, exposure_s=0.01)[..., 0]
    assert smear.sum() == pytest.approx(1.0, abs=0.02)
    assert smear.max() < 0.045, "one of thirty parts, and what two of them share"
    rows, columns = np.nonzero(smear > 0.005)
    assert np.ptp(columns) == pytest.approx(30, abs=2)
    assert np.abs(rows - 30 - (columns - 80) * 8 / 30).max() < 2.0, "along the way and no wider"
