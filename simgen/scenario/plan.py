"""One concrete, seeded episode of a scenario: every number drawn, nothing placed on a map yet.

A plan is pure data. It goes to workers as JSON, and the SHA-256 of that JSON is its identity, so two machines
agree on what an episode is without talking to each other. Where an actor stands is said in words of the road
(so many metres ahead, so many beyond the edge); ``simgen.motion`` finds that place on the map a simulator has.

Units are SI: metres, seconds, metres a second, radians; CARLA's weather keeps its own (percent, degrees).
Time counts from the first captured frame and is negative during the warm-up.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass, field
from typing import Any

from simgen.scenario.plain import plain


@dataclass(frozen=True, slots=True)
class RoadWish:
    """Which map, and what the ego's stretch of road must have.

    name: a map the server offers. xodr: an OpenDRIVE document's path as written, xodr_sha256 its content.
    kind: "rural", "town" or "highway". Exactly one of name, xodr and kind is set.
    lanes:      driving lanes of the road, both directions together, at the ego's start.
    curve:      "straight" or "bend": the stretch that the episode needs, from the ego's start on; None: a straight one
                is preferred.
    radius_m:   (least, greatest) radius of the tightest bend on that stretch.
    crest, tunnel: whether whoever is farthest ahead is behind a crest, or in a tunnel.
    near:       "crosswalk", "junction" or "parking": such a thing lies ``near_ahead_m`` ahead of the ego's body centre
                at the first frame. The ego's start is moved along its lane until it does.
    """

    name: str | None = None
    xodr: str | None = None
    xodr_sha256: str | None = None
    kind: str | None = None
    lanes: int | None = None
    curve: str | None = None
    radius_m: tuple[float, float] | None = None
    crest: bool = False
    tunnel: bool = False
    near: str | None = None
    near_ahead_m: float | None = None


@dataclass(frozen=True, slots=True)
class SpawnWish:
    """Where the ego starts: spawn point ``index``, or the one at share ``pick`` in [0, 1) of the suitable."""

    index: int | None = None
    pick: float | None = None


@dataclass(frozen=True, slots=True)
class SpeedPoint:
    """Speed at a time; between points it changes linearly, before the first and after the last it is constant."""

    time_s: float
    speed_mps: float


@dataclass(frozen=True, slots=True)
class AebPlan:
    """Automatic emergency braking: once a visible actor's time to collision on the ego's path is below ``ttc_s``, the
    ego brakes, after ``delay_s``, with ``deceleration_mps2`` (never more than the road's friction allows)."""

    ttc_s: float
    delay_s: float
    deceleration_mps2: float
    range_m: float


@dataclass(frozen=True, slots=True)
class EgoPlan:
    """rig: a rig's name, or the path of its file as this machine finds it. speed: at least one point. route: turns at
    the junctions ahead, "straight", "left", "right", in order; straight on after the last. on_crash: "end" (the frame
    of the first contact is the last) or "keep"."""

    blueprint: str
    rig: str
    speed: tuple[SpeedPoint, ...]
    spawn: SpawnWish
    color: str | None = None           # "r,g,b", as CARLA's attribute
    route: tuple[str, ...] = ()
    aeb: AebPlan | None = None
    on_crash: str = "keep"

    @property
    def rig_name(self) -> str:
        """The rig's name, or its file's name without the folders above it: the same on every machine."""
        return self.rig.rpartition("/")[2]


@dataclass(frozen=True, slots=True)
class Placement:
    """A place on or beside the ego's road.

    Along the road:
    of:       what ``ahead_m`` counts from: "ego" (its body centre at the first captured frame), an actor's role (where
              that actor starts; for one with ``meet`` that crosses, where its path crosses the ego's lane), or "near"
              (the road wish's feature).
    ahead_m:  metres along the ego's lane; negative is behind. None: left to the meet that names this actor.
    between:  "centres", or "ends": ahead_m is then the gap between the facing ends of the two bodies
              (positive: beyond, negative: before it).
    Across the road, the first that is set:
    arm:      "left", "right" or "opposite": on that arm of the junction ahead, in the lane that leads to the junction;
              ahead_m is then not used (a meet solves how far back).
    side, off_road_m: body centre so far beyond the outer edge of the driving lanes.
    side, beside_m:   gap between the ego's flank and this body's flank.
    lane:     a lane's centre: 0 the ego's, 1 the next to the right, −1 the next to the left.
    oncoming: centre of the nearest lane of the opposite direction.
    left_m:   metres to the left of the ego lane's centre line (negative: right); with ``of`` an actor and
              ``same_line``: of that actor's own line along the road.
    heading_rad: 0 along the ego's lane there, counter-clockwise (π/2 faces left).
    """

    ahead_m: float | None
    of: str = "ego"
    between: str = "centres"
    arm: str | None = None
    side: str | None = None
    off_road_m: float | None = None
    beside_m: float | None = None
    lane: int | None = None
    oncoming: bool = False
    left_m: float = 0.0
    same_line: bool = False
    heading_rad: float = 0.0


@dataclass(frozen=True, slots=True)
class Condition:
    """When something happens. ``delay_s`` after it first held.

    kind:
      "time"          time_s >= value
      "ego_distance"  distance from the middle of the ego's front to this actor's centre: below (or above) value, metres
      "distance"      the same between this actor's centre and that of ``role``
      "ttc"           the ego's time to collision with this actor's place along the ego's path (front to centre, over
                      the closing speed along the path) below value, seconds
      "ego_speed"     the ego's speed above (or below) value
      "speed"         this actor's own speed above (or below) value
      "visible"       some part of this actor is in the ego's line of sight (in the front camera's field of view,
                      nothing between) for value seconds so far (0: at first sight)
      "event"         actor ``role`` did ``did``: "started", "finished" (its whole program), "stopped" (stands after
                      having moved), "entered_road", "left_road", "hit" (touched the ego); role "ego": "braked", "hit"
      "all", "any", "not"  of ``parts``
    above: the direction of comparison, for the kinds that have one.
    """

    kind: str
    value: float | None = None
    above: bool = False
    role: str | None = None
    did: str | None = None
    parts: tuple[Condition, ...] = ()
    delay_s: float = 0.0


@dataclass(frozen=True, slots=True)
class Step:
    """One verb of an actor's program.

    when:  waits (standing, or going on as before for vehicles that move) until this holds; None: at once.
    until: ends the step as soon as this holds, besides its own end. duration_s: likewise.
    verb:
      "stand", "park"   do nothing; park: handbrake, lamps off. Never ends by itself.
      "walk"            along its heading at speed_mps; ends after distance_m.
      "cross"           to the other side of the road, at angle_rad from straight across (positive leans the ego's way);
                        ends after distance_m, or when as far beyond the other edge as it started before its own.
      "walk_to"         straight to ``place``; ends there.
      "face"            turns on the spot to angle_rad, counter-clockwise from the ego's way there; ends at once.
      "follow_road"     along its lane (walkers and animals: parallel to the road), at speed_mps (None: at the speed it
                        has); against=True: against the lane's direction.
      "freeze"          stands at once, whatever it did; never ends by itself.
      "turn_back"       back along the way it came at speed_mps; ends where it started.
      "flee"            straight away from ``leader`` ("ego" or a role) at speed_mps, angle_rad aside.
      "follow_leader"   the way ``leader`` went, ``delay_s`` later, shifted by its own start's offset from the leader's.
      "follow_path"     to where ``leader`` was ``delay_s`` ago when it begins, then on its very way, as far behind.
      "brake"           slows by acceleration_mps2 (> 0) to speed_mps (0: stands); ends there. Keeps its lane.
      "speed_up"        likewise, faster.
      "stop"            brakes so that it stands after distance_m (or as hard as acceleration_mps2 says); ends there.
      "cut_in"          into the ego's lane within duration_s, so that its rear is gap_m ahead of the ego's front when
                        the change is complete, at speed_mps.
      "lane_change"     to the neighbouring lane on ``side`` within duration_s, at its speed.
      "drift"           leaves its line by distance_m to ``side`` at lateral_mps, at its speed; ends there, parallel.
      "run_red"         follows its road over the junction though its light is red (lights are set so where there are
                        any).
      "open_door"       opens ``door`` ("front_left", "front_right", "rear_left", "rear_right", "trunk"); ends at once.
      "parallel"        runs ``tracks`` (programs) at the same time; ends with the last.
    acceleration_mps2: how it reaches speed_mps; None: at once.
    """

    verb: str
    when: Condition | None = None
    until: Condition | None = None
    duration_s: float | None = None
    speed_mps: float | None = None
    acceleration_mps2: float | None = None
    angle_rad: float = 0.0
    distance_m: float | None = None
    place: Placement | None = None
    side: str | None = None
    lateral_mps: float | None = None
    gap_m: float | None = None
    leader: str | None = None
    delay_s: float | None = None
    door: str | None = None
    against: bool = False
    tracks: tuple[tuple[Step, ...], ...] = ()


@dataclass(frozen=True, slots=True)
class MeetPlan:
    """Where and when actor and ego would touch if neither reacted, and how late it is seen; solved backwards.

    impact_share: across the ego's front from the side the actor comes from: 0 its edge there, 0.5 middle, 1 far edge.
    time_s:       of the impact: the ego's front reaches the near face of the actor's body.
    reveal_s:     so long before the impact the actor is first seen past ``behind``, whose place along the road is
                  solved.
    lead_s:       so long before the impact it starts to move; its lateral start is then solved.
                  With neither lead_s nor a reveal it starts so early that it is in time from where it stands.
    miss_s:       it passes the impact point so much later (negative: earlier) than the ego: a near miss.
    """

    impact_share: float
    time_s: float
    reveal_s: float | None = None
    behind: str | None = None
    lead_s: float | None = None
    miss_s: float = 0.0


@dataclass(frozen=True, slots=True)
class ActorPlan:
    """One actor besides the ego.

    kind:       "vehicle" (also cyclists), "walker", "animal" or "prop".
    blueprint:  CARLA id for vehicles, walkers and props; None for animals, whose ``species`` is resolved against the
                server.
    attributes: blueprint attributes to set; one that the server's blueprint lacks is refused.
    size_lwh_m: nominal body, from the tables; a server's own box of a vehicle replaces it.
    when, program: what it does once ``when`` holds (None: at once, also during the warm-up).
    lamps:      "auto", "on", "off", "hazard", "left", "right" or "blue" (vehicles).
    background: traffic drawn by density: left out where it finds no room.
    event:      part of the rare event: stays away from the road in the negative twin.
    """

    role: str
    kind: str
    blueprint: str | None
    species: str | None
    size_lwh_m: tuple[float, float, float]
    placement: Placement
    meet: MeetPlan | None = None
    when: Condition | None = None
    program: tuple[Step, ...] = ()
    color: str | None = None
    lamps: str = "auto"
    attributes: dict[str, str] = field(default_factory=dict)
    background: bool = False
    event: bool = False


@dataclass(frozen=True, slots=True)
class WeatherPoint:
    """The weather at a time; between points every number changes linearly.

    carla:        all 14 fields of carla.WeatherParameters, in CARLA's units.
    rain_mmph, snowfall_mmph: water equivalent. visibility_m: meteorological optical range; None: as the fog fields say.
    road:         "dry", "wet", "icy" or "snow". friction: of tyres on it, 0 to 1.
    """

    time_s: float
    carla: dict[str, float]
    rain_mmph: float = 0.0
    snowfall_mmph: float = 0.0
    visibility_m: float | None = None
    snow_depth_m: float = 0.0
    road: str = "dry"
    friction: float = 0.9


@dataclass(frozen=True, slots=True)
class CapturePlan:
    """``frames`` frames, ``rate_hz`` a second, after ``warmup_s`` simulated seconds that are not stored."""

    rate_hz: float
    frames: int
    warmup_s: float


@dataclass(frozen=True, slots=True)
class SplitPlan:
    """Weights of the sets: of ``train + val + test`` episodes in a row, so many go to each."""

    train: int = 3
    val: int = 1
    test: int = 0


@dataclass(frozen=True, slots=True)
class SensingPlan:
    """What sensors make of the world.

    lidar:   "clean", or "measured" as the rig's device does.
    returns: "strongest", "last" or "dual".
    sweep:   "instant", "rolling" or "untwisted".
    keep:    "clean", if the clean sweep is stored beside the measured one.
    camera:  "drawn" by the simulator, or "photographed" by the rig's camera.
    """

    lidar: str = "clean"
    returns: str = "strongest"
    sweep: str = "instant"
    keep: tuple[str, ...] = ()
    camera: str = "drawn"


@dataclass(frozen=True, slots=True)
class OutputPlan:
    """What is stored of an episode, besides what always is.

    pictures: "depth", "semantic", "instance", and "planes", which are none; sorted.
    classes:  rules that differ from simgen's own: {"map": [[pattern, type], …], "ignore": [pattern, …], "leave_out":
              {"range_m": …, "height_px": …, "visible_fraction": …, "lidar_points": …}, "dont_care": {the same, …}},
              each key where it is given.
    """

    pictures: tuple[str, ...] = ()
    split: SplitPlan = SplitPlan()
    classes: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class EpisodePlan:
    """One episode. ``name`` is unique in a dataset: "<scenario>-<index, four digits>", "-twin" behind a negative twin.

    weather:  at least one point, times ascending.
    drawn:    every random value by key path, for tables and records; derived and swept ones too.
    rejected: draws thrown away before this one because a constraint did not hold.
    twin:     True for the negative twin of the episode with the same index.
    sun_relative_deg: direction of the sun, clockwise from where the ego heads at the first frame. It takes the place of
              the weather's ``sun_azimuth_angle`` once the ego's start is known; None: that one holds. Left out of the
              JSON where it is None.
    output:   what is stored, and into which set it goes. Left out of the JSON where it is the default.
    sensing:  what sensors make of the world. Left out of the JSON where they see it as it is, as plans from before
              there was any sensing do.
    """

    scenario: str
    index: int
    seed: int
    road: RoadWish
    weather: tuple[WeatherPoint, ...]
    lights: str                        # "auto", "on" or "off": vehicle lamps
    ego: EgoPlan
    actors: tuple[ActorPlan, ...]
    capture: CapturePlan
    drawn: dict[str, Any]
    rejected: int = 0
    twin: bool = False
    sun_relative_deg: float | None = None
    output: OutputPlan = OutputPlan()
    sensing: SensingPlan = SensingPlan()

    @property
    def name(self) -> str:
        return f"{self.scenario}-{self.index:04d}{'-twin' if self.twin else ''}"

    def to_json(self) -> dict[str, Any]:
        """The plan as plain JSON values."""
        value = plain(self)
        if self.sun_relative_deg is None:
            del value["sun_relative_deg"]           # so that plans without it are what they were before there was it
        if self.output == OutputPlan():
            del value["output"]                     # likewise
        if self.sensing == SensingPlan():
            del value["sensing"]
        elif self.sensing.camera == "drawn":
            del value["sensing"]["camera"]
        return value

    @classmethod
    def from_json(cls, value: dict[str, Any]) -> EpisodePlan:
        """The inverse of ``to_json``, also after a trip through JSON text."""
        ego = value["ego"]
        return cls(
            scenario=value["scenario"],
            index=value["index"],
            seed=value["seed"],
            road=RoadWish(**{**value["road"], "radius_m": _pair(value["road"]["radius_m"])}),
            weather=tuple(WeatherPoint(**point) for point in value["weather"]),
            lights=value["lights"],
            ego=EgoPlan(**{
                **ego,
                "speed": tuple(SpeedPoint(**point) for point in ego["speed"]),
                "spawn": SpawnWish(**ego["spawn"]),
                "route": tuple(ego["route"]),
                "aeb": None if ego["aeb"] is None else AebPlan(**ego["aeb"]),
            }),
            actors=tuple(_actor(actor) for actor in value["actors"]),
            capture=CapturePlan(**value["capture"]),
            drawn=dict(value["drawn"]),
            rejected=value["rejected"],
            twin=value["twin"],
            sun_relative_deg=value.get("sun_relative_deg"),
            output=_output(value.get("output")),
            sensing=_sensing(value.get("sensing")),
        )

    def digest(self) -> str:
        """SHA-256 of the canonical JSON: the plan's identity.

        Of a rig that is given by path only the file's name counts, so it does not matter where a checkout lies; what is
        in that file is part of the dataset's request.
        """
        value = self.to_json()
        value["ego"]["rig"] = self.ego.rig_name
        text = json.dumps(value, sort_keys=True, separators=(",", ":"), allow_nan=False)
        return hashlib.sha256(text.encode()).hexdigest()


def _pair(value: Any) -> tuple[float, float] | None:
    return None if value is None else (value[0], value[1])


def _output(value: dict[str, Any] | None) -> OutputPlan:
    if value is None:
        return OutputPlan()
    return OutputPlan(tuple(value["pictures"]), SplitPlan(**value["split"]), dict(value["classes"]))


def _sensing(value: dict[str, Any] | None) -> SensingPlan:
    return SensingPlan() if value is None else SensingPlan(**{**value, "keep": tuple(value["keep"])})


def _actor(value: dict[str, Any]) -> ActorPlan:
    length, width, height = value["size_lwh_m"]
    return ActorPlan(**{
        **value,
        "size_lwh_m": (length, width, height),
        "placement": Placement(**value["placement"]),
        "meet": None if value["meet"] is None else MeetPlan(**value["meet"]),
        "when": _condition(value["when"]),
        "program": tuple(_step(step) for step in value["program"]),
    })


def _condition(value: dict[str, Any] | None) -> Condition | None:
    if value is None:
        return None
    parts = (_condition(part) for part in value["parts"])
    return Condition(**{**value, "parts": tuple(part for part in parts if part is not None)})


def _step(value: dict[str, Any]) -> Step:
    return Step(**{
        **value,
        "when": _condition(value["when"]),
        "until": _condition(value["until"]),
        "place": None if value["place"] is None else Placement(**value["place"]),
        "tracks": tuple(tuple(_step(step) for step in track) for track in value["tracks"]),
    })
