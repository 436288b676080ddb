"""Weather in words and physical units → CARLA's fourteen fields, and over time."""

from __future__ import annotations

import json
import math
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sensors.carla_weather import (
    DUST_PER_M,
    FOG_PER_M,
    dust_percent,
    fog_percent,
    precipitation_percent,
    rain_fields,
    rain_mmph,
    visibility_in_fog_m,
    wind_percent,
)
from sensors.conditions import CLEAR_AIR_PER_M
from simgen.scenario import EpisodePlan, ScenarioMistakes
from simgen.scenario.plan import WeatherPoint
from simgen.scenario.tables import weather_presets
from tests.scenario.texts import HEAD, plan_of


def points_of(folder: Path, lines: str) -> tuple[WeatherPoint, ...]:
    return plan_of(folder, HEAD + lines).weather


def weather_of(folder: Path, lines: str) -> WeatherPoint:
    (point,) = points_of(folder, lines)
    return point


@given(st.floats(0.01, 51.0))
def test_rain_comes_back_from_carlas_percent(rate: float) -> None:
    assert rain_mmph(precipitation_percent(rate)) == pytest.approx(rate, rel=1e-3, abs=1e-4)


@given(st.floats(100.0, 30_000.0))
def test_fog_comes_back_from_carlas_percent(visibility_m: float) -> None:
    assert visibility_in_fog_m(fog_percent(visibility_m)) == pytest.approx(visibility_m, rel=1e-3)


def test_the_scales_end_where_the_text_says() -> None:
    assert precipitation_percent(51.1) == 100.0 > precipitation_percent(50.0)
    assert fog_percent(99.0) == 100.0 > fog_percent(101.0)
    assert dust_percent(198.0) == 100.0 > dust_percent(202.0)
    assert wind_percent(30.0) == 100.0 and wind_percent(3.0) == 10.0
    assert fog_percent(1e9) == 0.0 and precipitation_percent(0.0) == 0.0


def test_rain_does_to_sky_and_road_what_carlas_presets_have() -> None:
    assert rain_fields(rain_mmph(30.0)) == pytest.approx(
        {"cloudiness": 60.0, "precipitation_deposits": 50.0, "wetness": 60.0}, abs=1e-4)
    assert rain_fields(51.1) == {"cloudiness": 100.0, "precipitation_deposits": 90.0, "wetness": 100.0}
    assert set(rain_fields(0.0).values()) == {0.0}


def test_the_curves_are_the_built_in_simulators() -> None:
    air = pytest.importorskip("simgen.localsim.render.air")
    assert (CLEAR_AIR_PER_M, FOG_PER_M, DUST_PER_M) == (
        air.CLEAR_AIR_PER_M, air.CARLA_FOG_PER_M, air.CARLA_DUST_PER_M)
    for rate in (0.5, 5.0, 60.0):
        assert precipitation_percent(rate) == pytest.approx(air.precipitation_of_rain(rate), abs=1e-5)


def test_a_preset_is_carlas_fields_but_for_the_open_azimuth(tmp_path: Path) -> None:
    for name in ("HardRainNoon", "ClearSunset"):
        point = weather_of(tmp_path, f"weather: {name}\n")
        assert point.carla == {**weather_presets()[name], "sun_azimuth_angle": 359.0}
    assert weather_of(tmp_path, "weather: HardRainNoon\n").rain_mmph == pytest.approx(51.0, abs=0.1)


@pytest.mark.parametrize(("words", "road", "friction"), [
    ("ClearNoon", "dry", 0.9), ("WetNoon", "wet", 0.6), ("{rain: 8 mm/h}", "wet", 0.6),
    ("{snow_depth: 4 cm}", "snow", 0.3), ("{snowfall: 1 mm/h}", "wet", 0.6), ("{road: icy}", "icy", 0.1),
    ("{preset: WetNoon, road: dry}", "dry", 0.9),
])
def test_the_roads_state_and_grip_follow_from_what_falls_and_lies(
    tmp_path: Path, words: str, road: str, friction: float
) -> None:
    point = weather_of(tmp_path, f"weather: {words}\n")
    assert (point.road, point.friction) == (road, friction)


