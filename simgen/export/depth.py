"""KITTI's depth layout of 2017: dense ground truth from the depth camera, sparse depth from the sweep.

    train/2000_01_01_drive_0000_sync/proj_depth/groundtruth/image_02/0000000000.png
    train/2000_01_01_drive_0000_sync/proj_depth/velodyne_raw/image_02/0000000000.png
    val/…

16-bit PNG, round(256 · metres) along the optical axis, 0 where there is nothing. Episodes that validate go
to ``val``, those for testing to ``test``.
Drives are named as in the raw layout, which holds the pictures.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from simgen.errors import RequestError
from simgen.export.dataset import Dataset, StoredFrame
from simgen.export.drives import drives
from simgen.export.folder import ExportFolder, ExportReport
from simgen.export.raw import picture_size
from simgen.kitti.calib import Calibration
from simgen.kitti.images import truth_png_bytes

UNITS_PER_M = 256
_LARGEST = np.iinfo(np.uint16).max


def write_depth(dataset: Dataset, out: Path) -> ExportReport:
    """Fill ``out`` with the depth layout.

    Raises:
        RequestError: if a frame has no stored depth.
    """
    lacking = dataset.lacking("depth_2")
    if lacking is not None:
        raise RequestError(f"{dataset.root}: frame {lacking.identity} has no stored depth; record the scenario anew "
                           "with 'output: {layouts: [object, depth]}'")
    folder = ExportFolder(out)
    for drive in drives(dataset):
        base = f"{drive.episode.split}/{drive.name}/proj_depth"
        for index, frame in enumerate(drive.episode.frames):
            name = f"image_02/{index:010d}.png"
            folder.link(f"{base}/groundtruth/{name}", frame.path("depth_2"))
            folder.write(f"{base}/velodyne_raw/{name}", _sparse_depth_png(frame))
    return folder.report(len(dataset.episodes), len(dataset.frames))


def _sparse_depth_png(frame: StoredFrame) -> bytes:
    depth = sparse_depth(frame.points()[:, :3], frame.moment().calibration, picture_size(frame))
    return truth_png_bytes(depth)


def sparse_depth(
    points_m: NDArray[np.floating], calibration: Calibration, size_px: tuple[int, int]
) -> NDArray[np.uint16]:
    """A sweep as camera 2 would see its points: (H, W), 256 units a metre, 0 = no point.

    Of several points in a pixel the nearest counts. Points beyond what 16 bits hold are left out.

    Args:
        points_m: (N, 3) in LiDAR axes.
        size_px: width and height of the picture.
    """
    width, height = size_px
    pixels_from_lidar = calibration.projections[2] @ calibration.rectified_from_lidar().matrix()
    z = points_m @ pixels_from_lidar[2, :3] + pixels_from_lidar[2, 3]
    units = np.round(z * UNITS_PER_M)
    in_front = (units >= 1) & (units <= _LARGEST)
    scaled = points_m[in_front] @ pixels_from_lidar[:2, :3].T + pixels_from_lidar[:2, 3]
    u, v = np.round(scaled / z[in_front, None]).astype(np.int64).T
    inside = (u >= 0) & (u < width) & (v >= 0) & (v < height)
    u, v, near = u[inside], v[inside], units[in_front][inside]
    farthest_first = np.argsort(-near, kind="stable")
    depth = np.zeros((height, width), dtype=np.uint16)
    depth[v[farthest_first], u[farthest_first]] = near[farthest_first]
    return depth
