"""Four-legged animals: a trunk, neck, head and tail of round cones on legs that step.

An animal is described as it stands, in metres, facing +x with its hooves on z = 0; ``species.py`` holds the
descriptions. Legs move in planes of constant y. A leg is solved as two links: the fore leg bends at the carpus;
the hind leg keeps thigh and cannon bone turning together, so that stifle and hock fold as a pantograph does.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from simgen.localsim.bodies.builder import Array, MeshBuilder
from simgen.localsim.bodies.gait import Gait, animal_gaits, pose_of, step
from simgen.localsim.bodies.implicit import Cone, Point, add_layers, add_surface, both_sides
from simgen.localsim.mesh import Material, Mesh

XZ = tuple[float, float]

# Materials that grow into each other; all others lie on top with an edge.
_COAT = (Material.FUR, Material.FUR_LIGHT, Material.SKIN)

_FINE = 0.62       # cells of hooves and noses, in cells of the coat

_LEFT_HIND, _LEFT_FORE, _RIGHT_HIND, _RIGHT_FORE = range(4)


@dataclass(frozen=True, slots=True)
class Leg:
    """A standing leg.

    joints:  (x, z) of shoulder or hip, elbow or stifle, carpus or hock, fetlock.
    hoof_x:  where the hoof's middle touches the ground.
    y:       of the top joint and of the hoof, left side.
    radii:   at the four joints and half way down the cannon bone.
    hoof:    radius and length of the hoof or paw.
    paw:     a furry foot instead of a hoof.
    stocking: share of the leg below the carpus or hock that is in the light colour.
    """

    joints: tuple[XZ, XZ, XZ, XZ]
    hoof_x: float
    y: tuple[float, float]
    radii: tuple[float, float, float, float, float]
    hoof: tuple[float, float]
    paw: bool = False
    stocking: float = 0.0

    @property
    def hind(self) -> bool:
        """Whether this is a hind leg: its second joint, the stifle, lies before the hip."""
        return self.joints[1][0] > self.joints[0][0]


@dataclass(frozen=True, slots=True)
class Horns:
    """Antlers or horns of the left side: curved tubes in head axes. beams: (path, radii)."""

    beams: tuple[tuple[tuple[Point, ...], tuple[float, ...]], ...]


@dataclass(frozen=True, slots=True)
class Animal:
    """One species as it stands.

    size_m:    overall length, width, height.
    trunk:     stations from chest to rump, (x, z, half height, half width).
    neck:      (x, z, radius) from the trunk to the poll.
    head:      cones in head axes: origin at the poll, x along the muzzle; ears and the like on the left
               side only go to head_sides.
    eyes:      the left one, (x, y, z, radius) in head axes.
    head_pitch_rad: how far the muzzle points down.
    tail:      (x, z, radius) from the root; tail_flag_rad: raised by so much at a gallop.
    extra:     further cones of the trunk (humps, manes, haunches); sides: those of the left side.
    paint:     colour patches in standing axes, moving with the trunk; neck_paint moves with the neck.
    """

    name: str
    size_m: tuple[float, float, float]
    mass_kg: float
    shoulder_m: float
    trunk: tuple[tuple[float, float, float, float], ...]
    neck: tuple[tuple[float, float, float], ...]
    neck_flat: float
    head: tuple[Cone, ...]
    head_sides: tuple[Cone, ...]
    eyes: tuple[tuple[float, float, float, float], ...]
    head_pitch_rad: float
    tail: tuple[tuple[float, float, float], ...]
    fore: Leg
    hind: Leg
    horns: Horns | None = None
    extra: tuple[Cone, ...] = ()
    sides: tuple[Cone, ...] = ()
    neck_extra: tuple[Cone, ...] = ()
    paint: tuple[Cone, ...] = ()
    neck_paint: tuple[Cone, ...] = ()
    head_paint: tuple[Cone, ...] = ()
    tail_light: float = 0.0      # share of the tail's tip in the light colour
    tail_flag_rad: float = 0.0
    cell_m: float = 0.016

    def gaits(self) -> tuple[Gait, ...]:
        """Walk, trot, gallop."""
        return animal_gaits(self.mass_kg, self.shoulder_m)

    def mesh(self, phase: int) -> Mesh:
        """See ``body``."""
        return body(self, phase)


@dataclass(frozen=True, slots=True)
class Pose:
    """An animal in one phase.

    rise_m, pitch_rad: of the trunk about its middle, from where it stands.
    neck_rad:          how far the neck is lowered, tail_rad how far the tail is raised.
    legs:              joints (5, 2) of each leg in (x, z): top joint to fetlock, then the hoof's sole.
    """

    rise_m: float
    pitch_rad: float
    neck_rad: float
    tail_rad: float
    legs: tuple[Array, ...]


def pose(animal: Animal, phase: int) -> Pose:
    """How the animal holds itself in a phase."""
    moment = pose_of(phase, animal.gaits())
    legs = [animal.hind, animal.fore, animal.hind, animal.fore]
    if moment is None:
        return Pose(0.0, 0.0, 0.0, 0.0, tuple(_standing(leg) for leg in legs))
    gait, cycle = moment
    rise, pitch = 0.0, 0.0
    if gait.rock_rad > 0.0:  # a gallop: highest when gathered and when stretched, forehand up after the hind push
        rise = -gait.bob_m * math.cos(4.0 * math.pi * (cycle - 0.16))
        pitch = gait.rock_rad * math.cos(2.0 * math.pi * (cycle - 0.38))
    elif gait.bob_m > 0.0:
        rise = -gait.bob_m * math.cos(4.0 * math.pi * (cycle - gait.duty / 2.0))
    feet = [_foot(leg, gait, index, cycle) for index, leg in enumerate(legs)]
    tops = [_trunk_point(animal, leg.joints[0], 0.0, pitch) + np.array([slide, rise])
            for leg, (_, _, slide) in zip(legs, feet, strict=True)]
    # The trunk sinks as far as the most stretched leg needs.
    sink = max(0.0, *(_shortfall(leg, top, fetlock)
                      for leg, top, (fetlock, _, _) in zip(legs, tops, feet, strict=True)))
    solved = tuple(
        np.concatenate([_solved(leg, top - [0.0, sink], fetlock), sole[None]])
        for leg, top, (fetlock, sole, _) in zip(legs, tops, feet, strict=True)
    )
    nod = 0.04 * math.cos(4.0 * math.pi * cycle) if gait.name == "walk" else 0.0
    tail = animal.tail_flag_rad if gait.rock_rad > 0.0 else 0.0
    return Pose(rise - sink, pitch, gait.stretch_rad + nod, tail, solved)


def body(animal: Animal, phase: int) -> Mesh:
    """The animal's mesh in a phase, in the axes and size of its description."""
    at = pose(animal, phase)
    builder = MeshBuilder()
    cones = _cones(animal, at)
    add_surface(builder, [c for c in cones if c.material in _COAT], animal.cell_m, _paint(animal, at))
    on_top = [c for c in cones if c.material not in _COAT]
    add_layers(builder, [c for c in on_top if c.material != Material.HORN], _FINE * animal.cell_m)
    add_layers(builder, [c for c in on_top if c.material == Material.HORN], animal.cell_m)
    for x, y, z, radius in animal.eyes:
        for side in (1.0, -1.0):
            builder.ball(_head_point(animal, at, (x, y * side, z)), radius, Material.EYE)
    for points, radii in _horns(animal, at):
        builder.tube(points, radii, Material.HORN, sides=8)
    return builder.mesh()


