"""KITTI's object layout once more, with other types: a copy of the dataset for readers that know only KITTI's.

    training/{image_2,image_3,velodyne,velodyne_label,calib,label_2,objects}/000000.*       and what else is stored
    testing/{image_2,image_3,velodyne,calib}/000000.*       testing_labels/{label_2,objects,velodyne_label}
    ImageSets/{train,val,trainval,test}.txt

Frames keep their ids, and episodes their sets. A frame that has no row any more leaves the sets to train and to
validate on, as one widely used trainer fails on an empty label file. A side file has a row for each label row; its
``class`` still says the type that was recorded.
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from simgen.export.dataset import Dataset
from simgen.export.folder import ExportFolder, ExportReport
from simgen.kitti.labels import labels_text
from simgen.kitti.layout import IMAGE_SETS, is_further
from simgen.kitti.splits import TEST, TRAIN, VAL

_LINKED = ("image_0", "image_1", "image_2", "image_3", "velodyne", "velodyne_label", "velodyne_cause", "velodyne_clean",
           "depth_2", "semantic", "instance")
_WRITTEN = ("calib", "planes")      # small text, which people edit


def write_object(dataset: Dataset, out: Path) -> ExportReport:
    """Fill ``out`` with the object layout."""
    folder = ExportFolder(out)
    sets: dict[str, list[str]] = {TRAIN: [], VAL: [], TEST: []}
    for episode in dataset.episodes:
        for frame in episode.frames:
            for kind in frame.files:
                if kind in _LINKED or is_further(kind):
                    folder.link(frame.files[kind], frame.path(kind))
            for kind in filter(frame.has, _WRITTEN):
                folder.write(frame.files[kind], frame.content(kind))
            rows = frame.moment().objects
            side = replace(frame.side_file(), rows=tuple(one.side for one in rows))
            folder.write(frame.files["label_2"], labels_text([one.label for one in rows]))
            folder.write(frame.files["objects"], side.to_text())
            if rows or episode.split == TEST:
                sets[episode.split].append(frame.identity)
    for name, ids in (*sets.items(), ("trainval", sets[TRAIN] + sets[VAL])):
        ascending = sorted(ids, key=lambda one: (len(one), one))
        folder.write(f"{IMAGE_SETS}/{name}.txt", "".join(f"{one}\n" for one in ascending))
    return folder.report(len(dataset.episodes), len(dataset.frames))
