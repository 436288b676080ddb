"""Rules about the set of frames: the same ids everywhere, splits by episode, one rig, classes."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from simgen.verify.layout import NEEDED, is_frame_name, is_further, is_leftover
from simgen.verify.rules import Problem, Rule, count, rule
from simgen.verify.sets import DatasetFiles

ALIKE = 5
"""So many files with one fault are named; more are counted."""
RIG_SHARE = 0.5
RARE_ROWS = 20
COUNTED_CLASSES, COUNTED_LEAST = ("Car", "Pedestrian", "Cyclist"), 40
"""Fewer counted objects leave recall positions of the evaluation empty, even for perfect detections."""
COUNTED_FRAMES = 100
"""Whoever has fewer frames does not evaluate on them."""


@rule("set.folders", "error", "training has the folders image_2, velodyne, label_2 and calib", needs=("object",))
def folders(data: DatasetFiles) -> Iterator[Problem]:
    for folder in NEEDED:
        if folder not in data.listing.stems:
            yield Problem(
                f"{data.prefix}{folder}",
                "the folder does not exist",
                # Some train on pictures alone. But 3D columns without a calibration are of no use, and unchecked.
                severity=None if data.ours else "info" if folder == "velodyne" else "warning",
            )
    if not data.frame_ids():
        yield Problem(data.prefix.rstrip("/") or ".", "there is no frame")


@rule("set.names", "error", "files are named by six digits and their folder's suffix", needs=("object",))
def names(data: DatasetFiles) -> Iterator[Problem]:
    for file in data.listing.strangers:
        if is_leftover(file) and not data.ours:
            yield Problem(file, "this is no file of a frame; some readers take every file for one", severity="warning")
        else:
            yield Problem(file, "this is no file of a frame, such as 000000 and the folder's usual suffix")
    for folder, files in data.listing.stems.items():
        loud = [file for file in files.values() if not file.rpartition(".")[2].islower()]
        if loud:
            suffix = loud[0].rpartition(".")[2]
            yield Problem(
                f"{data.prefix}{folder}",
                f"{count(len(loud), 'file')} with the suffix .{suffix}, such as {loud[0].rpartition('/')[2]}; readers"
                f" look for .{suffix.lower()}",
            )
    odd = [stem for stem in data.frame_ids() if not is_frame_name(stem)]
    for stem in odd[:ALIKE]:
        folder = next(folder for folder, files in data.listing.stems.items() if stem in files)
        more = f" ({len(odd) - ALIKE} more like it)" if len(odd) > ALIKE and stem == odd[ALIKE - 1] else ""
        yield Problem(
            data.listing.stems[folder][stem], f"the name is not six digits, which the official evaluator needs{more}",
            stem,
        )


@rule("set.ids", "error", "every folder holds the same ids", needs=("object",))
def ids(data: DatasetFiles) -> Iterator[Problem]:
    unrecorded = _unrecorded(data)
    for listing, prefix in ((data.listing, data.prefix), (data.testing, "testing/")):
        everywhere = listing.ids()
        for folder, present in listing.stems.items():
            if not present:
                yield Problem(f"{prefix}{folder}", "the folder is empty", severity=None if data.ours else "warning")
                continue
            for frame in everywhere:
                if frame not in present and not (is_further(folder) and f"{prefix}{folder}/{frame}" in unrecorded):
                    others = [other for other, known in listing.stems.items() if frame in known]
                    yield Problem(
                        f"{prefix}{folder}", f"frame {frame} is missing here, but is in {', '.join(others)}", frame
                    )


def _unrecorded(data: DatasetFiles) -> frozenset[str]:
    """Files without their endings that frames of a rig without such a sensor do not have, as their records say."""
    named = {path.rpartition(".")[0] for record in data.records for path in record.files()}
    claimed = [frame for record in data.records for frame in record.frames()]
    kinds = [(prefix, folder) for listing, prefix in ((data.listing, data.prefix), (data.testing, "testing/"))
             for folder in listing.stems if is_further(folder)]
    return frozenset(f"{prefix}{folder}/{frame}" for prefix, folder in kinds for frame in claimed) - named


@rule("set.gaps", "info", "ids run from 000000 on without gaps", needs=("object",))
def gaps(data: DatasetFiles) -> Iterator[Problem]:
    numbers = [int(stem) for stem in data.frame_ids() if is_frame_name(stem)]
    missing = max(numbers) + 1 - len(numbers) if numbers else 0
    if missing and not data.ours:                                     # simgen leaves a gap where an episode failed
        highest = f"{max(numbers):06d}"
        what = f"{missing} ids below {highest}" if len(highest) < 10 else f"most ids below one of {len(highest)} digits"
        yield Problem(data.prefix.rstrip("/") or ".", f"{what} have no frame")


@rule(
    "set.splits",
    "error",
    "ImageSets list frames that exist, once each, and train and val share none; trainval is both",
    needs=("object",),
)
def splits(data: DatasetFiles) -> Iterator[Problem]:
    if data.place.is_bare and not data.splits:
        return
    missing = [split for split in ("train", "val", "trainval") if split not in data.splits]
    if missing:
        yield Problem(
            "ImageSets",
            f"there is no {', '.join(f'{split}.txt' for split in missing)}; trainers require them",
            severity=None if data.ours else "warning",
        )
    known, test = frozenset(data.frame_ids()), frozenset(data.testing.ids())
    for split, lines in data.splits.items():
        exists = test if split == "test" else known
        where = "testing" if split == "test" else "training"
        for frame in sorted(frozenset(lines) - exists):
            plain = frame.strip("\ufeff\0 \t")
            if not plain:
                said = "a line is blank; readers take it for a frame"
            elif plain != frame and plain in exists:
                said = f"beside {plain} there is something that cannot be seen: a space, or a byte order mark"
            elif plain.rpartition(".")[0] in exists:
                said = f"'{frame}' is listed with a suffix; readers add their own"
            else:
                said = f"'{frame}' is listed, but {where} has no such frame"
            yield Problem(f"ImageSets/{split}.txt", said)
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


@rule("set.episodes", "error", "no episode is in both train and val", needs=("splits", "objects"))
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


@rule("set.listed", "error", "ImageSets list the frames that have label rows, and no others",
      needs=("object", "splits", "labels"))
def listed(data: DatasetFiles) -> Iterator[Problem]:
    if not data.splits:
        return
    training = set().union(*(data.splits.get(split, ()) for split in ("train", "val", "trainval")))
    for frame, summary in data.frames.items():
        rows = sum(summary.rows.values())
        file = f"{data.prefix}label_2/{frame}.txt"
        if frame in training and rows == 0:
            yield Problem(file, "the frame is listed in ImageSets but has no label row; a trainer stops there", frame)
        elif frame not in training and rows > 0:
            yield Problem(
                file,
                f"the frame has {rows} label rows but is in no split",
                frame,
                severity=None if data.ours else "warning",
            )


@rule("set.empty", "warning", "a label file has at least one row, if only a DontCare", needs=("object", "labels"))
def empty(data: DatasetFiles) -> Iterator[Problem]:
    if data.ours or data.splits:                          # frames without a row may be left out of ImageSets
        return
    for frame, summary in data.frames.items():
        if not summary.rows and frame in data.listing.stems.get("label_2", {}):
            yield Problem(f"{data.prefix}label_2/{frame}.txt", "the file has no row; a trainer stops there", frame)


@rule("set.picture_size", "error", "all pictures have one size", needs=("picture",))
def picture_size(data: DatasetFiles) -> Iterator[Problem]:
    sizes = Counter(s.picture_size for s in data.frames.values() if s.picture_size is not None)
    if len(sizes) > 1:
        usual = sizes.most_common(1)[0][0]
        odd = [frame for frame, s in data.frames.items() if s.picture_size not in (usual, None)]
        other = data.frames[odd[0]].picture_size
        yield Problem(
            f"{data.prefix}image_2",
            f"{count(len(odd), 'picture')}, such as {odd[0]} ({_size(other)}), not of the usual {_size(usual)}",
            # The real set was recorded with five calibrations, so foreign data may well have several sizes.
            severity=None if data.ours else "info",
        )


@rule("set.rig", "error", "frames with one P2 share the other matrices too, as the rig is rigid", needs=("calib",))
def rig(data: DatasetFiles) -> Iterator[Problem]:
    rigs: dict[bytes, dict[bytes, str]] = {}
    frames: Counter[bytes] = Counter()
    for frame, summary in data.frames.items():
        if summary.calib is not None:
            frames[summary.calib[0]] += 1
            rigs.setdefault(summary.calib[0], {}).setdefault(summary.calib[1], frame)
    for camera, variants in rigs.items():
        if len(variants) > 1:
            some = sorted(variants.values())
            yield Problem(
                f"{data.prefix}calib",
                f"{len(variants)} frames that have one P2, such as {some[0]} and {some[1]}, differ in other matrices"
                " (poses of the moment instead of the rig's?)",
                # Several recordings may share a camera matrix, but not each frame be one of its own.
                severity=None if data.ours or len(variants) > RIG_SHARE * frames[camera] > 1 else "warning",
            )
    if data.ours and len(rigs) > 1:
        some = sorted(next(iter(variants.values())) for variants in rigs.values())
        yield Problem(f"{data.prefix}calib", f"there are {len(rigs)} different P2, such as in {some[0]} and {some[1]}")


@rule("set.balance", "warning", "a type that is frequent in train or val is in both", needs=("splits", "labels"))
def balance(data: DatasetFiles) -> Iterator[Problem]:
    counts: dict[str, Counter[str]] = {"train": Counter(), "val": Counter()}
    for frame, split in data.split_of().items():
        if frame in data.frames:
            counts[split].update(data.frames[frame].rows)
    for here, there in (("train", "val"), ("val", "train")):
        if not counts[there]:
            continue
        for name, rows in counts[here].items():
            if rows >= RARE_ROWS and not counts[there][name] and name != "DontCare":
                yield Problem(
                    f"ImageSets/{there}.txt",
                    f"{rows} rows of type {name} are in {here}, none in {there}",
                    severity="info" if name not in COUNTED_CLASSES else None,
                )


@rule("set.counted", "info", "each class that KITTI evaluates has 40 objects that its middle level counts",
      needs=("object", "labels"))
def counted(data: DatasetFiles) -> Iterator[Problem]:
    if len(data.frames) < COUNTED_FRAMES:
        return
    rows: Counter[str] = Counter()
    for summary in data.frames.values():
        rows.update(summary.counted)
    for name in COUNTED_CLASSES:
        if 0 < rows[name] < COUNTED_LEAST:
            yield Problem(
                f"{data.prefix}label_2",
                f"{rows[name]} counted objects of type {name}: average precision stays below 100, however good the"
                " detections",
            )


def _size(size: tuple[int, int] | None) -> str:
    return "unknown" if size is None else f"{size[0]}×{size[1]}"


RULES: tuple[Rule[DatasetFiles], ...] = (
    folders,
    names,
    ids,
    gaps,
    splits,
    episodes,
    listed,
    empty,
    picture_size,
    rig,
    balance,
    counted,
)
