"""Which objects a camera may see, and in which rectangle of its pixel grid each of them lies."""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from simgen.localsim.mesh import Mesh
from simgen.localsim.render.camera import Pinhole
from simgen.localsim.render.kernels.pinhole import NEAR_M
from simgen.localsim.render.scene import Scene
from simgen.localsim.window import Rect

Array = NDArray[np.float64]
Key = tuple[bool, int]          # (of the level?, its number)

_NEAR_M = float(NEAR_M)
_SPARE_PX, _SPARE_M = 1, 0.01   # rounding of 32-bit rays moves no edge by more
_SMALL_PX = 4000                # so small a box is looked through faster than its mesh is projected


@dataclass(frozen=True, slots=True)
class Outline:
    """Where the triangles of an object lie before a camera.

    rect:     pixels that they may cover, of the picture and beyond it.
    reach_m:  the greatest depth among them.
    is_cut:   a part lies behind the camera or beyond the margin; ``rect`` holds the rest.
    """

    rect: Rect
    reach_m: float
    is_cut: bool


def outlines(scene: Scene, camera: Pinhole, window: Rect, margin_px: int,
             carrier: int) -> Iterator[tuple[Key, list[int], Outline]]:
    """(key, numbers of its instances, outline) of each actor and level object that may cover a pixel of the window,
    by key. carrier: an actor that is left out. Beyond ``margin_px`` outside the window outlines are cut."""
    numbers = [k for k, one in enumerate(scene.instances) if one.level_id or one.actor_id not in (0, carrier)]
    if not numbers:
        return
    camera_from_mesh = np.linalg.inv(camera.world_from_camera) @ np.array(
        [scene.instances[k].world_from_mesh for k in numbers])
    corners = _corners(scene, numbers, camera_from_mesh)
    may_reach = _may_reach(corners, camera, window)
    objects: dict[Key, list[int]] = {}
    for row, k in enumerate(numbers):
        one = scene.instances[k]
        objects.setdefault((False, one.actor_id) if one.actor_id else (True, one.level_id), []).append(row)
    for key, rows in sorted(objects.items()):
        if not may_reach[rows].any():
            continue
        members = [numbers[row] for row in rows]
        seen = [_projected(scene.mesh(scene.instances[k].mesh), camera_from_mesh[row], corners[row], camera)
                for row, k in zip(rows, members, strict=True)]
        parts = [part for part in seen if part is not None]
        if not parts:
            continue
        whole = Rect(min(p.rect.left for p in parts), min(p.rect.top for p in parts),
                     max(p.rect.right for p in parts), max(p.rect.bottom for p in parts))
        kept = whole.within(window.grown(margin_px))
        if kept.within(window).area:
            cut = kept != whole or len(parts) < len(seen) or any(p.is_cut for p in parts)
            yield key, members, Outline(kept, max(p.reach_m for p in parts), cut)


def _corners(scene: Scene, numbers: list[int], camera_from_mesh: Array) -> Array:
    """(N, 8, 3) corners of the instances' boxes, camera axes."""
    bounds = np.array([scene.bounds_m(scene.instances[k].mesh) for k in numbers], dtype=np.float64)
    corners = np.stack([bounds[:, pick, range(3)] for pick in itertools.product((0, 1), repeat=3)], axis=1)
    moved: Array = corners @ camera_from_mesh[:, :3, :3].swapaxes(1, 2) + camera_from_mesh[:, None, :3, 3]
    return moved


def _may_reach(corners: Array, camera: Pinhole, window: Rect) -> NDArray[np.bool_]:
    """(N,) False for boxes that lie beyond one of the planes between which the window looks."""
    depth, left, up = np.moveaxis(corners, -1, 0)
    (centre_u, centre_v), f = camera.centre_px, camera.focal_px
    beyond = (
        depth - _NEAR_M,
        f * -left - depth * (window.left - 1 - centre_u), depth * (window.right + 1 - centre_u) + f * left,
        f * -up - depth * (window.top - 1 - centre_v), depth * (window.bottom + 1 - centre_v) + f * up,
    )
    outside: NDArray[np.bool_] = np.any([(side < 0.0).all(axis=1) for side in beyond], axis=0)
    return ~outside


def _projected(mesh: Mesh, camera_from_mesh: Array, corners: Array, camera: Pinhole) -> Outline | None:
    """Where one mesh lies, of which ``corners`` (8, 3) are the box's; None if all of it is behind the camera."""
    if (corners[:, 0] > _NEAR_M).all():
        rect = _rect(corners, camera)
        if rect.area <= _SMALL_PX:
            return Outline(rect, float(corners[:, 0].max()) + _SPARE_M, False)
    turn, shift = camera_from_mesh[:3, :3].astype(np.float32), camera_from_mesh[:3, 3].astype(np.float32)
    points = mesh.positions @ turn.T + shift
    before = points[:, 0] > _NEAR_M
    if not before.any():
        return None
    is_cut = not before.all()
    if is_cut:
        points = np.concatenate([points[before], _crossings(points, before, mesh.triangles)])
    return Outline(_rect(points, camera), float(points[:, 0].max()) + _SPARE_M, is_cut)


def _rect(points: NDArray[Any], camera: Pinhole) -> Rect:
    """The pixels between which points (N, 3) in camera axes lie, all before the camera."""
    (centre_u, centre_v), f = camera.centre_px, camera.focal_px
    u = centre_u - f * (points[:, 1] / points[:, 0])
    v = centre_v - f * (points[:, 2] / points[:, 0])
    return Rect(math.floor(u.min()) - _SPARE_PX, math.floor(v.min()) - _SPARE_PX,
                math.ceil(u.max()) + 1 + _SPARE_PX, math.ceil(v.max()) + 1 + _SPARE_PX)


def _crossings(points: NDArray[np.float32], before: NDArray[np.bool_], triangles: NDArray[np.int32]) -> Array:
    """Where edges of triangles pass the nearest depth at which rays begin; (N, 3)."""
    edges = np.concatenate([triangles[:, [0, 1]], triangles[:, [1, 2]], triangles[:, [2, 0]]])
    edges = edges[before[edges[:, 0]] != before[edges[:, 1]]]
    a, b = points[edges[:, 0]].astype(np.float64), points[edges[:, 1]].astype(np.float64)
    share = (_NEAR_M - a[:, 0]) / (b[:, 0] - a[:, 0])
    met: Array = a + share[:, None] * (b - a)
    met[:, 0] = _NEAR_M
    return met
