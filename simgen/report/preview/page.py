"""Panels of several episodes on one sheet, with a legend."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np

from simgen.report.preview import looks
from simgen.report.preview.above import draw_above
from simgen.report.preview.facts import facts
from simgen.report.preview.instants import ARC_DASH, LAST_DASH, NEAR_DASH, NEAR_PX, REVEAL_DASH, SIGHT_DASH
from simgen.report.preview.marks import (
    Box,
    Layer,
    Mark,
    Shape,
    Sheet,
    Words,
    circle,
    diamond,
    line,
    shortened,
    star,
    text_width,
)
from simgen.report.preview.scene import Scene
from simgen.report.preview.timeline import draw_timeline, groups, timeline_height
from simgen.report.preview.view import choose_view

PANEL_PX = 1010.0
MAP_PX = 330.0
TITLE_PX = 50.0
GAP_PX = 26.0
LEGEND_PX = 78.0
MOST_ROWS = 7
WRAP_AT = 2                 # episodes side by side
SIGN_PX = 24.0

NOTE = (
    "Filled: at the first frame; dotted: way during the warm-up. Not shown: light and weather, heights, and houses, "
    "trees or street furniture that may hide somebody. Bodies have the tables' sizes; a simulator's own ones move "
    "reveal and impact a little."
)


@dataclass(frozen=True, slots=True)
class Refused:
    """An episode that found no place. reason: one sentence."""

    name: str
    reason: str


def compose(episodes: Sequence[Scene | Refused], title: str = "", about: str = "") -> Sheet:
    """All episodes, in order, in as many columns as they need."""
    scenes = [one for one in episodes if isinstance(one, Scene)]
    rows = min(MOST_ROWS, max((len(groups(scene)) for scene in scenes), default=1))
    columns = min(WRAP_AT, len(episodes))
    panel_height = TITLE_PX + MAP_PX + timeline_height(rows) + 6.0
    lines = math.ceil(len(episodes) / columns)
    width = columns * PANEL_PX + (columns + 1) * GAP_PX
    height = lines * (panel_height + GAP_PX) + GAP_PX + LEGEND_PX
    layers: list[Layer] = []
    for number, episode in enumerate(episodes):
        row, column = divmod(number, columns)
        left, top = GAP_PX + column * (PANEL_PX + GAP_PX), GAP_PX + row * (panel_height + GAP_PX)
        panel = Box(left, top, PANEL_PX, panel_height)
        layers += _refused(episode, panel) if isinstance(episode, Refused) else _panel(episode, panel, rows)
    layers.append(Layer(tuple(_legend(Box(GAP_PX, height - LEGEND_PX - 8.0, width - 2 * GAP_PX, LEGEND_PX), scenes))))
    span = (min((s.begins_s for s in scenes), default=0.0), max((s.ends_s for s in scenes), default=0.0))
    return Sheet(width, height, looks.PAPER, tuple(layers), span, title, about)


def _panel(scene: Scene, panel: Box, rows: int) -> list[Layer]:
    box = Box(panel.left, panel.top + TITLE_PX, panel.width, MAP_PX)
    view = choose_view(scene, box)
    below = Box(panel.left, box.bottom + 4.0, panel.width, panel.bottom - box.bottom - 4.0)
    where = f"{scene.road.name}, spawn point {scene.rehearsal.stage.start.spawn_point}"
    if scene.rehearsal.stage.left_out:
        where += f"; no room for {len(scene.rehearsal.stage.left_out)} of the traffic"
    title = (
        Words(scene.plan.name, panel.left, panel.top + 18.0, 17.0, looks.INK, bold=True),
        Words(where, panel.right, panel.top + 18.0, 11.0, looks.DIM, "end"),
        Words(shortened(facts(scene), 12.5, panel.width * 1.06), panel.left, panel.top + 39.0, 12.5, looks.INK),
    )
    return [Layer(title), *draw_above(scene, view), *draw_timeline(scene, below, rows)]


def _refused(episode: Refused, panel: Box) -> list[Layer]:
    box = Box(panel.left, panel.top + TITLE_PX, panel.width, MAP_PX)
    marks: list[Mark] = [
        Words(episode.name, panel.left, panel.top + 18.0, 17.0, looks.INK, bold=True),
        Shape(box.outline, looks.WARM_UP, looks.EDGE, 1.0, (6.0, 4.0)),
        Words("no place on the map", box.left + 20.0, box.top + 40.0, 15.0, looks.SORTS["pedestrian"], bold=True),
    ]
    reason = episode.reason.removeprefix(f"{episode.name}: ")
    for number, text in enumerate(wrapped(reason, int((box.width - 40.0) / 7.6))):
        marks.append(Words(text, box.left + 20.0, box.top + 68.0 + 19.0 * number, 13.0, looks.INK))
    return [Layer(tuple(marks), clip=panel)]


def wrapped(text: str, letters: int) -> list[str]:
    """Lines of at most so many letters, broken between words."""
    lines = [""]
    for word in text.split():
        if lines[-1] and len(lines[-1]) + 1 + len(word) > letters:
            lines.append("")
        lines[-1] = f"{lines[-1]} {word}".strip()
    return lines


def _legend(box: Box, scenes: Sequence[Scene]) -> Iterator[Mark]:
    """Signs with their meaning, from left to right, on as many lines as they need, and the note below."""
    x, y = box.left, box.top + 16.0
    for text, sign in _signs(scenes):
        width = SIGN_PX + 8.0 + text_width(text, 12.0) + 14.0
        if x + width > box.right and x > box.left:
            x, y = box.left, y + 20.0
        for shape in sign:
            yield replace(shape, points=shape.points + np.array([x, y - 4.5]))
        yield Words(text, x + SIGN_PX + 8.0, y, 12.0)
        x += width
    for number, text in enumerate(wrapped(NOTE, int(box.width / 6.3))):
        yield Words(text, box.left, y + 22.0 + 15.0 * number, 11.0, looks.DIM)


def _signs(scenes: Sequence[Scene]) -> Iterator[tuple[str, tuple[Shape, ...]]]:
    """Their meaning, and their shapes from x = 0 on around y = 0."""
    plate = Box(0.0, -5.5, SIGN_PX, 11.0).outline
    for sort in dict.fromkeys(player.sort for scene in scenes for player in scene.players):
        yield sort, (Shape(plate, looks.SORTS[sort]),)
    middle, across = SIGN_PX / 2, [(0.0, 0.0), (SIGN_PX, 0.0)]
    players = [player for scene in scenes for player in scene.players]
    if any(player.touch_s is not None for player in players):
        yield "at the impact", (Shape(plate, None, looks.INK, 1.4),)
        yield "impact", (star(middle, 0.0, 8.0, looks.STAR, looks.INK),)
    if any(player.near is not None for player in players):
        yield "when it is nearest", (Shape(plate, None, looks.INK, 1.4, NEAR_DASH),)
        yield "near miss, with the least distance", (
            line(across, looks.NEAR, 2.2), diamond(middle, 0.0, NEAR_PX, looks.PAPER, looks.NEAR))
    if any(player.doors for player in players):
        opened = np.array([(2.0, -5.5), (6.0, -5.5), (16.0, 5.5), (12.0, 5.5)])
        yield "opened door", (Shape(opened, looks.SORTS["vehicle"]),
                              line([(20.0, -5.5), (19.0, 0.0), (16.0, 5.5)], looks.SORTS["vehicle"], 1.2, ARC_DASH))
    if any(player.reveal_s is not None for player in players):
        yield "at the reveal", (Shape(plate, None, looks.INK, 1.4, REVEAL_DASH),)
        yield "first line of sight", (line(across, looks.SIGHT, 1.4, SIGHT_DASH),)
    if any(scene.uneventful for scene in scenes):
        yield "at the last frame", (Shape(plate, None, looks.INK, 1.4, LAST_DASH),)
    yield "path, every 0.5 s", (line(across, looks.INK, 2.0), circle(middle, 0.0, 2.6, looks.PAPER, looks.INK, 1.3))
