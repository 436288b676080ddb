"""The labels of one frame."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray

from sensors.rig import Rig
from sensors.rigid import RigidTransform
from simgen.frame import ActorState, Frame, Label
from simgen.label.extent import Extent, View
from simgen.label.fit import envelope, fit_body, moving_body, server_size
from simgen.label.sighting import Sighting, look_for
from simgen.label.tables import ActorClass, classify
from simgen.label.visibility import occlusion, visible_fraction

_SEARCH_MARGIN_M = 0.5      # how far from its expected place an actor's own pixel may lie
_OPEN_DOOR_M = 1.2          # the same with a door open, which is its own but not in its box
_IN_BOX_MARGIN_M = 0.01     # returns from a flat side lie on the face, and beyond by rounding


@dataclass(frozen=True, slots=True)
class LabelOptions:
    """What is labelled and what becomes a DontCare.

    max_distance_m:        farther ones are not labelled (KITTI: about 75 m).
    min_height_px:         nor those whose clipped 2D box is lower, unless it is as large as a square of this height:
                           people who lie on the road are wide.
    min_visible_fraction:  nor those of which less can be seen, unless
    min_lidar_points:      the LiDAR got so many returns.
    base_types:            blueprint id → CARLA's ``base_type``, for vehicles that simgen's table lacks.
    """

    max_distance_m: float = 80.0
    min_height_px: float = 10.0
    min_visible_fraction: float = 0.05
    min_lidar_points: int = 3
    base_types: Mapping[str, str] = field(default_factory=dict)


_DEFAULT_OPTIONS = LabelOptions()


def label_frame(frame: Frame, rig: Rig, options: LabelOptions = _DEFAULT_OPTIONS) -> tuple[Label, ...]:
    """Ground truth for the rig's label camera, nearest actor first, DontCare last.

    An actor of which neither a pixel nor a LiDAR return lies in the picture gets no label at all.

    Raises:
        KeyError: if the frame lacks the label camera's picture.
        DatasetError: if an actor's size is known neither to the server nor to simgen's tables.
    """
    labels = [label for actor in frame.actors if (label := _label(actor, frame, rig, options)) is not None]
    return tuple(sorted(labels, key=lambda one: (one.dont_care_reason is not None, one.distance_m, one.role)))


def _label(actor: ActorState, frame: Frame, rig: Rig, options: LabelOptions) -> Label | None:
    known = classify(actor, options.base_types)
    if known.type is None:
        return None
    rig_from_stand = _stand(actor, frame)
    view = View(rig.label_camera.optical_from_rig @ rig_from_stand, rig.label_camera.intrinsics)
    extent, sighting = _measure(actor, known, view, rig_from_stand, frame, rig)
    whole = view.image_box(extent)
    if whole is None or not _is_in_view(view, sighting):
        return None
    clipped = whole.clipped(view.intrinsics.width, view.intrinsics.height)
    if clipped.area_px2 == 0:
        return None

    box = extent.box(rig.reference_from_rig @ rig_from_stand)
    x, y, z = _triple(box.bottom_centre())
    length, width, height = _triple(box.size_lwh_m)
    forward = box.frame_from_box.rotation[:, 0]
    yaw_rad = math.atan2(-forward[2], forward[0])
    reference_from_world = rig.reference_from_rig @ frame.world_from_rig.inverse()
    fraction = visible_fraction(extent, known.shape, view, sighting)
    in_box = extent.grown(_IN_BOX_MARGIN_M).contains(sighting.lidar_points)
    label = Label(
        role=actor.role,
        kind=actor.kind,
        type=known.type,
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
        visible_px=sighting.visible_px,
        visible_bbox_px=sighting.visible_bbox_px(),
        lidar_points=len(in_box),
        lidar_points_in_box=int(np.count_nonzero(in_box)),
        age=known.age,
        pose="door_open" if actor.door_open else known.pose,
    )
    reason = _dont_care_reason(label, options)
    return label if reason is None else _dont_care(label, reason)


def _dont_care_reason(label: Label, options: LabelOptions) -> str | None:
    """Why an actor that is in the picture is not labelled; None if it is."""
    if label.distance_m > options.max_distance_m:
        return "too far"
    left, top, right, bottom = label.bbox_px
    if bottom - top < options.min_height_px and (bottom - top) * (right - left) < options.min_height_px**2:
        return "too small"
    fraction = label.visible_fraction
    barely_visible = fraction is None or fraction < options.min_visible_fraction
    if barely_visible and label.lidar_points < options.min_lidar_points:
        return "nearly hidden"
    return None


def _dont_care(label: Label, reason: str) -> Label:
    """The same actor's row as a picture region, with KITTI's placeholders."""
    return replace(
        label, type="DontCare", truncation=-1.0, occlusion=-1, alpha_rad=-10.0, size_hwl_m=(-1.0, -1.0, -1.0),
        bottom_centre_m=(-1000.0, -1000.0, -1000.0), yaw_rad=-10.0, dont_care_reason=reason,
    )


def _stand(actor: ActorState, frame: Frame) -> RigidTransform:
    """Rig from stand axes: the actor's heading in the rig's plane, from the middle of its underside."""
    rig_from_actor = frame.world_from_rig.inverse() @ actor.world_from_actor
    yaw_rad = (rig_from_actor @ actor.box.frame_from_box).yaw_rad
    return RigidTransform.from_yaw(yaw_rad, rig_from_actor.apply(actor.box.bottom_centre()))


def _measure(
    actor: ActorState, known: ActorClass, view: View, rig_from_stand: RigidTransform, frame: Frame, rig: Rig
) -> tuple[Extent, Sighting]:
    """The actor's extent, and what the label camera and the LiDAR saw of it."""
    picture = frame.views[rig.label_camera.name]
    returns = frame.sweep.points_m[frame.sweep.simulator_id == actor.simulator_id]
    lidar_points = (rig_from_stand.inverse() @ rig.lidar.rig_from_lidar).apply(returns)
    if actor.kind in ("vehicle", "prop"):
        extent = Extent.standing(server_size(actor.box, known, actor))
        around = extent.grown(_OPEN_DOOR_M if actor.door_open else _SEARCH_MARGIN_M)
        return extent, look_for(actor, around, view, picture, lidar_points)
    size = server_size(actor.box, known, actor) if known.size_lwh_m is None else np.array(known.size_lwh_m)
    speed_mps = float(np.linalg.norm(actor.velocity_mps))
    expected = moving_body(actor, known, size, speed_mps)
    bounds = envelope(actor, known, expected)
    sighting = look_for(actor, bounds, view, picture, lidar_points)
    return fit_body(expected, bounds, view, sighting, known.leaves_ground), sighting


def _is_in_view(view: View, sighting: Sighting) -> bool:
    """Is there a pixel or a LiDAR return of the actor in the picture?"""
    if sighting.visible_px:
        return True
    optical = view.camera_from_stand.apply(sighting.lidar_points)
    u, v = view.intrinsics.project(optical[optical[:, 2] > 0]).T
    in_width = (u >= -0.5) & (u < view.intrinsics.width - 0.5)
    return bool((in_width & (v >= -0.5) & (v < view.intrinsics.height - 0.5)).any())


def _triple(vector: NDArray[np.float64]) -> tuple[float, float, float]:
    x, y, z = vector.tolist()
    return x, y, z
