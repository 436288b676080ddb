"""OpenDRIVE text → ``Network``. Versions 1.4 to 1.8, as written by roadgen, RoadRunner (CARLA), SUMO and others.

Whatever would change where a road lies or what it carries is read or refused; what a place does not show
(railroads, surface textures, user data) is left alone.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from xml.etree import ElementTree

import numpy as np

from simgen.localsim.places.error import PlaceError
from simgen.localsim.places.opendrive.cubics import Cubics
from simgen.localsim.places.opendrive.model import (
    Controller,
    Lane,
    LaneSection,
    Link,
    Network,
    Road,
    RoadMark,
    RoadObject,
    Signal,
    SignalReference,
    Underpass,
)
from simgen.localsim.places.opendrive.plan_view import Arc, Curve, PlanView, Polynomial, Spiral, poly3

SHORTEST_ROAD_M = 0.05        # shorter roads only exist to tie others together; there is nothing to draw
FARTHEST_M = 20_000.0         # meshes are float32: beyond this a vertex is off by more than a millimetre
LONGEST_NETWORK_M = 100_000.0 # all roads together; beyond this a mesh would not fit
WIDEST_LANE_M = 100.0
MOST_TURN_RAD = 200.0         # a spiral that winds more often is a typing mistake
DEFAULT_MARK_WIDTH_M = 0.12
LANDSCAPES = ("open", "wooded")


class _Node:
    """One XML element that knows where it is, for error messages."""

    def __init__(self, element: ElementTree.Element, where: str) -> None:
        self.element, self.where = element, where

    def children(self, tag: str) -> Iterator[_Node]:
        for number, child in enumerate(c for c in self.element if _bare(c.tag) == tag):
            yield _Node(child, f"{self.where}/{tag} {number}")

    def child(self, tag: str) -> _Node | None:
        return next(self.children(tag), None)

    def text(self, key: str, default: str | None = None) -> str:
        value = self.element.get(key, default)
        if value is None:
            raise PlaceError(f"{self.where}: attribute '{key}' is missing")
        return value

    def number(self, key: str, default: float | None = None) -> float:
        text = self.element.get(key)
        if text is None:
            if default is None:
                raise PlaceError(f"{self.where}: attribute '{key}' is missing")
            return default
        try:
            value = float(text)
        except ValueError:
            value = math.nan
        if not math.isfinite(value):
            raise PlaceError(f"{self.where}: attribute '{key}' is not a finite number: '{text[:40]}'")
        return value


def read_network(text: str, name: str) -> Network:
    """Read a file's text; ``name`` stands for the file in messages.

    Raises:
        PlaceError: not XML, not OpenDRIVE, incomplete, inconsistent, or using a feature that is not supported.
    """
    try:
        root = ElementTree.fromstring(text.lstrip("\ufeff \t\r\n"))
    except ElementTree.ParseError as error:
        raise PlaceError(f"{name}: not an XML file: {error}") from error
    except ValueError as error:      # a str with an encoding declaration that Python cannot honour
        raise PlaceError(f"{name}: cannot be decoded: {error}") from error
    if _bare(root.tag) != "OpenDRIVE":
        raise PlaceError(f"{name}: the root element is <{_bare(root.tag)}>, not <OpenDRIVE>")
    top = _Node(root, name)
    roads = tuple(
        road
        for node in top.children("road")
        if (road := _road(_Node(node.element, f"{name}: road {node.element.get('id', '?')}"))) is not None
    )
    if not roads:
        raise PlaceError(f"{name}: the file contains no roads")
    total = sum(road.length for road in roads)
    if total > LONGEST_NETWORK_M:
        raise PlaceError(
            f"{name}: {total / 1000:.0f} km of roads are too many for one place (at most "
            f"{LONGEST_NETWORK_M / 1000:.0f} km); cut the map"
        )
    seen: set[str] = set()
    for road in roads:
        if road.id in seen:
            raise PlaceError(f"{name}: road {road.id}: the id is used twice")
        seen.add(road.id)
    junctions = {j.text("id"): tuple(c.text("id") for c in j.children("controller")) for j in top.children("junction")}
    controllers = tuple(
        Controller(c.text("id"), tuple(x.text("signalId") for x in c.children("control")))
        for c in top.children("controller")
    )
    return Network(name, roads, tuple(junctions), _landscape(top), controllers, junctions)


def _landscape(top: _Node) -> str:
    """What this project's own files say about the land; see ``Network.landscape``."""
    header = top.child("header")
    for node in () if header is None else header.children("userData"):
        if node.element.get("code") == "simgen.landscape":
            word = node.text("value")
            if word not in LANDSCAPES:
                raise PlaceError(f"{node.where}: landscape '{word}' is not one of {', '.join(LANDSCAPES)}")
            return word
    return ""


