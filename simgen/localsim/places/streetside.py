"""Along streets with pavements: lamps, street trees, benches, bins, and the gardens of detached houses."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from simgen.localsim.mesh import Instance, Material
from simgen.localsim.places.footprint import Raster
from simgen.localsim.places.furniture import bench, hedge, litter_bin, street_lamp
from simgen.localsim.places.ground import Ground
from simgen.localsim.places.houses import House
from simgen.localsim.places.relief import Relief
from simgen.localsim.places.roadway import Stretch, Strip
from simgen.localsim.places.scenery import any_way, on_ground, stand
from simgen.localsim.places.shapes import MeshBuilder

Array = NDArray[np.float64]

LAMP_SPACING_M = 27.0
TREE_SPACING_M = 13.5
FROM_KERB_M = 0.65
FROM_END_M = 9.0
NARROWEST_FOR_TREES_M = 2.4


def furnish_street(
    builder: MeshBuilder, stretch: Stretch, rng: np.random.Generator
) -> tuple[list[Instance], list[Array]]:
    """Lamps and trees of one stretch; returns the trees and where the lamps' lights are."""
    trees: list[Instance] = []
    lamps: list[Array] = []
    for side in (1.0, -1.0):
        strip = _pavement(stretch, side)
        if strip is None or stretch.s[-1] - stretch.s[0] < 2.0 * FROM_END_M:
            continue
        low, high = stretch.s[0] + FROM_END_M, stretch.s[-1] - FROM_END_M
        first = low + (0.0 if side > 0 else 0.5 * LAMP_SPACING_M)
        posts = np.arange(first, high, LAMP_SPACING_M)
        kerb = strip.t_right if side > 0 else strip.t_left
        lift = strip.lift_right if side > 0 else strip.lift_left
        feet = _along(stretch, posts, kerb + side * FROM_KERB_M, lift)
        for s, foot in zip(posts, feet, strict=True):
            lamps.append(street_lamp(builder, foot, -side * _across(stretch, s)))
        wide = strip.t_left - strip.t_right
        spots = np.arange(first + 0.25 * LAMP_SPACING_M, high, TREE_SPACING_M)
        spots = spots[(rng.random(len(spots)) < 0.8) & (np.interp(spots, stretch.s, wide) > NARROWEST_FOR_TREES_M)]
        if len(spots):
            feet = _along(stretch, spots + rng.uniform(-0.8, 0.8, len(spots)), kerb + side * FROM_KERB_M, lift)
            trees += stand(["linden"] * len(feet), feet - [0.0, 0.0, 0.05], any_way(len(feet), rng),
                           rng.uniform(0.72, 0.92, len(feet)))
        if wide.min() > 2.6:
            _rest(builder, stretch, side, strip, low, high, rng)
    return trees, lamps


def furnish_garden(
    builder: MeshBuilder, house: House, relief: Relief, houses: Raster, ground: Ground, rng: np.random.Generator
) -> list[Instance]:
    """A hedge along the front of a detached house and some trees and bushes around it."""
    front, back = house.along, house.back
    street = house.corner - back * (4.0 if rng.random() < 0.5 else 3.6)
    door = house.door_at
    for low, high in ((-2.0, door - 1.0), (door + 1.0, house.width + 2.0)):
        along = np.arange(low, high + 1e-6, (high - low) / max(1, round((high - low) / 0.7)))
        points = on_ground(ground, (street + along[:, None] * front)[:, :2])
        if np.all(relief.distance(points[:, :2]) > 0.35) and np.isfinite(points).all() and len(points) > 2:
            hedge(builder, points, float(rng.uniform(0.8, 1.3)), rng)
    count = int(rng.integers(3, 7))
    xy = house.corner[:2] + rng.uniform(-4.0, house.width + 4.0, (count, 1)) * front[:2]
    xy = xy + rng.uniform(-3.0, house.depth + 9.0, (count, 1)) * back[:2]
    xy = xy[(relief.distance(xy) > 1.8) & (houses.at(xy) > 1.6)]
    kinds = ["bush", "bush", "linden", "birch", "young_spruce"]
    roomy = houses.at(xy) > 3.5
    keys = [kinds[k] if room else "bush" for k, room in zip(rng.integers(0, 5, len(xy)), roomy, strict=True)]
    points = on_ground(ground, xy) - [0.0, 0.0, 0.08]
    return stand(keys, points, any_way(len(xy), rng), rng.uniform(0.5, 0.9, len(xy)))


def _rest(
    builder: MeshBuilder, stretch: Stretch, side: float, strip: Strip, low: float, high: float, rng: np.random.Generator
) -> None:
    """Now and then a bench with a bin, back to the houses."""
    for s in np.arange(low + 4.0, high, 41.0):
        if rng.random() > 0.6:
            continue
        outer = strip.t_left if side > 0 else strip.t_right
        lift = strip.lift_left if side > 0 else strip.lift_right
        spot = np.array([s + rng.uniform(-3.0, 3.0)])
        facing = -side * _across(stretch, float(spot[0]))
        bench(builder, _along(stretch, spot, outer - side * 0.5, lift)[0], facing)
        litter_bin(builder, _along(stretch, spot + 1.6, outer - side * 0.45, lift)[0])


def _pavement(stretch: Stretch, side: float) -> Strip | None:
    """The outermost pavement on a side of a road that is no junction path."""
    if stretch.in_junction or not stretch.strips:
        return None
    strip = stretch.strips[0] if side > 0 else stretch.strips[-1]
    return strip if strip.material == Material.SIDEWALK else None


def _along(stretch: Stretch, s: Array, t: Array, lift: Array) -> Array:
    return stretch.at(s, np.interp(s, stretch.s, t), np.interp(s, stretch.s, lift))


def _across(stretch: Stretch, s: float) -> Array:
    """The horizontal unit vector to the left at station ``s``."""
    heading = float(np.interp(s, stretch.s, stretch.heading))
    return np.array([-np.sin(heading), np.cos(heading), 0.0])
