"""Traffic lights and signs of a road network: where they stand, how they look, and which part of the road they act on.

They are no part of a place's own mesh: a light changes, and both are actors to a CARLA client. Right-handed axes.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from simgen.localsim.mesh import Material, Mesh
from simgen.localsim.places.ground import Ground
from simgen.localsim.places.opendrive.model import Network, Road, Signal
from simgen.localsim.places.roadway import DRIVING, Stretch
from simgen.localsim.places.shapes import MeshBuilder
from simgen.localsim.places.signs import Face, face, limit, sign
from simgen.localsim.places.traffic_lights import HEAD_HALF_M, heads_m, traffic_light

Array = NDArray[np.float64]

# OpenDRIVE types: CARLA's number of lights, German numbers of signs.
LIGHT = "1000001"
_KINDS = {LIGHT: "traffic_light", "206": "stop", "205": "yield", "274": "speed_limit"}
_FACES = {"stop": face(Face.STOP), "yield": face(Face.YIELD)}
SIGN_HEIGHT_M = 2.3
LANE_SHARE = 0.9               # of a lane's width that its trigger takes, as in CARLA
HUNG_M = 2.4                   # a signal this high above the road hangs there; lower ones stand on a post
BESIDE_ROAD_M = 0.65
SHORTEST_ARM_M, LONGEST_ARM_M = 1.5, 9.0
ARM_STEP_M = 0.5               # arms come in such lengths
_CEILING_M = 2.0               # ground higher above a signal is a bridge's


@dataclass(frozen=True, slots=True)
class Trigger:
    """A box on a lane: who is in it is concerned. Its middle on the road, the heading of the lane's traffic, half of
    its length (and of its width)."""

    x_m: float
    y_m: float
    z_m: float
    yaw_rad: float
    half_m: float


@dataclass(frozen=True, eq=False, slots=True)
class SignalPost:
    """A traffic light or sign.

    id:          the OpenDRIVE signal's.
    kind:        "traffic_light", "stop", "yield" or "speed_limit".
    value_kmh:   of a speed limit; 0 of others.
    x_m … yaw_rad:  the signal as OpenDRIVE places it: the heading is its traffic's if the file follows CARLA's ways.
    mesh:        key of its mesh in the place's prototypes; world_from_mesh: (4, 4).
    heads_m:     middles of its lamps' housings, mesh axes; half_m: half of a housing's size.
    triggers:    where it acts.
    junction, controller:  ids of what a light belongs to; "" if the file does not say.
    """

    id: str
    kind: str
    value_kmh: float
    x_m: float
    y_m: float
    z_m: float
    yaw_rad: float
    mesh: str
    world_from_mesh: Array
    heads_m: tuple[tuple[float, float, float], ...]
    half_m: tuple[float, float, float]
    triggers: tuple[Trigger, ...]
    junction: str = ""
    controller: str = ""


def signal_posts(
    network: Network, stretches: tuple[Stretch, ...], ground: Ground
) -> tuple[tuple[SignalPost, ...], dict[str, Mesh]]:
    """All lights and signs of a network that mean something here, in file order, and their meshes by key."""
    cut = _Cut(network, stretches, ground)
    meshes: dict[str, Mesh] = {}
    posts = []
    for road in network.roads:
        for signal in road.signals:
            kind = _KINDS.get(signal.kind)
            if kind is None or (kind == "speed_limit" and _limit_kmh(signal) is None):
                continue
            triggers = tuple(_unlike(cut.triggers(road, signal)))
            if triggers:
                posts.append(_post(cut, road, signal, kind, triggers, meshes))
    return tuple(posts), meshes


def _post(
    cut: _Cut, road: Road, signal: Signal, kind: str, triggers: tuple[Trigger, ...], meshes: dict[str, Mesh]
) -> SignalPost:
    x, y, z, heading = cut.stands(road, signal)
    travel = triggers[0].yaw_rad
    foot, heads = np.array([x, y, z]), tuple[tuple[float, float, float], ...]()
    if kind == "traffic_light":
        foot, arm_m, hung_m = cut.pole(road, signal, triggers)
        repeated = None if signal.repeated is None else (*signal.repeated[:2], _whole(signal.repeated[2]))
        heads = heads_m(arm_m, hung_m, repeated)
        key = " ".join(["traffic light", *(f"{x:g}" for x in (arm_m, hung_m, *(repeated or ())) if x is not None)])
        if key not in meshes:
            meshes[key] = traffic_light(arm_m, hung_m, repeated)
    else:
        limit = _limit_kmh(signal) or 0.0
        key = f"sign {kind} {limit:g}" if kind == "speed_limit" else f"sign {kind}"
        if key not in meshes:
            meshes[key] = _sign_mesh(kind, limit)
        if signal.z_offset > HUNG_M or cut.on_road(foot):
            foot = cut.beside(road, signal)
    foot[2] = cut.height(foot)
    junction, controller = cut.control(signal.id, road)
    value = _limit_kmh(signal) or 0.0 if kind == "speed_limit" else 0.0
    return SignalPost(signal.id, kind, value, x, y, z, heading, key, _pose(foot, travel), heads, HEAD_HALF_M, triggers,
                      junction, controller)


def _limit_kmh(signal: Signal) -> float | None:
    """A limit stands in the value, in some files in the subtype or only in the name ("Speed_30")."""
    for text in (signal.value, signal.subtype, signal.name.rpartition("_")[2]):
        try:
            limit = float(text or "nan")
        except ValueError:
            continue
        if 0.0 < limit < 200.0:
            return limit
    return None


def _sign_mesh(kind: str, limit_kmh: float) -> Mesh:
    builder = MeshBuilder()
    # painters know multiples of 5; the sign as an actor tells its limit to the digit
    what = limit(min(max(5.0 * round(limit_kmh / 5.0), 5.0), 130.0)) if kind == "speed_limit" else _FACES[kind]
    sign(builder, np.zeros(3), np.array([-1.0, 0.0, 0.0]), what, SIGN_HEIGHT_M)
    return builder.mesh()


def _pose(foot: Array, yaw_rad: float) -> Array:
    pose = np.eye(4)
    cosine, sine = math.cos(yaw_rad), math.sin(yaw_rad)
    pose[:2, :2] = [[cosine, -sine], [sine, cosine]]
    pose[:3, 3] = foot
    return pose


def _unlike(triggers: Iterator[Trigger]) -> Iterator[Trigger]:
    """Several paths through a junction begin at one place; that is one trigger."""
    known: list[Trigger] = []
    for one in triggers:
        if all(math.hypot(one.x_m - other.x_m, one.y_m - other.y_m) > 0.5 for other in known):
            known.append(one)
            yield one


class _Cut:
    """A network, cut at stations, as signals look at it."""

    def __init__(self, network: Network, stretches: tuple[Stretch, ...], ground: Ground) -> None:
        self._network, self._ground = network, ground
        self._of_road: dict[str, list[Stretch]] = {}
        for stretch in stretches:
            self._of_road.setdefault(stretch.road.id, []).append(stretch)
        self._references = [(road, one) for road in network.roads for one in road.references]
        self._controller = {signal: one.id for one in network.controllers for signal in one.signals}
        self._junction = {one: key for key, ids in network.controlled_by.items() for one in ids}

    def control(self, signal: str, road: Road) -> tuple[str, str]:
        """Junction and controller of a light. Without controllers, those of one road go together."""
        controller = self._controller.get(signal, "")
        if controller:
            return self._junction.get(controller, f"controller {controller}"), controller
        ends = [link.id for link in (road.successor, road.predecessor) if link and link.kind == "junction"]
        return road.junction or (ends[0] if ends else f"road {road.id}"), f"road {road.id}"

    def stands(self, road: Road, signal: Signal) -> tuple[float, float, float, float]:
        """x, y, z and heading of a signal as the file places it."""
        if signal.stands is not None:
            return signal.stands
        stretch = self._stretch(road.id, signal.s)
        s = np.array([min(max(signal.s, 0.0), road.length)])
        x, y, z = stretch.at(s, np.array([signal.t]), signal.z_offset)[0].tolist()
        return x, y, z, self._heading(stretch, signal.s) + signal.heading

    def triggers(self, road: Road, signal: Signal) -> Iterator[Trigger]:
        """One a lane, reaching from the signal's station so far back as it is wide, on all roads that it concerns."""
        yield from self._on(road, signal.s, signal.faces_forward, signal.lanes)
        for other, one in self._references:
            if one.id == signal.id:
                yield from self._on(other, one.s, one.faces_forward, one.lanes)

    def _on(self, road: Road, s: float, forward: bool, lanes: tuple[int, ...]) -> Iterator[Trigger]:
        if road.id not in self._of_road:
            return
        stretch = self._stretch(road.id, s)
        for strip in stretch.strips:
            along = (strip.lane.id < 0) == road.right_hand
            meant = strip.lane.id in lanes if lanes else along == forward
            if not meant or strip.lane.kind not in DRIVING:
                continue
            # Who waits before a junction waits before its paths, not on them.
            station = min(max(s, 0.0), road.length) if road.junction is None else (0.0 if along else road.length)
            left, right = (float(np.interp(station, stretch.s, t)) for t in (strip.t_left, strip.t_right))
            half = max(0.5 * LANE_SHARE * (left - right), 0.01)
            x, y, z = stretch.at(np.array([station]), np.array([0.5 * (left + right)]))[0].tolist()
            yaw = self._heading(stretch, station) + (0.0 if along else math.pi)
            yield Trigger(x - half * math.cos(yaw), y - half * math.sin(yaw), z, math.remainder(yaw, math.tau), half)

    def pole(
        self, road: Road, signal: Signal, triggers: tuple[Trigger, ...]
    ) -> tuple[Array, float, float | None]:
        """Foot of a light's pole, its arm to the left (negative: right), and how high its head hangs if the file says
        so."""
        x, y, _, _ = self.stands(road, signal)
        at = np.array([x, y, 0.0])
        yaw = triggers[0].yaw_rad
        left = np.array([-math.sin(yaw), math.cos(yaw)])
        if signal.z_offset > HUNG_M:
            foot = self.beside(road, signal)
            arm = float((at - foot)[:2] @ left)
            return foot, _whole(arm), signal.z_offset + HEAD_HALF_M[2]
        if self.on_road(at):
            at = self.beside(road, signal)
        middle = np.mean([(one.x_m, one.y_m) for one in triggers], axis=0)
        arm = float((middle - at[:2]) @ left)
        return at, _whole(arm) if SHORTEST_ARM_M <= abs(arm) <= LONGEST_ARM_M else 0.0, None

    def beside(self, road: Road, signal: Signal) -> Array:
        """Where a post stands whose signal is over or on the road: beyond the kerb of its traffic's side."""
        stretch = self._stretch(road.id, signal.s)
        side = -1.0 if signal.faces_forward == road.right_hand else 1.0
        strips = [one for one in stretch.strips if one.lane.kind not in ("sidewalk", "none", "border")]
        if signal.t * side < 0.0 and not road.junction:
            side = -side
        edge = max((side * float(np.interp(signal.s, stretch.s, t)) for one in strips
                    for t in (one.t_left, one.t_right)), default=abs(signal.t))
        t = side * (max(edge, 0.0) + BESIDE_ROAD_M)
        s = np.array([min(max(signal.s, 0.0), road.length)])
        return np.asarray(stretch.at(s, np.array([t]))[0])

    def on_road(self, point: Array) -> bool:
        """Does a point lie in a vehicle's way?"""
        return int(self._ground.surface(point[None, :2], float(point[2]) + _CEILING_M)[0]) == Material.ASPHALT

    def height(self, point: Array) -> float:
        """Of the ground under a point; the point's own where there is none."""
        height = float(self._ground.height(point[None, :2], float(point[2]) + _CEILING_M)[0])
        return height if math.isfinite(height) else float(point[2])

    def _stretch(self, road: str, s: float) -> Stretch:
        own = self._of_road[road]
        return next((one for one in own if s <= one.s[-1] + 1e-6), own[-1])

    def _heading(self, stretch: Stretch, s: float) -> float:
        return float(np.interp(s, stretch.s, stretch.heading))


def _whole(arm_m: float) -> float:
    """Arms come in steps, so that a town has few meshes; a reach too short for an arm is none."""
    steps = round(arm_m / ARM_STEP_M) * ARM_STEP_M
    return steps if abs(steps) >= SHORTEST_ARM_M else 0.0
