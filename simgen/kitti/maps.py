"""``maps/NAME.xodr``: the OpenDRIVE text of each map that a dataset's episodes were played on, for readers of roads."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path, PurePosixPath
from typing import Any

from simgen.kitti.layout import PARTIAL

MAPS = "maps"


def location_of(road: Mapping[str, Any], map_name: str) -> str:
    """What a map is called: "Town03", or for an OpenDRIVE file of one's own its name with the beginning of its hash.

    Args:
        road: of the episode's plan, as in its record.
        map_name: as the simulator calls it.
    """
    if road.get("xodr"):
        return f"{PurePosixPath(road['xodr']).stem}-{str(road['xodr_sha256'])[:8]}"
    return PurePosixPath(map_name).name


def write_map(root: Path, location: str, opendrive: str) -> None:
    """Store a map's text unless it is there. Several workers may do so at the same time."""
    path = root / MAPS / f"{location}.xodr"
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        partial = path.with_name(f"{path.name}.{os.getpid()}{PARTIAL}")
        partial.write_text(opendrive, encoding="utf-8")
        partial.replace(path)
