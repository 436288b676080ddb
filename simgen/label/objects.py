"""The labels of one frame."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray

from sensors.rig import Rig
from simgen.frame import CameraView, Frame, Label, Silhouette
from simgen.label.class_map import ClassMap, DontCareRules, Limits
from simgen.label.densities import Densities
from simgen.label.extent import View
from simgen.label.identity import Identities
from simgen.label.measure import Finding, Subject, find_all, subjects_of
from simgen.label.sighting import Sighting
from simgen.label.visibility import Estimate, estimate, occlusion

_IN_BOX_MARGIN_M = 0.01     # returns from a flat side lie on the face, and beyond by rounding
_DECIMALS = 4
_OF_PLACE = ("too far", "too small")        # reasons that go before what was seen of an object


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
    densities: and of how bodies fill their expected shapes, where the simulator counts no silhouettes.
    findings: what was seen of each object in the last frame, actors first.
    """

    def __init__(self, rig: Rig, options: LabelOptions = _DEFAULT_OPTIONS) -> None:
        self._rig, self._options = rig, options
        self.identities, self.densities = Identities(), Densities()
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
        seen = [(finding, found) for finding in findings
                if (found := _silhouette(finding, picture, self.densities)) is not None]
        self.densities = self.densities.learn((finding.subject.body_kind, found.fill) for finding, found in seen)
        labels = [label for finding, found in seen
                  if (label := _label(finding, found, frame, rig, options.classes)) is not None]
        return tuple(sorted(labels, key=lambda one: (one.dont_care_reason is not None, one.distance_m, one.role)))


def _silhouette(finding: Finding, picture: CameraView, densities: Densities) -> Estimate | None:
    """An object's silhouette, counted or estimated; None of an object that is not in the picture."""
    subject, extent, sighting = finding.subject, finding.extent, finding.sighting
    counted = picture.silhouette(subject.is_level, subject.actor.simulator_id)
    if picture.silhouettes is not None and (counted is None or not counted.inside_px):
        return None     # beside the picture, whatever its box reaches
    visible_px = sighting.visible_px if counted is None else counted.visible_px
    if not (visible_px or _has_return_in_view(subject.view, sighting)) or subject.view.image_box(extent) is None:
        return None
    if counted is not None:
        return _counted(counted)
    kind = subject.body_kind
    return estimate(extent, kind.shape, subject.view, sighting, densities.of(kind))


def _label(finding: Finding, found: Estimate, frame: Frame, rig: Rig, classes: ClassMap) -> Label | None:
    """None if no part of the box is in the picture, and of what the class map leaves out."""
    subject, extent, sighting = finding.subject, finding.extent, finding.sighting
    actor, view = subject.actor, subject.view
    whole = view.image_box(extent)
    if whole is None:
        return None
    clipped = whole.clipped(view.intrinsics.width, view.intrinsics.height)
    if clipped.area_px2 == 0:
        return None

    box = extent.box(rig.reference_from_rig @ subject.rig_from_stand)
    x, y, z = _triple(box.bottom_centre())
    eye_x, _, eye_z = _triple(rig.label_eye_m)
    length, width, height = _triple(box.size_lwh_m)
    forward = box.frame_from_box.rotation[:, 0]
    yaw_rad = math.atan2(-forward[2], forward[0])
    reference_from_world = rig.reference_from_rig @ frame.world_from_rig.inverse()
    # As the side file has it, so that the occlusion follows from what is written there.
    fraction = None if found.visible_fraction is None else round(float(found.visible_fraction), _DECIMALS)
    in_box = extent.grown(_IN_BOX_MARGIN_M).contains(finding.stored_points)
    label = Label(
        role=actor.role,
        kind=actor.kind,
        type=subject.type,
        class_name=subject.type,
        blueprint=actor.blueprint,
        species=actor.species,
        truncation=1 - clipped.area_px2 / whole.area_px2,
        occlusion=occlusion(fraction),
        alpha_rad=math.remainder(yaw_rad - math.atan2(x - eye_x, z - eye_z), 2 * math.pi),
        bbox_px=clipped.as_tuple(),
        size_hwl_m=(height, width, length),
        bottom_centre_m=(x, y, z),
        yaw_rad=yaw_rad,
        distance_m=float(np.linalg.norm(box.frame_from_box.translation_m)),
        velocity_mps=_triple(reference_from_world.rotate(actor.velocity_mps)),
        visible_fraction=fraction,
        visible_px=sighting.visible_px if found.visible_px is None else found.visible_px,
        visible_bbox_px=sighting.visible_bbox_px(),
        lidar_points=len(in_box),
        lidar_points_in_box=int(np.count_nonzero(in_box)),
        lidar_points_clean=None if finding.measured_points is None else len(sighting.lidar_points),
        age=subject.known.age,
        pose=_pose(subject),
        struck=actor.struck,
        visibility="expected shape" if found.visible_px is None else "silhouette",
        silhouette_px=found.silhouette_px,
        outside_fraction=found.outside_fraction,
        amodal_bbox_px=found.amodal_bbox_px,
    )
    if _excess(label, classes.leave_out) is not None:
        return None
    reason = _dont_care_reason(label, classes.dont_care)
    return label if reason is None else _dont_care(label, reason)


def _counted(silhouette: Silhouette) -> Estimate:
    """What the simulator counted, which is no estimate but exact."""
    return Estimate(
        visible_px=silhouette.visible_px,
        visible_fraction=silhouette.visible_px / silhouette.inside_px,
        silhouette_px=silhouette.inside_px,
        outside_fraction=silhouette.outside_px / (silhouette.inside_px + silhouette.outside_px),
        amodal_bbox_px=None if silhouette.is_cut else silhouette.bbox_px,
    )


def _pose(subject: Subject) -> str | None:
    return "door_open" if subject.actor.door_open else subject.known.pose


def _dont_care_reason(label: Label, rules: DontCareRules) -> str | None:
    """Why an object that is in the picture is not labelled; None if it is."""
    excess, fraction = _excess(label, rules), label.visible_fraction
    unseen = fraction is None or fraction < rules.nearly_hidden_fraction
    if excess not in _OF_PLACE and unseen and label.lidar_points < rules.nearly_hidden_points:
        return "nearly hidden"
    return excess


def _excess(label: Label, limits: Limits) -> str | None:
    """The first limit that an object exceeds, as ``Label.dont_care_reason`` says it; None if it keeps all."""
    if label.distance_m > limits.range_m:
        return "too far"
    left, top, right, bottom = label.bbox_px
    if bottom - top < limits.height_px and (bottom - top) * (right - left) < limits.height_px**2:
        return "too small"
    if label.visible_fraction is not None and label.visible_fraction < limits.visible_fraction:
        return "hidden"
    return "few returns" if label.lidar_points < limits.lidar_points else None


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
