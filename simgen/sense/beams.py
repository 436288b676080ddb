"""Every beam of a captured sweep, also those that met nothing, and the device that casts them."""

from __future__ import annotations

from dataclasses import replace
from functools import cache

import numpy as np

from sensors.devices import load_lidar
from sensors.devices.lidar import LidarDevice
from sensors.lidar.fans import FanPlan
from sensors.lidar.grid import FanHits, clean_sweep
from sensors.mounts import LidarMount
from sensors.sweeps import CleanSweep
from simgen.errors import SimulatorError
from simgen.frame import Sweep

# Whose noise, power and weather a LiDAR has that is described by its beams alone: that of KITTI's car.
USUAL_DEVICE = "hdl_64e_s2"


@cache
def device_of(mount: LidarMount) -> LidarDevice:
    """The device at a place of a rig: the usual one, with the beams, rate and range that the rig says."""
    usual = load_lidar(USUAL_DEVICE)
    none = np.zeros(mount.channels)
    return replace(
        usual,
        elevations_deg=np.degrees(mount.elevations_rad()), azimuth_offsets_deg=none, beam_delay_s=none,
        firings=mount.points_per_ring, rate_hz=mount.rate_hz, rates_hz=(mount.rate_hz,), range_m=mount.range_m,
        firing_s=1.0 / (mount.rate_hz * mount.points_per_ring),
    )


@cache
def _fans_of(mount: LidarMount) -> FanPlan:
    none = np.zeros(mount.channels)
    return FanPlan(
        fans=mount.blocks, row_of_beam=np.arange(mount.channels, dtype=np.int32),
        elevations_deg=np.degrees(mount.elevations_rad()), error_deg=none, columns=mount.points_per_ring,
        horizontal_fov_deg=360.0, yaw_deg=0.0, azimuth_error_deg=none,
    )


def beams_of(sweep: Sweep, mount: LidarMount) -> CleanSweep:
    """A captured sweep with its empty beams, ring by ring; without the beams that the ego's own body stops.

    ``actor_id`` holds the simulator's ids. Raises SimulatorError if the points are not where the rig's beams are.
    """
    body = sweep.body
    points, rows = (sweep.points_m, sweep.ring) if body is None else (
        np.concatenate([sweep.points_m, body.points_m]), np.concatenate([sweep.ring, body.ring]))
    count, more = len(sweep.points_m), len(points) - len(sweep.points_m)

    def padded(values: np.ndarray, filler: float) -> np.ndarray:
        return np.concatenate([values, np.full(more, filler, values.dtype)])

    hits = FanHits(points, padded(sweep.cos_incidence, 1.0), padded(sweep.tag, 0), padded(sweep.simulator_id, 0), rows)
    is_ego = np.arange(len(points)) >= count
    try:
        return clean_sweep(_fans_of(mount), hits, is_ego=is_ego)
    except ValueError as error:
        raise SimulatorError(f"the simulator's LiDAR does not cast the beams of the rig: {error}") from None
