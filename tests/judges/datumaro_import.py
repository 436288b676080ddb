"""Datumaro's importers for KITTI, called as a user would call them.

Datumaro is an optional test dependency (``pip install simgen[test]``); ``skip_reason`` says why it cannot be used.
"""

from __future__ import annotations

import importlib.util
from pathlib import Path
from typing import Any


def skip_reason() -> str | None:
    """None if datumaro can be imported."""
    return None if importlib.util.find_spec("datumaro") else "datumaro is not installed (pip install datumaro)"


def import_kitti3d(root: Path) -> Any:
    """A datumaro dataset of boxes with dimensions, locations and headings: format ``kitti3d``, on ``training``."""
    from datumaro.components.dataset import Dataset

    return Dataset.import_from(str(root / "training"), format="kitti3d")


def import_kitti_detection(root: Path) -> Any:
    """A datumaro dataset of 2D boxes: format ``kitti_detection``. It looks for ``label_2`` below the given folder."""
    from datumaro.components.dataset import Dataset

    return Dataset.import_from(str(root / "training"), format="kitti_detection")


def boxes(dataset: Any) -> dict[str, list[dict[str, Any]]]:
    """By frame: type, 2D box (left, top, right, bottom) and attributes of each annotation, in file order."""
    from datumaro.components.annotation import AnnotationType

    names = dataset.categories()[AnnotationType.label]
    return {
        item.id: [{"type": names[box.label].name, "bbox": box.points, **box.attributes} for box in item.annotations]
        for item in dataset
    }
