"""The silhouette sensor of simulators that have one: each object's pixels, seen and as if it stood alone.

It is an extension inside CARLA's protocol: a camera whose picture is a table. The picture is 16 pixels wide, so that
each of its rows is 64 bytes, little-endian: the first says what it is and how many rows follow, one for each object.
"""

from __future__ import annotations

import carla
import numpy as np
from numpy.typing import NDArray

from sensors.rig import CameraMount
from simgen.errors import SimulatorError
from simgen.frame import Silhouette

BLUEPRINT = "sensor.camera.silhouettes"

_MAGIC, _VERSION = 0x53494C48, 1
_WIDTH_PX = 16
_LEVEL, _CUT = 1, 2              # bits of ``flags``
_ROW = np.dtype([
    ("id", "<u4"), ("flags", "<u4"), ("visible_px", "<u4"), ("inside_px", "<u4"), ("outside_px", "<f4"),
    ("bbox_px", "<f4", 4), ("unused", "<u4", 7),
])


def frame_window(blueprint: carla.ActorBlueprint, mount: CameraMount) -> None:
    """Have the sensor count in the stored part of the picture."""
    picture = mount.picture
    for name, value in (("left", picture.crop_left), ("top", picture.crop_top), ("width", picture.stored.width),
                        ("height", picture.stored.height)):
        blueprint.set_attribute(f"window_{name}", str(value))


def decode_silhouettes(image: carla.Image) -> tuple[Silhouette, ...]:
    """The rows of the table, as the server sorted them.

    Raises:
        SimulatorError: if the picture is no such table.
    """
    if image.width != _WIDTH_PX or image.height < 1:
        raise SimulatorError(f"{BLUEPRINT} sent a picture of {image.width}×{image.height}, expected a table "
                             f"{_WIDTH_PX} pixels wide")
    head = np.frombuffer(image.raw_data, "<u4", count=3)
    if head.tolist() != [_MAGIC, _VERSION, image.height - 1]:
        raise SimulatorError(f"{BLUEPRINT} sent a table that begins with {head.tolist()}, expected "
                             f"{[_MAGIC, _VERSION, image.height - 1]}: this simgen reads version {_VERSION}")
    rows = np.frombuffer(image.raw_data, _ROW, count=image.height - 1, offset=_ROW.itemsize)
    return tuple(
        Silhouette(int(row["id"]), bool(row["flags"] & _LEVEL), bool(row["flags"] & _CUT), int(row["visible_px"]),
                   int(row["inside_px"]), float(row["outside_px"]), _box(row["bbox_px"]))
        for row in rows
    )


def _box(edges: NDArray[np.float32]) -> tuple[float, float, float, float]:
    left, top, right, bottom = edges.tolist()
    return left, top, right, bottom
