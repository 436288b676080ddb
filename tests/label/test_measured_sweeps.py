"""Labels where the stored sweep is a device's: counts are those of the file, boxes those of the world."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from sensors.sweeps import Cause
from simgen.frame import Frame, Label, Measurement, Sweep
from simgen.label import label_frame
from tests.label.scene import RIG, car, film


def measured(clean: Sweep, actor_id: int, kept: int) -> Sweep:
    """The actor has only its first ``kept`` returns left, as many flakes near by, and all returns moved by 0.1 m."""
    own = np.flatnonzero(clean.simulator_id == actor_id)
    rows = np.concatenate([np.flatnonzero(clean.simulator_id != actor_id), own[:kept], own[:kept]])
    cause = np.full(len(rows), Cause.OBJECT, np.uint8)
    cause[len(rows) - kept:] = Cause.SPRAY
    told = Measurement(
        np.full(len(rows), 0.1, np.float32), cause, np.zeros(len(rows), np.uint8),
        np.linalg.norm(clean.points_m[rows], axis=1).astype(np.float32), np.zeros(len(rows), np.float32), clean)
    points = clean.points_m[rows] * np.float32(1.005)
    return Sweep(points, clean.cos_incidence[rows], clean.simulator_id[rows], clean.tag[rows], clean.ring[rows], told)


@pytest.fixture(scope="module")
def clear() -> Frame:
    actor, solids = car(18.0, 2.0, 0.3)
    return film([actor], solids)


def only(frame: Frame) -> Label:
    (label,) = label_frame(frame, RIG)
    return label


def test_points_are_counted_in_the_stored_sweep_and_spray_is_not_the_cars(clear: Frame) -> None:
    before = only(clear)
    actor_id = clear.actors[0].simulator_id
    stormy = replace(clear, sweep=measured(clear.sweep, actor_id, 7))
    after = only(stormy)
    assert before.lidar_points_clean is None and before.lidar_points > 50
    assert (after.lidar_points, after.lidar_points_clean) == (7, before.lidar_points)
    assert after.lidar_points_in_box <= 7


def test_boxes_do_not_hang_on_the_weather(clear: Frame) -> None:
    stormy = replace(clear, sweep=measured(clear.sweep, clear.actors[0].simulator_id, 0))
    before, after = only(clear), only(stormy)
    assert (after.bbox_px, after.size_hwl_m, after.bottom_centre_m) == (
        before.bbox_px, before.size_hwl_m, before.bottom_centre_m)
