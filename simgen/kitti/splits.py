"""``ImageSets``: which frames train and which validate.

Frames of one episode are near copies of each other, so an episode goes to one side as a whole. Frames
without a label row are in no set: one widely used trainer fails on an empty label file.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from simgen.kitti.layout import IMAGE_SETS, write_whole
from simgen.kitti.records import EpisodeRecord

_EVERY = 4      # one episode in so many validates


def is_validation(number: int) -> bool:
    """Does episode ``number``, 0-based in plan order, validate? Adding episodes behind it changes nothing."""
    return number % _EVERY == _EVERY - 1


def image_sets(
    episodes: Sequence[str], records: Mapping[str, EpisodeRecord]
) -> dict[str, tuple[str, ...]]:
    """The ids of each set, by set name, in ascending order.

    Args:
        episodes: names of all planned episodes in plan order.
        records: of those that are recorded, by name.
    """
    sides: dict[str, list[str]] = {"train": [], "val": []}
    for number, name in enumerate(episodes):
        if name in records:
            sides["val" if is_validation(number) else "train"] += records[name].labelled_frames
    both = sides["train"] + sides["val"]
    return {name: tuple(sorted(ids, key=lambda i: (len(i), i)))
            for name, ids in (*sides.items(), ("trainval", both), ("test", []))}


def write_image_sets(root: Path, sets: Mapping[str, Sequence[str]]) -> None:
    """Write ``ImageSets/<name>.txt``, one id a line."""
    (root / IMAGE_SETS).mkdir(parents=True, exist_ok=True)
    for name, ids in sets.items():
        write_whole(root / IMAGE_SETS / f"{name}.txt", "".join(f"{i}\n" for i in ids).encode())
