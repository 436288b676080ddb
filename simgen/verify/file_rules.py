"""Rules about calibration files, pictures and sweeps: the form that readers rely on, and physical sense."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from simgen.verify.frames import CALIB_COUNTS, CALIB_KEYS, FrameFiles, number
from simgen.verify.rules import Problem, Rule, rule

ROTATION_TOLERANCE = 1e-4
"""KITTI's own rotations are orthonormal to about 1e-6; a matrix rounded to four decimals still passes."""

VELO_AXES_IN_CAMERA = np.array([[0.0, -1.0, 0.0], [0.0, 0.0, -1.0], [1.0, 0.0, 0.0]])
"""Velodyne axes (x forward, y left, z up) to camera axes (x right, y down, z forward), for ideal mounts."""

BASELINE_RANGE_M = (0.05, 2.0)
WIDEST_GAP_DEG = 45.0
"""A full turn over any ground leaves no gap this wide; a sweep cut to the picture leaves 279 degrees."""
FARTHEST_M = 300.0
NEAREST_M = 0.1
GROUND_Z_M = -1.73
GROUND_TOLERANCE_M = 0.3


@rule(
    "calib.lines",
    "error",
    "calib holds P0 P1 P2 P3 R0_rect Tr_velo_to_cam Tr_imu_to_velo in this order, as readers go by line",
)
def calib_lines(frame: FrameFiles) -> Iterator[Problem]:
    if frame.calib_text is None:
        return
    file = frame.path("calib")
    lines = [line for line in frame.calib_text.splitlines() if line.strip()]
    keys = tuple(line.partition(":")[0] for line in lines)
    if keys != CALIB_KEYS or frame.calib_text.startswith("\n"):
        yield Problem(file, f"the lines are {', '.join(keys) or 'missing'}; expected {', '.join(CALIB_KEYS)}")
        return
    for n, (line, key, count) in enumerate(zip(lines, CALIB_KEYS, CALIB_COUNTS, strict=True), 1):
        tokens = line.split(" ")[1:]
        bad = [token for token in tokens if number(token) is None]
        if not line.startswith(f"{key}: ") or len(tokens) != count or bad:
            yield Problem(
                f"{file}:{n}",
                f"expected '{key}: ' and {count} finite numbers with single spaces, got {len(tokens)}"
                + (f" of which '{bad[0]}' is no number" if bad else ""),
            )


@rule("calib.rotation", "error", "rotations in calib are orthonormal with determinant +1")
def calib_rotation(frame: FrameFiles) -> Iterator[Problem]:
    if frame.calib is None:
        return
    rotations = {
        "R0_rect": frame.calib.rectification,
        "Tr_velo_to_cam": frame.calib.camera_from_velo[:, :3],
        "Tr_imu_to_velo": frame.calib.velo_from_imu[:, :3],
    }
    for name, rotation in rotations.items():
        error = float(np.abs(rotation @ rotation.T - np.eye(3)).max())
        if error > ROTATION_TOLERANCE:
            yield Problem(frame.path("calib"), f"{name} is not orthonormal: R·Rᵀ differs from 1 by {error:.2g}")
        elif np.linalg.det(rotation) < 0:
            yield Problem(frame.path("calib"), f"{name} is a reflection (left-handed axes left in?)")


@rule("calib.axes", "error", "Tr_velo_to_cam takes Velodyne forward to camera forward, left to −x and up to −y")
def calib_axes(frame: FrameFiles) -> Iterator[Problem]:
    if frame.calib is None:
        return
    rotation = frame.calib.rectification @ frame.calib.camera_from_velo[:, :3]
    # The cosine of the angle between the rotation found and the ideal one; no mount is off by 15 degrees.
    cosine = (float(np.trace(rotation @ VELO_AXES_IN_CAMERA.T)) - 1.0) / 2.0
    if cosine < np.cos(np.radians(15.0)):
        turned = np.degrees(np.arccos(np.clip(cosine, -1.0, 1.0)))
        yield Problem(
            frame.path("calib"),
            f"R0_rect · Tr_velo_to_cam is turned by {turned:.0f}° from forward-looking axes (transposed or inverted?)",
        )


