"""Light that a lens puts where it does not belong: veiling glare, the sun's halo and star, ghosts.

Angles follow the eye's glare (Stiles and Holladay; CIE 1 … 30°): L = 10·E/θ². A camera's lens scatters less than an
eye; how much is its veiling glare index. In a rendered picture sunlit white is 1, so the sun's illuminance there is π.
"""

from __future__ import annotations

import math
from functools import lru_cache

import cv2
import numpy as np
from numpy.typing import NDArray

from sensors.camera.rays import SKY_M
from sensors.camera.scene import CameraScene
from sensors.compiled import compiled

# ∫ 10/θ² dΩ from 1° to 30°, the share of light that an eye scatters there
EYE_SCATTERS = 10.0 * 2.0 * math.pi * math.radians(1.0) ** 2 * math.log(30.0)
_SHRINK = 8                     # what is spread wide is spread on a picture so many times smaller
_HALO_SHRINK = 4
_SUN_LIGHT = 40.0               # enough to be white after any exposure
_FAINT = 0.003                  # of the sun's light does not show through clouds
_SUN_RADIUS_DEG = 0.27
# along the line through the picture's middle: place (1 is the sun's own), radius (share of height), light, tint
_GHOSTS = ((-0.35, 0.10, 0.012, (0.6, 1.0, 0.7)), (-0.75, 0.05, 0.020, (1.0, 0.75, 0.5)),
           (-1.15, 0.16, 0.008, (0.6, 0.7, 1.0)), (0.45, 0.035, 0.022, (0.8, 1.0, 0.6)),
           (0.2, 0.02, 0.03, (1.0, 0.9, 0.8)))


def stiles_holladay(illuminance: float, angle_deg: NDArray[np.floating] | float) -> NDArray[np.float64]:
    """Veiling luminance, cd/m², of a source of ``illuminance`` lux at the eye, ``angle_deg`` aside; for 1 … 30°."""
    return np.asarray(10.0 * illuminance / np.asarray(angle_deg, dtype=np.float64) ** 2)


@lru_cache(maxsize=8)
def _kernel(size: tuple[int, int], core_px: float) -> NDArray[np.complex64]:
    """Fourier transform of 1/(r + r₀)², summing to 1, around the first pixel of a picture that goes round."""
    y, x = (np.minimum(np.arange(n), n - np.arange(n)) for n in size)
    spread = 1.0 / (np.hypot(y[:, None], x[None, :]) + core_px) ** 2
    return np.asarray(np.fft.rfft2(spread / spread.sum()), dtype=np.complex64)


