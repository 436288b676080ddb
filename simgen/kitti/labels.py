"""One line of a ``label_2`` file ↔ ``KittiObject``.

Numbers have four decimals, where KITTI has two: simulated values are exact, and rounding an angle to 0.01
would move the end of a 12 m lorry by 6 cm. Truncation keeps its two, and occlusion is an integer literal,
which readers demand.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from simgen.errors import DatasetError
from simgen.frame import Label

DONT_CARE = "DontCare"
_TYPE = re.compile(r"[A-Za-z0-9_]+\Z")
_INTEGER = re.compile(r"-?[0-9]+\Z")
_COLUMNS = 15


@dataclass(frozen=True, slots=True)
class KittiObject:
    """One row, fields in file order.

    type:             "Car", "Pedestrian", "Animal", "DontCare", …: letters, digits and underscores.
    truncation:       0 inside the picture … 1 outside; −1 on DontCare.
    occlusion:        0 visible, 1 partly, 2 largely occluded, 3 unknown; −1 on DontCare.
    alpha_rad:        heading seen along the viewing ray; −10 on DontCare.
    bbox_px:          left, top, right, bottom edge pixels, zero-based, clipped to the picture.
    size_hwl_m:       full height, width, length; −1 each on DontCare.
    bottom_centre_m:  x, y, z in rectified camera 0; −1000 each on DontCare.
    yaw_rad:          rotation_y, 0 faces right, −π/2 away from the camera; −10 on DontCare.
    """

    type: str
    truncation: float
    occlusion: int
    alpha_rad: float
    bbox_px: tuple[float, float, float, float]
    size_hwl_m: tuple[float, float, float]
    bottom_centre_m: tuple[float, float, float]
    yaw_rad: float

    def __post_init__(self) -> None:
        if not _TYPE.match(self.type):
            raise ValueError(f"a KITTI type is one word of letters, digits and _, got {self.type!r}")
        if self.occlusion not in (-1, 0, 1, 2, 3):
            raise ValueError(f"occlusion is −1, 0, 1, 2 or 3, got {self.occlusion}")
        if not all(map(math.isfinite, (self.truncation, *self._numbers()))):
            raise ValueError(f"a label must be finite: {self}")

    @classmethod
    def from_label(cls, label: Label) -> KittiObject:
        return cls(label.type, label.truncation, label.occlusion, label.alpha_rad, label.bbox_px,
                   label.size_hwl_m, label.bottom_centre_m, label.yaw_rad)

    def to_line(self) -> str:
        """15 columns separated by single spaces, without the line feed."""
        if self.type == DONT_CARE:
            box = " ".join(map(_number, self.bbox_px))
            return f"{DONT_CARE} -1 -1 -10 {box} -1 -1 -1 -1000 -1000 -1000 -10"
        truncation = _number(self.truncation, decimals=2)
        return " ".join([self.type, truncation, str(self.occlusion), *map(_number, self._numbers())])

    @classmethod
    def from_line(cls, line: str) -> KittiObject:
        """The inverse of ``to_line``; takes KITTI's own files as well.

        Raises:
            DatasetError: if the line is not a ground-truth row.
        """
        columns = line.split()
        if len(columns) != _COLUMNS:
            raise DatasetError(f"a KITTI label row has {_COLUMNS} columns, this one {len(columns)}: {line!r}")
        if not _INTEGER.match(columns[2]):
            raise DatasetError(f"column 3, occluded, must be an integer literal, got {columns[2]!r}")
        try:
            truncation, *n = [float(text) for text in (columns[1], *columns[3:])]
            return cls(columns[0], truncation, int(columns[2]), n[0], (n[1], n[2], n[3], n[4]),
                       (n[5], n[6], n[7]), (n[8], n[9], n[10]), n[11])
        except ValueError as error:
            raise DatasetError(f"a KITTI label row cannot be read: {error}: {line!r}") from error

    def _numbers(self) -> tuple[float, ...]:
        return (self.alpha_rad, *self.bbox_px, *self.size_hwl_m, *self.bottom_centre_m, self.yaw_rad)


def labels_text(objects: Sequence[KittiObject]) -> str:
    """The content of a label file.

    Raises:
        ValueError: if a DontCare comes before another row: readers count the others and then slice the first
        rows.
    """
    kinds = [row.type == DONT_CARE for row in objects]
    if kinds != sorted(kinds):
        raise ValueError("DontCare rows must come after all others")
    return "".join(row.to_line() + "\n" for row in objects)


def parse_labels(text: str) -> tuple[KittiObject, ...]:
    """The rows of a label file.

    Raises:
        DatasetError: naming the line number.
    """
    return tuple(_rows(text.splitlines()))


def _rows(lines: Iterable[str]) -> Iterable[KittiObject]:
    for number, line in enumerate(lines, start=1):
        try:
            yield KittiObject.from_line(line)
        except DatasetError as error:
            raise DatasetError(f"line {number}: {error}") from error


def _number(value: float, decimals: int = 4) -> str:
    # Adding 0.0 turns the −0.0 that rounding can leave into 0.0.
    return f"{round(value, decimals) + 0.0:.{decimals}f}"
