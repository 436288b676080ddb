"""What is hidden, too far, too small, or of an unknown kind."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from sensors.boxes import Box3
from sensors.rigid import RigidTransform
from simgen.errors import DatasetError
from simgen.frame import CameraView, Frame, Label
from simgen.label import ClassMap, DontCareRules, LabelOptions, Limits, label_frame
from simgen.label.visibility import occlusion
from tests.label.scene import CAR_TAG, RIG, WALL_TAG, Solid, box_solid, car, film

CAMERA_Y = 0.06     # of camera 2


def wall(x: float, y_from: float, y_to: float, z_from: float = 0.0, z_to: float = 4.0, actor_id: int = 0) -> Solid:
    centre = np.array([x, (y_from + y_to) / 2, (z_from + z_to) / 2])
    half = (0.05, (y_to - y_from) / 2, (z_to - z_from) / 2)
    return Solid(RigidTransform(np.eye(3), centre), half, actor_id, WALL_TAG)


def van(x: float, y: float):
    """A van that fills its box, so that shares of it can be counted by hand, to 0.06: a real van's rounder body weighs
    in the result."""
    return car(x, y, blueprint="vehicle.mercedes.sprinter", size=(5.92, 1.99, 2.56))


def with_view(frame: Frame, **changes: object) -> Frame:
    view = frame.views["camera_2"]
    return replace(frame, views={"camera_2": replace(view, **changes)})


def caring(**rules: float) -> LabelOptions:
    return LabelOptions(ClassMap(dont_care=DontCareRules(**rules)))


def only(labels: tuple[Label, ...]) -> Label:
    (label,) = labels
    return label


def test_nothing_in_front_means_fully_visible():
    actor, solids = van(15.0, CAMERA_Y)
    label = only(label_frame(film([actor], solids), RIG))
    assert (label.type, label.visible_fraction, label.occlusion) == ("Van", 1.0, 0)
    left, top, right, bottom = label.visible_bbox_px
    assert np.allclose((left, top, right, bottom), label.bbox_px, atol=1.01)
    assert 0.9 < label.visible_px / ((right - left + 1) * (bottom - top + 1)) <= 1.0


def test_a_wall_before_the_left_half_hides_half():
    actor, solids = van(15.0, CAMERA_Y)
    label = only(label_frame(film([actor], [*solids, wall(6.0, CAMERA_Y, 5.0)]), RIG))
    assert label.visible_fraction == pytest.approx(0.5, abs=0.06)
    assert label.occlusion == 1
    # The 2D box covers the whole van all the same; that of the visible pixels does not.
    assert label.bbox_px == pytest.approx(only(label_frame(film([actor], solids), RIG)).bbox_px)
    assert label.visible_bbox_px[0] == pytest.approx(609.5, abs=1.0)


def test_a_wall_behind_or_beside_hides_nothing():
    actor, solids = van(15.0, CAMERA_Y)
    label = only(label_frame(film([actor], [*solids, wall(25.0, -5.0, 5.0), wall(8.0, 1.0, 5.0)]), RIG))
    assert label.visible_fraction == 1.0


def test_what_is_outside_the_picture_does_not_count_as_hidden():
    actor, solids = van(9.0, -5.5)
    label = only(label_frame(film([actor], solids), RIG))
    assert label.truncation > 0.3
    assert label.visible_fraction == 1.0


def test_a_car_behind_a_wall_is_left_out():
    actor, solids = car(15.0, 0.0)
    assert label_frame(film([actor], [*solids, wall(6.0, -9.0, 9.0)]), RIG) == ()


def test_a_car_of_which_a_sliver_shows_becomes_a_dont_care():
    actor, solids = car(20.0, 0.0)
    frame = film([actor], [*solids, wall(17.9, -0.855, 9.0)])
    hidden = only(label_frame(frame, RIG, caring(nearly_hidden_points=100)))
    assert hidden.visible_px > 0
    assert hidden.visible_fraction < 0.05
    assert (hidden.type, hidden.dont_care_reason, hidden.class_name) == ("DontCare", "nearly hidden", "Car")
    assert (hidden.truncation, hidden.occlusion, hidden.alpha_rad) == (-1.0, -1, -10.0)
    assert hidden.size_hwl_m == (-1.0, -1.0, -1.0)
    assert hidden.bottom_centre_m == (-1000.0, -1000.0, -1000.0)


def test_lidar_returns_keep_a_nearly_hidden_car_labelled():
    actor, solids = car(20.0, 0.0)
    # The LiDAR stands 6 cm to the right of the camera and sees past the wall what the camera does not.
    label = only(label_frame(film([actor], [*solids, wall(8.0, -0.36, 9.0)]), RIG))
    assert (label.type, label.visible_px, label.occlusion) == ("Car", 0, 2)
    assert label.lidar_points >= 3


def test_each_dont_care_rule_acts_alone():
    actor, solids = van(15.0, CAMERA_Y)
    half = film([actor], [*solids, wall(6.0, CAMERA_Y, 5.0)])
    returns = only(label_frame(half, RIG)).lidar_points
    assert returns > 100

    def reason(**rules: float) -> str | None:
        return only(label_frame(half, RIG, caring(**rules))).dont_care_reason

    assert reason(visible_fraction=0.4) is None
    assert reason(visible_fraction=0.6) == "hidden"                     # however many returns
    assert reason(lidar_points=returns) is None
    assert reason(lidar_points=returns + 1) == "few returns"            # however visible
    assert reason(nearly_hidden_fraction=0.6) is None                   # both, or neither
    assert reason(nearly_hidden_fraction=0.6, nearly_hidden_points=returns + 1) == "nearly hidden"
    assert reason(range_m=10.0) == "too far"
    blind = with_view(half, instance_id=None)
    assert only(label_frame(blind, RIG, caring(visible_fraction=0.6))).dont_care_reason is None


def test_each_limit_leaves_out_alone_and_before_dont_care():
    actor, solids = van(15.0, CAMERA_Y)
    half = film([actor], [*solids, wall(6.0, CAMERA_Y, 5.0)])
    returns = only(label_frame(half, RIG)).lidar_points

    def rows(care: DontCareRules | None = None, **limits: float) -> int:
        return len(label_frame(half, RIG, LabelOptions(ClassMap((), care or DontCareRules(), Limits(**limits)))))

    assert rows() == rows(range_m=20.0) == rows(height_px=50.0) == rows(visible_fraction=0.4) == 1
    assert rows(lidar_points=returns) == 1
    assert rows(range_m=10.0) == rows(height_px=400.0) == rows(visible_fraction=0.6) == 0
    assert rows(lidar_points=returns + 1) == 0
    everything = DontCareRules(range_m=1.0)
    assert (rows(everything), rows(everything, range_m=20.0), rows(everything, range_m=10.0)) == (1, 1, 0)


def test_far_and_small_ones_become_dont_cares_and_come_last():
    far, far_solids = car(100.0, 3.0, role="far", actor_id=1)
    near, near_solids = car(20.0, -3.0, role="near", actor_id=2)
    frame = film([far, near], [*far_solids, *near_solids])
    labels = label_frame(frame, RIG)
    assert [(label.role, label.dont_care_reason) for label in labels] == [("near", None), ("far", "too far")]
    small = label_frame(frame, RIG, caring(range_m=200.0, height_px=40.0))
    assert [(label.role, label.dont_care_reason) for label in small] == [("near", None), ("far", "too small")]


def test_without_an_instance_picture_the_occlusion_is_unknown():
    actor, solids = car(15.0, 0.0)
    frame = with_view(film([actor], solids), instance_id=None)
    label = only(label_frame(frame, RIG))
    assert (label.visible_fraction, label.occlusion, label.visible_px) == (None, 3, 0)
    assert label.lidar_points > 100


def test_a_foreign_thing_with_the_same_id_is_not_the_car():
    # Ids have 16 bits: an actor 65536 later has the same number in the picture.
    actor, solids = car(15.0, 3.0, actor_id=7)
    twin = box_solid(30.0, -4.0, 0.0, (3.71, 1.79, 1.55), 7 + 65536, CAR_TAG)
    alone = only(label_frame(film([actor], solids), RIG))
    label = only(label_frame(film([actor], [*solids, twin]), RIG))
    assert (label.visible_px, label.visible_bbox_px) == (alone.visible_px, alone.visible_bbox_px)
    assert label.lidar_points == alone.lidar_points


def test_a_wall_with_the_cars_number_right_before_it_is_not_the_car():
    actor, solids = van(15.0, CAMERA_Y)
    label = only(label_frame(film([actor], [*solids, wall(11.9, CAMERA_Y, 5.0, actor_id=101 + 65536)]), RIG))
    assert label.visible_fraction == pytest.approx(0.5, abs=0.06)


def test_an_actor_id_beyond_16_bits_is_found_in_the_picture():
    actor, solids = car(15.0, 0.0, actor_id=70000)
    assert only(label_frame(film([actor], solids), RIG)).visible_px > 1000


def test_nearly_all_lidar_returns_of_a_car_lie_in_its_box():
    actor, solids = car(12.0, 2.0, 0.7)
    label = only(label_frame(film([actor], solids), RIG))
    assert label.lidar_points > 500
    assert label.lidar_points_in_box == label.lidar_points


@pytest.mark.parametrize(("fraction", "level"), [
    (1.0, 0), (0.8, 0), (0.79, 1), (0.4, 1), (0.39, 2), (0.0, 2), (None, 3),
])
def test_occlusion_levels(fraction: float | None, level: int):
    assert occlusion(fraction) == level


@pytest.mark.parametrize(("blueprint", "base_types", "type_"), [
    ("vehicle.mitsubishi.fusorosa", {}, "Misc"),
    ("vehicle.kawasaki.ninja", {}, "Misc"),
    ("vehicle.bh.crossbike", {}, "Cyclist"),
    ("vehicle.carlamotors.firetruck", {}, "Truck"),
    ("vehicle.mini.cooper_s", {"vehicle.mini.cooper_s": ""}, "Car"),
    ("vehicle.acme.hauler", {"vehicle.acme.hauler": "truck"}, "Truck"),
    ("vehicle.acme.hauler", {}, "Misc"),
])
def test_types_of_vehicles(blueprint: str, base_types: dict[str, str], type_: str):
    actor, solids = car(15.0, 0.0, blueprint=blueprint)
    assert only(label_frame(film([actor], solids), RIG, LabelOptions(base_types=base_types))).type == type_


@pytest.mark.parametrize("broken", [(0.01, 0.01, 0.01), (1.51, 0.87, 250.0)])
def test_an_impossible_box_of_a_two_wheeler_is_replaced_by_the_table(broken: tuple[float, float, float]):
    actor, solids = car(15.0, 0.0, blueprint="vehicle.bh.crossbike", size=(1.51, 0.87, 1.61))
    box = Box3(RigidTransform(np.eye(3), np.array([0.0, 0.0, broken[2] / 2])), np.array(broken))
    label = only(label_frame(film([replace(actor, box=box)], solids), RIG))
    assert label.size_hwl_m == pytest.approx((1.61, 0.87, 1.51))


def test_an_impossible_box_of_an_unknown_vehicle_is_refused():
    actor, solids = car(15.0, 0.0, blueprint="vehicle.acme.hauler")
    box = Box3(RigidTransform.identity(), np.array([0.01, 0.01, 0.01]))
    with pytest.raises(DatasetError, match=r"vehicle\.acme\.hauler"):
        label_frame(film([replace(actor, box=box)], solids), RIG)


def test_a_frame_without_depth_still_counts_its_pixels():
    actor, solids = car(15.0, 0.0)
    view: CameraView = film([actor], solids).views["camera_2"]
    frame = with_view(film([actor], solids), depth_m=None)
    label = only(label_frame(frame, RIG))
    assert label.visible_px == int((view.instance_id == 101).sum())
    assert (label.visible_fraction, label.occlusion) == (None, 3)
