"""KITTI's semantics layout of 2015.

    training/image_2/000000_10.png       training/semantic/000000_10.png       Cityscapes label ids, 8 bit
    training/instance/000000_10.png      training/semantic_rgb/000000_10.png   colours, for people

Frames keep the ids they have in the dataset. Test frames go to ``testing/``, their maps to ``testing_labels/``.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from simgen.errors import DatasetError, RequestError
from simgen.export.dataset import Dataset, StoredFrame
from simgen.export.folder import ExportFolder, ExportReport
from simgen.kitti.images import png_bytes
from simgen.kitti.splits import TEST

# Cityscapes' colours (red, green, blue) by label id, from 0 on.
_COLOURS = np.array([
    (0, 0, 0), (0, 0, 0), (0, 0, 0), (0, 0, 0), (0, 0, 0), (111, 74, 0), (81, 0, 81), (128, 64, 128), (244, 35, 232),
    (250, 170, 160), (230, 150, 140), (70, 70, 70), (102, 102, 156), (190, 153, 153), (180, 165, 180), (150, 100, 100),
    (150, 120, 90), (153, 153, 153), (153, 153, 153), (250, 170, 30), (220, 220, 0), (107, 142, 35), (152, 251, 152),
    (70, 130, 180), (220, 20, 60), (255, 0, 0), (0, 0, 142), (0, 0, 70), (0, 60, 100), (0, 0, 90), (0, 0, 110),
    (0, 80, 100), (0, 0, 230), (119, 11, 32),
], dtype=np.uint8)


def write_semantics(dataset: Dataset, out: Path) -> ExportReport:
    """Fill ``out`` with the semantics layout.

    Raises:
        RequestError: if neither classes nor instances are stored of every frame.
    """
    lacking = {kind: dataset.lacking(kind) for kind in ("semantic", "instance")}
    stored = [kind for kind, frame in lacking.items() if frame is None]
    folder = ExportFolder(out)
    for kind, frame in lacking.items():
        if frame is not None and not stored:
            raise RequestError(f"{dataset.root}: frame {frame.identity} has no stored semantic and instance "
                               "pictures; record the scenario anew with 'output: {layouts: [object, semantics]}'")
        if frame is not None:
            folder.note(f"{kind} pictures are left out: frame {frame.identity} has none; record with 'output: "
                        "{layouts: [object, semantics]}' for both")
    for episode in dataset.episodes:
        section, labels = ("testing", "testing_labels") if episode.split == TEST else ("training", "training")
        for frame in episode.frames:
            name = f"{frame.identity}_10.png"
            folder.link(f"{section}/image_2/{name}", frame.path("image_2"))
            for kind in stored:
                folder.link(f"{labels}/{kind}/{name}", frame.path(kind))
            if "semantic" in stored:
                folder.write(f"{labels}/semantic_rgb/{name}", png_bytes(coloured(_label_ids(frame))))
    return folder.report(len(dataset.episodes), len(dataset.frames))


def coloured(label_ids: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """(H, W) Cityscapes label ids as (H, W, 3) colours, red first; black for an id without a colour."""
    table = np.zeros((256, 3), dtype=np.uint8)
    table[: len(_COLOURS)] = _COLOURS
    return table[label_ids]


def _label_ids(frame: StoredFrame) -> NDArray[np.uint8]:
    picture = frame.picture("semantic")
    if picture.dtype != np.uint8:
        raise DatasetError(f"{frame.path('semantic')}: is no 8-bit picture of label ids")
    return picture.astype(np.uint8)
