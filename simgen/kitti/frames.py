"""One frame with everything that is stored of it: what ``writer`` writes and ``reader`` reads."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from sensors.lidar.surfaces import reflectance
from sensors.rig import CameraMount, Rig
from sensors.rigid import RigidTransform
from simgen.frame import Frame, Label, Sweep, renumbered
from simgen.kitti.calib import Calibration
from simgen.kitti.ego import EgoState
from simgen.kitti.labels import KittiObject
from simgen.kitti.layout import (
    CAUSES,
    CLEAN,
    FRAME_FILES,
    PICTURE_FILES,
    PLANES,
    camera_folders,
    frame_id,
    lidar_folders,
)
from simgen.kitti.objects import FrameObjects, ObjectRow
from simgen.kitti.planes import road_plane
from simgen.kitti.points import CAUSE_ROW, point_labels
from simgen.kitti.truth import ego_pixels, owners_by_id, truth_pictures


@dataclass(frozen=True, eq=False, slots=True)
class EpisodeFormat:
    """What the stored frames of an episode have in common.

    episode:   its name.
    roles:     of all its actors except the ego, sorted.
    pictures:  the pictures on request, by folder name ("depth_2").
    planes:    is the road's plane stored?
    clean:     is the sweep stored as well as it was before noise and weather?
    image_folders: camera → folder of its pictures, of all that are recorded.
    folders:   that every frame has a file in, but for those on request.
    """

    episode: str
    roles: tuple[str, ...]
    calibration: Calibration
    rig_from_camera_0: RigidTransform
    label_camera: CameraMount
    pictures: tuple[str, ...] = ()
    planes: bool = False
    clean: bool = False
    image_folders: Mapping[str, str] = field(default_factory=dict)
    folders: tuple[str, ...] = tuple(FRAME_FILES)

    @classmethod
    def of(cls, episode: str, roles: Sequence[str], rig: Rig, on_request: Sequence[str] = ()) -> EpisodeFormat:
        """on_request: folders of what is stored besides ("depth_2", "planes", "velodyne_clean")."""
        pictures = [folder for folder in on_request if folder in PICTURE_FILES]
        image_folders = {camera.name: camera_folders(camera.number)[0] for camera in rig.recorded_cameras}
        return cls(episode, tuple(sorted(roles)), Calibration.from_rig(rig), rig.reference_from_rig.inverse(),
                   rig.label_camera, tuple(pictures), PLANES in on_request, CLEAN in on_request, image_folders,
                   folders_of(rig, on_request))

    @property
    def shows_classes(self) -> bool:
        """Is one of the pictures about what or whose a pixel is?"""
        return bool({"semantic", "instance"} & {*self.pictures})

    def instances(self, frame: Frame) -> tuple[str, ...]:
        """Roles that points and pixels are counted by: the actors', then those of the level's vehicles.

        Raises:
            ValueError: if an actor of the frame is not among the episode's.
        """
        missing = sorted({actor.role for actor in frame.actors} - {*self.roles})
        if missing:
            raise ValueError(f"the roles {missing} are not among the episode's instances {list(self.roles)}")
        return (*self.roles, *(thing.role for thing in frame.level_objects))


def folders_of(rig: Rig, on_request: Sequence[str] = ()) -> tuple[str, ...]:
    """Folders that every frame of a rig has a file in, but for those on request; with what that asks of more LiDARs."""
    pictures = [camera_folders(camera.number)[0] for camera in rig.recorded_cameras]
    labels = [folder for camera in rig.labelled_cameras[1:] for folder in camera_folders(camera.number)[1:]]
    wanted = (True, True, CAUSES in on_request, CLEAN in on_request)
    clouds = [folder for lidar in rig.lidars[1:]
              for folder, is_wanted in zip(lidar_folders(lidar.name), wanted, strict=True) if is_wanted]
    others = [folder for folder in FRAME_FILES if not folder.startswith("image_")]
    return (*pictures, *others, *labels, *clouds)


@dataclass(frozen=True, eq=False, slots=True)
class Cloud:
    """Points of a further LiDAR in its own axes; all as the fields of ``KittiFrame`` for the main one."""

    points: NDArray[np.float32]
    labels: NDArray[np.uint32]
    causes: NDArray[np.void] | None = None
    clean: NDArray[np.float32] | None = None

    def __post_init__(self) -> None:
        if len(self.points) != len(self.labels):
            raise ValueError(f"{len(self.points)} points, but {len(self.labels)} point labels")
        if self.causes is not None and len(self.points) != len(self.causes):
            raise ValueError(f"{len(self.points)} points, but {len(self.causes)} causes of points")


@dataclass(frozen=True, eq=False, slots=True)
class CameraLabels:
    """Label rows for a further camera's picture, boxes in rectified camera 0 as all are, and their side file."""

    objects: tuple[KittiObject, ...]
    side: FrameObjects

    def __post_init__(self) -> None:
        if [row.type for row in self.objects] != [row.type for row in self.side.rows]:
            raise ValueError("the side file's rows differ from the label rows")


