"""Pictures of the truth: depth, semantics and instances, in KITTI's own numbers."""

from __future__ import annotations

import io
from pathlib import Path

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays
from PIL import Image

from sensors.boxes import Box3
from sensors.rig import load_rig
from simgen.errors import DatasetError
from simgen.frame import CameraView
from simgen.kitti.images import parse_truth_png, truth_png_bytes
from simgen.kitti.layout import PICTURE_FILES, frame_path
from simgen.kitti.reader import read_frame
from simgen.kitti.truth import (
    depth_picture,
    ego_pixels,
    instance_picture,
    owners_by_id,
    semantic_picture,
    truth_pictures,
)
from simgen.kitti.writer import make_folders, write_frame
from tests.kitti.test_frames import DEER_LABEL, EpisodeFormat, KittiFrame, a_frame, replace

RIG = load_rig("kitti")


def test_depth_has_256_steps_a_metre_and_nothing_beyond_256_m() -> None:
    depth = np.array([[1.0, 255.996, 255.999, 256.0, 1000.0, 0.001953125]], np.float32)
    assert depth_picture(depth).tolist() == [[256, 65535, 0, 0, 0, 0]]
    assert depth_picture(np.float32([[10.125]])).dtype == np.uint16


@given(st.floats(0.125, 255.875, width=32))
def test_depth_is_read_back_to_half_a_step(depth_m: float) -> None:
    assert abs(float(depth_picture(np.float32([[depth_m]]))[0, 0]) / 256 - depth_m) <= 0.5 / 256 + 1e-6


def test_tags_become_cityscapes_label_ids() -> None:
    """Road, pavement, pedestrian, car, bicycle, sky, dynamic (animals), road line, water, and what is no tag."""
    tags = np.array([[1, 2, 12, 14, 19, 11, 21, 24, 23, 200]], np.uint8)
    assert semantic_picture(tags).tolist() == [[7, 8, 24, 26, 33, 23, 5, 7, 0, 0]]


def test_instances_are_numbered_for_each_class_in_the_order_of_their_owners() -> None:
    semantic = np.array([[26, 26, 26, 24, 24, 7, 25, 33]], np.uint8)
    owner = np.array([[5, 2, -1, 4, 2, -1, 9, 9]])
    assert instance_picture(semantic, owner).tolist() == [[
        26 * 256 + 2, 26 * 256 + 1, 26 * 256, 24 * 256 + 2, 24 * 256 + 1, 7 * 256, 25 * 256 + 1, 33 * 256 + 1]]


@given(arrays.arrays(np.uint8, (5, 7), elements=st.integers(0, 33)),
       arrays.arrays(np.int32, (5, 7), elements=st.integers(-1, 6)))
