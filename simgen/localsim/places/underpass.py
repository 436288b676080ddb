"""Where a road runs beneath a bridge: walls, ceiling and wing walls, and the embankment of what crosses above.

Short underpasses lie beneath a railway, long ones beneath a planted bridge for wildlife. Nothing above the road is of a
material that feet or wheels stand on: ``Ground`` looks for the highest surface, and traffic shall stay below.

A bridge has its own axes: x along the road below, y to its left along what crosses, both level; z up.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from simgen.localsim.mesh import Instance, Material, Mesh
from simgen.localsim.places.opendrive.model import Underpass
from simgen.localsim.places.relief import Relief
from simgen.localsim.places.roadway import Stretch
from simgen.localsim.places.scenery import stand
from simgen.localsim.places.settlement import Occupied
from simgen.localsim.places.shapes import MeshBuilder

Array = NDArray[np.float64]

BRIDGE_TAG, RAILWAY_TAG = 26, 27          # CARLA's Bridge and RailTrack
HEADROOM_M = 4.8
DECK_M = 1.1
WALK_M, WALK_LIFT_M = 1.0, 0.12           # the raised strip between asphalt and wall
WALL_M = 0.6
PARAPET_M = 0.55
BURIED_M = 1.2                            # how far walls reach into the ground
STEP_M = 4.0
SLOPE = 1.6                               # metres out for each metre down on an embankment
UNDER_LAND_M = 4.0                        # embankments reach this far below the road
RAILWAY_LONGEST_M = 35.0                  # longer underpasses lie beneath a planted bridge
RAILWAY_REACH_M, RAILWAY_RAMP_M = 340.0, 70.0
GREEN_RAMP_M = 65.0
OTHER_ROADS_M = 75.0                      # embankments end this far from other roads
BUSHES_PER_M2 = 0.11
CLEAR_OF_PORTAL_M = 14.0                  # wing walls: no grass, posts or fences on the road's verges


@dataclass(frozen=True, eq=False, slots=True)
class Bridge:
    """One bridge over one road.

    origin:        (3,) the road's reference line in the middle of the underpass.
    ahead, left:   (3,) level unit vectors.
    s:             (N,) stations of the underpass.
    half_m:        half of its length.
    t_left, t_right:  inner faces of the outer walls.
    middle:        t of the median's edges (right, left) where a wall stands between carriageways, or None.
    top_m:         height of the deck above ``origin``.
    reach_m:       how far the embankment goes beyond the outer walls, to the right and to the left.
    """

    stretch: Stretch
    origin: Array
    ahead: Array
    left: Array
    s: Array
    half_m: float
    t_left: float
    t_right: float
    middle: tuple[float, float] | None
    top_m: float
    reach_m: tuple[float, float]

    @property
    def is_railway(self) -> bool:
        return 2.0 * self.half_m <= RAILWAY_LONGEST_M

    def at(self, x: Array | float, y: Array | float, z: Array | float) -> Array:
        """World points (…, 3) from the bridge's own axes."""
        x, y, z = np.broadcast_arrays(np.asarray(x, float), np.asarray(y, float), np.asarray(z, float))
        return np.asarray(self.origin + x[..., None] * self.ahead + y[..., None] * self.left
                          + z[..., None] * [0.0, 0.0, 1.0])


def bridges_over(stretches: tuple[Stretch, ...], relief: Relief) -> tuple[Bridge, ...]:
    """A bridge for every underpass, on the lane section in which its middle lies."""
    found = []
    for stretch in stretches:
        for underpass in stretch.road.underpasses:
            if stretch.strips and stretch.s[0] <= 0.5 * (underpass.start + underpass.end) < stretch.s[-1]:
                found.append(_bridge(stretch, underpass, relief))
    return tuple(found)


def build_bridge(
    level: MeshBuilder, bridge: Bridge, name: str, occupied: Occupied
) -> dict[str, tuple[Mesh, Instance]]:
    """Walkways and embankments go into ``level``; the structure becomes meshes that carry CARLA's own tags.

    Returns:
        Each mesh under a key that begins with ``name``, and the one place where it stands.
    """
    concrete, planted, rails = MeshBuilder(), MeshBuilder(), MeshBuilder()
    _passage(level, concrete, bridge)
    _wing_walls(concrete, bridge)
    for side, reach in zip((-1.0, 1.0), bridge.reach_m, strict=True):
        _embankment(level, bridge, side, reach)
    if bridge.is_railway:
        _tracks(concrete, rails, bridge)
    else:
        _undergrowth(planted, bridge)
    occupied.take(_trackbed(bridge))
    # An instance's position shall not be on the road, where nothing stands.
    foot = bridge.at(0.0, bridge.t_left + 0.5 * WALL_M, 0.0)
    parts = (("concrete", concrete, BRIDGE_TAG), ("planted", planted, 0), ("rails", rails, RAILWAY_TAG))
    return {
        f"{name}.{part}": _placed(f"{name}.{part}", builder.mesh(), foot, tag)
        for part, builder, tag in parts if len(builder.mesh().triangles)
    }


