"""Wet roads and pavements: darker, and mirrors where one looks at them flatly.

A film of water takes light out of the ground (it is reflected back inside, Lekner and Dorf 1988) and reflects, by
Fresnel, what stands beyond. Where water fills the ground's texture it is a puddle and a clean mirror; elsewhere the
mirror is rough and smears what it shows upright.
"""

from __future__ import annotations

import math
from functools import lru_cache

import cv2
import numpy as np
from numpy.typing import NDArray

from sensors.camera.fog import BRIGHTEST, LAMP
from sensors.camera.ground import patches
from sensors.camera.rays import SKY_M
from sensors.camera.scene import CameraScene
from sensors.camera.surfaces import ALBEDO, PAVEMENT, ROAD, kinds
from sensors.compiled import compiled

WATER_INDEX = 1.33
TEXTURE_MM = 1.2                # depth of a road's texture, which a puddle fills
_INSIDE = 0.472                 # share of diffuse light that water reflects back down
_SKY_IN = 0.934                 # share of a whole sky's light that enters water
_SHRINK = 3                     # the mirror is made on a picture so many times smaller
_ROUGH = 0.55                   # of the mirror is left on wet ground that is no puddle
_ANGLES = 256
_LAMPS = 10.0                   # times as bright as white, at night, is what is white


def fresnel(cos_incidence: NDArray[np.floating]) -> NDArray[np.float64]:
    """Share of unpolarised light that a water surface reflects, by the cosine of the angle from its normal."""
    cos_in = np.clip(np.asarray(cos_incidence, dtype=np.float64), 0.0, 1.0)
    cos_in_water = np.sqrt(1.0 - (1.0 - cos_in**2) / WATER_INDEX**2)
    across = (cos_in - WATER_INDEX * cos_in_water) / (cos_in + WATER_INDEX * cos_in_water)
    along = (WATER_INDEX * cos_in - cos_in_water) / (WATER_INDEX * cos_in + cos_in_water)
    return np.asarray(0.5 * (across**2 + along**2))


def darkening(cos_view: NDArray[np.floating], albedo: float) -> NDArray[np.float64]:
    """Diffuse light of wet ground under a sky against that of dry ground: T_sky·T(θ) / n² / (1 − p·ρ)."""
    return np.asarray(_SKY_IN * (1.0 - fresnel(cos_view)) / WATER_INDEX**2 / (1.0 - _INSIDE * albedo))


