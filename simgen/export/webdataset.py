"""WebDataset: the frames of each image set as tars of about one size, for training jobs that read from end to end.

    train/000000.tar  train/000001.tar  …      members 000012.image_2.png, 000012.velodyne.bin, 000012.label_2.txt, …
    val/000000.tar    test/000000.tar
    train.json        val.json  test.json      the tars of a set with their lengths, checksums and numbers of frames

A frame is a sample; its key is the frame's id. As in ``ImageSets``, frames without a label row are in no set but the
test set. Frames come in order, so that whoever wants sequences has them; whoever does not shuffles while reading.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import Any

from simgen.export.dataset import Dataset, StoredFrame
from simgen.export.folder import ExportFolder, ExportReport
from simgen.kitti.splits import TEST, TRAIN, VAL
from simgen.kitti.tars import in_shard_order, member_name, tar_stream, write_member

SHARD_BYTES = 256 * 2**20
_BLOCK = 512                    # of a tar: each member has one for its head, and is filled up to whole ones


def write_webdataset(dataset: Dataset, out: Path, shard_bytes: int = SHARD_BYTES) -> ExportReport:
    """Fill ``out`` with the tars of each image set that has frames.

    shard_bytes: a tar is closed before the frame that would make it longer; it has one frame at least.
    """
    folder, left_out = ExportFolder(out), 0
    for split in (TRAIN, VAL, TEST):
        frames = []
        for episode in dataset.episodes:
            if episode.split == split:
                labelled = {*episode.record.labelled_frames}
                frames += [one for one in episode.frames if split == TEST or one.identity in labelled]
                left_out += 0 if split == TEST else len(episode.frames) - len(labelled)
        if frames:
            _write_set(folder, split, frames, shard_bytes)
    if left_out:
        folder.note(f"{left_out} frames without a label row are left out, as they are of ImageSets")
    return folder.report(len(dataset.episodes), len(dataset.frames) - left_out)


def _write_set(folder: ExportFolder, split: str, frames: Sequence[StoredFrame], shard_bytes: int) -> None:
    shards = [_write_shard(folder, f"{split}/{number:06d}.tar", some)
              for number, some in enumerate(_shares(frames, shard_bytes))]
    # The form that the library "wids" reads, and others as JSON.
    folder.write(f"{split}.json", json.dumps({"wids_version": 1, "name": split, "shardlist": shards}, indent=1) + "\n")


def _write_shard(folder: ExportFolder, path: str, frames: Sequence[StoredFrame]) -> dict[str, Any]:
    with ExitStack() as stack:
        tar = stack.enter_context(tar_stream(stack.enter_context(folder.stream(path))))
        for frame in frames:
            kinds = {member_name(place): kind for kind, place in frame.files.items()}
            for place in in_shard_order(frame.files.values()):
                name = member_name(place)
                write_member(tar, name, frame.content(kinds[name]))
    digest, size = hashlib.sha256(), 0
    with (folder.root / path).open("rb") as stream:
        while block := stream.read(1 << 20):
            digest.update(block)
            size += len(block)
    return {"url": path, "nsamples": len(frames), "filesize": size, "sha256": digest.hexdigest()}


def _shares(frames: Sequence[StoredFrame], shard_bytes: int) -> Iterator[list[StoredFrame]]:
    """The frames of each tar."""
    share, length = list[StoredFrame](), 0
    for frame in frames:
        sizes = [frame.path(kind).stat().st_size for kind in frame.files]
        own = sum(_BLOCK + -(-size // _BLOCK) * _BLOCK for size in sizes)
        if share and length + own > shard_bytes:
            yield share
            share, length = [], 0
        share.append(frame)
        length += own
    yield share
