"""How people hold themselves: joints of a standing, walking, running or riding person.

Axes: x ahead, y left, z up; the origin is on the ground under the standing pelvis. Segment lengths are the
usual fractions of body height (Drillis and Contini 1966), with a child's larger head and shorter legs.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from simgen.localsim.bodies.builder import Array, unit
from simgen.localsim.bodies.gait import Gait, human_gaits, pose_of, step
from simgen.localsim.bodies.implicit import Point

# The sole's profile as circles that rest on the ground: place ahead of the ankle and radius, for 1.75 m.
SOLE = ((-0.034, 0.032), (0.07, 0.032), (0.10, 0.030), (0.165, 0.027))

_UP = np.array([0.0, 0.0, 1.0])
_LEFT = np.array([0.0, 1.0, 0.0])


@dataclass(frozen=True, slots=True)
class Frame:
    """Lengths of a person, metres."""

    height: float
    head: float          # chin to crown
    shoulder: float      # height of the shoulder joints
    hip: float           # height of the hip joints
    ankle: float         # height of the ankle above the sole
    shoulder_half: float
    hip_half: float
    thigh: float
    shin: float
    upper_arm: float
    forearm: float
    ball: float          # ankle to ball of the foot, along the foot
    heel: float          # ankle to heel

    @property
    def scale(self) -> float:
        """Size against a person of 1.75 m."""
        return self.height / 1.75


def frame_of(height_m: float, female: bool) -> Frame:
    """The lengths of a person of a height; below 1.4 m they are a child's."""
    h = height_m
    childhood = min(max((1.55 - h) / 0.45, 0.0), 1.0)  # 0 grown up, 1 at 1.10 m
    head = h / (7.5 - 1.7 * childhood)
    hip = h * (0.525 - 0.035 * childhood)
    ankle = 0.045 * h
    leg = hip - ankle
    return Frame(
        height=h, head=head, shoulder=h - 1.42 * head, hip=hip, ankle=ankle,
        shoulder_half=h * (0.092 if female else 0.102), hip_half=h * (0.052 if female else 0.049),
        thigh=0.51 * leg, shin=0.50 * leg,  # a little longer than they stand: nobody stands on locked knees
        upper_arm=0.172 * h, forearm=0.145 * h, ball=0.073 * h, heel=0.030 * h,
    )


@dataclass(frozen=True, slots=True)
class Skeleton:
    """Joint positions (3,); pairs are (left, right).

    forward, left, up: unit axes of the chest. face: unit vector the face looks along. sole: unit vectors along
    the feet, heel to toe. hand: unit vectors from wrist to knuckles.
    """

    pelvis: Array
    neck: Array
    head: Array
    forward: Array
    left: Array
    up: Array
    face: Array
    shoulders: tuple[Array, Array]
    elbows: tuple[Array, Array]
    wrists: tuple[Array, Array]
    hands: tuple[Array, Array]
    hips: tuple[Array, Array]
    knees: tuple[Array, Array]
    ankles: tuple[Array, Array]
    soles: tuple[Array, Array]


def standing_or_moving(frame: Frame, phase: int) -> Skeleton:
    """A person in a phase of ``human_gaits``: 0 standing, 1-8 walking, 9-16 running."""
    moment = pose_of(phase, human_gaits(frame.height))
    if moment is None:
        # At ease: a foot a little ahead, toes out, elbows bent.
        feet = [(np.array([ahead * frame.scale, frame.ankle]), 0.0) for ahead in (0.015, -0.055)]
        return _upright(frame, feet, lean=0.02, twist=0.05, swing=(0.04, -0.04), elbow=(0.34, 0.44), high=frame.hip,
                        stance=1.25, toes_out=0.20)
    gait, cycle = moment
    feet = [_foot(frame, gait, index, cycle) for index in (0, 1)]
    wave = math.cos(2.0 * math.pi * cycle)
    if gait.name == "walk":
        swing, bend, twist, lean, high = 0.40 * wave, 0.30, 0.09 * wave, 0.05, frame.hip
        elbow = (bend + 0.22 * max(0.0, -wave), bend + 0.22 * max(0.0, wave))
    else:
        swing, twist, lean = 0.72 * wave, 0.14 * wave, 0.17
        high = 0.965 * frame.hip + gait.bob_m * (1.0 - 2.0 * math.cos(4.0 * math.pi * (cycle - gait.duty / 2.0)))
        elbow = (1.45, 1.45)
    bias = 0.03 if gait.name == "walk" else -0.12
    return _upright(frame, feet, lean, twist, (bias - swing, bias + swing), elbow, high)


