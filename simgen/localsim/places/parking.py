"""Parking lanes of a road network: along which kerbs cars may stand."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from simgen.localsim.places.opendrive import read_network
from simgen.localsim.places.roadway import Stretch, Strip, stretches


@dataclass(frozen=True, eq=False, slots=True)
class ParkingRow:
    """One parking lane between two junctions, in the direction in which the lane beside it is driven.

    kerb:  (N, 3) its outer edge, on the road's surface.
    lane:  (N, 3) its inner edge, towards the traffic.
    """

    kerb: NDArray[np.float64]
    lane: NDArray[np.float64]


def parking_rows(text: str, name: str) -> tuple[ParkingRow, ...]:
    """All parking lanes outside junctions, in file order.

    Raises:
        PlaceError: the file is broken or uses something that is not supported.
    """
    return tuple(
        _row(stretch, strip)
        for stretch in stretches(read_network(text, name)) if not stretch.in_junction
        for strip in stretch.strips if strip.lane.kind == "parking"
    )


def _row(stretch: Stretch, strip: Strip) -> ParkingRow:
    left, right = stretch.points(strip.t_left), stretch.points(strip.t_right)
    kerb, lane = (right, left) if strip.lane.id < 0 else (left, right)
    forward = (strip.lane.id < 0) == stretch.road.right_hand
    return ParkingRow(kerb, lane) if forward else ParkingRow(kerb[::-1], lane[::-1])
