"""A road cut at stations: where the edges of its lanes run in the world."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from simgen.localsim.mesh import Material
from simgen.localsim.places.opendrive.cubics import Cubics
from simgen.localsim.places.opendrive.model import Lane, LaneSection, Network, Road

Array = NDArray[np.float64]

CHORD_ERROR_M = 0.003         # how far a straight piece may cut a bend
SHORTEST_STEP_M = 0.4
LONGEST_STEP_M = 8.0
PAVEMENT_LIFT_M = (0.13, 0.15)    # inner, outer edge of a pavement whose file says no <height>
MEDIAN_LIFT_M = (0.12, 0.12)
NARROW_GRASS_M = 0.35         # narrower "none" lanes are gutters and gaps, not grass

_PAVEMENT = {"sidewalk", "walking"}
_GRASS = {"none", "median", "grass"}
# Lanes a vehicle may drive on; everything else on wheels' level is asphalt too, but nobody is spawned there.
DRIVING = {"driving", "bidirectional", "entry", "exit", "onRamp", "offRamp", "connectingRamp", "slipLane"}


@dataclass(frozen=True, eq=False, slots=True)
class Strip:
    """One lane between two stations.

    t_left, t_right:        (N,) lateral positions of its edges, measured from the road's reference line.
    lift_left, lift_right:  (N,) height of its edges above the road's surface.
    """

    lane: Lane
    material: Material
    t_left: Array
    t_right: Array
    lift_left: Array
    lift_right: Array


@dataclass(frozen=True, eq=False, slots=True)
class Stretch:
    """One lane section of a road, cut at N stations.

    s:        (N,) stations, ascending.
    origin:   (N, 3) world points of the reference line.
    across:   (N, 3) unit vectors to the left in the road's surface (banked with the superelevation).
    heading:  (N,) of the reference line.
    offset:   (N,) lane offset: t of the line between left and right lanes.
    strips:   lanes from the leftmost to the rightmost.
    """

    road: Road
    section: LaneSection
    s: Array
    origin: Array
    across: Array
    heading: Array
    offset: Array
    strips: tuple[Strip, ...]

    def points(self, t: Array, lift: Array | float = 0.0) -> Array:
        """World points (N, 3) at the stations, ``t`` (N,) to the left and ``lift`` above the road's surface."""
        return along(self.origin, self.across, t, lift)

    def at(self, s: Array, t: Array, lift: Array | float = 0.0) -> Array:
        """World points (K, 3) at any stations ``s`` (K,), on the straight pieces between this stretch's stations."""
        origin = np.stack([np.interp(s, self.s, self.origin[:, k]) for k in range(3)], axis=-1)
        across = np.stack([np.interp(s, self.s, self.across[:, k]) for k in range(3)], axis=-1)
        return along(origin, across, t, lift)

    @property
    def in_junction(self) -> bool:
        """Does the road only connect others through a junction?"""
        return self.road.junction is not None


def along(origin: Array, across: Array, t: Array, lift: Array | float) -> Array:
    """origin + t·across + lift·up, (N, 3)."""
    points = origin + t[..., None] * across
    points[..., 2] += lift
    return np.asarray(points)


def stretches(network: Network) -> tuple[Stretch, ...]:
    """Every lane section of every road, in file order."""
    return tuple(_stretch(road, section) for road in network.roads for section in road.sections)


def lane_material(lane: Lane, mean_width: float) -> Material:
    """What a lane's surface is made of."""
    if lane.kind in _PAVEMENT:
        return Material.SIDEWALK
    if lane.kind == "curb":
        return Material.CURB
    if lane.kind in _GRASS and mean_width > NARROW_GRASS_M:
        return Material.GRASS
    return Material.ASPHALT


