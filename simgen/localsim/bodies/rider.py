"""A rider on a two-wheeler: a person seated, hands at the grips, whose crown or helmet reaches the box's top."""

from __future__ import annotations

from dataclasses import dataclass

from simgen.localsim.bodies.builder import MeshBuilder
from simgen.localsim.bodies.implicit import Point
from simgen.localsim.bodies.people import Person
from simgen.localsim.bodies.person import dressed
from simgen.localsim.bodies.skeleton import frame_of, riding
from simgen.localsim.mesh import Mesh

# A rider shares the triangles with the machine.
_COARSENESS = 1.4


@dataclass(frozen=True, slots=True)
class Seat:
    """How a rider sits; of grip and ankles the left one is given where both are alike."""

    pelvis: Point
    lean_rad: float
    grip: Point
    ankles: tuple[Point, Point]
    elbows_out: float = 0.7     # how far the elbows point aside


def add_rider(builder: MeshBuilder, rider: Person, seat: Seat, top_m: float) -> None:
    """Append the rider, grown or shrunk so that the highest point is at top_m."""
    # Sitting height is in proportion to the rider's; one correction lands within a centimetre.
    crown = float(_seated(rider, seat, rider.height_m).bounds_m()[1][2])
    height_m = rider.height_m * (top_m - seat.pelvis[2]) / (crown - seat.pelvis[2])
    builder.extend(_seated(rider, seat, height_m))


def _seated(rider: Person, seat: Seat, height_m: float) -> Mesh:
    frame = frame_of(height_m, rider.female)
    x, y, z = seat.grip
    skeleton = riding(frame, seat.pelvis, seat.lean_rad, ((x, y, z), (x, -y, z)), seat.ankles,
                      elbows_out=seat.elbows_out)
    return dressed(rider, frame, skeleton, _COARSENESS)
