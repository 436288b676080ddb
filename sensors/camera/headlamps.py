"""The camera car's own dipped headlamps at night: how bright they are in a picture, and what air and flakes send back.

Brightness is told by ``reference_light``: the light, in the picture's units, of a white diffuser that faces the lamps
from 10 m, in the middle of their beam. It falls with the square of the distance.
"""

from __future__ import annotations

from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from sensors.camera.rays import luminance
from sensors.camera.scene import CameraScene

LAMPS_BELOW_M = 0.95            # the camera, on a roof or behind a windscreen
LAMPS_AHEAD_M = 1.2
_REFERENCE_M = 10.0
# Light of a road 10 m ahead against the reference: asphalt reflects 0.1, is met at 0.065 of the vertical by 0.45 of the
# beam's strongest light, and sends several times a diffuser's share straight back. Judged by pictures: fog of 80 m.
ROAD_OF_REFERENCE = 0.1 * 0.065 * 0.45 * 6.7
_STEEP_RAD = 0.09               # angle below the horizon at which a beam has 1/e of its light
_FEW = 12                       # pixels of road, fewer of which say nothing
LIDAR_RATIO_SR = 20.0           # extinction over backscatter, of drops
COLOUR = np.array([1.0, 0.97, 0.9], np.float32)
NIGHT_DEG, DAY_DEG = -4.0, 4.0
# the table of the veil: sines of elevation, and distances, evenly spaced by their inverse
RISES = 65
STEEPEST = 0.6
DISTANCES = 65
NEAREST_M = 1.0
BEAM_WIDTH = 0.6                # slope aside at which the beam has 1/e of its light


def darkness(sun_altitude_deg: float) -> float:
    """0 by day … 1 by night: how far it is headlamps that count."""
    share = (DAY_DEG - sun_altitude_deg) / (DAY_DEG - NIGHT_DEG)
    share = min(max(share, 0.0), 1.0)
    return share * share * (3.0 - 2.0 * share)


def reference_light(light: NDArray[np.float32], scene: CameraScene) -> float:
    """How bright the headlamps are, as the road ahead shows it: what is brighter there at 7 … 12 m than at 25 … 45 m,
    which street lamps and the sky light as well. 0 where no road is seen or the lamps are off."""
    camera = scene.intrinsics
    x, y = (np.arange(camera.width) - camera.cx) / camera.f, (np.arange(camera.height) - camera.cy) / camera.f
    horizon = -scene.up[2] / scene.up[1]
    # every other pixel of where a road is 7 … 45 m ahead
    left, right = (int(edge) for edge in np.searchsorted(x, [-0.25, 0.25]))
    top, bottom = (int(edge) for edge in np.searchsorted(y, [horizon + 0.02, horizon + 0.4]))
    columns, rows = slice(left, right, 2), slice(top, bottom, 2)
    depth, part = scene.depth_m[rows, columns], light[rows, columns]
    x, y = x[None, columns], y[rows, None]
    below = -(x * scene.up[0] + y * scene.up[1] + scene.up[2]) * depth
    ahead = (np.abs(x * depth) < 1.6) & (below > 1.2) & (below < 2.6)
    near, far = ahead & (depth > 7.0) & (depth < 12.0), ahead & (depth > 25.0) & (depth < 45.0)
    if near.sum() < _FEW:
        return 0.0
    beyond = float(np.median(luminance(part[far]))) if far.sum() >= _FEW else 0.0
    return max(float(np.median(luminance(part[near]))) - beyond, 0.0) / ROAD_OF_REFERENCE


def beam(elevation_rad: NDArray[np.floating]) -> NDArray[np.float64]:
    """Intensity of a dipped beam against its strongest, by the angle above the lamp's horizon: cut off at −0.6°."""
    inside = 1.0 / (1.0 + np.exp(np.clip((elevation_rad + 0.01) / 0.006, -40.0, 40.0)))
    stray = 0.02 * np.exp(-np.abs(elevation_rad) / 0.4)
    return np.asarray(inside * np.exp(np.minimum(elevation_rad, 0.0) / _STEEP_RAD) + stray)


def light_at(position_m: NDArray[np.float64], up: NDArray[np.float64], reference: float) -> NDArray[np.float64]:
    """(N,) light of white diffusers at (N, 3) in optical axes that face the lamps."""
    above = position_m @ np.asarray(up) + LAMPS_BELOW_M
    aside = position_m[:, 0]
    ahead = np.maximum(position_m[:, 2] - LAMPS_AHEAD_M, 0.0)
    squared = np.maximum(ahead * ahead + above * above + aside * aside, 0.25)
    aim = beam(np.arctan2(above, np.maximum(ahead, 1e-3)))
    wide = np.exp(-((aside / np.maximum(ahead, 0.3) / BEAM_WIDTH) ** 2))
    return np.asarray(reference * _REFERENCE_M**2 / squared * aim * wide * (ahead > 0.0))


@lru_cache(maxsize=8)
def veil_table(extinction_per_m: float) -> NDArray[np.float32]:
    """(RISES, DISTANCES) what the air sends back along rays, for a reference light of 1; read-only.

    L(r) = π·L₁₀·10²·(α/S)·∫ B/d²·exp(−α(s + d)) ds, s from the camera, d from the lamps, S the lidar ratio. Rows are
    sines of elevation, −STEEPEST … STEEPEST; columns distances with 1 − NEAREST_M/r from 0 to 1.
    """
    sines = np.linspace(-STEEPEST, STEEPEST, RISES)
    fine = 8
    inverse = np.linspace(1.0, 0.0, fine * (DISTANCES - 1) + 1)
    edges = NEAREST_M / np.maximum(inverse, 1.0 / 2000.0)
    middle, step = np.sqrt(edges[1:] * edges[:-1]), np.diff(edges)
    above = middle[None, :] * sines[:, None] + LAMPS_BELOW_M
    ahead = middle[None, :] * np.sqrt(1.0 - sines[:, None] ** 2) - LAMPS_AHEAD_M
    away = np.hypot(above, ahead)
    shone = np.where(ahead > 0.2, beam(np.arctan2(above, np.maximum(ahead, 0.2))) / np.maximum(away, 0.5) ** 2, 0.0)
    back = shone * np.exp(-extinction_per_m * (middle[None, :] + away)) * step
    total = np.concatenate([np.zeros((RISES, 1)), np.cumsum(back, axis=1)], axis=1)[:, ::fine]
    table = (np.pi * _REFERENCE_M**2 * extinction_per_m / LIDAR_RATIO_SR * total).astype(np.float32)
    table.flags.writeable = False
    return table


def across(scene: CameraScene) -> NDArray[np.float32]:
    """(W,) share of the beam's light by column of the picture."""
    x = (np.arange(scene.intrinsics.width) - scene.intrinsics.cx) / scene.intrinsics.f
    return np.asarray(np.exp(-((x / BEAM_WIDTH) ** 2)), dtype=np.float32)
