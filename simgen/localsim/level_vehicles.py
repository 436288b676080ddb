"""Parked cars that belong to the level, as CARLA's towns have them: no actors, but vehicles to every camera and LiDAR.

Everything about them follows from the map's name and its kerbs, so that a level is the same whenever it is loaded.
"""

from __future__ import annotations

import hashlib
import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from simgen.localsim.catalogue import Library, stock_library

FREE_ENDS_M = 11.0          # of a kerb, for crosswalks, stop lines and those who look round the corner
ROW_SHARE = 0.6             # of the kerbs have parked cars
TAKEN_SHARE = 0.8           # of the lots along such a kerb
GAP_M = (0.7, 1.5)          # between two cars
FROM_KERB_M = (0.08, 0.25)
ASKEW_RAD = math.radians(1.2)
# What stands at a kerb, and how often. Of the trucks only one is narrow enough.
MODELS: dict[str, int] = {
    "vehicle.audi.a2": 3, "vehicle.audi.tt": 2, "vehicle.citroen.c3": 4, "vehicle.dodge.charger_2020": 1,
    "vehicle.ford.mustang": 1, "vehicle.jeep.wrangler_rubicon": 2, "vehicle.lincoln.mkz_2020": 2,
    "vehicle.mercedes.coupe_2020": 2, "vehicle.mercedes.sprinter": 2, "vehicle.mini.cooper_s": 3,
    "vehicle.nissan.micra": 4, "vehicle.seat.leon": 5, "vehicle.tesla.cybertruck": 1, "vehicle.tesla.model3": 2,
    "vehicle.toyota.prius": 3, "vehicle.volkswagen.t2_2021": 2,
}


class Row(Protocol):
    """A kerb along which cars stand; see ``places.ParkingRow``."""

    @property
    def kerb(self) -> NDArray[np.float64]: ...
    @property
    def lane(self) -> NDArray[np.float64]: ...


@dataclass(frozen=True, slots=True)
class ParkedCar:
    """A car of the level, right-handed: the middle of its footprint on the road, heading and pitch (nose up).

    number:  64 bits, by which clients know it.
    """

    number: int
    name: str
    blueprint: str
    x_m: float
    y_m: float
    z_m: float
    yaw_rad: float
    pitch_rad: float


def parked_cars(rows: Sequence[Row], map_name: str, library: Library | None = None) -> tuple[ParkedCar, ...]:
    """The cars along all kerbs of a map, in the kerbs' order."""
    known, rng = library or stock_library(), np.random.default_rng(list(_digest(map_name)))
    models, weights = list(MODELS), np.array([*MODELS.values()]) / sum(MODELS.values())
    cars: list[ParkedCar] = []
    for row in rows:
        stands = rng.random() < ROW_SHARE
        kerb = _Line(row.kerb)
        place = FREE_ENDS_M
        while stands:
            model = models[int(rng.choice(len(models), p=weights))]
            body = known.find(model).body
            assert body is not None
            length, width, _ = body.size_lwh_m
            if place + length > kerb.length_m - FREE_ENDS_M:
                break
            gap, inset = float(rng.uniform(*GAP_M)), float(rng.uniform(*FROM_KERB_M))
            askew, taken = float(rng.uniform(-ASKEW_RAD, ASKEW_RAD)), rng.random() < TAKEN_SHARE
            if taken:
                x, y, z, yaw, pitch = kerb.beside(place, length, inset + width / 2, row.lane)
                name = f"parked_{model.removeprefix('vehicle.').replace('.', '_')}_{len(cars) + 1:03d}"
                number = int.from_bytes(_digest(f"{map_name}/{name}")[:8], "little")
                cars.append(ParkedCar(number, name, model, x, y, z, yaw + askew, pitch))
            place += length + gap
    return tuple(cars)


class _Line:
    """A polyline (N, 3) by distance along it."""

    def __init__(self, points: NDArray[np.float64]) -> None:
        steps = np.linalg.norm(np.diff(points[:, :2], axis=0), axis=1)
        self._points, self._along = points, np.concatenate([[0.0], np.cumsum(steps)])
        self.length_m = float(self._along[-1])

    def at(self, distance_m: float) -> NDArray[np.float64]:
        return np.array([np.interp(distance_m, self._along, self._points[:, k]) for k in range(3)])

    def beside(
        self, start_m: float, length_m: float, aside_m: float, towards: NDArray[np.float64]
    ) -> tuple[float, float, float, float, float]:
        """x, y, z, yaw and pitch of what stands ``aside_m`` from the line, on the side where ``towards`` (N, 3) lies,
        and reaches ``length_m`` along it."""
        rear, front = self.at(start_m), self.at(start_m + length_m)
        ahead = (front - rear) / np.linalg.norm(front - rear)
        left = np.array([-ahead[1], ahead[0]]) / math.hypot(ahead[0], ahead[1])
        middle = 0.5 * (rear + front)
        nearest = towards[int(np.argmin(np.linalg.norm(towards[:, :2] - middle[:2], axis=1)))]
        side = math.copysign(1.0, float((nearest[:2] - middle[:2]) @ left))
        x, y = middle[:2] + side * aside_m * left
        return float(x), float(y), float(middle[2]), math.atan2(ahead[1], ahead[0]), math.asin(ahead[2])


def _digest(text: str) -> bytes:
    return hashlib.sha256(text.encode()).digest()