@dataclass(frozen=True, eq=False, slots=True)
class KittiFrame:
    """One frame of a dataset.

    images:        by folder name ("image_2"), (H, W, 3) uint8, red first.
    points:        (N, 4) float32: x, y, z in LiDAR axes and reflectance.
    point_labels:  (N,) uint32: CARLA's semantic tag in the low 16 bits, instance number in the high ones.
    objects:       the label rows.
    side:          the side file, one entry for each label row.
    pictures:      by folder name, what was asked for of "depth_2", "semantic" and "instance"; (H, W) uint16 or uint8.
    plane:         (4,) the road's plane in rectified camera 0, if it was asked for.
    point_causes:  (N,) ``CAUSE_ROW``, what each point comes from; None of a clean sweep.
    clean_points:  (M, 4) as ``points``, before noise and weather, if it was asked for.
    further_clouds: of the rig's other LiDARs, by name.
    further_labels: of the rig's other cameras that have labels of their own, by KITTI's number.
    """

    images: Mapping[str, NDArray[np.uint8]]
    points: NDArray[np.float32]
    point_labels: NDArray[np.uint32]
    objects: tuple[KittiObject, ...]
    calibration: Calibration
    side: FrameObjects
    pictures: Mapping[str, NDArray[np.uint8] | NDArray[np.uint16]] = field(default_factory=dict)
    plane: NDArray[np.float64] | None = None
    point_causes: NDArray[np.void] | None = None
    clean_points: NDArray[np.float32] | None = None
    further_clouds: Mapping[str, Cloud] = field(default_factory=dict)
    further_labels: Mapping[int, CameraLabels] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if len(self.points) != len(self.point_labels):
            raise ValueError(f"{len(self.points)} points, but {len(self.point_labels)} point labels")
        if self.point_causes is not None and len(self.points) != len(self.point_causes):
            raise ValueError(f"{len(self.points)} points, but {len(self.point_causes)} causes of points")
        if [row.type for row in self.objects] != [row.type for row in self.side.rows]:
            raise ValueError("the side file's rows differ from the label rows")

    @property
    def identity(self) -> str:
        """The frame's id, "000007"."""
        return self.side.frame

    @classmethod
    def from_capture(
        cls,
        number: int,
        form: EpisodeFormat,
        frame: Frame,
        labels: Sequence[Label],
        pixel_owner: NDArray[np.integer] | None = None,
        point_owner: NDArray[np.integer] | None = None,
        further_owners: Mapping[str, NDArray[np.integer]] | None = None,
        further_labels: Mapping[int, Sequence[Label]] | None = None,
    ) -> KittiFrame:
        """What is stored of a captured frame.

        Args:
            number: of the frame in the dataset.
            frame: as it shall be stored, that is, after sensor physics.
            pixel_owner: (H, W) for each pixel of the label camera, the index of its owner in ``form.instances(frame)``,
                −1 where it has none; if None, as the instance picture's ids say. Only for ``form.shows_classes``.
            point_owner: (N,) likewise for each point whose id says nothing.
            further_owners: the same of further LiDARs' points, by name.
            further_labels: of further cameras, by number.

        Raises:
            ValueError: if an actor is not one of the episode's.
            DatasetError: if a picture has more instances than can be numbered.
        """
        sweep, instances = frame.sweep, form.instances(frame)
        number_of_id = _numbers_of_ids(frame, instances)
        numbers = _instance_numbers(sweep, number_of_id, point_owner)
        stored = np.bincount(numbers, minlength=len(instances) + 1)[1:]
        owners, ego = further_owners or {}, EgoState.from_frame(frame, form.rig_from_camera_0)

        def side(seen: Sequence[Label]) -> FrameObjects:
            tracks = [instances.index(label.role) for label in seen]
            return FrameObjects(
                frame_id(number), form.episode, frame.index, round(frame.time_s, 6), ego,
                tuple(ObjectRow.from_label(label, track, int(stored[track]))
                      for label, track in zip(seen, tracks, strict=True)),
                instances,
            )

        return cls(
            images={form.image_folders[name]: view.rgb for name, view in frame.views.items()},
            points=_rows(sweep),
            point_labels=point_labels(sweep.tag, numbers),
            objects=tuple(KittiObject.from_label(label) for label in labels),
            calibration=form.calibration,
            side=side(labels),
            pictures=_pictures(form, frame, number_of_id, pixel_owner) if form.pictures else {},
            plane=_plane(form, sweep.clean) if form.planes else None,
            point_causes=_causes(sweep),
            clean_points=_rows(sweep.clean) if form.clean else None,
            further_clouds={
                name: Cloud(_rows(one), point_labels(one.tag, _instance_numbers(one, number_of_id, owners.get(name))),
                            _causes(one), _rows(one.clean) if form.clean else None)
                for name, one in frame.further_sweeps.items()
            },
            further_labels={
                camera: CameraLabels(tuple(KittiObject.from_label(label) for label in seen), side(seen))
                for camera, seen in (further_labels or {}).items()
            },
        )


