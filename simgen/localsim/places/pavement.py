"""The surfaces of roads: asphalt, pavements with kerbs, grass between carriageways, and skirts below their edges."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from simgen.localsim.mesh import Material
from simgen.localsim.places.ground import Ground
from simgen.localsim.places.roadway import DRIVING, Stretch, Strip
from simgen.localsim.places.shapes import MeshBuilder

Array = NDArray[np.float64]

KERB_STEP_M = 0.03        # smaller differences in height are no kerb
KERB_TOP_M = 0.14         # width of the kerb stone's top
KERB_BATTER_M = 0.02      # how far its face leans back
# A lane's kind, to the renderer: bits.
URBAN, STANDING, KERB_LEFT, KERB_RIGHT = 1, 2, 4, 8
SKIRT_M = 0.5             # how deep a road's edge reaches into the ground


def carriageways(stretches: tuple[Stretch, ...]) -> Ground:
    """The asphalt of all lanes, without anything else: it tells which side of a pavement is the street."""
    builder = MeshBuilder()
    for stretch in stretches:
        for strip in stretch.strips:
            if strip.material == Material.ASPHALT:
                _surface(builder, stretch, strip)
    return Ground(builder.mesh())


def pave(builder: MeshBuilder, stretch: Stretch, asphalt: Ground) -> None:
    """Add the surfaces of one stretch; ``asphalt`` is that of ``carriageways``.

    uv on roads: u metres along, v metres across from the line between left and right lanes (left is positive),
    parameter: what ``lane_code`` makes of the lane. In junctions, where connecting roads lie on top of each other, uv
    are world x, y and the parameter is 0, so that coinciding surfaces look the same.
    """
    strips = list(stretch.strips)
    if stretch.in_junction:
        strips = [x for x in strips if x.material != Material.GRASS]
    for k in range(len(strips) - 1):
        if np.max(np.abs(strips[k].t_right - strips[k + 1].t_left)) < 1e-6:
            strips[k], strips[k + 1] = _kerb(builder, stretch, strips[k], strips[k + 1])
    if stretch.in_junction:
        strips = [_free_kerbs(builder, stretch, x, asphalt) if x.material == Material.SIDEWALK else x for x in strips]
    kinds = _kinds(stretch)
    for strip in strips:
        _surface(builder, stretch, strip, kinds.get(strip.lane.id, 0))
    for strip in stretch.strips:
        if not (stretch.in_junction and strip.material == Material.GRASS):
            _ends(builder, stretch, strip)
    _skirts(builder, stretch)


def lane_code(width_m: float, right_edge_m: float, kind: int) -> float:
    """A lane as one number, which the renderer's patterns read (``render/kernels/ground.py`` says what for).

    right_edge_m:  v of its right edge; only the part that is no whole number of widths counts.
    kind:          the bits URBAN, STANDING, KERB_LEFT, KERB_RIGHT.
    """
    width = min(max(round(width_m, 2), 0.1), 15.99)
    return width + 16.0 * (round(64.0 * (right_edge_m / width)) % 64) + 1024.0 * kind


def _kinds(stretch: Stretch) -> dict[int, int]:
    """The kind of each lane by its id."""
    strips = stretch.strips
    urban = any(x.material == Material.SIDEWALK for x in strips)
    kinds = {x.lane.id: URBAN * urban + STANDING * (x.lane.kind not in DRIVING) for x in strips}
    for left, right in pairwise(strips):
        if np.max(np.abs(left.t_right - right.t_left)) < 1e-6:
            kinds[right.lane.id] += KERB_LEFT * (left.material == Material.SIDEWALK)
            kinds[left.lane.id] += KERB_RIGHT * (right.material == Material.SIDEWALK)
    return kinds


def _surface(builder: MeshBuilder, stretch: Stretch, strip: Strip, kind: int = 0) -> None:
    wide = strip.t_left - strip.t_right
    columns = max(2, int(np.ceil(np.max(wide) / 4.0)) + 1)
    share = np.linspace(0.0, 1.0, columns)[None, :]
    t = strip.t_right[:, None] * (1.0 - share) + strip.t_left[:, None] * share
    lift = strip.lift_right[:, None] * (1.0 - share) + strip.lift_left[:, None] * share
    points = stretch.origin[:, None] + t[..., None] * stretch.across[:, None]
    points[..., 2] += lift
    parameter = 0.0
    if stretch.in_junction:
        uv = points[..., :2]
    else:
        s = np.broadcast_to(stretch.s[:, None], t.shape)
        uv = np.stack([s, t - stretch.offset[:, None]], axis=-1)
        if strip.material in (Material.ASPHALT, Material.SIDEWALK):
            parameter = lane_code(float(np.mean(wide)), float(np.mean(strip.t_right - stretch.offset)), kind)
    builder.grid(points, uv, strip.material, parameter, upward=True)


def _kerb(builder: MeshBuilder, stretch: Stretch, left: Strip, right: Strip) -> tuple[Strip, Strip]:
    """A kerb stone where two neighbours differ in height; returns the neighbours, the higher one made narrower."""
    rise = left.lift_right - right.lift_left
    if np.max(np.abs(rise)) < KERB_STEP_M:
        return left, right
    t = left.t_right
    if np.mean(rise) > 0.0:
        room = _room(left)
        _stone(builder, stretch, t, t + room, right.lift_left, left.lift_right, 1.0)
        return replace(left, t_right=t + room), right
    room = _room(right)
    _stone(builder, stretch, t, t - room, left.lift_right, right.lift_left, -1.0)
    return left, replace(right, t_left=t - room)


def _free_kerbs(builder: MeshBuilder, stretch: Stretch, strip: Strip, asphalt: Ground) -> Strip:
    """Kerbs down to the road's surface on the street side of a pavement that runs through a junction by itself."""
    neighbours_left = any(np.allclose(x.t_right, strip.t_left) for x in stretch.strips)
    neighbours_right = any(np.allclose(x.t_left, strip.t_right) for x in stretch.strips)
    neighbours_left |= not _faces_street(stretch, strip.t_left, 1.0, asphalt)
    neighbours_right |= not _faces_street(stretch, strip.t_right, -1.0, asphalt)
    room = _room(strip)
    low = np.minimum(strip.lift_left, strip.lift_right) - 0.15
    if not neighbours_left:
        _stone(builder, stretch, strip.t_left, strip.t_left - room, low, strip.lift_left, -1.0)
        strip = replace(strip, t_left=strip.t_left - room)
    if not neighbours_right:
        _stone(builder, stretch, strip.t_right, strip.t_right + room, low, strip.lift_right, 1.0)
        strip = replace(strip, t_right=strip.t_right + room)
    return strip


