"""Trees and shrubs in summer: wood as tubes, leaves or needles as small cards. ``winter.py`` takes the leaves off."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from simgen.localsim.mesh import Material, Mesh
from simgen.localsim.places.branching import TWIG, Habit, Order, add_ridged, add_round, grow
from simgen.localsim.places.shapes import MeshBuilder, quad_faces

Array = NDArray[np.float64]

@dataclass(frozen=True, eq=False, slots=True)
class Broadleaf:
    """A deciduous tree.

    leaves:    number of leaf cards.
    leaf_m:    half the length of one.
    scatter_m: how far leaves stand from the twigs.
    """

    habit: Habit
    leaves: int
    leaf_m: float
    scatter_m: float


BROADLEAF = {
    "linden": Broadleaf(Habit(8.4, 0.30, 0.80, 2.5, 0.40, bow=0.05, crook=0.8, lift=0.10), 19000, 0.085, 0.25),
    "maple": Broadleaf(Habit(10.5, 0.24, 0.66, 3.7, 0.42, bow=0.03, crook=0.7, lift=0.14), 17000, 0.110, 0.31),
    "oak": Broadleaf(Habit(13.0, 0.20, 0.62, 5.4, 0.48, bow=0.06, crook=1.3, lift=0.06, boughs=8, girth=0.020),
                     19000, 0.130, 0.40),
    "birch": Broadleaf(Habit(13.5, 0.24, 0.93, 2.6, 0.35, bow=0.14, crook=0.6, lift=-0.30, limbs=26, boughs=6,
                             girth=0.011, bark=1.0), 13000, 0.090, 0.26),
}
CONIFERS = {"spruce": 15.0, "young_spruce": 7.0, "fir": 11.0}
PINES = {"pine": 15.5}
BUSH_M = 1.9
TREES = frozenset({*BROADLEAF, *CONIFERS, *PINES})


def tree_prototypes(rng_for: Callable[[str], np.random.Generator]) -> dict[str, Mesh]:
    """All trees and shrubs by name, in summer."""
    meshes: dict[str, Mesh] = {}
    for name, kind in BROADLEAF.items():
        meshes[name] = broadleaf(kind, rng_for(name))
    for name, height in CONIFERS.items():
        meshes[name] = spruce(height, rng_for(name))
    for name, height in PINES.items():
        meshes[name] = pine(height, rng_for(name))
    meshes["bush"] = bush(BUSH_M, 4200, rng_for("bush"))
    return meshes


def broadleaf(kind: Broadleaf, rng: np.random.Generator) -> Mesh:
    """A deciduous tree in leaf, standing at the origin."""
    habit, builder = kind.habit, MeshBuilder()
    trunk, limbs, boughs, twigs, _ = grow(habit, rng)
    add_round(builder, trunk, 9, habit.bark)
    add_round(builder, limbs, 5, habit.bark)
    add_ridged(builder, boughs, TWIG if habit.bark else 0.0)
    spots = np.concatenate([boughs.paths[:, 2:].reshape(-1, 3), twigs.paths[:, 1:].reshape(-1, 3)])
    centres = spots[rng.integers(len(spots), size=kind.leaves)]
    centres = centres + rng.normal(size=centres.shape) * kind.scatter_m
    middle = np.array([0.0, 0.0, habit.height_m * (habit.stem + 0.4 * (1.0 - habit.stem))])
    add_leaves(builder, centres, middle, kind.leaf_m, rng)
    return builder.mesh()


def bush(height: float, leaves: int, rng: np.random.Generator) -> Mesh:
    """A shrub about as wide as high."""
    builder = MeshBuilder()
    stems = bush_stems(height, rng)
    add_ridged(builder, stems, 0.0)
    spots = np.concatenate([stems.paths[:, 1:], 0.5 * (stems.paths[:, 1:2] + stems.paths[:, 2:])], axis=1)
    spots = spots.reshape(-1, 3)
    centres = spots[rng.integers(len(spots), size=leaves)] + rng.normal(size=(leaves, 3)) * 0.16
    centres[:, 2] = np.abs(centres[:, 2])
    add_leaves(builder, centres, np.array([0.0, 0.0, 0.4 * height]), 0.06, rng)
    return builder.mesh()


def bush_stems(height: float, rng: np.random.Generator) -> Order:
    """What grows from a shrub's root."""
    count = 26
    angle, lean = rng.uniform(0.0, 2.0 * np.pi, count), rng.uniform(0.1, 0.75, count)
    top = np.column_stack([np.cos(angle) * lean, np.sin(angle) * lean, rng.uniform(0.55, 0.95, count)]) * height
    paths = np.array([0.0, 0.5, 1.0])[:, None] * top[:, None]
    paths[:, 1:] += rng.normal(size=(count, 2, 3)) * 0.05
    return Order(paths, np.broadcast_to([0.022, 0.015, 0.006], (count, 3)))


