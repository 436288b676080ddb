"""Points as small squares on a picture: near ones over far ones, with dark rims where the depth leaps.

The rims are eye-dome lighting (C. Boucheny, "Visualisation scientifique de grands volumes de données", thesis,
Grenoble 2009): points have no normals to be lit by, but a neighbour that is nearer casts a shade.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

RIM_PX = 2
RIM_STRENGTH = 2.2
RIM_MOST = 1.2


def splat(
    image: NDArray[np.uint8],
    uv: NDArray[np.floating],
    depth: NDArray[np.floating],
    colors: NDArray[np.uint8],
    size_px: NDArray[np.integer],
) -> None:
    """Draw points into an (H, W, 3) picture.

    uv: (N, 2) pixels, of which any may lie outside; depth: (N,) > 0, larger is farther; colors: (N, 3).
    size_px: (N,) edge of each point's square, at least 1.
    """
    height, width = image.shape[:2]
    column, row = np.floor(uv).astype(np.int64).T
    near = np.full(height * width, np.inf)
    pixels, sources = [], []
    for dy in range(int(size_px.max(initial=1))):
        for dx in range(int(size_px.max(initial=1))):
            x, y = column + dx - size_px // 2, row + dy - size_px // 2
            here = (size_px > max(dx, dy)) & (x >= 0) & (y >= 0) & (x < width) & (y < height)
            pixels.append(y[here] * width + x[here])
            sources.append(np.flatnonzero(here))
    pixel, source = np.concatenate(pixels), np.concatenate(sources)
    order = np.argsort(-depth[source], kind="stable")      # of those on one pixel the last, nearest one stays
    pixel, source = pixel[order], source[order]
    flat = image.reshape(-1, 3)
    flat[pixel] = colors[source]
    near[pixel] = depth[source]
    shade = rims(near.reshape(height, width)).reshape(-1)
    flat[pixel] = np.round(colors[source] * shade[pixel, None]).astype(np.uint8)


def rims(depth: NDArray[np.floating]) -> NDArray[np.float64]:
    """(H, W) brightness 0…1 of each pixel of a depth picture, infinite where nothing is."""
    log = np.log2(np.where(np.isfinite(depth), depth, 1e9))
    shade = np.zeros(depth.shape)
    for axis in (0, 1):
        for step in (-RIM_PX, RIM_PX):
            nearer = log - np.roll(log, step, axis)
            edge = [slice(None), slice(None)]
            edge[axis] = slice(0, step) if step > 0 else slice(step, None)     # rolled in from the other border
            nearer[tuple(edge)] = 0.0
            shade += np.clip(nearer, 0.0, RIM_MOST)
    return np.asarray(np.exp(-RIM_STRENGTH * shade / 4))