def _stretch(road: Road, section: LaneSection) -> Stretch:
    s = _stations(road, section)
    x, y, heading = road.plan.at(s)
    roll = road.superelevation.at(s)
    origin = np.stack([x, y, road.elevation.at(s)], axis=-1)
    across = np.stack([-np.sin(heading) * np.cos(roll), np.cos(heading) * np.cos(roll), np.sin(roll)], axis=-1)
    offset = road.lane_offset.at(s)
    left = _side(section.left, section, s, offset, 1.0)
    right = _side(section.right, section, s, offset, -1.0)
    strips = tuple(strip for strip in (*left[::-1], *right) if np.max(strip.t_left - strip.t_right) > 0.01)
    return Stretch(road, section, s, origin, across, heading, offset, strips)


def _side(lanes: tuple[Lane, ...], section: LaneSection, s: Array, offset: Array, sign: float) -> list[Strip]:
    """The strips of one side, from the centre outwards; ``sign`` is +1 for the left side."""
    ds, inner, strips = s - section.start, np.zeros_like(s), []
    for lane in lanes:
        value = lane.width.at(ds)
        outer = np.maximum(value, inner) if lane.is_border else inner + np.maximum(value, 0.0)
        material = lane_material(lane, float(np.mean(outer - inner)))
        low, high = _lifts(lane, material, ds)
        edges = (offset + sign * inner, offset + sign * outer)
        if sign > 0:
            strips.append(Strip(lane, material, edges[1], edges[0], high, low))
        else:
            strips.append(Strip(lane, material, edges[0], edges[1], low, high))
        inner = outer
    return strips


def _lifts(lane: Lane, material: Material, ds: Array) -> tuple[Array, Array]:
    if lane.heights:
        table = np.array(lane.heights)
        return np.interp(ds, table[:, 0], table[:, 1]), np.interp(ds, table[:, 0], table[:, 2])
    inner, outer = 0.0, 0.0
    if material in (Material.SIDEWALK, Material.CURB):
        inner, outer = PAVEMENT_LIFT_M
    elif lane.kind == "median" and material == Material.GRASS:
        inner, outer = MEDIAN_LIFT_M
    return np.full_like(ds, inner), np.full_like(ds, outer)


def _stations(road: Road, section: LaneSection) -> Array:
    """Stations close enough together that straight pieces stay within CHORD_ERROR_M of the road."""
    lanes = (*section.left, *section.right)
    tapers = any(lane.width.bends for lane in lanes) or road.lane_offset.bends or road.superelevation.bends
    knots = [road.plan.starts, road.elevation.starts, road.superelevation.starts, road.lane_offset.starts]
    knots += [section.start + lane.width.starts for lane in lanes]
    knots += [section.start + np.array([h[0] for h in lane.heights]) for lane in lanes if lane.heights]
    inside = np.unique(np.round(np.concatenate(knots), 6))
    inside = inside[(inside > section.start + 0.01) & (inside < section.end - 0.01)]
    fixed = np.concatenate([[section.start], inside, [section.end]])
    pieces = [
        _piece(road, low, high, 2.0 if tapers else LONGEST_STEP_M)
        for low, high in pairwise(fixed.tolist())
    ]
    return np.concatenate([*pieces, [section.end]])


def _piece(road: Road, low: float, high: float, longest: float) -> Array:
    """Stations from ``low`` to ``high``, the latter left out."""
    s = np.linspace(low, high, max(2, int(np.ceil((high - low) / 0.5)) + 1))
    _, _, heading = road.plan.at(np.minimum(s, high - 1e-9))
    middle = 0.5 * (s[1:] + s[:-1])
    bend = np.abs(np.diff(heading)) / np.diff(s) + np.abs(_second(road.elevation, middle))
    # Sagitta of a chord of length c on curvature k: k·c²/8. Lanes on the outside bend over a longer arc.
    step = np.sqrt(8.0 * CHORD_ERROR_M / np.maximum(bend * (1.0 + 8.0 * bend), 1e-9))
    count = np.concatenate([[0.0], np.cumsum(np.diff(s) / np.clip(step, SHORTEST_STEP_M, longest))])
    whole = max(1, int(np.ceil(count[-1])))
    return np.asarray(np.interp(np.arange(whole) / whole * count[-1], count, s))


def _second(curve: Cubics, s: Array) -> Array:
    step = 0.05
    return np.asarray((curve.slope(s + step) - curve.slope(s - step)) / (2.0 * step))
