"""The labels of one frame."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray

from sensors.rig import Rig
from simgen.frame import CameraView, Frame, Label, Silhouette
from simgen.label.class_map import ClassMap, DontCareRules
from simgen.label.extent import View
from simgen.label.identity import Identities
from simgen.label.measure import Finding, Subject, find_all, subjects_of
from simgen.label.sighting import Sighting
from simgen.label.visibility import Estimate, estimate, occlusion

_IN_BOX_MARGIN_M = 0.01     # returns from a flat side lie on the face, and beyond by rounding


@dataclass(frozen=True, slots=True)
class LabelOptions:
    """What gets which type, and what becomes a DontCare.

    classes:     the class map with its rules.
    base_types:  blueprint id → CARLA's ``base_type``, for vehicles that simgen's table lacks.
    """

    classes: ClassMap = field(default_factory=ClassMap)
    base_types: Mapping[str, str] = field(default_factory=dict)


_DEFAULT_OPTIONS = LabelOptions()


def label_frame(frame: Frame, rig: Rig, options: LabelOptions = _DEFAULT_OPTIONS) -> tuple[Label, ...]:
    """Ground truth for the rig's label camera, nearest object first, DontCare last.

    An object of which neither a pixel nor a LiDAR return lies in the picture gets no label at all. What the numbers in
    the instance picture mean is found out from this frame alone; ``Labeller`` remembers it from frame to frame.

    Raises:
        KeyError: if the frame lacks the label camera's picture.
        DatasetError: if an actor's size is known neither to the server nor to simgen's tables.
    """
    return Labeller(rig, options).label(frame)


class Labeller:
    """Labels the frames of one episode, in their order.

    identities: what has been learnt so far of the numbers in instance pictures.
    findings: what was seen of each object in the last frame, actors first.
    """

    def __init__(self, rig: Rig, options: LabelOptions = _DEFAULT_OPTIONS) -> None:
        self._rig, self._options = rig, options
        self.identities = Identities()
        self.findings: list[Finding] = []

    def label(self, frame: Frame) -> tuple[Label, ...]:
        """Ground truth for the next frame; see ``label_frame``."""
        rig, options = self._rig, self._options
        picture = frame.views[rig.label_camera.name]
        subjects = subjects_of(frame, rig, options.classes, options.base_types)
        actors = [subject for subject in subjects if not subject.is_level]
        self.identities = self.identities.learn([subject.body() for subject in actors], picture)
        numbers = self.identities.numbers([subject.actor for subject in actors])
        findings = self.findings = find_all(subjects, frame, rig, numbers)
        labels = [label for finding in findings
                  if (label := _label(finding, picture, frame, rig, options.classes.dont_care)) is not None]
        return tuple(sorted(labels, key=lambda one: (one.dont_care_reason is not None, one.distance_m, one.role)))


def _label(
    finding: Finding, picture: CameraView, frame: Frame, rig: Rig, rules: DontCareRules
) -> Label | None:
    subject, extent, sighting = finding.subject, finding.extent, finding.sighting
    actor, view = subject.actor, subject.view
    whole = view.image_box(extent)
    silhouette = picture.silhouette(subject.is_level, actor.simulator_id)
    if picture.silhouettes is not None and (silhouette is None or not silhouette.inside_px):
        return None     # beside the picture, whatever its box reaches
    visible_px = sighting.visible_px if silhouette is None else silhouette.visible_px
    if whole is None or not (visible_px or _has_return_in_view(view, sighting)):
        return None
    clipped = whole.clipped(view.intrinsics.width, view.intrinsics.height)
    if clipped.area_px2 == 0:
        return None

    box = extent.box(rig.reference_from_rig @ subject.rig_from_stand)
    x, y, z = _triple(box.bottom_centre())
    length, width, height = _triple(box.size_lwh_m)
    forward = box.frame_from_box.rotation[:, 0]
    yaw_rad = math.atan2(-forward[2], forward[0])
    reference_from_world = rig.reference_from_rig @ frame.world_from_rig.inverse()
    found = estimate(extent, subject.known.shape, view, sighting) if silhouette is None else _counted(silhouette)
    fraction = found.visible_fraction
    in_box = extent.grown(_IN_BOX_MARGIN_M).contains(sighting.lidar_points)
    label = Label(
        role=actor.role,
        kind=actor.kind,
        type=subject.type,
        class_name=subject.type,
        blueprint=actor.blueprint,
        species=actor.species,
        truncation=1 - clipped.area_px2 / whole.area_px2,
        occlusion=occlusion(fraction),
        alpha_rad=math.remainder(yaw_rad - math.atan2(x, z), 2 * math.pi),
        bbox_px=clipped.as_tuple(),
        size_hwl_m=(height, width, length),
        bottom_centre_m=(x, y, z),
        yaw_rad=yaw_rad,
        distance_m=float(np.linalg.norm(box.frame_from_box.translation_m)),
        velocity_mps=_triple(reference_from_world.rotate(actor.velocity_mps)),
        visible_fraction=fraction,
        visible_px=visible_px,
        visible_bbox_px=sighting.visible_bbox_px(),
        lidar_points=len(in_box),
        lidar_points_in_box=int(np.count_nonzero(in_box)),
        age=subject.known.age,
        pose=_pose(subject),
        struck=actor.struck,
        visibility="expected shape" if silhouette is None else "silhouette",
        silhouette_px=found.silhouette_px,
        outside_fraction=found.outside_fraction,
        amodal_bbox_px=found.amodal_bbox_px,
    )
    reason = _dont_care_reason(label, rules)
    return label if reason is None else _dont_care(label, reason)


def _counted(silhouette: Silhouette) -> Estimate:
    """What the simulator counted, which is no estimate but exact."""
    return Estimate(
        visible_fraction=silhouette.visible_px / silhouette.inside_px,
        silhouette_px=silhouette.inside_px,
        outside_fraction=silhouette.outside_px / (silhouette.inside_px + silhouette.outside_px),
        amodal_bbox_px=None if silhouette.is_cut else silhouette.bbox_px,
    )


def _pose(subject: Subject) -> str | None:
    return "door_open" if subject.actor.door_open else subject.known.pose


def _dont_care_reason(label: Label, rules: DontCareRules) -> str | None:
    """Why an object that is in the picture is not labelled; None if it is."""
    if label.distance_m > rules.range_m:
        return "too far"
    left, top, right, bottom = label.bbox_px
    if bottom - top < rules.height_px and (bottom - top) * (right - left) < rules.height_px**2:
        return "too small"
    fraction, returns = label.visible_fraction, label.lidar_points
    if (fraction is None or fraction < rules.nearly_hidden_fraction) and returns < rules.nearly_hidden_points:
        return "nearly hidden"
    if fraction is not None and fraction < rules.visible_fraction:
        return "hidden"
    if returns < rules.lidar_points:
        return "few returns"
    return None


def _dont_care(label: Label, reason: str) -> Label:
    """The same object's row as a picture region, with KITTI's placeholders."""
    return replace(
        label, type="DontCare", truncation=-1.0, occlusion=-1, alpha_rad=-10.0, size_hwl_m=(-1.0, -1.0, -1.0),
        bottom_centre_m=(-1000.0, -1000.0, -1000.0), yaw_rad=-10.0, dont_care_reason=reason,
    )


def _has_return_in_view(view: View, sighting: Sighting) -> bool:
    """Is a LiDAR return of the object in the picture?"""
    optical = view.camera_from_stand.apply(sighting.lidar_points)
    u, v = view.intrinsics.project(optical[optical[:, 2] > 0]).T
    in_width = (u >= -0.5) & (u < view.intrinsics.width - 0.5)
    return bool((in_width & (v >= -0.5) & (v < view.intrinsics.height - 0.5)).any())


def _triple(vector: NDArray[np.float64]) -> tuple[float, float, float]:
    x, y, z = vector.tolist()
    return x, y, z
