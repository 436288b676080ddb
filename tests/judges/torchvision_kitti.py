"""torchvision's ``datasets.Kitti`` without torch: the same folders, the same parsing, the same refusals.

It expects ``ROOT/Kitti/raw/training/{image_2,label_2}``, splits rows at single spaces with the csv module and takes
occlusion with ``int``. Rows with an empty token (double spaces) or ``0.0`` for occlusion raise.
"""

from __future__ import annotations

import csv
from pathlib import Path
from typing import Any

import cv2
import numpy as np

FOLDER = Path("Kitti") / "raw" / "training"


def mount(root: Path, place: Path) -> Path:
    """Make ``place`` a torchvision root whose data is the dataset in ``root``, by links."""
    raw = place / "Kitti" / "raw"
    raw.mkdir(parents=True)
    (raw / "training").symlink_to((root / "training").resolve(), target_is_directory=True)
    return place


class Kitti:
    """``Kitti(root, train=True)``: item k is (picture as (H, W, 3) uint8 RGB, list of objects)."""

    def __init__(self, root: Path) -> None:
        images = root / FOLDER / "image_2"
        if not images.is_dir():
            raise RuntimeError("Dataset not found.")
        # Sorted here; the original takes the file system's order, and pairs labels by name as well.
        names = sorted(path.name for path in images.iterdir())
        self.images = [images / name for name in names]
        self.labels = [root / FOLDER / "label_2" / f"{name.split('.')[0]}.txt" for name in names]

    def __len__(self) -> int:
        return len(self.images)

    def __getitem__(self, index: int) -> tuple[np.ndarray, list[dict[str, Any]]]:
        bgr = cv2.imread(str(self.images[index]), cv2.IMREAD_COLOR)
        if bgr is None:
            raise OSError(f"cannot identify image file {self.images[index]}")
        return bgr[..., ::-1], self._objects(index)

    def _objects(self, index: int) -> list[dict[str, Any]]:
        with self.labels[index].open() as file:
            return [
                {
                    "type": line[0],
                    "truncated": float(line[1]),
                    "occluded": int(line[2]),
                    "alpha": float(line[3]),
                    "bbox": [float(v) for v in line[4:8]],
                    "dimensions": [float(v) for v in line[8:11]],
                    "location": [float(v) for v in line[11:14]],
                    "rotation_y": float(line[14]),
                }
                for line in csv.reader(file, delimiter=" ")
            ]
