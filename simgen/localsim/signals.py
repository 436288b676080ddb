"""Traffic lights and signs as actors of the level, and the clockwork of the lights.

As in CARLA, the lights of a junction are a group of controllers that take turns: each is green, then yellow, then red
for a moment in which all are, and the next one is green. Times belong to a controller. What a client sets one light to
holds until its controller's next change; frozen, the clockwork stands and it holds for good.

Everything follows from ticks since the episode began or, unless a client has touched the lights by then, since its
first actor was spawned: how often an empty world was ticked leaves no trace.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray

from simgen.localsim import contact
from simgen.localsim.actors import Actor, Vehicle
from simgen.localsim.catalogue import Blueprint
from simgen.localsim.errors import Refused
from simgen.localsim.physics import Motion
from simgen.localsim.values import BoundingBox, Transform

RED, YELLOW, GREEN, OFF, UNKNOWN = range(5)              # carla.TrafficLightState
STATE_NAMES = ("red", "yellow", "green", "off", "unknown")
GREEN_S, YELLOW_S, RED_S = 10.0, 3.0, 2.0                # CARLA's own
_REACH_M = 15.0            # no vehicle whose middle is farther from a trigger's is in it
_ROUNDING_S = 1e-6         # ticks of 0.1 s do not sum up to 10 s


@dataclass(frozen=True, eq=False, slots=True)
class LevelSignal:
    """A traffic light or sign of the level, in CARLA's axes.

    kind:       "traffic_light", "stop", "yield" or "speed_limit".
    value_kmh:  of a speed limit.
    box:        all its triggers, in its own axes; what CARLA calls its trigger volume.
    triggers:   each lane's box on the road, its yaw the way its traffic goes.
    heads:      boxes of a light's housings, in world axes.
    group, controller:  what a light belongs to.
    mesh, world_from_mesh:  how it looks: a mesh of the place, and (4, 4) right-handed where it stands.
    """

    id: str
    kind: str
    value_kmh: float
    transform: Transform
    box: BoundingBox
    triggers: tuple[contact.Footprint, ...]
    heads: tuple[BoundingBox, ...]
    group: str
    controller: str
    mesh: str
    world_from_mesh: NDArray[np.float64]

    @property
    def blueprint(self) -> Blueprint:
        """As CARLA names it; nobody can spawn one."""
        ending = f".{self.value_kmh:g}" if self.kind == "speed_limit" else ""
        return Blueprint(0, f"traffic.{self.kind}{ending}")


@dataclass(frozen=True, slots=True, kw_only=True)
class TrafficSign(Actor):
    """A sign of the level."""

    signal: LevelSignal

    @property
    def box(self) -> BoundingBox:
        """Its trigger volume, as a CARLA server answers."""
        return self.signal.box._replace(actor_id=self.id)


@dataclass(frozen=True, slots=True, kw_only=True)
class TrafficLight(TrafficSign):
    """
    state:       carla.TrafficLightState; elapsed_s: for how long.
    green_s …:   its controller's times.
    pole_index:  its number in its group.
    """

    state: int = RED
    elapsed_s: float = 0.0
    green_s: float = GREEN_S
    yellow_s: float = YELLOW_S
    red_s: float = RED_S
    frozen: bool = False
    pole_index: int = 0


@dataclass(slots=True)
class _Group:
    """The lights of a junction: controllers, each with the ids of its lights; whose turn it is, and for how long."""

    controllers: list[list[int]] = field(default_factory=list)
    turn: int = 0
    state: int = GREEN
    elapsed_s: float = 0.0

    @property
    def ids(self) -> list[int]:
        return [one for ids in self.controllers for one in ids]


class Signals:
    """The lights and signs of one episode. ``actors``: them, by id; replaced when something about one changes."""

    def __init__(self, signals: Sequence[LevelSignal], first_id: int) -> None:
        self.actors: dict[int, TrafficSign] = {}
        self.lights: dict[int, TrafficLight] = {}
        self._groups: dict[str, _Group] = {}
        self._touched = self._frozen = False
        controllers: dict[tuple[str, str], list[int]] = {}
        for number, signal in enumerate(signals, start=first_id):
            if signal.kind != "traffic_light":
                self.actors[number] = TrafficSign(
                    id=number, blueprint=signal.blueprint, attributes={}, motion=Motion(signal.transform),
                    simulated=False, solid=False, signal=signal,
                )
                continue
            group = self._groups.setdefault(signal.group, _Group())
            key = signal.group, signal.controller
            if key not in controllers:
                group.controllers.append(controllers.setdefault(key, []))
            light = TrafficLight(
                id=number, blueprint=signal.blueprint, attributes={}, motion=Motion(signal.transform),
                simulated=False, solid=False, signal=signal, pole_index=len(group.ids),
            )
            controllers[key].append(number)
            self.actors[number] = self.lights[number] = light
        boxes = [(trigger, number) for number, actor in self.actors.items() for trigger in actor.signal.triggers]
        self._boxes = boxes
        self._spots = np.array([(box.x, box.y) for box, _ in boxes], dtype=np.float64).reshape(-1, 2)
        self._reset(self._groups.values())

    # Time

    def advance(self, dt: float) -> None:
        """Everything ``dt`` seconds later."""
        if self._frozen or not self.lights:
            return
        for light in self.lights.values():
            self._show(replace(light, elapsed_s=light.elapsed_s + dt))
        for group in self._groups.values():
            self._advance(group, dt)

    def _advance(self, group: _Group, dt: float) -> None:
        ids = group.controllers[group.turn]
        light = self.lights[ids[0]]
        lasts_s = {GREEN: light.green_s, YELLOW: light.yellow_s, RED: light.red_s}[group.state]
        group.elapsed_s += dt
        if group.elapsed_s < lasts_s - _ROUNDING_S:
            return
        group.elapsed_s = max(group.elapsed_s - lasts_s, 0.0)
        if group.state == RED:
            group.turn = (group.turn + 1) % len(group.controllers)
        group.state = {GREEN: YELLOW, YELLOW: RED, RED: GREEN}[group.state]
        self._turn(group.controllers[group.turn], group.state, group.elapsed_s)

    def restart(self) -> None:
        """From the beginning, as somebody is there now; not if a client has touched the lights already."""
        if not self._touched:
            self._reset(self._groups.values())

    # What clients do

    def light(self, actor_id: int) -> TrafficLight:
        """Raises ``Refused`` if that is no traffic light."""
        if actor_id not in self.lights:
            raise Refused(f"actor {actor_id} is no traffic light")
        return self.lights[actor_id]

    def set_state(self, actor_id: int, state: int) -> None:
        """Until its controller's next change. Raises ``Refused`` for a state that there is not."""
        if not 0 <= state < len(STATE_NAMES):
            raise Refused(f"{state} is no state of a traffic light; there are 0 to 4: {', '.join(STATE_NAMES)}")
        self._touched = True
        self._show(replace(self.light(actor_id), state=state, elapsed_s=0.0))

    def set_time(self, actor_id: int, state: int, seconds: float) -> None:
        """How long its controller stays green, yellow or red. Raises ``Refused`` for a time that is none."""
        if not math.isfinite(seconds) or seconds < 0.0:
            raise Refused(f"a traffic light cannot be {STATE_NAMES[state]} for {seconds} s")
        self._touched = True
        changed = {GREEN: "green_s", YELLOW: "yellow_s", RED: "red_s"}[state]
        for one in self._controller_of(actor_id):
            self._show(replace(self.lights[one], **{changed: seconds}))      # type: ignore[arg-type]

    def freeze(self, frozen: bool) -> None:
        """All lights stay as they are, or go on."""
        self._touched, self._frozen = True, frozen
        for light in self.lights.values():
            self._show(replace(light, frozen=frozen))

    def reset_group(self, actor_id: int) -> None:
        """A light's group begins its round again. Raises ``Refused`` if that is no traffic light."""
        self._reset([self._groups[self.light(actor_id).signal.group]])

    def reset_all(self) -> None:
        """All groups begin their rounds again, frozen or not."""
        self._reset(self._groups.values())

    def group(self, actor_id: int) -> list[int]:
        """The ids of a light's group, itself among them. Raises ``Refused`` if that is no traffic light."""
        return self._groups[self.light(actor_id).signal.group].ids

    # Whom they concern

    def concerned(self, vehicles: Sequence[Vehicle]) -> list[list[TrafficSign]]:
        """For each vehicle the lights and signs in whose triggers it is, coming as their traffic does."""
        found: list[list[TrafficSign]] = [[] for _ in vehicles]
        if not vehicles or not len(self._spots):
            return found
        places = np.array([vehicle.transform.location[:2] for vehicle in vehicles])
        near = ((places[:, None] - self._spots) ** 2).sum(axis=2) < _REACH_M**2
        for row, column in np.argwhere(near).tolist():
            trigger, number = self._boxes[column]
            body = contact.footprint(vehicles[row].transform, vehicles[row].box)
            if math.cos(body.yaw - trigger.yaw) > 0.0 and contact.overlap(body, trigger):
                found[row].append(self.actors[number])
        return found

    def _show(self, light: TrafficLight) -> None:
        self.actors[light.id] = self.lights[light.id] = light

    def _turn(self, ids: Iterable[int], state: int, elapsed_s: float) -> None:
        for one in ids:
            self._show(replace(self.lights[one], state=state, elapsed_s=elapsed_s))

    def _reset(self, groups: Iterable[_Group]) -> None:
        for group in groups:
            group.turn, group.state, group.elapsed_s = 0, GREEN, 0.0
            self._turn(group.ids, RED, 0.0)
            self._turn(group.controllers[0], GREEN, 0.0)

    def _controller_of(self, actor_id: int) -> list[int]:
        group = self._groups[self.light(actor_id).signal.group]
        return next(ids for ids in group.controllers if actor_id in ids)


def heeding(vehicle: Vehicle, signs: Iterable[TrafficSign]) -> Vehicle:
    """A vehicle that is in the triggers of these: the first light counts, and the last limit goes on to hold."""
    light, limit_kmh = 0, vehicle.limit_kmh
    for one in signs:
        if isinstance(one, TrafficLight):
            light = light or one.id
        elif one.signal.kind == "speed_limit":
            limit_kmh = one.signal.value_kmh
    if (light, limit_kmh) == (vehicle.at_light, vehicle.limit_kmh):
        return vehicle
    return replace(vehicle, at_light=light, limit_kmh=limit_kmh)
