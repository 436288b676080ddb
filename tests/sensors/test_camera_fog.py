"""Air full of drops and dust, by day and by night."""

from __future__ import annotations

import math

import numpy as np
import pytest

from sensors.camera import headlamps
from sensors.camera.fog import airlight, fogged, halos, lamps_of, tinted, transmittance
from sensors.camera.rays import luminance
from sensors.camera.scene import CameraScene
from sensors.camera.surfaces import BUILDING, PLANT, VEHICLE
from sensors.conditions import LN_20, Conditions
from sensors.lidar.link import transmission
from sensors.pinhole import Intrinsics

CAMERA = Intrinsics(200.0, 149.5, 59.5, 300, 120)


def wall_at(depth_m: float) -> CameraScene:
    """A wall that fills the picture."""
    return CameraScene(np.zeros((120, 300, 3), np.uint8), np.full((120, 300), depth_m, np.float32), CAMERA)


def test_transmittance_follows_from_two_patches_of_different_light_along_the_ray_and_not_the_depth():
    scene, extinction = wall_at(60.0), LN_20 / 150
    light = np.full((120, 300, 3), 0.1, np.float32)
    light[::2] = 0.6
    seen = fogged(light, scene, extinction, np.full(3, 0.7, np.float32))
    recovered = (seen[0::2] - seen[1::2])[..., 0] / 0.5
    rows, columns = np.mgrid[0:120:2, :300]
    ray = 60.0 * np.sqrt(1 + ((columns - 149.5) / 200) ** 2 + ((rows - 59.5) / 200) ** 2)
    assert np.abs(recovered - np.exp(-extinction * ray)).max() < 0.012      # between two rows
    assert abs(recovered[30, 150] - math.exp(-extinction * 60.0)) < 1e-3
    assert ray[30, 0] == pytest.approx(75.0, abs=0.1)
    assert abs(recovered[30, 0] - math.exp(-extinction * 75.0)) < 1e-3


def test_contrast_is_five_percent_at_the_meteorological_optical_range():
    t = transmittance(wall_at(100.0), Conditions(visibility_m=100.0).extinction().total)
    assert t[59, 149] == pytest.approx(0.05, abs=1e-4)


def test_camera_and_lidar_see_equally_far():
    extinction = Conditions(visibility_m=80.0, rain_mmph=10.0).extinction().weather
    t = transmittance(wall_at(40.0), extinction)
    assert t[59, 149] == pytest.approx(float(transmission(extinction, 40.0)), rel=1e-4)


@pytest.mark.parametrize(("rain_mmph", "expected"), [(10, 0.86), (50, 0.65)])
def test_rain_veils_as_weber_measured(rain_mmph, expected):
    t = transmittance(wall_at(100.0), Conditions(rain_mmph=rain_mmph).extinction().rain)
    assert t[59, 149] == pytest.approx(expected, abs=0.01)


def test_the_thicker_the_fog_the_nearer_to_the_airlight():
    scene, light, air = wall_at(30.0), np.zeros((120, 300, 3), np.float32), np.full(3, 0.7, np.float32)
    seen = [float(fogged(light, scene, LN_20 / mor, air)[59, 149, 0]) for mor in (1e6, 1000, 300, 100, 30, 10)]
    assert seen == sorted(seen)
    assert seen[0] < 1e-3
    assert seen[-1] == pytest.approx(0.7, abs=1e-3)


def test_airlight_is_the_low_sky():
    scene = wall_at(1000.0)
    light = np.full((120, 300, 3), 0.3, np.float32)
    light[35:] = 0.8                                            # 7° and below
    light[:31] = 0.1
    assert airlight(light, scene) == pytest.approx(np.full(3, 0.8), abs=0.04)
    assert airlight(np.full((120, 300, 3), 0.2, np.float32), wall_at(10.0)) == pytest.approx(np.full(3, 0.5))


def test_high_sky_shows_through_shallow_fog_and_low_sky_does_not():
    t = transmittance(wall_at(1000.0), 0.02, column=0.02 * 20)
    assert t[0, 150] == pytest.approx(math.exp(-0.4 / (59.5 / math.hypot(200, 59.5))), abs=0.01)
    assert t[59, 150] == pytest.approx(0.0, abs=1e-6)


