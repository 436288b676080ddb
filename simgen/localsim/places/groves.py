"""Patches of simple trees for forests seen from a distance: few, large cards instead of leaves."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from simgen.localsim.mesh import Material, Mesh
from simgen.localsim.places.branching import TWIG, Order, add_ridged
from simgen.localsim.places.shapes import MeshBuilder, quad_faces

Array = NDArray[np.float64]

GROVES = 4                                    # variants of each kind
GROVE_M = {"grove": 16.0, "wood": 40.0}       # width of a patch: just behind the first trees, and far away
_TREES = {"grove": 11, "wood": 48}
_CARDS = {"grove": 300, "wood": 90}
_TWIGS = {"grove": 120, "wood": 56}           # of a leafless tree, its limbs among them
_LIMBS = 13


def grove_prototypes(rng_for: Callable[[str], np.random.Generator]) -> dict[str, Mesh]:
    """Patches ``grove0`` … and ``wood0`` …, centred at the origin, in summer."""
    return {f"{kind}{k}": grove(kind, rng_for(f"{kind}{k}")) for kind in GROVE_M for k in range(GROVES)}


def grove(kind: str, rng: np.random.Generator, bare: bool = False) -> Mesh:
    """A patch of trees of a kind of ``GROVE_M``; ``bare``: the same one without leaves."""
    builder = MeshBuilder()
    half, cards = 0.5 * GROVE_M[kind], _CARDS[kind]
    columns = int(np.ceil(np.sqrt(_TREES[kind])))
    cell = 2.0 * half / columns
    cells = np.stack(np.meshgrid(np.arange(columns), np.arange(columns)), axis=-1).reshape(-1, 2)
    spots = (cells + rng.uniform(0.15, 0.85, cells.shape)) * cell - half
    for x, y in spots[rng.permutation(len(spots))[: _TREES[kind]]]:
        height = float(rng.uniform(9.0, 16.0))
        conical = rng.random() < 0.6
        top = 0.85 if conical or not bare else 0.62
        stem = [[x, y, -1.5], [x, y, top * height]]
        builder.tube(stem, [0.014 * height, 0.004 * height], Material.BARK, 5, caps=False)
        if conical:
            _conifer(builder, np.array([x, y, 0.0]), height, cards, rng)
        elif bare:
            _twigs(builder, np.array([x, y, 0.0]), 0.85 * height, kind, rng)
        else:
            _broadleaf(builder, np.array([x, y, 0.0]), 0.85 * height, cards, rng)
    return builder.mesh()


def _conifer(builder: MeshBuilder, foot: Array, height: float, cards: int, rng: np.random.Generator) -> None:
    """Triangular cards that hang outwards from the stem."""
    level = 1.0 - np.sqrt(rng.random(cards)) * 0.94
    angle = rng.uniform(0.0, 2.0 * np.pi, cards)
    out = np.stack([np.cos(angle), np.sin(angle), np.zeros(cards)], axis=1)
    across = np.stack([-np.sin(angle), np.cos(angle), np.zeros(cards)], axis=1)
    reach = (0.23 * height * (1.0 - level) + 0.25) * rng.uniform(0.75, 1.15, cards)
    width = (0.45 * reach + 0.1) * np.sqrt(120.0 / cards)
    root = foot + np.outer(level * height, [0.0, 0.0, 1.0]) + out * (0.15 * reach)[:, None]
    tip = root + out * reach[:, None] - np.outer(0.35 * reach, [0.0, 0.0, 1.0])
    top = root + np.outer(0.10 * reach + 0.15, [0.0, 0.0, 1.0])
    corners = np.stack([top, tip - across * (0.5 * width)[:, None], tip + out * (0.15 * reach)[:, None],
                        tip + across * (0.5 * width)[:, None]], axis=1)
    normal = out * 0.75 + [0.0, 0.0, 0.55]
    _cards(builder, corners, normal, Material.NEEDLE, rng)


def _broadleaf(builder: MeshBuilder, foot: Array, height: float, cards: int, rng: np.random.Generator) -> None:
    """Cards in the outer shell of a lumpy crown."""
    way = rng.normal(size=(cards, 3))
    way /= np.linalg.norm(way, axis=1, keepdims=True)
    lump = rng.normal(size=(7, 3))
    lump /= np.linalg.norm(lump, axis=1, keepdims=True)
    swell = 0.78 + 0.34 * np.clip((way @ lump.T).max(axis=1), 0.0, 1.0) ** 3
    size = np.array([0.27, 0.27, 0.40]) * height
    shell = rng.uniform(0.72, 1.0, (cards, 1))
    centre = foot + [0.0, 0.0, 0.58 * height] + way * swell[:, None] * size * shell
    half = 0.055 * height * np.sqrt(120.0 / cards) * rng.uniform(0.7, 1.3, (cards, 1))
    u = np.cross(way, rng.normal(size=way.shape))
    u /= np.linalg.norm(u, axis=1, keepdims=True) + 1e-9
    v = np.cross(way, u)
    tilt = rng.normal(size=(cards, 1)) * 0.5 * way
    u = (u + tilt) * half
    corners = np.stack([centre - u, centre + v * half, centre + u, centre - v * half], axis=1)
    _cards(builder, corners, way + np.array([0.0, 0.0, 0.2]), Material.LEAF, rng)


def _twigs(builder: MeshBuilder, foot: Array, height: float, kind: str, rng: np.random.Generator) -> None:
    """What ``_broadleaf`` leaves in winter: limbs that fan out from the stem, and twigs in the crown's outer half, each
    as broad as many. Draws exactly as much chance, so that the next tree of the patch is the same."""
    state = rng.bit_generator.state
    _broadleaf(MeshBuilder(), foot, height, _CARDS[kind], rng)
    after = rng.bit_generator.state
    rng.bit_generator.state = state
    count = _TWIGS[kind]
    way = rng.normal(size=(count, 3)) * [1.0, 1.0, 0.8] + [0.0, 0.0, 0.55]
    way /= np.linalg.norm(way, axis=1, keepdims=True)
    size = np.array([0.27, 0.27, 0.40]) * height
    tip = foot + [0.0, 0.0, 0.58 * height] + way * size * rng.uniform(0.55, 1.0, (len(way), 1))
    limb = np.arange(count) < _LIMBS
    start = foot + np.outer(0.22 + 0.48 * rng.random(count), [0.0, 0.0, height])
    owner = rng.integers(0, _LIMBS, count)
    fork = start[owner] + (tip[owner] - start[owner]) * rng.uniform(0.35, 0.85, (count, 1))
    start = np.where(limb[:, None], start, fork)
    tip = np.where(limb[:, None], tip, fork + 0.45 * (tip - fork))
    broader = 1.0 if kind == "grove" else 1.6                       # seen from afar: fewer, broader ones
    root = np.where(limb, 0.0058, 0.0021) * height * broader
    middle = 0.5 * (start + tip) + rng.normal(size=tip.shape) * (0.012 * height) + [0.0, 0.0, -0.012 * height]
    radii = root[:, None] * [1.0, 0.7, 0.3]
    add_ridged(builder, Order(np.stack([start, middle, tip], axis=1), radii), TWIG)
    rng.bit_generator.state = after


def _cards(builder: MeshBuilder, corners: Array, normal: Array, material: Material, rng: np.random.Generator) -> None:
    normal = normal / np.linalg.norm(normal, axis=1, keepdims=True)
    tint = rng.random((len(corners), 2))
    builder.add(corners, np.repeat(normal, 4, axis=0), np.repeat(tint, 4, axis=0), quad_faces(len(corners)), material)
