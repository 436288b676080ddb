"""What weather makes of the surfaces that a sweep has met: wet, icy, under snow.

Roads and pavements hold a film of water (``ground``); what else gets wet only darkens. Ice and trodden snow lie on
roads, fresh snow on all open ground, on what faces the sky of objects, and on leaves. With the pose of the sensor all
of it lies in patches (``sensors.patches``): puddles are where no snow is blown together, and stay where they are.
Wheels lay the road bare first, along the way the sensor looks and in the lanes beside it, as in pictures.

Uncertain are all numbers here except the optics of asphalt's film: nobody has published how much darker a wet coat is
at 905 nm.
"""

from __future__ import annotations

import dataclasses
from functools import lru_cache
from typing import NamedTuple, TypeAlias

import numpy as np
from numpy.typing import NDArray

from sensors.compiled import compiled
from sensors.conditions import Conditions
from sensors.lidar.ground import TEXTURE_MM, mirrored, under_water
from sensors.lidar.surfaces import SURFACES, oren_nayar
from sensors.patches import CELL_M, CELLS, EDGE, border, landscape, numbers
from sensors.rigid import RigidTransform
from sensors.sweeps import CleanSweep

Floats: TypeAlias = "NDArray[np.float32]"

FRESH_SNOW, TRODDEN_SNOW, CLEAR_ICE = 0.85, 0.6, 0.05       # diffuse reflectivities at 905 nm
COVERS_FROM_M = 0.03            # depth of snow from which no ground looks through
SNOW_ROUGHNESS_RAD = 0.2
_ICE_INDEX = 1.31
_SNOW_ON_LEAVES = 0.4           # share of a crown that holds it
_LEVEL = 0.02                   # a surface is level if its incidence is a level one's, to this in the cosine
_FILM_SPREAD = 0.6              # σ of the logarithm of the film's height from place to place
_LANE_M, _WHEELS_M = 3.5, 0.76          # width of a lane; from its middle to a wheel's track
_TRACK_M, _TRACK_EDGE_M = 0.42, 0.30    # half of what a track spans, and of this what its border does
_BEADS_MM = 0.3                 # how far glass beads stand out of lane paint

_ROADS = (1, 24, 26)            # where snow is trodden and ice lies: roads, lane paint, bridges
_PAVEMENTS = (2,)               # these and roads hold a film of water
_SOILS = (10, 25, 27, 29)       # terrain, ground, rail tracks, rock
_ROOFED = (3, 4, 5, 14, 15, 16, 17, 20, 22)     # what may have level faces above the ground
_CROWNS = (9,)
# What is left of the reflectance of soaked surfaces: pores full of water; cars bead it off. Of paved ground these are
# the grains that stand out of the film.
_SOAKED = {1: 0.6, 2: 0.6, 24: 0.7, 26: 0.6, 10: 0.75, 25: 0.6, 27: 0.7, 29: 0.7, 3: 0.9, 4: 0.85, 5: 0.9, 9: 0.85,
           12: 0.8, 13: 0.8, 14: 0.9, 15: 0.9, 16: 0.9, 17: 0.9, 18: 0.9, 19: 0.9, 20: 0.85, 21: 0.85, 22: 0.85}


_OTHER, _ROAD, _PAVEMENT, _SOIL, _ROOF, _CROWN = range(6)
_KIND = np.zeros(256, dtype=np.int8)
for _kind, _tags in ((_ROAD, _ROADS), (_PAVEMENT, _PAVEMENTS), (_SOIL, _SOILS), (_ROOF, _ROOFED), (_CROWN, _CROWNS)):
    _KIND[list(_tags)] = _kind
_SOAKED_SHARE = np.array([_SOAKED.get(tag, 1.0) for tag in range(256)], dtype=np.float32)
_CURVE_STEPS = 1024
_ICE_CURVE, _SNOW_CURVE = 254, 255      # rows of tags that do not exist


def in_weather(
    clean: CleanSweep,
    reflectance: NDArray[np.float32],
    conditions: Conditions,
    world_from_lidar: RigidTransform | None = None,
) -> NDArray[np.float32]:
    """What water, ice and lying snow make of the reflectance of a sweep's surfaces.

    Args:
        clean: its axes have z upwards, by which level faces of objects are told.
        reflectance: (N,) ρ·f(θ) of the dry surfaces; lane paint's with ``bead_share`` of its beads' gain.
        world_from_lidar: where the sweep was taken; None: water, ice and snow lie evenly.

    Returns:
        (N,) float32; ``reflectance`` itself if nothing is wet, icy or under snow.
    """
    if not (conditions.wetness or conditions.water_film_mm or conditions.ice or conditions.road_snow
            or conditions.snow_depth_m):
        return reflectance
    lying = _Lying.of(conditions)
    soaked = 1 - np.float32(conditions.wetness) * (1 - _SOAKED_SHARE)
    return np.asarray(_changed(
        reflectance, clean.direction, clean.range_m, clean.cos_incidence, clean.tag, _KIND, soaked, _curves(), lying,
        numbers(), _upper_rows(world_from_lidar), world_from_lidar is not None,
    ))


