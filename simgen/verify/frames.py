"""One frame's files, read once: texts as written, and their meaning where they have one.

Reading never raises on bad content. What cannot be understood becomes None, and the rules about that file say
why; rules about meaning pass over what is None.
"""

from __future__ import annotations

import json
import math
import re
import struct
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from simgen.verify.geometry import Array, Box

CALIB_KEYS = ("P0", "P1", "P2", "P3", "R0_rect", "Tr_velo_to_cam", "Tr_imu_to_velo")
CALIB_COUNTS = (12, 12, 12, 12, 9, 12, 12)

_FLOAT = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?")
"""A finite decimal number. Python's float() also takes nan, inf and 1_000, which other readers do not."""


@dataclass(frozen=True, slots=True)
class Row:
    """One label row. ``line`` counts from 1; ``bbox_px`` is left, top, right, bottom."""

    line: int
    type: str
    truncation: float
    occlusion: int
    alpha_rad: float
    bbox_px: tuple[float, float, float, float]
    box: Box

    @property
    def is_object(self) -> bool:
        """False on DontCare, whose box means nothing."""
        return self.type != "DontCare"


@dataclass(frozen=True, slots=True, eq=False)
class Calib:
    """projections: (4, 3, 4) P0…P3. rectification: (3, 3). camera_from_velo, velo_from_imu: (3, 4)."""

    projections: Array
    rectification: Array
    camera_from_velo: Array
    velo_from_imu: Array

    def rect_from_velo(self, points_velo: NDArray[np.floating]) -> Array:
        """(N, 3) points in Velodyne axes to rectified camera 0."""
        camera = np.asarray(points_velo, float) @ self.camera_from_velo[:, :3].T + self.camera_from_velo[:, 3]
        rect: Array = camera @ self.rectification.T
        return rect


@dataclass(frozen=True, slots=True)
class Picture:
    """What a PNG says of itself, and whether it can be decoded. ``flat`` if all its pixels are alike."""

    width_px: int
    height_px: int
    bit_depth: int
    color_type: int
    decodes: bool
    flat: bool


@dataclass(frozen=True, eq=False)
class FrameFiles:
    """What the files of one frame hold.

    ours:         the dataset has simgen's records; foreign datasets are annotated by hand and judged mildly.
    cloud_bytes:  size of the sweep's file, None if it does not exist.
    cloud:        (N, 4) float32 x, y, z, reflectance; None if missing or of an odd size.
    point_labels: (N,) uint32 of the side file; None if there is none.
    """

    id: str
    ours: bool
    label_text: str | None
    calib_text: str | None
    pictures: Mapping[str, Picture | None]
    cloud_bytes: int | None
    cloud: NDArray[np.float32] | None
    objects_text: str | None
    point_labels: NDArray[np.uint32] | None

    @cached_property
    def rows(self) -> tuple[Row, ...]:
        """The label rows that can be understood."""
        lines = (self.label_text or "").splitlines()
        return tuple(row for n, line in enumerate(lines, 1) if (row := parse_row(line, n)) is not None)

    @cached_property
    def object_rows(self) -> tuple[Row, ...]:
        """``rows`` without DontCare."""
        return tuple(row for row in self.rows if row.is_object)

    @cached_property
    def calib(self) -> Calib | None:
        return parse_calib(self.calib_text) if self.calib_text is not None else None

    @cached_property
    def picture(self) -> Picture | None:
        """The left colour picture, which the labels belong to."""
        return self.pictures.get("image_2")

    @cached_property
    def objects(self) -> dict[str, Any] | None:
        """The side file's content if it is a JSON object with ``rows`` and ``instances`` lists."""
        try:
            value = json.loads(self.objects_text or "")
        except ValueError:
            return None
        whole = (
            isinstance(value, dict)
            and isinstance(value.get("rows"), list)
            and all(isinstance(row, dict) for row in value["rows"])
            and isinstance(value.get("instances"), list)
        )
        return value if whole else None

    @cached_property
    def points_rect(self) -> Array | None:
        """(N, 3) the sweep in rectified camera 0, if sweep and calibration are usable."""
        if self.cloud is None or self.calib is None or not np.isfinite(self.cloud).all():
            return None
        return self.calib.rect_from_velo(self.cloud[:, :3])

    @cached_property
    def lidar_rect(self) -> Array | None:
        """(3,) the LiDAR's place in rectified camera 0."""
        return None if self.calib is None else self.calib.rect_from_velo(np.zeros((1, 3)))[0]

    def path(self, folder: str) -> str:
        """The file's path below the root, for findings."""
        suffix = {
            "velodyne": "bin",
            "image_2": "png",
            "image_3": "png",
            "objects": "json",
            "velodyne_label": "label",
        }.get(folder, "txt")
        return f"training/{folder}/{self.id}.{suffix}"

    def row_path(self, row: Row) -> str:
        """The label file with the row's line number."""
        return f"{self.path('label_2')}:{row.line}"


