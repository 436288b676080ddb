"""Along motorways: guard rails in the median, on the outside of bends and before bridges, and sign gantries."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from simgen.localsim.mesh import Instance, Material, Mesh
from simgen.localsim.places.furniture import GUARD_RAIL_LENGTH_M, gantry, guard_rail
from simgen.localsim.places.relief import Relief
from simgen.localsim.places.roadway import DRIVING, Stretch, Strip
from simgen.localsim.places.scenery import stand
from simgen.localsim.places.underpass import WALK_M, clear_of_underpasses

Array = NDArray[np.float64]

GUARD_RAIL_TAG, SIGN_TAG = 28, 8      # CARLA's GuardRail and TrafficSigns
SUNK_M = 0.05                         # below the road's own surface: verges lie a little lower
RAIL_EDGE_M = 0.85                    # outer rails stand this far from the asphalt
BEFORE_BRIDGE_M = 90.0
BETWEEN_WINGS_M = 12.0                # this near to a portal the wing walls leave less room
CURVED = 4e-4                         # per metre: sharper bends have a rail on their outside
GANTRY_SHARES = (0.3, 0.75)           # of the way along a straight, as traffic comes; the first one with room
GANTRY_STRAIGHT_M = 600.0
FROM_BRIDGE_M = 120.0
POST_EDGE_M = 1.3                     # a gantry's outer post beside the asphalt, its inner one beside the middle
MEDIAN_POST_M = 0.6


def is_motorway(stretch: Stretch) -> bool:
    """Is it a piece of a motorway with lanes, outside junctions?"""
    return stretch.road.setting == "motorway" and not stretch.in_junction and bool(stretch.strips)


def guard(stretches: tuple[Stretch, ...], relief: Relief) -> tuple[list[Instance], dict[str, Mesh]]:
    """Guard rails of all motorways, field after field, and the meshes they are copies of."""
    found: list[Instance] = []
    for stretch in filter(is_motorway, stretches):
        count = int((stretch.s[-1] - stretch.s[0]) / GUARD_RAIL_LENGTH_M)
        s = stretch.s[0] + (np.arange(count) + 0.5) * (stretch.s[-1] - stretch.s[0]) / max(count, 1)
        s = s[clear_of_underpasses(stretch, s, 0.0)]
        median = [x for x in stretch.strips[1:-1] if x.material == Material.GRASS and abs(x.lane.id) == 1]
        if median:
            middle = np.interp(s, stretch.s, 0.5 * (median[0].t_left + median[-1].t_right))
            found += _row(stretch, s, middle, "guard_rail_double", 1.0)
        for side in (1.0, -1.0):
            found += _outer_row(stretch, s, side, relief)
    return found, {"guard_rail": guard_rail(False), "guard_rail_double": guard_rail(True)}


def _outer_row(stretch: Stretch, s: Array, side: float, relief: Relief) -> list[Instance]:
    """Guard rails beside the asphalt on one side: outside of bends and before bridges, where no slip road leaves."""
    edge = stretch.strips[0].t_left if side > 0 else stretch.strips[-1].t_right
    turn = np.interp(s, stretch.s, np.gradient(stretch.heading, stretch.s)) if len(stretch.s) > 1 else np.zeros_like(s)
    wanted = (turn * side < -CURVED) | ~clear_of_underpasses(stretch, s, BEFORE_BRIDGE_M)
    away = np.where(clear_of_underpasses(stretch, s, BETWEEN_WINGS_M), RAIL_EDGE_M, 0.5 * WALK_M)
    t = np.interp(s, stretch.s, edge) + side * away
    wanted &= relief.distance(stretch.at(s, t)[:, :2]) > 0.4 * away
    return _row(stretch, s[wanted], t[wanted], "guard_rail", side)


def gantries(stretches: tuple[Stretch, ...]) -> dict[str, tuple[Mesh, Instance]]:
    """A sign gantry over each carriageway of long straights, clear of bridges: mesh and place by key."""
    found = {}
    for stretch in filter(is_motorway, stretches):
        if np.ptp(stretch.heading) > 1e-3 or stretch.s[-1] - stretch.s[0] < GANTRY_STRAIGHT_M:
            continue
        for side in (1.0, -1.0):
            if not _lanes(stretch, side):
                continue
            # Traffic keeps right: on the left of the reference line it runs against it.
            shares = np.array(GANTRY_SHARES) if side < 0 else 1.0 - np.array(GANTRY_SHARES)
            stations = stretch.s[0] + shares * (stretch.s[-1] - stretch.s[0])
            stations = stations[clear_of_underpasses(stretch, stations, FROM_BRIDGE_M)]
            if len(stations):
                key = f"gantry.{stretch.road.id}.{'left' if side > 0 else 'right'}"
                found[key] = _gantry(stretch, key, stations[:1], side)
    return found


def _gantry(stretch: Stretch, key: str, s: Array, side: float) -> tuple[Mesh, Instance]:
    """The gantry over one side's lanes at a station (1,)."""
    outer = stretch.strips[0].t_left if side > 0 else stretch.strips[-1].t_right
    edge = np.interp(s, stretch.s, outer) + side * POST_EDGE_M
    middles = [float(abs(edge[0] - np.interp(s[0], stretch.s, 0.5 * (x.t_left + x.t_right))))
               for x in _lanes(stretch, side)]
    heading = np.interp(s, stretch.s, stretch.heading) + (np.pi if side > 0 else 0.0)
    # y runs to the left of the traffic: from the post beside its right lane to the one in the median.
    (instance,) = stand([key], stretch.at(s, edge), heading, np.ones(1), tag=SIGN_TAG)
    return gantry(float(abs(edge[0])) - MEDIAN_POST_M, sorted(middles)), instance


def _lanes(stretch: Stretch, side: float) -> list[Strip]:
    """One side's driving lanes."""
    return [x for x in stretch.strips if x.lane.kind in DRIVING and x.lane.id * side > 0]


def _row(stretch: Stretch, s: Array, t: Array, key: str, side: float) -> list[Instance]:
    """Fields of guard rail with their middles at s, t; each follows the road's grade, so that they meet."""
    if not len(s):
        return []
    half = 0.5 * GUARD_RAIL_LENGTH_M
    low, high = np.maximum(s - half, stretch.s[0]), np.minimum(s + half, stretch.s[-1])
    along = stretch.at(high, t) - stretch.at(low, t)
    along /= np.linalg.norm(along, axis=1, keepdims=True)
    left = np.cross([0.0, 0.0, 1.0], along)
    up = np.cross(along, left / np.linalg.norm(left, axis=1, keepdims=True))
    heading = np.arctan2(along[:, 1], along[:, 0]) + (0.0 if side > 0 else np.pi)
    points = stretch.at(s, t, -SUNK_M)
    return stand([key] * len(s), points, heading, np.ones(len(s)), up, tag=GUARD_RAIL_TAG)
