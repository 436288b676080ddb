"""Which files of a dataset belong to nobody: pure, by their paths alone, so one rule serves every kind of store."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator

from simgen.kitti.layout import (
    EPISODES,
    PARTIAL,
    TESTING,
    TESTING_LABELS,
    TRAINING,
    ending_of,
    frame_folder,
    is_further,
    points_folder,
)
from simgen.kitti.maps import MAPS
from simgen.kitti.records import SHARDS
from simgen.store.recorded import Claims

FRAMES = (TRAINING, TESTING, TESTING_LABELS)        # folders of folders of files of frames
WHOLE = {EPISODES: "json", SHARDS: "tar", MAPS: "xodr"}


def swept_folders(folders: Collection[str]) -> dict[str, str]:
    """Of a dataset's folders those that files of ours are in, with the ending of these.

    What others put beside them, such as ``training/velodyne_reduced``, is not among them.
    """
    found = {folder: ending for folder in folders if (ending := _frame_ending(folder, folders)) is not None}
    return {**found, **{folder: ending for folder, ending in WHOLE.items() if folder in folders}}


def nobodys(folder: str, names: Iterable[str], ending: str, claims: Claims) -> Iterator[str]:
    """Paths of the files in one of ``swept_folders`` that are ours by their ending, and that no record names."""
    for name in names:
        ours = name.endswith(PARTIAL) or (folder != MAPS and name.endswith(f".{ending}"))
        if ours and (path := f"{folder}/{name}") not in claims:
            yield path


def _frame_ending(folder: str, folders: Collection[str]) -> str | None:
    """The ending of the frames' files in a folder; None if none of ours are in it."""
    parent, _, kind = folder.rpartition("/")
    testing = parent != TRAINING
    try:
        if parent not in FRAMES or frame_folder(kind, testing) != folder:
            return None
        ending = ending_of(kind)
    except KeyError:
        return None
    if is_further(kind) and kind.startswith("velodyne_"):       # a LiDAR's folders are a pair
        return ending if frame_folder(f"{points_folder(kind)}_label", testing) in folders else None
    return ending
