"""Spray: which clouds stand behind which vehicles, and where in a picture they show."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from simgen.localsim.mesh import Instance
from simgen.localsim.render.camera import Pinhole
from simgen.localsim.render.device import Device
from simgen.localsim.render.kernels.spray import Puff

SLOWEST_MPS = 4.0           # tyres throw nothing up below
FULL_MPS = 25.0             # and what ``spray`` says from here on
# Behind the middle of a car: how far (m), how high (m), how wide (m), extinction (1/m). Behind lorries on wet roads one
# sees 20 to 50 m, which is 0.1 per metre; close to the wheels it is opaque.
_PUFFS = ((2.6, 0.45, 0.55, 0.80), (4.6, 0.65, 0.85, 0.42), (7.6, 0.85, 1.20, 0.22), (12.0, 1.00, 1.65, 0.11),
          (18.0, 1.10, 2.10, 0.05))
_SEEN_WITHIN_M = 120.0


def puffs_behind(device: Device, instances: Sequence[Instance], spray: float, time_s: float, pinhole: Pinhole) -> Any:
    """The clouds before a camera, far ones first, as kernels read them; None where there are none to see."""
    pose, found = pinhole.world_from_camera, []
    for number, one in enumerate(instances):
        strength = spray * min(max((one.speed_mps - SLOWEST_MPS) / (FULL_MPS - SLOWEST_MPS), 0.0), 1.0) ** 1.5
        if strength <= 0.0:
            continue
        matrix = one.world_from_mesh
        for behind, up, size, extinction in _PUFFS:
            centre = matrix[:3, 3] - behind * matrix[:3, 0] + up * matrix[:3, 2]
            ahead, left, above = (float(x) for x in (centre - pose[:3, 3]) @ pose[:3, :3])
            room = 3.0 * size
            if -room < ahead < _SEEN_WITHIN_M:
                box = _rectangle(pinhole, ahead, left, above, room)
                drift = number * 3.7 + 0.6 * one.speed_mps * time_s
                found.append((ahead, centre, size, extinction * strength, drift, box))
    if not found:
        return None
    found.sort(key=lambda row: -row[0])
    layout: Any = Puff
    rows = np.zeros(len(found), dtype=layout.numpy_dtype())
    for row, (_, centre, size, extinction, drift, box) in zip(rows, found, strict=True):
        row["centre"], row["size"], row["extinction"], row["drift"] = centre, size, extinction, drift
        row["left"], row["right"], row["top"], row["bottom"] = box
    return device.upload(rows, Puff)


def _rectangle(pinhole: Pinhole, ahead: float, left: float, above: float, room: float) -> tuple[int, int, int, int]:
    """First and last column and row of the pixels that a ball may show in; all of them if it is about the camera."""
    if ahead < room + 0.5:
        return 0, pinhole.width - 1, 0, pinhole.height - 1
    u, v = pinhole.centre_px
    # the corners of the box round the ball, px
    scale = pinhole.focal_px / np.array([ahead - room, ahead + room])
    columns = u - np.outer([left - room, left + room], scale)
    rows = v - np.outer([above - room, above + room], scale)
    return int(columns.min()) - 1, int(columns.max()) + 1, int(rows.min()) - 1, int(rows.max()) + 1
