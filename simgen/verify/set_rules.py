"""Rules about the set of frames: the same ids everywhere, splits by episode, one picture size."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from simgen.verify.rules import Problem, Rule, rule
from simgen.verify.sets import NEEDED, DatasetFiles

IN_BOX_SHARE = 0.98
IN_BOX_LEAST_POINTS = 200
"""Below this many returns a share in per cent is an accident; the rule per object still holds."""


@rule("set.folders", "error", "training has the folders image_2, velodyne, label_2 and calib")
def folders(data: DatasetFiles) -> Iterator[Problem]:
    for folder in NEEDED:
        if folder not in data.ids:
            yield Problem(f"training/{folder}", "the folder does not exist")
    if not data.frame_ids():
        yield Problem("training", "there is no frame")


@rule("set.names", "error", "files are named by six digits and their folder's suffix")
def names(data: DatasetFiles) -> Iterator[Problem]:
    for file in data.strangers:
        yield Problem(file, "this is no frame's name, such as 000000 and the folder's usual suffix")


@rule("set.ids", "error", "every folder holds the same ids")
def ids(data: DatasetFiles) -> Iterator[Problem]:
    everywhere = data.frame_ids()
    for folder, present in data.ids.items():
        for frame in everywhere:
            if frame not in present:
                others = [other for other, known in data.ids.items() if frame in known]
                yield Problem(
                    f"training/{folder}",
                    f"frame {frame} is missing here, but is in {', '.join(others)}",
                    frame,
                )


@rule(
    "set.splits",
    "error",
    "ImageSets list frames that exist, once each, and train and val share none; trainval is both",
)
def splits(data: DatasetFiles) -> Iterator[Problem]:
    for split in ("train", "val", "trainval"):
        if split not in data.splits:
            yield Problem(
                f"ImageSets/{split}.txt",
                "the file does not exist; trainers require it",
                severity=None if data.ours else "warning",
            )
    known = frozenset(data.frame_ids())
    for split, lines in data.splits.items():
        exists = data.test_ids if split == "test" else known
        where = "testing" if split == "test" else "training"
        for frame in sorted(frozenset(lines) - exists):
            yield Problem(f"ImageSets/{split}.txt", f"'{frame}' is listed, but {where} has no such frame")
        for frame, times in Counter(lines).items():
            if times > 1:
                yield Problem(f"ImageSets/{split}.txt", f"'{frame}' is listed {times} times")
    train, val = set(data.splits.get("train", ())), set(data.splits.get("val", ()))
    for frame in sorted(train & val):
        yield Problem("ImageSets/val.txt", f"frame {frame} is in train as well", frame)
    if "trainval" in data.splits and (odd := (train | val) ^ set(data.splits["trainval"])):
        yield Problem(
            "ImageSets/trainval.txt",
            f"{len(odd)} frames, such as {min(odd)}, are not in both trainval and train or val",
        )


@rule("set.episodes", "error", "no episode is in both train and val")
def episodes(data: DatasetFiles) -> Iterator[Problem]:
    home: dict[str, set[str]] = {}
    for split in ("train", "val"):
        for frame in data.splits.get(split, ()):
            summary = data.frames.get(frame)
            if summary is not None and summary.episode is not None:
                home.setdefault(summary.episode, set()).add(split)
    for episode, found in sorted(home.items()):
        if len(found) > 1:
            yield Problem("ImageSets", f"episode {episode} has frames in both train and val")


@rule("set.listed", "error", "ImageSets list the frames that have label rows, and no others")
def listed(data: DatasetFiles) -> Iterator[Problem]:
    if not data.splits:
        return
    training = set().union(*(data.splits.get(split, ()) for split in ("train", "val", "trainval")))
    for frame, summary in data.frames.items():
        rows = sum(summary.rows.values())
        if frame in training and rows == 0:
            yield Problem(
                f"training/label_2/{frame}.txt",
                "the frame is listed in ImageSets but has no label row; a trainer stops there",
                frame,
            )
        elif frame not in training and rows > 0:
            yield Problem(
                f"training/label_2/{frame}.txt",
                f"the frame has {rows} label rows but is in no split",
                frame,
                severity=None if data.ours else "warning",
            )


@rule("set.picture_size", "error", "all pictures have one size")
def picture_size(data: DatasetFiles) -> Iterator[Problem]:
    sizes = Counter(s.picture_size for s in data.frames.values() if s.picture_size is not None)
    if len(sizes) > 1:
        usual = sizes.most_common(1)[0][0]
        odd = [frame for frame, s in data.frames.items() if s.picture_size not in (usual, None)]
        other = data.frames[odd[0]].picture_size
        yield Problem(
            "training/image_2",
            f"{len(odd)} pictures, such as {odd[0]} ({_size(other)}), differ from the usual {_size(usual)}",
            # The real set was recorded with five calibrations, so foreign data may well have several sizes.
            severity=None if data.ours else "warning",
        )


@rule(
    "set.in_box",
    "error",
    "98 % of all returns from labelled objects lie in their boxes (needs velodyne_label)",
)
def in_box(data: DatasetFiles) -> Iterator[Problem]:
    total = sum(summary.own_points[0] for summary in data.frames.values())
    inside = sum(summary.own_points[1] for summary in data.frames.values())
    if total >= IN_BOX_LEAST_POINTS and inside < IN_BOX_SHARE * total:
        yield Problem(
            "training/velodyne_label",
            f"{inside} of {total} returns ({inside / total:.1%}) lie in their boxes",
        )


def _size(size: tuple[int, int] | None) -> str:
    return "unknown" if size is None else f"{size[0]}×{size[1]}"


RULES: tuple[Rule[DatasetFiles], ...] = (
    folders,
    names,
    ids,
    splits,
    episodes,
    listed,
    picture_size,
    in_box,
)
