"""The built-in simulator's actors as triangle meshes: vehicles, people, animals and props, made by code.

A body's name is its blueprint's id, or for a variant of it the id, a slash and a word: ``walker.animal.bear/young``,
``walker.pedestrian.0003/wheelchair``.

Mesh axes: x forward, y left, z up, metres; the origin is on the ground under the middle of the body's box.
A body that walks has one mesh a phase: phase 0 stands, then eight poses for each gait (people walk and run,
animals walk, trot and gallop, cyclists pedal, motorcycles roll). The wheels of other vehicles are meshes of their own.
"""

from __future__ import annotations

import functools
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from simgen.localsim.bodies.bicycle import PEDALLING, Bicycle
from simgen.localsim.bodies.cache import cached
from simgen.localsim.bodies.car_measures import AS_BEACON, AS_INDICATOR, LAMP_COLOUR
from simgen.localsim.bodies.catalogue import VEHICLES, Axle, Vehicle, open_vehicle_mesh, vehicle_mesh
from simgen.localsim.bodies.catalogue import axles as vehicle_axles
from simgen.localsim.bodies.catalogue import crew as vehicle_crew
from simgen.localsim.bodies.catalogue import door_mesh as vehicle_door_mesh
from simgen.localsim.bodies.catalogue import wheel_mesh as vehicle_wheel_mesh
from simgen.localsim.bodies.colours import tints
from simgen.localsim.bodies.creature import Creature, creature_mesh, fit
from simgen.localsim.bodies.driver import Occupant
from simgen.localsim.bodies.driver import occupant_mesh as fresh_occupant_mesh
from simgen.localsim.bodies.figures import figure
from simgen.localsim.bodies.gait import POSES_PER_GAIT, Gait, human_gaits, phase_at
from simgen.localsim.bodies.menagerie import MENAGERIE
from simgen.localsim.bodies.motorcycle import Motorcycle
from simgen.localsim.bodies.people import PEOPLE
from simgen.localsim.bodies.person import walker
from simgen.localsim.bodies.props import PROPS, prop_mesh
from simgen.localsim.mesh import Material, Mesh

__all__ = ["Axle", "BodyLamps", "Occupant", "axles", "body_mesh", "body_size_m", "door_mesh", "gait_phase", "has_body",
           "hinge_m", "lamps", "occupant_mesh", "occupants", "open_mesh", "phases", "tints", "wheel_mesh",
           "wheelless_mesh"]

Size = tuple[float, float, float]

_ANIMAL_PREFIX = "walker.animal."
_BEFORE_LAMP_M = 0.02
_HINGE_INSIDE_M = 0.02


@dataclass(frozen=True, eq=False, slots=True)
class BodyLamps:
    """Where a body's lamps are, mesh axes, (k, 3) each, just before the glass; the left one of a pair first.

    left, right: indicators, front ones and rear ones. beacons: on top of the roof.
    """

    head: NDArray[np.float64]
    tail: NDArray[np.float64]
    fog: NDArray[np.float64]
    reverse: NDArray[np.float64]
    left: NDArray[np.float64]
    right: NDArray[np.float64]
    beacons: NDArray[np.float64]


def has_body(blueprint: str) -> bool:
    """Whether there is a body for a blueprint id."""
    return blueprint in VEHICLES or blueprint in PEOPLE or blueprint in PROPS or _creature(blueprint) is not None


def body_mesh(blueprint: str, size_lwh_m: Size, phase: int) -> Mesh:
    """The mesh of a blueprint's body in a phase, from the disk cache if it was made before.

    A vehicle or a prop fills size_lwh_m (length, width, height) to the millimetre, and so does an animal standing
    (phase 0) and a person who sits, lies or pushes something. Of any other person's size only the height is taken:
    how broad they are belongs to the blueprint.

    Raises ValueError for a blueprint without a body and for a phase that it does not have.
    """
    if not 0 <= phase < phases(blueprint):
        raise ValueError(f"{blueprint} has phases 0..{phases(blueprint) - 1}, not {phase}")
    if min(size_lwh_m) <= 0.0:
        raise ValueError(f"a body's size is positive, not {size_lwh_m}")
    size = _size(size_lwh_m)
    if blueprint in PEOPLE:
        return cached(f"{blueprint} {phase} {size[2]:.4f}", lambda: walker(PEOPLE[blueprint], phase, size[2]))
    request = f"{blueprint} {phase} {size[0]:.4f} {size[1]:.4f} {size[2]:.4f}"
    if blueprint in VEHICLES:
        return cached(request, lambda: vehicle_mesh(VEHICLES[blueprint], size, phase))
    if blueprint in PROPS:
        return cached(request, lambda: prop_mesh(blueprint, size))
    return cached(request, lambda: creature_mesh(_known_creature(blueprint), size, phase))


