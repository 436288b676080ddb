"""What is labelled, where it may be, and what was measured of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from sensors.rig import Rig
from sensors.rigid import RigidTransform
from simgen.frame import ActorState, CameraView, Frame
from simgen.label.class_map import ClassMap
from simgen.label.densities import BodyKind
from simgen.label.extent import Extent, View
from simgen.label.fit import believed_box, envelope, fit_body, moving_body
from simgen.label.identity import Body
from simgen.label.level import level_actors, unowned_vehicle_points
from simgen.label.sighting import Marks, Sighting, look_for
from simgen.label.tables import ActorClass, classify
from simgen.label.tags import VEHICLES, allowed_tags, tags_of

_SEARCH_MARGIN_M = 0.5      # how far from its expected place an actor's own pixel may lie
_OPEN_DOOR_M = 1.2          # the same with a door open, which is its own but not in its box
_SURELY_M = 0.1             # within it, a pixel of the right class is the actor's whatever its number
_RIDDEN = "two_wheeler"     # the shape of what a rider belongs to
_RIGID = ("vehicle", "prop")
_FALLEN_COSINE = 0.866      # of a rigid body that leans by more than 30°, the box is that round it as it lies


@dataclass(frozen=True, eq=False, slots=True)
class Subject:
    """An actor, or an object of the level, that is in front of the label camera and gets a type.

    expected:  its upright box, as far as known without looking; bounds: the farthest that any of it can be.
    """

    actor: ActorState
    is_level: bool
    type: str
    known: ActorClass
    view: View
    rig_from_stand: RigidTransform
    expected: Extent
    bounds: Extent

    @property
    def is_rigid(self) -> bool:
        """Does its box say all there is to know of its extent?"""
        return self.actor.kind in _RIGID

    @property
    def body_kind(self) -> BodyKind:
        """Whose bodies fill their expected shape as this one does."""
        return BodyKind(self.actor.blueprint, self.known.age, self.known.shape)

    def body(self) -> Body:
        """As the numbers of pictures are learnt from it."""
        return Body(self.actor, self.view, self.expected.grown(_SURELY_M))


@dataclass(frozen=True, eq=False, slots=True)
class Finding:
    """A subject, its extent in its own stand axes, and what was seen of it.

    measured_points: (K, 3) its returns in the stored sweep, in stand axes; None if that is a clean one, which the
                     sighting has.
    """

    subject: Subject
    extent: Extent
    sighting: Sighting
    measured_points: NDArray[np.float64] | None = None

    @property
    def stored_points(self) -> NDArray[np.float64]:
        """(K, 3) its returns as they are stored, in stand axes."""
        return self.sighting.lidar_points if self.measured_points is None else self.measured_points


def subjects_of(frame: Frame, rig: Rig, classes: ClassMap, base_types: Mapping[str, str]) -> list[Subject]:
    """Everything that may get a label, actors first. Raises DatasetError for an actor of unknown size."""
    everybody = [(actor, False) for actor in frame.actors] + [(actor, True) for actor in level_actors(frame)]
    rig_from_world = frame.world_from_rig.inverse()
    found = (_subject(actor, is_level, rig_from_world, rig, classes, base_types) for actor, is_level in everybody)
    return [subject for subject in found if subject is not None]


def find_all(
    subjects: list[Subject], frame: Frame, rig: Rig, numbers: Mapping[str, frozenset[int]]
) -> list[Finding]:
    """What the label camera and the LiDAR saw of each subject. Bodies are fitted to the clean sweep, if there is one.

    Args:
        numbers: role → the numbers that an actor's pixels may have.
    """
    picture = frame.views[rig.label_camera.name]
    taken = None if picture.instance_id is None else np.zeros(picture.instance_id.shape, dtype=np.bool_)
    everyones = frozenset[int]().union(*numbers.values())
    of_level = any(one.is_level for one in subjects)
    sweeps = [frame.sweep.clean] if frame.sweep.measurement is None else [frame.sweep.clean, frame.sweep]
    unowned = [unowned_vehicle_points(sweep) if of_level else None for sweep in sweeps]
    findings = []
    for subject in subjects:
        stand_from_lidar = subject.rig_from_stand.inverse() @ rig.lidar.rig_from_lidar
        if subject.is_level:
            marks = Marks(tags_of(*VEHICLES), None, taken=taken)
            near = [stand_from_lidar.apply(points) for points in unowned if points is not None]
            returns = [points[subject.bounds.contains(points)] for points in near]
        else:
            own = numbers[subject.actor.role]
            ridden = subject.known.shape == _RIDDEN
            marks = Marks(allowed_tags(subject.actor.kind), own, everyones - own, ridden)
            returns = [stand_from_lidar.apply(sweep.points_m[sweep.is_of(subject.actor.simulator_id)])
                       for sweep in sweeps]
        finding = replace(_find(subject, marks, picture, returns[0]),
                          measured_points=returns[1] if len(returns) > 1 else None)
        if taken is not None and finding.sighting.region is not None and finding.sighting.own is not None:
            own_part = finding.sighting.region.cut(taken)
            own_part |= finding.sighting.own
        findings.append(finding)
    return findings


def _find(subject: Subject, marks: Marks, picture: CameraView, returns: NDArray[np.float64]) -> Finding:
    sighting = look_for(marks, subject.bounds, subject.view, picture, returns)
    if subject.is_rigid:
        return Finding(subject, subject.expected, sighting)
    silhouette = picture.silhouette(subject.is_level, subject.actor.simulator_id)
    outline_px = None if silhouette is None or silhouette.is_cut else silhouette.bbox_px
    extent = fit_body(subject.expected, subject.bounds, subject.view, sighting, subject.known, outline_px)
    return Finding(subject, extent, sighting)


def _subject(
    actor: ActorState, is_level: bool, rig_from_world: RigidTransform, rig: Rig, classes: ClassMap,
    base_types: Mapping[str, str],
) -> Subject | None:
    known = classify(actor, base_types)
    type_ = classes.type_of(actor.blueprint, actor.species, known.word)
    if type_ is None:
        return None
    is_rigid = actor.kind in _RIGID
    box = believed_box(actor, known) if is_rigid or known.size_lwh_m is None else actor.box
    body = box.transformed(rig_from_world @ actor.world_from_actor)
    # KITTI's boxes are upright: about the middle of a rigid body, which may lean; others stand on their feet.
    foot = body.frame_from_box.translation_m - (0.0, 0.0, box.size_lwh_m[2] / 2) if is_rigid else body.bottom_centre()
    rig_from_stand = RigidTransform.from_yaw(body.frame_from_box.yaw_rad, foot)
    view = View(rig.label_camera.optical_from_rig @ rig_from_stand, rig.label_camera.intrinsics)
    if is_rigid:
        hull = Extent.round(body.transformed(rig_from_stand.inverse()).corners())
        has_fallen = abs(body.frame_from_box.rotation[2, 2]) < _FALLEN_COSINE
        expected = hull if has_fallen else Extent.standing(box.size_lwh_m)
        margin_m = _SURELY_M if is_level else _OPEN_DOOR_M if actor.door_open else _SEARCH_MARGIN_M
        bounds = hull.grown(margin_m)
    else:
        size = box.size_lwh_m if known.size_lwh_m is None else np.array(known.size_lwh_m)
        expected = moving_body(actor, known, size, float(np.linalg.norm(actor.velocity_mps)))
        bounds = envelope(actor, known, expected)
    if view.region(bounds) is None:
        return None
    return Subject(actor, is_level, type_, known, view, rig_from_stand, expected, bounds)
