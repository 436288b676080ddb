"""Trees and shrubs, grown by rule: a branching skeleton of tubes, and leaves or needles as small cards."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from simgen.localsim.mesh import Material, Mesh
from simgen.localsim.places.shapes import MeshBuilder, quad_faces

Array = NDArray[np.float64]

BARE = ":bare"        # suffix of a deciduous tree's leafless form


@dataclass(frozen=True, slots=True)
class Broadleaf:
    """How a deciduous tree grows.

    height_m:  of the whole tree.
    stem:      share of the height below the first branches.
    radius_m:  of the crown where it is widest.
    widest:    where in the crown that is, 0 its foot … 1 its top.
    rise:      how steeply branches leave the trunk: their z against their reach.
    droop:     how far twigs bend down.
    leaves:    number of leaf cards.
    leaf_m:    half the length of one.
    scatter_m: how far leaves stand from the twigs.
    bark:      parameter of the bark: 0 brown, 1 white (birch).
    """

    height_m: float
    stem: float
    radius_m: float
    widest: float
    rise: float
    droop: float
    leaves: int
    leaf_m: float
    scatter_m: float
    bark: float = 0.0


BROADLEAF = {
    "linden": Broadleaf(8.4, 0.30, 2.5, 0.40, 0.75, 0.02, 19000, 0.085, 0.25),
    "maple": Broadleaf(10.5, 0.24, 3.7, 0.42, 0.65, 0.00, 17000, 0.110, 0.31),
    "oak": Broadleaf(13.0, 0.20, 5.4, 0.48, 0.45, 0.02, 19000, 0.130, 0.40),
    "birch": Broadleaf(13.5, 0.24, 2.6, 0.35, 0.95, 0.22, 13000, 0.090, 0.26, bark=1.0),
}
CONIFERS = {"spruce": 15.0, "young_spruce": 7.0, "fir": 11.0}
PINES = {"pine": 15.5}


def tree_prototypes(rng_for: Callable[[str], np.random.Generator]) -> dict[str, Mesh]:
    """All trees and shrubs by name; ``NAME:bare`` is a deciduous one in winter."""
    meshes: dict[str, Mesh] = {}
    for name, habit in BROADLEAF.items():
        meshes[name], meshes[name + BARE] = broadleaf(habit, rng_for(name))
    for name, height in CONIFERS.items():
        meshes[name] = spruce(height, rng_for(name))
    for name, height in PINES.items():
        meshes[name] = pine(height, rng_for(name))
    meshes["bush"], meshes["bush" + BARE] = bush(1.9, 4200, rng_for("bush"))
    return meshes


def broadleaf(habit: Broadleaf, rng: np.random.Generator) -> tuple[Mesh, Mesh]:
    """A deciduous tree standing at the origin, in leaf and bare."""
    wood, height = MeshBuilder(), habit.height_m
    twigs: list[Array] = []
    trunk = _path(np.zeros(3), np.array([0.0, 0.0, 1.0]), 0.93 * height, 8, 0.035, 0.05, rng)
    thick = 0.017 * height * np.linspace(1.0, 0.12, len(trunk))
    thick[0] *= 1.45                                                # the root collar
    wood.tube(trunk, thick, Material.BARK, sides=10, parameter=habit.bark, caps=False)
    limbs = 18
    turn = rng.uniform(0.0, 2.0 * np.pi)
    for k in range(limbs):
        crown = (k + rng.uniform(0.0, 0.8)) / limbs                 # 0 foot … 1 top of the crown
        share = habit.stem + (0.93 - habit.stem) * crown * 0.96
        base = np.array([np.interp(share, np.linspace(0.0, 0.93, len(trunk)), trunk[:, c]) for c in range(3)])
        turn += 2.4 + rng.normal() * 0.3                            # close to the golden angle, as buds sit
        reach = habit.radius_m * _crown_profile(crown, habit.widest) * rng.uniform(0.82, 1.12)
        _limb(wood, twigs, base, turn, reach, habit, 0.34 * np.interp(share, [0, 0.93], [thick[1], thick[-1]]), rng)
    bare = wood.mesh()
    leafy = MeshBuilder()
    leafy.merge(bare)
    spots = np.concatenate(twigs)
    centres = spots[rng.integers(len(spots), size=habit.leaves)]
    centres = centres + rng.normal(size=centres.shape) * habit.scatter_m
    middle = np.array([0.0, 0.0, height * (habit.stem + 0.4 * (1.0 - habit.stem))])
    _leaves(leafy, centres, middle, habit.leaf_m, Material.LEAF, rng)
    return leafy.mesh(), bare


def _limb(
    wood: MeshBuilder,
    twigs: list[Array],
    base: Array,
    turn: float,
    reach: float,
    habit: Broadleaf,
    thick: float,
    rng: np.random.Generator,
) -> None:
    """One branch of the trunk with its boughs and twigs; points on twigs are added to ``twigs``."""
    out = np.array([np.cos(turn), np.sin(turn), habit.rise * rng.uniform(0.7, 1.3)])
    limb = _path(base, out / np.linalg.norm(out), reach * np.linalg.norm(out), 5, 0.10, 0.06 - habit.droop, rng)
    radius = max(thick, 0.02)
    wood.tube(limb, np.linspace(radius, 0.35 * radius, len(limb)), Material.BARK, 6, habit.bark, caps=False)
    for j in range(5):
        place = 0.35 + 0.65 * (j + rng.random() * 0.6) / 5.0
        start = limb[int(place * (len(limb) - 1))]
        ahead = limb[-1] - limb[0]
        ahead /= np.linalg.norm(ahead)
        bough_way = ahead * 0.75 + _across(ahead, rng.uniform(0.0, 2.0 * np.pi)) * 0.75
        length = reach * rng.uniform(0.32, 0.52)
        bough = _path(start, bough_way / np.linalg.norm(bough_way), length, 3, 0.16, 0.05 - habit.droop, rng)
        wood.tube(bough, np.linspace(0.45, 0.2, len(bough)) * radius, Material.BARK, 5, habit.bark, caps=False)
        twigs.append(bough[1:])
        for _ in range(3):
            way = rng.normal(size=3) + bough_way + [0.0, 0.0, 0.2 - 3.0 * habit.droop]
            bud = bough[-1 - rng.integers(2)]
            twig = _path(bud, way / np.linalg.norm(way), 0.55 * length, 3, 0.2, -habit.droop, rng)
            wood.tube(twig, np.linspace(0.22, 0.08, len(twig)) * radius, Material.BARK, 4, habit.bark, caps=False)
            twigs.append(twig)


def _path(
    start: Array, direction: Array, length: float, steps: int, wander: float, lift: float, rng: np.random.Generator
) -> Array:
    """A wandering path (steps + 1, 3) that bends up by ``lift`` a step (down if negative)."""
    path, heading = [start], direction
    for _ in range(steps):
        heading = heading + rng.normal(size=3) * wander + [0.0, 0.0, lift]
        heading = heading / np.linalg.norm(heading)
        path.append(path[-1] + heading * length / steps)
    return np.array(path)


def _crown_profile(share: float, widest: float) -> float:
    """Radius of the crown at a share of its height, relative to its widest."""
    x = share / widest - 1.0 if share < widest else (share - widest) / (1.0 - widest)
    return float(np.sqrt(max(1.0 - x * x, 0.0)) * 0.8 + 0.2 - 0.1 * share)


def bush(height: float, leaves: int, rng: np.random.Generator) -> tuple[Mesh, Mesh]:
    """A shrub about as wide as high, in leaf and bare."""
    wood = MeshBuilder()
    tips = []
    for _ in range(26):
        angle, lean = rng.uniform(0.0, 2.0 * np.pi), rng.uniform(0.1, 0.75)
        top = np.array([np.cos(angle) * lean, np.sin(angle) * lean, rng.uniform(0.55, 0.95)]) * height
        path = np.outer([0.0, 0.5, 1.0], top)
        path[1:] += rng.normal(size=(2, 3)) * 0.05
        wood.tube(path, [0.022, 0.015, 0.006], Material.BARK, sides=5, caps=False)
        tips += [path[1], 0.5 * (path[1] + path[2]), path[2]]
    spots = np.array(tips)
    leafy = MeshBuilder()
    leafy.merge(wood.mesh())
    centres = spots[rng.integers(len(spots), size=leaves)] + rng.normal(size=(leaves, 3)) * 0.16
    centres[:, 2] = np.abs(centres[:, 2])
    _leaves(leafy, centres, np.array([0.0, 0.0, 0.4 * height]), 0.06, Material.LEAF, rng)
    return leafy.mesh(), wood.mesh()


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


def _leaves(
    builder: MeshBuilder, centres: Array, middle: Array, half_m: float, material: Material, rng: np.random.Generator
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
    _cards(builder, corners, normal, material, rng)


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


def _across(direction: Array, angle: float) -> Array:
    """The unit vector across ``direction`` at an angle about it."""
    reference = np.array([1.0, 0.0, 0.0]) if abs(direction[0]) < 0.8 else np.array([0.0, 1.0, 0.0])
    x = np.cross(direction, reference)
    x /= np.linalg.norm(x)
    return np.asarray(np.cos(angle) * x + np.sin(angle) * np.cross(direction, x))
