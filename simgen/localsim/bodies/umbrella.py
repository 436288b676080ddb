"""People under an open umbrella: upright shaft in the right hand, eight ribs, cloth that is slack between them."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from simgen.localsim.bodies.builder import Array, MeshBuilder, unit
from simgen.localsim.bodies.gait import Gait, human_gaits
from simgen.localsim.bodies.people import Person
from simgen.localsim.bodies.person import dressed
from simgen.localsim.bodies.skeleton import Frame, Skeleton, frame_of, standing_or_moving, two_bones
from simgen.localsim.mesh import Material as M
from simgen.localsim.mesh import Mesh

Size = tuple[float, float, float]

_RADIUS_M = 0.50
_DEEP_M = 0.19             # from the crown to the ends of the ribs
_TOP_M = 2.05              # of the spike at rest, whoever carries it
_SPIKE_M = 0.045
_RIBS, _BETWEEN, _RINGS = 8, 4, 7
_SLACK = 0.10              # the hem between two ribs lies so much nearer to the shaft
_CLOTH_M = 0.006
# Most umbrellas are black, some are of the colour of somebody's clothes; by the shade of the hair, which varies freely.
_CLOTHS = (M.BLACK_TRIM, M.CLOTH_LOWER, M.CLOTH_UPPER, M.CLOTH_UPPER, M.BLACK_TRIM)
_GRIP = (0.17, -0.03, -0.24)          # from the right shoulder: ahead, to the left, up; for 1.75 m


@dataclass(frozen=True, slots=True)
class UmbrellaCarrier:
    """A person who walks under an open umbrella. The box is as wide as that and has its shaft in the middle, which is
    ahead of the person's right shoulder."""

    person: Person
    size_m: Size = (1.00, 1.00, 2.05)

    def gaits(self) -> tuple[Gait, ...]:
        """Walk and run."""
        return human_gaits(self.person.height_m)

    def mesh(self, phase: int) -> Mesh:
        """Person and umbrella in a phase."""
        bag = "none" if self.person.bag == "umbrella" else self.person.bag
        frame = frame_of(self.person.height_m, self.person.female)
        skeleton = _carrying(standing_or_moving(frame, phase), frame)
        standing = _carrying(standing_or_moving(frame, 0), frame)
        builder = MeshBuilder()
        builder.extend(dressed(replace(self.person, bag=bag), frame, skeleton))
        grip = _grip_of(skeleton, frame)
        length = _TOP_M - float(_grip_of(standing, frame)[2])
        _add_umbrella(builder, grip, length, _CLOTHS[self.person.shade])
        return builder.mesh()


def _grip_of(skeleton: Skeleton, frame: Frame) -> Array:
    """Where the fist is closed around the shaft."""
    return skeleton.wrists[1] + 0.075 * frame.scale * skeleton.hands[1]


def _carrying(walking: Skeleton, frame: Frame) -> Skeleton:
    """The same person with the right forearm raised before the chest."""
    s = frame.scale
    shoulder = walking.shoulders[1]
    ahead, aside, above = _GRIP
    grip = shoulder + (ahead * walking.forward + aside * -walking.left + above * walking.up) * s
    along = unit(np.array([0.85, 0.40, 0.20]))
    elbow, wrist = two_bones(shoulder, grip - 0.075 * s * along, frame.upper_arm, frame.forearm,
                             np.array([-0.6, -0.35, -0.9]))
    return replace(walking, elbows=(walking.elbows[0], elbow), wrists=(walking.wrists[0], wrist),
                   hands=(walking.hands[0], along))


def _add_umbrella(builder: MeshBuilder, grip: Array, length_m: float, cloth: M) -> None:
    """Append an umbrella whose spike is length_m above the grip, shaft upright."""
    up = np.array([0.0, 0.0, 1.0])
    top = grip + length_m * up
    crown = top - _SPIKE_M * up
    builder.tube([grip - 0.14 * up, crown], 0.006, M.METAL, sides=6)
    builder.tube([crown - 0.01 * up, top], [0.012, 0.005], M.METAL, sides=6)
    builder.tube([grip - 0.15 * up, grip + 0.05 * up], 0.015, M.BLACK_TRIM, sides=8)
    outside, inside = (_canopy(crown - drop * up) for drop in (0.0, _CLOTH_M))
    builder.grid(outside, cloth)
    builder.grid(inside, cloth, reverse=True)
    builder.grid(np.stack([outside[-1], inside[-1]]), cloth)                          # the hem
    runner = crown - 0.27 * up
    for k in range(_RIBS):
        rib = inside[:, k * _BETWEEN] - 0.004 * up
        builder.tube(rib[1::2], 0.003, M.METAL, sides=4)
        builder.tube([runner, rib[_RINGS // 2]], 0.003, M.METAL, sides=4)


def _canopy(crown: Array) -> Array:
    """Rings (rings, around + 1, 3) from the crown to the hem: a shallow dome with flat panels between the ribs."""
    share = np.linspace(0.0, 1.0, _RINGS)[:, None]
    turn = np.arange(_RIBS * _BETWEEN + 1) / (_RIBS * _BETWEEN)
    off_rib = 1.0 - np.abs(2.0 * np.mod(turn * _RIBS, 1.0) - 1.0)                      # 0 on a rib, 1 half way
    radius = _RADIUS_M * share * (1.0 - _SLACK * off_rib**1.5 * share)
    drop = _DEEP_M * (0.35 * share + 0.65 * share**2) - 0.012 * off_rib * share
    angle = 2.0 * np.pi * turn
    angle[-1] = 0.0                                                                    # the seam closes exactly
    return crown + np.stack([radius * np.cos(angle), radius * np.sin(angle), -drop], axis=-1)
