"""Mount a rig on the ego: one CARLA sensor for each picture and each block of beams, one channel for each sensor."""

from __future__ import annotations

import math
import queue
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from time import monotonic
from typing import Any

import carla
import numpy as np

from sensors.axes import carla_pose
from sensors.lidar.casting import fans_of
from sensors.lidar.fans import FanPlan
from sensors.placing import rotation_of
from sensors.rig import CameraMount, LidarMount, Rig
from sensors.rigid import RigidTransform
from simgen.capture.ending import destroyed_at_end
from simgen.capture.navigation import GNSS, IMU, Earth, decode_motion, noiseless
from simgen.capture.patience import SENSOR_S, patient_s
from simgen.capture.raw import RawTurn, RawView
from simgen.capture.rolling import twist_between
from simgen.capture.session import as_simulator_errors
from simgen.capture.silhouettes import BLUEPRINT as SILHOUETTES
from simgen.capture.silhouettes import frame_window
from simgen.errors import SensorTimeout
from simgen.frame import EgoMotion
from simgen.motion.clock import Clock

WHOLE_TURN_DEG = 360.0

# Lens and motion effects that would bend or smear the picture away from its labels.
PINHOLE = {
    "lens_circle_multiplier": "0", "lens_k": "0", "lens_kcube": "0",
    "motion_blur_intensity": "0", "chromatic_aberration_intensity": "0",
}
# How many pictures a camera needs until its exposure has settled, unless its blueprint says so itself.
SETTLE_FRAMES = 5
SETTLE_ATTRIBUTE = "settle_frames"
# A camera that has this renders only at every so many ticks, counted from the first that is listened to.
CADENCE_ATTRIBUTE = "every_ticks"


class SensorChannel:
    """Data of one sensor, handed from the client's thread to ours."""

    def __init__(self, name: str, sensor: carla.Sensor) -> None:
        self.name = name
        self._sensor = sensor
        self._queue: queue.SimpleQueue[Any] = queue.SimpleQueue()

    def listen(self) -> None:
        with as_simulator_errors(f"cannot listen to {self.name}"):
            self._sensor.listen(self._queue.put)

    def stop(self) -> None:
        with suppress(RuntimeError):          # the server is gone, and the stream with it
            self._sensor.stop()

    def wait_for(self, frame: int, timeout_s: float | None = None) -> Any:
        """The data of exactly this simulator frame; older data is dropped, nothing is guessed.

        timeout_s: None for the usual patience. Raises SensorTimeout.
        """
        timeout_s = patient_s(SENSOR_S) if timeout_s is None else timeout_s
        deadline = monotonic() + timeout_s
        latest: int | None = None
        while True:
            try:
                data = self._queue.get(timeout=max(0.0, deadline - monotonic()))
            except queue.Empty:
                raise SensorTimeout(
                    f"{self.name}: no data for frame {frame} within {timeout_s:g} s (latest seen: {latest})"
                ) from None
            if data.frame == frame:
                return data
            if data.frame > frame:
                raise SensorTimeout(f"{self.name}: frame {frame} was skipped, got {data.frame}")
            latest = data.frame


@dataclass(frozen=True, eq=False, slots=True)
class MountedCamera:
    """A camera's picture, and what belongs to it; most cameras without labels have nothing of the rest."""

    mount: CameraMount
    rgb: SensorChannel
    depth: SensorChannel | None = None
    instances: SensorChannel | None = None
    silhouettes: SensorChannel | None = None

    def channels(self) -> list[SensorChannel]:
        every = (self.rgb, self.depth, self.instances, self.silhouettes)
        return [channel for channel in every if channel is not None]

    def collect(self, frame: int) -> RawView:
        def sent(channel: SensorChannel | None) -> Any:
            return None if channel is None else channel.wait_for(frame)

        return RawView(self.mount, self.rgb.wait_for(frame), sent(self.depth), sent(self.instances),
                       sent(self.silhouettes))


@dataclass(frozen=True, eq=False, slots=True)
class MountedImu:
    """The IMU and the GNSS receiver in its place."""

    imu: SensorChannel
    gnss: SensorChannel
    earth: Earth

    def collect(self, frame: int) -> EgoMotion:
        return decode_motion(self.imu.wait_for(frame), self.gnss.wait_for(frame), self.earth)


