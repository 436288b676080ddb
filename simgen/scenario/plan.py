"""One concrete, seeded episode of a scenario: every number drawn, nothing placed on a map yet.

A plan is pure data. It goes to workers as JSON, and the SHA-256 of that JSON is its identity, so two machines
agree on what an episode is without talking to each other. Where an actor stands is said in words of the road
(so many metres ahead, so many beyond the edge); ``simgen.capture`` finds that place on the simulator's map.

Units are SI: metres, seconds, metres a second, radians; CARLA's weather keeps its own (percent, degrees).
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict, dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class RoadWish:
    """Which map, by name, by file, or by kind of road.

    name: a map the server offers. xodr: an OpenDRIVE document's path as written, with xodr_sha256 its
          content.
    kind: "rural" or "town". Exactly one of name, xodr and kind is set.
    """

    name: str | None = None
    xodr: str | None = None
    xodr_sha256: str | None = None
    kind: str | None = None


@dataclass(frozen=True, slots=True)
class SpawnWish:
    """Where the ego starts: spawn point ``index``, or the one at share ``pick`` in [0, 1) of the suitable."""

    index: int | None = None
    pick: float | None = None


@dataclass(frozen=True, slots=True)
class EgoPlan:
    blueprint: str
    rig: str
    speed_mps: float
    spawn: SpawnWish
    color: str | None = None           # "r,g,b", as CARLA's attribute


@dataclass(frozen=True, slots=True)
class Placement:
    """A place relative to the ego at the first captured frame, along its lane.

    ahead_m:        metres along the ego's lane from its body centre then; negative is behind.
    left_m:         metres to the left of the ego lane's centre line (negative: right), if off_road_m and lane
                    are None.
    lane:           a lane's centre instead: 0 the ego's, 1 the next to the right, −1 the next to the left;
                    "oncoming" is written as lane=None with oncoming=True.
    oncoming:       centre of the nearest lane of the opposite direction.
    side, off_road_m: metres beyond the outer edge of the driving lanes, on "left" or "right".
    heading_rad:    0 along the ego's lane there, counter-clockwise (π/2 faces left).
    """

    ahead_m: float
    left_m: float = 0.0
    lane: int | None = None
    oncoming: bool = False
    side: str | None = None
    off_road_m: float | None = None
    heading_rad: float = 0.0


@dataclass(frozen=True, slots=True)
class Trigger:
    """When an actor starts to act: at ``time_s``, or when the ego's front is within ``ego_distance_m`` of it.

    Time counts from the first captured frame and may be negative (during warm-up). With neither set it starts
    at once.
    """

    time_s: float | None = None
    ego_distance_m: float | None = None


@dataclass(frozen=True, slots=True)
class Behaviour:
    """What an actor does once triggered.

    action: "stand" | "walk" (along its heading) | "cross" (to the other side of the road: the heading is
            perpendicular to the ego's lane, turned by ``angle_rad`` towards the ego's driving direction) |
            "drive" (follow its lane) | "park" (stand, handbrake on).
    distance_m: stop after so many metres; None: cross = until as far beyond the road as it started, walk and
            drive = until the episode ends.
    """

    action: str
    speed_mps: float = 0.0
    angle_rad: float = 0.0
    distance_m: float | None = None


@dataclass(frozen=True, slots=True)
class ActorPlan:
    """One actor besides the ego.

    kind:      "vehicle", "walker" or "animal".
    blueprint: CARLA id for vehicles and walkers; None for animals, whose ``species`` is resolved against the
               server.
    """

    role: str
    kind: str
    blueprint: str | None
    species: str | None
    placement: Placement
    trigger: Trigger
    behaviour: Behaviour
    color: str | None = None


@dataclass(frozen=True, slots=True)
class CapturePlan:
    """``frames`` frames, ``rate_hz`` a second, after ``warmup_s`` simulated seconds that are not stored."""

    rate_hz: float
    frames: int
    warmup_s: float


@dataclass(frozen=True, slots=True)
class EpisodePlan:
    """One episode. ``name`` is unique in a dataset: "<scenario>-<index, four digits>"."""

    scenario: str
    index: int
    seed: int
    road: RoadWish
    weather: dict[str, float]          # all 14 fields of carla.WeatherParameters
    lights: str                        # "auto", "on" or "off": vehicle lamps and street lamps
    ego: EgoPlan
    actors: tuple[ActorPlan, ...]
    capture: CapturePlan
    drawn: dict[str, Any]              # every random value by key path, for tables and records

    @property
    def name(self) -> str:
        return f"{self.scenario}-{self.index:04d}"

    def to_json(self) -> dict[str, Any]:
        """The plan as plain JSON values."""
        return asdict(self)

    @classmethod
    def from_json(cls, value: dict[str, Any]) -> EpisodePlan:
        """The inverse of ``to_json``."""
        ego, capture = value["ego"], value["capture"]
        return cls(
            scenario=value["scenario"],
            index=value["index"],
            seed=value["seed"],
            road=RoadWish(**value["road"]),
            weather=dict(value["weather"]),
            lights=value["lights"],
            ego=EgoPlan(**{**ego, "spawn": SpawnWish(**ego["spawn"])}),
            actors=tuple(
                ActorPlan(**{
                    **actor,
                    "placement": Placement(**actor["placement"]),
                    "trigger": Trigger(**actor["trigger"]),
                    "behaviour": Behaviour(**actor["behaviour"]),
                })
                for actor in value["actors"]
            ),
            capture=CapturePlan(**capture),
            drawn=dict(value["drawn"]),
        )

    def digest(self) -> str:
        """SHA-256 of the canonical JSON: the plan's identity."""
        text = json.dumps(self.to_json(), sort_keys=True, separators=(",", ":"), allow_nan=False)
        return hashlib.sha256(text.encode()).hexdigest()
