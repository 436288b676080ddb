"""What the weather and the lamps do to a picture, in scenes where the answer is known."""

from __future__ import annotations

import math
from dataclasses import fields, replace

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from simgen.localsim.mesh import Instance, Light, Material
from simgen.localsim.render import Quality, Renderer, Weather
from tests.localsim.render_scenes import EYE_M, FlatPlace, box, ground, joined, pose, quad

FOV = math.pi / 2
NOON = Weather(cloudiness=0.0, sun_altitude_angle=45.0, sun_azimuth_angle=90.0, fog_density=0.0)
NIGHT = replace(NOON, sun_altitude_angle=-90.0)
DARK_GREY = np.full((3, 3), 0.05, dtype=np.float32)
RED = np.array([[0.6, 0.0, 0.0]] * 3, dtype=np.float32)

Picture = NDArray[np.float64]


@pytest.fixture(scope="module")
def street() -> Renderer:
    renderer = Renderer(FlatPlace(), quality=Quality(edge_samples=0))
    renderer.add_mesh("post", box(0.5, 0.5, 4.0, Material.CONCRETE))
    renderer.add_mesh("block", box(3.0, 0.5, 4.0, Material.CONCRETE))
    renderer.add_mesh("wall", box(0.5, 20.0, 4.0, Material.CONCRETE))
    renderer.add_mesh("car", box(4.0, 1.8, 1.5, Material.CAR_PAINT))
    renderer.add_mesh("lens", box(0.1, 1.0, 1.0, Material.TAILLAMP))
    return renderer


def look(renderer: Renderer, weather: Weather, instances: list[Instance] | None = None,
         lights: list[Light] | None = None, seed: int = 3) -> Picture:
    renderer.set_weather(weather)
    renderer.set_scene(instances or [], lights or [], 0.0, seed)
    seen = renderer.camera(pose(z=EYE_M), 120, 80, FOV, rgb=True)
    assert seen.rgb is not None
    return seen.rgb.astype(np.float64)


def low_beam(left: float = 0.0) -> Light:
    colour = np.array([14, 13, 11.5], dtype=np.float32)
    return Light(np.array([0.0, left, 0.7]), np.array([1.0, 0.0, 0.0]), colour, 1, 70.0)


@pytest.mark.parametrize(("azimuth", "altitude", "direction"), [
    (0.0, 0.0, (1, 0, 0)), (90.0, 0.0, (0, -1, 0)), (270.0, 0.0, (0, 1, 0)), (37.0, 90.0, (0, 0, 1)),
    (180.0, 45.0, (-math.sqrt(0.5), 0, math.sqrt(0.5))),
])
def test_carla_s_azimuth_turns_from_x_towards_its_own_y_which_is_our_right(
        azimuth: float, altitude: float, direction: tuple[float, float, float]) -> None:
    weather = Weather(sun_azimuth_angle=azimuth, sun_altitude_angle=altitude)
    np.testing.assert_allclose(weather.sun_direction, direction, atol=1e-12)


PERCENT = st.floats(0.0, 100.0)


@settings(max_examples=40, deadline=None)
@given(st.builds(
    Weather, cloudiness=PERCENT, precipitation=PERCENT, precipitation_deposits=PERCENT, wind_intensity=PERCENT,
    sun_azimuth_angle=st.floats(-1.0, 360.0), sun_altitude_angle=st.floats(-90.0, 90.0), fog_density=PERCENT,
    fog_distance=st.floats(0.0, 500.0), fog_falloff=st.floats(0.0, 10.0), wetness=PERCENT,
    scattering_intensity=st.floats(0.0, 10.0), mie_scattering_scale=st.floats(0.0, 5.0),
    rayleigh_scattering_scale=st.floats(0.0, 2.0), dust_storm=PERCENT))
@example(Weather(**dict.fromkeys((field.name for field in fields(Weather)), 0.0)))     # what CARLA's own default is
def test_every_weather_carla_can_be_set_to_gives_a_picture(weather: Weather) -> None:
    # A value that is not a number would raise FloatingPointError.
    picture = look(_gallery(), weather, [Instance("box CAR_PAINT", pose(6.0), actor_id=1)], [low_beam()])
    assert picture.max() > 0.0