def _road(node: _Node) -> Road | None:
    length = node.number("length")
    if length < 0.0:
        raise PlaceError(f"{node.where}: attribute 'length' is negative")
    if length > LONGEST_NETWORK_M:
        raise PlaceError(f"{node.where}: the road is longer than {LONGEST_NETWORK_M / 1000:.0f} km")
    if length < SHORTEST_ROAD_M:
        return None
    junction = node.text("junction", "-1")
    lateral, lanes, link = node.child("lateralProfile"), node.child("lanes"), node.child("link")
    elevation = node.child("elevationProfile")
    if lateral is not None:
        for feature in ("shape", "crossfall", "crossSectionSurface"):
            if lateral.child(feature) is not None:
                raise PlaceError(f"{node.where}: lateralProfile/{feature} is not supported (superelevation is)")
    if lanes is None:
        raise PlaceError(f"{node.where}: element <lanes> is missing")
    kind = node.child("type")
    return Road(
        id=node.text("id"),
        name=node.text("name", ""),
        length=length,
        junction=None if junction == "-1" else junction,
        setting="" if kind is None else kind.text("type", ""),
        right_hand=node.text("rule", "RHT").upper() != "LHT",
        plan=_plan_view(node),
        elevation=_cubics(elevation, "elevation", "s"),
        superelevation=_cubics(lateral, "superelevation", "s"),
        lane_offset=_cubics(lanes, "laneOffset", "s"),
        sections=_sections(lanes, length),
        predecessor=_link(link, "predecessor"),
        successor=_link(link, "successor"),
        objects=tuple(_objects(node)),
        signals=tuple(_signals(node)),
        references=tuple(_references(node)),
        underpasses=tuple(_underpasses(node, length)),
    )


def _plan_view(node: _Node) -> PlanView:
    plan = node.child("planView")
    if plan is None:
        raise PlaceError(f"{node.where}: element <planView> is missing")
    rows: list[tuple[float, tuple[float, float, float], Curve]] = []
    for geometry in plan.children("geometry"):
        length = geometry.number("length")
        if length < 0.0:
            raise PlaceError(f"{geometry.where}: attribute 'length' is negative")
        pose = geometry.number("x"), geometry.number("y"), geometry.number("hdg")
        if max(abs(pose[0]), abs(pose[1])) > FARTHEST_M:
            raise PlaceError(
                f"{geometry.where}: lies more than {FARTHEST_M / 1000:.0f} km from the origin; "
                "move the map to the origin and put the difference into <geoReference>"
            )
        if length > LONGEST_NETWORK_M:
            raise PlaceError(f"{geometry.where}: longer than {LONGEST_NETWORK_M / 1000:.0f} km")
        if length > 0.0:
            rows.append((geometry.number("s"), pose, _curve(geometry, length)))
    if not rows:
        raise PlaceError(f"{node.where}/planView: there is no <geometry> with a length")
    rows.sort(key=lambda row: row[0])
    return PlanView(np.array([r[0] for r in rows]), np.array([r[1] for r in rows]), tuple(r[2] for r in rows))


