"""What clings to the glass before a lens: drops of water, dirt, frost.

A camera is focused on the road, so what is on its glass is far out of focus: a patch, blurred by a disc of
f·aperture/Z pixels, which covers in all as much as it did sharp. A drop is a fish-eye lens of its own: it shows the
scene upside down and small, with a dark rim. Drops come at random, as many as the air holds and the car runs into; a
wiper takes them away.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from sensors.camera.rays import luminance
from sensors.chance import generator
from sensors.compiled import compiled
from sensors.pinhole import Intrinsics
from sensors.precipitation import Spectrum

GLASS_M = 0.05                  # from the lens's opening to the windscreen, or to the front of its own glass
WIPER_S = 1.5                   # from wipe to wipe
_LEAST_MM = 0.5                 # drops that stay where they hit
_SPREAD = 1.6                   # a drop on glass is so much wider than in the air
_RIM = 0.72                     # of its radius, from where on a drop turns dark
_BENT_RAD = 1.15                # how far aside a drop's rim looks
_MUD = np.array([0.085, 0.065, 0.045], np.float32)


@dataclass(frozen=True, eq=False, slots=True)
class Spots:
    """Things on glass, as a sharp camera would see them.

    centre_px: (N, 2) right, down. radius_px: (N,). shape: (N, 4) how their outlines differ from circles: amplitudes and
    phases of two waves. opacity: (N,) 0 … 1.
    """

    centre_px: NDArray[np.float64]
    radius_px: NDArray[np.float64]
    shape: NDArray[np.float64]
    opacity: NDArray[np.float64]


def blur_disc_px(intrinsics: Intrinsics, aperture_m: float, glass_m: float) -> float:
    """Diameter of the disc that a point on the glass becomes, for a lens focused far away."""
    if glass_m <= 0:
        raise ValueError(f"glass_m, from the lens's opening to its glass, is above 0, got {glass_m}; "
                         "the front of a bare lens is some 0.01 away")
    return intrinsics.f * aperture_m / glass_m


def drops_per_s(spectrum: Spectrum, intrinsics: Intrinsics, speed_mps: float, glass_m: float) -> float:
    """How many drops hit the part of the glass that the camera looks through: those in the air that the car runs into,
    and, as the glass is inclined, half of those that would fall there."""
    area_m2 = intrinsics.width * intrinsics.height * (glass_m / intrinsics.f) ** 2
    above = float(spectrum.number_per_m3(_LEAST_MM))
    typical = float(spectrum.fall_speed_mps(_LEAST_MM + 0.5))
    return above * (abs(speed_mps) + 0.5 * typical) * area_m2


def drops_at(spectrum: Spectrum, intrinsics: Intrinsics, *, speed_mps: float, time_s: float, seed: int,
             glass_m: float = GLASS_M, wiper_s: float = WIPER_S) -> Spots:
    """The drops that are on the glass at a time: those that came since the wiper last passed.

    The same seed tells one story over all times, so a drop stays where it is from frame to frame.
    """
    stroke = math.floor(time_s / wiper_s)
    rng = generator(seed, "drops", stroke)
    count = int(rng.poisson(drops_per_s(spectrum, intrinsics, speed_mps, glass_m) * wiper_s))
    came = np.sort(rng.random(count)) * wiper_s
    diameter = _SPREAD * spectrum.sample_mm(_LEAST_MM, rng, count)
    radius = 0.5e-3 * intrinsics.f * diameter / glass_m
    where = rng.random((count, 2)) * (intrinsics.width, intrinsics.height) - 0.5
    shape = np.column_stack([rng.uniform(0.0, 0.16, count), rng.uniform(0, 2 * np.pi, count),
                             rng.uniform(0.0, 0.08, count), rng.uniform(0, 2 * np.pi, count)])
    here = came <= time_s - stroke * wiper_s
    return Spots(where[here], radius[here], shape[here], np.ones(int(here.sum())))


def dirt(intrinsics: Intrinsics, share: float, seed: int, *, glass_m: float = GLASS_M) -> Spots:
    """Splashes of mud that cover about a share of the glass: many small and a few large, 10 … 60 % opaque."""
    if not 0.0 <= share < 1.0:
        raise ValueError(f"share of the glass under dirt is 0 … 1, got {share}")
    rng = generator(seed, "dirt")
    scale = 1e-3 * intrinsics.f / glass_m            # pixels for a millimetre on the glass
    radius = np.minimum(0.12 * (1.0 - rng.random(4000)) ** -0.55, 2.5) * scale
    covered = np.cumsum(np.pi * radius**2) / (intrinsics.width * intrinsics.height)
    count = int(np.searchsorted(covered, -math.log1p(-share)))
    where = rng.random((4000, 2))[:count] * (intrinsics.width, intrinsics.height) - 0.5
    shape = np.column_stack([rng.uniform(0.0, 0.3, 4000), rng.uniform(0, 2 * np.pi, 4000), rng.uniform(0, 0.2, 4000),
                             rng.uniform(0, 2 * np.pi, 4000)])[:count]
    return Spots(where, radius[:count], shape, rng.uniform(0.1, 0.6, 4000)[:count])


def with_drops(light: NDArray[np.float32], spots: Spots, intrinsics: Intrinsics, *, aperture_m: float,
               glass_m: float = GLASS_M) -> NDArray[np.float32]:
    """A picture through glass with drops on it; the argument itself without drops."""
    return _through(light, spots, intrinsics, aperture_m, glass_m, None)


def with_dirt(light: NDArray[np.float32], spots: Spots, intrinsics: Intrinsics, *, aperture_m: float,
              glass_m: float = GLASS_M) -> NDArray[np.float32]:
    """A picture through dirty glass; the argument itself without dirt. Dirt has the light of what surrounds the car."""
    around = light.reshape(-1, 3)[::97].mean(axis=0)
    return _through(light, spots, intrinsics, aperture_m, glass_m, (around * _MUD / 0.1).astype(np.float32))


def _through(light: NDArray[np.float32], spots: Spots, intrinsics: Intrinsics, aperture_m: float, glass_m: float,
             colour: NDArray[np.float32] | None) -> NDArray[np.float32]:
    if len(spots.radius_px) == 0:
        return light
    height, width = light.shape[:2]
    disc = blur_disc_px(intrinsics, aperture_m, glass_m)
    shrink = int(min(max(disc / 6.0, 1.0), 8.0))
    size = (-(-width // shrink), -(-height // shrink))
    layer = np.zeros((size[1], size[0], 4), np.float32)
    seen = cv2.resize(light, (max(1, width // 4), max(1, height // 4)), interpolation=cv2.INTER_AREA)
    rows = np.column_stack([spots.centre_px / shrink, spots.radius_px / shrink, spots.shape, spots.opacity])
    flat = np.full(3, -1.0, np.float32) if colour is None else colour
    numbers = np.array([intrinsics.f / 4, intrinsics.cx / 4, intrinsics.cy / 4, _RIM, _BENT_RAD], np.float32)
    _stamp(layer, rows.astype(np.float32), seen, flat, numbers)
    if disc / shrink > 1.5:
        layer = cv2.filter2D(layer, -1, disc_kernel(disc / shrink), borderType=cv2.BORDER_REPLICATE)
    layer = cv2.resize(layer, (width, height), interpolation=cv2.INTER_LINEAR)
    out = np.empty_like(light)
    _over(light, layer, out)
    return out


def disc_kernel(diameter_px: float) -> NDArray[np.float32]:
    """(n, n) a disc whose values sum to 1, its edge smooth."""
    half = math.ceil(diameter_px / 2)
    offset = np.arange(-half, half + 1)
    distance = np.hypot(offset[:, None], offset[None, :])
    kernel = np.clip(diameter_px / 2 + 0.5 - distance, 0.0, 1.0)
    return np.asarray(kernel / kernel.sum(), dtype=np.float32)


@compiled
def _stamp(layer: NDArray[np.float32], rows: NDArray[np.float32], seen: NDArray[np.float32], flat: NDArray[np.float32],
           numbers: NDArray[np.float32]) -> None:
    height, width = layer.shape[0], layer.shape[1]
    f, cx, cy, rim, bent = numbers[0], numbers[1], numbers[2], numbers[3], numbers[4]
    zero, half, one = np.float32(0.0), np.float32(0.5), np.float32(1.0)
    for i in range(rows.shape[0]):
        u0, v0, radius, opacity = rows[i, 0], rows[i, 1], rows[i, 2], rows[i, 7]
        reach = radius * np.float32(1.4) + one
        for v in range(max(0, int(v0 - reach)), min(height, int(v0 + reach) + 2)):
            for u in range(max(0, int(u0 - reach)), min(width, int(u0 + reach) + 2)):
                x, y = np.float32(u) - u0, np.float32(v) - v0
                turn = np.arctan2(y, x)
                outline = radius * (one + rows[i, 3] * np.cos(np.float32(2) * turn + rows[i, 4])
                                    + rows[i, 5] * np.cos(np.float32(3) * turn + rows[i, 6]))
                distance = np.sqrt(x * x + y * y)
                alpha = min(max(outline - distance + half, zero), one) * opacity
                if alpha <= zero:
                    continue
                red, green, blue = flat[0], flat[1], flat[2]
                if red < zero:
                    # a fish-eye's view, upside down
                    across = min(distance / max(outline, half), one)
                    away = f * np.tan(across * bent) / max(distance, np.float32(1e-3))
                    su = min(max(int(cx - x * away), 0), seen.shape[1] - 1)
                    sv = min(max(int(cy - y * away), 0), seen.shape[0] - 1)
                    edge = min(max((across - rim) / (one - rim), zero), one)
                    bright = one - np.float32(0.85) * edge * edge
                    red, green, blue = seen[sv, su, 0] * bright, seen[sv, su, 1] * bright, seen[sv, su, 2] * bright
                layer[v, u, 0] += alpha * (red - layer[v, u, 0])
                layer[v, u, 1] += alpha * (green - layer[v, u, 1])
                layer[v, u, 2] += alpha * (blue - layer[v, u, 2])
                layer[v, u, 3] += alpha * (one - layer[v, u, 3])


@compiled
def _over(light: NDArray[np.float32], layer: NDArray[np.float32], out: NDArray[np.float32]) -> None:
    for v in range(light.shape[0]):
        for u in range(light.shape[1]):
            clear = np.float32(1.0) - layer[v, u, 3]
            for c in range(3):
                out[v, u, c] = light[v, u, c] * clear + layer[v, u, c]


def with_frost(light: NDArray[np.float32], share: float, seed: int) -> NDArray[np.float32]:
    """A picture through glass that freezes over from its edges: feathery, milky, and blurred.

    Args:
        share: of the glass under frost, 0 … 1; 0 returns the argument.
    """
    if share == 0.0:
        return light
    if not 0.0 < share <= 1.0:
        raise ValueError(f"share of the glass under frost is 0 … 1, got {share}")
    height, width = light.shape[:2]
    rng = generator(seed, "frost")
    feathers = np.zeros((height, width), np.float32)
    for cell, weight in ((48, 0.35), (16, 0.3), (6, 0.2), (3, 0.15)):
        noise = rng.random((height // cell + 2, width // cell + 2)).astype(np.float32)
        ridges = 1.0 - np.abs(2.0 * cv2.resize(noise, (width, height), interpolation=cv2.INTER_CUBIC) - 1.0)
        feathers += weight * ridges
    y, x = np.linspace(-1, 1, height, dtype=np.float32)[:, None], np.linspace(-1, 1, width, dtype=np.float32)[None, :]
    order = 0.55 * np.maximum(np.abs(x), np.abs(y)) + 0.45 * feathers
    begins = float(np.quantile(order[::4, ::4], 1.0 - share))
    ice = np.clip((order - begins) / 0.12 + 0.5, 0.0, 1.0) if share < 1.0 else np.ones_like(order)
    ice *= 0.55 + 0.45 * feathers
    small = cv2.resize(light, (max(1, width // 4), max(1, height // 4)), interpolation=cv2.INTER_AREA)
    blurred = cv2.resize(cv2.GaussianBlur(small, (0, 0), 2.0), (width, height), interpolation=cv2.INTER_LINEAR)
    milk = np.float32(luminance(light.reshape(-1, 3)[::97]).mean())
    through = 0.65 * blurred + 0.35 * milk * (0.8 + 0.4 * feathers[..., None])
    return np.asarray(light + ice[..., None] * (through - light), dtype=np.float32)
