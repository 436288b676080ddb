"""The sun's place, against numbers that others have published."""

from __future__ import annotations

from datetime import date

import pytest

from simgen.scenario.sun import refraction_deg, sun_position

HOUR, MINUTE = 3600.0, 60.0


def test_the_worked_example_of_nrel_comes_out() -> None:
    """Reda and Andreas, Solar Position Algorithm (NREL/TP-560-34302), table A5.1."""
    sun = sun_position(date(2003, 10, 17), 12 * HOUR + 30 * MINUTE + 30, -7 * HOUR, 39.742476, -105.1786)
    assert sun.altitude_deg == pytest.approx(90.0 - 50.11162, abs=0.02)
    assert sun.compass_deg == pytest.approx(194.34024, abs=0.02)


@pytest.mark.parametrize(("day", "transit_s"), [
    (date(2024, 11, 3), 11 * HOUR + 43 * MINUTE + 35),      # equation of time +16 min 25 s, the year's greatest
    (date(2024, 2, 11), 12 * HOUR + 14 * MINUTE + 13),      # −14 min 13 s, the least
    (date(2024, 4, 15), 12 * HOUR),                         # 0
])
def test_the_sun_is_due_south_of_greenwich_when_the_almanac_says(day: date, transit_s: float) -> None:
    assert sun_position(day, transit_s, 0.0, 51.4779, 0.0).compass_deg == pytest.approx(180.0, abs=0.1)


@pytest.mark.parametrize(("day", "noon_deg"), [
    (date(2024, 6, 20), 90.0 - 51.4779 + 23.44),            # solstices: the obliquity of the ecliptic
    (date(2024, 12, 21), 90.0 - 51.4779 - 23.44),
])
def test_noon_at_the_solstices_is_as_high_as_the_tropic_says(day: date, noon_deg: float) -> None:
    highest = max(sun_position(day, 12 * HOUR + s, 0.0, 51.4779, 0.0).altitude_deg for s in range(-600, 900, 30))
    assert highest == pytest.approx(noon_deg + refraction_deg(noon_deg), abs=0.02)


@pytest.mark.parametrize("time_s", [4 * HOUR + 43 * MINUTE, 21 * HOUR + 21 * MINUTE])
def test_londons_midsummer_sunrise_and_sunset_are_where_the_almanac_puts_them(time_s: float) -> None:
    """Almanacs round to the minute and take 0.833° below the horizon: 34' of refraction, 16' of half the disc."""
    sun = sun_position(date(2024, 6, 20), time_s, HOUR, 51.5074, -0.1278)
    below = sun.altitude_deg - refraction_deg(-0.833)
    assert below == pytest.approx(-0.833, abs=0.1)


def test_carlas_azimuth_counts_from_east_over_south() -> None:
    """At the equator at the equinox the sun rises in the east and sets in the west."""
    morning = sun_position(date(2024, 3, 20), 8 * HOUR, 0.0, 0.0, 0.0)
    evening = sun_position(date(2024, 3, 20), 16 * HOUR, 0.0, 0.0, 0.0)
    assert min(morning.azimuth_deg, 360.0 - morning.azimuth_deg) < 0.5
    assert evening.azimuth_deg == pytest.approx(180.0, abs=0.5)
    assert sun_position(date(2024, 12, 21), 12 * HOUR, 0.0, 50.0, 0.0).azimuth_deg == pytest.approx(90.0, abs=1.0)


def test_two_clocks_of_one_moment_see_one_sun() -> None:
    utc = sun_position(date(2024, 11, 3), 16 * HOUR + 10 * MINUTE, 0.0, 48.1, 11.6)
    assert sun_position(date(2024, 11, 3), 17 * HOUR + 10 * MINUTE, HOUR, 48.1, 11.6) == utc


def test_refraction_lifts_the_horizon_by_half_a_degree_and_the_zenith_not_at_all() -> None:
    assert refraction_deg(0.0) == pytest.approx(0.48, abs=0.01)          # 1735 arc seconds, NOAA's fit
    assert refraction_deg(90.0) == 0.0
    assert refraction_deg(45.0) == pytest.approx(58.1 / 3600, abs=1e-3)
