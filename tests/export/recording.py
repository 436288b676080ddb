"""A small recorded dataset, made with simgen's own writer, whose geometry is known exactly.

Two episodes. The car drives a left bend over a crest, so yaw, pitch and roll change. Ahead of it drives a car; a walker
is labelled, hidden for two frames, and labelled again; a van is too far to be labelled and becomes a DontCare.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from sensors.rig import load_rig
from sensors.rigid import RigidTransform
from simgen.kitti.calib import Calibration
from simgen.kitti.ego import EgoState
from simgen.kitti.frames import KittiFrame
from simgen.kitti.labels import KittiObject
from simgen.kitti.layout import frame_id
from simgen.kitti.manifest import DatasetRequest, EpisodeEntry, RigSource, ScenarioSource, claim_folder
from simgen.kitti.objects import FrameObjects, ObjectRow
from simgen.kitti.points import point_labels
from simgen.kitti.records import EpisodeRecord, SimulatorInfo, write_record
from simgen.kitti.writer import make_folders, write_frame

RIG = load_rig("kitti")
CALIBRATION = Calibration.from_rig(RIG)
INSTANCES = ("lead_car", "van", "walker")
FRAMES = 8
HIDDEN = (3, 4)                 # frames in which the walker has no row
WALKER_HEIGHTS_M = (1.70, 1.74)     # body-tight boxes change with the pose
NORTH = (49.0, 8.4, 110.0)      # where the first frame's GNSS is
SHAPE = (12, 40)                # of the pictures, height and width: nothing here looks at them


@dataclass(frozen=True)
class Written:
    """A recorded dataset, and the truth about it: world from camera 0 of each frame, by episode."""

    root: Path
    world_from_camera_0: dict[str, list[RigidTransform]]


def rotation(roll: float, pitch: float, yaw: float) -> np.ndarray:
    """Rz(yaw) · Ry(pitch) · Rx(roll)."""
    def turn(axis: int, angle: float) -> np.ndarray:
        c, s, (i, j) = math.cos(angle), math.sin(angle), ((1, 2), (2, 0), (0, 1))[axis]
        m = np.eye(3)
        m[i, i], m[i, j], m[j, i], m[j, j] = c, -s, s, c
        return m
    return turn(2, yaw) @ turn(1, pitch) @ turn(0, roll)


def world_from_rig(episode: int, index: int) -> RigidTransform:
    yaw = 2.9 + 0.06 * index + episode          # passes ±π on the way
    place = np.array([300.0 + 40 * episode + 12 * index * math.cos(yaw), 12 * index * math.sin(yaw), 0.4 * index])
    return RigidTransform(rotation(0.02 * math.sin(index), 0.03 * math.cos(index), yaw), place)


def a_row(role: str, kind: str, label: KittiObject, track: int) -> ObjectRow:
    dont_care = label.type == "DontCare"
    return ObjectRow(
        role=role, kind=kind, type=label.type, class_name=label.type,
        blueprint=f"{kind}.some.thing", species=None, age=None, pose=None,
        track=track, distance_m=20.0, velocity_mps=(0.0, 0.0, 5.0), visible_fraction=1.0, visible_px=100,
        visible_bbox_px=(10, 20, 30, 40), visibility="expected shape", silhouette_px=None, outside_fraction=None,
        amodal_bbox_px=None, lidar_points=3, lidar_points_stored=3, lidar_points_in_box=3,
        dont_care_reason="too far" if dont_care else None,
    )


def a_label(kind: str, x: float, z: float, yaw: float, truncation: float, hwl: tuple[float, float, float],
            box: tuple[float, float, float, float]) -> KittiObject:
    return KittiObject(kind, truncation, 0, math.remainder(yaw - math.atan2(x, z), math.tau), box, hwl,
                       (x, 1.65, z), yaw)


def labels_of(index: int) -> list[tuple[str, str, KittiObject]]:
    """Role, kind and label row, DontCare last."""
    far = KittiObject("DontCare", -1, -1, -10, (600.0, 170.0, 610.0, 178.0), (-1,) * 3, (-1000,) * 3, -10)
    car = a_label("Car", 0.2 * index, 12.0 + index, -1.5 + 0.02 * index, 0.0 if index < 6 else 0.3 * (index - 5),
                  (1.5, 1.8, 4.2), (500.0, 150.0, 700.0, 300.0))
    walker = a_label("Pedestrian", 3.0 - 0.3 * index, 15.0, 3.1, 0.0, (WALKER_HEIGHTS_M[index % 2], 0.6, 0.7),
                     (800.0, 160.0, 830.0, 230.0))
    rows = [("walker", "walker", walker), ("lead_car", "vehicle", car), ("van", "vehicle", far)]
    return rows if index not in HIDDEN else rows[1:]


def points_of(index: int) -> tuple[np.ndarray, np.ndarray]:
    """(N, 4) points: road, the lead car's rear, a motorcyclist behind; and their labels."""
    points = np.array([[8, 1, -1.73, 0.2], [9, -2, -1.73, 0.3], [12 + index, -0.2 * index, -0.8, 0.5],
                       [-6, 0, -0.9, 0.4], [-6, 0, -0.2, 0.4], [30.0, 0.5, 40.0, 0.0]], np.float32)
    return points, point_labels(np.array([1, 24, 14, 18, 13, 9], np.uint8), np.array([0, 0, 1, 2, 2, 0], np.uint16))


