"""Falling rain: drops near the camera, as the streaks they leave while the shutter is open.

A drop refracts nearly all of the half-space before it, so it has the light of the surroundings' upper part, whatever is
behind it. It covers a pixel for a short part of the exposure only: rain shows at 2 ms and before dark walls, and hardly
at all at 30 ms. What is too thin to be seen belongs to the veil (``fog.py``).
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from sensors.camera import headlamps
from sensors.camera.airborne import draw, finest_px, in_view, passing_mps, streaks
from sensors.camera.scene import CameraScene
from sensors.precipitation import Spectrum

THINNEST_PX = 0.3
FARTHEST_M = 10.0
# Share of the headlamps' light that a drop sends back, against a white diffuser as wide: by a glory of reflections.
_SENT_BACK = 0.12
_TURBULENCE_MPS = 0.4


def with_rain(light: NDArray[np.float32], scene: CameraScene, spectrum: Spectrum, surroundings: NDArray[np.float32],
              rng: np.random.Generator, *, exposure_s: float, wind_mps: NDArray[np.float64], aperture_m: float = 1e-3,
              focus_m: float = math.inf, headlamp_light: float = 0.0, out: NDArray[np.float32] | None = None
              ) -> NDArray[np.float32]:
    """A picture with the streaks of falling drops.

    Args:
        light: (H, W, 3) linear. spectrum: of the drops. surroundings: (3,) mean light of the upper half-space.
        exposure_s: how long the shutter is open. wind_mps: (3,) over the ground, optical axes.
        aperture_m: diameter of the lens's opening. focus_m: where it is sharp.
        headlamp_light: of the car's own lamps, see ``headlamps.py``. out: as for ``airborne.draw``.

    Returns:
        (H, W, 3) float32; the argument itself without drops.
    """
    if spectrum.intercept_per_m3_mm == 0.0:
        return light
    thinnest = finest_px(spectrum, scene.intrinsics, THINNEST_PX, FARTHEST_M)
    drops = in_view(spectrum, scene.intrinsics, thinnest, FARTHEST_M, rng)
    velocity = passing_mps(scene, drops.position_m, wind_mps, spectrum.fall_speed_mps(drops.diameter_mm))
    velocity += rng.normal(0.0, _TURBULENCE_MPS, velocity.shape)
    marks = streaks(drops, velocity, scene.intrinsics, exposure_s=exposure_s, aperture_m=aperture_m, focus_m=focus_m)
    colour = np.broadcast_to(np.asarray(surroundings, dtype=np.float32), drops.position_m.shape)
    if headlamp_light > 0.0:
        shone = headlamps.light_at(drops.position_m, scene.up, _SENT_BACK * headlamp_light)
        colour = colour + shone[:, None].astype(np.float32) * headlamps.COLOUR
    return draw(light, scene.depth_m, marks, colour, 0.3, out)