def plant_deck(bridges: tuple[Bridge, ...], rng: np.random.Generator) -> list[Instance]:
    """Bushes on planted bridges, closer together at the parapets, which they hide."""
    found: list[Instance] = []
    for bridge in bridges:
        if bridge.is_railway:
            continue
        wide, deep = bridge.t_left - bridge.t_right, bridge.half_m - 1.0
        count = int(BUSHES_PER_M2 * wide * 2.0 * bridge.half_m)
        inwards = deep * rng.random(count) ** 2.2
        x = np.where(rng.random(count) < 0.5, 1.0, -1.0) * (deep - inwards)
        points = bridge.at(x, bridge.t_right + wide * rng.random(count), bridge.top_m + 0.05)
        found += stand(["bush"] * count, points, rng.uniform(0.0, 2.0 * np.pi, count), rng.uniform(0.4, 0.95, count))
    return found


def clear_of_underpasses(stretch: Stretch, s: Array, margin_m: float = CLEAR_OF_PORTAL_M) -> NDArray[np.bool_]:
    """Which stations (N,) are at least ``margin_m`` from all underpasses; by default behind their wing walls."""
    clear = np.ones(len(s), bool)
    for underpass in stretch.road.underpasses:
        clear &= (s < underpass.start - margin_m) | (s > underpass.end + margin_m)
    return clear


def _trackbed(bridge: Bridge) -> Array:
    """Corners (4, 2) of what stays free of trees: a railway all the way, of a planted bridge only the deck."""
    if bridge.is_railway:
        right, left, half = bridge.t_right - bridge.reach_m[0], bridge.t_left + bridge.reach_m[1], bridge.half_m - 2.0
    else:
        right, left, half = bridge.t_right - 3.0, bridge.t_left + 3.0, bridge.half_m + 2.0
    return bridge.at(np.array([-half, half, half, -half]), np.array([right, right, left, left]), 0.0)[:, :2]


def _placed(key: str, mesh: Mesh, foot: Array, tag: int) -> tuple[Mesh, Instance]:
    pose = np.eye(4)
    pose[:3, 3] = foot
    return replace(mesh, positions=(mesh.positions - foot).astype(np.float32)), Instance(key, pose, tag=tag)


def _bridge(stretch: Stretch, underpass: Underpass, relief: Relief) -> Bridge:
    start, end = max(underpass.start, float(stretch.s[0])), min(underpass.end, float(stretch.s[-1]))
    s = np.linspace(start, end, max(2, int(np.ceil((end - start) / STEP_M)) + 1))
    middle = np.array([0.5 * (start + end)])
    heading = float(np.interp(middle[0], stretch.s, stretch.heading))
    origin = stretch.at(middle, np.zeros(1))[0]
    left = np.array([-np.sin(heading), np.cos(heading), 0.0])
    rise = float(stretch.at(s, np.zeros(len(s)))[:, 2].max() - origin[2])
    t_left = float(np.interp(s, stretch.s, stretch.strips[0].t_left).max()) + WALK_M
    t_right = float(np.interp(s, stretch.s, stretch.strips[-1].t_right).min()) - WALK_M
    half = 0.5 * (end - start)
    bridge = Bridge(stretch, origin, np.array([np.cos(heading), np.sin(heading), 0.0]), left, s, half, t_left, t_right,
                    _median(stretch, s), rise + HEADROOM_M + DECK_M, (0.0, 0.0))
    return replace(bridge, reach_m=(_reach(bridge, relief, -1.0), _reach(bridge, relief, 1.0)))


def _median(stretch: Stretch, s: Array) -> tuple[float, float] | None:
    """Edges (right, left) of the grass between carriageways."""
    inner = [strip for strip in stretch.strips[1:-1] if strip.material == Material.GRASS]
    if not inner:
        return None
    return (float(np.interp(s, stretch.s, inner[-1].t_right).min()),
            float(np.interp(s, stretch.s, inner[0].t_left).max()))