def closed_film(
    points_m: NDArray[np.floating], conditions: Conditions, world_from_lidar: RigidTransform | None = None
) -> NDArray[np.float32]:
    """(N,) share of paved ground at these places that is a closed film of water, and so a mirror.

    Args:
        points_m: (N, 3) in LiDAR axes.
    """
    film = np.full(len(points_m), conditions.water_film_mm / TEXTURE_MM)
    if world_from_lidar is not None:
        world = world_from_lidar.apply(points_m)
        film *= np.exp(-_FILM_SPREAD * landscape(world[:, 0], world[:, 1]) - _FILM_SPREAD**2 / 2)
    return np.asarray(np.minimum(film, 1), dtype=np.float32)


def is_lying(tag: NDArray[np.uint8]) -> NDArray[np.bool_]:
    """(N,) is it ground that water, ice or snow can lie on?"""
    return np.asarray((_KIND[tag] >= _ROAD) & (_KIND[tag] <= _SOIL))


def is_paved(tag: NDArray[np.uint8]) -> NDArray[np.bool_]:
    """(N,) does it hold a film of water?"""
    return np.asarray((_KIND[tag] >= _ROAD) & (_KIND[tag] <= _PAVEMENT))


def bead_share(conditions: Conditions) -> float:
    """How much of the retroreflection of lane paint's glass beads is left: water fills the gaps between them, in
    which light would have to be bent, and snow covers them."""
    filled = min(1.0, max(conditions.wetness, conditions.water_film_mm / _BEADS_MM))
    return (1 - filled) * (1 - conditions.road_snow)


def raised_by_snow(clean: CleanSweep, depth_m: float) -> CleanSweep:
    """A sweep of ground on which snow lies that the simulator did not put there, as CARLA does not.

    Beams meet the snow's surface before the ground's: depth/cosθ before it, on a plane; but not more than half the
    range, as no ground is plane for ever. Objects keep their ranges.
    """
    if depth_m == 0:
        return clean
    ground = is_lying(clean.tag) & (_KIND[clean.tag] != _ROAD) & clean.is_hit
    with np.errstate(divide="ignore"):
        nearer_m = np.minimum(np.float32(depth_m) / clean.cos_incidence, clean.range_m / 2)
    return dataclasses.replace(clean, range_m=np.where(ground, clean.range_m - nearer_m, clean.range_m))


class _Lying(NamedTuple):
    """How much water, ice and snow there is: film, its height over the texture's; the others' shares of what is below
    each; and below which number of the landscape that share of it lies."""

    film: float
    ice: float
    snow: float
    track_snow: float
    lane_snow: float
    ice_below: float
    snow_below: float
    track_snow_below: float
    lane_snow_below: float

    @classmethod
    def of(cls, conditions: Conditions) -> _Lying:
        """In wheels' tracks there is less snow than on all of the road, between them more, on average that."""
        ice, road, snow = float(conditions.ice), float(conditions.road_snow), _cover(conditions)
        track = road * (1 - 0.75 * min(1.0, 2.5 * (1 - road) + 0.1))
        lane = road + 0.5 * road * (1 - road)
        return cls(conditions.water_film_mm / TEXTURE_MM, ice, snow, track, lane,
                   *(_finite(border(share)) for share in (ice, snow, track, lane)))


def _finite(number: float) -> float:
    """Of a border that lies outside all of the landscape, one that just does."""
    return min(max(number, -9.0), 9.0)