def test_weather_that_is_no_number_is_refused() -> None:
    with pytest.raises(ValueError, match="fog_density"):
        Weather(fog_density=math.nan)


def beside(picture: Picture) -> tuple[float, float]:
    """Brightness of the ground 8 m ahead, 2 m to the left and 2 m to the right."""
    row = round(39.5 + 60 * EYE_M / 8.0)
    left, right = round(59.5 - 60 * 2.0 / 8.0), round(59.5 + 60 * 2.0 / 8.0)
    return float(picture[row, left].mean()), float(picture[row, right].mean())


def test_a_sun_on_the_right_throws_shadows_to_the_left(street: Renderer) -> None:
    # The sun stands 45° high to the right, so the 4 m block's shadow reaches 4 m to its left.
    left, right = beside(look(street, NOON, [Instance("block", pose(8.0))]))
    assert left < 0.6 * right


def test_a_closed_cloud_cover_has_no_shadows(street: Renderer) -> None:
    left, right = beside(look(street, replace(NOON, cloudiness=100.0), [Instance("block", pose(8.0))]))
    assert left > 0.8 * right


def test_the_ground_before_a_wall_gets_less_of_the_sky(street: Renderer) -> None:
    # Without edges to refine and with the sky overcast only the wall makes the difference; the exposure, which follows
    # the picture, is taken out by the ground right below the camera.
    overcast = replace(NOON, cloudiness=100.0)
    free, walled = look(street, overcast), look(street, overcast, [Instance("wall", pose(10.0))])
    foot = round(39.5 + 60 * EYE_M / 9.75) + 1
    assert walled[foot].mean() / walled[75:].mean() < 0.92 * free[foot].mean() / free[75:].mean()


def test_the_sky_is_blue_at_noon_warm_at_sunset_and_dark_at_night(street: Renderer) -> None:
    noon = look(street, NOON)[:30].mean(axis=(0, 1))
    sunset = look(street, replace(NOON, sun_altitude_angle=2.0, sun_azimuth_angle=0.0))[:30].mean(axis=(0, 1))
    night = look(street, NIGHT)[:30].mean(axis=(0, 1))
    assert noon[2] > 1.2 * noon[0]
    assert sunset[0] > sunset[2]
    assert night.mean() < 0.5 * noon.mean()


def test_fog_hides_what_is_far_and_leaves_what_is_near(street: Renderer) -> None:
    walls = [Instance("post", pose(8.0, 2.0), tint=DARK_GREY), Instance("wall", pose(150.0))]
    clear = look(street, NOON, walls)
    foggy = look(street, replace(NOON, fog_density=80.0, fog_distance=0.0, fog_falloff=0.0), walls)
    far_row, sky_row = 39, 20
    clear_step = abs(clear[far_row, 59] - clear[sky_row, 59]).sum()
    assert abs(foggy[far_row, 59] - foggy[sky_row, 59]).sum() < 0.25 * clear_step
    near = round(59.5 - 60 * 2.0 / 7.75)
    assert abs(foggy[45, near] - foggy[45, near - 12]).sum() > 20.0


def test_fog_starts_at_its_distance(street: Renderer) -> None:
    wall = [Instance("wall", pose(30.0), tint=DARK_GREY)]
    dense = replace(NOON, fog_density=100.0, fog_falloff=0.0)
    ratio = [picture[36, 59].mean() / picture[75:].mean() for picture in (
        look(street, NOON, wall), look(street, replace(dense, fog_distance=31.0), wall),
        look(street, replace(dense, fog_distance=0.0), wall))]
    assert abs(ratio[1] - ratio[0]) < 0.2 * abs(ratio[2] - ratio[0])


