"""A map as a PLY file."""

from __future__ import annotations

from pathlib import Path

from simgen.errors import RequestError
from simgen.report.cloud import load_open3d
from simgen.report.mapping.accumulate import EpisodeMap


def check_map_path(path: Path) -> None:
    """Raise RequestError if no map can be written there."""
    if path.suffix.lower() != ".ply":
        raise RequestError(f"{path}: a point cloud is written as PLY; end the name in .ply")
    if not path.parent.is_dir():
        raise RequestError(f"{path}: there is no folder {path.parent}")


def save_map(found: EpisodeMap, path: Path) -> int:
    """Write a map in world axes as a binary, coloured PLY; how many points it has.

    Raises RequestError if it cannot be written there.
    """
    check_map_path(path)
    o3d = load_open3d()
    cloud = found.cloud
    points = o3d.geometry.PointCloud()
    points.points = o3d.utility.Vector3dVector(cloud.points)
    points.colors = o3d.utility.Vector3dVector(cloud.colors / 255.0)
    if not o3d.io.write_point_cloud(str(path), points):
        raise RequestError(f"{path}: cannot be written")
    return len(cloud.points)