def riding(frame: Frame, pelvis: Point, lean_rad: float, grips: tuple[Point, Point],
           ankles: tuple[Point, Point], sole_pitch_rad: float = -0.1, elbows_out: float = 0.7) -> Skeleton:
    """A rider: pelvis on the saddle, leaning forward, hands at the grips and ankles over the pegs or pedals."""
    seat = np.array(pelvis)
    up = np.array([math.sin(lean_rad), 0.0, math.cos(lean_rad)])
    forward = np.array([math.cos(lean_rad), 0.0, -math.sin(lean_rad)])
    torso = frame.shoulder - frame.hip
    neck = seat + up * torso * 1.02
    shoulders = tuple(neck + s * frame.shoulder_half * _LEFT - 0.02 * frame.scale * up for s in (1, -1))
    hips = tuple(seat + s * frame.hip_half * _LEFT for s in (1, -1))
    elbows, wrists, hands, knees, feet, soles = [], [], [], [], [], []
    for k, side in enumerate((1.0, -1.0)):
        grip = np.array(grips[k])
        reach = unit(grip - shoulders[k])
        wrist = grip - 0.05 * frame.scale * reach
        elbow, wrist = two_bones(shoulders[k], wrist, frame.upper_arm, frame.forearm,
                                  np.array([-0.2, elbows_out * side, -0.7]))
        knee, foot = two_bones(hips[k], np.array(ankles[k]), frame.thigh, frame.shin,
                                np.array([1.0, 0.25 * side, 0.4]))
        elbows.append(elbow)
        wrists.append(wrist)
        hands.append(reach)
        knees.append(knee)
        feet.append(foot)
        soles.append(np.array([math.cos(sole_pitch_rad), 0.0, math.sin(sole_pitch_rad)]))
    look = 0.35 * lean_rad
    face = np.array([math.cos(look), 0.0, -math.sin(look)])
    head = neck + (0.62 * up + 0.38 * _UP) * (frame.head * 0.86) + 0.02 * frame.scale * face
    return Skeleton(seat, neck, head, forward, _LEFT, up, face, _pair(shoulders), _pair(elbows), _pair(wrists),
                    _pair(hands), _pair(hips), _pair(knees), _pair(feet), _pair(soles))


def _foot(frame: Frame, gait: Gait, index: int, cycle: float) -> tuple[Array, float]:
    """Ankle (x, z) and pitch of the foot (toes up positive). Heel first, then flat, then off the ball."""
    at = step(gait, index, cycle)
    heel_up = 0.75 if gait.name == "walk" else 0.95
    toe_up = 0.32 if gait.name == "walk" else 0.05
    if at.stance:
        pitch = toe_up * max(0.0, 1.0 - at.progress / 0.15)
        pitch -= heel_up * max(0.0, (at.progress - 0.55) / 0.45) ** 1.5
        on_heel = 1.0 if pitch > 0.0 else 0.0
    else:
        u = at.progress
        hang = 0.35 if gait.name == "walk" else 0.6
        pitch = -heel_up * (1.0 - u) ** 2 - hang * math.sin(math.pi * min(1.0, u * 1.3)) + toe_up * u * u
        on_heel = u * u * (3.0 - 2.0 * u)
    c, s = math.cos(pitch), math.sin(pitch)

    def turned(x: float, z: float) -> Array:
        return np.array([c * x - s * z, s * x + c * z])

    # The foot turns about its heel or its ball; both lie under the ankle, and so does the standing place.
    along = (1.0 - on_heel) * frame.ball - on_heel * frame.heel
    ankle_x = at.offset_m - 0.02 * frame.scale + along - float(turned(along, -frame.ankle)[0])
    # However it is turned, the lowest point of the sole is at the foot's height.
    lowest = min(float(turned(x * frame.scale, r * frame.scale - frame.ankle)[1]) - r * frame.scale
                 for x, r in SOLE)
    return np.array([ankle_x, at.height_m - lowest]), pitch