@dataclass(frozen=True, eq=False, slots=True)
class Moment:
    """A tick at whose end sensors measure.

    frame:                   the simulator's number of it.
    since_frame_s:           from the moment of the captured frame that it belongs to; 0 is that.
    world_from_rig_before:   one tick earlier.
    """

    frame: int
    ego_id: int
    tick_s: float
    since_frame_s: float
    world_from_rig: RigidTransform
    world_from_rig_before: RigidTransform


@dataclass(frozen=True, eq=False, slots=True)
class MountedLidar:
    """A LiDAR and the simulator's sensors that it is made of, one for each fan of rays."""

    mount: LidarMount
    plan: FanPlan
    fans: tuple[SensorChannel, ...]

    def turn(self, moment: Moment) -> RawTurn:
        """A whole turn of it in one instant."""
        blocks = tuple(channel.wait_for(moment.frame) for channel in self.fans)
        rig_from_lidar = self.mount.rig_from_lidar
        twist = twist_between(moment.world_from_rig_before @ rig_from_lidar, moment.world_from_rig @ rig_from_lidar,
                              moment.tick_s)
        return RawTurn(self.mount, self.plan, blocks, moment.ego_id, moment.since_frame_s, twist)


@dataclass(frozen=True, eq=False, slots=True)
class Collected:
    """What a rig saw and felt at one simulator frame. views: by camera. turns: by LiDAR, the main one first."""

    views: dict[str, RawView]
    turns: dict[str, RawTurn]
    motion: EgoMotion | None


@dataclass(frozen=True, eq=False, slots=True)
class MountedRig:
    """A rig whose sensors live in the simulator. imu: None if it has no such sensors."""

    rig: Rig
    cameras: tuple[MountedCamera, ...]
    lidars: tuple[MountedLidar, ...]
    imu: MountedImu | None
    settle_frames: int

    def channels(self) -> list[SensorChannel]:
        navigation = [] if self.imu is None else [self.imu.imu, self.imu.gnss]
        return [*(c for camera in self.cameras for c in camera.channels()), *navigation]

    def listen(self) -> None:
        """Cameras and the IMU."""
        for channel in self.channels():
            channel.listen()

    def listen_to_lidars(self) -> None:
        for lidar in self.lidars:
            for channel in lidar.fans:
                channel.listen()

    def collect(self, moment: Moment) -> Collected:
        """Everything the rig saw and felt at a captured frame."""
        return Collected(
            {camera.mount.name: camera.collect(moment.frame) for camera in self.cameras},
            self.turns(moment),
            None if self.imu is None else self.imu.collect(moment.frame),
        )

    def turns(self, moment: Moment) -> dict[str, RawTurn]:
        """Of all LiDARs by name."""
        return {lidar.mount.name: lidar.turn(moment) for lidar in self.lidars}


def _exact(number: float) -> str:
    return format(number, ".9g")


def _settle_frames(library: carla.BlueprintLibrary) -> int:
    """How many pictures this server's cameras need until their exposure has settled."""
    rgb = library.find("sensor.camera.rgb")
    return int(rgb.get_attribute(SETTLE_ATTRIBUTE)) if rgb.has_attribute(SETTLE_ATTRIBUTE) else SETTLE_FRAMES


def _camera_blueprint(
    library: carla.BlueprintLibrary, kind: str, mount: CameraMount, every_ticks: int
) -> carla.ActorBlueprint:
    blueprint = library.find(f"sensor.camera.{kind}")
    if blueprint.has_attribute(CADENCE_ATTRIBUTE):
        blueprint.set_attribute(CADENCE_ATTRIBUTE, str(every_ticks))
    rendered = mount.picture.rendered
    blueprint.set_attribute("image_size_x", str(rendered.width))
    blueprint.set_attribute("image_size_y", str(rendered.height))
    blueprint.set_attribute("fov", _exact(math.degrees(rendered.fov_rad)))
    for attribute, value in PINHOLE.items():
        if blueprint.has_attribute(attribute):
            blueprint.set_attribute(attribute, value)
    return blueprint


