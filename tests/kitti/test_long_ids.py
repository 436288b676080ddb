"""Beyond a million frames ids have seven digits, and whoever puts frames in order knows."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import Any

from simgen.kitti.layout import frame_id
from simgen.kitti.reader import frame_ids
from simgen.kitti.splits import image_sets
from simgen.report.episodes import frames_named
from simgen.verify.layout import Listing, is_frame_name

LAST, NEXT, LATER = "999999", "1000000", "1000001"


def test_ids_grow_and_stay_in_order(tmp_path: Path) -> None:
    ids = tuple(frame_id(number) for number in (999_999, 1_000_000, 1_000_001))
    assert ids == (LAST, NEXT, LATER) and all(map(is_frame_name, ids))
    for name in ids:
        for folder, ending in (("label_2", "txt"), ("image_2", "png")):
            path = tmp_path / "training" / folder / f"{name}.{ending}"
            path.parent.mkdir(parents=True, exist_ok=True)
            path.touch()
    assert frame_ids(tmp_path) == ids == frames_named(tmp_path, ids)
    assert Listing({"label_2": {name: name for name in ids}}).ids() == list(ids)
    record: Any = SimpleNamespace(frames=ids, labelled_frames=ids)
    assert image_sets({"a-0000": "train"}, {"a-0000": record})["train"] == ids
