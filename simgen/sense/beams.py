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
from simgen.frame import BodyHits, Sweep

# Whose noise, power and weather a LiDAR has that is described by its beams alone: that of KITTI's car.
USUAL_DEVICE = "hdl_64e_s2"


@cache
def device_of(mount: LidarMount) -> LidarDevice:
    """The device at a place of a rig, at the rate that it has there.

    One that the rig describes by its beams alone is the usual one in all else.
    """
    begin, end = mount.azimuths_deg
    none = np.zeros(mount.channels)
    device = mount.device or replace(
        load_lidar(USUAL_DEVICE), elevations_deg=np.degrees(mount.elevations_rad()), azimuth_offsets_deg=none,
        beam_delay_s=none, rates_hz=(mount.rate_hz,), range_m=mount.range_m,
    )
    return replace(
        device, firings=round(mount.points_per_ring * (end - begin) / 360.0), rate_hz=mount.rate_hz,
        firing_s=1.0 / (mount.rate_hz * mount.points_per_ring))


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
    body = BodyHits(np.zeros((0, 3), np.float32), np.zeros(0, np.uint8)) if sweep.body is None else sweep.body
    count, more = len(sweep.points_m), len(body.points_m)
    hits = FanHits(
        np.concatenate([sweep.points_m, body.points_m]),
        np.concatenate([sweep.cos_incidence, np.ones(more, np.float32)]),
        np.concatenate([sweep.tag, np.zeros(more, np.uint8)]),
        np.concatenate([sweep.simulator_id, np.zeros(more, np.uint32)]),
        np.concatenate([sweep.ring, body.ring]),
    )
    is_ego = np.arange(count + more) >= count
    try:
        beams = clean_sweep(_fans_of(mount), hits, is_ego=is_ego)
    except ValueError as error:
        raise SimulatorError(f"the simulator's LiDAR does not cast the beams of the rig: {error}") from None
    begin, end = np.radians(mount.azimuths_deg)
    if end - begin >= 2 * np.pi:
        return beams
    azimuth = np.arctan2(beams.direction[:, 1], beams.direction[:, 0])      # simulators' heads all turn fully
    seen = np.flatnonzero((azimuth - begin) % (2 * np.pi) <= end - begin)
    return CleanSweep(
        beams.direction[seen], beams.range_m[seen], beams.cos_incidence[seen], beams.tag[seen], beams.actor_id[seen],
        beams.ring[seen], beams.time_s[seen])
