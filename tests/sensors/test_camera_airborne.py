"""Falling drops and flakes as a camera sees them, by the numbers of sensor-physics.md, section 11.4."""

from __future__ import annotations

import math

import numpy as np
import pytest

from sensors.camera.airborne import (
    Airborne,
    Streaks,
    blur_disc_px,
    draw,
    expected_count,
    finest_px,
    in_view,
    passing_mps,
    streaks,
)
from sensors.camera.linear import code_of
from sensors.camera.rain import with_rain
from sensors.camera.scene import CameraScene
from sensors.camera.snowfall import with_snowfall
from sensors.chance import generator
from sensors.pinhole import Intrinsics
from sensors.precipitation import gunn_marshall, marshall_palmer

KITTI = Intrinsics(721.0, 600.0, 180.0, 1242, 375)
SMALL = Intrinsics(200.0, 149.5, 59.5, 300, 120)
STILL = np.zeros(3)


def scene(depth_m: float = 1000.0, speed_mps: float = 0.0, camera: Intrinsics = SMALL) -> CameraScene:
    size = camera.height, camera.width
    return CameraScene(np.zeros((*size, 3), np.uint8), np.full(size, depth_m, np.float32), camera,
                       velocity_mps=np.array([0.0, 0.0, speed_mps]))


def one_drop(exposure_s, *, speed_mps=0.0, aside_px=0.0, diameter_mm=2.0, depth_m=2.0, aperture_m=0.0):
    drop = Airborne(np.array([[aside_px / KITTI.f * depth_m, 0.0, depth_m]]), np.array([diameter_mm]))
    fall = marshall_palmer(10).fall_speed_mps(drop.diameter_mm)
    velocity = passing_mps(scene(speed_mps=speed_mps, camera=KITTI), drop.position_m, STILL, fall)
    return streaks(drop, velocity, KITTI, exposure_s=exposure_s, aperture_m=aperture_m, focus_m=math.inf)


@pytest.mark.parametrize(("exposure_s", "length_px"), [(0.002, 4.7), (0.010, 23.5)])
def test_a_drop_of_two_millimetres_at_two_metres_leaves_the_streak_that_was_worked_out(exposure_s, length_px):
    mark = one_drop(exposure_s)
    assert mark.size_px[0] == pytest.approx(0.72, abs=0.01)
    assert mark.length_px[0] == pytest.approx(length_px, abs=0.2)


def test_at_twenty_metres_a_second_a_streak_grows_by_eight_pixels_away_from_where_the_car_heads():
    mark = one_drop(0.002, speed_mps=20.0, aside_px=400.0)
    across, down = (mark.to_px - mark.from_px)[0]
    assert across == pytest.approx(8.0, abs=0.1)
    assert down == pytest.approx(4.7, abs=0.2)


def test_a_streak_is_fainter_the_longer_the_shutter_is_open():
    covers = [float(one_drop(t).cover[0]) for t in (0.0005, 0.002, 0.01, 0.03)]
    assert covers == sorted(covers, reverse=True)
    assert covers[-1] < 0.01, "rain hardly shows at 30 ms"


def test_a_near_flake_is_blurred_by_the_lens():
    disc = blur_disc_px(np.array([1.0]), Intrinsics(1290.0, 600, 180, 1242, 375), 0.003, math.inf)
    assert disc[0] == pytest.approx(3.87, abs=0.01)
    assert blur_disc_px(np.array([6.0]), KITTI, 0.003, 6.0)[0] == 0


@pytest.mark.parametrize("exposure_s", [0.0, 0.004, 0.02])
@pytest.mark.parametrize("aperture_m", [0.0, 0.002])
@pytest.mark.parametrize("softness", [0.3, 0.6])
def test_what_a_particle_covers_is_conserved(exposure_s, aperture_m, softness):
    particle = Airborne(np.array([[0.1, 0.03, 3.0]]), np.array([20.0]))
    mark = streaks(particle, np.array([[1.5, 4.0, -2.0]]), SMALL, exposure_s=exposure_s, aperture_m=aperture_m,
                   focus_m=math.inf)
    drawn = draw(np.zeros((120, 300, 3), np.float32), np.full((120, 300), 9.0, np.float32), mark,
                 np.ones((1, 3), np.float32), softness)
    assert drawn[..., 0].sum() == pytest.approx(math.pi / 4 * mark.size_px[0] ** 2, rel=0.10)