def test_an_instance_picture_holds_the_classes_and_tells_owners_apart(semantic: np.ndarray, owner: np.ndarray) -> None:
    picture = instance_picture(semantic, owner)
    assert np.array_equal(picture // 256, semantic)
    assert np.array_equal(picture % 256 > 0, owner >= 0)
    owned = owner >= 0
    pairs = {*zip(semantic[owned].tolist(), owner[owned].tolist(), strict=True)}
    assert len({*picture[owned].tolist()}) == len(pairs)


def test_more_instances_than_a_picture_can_number_are_refused() -> None:
    crowd = np.arange(256).reshape(1, -1)
    with pytest.raises(DatasetError, match="256 instances of label id 24"):
        instance_picture(np.full(crowd.shape, 24, np.uint8), crowd)
    assert instance_picture(np.full((1, 255), 24, np.uint8), crowd[:, :255]).max() == 24 * 256 + 255


def test_ids_of_16_bits_name_their_owners() -> None:
    view = CameraView(np.zeros((1, 3, 3), np.uint8), instance_id=np.array([[7, 70, 0]], np.uint16))
    assert owners_by_id(view, {7: 2, 65536 + 70: 1}).tolist() == [[1, 0, -1]]


def view_of(tag: int, depth_m: float) -> CameraView:
    shape = (375, 1242)
    return CameraView(np.zeros((*shape, 3), np.uint8), np.full(shape, depth_m, np.float32),
                      np.full(shape, tag, np.uint8), np.zeros(shape, np.uint16))


def test_the_ego_s_own_bonnet_is_told_by_its_place() -> None:
    ego = Box3.upright((1.4, 0.0, 0.0), 0.0, (5.0, 1.9, 1.5))
    near = ego_pixels(view_of(14, 2.5), RIG.label_camera, ego)
    assert near[374, 600] and not near[100, 600]          # below the horizon the ray ends in the box, above it over it
    assert not ego_pixels(view_of(14, 4.9), RIG.label_camera, ego).any()       # ahead of the front bumper
    assert not ego_pixels(view_of(1, 2.5), RIG.label_camera, ego).any()        # the road
    picture = truth_pictures(("instance", "semantic"), view_of(14, 2.5), np.zeros((375, 1242), int), near)
    assert (picture["semantic"][374, 600], picture["instance"][374, 600]) == (1, 256)
    assert (picture["semantic"][100, 600], picture["instance"][100, 600]) == (26, 26 * 256 + 1)


def test_only_what_is_asked_for_is_made() -> None:
    assert {*truth_pictures(("depth_2",), view_of(1, 3.0))} == {"depth_2"}
    assert {*truth_pictures(("semantic",), view_of(1, 3.0))} == {"semantic"}
    with pytest.raises(ValueError, match="owners"):
        truth_pictures(("instance",), view_of(1, 3.0))
    with pytest.raises(ValueError, match="pictures"):
        truth_pictures(("normals",), view_of(1, 3.0))
    with pytest.raises(ValueError, match="no depths"):
        truth_pictures(("depth_2",), CameraView(np.zeros((2, 2, 3), np.uint8)))


@pytest.mark.parametrize(("kind", "mode"), [(np.uint8, "L"), (np.uint16, "I;16")])
def test_other_programs_read_the_same_values(kind: type, mode: str) -> None:
    values = np.arange(40 * 50).reshape(40, 50).astype(kind)
    content = truth_png_bytes(values)
    theirs = Image.open(io.BytesIO(content))
    assert theirs.mode == mode
    assert np.array_equal(np.asarray(theirs), values)
    assert np.array_equal(parse_truth_png(content), values)


def test_a_colour_picture_is_no_picture_of_values() -> None:
    colours = bytes(cv2.imencode(".png", np.zeros((2, 2, 3), np.uint8))[1])
    for content in (colours, b"", b"nothing"):
        with pytest.raises(DatasetError, match="one channel"):
            parse_truth_png(content)
    with pytest.raises(ValueError, match="uint8 or uint16"):
        truth_png_bytes(np.zeros((2, 2), np.int32))        # type: ignore[arg-type]


def test_pictures_on_request_survive_the_disk(tmp_path: Path) -> None:
    frame = a_frame()
    seen = replace(view_of(14, 12.5), instance_id=np.full((375, 1242), 77, np.uint16))
    frame = replace(frame, views={"camera_2": seen})
    form = EpisodeFormat.of("e", ["deer", "far_car"], RIG, [*PICTURE_FILES])
    stored = KittiFrame.from_capture(7, form, frame, [DEER_LABEL])
    make_folders(tmp_path, PICTURE_FILES)
    entries = write_frame(tmp_path, stored)
    assert {frame_path(folder, "000007") for folder in PICTURE_FILES} <= {*entries}
    again = read_frame(tmp_path, "000007")
    assert {folder: (int(picture[0, 0]), picture.dtype) for folder, picture in again.pictures.items()} == {
        "depth_2": (3200, np.uint16), "semantic": (26, np.uint8), "instance": (26 * 256 + 1, np.uint16)}
