"""Light and shade, told apart from the texture of what they fall on.

Works on blocks of pixels, on ground and on everything else separately, so that neither a dark car nor the sky has a say
in how bright a road is.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from sensors.camera.surfaces import GROUND_KINDS, KINDS, SKY
from sensors.compiled import compiled

BLOCK = 4           # pixels
_WINDOW = 9         # blocks
_TEXTURE = 0.25     # contrasts smaller than this are texture, larger ones light and shade
GROUND, REST = 0, 1
_GROUP = np.full(KINDS, REST, np.uint8)
_GROUP[list(GROUND_KINDS)] = GROUND


@dataclass(frozen=True, eq=False, slots=True)
class Shading:
    """How bright a picture's surfaces are, block by block.

    grey:  (H, W) luminance.
    mean:  (2, h, w) smoothed luminance of what is ground and of what is not; the sky has no part in either.
    gain:  (2, h, w) 0 … 1: how far luminance there varies by more than texture.
    usual: (KINDS,) of each kind of surface where it is lit as most of it is; 0 if none is seen.
    """

    grey: NDArray[np.float32]
    mean: NDArray[np.float32]
    gain: NDArray[np.float32]
    usual: NDArray[np.float32]

    def whole(self, blocks: NDArray[np.float32]) -> NDArray[np.float32]:
        """(h, w) values of blocks as a picture of (H, W)."""
        height, width = self.grey.shape
        return np.asarray(cv2.resize(blocks, (width, height), interpolation=cv2.INTER_LINEAR))


def shading_of(light: NDArray[np.float32], kind: NDArray[np.uint8]) -> Shading:
    """Light and shade of a picture, by (H, W) kinds of surface: a guided filter (He 2010) on each of the two groups."""
    height, width = kind.shape
    size = (2, -(-height // BLOCK), -(-width // BLOCK))
    grey = np.empty((height, width), np.float32)
    total, square, count = np.zeros(size, np.float32), np.zeros(size, np.float32), np.zeros(size, np.float32)
    _blocks(light, kind, _GROUP, grey, total, square, count)
    mean, gain = np.empty(size, np.float32), np.empty(size, np.float32)
    for group in (GROUND, REST):
        weight = np.maximum(_near(count[group]), np.float32(1e-3))
        mean[group] = _near(total[group]) / weight
        variance = np.maximum(_near(square[group]) / weight - mean[group] ** 2, 0.0)
        gain[group] = variance / (variance + (np.float32(_TEXTURE) * mean[group]) ** 2 + np.float32(1e-9))
    middle = kind[BLOCK // 2::2 * BLOCK, BLOCK // 2::2 * BLOCK]
    usual = np.zeros(KINDS, np.float32)
    seen = mean[:, ::2, ::2][:, :middle.shape[0], :middle.shape[1]]
    for each in range(KINDS):
        there = seen[_GROUP[each]][middle == each]
        usual[each] = np.percentile(there, 60) if there.size and each != SKY else 0.0
    return Shading(grey, mean, gain, usual)


def _near(blocks: NDArray[np.float32]) -> NDArray[np.float32]:
    return np.asarray(cv2.blur(blocks, (_WINDOW, _WINDOW), borderType=cv2.BORDER_REPLICATE))


@compiled
def _blocks(light: NDArray[np.float32], kind: NDArray[np.uint8], group_of: NDArray[np.uint8], grey: NDArray[np.float32],
            total: NDArray[np.float32], square: NDArray[np.float32], count: NDArray[np.float32]) -> None:
    height, width = kind.shape
    zero, one = np.float32(0.0), np.float32(1.0)
    for i in range(total.shape[1]):
        for j in range(total.shape[2]):
            ground, ground_square, grounds = zero, zero, zero
            rest, rest_square, rests = zero, zero, zero
            for v in range(4 * i, min(4 * i + 4, height)):
                for u in range(4 * j, min(4 * j + 4, width)):
                    value = (np.float32(0.2126) * light[v, u, 0] + np.float32(0.7152) * light[v, u, 1]
                             + np.float32(0.0722) * light[v, u, 2])
                    grey[v, u] = value
                    k = kind[v, u]
                    if k != 0:
                        if group_of[k] == 0:
                            ground, grounds = ground + value, grounds + one
                            ground_square += value * value
                        else:
                            rest, rests = rest + value, rests + one
                            rest_square += value * value
            total[0, i, j], square[0, i, j], count[0, i, j] = ground, ground_square, grounds
            total[1, i, j], square[1, i, j], count[1, i, j] = rest, rest_square, rests
