"""Falling snow: flakes near the camera, lit by the sky or by the headlamps, blurred by motion and out of focus.

Flakes fall slowly and sway; what one sees at speed is the car driving into them, streaks that part at the point it
heads for. Before dark woods they are white; against the sky they hardly show.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from sensors.camera import headlamps
from sensors.camera.airborne import draw, finest_px, in_view, passing_mps, streaks
from sensors.camera.scene import CameraScene
from sensors.precipitation import Spectrum

THINNEST_PX = 0.5
FARTHEST_M = 15.0
_ALBEDO = 0.9
_SENT_BACK = 0.45       # of headlamps' light, against a white diffuser as wide: flakes are round and have holes
# Light that meets a flake from all sides, against the horizon's: a cloudy sky is three times as bright above (Moon and
# Spencer 1942), and lying snow gives most of it back.
_SKY_ON_FLAKE = 1.4
_SWAY_M, _SWAY_RADPS = (0.03, 0.20), (2.0, 5.0)
_TURBULENCE_MPS = 0.25


def swaying_mps(count: int, up: NDArray[np.float64], rng: np.random.Generator) -> NDArray[np.float64]:
    """(N, 3) how flakes wobble sideways at one moment: amplitudes of 3 … 20 cm at 2 … 5 rad/s, any phase."""
    speed = rng.uniform(*_SWAY_M, count) * rng.uniform(*_SWAY_RADPS, count) * np.cos(rng.uniform(0, 2 * np.pi, count))
    sideways = rng.normal(size=(count, 3))
    sideways -= np.outer(sideways @ up, up)
    sideways /= np.maximum(np.linalg.norm(sideways, axis=1, keepdims=True), 1e-9)
    return np.asarray(speed[:, None] * sideways + rng.normal(0.0, _TURBULENCE_MPS, (count, 3)))


def with_snowfall(light: NDArray[np.float32], scene: CameraScene, spectrum: Spectrum, surroundings: NDArray[np.float32],
                  rng: np.random.Generator, *, exposure_s: float, wind_mps: NDArray[np.float64],
                  aperture_m: float = 1e-3, focus_m: float = math.inf, headlamp_light: float = 0.0,
                  out: NDArray[np.float32] | None = None) -> NDArray[np.float32]:
    """A picture with falling flakes. Arguments as for ``with_rain``; ``surroundings``: (3,) light of the sky.

    Returns:
        (H, W, 3) float32; the argument itself without flakes.
    """
    if spectrum.intercept_per_m3_mm == 0.0:
        return light
    thinnest = finest_px(spectrum, scene.intrinsics, THINNEST_PX, FARTHEST_M)
    flakes = in_view(spectrum, scene.intrinsics, thinnest, FARTHEST_M, rng)
    velocity = passing_mps(scene, flakes.position_m, wind_mps, spectrum.fall_speed_mps(flakes.diameter_mm))
    velocity += swaying_mps(len(velocity), np.asarray(scene.up), rng)
    marks = streaks(flakes, velocity, scene.intrinsics, exposure_s=exposure_s, aperture_m=aperture_m, focus_m=focus_m)
    shade = rng.uniform(0.85, 1.0, (len(velocity), 1))
    colour = _ALBEDO * _SKY_ON_FLAKE * np.asarray(surroundings, dtype=np.float64) * shade
    if headlamp_light > 0.0:
        shone = headlamps.light_at(flakes.position_m, scene.up, _SENT_BACK * headlamp_light)
        colour = colour + shone[:, None] * headlamps.COLOUR
    return draw(light, scene.depth_m, marks, colour.astype(np.float32), 0.6, out)
