"""Rules about calibration files: the form that readers rely on, and matrices that can be a rig's."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from simgen.verify.findings import Severity
from simgen.verify.frames import FrameFiles
from simgen.verify.geometry import Array
from simgen.verify.rules import Problem, Rule, rule
from simgen.verify.texts import CALIB_COUNTS, CALIB_KEYS, FURTHER_CAMERA, FURTHER_LIDAR, camera_matrix, number

ROTATION_TOLERANCE = 1e-4
"""KITTI's own rotations are orthonormal to about 1e-6; a matrix rounded to four decimals still passes."""

VELO_AXES_IN_CAMERA = np.array([[0.0, -1.0, 0.0], [0.0, 0.0, -1.0], [1.0, 0.0, 0.0]])
"""Velodyne axes (x forward, y left, z up) to camera axes (x right, y down, z forward), for ideal mounts."""

BASELINE_RANGE_M = (0.05, 2.0)


@rule(
    "calib.lines",
    "error",
    "calib holds P0 P1 P2 P3 R0_rect Tr_velo_to_cam Tr_imu_to_velo in this order, as readers go by line; behind them"
    " may be P4, P5, … and Tr_NAME_to_velo",
    needs=("object", "calib"),
)
def calib_lines(frame: FrameFiles) -> Iterator[Problem]:
    if frame.calib_text is None:
        return
    file = frame.path("calib")
    lines = [line for line in frame.calib_text.splitlines() if line.strip()]
    keys = tuple(line.partition(":")[0] for line in lines)
    seven, further = keys[: len(CALIB_KEYS)], keys[len(CALIB_KEYS) :]
    known = all(FURTHER_CAMERA.fullmatch(key) or FURTHER_LIDAR.fullmatch(key) for key in further)
    if seven != CALIB_KEYS or not known or len({*keys}) < len(keys) or frame.calib_text.startswith("\n"):
        yield Problem(file, f"the lines are {', '.join(keys) or 'missing'}; expected {', '.join(CALIB_KEYS)}")
        return
    counts = (*CALIB_COUNTS, *(12 for _ in further))
    for n, (line, key, count) in enumerate(zip(lines, keys, counts, strict=True), 1):
        tokens = line.split(" ")[1:]
        bad = [token for token in tokens if number(token) is None]
        if not line.startswith(f"{key}: ") or len(tokens) != count or bad:
            yield Problem(
                f"{file}:{n}",
                f"expected '{key}: ' and {count} finite numbers with single spaces, got {len(tokens)}"
                + (f" of which '{bad[0]}' is no number" if bad else ""),
            )


@rule("calib.rotation", "error", "rotations in calib are orthonormal with determinant +1", needs=("calib",))
def calib_rotation(frame: FrameFiles) -> Iterator[Problem]:
    if frame.calib is None:
        return
    rotations = {
        "R0_rect": frame.calib.rectification,
        "Tr_velo_to_cam": frame.calib.camera_from_velo[:, :3],
        "Tr_imu_to_velo": frame.calib.velo_from_imu[:, :3],
        **{f"Tr_{name}_to_velo": matrix[:, :3] for name, matrix in frame.calib.further_lidars.items()},
    }
    for name, rotation in rotations.items():
        error = float(np.abs(rotation @ rotation.T - np.eye(3)).max())
        if error > ROTATION_TOLERANCE:
            yield Problem(frame.path("calib"), f"{name} is not orthonormal: R·Rᵀ differs from 1 by {error:.2g}")
        elif np.linalg.det(rotation) < 0:
            yield Problem(frame.path("calib"), f"{name} is a reflection (left-handed axes left in?)")


@rule(
    "calib.axes",
    "error",
    "Tr_velo_to_cam takes Velodyne forward to camera forward, left to −x and up to −y",
    needs=("calib",),
)
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
            severity=None if frame.ours or turned > 60.0 else "warning",         # a LiDAR on a mast looks down
        )