def _upright(frame: Frame, feet: list[tuple[Array, float]], lean: float, twist: float,
             swing: tuple[float, float], elbow: tuple[float, float], high: float, stance: float = 0.92,
             toes_out: float = 0.06) -> Skeleton:
    """Pelvis above the feet as high as the legs allow, trunk on it, arms swinging.

    twist: the pelvis' turn, carrying the left hip forward; the shoulders turn half as far the other way.
    stance: how far aside the feet are, in half breadths of the hips; toes_out: tangent of their turn.
    """
    reach = 0.996 * (frame.thigh + frame.shin)
    hip_x = [frame.hip_half * math.sin(twist), -frame.hip_half * math.sin(twist)]
    limits = []
    for (ankle, _), x in zip(feet, hip_x, strict=True):
        across = float(ankle[0] - x)
        if abs(across) >= reach:
            raise ValueError(f"a leg of {reach:.2f} m cannot step {across:.2f} m")
        limits.append(float(ankle[1]) + math.sqrt(reach**2 - across**2))
    pelvis = np.array([0.0, 0.0, min(high, *limits)])
    up = np.array([math.sin(lean), 0.0, math.cos(lean)])
    turn = -0.6 * twist
    left = np.array([-math.sin(turn), math.cos(turn), 0.0])
    forward = np.cross(left, up)
    neck = pelvis + up * (frame.shoulder - frame.hip)
    shoulders, elbows, wrists, hands, hips, knees, ankles, soles = [], [], [], [], [], [], [], []
    for k, side in enumerate((1.0, -1.0)):
        shoulder = neck + side * frame.shoulder_half * left - 0.036 * frame.scale * up
        out = 0.10 * side * left
        upper = unit(math.sin(swing[k]) * forward - math.cos(swing[k]) * up + out)
        fore_angle = swing[k] + elbow[k]
        lower = unit(math.sin(fore_angle) * forward - math.cos(fore_angle) * up + 0.2 * out)
        hip = pelvis + np.array([hip_x[k], side * frame.hip_half, 0.0])
        ankle2, pitch = feet[k]
        target = np.array([ankle2[0], side * frame.hip_half * stance, ankle2[1]])
        knee, ankle = two_bones(hip, target, frame.thigh, frame.shin, np.array([1.0, 0.05 * side, 0.0]))
        shoulders.append(shoulder)
        elbows.append(shoulder + frame.upper_arm * upper)
        wrists.append(elbows[-1] + frame.forearm * lower)
        hands.append(lower)
        hips.append(hip)
        knees.append(knee)
        ankles.append(ankle)
        soles.append(np.array([math.cos(pitch), toes_out * side, math.sin(pitch)]))
    face = np.array([1.0, 0.0, 0.0])
    head = neck + (0.4 * up + 0.6 * _UP) * (frame.head * 0.86) + 0.016 * frame.scale * face
    return Skeleton(pelvis, neck, head, forward, left, up, face, _pair(shoulders), _pair(elbows), _pair(wrists),
                    _pair(hands), _pair(hips), _pair(knees), _pair(ankles), _pair(soles))


def two_bones(start: Array, end: Array, first: float, second: float, bend: Array) -> tuple[Array, Array]:
    """Middle joint and end of a limb of two bones; a limb that cannot reach points at its target, stretched."""
    span = end - start
    distance = min(float(np.sqrt((span * span).sum())), 0.999 * (first + second))
    along = unit(span)
    across = unit(bend - along * float((bend * along).sum()))
    cosine = (first**2 + distance**2 - second**2) / (2.0 * first * distance)
    sine = math.sqrt(max(0.0, 1.0 - cosine**2))
    return start + first * (cosine * along + sine * across), start + distance * along


def _pair(items: list[Array] | tuple[Array, ...]) -> tuple[Array, Array]:
    left, right = items
    return left, right