def test_a_streak_too_faint_for_a_code_value_is_left_to_the_veil():
    def drawn(cover: float) -> np.ndarray:
        mark = Streaks(np.array([[100.0, 40.0]]), np.array([[140.0, 90.0]]), np.array([1.0]), np.array([2.0]),
                       np.array([cover]), np.array([3.0]))
        return draw(np.zeros((120, 300, 3), np.float32), np.full((120, 300), 9.0, np.float32), mark,
                    np.full((1, 3), 0.1, np.float32), 0.3)
    assert not drawn(0.002).any()
    assert code_of(drawn(0.002 * 3)).max() == 2


def test_nothing_is_drawn_before_what_is_nearer():
    flakes = gunn_marshall(3.0)
    dark = np.zeros((120, 300, 3), np.float32)
    kwargs = {"exposure_s": 0.005, "wind_mps": STILL}
    behind = with_snowfall(dark, scene(0.4), flakes, np.ones(3, np.float32), generator(1, "s"), **kwargs)
    assert not behind.any(), "a wall at 40 cm hides all flakes"
    before = with_snowfall(dark, scene(50.0), flakes, np.ones(3, np.float32), generator(1, "s"), **kwargs)
    assert before.any()


def test_as_many_are_drawn_as_a_count_in_space_says():
    spectrum, least_px, far = gunn_marshall(1.0), 0.5, 8.0
    rng = np.random.default_rng(5)
    # particles everywhere in a box round the view, then those that the picture resolves
    half_wide, half_high = (300 / 2 + 32) / 200 * far, (120 / 2 + 32) / 200 * far
    volume = 4 * half_wide * half_high * far
    smallest = 1e3 * 0.5 * least_px / SMALL.f
    count = rng.poisson(float(spectrum.number_per_m3(smallest)) * volume)
    x, y, z = (rng.uniform(-half_wide, half_wide, count), rng.uniform(-half_high, half_high, count),
               rng.uniform(0, far, count))
    wide = 1e-3 * spectrum.sample_mm(smallest, rng, count) * SMALL.f / np.maximum(z, 1e-6)
    inside = (np.abs(x) < half_wide * z / far) & (np.abs(y) < half_high * z / far)
    resolved = int((inside & (wide >= least_px) & (z > 0.5)).sum())
    expected = expected_count(spectrum, SMALL, least_px, far)
    assert resolved == pytest.approx(expected, abs=4 * math.sqrt(expected))
    particles = in_view(spectrum, SMALL, least_px, far, np.random.default_rng(6))
    assert len(particles.diameter_mm) == pytest.approx(expected, abs=4 * math.sqrt(expected))
    assert (np.diff(particles.position_m[:, 2]) <= 0).all(), "farthest first"
    assert (1e-3 * particles.diameter_mm * SMALL.f / particles.position_m[:, 2] > 0.99 * least_px).all()


def test_where_there_are_too_many_only_wider_ones_are_drawn():
    assert finest_px(marshall_palmer(1.0), KITTI, 0.3, 10.0) == 0.3
    finest = finest_px(marshall_palmer(100.0), KITTI, 0.3, 10.0)
    assert finest > 0.3
    assert expected_count(marshall_palmer(100.0), KITTI, finest, 10.0) <= 5000


def test_drops_are_brighter_than_a_dark_wall_and_flakes_whiter_than_drops():
    dark = np.full((120, 300, 3), 0.02, np.float32)
    air = np.full(3, 0.7, np.float32)
    rain = with_rain(dark, scene(30.0), marshall_palmer(25), air, generator(1, "r"), exposure_s=0.002, wind_mps=STILL)
    snow = with_snowfall(dark, scene(30.0), gunn_marshall(2.5), air, generator(1, "s"), exposure_s=0.002,
                         wind_mps=STILL)
    assert rain.min() >= 0.0199
    assert 0.02 < rain.mean() < snow.mean()
    assert snow.max() > 0.5


def test_flakes_in_headlamps_shine_at_night():
    dark, black = np.zeros((120, 300, 3), np.float32), np.zeros(3, np.float32)
    kwargs = {"exposure_s": 0.005, "wind_mps": STILL}
    unlit = with_snowfall(dark, scene(), gunn_marshall(2), black, generator(1, "s"), **kwargs)
    lit = with_snowfall(dark, scene(), gunn_marshall(2), black, generator(1, "s"), headlamp_light=3.0, **kwargs)
    assert not unlit.any()
    assert lit[60:].mean() > 3 * lit[:40].mean() > 0, "dipped beams light what is low"


def test_no_rain_and_no_snow_are_the_identity():
    dark = np.zeros((120, 300, 3), np.float32)
    arguments = (np.ones(3, np.float32), generator(1, "x"))
    assert with_rain(dark, scene(), marshall_palmer(0), *arguments, exposure_s=0.01, wind_mps=STILL) is dark
    assert with_snowfall(dark, scene(), gunn_marshall(0), *arguments, exposure_s=0.01, wind_mps=STILL) is dark