def _lidar_blueprints(
    library: carla.BlueprintLibrary, lidar: LidarMount, plan: FanPlan, tick_s: float
) -> Iterator[carla.ActorBlueprint]:
    for block in plan.fans:
        blueprint = library.find("sensor.lidar.ray_cast_semantic")
        blueprint.set_attribute("channels", str(block.channels))
        blueprint.set_attribute("upper_fov", _exact(block.upper_deg))
        blueprint.set_attribute("lower_fov", _exact(block.lower_deg))
        blueprint.set_attribute("range", _exact(lidar.range_m))
        # One full turn each tick, whatever the tick.
        blueprint.set_attribute("rotation_frequency", _exact(1.0 / tick_s))
        blueprint.set_attribute("points_per_second", str(round(block.channels * plan.columns / tick_s)))
        if plan.horizontal_fov_deg != WHOLE_TURN_DEG:
            blueprint.set_attribute("horizontal_fov", _exact(plan.horizontal_fov_deg))
        yield blueprint


@contextmanager
def mounted(
    client: carla.Client, world: carla.World, library: carla.BlueprintLibrary, ego: carla.Vehicle,
    ego_from_rig: RigidTransform, rig: Rig, clock: Clock, everywhere: bool = False,
) -> Iterator[MountedRig]:
    """Attach every sensor of ``rig`` to ``ego``; stop and destroy them when the block ends, also after an error.

    everywhere: cameras without labels have depth and classes beside their pictures as well.

    Cameras that can rest between the frames of ``clock`` do, if their first picture is a frame's.
    """
    settle = _settle_frames(library)
    every_ticks = 1 if settle % clock.per_frame else clock.per_frame
    sensors: list[carla.Sensor] = []
    listening = ExitStack()

    def attach(name: str, blueprint: carla.ActorBlueprint, rig_from_sensor: RigidTransform) -> SensorChannel:
        blueprint.set_attribute("role_name", name)
        location, (pitch, yaw, roll) = carla_pose(ego_from_rig @ rig_from_sensor)
        at = carla.Transform(carla.Location(*map(float, location)), carla.Rotation(pitch, yaw, roll))
        with as_simulator_errors(f"cannot attach {name} to the ego"):
            sensor = world.spawn_actor(blueprint, at, ego, carla.AttachmentType.Rigid)
        sensors.append(sensor)
        channel = SensorChannel(name, sensor)
        listening.callback(channel.stop)
        return channel

    def truth_channels(mount: CameraMount) -> dict[str, SensorChannel]:
        if not mount.label and not everywhere:
            return {}
        blueprints = {"depth": _camera_blueprint(library, "depth", mount, every_ticks),
                      "instances": _camera_blueprint(library, "instance_segmentation", mount, every_ticks)}
        if mount.label and len(library.filter(SILHOUETTES)):
            kind = SILHOUETTES.rpartition(".")[2]
            blueprints["silhouettes"] = _camera_blueprint(library, kind, mount, every_ticks)
            frame_window(blueprints["silhouettes"], mount)
        return {
            word: attach(f"{mount.name} {word}", blueprint, mount.rig_from_camera)
            for word, blueprint in blueprints.items()
        }

    def imu_channels() -> MountedImu | None:
        imu, gnss = noiseless(library, IMU), noiseless(library, GNSS)
        if imu is None or gnss is None:
            return None
        at = rig.imu.rig_from_imu
        return MountedImu(attach("imu", imu, at), attach("gnss", gnss, at), Earth.of(world.get_map()))

    with destroyed_at_end(client, sensors), listening:
        cameras: list[MountedCamera] = []
        for mount in rig.recorded_cameras:
            rgb = _camera_blueprint(library, "rgb", mount, every_ticks)
            picture = attach(mount.name, rgb, mount.rig_from_camera)
            cameras.append(MountedCamera(mount, picture, **truth_channels(mount)))

        def lidar_of(lidar: LidarMount) -> MountedLidar:
            plan = fans_of(lidar)
            at = lidar.rig_from_lidar @ RigidTransform(rotation_of(plan.yaw_deg, 0.0, 0.0), np.zeros(3))
            return MountedLidar(lidar, plan, tuple(
                attach(f"{lidar.name} fan {number}", blueprint, at)
                for number, blueprint in enumerate(_lidar_blueprints(library, lidar, plan, clock.tick_s))))

        lidars = tuple(lidar_of(lidar) for lidar in rig.lidars)
        yield MountedRig(rig, tuple(cameras), lidars, imu_channels(), settle)