def number(text: str) -> float | None:
    """A finite decimal number, or None."""
    return value if _FLOAT.fullmatch(text) and math.isfinite(value := float(text)) else None


def parse_row(line: str, number_of_line: int) -> Row | None:
    """A label line's meaning; None unless it has 15 columns of which 14 are finite numbers."""
    kind, *texts = line.split() or [""]
    numbers = [number(text) for text in texts]
    if len(numbers) != 14 or any(value is None for value in numbers):
        return None
    v = [value for value in numbers if value is not None]
    box = Box((v[10], v[11], v[12]), length_m=v[9], width_m=v[8], height_m=v[7], yaw_rad=v[13])
    return Row(number_of_line, kind, v[0], int(v[1]), v[2], (v[3], v[4], v[5], v[6]), box)


def parse_calib(text: str) -> Calib | None:
    """The seven matrices by name; None if one is missing or has not the right count of finite numbers."""
    found: dict[str, Array] = {}
    for line in text.splitlines():
        key, _, rest = line.partition(":")
        values = [number(token) for token in rest.split()]
        if key in CALIB_KEYS and None not in values:
            found[key] = np.array(values, dtype=float)
    if any(len(found.get(key, ())) != count for key, count in zip(CALIB_KEYS, CALIB_COUNTS, strict=True)):
        return None
    return Calib(
        projections=np.stack([found[key].reshape(3, 4) for key in CALIB_KEYS[:4]]),
        rectification=found["R0_rect"].reshape(3, 3),
        camera_from_velo=found["Tr_velo_to_cam"].reshape(3, 4),
        velo_from_imu=found["Tr_imu_to_velo"].reshape(3, 4),
    )


def read_frame(root: Path, frame_id: str, ours: bool) -> FrameFiles:
    """Read all files of a frame of ``root/training`` that exist."""
    training = root / "training"
    cloud_bytes = _bytes(training / "velodyne" / f"{frame_id}.bin")
    label_bytes = _bytes(training / "velodyne_label" / f"{frame_id}.label")
    return FrameFiles(
        id=frame_id,
        ours=ours,
        label_text=_text(training / "label_2" / f"{frame_id}.txt"),
        calib_text=_text(training / "calib" / f"{frame_id}.txt"),
        pictures={
            folder: read_picture(data)
            for folder in ("image_2", "image_3")
            if (data := _bytes(training / folder / f"{frame_id}.png")) is not None
        },
        cloud_bytes=None if cloud_bytes is None else len(cloud_bytes),
        cloud=(
            np.frombuffer(cloud_bytes, "<f4").reshape(-1, 4) if cloud_bytes and len(cloud_bytes) % 16 == 0 else None
        ),
        objects_text=_text(training / "objects" / f"{frame_id}.json"),
        point_labels=(None if label_bytes is None else np.frombuffer(label_bytes[: len(label_bytes) // 4 * 4], "<u4")),
    )


def read_picture(data: bytes) -> Picture | None:
    """The facts of a PNG file; None if it is no PNG. Layout: PNG specification, 11.2.2 (IHDR)."""
    if len(data) < 26 or data[:8] != b"\x89PNG\r\n\x1a\n" or data[12:16] != b"IHDR":
        return None
    width, height, bit_depth, color_type = struct.unpack_from(">IIBB", data, 16)
    pixels = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_UNCHANGED)
    # OpenCV hands out half a picture when the file was cut off; a whole one ends with the IEND chunk.
    decodes = pixels is not None and pixels.shape[:2] == (height, width) and data[-8:-4] == b"IEND"
    flat = decodes and float(cv2.meanStdDev(pixels)[1].max()) == 0.0
    return Picture(width, height, bit_depth, color_type, decodes, flat)


def _bytes(path: Path) -> bytes | None:
    return path.read_bytes() if path.is_file() else None


def _text(path: Path) -> str | None:
    # A stray byte becomes a mark that fails the rule about numbers or types, instead of ending the check.
    data = _bytes(path)
    return None if data is None else data.decode("utf-8", errors="replace")
