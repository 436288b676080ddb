"""``ImageSets``: which frames train, which validate and which test.

Frames of one episode are near copies of each other, so an episode goes to one set as a whole; so does a negative twin,
with its episode. Which set that is depends on the scenario's name, the episode's number and the weights alone: it stays
when episodes or scenarios are added.

Frames without a label row are in no set but the test set: one widely used trainer fails on an empty label file, while
an evaluation wants pictures on which there is nothing to find.
"""

from __future__ import annotations

import hashlib
import math
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Protocol

from simgen.kitti.layout import IMAGE_SETS, write_whole

TRAIN, VAL, TEST = "train", "val", "test"
DEFAULT_WEIGHTS: Mapping[str, int] = {TRAIN: 3, VAL: 1, TEST: 0}


def set_of(scenario: str, index: int, weights: Mapping[str, int] = DEFAULT_WEIGHTS) -> str:
    """The set of one episode of a scenario: ``TRAIN``, ``VAL`` or ``TEST``.

    Of each block of train + val + test episodes in a row (weights in lowest terms), ``val`` validate and ``test`` test.
    Which ones is drawn for each block by SHA-256 of the scenario's name and the block's number.

    Args:
        index: the episode's number in its scenario, from 0.

    Raises:
        ValueError: if a weight is negative or none is positive.
    """
    train, val, test = (weights[name] for name in (TRAIN, VAL, TEST))
    if min(train, val, test) < 0 or train + val + test == 0:
        raise ValueError(f"weights are 0 or more, and one is positive; got {dict(weights)}")
    shared = math.gcd(train, val, test)
    val, test, size = val // shared, test // shared, (train + val + test) // shared
    block, place = divmod(index, size)
    order = sorted(range(size), key=lambda seat: hashlib.sha256(f"{scenario}/{block}/{seat}".encode()).digest())
    rank = order.index(place)
    return VAL if rank < val else TEST if rank < val + test else TRAIN


class WithFrames(Protocol):
    """What image sets need of an episode that counts."""

    @property
    def frames(self) -> tuple[str, ...]: ...
    @property
    def labelled_frames(self) -> tuple[str, ...]: ...


def image_sets(sets: Mapping[str, str], records: Mapping[str, WithFrames]) -> dict[str, tuple[str, ...]]:
    """The ids of each image set, by its name, in ascending order.

    Args:
        sets: episode → its set, of all planned episodes.
        records: of those that are recorded, by name.
    """
    ids: dict[str, list[str]] = {TRAIN: [], VAL: [], TEST: []}
    for episode, record in records.items():
        of = sets[episode]
        ids[of] += record.frames if of == TEST else record.labelled_frames
    return {**{name: _sorted(some) for name, some in ids.items()}, "trainval": _sorted(ids[TRAIN] + ids[VAL])}


def _sorted(ids: Iterable[str]) -> tuple[str, ...]:
    return tuple(sorted(ids, key=lambda one: (len(one), one)))


def write_image_sets(root: Path, sets: Mapping[str, Sequence[str]]) -> None:
    """Write ``ImageSets/<name>.txt``."""
    (root / IMAGE_SETS).mkdir(parents=True, exist_ok=True)
    for path, content in image_set_files(sets).items():
        write_whole(root / path, content)


def image_set_files(sets: Mapping[str, Sequence[str]]) -> dict[str, bytes]:
    """Path relative to the dataset, and content, of each image set: one id a line."""
    return {f"{IMAGE_SETS}/{name}.txt": "".join(f"{i}\n" for i in ids).encode() for name, ids in sets.items()}
