from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from simgen.verify.geometry import (
    Box,
    area,
    clipped,
    crossings,
    overlap,
    projected_rectangle,
    wrap,
)
from simgen.verify.texts import parse_row

CAMERA = np.array([[100.0, 0, 50, 0], [0, 100.0, 40, 0], [0, 0, 1, 0]])


def test_a_box_that_looks_right_has_its_length_along_x() -> None:
    corners = Box((10.0, 1.65, 20.0), length_m=4, width_m=2, height_m=1.5, yaw_rad=0.0).corners()
    assert corners.min(axis=0) == pytest.approx([8.0, 0.15, 19.0])
    assert corners.max(axis=0) == pytest.approx([12.0, 1.65, 21.0])


def test_a_box_that_drives_ahead_has_its_front_farther_away() -> None:
    box = Box((0.0, 1.65, 20.0), length_m=4, width_m=2, height_m=1.5, yaw_rad=-math.pi / 2)
    assert box.axes()[0] == pytest.approx([0.0, 0.0, 1.0], abs=1e-12)
    assert box.local(np.array([[0.0, 1.65, 22.0]])) == pytest.approx(np.array([[2.0, 0.0, 0.0]]), abs=1e-12)


def test_the_bottom_centre_is_on_the_face_and_the_margin_grows_every_side() -> None:
    box = Box((0.0, 1.65, 20.0), length_m=4, width_m=2, height_m=1.5, yaw_rad=0.0)
    points = np.array([[0, 1.65, 20], [0, 0.15, 20], [0, 1.70, 20], [2.05, 1, 20], [0, 1, 21.05]])
    assert box.contains(points).tolist() == [True, True, False, False, False]
    assert box.contains(points, margin_m=0.06).all()


def test_a_metre_wide_square_ten_metres_ahead_is_ten_pixels_wide() -> None:
    box = Box((0.0, 0.5, 10.5), length_m=1, width_m=1, height_m=1, yaw_rad=0.0)
    assert projected_rectangle(CAMERA, box.corners()) == pytest.approx((45.0, 35.0, 55.0, 45.0))


def test_a_box_that_reaches_behind_the_camera_still_has_a_rectangle_on_its_side() -> None:
    box = Box((3.0, 1.0, 0.0), length_m=2, width_m=10, height_m=1, yaw_rad=0.0)
    rectangle = projected_rectangle(CAMERA, box.corners())
    assert rectangle is not None
    assert rectangle[0] == pytest.approx(50 + 100 * 2 / 5)  # the farthest edge's left end
    assert rectangle[2] > 10_000  # the near end leaves to the right


def test_a_box_behind_the_camera_has_no_rectangle() -> None:
    assert projected_rectangle(CAMERA, Box((0.0, 1.0, -9.0), 2, 2, 2, 0.0).corners()) is None


def test_clipping_keeps_edge_pixels() -> None:
    assert clipped((-5.0, -5.0, 200.0, 20.0), 100, 80) == (0.0, 0.0, 99.0, 20.0)
    assert clipped((100.0, 0.0, 200.0, 20.0), 100, 80) is None


def test_two_squares_that_share_a_quarter_overlap_by_a_seventh() -> None:
    assert overlap((0, 0, 2, 2), (1, 1, 3, 3)) == pytest.approx(1 / 7)
    assert overlap((0, 0, 2, 2), (2, 0, 4, 2)) == 0.0
    assert area((1, 1, 3, 4)) == 6.0


def test_a_beam_enters_by_the_near_face_and_leaves_by_the_far_one() -> None:
    ends = np.array([[10.0, 0.0, 0.5], [10.0, 9.0, 0.5], [-10.0, 0.0, 0.5]])
    way = crossings(np.array([0.0, 0.0, 0.5]), ends, np.array([4.0, -1, 0]), np.array([6.0, 1, 1]))
    assert way.hits.tolist() == [True, False, False]
    assert (way.entry[0], way.exit[0], way.entry_axis[0]) == pytest.approx((0.4, 0.6, 0))


REAL_P2 = np.array([[721.5377, 0, 609.5593, 44.85728], [0, 721.5377, 172.854, 0.2163791], [0, 0, 1, 0.002745884]])
REAL_ROWS = """\
Truck 0.00 0 -1.57 599.41 156.40 629.75 189.25 2.85 2.63 12.34 0.47 1.49 69.44 -1.56
Car 0.00 0 1.85 387.63 181.54 423.81 203.12 1.67 1.87 3.69 -16.53 2.39 58.49 1.57
Cyclist 0.00 3 -1.65 676.60 163.95 688.98 193.93 1.86 0.60 2.02 4.59 1.32 45.84 -1.55
Car 0.88 3 -0.69 0.00 192.37 402.31 374.00 1.60 1.57 3.23 -2.70 1.74 3.68 -1.29
"""


@pytest.mark.parametrize("line", REAL_ROWS.splitlines())
def test_rows_of_the_real_dataset_agree_with_this_geometry(line: str) -> None:
    """Four published rows of KITTI's training frames 000001 and 000008, annotated by people."""
    row = parse_row(line, 1)
    assert row is not None
    whole = projected_rectangle(REAL_P2, row.box.corners())
    assert whole is not None
    part = clipped(whole, 1242, 375)
    assert part is not None
    assert overlap(part, row.bbox_px) > 0.93
    assert 1 - area(part) / area(whole) == pytest.approx(row.truncation, abs=0.01)
    expected_alpha = row.box.yaw_rad - math.atan2(row.box.bottom_m[0], row.box.bottom_m[2])
    assert row.alpha_rad == pytest.approx(expected_alpha, abs=0.035)


def test_angles_are_wrapped_to_half_a_turn() -> None:
    assert wrap(3 * math.pi / 2) == pytest.approx(-math.pi / 2)
    assert wrap(-3.0) == -3.0


@given(
    st.tuples(st.floats(-20, 20), st.floats(0, 2), st.floats(-20, 60)),
    st.tuples(*[st.floats(0.3, 9)] * 3),
    st.floats(-math.pi, math.pi),
)
def test_corners_are_the_extremes_of_what_a_box_contains(
    bottom: tuple[float, float, float], size: tuple[float, float, float], yaw: float
) -> None:
    box = Box(bottom, *size, yaw_rad=yaw)
    corners, middle = box.corners(), np.array(bottom) - [0, box.height_m / 2, 0]
    assert box.contains(middle + (corners - middle) * 0.999).all()
    assert not box.contains(middle + (corners - middle) * 1.001).any()