def with_veiling_glare(light: NDArray[np.float32], share: float, *, core_px: float = 8.0, lamps: float = 1.0,
                       lamp: NDArray[np.bool_] | None = None, out: NDArray[np.float32] | None = None
                       ) -> NDArray[np.float32]:
    """A picture through a lens that spreads a share of all light by a/(r + r₀)²; light is conserved.

    Args:
        share: the veiling glare index, 0.01 … 0.03; 0 returns the argument.
        core_px: r₀. lamps: how many times brighter than the picture shows those pixels are that were cut off at white.
        lamp: (H, W) which those are; None: none.
        out: where to write it; may be ``light`` itself.
    """
    if share == 0.0 and lamps == 1.0:
        return light
    lamp = np.zeros((1, 1), np.bool_) if lamp is None else lamp
    height, width = light.shape[:2]
    rows, columns = -(-height // _SHRINK), -(-width // _SHRINK)
    small = np.zeros((rows, columns, 3), np.float32)
    _blocks(light, np.float32(lamps), lamp, small)
    # twice the size, so that nothing that goes round falls into the picture again
    size = cv2.getOptimalDFTSize(2 * rows), cv2.getOptimalDFTSize(2 * columns)
    field = np.fft.rfft2(np.moveaxis(small, 2, 0), s=size, axes=(1, 2))
    spread = np.fft.irfft2(field * _kernel(size, core_px / _SHRINK), s=size, axes=(1, 2))
    veil = np.ascontiguousarray(np.moveaxis(spread[:, :rows, :columns], 0, 2), dtype=np.float32)
    whole = cv2.resize(veil, (columns * _SHRINK, rows * _SHRINK), interpolation=cv2.INTER_LINEAR)
    out = np.empty_like(light) if out is None else out
    _veil(light, whole, np.float32(lamps), lamp, np.float32(share), out)
    return out


@compiled
def _blocks(light: NDArray[np.float32], lamps: np.float32, lamp: NDArray[np.bool_], small: NDArray[np.float32]) -> None:
    """Means of blocks of 8 × 8 pixels; blocks at the edge are filled up with black."""
    height, width = light.shape[0], light.shape[1]
    share = np.float32(1.0 / 64.0)
    known = lamp.size > 1
    for i in range(small.shape[0]):
        for v in range(8 * i, min(8 * i + 8, height)):
            for j in range(small.shape[1]):
                red, green, blue = np.float32(0.0), np.float32(0.0), np.float32(0.0)
                for u in range(8 * j, min(8 * j + 8, width)):
                    weight = lamps * share if known and lamp[v, u] else share
                    red += weight * light[v, u, 0]
                    green += weight * light[v, u, 1]
                    blue += weight * light[v, u, 2]
                small[i, j, 0] += red
                small[i, j, 1] += green
                small[i, j, 2] += blue


@compiled
def _veil(light: NDArray[np.float32], veil: NDArray[np.float32], lamps: np.float32, lamp: NDArray[np.bool_],
          share: np.float32, out: NDArray[np.float32]) -> None:
    one = np.float32(1.0)
    known = lamp.size > 1
    for v in range(light.shape[0]):
        for u in range(light.shape[1]):
            kept = (one - share) * (lamps if known and lamp[v, u] else one)
            for c in range(3):
                out[v, u, c] = kept * light[v, u, c] + share * veil[v, u, c]


def visible_share(scene: CameraScene, sun: NDArray[np.float64]) -> float:
    """How much of the sun's disc is seen: 0 behind what stands before it, 1 in the open, or outside of the picture but
    before the lens, where no depth tells otherwise.

    Args:
        sun: (3,) unit vector to it, optical axes.
    """
    if sun[2] <= 0.0:
        return 0.0
    camera = scene.intrinsics
    u, v = camera.project(sun[None, :])[0]
    reach = max(2, round(camera.f * math.radians(_SUN_RADIUS_DEG)))
    if not (-reach <= u < camera.width + reach and -reach <= v < camera.height + reach):
        return 1.0
    rows = slice(max(0, round(v) - reach), max(1, round(v) + reach + 1))
    columns = slice(max(0, round(u) - reach), max(1, round(u) + reach + 1))
    window = scene.depth_m[rows, columns]
    return float((window >= SKY_M).mean()) if window.size else 1.0


def with_sun_glare(light: NDArray[np.float32], scene: CameraScene, sun: NDArray[np.float64], *, strength: float = 1.0,
                   share: float = 0.02, blades: int = 6, colour: tuple[float, float, float] = (1.0, 0.95, 0.85),
                   out: NDArray[np.float32] | None = None) -> NDArray[np.float32]:
    """A picture with the sun's disc, its halo, star and ghosts in the lens, unless something stands before it.

    Args:
        sun: (3,) unit vector to it, optical axes.
        strength: of the sunlight that gets there, against a clear noon. share: the lens's veiling glare index.
        blades: of the aperture; an odd number makes twice as many rays.
        colour: of the sunlight; its green counts as 1.
        out: where to write it; may be ``light`` itself.

    Returns:
        (H, W, 3) float32; the argument itself where the sun is not seen.
    """
    seen = strength * visible_share(scene, np.asarray(sun, dtype=np.float64))
    if seen <= _FAINT:
        return light
    height, width = scene.depth_m.shape
    camera = scene.intrinsics
    toward = np.asarray(sun, dtype=np.float64)
    u, v = camera.project(toward[None, :])[0]
    # the halo is smooth, so a smaller picture of it will do
    columns, rows = -(-width // _HALO_SHRINK), -(-height // _HALO_SHRINK)
    right = (np.arange(columns) + 0.5) * _HALO_SHRINK - 0.5
    down = (np.arange(rows)[:, None] + 0.5) * _HALO_SHRINK - 0.5
    angle_deg = _angle_deg(scene, toward, right, down)
    scatter = seen * share / EYE_SCATTERS
    halo = 10.0 * math.pi * scatter / (angle_deg + 0.6) ** 2
    spikes = blades if blades % 2 == 0 else 2 * blades
    turn = np.arctan2(down - v, right - u)
    star = np.abs(np.cos(0.5 * spikes * (turn - 0.3))) ** 120
    halo += star * 4.0 * scatter / (angle_deg + 0.4) ** 1.5
    size = (columns * _HALO_SHRINK, rows * _HALO_SHRINK)
    whole = cv2.resize(halo.astype(np.float32), size, interpolation=cv2.INTER_LINEAR)
    out = np.empty_like(light) if out is None else out
    _add(light, whole, np.asarray(colour, dtype=np.float32), out)
    _disc(out, scene, toward, u, v, seen, colour)
    _ghosts(out, u - camera.cx, v - camera.cy, camera.cx, camera.cy, seen * share / 0.02)
    return out


def _angle_deg(scene: CameraScene, sun: NDArray[np.float64], right: NDArray[np.float64], down: NDArray[np.float64]
               ) -> NDArray[np.float64]:
    """(h, w) angles between the sun and the rays of pixels, columns ``right`` (w,) and rows ``down`` (h, 1)."""
    camera = scene.intrinsics
    x, y = (right[None, :] - camera.cx) / camera.f, (down - camera.cy) / camera.f
    cosine = (x * sun[0] + y * sun[1] + sun[2]) / np.sqrt(1.0 + x * x + y * y)
    return np.asarray(np.degrees(np.arccos(np.clip(cosine, -1.0, 1.0))))


def _disc(out: NDArray[np.float32], scene: CameraScene, sun: NDArray[np.float64], u: float, v: float, seen: float,
          colour: tuple[float, float, float]) -> None:
    """Adds the sun itself, where it is in the picture."""
    height, width = out.shape[:2]
    reach = math.ceil(2.0 * scene.intrinsics.f * math.radians(_SUN_RADIUS_DEG)) + 2
    left, right = max(0, math.floor(u) - reach), min(width, math.ceil(u) + reach)
    top, bottom = max(0, math.floor(v) - reach), min(height, math.ceil(v) + reach)
    if left >= right or top >= bottom:
        return
    columns, rows = np.arange(left, right, dtype=float), np.arange(top, bottom, dtype=float)[:, None]
    angle_deg = _angle_deg(scene, sun, columns, rows)
    disc = _SUN_LIGHT * seen * np.clip((_SUN_RADIUS_DEG + 0.04 - angle_deg) / 0.08, 0.0, 1.0)
    out[top:bottom, left:right] += (disc[..., None] * np.asarray(colour)).astype(np.float32)


@compiled
def _add(light: NDArray[np.float32], halo: NDArray[np.float32], colour: NDArray[np.float32],
         out: NDArray[np.float32]) -> None:
    for v in range(light.shape[0]):
        for u in range(light.shape[1]):
            for c in range(3):
                out[v, u, c] = light[v, u, c] + halo[v, u] * colour[c]


def _ghosts(out: NDArray[np.float32], aside: float, down: float, cx: float, cy: float, strength: float) -> None:
    """Adds the sun's reflections between glasses, mirrored through the picture's middle."""
    height, width = out.shape[:2]
    for place, size, bright, tint in _GHOSTS:
        u, v, radius = cx + place * aside, cy + place * down, size * height
        left, right = max(0, math.floor(u - radius) - 1), min(width, math.ceil(u + radius) + 2)
        top, bottom = max(0, math.floor(v - radius) - 1), min(height, math.ceil(v + radius) + 2)
        if left >= right or top >= bottom:
            continue
        distance = np.hypot(np.arange(top, bottom)[:, None] - v, np.arange(left, right)[None, :] - u) / radius
        disc = np.clip((1.0 - distance) * radius / 2.0, 0.0, 1.0) * (0.5 + 0.5 * distance**4)
        out[top:bottom, left:right] += (strength * bright * disc[..., None] * np.array(tint)).astype(np.float32)
