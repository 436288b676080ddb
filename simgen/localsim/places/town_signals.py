"""The town's traffic lights and signs, as OpenDRIVE: what makes SimgenTown01_Signals of SimgenTown01.

The four junctions on the ring where side streets end and the two inside have lights, in two phases: along High, North
and South Street, and across. Where High Street meets the ring it stops (in the west) and gives way (in the east). Mill
Lane and Church Lane are 30 km/h streets; elsewhere 50 is signed.

Each light is shown twice: behind the crosswalk, and once more across the junction. Roads, lanes and junctions stay as
they are, to the digit.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from xml.etree import ElementTree

LIGHT, STOP, YIELD, LIMIT = "1000001", "206", "205", "274"
STOP_LINE_M = 6.2              # from a street's end, as ``shipped`` draws it
POST_M = 0.6                   # likewise: behind the crosswalk, where who waits can see it
BESIDE_KERB_M = 0.65
KERB_LIFT_M = 0.13
LIMIT_AFTER_M = 12.0           # at least, behind the junction a street begins at
FREE_M, PERIOD_M = 12.375, 13.5        # stations half way between a street's lamps and trees; see ``streetside``
SLOW_STREETS, SLOW_KMH, USUAL_KMH = ("Mill Lane", "Church Lane"), 30, 50
MOUTH_M = 15.0                 # from a junction's middle to where a street begins
LANE_M = 1.75                  # from the reference line to the lane's middle
WIDEST_KERB_M = 5.7
ACROSS_AT_M = 2.0              # to the right of its lane stands what a street sees that ends at the junction
STOPS, YIELDS = "-172,0", "172,0"        # names of the junctions where High Street has no priority
_PRIORITY_OVER = "High Street"


@dataclass(frozen=True, slots=True)
class _Arm:
    """One end of a street, as who drives towards the junction there sees it.

    forward:  traffic towards the junction runs along the reference line.
    kerb_m:   from the reference line to the kerb.
    """

    road: ElementTree.Element
    junction: str
    forward: bool
    length_m: float
    kerb_m: float

    @property
    def lane(self) -> int:
        return -1 if self.forward else 1

    def at(self, before_end_m: float) -> float:
        """The station so far before this end."""
        return self.length_m - before_end_m if self.forward else before_end_m


def with_signals(text: str) -> str:
    """The town's OpenDRIVE text with lights and signs."""
    root = ElementTree.fromstring(text)
    names = {node.get("id", ""): node.get("name", "") for node in root.iter("junction")}
    arms = list(_arms(root))
    controlled: dict[tuple[str, int], list[str]] = {}
    number = 1
    for arm in arms:
        kind = LIGHT
        if names[arm.junction] in (STOPS, YIELDS):
            if _PRIORITY_OVER not in arm.road.get("name", ""):
                kind = ""                                           # the ring has priority
            else:
                kind = STOP if names[arm.junction] == STOPS else YIELD
        if kind:
            node = _signal(arm, number, kind)
            if kind == LIGHT:
                _repeat(node, arm, [other for other in arms if other.junction == arm.junction])
                controlled.setdefault((arm.junction, _phase(arm)), []).append(str(number))
            number += 1
        _limit_sign(arm, number)
        number += 1
    _control(root, controlled)
    return ElementTree.tostring(root, encoding="unicode", xml_declaration=True)


def _arms(root: ElementTree.Element) -> Iterator[_Arm]:
    for road in root.iter("road"):
        if road.get("junction") != "-1":
            continue
        length_m = float(road.get("length", "nan"))
        widths = [float(lane.find("width").get("a", "nan"))         # type: ignore[union-attr]
                  for lane in road.iterfind("lanes/laneSection/right/lane") if lane.get("type") != "sidewalk"]
        for end, forward in (("predecessor", False), ("successor", True)):
            link = road.find(f"link/{end}")
            if link is not None and link.get("elementType") == "junction":
                yield _Arm(road, link.get("elementId", ""), forward, length_m, sum(widths))


def _pose(arm: _Arm, s: float, t: float) -> tuple[float, float, float]:
    """x, y and heading of the reference line at (s, t); arms end straight, so the nearest line or its end holds."""
    pieces = arm.road.findall("planView/geometry")
    piece = pieces[-1] if arm.forward else pieces[0]
    x, y, heading, start = (float(piece.get(key, "nan")) for key in ("x", "y", "hdg", "s"))
    along = s - start
    return (x + along * math.cos(heading) - t * math.sin(heading),
            y + along * math.sin(heading) + t * math.cos(heading), heading)


def _phase(arm: _Arm) -> int:
    """0 along the east and west streets, 1 across."""
    return 0 if abs(math.cos(_pose(arm, arm.at(0.0), 0.0)[2])) > 0.5 else 1


