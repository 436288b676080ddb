"""Point files: ``velodyne/ID.bin``, and beside it, point for point, ``velodyne_label`` and ``velodyne_cause``."""

from __future__ import annotations

import io
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sensors.sweeps import Cause
from simgen.errors import DatasetError, unreadable

# What ``velodyne_cause/ID.npy`` says of each point: ``numpy.load`` reads it, and needs no pickle.
CAUSE_ROW = np.dtype([
    ("cause", "u1"), ("return_number", "u1"), ("ring", "u1"), ("range_before_m", "<f4"), ("time_s", "<f4"),
])


def points_bytes(points: NDArray[np.float32]) -> bytes:
    """The content of a ``.bin`` file: little-endian float32, row by row.

    Args:
        points: (N, 4) x, y, z in LiDAR axes and reflectance.

    Raises:
        ValueError: if the shape is wrong, a number is not finite or a reflectance is outside 0…1.
    """
    if points.ndim != 2 or points.shape[1] != 4:
        raise ValueError(f"points have shape {points.shape}, expected (N, 4)")
    if not np.isfinite(points).all():
        raise ValueError("points hold a number that is not finite")
    if len(points) and not (points[:, 3].min() >= 0 and points[:, 3].max() <= 1):
        raise ValueError("reflectance must lie in 0…1")
    return points.astype("<f4", copy=False).tobytes()


def parse_points(content: bytes) -> NDArray[np.float32]:
    """The inverse of ``points_bytes``: (N, 4) float32.

    Raises:
        DatasetError: if the size does not divide into rows.
    """
    if len(content) % 16:
        raise DatasetError(f"a point takes 16 bytes; {len(content)} bytes are no whole number of points")
    return np.frombuffer(content, dtype="<f4").reshape(-1, 4).astype(np.float32)


def point_labels(tag: NDArray[np.uint8], instance: NDArray[np.uint16]) -> NDArray[np.uint32]:
    """(N,) packed as in SemanticKITTI: class (CARLA's tag) in the low 16 bits, instance in the high."""
    return np.asarray(tag.astype(np.uint32) | (instance.astype(np.uint32) << np.uint32(16)), dtype=np.uint32)


def split_point_labels(labels: NDArray[np.uint32]) -> tuple[NDArray[np.uint8], NDArray[np.uint16]]:
    """The inverse of ``point_labels``."""
    return (labels & np.uint32(0xFFFF)).astype(np.uint8), (labels >> np.uint32(16)).astype(np.uint16)


def point_labels_bytes(labels: NDArray[np.uint32]) -> bytes:
    """The content of a ``.label`` file: little-endian uint32, one for each point."""
    return labels.astype("<u4", copy=False).tobytes()


def parse_point_labels(content: bytes) -> NDArray[np.uint32]:
    """The inverse of ``point_labels_bytes``.

    Raises:
        DatasetError: if the size does not divide into labels.
    """
    if len(content) % 4:
        raise DatasetError(f"a label takes 4 bytes; {len(content)} bytes are no whole number of labels")
    return np.frombuffer(content, dtype="<u4").astype(np.uint32)


def of_surfaces(causes: NDArray[np.void]) -> NDArray[np.bool_]:
    """(N,) which points of ``CAUSE_ROW`` a surface gave, and nothing in the air, and no noise."""
    return np.isin(causes["cause"], (Cause.OBJECT, Cause.GROUND))


def point_causes_bytes(causes: NDArray[np.void]) -> bytes:
    """The content of a ``velodyne_cause`` file: a ``.npy`` array of ``CAUSE_ROW``.

    Raises:
        ValueError: if the rows are of another kind.
    """
    if causes.dtype != CAUSE_ROW or causes.ndim != 1:
        raise ValueError(f"causes are (N,) of {CAUSE_ROW}, got {causes.shape} of {causes.dtype}")
    stream = io.BytesIO()
    np.lib.format.write_array(stream, causes, version=(1, 0), allow_pickle=False)
    return stream.getvalue()


def parse_point_causes(content: bytes) -> NDArray[np.void]:
    """The inverse of ``point_causes_bytes``.

    Raises:
        DatasetError: if it is no such file.
    """
    try:
        causes: NDArray[Any] = np.lib.format.read_array(io.BytesIO(content), allow_pickle=False)
    except (ValueError, EOFError) as error:
        raise DatasetError(f"not a file of causes: {unreadable(error)}") from error
    if causes.dtype != CAUSE_ROW or causes.ndim != 1:
        raise DatasetError(f"a file of causes has rows of {CAUSE_ROW}, this one has {causes.dtype}")
    return causes
