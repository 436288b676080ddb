"""A clear day's picture under a closed sky: without blue, and without the sun's hard shadows.

Fog, rain and snow come with clouds, so a picture that was rendered under a clear sky needs this first. A picture that
was rendered under clouds hardly changes.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from sensors.camera.rays import luminance, rise
from sensors.camera.scene import CameraScene
from sensors.camera.shading import GROUND, shading_of
from sensors.camera.surfaces import GROUND_KINDS, KINDS, kinds
from sensors.compiled import compiled

_CLOUD = np.array([0.97, 1.0, 1.02], np.float32)
_IS_GROUND = np.zeros(KINDS, np.bool_)
_IS_GROUND[list(GROUND_KINDS)] = True
# A shadow of the sun is at most so much darker than what is around it. What is darker still lies under a car, where no
# sky is seen either.
_DEEPEST = 3.5


def overcast(light: NDArray[np.float32], scene: CameraScene, air: NDArray[np.float32], amount: float,
             kind: NDArray[np.uint8] | None = None, out: NDArray[np.float32] | None = None) -> NDArray[np.float32]:
    """A picture under clouds.

    Args:
        light: (H, W, 3) linear. air: (3,) light of the cloudy horizon. amount: 0 … 1; 0 returns the argument.
        kind: of the surfaces, if they are known already. out: where to write it; may be ``light`` itself.
    """
    if amount == 0.0:
        return light
    kind = kinds(scene) if kind is None else kind
    shade = shading_of(light, kind)
    gain = shade.gain[GROUND]
    out = np.empty_like(light) if out is None else out
    _overcast(light, shade.grey, kind, _IS_GROUND, shade.usual, shade.whole(gain),
              shade.whole((1.0 - gain) * shade.mean[GROUND]), rise(scene), _CLOUD * luminance(air), np.float32(amount),
              np.float32(_DEEPEST), out)
    return out


@compiled
def _overcast(light: NDArray[np.float32], grey: NDArray[np.float32], kind: NDArray[np.uint8],
              is_ground: NDArray[np.bool_], usual: NDArray[np.float32], gain: NDArray[np.float32],
              offset: NDArray[np.float32], rise: NDArray[np.float32], cloud: NDArray[np.float32], amount: np.float32,
              deepest: np.float32, out: NDArray[np.float32]) -> None:
    one, zero = np.float32(1.0), np.float32(0.0)
    for v in range(kind.shape[0]):
        for u in range(kind.shape[1]):
            k = kind[v, u]
            if k == 0:
                brighter = np.float32(0.95) + np.float32(0.25) * max(rise[v, u], zero)
                for c in range(3):
                    out[v, u, c] = light[v, u, c] + amount * (cloud[c] * brighter - light[v, u, c])
            elif is_ground[k]:
                base = max(gain[v, u] * grey[v, u] + offset[v, u], np.float32(1e-4))
                ratio = min(max(usual[k] / base, one / deepest), deepest)
                root = np.sqrt(ratio)
                factor = one + amount * (root * np.sqrt(root) - one)      # ratio ** 0.75
                for c in range(3):
                    out[v, u, c] = light[v, u, c] * factor
            else:
                for c in range(3):
                    out[v, u, c] = light[v, u, c]