def _cones(animal: Animal, at: Pose) -> list[Cone]:
    cones = [*_trunk(animal, at), *_neck_and_head(animal, at)]
    for index, leg in enumerate((animal.hind, animal.fore, animal.hind, animal.fore)):
        side = 1.0 if index in (_LEFT_HIND, _LEFT_FORE) else -1.0
        cones += _leg_cones(leg, at.legs[index], side)
    return cones


def _paint(animal: Animal, at: Pose) -> list[Cone]:
    paint = [_on_trunk(animal, at, cone) for cone in animal.paint]
    paint += [_on_neck(animal, at, cone) for cone in animal.neck_paint]
    paint += [_on_head(animal, at, cone) for cone in both_sides(animal.head_paint)]
    return paint


def _horns(animal: Animal, at: Pose) -> list[tuple[list[Point], tuple[float, ...]]]:
    beams = () if animal.horns is None else animal.horns.beams
    return [([_head_point(animal, at, (x, y * side, z)) for x, y, z in path], radii)
            for path, radii in beams for side in (1.0, -1.0)]


def _rotated(vector: Array, angle: float) -> Array:
    c, s = math.cos(angle), math.sin(angle)
    return np.array([c * vector[0] - s * vector[1], s * vector[0] + c * vector[1]])


# --- legs ---------------------------------------------------------------------------------------------------

def _standing(leg: Leg) -> Array:
    return np.array([*leg.joints, (leg.hoof_x, 0.0)])


