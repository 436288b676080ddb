"""The parts of the nuScenes export one by one: key frames, sweeps, categories, rotations, areas."""

from __future__ import annotations

from typing import Any

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.spatial.transform import Rotation

from simgen.export.nuscenes.canvas import Canvas, Ring, rings, union
from simgen.export.nuscenes.poses import quaternion
from simgen.export.nuscenes.scene import key_frames
from simgen.export.nuscenes.sweeps import sweep_bytes
from simgen.export.nuscenes.taxonomy import attribute_of, categories, category_of, visibility_of
from simgen.kitti.objects import ObjectRow


def row(kind: str, blueprint: str, label: str = "Misc", **more: Any) -> ObjectRow:
    values = {"role": "x", "kind": kind, "type": label, "class_name": label, "blueprint": blueprint, "species": None,
              "age": None, "pose": None, "track": 0, "distance_m": 1.0, "velocity_mps": (0.0, 0.0, 0.0),
              "visible_fraction": 1.0,
              "visible_px": 1, "visible_bbox_px": None, "visibility": "silhouette", "silhouette_px": None,
              "outside_fraction": None, "amodal_bbox_px": None, "lidar_points": 0, "lidar_points_stored": 0,
              "lidar_points_in_box": 0, "dont_care_reason": None}
    return ObjectRow(**(values | more))


@pytest.mark.parametrize(("count", "step_s", "keys"), [
    (1, 0.1, [0]), (4, 0.1, [3]), (6, 0.1, [0, 5]), (20, 0.1, [4, 9, 14, 19]), (11, 0.05, [0, 10]),
    (4, 0.5, [0, 1, 2, 3]), (3, 1.0, [0, 1, 2]), (5, 0.25, [0, 2, 4]), (7, 1 / 3, [0, 2, 4, 6]), (6, 1 / 12, [5]),
])
def test_key_frames_are_half_a_second_apart_or_as_near_to_it_as_frames_are(
    count: int, step_s: float, keys: list[int]
) -> None:
    assert list(key_frames([index * step_s for index in range(count)])) == keys


@given(st.integers(1, 200), st.floats(0.01, 2.0))
def test_key_frames_are_evenly_spaced_and_end_with_the_last(count: int, step_s: float) -> None:
    keys = key_frames([7.0 + index * step_s for index in range(count)])
    assert keys[-1] == count - 1
    steps = set(np.diff(keys).tolist())
    assert len(steps) <= 1 and keys[0] < max(steps, default=count)
    assert all(abs(step * step_s - 0.5) <= max(step_s / 2 + 1e-9, step_s - 0.5) for step in steps)


def test_a_sweep_has_five_columns_in_nuscenes_axes() -> None:
    points = np.array([[10, 2, -1.0, 0.5], [30, 0, 1.0, 1.0]], np.float32)
    beams = np.radians([2.0, 0.0, -5.6])
    rows = np.frombuffer(sweep_bytes(points, beams), "<f4").reshape(-1, 5)
    wanted = [[-2, 10, -1, 127.5, 0], [0, 30, 1, 255, 2]]       # right, ahead, up, 0…255, from below
    assert np.allclose(rows, wanted, atol=1e-6)
    assert np.frombuffer(sweep_bytes(points, None), "<f4").reshape(-1, 5)[:, 4].tolist() == [-1, -1]


def test_a_point_is_of_the_ring_that_the_sweep_says_wherever_it_lies() -> None:
    points, beams = np.array([[10, 2, -1.0, 0.5], [30, 0, 1.0, 1.0]], np.float32), np.radians([2.0, 0.0, -5.6])
    rows = np.frombuffer(sweep_bytes(points, beams, np.array([1, 1], np.uint8)), "<f4").reshape(-1, 5)
    assert rows[:, 4].tolist() == [1, 1]


