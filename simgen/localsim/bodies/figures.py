"""People who do not simply stand or walk: seated in a wheelchair, pushing a pram, lying on the ground.

They are creatures (``creature.Creature``): their size includes all that they sit in or push.
"""

from __future__ import annotations

import functools
import math
from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np

from simgen.localsim.bodies.builder import MeshBuilder, unit
from simgen.localsim.bodies.creature import Creature
from simgen.localsim.bodies.gait import STANDING_BELOW_MPS, Gait, human_gaits, pose_of
from simgen.localsim.bodies.people import PEOPLE, Person
from simgen.localsim.bodies.person import dressed
from simgen.localsim.bodies.pushed import (
    CHAIR_RIM_Y_M,
    CHAIR_WHEEL,
    CHAIR_WHEEL_M,
    PRAM_GRIP,
    add_pram,
    add_wheelchair,
)
from simgen.localsim.bodies.rider import Seat, add_rider
from simgen.localsim.bodies.skeleton import Skeleton, frame_of, standing_or_moving, two_bones
from simgen.localsim.bodies.umbrella import UmbrellaCarrier
from simgen.localsim.mesh import Mesh

Size = tuple[float, float, float]

_PREFIX = "walker.pedestrian."
_ADULT_FROM_M = 1.5

_PELVIS = (-0.075, 0.0, 0.545)
_FEET = (0.445, 0.105, 0.185)
_ELBOWS_OUT = 0.12
# Half a turn of the large wheels a stroke of the arms: eight poses show 22.5 degrees each.
_ROLL = Gait("roll", math.pi * CHAIR_WHEEL_M, 0.45, (0.0, 0.0), 0.0, STANDING_BELOW_MPS)


@dataclass(frozen=True, slots=True)
class WheelchairUser:
    """A person who rolls and pushes the hand rims."""

    person: Person
    size_m: Size = (1.10, 0.65, 1.35)

    def gaits(self) -> tuple[Gait, ...]:
        """Rolling."""
        return (_ROLL,)

    def mesh(self, phase: int) -> Mesh:
        """Chair and person in a phase; 0 has the hands at rest on the rims."""
        moment = pose_of(phase, self.gaits())
        turn, along, off = 0.0, 0.05, 0.0
        lean = 0.02
        if moment is not None:
            _, cycle = moment
            turn = math.pi * cycle
            pushing = cycle < _ROLL.duty
            share = cycle / _ROLL.duty if pushing else 1.0 - (cycle - _ROLL.duty) / (1.0 - _ROLL.duty)
            along = -0.45 + 1.15 * share                # where on the rim the hands are, from the top
            off = 0.0 if pushing else 0.06 * math.sin(math.pi * share)
            lean = 0.04 + 0.14 * share
        builder = MeshBuilder()
        add_wheelchair(builder, turn)
        reach = CHAIR_WHEEL_M + 0.015 + off
        grip = (CHAIR_WHEEL[0] + reach * math.sin(along), CHAIR_RIM_Y_M - 0.015 + 0.3 * off,
                CHAIR_WHEEL[2] + reach * math.cos(along))
        feet = (_FEET, (_FEET[0], -_FEET[1], _FEET[2]))
        sitting = replace(self.person, bag="none")
        add_rider(builder, sitting, Seat(_PELVIS, lean, grip, feet, _ELBOWS_OUT), self.size_m[2])
        return builder.mesh()


@dataclass(frozen=True, slots=True)
class StrollerPusher:
    """A person who walks behind a pram, both hands on its handle."""

    person: Person
    size_m: Size = (1.42, 0.60, 1.68)

    def gaits(self) -> tuple[Gait, ...]:
        """Walk and run."""
        return human_gaits(self.person.height_m)

    def mesh(self, phase: int) -> Mesh:
        """Person and pram in a phase."""
        walk = self.gaits()[0]
        moment = pose_of(phase, self.gaits())
        # Two turns of the wheels a walking stride: their radius is chosen so.
        radius = walk.stride_m / (4.0 * math.pi)
        turn = 0.0
        if moment is not None:
            gait, cycle = moment
            turn = 2.0 * math.pi * round(gait.stride_m / (2.0 * math.pi * radius)) * cycle
        frame = frame_of(self.person.height_m, self.person.female)
        skeleton = _pushing(standing_or_moving(frame, phase), frame.upper_arm, frame.forearm)
        builder = MeshBuilder()
        builder.extend(dressed(self.person, frame, skeleton))
        add_pram(builder, radius, turn)
        return builder.mesh()


