"""The scene from above: the road, everybody's true-size rectangle, and paths with times."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from simgen.motion.road import RoadDrawing
from simgen.report.preview import looks
from simgen.report.preview.bodies import body_color, body_shapes
from simgen.report.preview.instants import contacts, door_movers, ghosts, open_doors
from simgen.report.preview.marks import Anchor, Box, Layer, Mark, Mover, Room, Shape, Words, circle, line
from simgen.report.preview.scene import CROWD, Player, Scene, copied_from
from simgen.report.preview.view import View

Floats = NDArray[np.float64]

TICK_S = 0.5
STRIPE_M = 0.5              # of a crosswalk, and between two
SMALL_PX = 9.0              # bodies shorter than this are circled, so that nobody overlooks them
PATH_PX = 2.0
NAME_SIZE, TICK_SIZE = 12.0, 10.0


def draw_above(scene: Scene, view: View) -> list[Layer]:
    """Ground, road, traces, then whoever moves, then words; cut off at the view's box."""
    room = Room(view.box.inset(3.0))
    road = tuple(_road(scene.road.drawing(view.centre, view.radius_m + 5.0), view))
    scale = tuple(_scale_bar(view, room))
    movers = tuple(
        mover for player in reversed(scene.players) for mover in (*door_movers(player, view), _mover(player, view)))
    for player in scene.players:
        room.keep(_bounds(view.pixels(player.corners(0.0))))
    traces: list[Mark] = []
    for player in reversed(scene.players):
        traces += _path(player, scene, view)
    instants = (*ghosts(scene, view), *open_doors(scene, view, room))
    stars = tuple(contacts(scene, view, room))
    names = tuple(_names(scene, view, room))
    ticks = tuple(_ticks(scene, view, room))
    return [
        Layer((Shape(view.box.outline, looks.GROUND), *road), clip=view.box),
        Layer(tuple(traces), movers, view.box),
        Layer((*instants, *ticks, *stars, *names, *scale), clip=view.box),
        Layer((Shape(view.box.outline, None, looks.EDGE, 1.0),)),
    ]


# The road

def _road(drawing: RoadDrawing, view: View) -> Iterator[Mark]:
    for polygons, color in (
        (drawing.pavements, looks.PAVEMENT), (drawing.shoulders, looks.SHOULDER), (drawing.parking, looks.PARKING),
        (drawing.driving, looks.ROAD),
    ):
        for polygon in polygons:
            yield Shape(view.pixels(polygon), color, color, 0.6)
    for polygon in drawing.parking:
        yield Shape(view.pixels(polygon), None, looks.EDGE, 0.6, (3.0, 3.0))
    for ring in drawing.crosswalks:
        for stripe in stripes(ring):
            yield Shape(view.pixels(stripe), looks.PAINT, opacity=0.9)
    width = max(1.2, 0.14 * view.scale)
    for marking in drawing.markings:
        yield line(view.pixels(marking), looks.PAINT, width)


def stripes(ring: Floats) -> list[Floats]:
    """The white bars (4, 2) of a crosswalk whose outline is ``ring`` (N, 2), across its longer side."""
    sides = np.diff(np.concatenate([ring, ring[:1]]), axis=0)
    longest = sides[np.hypot(*sides.T).argmax()]
    along = longest / np.hypot(*longest)
    axes = np.column_stack([along, [-along[1], along[0]]])
    local = ring @ axes
    low, high = local.min(axis=0), local.max(axis=0)
    starts = np.arange(low[0], high[0] - STRIPE_M / 2, 2 * STRIPE_M)
    return [
        np.array([(x, low[1]), (x + STRIPE_M, low[1]), (x + STRIPE_M, high[1]), (x, high[1])]) @ axes.T for x in starts
    ]


def _scale_bar(view: View, room: Room) -> Iterator[Mark]:
    length = next(m for m in (50.0, 20.0, 10.0, 5.0, 2.0, 1.0) if m * view.scale <= 0.22 * view.box.width or m == 1.0)
    right, y = view.box.right - 14.0, view.box.bottom - 12.0
    left = right - length * view.scale
    panel = Box(left - 8.0, y - 20.0, right - left + 16.0, 28.0)
    room.keep(panel)
    yield Shape(panel.outline, looks.PAPER, opacity=0.85)
    yield line([(left, y - 5.0), (left, y), (right, y), (right, y - 5.0)], looks.INK, 1.6)
    yield Words(f"{length:g} m", (left + right) / 2, y - 6.0, 11.0, looks.INK, "middle")


# Those on it

def _mover(player: Player, view: View) -> Mover:
    track = player.track
    yaw = np.unwrap(track[:, 3])
    poses = np.column_stack([view.pixels(track[:, :2]), view.turn(0.0) - yaw])
    shapes = body_shapes(player, view.scale, body_color(player))
    if player.body.length_m * view.scale < SMALL_PX and player.kept:
        middle = player.body.centre_x_m * view.scale
        shapes = (circle(middle, 0.0, SMALL_PX * 0.85, None, body_color(player), 1.4), *shapes)
    return Mover(f"{player.role}: {player.what}", shapes, player.times_s, poses)


