"""Weather in OpenSCENARIO's few words."""

from __future__ import annotations

import math
from typing import Any
from xml.etree.ElementTree import Element

import pytest

from simgen.interchange.elements import identifier, number
from simgen.interchange.environment import change_times, clock_time, environment_action, moment_at
from simgen.scenario.plan import WeatherPoint
from tests.capture.roads import NOON


def point(time_s: float = 0.0, *, visibility_m: float | None = None, **more: Any) -> WeatherPoint:
    own = {key: more.pop(key) for key in list(more) if key in WeatherPoint.__dataclass_fields__}
    return WeatherPoint(time_s, {**NOON, **more}, visibility_m=visibility_m, **own)


def said(*points: WeatherPoint, at: float = 0.0) -> Element:
    environment = environment_action(moment_at(points, at), "weather").find("EnvironmentAction/Environment")
    assert environment is not None
    return environment


def value(environment: Element, path: str, name: str) -> float:
    found = environment.find(path)
    assert found is not None
    return float(found.attrib[name])


@pytest.mark.parametrize(("altitude", "compass", "clock"), [
    (90.0, 0.0, "12:00:00"), (0.0, 90.0, "06:00:00"), (0.0, 270.0, "18:00:00"), (45.0, 200.0, "15:00:00"),
    (-90.0, 90.0, "00:00:00"), (-90.0, 270.0, "00:00:00"), (-6.0, 300.0, "18:24:00"),
])
def test_the_clock_agrees_with_the_sun(altitude: float, compass: float, clock: str) -> None:
    assert clock_time(altitude, compass) == clock


def test_the_sun_is_said_by_the_compass() -> None:
    """CARLA's azimuth 60° counts from the east over south; from the north that is 150°."""
    found = said(point())
    assert value(found, "Weather/Sun", "azimuth") == pytest.approx(math.radians(150.0), abs=1e-6)
    assert value(found, "Weather/Sun", "elevation") == pytest.approx(math.radians(45.0), abs=1e-6)
    assert value(found, "Weather/Sun", "intensity") == pytest.approx(0.9)


def test_visibility_is_said_as_asked_or_as_the_fields_have_it() -> None:
    assert value(said(point(visibility_m=120.0)), "Weather/Fog", "visualRange") == 120.0
    clear = value(said(point()), "Weather/Fog", "visualRange")
    assert clear == pytest.approx(math.log(20) / 8e-5)
    dusty = value(said(point(dust_storm=100.0)), "Weather/Fog", "visualRange")
    assert dusty == pytest.approx(math.log(20) / (8e-5 + 0.015), abs=1e-3)


@pytest.mark.parametrize(("weather", "kind", "intensity", "sky"), [
    (point(), "dry", 0.0, "free"),
    (point(cloudiness=60.0), "dry", 0.0, "cloudy"),
    (point(precipitation=40.0, cloudiness=80.0, rain_mmph=8.0), "rain", 0.4, "rainy"),
    (point(cloudiness=95.0, snowfall_mmph=4.0), "snow", 0.28, "overcast"),
])
def test_what_falls(weather: WeatherPoint, kind: str, intensity: float, sky: str) -> None:
    found = said(weather)
    precipitation = found.find("Weather/Precipitation")
    assert precipitation is not None and precipitation.get("precipitationType") == kind
    assert value(found, "Weather/Precipitation", "intensity") == pytest.approx(intensity)
    weather_element = found.find("Weather")
    assert weather_element is not None and weather_element.get("cloudState") == sky


def test_grip_is_said_against_a_dry_road_and_the_rest_is_not_lost() -> None:
    found = said(point(friction=0.3, road="snow", snow_depth_m=0.08))
    assert value(found, "RoadCondition", "frictionScaleFactor") == pytest.approx(0.3 / 0.9, abs=1e-6)
    known = {one.get("name"): one.get("value") for one in found.findall("RoadCondition/Properties/Property")}
    assert (known["simgen.road"], known["simgen.snow_depth_m"]) == ("snow", "0.08")
    assert {name.removeprefix("carla.") for name in known if name and name.startswith("carla.")} == NOON.keys()


def test_a_change_is_said_in_steps_of_half_a_second() -> None:
    fog = (point(1.0, visibility_m=1000.0), point(2.2, visibility_m=100.0))
    assert change_times(fog, -1.0, 5.0) == pytest.approx([1.4, 1.8, 2.2])
    assert change_times(fog, -1.0, 1.5) == pytest.approx([1.4])
    assert change_times((point(),), -1.0, 5.0) == []
    assert change_times((point(1.0), point(2.0)), -1.0, 5.0) == []
    assert value(said(*fog, at=1.6), "Weather/Fog", "visualRange") == pytest.approx(550.0)
    assert value(said(*fog, at=-1.0), "Weather/Fog", "visualRange") == 1000.0


def test_numbers_have_six_decimals_no_exponent_and_no_negative_zero() -> None:
    assert [number(v) for v in (0.1 + 0.2, 1e-9, -1e-9, 12.0, -3.25, 1e7)] == [
        "0.3", "0", "0", "12", "-3.25", "10000000"]
    with pytest.raises(ValueError, match="nan"):
        number(math.nan)


def test_names_lose_what_openscenario_gives_a_meaning() -> None:
    assert identifier("second_deer_2") == "second_deer_2"
    assert identifier("a$b::c/d é") == "a_b__c_d__"
