"""Deciduous plants without their leaves: the same wood as in summer, down to the finest sprays.

They are built when winter comes to a place for the first time, because most workers never see it.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import numpy as np

from simgen.localsim.mesh import Mesh
from simgen.localsim.places.branching import TWIG, add_ridged, add_round, grow, offshoots
from simgen.localsim.places.chance import PROTOTYPES
from simgen.localsim.places.groves import GROVE_M, GROVES, grove
from simgen.localsim.places.shapes import MeshBuilder
from simgen.localsim.places.trees import BROADLEAF, BUSH_M, Broadleaf, add_leaves, bush_stems

_KEPT_LEAVES = 420          # of a bush: withered ones, as hornbeam and beech keep them


def bare_mesh(key: str) -> Mesh | None:
    """The leafless form of a prototype; None for what has none (conifers, posts, grass …)."""
    build = _FORMS.get(key)
    return None if build is None else build(PROTOTYPES(key))


def _broadleaf(kind: Broadleaf, rng: np.random.Generator) -> Mesh:
    builder, bark = MeshBuilder(), kind.habit.bark
    trunk, limbs, boughs, twigs, sprays = grow(kind.habit, rng)
    add_round(builder, trunk, 9, bark)
    add_round(builder, limbs, 6, bark)
    add_round(builder, boughs, 3, TWIG if bark else 0.0)
    add_ridged(builder, twigs, TWIG)
    add_ridged(builder, sprays, TWIG)
    return builder.mesh()


def _bush(rng: np.random.Generator) -> Mesh:
    builder = MeshBuilder()
    stems = bush_stems(BUSH_M, rng)
    twigs = offshoots(stems, 7, 0.45, 0.004, rng)
    sprays = offshoots(twigs, 4, 0.55, 0.003, rng)
    for order in (stems, twigs, sprays):
        add_ridged(builder, order, TWIG)
    tips = sprays.paths[rng.integers(len(sprays.paths), size=_KEPT_LEAVES), -1]
    add_leaves(builder, tips, np.array([0.0, 0.0, 0.4 * BUSH_M]), 0.035, rng)
    return builder.mesh()


_FORMS: dict[str, Callable[[np.random.Generator], Mesh]] = {
    **{name: partial(_broadleaf, kind) for name, kind in BROADLEAF.items()},
    **{f"{kind}{k}": partial(grove, kind, bare=True) for kind in GROVE_M for k in range(GROVES)},
    "bush": _bush,
}
