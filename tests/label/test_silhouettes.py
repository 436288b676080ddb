"""Visibility and boxes where the simulator counts each object's silhouette, and what stands in where it does not."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sensors.rigid import RigidTransform
from simgen.frame import Frame, LevelObject, Silhouette
from simgen.label import label_frame
from simgen.label.extent import Extent, Region, View
from simgen.label.sighting import Sighting
from simgen.label.visibility import estimate
from tests.label.scene import DEER, RIG, STRIDING_WALKER, WALL_TAG, Solid, box_solid, car, creature, film


def counted(frame: Frame, *rows: Silhouette) -> Frame:
    view = replace(frame.views["camera_2"], silhouettes=rows)
    return replace(frame, views={"camera_2": view})


@pytest.fixture(scope="module")
def frame() -> Frame:
    actor, metal = car(15.0, 3.0)
    return film([actor], metal)


BOX = (400.0, 170.0, 700.0, 260.0)


def test_visible_is_counted_pixels_against_the_silhouette_inside(frame: Frame):
    (label,) = label_frame(counted(frame, Silhouette(101, False, False, 300, 1000, 250.0, BOX)), RIG)
    assert (label.visible_fraction, label.occlusion, label.visible_px) == (0.3, 2, 300)
    assert (label.silhouette_px, label.outside_fraction, label.amodal_bbox_px) == (1000, 0.2, BOX)
    assert label.visibility == "silhouette"


def test_the_occlusion_follows_from_the_visible_share_as_it_is_written(frame: Frame):
    # 0.79996 is written as 0.8, from which on an object counts as visible.
    (label,) = label_frame(counted(frame, Silhouette(101, False, False, 79_996, 100_000, 0.0, BOX)), RIG)
    assert (label.visible_fraction, label.occlusion) == (0.8, 0)


def test_truncation_stays_that_of_the_projected_box(frame: Frame):
    (label,) = label_frame(counted(frame, Silhouette(101, False, False, 300, 1000, 9000.0, BOX)), RIG)
    (expected,) = label_frame(frame, RIG)
    assert label.truncation == expected.truncation == 0.0
    assert label.bbox_px == expected.bbox_px


def test_of_what_reaches_behind_the_camera_no_whole_box_is_told(frame: Frame):
    (label,) = label_frame(counted(frame, Silhouette(101, False, True, 300, 1000, 4000.0, BOX)), RIG)
    assert (label.amodal_bbox_px, label.outside_fraction) == (None, 0.8)


@pytest.mark.parametrize("rows", [(), (Silhouette(101, True, False, 9, 9, 0.0, BOX),),
                                  (Silhouette(101, False, False, 0, 0, 80.0, BOX),)],
                         ids=["no row", "a level object of that number", "beside the picture"])
def test_what_covers_no_pixel_alone_gets_no_row(frame: Frame, rows: tuple[Silhouette, ...]):
    assert label_frame(counted(frame, *rows), RIG) == ()


def test_a_hidden_car_that_the_lidar_meets_has_visibility_0(frame: Frame):
    (label,) = label_frame(counted(frame, Silhouette(101, False, False, 0, 1000, 0.0, BOX)), RIG)
    assert (label.visible_fraction, label.occlusion, label.type) == (0.0, 2, "Car")


def test_without_silhouettes_the_expected_shape_stands_in(frame: Frame):
    (label,) = label_frame(frame, RIG)
    assert (label.visibility, label.visible_fraction) == ("expected shape", 1.0)
    assert (label.silhouette_px, label.outside_fraction) == (label.visible_px, 0.0)
    assert label.amodal_bbox_px == label.visible_bbox_px


def test_an_object_of_the_level_has_its_own_row_though_an_actor_has_the_same_number():
    size = (3.71, 1.79, 1.55)
    thing = LevelObject(101, "car", RigidTransform.from_yaw(0.0, (15.0, -3.0, size[2] / 2)), np.array(size))
    actor, metal = car(15.0, 3.0)
    both = replace(film([actor], [*metal, box_solid(15.0, -3.0, 0.0, size, 0, 14)]), level_objects=(thing,))
    rows = (Silhouette(101, False, False, 50, 100, 0.0, BOX), Silhouette(101, True, False, 25, 100, 0.0, BOX))
    labels = {label.role: label for label in label_frame(counted(both, *rows), RIG)}
    assert {role: label.visible_fraction for role, label in labels.items()} == {"car": 0.5, "level_101": 0.25}


def counted_as(frame: Frame, truth: Frame, actor_id: int) -> Frame:
    """A frame with the silhouette of an actor that stands alone in another."""
    own = truth.views["camera_2"].instance_id == actor_id
    columns, rows = np.flatnonzero(own.any(axis=0)), np.flatnonzero(own.any(axis=1))
    edges = (float(columns[0]), float(rows[0]), float(columns[-1]), float(rows[-1]))
    visible = int((frame.views["camera_2"].instance_id == actor_id).sum())
    return counted(frame, Silhouette(actor_id, False, False, visible, int(own.sum()), 0.0, edges))


def before(x: float, y_from: float, y_to: float, z_to: float) -> Solid:
    half = (0.05, (y_to - y_from) / 2, z_to / 2)
    return Solid(RigidTransform(np.eye(3), np.array([x, (y_from + y_to) / 2, z_to / 2])), half, 0, WALL_TAG)


def test_the_hidden_side_of_a_body_lies_where_its_silhouette_ends():
    # A deer that walks to the left, 10 cm shorter at both ends than the table has it; a wall hides its rear half.
    actor, flesh = creature("animal", 15.0, 0.0, np.pi / 2, DEER, "walker.animal.white_tailed_deer",
                            "white_tailed_deer")
    alone, half = film([actor], flesh), film([actor], [*flesh, before(8.0, -4.0, 0.0, 4.0)])
    (blind,), (told,) = label_frame(half, RIG), label_frame(counted_as(half, alone, actor.simulator_id), RIG)
    assert blind.size_hwl_m[2] == pytest.approx(1.7, abs=0.05)
    assert abs(told.size_hwl_m[2] - 1.6) < 0.6 * abs(blind.size_hwl_m[2] - 1.6)


def test_the_hidden_head_of_a_body_is_as_high_as_its_silhouette():
    # 1.7 m high, where the table has 1.75 m; a sign hides all above the knees.
    actor, flesh = creature("walker", 12.0, 0.0, np.pi / 2, STRIDING_WALKER, "walker.pedestrian.0001", speed=1.35)
    sign = Solid(RigidTransform(np.eye(3), np.array([8.0, 0.0, 2.2])), (0.05, 2.0, 1.2), 0, WALL_TAG)
    alone, knees = film([actor], flesh), film([actor], [*flesh, sign])
    (told,) = label_frame(counted_as(knees, alone, actor.simulator_id), RIG)
    assert told.size_hwl_m[0] == pytest.approx(1.70, abs=0.025)


@settings(max_examples=5, deadline=None)
@given(st.floats(6.0, 30.0), st.floats(-0.3, 0.3), st.floats(-np.pi, np.pi), st.floats(-1.0, 1.0), st.booleans())
def test_the_box_of_a_hidden_body_holds_its_whole_silhouette(
    distance: float, bearing: float, yaw: float, aside: float, is_deer: bool
):
    x, y = distance * np.cos(bearing), distance * np.sin(bearing)
    actor, flesh = (
        creature("animal", x, y, yaw, DEER, "walker.animal.white_tailed_deer", "white_tailed_deer") if is_deer else
        creature("walker", x, y, yaw, STRIDING_WALKER, "walker.pedestrian.0001", speed=1.35))
    alone = film([actor], flesh)
    # Half of it or so is behind a post as wide as itself.
    post = before(x / 2, y / 2 + aside / 2, y / 2 + aside / 2 + 0.6, 3.0)
    frame = counted_as(film([actor], [*flesh, post]), alone, actor.simulator_id)
    for label in label_frame(frame, RIG):
        whole = label.amodal_bbox_px
        assert whole is not None
        beyond = np.subtract(label.bbox_px, whole) * [1, 1, -1, -1]
        assert beyond.max() <= 1.0, (label.bbox_px, whole)


def test_a_body_next_to_the_camera_keeps_what_was_measured():
    actor, flesh = creature("walker", 2.0, 0.0, 0.3, STRIDING_WALKER, "walker.pedestrian.0001", speed=1.35)
    frame = film([actor], flesh)
    (label,) = label_frame(counted_as(frame, frame, actor.simulator_id), RIG)
    assert label.size_hwl_m[1] == pytest.approx(0.5, abs=0.3)


def test_without_silhouettes_half_a_van_behind_a_wall_has_its_pixels_estimated():
    actor, metal = car(15.0, 0.06, blueprint="vehicle.mercedes.sprinter", size=(5.92, 1.99, 2.56))
    alone, half = film([actor], metal), film([actor], [*metal, before(6.0, 0.06, 5.0, 4.0)])
    (whole,), (label,) = label_frame(alone, RIG), label_frame(half, RIG)
    assert label.visibility == "expected shape"
    assert label.silhouette_px == pytest.approx(whole.visible_px, rel=0.12)
    assert label.visible_fraction == pytest.approx(label.visible_px / label.silhouette_px, abs=1e-3)
    assert label.amodal_bbox_px == pytest.approx(whole.visible_bbox_px, abs=8.0)
    assert label.visible_bbox_px[0] > whole.visible_bbox_px[0] + 50


def test_without_silhouettes_what_lies_beside_the_picture_is_estimated():
    size = (5.92, 1.99, 2.56)
    actor, metal = car(9.0, -5.5, blueprint="vehicle.mercedes.sprinter", size=size)
    (label,) = label_frame(film([actor], metal), RIG)
    assert label.truncation == pytest.approx(label.outside_fraction, abs=0.12)
    assert label.silhouette_px == label.visible_px
    left, _, right, _ = label.amodal_bbox_px
    assert left == label.visible_bbox_px[0]
    assert right > 1300


def test_without_a_depth_picture_nothing_is_estimated(frame: Frame):
    blind = replace(frame, views={"camera_2": replace(frame.views["camera_2"], depth_m=None)})
    (label,) = label_frame(blind, RIG)
    assert (label.silhouette_px, label.outside_fraction, label.amodal_bbox_px) == (None, None, None)


def test_pixels_beside_the_expected_shape_are_counted_as_they_are():
    # A single own pixel beside the head, where no part of the shape is.
    camera = RIG.label_camera
    view = View(camera.optical_from_rig @ RigidTransform.from_yaw(0.0, (30.0, 0.0, 0.0)), camera.intrinsics)
    extent = Extent.standing((0.35, 0.55, 1.75))
    whole = view.region(extent)
    assert whole is not None
    corner = Region(whole.left, whole.top, whole.left + 1, whole.top + 1)
    sighting = Sighting(corner, np.ones((1, 1), np.bool_), np.full((1, 1), 30.0, np.float32), np.zeros((1, 3)),
                        np.zeros((0, 3)))
    found = estimate(extent, "walker", view, sighting)
    assert (found.visible_fraction, found.silhouette_px, found.outside_fraction) == (1.0, 1, 0.0)