def ego_of(episode: int, index: int, with_imu: bool) -> EgoState:
    rig = world_from_rig(episode, index)
    camera = rig @ RIG.reference_from_rig.inverse()
    imu = (None,) * 5 if not with_imu else ((0.5, 0.1, 9.8), (0.0, 0.01, 0.6), *NORTH)
    return EgoState(tuple(camera.matrix()[:3].ravel().tolist()), tuple(rig.matrix()[:3].ravel().tolist()),
                    tuple((120 * rig.rotation[:, 0]).tolist()), *imu)


def write_dataset(root: Path, episodes: int = 2, ego: bool = True, imu: bool = True, pictures: bool = False,
                  testing: tuple[int, ...] = (), failed: tuple[int, ...] = (), plans: str = "ab") -> Written:
    """Write it to ``root``.

    ego, imu: with an ego block, and with GNSS and IMU in it. pictures: depth, semantics and instances as well.
    testing: numbers of the episodes that belong to the test set. failed: those without a record.
    plans: two digits that the plans' digests are made of.
    """
    names = [f"bend-{number:04d}" for number in range(episodes)]
    request = DatasetRequest(1, (ScenarioSource("bend", "ab" * 32),), (RigSource("kitti", "cd" * 32),),
                             tuple(EpisodeEntry(name, plans * 32) for name in names))
    claim_folder(root, request)
    extra = ("depth_2", "semantic", "instance") if pictures else ()
    truth = {}
    for number, name in enumerate(names):
        make_folders(root, extra, number in testing)
        ids, files, poses = [], {}, []
        for index in range(FRAMES if number not in failed else 0):
            state = ego_of(number, index, imu)
            rows = labels_of(index)
            points, marks = points_of(index)
            frame = KittiFrame(
                images={"image_2": np.full((*SHAPE, 3), 10 * index, np.uint8),
                        "image_3": np.full((*SHAPE, 3), 5 * index, np.uint8)},
                points=points, point_labels=marks, objects=tuple(label for _, _, label in rows),
                calibration=CALIBRATION, pictures=_pictures() if pictures else {},
                side=FrameObjects(frame_id(number * FRAMES + index), name, index, round(index * 0.1, 6),
                                  state if ego else None,
                                  tuple(a_row(role, kind, label, INSTANCES.index(role)) for role, kind, label in rows),
                                  INSTANCES),
            )
            files.update(write_frame(root, frame, testing=number in testing))
            ids.append(frame.identity)
            poses.append(state.camera_0_pose())
        if number not in failed:
            write_record(root, EpisodeRecord(
                name, plans * 32, {"scenario": "bend", "index": number}, {}, tuple(ids), tuple(ids),
                {"Car": FRAMES, "Pedestrian": FRAMES - len(HIDDEN)},
                files, SimulatorInfo("simgen", "0", "Nowhere"), "0"))
            truth[name] = poses
    return Written(root, truth)


def _pictures() -> dict[str, np.ndarray]:
    semantic = np.full(SHAPE, 7, np.uint8)
    semantic[5:9, 10:30] = 26
    instance = semantic.astype(np.uint16) * 256 + (semantic == 26)
    return {"depth_2": np.full(SHAPE, 2560, np.uint16), "semantic": semantic, "instance": instance.astype(np.uint16)}