def mirrored(light: NDArray[np.float32], scene: CameraScene, kind: NDArray[np.uint8], air: NDArray[np.float32],
             lamps: float = 1.0) -> NDArray[np.float32]:
    """(H, W, 3) what level ground would show as a clean mirror; meaningless elsewhere.

    Each pixel of ground looks up its own column for what its reflected ray meets first: the ray has risen by as much
    as the ground has come towards the camera. Where it leaves the picture, it meets the horizon's light ``air``.
    ``lamps``: how many times brighter than white those lamps are that were cut off at white.
    """
    height, width = scene.depth_m.shape
    size = (max(1, width // _SHRINK), max(1, height // _SHRINK))
    small = np.asarray(cv2.resize(light, size, interpolation=cv2.INTER_AREA), dtype=np.float32)
    rows = (np.arange(size[1]) * _SHRINK + _SHRINK // 2).clip(0, height - 1)
    columns = (np.arange(size[0]) * _SHRINK + _SHRINK // 2).clip(0, width - 1)
    out = np.zeros(small.shape, np.float32)
    camera = scene.intrinsics
    # columns of depth side by side in memory, as rays go along them
    _mirror(small, np.ascontiguousarray(scene.depth_m[np.ix_(rows, columns)].T),
            np.ascontiguousarray(kind[np.ix_(rows, columns)]),
            ((columns - camera.cx) / camera.f).astype(np.float32), ((rows - camera.cy) / camera.f).astype(np.float32),
            np.asarray(scene.up, dtype=np.float32), np.asarray(air, dtype=np.float32), np.float32(SKY_M),
            np.float32(lamps - 1.0), np.float32(LAMP), np.float32(BRIGHTEST), out)
    return out


@compiled
def _mirror(light: NDArray[np.float32], depth_m: NDArray[np.float32], kind: NDArray[np.uint8], x: NDArray[np.float32],
            y: NDArray[np.float32], up: NDArray[np.float32], air: NDArray[np.float32], sky_m: np.float32,
            lamps: np.float32, lamp: np.float32, brightest: np.float32, out: NDArray[np.float32]) -> None:
    height, width = kind.shape
    zero, one = np.float32(0.0), np.float32(1.0)
    for u in range(width):
        for v in range(height):
            if kind[v, u] != 1 and kind[v, u] != 2:
                continue
            horizon = -(x[u] * up[0] + up[2]) / up[1]
            below = y[v] - horizon
            if below <= np.float32(0.0):
                continue
            # at row w the reflected ray is as far away as 2 · depth · below / (below + below(w))
            reach = np.float32(2.0) * depth_m[u, v] * below
            w, met = v - 1, -1
            while w >= 0:
                both = below + y[w] - horizon
                if both <= np.float32(0.0):
                    met = w if depth_m[u, w] >= sky_m else -1
                    break
                if depth_m[u, w] * both <= reach and depth_m[u, w] < sky_m:
                    met = w
                    break
                w -= 1 + (v - w) // 12
            if w >= 0 and met < 0:      # behind what is seen: the ray goes on to what hides it
                met = w
            if met < 0:
                for c in range(3):
                    out[v, u, c] = air[c]
                continue
            brighter = one
            if lamps > zero:
                most = max(light[met, u, 0], light[met, u, 1], light[met, u, 2])
                white = min(max((most - lamp) / (brightest - lamp), zero), one)
                brighter += lamps * white * white
            for c in range(3):
                out[v, u, c] = brighter * light[met, u, c]


def wetted(light: NDArray[np.float32], scene: CameraScene, wetness: float, water_film_mm: float,
           air: NDArray[np.float32], *, dark: float = 0.0, heading_rad: float = 0.0,
           position_m: tuple[float, float] = (0.0, 0.0), kind: NDArray[np.uint8] | None = None,
           out: NDArray[np.float32] | None = None) -> NDArray[np.float32]:
    """A picture with wet roads and pavements.

    Args:
        light: (H, W, 3) linear. wetness: 0 … 1, how much of the ground is dark with water. water_film_mm: on roads.
        air: (3,) light of the horizon. dark: 0 by day … 1 by night, when what is white is a lamp and brighter still.
        heading_rad, position_m: of the camera on the map; puddles stay where they are.
        out: where to write it; may be ``light`` itself.

    Returns:
        (H, W, 3) float32; the argument itself where nothing is wet.
    """
    if wetness == 0.0 and water_film_mm == 0.0:
        return light
    kind = kinds(scene) if kind is None else kind
    clean = mirrored(light, scene, kind, air, lamps=1.0 + dark * (_LAMPS - 1.0))
    smeared = cv2.blur(clean, (3, 9))
    smeared += cv2.blur(clean, (3, 31))
    smeared *= np.float32(0.5)
    mirror, darker = _by_angle()
    camera = scene.intrinsics
    film = min(water_film_mm / TEXTURE_MM, 1.0)
    numbers = np.array([camera.f, camera.cx, camera.cy, math.cos(heading_rad), math.sin(heading_rad), position_m[0],
                        position_m[1], max(wetness, film), 0.45 * film], np.float32)
    if out is None:
        out = light.copy()
    elif out is not light:
        out[...] = light
    _wet(light, clean, smeared, scene.depth_m, kind, patches(), mirror, darker,
         np.asarray(scene.up, dtype=np.float32), numbers, np.float32(_ROUGH), out)
    return out


@lru_cache(maxsize=1)
def _by_angle() -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """(ANGLES,) share of light that wet ground mirrors; (2, ANGLES) what is left of a road's and a pavement's own."""
    cosines = np.linspace(0.0, 1.0, _ANGLES)
    mirror = fresnel(cosines)
    # what the mirror leaves is taken off in ``_wet``, with the share of the ground that is wet
    darker = np.stack([darkening(cosines, float(ALBEDO[ground])) / np.maximum(1.0 - mirror, 1e-6)
                       for ground in (ROAD, PAVEMENT)])
    return mirror.astype(np.float32), darker.astype(np.float32)


@compiled
def _wet(light: NDArray[np.float32], clean: NDArray[np.float32], rough: NDArray[np.float32],
         depth_m: NDArray[np.float32], kind: NDArray[np.uint8], tile: NDArray[np.float32], mirror: NDArray[np.float32],
         darker: NDArray[np.float32], up: NDArray[np.float32], numbers: NDArray[np.float32], rough_share: np.float32,
         out: NDArray[np.float32]) -> None:
    zero, half, one = np.float32(0.0), np.float32(0.5), np.float32(1.0)
    f, cx, cy, cos_h, sin_h = numbers[0], numbers[1], numbers[2], numbers[3], numbers[4]
    east, north, wetness, flooded = numbers[5], numbers[6], numbers[7], numbers[8]
    texels = np.float32(0.3 * 512 / 12.8)       # puddles are larger than patches of snow
    # ``clean`` and ``rough`` are smaller pictures, interpolated between the middles of their pixels
    last_row, last_column = clean.shape[0] - 1, clean.shape[1] - 1
    down, across = np.float32(clean.shape[0] / kind.shape[0]), np.float32(clean.shape[1] / kind.shape[1])
    for v in range(kind.shape[0]):
        row = min(max((np.float32(v) + half) * down - half, zero), np.float32(last_row))
        above = int(row)
        below = min(above + 1, last_row)
        lower = row - np.float32(above)
        for u in range(kind.shape[1]):
            k = kind[v, u]
            if k != 1 and k != 2:
                continue
            z = depth_m[v, u]
            x, y = (np.float32(u) - cx) / f, (np.float32(v) - cy) / f
            cosine = -(x * up[0] + y * up[1] + up[2]) / np.sqrt(one + x * x + y * y)
            entry = int(min(max(cosine, zero), one) * np.float32(255) + half)
            a, b = (east + z * cos_h + x * z * sin_h) * texels, (north + z * sin_h - x * z * cos_h) * texels
            noise = tile[int(np.floor(a)) & 511, int(np.floor(b)) & 511]
            span = z * z / (f * np.float32(1.6))
            seen = min(max(np.float32(1.5) - span * np.float32(0.25), zero), one)
            noise = half + seen * (noise - half)
            puddle = min(max((flooded * np.float32(1.1) - noise) / np.float32(0.10) * seen, zero), one)
            puddle += (one - seen) * flooded
            damp = min(max((wetness * np.float32(1.5) - noise) * np.float32(2.0), zero), one)
            damp = max(damp, puddle)
            shine = mirror[entry] * damp
            factor = (one + damp * (darker[k - 1, entry] - one)) * (one - shine)
            column = min(max((np.float32(u) + half) * across - half, zero), np.float32(last_column))
            left = int(column)
            right = min(left + 1, last_column)
            aside = column - np.float32(left)
            upper_left, upper_right = (one - lower) * (one - aside), (one - lower) * aside
            lower_left, lower_right = lower * (one - aside), lower * aside
            smear = (one - puddle) * rough_share
            for c in range(3):
                seen_in_it = smear * (upper_left * rough[above, left, c] + upper_right * rough[above, right, c]
                                      + lower_left * rough[below, left, c] + lower_right * rough[below, right, c])
                if puddle > zero:
                    seen_in_it += puddle * (
                        upper_left * clean[above, left, c] + upper_right * clean[above, right, c]
                        + lower_left * clean[below, left, c] + lower_right * clean[below, right, c])
                out[v, u, c] = light[v, u, c] * factor + shine * seen_in_it
