"""A rehearsed track as a polyline whose vertices carry times."""

from __future__ import annotations

from xml.etree.ElementTree import Element

import numpy as np
from numpy.typing import NDArray

from simgen.interchange.elements import element

Floats = NDArray[np.float64]

# Half of what is promised (1 mm, 1 mrad): the other half is for readers that keep single precision.
WITHIN_M = 0.5e-3
WITHIN_RAD = 0.5e-3


def continuous(track: Floats) -> Floats:
    """(T, 4) x, y, z, yaw with a yaw that never jumps and begins in (−π, π]: readers interpolate what they read."""
    yaw = np.unwrap(track[:, 3])
    yaw -= 2.0 * np.pi * np.ceil((yaw[0] - np.pi) / (2.0 * np.pi))
    return np.column_stack([track[:, :3], yaw])


def stands(track: Floats) -> bool:
    """Whether a continuous track never leaves its first pose by more than the tolerance."""
    return not _off(track, np.broadcast_to(track[0], track.shape)).any()


def kept_vertices(times_s: Floats, track: Floats) -> NDArray[np.intp]:
    """Which ticks are needed so that straight lines in time between them meet every tick's pose within the tolerance.

    times_s: (T,) ascending, T at least 2. track: (T, 4), continuous. Returns indices, the first and the last included.
    Douglas and Peucker's method (1973), with time as the parameter: an interval is split at its worst tick.
    """
    kept = {0, len(times_s) - 1}
    intervals = [(0, len(times_s) - 1)]
    while intervals:
        first, last = intervals.pop()
        inner = slice(first + 1, last)
        share = ((times_s[inner] - times_s[first]) / (times_s[last] - times_s[first]))[:, None]
        off = _off(track[inner], track[first] + share * (track[last] - track[first]))
        if off.any():
            worst = first + 1 + int(off.argmax())
            kept.add(worst)
            intervals += [(first, worst), (worst, last)]
    return np.array(sorted(kept))


def position(pose: Floats) -> Element:
    """One pose x, y, z, yaw: right-handed map axes, as OpenDRIVE's."""
    x, y, z, h = (float(value) for value in pose)
    return element("Position", element("WorldPosition", x=x, y=y, z=z, h=h))


def follow_trajectory(name: str, times_s: Floats, track: Floats) -> Element:
    """The private action that replays a continuous track at absolute times."""
    vertices = (
        element("Vertex", position(track[index]), time=float(times_s[index]))
        for index in kept_vertices(times_s, track)
    )
    return element(
        "PrivateAction",
        element(
            "RoutingAction",
            element(
                "FollowTrajectoryAction",
                element("Trajectory", element("Shape", element("Polyline", *vertices)), name=name, closed=False),
                element("TimeReference", element("Timing", domainAbsoluteRelative="absolute", scale=1.0, offset=0.0)),
                # "position": the pose as written, heading included; "follow" would leave it to a driver model.
                element("TrajectoryFollowingMode", followingMode="position"),
            ),
        ),
    )


def _off(track: Floats, other: Floats) -> Floats:
    """(T,) how far beyond the tolerance poses are from others, as a share of it; 0 within."""
    away = np.linalg.norm(track[:, :3] - other[:, :3], axis=1) / WITHIN_M
    turned = np.abs(track[:, 3] - other[:, 3]) / WITHIN_RAD
    worst = np.maximum(away, turned)
    return np.where(worst > 1.0, worst, 0.0)
