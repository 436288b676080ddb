"""The words a scenario can use for weather, roads and actors, and the numbers behind them: ``tables/*.yaml``, typed."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import yaml

from sensors.conditions import FRICTION
from simgen.scenario.quantities import LENGTH, NUMBER, PERCENT, SUN_ANGLE, Dimension, Limits

_FOLDER = Path(__file__).parent / "tables"

OPEN_AZIMUTH_DEG = 359.0    # for the presets' −1, which is the same direction if it is an angle at all

Size = tuple[float, float, float]       # length, width, height in metres

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

# Heglund & Taylor 1988: within trot the fastest kept speed is 2.6 times the slowest, within gallop 2.1 times. A gait
# whose speed is not given is gone in the middle of its range.
TROT_RANGE, GALLOP_RANGE = 2.6, 2.1


@dataclass(frozen=True, slots=True)
class Speeds:
    """How fast a walker or animal moves, m/s: walking, crossing unless told otherwise, and at most."""

    walk_mps: float
    cross_mps: float
    top_mps: float


@dataclass(frozen=True, slots=True)
class Species:
    """An animal: speeds, gaits (word → m/s), mass, acceleration, and the bodies of the grown and of the young."""

    speeds: Speeds
    gaits_mps: Mapping[str, float]
    change_mps: float | None                # from trot to gallop
    mass_kg: float
    acceleration_mps2: float
    size_lwh_m: Size
    young_lwh_m: Size

    def size(self, age: str) -> Size:
        """The body at an age, "adult" or "young"."""
        return self.young_lwh_m if age == "young" else self.size_lwh_m


@dataclass(frozen=True, slots=True)
class Pedestrian:
    """A kind of pedestrian: speeds, gaits (word → m/s), how fast it flees, how walking speeds scatter, and the body."""

    speeds: Speeds
    gaits_mps: Mapping[str, float]
    flee_mps: float
    sd_mps: float
    slow_mps: float                         # the 15th percentile of walking
    size_lwh_m: Size


@dataclass(frozen=True, slots=True)
class Crowd:
    """How fast people in a crowd walk, m/s: a normal distribution, cut off."""

    mean_mps: float
    sd_mps: float
    least_mps: float
    most_mps: float


@dataclass(frozen=True, slots=True)
class RoadState:
    """friction: share of the weight. deceleration_mps2: a driver's full braking."""

    friction: float
    deceleration_mps2: float


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
def road_states() -> Mapping[str, RoadState]:
    """"dry", "wet", "snow", "icy", from the best grip to the least."""
    rows = _read("roads.yaml")["states"]
    return {word: RoadState(FRICTION[word], float(row["deceleration"])) for word, row in rows.items()}


def stopping_distance_m(speed_mps: float, road: str = "dry", driver: str = "human") -> float:
    """From full speed to standing, reaction included: v·t + v²/2a.

    road: one of ``road_states``. driver: "human" (reacts in 1.5 s) or "aeb" (0.3 s, brakes with 9 m/s² where the road
    lets it: its own deceleration is scaled with the road's against the dry one's).
    """
    row, grip = _read("roads.yaml")["drivers"][driver], road_states()
    braking = grip[road].deceleration_mps2
    if "deceleration" in row:
        braking = min(float(row["deceleration"]), float(row["deceleration"]) * braking / grip["dry"].deceleration_mps2)
    return speed_mps * float(row["reaction"]) + speed_mps**2 / (2.0 * braking)


@cache
def vehicle_kinds() -> Mapping[str, tuple[str, ...]]:
    """Kind word → blueprint ids."""
    return {kind: tuple(ids) for kind, ids in _read("vehicles.yaml")["kinds"].items()}


@cache
def cyclist_kinds() -> Mapping[str, tuple[str, ...]]:
    """The two-wheelers among the vehicles, which carry riders."""
    return {kind: vehicle_kinds()[kind] for kind in ("bicycle", "motorcycle")}


@cache
def vehicle_sizes() -> Mapping[str, Size]:
    """Blueprint id → box. A server's own box replaces it."""
    return {name: _size(size) for name, size in _read("vehicles.yaml")["sizes"].items()}


def vehicle_size(blueprint: str) -> Size:
    """A vehicle's box; one that the table does not know is planned with a middle-class car's."""
    return vehicle_sizes().get(blueprint, (4.6, 1.9, 1.5))


def vehicle_speeds(blueprint: str) -> Speeds:
    """Speeds where the scenario gives none."""
    rows = _read("vehicles.yaml")["speeds"]
    kind = next((kind for kind, ids in cyclist_kinds().items() if blueprint in ids), "car")
    return _speeds(rows[kind])


