"""Which leg is where: strides, footfalls and the path of one foot through a gait cycle.

A body in motion is drawn in one of eight poses a gait, each the middle of an eighth of the stride; the pose
follows from the way travelled. The length of a stride is fixed for each gait (at the gait's usual speed), not
for each speed: only then does a foot on the ground stay where it is, and the pose does not jump when the speed
changes. The cadence follows the speed.

Sources: mammals' walking frequency 1.62 M^-0.15 Hz and trot-gallop transition 1.53 M^0.24 m/s at
4.48 M^-0.14 Hz (Heglund, Taylor, McMahon 1974; Sci. Rep. 2016), Froude numbers v^2/(g h) of 0.2 for a usual walk
and 0.5 for the change to a trot; people's stride 0.82 h sqrt(v / 1.35 m/s).
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

POSES_PER_GAIT = 8
STANDING_BELOW_MPS = 0.1
_GRAVITY = 9.81


@dataclass(frozen=True, slots=True)
class Gait:
    """One way to move.

    stride_m:     way travelled in one cycle.
    duty:         share of the cycle that each foot is on the ground.
    touchdown:    when in the cycle each foot lands: left hind, left fore, right hind, right fore; for people
                  left, right.
    lift_m:       how high the foot swings.
    from_mps:     speed at which this gait begins.
    bob_m, rock_rad: how far the trunk rises and falls, and pitches, twice and once a cycle (bounding gaits).
    stretch_rad:  how far the neck is lowered.
    """

    name: str
    stride_m: float
    duty: float
    touchdown: tuple[float, ...]
    lift_m: float
    from_mps: float
    bob_m: float = 0.0
    rock_rad: float = 0.0
    stretch_rad: float = 0.0

    @property
    def sweep_m(self) -> float:
        """How far a foot on the ground moves back under the body."""
        return self.stride_m * self.duty

    def with_stride(self, stride_m: float) -> Gait:
        """The same gait with another stride."""
        return replace(self, stride_m=stride_m)


@dataclass(frozen=True, slots=True)
class Step:
    """Where a foot is: offset_m ahead of its standing place, height_m above the ground; progress in [0, 1)
    of the stance or the swing it is in."""

    offset_m: float
    height_m: float
    progress: float
    stance: bool


def step(gait: Gait, foot: int, cycle: float) -> Step:
    """The foot's place at a moment of the cycle (in cycles)."""
    since_landing = (cycle - gait.touchdown[foot]) % 1.0
    half = gait.sweep_m / 2.0
    if since_landing < gait.duty:
        u = since_landing / gait.duty
        return Step(half - gait.sweep_m * u, 0.0, u, True)
    u = (since_landing - gait.duty) / (1.0 - gait.duty)
    forward = -half + gait.sweep_m * (0.5 - 0.5 * math.cos(math.pi * u))
    return Step(forward, gait.lift_m * math.sin(math.pi * u) ** 1.5, u, False)


def pose_of(phase: int, gaits: tuple[Gait, ...]) -> tuple[Gait, float] | None:
    """The gait and the moment in its cycle that a phase shows; None for phase 0, standing."""
    if not 0 <= phase <= POSES_PER_GAIT * len(gaits):
        raise ValueError(f"phase {phase} is not in 0..{POSES_PER_GAIT * len(gaits)}")
    if phase == 0:
        return None
    index, pose = divmod(phase - 1, POSES_PER_GAIT)
    return gaits[index], (pose + 0.5) / POSES_PER_GAIT


def phase_at(gaits: tuple[Gait, ...], travelled_m: float, speed_mps: float) -> int:
    """The phase of a body that has come travelled_m and moves at speed_mps; 0 is standing."""
    if speed_mps < STANDING_BELOW_MPS:
        return 0
    index = max(k for k, gait in enumerate(gaits) if k == 0 or speed_mps >= gait.from_mps)
    cycle = (travelled_m / gaits[index].stride_m) % 1.0
    return 1 + index * POSES_PER_GAIT + min(int(cycle * POSES_PER_GAIT), POSES_PER_GAIT - 1)


def animal_gaits(mass_kg: float, shoulder_m: float) -> tuple[Gait, Gait, Gait]:
    """Walk, trot and gallop of a four-legged animal.

    The allometric stride v/f is kept below what the legs can span: 1.15, 1.7 and 3.6 shoulder heights.
    """
    h = shoulder_m
    walk_mps = math.sqrt(0.2 * _GRAVITY * h)
    gallop_from = 1.53 * mass_kg**0.24
    gallop_hz = 4.48 * mass_kg**-0.14
    walk = Gait("walk", min(walk_mps / (1.62 * mass_kg**-0.15), 1.15 * h), 0.65, (0.0, 0.25, 0.5, 0.75),
                0.09 * h, STANDING_BELOW_MPS, stretch_rad=0.12)
    trot = Gait("trot", min(0.7 * gallop_from / (0.85 * gallop_hz), 1.7 * h), 0.42, (0.0, 0.5, 0.5, 0.0),
                0.13 * h, math.sqrt(0.5 * _GRAVITY * h), bob_m=0.02 * h, stretch_rad=0.10)
    gallop = Gait("gallop", min(2.0 * gallop_from / gallop_hz, 3.6 * h), 0.22, (0.0, 0.5, 0.1, 0.6),
                  0.22 * h, gallop_from, bob_m=0.05 * h, rock_rad=0.09, stretch_rad=0.30)
    return walk, trot, gallop


def human_gaits(height_m: float) -> tuple[Gait, Gait]:
    """Walk and run of a person."""
    def stride(speed_mps: float) -> float:
        return 0.82 * height_m * math.sqrt(speed_mps / 1.35)

    walk = Gait("walk", stride(1.35), 0.62, (0.0, 0.5), 0.035 * height_m, STANDING_BELOW_MPS)
    run = Gait("run", stride(3.5), 0.34, (0.0, 0.5), 0.13 * height_m, 2.5, bob_m=0.015 * height_m)
    return walk, run
