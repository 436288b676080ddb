"""Mount a rig on the ego: one CARLA sensor for each picture and each block of beams, one channel for each sensor."""

from __future__ import annotations

import math
import queue
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from time import monotonic
from typing import Any

import carla

from sensors.axes import carla_pose
from sensors.rig import CameraMount, LidarMount, Rig
from sensors.rigid import RigidTransform
from simgen.capture.decode import decode_depth, decode_instances, decode_rgb, decode_sweep
from simgen.capture.session import as_simulator_errors
from simgen.errors import SensorTimeout
from simgen.frame import CameraView, Sweep

SENSOR_TIMEOUT_S = 60.0

# Lens and motion effects that would bend or smear the picture away from its labels.
PINHOLE = {
    "lens_circle_multiplier": "0", "lens_k": "0", "lens_kcube": "0",
    "motion_blur_intensity": "0", "chromatic_aberration_intensity": "0",
}
# How many pictures a camera needs until its exposure has settled, unless its blueprint says so itself.
SETTLE_FRAMES = 5
SETTLE_ATTRIBUTE = "settle_frames"


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

    def wait_for(self, frame: int, timeout_s: float = SENSOR_TIMEOUT_S) -> Any:
        """The data of exactly this simulator frame; older data is dropped, nothing is guessed.

        Raises SensorTimeout.
        """
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
    mount: CameraMount
    rgb: SensorChannel
    depth: SensorChannel | None
    instances: SensorChannel | None

    def channels(self) -> list[SensorChannel]:
        return [channel for channel in (self.rgb, self.depth, self.instances) if channel is not None]

    def collect(self, frame: int) -> CameraView:
        rgb = decode_rgb(self.rgb.wait_for(frame), self.mount)
        depth_m = None if self.depth is None else decode_depth(self.depth.wait_for(frame), self.mount)
        tag = instance_id = None
        if self.instances is not None:
            tag, instance_id = decode_instances(self.instances.wait_for(frame), self.mount)
        return CameraView(rgb, depth_m, tag, instance_id)


@dataclass(frozen=True, eq=False, slots=True)
class MountedRig:
    """A rig whose sensors live in the simulator."""

    rig: Rig
    cameras: tuple[MountedCamera, ...]
    lidar_blocks: tuple[SensorChannel, ...]
    settle_frames: int

    def channels(self) -> list[SensorChannel]:
        return [c for camera in self.cameras for c in camera.channels()] + list(self.lidar_blocks)

    def listen(self) -> None:
        for channel in self.channels():
            channel.listen()

    def collect(self, frame: int, ego_id: int) -> tuple[dict[str, CameraView], Sweep]:
        """Everything the rig saw at one simulator frame, the ego's own body left out of the sweep."""
        views = {camera.mount.name: camera.collect(frame) for camera in self.cameras}
        blocks = [channel.wait_for(frame) for channel in self.lidar_blocks]
        return views, decode_sweep(blocks, ego_id, self.rig.lidar)


def _exact(number: float) -> str:
    return format(number, ".9g")


def _camera_blueprint(
    library: carla.BlueprintLibrary, kind: str, mount: CameraMount
) -> carla.ActorBlueprint:
    blueprint = library.find(f"sensor.camera.{kind}")
    rendered = mount.picture.rendered
    blueprint.set_attribute("image_size_x", str(rendered.width))
    blueprint.set_attribute("image_size_y", str(rendered.height))
    blueprint.set_attribute("fov", _exact(math.degrees(rendered.fov_rad)))
    for attribute, value in PINHOLE.items():
        if blueprint.has_attribute(attribute):
            blueprint.set_attribute(attribute, value)
    return blueprint


def _lidar_blueprints(
    library: carla.BlueprintLibrary, lidar: LidarMount, tick_s: float
) -> Iterator[carla.ActorBlueprint]:
    for block in lidar.blocks:
        blueprint = library.find("sensor.lidar.ray_cast_semantic")
        blueprint.set_attribute("channels", str(block.channels))
        blueprint.set_attribute("upper_fov", _exact(block.upper_deg))
        blueprint.set_attribute("lower_fov", _exact(block.lower_deg))
        blueprint.set_attribute("range", _exact(lidar.range_m))
        # One full turn each tick, whatever the tick.
        blueprint.set_attribute("rotation_frequency", _exact(1.0 / tick_s))
        blueprint.set_attribute("points_per_second", str(round(block.channels * lidar.points_per_ring / tick_s)))
        yield blueprint


@contextmanager
def mounted(
    world: carla.World, library: carla.BlueprintLibrary, ego: carla.Vehicle, ego_from_rig: RigidTransform, rig: Rig,
    tick_s: float,
) -> Iterator[MountedRig]:
    """Attach every sensor of ``rig`` to ``ego``; stop and destroy them when the block ends, also after an error."""
    sensors: list[carla.Sensor] = []
    channels: list[SensorChannel] = []

    def attach(name: str, blueprint: carla.ActorBlueprint, rig_from_sensor: RigidTransform) -> SensorChannel:
        blueprint.set_attribute("role_name", name)
        location, (pitch, yaw, roll) = carla_pose(ego_from_rig @ rig_from_sensor)
        at = carla.Transform(carla.Location(*map(float, location)), carla.Rotation(pitch, yaw, roll))
        with as_simulator_errors(f"cannot attach {name} to the ego"):
            sensor = world.spawn_actor(blueprint, at, ego, carla.AttachmentType.Rigid)
        sensors.append(sensor)
        channels.append(SensorChannel(name, sensor))
        return channels[-1]

    try:
        cameras: list[MountedCamera] = []
        settle = 0
        for mount in rig.recorded_cameras:
            rgb = _camera_blueprint(library, "rgb", mount)
            settle = max(settle, int(rgb.get_attribute(SETTLE_ATTRIBUTE)) if rgb.has_attribute(SETTLE_ATTRIBUTE)
                         else SETTLE_FRAMES)
            depth = instances = None
            rgb_channel = attach(mount.name, rgb, mount.rig_from_camera)
            if mount is rig.label_camera:
                depth = attach(f"{mount.name} depth", _camera_blueprint(library, "depth", mount), mount.rig_from_camera)
                blueprint = _camera_blueprint(library, "instance_segmentation", mount)
                instances = attach(f"{mount.name} instances", blueprint, mount.rig_from_camera)
            cameras.append(MountedCamera(mount, rgb_channel, depth, instances))
        blocks = tuple(
            attach(f"velodyne block {number}", blueprint, rig.lidar.rig_from_lidar)
            for number, blueprint in enumerate(_lidar_blueprints(library, rig.lidar, tick_s))
        )
        yield MountedRig(rig, tuple(cameras), blocks, settle)
    finally:
        for channel in channels:
            channel.stop()
        for sensor in reversed(sensors):
            with suppress(RuntimeError):      # the server is gone, and the sensor with it
                sensor.destroy()
