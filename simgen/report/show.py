"""One frame on one canvas: the labelled picture, the view from above, the returns in the picture, a table."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from simgen.report import brush
from simgen.report.airborne import told
from simgen.report.birdview import draw_birdview, numbered
from simgen.report.brush import Picture
from simgen.report.closeups import draw_closeups
from simgen.report.overlay import draw_labels, draw_points
from simgen.report.palette import BACKGROUND, DIM_TEXT, DONT_CARE, LINE, PANEL, TEXT, Color, class_color
from simgen.report.scene import Scene, Thing, load_scene, resized
from simgen.report.targets import PICTURE, check_target, write_picture

WIDTH_PX = 1242
WIDTHS_PX = range(1200, 1301)
"""Pictures as wide as KITTI's are drawn as they are; others are scaled, as the canvas is laid out for this
width."""
HEADER_PX = 40
SMALL_PICTURE_PX = 320
GAP_PX = 10
LOWER_PX = 724
LEGEND_PX = 58
TABLE_HEAD_PX = 48
ROW_PX = 23
MARGIN_PX = 14

Column = tuple[str, int, bool]
COLUMNS: tuple[Column, ...] = (
    # heading, right or left edge in pixels from the table's left edge, flush right
    ("#", 26, True),
    ("what", 50, False),
    ("distance", 326, True),
    ("speed", 412, True),
    ("hidden", 492, True),
    ("cut off", 566, True),
    ("LiDAR", 644, True),
)
OCCLUSION_WORDS = ("no", "partly", "largely", "unknown")


def show_frame(root: Path, frame_id: str) -> NDArray[np.uint8]:
    """Draw a frame of a dataset.

    root: the folder that holds ``training``; a plain KITTI dataset will do.
    Returns an (H, W, 3) uint8 picture, red first, about 1242 pixels wide.
    Raises RequestError if there is no such frame, DatasetError if one of its files is missing or wrong.
    """
    scene = load_scene(root, frame_id)
    if scene.rgb.shape[1] not in WIDTHS_PX:
        scene = resized(scene, WIDTH_PX)
    labelled = scene.rgb.copy()
    draw_labels(labelled, scene)
    height, width = labelled.shape[:2]
    canvas = np.empty((HEADER_PX + height + GAP_PX + LOWER_PX, width, 3), np.uint8)
    canvas[:] = BACKGROUND
    _draw_header(canvas[:HEADER_PX], scene)
    canvas[HEADER_PX : HEADER_PX + height] = labelled
    lower = canvas[HEADER_PX + height + GAP_PX :]
    above = draw_birdview(scene, LOWER_PX)
    split = above.shape[1]
    lower[:, :split] = above
    _draw_side(lower[:, split + GAP_PX :], scene)
    return canvas


def save_frame(root: Path, frame_id: str, path: Path) -> None:
    """Draw a frame of a dataset, as ``show_frame`` does, into a PNG or JPEG file.

    Raises RequestError if the file cannot be written there, and what ``show_frame`` raises.
    """
    check_target(path, PICTURE, root)
    write_picture(path, show_frame(root, frame_id))


def _draw_header(area: Picture, scene: Scene) -> None:
    brush.panel(area, 0, 0, area.shape[1], area.shape[0], PANEL, radius=0)
    baseline = area.shape[0] // 2 + 6
    left: float = MARGIN_PX
    words = [(f"frame {scene.frame_id}", TEXT, 11.0)]
    if scene.side is not None:
        words += [(scene.side.episode, TEXT, 9.0), (f"t = {scene.side.time_s:.2f} s", DIM_TEXT, 9.0)]
    for text, color, size in words:
        brush.text(area, text, left, baseline, color, size)
        left += brush.text_size(text, size)[0] + 22
    hidden = sum(thing.box is None for thing in scene.things)
    objects = len(scene.objects)
    counts = f"{objects} {'object' if objects == 1 else 'objects'}"
    counts += f" + {hidden} DontCare" if hidden else ""
    counts += f"   {len(scene.points):,} LiDAR returns".replace(",", " ")
    width = brush.text_size(counts, 9.0)[0]
    if left + width + MARGIN_PX < area.shape[1]:
        brush.text(area, counts, area.shape[1] - MARGIN_PX - width, baseline, DIM_TEXT, 9.0)


def _draw_side(area: Picture, scene: Scene) -> None:
    """The returns in the picture, the table of objects, the legend."""
    scale = min(area.shape[1] / scene.rgb.shape[1], SMALL_PICTURE_PX / scene.rgb.shape[0])
    width, height = round(scene.rgb.shape[1] * scale), round(scene.rgb.shape[0] * scale)
    small = cv2.resize(scene.rgb, (width, height), interpolation=cv2.INTER_AREA)
    grey = np.repeat(small.mean(axis=2, keepdims=True) * 0.5, 3, axis=2)
    dark = np.asarray(np.round(grey + 0.12 * small), np.uint8)
    draw_points(dark, scene)
    area[:height, :width] = dark
    middle = area[height + GAP_PX : area.shape[0] - LEGEND_PX - GAP_PX]
    table_px = min(TABLE_HEAD_PX + ROW_PX * max(len(scene.objects), 1), middle.shape[0])
    _draw_table(middle[:table_px], scene)
    draw_closeups(middle[table_px + GAP_PX :], scene, GAP_PX)
    _draw_legend(area[area.shape[0] - LEGEND_PX :], scene)


def _draw_table(area: Picture, scene: Scene) -> None:
    brush.panel(area, 0, 0, area.shape[1], area.shape[0], PANEL, radius=6)
    _write_row(area, 24, [heading for heading, _, _ in COLUMNS], [DIM_TEXT] * len(COLUMNS))
    brush.line(area, np.array([MARGIN_PX, 33.0]), np.array([area.shape[1] - MARGIN_PX, 33.0]), LINE)
    things = numbered(scene)
    if not things:
        brush.text(area, "nothing has a label in this frame", COLUMNS[1][1], 55, DIM_TEXT)
    room = (area.shape[0] - TABLE_HEAD_PX) // ROW_PX
    shown = things if len(things) <= room else things[: room - 1]
    for k, (number, thing) in enumerate(shown):
        color = class_color(thing.row.type)
        colors: list[Color] = [color, color, TEXT, TEXT, TEXT, TEXT, TEXT]
        _write_row(area, 40 + ROW_PX * k + 15, _cells(number, thing), colors)
    if len(shown) < len(things):
        more = f"and {len(things) - len(shown)} more, farther away"
        brush.text(area, more, COLUMNS[1][1], 40 + ROW_PX * len(shown) + 15, DIM_TEXT)


def _cells(number: int, thing: Thing) -> list[str]:
    kind = thing.row.type.replace("_", " ")
    what = kind if thing.name == kind else f"{kind}: {thing.name}"
    speed = "" if thing.side is None else f"{float(np.linalg.norm(thing.side.velocity_mps)):.1f} m/s"
    cut = f"{100 * thing.row.truncation:.0f} %" if thing.row.truncation >= 0.005 else "no"
    hidden = OCCLUSION_WORDS[thing.row.occlusion]
    returns = str(int(thing.points.sum()))
    return [str(number), what, f"{thing.distance_m:.1f} m", speed, hidden, cut, returns]


def _write_row(area: Picture, baseline: float, cells: Sequence[str], colors: Sequence[Color]) -> None:
    for (_, edge, flush_right), cell, color in zip(COLUMNS, cells, colors, strict=True):
        left = edge - brush.text_size(cell, 9.0)[0] if flush_right else edge
        if left < area.shape[1]:
            brush.text(area, cell, left, baseline, color)


def _draw_legend(area: Picture, scene: Scene) -> None:
    """Colours of the types that occur and of what the air gave, and what dashes mean."""
    brush.panel(area, 0, 0, area.shape[1], area.shape[0], PANEL, radius=6)
    left: float = MARGIN_PX
    for kind in dict.fromkeys(thing.row.type for thing in reversed(scene.objects)):
        brush.panel(area, int(left), 13, int(left) + 12, 25, class_color(kind), radius=3)
        words = kind.replace("_", " ")
        brush.text(area, words, left + 18, 23, TEXT, 8.0)
        left += 18 + brush.text_size(words, 8.0)[0] + 18
    if any(thing.box is None for thing in scene.things):
        brush.panel(area, int(left), 13, int(left) + 12, 25, DONT_CARE, 0.35, radius=3)
        brush.text(area, "DontCare", left + 18, 23, DIM_TEXT, 8.0)
        left += 18 + brush.text_size("DontCare", 8.0)[0] + 18
    for words, color in told(scene):
        width = 18 + brush.text_size(words, 8.0)[0]
        if left + width <= area.shape[1]:
            cv2.circle(area, (int(left) + 6, 19), 3, color, -1, cv2.LINE_AA)
            brush.text(area, words, left + 18, 23, TEXT, 8.0)
            left += width + 18
    note = "thick edge: front    dashed: largely hidden    rings every 10 m    dashed lines: field of view"
    brush.text(area, note, MARGIN_PX, 45, DIM_TEXT, 7.5)