@pytest.mark.parametrize(("actor", "category"), [
    (row("vehicle", "vehicle.tesla.cybertruck", "Car"), "vehicle.truck"),
    (row("vehicle", "vehicle.dodge.charger_police_2020", "Car"), "vehicle.emergency.police"),
    (row("vehicle", "vehicle.mitsubishi.fusorosa"), "vehicle.bus.rigid"),
    (row("vehicle", "vehicle.new.make", "Van"), "vehicle.car"),
    (row("vehicle", "vehicle.new.make", "Truck"), "vehicle.truck"),
    (row("vehicle", "vehicle.new.make", "SomethingElse"), "vehicle.car"),
    (row("walker", "walker.pedestrian.wheelchair", "Person_sitting"), "human.pedestrian.wheelchair"),
    (row("walker", "walker.pedestrian.0030"), "human.pedestrian.police_officer"),
    (row("walker", "walker.pedestrian.0048", "Kid"), "human.pedestrian.child"),
    (row("animal", "static.prop.moose", "Moose"), "animal"),
    (row("prop", "static.prop.fallen_tree"), "movable_object.debris"),
    (row("prop", "static.prop.streetbarrier"), "movable_object.barrier"),
])
def test_categories_go_by_blueprint_before_type(actor: ObjectRow, category: str) -> None:
    assert category_of(actor) == category
    assert category in {one.name for one in categories()}


def test_attributes_tell_what_moves_from_what_waits_and_what_is_parked() -> None:
    car, bike = row("vehicle", "vehicle.audi.tt"), row("vehicle", "level.bicycle")
    assert [attribute_of("vehicle.car", car, now, ever) for now, ever in ((True, True), (False, True), (False, False))
            ] == ["vehicle.moving", "vehicle.stopped", "vehicle.parked"]
    assert attribute_of("vehicle.bicycle", bike, False, False) == "cycle.without_rider"
    lying = row("walker", "walker.pedestrian.lying", pose="lying")
    assert attribute_of("human.pedestrian.adult", lying, False, False) == "pedestrian.sitting_lying_down"
    assert attribute_of("human.pedestrian.wheelchair", lying, True, True) is None


def test_visibility_counts_what_lies_outside_of_the_picture_as_unseen() -> None:
    def level(visible: float | None, outside: float | None) -> str:
        return visibility_of(row("vehicle", "x", visible_fraction=visible, outside_fraction=outside))

    assert [level(v, 0.0) for v in (0.0, 0.39, 0.4, 0.6, 0.8, 1.0)] == ["1", "1", "2", "3", "4", "4"]
    assert level(1.0, 0.5) == "2" and level(1.0, None) == "4" and level(None, 0.0) == ""


@given(st.lists(st.floats(-1, 1), min_size=4, max_size=4).filter(lambda q: np.linalg.norm(q) > 0.1))
def test_quaternions_are_scipys(numbers: list[float]) -> None:
    turn = Rotation.from_quat(numbers)
    w, x, y, z = quaternion(turn.as_matrix())
    assert np.allclose(Rotation.from_quat([x, y, z, w]).as_matrix(), turn.as_matrix(), atol=1e-9)


def test_a_union_closes_seams_and_keeps_holes() -> None:
    square = np.array([[0, 0], [10, 0], [10, 10], [0, 10]], float)
    (ring,) = union([Ring(square), Ring(square + np.array([10.2, 0]))])
    assert cv2.contourArea(ring.outer.astype(np.float32)) == pytest.approx(202, abs=3)
    canvas = Canvas.around((0.0, 0.0, 10.0, 10.0), 5.0)
    picture = canvas.blank()
    canvas.fill(picture, [Ring(square, (square / 2 + 2,))])
    (hollow,) = rings(canvas, picture)
    assert len(hollow.holes) == 1
    assert cv2.contourArea(hollow.holes[0].astype(np.float32)) == pytest.approx(25, abs=2.5)


@given(st.floats(-1e3, 1e3), st.floats(-1e3, 1e3))
def test_pixels_of_a_canvas_lead_back(x: float, y: float) -> None:
    canvas = Canvas.around((-20.0, 3.0, 50.0, 61.0), 10.0)
    assert (canvas.west_m, canvas.south_m, canvas.width_m, canvas.height_m) == (-30, -10, 90, 90)
    assert np.allclose(canvas.world(canvas.pixels(np.array([[x, y]]))), [[x, y]], atol=1e-9)
