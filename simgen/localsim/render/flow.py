"""Optical flow from the primary hits of a camera: exact, and without casting another ray.

Everything is computed in the camera's own axes, where numbers are small: a town's coordinates in 32 bits would cost a
tenth of a pixel near the camera.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from simgen.localsim.render.camera import Pinhole, pinhole_data
from simgen.localsim.render.device import Device
from simgen.localsim.render.kernels import flow
from simgen.localsim.render.raycast import Hits
from simgen.localsim.render.warp_runtime import wp


def motion_px(
    pinhole: Pinhole, hits: Hits, fixed: int, world_from_mesh: NDArray[np.float64],
    earlier_world_from_camera: NDArray[np.float64], earlier_world_from_mesh: NDArray[np.float64], device: Device,
) -> NDArray[np.float32]:
    """(H, W, 2) pixels, right and down: from where each pixel's point was earlier to where it is now.

    fixed: how many instances of the scene, its first ones, rest. world_from_mesh: (N, 4, 4) of the others.
    Raises ``ValueError`` unless there are as many earlier poses.
    """
    if earlier_world_from_mesh.shape != world_from_mesh.shape:
        raise ValueError(f"{len(world_from_mesh)} instances move, but {len(earlier_world_from_mesh)} earlier poses "
                         "were given")
    width, height = pinhole.width, pinhole.height
    before_from_world = np.linalg.inv(earlier_world_from_camera)
    rest = before_from_world @ pinhole.world_from_camera
    moving = before_from_world @ earlier_world_from_mesh @ np.linalg.inv(world_from_mesh) @ pinhole.world_from_camera
    earlier_from_now = np.concatenate([rest[None], moving]).astype(np.float32)
    moved_px = device.empty(width * height, wp.vec2)
    device.launch(flow.trace_back, width * height, [
        pinhole_data(pinhole), fixed, device.upload(earlier_from_now, wp.mat44), hits.distance, hits.ids, moved_px])
    return device.download(moved_px).reshape(height, width, 2)