def _path(player: Player, scene: Scene, view: View) -> list[Mark]:
    """Dotted during the warm-up, then a line to the end."""
    if not player.moves:
        return []
    times = player.times_s
    middles = player.track[:, :2] + player.body.centre_x_m * np.column_stack(
        [np.cos(player.track[:, 3]), np.sin(player.track[:, 3])])
    points, color = view.pixels(middles), body_color(player)
    marks: list[Mark] = []
    first = int(np.searchsorted(times, 0.0))
    if first > 0:
        marks.append(line(points[: first + 1], color, PATH_PX * 0.8, (1.5, 4.0), 0.8))
    told = scene.telling_s()
    last = len(times) - 1 if told is None or not player.kept else min(int(np.searchsorted(times, told)), len(times) - 1)
    if last > first:
        marks.append(line(points[first : last + 1], color, PATH_PX, opacity=0.9 if player.kept else 0.5))
    if last < len(times) - 1:
        marks.append(line(points[last:], color, PATH_PX * 0.6, opacity=0.45))
    return marks


def _ticks(scene: Scene, view: View, room: Room) -> Iterator[Mark]:
    """Where everybody is every half second, with the time where there is room for it."""
    sizes = Counter(copied_from(player.role) for player in scene.players if player.kept)
    told: set[str] = set()
    for player in scene.players:
        if not player.moves or not player.kept:
            continue
        group = copied_from(player.role)
        silent = sizes[group] >= CROWD and group in told
        told.add(group)
        for time_s in np.arange(TICK_S, scene.ends_s + 1e-6, TICK_S):
            x, y = view.pixels(player.middle(float(time_s)))
            if not view.box.holds(x, y):
                continue
            color = body_color(player)
            yield circle(x, y, 2.6, looks.PAPER, color, 1.3, hint=f"{player.role} at {time_s:.1f} s")
            if silent:
                continue
            placed = room.place(_tick_words(f"{time_s:.1f} s", x, y, player, float(time_s), view))
            if placed is not None:
                yield placed


def _tick_words(text: str, x: float, y: float, player: Player, time_s: float, view: View) -> list[Words]:
    turn = view.turn(player.place(time_s).yaw_rad)
    across = abs(math.sin(turn)) > 0.7
    offsets: list[tuple[float, float, Anchor]] = [(0.0, 15.0, "middle"), (0.0, -8.0, "middle")]
    if across:
        offsets = [(7.0, 3.5, "start"), (-7.0, 3.5, "end")]
    color = looks.WORDS[player.sort]
    return [Words(text, x + dx, y + dy, TICK_SIZE, color, anchor, halo=looks.PAPER) for dx, dy, anchor in offsets]


# Names

def _names(scene: Scene, view: View, room: Room) -> Iterator[Mark]:
    outside: list[Player] = []
    sizes = Counter(copied_from(player.role) for player in scene.players if player.kept)
    named: set[str] = set()
    for player in scene.players:
        corners = view.pixels(player.corners(0.0))
        x, y = corners.mean(axis=0)
        if not view.box.holds(x, y):
            outside.append(player)
            continue
        if not player.kept:
            continue
        group, name = copied_from(player.role), player.role
        if sizes[group] >= CROWD:
            name = f"{group} × {sizes[group]}"
            if group in named:
                continue
        bounds = _bounds(corners)
        spots: list[tuple[float, float, Anchor]] = [
            (x, bounds.top - 5.0, "middle"), (x, bounds.bottom + 13.0, "middle"),
            (bounds.right + 6.0, y + 4.0, "start"), (bounds.left - 6.0, y + 4.0, "end"),
            (bounds.left, bounds.top - 18.0, "start"), (bounds.left, bounds.bottom + 26.0, "start"),
        ]
        placed = room.place([
            Words(name, at_x, at_y, NAME_SIZE, looks.WORDS[player.sort], anchor, True, looks.PAPER)
            for at_x, at_y, anchor in spots
        ])
        if placed is not None:
            named.add(group)
            yield placed
    for player in outside:
        if player.kept:
            yield from _beyond(player, scene, view, room)


def _beyond(player: Player, scene: Scene, view: View, room: Room) -> Iterator[Mark]:
    """An arrow at the border towards somebody who begins outside."""
    x, y = view.pixels(player.middle(0.0))
    box = view.box.inset(12.0)
    at_x, at_y = min(max(x, box.left), box.right), min(max(y, box.top + 4.0), box.bottom - 4.0)
    turn = math.atan2(y - at_y, x - at_x) if (x, y) != (at_x, at_y) else 0.0
    c, s = math.cos(turn), math.sin(turn)
    tip = np.array([(8.0, 0.0), (-3.0, 5.0), (-3.0, -5.0)]) @ np.array([[c, s], [-s, c]]) + (at_x, at_y)
    away = float(np.hypot(*(player.middle(0.0) - scene.ego.middle(0.0))))
    text, right = f"{player.role}, {away:.0f} m", at_x > view.box.left + view.box.width / 2
    anchor: Anchor = "end" if right else "start"
    aside = -8.0 if right else 8.0
    placed = room.place([
        Words(text, at_x + aside, at_y + dy, 11.0, looks.WORDS[player.sort], anchor, True, looks.PAPER)
        for dy in (4.0, -10.0, 18.0, -24.0, 32.0, -38.0, 46.0)
    ])
    if placed is not None:
        yield Shape(tip + np.array([0.0, placed.y - 4.0 - at_y]), body_color(player))
        yield placed


def _bounds(points: Floats) -> Box:
    low, high = points.min(axis=0), points.max(axis=0)
    return Box(float(low[0]), float(low[1]), float(high[0] - low[0]), float(high[1] - low[1]))
