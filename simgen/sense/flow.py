"""How a picture's content moves during its exposure: the world past the camera, and actors over the ground."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from sensors.boxes import project_box
from sensors.camera.motion import image_motion
from sensors.camera.scene import CameraScene
from sensors.rigid import RigidTransform
from simgen.frame import Frame

_LIMBS_M = 0.3          # that legs and arms reach beyond a server's box


def image_flow(scene: CameraScene, frame: Frame, camera_from_world: RigidTransform) -> NDArray[np.float32]:
    """(H, W, 2) px/s right and down. Whose a pixel is, its place in the world says: inside an actor's box.

    Args:
        scene: of the frame's moment, without a flow of its own.
        camera_from_world: to the camera's optical axes.
    """
    still = image_motion(scene)
    flow = np.zeros((*scene.depth_m.shape, 2), np.float32) if still is None else still
    for actor in frame.actors:
        velocity = camera_from_world.rotate(actor.velocity_mps)
        if not velocity.any():
            continue
        box = actor.box.transformed(camera_from_world @ actor.world_from_actor)
        rectangle = project_box(box, scene.intrinsics)
        if rectangle is None:
            continue
        grown_px = _LIMBS_M * scene.intrinsics.f / max(float(box.frame_from_box.translation_m[2]), 1.0)
        rows = _span(rectangle.top - grown_px, rectangle.bottom + grown_px, scene.intrinsics.height)
        columns = _span(rectangle.left - grown_px, rectangle.right + grown_px, scene.intrinsics.width)
        z = scene.depth_m[rows, columns]
        v, u = np.mgrid[rows, columns]
        x, y = (u - scene.intrinsics.cx) / scene.intrinsics.f, (v - scene.intrinsics.cy) / scene.intrinsics.f
        points = np.stack([x * z, y * z, z], axis=-1)
        own = box.contains(points.reshape(-1, 3), _LIMBS_M).reshape(z.shape)
        moved = np.stack([velocity[0] - x * velocity[2], velocity[1] - y * velocity[2]], axis=-1)
        flow[rows, columns][own] += (scene.intrinsics.f * moved[own] / z[own, None]).astype(np.float32)
    return flow


def _span(low: float, high: float, size: int) -> slice:
    """Whole pixels from one place to another, as far as they are in the picture."""
    return slice(min(max(math.floor(low), 0), size), min(max(math.ceil(high) + 1, 0), size))
