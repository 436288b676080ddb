"""Along roads without pavements: grass on the verges, delineators, fences, power lines."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from simgen.localsim.mesh import Instance, Material
from simgen.localsim.places.furniture import fence, power_line
from simgen.localsim.places.grasses import STRIP_LENGTH_M, STRIP_WIDTH_M, STRIPS
from simgen.localsim.places.ground import Ground
from simgen.localsim.places.relief import Relief
from simgen.localsim.places.roadway import Stretch
from simgen.localsim.places.scenery import any_way, on_ground, stand
from simgen.localsim.places.shapes import MeshBuilder
from simgen.localsim.places.underpass import clear_of_underpasses
from simgen.localsim.places.woods import Woodland

Array = NDArray[np.float64]

POLE_TAG = 6                  # CARLA's Poles: what a delineator counts as
DELINEATOR_SPACING_M = 50.0   # on straights; half of it in bends
DELINEATOR_EDGE_M = 0.55
FENCE_EDGE_M = 8.2
FENCE_SPACING_M = 2.5
HEDGE_EDGE_M = 2.6
HEDGE_SPACING_M = 0.95
HEDGE_SCALE = (0.5, 0.78)     # of a bush 2.3 m high
HEDGE_M = (14.0, 60.0)        # shortest and longest run between two gaps
HEDGE_GAP = (5, 30)           # bushes that are missing in a gap
POWER_EDGE_M = 15.0
POWER_SPACING_M = 45.0


def verges(stretches: tuple[Stretch, ...]) -> Iterator[tuple[Stretch, float]]:
    """Each stretch and side (+1 left, −1 right) where a rural road ends in grass."""
    for stretch in stretches:
        if stretch.in_junction or not stretch.strips or stretch.road.setting in ("town", "lowSpeed", "townLocal"):
            continue
        for side, strip in ((1.0, stretch.strips[0]), (-1.0, stretch.strips[-1])):
            if strip.material == Material.ASPHALT:
                yield stretch, side


def grow_grass(stretches: tuple[Stretch, ...], relief: Relief, rng: np.random.Generator) -> list[Instance]:
    """Strips of grass blades one after the other along the verges."""
    found: list[Instance] = []
    for stretch, side in verges(stretches):
        count = int((stretch.s[-1] - stretch.s[0]) / STRIP_LENGTH_M)
        if not count:
            continue
        s = stretch.s[0] + (np.arange(count) + 0.5) * (stretch.s[-1] - stretch.s[0]) / count
        # The strip's own profile fits only where no other road is near.
        s = s[np.abs(relief.distance(_beside(stretch, side, s, STRIP_WIDTH_M)) - STRIP_WIDTH_M) < 0.9]
        s = s[clear_of_underpasses(stretch, s)]
        before, after = (_edge(stretch, side, s + d * STRIP_LENGTH_M) for d in (-0.5, 0.5))
        ahead = (after - before) * side                   # +y of a strip points away from the road
        x = ahead / np.linalg.norm(ahead, axis=1, keepdims=True)
        y = np.cross([0.0, 0.0, 1.0], x)
        y /= np.linalg.norm(y, axis=1, keepdims=True)
        for key, at, u, v in zip(rng.integers(0, STRIPS, len(s)), _edge(stretch, side, s), x, y, strict=True):
            pose = np.eye(4)
            pose[:3, :3], pose[:3, 3] = np.stack([u, v, np.cross(u, v)], axis=1), at
            found.append(Instance(f"grass{key}", pose))
    return found


def delineate(stretches: tuple[Stretch, ...], relief: Relief, ground: Ground) -> list[Instance]:
    """White posts at both edges, closer together in bends."""
    found: list[Instance] = []
    for stretch, side in verges(stretches):
        bend = np.abs(np.gradient(stretch.heading, stretch.s)) if len(stretch.s) > 1 else np.zeros(1)
        fine = np.arange(stretch.s[0] + 10.0, stretch.s[-1] - 2.0, 0.5 * DELINEATOR_SPACING_M)
        curved = np.interp(fine, stretch.s, bend) > 1e-3
        s = fine[curved | (np.arange(len(fine)) % 2 == 0)]
        s = s[clear_of_underpasses(stretch, s)]
        xy = _beside(stretch, side, s, DELINEATOR_EDGE_M)
        clear = relief.distance(xy) > 0.5 * DELINEATOR_EDGE_M
        points = on_ground(ground, xy[clear])
        heading = np.interp(s[clear], stretch.s, stretch.heading)
        good = np.isfinite(points[:, 2])
        found += stand(["delineator"] * int(good.sum()), points[good], heading[good], np.ones(int(good.sum())),
                       tag=POLE_TAG)
    return found


def fence_in(
    builder: MeshBuilder, stretches: tuple[Stretch, ...], wood: Woodland, relief: Relief, ground: Ground
) -> None:
    """Fences along meadows on the right, power lines on the left, both ending where the forest begins; neither along
    motorways."""
    for stretch, side in verges(stretches):
        if stretch.road.setting == "motorway":
            continue
        if side < 0:
            for run in _open_runs(stretch, side, FENCE_EDGE_M, FENCE_SPACING_M, wood, relief, -0.14):
                if len(run) >= 10:
                    fence(builder, on_ground(ground, run))
        else:
            for run in _open_runs(stretch, side, POWER_EDGE_M, POWER_SPACING_M, wood, relief, -0.05):
                if len(run) >= 2:
                    power_line(builder, on_ground(ground, run))


def plant_hedges(
    stretches: tuple[Stretch, ...], wood: Woodland, relief: Relief, ground: Ground, rng: np.random.Generator
) -> list[Instance]:
    """Rows of bushes with gaps between them along both verges, wherever there is no forest."""
    shortest, longest = (round(length / HEDGE_SPACING_M) for length in HEDGE_M)
    found: list[Instance] = []
    for stretch, side in verges(stretches):
        for run in _open_runs(stretch, side, HEDGE_EDGE_M, HEDGE_SPACING_M, wood, relief, -0.02):
            start = 0
            while start + shortest < len(run):
                row = run[start : start + int(rng.integers(shortest, longest))]
                points = on_ground(ground, row + rng.uniform(-0.15, 0.15, row.shape)) - [0.0, 0.0, 0.1]
                found += stand(["bush"] * len(row), points, any_way(len(row), rng),
                               rng.uniform(*HEDGE_SCALE, len(row)))
                start += len(row) + int(rng.integers(*HEDGE_GAP))
    return found


def _open_runs(
    stretch: Stretch, side: float, edge_m: float, spacing: float, wood: Woodland, relief: Relief, limit: float
) -> list[Array]:
    """Runs of points (N, 2) beside the road that keep their distance to all roads and lie outside the forest."""
    s = np.arange(stretch.s[0] + 1.0, stretch.s[-1], spacing)
    xy = _beside(stretch, side, s, edge_m)
    good = (wood.excess(xy) < limit) & (relief.distance(xy) > edge_m - 1.0) & clear_of_underpasses(stretch, s)
    edges = np.flatnonzero(np.diff(np.concatenate([[False], good, [False]]).astype(int)))
    return [xy[a:b] for a, b in zip(edges[::2], edges[1::2], strict=True)]


def _edge(stretch: Stretch, side: float, s: Array) -> Array:
    """World points (N, 3) of the asphalt's edge."""
    edge = stretch.strips[0].t_left if side > 0 else stretch.strips[-1].t_right
    s = np.clip(s, stretch.s[0], stretch.s[-1])
    return stretch.at(s, np.interp(s, stretch.s, edge))


def _beside(stretch: Stretch, side: float, s: Array, edge_m: float) -> Array:
    """World x, y (N, 2) at ``edge_m`` outside the asphalt's edge."""
    edge = stretch.strips[0].t_left if side > 0 else stretch.strips[-1].t_right
    return stretch.at(s, np.interp(s, stretch.s, edge) + side * edge_m)[:, :2]


