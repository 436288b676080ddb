"""Reads OpenSCENARIO XML 1.0 back, knowing only the standard and nothing of ours.

``read_play`` takes a document apart as a player would: who there is, where everybody is put, which trajectory each
follows at absolute times. Whatever a player could stumble over is a ``NotPlayable``: references to nobody, names used
twice, children out of the order of the schema, vertices whose times do not ascend, a missing road file.
"""

from __future__ import annotations

import math
from bisect import bisect_right
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from xml.etree import ElementTree
from xml.etree.ElementTree import Element

Pose = tuple[float, float, float, float]        # x, y, z, heading

# Children of the elements whose schema type is a sequence (OpenSCENARIO 1.0.0, OpenSCENARIO.xsd); * may be missing.
SEQUENCES = {
    "ScenarioObject": ("Vehicle*", "Pedestrian*", "MiscObject*", "ObjectController*"),
    "Axles": ("FrontAxle", "RearAxle", "AdditionalAxle*"),
    "Storyboard": ("Init", "Story", "StopTrigger"),
    "Actions": ("GlobalAction*", "UserDefinedAction*", "Private*"),
    "Act": ("ManeuverGroup", "StartTrigger", "StopTrigger*"),
    "ManeuverGroup": ("Actors", "CatalogReference*", "Maneuver*"),
    "Maneuver": ("ParameterDeclarations*", "Event"),
    "Event": ("Action", "StartTrigger"),
    "Trajectory": ("ParameterDeclarations*", "Shape"),
    "RoadNetwork": ("LogicFile*", "SceneGraphFile*", "TrafficSignals*"),
}
RULES = {"greaterThan", "lessThan", "equalTo"}


class NotPlayable(Exception):
    """What is wrong with a document."""


@dataclass(frozen=True)
class Entity:
    """sort: "Vehicle", "Pedestrian" or "MiscObject". box: centre x, y, z, length, width, height."""

    sort: str
    model: str
    category: str
    box: tuple[float, float, float, float, float, float]
    properties: dict[str, str]


@dataclass(frozen=True)
class Play:
    """starts: where ``Init`` puts everybody. trajectories: times and poses. ends_s: when the storyboard stops.
    environments: time → the element; 0.0 is the initial one."""

    description: str
    road: Path
    entities: dict[str, Entity]
    starts: dict[str, Pose]
    speeds_mps: dict[str, float]
    trajectories: dict[str, tuple[list[float], list[Pose]]]
    environments: dict[float, Element]
    ends_s: float

    def pose(self, name: str, time_s: float) -> Pose:
        """Where a player shows an entity: straight lines in time between vertices, the ends held."""
        if name not in self.trajectories:
            return self.starts[name]
        times, poses = self.trajectories[name]
        after = bisect_right(times, time_s)
        if after == 0 or after == len(times):
            return poses[0 if after == 0 else -1]
        share = (time_s - times[after - 1]) / (times[after] - times[after - 1])
        x, y, z, h = (a + share * (b - a) for a, b in zip(poses[after - 1], poses[after], strict=True))
        return x, y, z, h


def read_play(path: Path) -> Play:
    """Take a document apart. Raises NotPlayable."""
    root = ElementTree.parse(path).getroot()
    _expect(root.tag == "OpenSCENARIO", f"the root is {root.tag}")
    header = _only(root, "FileHeader")
    _expect((header.get("revMajor"), header.get("revMinor")) == ("1", "0"), "not version 1.0")
    for parent in root.iter():
        if parent.tag in SEQUENCES:
            _check_order(parent)
    road = path.parent / str(_only(root, "RoadNetwork/LogicFile").get("filepath"))
    _expect(road.is_file(), f"there is no road {road}")
    _expect(ElementTree.parse(road).getroot().tag == "OpenDRIVE", f"{road} is no OpenDRIVE document")

    objects = root.findall("Entities/ScenarioObject")
    entities = {str(one.get("name")): _entity(one) for one in objects}
    _expect(len(entities) == len(objects), "two entities have one name")
    story_names = [one.get("name") for tag in ("Act", "ManeuverGroup", "Maneuver", "Event", "Action")
                   for one in root.iter(tag)]
    _expect(len(set(story_names)) == len(story_names), "two parts of the storyboard have one name")
    for reference in root.iter():
        name = reference.get("entityRef")
        _expect(name is None or name in entities, f"{reference.tag} refers to {name}, whom there is not")

    starts, speeds = {}, {}
    for private in root.findall("Storyboard/Init/Actions/Private"):
        name = str(private.get("entityRef"))
        starts[name] = _pose(_only(private, "PrivateAction/TeleportAction/Position/WorldPosition"))
        for target in private.iter("AbsoluteTargetSpeed"):
            speeds[name] = _number(target, "value")
    _expect(starts.keys() == entities.keys(), f"not everybody is put somewhere: {entities.keys() ^ starts.keys()}")

    act = _only(root, "Storyboard/Story/Act")
    _expect(_holds_at(_only(act, "StartTrigger"), 0.0), "the act does not begin at once")
    trajectories: dict[str, tuple[list[float], list[Pose]]] = {}
    environments = {0.0: _only(root, "Storyboard/Init/Actions/GlobalAction/EnvironmentAction/Environment")}
    for group in act.findall("ManeuverGroup"):
        names = [str(one.get("entityRef")) for one in group.findall("Actors/EntityRef")]
        event = _only(group, "Maneuver/Event")
        follow = event.find("Action/PrivateAction/RoutingAction/FollowTrajectoryAction")
        if follow is None:
            changed = _only(event, "Action/GlobalAction/EnvironmentAction/Environment")
            environments[_number(_only(event, ".//SimulationTimeCondition"), "value")] = changed
            continue
        _expect(_holds_at(_only(event, "StartTrigger"), 0.0), f"{names} do not begin at once")
        _expect(len(names) == 1 and names[0] not in trajectories, f"{names}: one trajectory for each, please")
        trajectories[names[0]] = _trajectory(follow)
    stop = _only(root, "Storyboard/StopTrigger/ConditionGroup/Condition/ByValueCondition/SimulationTimeCondition")
    _expect(stop.get("rule") == "greaterThan", "the storyboard does not stop after a time")
    return Play(
        str(header.get("description")), road, entities, starts, speeds, trajectories, environments,
        _number(stop, "value"),
    )