def _reach(bridge: Bridge, relief: Relief, side: float) -> float:
    """How far the embankment may go before it comes too near to another road."""
    if not bridge.is_railway:
        return GREEN_RAMP_M
    wall = (bridge.t_left if side > 0 else -bridge.t_right) + WALL_M
    away = np.arange(10.0, RAILWAY_REACH_M + 1.0, 10.0)
    distance = relief.distance(bridge.at(0.0, side * (wall + away), 0.0)[:, :2])
    near = np.flatnonzero(distance < np.minimum(away - 5.0, OTHER_ROADS_M))
    return float(away[near[0]] if len(near) else RAILWAY_REACH_M)


def _passage(level: MeshBuilder, concrete: MeshBuilder, bridge: Bridge) -> None:
    """Walls, ceiling, parapets; the strips along the walls go into ``level``, since people walk there."""
    road, stretch = bridge.stretch.at(bridge.s, np.zeros(len(bridge.s)))[:, 2], bridge.stretch
    top = bridge.origin[2] + bridge.top_m - road
    left, right = bridge.t_left, bridge.t_right
    slabs = [(left, left + WALL_M, -BURIED_M, HEADROOM_M), (right - WALL_M, right, -BURIED_M, HEADROOM_M)]
    if bridge.middle is not None:
        slabs.append((*bridge.middle, -BURIED_M, HEADROOM_M))
    for low, high, foot, head in slabs:
        _slab(concrete, stretch, bridge.s, low, high, np.full_like(top, foot), np.full_like(top, head))
    _slab(concrete, stretch, bridge.s, right - WALL_M, left + WALL_M, np.full_like(top, HEADROOM_M), top)
    for low, high in ((left - WALK_M, left), (right, right + WALK_M)):
        _slab(level, stretch, bridge.s, low, high, np.full_like(top, -BURIED_M), np.full_like(top, WALK_LIFT_M),
              Material.SIDEWALK)
    for x in (-bridge.half_m, bridge.half_m):
        ends = bridge.at(x, np.array([right - WALL_M, left + WALL_M]), bridge.top_m + 0.5 * PARAPET_M - 0.25)
        yaw = float(np.arctan2(bridge.left[1], bridge.left[0]))
        size = [0.5 * (left - right) + WALL_M, 0.2, 0.5 * PARAPET_M + 0.25]
        concrete.boxes([ends.mean(axis=0)], size, Material.CONCRETE, yaw)


def _wing_walls(concrete: MeshBuilder, bridge: Bridge) -> None:
    """Walls beside the road before both portals that hold the embankment's slopes back."""
    length = SLOPE * (bridge.top_m + 0.3)
    for end, direction in ((bridge.s[0], -1.0), (bridge.s[-1], 1.0)):
        s = np.sort(np.clip(end + direction * np.linspace(0.0, length, 6), bridge.stretch.s[0], bridge.stretch.s[-1]))
        road = bridge.stretch.at(s, np.zeros(len(s)))[:, 2]
        slope = bridge.origin[2] + bridge.top_m + 0.25 - np.abs(s - end) / SLOPE - road
        for low, high in ((bridge.t_left, bridge.t_left + WALL_M), (bridge.t_right - WALL_M, bridge.t_right)):
            _slab(concrete, bridge.stretch, s, low, high, np.full_like(s, -BURIED_M),
                  np.maximum(slope, -BURIED_M + 0.1))


def _embankment(level: MeshBuilder, bridge: Bridge, side: float, reach: float) -> None:
    """What crosses comes up on grass: level along a railway, down in a ramp from a planted bridge."""
    depth = bridge.top_m + UNDER_LAND_M
    # In a bend the walls leave the bridge's straight axes; grass must not come to lie over the road there.
    s = np.clip(np.linspace(bridge.s[0] - SLOPE * depth, bridge.s[-1] + SLOPE * depth, 40), bridge.stretch.s[0],
                bridge.stretch.s[-1])
    edge = bridge.t_left + 0.5 * WALL_M if side > 0 else bridge.t_right - 0.5 * WALL_M
    wall = float((side * (bridge.stretch.at(s, np.full_like(s, edge)) - bridge.origin) @ bridge.left).max())
    ramp = RAILWAY_RAMP_M if bridge.is_railway else GREEN_RAMP_M
    away = np.unique(np.concatenate([np.linspace(0.0, max(reach - ramp, 0.0), 12),
                                     max(reach - ramp, 0.0) + np.linspace(0.0, ramp, 24)]))
    share = np.clip((away - max(reach - ramp, 0.0)) / ramp, 0.0, 1.0)
    crest = bridge.top_m - 0.05 - depth * share * share * (3.0 - 2.0 * share)
    # Across: from the foot of one slope over the edges, each rounded off, to the foot of the other.
    out = np.array([1.0, 0.5, 0.12, 0.05, 0.0])
    fall = depth * np.array([1.0, 0.5, 0.12, 0.042, 0.0])
    rows = np.concatenate([-bridge.half_m - out * depth * SLOPE, [0.0], (bridge.half_m + out * depth * SLOPE)[::-1]])
    falls = np.concatenate([fall, [0.0], fall[::-1]])
    points = bridge.at(rows[:, None], side * (wall + away)[None], crest[None] - falls[:, None])
    level.grid(points if side > 0 else points[::-1], (points if side > 0 else points[::-1])[..., :2], Material.GRASS,
               upward=True)


