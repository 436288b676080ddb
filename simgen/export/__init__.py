"""A recorded dataset in other layouts: KITTI tracking, raw, odometry, depth and semantics; COCO; nuScenes;
WebDataset. And in its own, KITTI object, with other types.

``export_dataset`` is what ``simgen export`` and the end of ``simgen run`` call. Formats are in ``FORMATS``; each is a
function that fills a folder from a ``Dataset``. See README.md in this folder.
"""

from __future__ import annotations

import difflib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from simgen.errors import RequestError
from simgen.export.claims import claim, finish, release
from simgen.export.classes import read_type_map
from simgen.export.coco import write_coco
from simgen.export.dataset import Dataset, require_files
from simgen.export.depth import write_depth
from simgen.export.folder import ExportReport
from simgen.export.nuscenes import write_nuscenes
from simgen.export.objects import write_object
from simgen.export.odometry import write_odometry
from simgen.export.raw import write_raw
from simgen.export.semantics import write_semantics
from simgen.export.tracking import write_tracking
from simgen.export.webdataset import write_webdataset
from simgen.kitti.splits import TEST

__all__ = ["FORMATS", "Dataset", "ExportReport", "Format", "export_dataset", "find_format", "place_of"]


@dataclass(frozen=True, slots=True)
class Format:
    """A layout that a dataset can be exported to.

    name:   what ``--to`` takes.
    says:   one line about it.
    write:  fills a folder. Raises RequestError, before it writes, if the dataset lacks what the layout needs.
    reads:  kinds of files ("image_2") that it reads or links, of those that the frames have.
    read_with: a reader to try, as a person would type it, for ``str.format`` with the export's folder as ``out`` and an
        episode's ``number``.
    has_types: it holds types of objects, which a class map can change.
    has_shards: ``write`` takes ``shard_bytes``, about how long its tars shall be.
    """

    name: str
    says: str
    write: Callable[..., ExportReport]
    reads: frozenset[str]
    read_with: str
    has_types: bool = True
    has_shards: bool = False


_TRUTH = frozenset({"label_2", "objects", "calib"})
_LEFT = frozenset({"image_2"})
_SENSORS = frozenset({"image_0", "image_1", "image_2", "image_3", "velodyne"})

OBJECT = "object"
FORMATS: Mapping[str, Format] = {one.name: one for one in (
    Format("tracking", "KITTI tracking: a sequence for each episode, labels with track ids", write_tracking,
           _TRUTH | _SENSORS, 'pykitti.tracking("{out}/training", "{number:04d}")'),
    Format("raw", "KITTI raw: a drive for each episode, with timestamps, oxts and tracklets", write_raw,
           _TRUTH | _SENSORS | {"velodyne_cause"}, 'pykitti.raw("{out}", "2000_01_01", "{number:04d}")'),
    Format("odometry", "KITTI odometry: poses of camera 0, and SemanticKITTI's labels", write_odometry,
           _TRUTH | _SENSORS | {"velodyne_label", "velodyne_cause"}, 'pykitti.odometry("{out}", "{number:02d}")',
           has_types=False),
    Format("depth", "KITTI depth: 16-bit pictures, dense and from the sweep", write_depth,
           _TRUTH | _LEFT | {"velodyne", "depth_2"}, 'cv2.imread(picture, cv2.IMREAD_UNCHANGED) / 256, metres',
           has_types=False),
    Format("semantics", "KITTI semantics: label ids and instances for each picture", write_semantics,
           _LEFT | {"semantic", "instance"}, 'cv2.imread(picture, cv2.IMREAD_UNCHANGED), instance // 256 is the class',
           has_types=False),
    Format("coco", "COCO detection: visible boxes, and masks where instances are stored", write_coco,
           _TRUTH | _LEFT | {"instance"}, 'pycocotools.coco.COCO("{out}/annotations/instances_train.json")'),
    Format("nuscenes", "nuScenes v1.0: tables, samples and maps for nuscenes-devkit", write_nuscenes,
           _TRUTH | _SENSORS | {"velodyne_label", "velodyne_cause"}, 'nuscenes.NuScenes("v1.0-trainval", "{out}")'),
    Format("webdataset", "tars of whole frames for each image set, for training at scale", write_webdataset,
           _TRUTH | _SENSORS | {"velodyne_label", "velodyne_cause", "velodyne_clean", "planes", "depth_2", "semantic",
                                "instance"}, 'webdataset.WebDataset("{out}/train/000000.tar")', has_types=False,
           has_shards=True),
    Format(OBJECT, "KITTI object, the dataset's own layout: a copy with the types that --classes says", write_object,
           _TRUTH | _SENSORS | {"velodyne_label", "velodyne_cause", "velodyne_clean", "planes", "depth_2", "semantic",
                                "instance"}, "simgen verify {out}"),
)}


