"""Grass on verges: strips of blades that follow the land's profile beside a road."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from simgen.localsim.mesh import Material, Mesh
from simgen.localsim.places.relief import verge_profile
from simgen.localsim.places.shapes import MeshBuilder

Array = NDArray[np.float64]

STRIPS = 4                # variants
STRIP_LENGTH_M = 6.0
STRIP_WIDTH_M = 6.2
NEAR_M = 1.5              # of the strip's width, beside the asphalt: blades are bent, elsewhere broader and straight
NEAR_TUFTS, FAR_TUFTS = 290, 560
NEAR_BLADES, FAR_BLADES = 6, 4          # in a tuft


def grass_prototypes(rng_for: Callable[[str], np.random.Generator], ditch_m: float) -> dict[str, Mesh]:
    """Strips ``grass0`` …: x along the road from −½ to ½ STRIP_LENGTH_M, y from the asphalt's edge outwards."""
    return {f"grass{k}": _strip(rng_for(f"grass{k}"), ditch_m) for k in range(STRIPS)}


def _strip(rng: np.random.Generator, ditch_m: float) -> Mesh:
    builder = MeshBuilder()
    _blades(builder, (0.12, NEAR_M), NEAR_TUFTS, NEAR_BLADES, True, ditch_m, rng)
    _blades(builder, (NEAR_M, STRIP_WIDTH_M), FAR_TUFTS, FAR_BLADES, False, ditch_m, rng)
    return builder.mesh()


def _blades(
    builder: MeshBuilder, reach: tuple[float, float], tufts: int, blades: int, bent: bool, ditch_m: float,
    rng: np.random.Generator,
) -> None:
    """Tufts between two distances from the asphalt. A straight blade is one triangle, a bent one three."""
    x = rng.uniform(-0.5, 0.5, tufts) * STRIP_LENGTH_M
    y = rng.uniform(*reach, tufts)
    # Mown beside the asphalt, taller behind; in clumps.
    clump = 0.65 + 0.35 * np.sin(x * 2.1 + 1.3 * y) * np.sin(1.7 * y - 0.8 * x)
    tuft_height = np.interp(y, [0.1, 0.8, 2.2, 6.2], [0.06, 0.13, 0.28, 0.38]) * clump
    count = tufts * blades
    root = np.repeat(np.stack([x, y], axis=1), blades, axis=0) + rng.normal(size=(count, 2)) * (0.03 if bent else 0.06)
    tall = np.repeat(tuft_height, blades) * rng.uniform(0.5, 1.25, count)
    turn, lean = rng.uniform(0.0, 2.0 * np.pi, count), np.abs(rng.normal(size=count)) * 0.5
    way = np.stack([np.cos(turn), np.sin(turn)], axis=1)
    half_width = (0.005 if bent else 0.012) * rng.uniform(0.7, 1.4, (count, 1))
    across = np.stack([-way[:, 1], way[:, 0]], axis=1) * half_width
    middle, tip = root + way * (0.35 * lean * tall)[:, None], root + way * (lean * tall)[:, None]
    foot = verge_profile(root[:, 1], ditch_m)
    corners = [np.column_stack([root - across, foot - 0.06]), np.column_stack([root + across, foot - 0.06]),
               np.column_stack([tip, foot + tall])]
    pattern = np.array([[0, 1, 2]])
    if bent:
        corners[2:2] = [np.column_stack([middle + 0.8 * across, foot + 0.55 * tall])]
        corners.append(np.column_stack([middle - 0.8 * across, foot + 0.55 * tall]))
        pattern = np.array([[0, 1, 2], [0, 2, 4], [4, 2, 3]])
    faces = len(corners) * np.arange(count)[:, None, None] + pattern
    normal = np.column_stack([way * 0.35, np.ones(count)])
    normal /= np.linalg.norm(normal, axis=1, keepdims=True)
    # Blades are leaves: light shines through them. Their hue must not depend on the strip, or its ends would show.
    tint = rng.uniform(0.0, 1.0, (count, 2)) * [0.9, 1.0 / 0.7]
    builder.add(np.stack(corners, axis=1), np.repeat(normal, len(corners), axis=0),
                np.repeat(tint, len(corners), axis=0), faces, Material.LEAF)