def _foot(leg: Leg, gait: Gait, index: int, cycle: float) -> tuple[Array, Array, float]:
    """Fetlock and sole (2,) of a stepping foot, and how far the top joint slides after it.

    Shoulder blades and pelvis turn with the leg, which carries the top joint along by a quarter.
    """
    at = step(gait, index, cycle)
    if at.stance:
        roll = 0.6 * max(0.0, (at.progress - 0.7) / 0.3) ** 2
    else:
        roll = (1.0 - at.progress) * 0.6 + 1.0 * math.sin(math.pi * at.progress)
    # However the hoof is turned, its lowest point is at the foot's height.
    lowest = min(float(_rotated(centre, -roll)[1]) - radius for centre, radius in _hoof(leg))
    sole = np.array([leg.hoof_x + at.offset_m, at.height_m - lowest])
    standing = np.array(leg.joints[3]) - [leg.hoof_x, 0.0]
    return sole + _rotated(standing, -roll), sole, 0.28 * at.offset_m


def _hoof(leg: Leg) -> tuple[tuple[Array, float], tuple[Array, float]]:
    """Heel and toe of a standing hoof as discs: (x, z) from the sole's middle, and radius."""
    radius, length = leg.hoof
    return (np.array([-0.35 * length, radius]), radius), (np.array([0.5 * length, 0.8 * radius]), 0.8 * radius)


def _links(leg: Leg) -> tuple[Array, Array]:
    """The two links of a leg as standing vectors (2,): the first starts at the top joint."""
    top, upper, middle, fetlock = (np.array(joint) for joint in leg.joints)
    if leg.hind:
        return (upper - top) + (fetlock - middle), middle - upper
    return middle - top, fetlock - middle


def _shortfall(leg: Leg, top: Array, fetlock: Array) -> float:
    """How far the top joint must come down for the leg to reach."""
    reach = 0.998 * sum(float(np.hypot(*link)) for link in _links(leg))
    across = float(fetlock[0] - top[0])
    if abs(across) >= reach:
        raise ValueError(f"a leg of {reach:.2f} m cannot step {across:.2f} m")
    return float(top[1] - fetlock[1]) - math.sqrt(reach**2 - across**2)


def _solved(leg: Leg, top: Array, fetlock: Array) -> Array:
    """Joints (4, 2) of a leg between a top joint and a fetlock."""
    first, second = _links(leg)
    la, lb = float(np.hypot(*first)), float(np.hypot(*second))
    span = fetlock - top
    distance = float(np.hypot(*span))
    bend = math.acos(float(np.clip((la**2 + distance**2 - lb**2) / (2.0 * la * distance), -1.0, 1.0)))
    standing = first + second
    side = math.copysign(1.0, float(standing[0] * first[1] - standing[1] * first[0]))
    turn = math.atan2(span[1], span[0]) + side * bend - math.atan2(first[1], first[0])
    a, upper, middle, end = (np.array(joint) for joint in leg.joints)
    knee = top + _rotated(upper - a, turn)
    low = fetlock - _rotated(end - middle, turn) if leg.hind else top + _rotated(middle - a, turn)
    return np.array([top, knee, low, fetlock])


def _leg_cones(leg: Leg, joints: Array, side: float) -> list[Cone]:
    y_top, y_foot = leg.y[0] * side, leg.y[1] * side
    share = [0.0, 0.35, 0.75, 0.95, 1.0]
    top, upper, middle, fetlock, sole = (
        (float(x), y_top + (y_foot - y_top) * s, float(z)) for (x, z), s in zip(joints, share, strict=True))
    r_top, r_upper, r_middle, r_cannon, r_fetlock = (leg.radii[k] for k in (0, 1, 2, 4, 3))
    half = _between(middle, fetlock, 0.5)
    light = Material.FUR_LIGHT if leg.stocking > 0.0 else Material.FUR
    # The hoof's sole stays level on the ground and trails in the swing, as the fetlock tells.
    lean = math.atan2(fetlock[0] - sole[0], fetlock[2] - sole[2])
    standing = math.atan2(leg.joints[3][0] - leg.hoof_x, leg.joints[3][1])
    (heel_xz, r_heel), (toe_xz, r_toe) = (
        (joints[4] + _rotated(centre, standing - lean), radius) for centre, radius in _hoof(leg))
    heel, toe = ((float(x), sole[1], float(z)) for x, z in (heel_xz, toe_xz))
    foot = light if leg.paw else Material.HAIR
    return [
        Cone(top, upper, r_top, r_upper, Material.FUR, r_top * 0.7, (1.0, 0.72, 1.0)),
        Cone(upper, middle, r_upper * 0.92, r_middle, Material.FUR, r_upper * 0.4),
        Cone(middle, half, r_middle * 0.95, r_cannon, light if leg.stocking > 0.7 else Material.FUR, r_cannon * 0.5),
        Cone(half, fetlock, r_cannon, r_fetlock, light, r_cannon * 0.3),
        Cone(fetlock, heel, r_fetlock * 0.9, r_heel, light, r_cannon * 0.4),
        Cone(heel, toe, r_heel, r_toe, foot, r_heel * 0.2),
    ]


