"""From light to the numbers of a converter: the linear model of EMVA Standard 1288 (release 3.1).

A pixel that expects μ electrons from light and dark current counts a Poisson number of them, adds the noise σ of
reading them out, holds no more than its full well, and is amplified and rounded:

    count = round(black + K · min(Poisson(μ) + N(0, σ), full well)),      variance = K² (σ² + μ) + 1/12

One random number a pixel is enough for both: the sum is drawn by the first terms of Cornish and Fisher's expansion,
which has its exact mean and variance and, but for a few parts in a hundred, its skewness. Single electrons cannot be
told apart in a camera that reads out with more noise than a third of one, so nothing else of Poisson's law is seen.

The random number is SplitMix64 (Steele, Lea and Flood, OOPSLA 2014) of the pixel's number, through a table of the
normal distribution: what a pixel draws hangs on the key and its place only, and costs less than a generator's.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from statistics import NormalDist

import numpy as np
from numpy.typing import NDArray

from sensors.camera.exposure import Exposure
from sensors.chance import generator
from sensors.compiled import compiled
from sensors.devices.camera import CameraDevice

MOST_BITS = 16                              # a converter with more is kept to these; their steps lie below its noise
_BLACK_SHARE = 64                           # black lies at a 64th of the range, so that noise can go below it
_CELLS = 4096
_FARTHEST = 5.5                             # standard deviations; one pixel in 26 million would go farther


@dataclass(frozen=True, eq=False, slots=True)
class Pattern:
    """What sets one camera of a type apart from the next: fixed for its life.

    gain:     (H, W) float32: how sensitive each pixel is (PRNU, mean 1), times the light that the lens lets through.
    offset_e: (H, W) float32, mean 0: electrons more or less in the dark (DSNU).
    """

    gain: NDArray[np.float32]
    offset_e: NDArray[np.float32]


def pattern(device: CameraDevice, shape: tuple[int, int], serial: int = 0,
            reaching: NDArray[np.float32] | None = None) -> Pattern:
    """The fixed pattern of the camera with this serial number.

    Args:
        reaching: (H, W) share of light that the lens lets through (``vignetting``); None: all.
    """
    chance = generator(serial, device.name, "pattern")
    gain = 1.0 + np.float32(device.prnu) * chance.standard_normal(shape, np.float32)
    offset_e = np.float32(device.dsnu_e) * chance.standard_normal(shape, np.float32)
    return Pattern(gain if reaching is None else gain * reaching, offset_e)


@dataclass(frozen=True, slots=True)
class Converter:
    """How electrons become counts. black and top: the counts of no light and of the end of the range."""

    dn_per_e: float
    black: float
    top: float


def converter(device: CameraDevice, gain: float) -> Converter:
    bits = min(device.bits, MOST_BITS)
    top = 2.0 ** bits - 1.0
    return Converter(device.gain_dn_per_e * gain * 2.0 ** (bits - device.bits), round(top / _BLACK_SHARE), top)


def read_out(light: NDArray[np.float32], exposure: Exposure, device: CameraDevice, fixed: Pattern,
             chance: np.random.Generator | None, share: NDArray[np.float32] | None = None) -> NDArray[np.uint16]:
    """The counts of a sensor.

    Args:
        light:  (H, W, C) that falls on its pixels; 1 makes ``exposure.white_e`` electrons where ``fixed.gain`` is 1.
        chance: None: no noise, only rounding.
        share:  (2, 2, C) of them that the colour filters of even and odd rows and columns let through; None: all.

    Returns:
        (H, W, C).
    """
    counts = np.empty(light.shape, np.uint16)
    a_d = converter(device, exposure.gain)
    key = np.uint64(0) if chance is None else chance.integers(1 << 64, dtype=np.uint64)
    filters = np.ones((2, 2, light.shape[2]), np.float32) if share is None else share
    middle, tail = _normal_tables()
    _count(light, np.float32(exposure.white_e) * filters, fixed.gain, fixed.offset_e,
           np.float32(device.dark_e_per_s * exposure.time_s), np.float32(device.read_noise_e ** 2),
           np.float32(device.full_well_e), np.float32(a_d.dn_per_e), np.float32(a_d.black), np.float32(a_d.top),
           chance is not None, key, middle, tail, counts)
    return counts


@lru_cache(maxsize=1)
def _normal_tables() -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """The normal distribution's inverse at 0, 1/4096 … 1, and within the first cell of that once more."""
    inverse = NormalDist().inv_cdf
    def table(shares: NDArray[np.float64]) -> NDArray[np.float32]:
        return np.array([inverse(share) if 0.0 < share < 1.0 else (-_FARTHEST if share <= 0.0 else _FARTHEST)
                         for share in shares], np.float32)
    return table(np.arange(_CELLS + 1) / _CELLS), table(np.arange(_CELLS + 1) / _CELLS ** 2)


@compiled
def _count(light: NDArray[np.float32], white_e: NDArray[np.float32], gain: NDArray[np.float32],
           offset_e: NDArray[np.float32], dark_e: np.float32, read_variance: np.float32, full_well: np.float32,
           dn_per_e: np.float32, black: np.float32, top: np.float32, noisy: bool, key: np.uint64,
           middle: NDArray[np.float32], tail: NDArray[np.float32], counts: NDArray[np.uint16]) -> None:
    height, width, channels = light.shape
    state = key
    zero, half, sixth, two = np.float32(0.0), np.float32(0.5), np.float32(1.0 / 6.0), np.float32(2.0)
    fraction = np.float32(1.0 / 4294967296.0)
    for row in range(height):
        for column in range(width):
            for channel in range(channels):
                mean = (light[row, column, channel] * white_e[row & 1, column & 1, channel] * gain[row, column]
                        + dark_e)
                electrons = mean
                if noisy:
                    state = state + np.uint64(0x9E3779B97F4A7C15)
                    mixed = (state ^ (state >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
                    mixed = (mixed ^ (mixed >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
                    mixed = mixed ^ (mixed >> np.uint64(31))
                    cell = int(mixed >> np.uint64(52))
                    within = np.float32(mixed & np.uint64(0xFFFFFFFF)) * fraction
                    if 0 < cell < 4095:
                        normal = middle[cell] + (middle[cell + 1] - middle[cell]) * within
                    else:
                        sub = int((mixed >> np.uint64(40)) & np.uint64(0xFFF))
                        normal = tail[sub] + (tail[sub + 1] - tail[sub]) * within
                        if cell != 0:
                            normal = -normal
                    variance = mean + read_variance
                    if variance > zero:
                        skew = sixth * mean / variance
                        electrons = (mean + np.sqrt(variance - two * skew * skew) * normal
                                     + skew * (normal * normal - np.float32(1.0)))
                electrons = min(electrons + offset_e[row, column], full_well)
                count = electrons * dn_per_e + black + half
                counts[row, column, channel] = np.uint16(min(max(count, zero), top))