@dataclass(frozen=True, slots=True)
class LyingPerson:
    """A person on their back, an arm and a knee bent: head ahead, feet behind."""

    person: Person
    size_m: Size = (1.98, 1.02, 0.28)

    def gaits(self) -> tuple[Gait, ...]:
        """None."""
        return ()

    def mesh(self, phase: int) -> Mesh:
        """The only pose."""
        frame = frame_of(self.person.height_m, self.person.female)
        upright = dressed(self.person, frame, _sprawled(standing_or_moving(frame, 0), frame.scale))
        # Up becomes ahead, ahead becomes up, left becomes right: a turn, not a mirror image.
        turn = np.array([[0.0, 0.0, 1.0], [0.0, -1.0, 0.0], [1.0, 0.0, 0.0]], np.float32)
        return replace(upright, positions=_rotated(upright.positions, turn), normals=_rotated(upright.normals, turn))


@functools.cache
def figure(name: str) -> Creature | None:
    """Who has a body's name: one of the figures below, or ``walker.pedestrian.NNNN`` of grown-ups with ``/wheelchair``
    or ``/umbrella``."""
    known = _FIGURES.get(name)
    if known is not None:
        return known
    base, _, variant = name.partition("/")
    person = PEOPLE.get(base)
    if person is None or person.height_m < _ADULT_FROM_M:
        return None
    made = _VARIANTS.get(variant)
    return None if made is None else made(person)


_VARIANTS: dict[str, Callable[[Person], Creature]] = {"wheelchair": WheelchairUser, "umbrella": UmbrellaCarrier}
_FIGURES: dict[str, Creature] = {
    f"{_PREFIX}wheelchair": WheelchairUser(Person(1.66, True, 1.0, "jumper", "trousers", "short")),
    f"{_PREFIX}stroller": StrollerPusher(Person(1.66, True, 0.96, "jacket", "trousers", "ponytail")),
    f"{_PREFIX}lying": LyingPerson(Person(1.76, False, 1.02, "jumper", "trousers", "short")),
}


def _pushing(walking: Skeleton, upper_arm: float, forearm: float) -> Skeleton:
    """The same person with both hands on the pram's handle."""
    elbows, wrists, hands = [], [], []
    for shoulder, side in zip(walking.shoulders, (1.0, -1.0), strict=True):
        grip = np.array([PRAM_GRIP[0], side * PRAM_GRIP[1], PRAM_GRIP[2]])
        along = unit(grip - shoulder)
        elbow, wrist = two_bones(shoulder, grip - 0.07 * along, upper_arm, forearm,
                                 np.array([-0.5, 0.4 * side, -0.8]))
        elbows.append(elbow)
        wrists.append(wrist)
        hands.append(unit(grip - wrist + [0.02, 0.0, 0.01]))
    return replace(walking, elbows=(elbows[0], elbows[1]), wrists=(wrists[0], wrists[1]), hands=(hands[0], hands[1]))


def _sprawled(standing: Skeleton, scale: float) -> Skeleton:
    """Upright, but as somebody who fell: the left arm thrown up beside the head, the right one aside, a knee bent."""
    s = scale
    left, right = standing.shoulders
    elbows = (left + s * np.array([-0.06, 0.22, 0.16]), right + s * np.array([-0.06, -0.20, -0.20]))
    wrists = (elbows[0] + s * np.array([0.0, -0.06, 0.23]), elbows[1] + s * np.array([-0.01, -0.13, -0.20]))
    hands = (unit(wrists[0] - elbows[0]), unit(wrists[1] - elbows[1]))
    hip, thigh = standing.hips[0], float(np.linalg.norm(standing.knees[0] - standing.hips[0]))
    shin = float(np.linalg.norm(standing.ankles[0] - standing.knees[0]))
    knee = hip + thigh * unit(np.array([0.04, 0.60, -0.80]))
    ankle = knee + shin * unit(np.array([-0.16, -0.62, -0.75]))
    right_knee = standing.knees[1] + s * np.array([-0.030, -0.015, 0.0])
    right_ankle = standing.ankles[1] + s * np.array([-0.020, -0.03, 0.0])
    soles = (unit(np.array([0.55, 0.75, -0.35])), unit(np.array([0.75, -0.60, -0.30])))
    return replace(standing, elbows=elbows, wrists=wrists, hands=hands, knees=(knee, right_knee),
                   ankles=(ankle, right_ankle), soles=soles, face=unit(np.array([0.85, -0.5, 0.0])))


def _rotated(vectors: np.ndarray, turn: np.ndarray) -> np.ndarray:
    return np.ascontiguousarray(np.einsum("ij,...j->...i", turn, vectors, optimize=False))
