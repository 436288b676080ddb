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
from sensors.camera.surfaces import kinds
from sensors.compiled import compiled

# How far up the air is full of it. Fog lies on the ground, rain and snow come from clouds.
FOG_TOP_M = 150.0
CLOUD_BASE_M = 1500.0
DUST_COLOUR = (0.76, 0.66, 0.50)
_HORIZON = math.sin(math.radians(8.0))
_FEW = 200                      # pixels of sky, fewer of which say nothing
_SKY_OVER_PICTURE = 2.5
# From here on light may be a lamp's, and there it surely is one.
LAMP, SURELY, BRIGHTEST = 0.75, 0.93, 0.95
# How many times brighter lamps are than the white that they were cut off at, by what they are on, in the order of
# ``surfaces``: street lamps and signals, lamps of vehicles, windows. Nothing else is a lamp, however white it is.
_LAMP_OVER_WHITE = np.array([0.0, 0.0, 0.0, 0.0, 3.0, 0.0, 30.0, 60.0, 0.0, 0.0], np.float32)
# Angular widths of a halo (1 σ, radians), for light that was scattered once, a few times, many times.
_HALO_RAD = (0.005, 0.02, 0.08)
_BONNET_M = 3.0                 # nearer than this lamps are mirrored in the car's own bonnet
_BLOCK = 4                      # halos are made on a picture so many times smaller


def airlight(light: NDArray[np.float32], scene: CameraScene) -> NDArray[np.float32]:
    """(3,) light of air that is thick enough to hide everything: the mean sky within 8° of the horizon, or the mean of
    all sky where there is too little of that. A picture without sky is taken to have one 2.5 times as bright as itself.
    """
    sums = np.zeros((3, 4))
    _sky(light, scene.depth_m, rise(scene), np.float32(SKY_M), np.float32(_HORIZON), sums)
    low, sky, whole = sums
    for seen in (low, sky):
        if seen[3] >= _FEW:
            return np.asarray(seen[:3] / seen[3], dtype=np.float32)
    mean = (whole[:3] / whole[3]).astype(np.float32)
    return np.full(3, _SKY_OVER_PICTURE * luminance(mean), dtype=np.float32)


@compiled
def _sky(light: NDArray[np.float32], depth_m: NDArray[np.float32], rise: NDArray[np.float32], sky_m: np.float32,
         horizon: np.float32, sums: NDArray[np.float64]) -> None:
    """Adds up light and counts pixels of the low sky, of all sky and of everything (every fourth row will do)."""
    for v in range(0, depth_m.shape[0], 4):
        for u in range(0, depth_m.shape[1]):
            first = 2
            if depth_m[v, u] >= sky_m:
                first = 0 if rise[v, u] < horizon else 1
            for group in range(first, 3):
                for c in range(3):
                    sums[group, c] += light[v, u, c]
                sums[group, 3] += 1.0


def greyed(colour: NDArray[np.float32], share: float) -> NDArray[np.float32]:
    """A colour of the same luminance, so much nearer to grey: drops and flakes scatter all colours alike."""
    return np.asarray(colour + np.float32(share) * (luminance(colour) - colour), dtype=np.float32)


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
    height, width = scene.depth_m.shape
    t = np.ones((height, width, 3), np.float32)
    black = np.zeros(3, np.float32)
    none = np.zeros((0, 0), np.float32)
    _fog(t, scene.depth_m, ray_scale(scene.intrinsics), rise(scene), np.float32(extinction_per_m), np.float32(column),
         np.float32(SKY_M), black, black, none, np.zeros(0, np.float32), np.zeros((0, 0, 3), np.float32), t)
    return np.ascontiguousarray(t[..., 0])


def fogged(light: NDArray[np.float32], scene: CameraScene, extinction_per_m: float, air: NDArray[np.float32], *,
           column: float = math.inf, dark: float = 0.0, headlamp_light: float = 0.0,
           kind: NDArray[np.uint8] | None = None, out: NDArray[np.float32] | None = None) -> NDArray[np.float32]:
    """A picture through air that takes a share ``extinction_per_m`` of the light on every metre.

    Args:
        light: (H, W, 3) linear. air: (3,) airlight.
        column: optical depth straight up, through all of it.
        dark: 0 by day … 1 by night: how far lamps count. headlamp_light: see ``headlamps.py``.
        kind: of the surfaces, if they are known already. out: where to write it; may be ``light`` itself.

    Returns:
        (H, W, 3) float32; the argument itself without extinction.
    """
    if extinction_per_m == 0.0:
        return light
    out = np.empty_like(light) if out is None else out
    glow = np.zeros((0, 0, 3), np.float32)
    table, across = np.zeros((0, 0), np.float32), np.zeros(0, np.float32)
    if dark > 0.0:
        glow = _glow(light, scene, extinction_per_m, column, dark, kind)
        if headlamp_light > 0.0:
            table, across = headlamps.veil_table(extinction_per_m), headlamps.across(scene)
    _fog(light, scene.depth_m, ray_scale(scene.intrinsics), rise(scene), np.float32(extinction_per_m),
         np.float32(column), np.float32(SKY_M), np.asarray(air, dtype=np.float32),
         np.float32(dark * headlamp_light) * headlamps.COLOUR, table, across, glow, out)
    return out


