"""Lamps of a scene: those that actors carry and the place's street lamps, as kernels read them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from simgen.localsim.mesh import Light
from simgen.localsim.render.device import Device
from simgen.localsim.render.kernels.lighting import STREET_LAMP, Lamp
from simgen.localsim.render.warp_runtime import wp

_STREET_COLOUR = 5.0 * np.array([1.0, 0.72, 0.42], dtype=np.float32)     # warm white
_STREET_REACH_M = 34.0
_SEEN_WITHIN_M = 160.0      # farther lamps light nothing one can make out; their heads still glow


def street_lights(positions: NDArray[np.floating[Any]]) -> tuple[Light, ...]:
    """Lamps at positions (N, 3) that shine down."""
    down = np.array([0.0, 0.0, -1.0])
    return tuple(Light(np.asarray(p, dtype=np.float64), down, _STREET_COLOUR, int(STREET_LAMP), _STREET_REACH_M)
                 for p in positions)


def lamps_near(device: Device, lights: Sequence[Light], eye: NDArray[np.float64]) -> tuple[Any, Any]:
    """The lamps that matter for a camera at ``eye`` (3,), nearest first; at least one row, dark if there is none.

    Returns them as ``Lamp`` rows, and as (position, reach squared) for a quick look at which are near enough.
    """
    near: list[Light] = []
    if lights:
        places = np.array([one.position_m for one in lights])
        distance = np.linalg.norm(places - eye, axis=1)
        near = [lights[k] for k in np.argsort(distance, kind="stable") if distance[k] < _SEEN_WITHIN_M]
    layout: Any = Lamp
    rows = np.zeros(max(len(near), 1), dtype=layout.numpy_dtype())
    for k, light in enumerate(near):
        rows["position"][k], rows["direction"][k], rows["colour"][k] = light.position_m, light.direction, light.colour
        rows["kind"][k], rows["reach"][k] = light.kind, light.reach_m
    spheres = np.column_stack([rows["position"], rows["reach"] ** 2]).astype(np.float32)
    return device.upload(rows, Lamp), device.upload(spheres, wp.vec4)
