"""The stand-in for TrackEval, tried on a tracking dataset that is right by construction."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from tests.judges import trackeval_kitti
from tests.judges.trackeval_kitti import TYPES, Unreadable
from tests.verify import toyworld

FRAMES = 4


@pytest.fixture
def training(tmp_path: Path) -> Path:
    folder = toyworld.write_tracking(tmp_path / "dataset", FRAMES) / "training"
    (folder / "evaluate_tracking.seqmap.training").write_text(f"0000 empty 000000 {FRAMES:06d}\n")
    return folder


def rewrite(training: Path, old: str, new: str) -> None:
    path = training / "label_02" / "0000.txt"
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new, 1))


def test_sequences_and_lengths_come_from_the_seqmap(training: Path) -> None:
    assert trackeval_kitti.read_seqmap(training) == {"0000": FRAMES}


def test_every_object_of_every_frame_is_read(training: Path) -> None:
    steps = trackeval_kitti.read_sequence(training, "0000", FRAMES)
    bodies = [body for body in toyworld.ACTORS if body.role != "deer"]
    for index, step in enumerate(steps):
        assert step.ids.tolist() == [0, 1, 2, 3]
        assert step.types.tolist() == [TYPES[body.type.lower()] for body in bodies]
        assert step.ignored.tolist() == [[600.0, 150.0, 615.0, 165.0]]
        for body, box in zip(bodies, step.boxes_3d, strict=True):
            there = body.moved(index * toyworld.FRAME_S, toyworld.EGO_SPEED)
            place = toyworld.camera_points(np.array([[there.x, there.y, there.z]]))[0]
            assert np.abs(box[3:6] - place).max() < 1e-3
            assert box[:3].tolist() == [body.height, body.width, body.length]


def test_vans_and_what_is_cut_off_are_excused(training: Path) -> None:
    step = trackeval_kitti.read_sequence(training, "0000", FRAMES)[0]
    assert step.counted("car").tolist() == [True, False, True, False]
    assert step.excused("car").tolist() == [False, True, False, False]
    rewrite(training, "0 0 Car 0 0", "0 0 Car 1 0")
    step = trackeval_kitti.read_sequence(training, "0000", FRAMES)[0]
    assert step.counted("car").tolist() == [False, False, True, False]
    assert step.excused("car").tolist() == [True, True, False, False]


@pytest.mark.parametrize(("old", "new"), [
    ("0 0 Car", "0 0 Animal"),              # a type that is not KITTI's
    ("0 3 Pedestrian", "0 3 Person_sitting"),   # the object benchmark's word
    ("3 0 Car", "4 0 Car"),                 # a frame beyond the sequence
    ("0 2 Car", "0 0 Car"),                 # a track twice
    ("0 0 Car 0 0", "0 0 Car 0 x"),
])
def test_a_row_it_does_not_know_makes_the_file_unreadable(training: Path, old: str, new: str) -> None:
    rewrite(training, old, new)
    with pytest.raises(Unreadable, match=r"0000\.txt"):
        trackeval_kitti.read_sequence(training, "0000", FRAMES)


def test_a_sequence_without_a_row_has_frames_without_objects(training: Path) -> None:
    (training / "label_02" / "0000.txt").write_text("")
    assert [len(step.ids) for step in trackeval_kitti.read_sequence(training, "0000", FRAMES)] == [0] * FRAMES