def _entity(scenario_object: Element) -> Entity:
    bodies = [one for one in scenario_object if one.tag in ("Vehicle", "Pedestrian", "MiscObject")]
    _expect(len(bodies) == 1, f"{scenario_object.get('name')} is {len(bodies)} things")
    body = bodies[0]
    centre, size = _only(body, "BoundingBox/Center"), _only(body, "BoundingBox/Dimensions")
    box = (*(_number(centre, axis) for axis in "xyz"), *(_number(size, key) for key in ("length", "width", "height")))
    _expect(min(box[3:]) > 0.0, f"{scenario_object.get('name')} has no size")
    category = {"Vehicle": "vehicleCategory", "Pedestrian": "pedestrianCategory", "MiscObject": "miscObjectCategory"}
    properties = {str(one.get("name")): str(one.get("value")) for one in body.findall("Properties/Property")}
    return Entity(
        body.tag, str(body.get("model", body.get("name"))), str(body.get(category[body.tag])),
        (box[0], box[1], box[2], box[3], box[4], box[5]), properties,
    )


def _trajectory(follow: Element) -> tuple[list[float], list[Pose]]:
    timing = _only(follow, "TimeReference/Timing")
    _expect(timing.get("domainAbsoluteRelative") == "absolute", "times are not absolute")
    _expect(_number(timing, "offset") == 0.0 and _number(timing, "scale") == 1.0, "times are bent")
    _expect(_only(follow, "TrajectoryFollowingMode").get("followingMode") == "position", "positions are not held")
    vertices = follow.findall("Trajectory/Shape/Polyline/Vertex")
    times = [_number(vertex, "time") for vertex in vertices]
    _expect(len(times) >= 2 and all(a < b for a, b in pairwise(times)), "times do not ascend")
    return times, [_pose(_only(vertex, "Position/WorldPosition")) for vertex in vertices]


def _holds_at(trigger: Element, time_s: float) -> bool:
    condition = _only(trigger, "ConditionGroup/Condition/ByValueCondition/SimulationTimeCondition")
    value, rule = _number(condition, "value"), condition.get("rule")
    _expect(rule in RULES, f"version 1.0 has no rule {rule}")
    return {"greaterThan": time_s > value, "lessThan": time_s < value}.get(str(rule), time_s == value)


def _check_order(parent: Element) -> None:
    order = SEQUENCES[parent.tag]
    names = [name.rstrip("*") for name in order]
    places = []
    for child in parent:
        _expect(child.tag in names, f"{parent.tag} holds {child.tag}")
        places.append(names.index(child.tag))
    _expect(places == sorted(places), f"the children of {parent.tag} are out of order")
    for name in order:
        _expect(name.endswith("*") or name in {child.tag for child in parent}, f"{parent.tag} lacks {name}")


def _pose(position: Element) -> Pose:
    return (_number(position, "x"), _number(position, "y"), _number(position, "z"), _number(position, "h"))


def _only(parent: Element, path: str) -> Element:
    found = parent.findall(path)
    _expect(len(found) == 1, f"{parent.tag} has {len(found)} of {path}")
    return found[0]


def _number(element: Element, name: str) -> float:
    try:
        value = float(element.attrib[name])
    except (KeyError, ValueError):
        raise NotPlayable(f"{element.tag} has no number {name}") from None
    _expect(math.isfinite(value), f"{element.tag}/{name} is {value}")
    return value


def _expect(holds: bool, otherwise: str) -> None:
    if not holds:
        raise NotPlayable(otherwise)
