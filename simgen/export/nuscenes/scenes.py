"""A scene for each episode: its samples, sensor data and ego poses; pictures and sweeps of samples go to ``samples``,
those of the frames between to ``sweeps``.

nuScenes' samples (key frames) are half a second apart, and only they have annotations. simgen labels every frame, so
the boxes of the frames between are left out; the devkit interpolates them.
"""

from __future__ import annotations

import json

from sensors.rigid import RigidTransform
from simgen.export.dataset import Moment, StoredFrame
from simgen.export.drives import FIRST_DAY
from simgen.export.folder import ExportFolder
from simgen.export.nuscenes.annotations import Annotations
from simgen.export.nuscenes.ground import Ground
from simgen.export.nuscenes.poses import TOP_FROM_LIDAR, pose_record
from simgen.export.nuscenes.scene import Scene, ego_of
from simgen.export.nuscenes.sweeps import sweep_bytes
from simgen.export.nuscenes.tables import Record, Tables, link_in_time
from simgen.export.nuscenes.tokens import token
from simgen.export.raw import picture_size
from simgen.kitti.layout import camera_folders
from simgen.kitti.points import of_surfaces

# Channel → folder of its pictures and number of its projection. Camera 3 looks ahead like camera 2, half a metre to the
# right: no camera of nuScenes does, so its channel is not one of nuScenes' six. Further cameras are called as their rig
# calls them.
CAMERAS = {"CAM_FRONT": ("image_2", 2), "CAM_FRONT_STEREO": ("image_3", 3)}
LIDAR = "LIDAR_TOP"


def write_scene(tables: Tables, folder: ExportFolder, scene: Scene, ground: Ground) -> None:
    """Add an episode to the tables and to the picture of the ground, link its pictures and write its sweeps.

    Raises:
        DatasetError: naming the file that is missing or wrong.
    """
    episode, plan = scene.episode, scene.episode.record.plan
    annotations = Annotations(tables, scene)
    samples, streams = [], dict[str, list[Record]]()
    for moment, sample, frame in zip(scene.moments, scene.samples, episode.frames, strict=True):
        points, causes = frame.points(), frame.point_causes()
        ring = None if causes is None else causes["ring"]
        sweep = sweep_bytes(points, scene.elevations_rad, ring)
        for channel, record in _sensor_data(tables, folder, scene, moment, sample, frame, sweep).items():
            streams.setdefault(channel, []).append(record)
        if sample is moment:
            samples.append(_sample(tables, scene, moment))
            annotations.add(moment, points if causes is None else points[of_surfaces(causes)])
        if frame.has("velodyne_label"):
            world_from_lidar = ego_of(moment).camera_0_pose() @ moment.rectified_from_lidar
            ground.add(points, frame.point_labels(), world_from_lidar)
    for records in (samples, *streams.values()):
        link_in_time(records)
    annotations.finish()
    log = tables.add(
        "log", scene.token("log"), logfile=episode.name, vehicle=str(plan.get("ego", {}).get("blueprint", "")),
        date_captured=FIRST_DAY.isoformat(), location=scene.place.location)
    tables.add(
        "scene", scene.token("scene"), log_token=log, nbr_samples=len(samples), first_sample_token=samples[0]["token"],
        last_sample_token=samples[-1]["token"], name=episode.name, description=str(plan.get("scenario", "")))


def _sample(tables: Tables, scene: Scene, moment: Moment) -> Record:
    key = tables.add("sample", scene.token("sample", moment.index), timestamp=scene.timestamp_us(moment), prev="",
                     next="", scene_token=scene.token("scene"))
    return tables.records["sample"][key]


def _sensor_data(tables: Tables, folder: ExportFolder, scene: Scene, moment: Moment, sample: Moment,
                 frame: StoredFrame, sweep: bytes) -> dict[str, Record]:
    """The records of table ``sample_data`` of a frame, by channel. sample: the key frame that it belongs to."""
    time_us = scene.timestamp_us(moment)
    ego = tables.add("ego_pose", scene.token("ego_pose", moment.index), timestamp=time_us,
                     **pose_record(scene.map_from_rig(moment)))
    parent = "samples" if sample is moment else "sweeps"
    found: dict[str, Record] = {}

    def add(channel: str, sensor: str, ending: str, size_px: tuple[int, int]) -> str:
        path = f"{parent}/{channel}/{scene.episode.name}__{channel}__{time_us}.{ending}"
        key = tables.add(
            "sample_data", scene.token("sample_data", channel, moment.index),
            sample_token=scene.token("sample", sample.index), ego_pose_token=ego, calibrated_sensor_token=sensor,
            timestamp=time_us, fileformat=ending.partition(".")[0], is_key_frame=sample is moment, height=size_px[1],
            width=size_px[0], filename=path, prev="", next="")
        found[channel] = tables.records["sample_data"][key]
        return path

    for channel, (stored, number) in {**CAMERAS, **_further_cameras(scene, moment)}.items():
        if frame.has(stored):
            size_px = picture_size(frame, stored)
            rectified_from_camera = moment.calibration.camera_from_rectified(number).inverse()
            sensor = _sensor(tables, channel, "camera", scene.rig_from_camera_0 @ rectified_from_camera,
                             moment.calibration.intrinsics(number, *size_px).matrix().tolist())
            folder.link(add(channel, sensor, "png", size_px), frame.path(stored))
    rig_from_top = scene.rig_from_camera_0 @ moment.rectified_from_lidar @ TOP_FROM_LIDAR.inverse()
    sensor = _sensor(tables, LIDAR, "lidar", rig_from_top, [])
    folder.write(add(LIDAR, sensor, "pcd.bin", (0, 0)), sweep)
    return found


def _further_cameras(scene: Scene, moment: Moment) -> dict[str, tuple[str, int]]:
    """As ``CAMERAS``, of those that KITTI does not have."""
    found = {}
    for number in moment.calibration.further_projections:
        name = scene.camera_names.get(number, str(number))
        channel = name if name.startswith("CAM_") else f"CAM_{name.upper()}"
        found[channel if channel not in CAMERAS else f"{channel}_{number}"] = (camera_folders(number)[0], number)
    return found


def _sensor(tables: Tables, channel: str, modality: str, rig_from_sensor: RigidTransform,
            intrinsic: list[list[float]]) -> str:
    """The token of a calibrated sensor; the same for all scenes in which it sits at the same place."""
    sensor = tables.add("sensor", token("sensor", channel), channel=channel, modality=modality)
    pose = pose_record(rig_from_sensor)
    about = json.dumps([pose["translation"], pose["rotation"], intrinsic])
    return tables.add("calibrated_sensor", token("calibrated_sensor", channel, about), sensor_token=sensor, **pose,
                      camera_intrinsic=intrinsic)
