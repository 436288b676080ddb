"""Who is in the ego's line of sight: from its camera to a body's outline, past everything that stands between."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from sensors.rig import Rig
from simgen.motion.bodies import Body

Floats = NDArray[np.float64]

_PER_EDGE = 4
_SHARES = np.arange(_PER_EDGE) / _PER_EDGE * 2.0 - 1.0
_UNIT_OUTLINE = np.concatenate([
    np.stack([-_SHARES, np.ones(_PER_EDGE)], axis=1), np.stack([-np.ones(_PER_EDGE), -_SHARES], axis=1),
    np.stack([_SHARES, -np.ones(_PER_EDGE)], axis=1), np.stack([np.ones(_PER_EDGE), _SHARES], axis=1),
])


@dataclass(frozen=True, slots=True)
class CameraView:
    """A camera on the ego that looks ahead.

    x_m, y_m, z_m: in the ego's own axes, from its origin on the ground. left_rad, right_rad: how far its picture
    reaches to each side of straight ahead; both positive unless it is turned away.
    """

    x_m: float
    y_m: float
    z_m: float
    left_rad: float
    right_rad: float

    @classmethod
    def of_rig(cls, rig: Rig, rear_axle_x_m: float) -> CameraView:
        """The rig's label camera, the rig standing so far ahead of the ego's origin (negative: behind)."""
        camera = rig.label_camera
        x, y, z = (float(value) for value in camera.rig_from_camera.translation_m)
        lens, yaw_rad = camera.intrinsics, camera.rig_from_camera.yaw_rad
        return cls(
            x + rear_axle_x_m, y, z,
            left_rad=math.atan((lens.cx + 0.5) / lens.f) + yaw_rad,
            right_rad=math.atan((lens.width - 0.5 - lens.cx) / lens.f) - yaw_rad,
        )


def sizes_of(*bodies: Body) -> Floats:
    """(B, 4) half length, half width, height, centre_x_m."""
    return np.array([(b.length_m / 2, b.width_m / 2, b.height_m, b.centre_x_m) for b in bodies])


def outline_m(poses: Floats, sizes: Floats) -> Floats:
    """(T, P, 2) points round the ground rectangles of bodies for origin poses (T, 4) of x, y, z, yaw and ``sizes_of``
    (T or 1, 4): the corners, and 3 points on each side, for sight through gaps between others."""
    local = _UNIT_OUTLINE * sizes[:, None, :2]
    x_local, y_local = local[..., 0] + sizes[:, 3, None], local[..., 1]
    c, s = np.cos(poses[:, 3, None]), np.sin(poses[:, 3, None])
    points = np.empty((len(poses), len(_UNIT_OUTLINE), 2))
    points[..., 0] = poses[:, 0, None] + c * x_local - s * y_local
    points[..., 1] = poses[:, 1, None] + s * x_local + c * y_local
    return points


def profiles_of(*bodies: Body) -> Floats:
    """(B, S, 4) the blocks of bodies' profiles, in metres from their origins: centre x, half length, half width, top.
    Bodies of fewer blocks than others repeat their last."""
    most = max(len(b.profile) for b in bodies)
    shares = np.array([(*b.profile, *[b.profile[-1]] * (most - len(b.profile))) for b in bodies])
    rear, front, half_width, top = np.moveaxis(shares, -1, 0)
    length, width, height, centre = np.array([(b.length_m, b.width_m, b.height_m, b.centre_x_m) for b in bodies]).T
    return np.stack([
        centre[:, None] + (rear + front) / 2 * length[:, None], (front - rear) / 2 * length[:, None],
        half_width * width[:, None], top * height[:, None],
    ], axis=-1)


def screens_of(poses: Floats, profiles: Floats) -> Floats:
    """What hides others, from origin poses (..., 4) and ``profiles_of`` (..., S, 4): (..., S, 6) centre x, y, yaw, half
    length, half width, height of the top above the map's zero."""
    poses = poses[..., None, :]
    yaw = poses[..., 3]
    screens = np.empty((*np.broadcast_shapes(yaw.shape, profiles.shape[:-1]), 6))
    screens[..., 0] = poses[..., 0] + profiles[..., 0] * np.cos(yaw)
    screens[..., 1] = poses[..., 1] + profiles[..., 0] * np.sin(yaw)
    screens[..., 2] = yaw
    screens[..., 3:5] = profiles[..., 1:3]
    screens[..., 5] = poses[..., 2] + profiles[..., 3]
    return screens