def _curve(geometry: _Node, length: float) -> Curve:
    for child in geometry.element:
        tag = _bare(child.tag)
        node = _Node(child, f"{geometry.where}/{tag}")
        if tag == "line":
            return Arc(0.0)
        if tag == "arc":
            return Arc(_curvature(node, "curvature", length))
        if tag == "spiral":
            return Spiral(length, _curvature(node, "curvStart", length), _curvature(node, "curvEnd", length))
        if tag == "poly3":
            return poly3(length, np.array([node.number(k) for k in "abcd"]))
        if tag == "paramPoly3":
            u = np.array([node.number(k) for k in ("aU", "bU", "cU", "dU")])
            v = np.array([node.number(k) for k in ("aV", "bV", "cV", "dV")])
            if not (np.any(u[1:]) or np.any(v[1:])):
                raise PlaceError(f"{node.where}: all coefficients are zero")
            ends = {"normalized": 1.0, "arcLength": length}
            reach = node.text("pRange", "normalized")
            if reach not in ends:
                raise PlaceError(f"{node.where}: pRange '{reach}' is not one of normalized, arcLength")
            return Polynomial(length, u, v, ends[reach])
        if tag != "userData":
            raise PlaceError(f"{geometry.where}: <{tag}> is not a curve that OpenDRIVE knows")
    raise PlaceError(f"{geometry.where}: contains no curve")


def _curvature(node: _Node, key: str, length: float) -> float:
    value = node.number(key)
    if abs(value) * length > MOST_TURN_RAD:
        raise PlaceError(f"{node.where}: {key} {value:g} over {length:g} m winds round itself")
    return value


def _cubics(parent: _Node | None, tag: str, start: str, default: float = 0.0) -> Cubics:
    if parent is None:
        return Cubics.constant(default)
    rows = [
        (n.number(start), n.number("a"), n.number("b"), n.number("c"), n.number("d")) for n in parent.children(tag)
    ]
    return Cubics.of(rows, default)


def _sections(lanes: _Node, length: float) -> tuple[LaneSection, ...]:
    nodes = sorted(lanes.children("laneSection"), key=lambda n: n.number("s"))
    if not nodes:
        raise PlaceError(f"{lanes.where}: there is no <laneSection>")
    starts = [n.number("s") for n in nodes]
    ends = [*starts[1:], length]
    sections = []
    for node, start, end in zip(nodes, starts, ends, strict=True):
        sides: dict[str, list[Lane]] = {"left": [], "center": [], "right": []}
        for side, found in sides.items():
            group = node.child(side)
            if group is not None:
                found.extend(sorted((_lane(n, side) for n in group.children("lane")), key=lambda x: abs(x.id)))
        for side, sign in (("left", 1), ("right", -1)):
            ids = [lane.id for lane in sides[side]]
            if ids != [sign * k for k in range(1, len(ids) + 1)]:
                raise PlaceError(f"{node.where}/{side}: lane ids {ids} are not numbered from the centre outwards")
        centre = sides["center"][0] if sides["center"] else Lane(0, "none", Cubics.constant(0.0), False, (), ())
        if end - start > 1e-6:
            sections.append(LaneSection(start, end, tuple(sides["left"]), centre, tuple(sides["right"])))
    if not sections:
        raise PlaceError(f"{lanes.where}: no <laneSection> has a length")
    return tuple(sections)


def _lane(node: _Node, side: str) -> Lane:
    lane_id = node.number("id")
    if lane_id != int(lane_id):
        raise PlaceError(f"{node.where}: lane id {lane_id:g} is not a whole number")
    has_width, has_border = node.child("width") is not None, node.child("border") is not None
    if side != "center" and not (has_width or has_border):
        raise PlaceError(f"{node.where}: lane {lane_id:g} has neither <width> nor <border>")
    is_border = has_border and not has_width
    width = _cubics(node, "border" if is_border else "width", "sOffset")
    if np.abs(width.coefficients[:, 0]).max() > WIDEST_LANE_M:
        raise PlaceError(f"{node.where}: lane {lane_id:g} is wider than {WIDEST_LANE_M:g} m")
    heights = sorted((h.number("sOffset"), h.number("inner"), h.number("outer")) for h in node.children("height"))
    marks = sorted(
        (
            RoadMark(m.number("sOffset", 0.0), m.text("type", "none"), m.number("width", DEFAULT_MARK_WIDTH_M))
            for m in node.children("roadMark")
        ),
        key=lambda mark: mark.s_offset,
    )
    return Lane(
        id=int(lane_id),
        kind=node.text("type", "none"),
        width=width,
        is_border=is_border,
        heights=tuple(heights),
        marks=tuple(marks),
    )