@rule(
    "calib.projection",
    "error",
    "P0…P3 share one camera matrix with fx = fy and no skew, and P0 has no offset; no P is mirrored",
    needs=("calib",),
)
def calib_projection(frame: FrameFiles) -> Iterator[Problem]:
    if frame.calib is None:
        return
    file, p = frame.path("calib"), frame.calib.projections
    foreign: Severity | None = None if frame.ours else "warning"             # other rigs have other cameras
    k = p[2, :, :3]
    leaning = camera_matrix(p[2]) if frame.ours else None
    if leaning is not None and _is_turned(leaning[1]):           # by its mount: the axes of labels are upright
        k = leaning[0]
        parts = [camera_matrix(one) for one in p]
        alike = all(one is not None and np.allclose(one[0], k, rtol=1e-6, atol=1e-6) for one in parts)
        if not alike or not np.allclose(p[3, :, :3], p[2, :, :3], rtol=1e-6, atol=1e-6):
            yield Problem(file, "P0, P1, P2 and P3 have other camera matrices, or P2 and P3 look in other directions")
    elif not np.allclose(p[:, :, :3], k, rtol=1e-6, atol=1e-6):
        yield Problem(file, "the left 3×3 blocks of P0, P1, P2 and P3 differ", severity=foreign)
    if (
        abs(k[0, 0] - k[1, 1]) > 1e-3
        or k[0, 0] <= 0
        or not np.allclose([k[0, 1], k[1, 0], *k[2]], [0, 0, 0, 0, 1], atol=1e-6)
    ):
        upright = camera_matrix(p[2])                # an export of a rig whose cameras lean has no records
        known = upright is not None and _is_plain(upright[0]) and np.linalg.det(upright[1]) > 0
        known |= bool(k[0, 0] > 0 and k[1, 1] > 0 and np.allclose(k[2], [0, 0, 1], atol=1e-6))
        severity = foreign if known else None
        yield Problem(file, "the camera matrix is not [f 0 cu; 0 f cv; 0 0 1] with f above 0", severity=severity)
    elif frame.picture is not None:
        middle = (frame.picture.width_px - 1) / 2, (frame.picture.height_px - 1) / 2
        # No rectified camera is off by a quarter of the picture; a swapped or unscaled matrix is.
        if not (abs(k[0, 2] - middle[0]) < middle[0] / 2 and abs(k[1, 2] - middle[1]) < middle[1] / 2):
            yield Problem(file, f"the principal point ({k[0, 2]:.1f}, {k[1, 2]:.1f}) is far from the picture's middle")
    if np.abs(p[0, :, 3]).max() > 1e-6:
        yield Problem(file, "P0 has an offset, but camera 0 is the origin of all labels")
    for camera, matrix in frame.calib.further_cameras.items():
        found = camera_matrix(matrix)
        if found is None or np.linalg.det(found[1]) < 0 or not _is_plain(found[0]):
            yield Problem(file, f"P{camera} is not K · [R | t] with K = [f 0 cu; 0 f cv; 0 0 1] and R a rotation")


def _is_turned(rotation: Array) -> bool:
    return bool(np.abs(rotation - np.eye(3)).max() > 1e-6)


def _is_plain(k: Array) -> bool:
    return bool(k[0, 0] > 0 and abs(k[0, 0] - k[1, 1]) < 1e-3 and abs(k[0, 1]) < 1e-3)


@rule(
    "calib.baseline",
    "error",
    "cameras 1 and 3 are to the right of cameras 0 and 2, so P1[0,3] < 0 and P3[0,3] < P2[0,3]",
    needs=("calib",),
)
def calib_baseline(frame: FrameFiles) -> Iterator[Problem]:
    if frame.calib is None or not frame.calib.projections[2, 0, 0] > 0:
        return
    p = frame.calib.projections
    low, high = BASELINE_RANGE_M
    if frame.ours and not frame.has("image_3") and np.allclose(p[3], p[2], atol=1e-9) and np.array_equal(p[1], p[0]):
        return                                           # a rig without right-hand cameras says their left ones' again
    for left, right in ((0, 1), (2, 3)):
        baseline = (p[left, 0, 3] - p[right, 0, 3]) / p[2, 0, 0]
        if not low <= baseline <= high:
            yield Problem(
                frame.path("calib"),
                f"camera {right} is {baseline:.3f} m to the right of camera {left}, expected {low:g}…{high:g} m",
                severity="warning" if abs(baseline) < low and not frame.ours else None,      # a rig of one camera
            )


RULES: tuple[Rule[FrameFiles], ...] = (
    calib_lines,
    calib_rotation,
    calib_axes,
    calib_projection,
    calib_baseline,
)