def _rows(sweep: Sweep) -> NDArray[np.float32]:
    """(N, 4) points and the intensity that was measured; of a clean sweep the reflectance of what was met."""
    told = sweep.measurement
    intensity = reflectance(sweep.tag, sweep.cos_incidence) if told is None else told.intensity
    rows = np.empty((len(sweep.points_m), 4), np.float32)
    rows[:, :3], rows[:, 3] = sweep.points_m, intensity
    return rows


def _causes(sweep: Sweep) -> NDArray[np.void] | None:
    told = sweep.measurement
    if told is None:
        return None
    causes = np.empty(len(sweep.points_m), CAUSE_ROW)
    causes["cause"], causes["return_number"], causes["ring"] = told.cause, told.return_number, sweep.ring
    causes["range_before_m"], causes["time_s"] = told.range_before_m, told.time_s
    return causes


def _plane(form: EpisodeFormat, sweep: Sweep) -> NDArray[np.float64]:
    rectify = RigidTransform(form.calibration.r0_rect, np.zeros(3))
    return road_plane(sweep.points_m, sweep.tag, form.calibration.rectified_from_lidar(),
                      rectify @ form.rig_from_camera_0.inverse())


def _pictures(
    form: EpisodeFormat, frame: Frame, number_of_id: Mapping[int, int], owner: NDArray[np.integer] | None
) -> dict[str, NDArray[np.uint8] | NDArray[np.uint16]]:
    view, ego = frame.views[form.label_camera.name], None
    if form.shows_classes:
        owner = owners_by_id(view, number_of_id) if owner is None else owner
        ego = None if frame.ego_box is None else ego_pixels(view, form.label_camera, frame.ego_box)
    return truth_pictures(form.pictures, view, owner, ego)


def _numbers_of_ids(frame: Frame, instances: Sequence[str]) -> dict[int, int]:
    """Simulator id → index in ``instances`` plus 1. An actor's id goes before the same number of a level object."""
    number_of_role = {role: number for number, role in enumerate(instances, start=1)}
    of_level = {thing.number: number_of_role[thing.role] for thing in frame.level_objects}
    return {**of_level, **{actor.simulator_id: number_of_role[actor.role] for actor in frame.actors}}


def _instance_numbers(
    sweep: Sweep, number_of_id: Mapping[int, int], owner: NDArray[np.integer] | None
) -> NDArray[np.uint16]:
    """(N,) for each point: 0 for the level, else the hit object's index among the instances plus 1.

    owner: (N,) such an index for each point whose id says nothing, −1 for none.
    """
    numbers = renumbered(sweep.simulator_id, number_of_id).astype(np.uint16)
    return numbers if owner is None else np.where(numbers == 0, owner + 1, numbers).astype(np.uint16)
