"""Clouds and their shadows, the moon, and how pictures are exposed: numbers that one can check by hand."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest
from numpy.typing import NDArray

from simgen.localsim.catalogue import stock_library
from simgen.localsim.errors import Refused
from simgen.localsim.film import USUAL, Film, film_of
from simgen.localsim.mesh import Instance, Light, Material
from simgen.localsim.render import LADDER, Renderer, Weather
from simgen.localsim.render.clouds import cloud_map
from simgen.localsim.render.device import Device
from simgen.localsim.render.environment import light_of
from simgen.localsim.render.exposure import CURVE_STEPS, curve_of, exposure_at, exposure_of, white_balance_of
from simgen.localsim.render.kernels import sky
from tests.localsim.render_scenes import EYE_M, FlatPlace, box, ground, pose

CPU = Device()
NOON = Weather(cloudiness=0.0, sun_altitude_angle=50.0, sun_azimuth_angle=90.0, fog_density=0.0, wind_intensity=50.0)
FOV = math.pi / 2


@pytest.fixture(scope="module")
def field() -> Renderer:
    renderer = Renderer(FlatPlace(static=ground(Material.CONCRETE, 3000.0)), quality=LADDER["fast"])
    renderer.add_mesh("van", box(5.0, 2.0, 2.4, Material.CAR_PAINT))
    return renderer


def look(renderer: Renderer, weather: Weather, instances: list[Instance] | None = None, time_s: float = 0.0,
         film: Film = USUAL, at: NDArray[np.float64] | None = None, lights: list[Light] | None = None,
         seed: int = 1) -> NDArray[np.float64]:
    renderer.set_weather(weather)
    renderer.set_scene(instances or [], lights or [], time_s, seed)
    seen = renderer.camera(pose(z=EYE_M) if at is None else at, 120, 80, FOV, rgb=True, film=film)
    assert seen.rgb is not None
    return seen.rgb.astype(np.float64)


def shade(cloudiness: float, time_s: float = 0.0) -> NDArray[np.float32]:
    """The share of the sun that reaches the ground, cell by cell."""
    light = light_of(CPU, replace(NOON, cloudiness=cloudiness))
    light.conditions.time_s = time_s
    light.place_clouds(0.0, 0.0)
    CPU.launch(sky.fill_shade, int(sky.SHADE_CELLS) ** 2, [light.data])
    shares: NDArray[np.float32] = CPU.download(light.data.shade).copy()
    return shares


@pytest.mark.parametrize("cover", [0.1, 0.3, 0.5, 0.8])
def test_clouds_cover_the_share_of_the_sky_that_the_weather_says(cover: float) -> None:
    heights = cloud_map(cover, np.array([0.0, 0.6, 0.8]))[..., 0]
    assert float((heights > 0.0).mean()) == pytest.approx(cover, abs=0.005)


def test_more_cloudiness_shades_more_of_the_ground_and_none_without_clouds() -> None:
    shares = [float((shade(percent) < 0.9).mean()) for percent in (0.0, 20.0, 50.0)]
    assert shares[0] == 0.0
    assert 0.02 < shares[1] < shares[2] < 0.9


def test_a_cloud_keeps_most_of_the_sun_but_not_all() -> None:
    darkest = float(shade(50.0).min())
    assert 0.05 < darkest < 0.2


def test_the_wind_carries_shadows_on() -> None:
    # 1.6 times 7 m/s for 30 s: 336 m along (0.48, 0.877), 161 m and 295 m, so 5 and 10 cells of 30 m (within one)
    before, after = shade(40.0), shade(40.0, time_s=30.0)
    moved = before[20:-20, 20:-20]
    errors = {(i, j): float(np.abs(after[20 + j:-20 + j or None, 20 + i:-20 + i or None] - moved).mean())
              for i in range(0, 12) for j in range(0, 14)}
    i, j = min(errors, key=lambda cell: errors[cell])
    assert abs(i - 161.0 / 30.0) <= 1.0 and abs(j - 295.0 / 30.0) <= 1.0


def test_ground_under_a_cloud_is_darker_by_the_sun_that_the_cloud_keeps(field: Renderer) -> None:
    light = light_of(CPU, replace(NOON, cloudiness=40.0))
    light.place_clouds(0.0, 0.0)
    CPU.launch(sky.fill_shade, int(sky.SHADE_CELLS) ** 2, [light.data])
    cells = CPU.download(light.data.shade)
    half, cell = int(sky.SHADE_CELLS) // 2, float(sky.SHADE_CELL_M)
    means = {}
    for name, index in (("sunny", int(cells.argmax())), ("shaded", int(cells.argmin()))):
        y, x = divmod(index, int(sky.SHADE_CELLS))
        down = pose((x - half) * cell, (y - half) * cell, 4.0) @ np.array(
            [[0, 0, 1.0, 0], [0, 1.0, 0, 0], [-1.0, 0, 0, 0], [0, 0, 0, 1]])
        picture = look(field, replace(NOON, cloudiness=40.0), at=down, film=Film(manual=True, fstop=16.0))
        means[name] = float(picture[20:60, 30:90].mean())
    assert means["shaded"] < 0.6 * means["sunny"]


def test_the_moon_stands_opposite_the_sun_and_throws_shadows_away_from_itself(field: Renderer) -> None:
    night = replace(NOON, sun_altitude_angle=-40.0)
    light = light_of(CPU, night)
    moon, sun = np.array(light.data.light_direction), night.sun_direction
    assert float(moon @ sun) < -0.7 and moon[2] > 0.2
    flat = moon[:2] / np.hypot(*moon[:2])
    van = [Instance("van", pose(0.0, 0.0), actor_id=1)]
    lit, shaded = ((4.0 * side * flat[0], 4.0 * side * flat[1]) for side in (1.0, -1.0))
    picture = {}
    for name, (x, y) in {"lit": lit, "shaded": shaded}.items():
        down = pose(x, y, 3.0) @ np.array([[0, 0, 1.0, 0], [0, 1.0, 0, 0], [-1.0, 0, 0, 0], [0, 0, 0, 1]])
        picture[name] = look(field, night, van, at=down)[35:45, 55:65].mean()
    assert picture["shaded"] < 0.8 * picture["lit"]


def test_under_closed_clouds_there_is_no_moonlight() -> None:
    light = light_of(CPU, replace(NOON, sun_altitude_angle=-40.0, cloudiness=100.0))
    assert max(light.data.sun_light) < 1e-4


def test_nothing_that_passes_by_changes_the_exposure(field: Renderer) -> None:
    weather = replace(NOON, cloudiness=20.0)
    corner = []
    for frame in range(60):
        van = [Instance("van", pose(8.0, 12.0 - 0.4 * frame), actor_id=1)]
        corner.append(look(field, weather, van, time_s=0.05 * frame, seed=frame)[70:, :8].mean())
    assert max(corner) - min(corner) < 1.5


def test_a_still_scene_does_not_flicker(field: Renderer) -> None:
    van = [Instance("van", pose(8.0, 1.0), actor_id=1)]
    frames = np.stack([look(field, replace(NOON, cloudiness=100.0), van, seed=seed) for seed in range(4)])
    assert float((frames.max(axis=0) - frames.min(axis=0)).max()) <= 1.0        # what hides the steps of 8 bits


def test_one_stop_more_doubles_the_light() -> None:
    for manual in (False, True):
        plain = exposure_of(Film(manual=manual, compensation=0.0), 0.7)
        assert exposure_of(Film(manual=manual, compensation=1.0), 0.7) == pytest.approx(2.0 * plain)
    assert exposure_of(USUAL, 0.7) == pytest.approx(0.7)


def test_a_manual_exposure_follows_from_f_stop_shutter_and_iso() -> None:
    # f/16 and 1/100 s at ISO 100 are the EV 14.64 of a sunny day
    film = Film(manual=True, fstop=16.0, shutter_per_s=100.0)
    assert film.manual_ev100 == pytest.approx(14.644, abs=0.001)
    faster = Film(manual=True, fstop=16.0, shutter_per_s=200.0, iso=200.0)
    assert exposure_of(faster, 1.0) == pytest.approx(exposure_of(film, 1.0))
    assert exposure_of(film, 1.0) == exposure_at(film.manual_ev100, film.compensation) == exposure_of(film, 5.0)


def test_equal_limits_make_a_fixed_exposure() -> None:
    fixed = Film(min_bright=11.0, max_bright=11.0)
    assert exposure_of(fixed, 0.5) == pytest.approx(exposure_of(fixed, 30.0))


def test_the_film_keeps_middle_grey_and_rises_everywhere() -> None:
    curve = curve_of(USUAL)
    place = math.sqrt(0.18 / 1.18) * (CURVE_STEPS - 1)
    assert float(np.interp(place, np.arange(CURVE_STEPS), curve)) == pytest.approx(118.0, abs=1.5)    # sRGB of 18 %
    assert (np.diff(curve) >= -1e-3).all() and curve[0] < 1e-6 and curve[-1] == pytest.approx(255.0, abs=1.0)


def test_a_lower_gamma_makes_pictures_darker_and_a_warm_white_point_takes_red_away() -> None:
    assert curve_of(Film(gamma=1.8))[600] < curve_of(USUAL)[600]
    assert white_balance_of(USUAL) == pytest.approx((1.0, 1.0, 1.0))
    red, _, blue = white_balance_of(Film(temperature_k=3500.0))
    assert red < 1.0 < blue


def test_a_camera_s_attributes_reach_its_film_and_impossible_ones_are_refused() -> None:
    attributes = {key: spec.value for key, spec in stock_library().find("sensor.camera.rgb").attributes.items()}
    assert film_of(attributes) == USUAL
    assert film_of({**attributes, "exposure_mode": "manual", "fstop": "8.0"}) == Film(manual=True, fstop=8.0)
    with pytest.raises(Refused, match="exposure_mode"):
        film_of({**attributes, "exposure_mode": "auto"})
    with pytest.raises(Refused, match="exposure_min_bright=13"):
        film_of({**attributes, "exposure_min_bright": "13.0"})


def test_headlamps_show_their_beam_in_fog_and_not_in_clear_air(field: Renderer) -> None:
    # A lamp 10 m ahead and 4 m to the right shines across the view; over the road one sees only the air it lights.
    colour = np.array([14, 13, 11.5], dtype=np.float32)
    lamp = Light(np.array([10.0, -4.0, 2.2]), np.array([0.0, 1.0, 0.0]), colour, 1, 70.0)
    night = replace(NOON, sun_altitude_angle=-60.0, cloudiness=100.0)
    foggy = replace(night, fog_density=60.0, fog_distance=0.0)
    gained = [look(field, weather, lights=[lamp])[34:38, 50:70].mean() - look(field, weather)[34:38, 50:70].mean()
              for weather in (night, foggy)]
    assert gained[1] > gained[0] + 8.0
