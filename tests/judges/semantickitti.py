"""How SemanticKITTI's tools read a sequence: sweeps, point labels, calibration and poses in LiDAR axes.

Kept on purpose: every line of ``calib.txt`` is a key, one colon and twelve numbers (an empty line is too much);
``poses.txt`` lies in the sequence; a label file with another number of points is refused.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

# The benchmark's classes of single sweeps: its label → what is trained on, 0 being unlabelled.
LEARNED = {
    0: 0, 1: 0, 10: 1, 11: 2, 13: 5, 15: 3, 16: 5, 18: 4, 20: 5, 30: 6, 31: 7, 32: 8, 40: 9, 44: 10, 48: 11, 49: 12,
    50: 13, 51: 14, 52: 0, 60: 9, 70: 15, 71: 16, 72: 17, 80: 18, 81: 19, 99: 0,
    252: 1, 253: 7, 254: 6, 255: 8, 256: 5, 257: 5, 258: 4, 259: 5,
}
CAR, PERSON, MOTORCYCLIST, ROAD = 1, 6, 8, 9


@dataclass(frozen=True)
class Scan:
    """points: (N, 3) m. remission: (N,). label, instance, learned: (N,) int. pose: (4, 4) first LiDAR from this one."""

    points: NDArray[np.float32]
    remission: NDArray[np.float32]
    label: NDArray[np.integer]
    instance: NDArray[np.integer]
    learned: NDArray[np.int_]
    pose: NDArray[np.float64]

    def in_first(self) -> NDArray[np.float64]:
        """(N, 3) points in the LiDAR axes of the sequence's first sweep."""
        return np.asarray(self.points @ self.pose[:3, :3].T + self.pose[:3, 3])


def read_sequence(root: Path, name: str) -> list[Scan]:
    """All sweeps of ``sequences/NAME`` with their labels and poses.

    Raises:
        ValueError: if sweeps, labels and poses do not go together, or a line of calib.txt has another form.
        KeyError: at a label that the benchmark does not have.
    """
    folder = root / "sequences" / name
    sweeps = sorted((folder / "velodyne").glob("*.bin"))
    poses = read_poses(folder)
    if len(poses) < len(sweeps):
        raise ValueError(f"{folder}: {len(sweeps)} sweeps and {len(poses)} poses")
    return [_scan(sweep, pose) for sweep, pose in zip(sweeps, poses, strict=False)]


def read_calibration(path: Path) -> dict[str, NDArray[np.float64]]:
    """(4, 4) matrices by key."""
    found = {}
    for line in path.read_text().splitlines():
        key, content = line.strip().split(":")
        found[key] = np.vstack([np.array(content.split(), dtype=float).reshape(3, 4), [0.0, 0.0, 0.0, 1.0]])
    return found


def read_poses(folder: Path) -> list[NDArray[np.float64]]:
    """(4, 4) LiDAR axes of each sweep to those of the first, from camera poses and ``Tr``."""
    tr = read_calibration(folder / "calib.txt")["Tr"]
    poses = []
    for line in (folder / "poses.txt").read_text().splitlines():
        pose = np.vstack([np.array(line.split(), dtype=float).reshape(3, 4), [0.0, 0.0, 0.0, 1.0]])
        poses.append(np.linalg.inv(tr) @ pose @ tr)
    return poses


def _scan(sweep: Path, pose: NDArray[np.float64]) -> Scan:
    points = np.fromfile(sweep, dtype=np.float32).reshape(-1, 4)
    packed = np.fromfile(sweep.parent.parent / "labels" / f"{sweep.stem}.label", dtype=np.uint32)
    if len(packed) != len(points):
        raise ValueError(f"{sweep}: {len(points)} points and {len(packed)} labels")
    label = packed & 0xFFFF
    values, places = np.unique(label, return_inverse=True)
    learned = np.array([LEARNED[value] for value in values.tolist()])[places.reshape(-1)]
    return Scan(points[:, :3], points[:, 3], label, packed >> 16, learned, pose)