@compiled
def _changed(
    reflectance: Floats,
    direction: Floats,
    range_m: Floats,
    cos_incidence: Floats,
    tags: NDArray[np.uint8],
    kinds: NDArray[np.int8],
    soaked: Floats,
    curves: Floats,
    lying: _Lying,
    landscape: Floats,
    world: NDArray[np.float64],
    in_patches: bool,
) -> Floats:
    out = np.zeros(len(reflectance), dtype=np.float32)
    for i in range(len(out)):
        tag = tags[i]
        kind, cosine = kinds[tag], cos_incidence[i]
        damp = reflectance[i] * soaked[tag]
        out[i] = damp
        if kind == _OTHER or range_m[i] == np.inf:
            continue
        at = cosine * np.float32(_CURVE_STEPS)
        node = min(int(at), _CURVE_STEPS - 1)
        beyond = at - np.float32(node)
        if kind in (_CROWN, _ROOF):
            downwards = -direction[i, 2]
            share = _SNOW_ON_LEAVES * lying.snow
            if kind == _ROOF:
                share = lying.snow if downwards > 0 and abs(cosine - downwards) < _LEVEL else 0.0
            white = FRESH_SNOW * _curve(curves, _SNOW_CURVE, node, beyond)
            out[i] = damp + share * (white - damp)
            continue

        film, ice, snow, snow_below = lying.film, lying.ice, lying.snow, lying.snow_below
        if kind == _ROAD and lying.lane_snow > 0:
            left_m = range_m[i] * direction[i, 1]
            wheel_m = abs(abs(left_m - _LANE_M * np.floor(left_m / _LANE_M + 0.5)) - _WHEELS_M)
            bare = min(max((_TRACK_M - wheel_m) / _TRACK_EDGE_M, 0.0), 1.0)
            snow = lying.lane_snow + bare * (lying.track_snow - lying.lane_snow)
            snow_below = lying.lane_snow_below + bare * (lying.track_snow_below - lying.lane_snow_below)
        elif kind == _ROAD:
            snow, snow_below = 0.0, -9.0
        if in_patches:
            x = range_m[i] * (world[0, 0] * direction[i, 0] + world[0, 1] * direction[i, 1]
                              + world[0, 2] * direction[i, 2]) + world[0, 3]
            y = range_m[i] * (world[1, 0] * direction[i, 0] + world[1, 1] * direction[i, 1]
                              + world[1, 2] * direction[i, 2]) + world[1, 3]
            number = landscape[int(np.floor(y / CELL_M)) & (CELLS - 1), int(np.floor(x / CELL_M)) & (CELLS - 1)]
            ice = min(max((lying.ice_below - number) / EDGE + 0.5, 0.0), 1.0)
            # Snow is blown together where no water stands.
            snow = min(max((snow_below + number) / EDGE + 0.5, 0.0), 1.0)
            if film > 0 and kind != _SOIL:
                film *= np.exp(-_FILM_SPREAD * number - _FILM_SPREAD**2 / 2)
        value = damp
        if film > 0 and kind != _SOIL:
            # Grains that stand out of the film are damp; what lies under it is not besides.
            value += min(film, 1.0) * (reflectance[i] * _curve(curves, tag, node, beyond) - value)
        if ice > 0 and kind == _ROAD:
            value += ice * (CLEAR_ICE * _curve(curves, _ICE_CURVE, node, beyond) - value)
        if snow > 0:
            white = TRODDEN_SNOW if kind == _ROAD else FRESH_SNOW
            value += snow * (white * _curve(curves, _SNOW_CURVE, node, beyond) - value)
        out[i] = value
    return out


@compiled
def _curve(curves: Floats, row: int, node: int, beyond: np.float32) -> np.float32:
    value: np.float32 = curves[row, node] + beyond * (curves[row, node + 1] - curves[row, node])
    return value


@lru_cache(maxsize=1)
def _curves() -> Floats:
    """(256, steps + 1) by the cosine of incidence: under water, ρ_wet/ρ_dry of each paved tag; f(θ) of ice and snow."""
    cosine = np.linspace(0, 1, _CURVE_STEPS + 1)
    curves = np.zeros((256, len(cosine)), dtype=np.float32)
    for tag in (*_ROADS, *_PAVEMENTS):
        albedo, roughness_rad = SURFACES[tag]
        curves[tag] = under_water(cosine, albedo, oren_nayar(roughness_rad))
    curves[_ICE_CURVE] = cosine * (1 - mirrored(cosine, _ICE_INDEX)) ** 2
    cosine_share, grazing_share = oren_nayar(SNOW_ROUGHNESS_RAD)
    curves[_SNOW_CURVE] = cosine_share * cosine + grazing_share * (1 - cosine**2)
    return curves


def _cover(conditions: Conditions) -> float:
    """Share of open ground that is under snow."""
    return min(float(conditions.snow_depth_m) / COVERS_FROM_M, 1.0)


def _upper_rows(world_from_lidar: RigidTransform | None) -> NDArray[np.float64]:
    """(2, 4): what gives x and y in the world."""
    return np.zeros((2, 4)) if world_from_lidar is None else np.ascontiguousarray(world_from_lidar.matrix()[:2])
