"""One frame with everything that is stored of it: what ``writer`` writes and ``reader`` reads."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from sensors.lidar import reflectance
from simgen.frame import ActorState, Frame, Label, Sweep
from simgen.kitti.calib import Calibration
from simgen.kitti.labels import KittiObject
from simgen.kitti.layout import frame_id
from simgen.kitti.objects import FrameObjects, object_rows
from simgen.kitti.points import point_labels


@dataclass(frozen=True, eq=False, slots=True)
class KittiFrame:
    """One frame of a dataset.

    images:        by folder name ("image_2"), (H, W, 3) uint8, red first.
    points:        (N, 4) float32: x, y, z in LiDAR axes and reflectance.
    point_labels:  (N,) uint32: CARLA's semantic tag in the low 16 bits, instance number in the high ones.
    objects:       the label rows.
    side:          the side file, one entry for each label row.
    """

    images: Mapping[str, NDArray[np.uint8]]
    points: NDArray[np.float32]
    point_labels: NDArray[np.uint32]
    objects: tuple[KittiObject, ...]
    calibration: Calibration
    side: FrameObjects

    def __post_init__(self) -> None:
        if len(self.points) != len(self.point_labels):
            raise ValueError(f"{len(self.points)} points, but {len(self.point_labels)} point labels")
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
        episode: str,
        frame: Frame,
        labels: Sequence[Label],
        instances: Sequence[str],
        calibration: Calibration,
        point_reflectance: NDArray[np.float32] | None = None,
    ) -> KittiFrame:
        """What is stored of a captured frame.

        Args:
            number: of the frame in the dataset.
            frame: as it shall be stored, that is, after sensor physics.
            instances: roles of all actors of the episode except the ego, sorted; the same for all its frames.
            point_reflectance: (N,) for each point of the sweep; if None, that of a clean sweep.

        Raises:
            ValueError: if an actor's role is not in ``instances``.
        """
        sweep = frame.sweep
        if point_reflectance is None:
            point_reflectance = reflectance(sweep.tag, sweep.cos_incidence)
        return cls(
            images={view_folder(name): view.rgb for name, view in frame.views.items()},
            points=np.column_stack([sweep.points_m, point_reflectance]).astype(np.float32),
            point_labels=point_labels(sweep.tag, _instance_numbers(sweep, frame.actors, instances)),
            objects=tuple(KittiObject.from_label(label) for label in labels),
            calibration=calibration,
            side=FrameObjects(frame_id(number), episode, frame.index, round(frame.time_s, 6),
            object_rows(labels),
                              tuple(instances)),
        )


def view_folder(camera: str) -> str:
    """The folder of a camera's pictures: "image_2" for "camera_2"."""
    return camera.replace("camera_", "image_")


def _instance_numbers(
    sweep: Sweep, actors: Sequence[ActorState], instances: Sequence[str]
) -> NDArray[np.uint16]:
    """(N,) for each point: 0 for the level, else the hit actor's index in ``instances`` plus 1."""
    number_of_role = {role: k for k, role in enumerate(instances, start=1)}
    missing = sorted(actor.role for actor in actors if actor.role not in number_of_role)
    if missing:
        raise ValueError(f"the roles {missing} are not among the episode's instances {list(instances)}")
    numbers = np.zeros(len(sweep.simulator_id), dtype=np.uint16)
    for actor in actors:
        numbers[sweep.simulator_id == actor.simulator_id] = number_of_role[actor.role]
    return numbers
