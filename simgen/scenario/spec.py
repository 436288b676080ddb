"""What a scenario may say: the YAML file after reading, before anything is drawn.

A ``Value`` may be random; everything else is fixed. Units are SI (metres, seconds, metres a second, radians),
and CARLA's own for its weather. ``load`` builds these from a file, ``episodes`` draws plans from them.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from simgen.scenario.reading import Value


@dataclass(frozen=True, slots=True)
class OpenDriveFile:
    """An OpenDRIVE document that a scenario names: where it lies, and the SHA-256 of its bytes."""

    path: Path
    sha256: str


@dataclass(frozen=True, slots=True)
class RoadSpec:
    """Where it happens: ``map`` (names and files; ``files`` by the path as written) or a ``kind`` of road."""

    map: Value[str] | None
    kind: Value[str] | None
    files: Mapping[str, OpenDriveFile]


@dataclass(frozen=True, slots=True)
class SunSpec:
    """Where the sun stands, in degrees; what is None is left to the weather preset."""

    time_of_day: Value[str] | None = None
    altitude_deg: Value[float] | None = None
    azimuth_deg: Value[float] | None = None


@dataclass(frozen=True, slots=True)
class WeatherSpec:
    """A preset, single fields that differ from it, and the sun."""

    preset: Value[str]
    fields: Mapping[str, Value[float]]
    sun: SunSpec


@dataclass(frozen=True, slots=True)
class EgoSpec:
    """spawn_index None: a suitable spawn point is drawn."""

    blueprint: Value[str]
    rig: str
    speed_mps: Value[float]
    spawn_index: Value[int] | None
    color: Value[str] | None


@dataclass(frozen=True, slots=True)
class PlaceSpec:
    """Exactly one of ``off_road_m`` (with ``side``), ``lane``, ``left_m`` and ``right_m`` is set."""

    ahead_m: Value[float]
    off_road_m: Value[float] | None = None
    side: Value[str] | None = None
    lane: Value[str | int] | None = None
    left_m: Value[float] | None = None
    right_m: Value[float] | None = None
    facing: Value[str | float] | None = None


@dataclass(frozen=True, slots=True)
class TriggerSpec:
    """When to act: at a time, or when the ego is near. Both None: at once."""

    time_s: Value[float] | None = None
    ego_distance_m: Value[float] | None = None


@dataclass(frozen=True, slots=True)
class BehaviourSpec:
    """What to do; speed None: the table's for the species, or the kind of pedestrian."""

    action: Value[str]
    speed_mps: Value[float] | None = None
    angle_rad: Value[float] | None = None
    distance_m: Value[float] | None = None


@dataclass(frozen=True, slots=True)
class ActorSpec:
    """One actor, or ``count`` of them, ``spacing_m`` apart along the road.

    kind:  "vehicle", "pedestrian" or "animal", the key it was written under.
    model: a blueprint id or a kind word; for animals the species.
    """

    role: str
    kind: str
    model: Value[str]
    count: Value[int] | None
    spacing_m: Value[float] | None
    color: Value[str] | None
    place: PlaceSpec
    when: TriggerSpec
    do: BehaviourSpec


@dataclass(frozen=True, slots=True)
class CaptureSpec:
    rate_hz: Value[float]
    frames: Value[int]
    warmup_s: Value[float]


@dataclass(frozen=True, slots=True)
class Scenario:
    """A scenario file, read and checked.

    path: the file as it was named; messages begin with it.
    """

    name: str
    description: str
    path: Path
    episodes: int
    road: RoadSpec
    weather: WeatherSpec
    lights: Value[str]
    ego: EgoSpec
    actors: tuple[ActorSpec, ...]
    capture: CaptureSpec
