"""What people carry: backpacks, shoulder bags, handbags, shopping, rolled umbrellas."""

from __future__ import annotations

import numpy as np

from simgen.localsim.bodies.builder import MeshBuilder
from simgen.localsim.bodies.people import Person
from simgen.localsim.bodies.skeleton import Frame, Skeleton
from simgen.localsim.mesh import Material as M


def add_bag(builder: MeshBuilder, person: Person, frame: Frame, skeleton: Skeleton, cloth_m: float) -> None:
    """Append the person's bag, if any, and its straps over clothes that are cloth_m thick."""
    if person.bag == "backpack":
        _add_backpack(builder, person, frame, skeleton, cloth_m)
    elif person.bag == "shoulder_bag":
        _add_shoulder_bag(builder, person, frame, skeleton)
    elif person.bag == "handbag":
        _add_carried(builder, frame, skeleton, (0.115, 0.045, 0.080), 0.09, M.SHOE)
    elif person.bag == "shopping":
        _add_carried(builder, frame, skeleton, (0.17, 0.055, 0.17), 0.10, M.CLOTH_LOWER)
    elif person.bag == "umbrella":
        _add_umbrella(builder, frame, skeleton)


def _add_backpack(builder: MeshBuilder, person: Person, frame: Frame, sk: Skeleton, cloth_m: float) -> None:
    s = frame.scale
    axes = np.stack([sk.forward, sk.left, sk.up], axis=1)
    stout = 0.05 * (person.girth - 1.0)
    chest = 0.112 + 2.0 * stout + cloth_m
    centre = sk.neck - sk.up * 0.20 * s - sk.forward * (0.185 + stout) * s
    builder.box(centre, np.array([0.075, 0.135, 0.20]) * s, M.SHOE, rotation=axes, radius=0.05 * s)
    pocket = centre - (sk.forward * 0.085 + sk.up * 0.06) * s
    builder.box(pocket, np.array([0.03, 0.10, 0.09]) * s, M.SHOE, rotation=axes, radius=0.025 * s)
    for side in (1.0, -1.0):
        flank = 0.150 + stout + 0.5 * cloth_m
        strap = [(0.080, -0.150, -0.06), (0.082, -0.075, 0.015), (0.088, 0.01, 0.030 + 2.0 * stout + cloth_m),
                 (0.096, 0.075 + stout, -0.02), (0.104, chest + 0.006, -0.10), (0.114, chest + 0.008, -0.20),
                 (flank - 0.004, 0.078, -0.28), (flank + 0.014, 0.0, -0.33), (flank - 0.02, -0.09, -0.36),
                 (0.115, -0.150, -0.37)]
        path = [sk.neck + (sk.left * aside * side + sk.forward * ahead + sk.up * above) * s
                for aside, ahead, above in strap]
        builder.tube(path, 0.018 * s, M.SHOE, sides=8)


def _add_shoulder_bag(builder: MeshBuilder, person: Person, frame: Frame, sk: Skeleton) -> None:
    """A bag at the right hip, its strap across the chest from the left shoulder."""
    s = frame.scale
    axes = np.stack([sk.forward, sk.left, sk.up], axis=1)
    bag = sk.hips[1] - sk.left * 0.130 * person.girth * s + sk.up * 0.01 * s
    builder.box(bag, np.array([0.115, 0.038, 0.085]) * s, M.SHOE, rotation=axes, radius=0.028 * s)
    flap = bag - sk.left * 0.036 * s + sk.up * 0.028 * s
    builder.box(flap, np.array([0.105, 0.008, 0.055]) * s, M.SHOE, rotation=axes, radius=0.007 * s)
    stout = 0.06 * (person.girth - 1.0)
    over = [(-0.115, -0.075, -0.38), (-0.04, -0.125, -0.24), (0.05, -0.115, -0.08), (0.080, -0.05, 0.025),
            (0.085, 0.015, 0.045), (0.070, 0.085, -0.02), (0.035, 0.128, -0.13), (-0.03, 0.138 + stout, -0.26),
            (-0.10, 0.115 + stout, -0.37), (-0.155, 0.06, -0.47)]
    path = [sk.neck + (sk.left * aside + sk.forward * ahead + sk.up * above) * s for aside, ahead, above in over]
    rear, front = (bag + (sk.up * 0.07 + sk.forward * ahead) * s for ahead in (-0.07, 0.07))
    builder.tube([rear, *path, front], 0.013 * s, M.SHOE, sides=6, flatten=0.6)


def _add_umbrella(builder: MeshBuilder, frame: Frame, sk: Skeleton) -> None:
    """A rolled umbrella that hangs from the left hand by its crook."""
    s = frame.scale
    grip = sk.wrists[0] + sk.hands[0] * 0.085 * s
    angle = np.linspace(np.pi, 0.0, 7)
    crook = np.stack([0.035 * np.cos(angle) - 0.035, np.zeros(7), 0.035 * np.sin(angle)], axis=1) * s
    top = float(grip[2])
    low = max(top - 0.68 * s, 0.05)
    stick = [grip + point for point in crook]
    builder.tube([*stick, np.array([grip[0], grip[1], low])], 0.009 * s, M.METAL, sides=6)
    rolled = [(0.07, 0.010), (0.12, 0.026), (0.42, 0.030), (0.54, 0.012)]
    path = [np.array([grip[0], grip[1], max(top - down * s, low + 0.02)]) for down, _ in rolled]
    builder.tube(path, [radius * s for _, radius in rolled], M.SHOE, sides=10)


def _add_carried(builder: MeshBuilder, frame: Frame, sk: Skeleton, half_m: tuple[float, float, float],
                 handle_m: float, material: M) -> None:
    """A bag that hangs from the left hand."""
    s = frame.scale
    grip = sk.wrists[0] + sk.hands[0] * 0.09 * s
    half = np.array(half_m) * s
    centre = grip - np.array([0.0, 0.0, handle_m * s + half[2]])
    builder.box(centre, half, material, radius=0.03 * s)
    for ahead in (0.06, -0.06):
        builder.tube([grip, centre + np.array([ahead * s, 0.0, half[2]])], 0.007 * s, M.SHOE, sides=6)
