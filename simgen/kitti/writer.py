"""A ``KittiFrame`` in, its files on disk, each whole or not there at all."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from simgen.kitti.frames import KittiFrame
from simgen.kitti.images import png_bytes
from simgen.kitti.labels import labels_text
from simgen.kitti.layout import FRAME_FILES, FileEntry, frame_path, write_whole
from simgen.kitti.points import point_labels_bytes, points_bytes


def make_folders(root: Path) -> None:
    """The folders that ``write_frame`` writes to."""
    for folder in FRAME_FILES:
        (root / "training" / folder).mkdir(parents=True, exist_ok=True)


def write_frame(root: Path, frame: KittiFrame, durable: bool = False) -> dict[str, FileEntry]:
    """Write all files of a frame into a dataset whose folders exist (``make_folders``).

    Args:
        durable: wait for the disk after each file.

    Returns:
        What was written: path relative to ``root`` → entry for the episode's record.
    """
    return {
        path: write_whole(root / path, content, durable)
        for path, content in frame_contents(frame)
    }


def frame_contents(frame: KittiFrame) -> Iterator[tuple[str, bytes]]:
    """Path relative to the dataset, and content, of each file of a frame."""
    identity = frame.identity
    for folder, rgb in frame.images.items():
        yield frame_path(folder, identity), png_bytes(rgb)
    yield frame_path("velodyne", identity), points_bytes(frame.points)
    yield frame_path("velodyne_label", identity), point_labels_bytes(frame.point_labels)
    yield frame_path("calib", identity), frame.calibration.to_text().encode()
    yield frame_path("label_2", identity), labels_text(frame.objects).encode()
    yield frame_path("objects", identity), frame.side.to_text().encode()
