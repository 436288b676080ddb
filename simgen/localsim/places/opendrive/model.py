"""What an OpenDRIVE file says, as far as a place needs it. Right-handed, metres, radians; s along, t to the left."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from simgen.localsim.places.opendrive.cubics import Cubics
from simgen.localsim.places.opendrive.plan_view import PlanView


@dataclass(frozen=True, slots=True)
class RoadMark:
    """Paint on a lane's outer border, from ``s_offset`` after the section's start until the next mark.

    kind:  OpenDRIVE's word: "solid", "broken", "solid solid", "none", …
    """

    s_offset: float
    kind: str
    width: float


@dataclass(frozen=True, eq=False, slots=True)
class Lane:
    """One lane of a section; id > 0 lies left of the lane reference line, id < 0 right, 0 is the line itself.

    width:    metres over s − section start. With ``is_border`` it is the outer border's |t| instead.
    heights:  rows (s offset, inner, outer): metres above the road's surface; empty if the file says nothing.
    """

    id: int
    kind: str
    width: Cubics
    is_border: bool
    heights: tuple[tuple[float, float, float], ...]
    marks: tuple[RoadMark, ...]


@dataclass(frozen=True, eq=False, slots=True)
class LaneSection:
    """Lanes between two stations: ``left`` from the centre outwards (1, 2, …), ``right`` likewise (−1, −2, …)."""

    start: float
    end: float
    left: tuple[Lane, ...]
    centre: Lane
    right: tuple[Lane, ...]


@dataclass(frozen=True, slots=True)
class Link:
    """What a road joins at one of its ends.

    kind:     "road" or "junction".
    contact:  "start" or "end" of the other road; None for junctions.
    """

    kind: str
    id: str
    contact: str | None


@dataclass(frozen=True, slots=True)
class RoadObject:
    """Something on or by the road that a place draws.

    outline:  corners (s, t) in road coordinates, metres; empty if the file gives only length and width.
    """

    id: str
    kind: str
    s: float
    t: float
    heading: float
    length: float
    width: float
    outline: tuple[tuple[float, float], ...]
    subtype: str = ""
    name: str = ""


@dataclass(frozen=True, slots=True)
class Signal:
    """A traffic sign or light. ``faces_forward``: it concerns traffic in the direction of s.

    z_offset:  metres from the road's surface to the signal's lower edge; 0 for many files' posts, which stand on it.
    heading:   radians by which it is turned from the road's direction.
    lanes:     ids of the lanes that it concerns; empty for all of the traffic's side.
    stands:    x, y, z, heading where it stands, if that is not where it acts (``<positionInertial>``).
    repeated:  metres along its traffic and to that traffic's left from where it stands to where it is shown once more,
               and the reach of the arm there (this project's own files).
    """

    id: str
    kind: str
    subtype: str
    s: float
    t: float
    faces_forward: bool
    value: float | None
    name: str = ""
    z_offset: float = 0.0
    heading: float = 0.0
    lanes: tuple[int, ...] = ()
    stands: tuple[float, float, float, float] | None = None
    repeated: tuple[float, float, float] | None = None


@dataclass(frozen=True, slots=True)
class SignalReference:
    """A signal of another road that concerns traffic on this one, too."""

    id: str
    s: float
    faces_forward: bool
    lanes: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class Controller:
    """Signals that always show the same."""

    id: str
    signals: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Underpass:
    """A ``<tunnel>`` of the type "underpass": the road runs beneath a bridge from ``start`` to ``end``, metres."""

    start: float
    end: float


@dataclass(frozen=True, eq=False, slots=True)
class Road:
    """One road.

    junction:  id of the junction this road connects through, or None.
    setting:   "town", "rural", "motorway", …: the first ``<type>``; "" if there is none.
    right_hand: does traffic keep right?
    """

    id: str
    name: str
    length: float
    junction: str | None
    setting: str
    right_hand: bool
    plan: PlanView
    elevation: Cubics
    superelevation: Cubics
    lane_offset: Cubics
    sections: tuple[LaneSection, ...]
    predecessor: Link | None
    successor: Link | None
    objects: tuple[RoadObject, ...]
    signals: tuple[Signal, ...]
    references: tuple[SignalReference, ...] = ()
    underpasses: tuple[Underpass, ...] = ()


@dataclass(frozen=True, eq=False, slots=True)
class Network:
    """All roads of a file, in its order; ``junctions`` are the ids of the file's junctions in its order.

    landscape:    "wooded" (forest and hedges right beside the roads), "open" (few trees, far away), or "": as usual.
    controllers:  of its traffic lights; controlled_by: of each junction the ids of its controllers, in their order.
    """

    name: str
    roads: tuple[Road, ...]
    junctions: tuple[str, ...]
    landscape: str = ""
    controllers: tuple[Controller, ...] = ()
    controlled_by: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
