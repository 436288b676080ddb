"""Instances and their boxes: the tables ``instance`` and ``sample_annotation``.

There is an annotation for each label row of a sample but the DontCare regions, which have no box. Labels are made for
the left colour picture, so what is beside or behind the car is not annotated, though it is in the sweep.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from simgen.export.dataset import LabelledObject, Moment
from simgen.export.nuscenes.poses import camera_from_box, pose_record
from simgen.export.nuscenes.scene import Scene, moves
from simgen.export.nuscenes.sweeps import points_in_box
from simgen.export.nuscenes.tables import Record, Tables, attribute_token, category_token, link_in_time
from simgen.export.nuscenes.taxonomy import attribute_of, category_of, visibility_of
from simgen.kitti.labels import DONT_CARE

_VELOCITY_DECIMALS = 4


@dataclass
class Annotations:
    """The annotations of a scene while they are being made. by_role: those of each instance, in time."""

    tables: Tables
    scene: Scene
    categories: dict[str, str] = field(default_factory=dict)
    by_role: dict[str, list[Record]] = field(default_factory=dict)

    def add(self, moment: Moment, points: NDArray[np.float32]) -> None:
        """Annotate a frame.

        Args:
            points: (N, 4) of its sweep that surfaces gave, in LiDAR axes.
        """
        columns = np.ascontiguousarray(points[:, :3].T)
        for thing in moment.objects:
            if thing.label.type != DONT_CARE:
                self._add(moment, thing, columns)

    def finish(self) -> None:
        """Link the annotations in time and enter the instances."""
        for role, records in self.by_role.items():
            link_in_time(records)
            self.tables.add(
                "instance", self.scene.token("instance", role), category_token=category_token(self.categories[role]),
                nbr_annotations=len(records), first_annotation_token=records[0]["token"],
                last_annotation_token=records[-1]["token"])

    def _add(self, moment: Moment, thing: LabelledObject, columns: NDArray[np.float32]) -> None:
        scene, label, role = self.scene, thing.label, thing.side.role
        category = self.categories.setdefault(role, category_of(thing.side))
        attribute = attribute_of(category, thing.side, moves(thing), role in scene.movers)
        height, width, length = label.size_hwl_m
        map_from_camera = scene.map_from_camera_0(moment)
        velocity = map_from_camera.rotate(np.array(thing.side.velocity_mps))
        key = self.tables.add(
            "sample_annotation", scene.token("sample_annotation", moment.index, role),
            sample_token=scene.token("sample", moment.index),
            instance_token=scene.token("instance", role),
            visibility_token=visibility_of(thing.side),
            attribute_tokens=[] if attribute is None else [attribute_token(attribute)],
            **pose_record(map_from_camera @ camera_from_box(label)),
            size=[width, length, height],
            prev="", next="",
            num_lidar_pts=points_in_box(columns, label, moment.calibration), num_radar_pts=0,
            velocity_mps=(np.round(velocity, _VELOCITY_DECIMALS) + 0.0).tolist())
        self.by_role.setdefault(role, []).append(self.tables.records["sample_annotation"][key])
