"""Who sits in a vehicle: people as far as one sees them through its panes, one mesh each for all vehicles."""

from __future__ import annotations

import hashlib
import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from simgen.localsim.bodies.builder import Array, unit
from simgen.localsim.bodies.people import PEOPLE, Person
from simgen.localsim.bodies.person import bust
from simgen.localsim.bodies.seating import POSTURES, FrontSeats, Hip, Posture, PostureName
from simgen.localsim.bodies.skeleton import Frame, Skeleton, frame_of, riding
from simgen.localsim.mesh import Mesh

_WALKER = "walker.pedestrian."
_DRIVERS = ("0002", "0001", "0017", "0008", "0019", "0044", "0028", "0042")
_POLICE = ("0030", "0032")
_TALLEST_M = 1.75                       # seats are made for them
_TRUNK, _HEAD = 2.4, 2.6                # how much coarser than a walker's: behind glass, and seldom near
_SEAT_TAKEN = 0.3                       # share of the seats besides the driver's in which somebody sits
_LAP = (0.26, 0.115, 0.10)              # where a passenger's left hand rests, from the hips
_WHEEL_M = 0.17                         # radius at which a steering wheel is held


@dataclass(frozen=True, eq=False, slots=True)
class Occupant:
    """Somebody in a vehicle.

    name:            of the mesh, see ``occupant_mesh``.
    person:          whose colours they wear: a walker's blueprint.
    body_from_mesh:  (4, 4) from the mesh to the vehicle's mesh axes.
    """

    name: str
    person: str
    body_from_mesh: NDArray[np.float64]


def occupants(seats: FrontSeats, others: Sequence[Hip], scale: Array, shift: Array, look: str,
              police: bool = False) -> tuple[Occupant, ...]:
    """The driver, and who comes along. No two are one person.

    others: the seats besides the driver's. scale, shift (3,): from the car's axes, in which the seats are, to the
    vehicle's. look: a stable name that picks who it is.
    """
    people = list(_POLICE if police else _DRIVERS)
    people.sort(key=lambda number: hashlib.sha256(f"{look}/{number}".encode()).digest())
    places = [("wheel", seats.hip)]
    places += [("lap", hip) for k, hip in enumerate(others)
               if hashlib.sha256(f"{look} {k}".encode()).digest()[0] < 256 * _SEAT_TAKEN]
    return tuple(_occupant(seats, hands, hip, number, scale, shift)
                 for (hands, hip), number in zip(places, people, strict=False))


def _occupant(seats: FrontSeats, hands: str, hip: Hip, number: str, scale: Array, shift: Array) -> Occupant:
    pose = np.diag([seats.scale, seats.scale, seats.scale, 1.0])
    pose[:3, 3] = scale * np.array(hip) + shift
    return Occupant(f"occupant/{seats.posture}/{hands}/{number}", f"{_WALKER}{number}", pose)


def occupant_mesh(name: str) -> Mesh:
    """The mesh of an occupant's name; the origin is between their hips. Raises KeyError for no such name."""
    _, posture, hands, number = name.split("/")
    found: dict[str, PostureName] = {"low": "low", "upright": "upright"}
    person = PEOPLE[_WALKER + number]
    person = replace(person, bag="none", height_m=min(person.height_m, _TALLEST_M))
    frame = frame_of(person.height_m, person.female)
    return bust(person, frame, _seated(frame, person, POSTURES[found[posture]], hands == "wheel"), _TRUNK, _HEAD)


def _seated(frame: Frame, person: Person, posture: Posture, drives: bool) -> Skeleton:
    """Leaning back, head upright, hands at a quarter to three or in the lap."""
    lean = posture.wheel_lean_rad
    grip = np.array([posture.wheel[0] + 0.06 * math.sin(lean), _WHEEL_M, posture.wheel[1] + 0.06 * math.cos(lean)])
    if not drives:
        grip = np.array(_LAP)
    left, right = grip, grip * [1.0, -1.0, 1.0]
    ankle = (posture.heel[0], 0.10, posture.heel[1])
    sat = riding(frame, (0.0, 0.0, 0.0), -posture.recline_rad, (_point(left), _point(right)),
                 (ankle, (ankle[0], -0.10, ankle[2])), elbows_out=0.45)
    face = unit(np.array([1.0, 0.0, -0.06]))
    head = sat.neck + (0.2 * sat.up + np.array([0.0, 0.0, 0.8])) * (0.86 * frame.head) + 0.035 * frame.scale * face
    return replace(sat, face=face, head=head)


def _point(p: Array) -> tuple[float, float, float]:
    return float(p[0]), float(p[1]), float(p[2])
