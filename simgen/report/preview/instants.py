"""What happens at an instant, drawn from above: reveals with the line of sight, impacts, near misses, opening doors."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from simgen.motion.doors import SWING_S, Door
from simgen.motion.outline import corners_m
from simgen.motion.road import Place
from simgen.report.preview import looks
from simgen.report.preview.bodies import body_color, body_shapes
from simgen.report.preview.marks import Box, Mark, Mover, Room, Shape, Words, circle, diamond, line, star
from simgen.report.preview.scene import Player, Scene
from simgen.report.preview.view import View

Floats = NDArray[np.float64]

REVEAL_DASH, NEAR_DASH, LAST_DASH, SIGHT_DASH = (3.0, 2.5), (6.0, 1.5), (1.5, 2.0), (7.0, 3.0)
ARC_DASH = (2.0, 2.0)
STAR_PX, NEAR_PX = 9.0, 5.5
GAP_SIZE = 11.0
DOOR_STEPS = 21             # in which its swing is drawn


def ghosts(scene: Scene, view: View) -> Iterator[Mark]:
    """Rectangles at the reveals, impacts and near misses (at the last frame where there are none), and lines of
    sight."""
    for player in scene.players[1:]:
        if player.reveal_s is not None:
            for one in (scene.ego, player):
                yield from _outline(one, player.reveal_s, view, REVEAL_DASH)
            sight = scene.first_sight(player)
            if sight is not None:
                ends = view.pixels(np.array(sight))
                yield line(ends, looks.SIGHT, 1.4, SIGHT_DASH)
                for x, y in ends:
                    yield circle(x, y, 2.6, looks.SIGHT)
        at_s, dash = (player.touch_s, ()) if player.near is None else (player.near.time_s, NEAR_DASH)
        if at_s is not None:
            for one in (scene.ego, player):
                yield from _outline(one, at_s, view, dash)
    if scene.uneventful:
        for player in scene.players:
            if player.kept and player.moves:
                yield from _outline(player, scene.ends_s, view, LAST_DASH)


def contacts(scene: Scene, view: View, room: Room) -> Iterator[Mark]:
    """Where somebody is hit, and how near the others came."""
    for player in scene.players[1:]:
        point_m = scene.impact_point(player)
        if point_m is not None:
            x, y = view.pixels(point_m)
            room.keep(Box(x - 9.0, y - 9.0, 18.0, 18.0))
            yield star(x, y, STAR_PX, looks.STAR, looks.INK, f"impact at {player.touch_s:.2f} s")
        if player.near is not None:
            yield from _gap(player, view, room)


def _gap(player: Player, view: View, room: Room) -> Iterator[Mark]:
    near = player.near
    assert near is not None
    ends = view.pixels(np.stack([near.ego_point, near.its_point]))
    x, y = ends.mean(axis=0)
    yield line(ends, looks.NEAR, 2.2)
    hint = f"near miss: {player.role} passes {near.gap_m:.2f} m away at {near.time_s:.2f} s"
    yield diamond(x, y, NEAR_PX, looks.PAPER, looks.NEAR, hint)
    room.keep(Box(x - 7.0, y - 7.0, 14.0, 14.0))
    text, size = f"{near.gap_m:.2g} m", GAP_SIZE
    placed = room.place([
        Words(text, x + dx, y + dy, size, looks.NEAR, "start" if dx > 0 else "end", True, looks.PAPER)
        for dx, dy in ((10.0, -6.0), (10.0, 14.0), (-10.0, -6.0), (-10.0, 14.0), (10.0, -20.0), (10.0, 28.0))
    ])
    if placed is not None:
        yield placed


def _outline(player: Player, time_s: float, view: View, dash: tuple[float, ...]) -> list[Shape]:
    """Where a body was, or will be."""
    place = player.place(time_s)
    x, y = view.pixels(place.xy_m)
    pose = np.array([[x, y, view.turn(place.yaw_rad)]])
    ghost = Mover("", body_shapes(player, view.scale, None), np.array([0.0]), pose)
    hint = f"{player.role} at {time_s:.2f} s"
    return [
        Shape(s.points, looks.PAPER if s.stroke else s.fill, s.stroke, s.width, dash, 0.45 if s.stroke else s.opacity,
              hint=hint)
        for s in ghost.at(0.0)
    ]


# Doors

def open_doors(scene: Scene, view: View, room: Room) -> Iterator[Mark]:
    """As they stand once open, the way of their free ends, and when they begin to open."""
    for player in scene.players:
        for door in player.doors:
            time_s = min(door.opens_s + SWING_S, scene.ends_s)
            color = body_color(player)
            outline = view.pixels(corners_m(door.place(player.place(time_s), time_s), door.leaf))
            if door.stands_out:
                yield line(view.pixels(_arc_m(door, player.place(time_s))), color, 1.2, ARC_DASH)
            hint = f"{player.role}: {door.name.replace('_', ' ')} door opens at {door.opens_s:.2f} s"
            yield Shape(outline, color, looks.PAPER, 0.8, hint=hint)
            x, y = outline.mean(axis=0)
            words = f"opens {door.opens_s:.1f} s".replace("-", "−")
            placed = room.place([
                Words(words, x + dx, y + dy, GAP_SIZE, looks.WORDS[player.sort], "start" if dx > 0 else "end", True,
                      looks.PAPER)
                for dx, dy in ((8.0, -6.0), (-8.0, -6.0), (8.0, 14.0), (-8.0, 14.0), (8.0, -20.0), (-8.0, -20.0))
            ])
            if placed is not None:
                yield placed


def door_movers(player: Player, view: View) -> Iterator[Mover]:
    """The same for pages in which time passes: shut at first, then swinging."""
    for door in player.doors:
        swing_s = door.opens_s + SWING_S * np.linspace(0.0, 1.0, DOOR_STEPS)
        last_s = float(player.times_s[-1])
        times = np.unique(np.concatenate([player.times_s, swing_s[swing_s <= last_s]]))
        poses = np.array([_hinge_pose(player, door, float(time_s), view) for time_s in times])
        shut = corners_m(Place(0.0, 0.0, 0.0, 0.0), door.leaf) * (view.scale, -view.scale)
        shape = Shape(shut, body_color(player), looks.PAPER, 0.8)
        yield Mover(f"{player.role}: {door.name.replace('_', ' ')} door", (shape,), times, poses, in_stills=False)


def _hinge_pose(player: Player, door: Door, time_s: float, view: View) -> tuple[float, float, float]:
    """x, y in pixels, and clockwise how far the door is turned."""
    hinge = door.place(player.place(time_s), time_s)
    x, y = view.pixels(hinge.xy_m)
    return float(x), float(y), view.turn(hinge.yaw_rad)


def _arc_m(door: Door, car: Place) -> Floats:
    """(N, 2) the way of its free end, on a car that stands there."""
    times = door.opens_s + SWING_S * np.linspace(0.0, 1.0, DOOR_STEPS)
    return np.array([door.place(car, float(time_s)).shifted(-door.leaf.length_m).xy_m for time_s in times])
