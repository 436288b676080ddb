"""One frame as files for 3D viewers: a coloured point cloud, and the labels' boxes as a line set.

Open3D is heavy and needs system libraries, so it is imported here only when a file is written.
"""

from __future__ import annotations

import ctypes
import importlib
import importlib.util
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from simgen.errors import RequestError
from simgen.report.airborne import paint_causes
from simgen.report.overlay import heading_tip
from simgen.report.palette import class_color, height_colors
from simgen.report.scene import Scene, load_scene
from simgen.report.targets import CLOUD, check_target

LIDAR_HEIGHT_M = 1.73
HEADING_M = 1.0
"""How far the line that shows the heading reaches ahead of a box."""

# Corner numbers of sensors.boxes.Box3, and two more points for the heading: 8 in the box, 9 ahead of it.
BOX_LINES = np.array(
    [(0, 1), (1, 2), (2, 3), (3, 0), (4, 5), (5, 6), (6, 7), (7, 4), (0, 4), (1, 5), (2, 6), (3, 7), (8, 9)]
)


def export_ply(root: Path, frame_id: str, path: Path) -> tuple[Path, Path]:
    """Write a frame's sweep and boxes, both in LiDAR axes, as binary PLY.

    root: the folder that holds ``training``.
    path: of the point cloud, ending in .ply; the boxes go beside it, to ``<name>_boxes.ply``.
    Returns the two paths that were written.
    Raises RequestError if there is no such frame, the path cannot be written or Open3D cannot be loaded;
    DatasetError if one of the frame's files is missing or wrong.
    """
    boxes_path = path.with_name(f"{path.stem}_boxes.ply")
    for target in (path, boxes_path):
        check_target(target, CLOUD, root)
    scene = load_scene(root, frame_id)
    o3d = load_open3d()
    points, lines = o3d.geometry.PointCloud(), o3d.geometry.LineSet()
    points.points = o3d.utility.Vector3dVector(scene.points[:, :3].astype(float))
    points.colors = o3d.utility.Vector3dVector(point_colors(scene) / 255.0)
    corners, pairs, colors = box_lines(scene)
    lines.points = o3d.utility.Vector3dVector(corners)
    lines.lines = o3d.utility.Vector2iVector(pairs)
    lines.colors = o3d.utility.Vector3dVector(colors / 255.0)
    written = [(path, o3d.io.write_point_cloud(str(path), points))]
    if len(pairs):  # Open3D refuses to write an empty line set
        written.append((boxes_path, o3d.io.write_line_set(str(boxes_path), lines)))
    for target, succeeded in written:
        if not succeeded:
            raise RequestError(f"{target}: cannot be written")
    return path, boxes_path


def point_colors(scene: Scene) -> NDArray[np.uint8]:
    """(N, 3) by height, by class where a return is a labelled actor's, and by cause where no surface gave it."""
    colors = height_colors(scene.points[:, 2] + LIDAR_HEIGHT_M, scene.points[:, 3])
    for thing in scene.objects:
        colors[thing.points] = class_color(thing.row.type)
    paint_causes(colors, scene)
    return colors


def box_lines(scene: Scene) -> tuple[NDArray[np.float64], NDArray[np.int32], NDArray[np.float64]]:
    """((P, 3) points in LiDAR axes, (L, 2) pairs of them, (L, 3) colours 0…255) of all boxes and headings."""
    points: list[NDArray[np.float64]] = [np.empty((0, 3))]
    colors: list[NDArray[np.float64]] = [np.empty((0, 3))]
    for thing in scene.objects:
        assert thing.box is not None
        middle, front = heading_tip(thing.box)
        ahead = front + (front - middle) / np.linalg.norm(front - middle) * HEADING_M
        points.append(np.vstack([thing.box.corners(), middle, ahead]))
        colors.append(np.tile(np.array(class_color(thing.row.type), float), (len(BOX_LINES), 1)))
    pairs = [BOX_LINES + 10 * k for k in range(len(points) - 1)]
    return (
        np.vstack(points),
        np.vstack([np.empty((0, 2)), *pairs]).astype(np.int32),
        np.vstack(colors),
    )


def load_open3d() -> Any:
    """The ``open3d`` module.

    Its wheel is linked against the system's libusb-1.0.so.0, which many machines and images lack. The
    ``libusb-package`` wheel carries that library; loaded first and for all, it satisfies the linker.
    """
    try:
        if importlib.util.find_spec("libusb_package") is not None:
            usb = importlib.import_module("libusb_package").get_library_path()
            if usb is not None:
                ctypes.CDLL(str(usb), mode=ctypes.RTLD_GLOBAL)
        return importlib.import_module("open3d")
    except (ImportError, OSError) as error:
        raise RequestError(f"Open3D cannot be loaded: {_reason(error)}") from error


def _reason(error: ImportError | OSError) -> str:
    """What is missing and how to get it."""
    if isinstance(error, ModuleNotFoundError):
        return f"the Python package '{error.name}' is missing; run 'pip install {error.name}'"
    library = str(error).partition(":")[0]
    packages = {
        "libusb-1.0.so.0": "libusb-1.0-0",
        "libGL.so.1": "libgl1",
        "libX11.so.6": "libx11-6",
        "libgomp.so.1": "libgomp1",
        "libEGL.so.1": "libegl1",
    }
    if library in packages:
        return f"the system library {library} is missing; on Debian or Ubuntu run 'apt install {packages[library]}'"
    return f"{error}; install the system library it names"
