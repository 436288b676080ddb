"""A sheet as a picture, drawn by matplotlib's Agg."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path as FilePath

import numpy as np
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.patches import PathPatch
from matplotlib.path import Path
from matplotlib.patheffects import withStroke
from matplotlib.text import Text
from matplotlib.transforms import Bbox, IdentityTransform, TransformedBbox
from numpy.typing import NDArray

from simgen.report.preview.marks import Box, Mark, Sheet, Words

DPI = 72                    # so that a point is a pixel
HALO_PX = 2.6
ALIGN = {"start": "left", "middle": "center", "end": "right"}


def picture(sheet: Sheet, time_s: float = 0.0) -> NDArray[np.uint8]:
    """(H, W, 3), red first, with everybody where they are at a time."""
    width, height = round(sheet.width), round(sheet.height)
    figure = Figure(figsize=(width / DPI, height / DPI), dpi=DPI, facecolor=sheet.background)
    canvas = FigureCanvasAgg(figure)
    order = 0
    for layer in sheet.layers:
        moved = [shape for mover in layer.movers if mover.in_stills for shape in mover.at(time_s)]
        clip = None if layer.clip is None else _clip(layer.clip, height)
        marks: Sequence[Mark] = (*layer.marks, *moved)
        for mark in marks:
            order += 1
            artist = _artist(mark, height)
            artist.set_zorder(order)
            figure.add_artist(artist)
            if clip is not None:
                artist.set_clip_box(clip)
                artist.set_clip_on(True)
            else:
                artist.set_clip_on(False)
    canvas.draw()  # type: ignore[no-untyped-call]
    return np.array(canvas.buffer_rgba(), np.uint8)[..., :3]  # type: ignore[no-untyped-call]


def save_png(sheet: Sheet, path: FilePath) -> None:
    """Write the picture of the first frame. Raises OSError."""
    import cv2

    _, content = cv2.imencode(".png", cv2.cvtColor(picture(sheet), cv2.COLOR_RGB2BGR))
    path.write_bytes(content.tobytes())


def _artist(mark: Mark, height: int) -> PathPatch | Text:
    if isinstance(mark, Words):
        text = Text(
            mark.x, height - mark.y, mark.text, color=mark.color, fontsize=mark.size, ha=ALIGN[mark.anchor],
            va="baseline", fontweight="bold" if mark.bold else "normal", transform=IdentityTransform(),
            family="DejaVu Sans", parse_math=False,
        )
        if mark.halo is not None:
            text.set_path_effects([withStroke(linewidth=HALO_PX, foreground=mark.halo)])
        return text
    points = np.column_stack([mark.points[:, 0], height - mark.points[:, 1]])
    if mark.closed:
        points = np.concatenate([points, points[:1]])
    path = Path(points, closed=mark.closed)
    dash = (0.0, tuple(length / mark.width for length in mark.dash)) if mark.dash else "solid"
    return PathPatch(
        path, facecolor=mark.fill or "none", edgecolor=mark.stroke or "none",
        linewidth=mark.width if mark.stroke else 0.0, linestyle=dash, alpha=mark.opacity, fill=mark.fill is not None,
        transform=IdentityTransform(), capstyle="butt", joinstyle="miter" if mark.closed else "round",
    )


def _clip(box: Box, height: int) -> TransformedBbox:
    bounds = Bbox.from_extents(box.left, height - box.bottom, box.right, height - box.top)
    return TransformedBbox(bounds, IdentityTransform())
