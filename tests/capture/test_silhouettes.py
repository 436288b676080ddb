"""The silhouette sensor's table, written by hand and read; and the window it is asked for."""

from __future__ import annotations

import struct
from types import SimpleNamespace
from typing import Any

import pytest

from sensors.rig import load_rig
from simgen.capture.silhouettes import decode_silhouettes, frame_window
from simgen.errors import SimulatorError


def table(*rows: bytes, count: int | None = None, version: int = 1, width: int = 16) -> Any:
    head = struct.pack("<3I52x", 0x53494C48, version, len(rows) if count is None else count)
    return SimpleNamespace(raw_data=head + b"".join(rows), width=width, height=1 + len(rows))


def row(number: int, flags: int, visible: int, inside: int, outside: float, *edges: float) -> bytes:
    return struct.pack("<4I5f28x", number, flags, visible, inside, outside, *edges)


def test_each_row_is_an_object() -> None:
    found = decode_silhouettes(table(
        row(70000, 0, 10, 40, 0.0, 5.0, 6.0, 9.0, 12.5), row(3_000_000_000, 3, 0, 7, 123.5, -20.0, 1.0, 3.0, 400.0)))
    assert [(one.id, one.is_level, one.is_cut, one.visible_px, one.inside_px, one.outside_px) for one in found] == [
        (70000, False, False, 10, 40, 0.0), (3_000_000_000, True, True, 0, 7, 123.5)]
    assert [one.bbox_px for one in found] == [(5.0, 6.0, 9.0, 12.5), (-20.0, 1.0, 3.0, 400.0)]
    assert decode_silhouettes(table()) == ()


@pytest.mark.parametrize("wrong", [table(count=4), table(version=2), table(width=32)])
def test_anything_else_is_refused(wrong: Any) -> None:
    with pytest.raises(SimulatorError, match="silhouettes"):
        decode_silhouettes(wrong)


def test_pixels_are_counted_in_the_stored_part_of_the_picture() -> None:
    told: dict[str, str] = {}
    frame_window(SimpleNamespace(set_attribute=told.__setitem__), load_rig("kitti").label_camera)
    assert told == {"window_left": "22", "window_top": "29", "window_width": "1242", "window_height": "375"}
