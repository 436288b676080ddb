"""What moves in its own way: the face that quadrupeds, kangaroos, geese and people on wheels share."""

from __future__ import annotations

import functools
from typing import Protocol

import numpy as np

from simgen.localsim.bodies.builder import Array, affine, fitted
from simgen.localsim.bodies.gait import Gait
from simgen.localsim.mesh import Mesh

Size = tuple[float, float, float]


class Creature(Protocol):
    """A body that fills size_m (length, width, height) in phase 0 and has eight poses for each of its gaits.

    Creatures are compared and hashed by value.
    """

    @property
    def size_m(self) -> Size: ...

    def __hash__(self) -> int: ...

    def gaits(self) -> tuple[Gait, ...]:
        """From slow to fast; strides in metres as it is described."""

    def mesh(self, phase: int) -> Mesh:
        """In the axes and size of its description."""


@functools.lru_cache(maxsize=128)
def fit(creature: Creature) -> tuple[Array, Array]:
    """Scale (3,) and shift (3,) that bring a description in phase 0 to the creature's size and centre it."""
    low, high = (corner.astype(np.float64) for corner in creature.mesh(0).bounds_m())
    size = np.array(creature.size_m)
    scale = size / (high - low)
    return scale, np.array([-size[0] / 2.0, -size[1] / 2.0, 0.0]) - scale * low


def creature_mesh(creature: Creature, size_lwh_m: Size, phase: int) -> Mesh:
    """The creature in a phase, stretched as phase 0 must be to fill size_lwh_m."""
    if phase == 0:
        return fitted(creature.mesh(0), size_lwh_m)
    scale, shift = fit(creature)
    wanted = np.array(size_lwh_m) / np.array(creature.size_m)
    return affine(creature.mesh(phase), scale * wanted, shift * wanted)
