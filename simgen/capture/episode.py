"""One episode in a simulator: let it play, hand out frames, and say what came of it. ``opening.py`` sets its stage."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass, replace
from functools import partial
from time import monotonic
from typing import Any

import carla
import numpy as np
from numpy.typing import NDArray

from sensors.rigid import RigidTransform
from simgen.capture.acting import Cast
from simgen.capture.company import Company
from simgen.capture.lamps import LampBoard
from simgen.capture.outcome import meets_json
from simgen.capture.raw import RawFrame, RawTurn
from simgen.capture.rig import Moment, MountedRig
from simgen.capture.rolling import ticks_from_frame
from simgen.capture.session import as_simulator_errors, tick
from simgen.capture.spawn import Spawned, pose_of, velocity_of
from simgen.capture.weather import Sky, Weather, drawn_by_carla
from simgen.errors import PlacementError, SimulatorError
from simgen.frame import ActorState, Frame, LevelObject
from simgen.motion.commands import OpenDoor
from simgen.motion.performance import Performance
from simgen.motion.stage import Stage
from simgen.stopwatch import FRAMES, UNTIMED, WARMUP, Untimed

STEEPEST = 0.35             # rise per run of any road; who walks and rises faster takes a step up


@dataclass(frozen=True, eq=False, slots=True)
class Setting:
    """Where a plan is played, and what of the server's catalogue labels need.

    base_types: vehicle blueprint → CARLA's ``base_type``, where it has one.
    opendrive: the map's own text.
    """

    map_name: str
    simulator_name: str
    simulator_version: str
    base_types: dict[str, str]
    opendrive: str


class Episode:
    """A plan that is being played. Made by ``open_episode``; ``frames`` may be walked through once."""

    def __init__(
        self, world: carla.World, stage: Stage, company: Company, rig: MountedRig | None,
        poses: dict[str, RigidTransform], ego_from_rig: RigidTransform, sky: Sky, setting: Setting,
        level_objects: tuple[LevelObject, ...] = (), substituted: tuple[str, ...] = (), watch: Untimed = UNTIMED,
    ) -> None:
        """substituted: what of the weather the server does not draw. watch: times the play."""
        self._world, self._stage, self._company, self._rig = world, stage, company, rig
        self._plan, self._clock = stage.plan, stage.clock
        self._ego, self._actors = company.ego, company.actors
        self._ego_from_rig, self._sky = ego_from_rig, sky
        self._poses = dict(poses)
        carried = {spawned.role for spawned in company.actors if spawned.by_transform}
        self._performance = Performance(stage, carried)
        self._lamps = LampBoard([s for s in company.everybody if s.kind == "vehicle"], stage.plan.lights)
        self._cast = Cast(world, company.everybody)
        self._doors_open: set[str] = set()
        self._weather: Weather | None = None
        self._substituted, self._watch = substituted, watch
        self.setting, self._level_objects = setting, level_objects
        self.tick_s: list[float] = []               # how long the simulator took for each tick so far

    @property
    def poses(self) -> dict[str, RigidTransform]:
        """Everybody's pose at the last tick, by role."""
        return dict(self._poses)

    @property
    def stage(self) -> Stage:
        """What was made of the plan on this map."""
        return self._stage

    def resolved(self) -> dict[str, Any]:
        """What became of the plan, for the record: plain JSON. Whole once all frames have been taken."""
        stage, company = self._stage, self._company
        events = self._performance.events
        return {
            "spawn_point": stage.start.spawn_point,
            "start": asdict(stage.start),
            "placements": {spawned.role: asdict(spawned.start) for spawned in company.everybody},
            "substitutions": {s.role: s.substitute for s in company.actors if s.substitute is not None},
            "substituted": list(self._substituted),
            "notes": company.notes,
            "left_out": list(stage.left_out),
            "meets": meets_json(self._plan, stage.meets, events),
            "events": [asdict(event) for event in events],
        }

    def frames(self, only_last: bool = False) -> Iterator[Frame]:
        """``raw_frames``, decoded."""
        for raw in self.raw_frames(only_last):
            yield raw.decode()

    def raw_frames(self, only_last: bool = False) -> Iterator[RawFrame]:
        """Play the warm-up, then the captured frames, one after the other; fewer where a crash ends the episode.

        only_last: sensors sleep until just before the last planned frame, and no other is handed out.
        Raises SimulatorLost, SensorTimeout, SimulatorError; PlacementError for a crash before the first frame.
        """
        if self._rig is None:
            raise ValueError("an episode that was opened without sensors has no frames")
        first = self._plan.capture.frames - 1 if only_last else 0
        listen_from = self._clock.warmup_ticks - 1 - self._rig.settle_frames + first * self._clock.per_frame
        lidars_from = listen_from - self._clock.turn_ticks
        self._listen(0, listen_from, lidars_from)
        before = dict(self._poses)
        turns: list[dict[str, RawTurn]] = []        # what LiDARs met at the ticks of a frame's turn
        held: RawFrame | None = None                # until its turn is over
        self._watch.begin(WARMUP)
        for number, snapshot in self.ticks():
            index = self._frame_at(number)
            if index is not None and index >= first:
                held = self._frame(index, snapshot, before, turns)
            elif number >= lidars_from and ticks_from_frame(number, self._clock) is not None:
                with self._watch.stage("sensors"):
                    turns.append(self._rig.turns(self._moment(number, snapshot, before)))
            if held is not None and ticks_from_frame(number, self._clock) == self._clock.turn_ticks:
                yield replace(held, turns=turns)
                held, turns = None, []
            self._listen(number + 1, listen_from, lidars_from)
            before = dict(self._poses)
        if held is not None:                        # a crash has cut its turn short
            yield replace(held, turns=turns)

    def _listen(self, number: int, listen_from: int, lidars_from: int) -> None:
        """Wake the sensors whose first tick has this number."""
        assert self._rig is not None
        if number == lidars_from:
            self._rig.listen_to_lidars()
        if number == listen_from:
            self._rig.listen()

    def ticks(self) -> Iterator[tuple[int, carla.WorldSnapshot]]:
        """Play tick by tick: each tick's number, and the snapshot at its end. Raises as ``frames``."""
        clock, capture, performance = self._clock, self._plan.capture, self._performance
        # The last tick of the warm-up ends at time 0, which is the first captured frame.
        total = clock.warmup_ticks + (capture.frames - 1) * clock.per_frame + clock.turn_ticks
        for number in range(total):
            begins_s = (number - clock.warmup_ticks) * clock.tick_s
            if number == clock.warmup_ticks - 1:        # at whose end the first frame is
                self._watch.begin(FRAMES)
            with self._watch.stage("decide"):
                commands = performance.step(begins_s, self._poses, clock.tick_s)
            if performance.over and number + 1 < clock.warmup_ticks:
                raise PlacementError(
                    f"{self._plan.name}: the ego touches something {-begins_s:.1f} s before the first frame: "
                    "place it further away, or shorten the warm-up"
                )
            with as_simulator_errors(f"{self._plan.name} cannot go on"):
                with self._watch.stage("act"):
                    braking = self._cast.act(commands, self._poses, clock.tick_s)
                    self._doors_open |= {role for role, told in commands.items() if isinstance(told, OpenDoor)}
                    weather = self._sky.show(begins_s + clock.tick_s)
                    self._weather = weather
                    self._lamps.show(weather.carla, braking)
                began_s = monotonic()
                with self._watch.stage("tick"):
                    snapshot = tick(self._world)
                self.tick_s.append(monotonic() - began_s)
            with self._watch.stage("poses"):
                self._poses = poses_of(snapshot, self._company.everybody)
            yield number, snapshot
            # The frame that shows the contact is the last; of a contact between frames, that is the next one.
            if performance.over and self._frame_at(number) is not None:
                break
        performance.close((number + 1 - clock.warmup_ticks) * clock.tick_s, self._poses)

    def _frame_at(self, number: int) -> int | None:
        """The index of the frame that a tick's end is, or None between frames and in the warm-up."""
        since_first = number + 1 - self._clock.warmup_ticks
        frame, between = divmod(since_first, self._clock.per_frame)
        return None if frame < 0 or between else frame

    def _frame(
        self, index: int, snapshot: carla.WorldSnapshot, before: dict[str, RigidTransform],
        turns: list[dict[str, RawTurn]],
    ) -> RawFrame:
        """A frame's own tick. turns: where its LiDARs' goes."""
        assert self._rig is not None and self._weather is not None
        number = self._clock.warmup_ticks - 1 + index * self._clock.per_frame
        with self._watch.stage("sensors"):
            seen = self._rig.collect(self._moment(number, snapshot, before))
        turns.append(seen.turns)
        struck = self._performance.struck
        return RawFrame(index, partial(
            Frame,
            index=index,
            time_s=index / self._plan.capture.rate_hz,
            world_from_rig=self._poses["ego"] @ self._ego_from_rig,
            ego_velocity_mps=velocity_of(snapshot.find(self._ego.actor.id)),
            actors=tuple(
                ActorState(
                    role=spawned.role, kind=spawned.kind, blueprint=spawned.blueprint, species=spawned.species,
                    simulator_id=spawned.actor.id, world_from_actor=self._poses[spawned.role],
                    velocity_mps=self._velocity(spawned, snapshot, before), box=spawned.box,
                    attributes={} if spawned.plan is None else spawned.plan.attributes,
                    door_open=spawned.role in self._doors_open,
                    struck=spawned.role in struck,
                )
                for spawned in self._actors
            ),
            ego_motion=seen.motion,
            ego_box=self._ego.box.transformed(self._ego_from_rig.inverse()),
            level_objects=self._level_objects,
            conditions=self._weather.conditions,
            drawn=drawn_by_carla(self._weather) if self._substituted else None,
        ), seen.views, seen.turns)

    def _moment(self, number: int, snapshot: carla.WorldSnapshot, before: dict[str, RigidTransform]) -> Moment:
        """The end of a tick that belongs to a frame's turn."""
        off = ticks_from_frame(number, self._clock)
        assert off is not None
        return Moment(snapshot.frame, self._ego.actor.id, self._clock.tick_s, off * self._clock.tick_s,
                      self._poses["ego"] @ self._ego_from_rig, before["ego"] @ self._ego_from_rig)

    def _velocity(
        self, spawned: Spawned, snapshot: carla.WorldSnapshot, before: dict[str, RigidTransform]
    ) -> NDArray[np.float64]:
        if spawned.kind == "vehicle":
            return velocity_of(snapshot.find(spawned.actor.id))
        # Servers report 0 for some walkers and for whatever is moved by its transform.
        moved_m = self._poses[spawned.role].translation_m - before[spawned.role].translation_m
        return (moved_m if spawned.kind == "prop" else along_ground(moved_m)) / self._clock.tick_s


def along_ground(moved_m: NDArray[np.float64]) -> NDArray[np.float64]:
    """(3,) how far who walks came along the ground: without the height of a kerb or a stair, climbed at once."""
    level_m = float(np.hypot(moved_m[0], moved_m[1]))
    return moved_m * (1.0, 1.0, float(abs(moved_m[2]) <= STEEPEST * level_m))


def poses_of(snapshot: carla.WorldSnapshot, everybody: Iterable[Spawned]) -> dict[str, RigidTransform]:
    """Every actor's pose by role. Raises SimulatorError if one is missing."""
    poses: dict[str, RigidTransform] = {}
    for spawned in everybody:
        state = snapshot.find(spawned.actor.id)
        if state is None:
            raise SimulatorError(f"{spawned.role} is gone from the world at frame {snapshot.frame}")
        poses[spawned.role] = pose_of(state)
    return poses
