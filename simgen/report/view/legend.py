"""What the colours of a view or a map mean: swatches with words, or a scale with its figures."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from simgen.report import brush
from simgen.report.airborne import told
from simgen.report.brush import Picture
from simgen.report.palette import DIM_TEXT, PANEL, TEXT, Color, class_color, height_colors
from simgen.report.scene import Scene
from simgen.report.view.colors import LEVEL_GREY, Coloring, intensity_colors, tag_colors

# CARLA's semantic tags of what is no object with a label of its own.
_TAG_WORDS = {
    1: "road", 2: "pavement", 3: "building", 4: "wall", 5: "fence", 6: "pole", 7: "traffic light", 8: "traffic sign",
    9: "vegetation", 10: "terrain", 20: "static thing", 21: "moving thing", 23: "water", 24: "road line", 25: "ground",
    26: "bridge", 27: "rail track", 28: "guard rail", 29: "rock",
}
_HEIGHTS_M = (-0.3, 1.5, 3.0, 6.0)
_REFLECTANCES = (0.0, 0.1, 0.4, 1.0)
_SCALE_PX = (260, 10)
_LINE_PX = 22
_WORDS_PX = 8.0
_MARGIN_PX = 12


@dataclass(frozen=True, slots=True)
class Entry:
    """A colour and what it stands for."""

    words: str
    color: Color


@dataclass(frozen=True, eq=False, slots=True)
class Scale:
    """Colours along a quantity. colors: (N, 3), evenly along it; figures: at which share of it each is written."""

    words: str
    colors: NDArray[np.uint8]
    figures: tuple[tuple[float, str], ...]


@dataclass(frozen=True, eq=False, slots=True)
class Legend:
    """What is said at a picture's foot."""

    entries: tuple[Entry, ...]
    scale: Scale | None = None


NO_LEGEND = Legend(())


def legend_of(scene: Scene, coloring: Coloring) -> Legend:
    """The legend of one frame."""
    legend = legend_for(coloring, () if scene.tag is None else np.unique(scene.tag).tolist(),
                        [thing.row.type for thing in scene.objects])
    if coloring not in (Coloring.ACTOR, Coloring.CLASS):
        return legend
    return replace(legend, entries=(*legend.entries, *(Entry(words, color) for words, color in told(scene))))


def legend_for(coloring: Coloring, tags: Iterable[int], types: Iterable[str]) -> Legend:
    """tags, types: those that occur, CARLA's semantic tags of returns and KITTI types of labels."""
    kinds = tuple(Entry(kind.replace("_", " "), class_color(kind)) for kind in sorted(set(types)))
    if coloring is Coloring.INTENSITY:
        along = np.linspace(0.0, 1.0, 128)
        return Legend(kinds, Scale("reflectance", intensity_colors(along**2),
                                   tuple((value**0.5, f"{value:g}") for value in _REFLECTANCES)))
    if coloring is Coloring.HEIGHT:
        low, high = _HEIGHTS_M[0], _HEIGHTS_M[-1]
        colors = height_colors(np.linspace(low, high, 128), np.full(128, 0.3))
        return Legend(kinds, Scale("above the road", colors,
                                   tuple(((value - low) / (high - low), f"{value:g} m") for value in _HEIGHTS_M)))
    if coloring is Coloring.PICTURE:
        return Legend((*kinds, Entry("outside of the left colour picture", LEVEL_GREY)))
    if coloring is Coloring.ACTOR:
        return Legend((Entry("no actor; each of them has a colour of its own", LEVEL_GREY),))
    known = [tag for tag in sorted(set(tags)) if tag in _TAG_WORDS]
    level = tuple(
        Entry(_TAG_WORDS[tag], (red, green, blue))
        for tag, (red, green, blue) in zip(known, tag_colors(np.array(known, np.uint8)).tolist(), strict=True)
    )
    return Legend((*kinds, *(level or (Entry("without a label", LEVEL_GREY),))))


def draw_legend(image: Picture, legend: Legend, more: Sequence[Entry] = (), right: int | None = None) -> None:
    """Draw it into the lower left corner, in as many lines as it takes.

    more: entries of what is drawn besides the points. right: how far it may reach, in pixels.
    """
    widest = (image.shape[1] if right is None else right) - 2 * _MARGIN_PX
    lines: list[list[tuple[int, Entry]]] = [[]]
    left = start = 14
    for entry in (*legend.entries, *more):
        wide = 18 + brush.text_size(entry.words, _WORDS_PX)[0] + 16
        if lines[-1] and left + wide > widest:
            lines.append([])
            left = start
        lines[-1].append((left, entry))
        left += wide
    lines = [line for line in lines if line]
    rows = len(lines) + 2 * (legend.scale is not None)
    reach = max((at + 18 + brush.text_size(entry.words, _WORDS_PX)[0] for line in lines for at, entry in line),
                default=0)
    if legend.scale is not None:
        reach = max(reach, start + _SCALE_PX[0] + 30 + brush.text_size(legend.scale.words, _WORDS_PX)[0])
    if not rows:
        return
    top = image.shape[0] - _MARGIN_PX - rows * _LINE_PX - 12
    brush.panel(image, _MARGIN_PX, top, _MARGIN_PX + reach + 14, image.shape[0] - _MARGIN_PX, PANEL, 0.85, radius=6)
    baseline = top + 22
    if legend.scale is not None:
        _draw_scale(image, legend.scale, _MARGIN_PX + start, baseline)
        baseline += 2 * _LINE_PX
    for number, line in enumerate(lines):
        for at, entry in line:
            x, foot = _MARGIN_PX + at, baseline + number * _LINE_PX
            brush.panel(image, x, foot - 10, x + 12, foot + 2, entry.color, radius=3)
            brush.text(image, entry.words, x + 18, foot, TEXT, _WORDS_PX)


def _draw_scale(image: Picture, scale: Scale, left: int, baseline: int) -> None:
    """A bar with its figures below and its words beside it."""
    width, height = _SCALE_PX
    bar = image[baseline - height : baseline, left : left + width]
    if bar.shape[1]:
        step = np.linspace(0, len(scale.colors) - 1, width).round().astype(int)[: bar.shape[1]]
        bar[:] = scale.colors[step]
    brush.text(image, scale.words, left + width + 12, baseline, TEXT, _WORDS_PX)
    for share, words in scale.figures:
        place = left + share * width - brush.text_size(words, _WORDS_PX)[0] * share
        brush.text(image, words, place, baseline + 18, DIM_TEXT, _WORDS_PX)
