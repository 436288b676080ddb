"""What a place is: a road network, its drawn world, and where actors may be born."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from simgen.localsim.mesh import Instance, Mesh
from simgen.localsim.places.ground import Ground
from simgen.localsim.places.parking import ParkingRow
from simgen.localsim.places.signals import SignalPost
from simgen.localsim.places.trees import TREES
from simgen.localsim.places.winter import bare_mesh


@dataclass(frozen=True, slots=True)
class SpawnPoint:
    """A pose where a vehicle may be born: 0.3 m above the lane's surface, heading along the lane. Right-handed."""

    x_m: float
    y_m: float
    z_m: float
    yaw_rad: float


@dataclass(frozen=True, eq=False, slots=True)
class Place:
    """A place, ready to be drawn and driven in. Right-handed world axes: x east, y north, z up (OpenDRIVE's own).

    opendrive:     the file's text, as a client gets it.
    static:        everything that is there once, in world axes.
    prototypes:    meshes (trees, bushes, posts) that ``scenery`` places many times.
    street_lamps:  (N, 3) float64, where the light comes from.
    parking:       kerbs along which cars of the level stand; none on most maps, whatever parking lanes they have.
    signals:       traffic lights and signs that rule; their meshes are among the prototypes, they themselves are not in
                   ``static`` or ``scenery``.
    """

    name: str
    opendrive: str
    spawn_points: tuple[SpawnPoint, ...]
    static: Mesh
    prototypes: dict[str, Mesh]
    scenery: tuple[Instance, ...]
    street_lamps: NDArray[np.float64]
    ground: Ground
    parking: tuple[ParkingRow, ...] = ()
    signals: tuple[SignalPost, ...] = ()

    def bare(self, key: str) -> Mesh | None:
        """The leafless form of a prototype in winter; None for what stays as it is."""
        return bare_mesh(key)

    def sways(self, key: str) -> bool:
        """Does the wind move instances of a prototype: is it a single tree?"""
        return key in TREES
