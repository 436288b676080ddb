"""What a rig saw of a body whose place is known, counted in its pictures and its sweep."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from sensors.boxes import Box3, project_box
from sensors.rig import CameraMount, LidarMount
from simgen.capture.probe_facts import Seen
from simgen.frame import CameraView, Sweep

# A walker's box is CARLA's collision capsule, narrower than its arms; a vehicle sinks into its springs.
MARGIN_M = 0.25
OFF_GROUND_M = 0.15            # what lies lower in a box is the road it stands on
FAR_M = 60.0                   # farther away a pixel covers too much for its depth to be compared


@dataclass(frozen=True, eq=False, slots=True)
class Standing:
    """An actor of ours, and where it stands in rig axes."""

    role: str
    blueprint: str
    actor_id: int
    box: Box3


def seen(body: Standing, view: CameraView, camera: CameraMount, sweep: Sweep, lidar: LidarMount) -> Seen:
    """Count one body. The view has depth, classes and numbers."""
    in_box = _inside(body.box, lidar.rig_from_lidar.apply(sweep.points_m))
    rows, columns = _pixels(body.box, view, camera)
    number, share, tag = None, 0.0, None
    if len(rows):
        assert view.instance_id is not None and view.tag is not None
        numbers, counts = np.unique(view.instance_id[rows, columns], return_counts=True)
        number, share = int(numbers[counts.argmax()]), float(counts.max() / len(rows))
        tag = int(np.bincount(view.tag[rows, columns]).argmax())
    return Seen(
        body.role, body.blueprint, body.actor_id, float(np.hypot(*body.box.frame_from_box.translation_m[:2])),
        int((sweep.simulator_id == body.actor_id).sum()), int(in_box.sum()), len(rows), number, share, tag,
    )


def _inside(box: Box3, points_m: NDArray[np.floating]) -> NDArray[np.bool_]:
    """(N,) which points are of what stands in the box, not of the ground below it."""
    high = points_m[:, 2] > box.bottom_centre()[2] + OFF_GROUND_M
    return np.asarray(box.contains(points_m, MARGIN_M) & high)


def _pixels(box: Box3, view: CameraView, camera: CameraMount) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """Rows and columns of the pixels whose surface lies in the box."""
    assert view.depth_m is not None
    nothing = np.zeros(0, np.intp)
    rectangle = project_box(box.transformed(camera.optical_from_rig), camera.intrinsics)
    if rectangle is None:
        return nothing, nothing
    lens = camera.intrinsics
    rows, columns = np.mgrid[
        max(0, int(rectangle.top)):max(0, min(lens.height, int(rectangle.bottom) + 2)),
        max(0, int(rectangle.left)):max(0, min(lens.width, int(rectangle.right) + 2)),
    ].reshape(2, -1)
    depth = view.depth_m[rows, columns].astype(np.float64)
    optical = np.column_stack([(columns - lens.cx) * depth / lens.f, (rows - lens.cy) * depth / lens.f, depth])
    inside = _inside(box, camera.optical_from_rig.inverse().apply(optical))
    return rows[inside], columns[inside]


def depth_minus_lidar_m(view: CameraView, camera: CameraMount, sweep: Sweep, lidar: LidarMount) -> float | None:
    """The middle of the distances between a sweep's points and the depth picture where they fall; None without any.

    The middle, because edges differ: a pixel there shows what is behind, and CARLA's LiDAR meets collision shapes.
    """
    assert view.depth_m is not None
    optical = (camera.optical_from_rig @ lidar.rig_from_lidar).apply(sweep.points_m)
    optical = optical[(optical[:, 2] > 1.0) & (optical[:, 2] < FAR_M)]
    lens = camera.intrinsics
    columns = np.rint(lens.f * optical[:, 0] / optical[:, 2] + lens.cx).astype(int)
    rows = np.rint(lens.f * optical[:, 1] / optical[:, 2] + lens.cy).astype(int)
    within = (columns >= 0) & (columns < lens.width) & (rows >= 0) & (rows < lens.height)
    if not within.any():
        return None
    off = np.abs(view.depth_m[rows[within], columns[within]] - optical[within, 2])
    return float(np.median(off))
