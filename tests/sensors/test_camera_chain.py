"""The one call: from a rendered picture to a camera's."""

from dataclasses import replace

import numpy as np
import pytest

from sensors.camera.chain import STEPS, photograph
from sensors.camera.exposure import followed, settled, white_cdpm2
from sensors.camera.linear import light_of
from sensors.camera.scene import CameraScene
from sensors.conditions import Conditions
from sensors.pinhole import Intrinsics
from tests.sensors.camera_examples import a_camera, a_scene

NOON, NIGHT = Conditions(sun_altitude_deg=60.0), Conditions(sun_altitude_deg=-30.0)
BARREL = dict(distortion="brown_conrady", coefficients=(-0.25, 0.08, 0.0, 0.0, 0.0))
MOVING = dict(velocity_mps=np.array([0.0, 0.0, 15.0]), turning_radps=np.array([0.0, 0.3, 0.0]))


def test_with_no_step_taken_the_picture_is_the_rendered_one():
    scene = a_scene(**MOVING)
    assert np.array_equal(photograph(scene, a_camera(**BARREL), NIGHT, 1, steps=()).image, scene.rgb)


@pytest.mark.parametrize("step", ["weather", "motion_blur", "rolling_shutter", "distortion", "exposure", "jpeg"])
def test_a_step_that_has_nothing_to_do_changes_nothing(step):
    scene = a_scene()
    assert np.array_equal(photograph(scene, a_camera(), NOON, 1, steps=(step,)).image, scene.rgb)


@pytest.mark.parametrize("step", STEPS)
def test_every_step_can_be_left_out_and_changes_something_where_it_has_to(step):
    scene = a_scene(**MOVING)
    camera = a_camera(**BARREL, row_s=5e-5, falloff=0.2, jpeg_quality=80, read_noise_e=9.0)
    rain = Conditions(rain_mmph=30.0, sun_altitude_deg=-30.0)
    dim = settled(white_cdpm2(rain, lamplit_road_cdpm2=0.02), camera)
    whole = photograph(scene, camera, rain, 1, exposure=dim)
    part = photograph(scene, camera, rain, 1, exposure=dim, steps=[other for other in STEPS if other != step])
    assert not np.array_equal(whole.image, part.image)


def test_a_seed_repeats_the_picture_and_another_changes_its_noise():
    scene, camera = a_scene(**MOVING), a_camera(**BARREL)
    first, again, other = (photograph(scene, camera, NIGHT, seed).image for seed in (1, 1, 2))
    assert np.array_equal(first, again) and not np.array_equal(first, other)


def _noise(conditions, camera):
    grey = a_scene(np.full((120, 240, 3), 118, np.uint8))
    return light_of(photograph(grey, camera, conditions, 1, steps=("exposure", "noise", "mosaic")).image)


def test_nights_are_noisier_than_noons_and_as_bright():
    camera = a_camera()
    noon, night = _noise(NOON, camera), _noise(NIGHT, camera)
    assert night.std() > 2 * noon.std()
    assert night.mean() == pytest.approx(noon.mean(), rel=0.03) and noon.mean() == pytest.approx(0.181, rel=0.02)


def test_noise_at_night_is_strongest_in_blue():
    red, green, blue = _noise(NIGHT, a_camera()).std(axis=(0, 1))
    assert blue > 1.15 * green and blue > 1.15 * red


def test_a_sensor_without_filters_records_luminance():
    image = photograph(a_scene(), a_camera(bayer=""), NOON, 1, steps=("noise", "mosaic")).image
    assert np.ptp(image, axis=2).max() == 0
    green_is_bright = a_scene(np.broadcast_to(np.uint8([0, 255, 0]), (120, 240, 3)))
    light = light_of(photograph(green_is_bright, a_camera(bayer=""), NOON, 1, steps=("noise", "mosaic")).image)
    assert light.mean() == pytest.approx(0.7152, rel=0.01)


def test_labels_go_where_the_lens_puts_the_pixels():
    rgb = np.zeros((120, 240, 3), np.uint8)
    rgb[28:33, 48:53] = 255
    taken = photograph(a_scene(rgb), a_camera(**BARREL), NOON, 1, steps=("distortion",))
    light = light_of(taken.image)[..., 0]
    rows, columns = np.mgrid[:120, :240]
    found = [(light * columns).sum() / light.sum(), (light * rows).sum() / light.sum()]
    assert taken.lens_map.distort_points(np.array([50.0, 30.0])) == pytest.approx(found, abs=0.05)
    assert abs(found[0] - 50.0) > 1


