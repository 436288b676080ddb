"""How large those whom an episode is about stand in the picture, told by its rehearsal."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from sensors.pinhole import Intrinsics
from sensors.rig import load_rig
from simgen.motion.sight import CameraView, in_sight, profiles_of, screens_of
from simgen.report.preview.scene import Player, Scene, copied_from
from simgen.scenario.dimensions import main_actor

Floats = NDArray[np.float64]

AHEAD_M = 0.3           # of the camera; what is nearer is not in the picture


def most_prominent_frame(scene: Scene, frames: int) -> int | None:
    """Of the first so many frames, the first in which those whom the episode is about cover most of the picture.

    What is cut off by the picture's border counts less than its part inside, who is hidden does not count. None if
    nobody is ever in sight.
    """
    shares = np.zeros(frames)
    times = np.arange(frames) / scene.plan.capture.rate_hz
    ego = _poses(scene.ego, times)
    lens = load_rig(scene.plan.ego.rig).label_camera.intrinsics
    camera = scene.rehearsal.stage.camera
    for player in protagonists(scene):
        others = [other for other in scene.players[1:] if other is not player]
        there = _poses(player, times)
        seen = in_sight(camera, ego, there, profiles_of(player.body), _screens(others, times))
        shares += np.where(seen, picture_shares(camera, lens, ego, there, player), 0.0)
    return int(shares.argmax()) if shares.any() else None


def protagonists(scene: Scene) -> list[Player]:
    """All of the rare event; where nothing is said to be one, the episode's main actor with its like."""
    event = {actor.role for actor in scene.plan.actors if actor.event}
    main = main_actor(scene.plan)
    if not event and main is not None:
        event = {actor.role for actor in scene.plan.actors if copied_from(actor.role) == copied_from(main.role)}
    return [player for player in scene.players[1:] if player.role in event and player.kept]


def picture_shares(camera: CameraView, lens: Intrinsics, ego: Floats, there: Floats, player: Player) -> Floats:
    """(T,) the share of the picture that the rectangle round a body's projection covers, times the share of that
    rectangle that lies inside; poses (T, 4). 0 where a part of it is not ahead of the camera."""
    body = player.body
    half = np.array([body.length_m / 2, body.width_m / 2])
    local = np.array([(x, y) for x in (-1.0, 1.0) for y in (-1.0, 1.0)]) * half + (body.centre_x_m, 0.0)
    c, s = np.cos(there[:, 3, None]), np.sin(there[:, 3, None])
    x = there[:, 0, None] + c * local[:, 0] - s * local[:, 1] - ego[:, 0, None]           # (T, 4)
    y = there[:, 1, None] + s * local[:, 0] + c * local[:, 1] - ego[:, 1, None]
    c, s = np.cos(ego[:, 3, None]), np.sin(ego[:, 3, None])
    forward, left = x * c + y * s - camera.x_m, y * c - x * s - camera.y_m
    ahead = (forward > AHEAD_M).all(axis=1)
    depth = np.maximum(forward, AHEAD_M)
    foot = there[:, 2, None] - ego[:, 2, None] - camera.z_m
    across = lens.cx - lens.f * left / depth
    down = np.concatenate([lens.cy - lens.f * foot / depth, lens.cy - lens.f * (foot + body.height_m) / depth], axis=1)
    sides = [(across, lens.width), (down, lens.height)]
    whole = math.prod(np.ptp(pixels, axis=1) for pixels, _ in sides)
    inside = math.prod(
        np.maximum(np.minimum(pixels.max(axis=1), size) - np.maximum(pixels.min(axis=1), 0.0), 0.0)
        for pixels, size in sides)
    return np.where(ahead, inside * inside / whole / (lens.width * lens.height), 0.0)


def _poses(player: Player, times_s: Floats) -> Floats:
    """(T, 4) x, y, z, yaw at other times."""
    columns = [*player.track[:, :3].T, np.unwrap(player.track[:, 3])]
    return np.column_stack([np.interp(times_s, player.times_s, column) for column in columns])


def _screens(players: Sequence[Player], times_s: Floats) -> Floats:
    """(T, K, 6) what hides others."""
    if not players:
        return np.zeros((len(times_s), 0, 6))
    poses = np.stack([_poses(player, times_s) for player in players], axis=1)
    return screens_of(poses, profiles_of(*(player.body for player in players))).reshape(len(times_s), -1, 6)
