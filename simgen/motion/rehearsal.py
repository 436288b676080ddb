"""The same play with puppets instead of a simulator: for previews, exports and tests."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from sensors.rig import load_rig
from sensors.rigid import RigidTransform
from simgen.motion.bodies import Body
from simgen.motion.clock import Clock
from simgen.motion.commands import Carry, Command, Drive, Walk
from simgen.motion.doors import Door
from simgen.motion.events import Event, StepTaken
from simgen.motion.lines import Line
from simgen.motion.performance import Performance
from simgen.motion.road import Place, Road
from simgen.motion.sight import CameraView
from simgen.motion.stage import Stage, set_stage
from simgen.scenario.plan import EpisodePlan

NOMINAL_REAR_AXLE_X_M = -1.4


@dataclass(frozen=True, eq=False, slots=True)
class Rehearsal:
    """A play that needed no simulator.

    times_s: (T,) every tick's end, the first instant included; time 0 is the first captured frame.
    tracks:  role → (T, 4) x, y, z, yaw of the origin; "ego" too. over_s: when a crash ended it (None: it did not).
    steps: role → the steps of its program that began. doors: role → those that it opened, of those that opened any.
    """

    stage: Stage
    times_s: NDArray[np.float64]
    tracks: Mapping[str, NDArray[np.float64]]
    events: tuple[Event, ...]
    over_s: float | None
    steps: Mapping[str, tuple[StepTaken, ...]]
    doors: Mapping[str, tuple[Door, ...]]


class _Puppet:
    """Does exactly what it is told."""

    def __init__(self, place: Place) -> None:
        self.place = place
        self._path: object = None
        self._line: Line | None = None
        self._pose: tuple[Place, RigidTransform] | None = None

    def obey(self, command: Command, tick_s: float) -> None:
        if isinstance(command, Walk):
            self.place = self.place.facing(command.heading_rad).shifted(command.speed_mps * tick_s)
        elif isinstance(command, Carry):
            self.place = command.place
        elif isinstance(command, Drive) and command.speed_mps > 0.0:
            if command.path_m is not self._path or self._line is None:
                self._path = command.path_m
                self._line = Line(np.column_stack([command.path_m, np.zeros(len(command.path_m))]))
            there = self._line.at(self._line.arc_of(self.place.xy_m) + command.speed_mps * tick_s)
            self.place = Place(there.x_m, there.y_m, self.place.z_m, there.yaw_rad)

    def pose(self) -> RigidTransform:
        place = self.place
        if self._pose is None or self._pose[0] is not place:
            self._pose = place, RigidTransform.from_yaw(place.yaw_rad, (place.x_m, place.y_m, place.z_m))
        return self._pose[1]


def nominal_camera(plan: EpisodePlan) -> CameraView:
    """The rig's label camera on the nominal ego. Raises RigError for a rig there is none of."""
    return CameraView.of_rig(load_rig(plan.ego.rig), NOMINAL_REAR_AXLE_X_M)


def rehearse(
    plan: EpisodePlan, road: Road, bodies: Mapping[str, Body] | None = None, camera: CameraView | None = None
) -> Rehearsal:
    """Set the stage and play it with puppets that do exactly what they are told.

    Raises PlacementError and RequestError as ``set_stage``.
    """
    clock = Clock.of(plan)
    stage = set_stage(plan, road, bodies or {}, clock, camera or nominal_camera(plan))
    return play(stage)


def play(stage: Stage) -> Rehearsal:
    """Play a stage that is set."""
    clock = stage.clock
    performance = Performance(stage)
    puppets = {"ego": _Puppet(stage.ego_start), **{role: _Puppet(place) for role, place in stage.places.items()}}
    ticks = clock.warmup_ticks + (stage.plan.capture.frames - 1) * clock.per_frame
    times = [clock.begins_s]
    poses = {role: puppet.pose() for role, puppet in puppets.items()}
    rows = {role: [puppet.place] for role, puppet in puppets.items()}
    over: float | None = None
    for number in range(ticks):
        begins = (number - clock.warmup_ticks) * clock.tick_s
        for role, command in performance.step(begins, poses, clock.tick_s).items():
            puppets[role].obey(command, clock.tick_s)
            rows[role].append(puppets[role].place)
        poses = {role: puppet.pose() for role, puppet in puppets.items()}
        times.append(begins + clock.tick_s)
        if performance.over:
            over = times[-1]
            break
    performance.close(times[-1], poses)
    tracks = {
        role: np.array([(place.x_m, place.y_m, place.z_m, place.yaw_rad) for place in places])
        for role, places in rows.items()
    }
    for track in tracks.values():
        track[:, 2] = _heights(stage, track)
    return Rehearsal(stage, np.array(times), tracks, tuple(performance.events), over, performance.steps,
                     performance.doors)


def _heights(stage: Stage, track: NDArray[np.float64]) -> NDArray[np.float64]:
    """(T,) the road's height abreast of a track."""
    corridor = stage.corridor
    stations, _ = corridor.station_and_left(track[:, :2])
    return corridor.sample(corridor.xyz_m[:, 2], np.clip(stations, -corridor.before_m, corridor.ahead_m))