def _faces_street(stretch: Stretch, t: Array, side: float, asphalt: Ground) -> bool:
    """Is there a carriageway beyond this edge, along most of it?"""
    found = np.zeros(len(t), bool)
    for away in (0.5, 1.5, 3.0, 5.0, 8.0):
        found |= asphalt.surface(stretch.points(t + side * away)[:, :2]) >= 0
    return bool(np.mean(found) > 0.5)


def _room(strip: Strip) -> Array:
    """Width of the kerb's top: all of a narrow strip."""
    return np.asarray(np.clip(strip.t_left - strip.t_right - 0.05, 0.0, KERB_TOP_M))


def _stone(
    builder: MeshBuilder, stretch: Stretch, t_face: Array, t_back: Array, low: Array, high: Array, side: float
) -> None:
    """Face and top of a kerb from t_face (at ``low``) to t_back (at ``high``); ``side`` +1: to the left."""
    t_top = t_face + side * np.minimum(KERB_BATTER_M, np.abs(t_back - t_face))
    foot, top, back = stretch.points(t_face, low - 0.02), stretch.points(t_top, high), stretch.points(t_back, high)
    order = slice(None) if side > 0 else slice(None, None, -1)
    face_uv = np.stack(np.broadcast_arrays(stretch.s[:, None], np.array([[0.0, 0.13]])), axis=-1)
    top_uv = np.stack(np.broadcast_arrays(stretch.s[:, None], np.array([[0.13, 0.13 + KERB_TOP_M]])), axis=-1)
    builder.grid(np.stack([foot, top], axis=1)[:, order], face_uv[:, order], Material.CURB)
    builder.grid(np.stack([top, back], axis=1)[:, order], top_uv[:, order], Material.CURB, upward=True)


def _skirts(builder: MeshBuilder, stretch: Stretch) -> None:
    """Walls below the outer edges, so that no gap can open between road and terrain."""
    for group in _groups(stretch):
        left, right = group[0], group[-1]
        for t, lift, order, material in (
            (left.t_left, left.lift_left, slice(None), left.material),
            (right.t_right, right.lift_right, slice(None, None, -1), right.material),
        ):
            top = stretch.points(t, lift)
            wall = np.stack([top, top - [0.0, 0.0, SKIRT_M]], axis=1)[:, order]
            uv = np.stack(np.broadcast_arrays(stretch.s[:, None], np.array([[0.0, SKIRT_M]])), axis=-1)
            builder.grid(wall, uv, Material.CURB if material == Material.SIDEWALK else material)


def _groups(stretch: Stretch) -> list[list[Strip]]:
    """Strips that touch each other, from left to right."""
    groups: list[list[Strip]] = []
    for strip in stretch.strips:
        if groups and np.max(np.abs(groups[-1][-1].t_right - strip.t_left)) < 1e-6:
            groups[-1].append(strip)
        else:
            groups.append([strip])
    return groups


def _ends(builder: MeshBuilder, stretch: Stretch, strip: Strip) -> None:
    """A wall across each end of a strip; where the road goes on it lies inside the ground."""
    for end, sign in ((0, -1), (-1, 1)):
        left = stretch.points(strip.t_left, strip.lift_left)[end]
        right = stretch.points(strip.t_right, strip.lift_right)[end]
        down = np.array([0.0, 0.0, SKIRT_M])
        corners = [right - down, left - down, left, right]
        material = Material.CURB if strip.material == Material.SIDEWALK else strip.material
        builder.quads([corners if sign > 0 else corners[::-1]], material)
