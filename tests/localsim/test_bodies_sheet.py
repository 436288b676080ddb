"""The contact sheet: who is who can be told by the silhouette from the side."""

from __future__ import annotations

import itertools

import cv2
import numpy as np
from numpy.typing import NDArray

from simgen.localsim.bodies.sheet import Studio, catalogued

SEVEN = ("walker.animal.white_tailed_deer", "walker.animal.moose", "walker.animal.dog", "walker.pedestrian.0004",
         "walker.pedestrian.0012", "vehicle.lincoln.mkz_2020", "vehicle.mitsubishi.fusorosa")
WIDTH, HEIGHT = 900, 240


def outlines() -> list[NDArray[np.bool_]]:
    """One mask for each of the seven, from left to right, cut out of one picture at one scale."""
    known = {subject.name: subject for subject in catalogued()}
    picture = Studio().silhouettes([known[name] for name in SEVEN], "side", WIDTH, HEIGHT)
    black = (picture[..., 0] < 128).astype(np.uint8)
    count, label, box, _ = cv2.connectedComponentsWithStats(black, connectivity=8)
    large = sorted((k for k in range(1, count) if box[k, cv2.CC_STAT_AREA] > 60),
                   key=lambda k: int(box[k, cv2.CC_STAT_LEFT]))
    rows = max(int(box[k, cv2.CC_STAT_HEIGHT]) for k in large)
    columns = max(int(box[k, cv2.CC_STAT_WIDTH]) for k in large)
    masks = []
    for k in large:
        left, top, width, height = (int(v) for v in box[k, :4])
        mask = np.zeros((rows, columns), np.bool_)
        mask[rows - height:, :width] = label[top:top + height, left:left + width] == k
        masks.append(mask)
    return masks


def test_seven_silhouettes_stand_apart_and_no_two_are_alike():
    masks = [mask for mask in outlines() if mask.sum() > 100]
    masks = [mask for mask in masks if np.ptp(np.nonzero(mask)[0]) > 12 and np.ptp(np.nonzero(mask)[1]) > 4]
    assert len(masks) >= 7
    for one, other in itertools.combinations(masks[:7], 2):
        assert (one & other).sum() / (one | other).sum() < 0.5