@rule(
    "calib.projection",
    "error",
    "P0…P3 share one camera matrix with fx = fy and no skew, and P0 has no offset",
)
def calib_projection(frame: FrameFiles) -> Iterator[Problem]:
    if frame.calib is None:
        return
    file, p = frame.path("calib"), frame.calib.projections
    k = p[2, :, :3]
    if not np.allclose(p[:, :, :3], k, rtol=1e-6, atol=1e-6):
        yield Problem(file, "the left 3×3 blocks of P0, P1, P2 and P3 differ")
    if (
        abs(k[0, 0] - k[1, 1]) > 1e-3
        or k[0, 0] <= 0
        or not np.allclose([k[0, 1], k[1, 0], *k[2]], [0, 0, 0, 0, 1], atol=1e-6)
    ):
        yield Problem(file, "the camera matrix is not [f 0 cu; 0 f cv; 0 0 1] with f above 0")
    elif frame.picture is not None:
        middle = (frame.picture.width_px - 1) / 2, (frame.picture.height_px - 1) / 2
        # No rectified camera is off by a quarter of the picture; a swapped or unscaled matrix is.
        if not (abs(k[0, 2] - middle[0]) < middle[0] / 2 and abs(k[1, 2] - middle[1]) < middle[1] / 2):
            yield Problem(file, f"the principal point ({k[0, 2]:.1f}, {k[1, 2]:.1f}) is far from the picture's middle")
    if np.abs(p[0, :, 3]).max() > 1e-6:
        yield Problem(file, "P0 has an offset, but camera 0 is the origin of all labels")


@rule(
    "calib.baseline",
    "error",
    "cameras 1 and 3 are to the right of cameras 0 and 2, so P1[0,3] < 0 and P3[0,3] < P2[0,3]",
)
def calib_baseline(frame: FrameFiles) -> Iterator[Problem]:
    if frame.calib is None or not frame.calib.projections[2, 0, 0] > 0:
        return
    p = frame.calib.projections
    low, high = BASELINE_RANGE_M
    for left, right in ((0, 1), (2, 3)):
        baseline = (p[left, 0, 3] - p[right, 0, 3]) / p[2, 0, 0]
        if not low <= baseline <= high:
            yield Problem(
                frame.path("calib"),
                f"camera {right} is {baseline:.3f} m to the right of camera {left}, expected {low:g}…{high:g} m",
            )


@rule("image.form", "error", "pictures are whole 8-bit RGB PNG files")
def image_form(frame: FrameFiles) -> Iterator[Problem]:
    for folder, picture in frame.pictures.items():
        file = frame.path(folder)
        if picture is None:
            yield Problem(file, "the file is no PNG")
        elif not picture.decodes:
            yield Problem(file, "the picture cannot be decoded to its end")
        elif (picture.bit_depth, picture.color_type) != (8, 2):
            yield Problem(
                file,
                f"PNG bit depth {picture.bit_depth}, colour type {picture.color_type}; 8-bit RGB is 8 and 2",
            )


@rule("image.content", "warning", "a picture shows something")
def image_content(frame: FrameFiles) -> Iterator[Problem]:
    for folder, picture in frame.pictures.items():
        if picture is not None and picture.flat:
            yield Problem(frame.path(folder), "all pixels of the picture are alike")


@rule("cloud.form", "error", "a sweep is rows of four little-endian float32 numbers")
def cloud_form(frame: FrameFiles) -> Iterator[Problem]:
    if frame.cloud_bytes == 0:
        yield Problem(frame.path("velodyne"), "the sweep is empty")
    elif frame.cloud_bytes is not None and frame.cloud is None:
        yield Problem(frame.path("velodyne"), f"{frame.cloud_bytes} bytes are no multiple of 16")