def _link(link: _Node | None, which: str) -> Link | None:
    node = None if link is None else link.child(which)
    if node is None:
        return None
    return Link(node.text("elementType", "road"), node.text("elementId", ""), node.element.get("contactPoint"))


def _objects(road: _Node) -> Iterator[RoadObject]:
    group = road.child("objects")
    for node in () if group is None else group.children("object"):
        s, t, heading = node.number("s"), node.number("t"), node.number("hdg", 0.0)
        outline = next((e for e in node.element.iter() if _bare(e.tag) == "outline"), None)
        corners: list[tuple[float, float]] = []
        for child in () if outline is None else outline:
            corner = _Node(child, f"{node.where}/{_bare(child.tag)}")
            if _bare(child.tag) == "cornerRoad":
                corners.append((corner.number("s"), corner.number("t")))
            elif _bare(child.tag) == "cornerLocal":
                u, v = corner.number("u"), corner.number("v")
                along = u * math.cos(heading) - v * math.sin(heading)
                across = u * math.sin(heading) + v * math.cos(heading)
                corners.append((s + along, t + across))
        if len(corners) > 1 and math.dist(corners[0], corners[-1]) < 1e-3:
            corners.pop()
        yield RoadObject(
            id=node.text("id", ""),
            kind=node.text("type", ""),
            s=s,
            t=t,
            heading=heading,
            length=node.number("length", 0.0),
            width=node.number("width", 0.0),
            outline=tuple(corners),
            subtype=node.text("subtype", ""),
            name=node.text("name", ""),
        )


def _signals(road: _Node) -> Iterator[Signal]:
    group = road.child("signals")
    for node in () if group is None else group.children("signal"):
        place = node.child("positionInertial")
        yield Signal(
            id=node.text("id", ""),
            kind=node.text("type", ""),
            subtype=node.text("subtype", ""),
            s=node.number("s"),
            t=node.number("t"),
            faces_forward=node.text("orientation", "+") != "-",
            value=node.number("value") if node.element.get("value") not in (None, "", "-1") else None,
            name=node.text("name", ""),
            z_offset=node.number("zOffset", 0.0),
            heading=node.number("hOffset", 0.0),
            lanes=_valid_lanes(node),
            stands=None if place is None else (
                place.number("x"), place.number("y"), place.number("z"), place.number("hdg", 0.0)
            ),
            repeated=_repeated(node),
        )


def _repeated(signal: _Node) -> tuple[float, float, float] | None:
    """Where this project's own files show a light once more; see ``Signal.repeated``."""
    for node in signal.children("userData"):
        if node.element.get("code") == "simgen.repeated":
            return node.number("ahead"), node.number("left"), node.number("arm")
    return None


def _references(road: _Node) -> Iterator[SignalReference]:
    group = road.child("signals")
    for node in () if group is None else group.children("signalReference"):
        forward = node.text("orientation", "+") != "-"
        yield SignalReference(node.text("id", ""), node.number("s"), forward, _valid_lanes(node))


def _valid_lanes(node: _Node) -> tuple[int, ...]:
    """The lanes that a signal's validities name, in their order; never the centre line."""
    lanes: list[int] = []
    for validity in node.children("validity"):
        ends = int(validity.number("fromLane")), int(validity.number("toLane"))
        lanes += [lane for lane in range(min(ends), max(ends) + 1) if lane != 0 and lane not in lanes]
    return tuple(lanes)


def _underpasses(road: _Node, length: float) -> Iterator[Underpass]:
    """Bored tunnels are left out: there is no mountain over them."""
    group = road.child("objects")
    for node in () if group is None else group.children("tunnel"):
        if node.text("type", "standard") != "underpass":
            continue
        start, end = node.number("s"), node.number("s") + node.number("length")
        if not 0.0 <= start < end <= length:
            raise PlaceError(f"{node.where}: the underpass from s = {start:g} to {end:g} m does not lie on the road, "
                             f"which is {length:g} m long")
        yield Underpass(start, end)


def _bare(tag: object) -> str:
    """An element's name without its XML namespace; comments and processing instructions have none."""
    return tag.rpartition("}")[2] if isinstance(tag, str) else ""
