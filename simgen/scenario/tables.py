"""The words a scenario can use for weather, vehicles, pedestrians and animals: ``tables/*.yaml``, typed."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import yaml

from simgen.scenario.quantities import LENGTH, NUMBER, PERCENT, SUN_ANGLE, Dimension, Limits

_FOLDER = Path(__file__).parent / "tables"

OPEN_AZIMUTH_DEG = 359.0    # for the presets' −1, which is the same direction if it is an angle at all

WEATHER_FIELDS: dict[str, tuple[Dimension, Limits]] = {     # carla.WeatherParameters, in its order
    "cloudiness": (PERCENT, Limits(0, 100)),
    "precipitation": (PERCENT, Limits(0, 100)),
    "precipitation_deposits": (PERCENT, Limits(0, 100)),
    "wind_intensity": (PERCENT, Limits(0, 100)),
    "sun_azimuth_angle": (SUN_ANGLE, Limits(0, 360)),
    "sun_altitude_angle": (SUN_ANGLE, Limits(-90, 90)),
    "fog_density": (PERCENT, Limits(0, 100)),
    "fog_distance": (LENGTH, Limits(0, math.inf)),
    "fog_falloff": (NUMBER, Limits(0, math.inf)),
    "wetness": (PERCENT, Limits(0, 100)),
    "scattering_intensity": (NUMBER, Limits(0, math.inf)),
    "mie_scattering_scale": (NUMBER, Limits(0, math.inf)),
    "rayleigh_scattering_scale": (NUMBER, Limits(0, math.inf)),
    "dust_storm": (PERCENT, Limits(0, 100)),
}


@dataclass(frozen=True, slots=True)
class Speeds:
    """How fast a walker or animal moves, m/s: walking, crossing unless told otherwise, and at most."""

    walk_mps: float
    cross_mps: float
    top_mps: float


@cache
def weather_presets() -> Mapping[str, Mapping[str, float]]:
    """CARLA's presets by name, each with all 14 fields."""
    table = _read("weather.yaml")
    return {
        name: dict(zip(table["fields"], map(float, values), strict=True))
        for name, values in table["presets"].items()
    }


@cache
def times_of_day() -> Mapping[str, tuple[float, float]]:
    """Word → sun altitude and azimuth in degrees."""
    return {
        word: (float(sun["altitude"]), float(sun["azimuth"]))
        for word, sun in _read("weather.yaml")["times_of_day"].items()
    }


@cache
def vehicle_kinds() -> Mapping[str, tuple[str, ...]]:
    """Kind word → blueprint ids."""
    return {kind: tuple(ids) for kind, ids in _read("vehicles.yaml")["kinds"].items()}


@cache
def colors() -> Mapping[str, str]:
    """Colour word → "r,g,b"."""
    return dict(_read("vehicles.yaml")["colors"])


@cache
def pedestrian_kinds() -> Mapping[str, tuple[str, ...]]:
    """Kind word → blueprint ids."""
    return {
        kind: tuple(f"walker.pedestrian.{number}" for number in numbers)
        for kind, numbers in _read("pedestrians.yaml")["kinds"].items()
    }


def pedestrian_speeds(word: str) -> Speeds:
    """Speeds for a kind word or a blueprint id; ids that are not known children's are adults'."""
    is_child = word == "child" or word in pedestrian_kinds()["child"]
    return _speeds(_read("pedestrians.yaml")["speeds"]["child" if is_child else "adult"])


@cache
def animal_speeds() -> Mapping[str, Speeds]:
    """Species → speeds."""
    return {species: _speeds(row) for species, row in _read("animals.yaml").items()}


def _speeds(row: Mapping[str, float]) -> Speeds:
    return Speeds(float(row["walk"]), float(row["cross"]), float(row["top"]))


@cache
def _read(name: str) -> Any:
    return yaml.safe_load((_FOLDER / name).read_text(encoding="utf-8"))