# What a scenario's ``output.layouts`` and others call a layout → its name here.
ALIASES: Mapping[str, str] = {
    "semantic": "semantics", "instance": "semantics", "instances": "semantics", "segmentation": "semantics",
    "wds": "webdataset", "depth_2": "depth", "poses": "odometry", "oxts": "raw", "nuscene": "nuscenes", "kitti": OBJECT,
}


def find_format(name: str) -> Format:
    """The format of this name, or of another word for it.

    Raises:
        RequestError: if there is none, naming the nearest.
    """
    word = ALIASES.get(name, name)
    if word in FORMATS:
        return FORMATS[word]
    if word == "planes":
        raise RequestError(f"--to {name}: planes are stored with the frames while they are recorded, by 'output: "
                           "{layouts: [object, planes]}'")
    near = difflib.get_close_matches(name.lower(), [*FORMATS, *ALIASES], n=1, cutoff=0.5)
    hint = f"did you mean {ALIASES.get(near[0], near[0])}? There are " if near else "there are "
    raise RequestError(f"--to {name}: no such format; {hint}{', '.join(FORMATS)}")


def place_of(root: Path, layout: str, classes: str | None = None) -> Path:
    """Where an export goes unless it is told: "DIR/tracking", with a class map "DIR/tracking_kitti"."""
    name = find_format(layout).name
    return root / (name if classes is None else f"{name}_{Path(classes).stem}")


def export_dataset(
    root: Path, layout: str, out: Path | None = None, classes: str | None = None, shard_bytes: int | None = None
) -> ExportReport:
    """Write a recorded dataset in another layout, or bring an earlier export of it up to date.

    Args:
        root: the dataset.
        layout: a name of ``FORMATS``, or another word for one.
        out: where the export goes; default: ``place_of``.
        classes: name or file of a class map from stored types to others; None: they stay.
        shard_bytes: about how long tars shall be, of formats that have any; None: the format's own.

    Before anything is written, every file that will be needed is looked for. Should writing fail or be interrupted all
    the same, a new export is removed; one that was being brought up to date is left for the same command to complete.

    Raises:
        RequestError: if the layout is unknown, ``root`` is no dataset or lacks what the layout needs, the class map
            cannot be used, or ``out`` holds something else or cannot be written.
        DatasetError: naming a file of the dataset that is missing or wrong.
    """
    chosen = find_format(layout)
    if chosen.name == OBJECT and classes is None:
        raise RequestError(f"--to {layout}: the dataset itself is the KITTI object layout; read it as it is, say with "
                           "--classes which types a copy shall have, or name another format")
    if classes is not None and not chosen.has_types:
        raise RequestError(f"--classes {classes}: {chosen.name} holds no types of objects; leave it out")
    if shard_bytes is not None and not chosen.has_shards:
        raise RequestError(f"--shard-size: {chosen.name} has no shards; leave it out, or use --to webdataset")
    options = {} if shard_bytes is None else {"shard_bytes": shard_bytes}
    types = None if classes is None else read_type_map(classes)
    dataset = Dataset.open(root, types)
    unused = () if types is None else types.notes(dataset.stored_types)
    lack = dataset.request.lacks(dataset.recorded)
    missing = () if lack is None else (f"{root}: {lack}",)
    target = out if out is not None else place_of(root, layout, classes)
    require_files(dataset, chosen.reads)
    try:
        claimed = claim(dataset, chosen.name, target)
        try:
            report = chosen.write(dataset, claimed.place, **options)
        except BaseException:           # Ctrl-C as well: half an export must not look whole
            release(claimed)
            raise
        finish(dataset, chosen.name, report, claimed)
    except OSError as error:
        raise RequestError(f"--out {target}: cannot be written: {error.strerror or error}") from error
    example = next((episode for episode in dataset.episodes if episode.split != TEST), dataset.episodes[0])
    return replace(report, notes=(*missing, *report.notes, *unused), example=example.number)
