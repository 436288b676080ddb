"""A plan's weather as conditions: one mapping for pictures, sweeps and tyres."""

from __future__ import annotations

from pathlib import Path

import pytest

from sensors.conditions import LN_20, Conditions
from sensors.precipitation import snow_extinction_per_m
from simgen.scenario.moments import conditions_at, conditions_of
from simgen.scenario.plan import WeatherPoint
from simgen.scenario.tables import road_states
from tests.scenario.texts import HEAD, plan_of


def points_of(folder: Path, words: str) -> tuple[WeatherPoint, ...]:
    return plan_of(folder, HEAD + f"weather: {words}\n").weather


def now_of(folder: Path, words: str) -> Conditions:
    return conditions_of(points_of(folder, words)[0])


def test_a_blizzard_is_snow_and_fog_that_make_its_visibility(tmp_path: Path) -> None:
    now = now_of(tmp_path, "{snowfall: 2.5 mm/h, snow_depth: 15 cm, visibility: 120 m, road: snow, wind: 9 m/s}")
    air = now.extinction()
    assert air.total == pytest.approx(LN_20 / 120.0)
    assert air.snow == snow_extinction_per_m(2.5) and air.dust == 0.0
    assert air.fog == pytest.approx(air.total - air.snow - air.air)
    assert (now.snow_depth_m, now.road_snow, now.ice) == (0.15, 1.0, 0.0)
    assert now.wind_mps == pytest.approx(9.0)


def test_dust_takes_what_the_visibility_leaves_beyond_carlas_scale_too(tmp_path: Path) -> None:
    air = now_of(tmp_path, "{dust: 50 m}").extinction()
    assert air.total == pytest.approx(LN_20 / 50.0) and air.fog < 0.001 * air.dust


def test_dust_and_fog_share_what_is_left_as_carlas_fields_do(tmp_path: Path) -> None:
    air = now_of(tmp_path, "{dust: 500 m, visibility: 250 m}").extinction()
    assert air.total == pytest.approx(LN_20 / 250.0)
    assert air.dust / air.fog == pytest.approx((LN_20 / 500 - 0.00008) / (LN_20 / 250 - 0.00008), rel=1e-3)


@pytest.mark.parametrize(("words", "state"), [
    ("ClearNoon", "dry"), ("WetNoon", "wet"), ("{road: wet}", "wet"), ("{snowfall: 1 mm/h}", "wet"),
    ("{road: snow}", "snow"), ("{road: icy}", "icy"), ("{rain: 20 mm/h}", "wet"),
    ("{snow_depth: 20 cm, road: dry}", "dry"),
])
def test_tyres_get_the_grip_of_the_roads_state(tmp_path: Path, words: str, state: str) -> None:
    (point,) = points_of(tmp_path, words)
    assert conditions_of(point).friction() == point.friction == road_states()[state].friction


def test_between_two_points_the_weather_is_between(tmp_path: Path) -> None:
    points = points_of(tmp_path, "{changes: [{at: 1 s, over: 2 s, rain: 10 mm/h, visibility: 200 m}]}")
    assert conditions_at(points, -5.0) == conditions_at(points, 1.0) == conditions_of(points[0])
    assert conditions_at(points, 3.0) == conditions_at(points, 60.0) == conditions_of(points[1])
    half = conditions_at(points, 2.0)
    assert half.rain_mmph == pytest.approx(5.0)
    ends = [conditions_of(point).extinction().total for point in points]
    assert half.extinction().total == pytest.approx(sum(ends) / 2)
