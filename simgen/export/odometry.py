"""KITTI's odometry layout, with SemanticKITTI's labels beside the sweeps.

    poses/00.txt
    sequences/00/calib.txt  times.txt  poses.txt  image_2/000000.png  image_3  velodyne/000000.bin  labels/000000.label

Sequences are numbered as the plan numbers episodes, with two digits and more from 100 on. ``image_0`` and ``image_1``
are there if they were recorded; test episodes have neither poses nor labels. ``poses.txt`` is the same once more, where
SemanticKITTI's tools look for it.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from sensors.rigid import RigidTransform
from simgen.errors import RequestError
from simgen.export.dataset import Dataset, Episode, Moment
from simgen.export.folder import ExportFolder, ExportReport
from simgen.export.semantickitti import motorcycles, semantickitti_labels
from simgen.kitti.calib import Calibration
from simgen.kitti.points import point_labels_bytes
from simgen.kitti.splits import TEST

_STREAMS = {"image_0": "png", "image_1": "png", "image_2": "png", "image_3": "png", "velodyne": "bin"}


def write_odometry(dataset: Dataset, out: Path) -> ExportReport:
    """Fill ``out`` with the odometry layout.

    Raises:
        RequestError: if the dataset does not say where the car was.
    """
    first = dataset.frames[0]
    if first.moment().ego is None:
        raise RequestError(f"{dataset.root}: odometry needs poses, which older versions of simgen did not store "
                           f"({first.path('objects')} has no ego block); record the dataset anew")
    folder = ExportFolder(out)
    for episode in dataset.episodes:
        _write_sequence(folder, episode)
    return folder.report(len(dataset.episodes), len(dataset.frames))


def _write_sequence(folder: ExportFolder, episode: Episode) -> None:
    name = f"{episode.number:02d}"
    labelled = episode.split != TEST
    for index, frame in enumerate(episode.frames):
        for stored, ending in _STREAMS.items():
            if frame.has(stored):
                folder.link(f"sequences/{name}/{stored}/{index:06d}.{ending}", frame.path(stored))
    moments = episode.moments()
    folder.write(f"sequences/{name}/calib.txt", calib_text(moments[0].calibration))
    folder.write(f"sequences/{name}/times.txt", times_text(moments))
    if labelled:
        poses = poses_text(moments)
        folder.write(f"poses/{name}.txt", poses)
        folder.write(f"sequences/{name}/poses.txt", poses)
        _write_point_labels(folder, episode, name)


def _write_point_labels(folder: ExportFolder, episode: Episode, name: str) -> None:
    ridden = motorcycles(frame.point_labels() for frame in episode.frames)
    for index, frame in enumerate(episode.frames):
        labels = semantickitti_labels(frame.point_labels(), ridden, frame.point_causes())
        folder.write(f"sequences/{name}/labels/{index:06d}.label", point_labels_bytes(labels))


def poses_text(moments: Sequence[Moment]) -> str:
    """Twelve numbers a line, row by row: from rectified camera 0 of that frame to that of the first.

    Raises:
        RequestError: if a frame has no pose.
    """
    poses = [_world_from_camera_0(moment) for moment in moments]
    first_from_world = poses[0].inverse()
    relative = [RigidTransform.identity(), *(first_from_world @ pose for pose in poses[1:])]
    return "".join(_line(pose) + "\n" for pose in relative)


def times_text(moments: Sequence[Moment]) -> str:
    """Seconds since the first frame, one a line."""
    return "".join(f"{moment.time_s - moments[0].time_s:.6e}\n" for moment in moments)


def calib_text(calibration: Calibration) -> str:
    """P0 to P3, and Tr: LiDAR axes to *rectified* camera 0."""
    matrices = {**{f"P{k}": calibration.projections[k] for k in range(4)},
                "Tr": calibration.rectified_from_lidar().matrix()[:3]}
    return "".join(f"{key}: {' '.join(f'{number + 0.0:.12e}' for number in matrix.ravel())}\n"
                   for key, matrix in matrices.items())


def _world_from_camera_0(moment: Moment) -> RigidTransform:
    if moment.ego is None:
        raise RequestError(f"frame {moment.identity}: has no pose (its side file has no ego block); record the dataset "
                           "anew")
    return moment.ego.camera_0_pose()


def _line(pose: RigidTransform) -> str:
    return " ".join(f"{number:.9e}" for number in np.round(pose.matrix()[:3].ravel(), 12) + 0.0)
