"""A recorded dataset in other layouts: KITTI tracking, raw, odometry, depth and semantics; COCO; nuScenes.

``export_dataset`` is what ``simgen export`` and the end of ``simgen run`` call. Formats are in ``FORMATS``; each is a
function that fills a folder from a ``Dataset``. See README.md in this folder.
"""

from __future__ import annotations

import difflib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from simgen.errors import RequestError
from simgen.export.coco import write_coco
from simgen.export.dataset import Dataset
from simgen.export.depth import write_depth
from simgen.export.folder import ExportReport, claim, finish, release
from simgen.export.nuscenes import write_nuscenes
from simgen.export.odometry import write_odometry
from simgen.export.raw import write_raw
from simgen.export.semantics import write_semantics
from simgen.export.tracking import write_tracking
from simgen.kitti.splits import TEST

__all__ = ["FORMATS", "Dataset", "ExportReport", "Format", "export_dataset", "find_format"]


@dataclass(frozen=True, slots=True)
class Format:
    """A layout that a dataset can be exported to.

    name:   what ``--to`` takes.
    says:   one line about it.
    write:  fills a folder. Raises RequestError, before it writes, if the dataset lacks what the layout needs.
    read_with: a reader to try, as a person would type it, for ``str.format`` with the export's folder as ``out`` and an
        episode's ``number``.
    """

    name: str
    says: str
    write: Callable[[Dataset, Path], ExportReport]
    read_with: str


FORMATS: Mapping[str, Format] = {one.name: one for one in (
    Format("tracking", "KITTI tracking: a sequence for each episode, labels with track ids", write_tracking,
           'pykitti.tracking("{out}/training", "{number:04d}")'),
    Format("raw", "KITTI raw: a drive for each episode, with timestamps, oxts and tracklets", write_raw,
           'pykitti.raw("{out}", "2000_01_01", "{number:04d}")'),
    Format("odometry", "KITTI odometry: poses of camera 0, and SemanticKITTI's labels", write_odometry,
           'pykitti.odometry("{out}", "{number:02d}")'),
    Format("depth", "KITTI depth: 16-bit pictures, dense and from the sweep", write_depth,
           'cv2.imread(picture, cv2.IMREAD_UNCHANGED) / 256, metres'),
    Format("semantics", "KITTI semantics: label ids and instances for each picture", write_semantics,
           'cv2.imread(picture, cv2.IMREAD_UNCHANGED), instance // 256 is the class'),
    Format("coco", "COCO detection: visible boxes, and masks where instances are stored", write_coco,
           'pycocotools.coco.COCO("{out}/annotations/instances_train.json")'),
    Format("nuscenes", "nuScenes v1.0: tables, samples and maps for nuscenes-devkit", write_nuscenes,
           'nuscenes.NuScenes("v1.0-trainval", "{out}")'),
)}


def find_format(name: str) -> Format:
    """The format of this name.

    Raises:
        RequestError: if there is none, naming the nearest.
    """
    if name in FORMATS:
        return FORMATS[name]
    near = difflib.get_close_matches(name.lower(), FORMATS, n=1, cutoff=0.5)
    hint = f"did you mean {near[0]}? There are " if near else "there are "
    raise RequestError(f"--to {name}: no such format; {hint}{', '.join(FORMATS)}")


def export_dataset(root: Path, layout: str, out: Path | None = None) -> ExportReport:
    """Write a recorded dataset in another layout, or bring an earlier export of it up to date.

    Args:
        root: the dataset.
        layout: a name of ``FORMATS``.
        out: where the export goes; default: a folder of the layout's name in the dataset.

    Raises:
        RequestError: if the layout is unknown, ``root`` is no dataset or lacks what the layout needs, or ``out`` holds
            something else or cannot be written.
        DatasetError: naming a file of the dataset that is missing or wrong.
    """
    chosen = find_format(layout)
    dataset = Dataset.open(root)
    target = out if out is not None else root / layout
    existed = target.exists()
    try:
        before = claim(dataset, layout, target)
        try:
            report = chosen.write(dataset, target)
        except RequestError:
            release(target, made_here=not existed)
            raise
        finish(dataset, layout, target, report, before)
    except OSError as error:
        raise RequestError(f"--out {target}: cannot be written: {error.strerror or error}") from error
    example = next((episode for episode in dataset.episodes if episode.split != TEST), dataset.episodes[0])
    return replace(report, example=example.number)
