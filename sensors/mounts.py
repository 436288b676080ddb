"""Sensors at their places on a rig: cameras, LiDARs, an IMU.

Rig axes are x forward, y left, z up, in metres, from the ground point under the middle of the rear axle.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cached_property
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from sensors.axes import CAMERA_FROM_BODY
from sensors.devices import CameraDevice, LidarDevice
from sensors.pinhole import Intrinsics
from sensors.rigid import RigidTransform

Element = TypeVar("Element", bound=np.generic)


@dataclass(frozen=True, slots=True)
class Picture:
    """What is rendered, and which part of it is kept.

    rendered:             the symmetric frustum that a simulator is asked for.
    crop_left, crop_top:  the first kept pixel of the rendered picture.
    stored:               the camera of the kept picture.
    """

    rendered: Intrinsics
    crop_left: int
    crop_top: int
    stored: Intrinsics

    @classmethod
    def from_crop(cls, rendered: Intrinsics, left: int, top: int, width: int, height: int) -> Picture:
        """Keep width × height pixels from (left, top) on.

        Raises:
            ValueError: if the cut-out leaves the rendered picture.
        """
        return cls(rendered, left, top, rendered.cropped(left, top, width, height))

    @classmethod
    def from_principal(cls, width: int, height: int, focal_px: float, cx: float, cy: float) -> Picture:
        """The smallest symmetric frustum that a width × height picture with this principal point can be cut from.

        Raises:
            ValueError: if the principal point is not at whole or half pixels, where alone a cut-out can have it, or
                lies beyond the picture.
        """
        for name, centre, side in (("cx", cx, width), ("cy", cy, height)):
            if 2 * centre != round(2 * centre):
                raise ValueError(f"{name} {centre:g} cannot be had: a cut-out of a symmetric picture has its principal "
                                 f"point at whole and half pixels; write {round(2 * centre) / 2:g}")
            if not -0.5 < centre < side - 0.5:
                raise ValueError(f"{name} {centre:g} is not in a picture of {width}×{height}")
        half_width, half_height = max(cx + 0.5, width - cx - 0.5), max(cy + 0.5, height - cy - 0.5)
        full = (round(2 * half_width), round(2 * half_height))
        rendered = Intrinsics(focal_px, (full[0] - 1) / 2, (full[1] - 1) / 2, *full)
        return cls.from_crop(rendered, round(half_width - cx - 0.5), round(half_height - cy - 0.5), width, height)

    def crop(self, image: NDArray[Element]) -> NDArray[Element]:
        """The kept part of a rendered (H, W, …) image, as a view.

        Raises:
            ValueError: if the image has another size than ``rendered``.
        """
        full = self.rendered
        if image.shape[:2] != (full.height, full.width):
            height, width = image.shape[:2]
            raise ValueError(f"image is {width}×{height}, expected {full.width}×{full.height}")
        rows = slice(self.crop_top, self.crop_top + self.stored.height)
        columns = slice(self.crop_left, self.crop_left + self.stored.width)
        return image[rows, columns]


@dataclass(frozen=True, eq=False)
class CameraMount:
    """One camera.

    name:             "camera_2", "CAM_FRONT".
    rig_from_camera:  pose of the body axes (x the way it looks) at the optical centre.
    record:           is its picture captured, or does it only appear in the calibration?
    number:           KITTI's: 2 of the picture in ``image_2``. 2 is the label camera, 3 its right-hand partner.
    label:            are labels made for its picture?
    device:           its type in the catalogue of cameras; None: a camera without faults.
    """

    name: str
    rig_from_camera: RigidTransform
    picture: Picture
    record: bool
    number: int
    label: bool = False
    device: CameraDevice | None = None

    @property
    def intrinsics(self) -> Intrinsics:
        """The stored picture's."""
        return self.picture.stored

    @cached_property
    def optical_from_rig(self) -> RigidTransform:
        """From rig axes to the camera's optical axes (x right, y down, z forward)."""
        return CAMERA_FROM_BODY @ self.rig_from_camera.inverse()


@dataclass(frozen=True, slots=True)
class LidarBlock:
    """Evenly spaced beams, as one CARLA LiDAR has them; angles above the horizon in degrees."""

    channels: int
    upper_deg: float
    lower_deg: float

    def elevations_rad(self) -> NDArray[np.float64]:
        """(channels,) from the top beam to the bottom one."""
        return np.radians(np.linspace(self.upper_deg, self.lower_deg, self.channels))


@dataclass(frozen=True, eq=False, slots=True)
class LidarMount:
    """One LiDAR: blocks of even beams at one place, from the top block to the bottom one, or a device.

    name:             "velodyne" of a rig's only one.
    device:           its type in the catalogue, also where blocks say how it is cast; None: in all else KITTI's.
    rate_hz:          turns a second; one turn is one sweep.
    points_per_ring:  firings of one beam in a whole turn, also of a device that sees a part of it only.
    range_m:          nothing returns from beyond.
    blocks:           empty if the device's own beam table holds.
    """

    rig_from_lidar: RigidTransform
    rate_hz: float
    points_per_ring: int
    range_m: float
    blocks: tuple[LidarBlock, ...]
    name: str = "velodyne"
    device: LidarDevice | None = None

    @property
    def channels(self) -> int:
        if self.device is not None and not self.blocks:
            return self.device.channels
        return sum(block.channels for block in self.blocks)

    @property
    def azimuth_step_rad(self) -> float:
        """Angle between two firings of one beam."""
        return 2 * math.pi / self.points_per_ring

    @property
    def azimuths_deg(self) -> tuple[float, float]:
        """Field of view, counter-clockwise from straight ahead."""
        return (-180.0, 180.0) if self.device is None or self.blocks else self.device.azimuths_deg

    @property
    def columns(self) -> int:
        """Firings of one beam in a sweep."""
        begin, end = self.azimuths_deg
        return round(self.points_per_ring * (end - begin) / 360.0)

    def elevations_rad(self) -> NDArray[np.float64]:
        """(channels,) beam table from the top beam to the bottom one; the index is the ring number."""
        if self.device is not None and not self.blocks:
            return np.radians(self.device.elevations_deg)
        return np.concatenate([block.elevations_rad() for block in self.blocks])

    def points_per_second(self, block: LidarBlock) -> int:
        """The value of CARLA's attribute of this name that makes ``points_per_ring`` firings."""
        return round(block.channels * self.points_per_ring * self.rate_hz)


@dataclass(frozen=True, eq=False, slots=True)
class ImuMount:
    """The GPS/IMU. Only its place is used, in the calibration."""

    rig_from_imu: RigidTransform
