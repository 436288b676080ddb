"""Weather over time, lamps, and what a server without snow is not asked for."""

from __future__ import annotations

from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import carla
import pytest

from sensors.conditions import LN_20
from simgen.capture.lamps import flags, lamps_are_on
from simgen.capture.weather import PHYSICAL, UNSET, Sky, WeatherMeans, weather_at, weather_means
from simgen.scenario.plan import EpisodePlan, WeatherPoint
from tests.capture.roads import NOON, plan

FOGGY = {**NOON, "fog_density": 80.0}


def with_weather(*points: WeatherPoint) -> EpisodePlan:
    return replace(plan(), weather=points)


def library(*names: str) -> Any:
    return SimpleNamespace(filter=lambda pattern: [name for name in names if name == pattern])


def test_between_two_points_every_number_is_on_the_line_between() -> None:
    points = (WeatherPoint(1.0, NOON, snowfall_mmph=0.0), WeatherPoint(3.0, FOGGY, snowfall_mmph=4.0, road="icy"))
    assert weather_at(points, 0.0).carla == pytest.approx(NOON)
    assert weather_at(points, 1.5).carla["fog_density"] == pytest.approx(20.0)
    assert weather_at(points, 1.5).physical["snowfall"] == pytest.approx(1.0)
    assert weather_at(points, 1.5).physical["ice"] == pytest.approx(0.25)
    assert weather_at(points, 9.0).carla == pytest.approx(FOGGY)


def test_what_nobody_asked_for_is_left_to_carla_s_own_fields() -> None:
    physical = weather_at((WeatherPoint(0.0, NOON),), 0.0).physical
    assert physical["rain"] == physical["visibility"] == UNSET
    assert physical["snowfall"] == physical["snow_depth"] == physical["ice"] == physical["spray"] == 0.0


def test_fog_comes_out_of_clear_air_and_goes_by_its_extinction() -> None:
    points = (WeatherPoint(0.0, NOON), WeatherPoint(2.0, NOON, visibility_m=100.0), WeatherPoint(4.0, NOON))
    assert weather_at(points, 0.0).physical["visibility"] == UNSET
    for time_s in (1.0, 3.0):               # halfway: half of the two extinctions together
        assert weather_at(points, time_s).physical["visibility"] == pytest.approx(2 / (1 / 100 + 0.00008 / LN_20))
    assert weather_at(points, 2.0).physical["visibility"] == 100.0
    assert weather_at(points, 4.0).physical["visibility"] == UNSET


@pytest.mark.parametrize(
    "point", [WeatherPoint(0.0, NOON, snowfall_mmph=1.0), WeatherPoint(0.0, NOON, snow_depth_m=0.1),
              WeatherPoint(0.0, NOON, road="icy")]
)
def test_snow_and_ice_are_left_to_the_sensors_where_the_server_has_none(point: WeatherPoint) -> None:
    means = weather_means(with_weather(point), library())
    assert not means.physical and len(means.substituted) == 1
    assert weather_means(with_weather(point), library(PHYSICAL)) == WeatherMeans(True)


def test_what_the_server_does_not_draw_is_said_once_however_often_it_is_asked_for() -> None:
    snowy = with_weather(WeatherPoint(0.0, NOON, snow_depth_m=0.1, road="snow"),
                         WeatherPoint(1.0, NOON, snow_depth_m=0.1, road="snow", snowfall_mmph=2.0))
    assert weather_means(snowy, library()).substituted == (
        "10 cm of lying snow", "snow on the road", "snowfall of 2 mm/h")


def test_rain_and_visibility_do_without_and_plain_weather_needs_no_actor() -> None:
    rainy = with_weather(WeatherPoint(0.0, NOON, rain_mmph=8.0, visibility_m=2000.0))
    assert weather_means(rainy, library()) == WeatherMeans(False)
    assert weather_means(rainy, library(PHYSICAL)) == WeatherMeans(True)
    assert weather_means(with_weather(WeatherPoint(0.0, NOON)), library(PHYSICAL)) == WeatherMeans(False)


def test_the_server_is_told_only_what_changes() -> None:
    told: list[carla.WeatherParameters] = []
    world: Any = SimpleNamespace(set_weather=told.append, get_blueprint_library=lambda: library())
    sky = Sky(None, world, "trial-0000", (WeatherPoint(0.0, NOON), WeatherPoint(1.0, FOGGY)), False, [])
    for time_s in (-1.0, -0.5, 0.0, 0.5, 1.0, 1.5):
        sky.show(time_s)
    assert [round(weather.fog_density, 3) for weather in told] == [0.0, 40.0, 80.0]


def test_lamps_are_on_at_a_low_sun_in_heavy_rain_and_in_thick_fog() -> None:
    assert not lamps_are_on("auto", NOON)
    for field, value in (("sun_altitude_angle", 4.0), ("precipitation", 50.0), ("fog_density", 40.0)):
        assert lamps_are_on("auto", {**NOON, field: value})
        assert not lamps_are_on("off", {**NOON, field: value})
    assert lamps_are_on("on", NOON)


def test_hazard_lamps_are_both_blinkers_and_a_parked_car_is_dark() -> None:
    state = carla.VehicleLightState
    both = int(state.LeftBlinker) | int(state.RightBlinker)
    driving = int(state.Position) | int(state.LowBeam)
    assert flags("hazard", parked=True, driving_on=True, braking=False) == both
    assert flags("auto", parked=True, driving_on=True, braking=False) == 0
    assert flags("auto", parked=False, driving_on=True, braking=True) == driving | int(state.Brake)
    assert flags("on", parked=True, driving_on=False, braking=False) == driving
    assert flags("off", parked=False, driving_on=True, braking=True) == 0


def test_a_word_for_one_blinker_or_for_blue_lights_adds_them_to_what_drivers_have_on() -> None:
    state = carla.VehicleLightState
    driving = int(state.Position) | int(state.LowBeam)
    assert flags("left", parked=False, driving_on=False, braking=False) == int(state.LeftBlinker)
    assert flags("right", parked=False, driving_on=True, braking=False) == driving | int(state.RightBlinker)
    assert flags("blue", parked=True, driving_on=True, braking=False) == int(state.Special1)