def test_dust_tints_air_without_making_it_brighter():
    grey = np.full(3, 0.6, np.float32)
    dusty = tinted(grey, (0.76, 0.66, 0.50), 1.0)
    assert dusty[0] > dusty[1] > dusty[2]
    assert luminance(dusty) == pytest.approx(0.6, abs=1e-5)


def lamp_scene() -> tuple[np.ndarray, CameraScene, np.ndarray]:
    light = np.zeros((120, 300, 3), np.float32)
    light[58:62, 148:152] = 0.99
    return light, wall_at(40.0), np.full((120, 300), VEHICLE, np.uint8)


def test_a_lamp_in_fog_has_a_halo_that_fades_outwards():
    light, scene, kind = lamp_scene()
    glow = halos(light, scene, LN_20 / 80, kind=kind)[60, 150:, 0]
    assert glow[10] > glow[25] > glow[60] > 0


def test_without_fog_or_without_lamps_there_are_no_halos():
    light, scene, kind = lamp_scene()
    assert halos(light, scene, 0.02, kind=np.full_like(kind, PLANT)).size == 0
    assert halos(0.5 * light, scene, 0.02, kind=kind).size == 0
    assert np.abs(halos(light, scene, 1e-9, kind=kind)).max() < 1e-4


def test_a_white_wall_is_less_of_a_lamp_than_a_headlamp():
    light, scene, kind = lamp_scene()
    of_wall = halos(light, scene, 0.02, kind=np.full_like(kind, BUILDING))
    assert 0 < of_wall.max() < 0.2 * halos(light, scene, 0.02, kind=kind).max()


def test_lamps_mirrored_in_the_own_bonnet_and_white_roads_are_no_lamps():
    light, scene, kind = lamp_scene()
    assert lamps_of(light, scene, kind).sum() == 16
    assert not lamps_of(light, wall_at(2.0), kind).any()
    assert halos(light, wall_at(2.0), 0.02, kind=kind).size == 0
    assert not lamps_of(light, scene, np.full_like(kind, PLANT)).any()


def test_headlamps_are_as_bright_as_the_road_before_them_says():
    scene = wall_at(1000.0)
    v = np.arange(120)[:, None] - CAMERA.cy
    depth = np.where(v > 2, 1.65 * CAMERA.f / np.maximum(v, 1), 1000).repeat(300, axis=1).astype(np.float32)
    road = CameraScene(scene.rgb, depth, CAMERA)
    street_lit = np.full((120, 300, 3), 0.05, np.float32)
    assert headlamps.reference_light(street_lit, road) == pytest.approx(0.0, abs=1e-6)
    lit = street_lit + np.where((depth > 6) & (depth < 13), 0.06, 0.0)[..., None].astype(np.float32)
    assert headlamps.reference_light(lit, road) == pytest.approx(0.06 / headlamps.ROAD_OF_REFERENCE, rel=1e-3)


def test_fog_in_the_headlamps_beam_is_bright_below_its_cut_off():
    scene, black = wall_at(50.0), np.zeros((120, 300, 3), np.float32)
    dark = np.zeros(3, np.float32)
    veil = fogged(black, scene, LN_20 / 80, dark, dark=1.0, headlamp_light=5.0)[..., 1]
    assert veil[110, 150] > 5 * veil[20, 150] > 0
    assert veil[110, 150] > veil[110, 0], "the beam points ahead"
    near = fogged(black, wall_at(5.0), LN_20 / 80, dark, dark=1.0, headlamp_light=5.0)[..., 1]
    assert near[110, 150] < veil[110, 150], "less fog before it"


def test_dusk_lies_between_day_and_night():
    assert [headlamps.darkness(altitude) for altitude in (45, 4, -4, -30)] == [0, 0, 1, 1]
    assert headlamps.darkness(0) == pytest.approx(0.5)


def test_clear_air_is_the_identity():
    light = np.random.default_rng(0).random((120, 300, 3)).astype(np.float32)
    assert fogged(light, wall_at(50.0), 0.0, np.ones(3, np.float32)) is light
