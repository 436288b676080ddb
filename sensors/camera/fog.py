"""What air full of drops, flakes or dust does to a picture: it takes light and gives its own (Koschmieder).

    L = J·t + A·(1 − t),   t = exp(−α·r)

r is the length of the ray, not its depth. By day A, the airlight, is the horizon's sky. By night there is no such
thing: lamps get halos, and the car's own headlamps light up the fog before it (``headlamps.py``).
"""

from __future__ import annotations

import math

import cv2
import numpy as np
from numpy.typing import NDArray

from sensors.camera import headlamps
from sensors.camera.rays import SKY_M, luminance, ray_scale, rise
from sensors.camera.scene import CameraScene
from sensors.compiled import compiled

# How far up the air is full of it. Fog lies on the ground, rain and snow come from clouds.
FOG_TOP_M = 150.0
CLOUD_BASE_M = 1500.0
DUST_COLOUR = (0.76, 0.66, 0.50)
_HORIZON = math.sin(math.radians(8.0))
_FEW = 200                      # pixels of sky, fewer of which say nothing
# a lamp is at least so bright, and so many times brighter than the white that it was cut off at
_LAMP = 0.75
_LAMP_OVER_WHITE = 6.0
# angular widths of a halo (1 σ, radians) by how often its light was scattered
_HALO_RAD = (0.005, 0.02, 0.08)


def airlight(light: NDArray[np.float32], scene: CameraScene) -> NDArray[np.float32]:
    """(3,) light of air that is thick enough to hide everything: the mean sky within 8° of the horizon, or the mean of
    all sky where there is too little of that. A picture without sky is taken to have one 2.5 times as bright as itself.
    """
    sky = scene.depth_m >= SKY_M
    low = sky & (rise(scene) < _HORIZON)
    seen = low if low.sum() >= _FEW else sky
    if seen.sum() >= _FEW:
        return np.asarray(light[seen].mean(axis=0), dtype=np.float32)
    return np.asarray(np.full(3, 2.5 * float(luminance(light.reshape(-1, 3)).mean())), dtype=np.float32)


def greyed(colour: NDArray[np.float32], share: float) -> NDArray[np.float32]:
    """A colour of the same luminance, so much nearer to grey: drops and flakes scatter all colours alike."""
    grey = luminance(colour)
    return np.asarray(colour + np.float32(share) * (grey - colour), dtype=np.float32)


def tinted(colour: NDArray[np.float32], tint: tuple[float, float, float], share: float) -> NDArray[np.float32]:
    """Airlight of the same luminance with a share of a tint, such as that of dust."""
    tinge = np.asarray(tint, dtype=np.float32)
    tinge = tinge / luminance(tinge) * luminance(colour)
    return np.asarray(colour + np.float32(share) * (tinge - colour), dtype=np.float32)


def transmittance(scene: CameraScene, extinction_per_m: float, column: float = math.inf) -> NDArray[np.float32]:
    """(H, W) share of a surface's light that arrives.

    Args:
        column: optical depth straight up, through all of the fog. Infinite: no end to it, and no sky is seen.
    """
    t = np.empty(scene.depth_m.shape, np.float32)
    _transmittance(scene.depth_m, ray_scale(scene.intrinsics), rise(scene), np.float32(extinction_per_m),
                   np.float32(column), np.float32(SKY_M), t)
    return t


@compiled
def _transmittance(depth_m, scale, rise, extinction, column, sky_m, t):      # type: ignore[no-untyped-def]
    tiny = np.float32(1e-4)
    for y in range(depth_m.shape[0]):
        for x in range(depth_m.shape[1]):
            up = column / rise[y, x] if rise[y, x] > tiny else np.float32(np.inf)
            depth = depth_m[y, x]
            along = up if depth >= sky_m else min(extinction * depth * scale[y, x], up)
            t[y, x] = np.exp(-along)


def veiled(light: NDArray[np.float32], t: NDArray[np.float32], air: NDArray[np.float32]) -> NDArray[np.float32]:
    """J·t + A·(1 − t) for (H, W, 3) light, (H, W) transmittance and (3,) airlight."""
    out = np.empty_like(light)
    _veil(light, t, np.asarray(air, dtype=np.float32), out)
    return out


@compiled
def _veil(light, t, air, out):      # type: ignore[no-untyped-def]
    for y in range(light.shape[0]):
        for x in range(light.shape[1]):
            share = t[y, x]
            for c in range(3):
                out[y, x, c] = air[c] + share * (light[y, x, c] - air[c])


def halos(light: NDArray[np.float32], t: NDArray[np.float32], intrinsics_f_px: float) -> NDArray[np.float32]:
    """(H, W, 3) the light of lamps that fog scatters on its way to the camera: what is brighter than any white surface
    at night is a lamp.

    Light that leaves the straight way mostly goes on forwards (drops throw it ahead by some degrees). The farther through
    fog, the more often it is scattered, and the wider the halo.
    """
    height, width = t.shape
    bright = np.clip((luminance(light) - _LAMP) / (1.0 - _LAMP), 0.0, 1.0)
    thickness = -np.log(np.maximum(t, 1e-6))
    scattered = bright * _LAMP_OVER_WHITE * (1.0 - t) * np.exp(-0.35 * thickness)
    source = light * scattered[..., None]
    glow = np.zeros_like(light)
    weights = _halo_weights(thickness)
    for weight, sigma_rad in zip(weights, _HALO_RAD, strict=True):
        sigma = sigma_rad * intrinsics_f_px
        shrink = max(1, int(sigma / 2.5))
        small = cv2.resize(source * weight[..., None], (max(1, width // shrink), max(1, height // shrink)),
                           interpolation=cv2.INTER_AREA)
        small = cv2.GaussianBlur(small, (0, 0), sigma / shrink, borderType=cv2.BORDER_CONSTANT)
        glow += cv2.resize(small, (width, height), interpolation=cv2.INTER_LINEAR)
    return glow


def _halo_weights(thickness: NDArray[np.float32]) -> tuple[NDArray[np.float32], ...]:
    wide = 1.0 - np.exp(-0.4 * thickness)
    widest = wide * wide
    return (1.0 - wide).astype(np.float32), (wide - widest).astype(np.float32), widest.astype(np.float32)


def fogged(light: NDArray[np.float32], scene: CameraScene, extinction_per_m: float, air: NDArray[np.float32], *,
           column: float = math.inf, dark: float = 0.0, headlamp_light: float = 0.0) -> NDArray[np.float32]:
    """A picture through air that takes a share ``extinction_per_m`` of the light on every metre.

    Args:
        light: (H, W, 3) linear.
        air: (3,) airlight.
        column: optical depth straight up, through all of it.
        dark: 0 by day … 1 by night: how far lamps count. headlamp_light: see ``headlamps.py``.

    Returns:
        (H, W, 3) float32; the argument itself without extinction.
    """
    if extinction_per_m == 0.0:
        return light
    t = transmittance(scene, extinction_per_m, column)
    out = veiled(light, t, air)
    if dark > 0.0:
        out += np.float32(dark) * halos(light, t, scene.intrinsics.f)
        if headlamp_light > 0.0:
            ray_m = np.where(scene.depth_m >= SKY_M, np.float32(np.inf), scene.depth_m * ray_scale(scene.intrinsics))
            back = headlamps.veil(scene, ray_m, rise(scene), extinction_per_m, dark * headlamp_light)
            out += back[..., None] * headlamps.COLOUR
    return out
