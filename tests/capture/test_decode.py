"""CARLA's buffers, written by hand and read as arrays."""

from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from sensors.lidar.casting import fans_of
from sensors.lidar.order import kitti_order
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


def test_a_sweep_holds_every_hit_of_a_beam_that_is_not_the_ego_s_once() -> None:
    """Against the same in steps of numpy's."""
    rng, plan = np.random.default_rng(1), fans_of(RIG.lidar)
    counts = rng.integers(0, 60, plan.rows)
    fans = np.split(np.arange(plan.rows), np.cumsum([fan.channels for fan in plan.fans])[:-1])
    blocks = [block([((float(x), float(y), float(z)), float(c), int(rng.integers(0, 4)), int(rng.integers(1, 29)))
                     for x, y, z, c in zip(*rng.normal(0, 20, (3, total)), rng.random(total), strict=True)],
                    counts[rows].tolist())
              for rows in fans if (total := int(counts[rows].sum()))]
    raw = np.concatenate([np.frombuffer(one.raw_data, SEMANTIC_POINT) for one in blocks])
    beam = np.repeat(plan.beam_of_row, counts)
    hits = decode_hits(blocks, plan)
    assert np.array_equal(hits.points_m, raw["xyz"] * np.float32([1, -1, 1]))
    assert np.array_equal(hits.cos_incidence, raw["cos_incidence"]) and np.array_equal(hits.tag, raw["tag"])
    sweep = sweep_of(hits, hits.actor_id == 2, plan, RIG.lidar)
    kept = np.flatnonzero((beam >= 0) & (raw["actor"] != 2))
    order = kept[kitti_order(hits.points_m[kept], beam[kept].astype(np.uint8), RIG.lidar.azimuth_step_rad)]
    assert np.array_equal(sweep.points_m, hits.points_m[order]) and np.array_equal(sweep.ring, beam[order])
    assert np.array_equal(sweep.simulator_id, raw["actor"][order]) and np.array_equal(sweep.tag, raw["tag"][order])
    assert np.array_equal(sweep.cos_incidence, raw["cos_incidence"][order])
    assert sweep.body is not None and len(sweep.body.points_m) == np.count_nonzero((beam >= 0) & (raw["actor"] == 2))


def test_depth_is_the_same_number_in_every_part_of_a_picture() -> None:
    pixels = np.random.default_rng(2).integers(0, 256, (404, 1264, 4), np.uint8)
    depth = decode_depth(SimpleNamespace(raw_data=pixels.tobytes(), height=404, width=1264), RIG.label_camera)
    stored = RIG.label_camera.picture.crop(pixels).astype(np.float64)
    told = stored[..., 2] + 256 * stored[..., 1] + 65536 * stored[..., 0]
    assert np.array_equal(depth, (told * (1000.0 / (256.0**3 - 1.0))).astype(np.float32))
