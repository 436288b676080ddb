"""A map as a PLY file."""

from __future__ import annotations

from pathlib import Path

from simgen.errors import RequestError
from simgen.report.cloud import load_open3d
from simgen.report.mapping.accumulate import EpisodeMap
from simgen.report.targets import CLOUD, check_target


def save_map(found: EpisodeMap, path: Path) -> int:
    """Write a map in world axes as a binary, coloured PLY; how many points it has.

    Raises RequestError if it cannot be written there.
    """
    check_target(path, CLOUD)
    o3d = load_open3d()
    cloud = found.cloud
    points = o3d.geometry.PointCloud()
    points.points = o3d.utility.Vector3dVector(cloud.points)
    points.colors = o3d.utility.Vector3dVector(cloud.colors / 255.0)
    if not o3d.io.write_point_cloud(str(path), points):
        raise RequestError(f"{path}: cannot be written")
    return len(cloud.points)
