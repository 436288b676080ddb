"""What everybody does when: a bar for every step of a program, reveal and impact, warm-up and clip."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from simgen.report.preview import looks
from simgen.report.preview.marks import (
    Box,
    Layer,
    Mark,
    Mover,
    Shape,
    Words,
    circle,
    diamond,
    line,
    shortened,
    star,
    text_width,
)
from simgen.report.preview.scene import CROWD, Player, Scene, copied_from

NAMES_PX = 150.0
HEAD_PX, ROW_PX = 22.0, 21.0
KMPH = 3.6
IDLE = ("stand", "park", "freeze")
# Steps that scenario files have other words for: who follows in a file of copies, and the turn after a walk to a place.
FILE_WORDS = {"follow_path": "follow_leader", "face": "facing"}


def timeline_height(rows: int) -> float:
    """Of a timeline with so many actors, the ego among them."""
    return HEAD_PX + rows * ROW_PX + 6.0


@dataclass(frozen=True, slots=True)
class Axis:
    """Times along a box."""

    left: float
    right: float
    begins_s: float
    ends_s: float

    def x(self, time_s: float) -> float:
        return self.left + (time_s - self.begins_s) / max(self.ends_s - self.begins_s, 1e-9) * (self.right - self.left)


def draw_timeline(scene: Scene, box: Box, rows: int) -> list[Layer]:
    """The ego and the first of the others, as many as there are rows for."""
    axis = Axis(box.left + NAMES_PX, box.right - 14.0, scene.begins_s, scene.ends_s)
    everybody = groups(scene)
    shown = everybody[:rows]
    top, bottom = box.top + HEAD_PX, box.top + HEAD_PX + len(shown) * ROW_PX
    marks: list[Mark] = list(_grid(axis, scene, box.top, top, bottom))
    for number, players in enumerate(shown):
        row = Box(box.left, top + number * ROW_PX, box.width, ROW_PX)
        marks += _row(players, scene, axis, row)
    more = sum(len(players) for players in everybody[rows:])
    if more:
        marks.append(Words(f"+ {more} more", box.left + NAMES_PX - 10.0, box.top + 14.0, 10.0, looks.DIM, "end"))
    ends, places = (scene.begins_s, scene.ends_s), [[axis.left, 0.0, 0.0], [axis.right, 0.0, 0.0]]
    needle = line([(0.0, top - 4.0), (0.0, bottom)], looks.INK, 1.5)
    hand = Mover("now", (needle,), np.array(ends), np.array(places), in_stills=False)
    return [Layer(tuple(marks), (hand,))]


def _grid(axis: Axis, scene: Scene, head: float, top: float, bottom: float) -> Iterator[Mark]:
    zero = axis.x(0.0)
    clip = Box(zero, top, axis.right - zero, bottom - top)
    yield Shape(clip.outline, looks.PAPER, looks.EDGE, 0.8)
    if scene.begins_s < 0.0:
        warm = Box(axis.left, top, zero - axis.left, bottom - top)
        yield Shape(warm.outline, looks.WARM_UP, looks.EDGE, 0.8)
        if warm.width > 54.0:
            yield Words("warm-up", warm.left + warm.width / 2, head + 14.0, 10.0, looks.DIM, "middle")
    span = scene.ends_s
    step = next(s for s in (0.5, 1.0, 2.0, 5.0, 10.0, 60.0) if (axis.x(s) - zero) >= 30.0 or s == 60.0)
    for time_s in np.arange(0.0, span + 1e-6, step):
        x = axis.x(float(time_s))
        yield line([(x, top - 4.0), (x, bottom)], looks.FAINT, 1.0)
        yield Words(f"{time_s:g} s", x, head + 14.0, 10.0, looks.DIM, "middle")
    capture = scene.plan.capture
    for frame in range(capture.frames):
        x = axis.x(frame / capture.rate_hz)
        if x <= axis.right + 0.5:
            yield line([(x, bottom), (x, bottom + 4.0)], looks.EDGE, 0.8)


def groups(scene: Scene) -> list[list[Player]]:
    """Those that share a row: the copies of one actor, if there are many, and all that is background."""
    sizes = Counter(copied_from(player.role) for player in scene.players)
    rows: dict[str, list[Player]] = {}
    for player in scene.players:
        group = copied_from(player.role)
        many = sizes[group] >= CROWD
        rows.setdefault("traffic " if not player.kept else f"{group} " if many else player.role, []).append(player)
    return list(rows.values())


def _row(players: Sequence[Player], scene: Scene, axis: Axis, row: Box) -> Iterator[Mark]:
    """One after the other, on top of each other: where more of them do something, the bar is darker."""
    first, middle = players[0], row.top + row.height / 2
    color = (looks.SORTS if first.kept else looks.PALE)[first.sort]
    name = first.role
    if len(players) > 1:
        name = f"{copied_from(first.role) if first.kept else 'traffic'} × {len(players)}"
    words = looks.WORDS[first.sort]
    yield Words(shortened(name, 11.5, NAMES_PX - 14.0), axis.left - 10.0, middle + 4.0, 11.5, words, "end", True)
    yield line([(axis.left, middle), (axis.right, middle)], color, 1.0, opacity=0.35)
    for player in players:
        share = 0.95 if len(players) == 1 else max(0.95 / len(players), 0.16)
        for begins, ends, text, strong in _spells(player, scene):
            left, right = axis.x(max(begins, scene.begins_s)), axis.x(min(ends, scene.ends_s))
            if right - left < 1.0:
                continue
            bar = Box(left, row.top + 3.5, right - left, row.height - 7.0)
            opacity = share if strong else 0.3 * share
            yield Shape(bar.outline, color, looks.PAPER, 0.8, opacity=opacity, hint=f"{player.role}: {text}")
            if player is first and text_width(text, 10.0) + 8.0 < bar.width:
                pale = not strong or len(players) > 1
                yield Words(text, left + 5.0, middle + 3.6, 10.0, looks.INK if pale else looks.PAPER)
    for player in players:
        yield from _instants(player, axis, row)


def _instants(player: Player, axis: Axis, row: Box) -> Iterator[Mark]:
    middle = row.top + row.height / 2
    if player.reveal_s is not None:
        x = axis.x(player.reveal_s)
        yield line([(x, row.top + 1.0), (x, row.bottom - 1.0)], looks.SIGHT, 2.2)
        hint = f"{player.role} in sight at {player.reveal_s:.2f} s"
        yield circle(x, middle, 4.2, looks.PAPER, looks.SIGHT, 2.0, hint)
    for door in player.doors:
        x = axis.x(door.opens_s)
        yield line([(x, row.top + 1.0), (x, row.bottom - 1.0)], looks.INK, 2.2)
        yield Words("opens door", x + 5.0, middle + 3.6, 10.0, looks.INK, halo=looks.PAPER)
    if player.touch_s is not None:
        hint = f"{player.role}, impact at {player.touch_s:.2f} s"
        yield star(axis.x(player.touch_s), middle, 8.0, looks.STAR, looks.INK, hint)
    elif player.near is not None:
        hint = f"{player.role}, {player.near.gap_m:.2f} m away at {player.near.time_s:.2f} s"
        yield diamond(axis.x(player.near.time_s), middle, 5.5, looks.PAPER, looks.NEAR, hint)


def _spells(player: Player, scene: Scene) -> Iterator[tuple[float, float, str, bool]]:
    """From when to when, what, and whether it moves then."""
    if player is scene.ego:
        braked = scene.braked_s
        until = scene.ends_s if braked is None else braked
        yield scene.begins_s, until, _speeds(scene), True
        if braked is not None:
            yield braked, scene.ends_s, "brakes", True
        return
    for step in player.steps:
        ends = scene.ends_s if step.ends_s is None else step.ends_s
        yield step.begins_s, ends, FILE_WORDS.get(step.verb, step.verb).replace("_", " "), step.verb not in IDLE


def _speeds(scene: Scene) -> str:
    kmph = [point.speed_mps * KMPH for point in scene.plan.ego.speed]
    low, high = min(kmph), max(kmph)
    return f"drives {high:.0f} km/h" if high - low < 0.5 else f"drives {low:.0f} to {high:.0f} km/h"