@compiled
def _fog(light: NDArray[np.float32], depth_m: NDArray[np.float32], scale: NDArray[np.float32],
         rise: NDArray[np.float32], extinction: np.float32, column: np.float32, sky_m: np.float32,
         air: NDArray[np.float32], lamp: NDArray[np.float32], table: NDArray[np.float32], across: NDArray[np.float32],
         glow: NDArray[np.float32], out: NDArray[np.float32]) -> None:
    zero, one, tiny = np.float32(0.0), np.float32(1.0), np.float32(1e-4)
    height, width = depth_m.shape
    half, quarter, same = np.float32(0.5), np.float32(0.25), np.float32(0.002)
    t = np.empty(width, np.float32)
    line = np.empty((glow.shape[1], 3), np.float32)
    for v in range(height):
        for u in range(width):
            up = column / rise[v, u] if rise[v, u] > tiny else np.float32(np.inf)
            along = extinction * depth_m[v, u] * scale[v, u]
            t[u] = np.exp(-(up if depth_m[v, u] >= sky_m else min(along, up)))
        for u in range(width):
            for c in range(3):
                out[v, u, c] = air[c] + t[u] * (light[v, u, c] - air[c])
        if table.size > 0:
            last_far, last_back = -one, zero
            rows, columns = np.float32(table.shape[0] - 1), np.float32(table.shape[1] - 1)
            for u in range(width):
                far = one if depth_m[v, u] >= sky_m else one - one / max(depth_m[v, u] * scale[v, u], one)
                # two pixels next to each other look the same way: as far, there is as much air before them
                if u & 1 and abs(far - last_far) < same:
                    for c in range(3):
                        out[v, u, c] += last_back * lamp[c]
                    continue
                row = min(max((rise[v, u] + np.float32(0.6)) * (rows / np.float32(1.2)), zero), rows - tiny)
                column_ = min(far * columns, columns - tiny)
                i, j = int(row), int(column_)
                a, b = row - np.float32(i), column_ - np.float32(j)
                back = ((one - a) * ((one - b) * table[i, j] + b * table[i, j + 1])
                        + a * ((one - b) * table[i + 1, j] + b * table[i + 1, j + 1])) * across[u]
                last_far, last_back = far, back
                for c in range(3):
                    out[v, u, c] += back * lamp[c]
        if glow.size > 0:
            # between the middles of blocks
            down = min(max((np.float32(v) + half) * quarter - half, zero), np.float32(glow.shape[0] - 1))
            above = int(down)
            below, lower = min(above + 1, glow.shape[0] - 1), down - np.float32(above)
            for j in range(glow.shape[1]):
                for c in range(3):
                    line[j, c] = glow[above, j, c] + lower * (glow[below, j, c] - glow[above, j, c])
            for u in range(width):
                right = min(max((np.float32(u) + half) * quarter - half, zero), np.float32(glow.shape[1] - 1))
                left = int(right)
                beyond, aside = min(left + 1, glow.shape[1] - 1), right - np.float32(left)
                for c in range(3):
                    out[v, u, c] += line[left, c] + aside * (line[beyond, c] - line[left, c])


def lamps_of(light: NDArray[np.float32], scene: CameraScene, kind: NDArray[np.uint8]) -> NDArray[np.bool_]:
    """(H, W) what is a lamp in a picture of the night: white on another vehicle, in a window or, above the
    horizon, on a post."""
    lamp = np.zeros(kind.shape, np.bool_)
    _lamps(light, scene.depth_m, kind, rise(scene), _LAMP_OVER_WHITE, np.float32(SURELY), np.float32(_BONNET_M), lamp)
    return lamp


@compiled
def _lamps(light: NDArray[np.float32], depth_m: NDArray[np.float32], kind: NDArray[np.uint8], rise: NDArray[np.float32],
           over_white: NDArray[np.float32], surely: np.float32, nearest_m: np.float32, lamp: NDArray[np.bool_]) -> None:
    for v in range(kind.shape[0]):
        for u in range(kind.shape[1]):
            if (over_white[kind[v, u]] > np.float32(0.0) and depth_m[v, u] > nearest_m
                    and (kind[v, u] != 7 or rise[v, u] > np.float32(0.0))):
                lamp[v, u] = max(light[v, u, 0], light[v, u, 1], light[v, u, 2]) >= surely


