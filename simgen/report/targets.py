"""Where pictures, videos and point clouds go: wrong places are refused before anything is read or drawn.

A file gets its name when it is whole, so that an earlier one of that name stays until then. What a dataset holds
is never replaced by what shows it.
"""

from __future__ import annotations

import contextlib
from dataclasses import dataclass
from pathlib import Path

import cv2

from simgen.errors import RequestError
from simgen.kitti.layout import EPISODES, IMAGE_SETS, PARTIAL, REQUEST, TESTING, TESTING_LABELS, TRAINING, write_whole
from simgen.report.brush import Picture

_RECORDED = (TRAINING, TESTING, TESTING_LABELS, IMAGE_SETS, EPISODES, REQUEST)


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of file. endings: in small letters; otherwise: what is said of a name with another one."""

    endings: tuple[str, ...]
    otherwise: str


PICTURE = Kind((".png", ".jpg", ".jpeg"), "a picture is written as PNG or JPEG; end the name in .png or .jpg")
VIDEO = Kind((".mp4", ".avi"), "a video is written as MP4 or AVI; end the name in .mp4 or .avi")
CLOUD = Kind((".ply",), "a point cloud is written as PLY; end the name in .ply")


def check_target(path: Path, kind: Kind, dataset: Path | None = None) -> None:
    """Raise RequestError if no file of this kind can go there.

    dataset: whose own files are not to be replaced.
    """
    if path.suffix.lower() not in kind.endings:
        raise RequestError(f"{path}: {kind.otherwise}")
    if not path.parent.is_dir():
        raise RequestError(f"{path}: there is no folder {path.parent}")
    if path.is_dir():
        raise RequestError(f"{path}: this is a folder; name a file")
    if dataset is not None:
        with contextlib.suppress(ValueError):           # of no common path: it lies elsewhere
            inside = path.resolve().relative_to(dataset.resolve())
            if inside.parts[0] in _RECORDED:         # no folder, so there is a part
                raise RequestError(f"{path}: lies among the dataset's own files; name another place")


def write_picture(path: Path, image: Picture) -> None:
    """Write an RGB picture; the name's ending says how. Raises RequestError if it cannot be written there."""
    check_target(path, PICTURE)
    _, content = cv2.imencode(path.suffix.lower(), cv2.cvtColor(image, cv2.COLOR_RGB2BGR))
    try:
        write_whole(path, content.tobytes())
    except OSError as error:
        with contextlib.suppress(OSError):
            path.with_name(path.name + PARTIAL).unlink(missing_ok=True)
        raise RequestError(f"{path}: cannot be written: {error.strerror or error}") from error
