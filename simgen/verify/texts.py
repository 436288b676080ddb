"""Text files of one frame and their meaning: label rows, calibration, the side file.

Reading never raises on bad content. What cannot be understood becomes None, and the rules about that file say
why; rules about meaning pass over what is None.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

import numpy as np

from simgen.verify.geometry import Array, Box, Floats

CALIB_KEYS = ("P0", "P1", "P2", "P3", "R0_rect", "Tr_velo_to_cam", "Tr_imu_to_velo")
TRACKING_CALIB_KEYS = ("P0", "P1", "P2", "P3", "R_rect", "Tr_velo_cam", "Tr_imu_velo")
CALIB_COUNTS = (12, 12, 12, 12, 9, 12, 12)
FURTHER_CAMERA, FURTHER_LIDAR = re.compile(r"P([4-9]|[1-9][0-9]+)"), re.compile(r"Tr_(?!imu_)(\w+)_to_velo")
"""Lines behind KITTI's seven, of rigs with more cameras and LiDARs, with 12 numbers each."""
_SAME_KEY = dict(zip(TRACKING_CALIB_KEYS, CALIB_KEYS, strict=True))

_FLOAT = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?")
"""A finite decimal number. Python's float() also takes nan, inf and 1_000, which other readers do not."""


@dataclass(frozen=True, slots=True)
class Row:
    """One label row. ``line`` counts from 1; ``bbox_px`` is left, top, right, bottom.

    track: the tracking layout's second column; None in the object layout, or if it is no integer.
    """

    line: int
    type: str
    truncation: float
    occlusion: int
    alpha_rad: float
    bbox_px: tuple[float, float, float, float]
    box: Box
    track: int | None = None

    @property
    def is_object(self) -> bool:
        """False on DontCare, whose box means nothing."""
        return self.type != "DontCare"


@dataclass(frozen=True, slots=True, eq=False)
class Calib:
    """projections: (4, 3, 4) P0…P3. rectification: (3, 3). camera_from_velo, velo_from_imu: (3, 4).

    further_cameras: (3, 4) by number, P4 and on. further_lidars: (3, 4) by name, Tr_NAME_to_velo.
    """

    projections: Array
    rectification: Array
    camera_from_velo: Array
    velo_from_imu: Array
    further_cameras: Mapping[int, Array] = field(default_factory=dict)
    further_lidars: Mapping[str, Array] = field(default_factory=dict)

    def rect_from_velo(self, points_velo: Floats) -> Floats:
        """(N, 3) points in Velodyne axes to rectified camera 0, as exact as they are; stored column by column."""
        rotation = self.rectification @ self.camera_from_velo[:, :3]
        shift = self.rectification @ self.camera_from_velo[:, 3]
        x, y, z = (np.ascontiguousarray(points_velo[:, i]) for i in range(3))
        rect = np.empty((3, len(points_velo)), dtype=points_velo.dtype)
        # Column by column: a matrix product this thin costs BLAS more in waking its threads than in work.
        for i in range(3):
            np.multiply(x, float(rotation[i, 0]), out=rect[i])
            rect[i] += y * float(rotation[i, 1])
            rect[i] += z * float(rotation[i, 2])
            rect[i] += float(shift[i])
        return np.asarray(rect.T)

    def rect_from_imu(self) -> Array:
        """(4, 4) IMU axes to rectified camera 0."""
        chain = np.eye(4)
        for matrix in (self.velo_from_imu, self.camera_from_velo, self.rectification):
            step = np.eye(4)
            step[: matrix.shape[0], : matrix.shape[1]] = matrix
            chain = step @ chain
        return chain


def number(text: str) -> float | None:
    """A finite decimal number, or None."""
    return value if _FLOAT.fullmatch(text) and math.isfinite(value := float(text)) else None


