"""What is found out about a running simulator: plain values, nothing of the client library, no opinion.

``probe.py`` and ``probe_trial.py`` measure them; ``simgen.doctor`` judges them.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

Size = tuple[float, float, float]


@dataclass(frozen=True, slots=True)
class FoundSettings:
    """A world's settings as somebody left them."""

    synchronous: bool
    fixed_delta_s: float | None
    no_rendering: bool


@dataclass(frozen=True, slots=True)
class StateFound:
    """How a server is left. guests: kind of actor → how many there are that do not belong to the level."""

    settings: FoundSettings
    guests: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class BoxFound:
    """What a server answers as the size of a blueprint's body. refused: why it would not spawn it."""

    blueprint: str
    size_lwh_m: Size | None
    refused: str = ""


@dataclass(frozen=True, slots=True)
class Seen:
    """What a rig saw of one actor whose place is known.

    lidar_points:  returns that name it as the object they met. lidar_in_box: returns from where it stands, whatever
                   they name.
    pixels:        of the picture, that show a surface where it stands, with a class that it may have.
    number:        the one most of these have in the instance picture; number_share: of them that have it.
    tag:           the class most of them have, as CARLA's semantic tag.
    """

    role: str
    blueprint: str
    actor_id: int
    distance_m: float
    lidar_points: int
    lidar_in_box: int
    pixels: int
    number: int | None
    number_share: float
    tag: int | None


@dataclass(frozen=True, slots=True)
class Latency:
    """How long after the end of a tick a sensor's data was there, s: in the middle and at most."""

    middle_s: float
    most_s: float


@dataclass(frozen=True, slots=True)
class Trial:
    """A car, somebody on foot, and a rig's sensors, put into the world for some ticks and taken out again.

    idle_ticks_s:   how long ticks took without sensors. rig_ticks_s: with all of the rig's, until their data was there.
    latencies:      by sensor. silent: sensor → what was wrong, of those that sent nothing for a tick.
    seen:           of each actor, at the last tick.
    tags:           pixels of the label camera's picture by semantic tag.
    depth_minus_lidar_m: the middle, over the points of a sweep that lie in the label camera's picture, of how far its
                    depth picture is from the sweep; None if no point could be compared.
    empty_pictures: cameras whose picture is of one colour.
    boxes:          of blueprints that are often wrong.
    left_behind:    actors of the trial that the server still lists afterwards.
    """

    idle_ticks_s: tuple[float, ...]
    rig_ticks_s: tuple[float, ...]
    latencies: Mapping[str, Latency]
    silent: Mapping[str, str]
    seen: tuple[Seen, ...]
    tags: Mapping[int, int]
    depth_minus_lidar_m: float | None
    empty_pictures: tuple[str, ...]
    boxes: tuple[BoxFound, ...]
    left_behind: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class ServerFacts:
    """A server as it was found.

    name, version:    who it says it is, "CARLA" or "simgen", and its version. server_version: that of the protocol.
    map_name:         of the world it holds now; None, as all that follows, if the versions differ: then nothing else is
                      asked, because the answers cannot be trusted.
    ticks_alone:      does time pass there without us?
    guests:           kind of actor → how many there are that do not belong to the level.
    newest_id:        the highest actor id.
    blueprints:       all ids that it offers.
    lens:             attribute of its colour camera → its default.
    in_use:           another client ticks it.
    trial:            None if there was none; then ``no_trial`` says why.
    """

    endpoint: str
    client_version: str
    server_version: str
    name: str = ""
    version: str = ""
    maps: tuple[str, ...] = ()
    map_name: str | None = None
    spawn_points: int = 0
    settings: FoundSettings | None = None
    ticks_alone: bool = False
    guests: Mapping[str, int] = field(default_factory=dict)
    newest_id: int = 0
    blueprints: frozenset[str] = frozenset()
    lens: Mapping[str, str] = field(default_factory=dict)
    in_use: bool = False
    trial: Trial | None = None
    no_trial: str = ""

    @property
    def is_ours_to_use(self) -> bool:
        """Can something be recorded there now?"""
        return self.map_name is not None and not self.in_use

    @property
    def is_built_in(self) -> bool:
        """Is it simgen's own simulator?"""
        return self.name == "simgen"
