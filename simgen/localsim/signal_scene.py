"""Traffic lights and signs at the seam between a place, right-handed, and the world's left-handed axes: what the world
is told of them, and what the renderer is shown.

Signs never change and are part of the level's scenery; a light is an instance that says which of its lamps burn.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from sensors.axes import vector_from_carla
from simgen.localsim.actors import Actor
from simgen.localsim.contact import Footprint
from simgen.localsim.mesh import Instance, Light
from simgen.localsim.poses import relative
from simgen.localsim.signals import GREEN, RED, YELLOW, LevelSignal, TrafficLight
from simgen.localsim.values import LEVEL, BoundingBox, Rotation, Transform, Vector3

CARLA_TURN_DEG = 90.0      # CARLA turns lights and signs so far from where OpenDRIVE has them look
BELOW_M, ABOVE_M = 1.0, 3.0            # the road, a trigger reaches
SIGNAL_LAMP = 4            # kind of a Light
LAMP_SHARE = 0.6           # of a housing's half height, between two lamps
LAMP_BEFORE_M = 0.12       # a lens, in front of its housing
REACH_M = 14.0
# Light of a lamp, linear RGB, where a street lamp has about 5; and its place in a housing, from the middle up.
_RGB = {RED: (1.1, 0.04, 0.016), YELLOW: (1.0, 0.44, 0.02), GREEN: (0.035, 0.9, 0.36)}
_LAMPS = {RED: (1, 1.0), YELLOW: (2, 0.0), GREEN: (4, -1.0)}           # bit of Instance.traffic_light, height


class TriggerLike(Protocol):
    """A box on a lane; see ``places.Trigger``."""

    @property
    def x_m(self) -> float: ...
    @property
    def y_m(self) -> float: ...
    @property
    def z_m(self) -> float: ...
    @property
    def yaw_rad(self) -> float: ...
    @property
    def half_m(self) -> float: ...


class SignalLike(Protocol):
    """A light or sign of a place; see ``places.SignalPost``."""

    @property
    def id(self) -> str: ...
    @property
    def kind(self) -> str: ...
    @property
    def value_kmh(self) -> float: ...
    @property
    def x_m(self) -> float: ...
    @property
    def y_m(self) -> float: ...
    @property
    def z_m(self) -> float: ...
    @property
    def yaw_rad(self) -> float: ...
    @property
    def mesh(self) -> str: ...
    @property
    def world_from_mesh(self) -> NDArray[np.float64]: ...
    @property
    def heads_m(self) -> Sequence[tuple[float, float, float]]: ...
    @property
    def half_m(self) -> tuple[float, float, float]: ...
    @property
    def triggers(self) -> Sequence[TriggerLike]: ...
    @property
    def junction(self) -> str: ...
    @property
    def controller(self) -> str: ...


def level_signal(post: SignalLike) -> LevelSignal:
    """A place's light or sign as the world knows it."""
    pose = Transform(_carla((post.x_m, post.y_m, post.z_m)), _turned(post.yaw_rad, CARLA_TURN_DEG))
    triggers = tuple(_footprint(one) for one in post.triggers)
    return LevelSignal(
        post.id, post.kind, post.value_kmh, pose, _hull(pose, triggers), triggers, _heads(post),
        post.junction, post.controller, post.mesh, post.world_from_mesh,
    )


def sign_instances(signals: Sequence[LevelSignal], first_id: int) -> list[Instance]:
    """The signs among a level's signals, whose actors' ids begin at ``first_id``."""
    return [Instance(one.mesh, one.world_from_mesh, actor_id=number)
            for number, one in enumerate(signals, start=first_id) if one.kind != "traffic_light"]


def light_instance(light: TrafficLight) -> Instance:
    """A traffic light with the lamp that burns; the parts have their own semantic tags."""
    lamp, _ = _LAMPS.get(light.state, (0, 0.0))
    return Instance(light.signal.mesh, light.signal.world_from_mesh, light.id, traffic_light=lamp)


def signal_lights(actors: Iterable[Actor]) -> list[Light]:
    """What the lamps that burn bring to their surroundings."""
    return [light for actor in actors if isinstance(actor, TrafficLight) and actor.state in _LAMPS
            for light in _lights(actor)]


def _lights(actor: TrafficLight) -> Iterable[Light]:
    matrix, (_, height) = actor.signal.world_from_mesh, _LAMPS[actor.state]
    towards = -matrix[:3, 0]
    for box in actor.signal.heads:
        middle = vector_from_carla(box.location)
        lens = middle + towards * (box.extent.x + LAMP_BEFORE_M) + [0.0, 0.0, LAMP_SHARE * height * box.extent.z]
        yield Light(lens, towards, np.array(_RGB[actor.state], dtype=np.float32), SIGNAL_LAMP, REACH_M)


def _heads(post: SignalLike) -> tuple[BoundingBox, ...]:
    """World boxes of the housings; their x runs along the traffic."""
    matrix, extent = post.world_from_mesh, Vector3(*post.half_m)
    rotation = _turned(math.atan2(matrix[1, 0], matrix[0, 0]))
    middles = (matrix[:3, :3] @ head + matrix[:3, 3] for head in post.heads_m)
    return tuple(BoundingBox(_carla(middle), extent, rotation) for middle in middles)


def _footprint(trigger: TriggerLike) -> Footprint:
    x, y, z = _carla((trigger.x_m, trigger.y_m, trigger.z_m))
    return Footprint(x, y, -trigger.yaw_rad, trigger.half_m, trigger.half_m, z - BELOW_M, z + ABOVE_M)


def _hull(pose: Transform, triggers: Sequence[Footprint]) -> BoundingBox:
    """The smallest box, in a signal's own axes, round its triggers."""
    corners = []
    for one in triggers:
        ahead = np.array([math.cos(one.yaw), math.sin(one.yaw)]) * one.half_length
        right = np.array([-math.sin(one.yaw), math.cos(one.yaw)]) * one.half_width
        for a, b in ((1, 1), (1, -1), (-1, 1), (-1, -1)):
            x, y = np.array([one.x, one.y]) + a * ahead + b * right
            corners += [Vector3(float(x), float(y), z) for z in (one.bottom, one.top)]
    own = np.array([relative(pose, Transform(corner, LEVEL)).location for corner in corners])
    low, high = own.min(axis=0), own.max(axis=0)
    middle, half = ((high + low) / 2).tolist(), ((high - low) / 2).tolist()
    return BoundingBox(Vector3(*middle), Vector3(*half))


def _carla(point: Sequence[float] | NDArray[np.float64]) -> Vector3:
    x, y, z = vector_from_carla(tuple(point))
    return Vector3(float(x), float(y), float(z))


def _turned(yaw_rad: float, by_deg: float = 0.0) -> Rotation:
    """Seen from above, CARLA's yaw runs clockwise."""
    return Rotation(0.0, math.remainder(by_deg - math.degrees(yaw_rad), 360.0), 0.0)
