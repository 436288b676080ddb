"""Along motorways: guard rails in the median, on the outside of bends and before bridges, and sign gantries."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from simgen.localsim.mesh import Instance, Material, Mesh
from simgen.localsim.places.furniture import GUARD_RAIL_LENGTH_M, gantry, guard_rail
from simgen.localsim.places.relief import Relief
from simgen.localsim.places.roadway import DRIVING, Stretch, Strip
from simgen.localsim.places.scenery import stand
from simgen.localsim.places.shapes import MeshBuilder
from simgen.localsim.places.signs import Face, board, face, limit, sign
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
LIMIT_KMH = 130


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
    # The outermost lane leads off, the others on.
    names = (("A 8", "Birkenau", "1000 m"), ("A 5", "Neustadt"))
    return gantry(float(abs(edge[0])) - MEDIAN_POST_M, sorted(middles), names[: len(middles)]), instance


def put_up_boards(builder: MeshBuilder, stretches: tuple[Stretch, ...]) -> None:
    """Beside motorways: speed limits on both sides of a carriageway, blue boards with distances, telephones."""
    for stretch in filter(is_motorway, stretches):
        for side in (1.0, -1.0):
            if not _lanes(stretch, side):
                continue
            forward = (side < 0) == stretch.road.right_hand
            for what, first, every in (("limit", 60.0, 2200.0), ("board", 260.0, 1900.0), ("phone", 420.0, 1000.0)):
                away = np.arange(first, stretch.s[-1] - stretch.s[0] - 20.0, every)
                stations = stretch.s[0] + away if forward else stretch.s[-1] - away
                for s in stations[clear_of_underpasses(stretch, stations, FROM_BRIDGE_M)].tolist():
                    _beside(builder, stretch, s, side, forward, what)


def _beside(builder: MeshBuilder, stretch: Stretch, s: float, side: float, forward: bool, what: str) -> None:
    """One thing beside a carriageway, facing its traffic, behind where a guard rail may stand."""
    outer = stretch.strips[0].t_left if side > 0 else stretch.strips[-1].t_right
    at = np.array([s])
    heading = float(np.interp(s, stretch.s, stretch.heading))
    facing = np.array([np.cos(heading), np.sin(heading), 0.0]) * (-1.0 if forward else 1.0)
    edge = np.interp(at, stretch.s, outer)
    foot = stretch.at(at, edge + side * (4.2 if what == "board" else 1.8), -0.15)[0]
    if what == "limit":
        sign(builder, foot, facing, limit(LIMIT_KMH), 2.6)
        middle = [x for x in stretch.strips[1:-1] if x.material == Material.GRASS and x.lane.id * side > 0]
        if middle:
            inner = middle[0].t_right if side > 0 else middle[0].t_left
            t = np.interp(at, stretch.s, inner + 0.85 * side)
            sign(builder, stretch.at(at, t, -0.05)[0], facing, limit(LIMIT_KMH), 2.6)
    elif what == "board":
        board(builder, foot, facing, ("A 5", "Neustadt", "2,5 km"), Face.BLUE, 0.64, 1.9)
    else:
        yaw = float(np.arctan2(facing[1], facing[0]))
        pillar = foot + np.array([0.0, 0.0, 0.75])
        builder.boxes([pillar], [0.16, 0.18, 0.85], Material.SIGN, yaw, parameter=face(Face.TOWN))
        board(builder, foot + 0.17 * facing, facing, ("SOS",), Face.TOWN, 0.14, 1.2, posts=False)


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
