"""A ``KittiFrame`` in, its files on disk, each whole or not there at all."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path

from simgen.kitti.frames import KittiFrame
from simgen.kitti.images import png_bytes, truth_png_bytes
from simgen.kitti.labels import labels_text
from simgen.kitti.layout import (
    CAUSES,
    CLEAN,
    FRAME_FILES,
    PLANES,
    FileEntry,
    camera_folders,
    frame_folder,
    frame_path,
    lidar_folders,
    write_whole,
)
from simgen.kitti.planes import plane_text
from simgen.kitti.points import point_causes_bytes, point_labels_bytes, points_bytes
from simgen.stopwatch import UNTIMED, Untimed


def make_folders(
    root: Path, pictures: Iterable[str] = (), testing: bool = False, folders: Iterable[str] = tuple(FRAME_FILES)
) -> None:
    """The folders that ``write_frame`` writes to. pictures: of them, those that not every frame has. folders: those
    that every frame has, if the rig is another than KITTI's (``EpisodeFormat.folders``)."""
    for folder in (*folders, *pictures):
        (root / frame_folder(folder, testing)).mkdir(parents=True, exist_ok=True)


def write_frame(
    root: Path, frame: KittiFrame, durable: bool = False, testing: bool = False, watch: Untimed = UNTIMED
) -> dict[str, FileEntry]:
    """Write all files of a frame into a dataset whose folders exist (``make_folders``).

    Args:
        testing: the frame belongs to the test set.
        durable: wait for the disk after each file.
        watch: times the making of the files, and the writing.

    Returns:
        What was written: path relative to ``root`` → entry for the episode's record.
    """
    entries: dict[str, FileEntry] = {}
    contents = frame_contents(frame, testing)
    while True:
        with watch.stage("encode"):
            following = next(contents, None)
        if following is None:
            return entries
        path, content = following
        with watch.stage("write"):
            entries[path] = write_whole(root / path, content, durable)


def frame_contents(frame: KittiFrame, testing: bool = False) -> Iterator[tuple[str, bytes]]:
    """Path relative to the dataset, and content, of each file of a frame; the side file comes last."""
    for folder, content in _contents(frame):
        yield frame_path(folder, frame.identity, testing), content


def _contents(frame: KittiFrame) -> Iterator[tuple[str, bytes]]:
    """Kind of file, and content."""
    for folder, rgb in frame.images.items():
        yield folder, png_bytes(rgb)
    for folder, picture in frame.pictures.items():
        yield folder, truth_png_bytes(picture)
    if frame.plane is not None:
        yield PLANES, plane_text(frame.plane).encode()
    yield "velodyne", points_bytes(frame.points)
    yield "velodyne_label", point_labels_bytes(frame.point_labels)
    if frame.point_causes is not None:
        yield CAUSES, point_causes_bytes(frame.point_causes)
    if frame.clean_points is not None:
        yield CLEAN, points_bytes(frame.clean_points)
    for name, cloud in frame.further_clouds.items():
        points, labels, causes, clean = lidar_folders(name)
        yield points, points_bytes(cloud.points)
        yield labels, point_labels_bytes(cloud.labels)
        if cloud.causes is not None:
            yield causes, point_causes_bytes(cloud.causes)
        if cloud.clean is not None:
            yield clean, points_bytes(cloud.clean)
    yield "calib", frame.calibration.to_text().encode()
    for number, seen in frame.further_labels.items():
        _, labels, objects = camera_folders(number)
        yield labels, labels_text(seen.objects).encode()
        yield objects, seen.side.to_text().encode()
    yield "label_2", labels_text(frame.objects).encode()
    yield "objects", frame.side.to_text().encode()