# --- trunk, neck, head, tail --------------------------------------------------------------------------------

def _trunk_point(animal: Animal, xz: XZ | Array, rise: float, pitch: float) -> Array:
    middle = np.array([0.0, animal.trunk[len(animal.trunk) // 2][1]])
    return middle + _rotated(np.asarray(xz, np.float64) - middle, pitch) + [0.0, rise]


def _moved(cone: Cone, start: Array, end: Array) -> Cone:
    return Cone((float(start[0]), cone.start[1], float(start[1])), (float(end[0]), cone.end[1], float(end[1])),
                cone.r0, cone.r1, cone.material, cone.blend, cone.flat)


def _on_trunk(animal: Animal, at: Pose, cone: Cone) -> Cone:
    ends = (_trunk_point(animal, p[::2], at.rise_m, at.pitch_rad) for p in (cone.start, cone.end))
    return _moved(cone, *ends)


def _neck_point(animal: Animal, at: Pose, xz: XZ | Array) -> Array:
    base = np.array(animal.neck[0][:2])
    bent = base + _rotated(np.asarray(xz, np.float64) - base, -at.neck_rad)
    return _trunk_point(animal, bent, at.rise_m, at.pitch_rad)


def _on_neck(animal: Animal, at: Pose, cone: Cone) -> Cone:
    return _moved(cone, _neck_point(animal, at, cone.start[::2]), _neck_point(animal, at, cone.end[::2]))


def _head_point(animal: Animal, at: Pose, point: Point) -> Point:
    poll = np.array(animal.neck[-1][:2])
    # The head gives back half of what the neck bends, to keep looking ahead.
    turn = -animal.head_pitch_rad + at.neck_rad * 0.6
    x, z = _neck_point(animal, at, poll + _rotated(np.array([point[0], point[2]]), turn))
    return float(x), point[1], float(z)


def _on_head(animal: Animal, at: Pose, cone: Cone) -> Cone:
    return Cone(_head_point(animal, at, cone.start), _head_point(animal, at, cone.end),
                cone.r0, cone.r1, cone.material, cone.blend, cone.flat)


def _trunk(animal: Animal, at: Pose) -> list[Cone]:
    cones = []
    for (x0, z0, h0, w0), (x1, z1, h1, w1) in zip(animal.trunk[:-1], animal.trunk[1:], strict=True):
        cones.append(Cone((x0, 0.0, z0), (x1, 0.0, z1), h0, h1, Material.FUR, 0.10 * min(h0, h1),
                          (1.0, (w0 + w1) / (h0 + h1), 1.0)))
    cones = [_on_trunk(animal, at, cone) for cone in [*cones, *animal.extra, *both_sides(animal.sides)]]
    root = np.array(animal.tail[0][:2])
    points = [root + _rotated(np.array(p[:2]) - root, -at.tail_rad) for p in animal.tail]
    for k in range(len(points) - 1):
        light = (k + 1) / (len(points) - 1) > 1.0 - animal.tail_light
        ends = [_trunk_point(animal, points[j], at.rise_m, at.pitch_rad) for j in (k, k + 1)]
        cones.append(Cone((float(ends[0][0]), 0.0, float(ends[0][1])), (float(ends[1][0]), 0.0, float(ends[1][1])),
                          animal.tail[k][2], animal.tail[k + 1][2],
                          Material.FUR_LIGHT if light else Material.FUR, animal.tail[k][2] * 0.5))
    return cones


def _neck_and_head(animal: Animal, at: Pose) -> list[Cone]:
    neck = [Cone((x0, 0.0, z0), (x1, 0.0, z1), r0, r1, Material.FUR, 0.5 * r0, (1.0, animal.neck_flat, 1.0))
            for (x0, z0, r0), (x1, z1, r1) in zip(animal.neck[:-1], animal.neck[1:], strict=True)]
    cones = [_on_neck(animal, at, cone) for cone in (*neck, *animal.neck_extra)]
    return cones + [_on_head(animal, at, cone) for cone in (*animal.head, *both_sides(animal.head_sides))]


def _between(a: Point, b: Point, share: float) -> Point:
    return (a[0] + (b[0] - a[0]) * share, a[1] + (b[1] - a[1]) * share, a[2] + (b[2] - a[2]) * share)
