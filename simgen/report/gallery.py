"""A contact sheet: one labelled frame of every scenario, with its name under it, and of several episodes the weather.

Frames that were drawn once are kept as small pictures in a folder, by what decides their content, so that only
scenarios that changed are recorded again.
"""

from __future__ import annotations

import hashlib
import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import cv2
import numpy as np

from simgen.errors import RequestError
from simgen.report import brush
from simgen.report.brush import Picture
from simgen.report.lengthways import draw_lengthways
from simgen.report.overlay import draw_labels
from simgen.report.palette import BACKGROUND, DIM_TEXT, FAINT, PANEL, TEXT
from simgen.report.preview.page import wrapped
from simgen.report.preview.scene import Scene
from simgen.report.prominence import most_prominent_frame
from simgen.report.scene import load_scene, resized

CELL_PX = (620, 187)         # a KITTI picture at half its size
SWEEP_PX = 250               # height of the sweep's view from above, where it is shown too
NAME_PX = 30
GAP_PX = 14
BEFORE_IMPACT_S = 0.6
WITHOUT_ANYBODY = 0.6        # of the clip
NAME_SIZE, REASON_SIZE = 9.0, 7.5
REASON_LETTERS = 78
KINDS = (".png", ".jpg", ".jpeg")


@dataclass(frozen=True, eq=False, slots=True)
class Cell:
    """A scenario on the sheet. picture: a file of the right size; None if there is none, ``reason`` says why.

    facts: what stands beside its name.
    """

    name: str
    picture: Path | None
    reason: str = ""
    facts: str = ""


def telling_frame(scene: Scene) -> int:
    """The frame that shows a scenario best: shortly before the first impact (also one that braking avoids), or contact;
    where there is none, the one in which those whom the episode is about are largest; else after 60 % of the clip."""
    capture = scene.plan.capture
    last = min(capture.frames - 1, int(scene.ends_s * capture.rate_hz + 1e-6))
    asked = min((actor.meet.time_s for actor in scene.plan.actors if actor.meet is not None), default=None)
    told = scene.telling_s()
    moment = told if told is not None else asked
    if moment is None:
        largest = most_prominent_frame(scene, last + 1)
        return round(WITHOUT_ANYBODY * last) if largest is None else largest
    return min(max(math.floor((moment - BEFORE_IMPACT_S) * capture.rate_hz + 1e-6), 0), last)


def kept_picture(
    work_dir: Path, scene: Scene, frame: int, version: str, labels: bool = True, sweep: bool = False
) -> Path:
    """Where the drawn frame of an episode is kept: the name changes with whatever could change the picture."""
    decides = f"{scene.plan.digest()} {scene.road.name} {frame} {version} {cell_px(sweep)}"
    decides += "" if labels else " plain"
    key = hashlib.sha256(decides.encode()).hexdigest()
    return work_dir / f"{scene.plan.name}-{key[:16]}.png"


def cell_px(sweep: bool) -> tuple[int, int]:
    """Width and height of a cell's picture."""
    return CELL_PX[0], CELL_PX[1] + (SWEEP_PX if sweep else 0)


def keep_frame(dataset: Path, frame_id: str, target: Path, labels: bool = True, sweep: bool = False) -> None:
    """Draw a frame, with its labels or without, at the size of a cell into a file; older ones of the episode go.

    sweep: with the LiDAR's view from above beneath the picture.

    Raises DatasetError and RequestError as ``load_scene``, RequestError if the file cannot be written.
    """
    scene = load_scene(dataset, frame_id)
    width, height = CELL_PX
    scene = resized(scene, width)
    drawn = scene.rgb.copy()
    if labels:
        draw_labels(drawn, scene, one_tag_a_name=True)
    cell = np.full((cell_px(sweep)[1], width, 3), BACKGROUND, np.uint8)
    if sweep:
        cell[height:] = draw_lengthways(scene if labels else replace(scene, things=()), width, SWEEP_PX)
    high = min(height, drawn.shape[0])
    top, cut = (height - high) // 2, (drawn.shape[0] - high) // 2
    cell[top : top + high] = drawn[cut : cut + high]
    episode = target.name.rpartition("-")[0]
    for old in target.parent.glob(f"{episode}-????????????????.png"):
        old.unlink()
    _write(cell, target)


def compose_gallery(cells: Sequence[Cell], columns: int, sweep: bool = False) -> Picture:
    """(H, W, 3), red first: the cells row by row, those without a picture empty. Raises RequestError for no cells."""
    if not cells:
        raise RequestError("a gallery needs at least one scenario")
    columns = min(columns, len(cells))
    rows = math.ceil(len(cells) / columns)
    width, height = cell_px(sweep)
    sheet = np.full((GAP_PX + rows * (height + NAME_PX + GAP_PX), GAP_PX + columns * (width + GAP_PX), 3), BACKGROUND,
                    np.uint8)
    for number, cell in enumerate(cells):
        row, column = divmod(number, columns)
        top, left = GAP_PX + row * (height + NAME_PX + GAP_PX), GAP_PX + column * (width + GAP_PX)
        _draw_cell(sheet[top : top + height + NAME_PX, left : left + width], cell, height)
    return sheet


def _draw_cell(area: Picture, cell: Cell, height: int) -> None:
    width = CELL_PX[0]
    brush.panel(area, 0, 0, width, area.shape[0], PANEL, radius=6)
    if cell.picture is None:
        frame = np.array([(8.0, 8.0), (width - 8.0, 8.0), (width - 8.0, height - 8.0), (8.0, height - 8.0)])
        for number in range(4):
            brush.dashed_line(area, frame[number], frame[(number + 1) % 4], FAINT)
        for number, text in enumerate(wrapped(cell.reason, REASON_LETTERS)[:9]):
            brush.text(area, text, 24, 40 + 16 * number, DIM_TEXT, REASON_SIZE)
    else:
        area[:height] = _read(cell.picture, height)
    brush.text(area, cell.name, 12, height + 20, TEXT, NAME_SIZE)
    if cell.facts:
        left = 12 + brush.text_size(cell.name, NAME_SIZE)[0] + 16
        brush.text(area, cell.facts, left, height + 20, DIM_TEXT, REASON_SIZE)


def check_gallery_path(path: Path) -> None:
    """Raises RequestError for a name that does not end as pictures do."""
    if path.suffix.lower() not in KINDS:
        raise RequestError(f"--out {path}: a gallery is a PNG or JPEG picture; end the name in .png or .jpg")


def save_gallery(cells: Sequence[Cell], path: Path, columns: int, sweep: bool = False) -> None:
    """Compose the sheet into a file. Raises RequestError if it cannot be written there."""
    check_gallery_path(path)
    _write(compose_gallery(cells, columns, sweep), path)


def _read(path: Path, height: int) -> Picture:
    image = cv2.imread(str(path))
    width = CELL_PX[0]
    if image is None or image.shape != (height, width, 3):
        raise RequestError(f"{path}: is no picture of {width} × {height} pixels; delete it, and it is made again")
    return np.asarray(cv2.cvtColor(image, cv2.COLOR_BGR2RGB), np.uint8)


def _write(image: Picture, path: Path) -> None:
    _, content = cv2.imencode(path.suffix.lower(), cv2.cvtColor(image, cv2.COLOR_RGB2BGR))
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content.tobytes())
    except OSError as error:
        raise RequestError(f"{path}: cannot be written: {error.strerror or error}") from None
