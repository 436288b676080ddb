"""Visibility where the simulator counts each object's silhouette: hand-made rows, exact results."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from sensors.rigid import RigidTransform
from simgen.frame import Frame, LevelObject, Silhouette
from simgen.label import label_frame
from tests.label.scene import RIG, box_solid, car, film


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
    assert (label.silhouette_px, label.outside_fraction, label.amodal_bbox_px) == (None, None, None)


def test_an_object_of_the_level_has_its_own_row_though_an_actor_has_the_same_number():
    size = (3.71, 1.79, 1.55)
    thing = LevelObject(101, "car", RigidTransform.from_yaw(0.0, (15.0, -3.0, size[2] / 2)), np.array(size))
    actor, metal = car(15.0, 3.0)
    both = replace(film([actor], [*metal, box_solid(15.0, -3.0, 0.0, size, 0, 14)]), level_objects=(thing,))
    rows = (Silhouette(101, False, False, 50, 100, 0.0, BOX), Silhouette(101, True, False, 25, 100, 0.0, BOX))
    labels = {label.role: label for label in label_frame(counted(both, *rows), RIG)}
    assert {role: label.visible_fraction for role, label in labels.items()} == {"car": 0.5, "level_101": 0.25}
