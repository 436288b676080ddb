"""Programs that nobody here wrote, or faithful stand-ins of them, read the first light's dataset."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from tests.judges import datumaro_import, kitti_eval, mmdet3d_kitti, torchvision_kitti
from tests.whole.test_first_light import frames_of, rows_of

pytestmark = pytest.mark.slow

needs_datumaro = pytest.mark.skipif(
    datumaro_import.skip_reason() is not None, reason=str(datumaro_import.skip_reason())
)


@needs_datumaro
@pytest.mark.parametrize("read", [datumaro_import.import_kitti3d, datumaro_import.import_kitti_detection])
def test_datumaro_reads_every_label_row(deer: Path, read: object) -> None:
    found = datumaro_import.boxes(read(deer))              # type: ignore[operator]
    written = list(rows_of(deer))
    assert sum(len(boxes) for boxes in found.values()) == len(written)
    for frame in frames_of(deer):
        types = [columns[0] for name, columns, _ in written if name == frame]
        assert [box["type"] for box in found.get(frame, [])] == types


def test_torchvision_reads_every_picture_and_label_row(deer: Path, tmp_path: Path) -> None:
    dataset = torchvision_kitti.Kitti(torchvision_kitti.mount(deer, tmp_path))
    assert len(dataset) == len(frames_of(deer))
    image, objects = dataset[10]
    assert image.shape == (375, 1242, 3)
    assert {"Animal", "Car"} & {entry["type"] for entry in objects}


def test_mmdetection3d_s_converter_reads_both_splits_and_finds_points_in_boxes(deer: Path) -> None:
    infos = [info for split in ("train", "val") for info in mmdet3d_kitti.read_infos(deer, split)]
    assert len(infos) >= 60
    counts = np.concatenate([info.points_in_box for info in infos])
    assert np.mean(counts[counts >= 0] > 0) > 0.9


def test_the_official_evaluation_gives_the_labels_full_marks_against_themselves(deer: Path) -> None:
    marks = kitti_eval.self_evaluation(deer)
    assert ("car", "3d", "moderate") in {(name, metric, level) for name, metric, level in marks}
    assert all(mark == pytest.approx(100.0) for mark in marks.values())


def test_the_official_evaluation_sees_labels_that_are_half_a_car_ahead(deer: Path) -> None:
    marks = kitti_eval.self_evaluation(deer, kitti_eval.half_a_length_ahead)
    assert max(mark for (_, metric, _), mark in marks.items() if metric == "3d") < 5.0
