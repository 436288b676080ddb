"""What clings to the glass before a lens, and what the lens scatters."""

from __future__ import annotations

import numpy as np
import pytest

from sensors.camera.droplets import (
    Spots,
    blur_disc_px,
    dirt,
    disc_kernel,
    drops_at,
    drops_per_s,
    with_dirt,
    with_drops,
    with_frost,
)
from sensors.camera.glare import stiles_holladay, visible_share, with_sun_glare, with_veiling_glare
from sensors.camera.scene import CameraScene
from sensors.pinhole import Intrinsics
from sensors.precipitation import marshall_palmer

SIX_MM = Intrinsics(6000 / 4.65, 320.0, 240.0, 640, 480)        # f = 6 mm, pixels of 4.65 µm
SMALL = Intrinsics(200.0, 149.5, 59.5, 300, 120)


def one_drop(diameter_mm: float, glass_m: float) -> Spots:
    return Spots(np.array([[320.0, 240.0]]), np.array([0.5e-3 * diameter_mm * SIX_MM.f / glass_m]), np.zeros((1, 4)),
                 np.ones(1))


def test_a_drop_of_a_millimetre_is_26_pixels_wide_inside_a_blur_disc_of_77():
    assert 2 * one_drop(1.0, 0.05).radius_px[0] == pytest.approx(26, abs=0.5)
    assert blur_disc_px(SIX_MM, aperture_m=0.003, glass_m=0.05) == pytest.approx(77, abs=0.5)


@pytest.mark.parametrize("aperture_m", [0.0001, 0.001, 0.003])
def test_a_drop_covers_as_much_out_of_focus_as_it_does_sharp(aperture_m):
    white = np.ones((480, 640, 3), np.float32)
    black = np.zeros_like(white)
    dimmed = with_dirt(white, one_drop(2.0, 0.05), SIX_MM, aperture_m=aperture_m)
    dark = with_dirt(black, one_drop(2.0, 0.05), SIX_MM, aperture_m=aperture_m)
    colour = np.array([0.85, 0.65, 0.45])                       # mud in light of 1
    assert not dark.any()
    area = np.pi * one_drop(2.0, 0.05).radius_px[0] ** 2
    assert (1 - dimmed[..., 2]).sum() / (1 - colour[2]) == pytest.approx(area, rel=0.05)


