"""How much room a dataset takes and still needs, from a look at a few of its files: a million are too many to ask."""

from __future__ import annotations

import os
import random
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from simgen.fleet.watch.frames import LAST_WRITTEN
from simgen.kitti.layout import frame_folder, frame_folders
from simgen.kitti.records import SHARDS

LOOKED_AT = 40                  # frames whose files are measured


@dataclass(frozen=True, slots=True)
class DiskUse:
    """frames: whole ones that lie there by themselves. used_bytes: about what they, and episodes that are tars, take.
    free_bytes: left on that disk."""

    frames: int
    used_bytes: int
    free_bytes: int


def disk_use(root: Path) -> DiskUse:
    """The frames of the dataset in a folder, and the room that they take."""
    chosen: list[str] = []                      # frame numbers are never used twice, in whatever set a frame is
    dice = random.Random(0)
    frames = 0
    for testing in (False, True):
        for name in _names(root / frame_folder(LAST_WRITTEN, testing)):
            frames += 1
            if len(chosen) < LOOKED_AT:
                chosen.append(name)
            elif (place := dice.randrange(frames)) < LOOKED_AT:
                chosen[place] = name
    measured = sum(_size(root / folder / f"{name}.{ending}") for folder, ending in frame_folders(root)
                   for name in chosen)
    used = measured * frames / len(chosen) if chosen else 0
    used += sum(_size(path) for path in (root / SHARDS).glob("*.tar"))
    return DiskUse(frames, round(used), shutil.disk_usage(root).free)


def _names(folder: Path) -> Iterator[str]:
    try:
        with os.scandir(folder) as entries:
            for entry in entries:
                if entry.name.endswith(".json"):
                    yield entry.name.removesuffix(".json")
    except FileNotFoundError:
        return


def _size(path: Path) -> int:
    try:
        return path.stat().st_size
    except FileNotFoundError:
        return 0
