"""What nuScenes' map needs of an OpenDRIVE document: lanes with their borders, pavements and crosswalks.

roadgen reads the document. Its Lanelet2 form gives the borders of driving lanes and pavements, its own form
(``export_ir``) says how they hang together. Coordinates are OpenDRIVE's: x east, y north, metres.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any
from xml.etree import ElementTree

import numpy as np
import roadgen
from numpy.typing import NDArray

from simgen.errors import DatasetError

Line = NDArray[np.float64]      # (N, 2) points

DRIVING, PARKING, SIDEWALK = "driving", "parking", "sidewalk"
PAVED = (DRIVING, PARKING, "shoulder", "biking", "restricted")       # what a wheel may roll on
CUT_STEP_M = 5.0
_SIDES = ("left_boundary", "right_boundary")


@dataclass(frozen=True, eq=False, slots=True)
class Lane:
    """One lane of one lane section, or a strip beside it.

    kind:               OpenDRIVE's type: "driving", "parking", "sidewalk", "shoulder", …
    road, section:      where it belongs; junction: of its road, None on the open road.
    forward:            does it run along its road's reference line?
    left, right:        (N, 2) borders, as seen by who drives along it.
    centre:             (N, 2) in the direction of travel.
    """

    identity: str
    kind: str
    road: str
    section: int
    junction: str | None
    forward: bool
    left: Line
    right: Line
    centre: Line

    @property
    def outline(self) -> Line:
        """(N, 2) polygon, not closed."""
        return np.concatenate([self.left, self.right[::-1]])


@dataclass(frozen=True, eq=False, slots=True)
class Crosswalk:
    """outline: (N, 2) polygon. lanes: identities of the lanes it crosses."""

    identity: str
    outline: Line
    lanes: tuple[str, ...]


@dataclass(frozen=True, eq=False)
class RoadMap:
    """The roads of a map. successors: driving lane → driving lanes that one may go on to."""

    name: str
    lanes: tuple[Lane, ...]
    crosswalks: tuple[Crosswalk, ...]
    successors: Mapping[str, tuple[str, ...]]

    def of_kind(self, *kinds: str) -> tuple[Lane, ...]:
        return tuple(lane for lane in self.lanes if lane.kind in kinds)

    @cached_property
    def bounds_m(self) -> tuple[float, float, float, float]:
        """Smallest x and y, largest x and y."""
        points = np.concatenate([lane.outline for lane in self.lanes])
        (left, bottom), (right, top) = points.min(axis=0), points.max(axis=0)
        return float(left), float(bottom), float(right), float(top)

    def within(self, bounds_m: tuple[float, float, float, float]) -> RoadMap:
        """The map cut at a rectangle (left, bottom, right, top), to within ``CUT_STEP_M``. Of a lane that leaves it and
        comes back the longest piece stays; a crosswalk stays if it is inside."""
        low, high = np.array(bounds_m[:2]), np.array(bounds_m[2:])
        pieces = (_cut(lane, low, high) for lane in self.lanes)
        lanes = tuple(lane for lane in pieces if lane is not None)
        kept = {lane.identity for lane in lanes}
        successors = {lane: tuple(other for other in after if other in kept)
                      for lane, after in self.successors.items() if lane in kept}
        crosswalks = tuple(one for one in self.crosswalks if ((one.outline >= low) & (one.outline <= high)).all())
        return RoadMap(self.name, lanes, crosswalks, successors)


def _cut(lane: Lane, low: NDArray[np.float64], high: NDArray[np.float64]) -> Lane | None:
    """The longest piece of a lane whose centre is inside; None if there is none."""
    if ((lane.outline >= low) & (lane.outline <= high)).all():
        return lane
    number = math.ceil(float(np.linalg.norm(np.diff(lane.centre, axis=0), axis=1).sum()) / CUT_STEP_M) + 1
    left, right, centre = (resampled(line, number) for line in (lane.left, lane.right, lane.centre))
    inside = np.concatenate([[False], ((centre >= low) & (centre <= high)).all(axis=1), [False]])
    starts, ends = np.flatnonzero(~inside[:-1] & inside[1:]), np.flatnonzero(inside[:-1] & ~inside[1:])
    longest = int((ends - starts).argmax()) if len(starts) else -1
    if longest < 0 or ends[longest] - starts[longest] < 2:
        return None
    piece = slice(starts[longest], ends[longest])
    return replace(lane, left=left[piece], right=right[piece], centre=centre[piece])


def read_roads(path: Path) -> RoadMap:
    """The roads of an OpenDRIVE file.

    Raises:
        DatasetError: naming the file, if it cannot be read or holds no lane.
    """
    try:
        network = roadgen.read_opendrive(str(path))
        with TemporaryDirectory() as folder:
            network.export_ir(f"{folder}/map.json")
            network.export_lanelet2(f"{folder}/map.osm")
            parts = json.loads(Path(folder, "map.json").read_text(encoding="utf-8"))
            links = json.loads(Path(folder, "map.osm.trace.json").read_text(encoding="utf-8"))["links"]
            osm = ElementTree.parse(f"{folder}/map.osm").getroot()
    except (OSError, ValueError, RuntimeError, KeyError, ElementTree.ParseError) as error:
        raise DatasetError(f"{path}: cannot be read as OpenDRIVE: {error}") from error
    centres = {lane: np.array(network.lane_centerline(lane), dtype=np.float64)[:, :2] for lane in network.lane_ids()}
    lanes = _lanes(parts, centres, _borders(osm, links))
    if not lanes:
        raise DatasetError(f"{path}: holds no lane that can be drawn")
    driving = {lane.identity for lane in lanes if lane.kind == DRIVING}
    return RoadMap(path.stem, lanes, _crosswalks(parts, osm, links), _successors(parts, driving))


def _borders(osm: ElementTree.Element, links: list[dict[str, str]]) -> dict[str, dict[str, Line]]:
    """Lane → "left_boundary" and "right_boundary", each running either way."""
    ways = _ways(osm)
    borders: dict[str, dict[str, Line]] = {}
    for link in links:
        if link.get("role") in _SIDES:
            borders.setdefault(link["ir"], {})[link["role"]] = ways[link["ref"].partition(":")[2]]
    return {lane: sides for lane, sides in borders.items() if len(sides) == 2}


def _ways(osm: ElementTree.Element) -> dict[str, Line]:
    places = {node.get("id"): [_tag(node, "local_x"), _tag(node, "local_y")] for node in osm.iter("node")}
    return {way.get("id", ""): np.array([places[nd.get("ref")] for nd in way.findall("nd")])
            for way in osm.iter("way")}


def _tag(node: ElementTree.Element, key: str) -> float:
    return next(float(tag.get("v", "")) for tag in node.findall("tag") if tag.get("k") == key)


def _lanes(parts: Mapping[str, Any], centres: Mapping[str, Line], borders: Mapping[str, dict[str, Line]]
           ) -> tuple[Lane, ...]:
    junction_of = {road["id"]: road["junction"] for road in parts["roads"]}
    beside = {(lane["road"], lane["section"], lane["side"], lane["ordinal"]): lane["id"] for lane in parts["lanes"]}
    known = dict(borders)
    lanes = []
    for entry in sorted(parts["lanes"], key=lambda lane: lane["ordinal"]):      # from the middle of the road outwards
        name, centre = entry["id"], centres[entry["id"]]
        if name not in known:
            inner = beside.get((entry["road"], entry["section"], entry["side"], entry["ordinal"] - 1))
            if inner not in known:
                continue                # nothing says how wide it is
            known[name] = _strip(centre, known[inner])
        left, right = (_along(known[name][side], centre) for side in _SIDES)
        lanes.append(Lane(name, entry["type"], entry["road"], entry["section"], junction_of[entry["road"]],
                          entry["direction"] != "backward", left, right, centre))
    lanes.sort(key=lambda lane: (lane.road, lane.section, lane.identity))
    return tuple(lanes)


def _strip(centre: Line, inner: Mapping[str, Line]) -> dict[str, Line]:
    """The borders of a strip, of which the centre line and the lane inside of it are known: the lane's border that is
    nearer, and its mirror image on the other side of the centre line."""
    near = min((_along(border, centre) for border in inner.values()),
               key=lambda border: float(np.linalg.norm(resampled(border, 9) - resampled(centre, 9), axis=1).sum()))
    number = max(len(near), len(centre))
    near, middle = resampled(near, number), resampled(centre, number)
    far = 2 * middle - near
    ahead, aside = middle[-1] - middle[0], near[0] - middle[0]
    near_is_left = ahead[0] * aside[1] - ahead[1] * aside[0] > 0
    return dict(zip(_SIDES, (near, far) if near_is_left else (far, near), strict=True))


def _along(line: Line, centre: Line) -> Line:
    """The line, running the way the centre line does."""
    same = np.linalg.norm(line[0] - centre[0]) + np.linalg.norm(line[-1] - centre[-1])
    other = np.linalg.norm(line[-1] - centre[0]) + np.linalg.norm(line[0] - centre[-1])
    return line if same <= other else line[::-1]


def resampled(line: Line, number: int) -> Line:
    """(number, 2) points at equal steps along a line."""
    length = np.concatenate([[0.0], np.cumsum(np.linalg.norm(np.diff(line, axis=0), axis=1))])
    steps = np.linspace(0.0, length[-1], number)
    return np.column_stack([np.interp(steps, length, line[:, axis]) for axis in (0, 1)])


def _crosswalks(parts: Mapping[str, Any], osm: ElementTree.Element, links: list[dict[str, str]]
                ) -> tuple[Crosswalk, ...]:
    ways = _ways(osm)
    lanelets = {relation.get("id"): relation for relation in osm.iter("relation")}
    lanes_of = {entry["id"]: tuple(entry["lanes"]) for entry in parts["objects"]}
    crosswalks = []
    for link in links:
        if link.get("role") == "crosswalk":
            relation = lanelets[link["ref"].partition(":")[2]]
            sides = {member.get("role"): ways[member.get("ref", "")] for member in relation.findall("member")}
            outline = np.concatenate([sides["left"], _along(sides["right"], sides["left"])[::-1]])
            crosswalks.append(Crosswalk(link["ir"], outline, lanes_of[link["ir"]]))
    return tuple(crosswalks)


def _successors(parts: Mapping[str, Any], driving: set[str]) -> dict[str, tuple[str, ...]]:
    after: dict[str, tuple[str, ...]] = {lane: () for lane in sorted(driving)}
    for connection in parts["connections"]:
        start, end = connection["from"]["lane"], connection["to"]["lane"]
        if start in driving and end in driving:
            after[start] = (*after[start], end)
    return after