def _tracks(concrete: MeshBuilder, rails: MeshBuilder, bridge: Bridge) -> None:
    """Two tracks on ballast, and railings over the portals."""
    right = bridge.t_right - bridge.reach_m[0] + RAILWAY_RAMP_M
    left = bridge.t_left + bridge.reach_m[1] - RAILWAY_RAMP_M
    middle, half = 0.5 * (left + right), 0.5 * (left - right)
    yaw = float(np.arctan2(bridge.left[1], bridge.left[0]))
    for x in (-2.2, 2.2):
        rails.boxes([bridge.at(x, middle, bridge.top_m + 0.2)], [half, 1.6, 0.25], Material.CONCRETE, yaw)
        y = np.arange(right, left, 0.65)
        rails.boxes(bridge.at(x, y, bridge.top_m + 0.47), [0.13, 1.3, 0.05], Material.WOOD, yaw, bottom=False)
        for gauge in (-0.75, 0.75):
            rails.boxes([bridge.at(x + gauge, middle, bridge.top_m + 0.59)], [half, 0.035, 0.08], Material.METAL, yaw)
    for x in (-bridge.half_m, bridge.half_m):
        y = np.linspace(bridge.t_right - WALL_M, bridge.t_left + WALL_M,
                        int((bridge.t_left - bridge.t_right) / 1.6) + 2)
        concrete.boxes(bridge.at(x, y, bridge.top_m + PARAPET_M + 0.45), [0.03, 0.03, 0.5], Material.METAL, yaw)
        for height in (0.5, 0.9):
            line = bridge.at(x, y[[0, -1]], bridge.top_m + PARAPET_M + height)
            concrete.tube(line, 0.03, Material.METAL, sides=6)


def _undergrowth(planted: MeshBuilder, bridge: Bridge) -> None:
    """A low thicket over the whole deck."""
    low, high = bridge.t_right - WALL_M, bridge.t_left + WALL_M
    yaw = float(np.arctan2(bridge.left[1], bridge.left[0]))
    planted.boxes([bridge.at(0.0, 0.5 * (low + high), bridge.top_m + 0.1)],
                  [0.5 * (high - low), bridge.half_m - 0.3, 0.1], Material.HEDGE, yaw, bottom=False)


def _slab(
    builder: MeshBuilder, stretch: Stretch, s: Array, right: float, left: float, low: Array, high: Array,
    material: Material = Material.CONCRETE,
) -> None:
    """A solid along the road between t = ``right`` and ``left``, from ``low`` to ``high`` (N,) above its surface."""
    corner = {(t, k): stretch.at(s, np.full_like(s, t), lift) for t in (right, left) for k, lift in
              enumerate((low, high))}
    for (a, b), wide in zip(_around(right, left), (left - right, 1.0, left - right, 1.0), strict=True):
        sheet = np.stack([corner[a], corner[b]], axis=1)
        tall = np.linalg.norm(sheet[:, 1] - sheet[:, 0], axis=1, keepdims=True) if wide == 1.0 else wide
        uv = np.stack(np.broadcast_arrays(s[:, None], np.array([[0.0, 1.0]]) * tall), axis=-1)
        builder.grid(sheet, uv, material)
    start, end = (np.array([corner[edge][k] for edge, _ in _around(right, left)]) for k in (0, -1))
    builder.quads([start, end[::-1]], material)


def _around(right: float, left: float) -> Iterator[tuple[tuple[float, int], tuple[float, int]]]:
    """The four long faces of a slab: top, left, bottom, right; each from edge to edge so that it faces outwards."""
    ring = ((right, 1), (left, 1), (left, 0), (right, 0))
    return zip(ring, (*ring[1:], ring[0]), strict=True)
