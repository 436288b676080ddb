"""One weather for all: who takes how much of the light."""

from __future__ import annotations

import math
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sensors.conditions import (
    CLEAR_AIR_PER_M,
    LN_20,
    Conditions,
    Extinction,
    between,
)
from sensors.precipitation import rain_extinction_per_m

RATES = st.just(0.0) | st.floats(0.01, 60.0)
SIGHTS = st.none() | st.floats(5.0, 20_000.0)


def conditions() -> st.SearchStrategy[Conditions]:
    return st.builds(Conditions, rain_mmph=RATES, snowfall_mmph=RATES, visibility_m=SIGHTS, dust_visibility_m=SIGHTS)


def test_clear_weather_adds_nothing_to_clear_air() -> None:
    clear = Conditions().extinction()
    assert clear == Extinction(air=CLEAR_AIR_PER_M)
    assert clear.weather == 0.0 and clear.total == 0.00008


def test_what_rain_leaves_of_a_visibility_is_fog() -> None:
    in_rain = Conditions(rain_mmph=10.0, visibility_m=500.0).extinction()
    assert in_rain.total == pytest.approx(LN_20 / 500.0)
    assert in_rain.rain == rain_extinction_per_m(10.0)
    assert in_rain.fog == pytest.approx(LN_20 / 500.0 - CLEAR_AIR_PER_M - 1.557e-3, rel=2e-3)
    assert math.exp(-in_rain.total * 500.0) == pytest.approx(0.05)


def test_flakes_are_fewer_where_one_sees_farther_than_their_rate_says() -> None:
    rate_alone = Conditions(snowfall_mmph=2.5)
    said = Conditions(snowfall_mmph=2.5, visibility_m=1000.0)
    assert rate_alone.particle_share() == 1.0
    assert said.extinction().fog == 0.0
    assert said.extinction().total == pytest.approx(LN_20 / 1000.0)
    assert said.extinction().snow == pytest.approx(said.particle_share() * rate_alone.extinction().snow)
    assert said.particle_share() == pytest.approx(0.518, abs=0.002)


def test_dust_is_told_from_fog() -> None:
    dusty = Conditions(dust_visibility_m=100.0, visibility_m=50.0).extinction()
    assert dusty.dust == pytest.approx(LN_20 / 100.0 - CLEAR_AIR_PER_M)
    assert dusty.fog == pytest.approx(LN_20 / 100.0)


@given(conditions())
def test_the_parts_make_the_visibility_that_is_said(now: Conditions) -> None:
    parts = now.extinction()
    assert min(parts.air, parts.fog, parts.rain, parts.snow, parts.dust) >= 0.0
    assert 0.0 <= now.particle_share() <= 1.0
    if now.visibility_m is not None:
        assert parts.total == pytest.approx(LN_20 / now.visibility_m, rel=1e-9)


@given(conditions(), st.floats(5.0, 10_000.0))
def test_the_air_grows_no_clearer_when_one_sees_less_far(now: Conditions, nearer_m: float) -> None:
    far = replace(now, visibility_m=2.0 * nearer_m).extinction()
    near = replace(now, visibility_m=nearer_m).extinction()
    assert near.total > far.total


@pytest.mark.parametrize(("now", "friction"), [
    (Conditions(), 0.9), (Conditions(wetness=0.3), 0.6), (Conditions(water_film_mm=0.5), 0.6),
    (Conditions(wetness=0.15), 0.75), (Conditions(road_snow=1.0), 0.3), (Conditions(ice=1.0, road_snow=1.0), 0.1),
    (Conditions(ice=0.5), 0.5), (Conditions(snow_depth_m=0.3), 0.9),
])
def test_grip_is_that_of_what_covers_the_road(now: Conditions, friction: float) -> None:
    assert now.friction() == pytest.approx(friction)


@given(st.builds(Conditions, wetness=st.floats(0, 1), water_film_mm=st.floats(0, 5), road_snow=st.floats(0, 1),
                 ice=st.floats(0, 1)), st.sampled_from(["wetness", "water_film_mm", "road_snow", "ice"]))
def test_no_water_snow_or_ice_adds_to_grip(now: Conditions, what: str) -> None:
    more = replace(now, **{what: 5.0 if what == "water_film_mm" else 1.0}).friction()
    assert 0.1 - 1e-12 <= more <= now.friction() + 1e-12 <= 0.9 + 2e-12


def test_weather_changes_linearly_and_fog_by_its_extinction() -> None:
    clear, thick = Conditions(snowfall_mmph=0.0), Conditions(snowfall_mmph=4.0, visibility_m=100.0, ice=1.0)
    assert between(clear, thick, 0.0) is clear and between(clear, thick, 1.0) is thick
    half = between(clear, thick, 0.5)
    assert (half.snowfall_mmph, half.ice) == (2.0, 0.5)
    assert half.extinction().total == pytest.approx((LN_20 / 100.0 + CLEAR_AIR_PER_M) / 2)
    assert between(clear, replace(clear, rain_mmph=2.0), 0.5).visibility_m is None


def test_the_wind_turns_the_shorter_way() -> None:
    assert between(Conditions(wind_from_deg=350.0), Conditions(wind_from_deg=20.0), 0.5).wind_from_deg == 5.0


@given(conditions(), conditions(), st.floats(0.0, 1.0))
def test_what_is_in_the_air_stays_between_before_and_after(before: Conditions, after: Conditions, share: float) -> None:
    ends = sorted([before.extinction().total, after.extinction().total])
    if before.visibility_m is not None or after.visibility_m is not None:
        now = between(before, after, share).extinction().total
        assert ends[0] * (1 - 1e-9) <= now <= ends[1] * (1 + 1e-9)


@pytest.mark.parametrize(("said", "problem"), [
    ({"visibility_m": 0.0}, "visibility_m is above 0, or None, got 0.0"),
    ({"visibility_m": -50.0}, "visibility_m is above 0"),
    ({"dust_visibility_m": math.nan}, "dust_visibility_m is above"),
    ({"wetness": 60.0}, "wetness is from 0 to 1, got 60.0"), ({"ice": 5.0}, "ice is from 0 to 1"),
    ({"rain_mmph": -5.0}, "rain_mmph is 0 or above, got -5.0"), ({"snowfall_mmph": math.nan}, "snowfall_mmph is 0 or"),
    ({"wind_mps": math.inf}, "wind_mps is 0 or above"),
    ({"sun_altitude_deg": 91.0}, "sun_altitude_deg is from -90 to 90"),
    ({"sun_azimuth_deg": math.nan}, "sun_azimuth_deg is a finite number, got nan"),
])
def test_numbers_that_no_weather_has_are_refused(said: dict[str, float], problem: str) -> None:
    with pytest.raises(ValueError, match=problem):
        Conditions(**said)
