"""Snow, ice, spray and a given visibility in pictures of scenes where the answer is known."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from sensors.precipitation import rain_extinction_per_m, snow_extinction_per_m
from simgen.localsim.mesh import Instance, Light, Material
from simgen.localsim.physical_weather import PhysicalWeather
from simgen.localsim.render import CameraBuffers, Quality, Renderer, Weather
from simgen.localsim.render.air import (
    air_of,
    extinction_of_visibility,
    precipitation_of_rain,
)
from simgen.localsim.render.camera import Pinhole
from simgen.localsim.render.device import Device
from simgen.localsim.render.environment import light_of
from simgen.localsim.render.flakes import (
    MOST_FLAKES,
    SIZES,
    cells_in_view,
    fall_speed_mps,
    flake_velocity,
    flakes_of_size,
    flakes_per_m3,
    reach_m,
)
from simgen.localsim.render.kernels.sky import Environment, fog_share
from simgen.localsim.render.noise_texture import noise_texture
from simgen.localsim.render.spray import puffs_behind
from simgen.localsim.render.warp_runtime import wp
from tests.localsim.render_scenes import EYE_M, FlatPlace, box, ground, joined, pose, quad

FOV = math.pi / 2
DULL = Weather(cloudiness=100.0, sun_altitude_angle=30.0, fog_density=0.0, wind_intensity=0.0)
SNOWSTORM = PhysicalWeather(snowfall_mmh=4.0, snow_depth_m=0.1)
BEAM = Light(np.array([2.0, 0.0, 0.7]), np.array([1.0, 0.0, 0.0]), np.array([14, 13, 11.5], np.float32), 1, 70.0)


def scenery() -> FlatPlace:
    """A meadow, a lane of asphalt on it, and a dark wall across."""
    lane = quad([(-50, -2, 0.01), (60, -2, 0.01), (60, 2, 0.01), (-50, 2, 0.01)], Material.ASPHALT)
    wall = quad([(40, -60, 0), (40, 60, 0), (40, 60, 30), (40, -60, 30)][::-1], Material.BLACK_TRIM)
    return FlatPlace(static=joined(ground(Material.GRASS), lane, wall))


def made(threads: int = 1) -> Renderer:
    renderer = Renderer(scenery(), threads=threads, quality=Quality(edge_samples=0))
    renderer.add_mesh("car", box(4.0, 1.8, 1.5, Material.CAR_PAINT))
    renderer.add_mesh("bonnet", box(4.0, 1.8, 1.0, Material.CAR_PAINT))
    renderer.add_mesh("bush", box(2.0, 2.0, 3.0, Material.LEAF))
    return renderer


@pytest.fixture(scope="module")
def field() -> Renderer:
    return made()


def look(renderer: Renderer, physical: PhysicalWeather | None, weather: Weather = DULL, time_s: float = 0.0,
         seed: int = 3, instances: tuple[Instance, ...] = (), lights: tuple[Light, ...] = (), fov: float = FOV,
         velocity: NDArray[np.float64] | None = None) -> CameraBuffers:
    if physical is None:
        renderer.set_weather(weather)
    else:
        renderer.set_weather(weather, physical)
    renderer.set_scene(instances, lights, time_s, seed)
    return renderer.camera(pose(z=EYE_M), 120, 80, fov, True, velocity)


def rgb(seen: CameraBuffers) -> NDArray[np.float64]:
    assert seen.rgb is not None
    return seen.rgb.astype(np.float64)


# What the air hides


@wp.kernel
def _share(env: Environment, height: float, climb: float, distances: wp.array(dtype=float),
           shares: wp.array(dtype=float)):
    i = wp.tid()
    shares[i] = fog_share(env, height, climb, distances[i])


def hidden(weather: Weather, physical: PhysicalWeather, distances: list[float], climb: float = 0.0) -> Any:
    far, shares = wp.array(distances, dtype=float, device="cpu"), wp.zeros(len(distances), dtype=float, device="cpu")
    air = light_of(Device(), weather, physical).data
    wp.launch(_share, len(distances), [air, EYE_M, climb, far, shares], device="cpu")
    return shares.numpy()


@pytest.mark.parametrize("visibility_m", [20.0, 150.0, 2000.0])
def test_a_black_thing_at_the_visibility_has_five_percent_contrast_left(visibility_m: float) -> None:
    # Its own light is 0, so its contrast against the horizon is what the air has not filled in; whatever fog, dust and
    # rain CARLA's own parameters ask for.
    weather = replace(DULL, fog_density=90.0, fog_distance=30.0, fog_falloff=3.0, dust_storm=50.0, precipitation=70.0)
    shares = hidden(weather, PhysicalWeather(visibility_m=visibility_m), [visibility_m, 0.5 * visibility_m, 0.0])
    np.testing.assert_allclose(1.0 - shares, [0.05, math.sqrt(0.05), 1.0], atol=1e-5)


def test_extinctions_are_those_of_the_literature() -> None:
    assert extinction_of_visibility(150.0) == pytest.approx(0.019971, rel=1e-4)        # ln 20 / 150
    assert [snow_extinction_per_m(rate) for rate in (0.0, 1.0, 2.5)] == pytest.approx([0.0, 3.34e-3, 5.63e-3], rel=2e-3)
    assert [rain_extinction_per_m(rate) for rate in (0.0, 10.0)] == pytest.approx([0.0, 1.557e-3], rel=2e-3)
    assert [precipitation_of_rain(rate) for rate in (0.0, 25.0, 80.0)] == pytest.approx([0.0, 70.0, 100.0])


def test_snowfall_adds_its_extinction_to_the_fog_of_carla() -> None:
    clear, snowy = air_of(DULL, PhysicalWeather()), air_of(DULL, PhysicalWeather(snowfall_mmh=1.0))
    assert snowy.extinction_per_m - clear.extinction_per_m == pytest.approx(3.34e-3, rel=1e-3)


def test_a_rain_rate_replaces_the_percent() -> None:
    drizzle = air_of(replace(DULL, precipitation=100.0), PhysicalWeather(rain_mmh=0.0))
    assert drizzle == air_of(DULL, PhysicalWeather())
    assert light_of(Device(), DULL, PhysicalWeather(rain_mmh=25.0)).data.rain == pytest.approx(0.7)


def test_dust_is_yellow_brown() -> None:
    colour = np.array(light_of(Device(), replace(DULL, dust_storm=60.0)).data.fog_colour)
    np.testing.assert_allclose(colour / colour[0], [1.0, 0.72, 0.42], atol=0.02)


# What lies


def test_nothing_said_is_the_same_picture_to_the_byte(field: Renderer) -> None:
    bare = rgb(look(field, None, replace(DULL, precipitation=30.0)))
    np.testing.assert_array_equal(rgb(look(field, PhysicalWeather(), replace(DULL, precipitation=30.0))), bare)


def test_snow_and_ice_and_spray_move_no_label(field: Renderer) -> None:
    things = (Instance("car", pose(12.0), actor_id=4, speed_mps=20.0), Instance("bush", pose(15.0, 6.0), actor_id=9))
    bare = look(field, None, instances=things)
    beams = np.array([[1, 0, 0], [1, 0.4, 0], [1, 0, -0.3]], np.float32)
    swept = field.sweep(pose(z=EYE_M), beams, 100.0)
    white = look(field, PhysicalWeather(8.0, 0.4, 1.0, 50.0, 60.0, 1.0), instances=things)
    again = field.sweep(pose(z=EYE_M), beams, 100.0)
    assert (rgb(white) != rgb(bare)).mean() > 0.5
    for name in ("depth_m", "tag", "actor_id"):
        np.testing.assert_array_equal(getattr(white, name), getattr(bare, name))
    for name in ("range_m", "cos_incidence", "actor_id", "tag"):
        np.testing.assert_array_equal(getattr(again, name), getattr(swept, name))


def meadow_to_wall(field: Renderer, depth_m: float) -> float:
    """Brightness of the meadow at the side against that of the wall, which snow does not change."""
    picture = rgb(look(field, PhysicalWeather(snow_depth_m=depth_m)))
    return float(picture[60:, :25].mean() / picture[5:30].mean())


def test_the_cover_grows_with_the_snow_s_depth(field: Renderer) -> None:
    ratios = [meadow_to_wall(field, depth) for depth in (0.0, 0.01, 0.03, 0.06, 0.2)]
    assert ratios == sorted(ratios)
    assert ratios[-1] > 2.0 * ratios[0]


def test_no_summer_green_is_left_in_deep_snow(field: Renderer) -> None:
    bush = (Instance("bush", pose(6.0), actor_id=9),)
    green = [rgb(seen)[seen.actor_id == 9].mean(axis=0) for seen in (
        look(field, None, instances=bush), look(field, PhysicalWeather(snow_depth_m=0.1), instances=bush))]
    assert green[0][1] > 1.1 * green[0][0]
    assert green[1][1] < 1.03 * green[1][0]


def test_the_bonnet_of_a_parked_car_is_under_snow_and_that_of_a_driven_one_is_not(field: Renderer) -> None:
    def brightness(snow: float) -> float:
        car = (Instance("bonnet", pose(7.0, z=-0.4), actor_id=4, snow=snow, tint=np.full((3, 3), 0.02, np.float32)),)
        seen = look(field, PhysicalWeather(snow_depth_m=0.15), instances=car)
        return float(rgb(seen)[seen.actor_id == 4].mean())

    assert brightness(1.0) > brightness(0.3) + 20.0


@pytest.mark.parametrize("share", [0.1, 0.5, 0.9])
def test_the_share_of_ice_is_the_share_of_the_noise_above_its_level(share: float) -> None:
    level = light_of(Device(), DULL, PhysicalWeather(ice=share)).conditions.ice_level
    assert (noise_texture()[: 512 * 512, 0] > level).mean() == pytest.approx(share, abs=0.002)


# What falls


def narrow(renderer: Renderer, time_s: float, seed: int = 3, velocity: NDArray[np.float64] | None = None) -> Any:
    """The flakes alone, through a long lens: the picture with them less the one without."""
    falling, lying = SNOWSTORM, replace(SNOWSTORM, snowfall_mmh=0.0, visibility_m=400.0)
    falling = replace(falling, visibility_m=400.0)
    seen = [look(renderer, what, time_s=time_s, seed=seed, fov=math.radians(20.0), velocity=velocity)
            for what in (falling, lying)]
    return (rgb(seen[0]) - rgb(seen[1])).mean(axis=2)


def test_flakes_keep_falling_from_tick_to_tick(field: Renderer) -> None:
    # Flakes fall at about 1 m/s, 5 cm in a tick of 0.05 s; the lens has 340 px a radian, so that at 5 to 12 m the
    # picture's pattern moves down by 1 to 4 pixels.
    before, after = narrow(field, 0.0), narrow(field, 0.05)
    fits = {down: float((before[6:-6] * after[6 + down:74 + down]).sum()) for down in range(-6, 7)}
    assert 1 <= max(fits, key=fits.__getitem__) <= 4


def test_flakes_hang_on_time_alone_and_not_on_the_seed_of_the_noise(field: Renderer) -> None:
    one, two = narrow(field, 1.0, seed=1), narrow(field, 1.0, seed=2)
    assert np.corrcoef(one.ravel(), two.ravel())[0, 1] > 0.9


def test_a_camera_that_moves_smears_flakes_along_its_way(field: Renderer) -> None:
    still, passing = narrow(field, 0.0), narrow(field, 0.0, velocity=np.array([0.0, 60.0, 0.0]))

    def roughness(picture: NDArray[np.float64], axis: int) -> float:
        return float(np.square(np.diff(picture, axis=axis)).mean())

    assert roughness(passing, 1) / roughness(passing, 0) < 0.6 * roughness(still, 1) / roughness(still, 0)


def test_the_same_moment_gives_the_same_bytes_on_any_number_of_threads(field: Renderer) -> None:
    car = (Instance("car", pose(12.0), actor_id=4, speed_mps=20.0, headlamps=1),)
    hard = PhysicalWeather(6.0, 0.1, 0.4, 3.0, 120.0, 1.0)
    windy = replace(DULL, wind_intensity=60.0, sun_altitude_angle=-3.0)
    first, again, parallel = (rgb(look(renderer, hard, windy, 7.5, instances=car, lights=(BEAM,)))
                              for renderer in (field, field, made(threads=3)))
    np.testing.assert_array_equal(first, again)
    np.testing.assert_array_equal(first, parallel)


def test_headlamps_light_the_flakes_before_them_at_night(field: Renderer) -> None:
    night = replace(DULL, sun_altitude_angle=-60.0)
    snow = PhysicalWeather(snowfall_mmh=2.5, visibility_m=100.0)

    def sparkle(lights: tuple[Light, ...]) -> float:
        sky = rgb(look(field, snow, night, lights=lights, fov=math.radians(25.0)))[:35]
        return float(sky.max() - np.median(sky))

    assert sparkle((BEAM,)) > 2.0 * sparkle(())


def test_a_heavier_snowfall_has_more_and_larger_flakes() -> None:
    # 3800 R^-0.87 / (2.55 R^-0.48) at R = 1: 1490 of any size; all sizes that are drawn together are those above 1.5 mm
    assert flakes_per_m3(1.0, 0.0) == pytest.approx(3800.0 / 2.55)
    assert flakes_per_m3(8.0, 0.008) > 10.0 * flakes_per_m3(1.0, 0.008)
    drawn = sum(flakes_of_size(size, 2.5) for size in range(len(SIZES)))
    assert drawn == pytest.approx(flakes_per_m3(2.5, SIZES[0].smallest_m))


def test_flakes_fall_at_one_to_two_metres_a_second_and_go_with_the_wind() -> None:
    assert [fall_speed_mps(size.smallest_m) for size in SIZES] == sorted(fall_speed_mps(s.smallest_m) for s in SIZES)
    for size in range(len(SIZES)):
        assert 0.8 <= -flake_velocity(size, 0.0)[2] <= 2.0
        assert not flake_velocity(size, 0.0)[:2].any()
        assert np.linalg.norm(flake_velocity(size, 1.0)[:2]) > 10.0


def test_however_hard_it_snows_a_picture_draws_a_bounded_number_of_flakes() -> None:
    pinhole = Pinhole(pose(z=EYE_M), 1242, 375, 1.42)
    for rate in (0.1, 2.5, 50.0):
        for size in range(len(SIZES)):
            per_m3 = flakes_of_size(size, rate)
            reach = reach_m(size, per_m3, pinhole)
            assert reach <= SIZES[size].reach_m
            # the cells before a camera hold a few times what it sees
            assert per_m3 * 1.5**3 * len(cells_in_view(pinhole, reach, np.zeros(3))) < 12 * MOST_FLAKES


# What is thrown up


def test_spray_stands_behind_what_drives_fast_and_hides_it(field: Renderer) -> None:
    red = np.array([[0.6, 0.0, 0.0]] * 3, dtype=np.float32)

    def redness(speed_mps: float, spray: float) -> float:
        car = (Instance("car", pose(12.0), actor_id=4, tint=red, speed_mps=speed_mps),)
        seen = look(field, PhysicalWeather(spray=spray), instances=car)
        r, g, _ = rgb(seen)[seen.actor_id == 4].mean(axis=0)
        return float(r - g)

    assert redness(25.0, 1.0) < 0.6 * redness(25.0, 0.0)
    assert redness(2.0, 1.0) == pytest.approx(redness(2.0, 0.0))
    assert redness(25.0, 0.3) > redness(25.0, 1.0)


def test_there_are_no_clouds_behind_what_stands_or_behind_the_camera() -> None:
    pinhole = Pinhole(pose(z=EYE_M), 120, 80, FOV)
    standing = [Instance("car", pose(10.0)), Instance("car", pose(-40.0), speed_mps=20.0)]
    assert puffs_behind(Device(), standing, 1.0, 0.0, pinhole) is None
    assert puffs_behind(Device(), [Instance("car", pose(30.0), speed_mps=20.0)], 1.0, 0.0, pinhole) is not None


# All of it


@settings(max_examples=12, deadline=None)
@given(
    st.builds(PhysicalWeather, snowfall_mmh=st.floats(0.0, 50.0), snow_depth_m=st.floats(0.0, 0.5),
              ice=st.floats(0.0, 1.0), rain_mmh=st.none() | st.floats(0.0, 200.0),
              visibility_m=st.none() | st.floats(5.0, 1e5), spray=st.floats(0.0, 1.0)),
    st.floats(-90.0, 90.0))
def test_every_weather_the_blueprint_can_carry_gives_a_picture(physical: PhysicalWeather, altitude_deg: float) -> None:
    car = (Instance("car", pose(12.0), actor_id=4, speed_mps=20.0, headlamps=1),)
    weather = replace(DULL, sun_altitude_angle=altitude_deg, wind_intensity=80.0)
    seen = look(_FIELD[0] if _FIELD else _keep(made()), physical, weather, 3.0, instances=car, lights=(BEAM,))
    assert rgb(seen).max() > 0.0


_FIELD: list[Renderer] = []


def _keep(renderer: Renderer) -> Renderer:
    _FIELD.append(renderer)
    return renderer


@pytest.mark.parametrize("material", list(Material))
def test_every_material_is_drawn_in_snow_and_on_ice(material: Material) -> None:
    renderer = _FIELD[0] if _FIELD else _keep(made())
    key = f"box {material.name}"
    if not renderer.has_mesh(key):
        renderer.add_mesh(key, box(1.5, 1.5, 1.5, material))
    thing = (Instance(key, pose(5.0, yaw=0.5, z=-0.3), actor_id=1),)
    seen = look(renderer, PhysicalWeather(0.0, 0.2, 0.5), instances=thing)
    pixels = rgb(seen)[seen.actor_id == 1]
    assert len(pixels) > 50
    assert 1.0 < pixels.mean() < 250.0
