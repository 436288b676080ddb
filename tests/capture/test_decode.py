"""CARLA's buffers, written by hand and read as arrays."""

from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from sensors.lidar.casting import fans_of
from sensors.rig import load_rig
from simgen.capture.decode import (
    SEMANTIC_POINT,
    decode_depth,
    decode_hits,
    decode_instances,
    decode_rgb,
    sweep_of,
)

RIG = load_rig("kitti")


def image(blue: int, green: int, red: int) -> Any:
    pixels = np.zeros((404, 1264, 4), np.uint8)
    pixels[29, 22] = (blue, green, red, 255)               # becomes the stored picture's top left pixel
    return SimpleNamespace(raw_data=pixels.tobytes(), height=404, width=1264)


def test_a_picture_is_cropped_and_turned_to_red_first() -> None:
    rgb = decode_rgb(image(1, 2, 3), RIG.label_camera)
    assert rgb.shape == (375, 1242, 3)
    assert rgb[0, 0].tolist() == [3, 2, 1]
    assert not rgb[1:].any()


def test_depth_counts_red_least_and_blue_most() -> None:
    assert decode_depth(image(255, 255, 255), RIG.label_camera)[0, 0] == pytest.approx(1000.0)
    assert decode_depth(image(0, 0, 1), RIG.label_camera)[0, 0] == pytest.approx(1000 / (256**3 - 1))
    assert decode_depth(image(0, 1, 0), RIG.label_camera)[0, 0] == pytest.approx(256_000 / (256**3 - 1))


def test_an_instance_id_is_green_plus_256_blue_and_its_tag_is_red() -> None:
    tag, ids = decode_instances(image(2, 7, 14), RIG.label_camera)
    assert (tag[0, 0], ids[0, 0]) == (14, 7 + 512)


def block(rows: list[tuple[tuple[float, float, float], float, int, int]], counts: list[int]) -> Any:
    return SimpleNamespace(
        raw_data=np.array(rows, SEMANTIC_POINT).tobytes(), channels=len(counts), get_point_count=counts.__getitem__
    )


def test_a_sweep_is_right_handed_in_kitti_s_order_and_without_the_ego() -> None:
    upper = block([((10, 5, 0), 0.5, 8, 14), ((10, -5, 0), 0.6, 0, 1), ((1, 0, -1), 0.1, 7, 14)], [3] + [0] * 31)
    lower = block([((20, 0, -3), 0.7, 0, 1)], [0] * 31 + [1])
    plan = fans_of(RIG.lidar)
    hits = decode_hits([upper, lower], plan)
    sweep = sweep_of(hits, hits.actor_id == 7, plan, RIG.lidar)
    # Counter-clockwise from straight ahead: first what is on the left (CARLA's negative y).
    assert sweep.points_m.tolist() == [[10, 5, 0], [10, -5, 0], [20, 0, -3]]
    assert sweep.simulator_id.tolist() == [0, 8, 0]
    assert sweep.ring.tolist() == [0, 0, 63]
    assert sweep.tag.tolist() == [1, 14, 1]
    assert sweep.cos_incidence.tolist() == pytest.approx([0.6, 0.5, 0.7])