def parse_row(line: str, number_of_line: int, leading: int = 0) -> Row | None:
    """A label line's meaning; None unless ``leading`` columns stand before 15 of which 14 are finite numbers."""
    tokens = line.split()
    kind, *texts = tokens[leading:] or [""]
    numbers = [number(text) for text in texts]
    if len(numbers) != 14 or any(value is None for value in numbers):
        return None
    v = [value for value in numbers if value is not None]
    box = Box((v[10], v[11], v[12]), length_m=v[9], width_m=v[8], height_m=v[7], yaw_rad=v[13])
    track = integer(tokens[1]) if leading == 2 else None
    return Row(number_of_line, kind, v[0], int(v[1]), v[2], (v[3], v[4], v[5], v[6]), box, track)


def integer(text: str) -> int | None:
    """An integer literal, or None."""
    return int(text) if re.fullmatch(r"-?[0-9]{1,9}", text) else None


@lru_cache(maxsize=64)
def parse_calib(text: str) -> Calib | None:
    """The seven matrices by name, the object or the tracking layout's; None if one is missing or has not the
    right count of finite numbers."""
    found: dict[str, Array] = {}
    for line in text.splitlines():
        word, *tokens = line.split() or [""]
        key = word.removesuffix(":")
        key = _SAME_KEY.get(key, key)
        values = [number(token) for token in tokens]
        named = key in CALIB_KEYS or FURTHER_CAMERA.fullmatch(key) or FURTHER_LIDAR.fullmatch(key)
        if named and None not in values:
            found[key] = np.array(values, dtype=float)
    if any(len(found.get(key, ())) != count for key, count in zip(CALIB_KEYS, CALIB_COUNTS, strict=True)):
        return None
    return Calib(
        projections=np.stack([found[key].reshape(3, 4) for key in CALIB_KEYS[:4]]),
        rectification=found["R0_rect"].reshape(3, 3),
        camera_from_velo=found["Tr_velo_to_cam"].reshape(3, 4),
        velo_from_imu=found["Tr_imu_to_velo"].reshape(3, 4),
        further_cameras={int(name[1]): found[name[0]].reshape(3, 4) for name in map(FURTHER_CAMERA.fullmatch, found)
                         if name and len(found[name[0]]) == 12},
        further_lidars={name[1]: found[name[0]].reshape(3, 4) for name in map(FURTHER_LIDAR.fullmatch, found)
                        if name and len(found[name[0]]) == 12},
    )


def camera_matrix(projection: Array) -> tuple[Array, Array] | None:
    """Camera matrix K, with 1 in its corner, and rotation R of a projection K · [R | t]; None if there are none."""
    block = projection[:, :3]
    if not np.isfinite(block).all() or abs(float(np.linalg.det(block))) < 1e-9:
        return None
    # K is upper triangular, so the rows of the block span R's axes from the last one on (Gram and Schmidt).
    axes = np.zeros((3, 3))
    for row in (2, 1, 0):
        rest = block[row] - axes.T @ (axes @ block[row])
        axes[row] = rest / np.linalg.norm(rest)
    k = block @ axes.T
    return k / k[2, 2], axes


@lru_cache(maxsize=16)
def parse_objects(text: str) -> dict[str, Any] | None:
    """The side file's content if it is a JSON object with ``rows`` and ``instances`` lists. Not to be changed."""
    try:
        value = json.loads(text)
    except ValueError:
        return None
    whole = (
        isinstance(value, dict)
        and isinstance(value.get("rows"), list)
        and all(isinstance(row, dict) for row in value["rows"])
        and isinstance(value.get("instances"), list)
    )
    return value if whole else None


def numbers(value: Any, count: int) -> tuple[float, ...] | None:
    """A JSON list of so many finite numbers, or None."""
    if not isinstance(value, list) or len(value) != count:
        return None
    if not all(isinstance(v, (int, float)) and not isinstance(v, bool) and math.isfinite(v) for v in value):
        return None
    return tuple(float(v) for v in value)