@rule("cloud.finite", "error", "coordinates and reflectances are finite")
def cloud_finite(frame: FrameFiles) -> Iterator[Problem]:
    if frame.cloud is not None and (bad := int((~np.isfinite(frame.cloud)).any(axis=1).sum())):
        yield Problem(frame.path("velodyne"), f"{bad} points are not finite")


@rule("cloud.reflectance", "error", "reflectance lies in 0…1")
def cloud_reflectance(frame: FrameFiles) -> Iterator[Problem]:
    cloud = _finite_cloud(frame)
    if cloud is not None and (bad := int(((cloud[:, 3] < 0) | (cloud[:, 3] > 1)).sum())):
        low, high = cloud[:, 3].min(), cloud[:, 3].max()
        yield Problem(frame.path("velodyne"), f"{bad} points have a reflectance outside 0…1 ({low:g}…{high:g})")


@rule(
    "cloud.range",
    "error",
    "no point lies at the origin, where missing returns would be, or beyond any LiDAR's reach",
)
def cloud_range(frame: FrameFiles) -> Iterator[Problem]:
    cloud = _finite_cloud(frame)
    if cloud is None:
        return
    distance = np.linalg.norm(cloud[:, :3].astype(float), axis=1)
    if near := int((distance < NEAREST_M).sum()):
        yield Problem(frame.path("velodyne"), f"{near} points lie within {NEAREST_M} m of the origin")
    if far := int((distance > FARTHEST_M).sum()):
        yield Problem(frame.path("velodyne"), f"{far} points lie beyond {FARTHEST_M:g} m (wrong unit, or float64?)")


@rule("cloud.turn", "error", "a sweep is a full turn")
def cloud_turn(frame: FrameFiles) -> Iterator[Problem]:
    cloud = _finite_cloud(frame)
    if cloud is None:
        return
    azimuth = np.sort(np.degrees(np.arctan2(cloud[:, 1], cloud[:, 0])))
    gaps = np.diff(azimuth, append=azimuth[0] + 360.0)
    if gaps.max() > WIDEST_GAP_DEG:
        start = azimuth[gaps.argmax()]
        yield Problem(
            frame.path("velodyne"),
            f"no point in {gaps.max():.0f}° of the turn, from azimuth {start:.0f}° on"
            " (cut to the picture, or half a turn?)",
        )


@rule("cloud.ground", "warning", "a flat road ahead lies 1.73 m below the LiDAR")
def cloud_ground(frame: FrameFiles) -> Iterator[Problem]:
    cloud = _finite_cloud(frame)
    if cloud is None:
        return
    ahead = cloud[(cloud[:, 0] > 4) & (cloud[:, 0] < 10) & (np.abs(cloud[:, 1]) < 1.5), 2]
    if len(ahead) < 50:
        return
    low, middle, high = np.percentile(ahead, [10, 50, 90])
    # Only where what lies ahead is one level surface; otherwise something stands or rises there.
    if high - low < 0.2 and abs(middle - GROUND_Z_M) > GROUND_TOLERANCE_M:
        yield Problem(
            frame.path("velodyne"),
            f"the level surface ahead is at z = {middle:.2f} m, expected {GROUND_Z_M} m",
        )


def _finite_cloud(frame: FrameFiles) -> NDArray[np.float32] | None:
    if frame.cloud is None or not np.isfinite(frame.cloud).all():
        return None
    return frame.cloud


RULES: tuple[Rule[FrameFiles], ...] = (
    calib_lines,
    calib_rotation,
    calib_axes,
    calib_projection,
    calib_baseline,
    image_form,
    image_content,
    cloud_form,
    cloud_finite,
    cloud_reflectance,
    cloud_range,
    cloud_turn,
    cloud_ground,
)
