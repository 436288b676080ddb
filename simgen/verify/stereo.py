"""Left and right: what stands d metres ahead lies f·B/d pixels farther left in the right camera's picture.

Patches round labelled objects are looked for where the right picture must show them, on the other side, and as they
would be if the left picture were mirrored. Source of the score: normalised cross-correlation, as in OpenCV's
``TM_CCOEFF_NORMED``.
"""

from __future__ import annotations

from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from simgen.verify.frames import FrameFiles
from simgen.verify.geometry import Rectangle

LEAST_DISPARITY_PX = 6.0
SLACK_PX = 3
"""Boxes have a depth, and rows of real pictures are rectified to a pixel."""
GROWN_SHARE = 0.15
"""Patches reach over an object's edges, where even a plain body has contrast."""
SMALLEST_PX, WIDEST_PX = 20, 260
LEAST_CONTRAST = 6.0
GOOD_SCORE, CLEARLY = 0.8, 0.1
PATCHES = 3
"""So many objects of a frame are judged, the nearest first."""
HALVED_FROM_PX = 90
"""Patches from this width on are compared at half their size, which tells as much."""

Pixels = NDArray[Any]


def side_votes(frame: FrameFiles) -> tuple[int, int, int]:
    """How many objects say: image_3 is the right camera's, it is the left camera's, image_2 is mirrored."""
    left, right, calib = frame.pixels("image_2"), frame.pixels("image_3"), frame.calib
    if left is None or right is None or calib is None or left.shape != right.shape or left.dtype != np.uint8:
        return (0, 0, 0)
    shift_m = float(calib.projections[2][0, 3] - calib.projections[3][0, 3])                # focal length · baseline
    votes = [0, 0, 0]
    whole = [row for row in frame.object_rows if row.occlusion == 0 and row.box.bottom_m[2] > 1.0]
    judged = 0
    for row in sorted(whole, key=lambda row: row.box.bottom_m[2]):
        disparity = shift_m / row.box.bottom_m[2]
        if judged == PATCHES or disparity < LEAST_DISPARITY_PX:
            break
        scores = _scores(left, right, row.bbox_px, disparity)
        if scores is not None:
            judged += 1
            best = int(np.argmax(scores))
            if scores[best] > GOOD_SCORE and scores[best] > sorted(scores)[1] + CLEARLY:
                votes[best] += 1
    return votes[0], votes[1], votes[2]


def _scores(left: Pixels, right: Pixels, box: Rectangle, disparity: float) -> list[float] | None:
    """How well the patch is found as it should be, on the other side, mirrored; None if it says nothing."""
    height, width = left.shape[:2]
    grow_x, grow_y = GROWN_SHARE * (box[2] - box[0]), GROWN_SHARE * (box[3] - box[1])
    if not all(np.isfinite(box)):
        return None
    x0, x1 = int(max(box[0] - grow_x, 0)), int(min(box[2] + grow_x, width))
    y0, y1 = int(max(box[1] - grow_y, SLACK_PX)), int(min(box[3] + grow_y, height - SLACK_PX))
    if not (SMALLEST_PX <= x1 - x0 <= WIDEST_PX and y1 - y0 >= SMALLEST_PX):
        return None
    patch = _grey(left[y0:y1, x0:x1])
    mirrored = _grey(left[y0:y1, width - x1 : width - x0][:, ::-1])
    if min(float(patch.std()), float(mirrored.std())) < LEAST_CONTRAST:
        return None
    scores = []
    for sample, shift in ((patch, -disparity), (patch, disparity), (mirrored, -disparity)):
        a, b = round(x0 + shift) - SLACK_PX, round(x1 + shift) + SLACK_PX
        if a < 0 or b > width:
            return None
        strip = _grey(right[y0 - 1 : y1 + 1, a:b])
        if x1 - x0 >= HALVED_FROM_PX:
            strip, sample = (_halved(pixels) for pixels in (strip, sample))
        scores.append(float(cv2.matchTemplate(strip, sample, cv2.TM_CCOEFF_NORMED).max()))
    return scores


def _halved(pixels: Pixels) -> Pixels:
    return np.asarray(cv2.resize(pixels, None, fx=0.5, fy=0.5, interpolation=cv2.INTER_AREA))


def _grey(pixels: Pixels) -> Pixels:
    """Green is most of brightness."""
    return np.ascontiguousarray(pixels if pixels.ndim == 2 else pixels[..., 1])