def open_mesh(blueprint: str, size_lwh_m: Size, open_doors: frozenset[int]) -> Mesh:
    """A vehicle's mesh without the doors (CARLA's numbers) that stand open; they are ``door_mesh``'s.

    Raises ValueError for what is no vehicle and for a door that it does not have.
    """
    return _part_mesh(blueprint, size_lwh_m, open_doors, wheels=True)


def wheelless_mesh(blueprint: str, size_lwh_m: Size, open_doors: frozenset[int]) -> Mesh:
    """A vehicle's mesh without the wheels of its ``axles``, which are ``wheel_mesh``'s, and without open doors.

    Raises ValueError for what is no vehicle and for a door that it does not have.
    """
    return _part_mesh(blueprint, size_lwh_m, open_doors, wheels=False)


def _part_mesh(blueprint: str, size_lwh_m: Size, open_doors: frozenset[int], *, wheels: bool) -> Mesh:
    vehicle, size = _known_vehicle(blueprint), _size(size_lwh_m)
    doors = ",".join(map(str, sorted(open_doors))) + ("" if wheels else " wheels")
    return cached(f"{blueprint} without {doors} {size}",
                  lambda: open_vehicle_mesh(vehicle, size, open_doors, wheels=wheels))


@functools.lru_cache(maxsize=256)
def axles(blueprint: str, size_lwh_m: Size) -> tuple[Axle, ...]:
    """The axles of a vehicle whose wheels can be drawn on their own, front first; none of two-wheelers and others."""
    if blueprint not in VEHICLES:
        return ()
    return vehicle_axles(VEHICLES[blueprint], _size(size_lwh_m))


def wheel_mesh(blueprint: str, size_lwh_m: Size, axle: int, side: int) -> Mesh:
    """A wheel of one of a vehicle's ``axles``, the left (side 1) or the right one (-1), about its own middle; or both
    (0), about the middle of the axle."""
    vehicle, size = _known_vehicle(blueprint), _size(size_lwh_m)
    return cached(f"{blueprint} wheel {axle} {side} {size}", lambda: vehicle_wheel_mesh(vehicle, size, axle, side))


def door_mesh(blueprint: str, size_lwh_m: Size, door: int) -> Mesh:
    """One door of a vehicle as it hangs when it is shut, in the vehicle's mesh axes.

    Raises ValueError for what is no vehicle and for a door that it does not have.
    """
    vehicle, size = _known_vehicle(blueprint), _size(size_lwh_m)
    return cached(f"{blueprint} door {door} {size}", lambda: vehicle_door_mesh(vehicle, size, door))


@functools.lru_cache(maxsize=1024)
def occupants(blueprint: str, size_lwh_m: Size, look: str) -> tuple[Occupant, ...]:
    """Who sits in a vehicle that is driven, besides the riders of two-wheelers, which are part of them; look: a stable
    name that picks who it is."""
    return vehicle_crew(VEHICLES[blueprint], _size(size_lwh_m), look) if blueprint in VEHICLES else ()


def occupant_mesh(name: str) -> Mesh:
    """The mesh of an ``Occupant``'s name. Raises KeyError for no such name."""
    return cached(name, lambda: fresh_occupant_mesh(name))


@functools.lru_cache(maxsize=64)
def hinge_m(blueprint: str, size_lwh_m: Size, door: int) -> tuple[float, float]:
    """Where a door's upright hinge is, (x, y) in mesh axes: at its front edge, just inside the skin."""
    mesh = door_mesh(blueprint, size_lwh_m, door)
    painted = mesh.positions[np.unique(mesh.triangles[mesh.material == Material.CAR_PAINT])]
    front = float(painted[:, 0].max())
    edge = painted[painted[:, 0] > front - 0.03]
    side = 1.0 if door % 2 == 0 else -1.0
    return front - _HINGE_INSIDE_M, side * (float(np.abs(edge[:, 1]).max()) - _HINGE_INSIDE_M)


def body_size_m(blueprint: str) -> Size:
    """Length, width and height of a standing person (with their bag), an animal, or a person in another pose.

    Raises ValueError for others: the size of a vehicle is CARLA's to say, that of a prop the catalogue's.
    """
    if blueprint in PEOPLE:
        height = PEOPLE[blueprint].height_m
        low, high = body_mesh(blueprint, (height, height, height), 0).bounds_m()
        length, width, _ = (float(v) for v in high - low)
        return length, width, height
    return _known_creature(blueprint).size_m