def test_a_low_beam_lights_the_road_ahead_and_the_foot_of_a_wall_but_not_its_top(street: Renderer) -> None:
    wall = [Instance("wall", pose(20.0))]
    dark, lit = look(street, NIGHT, wall), look(street, NIGHT, wall, [low_beam()])
    foot, top = round(39.5 + 60 * (EYE_M - 0.4) / 19.75), round(39.5 + 60 * (EYE_M - 2.5) / 19.75)
    assert lit[foot, 59].mean() > dark[foot, 59].mean() + 20.0
    assert lit[foot, 59].mean() > 3.0 * lit[top, 59].mean()


def test_what_stands_in_a_beam_throws_a_shadow(street: Renderer) -> None:
    # A lamp 1.5 m to the left; a car from x = 6 m on hides the wall from it as far right as
    # y = 1.5 - 2.4 * 19.75 / 6 = -6.4 m, while the camera sees past the car beyond y = -0.9 * 19.75 / 6 = -3 m.
    wall, car = Instance("wall", pose(20.0)), Instance("car", pose(8.0), actor_id=1)
    row, column = round(39.5 + 60 * (EYE_M - 0.4) / 19.75), round(59.5 + 60 * 4.5 / 19.75)
    free = look(street, NIGHT, [wall], [low_beam(left=1.5)])
    blocked = look(street, NIGHT, [wall, car], [low_beam(left=1.5)])
    assert blocked[row, column].mean() < 0.3 * free[row, column].mean()


def test_street_lamps_go_on_when_the_sun_sets_and_not_before() -> None:
    lamps = np.array([[8.0, 0.0, 6.0]])
    dark, equipped = Renderer(FlatPlace()), Renderer(FlatPlace(street_lamps=lamps))
    under = (round(39.5 + 60 * EYE_M / 8.0), 59)
    after = replace(NOON, sun_altitude_angle=-20.0)
    assert look(equipped, after)[under].mean() > look(dark, after)[under].mean() + 20.0
    before = replace(NOON, sun_altitude_angle=1.0)
    assert (look(equipped, before) == look(dark, before)).all()


def test_tail_lamps_glow_when_they_are_on_and_more_when_braking(street: Renderer) -> None:
    def glow(tail: bool, brake: bool) -> Picture:
        lens = Instance("lens", pose(6.0, 0.0, 1.2), actor_id=1, tail=tail, brake=brake)
        return look(street, NIGHT, [lens])[39, 59]

    off, tail, brake = glow(False, False), glow(True, False), glow(True, True)
    assert tail[0] > off[0] + 60 and tail[0] > 2 * tail[2]
    assert brake.sum() > tail.sum()


def test_a_wet_road_mirrors_a_red_car(street: Renderer) -> None:
    car = [Instance("car", pose(12.0), actor_id=1, tint=RED)]
    overcast = replace(NOON, cloudiness=100.0)
    dry = look(street, overcast, car)
    wet = look(street, replace(overcast, wetness=100.0, precipitation_deposits=100.0), car)
    # the car's rear at height 1 m is mirrored where the ground lies under the ray to its image at -1 m
    rows = slice(round(39.5 + 60 * (EYE_M + 0.7) / 10.0), round(39.5 + 60 * (EYE_M + 1.2) / 10.0))

    def redness(picture: Picture) -> float:
        patch = picture[rows, 55:65].mean(axis=(0, 1))
        return float(patch[0] / patch[2])

    assert redness(wet) > 1.07 * redness(dry)


def test_rain_falls_in_the_picture_and_moves_no_label(street: Renderer) -> None:
    car = [Instance("car", pose(12.0), actor_id=1)]
    street.set_weather(replace(NOON, precipitation=100.0, cloudiness=100.0))
    street.set_scene(car, [], 0.0, 1)
    wet = street.camera(pose(z=EYE_M), 120, 80, FOV, rgb=True)
    street.set_scene(car, [], 0.0, 2)
    later = street.camera(pose(z=EYE_M), 120, 80, FOV, rgb=True)
    street.set_weather(NOON)
    street.set_scene(car, [], 0.0, 1)
    dry = street.camera(pose(z=EYE_M), 120, 80, FOV, rgb=True)
    assert wet.rgb is not None and later.rgb is not None
    assert (wet.rgb[:30].astype(int) - later.rgb[:30]).std() > 1.0       # other drops against the same sky
    for name in ("depth_m", "tag", "actor_id"):
        np.testing.assert_array_equal(getattr(wet, name), getattr(dry, name))