def spruce(height: float, rng: np.random.Generator) -> Mesh:
    """A conifer in whorls: drooping branches, each with twigs to both sides."""
    builder = MeshBuilder()
    stem = np.array([[0.0, 0.0, 0.0], [0.03, 0.0, 0.5 * height], [0.0, 0.0, height]])
    builder.tube(stem, [0.016 * height, 0.009 * height, 0.02], Material.BARK, sides=8, caps=False)
    starts, ends = [], []
    level = 0.07 * height
    while level < 0.985 * height:
        reach = 0.25 * (height - level) * (0.82 + 0.3 * rng.random()) + 0.12
        for k in range(7):
            angle = 2.0 * np.pi * (k + rng.random() * 0.7) / 7.0
            out = np.array([np.cos(angle), np.sin(angle)])
            length = reach * rng.uniform(0.75, 1.1)
            steps = max(3, int(length / 0.15))
            along = np.linspace(0.12, 1.0, steps)
            sag = -0.32 * along**1.4 + 0.12 * along**3
            spine = np.column_stack([along[:, None] * out * length, level + sag * length])
            sides = np.array([-out[1], out[0]])
            twig = (0.30 * length * (1.05 - along) + 0.18) * rng.uniform(0.8, 1.2, steps)
            for side in (-1.0, 1.0):
                tip = spine.copy()
                tip[:, :2] += (side * sides * 0.85 + out * 0.55) * twig[:, None]
                tip[:, 2] -= twig * rng.uniform(0.15, 0.45, steps)
                starts.append(spine)
                ends.append(tip)
            starts.append(spine[-1:])
            ends.append(spine[-1:] + np.append(out * 0.22, -0.05))
        level += 0.016 * height + 0.05
    # Leading shoot.
    starts.append(np.array([[0, 0, height - 0.35]]))
    ends.append(np.array([[0, 0, height + 0.12]]))
    _twigs(builder, np.concatenate(starts), np.concatenate(ends), 0.15, rng)
    return builder.mesh()


def pine(height: float, rng: np.random.Generator) -> Mesh:
    """A Scots pine: a long bare trunk under an irregular crown of tufts."""
    builder = MeshBuilder()
    bow = rng.normal(size=2) * 0.02 * height
    trunk = np.array([[0, 0, 0], [*bow, 0.4 * height], [*(0.5 * bow), 0.75 * height], [0, 0, height]])
    builder.tube(trunk, np.array([0.017, 0.012, 0.009, 0.003]) * height, Material.BARK, sides=9, caps=False)
    starts, ends = [], []
    for level in np.linspace(0.52, 0.98, 30):
        angle = rng.uniform(0.0, 2.0 * np.pi)
        length = height * (0.22 * np.sqrt(max(1.02 - level, 0.0) * 2.0) + 0.03) * rng.uniform(0.6, 1.1)
        out = np.array([np.cos(angle), np.sin(angle), 0.25])
        base = np.array([0.0, 0.0, level * height])
        path = base + np.outer([0.0, 0.5, 1.0], out * length) + [[0, 0, 0], [0, 0, 0.1], [0, 0, 0.35]]
        builder.tube(path, [0.05, 0.035, 0.015], Material.BARK, sides=5, caps=False)
        tufts = path[1] + (path[2] - path[1]) * rng.uniform(0.0, 1.1, (12, 1)) + rng.normal(size=(12, 3)) * 0.4
        for tuft in tufts:
            spikes = rng.normal(size=(20, 3)) + np.array([0.0, 0.0, 0.45])
            spikes *= rng.uniform(0.28, 0.48, (20, 1)) / np.linalg.norm(spikes, axis=1, keepdims=True)
            starts.append(np.broadcast_to(tuft, spikes.shape))
            ends.append(tuft + spikes)
    _twigs(builder, np.concatenate(starts), np.concatenate(ends), 0.07, rng)
    return builder.mesh()


def add_leaves(
    builder: MeshBuilder, centres: Array, middle: Array, half_m: float, rng: np.random.Generator
) -> None:
    """Diamond-shaped cards in random directions; their normals lean outwards, so that the crown shades as a whole."""
    count = len(centres)
    tip = rng.normal(size=(count, 3))
    tip /= np.linalg.norm(tip, axis=1, keepdims=True)
    side = np.cross(tip, rng.normal(size=(count, 3)))
    side /= np.linalg.norm(side, axis=1, keepdims=True)
    size = half_m * rng.uniform(0.7, 1.3, (count, 1))
    tip, side = tip * size, side * size * 0.6
    corners = np.stack([centres - tip, centres + side, centres + tip, centres - side], axis=1)
    out = centres - middle
    out /= np.linalg.norm(out, axis=1, keepdims=True) + 1e-9
    normal = np.cross(tip, side)
    normal /= np.linalg.norm(normal, axis=1, keepdims=True)
    facing = np.sum(normal * out, axis=1) > 0.0
    corners[~facing] = corners[~facing, ::-1]
    normal = np.where(facing[:, None], normal, -normal) * 0.5 + out * 0.8
    _cards(builder, corners, normal, Material.LEAF, rng)


def _twigs(builder: MeshBuilder, starts: Array, ends: Array, half_width: float, rng: np.random.Generator) -> None:
    """Narrow cards of needles from ``starts`` to ``ends`` (N, 3), widest in the first third."""
    axis = ends - starts
    side = np.cross(axis, rng.normal(size=axis.shape) * 0.35 + [0.0, 0.0, 1.0])
    side *= half_width / (np.linalg.norm(side, axis=1, keepdims=True) + 1e-9)
    shoulder = starts + 0.4 * axis
    corners = np.stack([starts, shoulder - side, ends, shoulder + side], axis=1)
    normal = np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0])
    normal /= np.linalg.norm(normal, axis=1, keepdims=True) + 1e-12
    down = normal[:, 2] < 0.0
    corners[down] = corners[down, ::-1]
    normal[down] *= -1.0
    out = 0.5 * (starts + ends) * [1.0, 1.0, 0.0]
    out /= np.linalg.norm(out, axis=1, keepdims=True) + 1e-6
    _cards(builder, corners, normal * 0.6 + out * 0.6 + [0.0, 0.0, 0.15], Material.NEEDLE, rng)


def _cards(
    builder: MeshBuilder, corners: Array, normal: Array, material: Material, rng: np.random.Generator
) -> None:
    normal = normal / (np.linalg.norm(normal, axis=1, keepdims=True) + 1e-12)
    tint = rng.random((len(corners), 2))
    builder.add(corners, np.repeat(normal, 4, axis=0), np.repeat(tint, 4, axis=0), quad_faces(len(corners)), material)