def test_a_drop_shows_the_scene_upside_down():
    light = np.full((480, 640, 3), 0.1, np.float32)
    light[:240] = 0.8                                           # sky above
    out = with_drops(light, one_drop(4.0, 0.05), SIX_MM, aperture_m=1e-5)
    radius = int(one_drop(4.0, 0.05).radius_px[0])
    assert out[240 - radius // 2, 320, 0] == pytest.approx(0.1, abs=0.02), "the road, in the drop's upper half"
    assert out[240 + radius // 2, 320, 0] == pytest.approx(0.8, abs=0.02)
    assert out[240 + radius - 2, 320, 0] < 0.5, "the rim is dark"


def test_drops_gather_until_the_wiper_comes_and_stay_where_they_are():
    story = {"speed_mps": 15.0, "seed": 4, "wiper_s": 1.5}
    early, late, wiped = (drops_at(marshall_palmer(25), SIX_MM, time_s=t, **story) for t in (0.5, 1.4, 1.52))
    assert 0 < len(early.radius_px) < len(late.radius_px)
    assert set(map(tuple, early.centre_px)) <= set(map(tuple, late.centre_px))
    assert len(wiped.radius_px) < len(early.radius_px)


def test_more_drops_come_in_more_rain_and_at_more_speed():
    rates = [drops_per_s(marshall_palmer(rain), SIX_MM, 10.0, 0.05) for rain in (1, 5, 25, 100)]
    assert rates == sorted(rates)
    assert drops_per_s(marshall_palmer(5), SIX_MM, 30.0, 0.05) > drops_per_s(marshall_palmer(5), SIX_MM, 5.0, 0.05)


def test_glass_inside_the_lens_is_refused():
    with pytest.raises(ValueError, match="glass_m"):
        blur_disc_px(SIX_MM, 0.001, 0.0)


def test_dirt_covers_the_share_that_was_asked_for():
    spots = dirt(SIX_MM, 0.2, seed=1)
    covered = 1 - np.exp(-(np.pi * spots.radius_px**2).sum() / (640 * 480))
    assert covered == pytest.approx(0.2, abs=0.05)
    assert 0.1 <= spots.opacity.min() <= spots.opacity.max() <= 0.6


def test_frost_grows_from_the_edges_and_takes_contrast():
    light = np.zeros((120, 300, 3), np.float32)
    light[:, ::2] = 0.8
    some = with_frost(light, 0.5, seed=2)
    contrast = np.abs(np.diff(some[..., 0], axis=1))
    assert contrast[:, :20].mean() < 0.7 * contrast[50:70, 130:170].mean()
    assert with_frost(light, 0.0, seed=2) is light


def test_kernels_of_blur_sum_to_one():
    assert [float(disc_kernel(d).sum()) for d in (1.0, 2.5, 19.3)] == pytest.approx([1, 1, 1], abs=1e-5)


def test_a_dipped_headlamp_four_degrees_aside_veils_as_the_formula_says():
    illuminance = 500 / 50**2
    assert stiles_holladay(illuminance, 4.0) == pytest.approx(0.125)


def test_veiling_glare_moves_light_and_makes_none():
    light = np.zeros((240, 320, 3), np.float32)
    light[116:124, 156:164] = 50.0
    out = with_veiling_glare(light, 0.03)
    assert out.sum() == pytest.approx(light.sum(), rel=0.02)
    assert out.sum() <= light.sum() * (1 + 1e-5)
    assert out[120, 160, 0] == pytest.approx(0.97 * 50, rel=0.01)
    assert out[120, 200, 0] > out[120, 280, 0] > 0, "less and less outwards"


def test_grey_stays_grey_in_veiling_glare():
    light = np.full((240, 320, 3), 0.4, np.float32)
    assert with_veiling_glare(light, 0.02)[120, 160] == pytest.approx(np.full(3, 0.4), abs=0.005)


def sunny(depth_m: float = 1000.0) -> CameraScene:
    return CameraScene(np.zeros((120, 300, 3), np.uint8), np.full((120, 300), depth_m, np.float32), SMALL)


SUN = np.array([0.1, -0.15, 1.0]) / np.linalg.norm([0.1, -0.15, 1.0])


def test_the_sun_glares_unless_something_stands_before_it():
    light = np.full((120, 300, 3), 0.2, np.float32)
    assert visible_share(sunny(), SUN) == 1.0
    assert visible_share(sunny(30.0), SUN) == 0.0
    assert with_sun_glare(light, sunny(30.0), SUN) is light
    assert with_sun_glare(light, sunny(), -SUN) is light, "from behind"
    out = with_sun_glare(light, sunny(), SUN)
    u, v = SMALL.project(SUN[None])[0]
    assert out[round(v), round(u), 0] > 5
    assert out[round(v), round(u) + 40, 0] > out[round(v), round(u) + 120, 0] > 0.2


def test_the_suns_veil_is_the_eyes_by_the_share_that_a_lens_scatters():
    out = with_sun_glare(np.zeros((120, 300, 3), np.float32), sunny(), np.array([0.0, 0.0, 1.0]), share=0.065)
    column = 149.5 + 200 * np.tan(np.radians(20))
    assert out[60, round(column), 1] == pytest.approx(10 * np.pi / 20.6**2, rel=0.1)


def test_clean_glass_and_a_perfect_lens_are_the_identity():
    light = np.full((480, 640, 3), 0.2, np.float32)
    assert with_veiling_glare(light, 0.0) is light
    none = drops_at(marshall_palmer(0), SIX_MM, speed_mps=10, time_s=1, seed=1)
    assert with_drops(light, none, SIX_MM, aperture_m=0.001) is light
