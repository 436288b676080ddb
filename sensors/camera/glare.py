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

from sensors.camera.rays import SKY_M, ray_scale
from sensors.camera.scene import CameraScene

# ∫ 10/θ² dΩ from 1° to 30°, the share of light that an eye scatters there
EYE_SCATTERS = 10.0 * 2.0 * math.pi * math.radians(1.0) ** 2 * math.log(30.0)
_SHRINK = 8
_SUN_RADIUS_DEG = 0.27
_CUT_OFF = 0.93                 # light from which on a renderer's tone curve may have cut it off
# along the line through the picture's middle: place (1 is the sun's own), radius (share of height), light, tint
_GHOSTS = ((-0.35, 0.10, 0.012, (0.6, 1.0, 0.7)), (-0.75, 0.05, 0.020, (1.0, 0.75, 0.5)),
           (-1.15, 0.16, 0.008, (0.6, 0.7, 1.0)), (0.45, 0.035, 0.022, (0.8, 1.0, 0.6)),
           (0.2, 0.02, 0.03, (1.0, 0.9, 0.8)))


def stiles_holladay(illuminance: float, angle_deg: NDArray[np.floating] | float) -> NDArray[np.float64]:
    """Veiling luminance, cd/m², of a source of ``illuminance`` lux at the eye, ``angle_deg`` aside; for 1 … 30°."""
    return np.asarray(10.0 * illuminance / np.asarray(angle_deg, dtype=np.float64) ** 2)


@lru_cache(maxsize=8)
def _kernel(height: int, width: int, core_px: float) -> NDArray[np.complex64]:
    """Fourier transform of 1/(r + r₀)², summing to 1, on twice the picture's size so that nothing wraps around."""
    y = np.minimum(np.arange(2 * height), 2 * height - np.arange(2 * height))
    x = np.minimum(np.arange(2 * width), 2 * width - np.arange(2 * width))
    spread = 1.0 / (np.hypot(y[:, None], x[None, :]) + core_px) ** 2
    return np.asarray(np.fft.rfft2(spread / spread.sum()), dtype=np.complex64)


def with_veiling_glare(light: NDArray[np.float32], share: float, *, core_px: float = 8.0, lamps: float = 1.0
                       ) -> NDArray[np.float32]:
    """A picture through a lens that spreads a share of all light by a/(r + r₀)²; light is conserved.

    Args:
        share: the veiling glare index, 0.01 … 0.03; 0 returns the argument.
        core_px: r₀. lamps: how many times brighter than white those pixels are that were cut off at white.
    """
    if share == 0.0 and lamps == 1.0:
        return light
    height, width = light.shape[:2]
    source = light
    if lamps != 1.0:
        source = light * np.where(light.max(axis=2) >= _CUT_OFF, np.float32(lamps), np.float32(1.0))[..., None]
    rows, columns = -(-height // _SHRINK), -(-width // _SHRINK)
    padded = cv2.copyMakeBorder(source, 0, rows * _SHRINK - height, 0, columns * _SHRINK - width, cv2.BORDER_CONSTANT)
    small = cv2.resize(padded, (columns, rows), interpolation=cv2.INTER_AREA)
    field = np.fft.rfft2(np.moveaxis(small, 2, 0), s=(2 * rows, 2 * columns))
    spread = np.fft.irfft2(field * _kernel(rows, columns, core_px / _SHRINK), s=(2 * rows, 2 * columns))
    veil = np.ascontiguousarray(np.moveaxis(spread[:, :rows, :columns], 0, 2), dtype=np.float32)
    whole = cv2.resize(veil, (columns * _SHRINK, rows * _SHRINK), interpolation=cv2.INTER_LINEAR)[:height, :width]
    return np.asarray((1.0 - share) * source + share * whole, dtype=np.float32)


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
                   share: float = 0.02, blades: int = 6, colour: tuple[float, float, float] = (1.0, 0.95, 0.85)
                   ) -> NDArray[np.float32]:
    """A picture with the sun's disc, its halo, star and ghosts in the lens, unless something stands before it.

    Args:
        sun: (3,) unit vector to it, optical axes.
        strength: of the sunlight that gets there, against a clear noon. share: the lens's veiling glare index.
        blades: of the aperture; an odd number makes twice as many rays.
        colour: of the sunlight; its green counts as 1.

    Returns:
        (H, W, 3) float32; the argument itself where the sun is not seen.
    """
    seen = strength * visible_share(scene, np.asarray(sun, dtype=np.float64))
    if seen <= 0.0:
        return light
    height, width = scene.depth_m.shape
    camera = scene.intrinsics
    x = ((np.arange(width) - camera.cx) / camera.f).astype(np.float32)[None, :]
    y = ((np.arange(height) - camera.cy) / camera.f).astype(np.float32)[:, None]
    cosine = (x * np.float32(sun[0]) + y * np.float32(sun[1]) + np.float32(sun[2])) / ray_scale(camera)
    # the angle by its chord, which single precision keeps near 0
    angle_deg = np.degrees(np.sqrt(np.maximum(2.0 - 2.0 * cosine, 1e-9)))
    lens = share / EYE_SCATTERS
    halo = 10.0 * math.pi * seen * lens / (angle_deg + 0.6) ** 2
    u, v = camera.project(np.asarray(sun, dtype=np.float64)[None, :])[0]
    if abs(u) < 4 * width and abs(v) < 4 * height:
        turn = np.arctan2(np.arange(height)[:, None] - np.float32(v), np.arange(width)[None, :] - np.float32(u))
        spikes = blades if blades % 2 == 0 else 2 * blades
        star = np.abs(np.cos(0.5 * spikes * (turn - np.float32(0.3)))) ** 120
        halo += star * (1.2 * seen * lens / 0.3) / (angle_deg + 0.4) ** 1.5
    halo += 40.0 * seen * np.clip((_SUN_RADIUS_DEG + 0.04 - angle_deg) / 0.08, 0.0, 1.0)
    out = light + halo[..., None].astype(np.float32) * np.asarray(colour, dtype=np.float32)
    _ghosts(out, u - camera.cx, v - camera.cy, camera.cx, camera.cy, seen * share / 0.02)
    return np.asarray(out, dtype=np.float32)


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
