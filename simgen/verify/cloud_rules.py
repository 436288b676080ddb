"""Rules about sweeps alone: the form that readers rely on, and what a LiDAR on a car's roof can measure."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from simgen.verify.frames import FrameFiles
from simgen.verify.rules import Problem, Rule, count, rule
from simgen.verify.texts import numbers

ENOUGH_POINTS = 20_000
"""So many of a sweep's points show where it has gaps."""
WIDEST_GAP_DEG = 45
"""A full turn over any ground leaves no gap this wide; a sweep cut to the picture leaves 279 degrees."""
JUDGED_POINTS = 100
FARTHEST_M = 300.0
NEAREST_M = 0.1
OWN_CAR_M, OWN_CAR_POINTS = 0.8, 20
"""KITTI's sweeps begin at 1.5 m. Passers-by come as near as this only to a car that touches them."""
GROUND_Z_M = -1.73
GROUND_TOLERANCE_M = 0.3
ROAD_AHEAD_M = 2.0


@rule("cloud.form", "error", "a sweep is rows of four little-endian float32 numbers", needs=("sweep",))
def cloud_form(frame: FrameFiles) -> Iterator[Problem]:
    if frame.cloud_bytes == 0:
        yield Problem(frame.path("velodyne"), "the sweep is empty")
    elif frame.cloud_bytes is not None and frame.cloud_bytes % 16:
        yield Problem(frame.path("velodyne"), f"{frame.cloud_bytes} bytes are no multiple of 16")


@rule("cloud.finite", "error", "coordinates and reflectances are finite", needs=("points",))
def cloud_finite(frame: FrameFiles) -> Iterator[Problem]:
    if frame.cloud is not None and frame.finite_cloud is None:
        bad = int((~np.isfinite(frame.cloud)).any(axis=1).sum())
        yield Problem(frame.path("velodyne"), f"{count(bad, 'point')} not finite")


@rule("cloud.reflectance", "error", "reflectance lies in 0…1 and differs from point to point", needs=("points",))
def cloud_reflectance(frame: FrameFiles) -> Iterator[Problem]:
    cloud = frame.finite_cloud
    if cloud is None or not len(cloud):
        return
    low, high = cloud[:, 3].min(), cloud[:, 3].max()
    if low < 0 or high > 1:
        bad = int(((cloud[:, 3] < 0) | (cloud[:, 3] > 1)).sum())
        yield Problem(frame.path("velodyne"), f"{bad} points have a reflectance outside 0…1 ({low:g}…{high:g})")
    elif low == high and len(cloud) >= JUDGED_POINTS:
        yield Problem(
            frame.path("velodyne"), f"all {len(cloud)} points have the reflectance {low:g}", severity="warning"
        )


@rule(
    "cloud.range",
    "error",
    "no point lies at the origin, where missing returns would be, or beyond any LiDAR's reach",
    needs=("points",),
)
def cloud_range(frame: FrameFiles) -> Iterator[Problem]:
    cloud = frame.finite_cloud
    if cloud is None:
        return
    x, y, z = np.abs(cloud[:, 0]), np.abs(cloud[:, 1]), np.abs(cloud[:, 2])
    farthest = np.maximum(np.maximum(x, y), z)             # along one axis: cannot overflow, whatever the bytes are
    if near := int((farthest < NEAREST_M).sum()):
        yield Problem(frame.path("velodyne"), f"{count(near, 'point')} within {NEAREST_M} m of the origin")
    if far := int((farthest > FARTHEST_M).sum()):
        yield Problem(
            frame.path("velodyne"), f"{count(far, 'point')} beyond {FARTHEST_M:g} m (wrong unit, or float64?)"
        )


@rule("cloud.turn", "error", "a sweep is a full turn", needs=("points",))
def cloud_turn(frame: FrameFiles) -> Iterator[Problem]:
    cloud = frame.finite_cloud
    if cloud is None:
        return
    some = cloud[:: max(1, len(cloud) // ENOUGH_POINTS)]
    azimuth = np.degrees(np.arctan2(some[:, 1], some[:, 0]))
    seen = np.unique((azimuth + 180.0).astype(np.int16) % 360)               # whole degrees with a point in them
    gaps = np.diff(seen, append=seen[0] + 360) - 1
    if gaps.max() > WIDEST_GAP_DEG:
        start = int(seen[gaps.argmax()]) - 179
        yield Problem(
            frame.path("velodyne"),
            f"no point in {gaps.max()}° of the turn, from azimuth {start}° on (cut to the picture, or half a turn?)",
            # Toolkits' demonstration samples are cut to the picture; they train as well as whole ones.
            severity=None if frame.ours else "warning",
        )


@rule("cloud.own_car", "warning", "returns from the own car are left out", needs=("points",))
def cloud_own_car(frame: FrameFiles) -> Iterator[Problem]:
    cloud = frame.finite_cloud
    if cloud is None:
        return
    beside = (np.abs(cloud[:, 0]) < OWN_CAR_M) & (np.abs(cloud[:, 1]) < OWN_CAR_M)
    if frame.in_the_air is not None:                        # thick fog shines back from right before the LiDAR
        beside &= ~frame.in_the_air
    if (count := int(beside.sum())) > OWN_CAR_POINTS:
        yield Problem(
            frame.path("velodyne"), f"{count} points lie within {OWN_CAR_M:g} m of the LiDAR, where its own car is"
        )


@rule("cloud.ground", "warning", "a flat road ahead lies as far below the LiDAR as the car's wheels, 1.73 m on KITTI's",
      needs=("points",))
def cloud_ground(frame: FrameFiles) -> Iterator[Problem]:
    cloud = frame.finite_cloud
    if cloud is None:
        return
    is_ahead = (cloud[:, 0] > 4) & (cloud[:, 0] < 10) & (np.abs(cloud[:, 1]) < 1.5)
    if frame.in_the_air is not None:
        is_ahead &= ~frame.in_the_air
    ahead = cloud.T.compress(is_ahead, axis=1).T
    if len(ahead) < 50:
        return
    low, middle, high = np.percentile(ahead[:, 2], [10, 50, 90])
    near, far = np.percentile(ahead[:, 0], [10, 90])
    # Only where what lies ahead is one level surface, longer than a car's bonnet; otherwise something stands there.
    expected = _ground_z_m(frame)
    if far - near > ROAD_AHEAD_M and high - low < 0.2 and abs(middle - expected) > GROUND_TOLERANCE_M:
        yield Problem(
            frame.path("velodyne"),
            f"the level surface ahead is at z = {middle:.2f} m, expected {expected:.2f} m",
        )


def _ground_z_m(frame: FrameFiles) -> float:
    """Of the ground under the rear axle in LiDAR axes, by the side file's two poses of the ego; else KITTI's."""
    poses = [numbers((frame.ego or {}).get(name), 12) for name in ("world_from_camera_0", "world_from_rig")]
    if frame.lidar_rect is None or None in poses:
        return GROUND_Z_M
    camera, rig = (np.reshape(np.array(pose), (3, 4)) for pose in poses)
    lidar_in_world = camera[:, :3] @ frame.lidar_rect + camera[:, 3]
    return -float(rig[:, 2] @ (lidar_in_world - rig[:, 3]))


RULES: tuple[Rule[FrameFiles], ...] = (
    cloud_form,
    cloud_finite,
    cloud_reflectance,
    cloud_range,
    cloud_turn,
    cloud_own_car,
    cloud_ground,
)
