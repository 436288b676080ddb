"""From the brightness of the world to electrons."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sensors.camera.bending import Lens
from sensors.camera.distortion import LensMap, lens_map
from sensors.camera.exposure import (
    Limits,
    electrons_per_s,
    followed,
    illuminance_lx,
    illuminance_on_sensor_lx,
    photons,
    settled,
    white_cdpm2,
)
from sensors.camera.vignetting import mechanical, natural, vignetting
from sensors.conditions import Conditions
from sensors.pinhole import Intrinsics
from tests.sensors.camera_examples import a_camera

NOON, NIGHT = Conditions(sun_altitude_deg=60.0), Conditions(sun_altitude_deg=-30.0)


def test_a_road_under_a_street_lamp_sends_174_photons_to_a_pixel():
    illuminance = illuminance_on_sensor_lx(1.0, f_number=2.0)
    assert illuminance == pytest.approx(0.196, abs=5e-4)
    count = photons(illuminance, pixel_um=4.65, time_s=0.010)
    assert count == pytest.approx(174, abs=0.5)
    assert 0.6 * count / math.sqrt(3 ** 2 + 1 / 12 / 0.1 ** 2 + 0.6 * count) == pytest.approx(9.5, abs=0.1)


def test_light_falls_off_by_the_fourth_power_of_the_cosine():
    assert illuminance_on_sensor_lx(1.0, 2.0, 1.0, math.radians(30)) == pytest.approx(0.5625 * math.pi / 16)
    assert natural(np.radians([0.0, 30.0, 45.0])) == pytest.approx([1.0, 0.5625, 0.25])
    assert mechanical(np.array([0.0, 1.0]), 0.15) == pytest.approx([1.0, 0.85])


def test_a_vignette_is_1_in_the_middle_and_what_the_angle_says_at_the_edge():
    size = Intrinsics(100 / math.tan(math.radians(30)), 100.0, 50.0, 201, 101)
    share = vignetting(lens_map(size, Lens()), 0.0)
    assert share[50, 100] == 1.0 and share[50, 200] == pytest.approx(0.5625, rel=1e-6)


def test_behind_a_fisheye_the_angle_in_the_world_counts():
    size = Intrinsics(100.0, 100.0, 0.0, 201, 3)
    bent = Intrinsics(100.0, 100.0, 0.0, 181, 3)
    share = vignetting(LensMap(size, bent, Lens("kannala_brandt", (0.0,) * 4)), 0.0)
    assert share[0, 160] == pytest.approx(math.cos(0.6) ** 4, rel=1e-6)


@pytest.mark.parametrize(("altitude", "clouds", "road", "within"), [(60, 0, 5000, 1.3), (60, 1, 1000, 1.5),
                                                                      (-2, 0, 10, 2.5)])
def test_roads_are_as_bright_as_the_table_says(altitude, clouds, road, within):
    found = 0.16 * illuminance_lx(altitude, clouds) / math.pi
    assert road / within < found < road * within


@given(st.floats(-25, 89), st.floats(0.1, 1), st.floats(0, 1))
def test_a_higher_sun_is_brighter_and_clouds_are_darker(altitude, higher, clouds):
    assert illuminance_lx(altitude) <= illuminance_lx(altitude + higher)
    assert 0.25 * illuminance_lx(altitude) <= illuminance_lx(altitude, clouds) <= illuminance_lx(altitude)


def test_at_noon_pixels_are_almost_full_and_at_night_they_are_not():
    camera = a_camera()
    noon, night = settled(white_cdpm2(NOON), camera), settled(white_cdpm2(NIGHT), camera)
    assert noon.white_e == pytest.approx(11700) and noon.gain == 1.0 and noon.time_s < 0.001
    assert night.time_s == 0.015 and night.gain > 4 and night.white_e < noon.white_e / 4
    assert noon.brightness == pytest.approx(1.0) and night.brightness == pytest.approx(1.0)


def test_where_time_and_gain_end_pictures_get_darker():
    dark = settled(white_cdpm2(NIGHT, lamplit_road_cdpm2=1e-3), a_camera())
    assert dark.gain_db == pytest.approx(30.0) and dark.brightness < 0.1
    assert dark.time_s == 0.033
    shorter = settled(white_cdpm2(NIGHT, lamplit_road_cdpm2=1e-3), a_camera(), Limits(night_s=0.0))
    assert shorter.time_s == 0.015 and shorter.brightness == pytest.approx(dark.brightness * 15 / 33)


def test_a_camera_set_up_for_the_day_is_given_time_at_night():
    kittis = a_camera(exposure_s=(0.00002, 0.002), f_number=4.0)
    night = settled(white_cdpm2(NIGHT), kittis)
    assert 0.002 < night.time_s < 0.033 and night.gain_db == pytest.approx(30.0)
    assert night.brightness == pytest.approx(1.0)
    assert settled(white_cdpm2(Conditions(sun_altitude_deg=0.0)), kittis).time_s == 0.002


def test_a_sensor_of_much_headroom_takes_its_time_by_day_and_amplifies_no_more_than_it_has_to():
    camera = a_camera(full_well_e=1.5e6)
    noon, night = settled(white_cdpm2(NOON), camera), settled(white_cdpm2(NIGHT), camera)
    assert noon.white_e == pytest.approx(0.9 * 1.5e6) and noon.gain == 1.0
    assert night.white_e * night.gain == pytest.approx(12000)
    assert noon.brightness == pytest.approx(1.0) and night.brightness == pytest.approx(1.0)


def test_out_of_a_tunnel_the_picture_is_too_bright_until_the_exposure_has_followed():
    camera = a_camera()
    tunnel = settled(100.0, camera)
    first = followed(tunnel, 0.0, 24000.0, camera)
    assert first.brightness > 8
    later = followed(first, 0.5, 24000.0, camera)
    assert math.log2(later.brightness) == pytest.approx(math.log2(first.brightness) * math.exp(-1), rel=1e-6)
    assert followed(first, 10.0, 24000.0, camera).brightness == pytest.approx(1.0, rel=1e-3)


def test_an_exposure_that_has_settled_stays():
    camera = a_camera()
    still = settled(500.0, camera)
    assert followed(still, 0.1, 500.0, camera).time_s == pytest.approx(still.time_s)


def test_electrons_follow_area_and_aperture():
    base = electrons_per_s(10.0, a_camera())
    assert electrons_per_s(10.0, a_camera(f_number=4.0)) == pytest.approx(base / 4)
    assert electrons_per_s(10.0, a_camera(pixel_um=9.3)) == pytest.approx(base * 4)


def test_no_light_at_all_is_refused():
    with pytest.raises(ValueError, match="above 0"):
        settled(0.0, a_camera())
