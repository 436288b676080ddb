"""``Frame → Frame``: what the rig's devices report, instead of what the simulator casts."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from sensors.lidar.measure import measure
from sensors.lidar.turning import Sector, Twist, assembled, fire_times_s
from sensors.mounts import LidarMount
from sensors.rig import Rig
from sensors.sweeps import Cause, CleanSweep
from simgen.errors import RequestError
from simgen.frame import Frame, Measurement, Sweep, renumbered
from simgen.scenario.plan import EpisodePlan
from simgen.sense.beams import beams_of, device_of
from simgen.sense.motion import actor_velocities, plumes_behind, sensor_twist, sun_direction
from simgen.sense.pictures import photographed, with_missing_weather
from simgen.sense.rolling import turned_by_ticks
from simgen.sense.seeds import actor_number, sensor_seed
from simgen.sense.surfaces import known_reflectivity, vehicle_boxes

_SURFACES = (Cause.OBJECT, Cause.GROUND)


class SensingStage:
    """The sensors of one episode. Frames may come in any order: what comes out hangs on frame and plan alone."""

    def __init__(self, rig: Rig, plan: EpisodePlan) -> None:
        """Raises RequestError if a device of the rig does not offer what the plan asks for."""
        self._rig, self._plan = rig, plan
        self._number = {actor.role: actor_number(plan, actor.role) for actor in plan.actors}
        known = known_reflectivity(plan.actors)
        self._known = {self._number[role]: rho for role, rho in known.items()}
        if plan.sensing.lidar == "measured":
            check_returns(plan.name, plan.sensing.returns, rig)

    def sense(self, frame: Frame) -> Frame:
        """The frame as the rig records it.

        Raises SimulatorError if the simulator's sweep is not that of the rig, RequestError if the simulator lacks what
        a sweep that takes its time needs.
        """
        seen = self._with_pictures(frame)
        if self._plan.sensing.lidar == "clean":
            return seen
        main, *further = self._rig.lidars
        return replace(
            seen, sweep=self._measured(frame.sweep, frame, main),
            further_sweeps={mount.name: self._measured(frame.further_sweeps[mount.name], frame, mount)
                            for mount in further},
        )

    def _with_pictures(self, frame: Frame) -> Frame:
        """The frame with pictures in its weather, and as the rig's cameras record them."""
        wanted = self._plan.sensing.camera == "photographed"
        if frame.drawn is None and not wanted:
            return frame
        views = {}
        for name, view in frame.views.items():
            mount, seed = self._rig.camera(name), sensor_seed(self._plan, name, frame.index)
            views[name] = with_missing_weather(view, frame, mount, seed)
            if wanted:
                views[name] = photographed(views[name], frame, mount, seed)
        return replace(frame, views=views)

    def _measured(self, sweep: Sweep, frame: Frame, mount: LidarMount) -> Sweep:
        device, wish, place = device_of(mount), self._plan.sensing, mount.rig_from_lidar
        beams = self._turned(sweep, frame, mount)
        told = measure(
            replace(beams, actor_id=self._numbers(beams, frame)), device, frame.conditions,
            sensor_seed(self._plan, mount.name, frame.index), returns=wish.returns, known=self._known,
            plumes=plumes_behind(frame, place), sun=sun_direction(frame, place),
            world_from_lidar=frame.world_from_rig @ place,
            vehicles=vehicle_boxes(frame, place, self._number, device.range_m),
        )
        is_surface = np.isin(told.cause, _SURFACES)
        measurement = Measurement(
            told.intensity, told.cause, told.return_number, told.range_before_m, told.time_s, sweep)
        return Sweep(
            points_m=told.points_m,
            cos_incidence=np.where(is_surface, beams.cos_incidence[told.beam], np.float32(1.0)),
            simulator_id=np.where(is_surface, beams.actor_id[told.beam], np.uint32(0)),
            tag=np.where(is_surface, beams.tag[told.beam], np.uint8(0)),
            ring=told.ring,
            measurement=measurement,
        )

    def _turned(self, sweep: Sweep, frame: Frame, mount: LidarMount) -> CleanSweep:
        """The beams, each at its own moment if the plan wants the head to turn."""
        wish, place = self._plan.sensing.sweep, mount.rig_from_lidar
        if wish == "instant":
            return beams_of(sweep, mount)
        if sweep.ticks:
            return turned_by_ticks(sweep.ticks, mount, actor_velocities(frame, place), untwist=wish == "untwisted")
        beams = beams_of(sweep, mount)
        twist = sensor_twist(frame, place) if wish == "rolling" else Twist.none()
        timed = replace(beams, time_s=fire_times_s(device_of(mount), beams.direction, beams.ring, clockwise=True))
        return assembled([Sector(timed, 0.0, twist)], actor_velocities(frame, place))

    def _numbers(self, beams: CleanSweep, frame: Frame) -> np.ndarray:
        """(N,) the plan's own number of the actor that each beam met, instead of the simulator's id."""
        return renumbered(
            beams.actor_id, {actor.simulator_id: self._number.get(actor.role, 0) for actor in frame.actors})


def check_returns(name: str, returns: str, rig: Rig) -> None:
    """Raises RequestError if a LiDAR of the rig does not report these returns. name: of who asks for them."""
    for mount in rig.lidars:
        device = device_of(mount)
        if returns not in device.returns:
            raise RequestError(f"{name}: sensing.returns: {device.title} of rig {rig.name} reports "
                               f"{' or '.join(device.returns)}, not {returns}; ask for that, or take a rig with "
                               "another LiDAR")