def phases(blueprint: str) -> int:
    """How many phases a body has: 1 if it is rigid, else 1 + 8 a gait."""
    return 1 + POSES_PER_GAIT * len(_gaits(blueprint))


def gait_phase(blueprint: str, travelled_m: float, speed_mps: float) -> int:
    """The phase that shows a body which has come travelled_m and moves at speed_mps; 0 below 0.1 m/s.

    The stride's length is fixed for each gait, so that feet on the ground do not slide; see ``gait.py``.
    """
    gaits = _gaits(blueprint)
    return phase_at(gaits, travelled_m, speed_mps) if gaits else 0


@functools.lru_cache(maxsize=256)
def lamps(blueprint: str, size_lwh_m: Size) -> BodyLamps:
    """Where the lamps of a body are; none on people and animals."""
    mesh = body_mesh(blueprint, size_lwh_m, 0)
    indicators = _lenses(mesh, LAMP_COLOUR, AS_INDICATOR)
    ends = np.concatenate([_before(indicators[indicators[:, 0] > 0.0], 1.0),
                           _before(indicators[indicators[:, 0] < 0.0], -1.0)])
    return BodyLamps(
        head=_before(_lenses(mesh, Material.HEADLAMP, 0.0), 1.0),
        tail=_before(_lenses(mesh, Material.TAILLAMP, 0.0), -1.0),
        fog=_before(_lenses(mesh, Material.HEADLAMP, 1.0), 1.0),
        reverse=_before(_lenses(mesh, Material.TAILLAMP, 1.0), -1.0),
        left=ends[ends[:, 1] > 0.0], right=ends[ends[:, 1] < 0.0],
        beacons=_above(_lenses(mesh, LAMP_COLOUR, AS_BEACON)))


def _lenses(mesh: Mesh, material: Material, parameter: float) -> NDArray[np.float64]:
    """Corners (n, 3) of the lenses of one kind of lamp."""
    own = (mesh.material == material) & (mesh.parameter == np.float32(parameter))
    corners: NDArray[np.float64] = mesh.positions[np.unique(mesh.triangles[own])].astype(np.float64)
    return corners


def _above(corners: NDArray[np.float64]) -> NDArray[np.float64]:
    """A place over the lenses of each side."""
    if len(corners) == 0:
        return np.zeros((0, 3))
    sides = [corners[corners[:, 1] > 0.0], corners[corners[:, 1] < 0.0]]
    return np.array([(*side[:, :2].mean(axis=0), side[:, 2].max() + _BEFORE_LAMP_M) for side in sides])


def _before(corners: NDArray[np.float64], facing: float) -> NDArray[np.float64]:
    """A place before (1) or behind (-1) the lenses of each side; one for both where they are in the middle."""
    if len(corners) == 0:
        return np.zeros((0, 3))
    single = np.abs(corners[:, 1]).max() < 0.15
    sides = [corners] if single else [corners[corners[:, 1] > 0.0], corners[corners[:, 1] < 0.0]]
    centres = np.array([side.mean(axis=0) for side in sides])
    if single:
        centres[:, 1] = 0.0
    centres[:, 0] = facing * ((facing * corners[:, 0]).max() + _BEFORE_LAMP_M)
    return centres


def _size(size_lwh_m: Size) -> Size:
    return float(size_lwh_m[0]), float(size_lwh_m[1]), float(size_lwh_m[2])


def _known_vehicle(blueprint: str) -> Vehicle:
    if blueprint not in VEHICLES:
        raise ValueError(f"no vehicle's body for blueprint {blueprint!r}")
    return VEHICLES[blueprint]


def _creature(blueprint: str) -> Creature | None:
    if blueprint.startswith(_ANIMAL_PREFIX):
        return MENAGERIE.get(blueprint[len(_ANIMAL_PREFIX):])
    return figure(blueprint)


def _known_creature(blueprint: str) -> Creature:
    creature = _creature(blueprint)
    if creature is None:
        raise ValueError(f"no body for blueprint {blueprint!r}")
    return creature


@functools.lru_cache(maxsize=256)
def _gaits(blueprint: str) -> tuple[Gait, ...]:
    """The gaits of a body, strides in metres as it is drawn."""
    if blueprint in PROPS:
        return ()
    if blueprint in VEHICLES:
        body = VEHICLES[blueprint].body
        return (PEDALLING,) if isinstance(body, Bicycle) else (body.rolling,) if isinstance(body, Motorcycle) else ()
    if blueprint in PEOPLE:
        return human_gaits(PEOPLE[blueprint].height_m)
    creature = _known_creature(blueprint)
    stretch = float(fit(creature)[0][0])
    return tuple(gait.with_stride(gait.stride_m * stretch) for gait in creature.gaits())