@cache
def colors() -> Mapping[str, str]:
    """Colour word → "r,g,b"."""
    return dict(_read("vehicles.yaml")["colors"])


def without_blue_lights(word: str) -> bool:
    """Whether it is known that vehicles of a kind word or blueprint id have none."""
    return word in vehicle_kinds() or word in vehicle_sizes().keys() - _read("vehicles.yaml")["blue_lights"]


@cache
def traffic_colors() -> Mapping[str, float]:
    """Colour word → how common it is on roads."""
    return {word: float(share) for word, share in _read("vehicles.yaml")["traffic_colors"].items()}


@cache
def pedestrian_kinds() -> Mapping[str, tuple[str, ...]]:
    """Kind word → blueprint ids."""
    return {
        kind: tuple(f"walker.pedestrian.{number}" for number in numbers)
        for kind, numbers in _read("pedestrians.yaml")["kinds"].items()
    }


def pedestrian_attributes(word: str) -> Mapping[str, str]:
    """What the blueprint of a kind word is told besides."""
    return dict(_read("pedestrians.yaml")["attributes"].get(word, {}))


def pedestrian(word: str) -> Pedestrian:
    """The table's row for a kind word or a blueprint id; ids that are not known children's are adults'."""
    rows = _pedestrian_rows()
    if word in rows:
        return rows[word]
    return rows["child" if word in pedestrian_kinds()["child"] else "adult"]


def pedestrian_speeds(word: str) -> Speeds:
    """Speeds for a kind word or a blueprint id."""
    return pedestrian(word).speeds


@cache
def crowd() -> Crowd:
    """How fast background pedestrians walk."""
    row = _read("pedestrians.yaml")["crowd"]
    return Crowd(float(row["mean"]), float(row["sd"]), float(row["least"]), float(row["most"]))


@cache
def sheltered() -> tuple[float, float]:
    """Share of the background's grown-ups who carry an umbrella where it rains, and from which precipitation on, %."""
    row = _read("pedestrians.yaml")["sheltered"]
    return float(row["share"]), float(row["precipitation"])


@cache
def animals() -> Mapping[str, Species]:
    """Species by name."""
    return {name: _species(row) for name, row in _read("animals.yaml").items()}


@cache
def animal_speeds() -> Mapping[str, Speeds]:
    """Species → speeds."""
    return {name: species.speeds for name, species in animals().items()}


@cache
def prop_kinds() -> Mapping[str, tuple[str, ...]]:
    """Kind word → blueprint ids."""
    return {
        kind: tuple(f"static.prop.{name}" for name in names) for kind, names in _read("props.yaml")["kinds"].items()
    }


@cache
def prop_sizes() -> Mapping[str, Size]:
    """Blueprint id → box."""
    return {f"static.prop.{name}": _size(size) for name, size in _read("props.yaml")["sizes"].items()}


def prop_size(blueprint: str) -> Size:
    """A prop's box; one that the table does not know is planned with a cube of 1 m."""
    return prop_sizes().get(blueprint, (1.0, 1.0, 1.0))


@cache
def _pedestrian_rows() -> Mapping[str, Pedestrian]:
    table = _read("pedestrians.yaml")
    rows = {}
    for word, row in table["speeds"].items():
        gaits = {gait: float(row[gait]) for gait in ("walk", "jog", "run") if gait in row and row[gait] > 0.0}
        size, flee = _size(table["sizes"][word]), float(row.get("hurry", max(gaits.values(), default=0.0)))
        rows[word] = Pedestrian(_speeds(row), gaits, flee, float(row["sd"]), float(row["slow"]), size)
    return rows


def _species(row: Mapping[str, Any]) -> Species:
    speeds = _speeds(row)
    change = float(row["change"]) if "change" in row else None
    gaits = {"walk": speeds.walk_mps}
    if change is not None and row.get("hops"):
        gaits["hop"] = change
    elif change is not None:
        gaits["trot"] = round(change * (1.0 + 1.0 / TROT_RANGE) / 2.0, 2)
        gaits["gallop"] = round(min(change * (1.0 + GALLOP_RANGE) / 2.0, speeds.top_mps), 2)
    return Species(
        speeds, gaits, change, float(row["mass"]), float(row["accelerate"]), _size(row["size"]),
        _size(row["young"]),
    )


def _size(row: Any) -> Size:
    length, width, height = map(float, row)
    return length, width, height


def _speeds(row: Mapping[str, Any]) -> Speeds:
    return Speeds(float(row["walk"]), float(row["cross"]), float(row["top"]))


@cache
def _read(name: str) -> Any:
    return yaml.safe_load((_FOLDER / name).read_text(encoding="utf-8"))