def _signal(arm: _Arm, number: int, kind: str) -> ElementTree.Element:
    """A light or sign that holds traffic at the stop line; its post stands behind the crosswalk."""
    side = -1.0 if arm.forward else 1.0
    t = side * (arm.kerb_m + BESIDE_KERB_M)
    name = {LIGHT: "Signal_3Light", STOP: "Sign_Stop", YIELD: "Sign_Yield"}[kind]
    node = _node(arm, number, kind, name, arm.at(STOP_LINE_M), t, dynamic=kind == LIGHT)
    x, y, heading = _pose(arm, arm.at(POST_M), t)
    travel = heading if arm.forward else heading + math.pi
    ElementTree.SubElement(node, "positionInertial", {
        "x": f"{x:.4f}", "y": f"{y:.4f}", "z": f"{KERB_LIFT_M:.2f}",
        "hdg": f"{math.remainder(travel, math.tau):.6f}", "pitch": "0", "roll": "0",
    })
    return node


def _repeat(node: ElementTree.Element, arm: _Arm, arms: list[_Arm]) -> None:
    """Show a light once more across the junction: at the street that goes on there, or else on the pavement."""
    ahead_m, post_m = MOUTH_M + POST_M, arm.kerb_m + BESIDE_KERB_M
    onward = [one for one in arms if math.cos(_travel(one) - _travel(arm)) < -0.5]
    if onward:
        across_m, reach_m = onward[0].kerb_m + BESIDE_KERB_M, onward[0].kerb_m + BESIDE_KERB_M - LANE_M
        far_m = 2.0 * ahead_m
    else:
        across_m, reach_m, far_m = ACROSS_AT_M, 0.0, ahead_m + WIDEST_KERB_M + BESIDE_KERB_M
    ElementTree.SubElement(node, "userData", {
        "code": "simgen.repeated", "ahead": f"{far_m:.2f}", "left": f"{post_m - across_m:.2f}", "arm": f"{reach_m:.2f}",
    })


def _travel(arm: _Arm) -> float:
    """Heading of who drives towards the junction."""
    return _pose(arm, arm.at(0.0), 0.0)[2] + (0.0 if arm.forward else math.pi)


def _limit_sign(arm: _Arm, number: int) -> None:
    """A speed limit for who has just left the junction at this end."""
    limit = SLOW_KMH if any(name in arm.road.get("name", "") for name in SLOW_STREETS) else USUAL_KMH
    side = 1.0 if arm.forward else -1.0                             # leaving, one drives on the other side
    leaving = _Arm(arm.road, arm.junction, not arm.forward, arm.length_m, arm.kerb_m)
    steps = (arm.at(LIMIT_AFTER_M) - FREE_M) / PERIOD_M
    s = FREE_M + PERIOD_M * (math.floor(steps) if arm.forward else math.ceil(steps))
    node = _node(leaving, number, LIMIT, f"Sign_Speed_{limit}", s,
                 side * (arm.kerb_m + BESIDE_KERB_M), dynamic=False)
    node.set("value", str(limit))
    node.set("unit", "km/h")


def _node(
    arm: _Arm, number: int, kind: str, name: str, s: float, t: float, dynamic: bool
) -> ElementTree.Element:
    signals = arm.road.find("signals")
    if signals is None:
        signals = ElementTree.Element("signals")
        objects = arm.road.find("objects")
        arm.road.insert(0 if objects is None else list(arm.road).index(objects) + 1, signals)
    node = ElementTree.SubElement(signals, "signal", {
        "id": str(number), "name": name, "type": kind, "subtype": "-1", "country": "OpenDRIVE",
        "dynamic": "yes" if dynamic else "no", "s": f"{s:.4f}", "t": f"{t:.4f}",
        "orientation": "+" if arm.forward else "-", "zOffset": "0", "value": "-1",
        "hOffset": "0" if arm.forward else f"{math.pi:.6f}", "pitch": "0", "roll": "0",
    })
    ElementTree.SubElement(node, "validity", {"fromLane": str(arm.lane), "toLane": str(arm.lane)})
    return node


def _control(root: ElementTree.Element, controlled: dict[tuple[str, int], list[str]]) -> None:
    """A controller for each phase of each junction."""
    junctions = {node.get("id", ""): node for node in root.iter("junction")}
    first = list(root).index(next(iter(junctions.values())))
    for number, ((junction, phase), signals) in enumerate(sorted(controlled.items())):
        controller = ElementTree.Element("controller", {"id": str(1000 + number), "name": f"phase {phase}",
                                                        "sequence": str(phase)})
        for signal in signals:
            ElementTree.SubElement(controller, "control", {"signalId": signal, "type": "0"})
        root.insert(first + number, controller)
        ElementTree.SubElement(junctions[junction], "controller", {
            "id": str(1000 + number), "type": "0", "sequence": str(phase)})
