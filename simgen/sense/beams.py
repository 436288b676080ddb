"""Every beam of a captured sweep, also those that met nothing, and the device that casts them."""

from __future__ import annotations

from dataclasses import replace
from functools import cache

import numpy as np

from sensors.devices import load_lidar
from sensors.devices.lidar import LidarDevice
from sensors.lidar.casting import fans_of
from sensors.lidar.grid import FanHits, clean_sweep
from sensors.mounts import LidarMount
from sensors.sweeps import CleanSweep
from simgen.errors import SimulatorError
from simgen.frame import BodyHits, Sweep

# Whose noise, power and weather a LiDAR has that is described by its beams alone: that of KITTI's car.
USUAL_DEVICE = "hdl_64e_s2"


@cache
def device_of(mount: LidarMount) -> LidarDevice:
    """The device at a place of a rig, at the rate that it has there; where the rig has blocks, with their beams.

    One that the rig describes by its beams alone is the usual one in all else.
    """
    device = load_lidar(USUAL_DEVICE) if mount.device is None else mount.device
    if mount.blocks:
        none = np.zeros(mount.channels)
        device = replace(device, elevations_deg=np.degrees(mount.elevations_rad()), azimuth_offsets_deg=none,
                         beam_delay_s=none, rates_hz=(mount.rate_hz,), range_m=mount.range_m)
    return replace(device, firings=mount.columns, rate_hz=mount.rate_hz,
                   firing_s=1.0 / (mount.rate_hz * mount.points_per_ring))


def beams_of(sweep: Sweep, mount: LidarMount, body_id: int | None = None) -> CleanSweep:
    """A captured sweep with its empty beams, ring by ring.

    ``actor_id`` holds the simulator's ids. Beams that the ego's own body stops are left out, or have ``body_id`` there.
    Raises SimulatorError if the points are not where the rig's beams are.
    """
    body = BodyHits(np.zeros((0, 3), np.float32), np.zeros(0, np.uint8)) if sweep.body is None else sweep.body
    count, more = len(sweep.points_m), len(body.points_m)
    beam, plan = np.concatenate([sweep.ring, body.ring]), fans_of(mount)
    if int(beam.max(initial=0)) >= mount.channels:
        raise SimulatorError("the simulator's LiDAR does not cast the beams of the rig: a point is of beam "
                             f"{int(beam.max())} of {mount.channels}")
    hits = FanHits(
        np.concatenate([sweep.points_m, body.points_m]),
        np.concatenate([sweep.cos_incidence, np.ones(more, np.float32)]),
        np.concatenate([sweep.tag, np.zeros(more, np.uint8)]),
        np.concatenate([sweep.simulator_id, np.full(more, body_id or 0, np.uint32)]),
        plan.row_of_beam[beam],
    )
    is_ego = np.arange(count + more) >= count if body_id is None else None
    try:
        return clean_sweep(plan, hits, is_ego=is_ego)
    except ValueError as error:
        raise SimulatorError(f"the simulator's LiDAR does not cast the beams of the rig: {error}") from None