def test_points_follow_shutter_and_lens():
    rgb = np.zeros((120, 240, 3), np.uint8)
    rgb[28:33, 48:53] = 255
    flow = np.broadcast_to(np.float32([2000.0, 500.0]), (120, 240, 2)).copy()
    taken = photograph(a_scene(rgb, flow_px_per_s=flow), a_camera(**BARREL, row_s=3e-5), NOON, 1,
                       steps=("distortion", "rolling_shutter"))
    light = light_of(taken.image)[..., 0]
    rows, columns = np.mgrid[:120, :240]
    found = [(light * columns).sum() / light.sum(), (light * rows).sum() / light.sum()]
    assert taken.points(np.array([50.0, 30.0]), np.array([2000.0, 500.0])) == pytest.approx(found, abs=0.1)


def test_a_rectified_picture_keeps_the_rendered_ones_calibration():
    scene, camera = a_scene(), a_camera(**BARREL)
    steps = ("distortion", "point_spread")
    taken = photograph(scene, camera, NOON, 1, steps=steps, rectify=True)
    assert taken.image.shape == scene.rgb.shape and taken.lens_map.is_identity and not taken.onto_sensor.is_identity
    assert taken.lens_map.distort_points(np.array([3.0, 4.0])) == pytest.approx([3.0, 4.0])
    plain = photograph(scene, camera, NOON, 1, steps=("point_spread",)).image
    assert np.abs(taken.image.astype(int) - plain)[45:75, 70:170].max() <= 1
    assert np.abs(taken.image.astype(int) - plain).mean() < 1.0


def test_a_sequence_carries_its_exposure_along():
    scene, camera = a_scene(), a_camera()
    tunnel = settled(100.0, camera)
    out = followed(tunnel, 0.1, white_cdpm2(NOON), camera)
    bright = photograph(scene, camera, NOON, 1, exposure=out)
    assert bright.exposure is out and bright.image.mean() > photograph(scene, camera, NOON, 1).image.mean() + 30


def test_mistakes_are_named():
    with pytest.raises(ValueError, match="no 'blur'; known are weather"):
        photograph(a_scene(), a_camera(), NOON, 1, steps=("blur",))
    small = a_scene(np.zeros((10, 10, 3), np.uint8))
    with pytest.raises(ValueError, match="expected 120 rows and 240 columns"):
        photograph(small, a_camera(), NOON, 1)
    with pytest.raises(ValueError, match="folds the picture"):
        photograph(a_scene(), a_camera(distortion="brown_conrady", coefficients=(-1.5, 0.0, 0.0, 0.0, 0.0)), NOON, 1)


def test_depths_that_are_no_numbers_and_tags_of_another_size_are_refused():
    depth_m = np.full((120, 240), 20.0, np.float32)
    depth_m[3, 5:7] = np.nan
    with pytest.raises(ValueError, match="depth_m is NaN in 2 places"):
        replace(a_scene(), depth_m=depth_m)
    with pytest.raises(ValueError, match=r"tag has the shape \(50, 240\), expected \(120, 240\)"):
        a_scene(tag=np.zeros((50, 240), np.uint8))


@pytest.mark.parametrize("size", [(1, 1), (1, 9), (9, 1)])
def test_pictures_of_one_row_or_column_are_pictures(size: tuple[int, int]):
    rows, columns = size
    small = CameraScene(np.full((*size, 3), 128, np.uint8), np.full(size, 20.0, np.float32),
                        Intrinsics(50.0, (columns - 1) / 2, (rows - 1) / 2, columns, rows))
    assert photograph(small, a_camera(), Conditions(rain_mmph=5.0, wetness=1.0), 1).image.shape == (*size, 3)


def test_depths_of_another_size_than_the_intrinsics_are_refused():
    with pytest.raises(ValueError, match=r"depth_m has the shape \(10, 10\), expected 120 rows and 240 columns"):
        replace(a_scene(), depth_m=np.ones((10, 10), np.float32))


@pytest.mark.parametrize(("wrong", "sentence"), [
    ({"up": np.zeros(3)}, r"up: expected a direction of length 1, as \(0, -1, 0\) of a level camera, got"),
    ({"up": np.array([0.0, -2.0, 0.0])}, "up: expected a direction of length 1"),
    ({"velocity_mps": np.array([0.0, 0.0, np.nan])}, "velocity_mps: expected three finite numbers"),
    ({"turning_radps": np.zeros(2)}, "turning_radps: expected three finite numbers"),
])
def test_vectors_that_say_nothing_are_refused(wrong: dict[str, np.ndarray], sentence: str):
    with pytest.raises(ValueError, match=sentence):
        a_scene(**wrong)


def test_a_cameras_name_is_no_camera():
    with pytest.raises(TypeError, match=r"load_camera.*got 'imx490'"):
        photograph(a_scene(), "imx490", NOON, 1)                        # type: ignore[arg-type]
