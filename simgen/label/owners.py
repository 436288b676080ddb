"""Whose each pixel of the label camera is, and each return of the LiDAR that no actor claims by its id.

Owners are told as indices into the instances of an episode, ``NOBODY`` where there is none.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from sensors.rig import LidarMount, Rig
from simgen.frame import Frame
from simgen.label.level import unowned_vehicle_returns
from simgen.label.measure import Finding

NOBODY = -1


def pixel_owners(
    findings: Sequence[Finding], frame: Frame, rig: Rig, instances: Sequence[str]
) -> NDArray[np.int32]:
    """(H, W) of the label camera's picture: whose each pixel is.

    Args:
        findings: of this frame, actors first; where two claim a pixel, the first has it.
        instances: roles of all objects of the episode.
    """
    index = {role: number for number, role in enumerate(instances)}
    pixels = np.full(frame.views[rig.label_camera.name].rgb.shape[:2], NOBODY, np.int32)
    for finding in reversed(findings):
        region, own = finding.sighting.region, finding.sighting.own
        if region is not None and own is not None:
            region.cut(pixels)[own] = index[finding.subject.actor.role]
    return pixels


def return_owners(
    findings: Sequence[Finding], frame: Frame, rig: Rig, instances: Sequence[str], further: LidarMount | None = None
) -> NDArray[np.int32]:
    """(N,) of the sweep: whose each return of the level's vehicles is; actors have their ids there.

    Args:
        findings, instances: as above.
        further: the LiDAR, if it is not the rig's main one.
    """
    index = {role: number for number, role in enumerate(instances)}
    lidar, sweep = (rig.lidar, frame.sweep) if further is None else (further, frame.further_sweeps[further.name])
    returns = np.full(len(sweep.points_m), NOBODY, np.int32)
    seen = [finding.subject for finding in findings
            if finding.subject.is_level and (further is not None or len(finding.stored_points))]
    if seen:
        unowned = np.flatnonzero(unowned_vehicle_returns(sweep))
        points = sweep.points_m[unowned]
        for subject in reversed(seen):
            stand_from_lidar = subject.rig_from_stand.inverse() @ lidar.rig_from_lidar
            returns[unowned[subject.bounds.contains(stand_from_lidar.apply(points))]] = index[subject.actor.role]
    return returns
