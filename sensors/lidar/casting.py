"""How a simulator casts a LiDAR of a rig: by blocks of even beams, or by the fans that its device's table takes."""

from __future__ import annotations

from functools import lru_cache

import numpy as np

from sensors.devices.lidar import LidarDevice
from sensors.lidar.fans import FanPlan, plan_fans
from sensors.mounts import LidarMount


def fans_of(mount: LidarMount) -> FanPlan:
    """The fans of a LiDAR, and which of their rows are its beams."""
    if mount.blocks:
        return _as_written(mount)
    assert mount.device is not None         # whoever has no blocks has a device
    plan = _planned(mount.device)
    if plan.columns != mount.columns:       # at another rate than the device's usual one
        plan = FanPlan(plan.fans, plan.row_of_beam, plan.elevations_deg, plan.error_deg, mount.columns,
                       plan.horizontal_fov_deg, plan.yaw_deg, plan.azimuth_error_deg)
    return plan


@lru_cache(maxsize=16)
def _planned(device: LidarDevice) -> FanPlan:
    """It takes up to a second, and a rig may carry a device several times."""
    return plan_fans(device)


def _as_written(mount: LidarMount) -> FanPlan:
    """Blocks are fans, and each of their rows is a beam."""
    zeros = np.zeros(mount.channels)
    return FanPlan(mount.blocks, np.arange(mount.channels, dtype=np.int32), np.degrees(mount.elevations_rad()), zeros,
                   mount.points_per_ring, 360.0, 0.0, zeros)
