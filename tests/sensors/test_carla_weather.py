"""Weather as CARLA's fourteen parameters, and back."""

from __future__ import annotations

from dataclasses import fields

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sensors.carla_weather import FIELDS, beyond_carla, from_carla, to_carla
from sensors.conditions import LN_20, Conditions
from simgen.scenario.tables import weather_presets

PERCENT = st.integers(0, 1000).map(lambda tenths: tenths / 10.0)
# What of CARLA's weather is physics: even fog, and the scattering of all its presets.
EXPRESSIBLE = st.fixed_dictionaries({
    "cloudiness": PERCENT, "precipitation": PERCENT, "precipitation_deposits": PERCENT, "wind_intensity": PERCENT,
    "sun_azimuth_angle": st.floats(0.0, 359.0), "sun_altitude_angle": st.floats(-90.0, 90.0), "fog_density": PERCENT,
    "fog_distance": st.just(0.0), "fog_falloff": st.just(0.0), "wetness": PERCENT,
    "scattering_intensity": st.just(1.0), "mie_scattering_scale": st.just(0.03),
    "rayleigh_scattering_scale": st.just(0.0331), "dust_storm": PERCENT,
})


@given(EXPRESSIBLE)
def test_carlas_fields_come_back_from_conditions(said: dict[str, float]) -> None:
    now = from_carla(said)
    assert to_carla(now) == pytest.approx(said, abs=2e-3)
    assert beyond_carla(now) == ()


@given(st.builds(
    Conditions, rain_mmph=st.just(0.0) | st.floats(0.01, 51.0), visibility_m=st.none() | st.floats(120.0, 800.0),
    dust_visibility_m=st.none() | st.floats(1000.0, 5000.0), water_film_mm=st.floats(0.0, 2.5),
    wetness=st.floats(0.0, 1.0), wind_mps=st.floats(0.0, 30.0), cloudiness=st.floats(0.0, 1.0),
    sun_altitude_deg=st.floats(-90.0, 90.0), sun_azimuth_deg=st.floats(0.0, 359.0),
).filter(lambda now: not beyond_carla(now)))
def test_conditions_that_carla_knows_come_back_from_its_fields(now: Conditions) -> None:
    back = from_carla(to_carla(now))
    air, again = now.extinction(), back.extinction()
    for part in fields(air):
        assert getattr(again, part.name) == pytest.approx(getattr(air, part.name), rel=1e-3, abs=1e-8)
    for name in ("rain_mmph", "water_film_mm", "wetness", "wind_mps", "cloudiness", "sun_altitude_deg"):
        assert getattr(back, name) == pytest.approx(getattr(now, name), rel=1e-3, abs=1e-5)
    assert back.friction() == pytest.approx(now.friction(), abs=1e-6)


@pytest.mark.parametrize(("preset", "rain", "visibility_m", "friction"), [
    ("ClearNoon", 0.0, 32_500.0, 0.9), ("SoftRainNoon", 4.59, 2826.0, 0.6), ("HardRainNoon", 51.0, 660.0, 0.6),
    ("WetNoon", 0.0, 28_000.0, 0.6), ("CloudyNight", 0.0, 277.0, 0.9), ("HardRainNight", 51.0, 87.0, 0.6),
    ("DustStorm", 0.0, 198.0, 0.9),
])
def test_carlas_presets_in_physical_units(preset: str, rain: float, visibility_m: float, friction: float) -> None:
    now = from_carla(weather_presets()[preset])
    assert now.rain_mmph == pytest.approx(rain, abs=0.05)
    assert LN_20 / now.extinction().total == pytest.approx(visibility_m, rel=0.02)
    assert now.friction() == pytest.approx(friction)


def test_fog_that_keeps_off_counts_for_the_part_of_100_m_that_it_fills() -> None:
    near, far = ({**weather_presets()["ClearNight"], "fog_distance": metres} for metres in (0.0, 75.0))
    assert from_carla(far).extinction().fog == pytest.approx(from_carla(near).extinction().fog / 4)
    assert from_carla({**near, "fog_distance": 100.0}).visibility_m is None


def test_what_carla_cannot_say_is_told() -> None:
    blizzard = Conditions(snowfall_mmph=2.5, snow_depth_m=0.12, road_snow=1.0, visibility_m=50.0)
    assert beyond_carla(blizzard) == (
        "snowfall of 2.5 mm/h", "12 cm of lying snow", "snow on the road", "fog thicker than 100 m of visibility")
    assert beyond_carla(Conditions(rain_mmph=80.0, ice=0.2)) == (
        "ice on the road", "of 80 mm/h rain what is above 51")
    assert beyond_carla(Conditions(rain_mmph=25.0, visibility_m=300.0, wind_mps=10.0)) == ()
    assert to_carla(Conditions(rain_mmph=80.0))["precipitation"] == 100.0


def test_fields_that_are_missing_or_unknown_are_named() -> None:
    some = dict.fromkeys(FIELDS, 0.0)
    del some["wetness"]
    with pytest.raises(ValueError, match="missing or unknown: rain, wetness"):
        from_carla({**some, "rain": 3.0})


def test_carlas_default_preset_which_leaves_everything_as_it_is_says_no_weather() -> None:
    left = {name: -1.0 for name in FIELDS}
    now = from_carla(left)
    assert (now.rain_mmph, now.wetness, now.water_film_mm, now.friction()) == (0.0, 0.0, 0.0, 0.9)
    assert now.extinction().weather == 0.0