def in_sight(view: CameraView, ego: Floats, target: Floats, profiles: Floats, screens: Floats) -> NDArray[np.bool_]:
    """(T,) of T pairs of ego and target, in which some part of the target is in the camera's field of view with
    nothing in between.

    Args:
        ego:      (T, 4) or (1, 4) poses x, y, z, yaw of its origin, on the ground.
        target:   (T, 4) likewise. profiles: (T, S, 4) or (1, S, 4) of ``profiles_of``.
        screens:  (T, K, 6) or (1, K, 6) of ``screens_of``; they reach down to the ground.

    Looked at are points round the top edges of the target's blocks; as screens reach down to the ground, no point below
    them is seen where they are not. A point is hidden where the ray to it passes a screen below that screen's top, so a
    grown-up looks over the bonnet that hides a child's legs.
    """
    c, s = np.cos(ego[:, 3]), np.sin(ego[:, 3])
    eye = np.stack([ego[:, 0] + c * view.x_m - s * view.y_m, ego[:, 1] + s * view.x_m + c * view.y_m], axis=1)
    eye_z = ego[:, 2] + view.z_m
    points, tops = top_edges(target, profiles)
    ray = points - eye[:, None, :]
    forward = ray[..., 0] * c[:, None] + ray[..., 1] * s[:, None]
    left = ray[..., 1] * c[:, None] - ray[..., 0] * s[:, None]
    bearing = np.arctan2(left, forward)
    free = (bearing <= view.left_rad) & (bearing >= -view.right_rad)
    if screens.shape[1]:
        free &= ~_blocked(eye, eye_z, ray, tops, screens).any(axis=2)
    return np.asarray(free.any(axis=1))


def top_edges(poses: Floats, profiles: Floats) -> tuple[Floats, Floats]:
    """Points (T, P, 2) round the blocks of bodies at origin poses (T, 4), and the heights (T, P) of the tops."""
    local = _UNIT_OUTLINE * profiles[:, :, None, 1:3]
    local[..., 0] += profiles[:, :, None, 0]
    local = local.reshape(len(profiles), -1, 2)
    c, s = np.cos(poses[:, 3, None]), np.sin(poses[:, 3, None])
    points = np.empty((len(poses), local.shape[1], 2))
    points[..., 0] = poses[:, 0, None] + c * local[..., 0] - s * local[..., 1]
    points[..., 1] = poses[:, 1, None] + s * local[..., 0] + c * local[..., 1]
    return points, poses[:, 2, None] + np.repeat(profiles[..., 3], len(_UNIT_OUTLINE), axis=1)


def _blocked(eye: Floats, eye_z: Floats, ray: Floats, point_z: Floats, screens: Floats) -> NDArray[np.bool_]:
    """(T, P, K) does the ray from eye (T, 2) to a point (T, P) at a height (T, P) pass screen k below its top?

    Slabs in the screen's own axes (Kay and Kajiya, SIGGRAPH 1986), between the two ends of the ray.
    """
    c, s = np.cos(screens[..., 2]), np.sin(screens[..., 2])                           # (T, K)
    to = eye[:, None, :] - screens[..., :2]
    starts = (to[..., 0] * c + to[..., 1] * s)[:, None], (to[..., 1] * c - to[..., 0] * s)[:, None]
    c, s = c[:, None, :], s[:, None, :]
    x, y = ray[..., 0, None], ray[..., 1, None]                                       # (T, P, 1)
    enters, leaves = np.zeros(1), np.ones(1)
    for start, step, half in zip(starts, (x * c + y * s, y * c - x * s), (3, 4), strict=True):
        step = np.where(np.abs(step) < 1e-12, 1e-12, step)
        middle, reach = -start / step, np.abs(screens[:, None, :, half] / step)
        enters, leaves = np.maximum(enters, middle - reach), np.minimum(leaves, middle + reach)
    rise = (point_z - eye_z[:, None])[..., None]
    lowest = eye_z[:, None, None] + np.minimum(enters * rise, leaves * rise)
    return np.asarray((leaves - enters > 1e-9) & (lowest < screens[:, None, :, 5]))