def test_physical_words_set_fields_and_stay_as_they_were_said(tmp_path: Path) -> None:
    point = weather_of(tmp_path, "weather: {rain: 18 mm/h, visibility: 120 m, wind: 6 m/s, snowfall: 2.5 mm/h}\n")
    assert point.carla["precipitation"] == pytest.approx(59.4, abs=0.01)
    assert point.carla["fog_distance"] == point.carla["fog_falloff"] == 0.0
    assert point.carla["fog_density"] == pytest.approx(100 * math.sqrt((math.log(20) / 120 - 0.00008) / 0.03), abs=1e-4)
    assert point.carla["wind_intensity"] == 20.0
    assert point.carla["cloudiness"] >= 90.0
    assert (point.rain_mmph, point.visibility_m, point.snowfall_mmph) == (18.0, 120.0, 2.5)


def test_a_field_that_is_said_itself_has_the_last_word(tmp_path: Path) -> None:
    point = weather_of(tmp_path, "weather: {rain: 18 mm/h, cloudiness: 5 %, wetness: 1 %}\n")
    assert (point.carla["cloudiness"], point.carla["wetness"]) == (5.0, 1.0)


def test_dust_is_a_visibility(tmp_path: Path) -> None:
    point = weather_of(tmp_path, "weather: {dust: 300 m}\n")
    assert point.carla["dust_storm"] == pytest.approx(100 * (math.log(20) / 300 - 0.00008) / 0.015, abs=1e-4)
    assert point.visibility_m == 300.0


def test_changes_make_points_between_which_everything_is_linear(tmp_path: Path) -> None:
    points = points_of(tmp_path, """weather:
  rain: 0 mm/h
  changes:
    - {at: 1 s, over: 2 s, rain: 18 mm/h}
    - {at: 5 s, visibility: 60 m}
    - {at: 6 s, over: 1 s, rain: 0 mm/h}
""")
    assert [point.time_s for point in points] == [1.0, 3.0, 5.0, 5.001, 6.0, 7.0]
    assert [point.rain_mmph for point in points] == [0.0, 18.0, 18.0, 18.0, 18.0, 0.0]
    assert [point.visibility_m for point in points] == [None, None, None, 60.0, 60.0, 60.0]
    assert [point.road for point in points] == ["dry", "wet", "wet", "wet", "wet", "wet"]      # it stays wet afterwards
    assert points[0].carla["fog_density"] == points[2].carla["fog_density"] == 2.0


def test_a_change_that_begins_in_another_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ScenarioMistakes, match=r"weather\.changes\[1\]\.at: begins at 2 s, before the change above it "
                                               r"has ended at 3 s"):
        points_of(tmp_path, "weather: {changes: [{at: 1 s, over: 2 s, rain: 1}, {at: 2 s, rain: 2}]}\n")


def test_the_sun_by_date_time_and_place_is_the_almanacs(tmp_path: Path) -> None:
    point = weather_of(tmp_path, "sun: {date: 2003-10-17, time: '12:30:30', latitude: 39.742476, longitude: -105.1786, "
                                 "utc_offset: -7 h}\n")
    assert point.carla["sun_altitude_angle"] == pytest.approx(39.888, abs=0.02)
    assert point.carla["sun_azimuth_angle"] == pytest.approx(194.340 - 90.0, abs=0.02)


def test_words_for_the_time_of_day_and_angles_override_the_presets_sun(tmp_path: Path) -> None:
    dusk = weather_of(tmp_path, "time_of_day: dusk\n").carla
    assert (dusk["sun_altitude_angle"], dusk["sun_azimuth_angle"]) == (-4.0, 180.0)       # in the west
    point = weather_of(tmp_path, "weather: HardRainNight\nsun: {altitude: 3 deg}\n")
    assert point.carla["sun_altitude_angle"] == 3.0
    assert point.carla["sun_azimuth_angle"] == 359.0


def test_a_sun_said_from_ahead_is_left_to_who_knows_the_road(tmp_path: Path) -> None:
    plan = plan_of(tmp_path, HEAD + "sun: {altitude: 5 deg, relative_azimuth: -10 deg}\n")
    assert plan.sun_relative_deg == -10.0 and plan.weather[0].carla["sun_altitude_angle"] == 5.0
    assert EpisodePlan.from_json(json.loads(json.dumps(plan.to_json()))) == plan
    plain = plan_of(tmp_path, HEAD + "sun: {altitude: 5 deg}\n")
    assert plain.sun_relative_deg is None and "sun_relative_deg" not in plain.to_json()
