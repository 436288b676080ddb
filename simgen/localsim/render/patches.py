"""Rectangles of a camera's pixel grid, inside the picture and beyond it, and what part of them an object covers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from simgen.localsim.render.camera import Pinhole, pinhole_data
from simgen.localsim.render.device import Device
from simgen.localsim.render.kernels import silhouettes
from simgen.localsim.render.raycast import Hits
from simgen.localsim.render.tracing import Caster
from simgen.localsim.render.warp_runtime import wp
from simgen.localsim.window import Rect


@dataclass(frozen=True, eq=False, slots=True)
class Loner:
    """An object as if it stood alone.

    number:   its own among the objects of a camera.
    alone:    its instances, from ``Scene.alone``.
    reach_m:  no part of it lies deeper before the camera.
    """

    number: int
    alone: Any
    reach_m: float


@dataclass(frozen=True, slots=True)
class Patch:
    """Where to look for one object.

    step:  1 looks at each pixel, n at the middle of each cell of n x n pixels.
    seen:  inside the picture: what the camera sees there tells what is hidden.
    """

    loner: Loner
    rect: Rect
    step: int = 1
    seen: bool = False


@dataclass(frozen=True, eq=False, slots=True)
class Cover:
    """What was found in a patch.

    covered_px:  pixels that the object covers; of cells, their area.
    visible_px:  those of them that show it.
    edges:       the outermost covered samples (left, top, right, bottom), px; None if nothing is covered.
    """

    covered_px: int
    visible_px: int
    edges: tuple[float, float, float, float] | None


class Tracer:
    """Looks for objects in patches of one camera's grid."""

    def __init__(self, camera: Pinhole, hits: Hits, owner_of: NDArray[np.int32], caster: Caster,
                 device: Device) -> None:
        """hits: of the camera's own rays. owner_of: (instances,) ``Loner.number`` of each instance, else -1."""
        self._camera, self._hits, self._caster, self._device = pinhole_data(camera), hits, caster, device
        self._owner_of = device.upload(owner_of, wp.int32)

    def look(self, patches: Sequence[Patch]) -> list[Cover]:
        """What each patch's object covers in it."""
        if not patches:
            return []
        grids = [(-(-p.rect.width // p.step), -(-p.rect.height // p.step)) for p in patches]
        lanes = self._caster.lanes
        tiles = [(-(-columns // 4), -(-rows // (lanes // 4))) for columns, rows in grids]
        counts = np.array([across * down for across, down in tiles])
        ends = np.cumsum(counts)
        packets = int(ends[-1])
        rows_ = {
            "patch_of": np.repeat(np.arange(len(patches)), counts), "first_packet": ends - counts,
            "owner": [p.loner.number for p in patches], "left": [p.rect.left for p in patches],
            "top": [p.rect.top for p in patches], "width": [p.rect.width for p in patches],
            "height": [p.rect.height for p in patches], "step": [p.step for p in patches],
            "seen": [p.seen for p in patches],
        }
        data, upload = silhouettes.Patches(), self._device.upload
        for name, values in rows_.items():
            setattr(data, name, upload(np.asarray(values, dtype=np.int32), wp.int32))
        data.reach_m = upload(np.array([p.loner.reach_m for p in patches], dtype=np.float32), float)
        state = self._device.download(self._caster.cover(
            self._camera, data, [p.loner.alone for p in patches], packets, self._hits, self._owner_of))
        return [
            _cover(patch, _grid(state[lanes * (end - count):lanes * end], tile, grid))
            for patch, grid, tile, count, end in zip(patches, grids, tiles, counts, ends, strict=True)
        ]


def _grid(states: NDArray[np.uint8], tiles: tuple[int, int], size: tuple[int, int]) -> NDArray[np.uint8]:
    """States in packets 4 wide → (rows, columns)."""
    across, down = tiles
    columns, rows = size
    grid: NDArray[np.uint8] = states.reshape(down, across, -1, 4).swapaxes(1, 2).reshape(-1, 4 * across)
    return grid[:rows, :columns]


def _cover(patch: Patch, states: NDArray[np.uint8]) -> Cover:
    covered = states != int(silhouettes.BARE)
    rows, columns = np.flatnonzero(covered.any(axis=1)), np.flatnonzero(covered.any(axis=0))
    if rows.size == 0:
        return Cover(0, 0, None)
    across, left, right = _cells(patch.rect.left, patch.rect.right, patch.step, columns)
    down, top, bottom = _cells(patch.rect.top, patch.rect.bottom, patch.step, rows)
    area = int(np.count_nonzero(covered)) if patch.step == 1 else int(down @ covered @ across)
    visible = int(np.count_nonzero(states == int(silhouettes.VISIBLE))) if patch.seen else 0
    return Cover(area, visible, (left, top, right, bottom))


def _cells(first: int, end: int, step: int, found: NDArray[Any]) -> tuple[NDArray[np.int64], float, float]:
    """Sizes of all cells along one side, and the middles of the first and last ones of ``found``."""
    begins = np.arange(first, end, step)
    sizes = np.minimum(begins + step, end) - begins
    middle = begins + 0.5 * (sizes - 1)
    return sizes, float(middle[found[0]]), float(middle[found[-1]])
