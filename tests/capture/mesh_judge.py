"""The built-in bodies as judges of a reveal: from when on does a drawn actor stick out beside what is drawn before it?

Without a simulator and without ``simgen.motion``'s profiles: triangles of both bodies, drawn as masks of the label
camera.
"""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from simgen.localsim import bodies
from simgen.motion.rehearsal import Rehearsal
from tests.capture.meet_judge import Box, Camera, Track, in_axes_of

Floats = NDArray[np.float64]

FINER = 4                   # drawn pixels a side in one picture's: masks are exact to an eighth of a pixel


def drawn(blueprint: str, size_lwh_m: tuple[float, float, float], travelled_m: float, speed_mps: float) -> Floats:
    """(N, 3, 3) corners of the triangles of a body in the phase it would be shown in."""
    mesh = bodies.body_mesh(blueprint, size_lwh_m, bodies.gait_phase(blueprint, travelled_m, speed_mps))
    return np.asarray(mesh.positions[mesh.triangles], np.float64)


def mask(triangles_m: Floats, row: Floats, ego: Floats, camera: Camera, focal_px: float, shape: tuple[int, int],
         middle_px: tuple[float, float]) -> NDArray[np.bool_]:
    """(H, W) which pixels a body (N, 3, 3) at a pose (4,) covers for the camera on the ego at a pose (4,)."""
    c, s = np.cos(row[3]), np.sin(row[3])
    points = triangles_m.reshape(-1, 3) @ np.array([[c, s, 0.0], [-s, c, 0.0], [0.0, 0.0, 1.0]]) + row[:3]
    seen = in_axes_of(ego[None], points[None])[0] - (camera.x_m, camera.y_m, camera.z_m)
    seen = seen.reshape(-1, 3, 3)
    seen = seen[(seen[..., 0] > 0.5).all(axis=1)]
    across = middle_px[0] - focal_px * seen[..., 1] / seen[..., 0]
    down = middle_px[1] - focal_px * seen[..., 2] / seen[..., 0]
    fixed = np.round((np.stack([across, down], axis=-1) * FINER) * 16).astype(np.int32)
    canvas = np.zeros((shape[0] * FINER, shape[1] * FINER), np.uint8)
    for triangle in fixed:
        cv2.fillConvexPoly(canvas, triangle, 1, cv2.LINE_8, 4)
    return canvas[FINER // 2::FINER, FINER // 2::FINER] > 0


FOCAL_PX, SHAPE, MIDDLE_PX = 360.77, (187, 621), (310.0, 86.0)      # of ``first_pixels.small_rig``


def pixels_at(played: Rehearsal, when_s: float) -> int:
    """How many pixels of the "crosser" stick out beside the "occluder" so long after the asked reveal."""
    plan, camera = played.stage.plan, played.stage.camera
    actors = {actor.role: actor for actor in plan.actors}
    crosser, meet = actors["crosser"], actors["crosser"].meet
    assert meet is not None and meet.reveal_s is not None
    now = np.array([meet.time_s - meet.reveal_s + when_s])
    tracks = {role: Track(rows, Box(0.0, 0.0, 0.0)) for role, rows in played.tracks.items()}
    rows = {role: track.at(played.times_s, now)[0] for role, track in tracks.items()}
    steps_m = np.hypot(*np.diff(played.tracks["crosser"][:, :2], axis=0).T)
    travelled_m = float(np.interp(now[0], played.times_s, np.concatenate([[0.0], np.cumsum(steps_m)])))
    eye = Camera(camera.x_m, camera.y_m, camera.z_m, camera.left_rad, camera.right_rad)
    masks = []
    for role, way_m, speed in (("crosser", travelled_m, crosser.program[0].speed_mps or 0.0), ("occluder", 0.0, 0.0)):
        name = actors[role].blueprint or f"walker.animal.{actors[role].species}"
        body = drawn(name, actors[role].size_lwh_m, way_m, speed)
        masks.append(mask(body, rows[role], rows["ego"], eye, FOCAL_PX, SHAPE, MIDDLE_PX))
    return int(np.count_nonzero(masks[0] & ~masks[1]))
