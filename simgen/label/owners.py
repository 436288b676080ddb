"""Whose each pixel of the label camera is, and each return of the LiDAR that no actor claims by its id."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from sensors.rig import Rig
from simgen.frame import Frame
from simgen.label.level import unowned_vehicle_returns
from simgen.label.measure import Finding

NOBODY = -1


@dataclass(frozen=True, eq=False, slots=True)
class Owners:
    """Indices into the instances of an episode, ``NOBODY`` where there is no owner.

    pixels:   (H, W) of the label camera's picture.
    returns:  (N,) of the sweep; only those of the level's vehicles, as actors have their ids there.
    """

    pixels: NDArray[np.int32]
    returns: NDArray[np.int32]


def owners(findings: Sequence[Finding], frame: Frame, rig: Rig, instances: Sequence[str]) -> Owners:
    """What was found of each object, put together.

    Args:
        findings: of this frame, actors first; where two claim a pixel, the first has it.
        instances: roles of all objects of the episode.
    """
    index = {role: number for number, role in enumerate(instances)}
    return Owners(_pixels(findings, frame, rig, index), _returns(findings, frame, rig, index))


def _pixels(findings: Sequence[Finding], frame: Frame, rig: Rig, index: Mapping[str, int]) -> NDArray[np.int32]:
    pixels = np.full(frame.views[rig.label_camera.name].rgb.shape[:2], NOBODY, np.int32)
    for finding in reversed(findings):
        region, own = finding.sighting.region, finding.sighting.own
        if region is not None and own is not None:
            region.cut(pixels)[own] = index[finding.subject.actor.role]
    return pixels


def _returns(findings: Iterable[Finding], frame: Frame, rig: Rig, index: Mapping[str, int]) -> NDArray[np.int32]:
    returns = np.full(len(frame.sweep.points_m), NOBODY, np.int32)
    seen = [finding.subject for finding in findings if finding.subject.is_level and len(finding.sighting.lidar_points)]
    if seen:
        unowned = np.flatnonzero(unowned_vehicle_returns(frame.sweep))
        points = frame.sweep.points_m[unowned]
        for subject in reversed(seen):
            stand_from_lidar = subject.rig_from_stand.inverse() @ rig.lidar.rig_from_lidar
            returns[unowned[subject.bounds.contains(stand_from_lidar.apply(points))]] = index[subject.actor.role]
    return returns
