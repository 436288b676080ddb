"""Crisp borders between the colours of one surface: triangles that a border crosses are cut along it.

A coat's colours follow distance fields, not triangles. Without the cut a border would go in steps as large as those.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from simgen.localsim.bodies.builder import Array, Indices

# A corner nearer to the border than this share of an edge stays where it is, on its side: cuts leave no slivers.
_NEAREST = 0.04


@dataclass(frozen=True, eq=False, slots=True)
class Surface:
    """A mesh in the making: positions and normals (V, 3), triangles (T, 3) and the material of each."""

    positions: Array
    normals: Array
    triangles: Indices
    material: NDArray[np.int32]


def painted_inside(surface: Surface, value: Array, material: int) -> Surface:
    """The surface with a material where a field is negative. value: (V,) of the field at the surface's corners, linear
    in between."""
    inside = value < 0.0
    count = inside[surface.triangles].sum(axis=1)
    crossed = (count == 1) | (count == 2)
    own = surface.material.copy()
    own[count == 3] = material
    crossed &= own != material
    if not crossed.any():
        return Surface(surface.positions, surface.normals, surface.triangles, own)
    lone_inside = count[crossed] == 1
    a, b, c = _lone_first(surface.triangles[crossed], inside, lone_inside)
    edges = np.sort(np.stack([np.concatenate([a, a]), np.concatenate([b, c])], axis=1), axis=1)
    unique, number = np.unique(edges, axis=0, return_inverse=True)
    first, second = unique.T
    share = np.clip(value[first] / (value[first] - value[second]), _NEAREST, 1.0 - _NEAREST)[:, None]
    on_ab, on_ac = (len(value) + part for part in np.split(number.reshape(-1), 2))
    before, here = own[crossed], np.full(len(a), material, np.int32)
    lone, others = np.where(lone_inside, here, before), np.where(lone_inside, before, here)
    return Surface(
        np.concatenate([surface.positions, _between(surface.positions, first, second, share)]),
        np.concatenate([surface.normals, _between(surface.normals, first, second, share)]),
        np.concatenate([surface.triangles[~crossed], np.stack([a, on_ab, on_ac], axis=1),
                        np.stack([on_ab, b, c], axis=1), np.stack([on_ab, c, on_ac], axis=1)]),
        np.concatenate([own[~crossed], lone, others, others]).astype(np.int32))


def _lone_first(triangles: Indices, inside: NDArray[np.bool_], lone_inside: NDArray[np.bool_]) -> Indices:
    """(3, N) corners, turned so that the one that is alone on its side of the border comes first."""
    alone = (inside[triangles] == lone_inside[:, None]).argmax(axis=1)
    order = (alone[:, None] + np.arange(3)) % 3
    turned: Indices = np.take_along_axis(triangles, order, axis=1).T
    return turned


def _between(values: Array, first: Indices, second: Indices, share: Array) -> Array:
    between: Array = values[first] + share * (values[second] - values[first])
    return between
