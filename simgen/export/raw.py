"""KITTI's raw layout: a day of drives, one for each episode.

    2000_01_01/calib_cam_to_cam.txt  calib_velo_to_cam.txt  calib_imu_to_velo.txt
    2000_01_01/2000_01_01_drive_0000_sync/
      image_02/timestamps.txt  data/0000000000.png        image_03, and image_00 and image_01 if recorded
      velodyne_points/timestamps.txt  timestamps_start.txt  timestamps_end.txt  data/0000000000.bin
      oxts/dataformat.txt  timestamps.txt  data/0000000000.txt
      tracklet_labels.xml

Drives are numbered as the plan numbers episodes. The three timestamps of a sweep are the same if it is
taken at one instant, and there is nothing to untwist; of one that takes its time they are its first beam's, the
frame's, and its last beam's.
"""

from __future__ import annotations

import struct
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from simgen.errors import DatasetError, RequestError
from simgen.export.dataset import Dataset, Moment, StoredFrame
from simgen.export.drives import Drive, drives, timestamps_text
from simgen.export.folder import ExportFolder, ExportReport
from simgen.export.oxts import DATA_FORMAT, Reading, oxts_lines
from simgen.export.tracklets import tracklets_xml
from simgen.kitti.calib import Calibration
from simgen.kitti.splits import TEST

_STREAMS = {"image_0": ("image_00", "png"), "image_1": ("image_01", "png"), "image_2": ("image_02", "png"),
            "image_3": ("image_03", "png"), "velodyne": ("velodyne_points", "bin")}
_CALIB_TIME = "calib_time: 01-Jan-2000 12:00:00\n"
_PNG_HEAD = b"\x89PNG\r\n\x1a\n"


def write_raw(dataset: Dataset, out: Path) -> ExportReport:
    """Fill ``out`` with the raw layout.

    Raises:
        RequestError: if the dataset was recorded without GNSS and IMU.
    """
    first = dataset.frames[0]
    if Reading.of(first.moment()) is None:
        raise RequestError(f"{dataset.root}: raw needs GNSS and IMU, which older versions of simgen did not record "
                           f"({first.path('objects')} has none); record the dataset anew")
    folder = ExportFolder(out)
    dated: set[str] = set()
    for drive in drives(dataset):
        moments = drive.episode.moments()
        if drive.date not in dated:
            dated.add(drive.date)
            _write_calibration(folder, drive, moments[0].calibration)
        _write_drive(folder, drive, moments)
    return folder.report(len(dataset.episodes), len(dataset.frames))


def _write_calibration(folder: ExportFolder, drive: Drive, calibration: Calibration) -> None:
    size_px = picture_size(drive.episode.frames[0])
    folder.write(f"{drive.date}/calib_cam_to_cam.txt", cam_to_cam_text(calibration, size_px))
    folder.write(f"{drive.date}/calib_velo_to_cam.txt",
                 _rigid_text(calibration.tr_velo_to_cam)
                 + "delta_f: 0.000000e+00 0.000000e+00\ndelta_c: 0.000000e+00 0.000000e+00\n")
    folder.write(f"{drive.date}/calib_imu_to_velo.txt", _rigid_text(calibration.tr_imu_to_velo))


def _write_drive(folder: ExportFolder, drive: Drive, moments: Sequence[Moment]) -> None:
    base = f"{drive.date}/{drive.name}"
    frames = drive.episode.frames
    stamps = timestamps_text(drive.day, moments)
    for stored, (stream, ending) in _STREAMS.items():
        if all(frame.has(stored) for frame in frames):
            folder.write(f"{base}/{stream}/timestamps.txt", stamps)
            for index, frame in enumerate(frames):
                folder.link(f"{base}/{stream}/data/{index:010d}.{ending}", frame.path(stored))
    turns = [_turn_s(frame) for frame in frames]
    for name, end in (("start", 0), ("end", 1)):
        folder.write(f"{base}/velodyne_points/timestamps_{name}.txt",
                     timestamps_text(drive.day, moments, [turn[end] for turn in turns]))
    packets = oxts_lines(moments)
    if packets is None:
        raise RequestError(f"{drive.episode.name}: some of its frames lack GNSS and IMU; record the episode anew")
    folder.write(f"{base}/oxts/dataformat.txt", DATA_FORMAT)
    folder.write(f"{base}/oxts/timestamps.txt", stamps)
    for index, line in enumerate(packets):
        folder.write(f"{base}/oxts/data/{index:010d}.txt", line + "\n")
    if drive.episode.split != TEST:
        folder.write(f"{base}/tracklet_labels.xml", tracklets_xml(moments))


def _turn_s(frame: StoredFrame) -> tuple[float, float]:
    """When a sweep's first and last beam were fired, from the frame's moment on."""
    causes = frame.point_causes()
    if causes is None or not len(causes):
        return 0.0, 0.0
    return float(causes["time_s"].min()), float(causes["time_s"].max())


def cam_to_cam_text(calibration: Calibration, size_px: tuple[int, int]) -> str:
    """``calib_cam_to_cam.txt`` of cameras without distortion that needed no rectification beyond R0_rect.

    Args:
        size_px: width and height of the pictures.
    """
    size = " ".join(f"{pixels:.6e}" for pixels in size_px)
    lines = [_CALIB_TIME, "corner_dist: 0.000000e+00\n"]
    for camera, projection in enumerate(calibration.projections):
        block = projection[:, :3]
        entries = {
            "S": size, "K": _numbers(block), "D": _numbers(np.zeros(5)), "R": _numbers(np.eye(3)),
            "T": _numbers(np.linalg.solve(block, projection[:, 3])), "S_rect": size,
            "R_rect": _numbers(calibration.r0_rect), "P_rect": _numbers(projection),
        }
        lines += [f"{key}_{camera:02d}: {value}\n" for key, value in entries.items()]
    return "".join(lines)


def picture_size(frame: StoredFrame, folder: str = "image_2") -> tuple[int, int]:
    """Width and height of a frame's left colour picture, or of another camera's, from the PNG's head.

    Raises:
        DatasetError: if it is no PNG.
    """
    head = frame.content(folder, 24)
    if len(head) < 24 or not head.startswith(_PNG_HEAD):
        raise DatasetError(f"{frame.path(folder)}: is no PNG picture")
    width, height = struct.unpack(">II", head[16:24])
    return width, height


def _rigid_text(matrix: NDArray[np.float64]) -> str:
    return f"{_CALIB_TIME}R: {_numbers(matrix[:, :3])}\nT: {_numbers(matrix[:, 3])}\n"


def _numbers(values: NDArray[np.float64]) -> str:
    return " ".join(f"{number + 0.0:.12e}" for number in values.ravel())
