"""What a lens does to pixels, and where labels go with them."""

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sensors.camera.bending import Lens
from sensors.camera.distortion import lens_map, recording_map
from sensors.pinhole import Intrinsics

KITTI = Intrinsics(721.5377, 609.5593, 172.8540, 1242, 375)
RAW = Lens("brown_conrady", (-0.3728, 0.2037, 0.0022, 0.0014, -0.0723))
WIDE = Lens("kannala_brandt", (0.08, -0.03, 0.01, -0.002))
SQUARE = Intrinsics.from_fov(641, 481, np.radians(100))


def _some_pixels(size, n=500, seed=0):
    return np.random.default_rng(seed).random((n, 2)) * (size.width - 1, size.height - 1)


def test_a_point_bends_as_the_formula_says():
    unit = Intrinsics(100.0, 0.0, 0.0, 101, 101)
    lens = lens_map(unit, Lens("brown_conrady", (-0.1, 0.02, 0.001, 0.002, 0.003)), unit)
    r2, radial = 0.25, 1 - 0.1 * 0.25 + 0.02 * 0.25 ** 2 + 0.003 * 0.25 ** 3
    x = 0.3 * radial + 2 * 0.001 * 0.12 + 0.002 * (r2 + 0.18)
    y = 0.4 * radial + 0.001 * (r2 + 0.32) + 2 * 0.002 * 0.12
    assert lens.distort_points(np.array([[30.0, 40.0]]))[0] == pytest.approx([100 * x, 100 * y], abs=1e-10)


def test_an_equidistant_fisheye_puts_45_degrees_at_a_quarter_of_pi():
    unit = Intrinsics(100.0, 0.0, 0.0, 101, 101)
    lens = lens_map(unit, Lens("kannala_brandt", (0.0, 0.0, 0.0, 0.0)), unit)
    assert lens.distort_points(np.array([100.0, 0.0])) == pytest.approx([25 * np.pi, 0])


@pytest.mark.parametrize(("size", "lens"), [(KITTI, RAW), (SQUARE, WIDE)])
def test_pixels_bent_and_straightened_are_where_they_were(size, lens):
    way = lens_map(size, lens)
    pixels = _some_pixels(size)
    assert np.abs(way.undistort_points(way.distort_points(pixels)) - pixels).max() < 1e-9
    assert np.abs(way.distort_points(way.undistort_points(pixels)) - pixels).max() < 1e-9


@settings(max_examples=50, deadline=None)
@given(k1=st.floats(-0.3, 0.3), k2=st.floats(-0.05, 0.2), p=st.floats(-0.004, 0.004), column=st.floats(0, 1241),
       row=st.floats(0, 374))
def test_any_lens_that_does_not_fold_can_be_undone(k1, k2, p, column, row):
    try:
        way = lens_map(KITTI, Lens("brown_conrady", (k1, k2, p, -p, 0.0)), KITTI)
    except ValueError as refused:
        assert "folds" in str(refused)
        return
    there = way.distort_points(np.array([column, row]))
    assert np.abs(way.undistort_points(there) - (column, row)).max() < 1e-9


def test_opencv_bends_pixels_to_the_same_places():
    pixels = _some_pixels(KITTI)
    way = lens_map(KITTI, RAW)
    rays = np.concatenate([(pixels - (KITTI.cx, KITTI.cy)) / KITTI.f, np.ones((len(pixels), 1))], axis=1)
    k = np.array([[way.bent.f, 0, way.bent.cx], [0, way.bent.f, way.bent.cy], [0, 0, 1]])
    theirs = cv2.projectPoints(rays, np.zeros(3), np.zeros(3), k, np.array(RAW.coefficients))[0][:, 0]
    assert np.abs(way.distort_points(pixels) - theirs).max() < 1e-8

    way = lens_map(SQUARE, WIDE)
    k = np.array([[way.bent.f, 0, way.bent.cx], [0, way.bent.f, way.bent.cy], [0, 0, 1]])
    pixels = _some_pixels(SQUARE)
    plane = (pixels - (SQUARE.cx, SQUARE.cy)) / SQUARE.f
    theirs = cv2.fisheye.distortPoints(plane[:, None], k, np.array(WIDE.coefficients))[:, 0]
    assert np.abs(way.distort_points(pixels) - theirs).max() < 1e-8


def test_opencv_straightens_pixels_to_the_same_places_near_the_middle():
    way = lens_map(KITTI, RAW, KITTI)
    pixels = np.array([[609.0, 172.0], [700.0, 200.0], [500.0, 100.0]])
    k = np.array([[KITTI.f, 0, KITTI.cx], [0, KITTI.f, KITTI.cy], [0, 0, 1]])
    theirs = cv2.undistortPoints(pixels[:, None], k, np.array(RAW.coefficients), P=k)[:, 0]
    assert np.abs(way.undistort_points(pixels) - theirs).max() < 1e-3


