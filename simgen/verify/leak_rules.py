"""Rules about frames that are there twice: within a split they waste, across splits they make validation worthless."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator

import numpy as np

from simgen.verify.pictures import LOOK_HEIGHT, LOOK_WIDTH
from simgen.verify.rules import Problem, Rule, rule
from simgen.verify.sets import DatasetFiles
from simgen.verify.summaries import Summary

NEAR_DIFFERENCE, NEAR_SHARE = 5.0, 0.15
"""Mean difference of two looks, in grey levels of 256 after both are brought to one brightness, and as a share of the
look's contrast. In recordings of the built-in simulator pictures 0.1 s apart differ by 2 to 6, the most alike ones of
different episodes by 7 at little contrast and by 18 and more otherwise."""
LEAST_CONTRAST = 12.0
"""Standard deviation of a look, in grey levels: night and fog make different places look alike."""
BLOCK = 512


@rule("set.leak", "error", "no picture or sweep of train is also in val or in testing", needs=("object", "pixels"))
def leak(data: DatasetFiles) -> Iterator[Problem]:
    home = data.split_of()
    for what, digest in _CONTENTS:
        for frames in _same(data, digest):
            places = {_place(one, home) for one in frames}
            if len(places - {"training"}) > 1 or ("testing" in places and len(places) > 1):
                first, other = frames[0], next(one for one in frames if _place(one, home) != _place(frames[0], home))
                yield Problem(
                    f"{other[0]}{what}/{other[1].id}",
                    f"the file is the same as frame {first[1].id}'s, which is in {_place(first, home)}; this one is in"
                    f" {_place(other, home)}",
                    other[1].id,
                )


@rule("set.duplicates", "warning", "no two frames have one picture or one sweep", needs=("object", "pixels"))
def duplicates(data: DatasetFiles) -> Iterator[Problem]:
    home = data.split_of()
    for what, digest in _CONTENTS:
        for frames in _same(data, digest):
            if len({_place(one, home) for one in frames}) == 1:
                names = ", ".join(one[1].id for one in frames[:5]) + (" …" if len(frames) > 5 else "")
                yield Problem(
                    f"{frames[0][0]}{what}/{frames[0][1].id}",
                    f"{len(frames)} frames have the same file: {names}",
                    frames[0][1].id,
                )


@rule("set.near", "warning", "no picture of val looks like one of train", needs=("splits", "pixels"))
def near(data: DatasetFiles) -> Iterator[Problem]:
    train, val = _looks(data, "train"), _looks(data, "val")
    if not train[0] or not val[0]:
        return
    alike = []
    for start in range(0, len(val[0]), BLOCK // 16):
        block = val[1][start : start + BLOCK // 16]
        difference, nearest = _nearest(block, train[1])
        limit = np.minimum(NEAR_DIFFERENCE, NEAR_SHARE * block.std(axis=1))
        for i in np.flatnonzero(difference < limit):
            alike.append((val[0][start + i], train[0][nearest[i]], float(difference[i])))
    for ours, theirs, difference_of in alike:
        if data.frames[ours].picture == data.frames[theirs].picture:
            continue                                                             # set.leak says so
        yield Problem(
            f"{data.prefix}image_2/{ours}",
            f"the picture looks like frame {theirs}'s, which is in train (mean difference {difference_of:.1f} of 255)",
            ours,
        )


def _nearest(
    block: np.ndarray[tuple[int, int], np.dtype[np.float32]], train: np.ndarray[tuple[int, int], np.dtype[np.float32]]
) -> tuple[np.ndarray[tuple[int], np.dtype[np.float32]], np.ndarray[tuple[int], np.dtype[np.intp]]]:
    """Mean absolute difference to the nearest of ``train`` and its number, for each look of a block."""
    best = np.full(len(block), np.inf, dtype=np.float32)
    which = np.zeros(len(block), dtype=np.intp)
    for start in range(0, len(train), BLOCK):
        part = train[start : start + BLOCK]
        difference = np.abs(block[:, None, :] - part[None]).mean(axis=2)
        at = difference.argmin(axis=1)
        value = difference[np.arange(len(block)), at]
        better = value < best
        best[better], which[better] = value[better], start + at[better]
    return best, which


def _looks(data: DatasetFiles, split: str) -> tuple[list[str], np.ndarray[tuple[int, int], np.dtype[np.float32]]]:
    """Ids and looks, each with mean 0, of a split's pictures that have contrast."""
    ids, looks = [], []
    for frame in data.splits.get(split, ()):
        summary = data.frames.get(frame)
        if summary is None or summary.look is None:
            continue
        look = summary.look.astype(np.float32).ravel()
        if look.std() >= LEAST_CONTRAST:
            ids.append(frame)
            looks.append(look - look.mean())
    return ids, np.array(looks, dtype=np.float32).reshape(-1, LOOK_WIDTH * LOOK_HEIGHT)


_Placed = tuple[str, Summary]
_CONTENTS: tuple[tuple[str, Callable[[Summary], str | None]], ...] = (
    ("image_2", lambda summary: summary.picture),
    ("velodyne", lambda summary: summary.sweep),
)


def _same(data: DatasetFiles, digest: Callable[[Summary], str | None]) -> Iterator[list[_Placed]]:
    """Groups of frames, of training and testing, that have one digest."""
    groups: dict[str, list[_Placed]] = defaultdict(list)
    for prefix, frames in ((data.prefix, data.frames), ("testing/", data.test_frames)):
        for summary in frames.values():
            found = digest(summary)
            if found is not None:
                groups[found].append((prefix, summary))
    return (group for group in groups.values() if len(group) > 1)


def _place(one: _Placed, home: dict[str, str]) -> str:
    """train, val, testing, or training if ImageSets do not say."""
    return "testing" if one[0] == "testing/" else home.get(one[1].id, "training")


RULES: tuple[Rule[DatasetFiles], ...] = (leak, duplicates, near)