def test_extra_samples_soften_edges() -> None:
    def steps(samples: int) -> float:
        """The mean square of the steps from pixel to pixel: a step that is split in two counts half."""
        renderer = Renderer(FlatPlace(), quality=Quality(edge_samples=samples))
        renderer.add_mesh("block", box(1.0, 4.0, 3.0, Material.BLACK_TRIM))
        picture = look(renderer, replace(NOON, cloudiness=100.0), [Instance("block", pose(8.0, 1.0, yaw=0.6))])
        return float(np.square(np.diff(picture[10:39].mean(axis=2), axis=0)).mean())

    assert steps(3) < 0.9 * steps(0)


@pytest.mark.parametrize("material", list(Material))
def test_every_material_is_drawn_by_day_by_night_and_in_rain(material: Material) -> None:
    renderer = _gallery()
    places = [Instance(f"box {material.name}", pose(5.0, yaw=0.5), actor_id=1, headlamps=1, tail=True)]
    for weather in (NOON, NIGHT, replace(NIGHT, precipitation=80.0, precipitation_deposits=80.0)):
        renderer.set_weather(weather)
        renderer.set_scene(places, [low_beam()], 0.5, 1)
        seen = renderer.camera(pose(z=1.0), 60, 40, FOV, rgb=True)
        assert seen.rgb is not None
        pixels = seen.rgb[seen.actor_id == 1]
        assert len(pixels) > 50
        assert pixels.mean() > 1.0
        assert pixels.mean() < 250.0 or material in (Material.HEADLAMP, Material.LAMP_HEAD, Material.EYE)


_GALLERY: list[Renderer] = []


def _gallery() -> Renderer:
    if not _GALLERY:
        renderer = Renderer(FlatPlace(static=joined(
            ground(), quad([(30, -20, 0), (30, 20, 0), (30, 20, 6), (30, -20, 6)][::-1], Material.PLASTER))))
        for material in Material:
            renderer.add_mesh(f"box {material.name}", box(1.5, 1.5, 1.5, material))
        _GALLERY.append(renderer)
    return _GALLERY[0]


@pytest.mark.parametrize("coarse", [False, True])
def test_a_lamp_that_is_hidden_leaves_no_pattern_where_another_shines(coarse: bool) -> None:
    """Each pixel asks for one of the lamps; what all of a tile found is spread evenly over it."""
    renderer = Renderer(FlatPlace(), quality=Quality(edge_samples=0, coarse=coarse))
    renderer.add_mesh("wall", box(0.5, 20.0, 4.0, Material.CONCRETE))
    down, colour = np.array([0.0, 0.0, -1.0]), np.full(3, 5.0, np.float32)
    shown = Light(np.array([6.0, 0.0, 6.0]), down, colour, 0, 60.0)
    hidden = Light(np.array([20.0, 0.0, 3.0]), down, colour, 0, 60.0)
    renderer.set_weather(NIGHT)
    renderer.set_scene([Instance("wall", pose(16.0))], [shown, hidden], 0.0, 3)
    seen = renderer.camera(pose(z=EYE_M), 512, 256, FOV, rgb=True)
    assert seen.rgb is not None
    road = seen.rgb[160:256, 128:384, 1].astype(np.float64)
    road /= 1e-9 + np.stack([np.convolve(row, np.full(16, 1 / 16), "same") for row in road])     # only what is uneven
    tile = road[:, 16:240].reshape(12, 8, 28, 8).mean(axis=(0, 2))
    uneven = tile.mean(axis=0).std() + (tile - tile.mean(axis=1, keepdims=True)).std()
    assert uneven < 0.004