def test_no_pixel_of_the_bent_picture_is_empty_and_none_more_is_cut_than_needed():
    way = lens_map(KITTI, RAW)
    pixels = np.stack(np.meshgrid(np.arange(1242.0), np.arange(375.0)), axis=-1)
    column, row = np.moveaxis(way.undistort_points(pixels), -1, 0)
    assert column.min() >= -1e-6 and column.max() <= 1241 + 1e-6 and row.min() >= -1e-6 and row.max() <= 374 + 1e-6
    assert min(column.min(), 1241 - column.max(), row.min(), 374 - row.max()) < 1e-6
    assert way.bent.f > KITTI.f


@pytest.mark.parametrize("lens", [Lens("brown_conrady", (-0.9, 0.0, 0.0, 0.0, 0.0)),
                                  Lens("brown_conrady", (0.0, 0.0, 0.0, 0.4, 0.0)),
                                  Lens("kannala_brandt", (-0.9, 0.0, 0.0, 0.0))])
def test_a_lens_that_folds_the_picture_is_refused_in_one_sentence(lens):
    with pytest.raises(ValueError, match=r"^the lens .* folds the picture back onto itself [0-9]+° off the axis.*$"):
        lens_map(SQUARE, lens)


@pytest.mark.parametrize(("model", "coefficients"), [("fisheye", ()), ("brown_conrady", (0.1,)),
                                                     ("kannala_brandt", (0.0, 0.0, 0.0, np.nan))])
def test_a_lens_that_is_none_is_refused(model, coefficients):
    with pytest.raises(ValueError, match=model):
        Lens(model, coefficients)


def test_points_beyond_the_fold_are_nowhere():
    way = lens_map(KITTI, RAW)
    assert 1.0 < way.folds_at < 2.0
    assert np.isnan(way.distort_points(np.array([1e5, 0.0]))).all()
    assert np.isnan(way.undistort_points(np.array([1e5, 0.0]))).all()


@pytest.mark.parametrize(("size", "lens"), [(KITTI, RAW), (SQUARE, WIDE)])
def test_a_bent_box_is_the_tightest_around_its_bent_edges(size, lens):
    way = lens_map(size, lens)
    corners = np.sort(_some_pixels(size, 40, seed=1).reshape(20, 2, 2), axis=1)
    boxes = corners.reshape(20, 4)
    share = np.linspace(0, 1, 20001)[:, None, None]
    left, top, right, bottom = boxes.T
    edges = [np.stack(np.broadcast_arrays(left + share[..., 0] * (right - left), side), -1) for side in (top, bottom)]
    edges += [np.stack(np.broadcast_arrays(side, top + share[..., 0] * (bottom - top)), -1) for side in (left, right)]
    bent = way.distort_points(np.concatenate(edges))
    brute = np.concatenate([bent.min(axis=0), bent.max(axis=0)], axis=-1)
    assert np.abs(way.distort_box(boxes) - brute).max() < 1e-4


def test_a_rotated_polygon_is_held_as_tightly():
    way = lens_map(SQUARE, WIDE)
    diamond = np.array([[320.0, 20.0], [620.0, 240.0], [320.0, 460.0], [20.0, 240.0]])
    box = way.distort_polygon(diamond)
    bent = way.distort_points(diamond)
    assert box[:2] == pytest.approx(bent.min(axis=0), abs=1e-6)


def test_a_mark_in_the_picture_lands_where_its_label_says():
    way = lens_map(KITTI, RAW)
    image = np.zeros((375, 1242), np.float32)
    marks = np.array([[100, 60], [640, 180], [1150, 330]])
    for column, row in marks:
        image[row - 1:row + 2, column - 1:column + 2] = 1.0
    bent = way.warp(image)
    for column, row in way.distort_points(marks.astype(float)):
        rows, columns = np.mgrid[int(row) - 6:int(row) + 8, int(column) - 6:int(column) + 8]
        weight = bent[rows, columns]
        assert [(weight * columns).sum() / weight.sum(), (weight * rows).sum() / weight.sum()] == \
            pytest.approx([column, row], abs=0.06)


def test_numbers_of_actors_are_never_mixed():
    way = lens_map(KITTI, RAW)
    mask = np.zeros((375, 1242), np.uint32)
    mask[100:300, 200:900] = 70_001
    mask[:, 1000:] = 9
    bent = way.warp_nearest(mask)
    assert bent.dtype == np.uint32 and set(np.unique(bent)) == {0, 9, 70_001}


def test_a_recorded_and_rectified_picture_is_the_picture():
    rows, columns = np.mgrid[:375, :1242].astype(np.float32)
    image = np.sin(columns / 23) + np.cos(rows / 17)
    way = recording_map(KITTI, RAW)
    assert np.abs(way.unwarp(way.warp(image)) - image)[2:-2, 2:-2].max() < 5e-3


def test_without_distortion_pictures_are_the_same_objects():
    way = lens_map(KITTI, Lens())
    image = np.zeros((375, 1242, 3), np.uint8)
    assert way.is_identity and way.warp(image) is image and way.unwarp(image) is image


def test_a_picture_of_another_size_is_refused():
    with pytest.raises(ValueError, match="1242×375, not 10×20"):
        lens_map(KITTI, RAW).warp(np.zeros((20, 10), np.float32))
