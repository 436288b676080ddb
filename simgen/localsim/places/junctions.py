"""Asphalt between the lanes that cross a junction.

Connecting roads cover only the lanes vehicles follow; between them, and between them and the kerbs, holes remain. They
are found in a raster of each junction and closed with small squares just below the lanes' own surface.
"""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from simgen.localsim.mesh import Material
from simgen.localsim.places.footprint import draw, footprint
from simgen.localsim.places.ground import Ground
from simgen.localsim.places.infill import fill_unknown
from simgen.localsim.places.opendrive.model import Link, Network
from simgen.localsim.places.roadway import Stretch
from simgen.localsim.places.shapes import MeshBuilder

Array = NDArray[np.float64]

PIXEL_M = 0.125
SQUARE_M = 0.5
BELOW_M = 0.004           # lanes lie over the infill, never level with it
MOUTH_M = 0.3             # how far an arriving road's end reaches into the raster
LARGEST_HOLE_M2 = 600.0   # larger ones are islands or whole blocks, not gaps between lanes


def fill_junctions(builder: MeshBuilder, network: Network, stretches: tuple[Stretch, ...], lanes: Ground) -> Array:
    """Close the holes of every junction; ``lanes`` is the ground of the lanes alone.

    Returns:
        The squares' corners (K, 4, 3), counter-clockwise.
    """
    squares = [_fill(builder, j, stretches, lanes) for j in network.junctions]
    return np.concatenate([np.zeros((0, 4, 3)), *squares])


def _fill(builder: MeshBuilder, junction: str, stretches: tuple[Stretch, ...], lanes: Ground) -> Array:
    connecting = tuple(x for x in stretches if x.road.junction == junction)
    covered = footprint(connecting).quads
    if not len(covered):
        return np.zeros((0, 4, 3))
    closed = np.concatenate([covered, _mouths(connecting, stretches)])
    # The lattice is tied to the world, so that the squares do not depend on the junction's bounds.
    low = np.floor((closed.min(axis=(0, 1)) - 1.0) / SQUARE_M) * SQUARE_M
    columns, rows = np.ceil((closed.max(axis=(0, 1)) + 1.0 - low) / SQUARE_M).astype(int)
    per = round(SQUARE_M / PIXEL_M)
    centre = low + 0.5 * PIXEL_M
    mask = draw(closed, centre, PIXEL_M, (rows * per, columns * per))
    holes = _holes(mask)
    open_squares: NDArray[np.bool_] = np.any(holes.reshape(rows, per, columns, per), axis=(1, 3))
    if not open_squares.any():
        return np.zeros((0, 4, 3))
    # The squares around reach under the lanes, so that no sliver thinner than a pixel stays open.
    grown = cv2.dilate(open_squares.astype(np.uint8), np.ones((3, 3), np.uint8)).astype(bool)
    chosen = grown & np.all((holes | (mask > 0)).reshape(rows, per, columns, per), axis=(1, 3)) | open_squares
    return _squares(builder, chosen, low, lanes)


def _squares(builder: MeshBuilder, chosen: NDArray[np.bool_], low: Array, lanes: Ground) -> Array:
    rows, columns = chosen.shape
    grid = np.stack(np.meshgrid(np.arange(columns + 1), np.arange(rows + 1)), axis=-1) * SQUARE_M + low
    flat = grid.reshape(-1, 2)
    height = np.where(lanes.surface(flat) == Material.ASPHALT, lanes.height(flat), np.nan)
    if not np.isfinite(height).any():
        return np.zeros((0, 4, 3))
    surface = fill_unknown(height.reshape(rows + 1, columns + 1)) - BELOW_M
    points = np.concatenate([grid, surface[..., None]], axis=-1)
    index = np.arange((rows + 1) * (columns + 1)).reshape(rows + 1, columns + 1)
    corners = np.stack([index[:-1, :-1], index[:-1, 1:], index[1:, 1:], index[1:, :-1]], axis=-1)[chosen]
    used, compact = np.unique(corners, return_inverse=True)
    compact = compact.reshape(-1, 4)
    faces = np.concatenate([compact[:, [0, 1, 2]], compact[:, [0, 2, 3]]])
    along, across = np.gradient(points, axis=1), np.gradient(points, axis=0)
    normal = np.cross(along, across).reshape(-1, 3)
    normal /= np.linalg.norm(normal, axis=1, keepdims=True)
    vertices = points.reshape(-1, 3)[used]
    builder.add(vertices, normal[used], vertices[:, :2], faces, Material.ASPHALT)
    return np.asarray(points.reshape(-1, 3)[corners])


def _holes(mask: NDArray[np.uint8]) -> NDArray[np.bool_]:
    """Pixels that the mask surrounds."""
    _, label, stats, _ = cv2.connectedComponentsWithStats(1 - mask, connectivity=4)
    h, w = mask.shape
    left, top = stats[:, cv2.CC_STAT_LEFT], stats[:, cv2.CC_STAT_TOP]
    wide, high = stats[:, cv2.CC_STAT_WIDTH], stats[:, cv2.CC_STAT_HEIGHT]
    enclosed = (left > 0) & (top > 0) & (left + wide < w) & (top + high < h)
    enclosed &= stats[:, cv2.CC_STAT_AREA] * PIXEL_M**2 < LARGEST_HOLE_M2
    enclosed[0] = False           # label 0 is the mask itself
    return np.asarray(enclosed[label])


def _mouths(connecting: tuple[Stretch, ...], stretches: tuple[Stretch, ...]) -> Array:
    """Quads (K, 4, 2): a short piece of each road that arrives at the junction."""
    links: list[Link] = []
    for stretch in connecting:
        for link in (stretch.road.predecessor, stretch.road.successor):
            if link is not None and link.kind == "road" and link not in links:
                links.append(link)
    quads = []
    for link in links:
        own = [x for x in stretches if x.road.id == link.id and x.strips]
        if not own:
            continue
        end = own[0] if link.contact == "start" else own[-1]
        s = np.array([0.0, MOUTH_M]) if link.contact == "start" else end.road.length - np.array([MOUTH_M, 0.0])
        left = end.at(s, np.interp(s, end.s, end.strips[0].t_left))[:, :2]
        right = end.at(s, np.interp(s, end.s, end.strips[-1].t_right))[:, :2]
        quads.append(np.stack([right[0], right[1], left[1], left[0]]))
    return np.array(quads).reshape(-1, 4, 2)