def halos(light: NDArray[np.float32], scene: CameraScene, extinction_per_m: float, column: float = math.inf,
          dark: float = 1.0, kind: NDArray[np.uint8] | None = None) -> NDArray[np.float32]:
    """(H, W, 3) the light of lamps that fog scatters on its way to the camera, or (0, 0, 3) where no lamp is seen: what
    is white on another vehicle, in a window or, above the horizon, on a post.

    Light that leaves the straight way mostly goes on forwards: drops throw it ahead by some degrees. The farther it
    goes through fog, the more often it is scattered, and the wider the halo.
    """
    height, width = scene.depth_m.shape
    glow = _glow(light, scene, extinction_per_m, column, dark, kind)
    if glow.size == 0:
        return glow
    size = (_BLOCK * glow.shape[1], _BLOCK * glow.shape[0])
    whole = cv2.resize(glow, size, interpolation=cv2.INTER_LINEAR)
    return np.ascontiguousarray(whole[:height, :width])


def _glow(light: NDArray[np.float32], scene: CameraScene, extinction_per_m: float, column: float, dark: float,
          kind: NDArray[np.uint8] | None) -> NDArray[np.float32]:
    """Halos on a picture ``_BLOCK`` times smaller."""
    height, width = scene.depth_m.shape
    size = (-(-height // _BLOCK), -(-width // _BLOCK))
    source = np.zeros((len(_HALO_RAD), *size, 3), np.float32)
    numbers = np.array([extinction_per_m, column, LAMP, BRIGHTEST, dark, _BONNET_M], np.float32)
    kind = kinds(scene) if kind is None else kind
    if not _scatter(light, scene.depth_m, ray_scale(scene.intrinsics), rise(scene), kind, _LAMP_OVER_WHITE,
                    numbers, source):
        return np.zeros((0, 0, 3), np.float32)
    glow = np.zeros((*size, 3), np.float32)
    for layer, sigma_rad in zip(source, _HALO_RAD, strict=True):
        sigma = sigma_rad * scene.intrinsics.f / _BLOCK
        glow += _spread(layer, sigma)
    return glow


def _spread(layer: NDArray[np.float32], sigma: float) -> NDArray[np.float32]:
    """A Gaussian blur that loses at the edges what leaves the picture; wide ones on a smaller picture."""
    shrink = max(1, int(sigma / 3.0))
    if shrink == 1:
        return np.asarray(cv2.GaussianBlur(layer, (0, 0), sigma, borderType=cv2.BORDER_CONSTANT))
    height, width = layer.shape[:2]
    small = cv2.resize(layer, (max(1, width // shrink), max(1, height // shrink)), interpolation=cv2.INTER_AREA)
    small = cv2.GaussianBlur(small, (0, 0), sigma / shrink, borderType=cv2.BORDER_CONSTANT)
    return np.asarray(cv2.resize(small, (width, height), interpolation=cv2.INTER_LINEAR))


@compiled
def _scatter(light: NDArray[np.float32], depth_m: NDArray[np.float32], scale: NDArray[np.float32],
             rise: NDArray[np.float32], kind: NDArray[np.uint8], over_white: NDArray[np.float32],
             numbers: NDArray[np.float32], source: NDArray[np.float32]) -> bool:
    """Adds each lamp's scattered light to the layers of blocks; false if there is no lamp."""
    extinction, column, least = numbers[0], numbers[1], numbers[2]
    surely, dark, nearest_m = numbers[3], numbers[4], numbers[5]
    one, tiny, narrow = np.float32(1.0), np.float32(1e-4), np.float32(0.3)      # the rest stays within the lamp
    share = one / np.float32(16.0)
    any_lamp = False
    for v in range(depth_m.shape[0]):
        for u in range(depth_m.shape[1]):
            over = over_white[kind[v, u]]
            below = kind[v, u] == 7 and rise[v, u] < np.float32(0.0)
            if over <= np.float32(0.0) or below or depth_m[v, u] <= nearest_m:
                continue
            grey = (np.float32(0.2126) * light[v, u, 0] + np.float32(0.7152) * light[v, u, 1]
                    + np.float32(0.0722) * light[v, u, 2])
            if grey <= least:
                continue
            any_lamp = True
            thick = extinction * depth_m[v, u] * scale[v, u]
            if rise[v, u] > tiny:
                thick = min(thick, column / rise[v, u])
            bright = min((grey - least) / (surely - least), one)
            bright *= bright * bright
            sent = dark * share * bright * over * (one - np.exp(-thick)) * np.exp(np.float32(-0.35) * thick)
            wide = one - np.exp(np.float32(-0.8) * thick)
            i, j = v // 4, u // 4
            for c in range(3):
                source[0, i, j, c] += sent * narrow * (one - wide) * light[v, u, c]
                source[1, i, j, c] += sent * (wide - wide * wide) * light[v, u, c]
                source[2, i, j, c] += sent * wide * wide * light[v, u, c]
    return any_lamp
