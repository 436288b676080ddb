"""Is a folder a nuScenes v1.0 dataset? Schema, keys and chains of its thirteen tables, and the devkit's own geometry.

Written from nuScenes' published schema and from what nuscenes-devkit 1.2 does with the tables; nothing of simgen's.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np

Record = dict[str, Any]

# Table → field → type; "key:TABLE" is a foreign key, "keys:TABLE" a list of them, "near:TABLE" one that may be empty.
SCHEMA: dict[str, dict[str, Any]] = {
    "attribute": {"name": str, "description": str},
    "calibrated_sensor": {"sensor_token": "key:sensor", "translation": 3, "rotation": 4, "camera_intrinsic": list},
    "category": {"name": str, "description": str},
    "ego_pose": {"translation": 3, "rotation": 4, "timestamp": int},
    "instance": {"category_token": "key:category", "nbr_annotations": int,
                 "first_annotation_token": "key:sample_annotation", "last_annotation_token": "key:sample_annotation"},
    "log": {"logfile": str, "vehicle": str, "date_captured": str, "location": str},
    "map": {"log_tokens": "keys:log", "category": str, "filename": str},
    "sample": {"timestamp": int, "scene_token": "key:scene", "next": "near:sample", "prev": "near:sample"},
    "sample_annotation": {
        "sample_token": "key:sample", "instance_token": "key:instance", "attribute_tokens": "keys:attribute",
        "visibility_token": "near:visibility", "translation": 3, "size": 3, "rotation": 4, "num_lidar_pts": int,
        "num_radar_pts": int, "next": "near:sample_annotation", "prev": "near:sample_annotation"},
    "sample_data": {
        "sample_token": "key:sample", "ego_pose_token": "key:ego_pose", "calibrated_sensor_token":
        "key:calibrated_sensor", "filename": str, "fileformat": str, "width": int, "height": int, "timestamp": int,
        "is_key_frame": bool, "next": "near:sample_data", "prev": "near:sample_data"},
    "scene": {"name": str, "description": str, "log_token": "key:log", "nbr_samples": int,
              "first_sample_token": "key:sample", "last_sample_token": "key:sample"},
    "sensor": {"channel": str, "modality": str},
    "visibility": {"level": str, "description": str},
}
_CHAINED = {"sample": "scene_token", "sample_annotation": "instance_token"}


class Tables:
    """The tables of a version, by table and token."""

    def __init__(self, root: Path, version: str) -> None:
        self.root = root
        self.lists: dict[str, list[Record]] = {
            name: json.loads((root / version / f"{name}.json").read_text(encoding="utf-8")) for name in SCHEMA}
        self.by_token = {name: {record["token"]: record for record in records}
                         for name, records in self.lists.items()}

    def get(self, table: str, token: str) -> Record:
        return self.by_token[table][token]

    def data_of(self, sample: Record) -> dict[str, Record]:
        """The key frame's sensor data, by channel."""
        return {self.channel(one): one for one in self.lists["sample_data"]
                if one["sample_token"] == sample["token"] and one["is_key_frame"]}

    def stream(self, sample: Record, channel: str) -> list[Record]:
        """Every record of a channel in the sample's scene, key frame or not, in time, by its chain."""
        one = self.data_of(sample)[channel]
        while one["prev"]:
            one = self.get("sample_data", one["prev"])
        found = [one]
        while found[-1]["next"]:
            found.append(self.get("sample_data", found[-1]["next"]))
        return found

    def channel(self, data: Record) -> str:
        sensor = self.get("calibrated_sensor", data["calibrated_sensor_token"])["sensor_token"]
        return str(self.get("sensor", sensor)["channel"])

    def annotations_of(self, sample: Record) -> list[Record]:
        return [one for one in self.lists["sample_annotation"] if one["sample_token"] == sample["token"]]

    def category(self, annotation: Record) -> str:
        instance = self.get("instance", annotation["instance_token"])
        return str(self.get("category", instance["category_token"])["name"])

    def corners_in_sensor(self, annotation: Record, data: Record) -> np.ndarray:
        """(8, 3) as ``NuScenes.get_sample_data`` and ``Box.corners`` give them: the front four first."""
        width, length, height = annotation["size"]
        x = length / 2 * np.array([1, 1, 1, 1, -1, -1, -1, -1])
        y = width / 2 * np.array([1, -1, -1, 1, 1, -1, -1, 1])
        z = height / 2 * np.array([1, 1, -1, -1, 1, 1, -1, -1])
        points = matrix(annotation["rotation"]) @ np.stack([x, y, z]) + np.array(annotation["translation"])[:, None]
        for pose in (self.get("ego_pose", data["ego_pose_token"]),
                     self.get("calibrated_sensor", data["calibrated_sensor_token"])):
            points = matrix(pose["rotation"]).T @ (points - np.array(pose["translation"])[:, None])
        return np.asarray(points.T)

    def points_in_map(self, data: Record) -> np.ndarray:
        """(N, 3) the sweep's points in global axes, read as ``LidarPointCloud.from_file`` does."""
        points = np.fromfile(self.root / data["filename"], dtype=np.float32).reshape(-1, 5)[:, :3].T.astype(float)
        for pose in (self.get("calibrated_sensor", data["calibrated_sensor_token"]),
                     self.get("ego_pose", data["ego_pose_token"])):
            points = matrix(pose["rotation"]) @ points + np.array(pose["translation"])[:, None]
        return np.asarray(points.T)


def matrix(quaternion: list[float]) -> np.ndarray:
    """(3, 3) rotation of w, x, y, z."""
    w, x, y, z = np.array(quaternion) / np.linalg.norm(quaternion)
    return np.array([[1 - 2 * (y * y + z * z), 2 * (x * y - w * z), 2 * (x * z + w * y)],
                     [2 * (x * y + w * z), 1 - 2 * (x * x + z * z), 2 * (y * z - w * x)],
                     [2 * (x * z - w * y), 2 * (y * z + w * x), 1 - 2 * (x * x + y * y)]])


def complaints(root: Path, version: str) -> list[str]:
    """What is wrong with the dataset, one sentence each."""
    tables = Tables(root, version)
    found = [f"{name}: tokens repeat" for name, records in tables.lists.items()
             if len(tables.by_token[name]) != len(records)]
    for name, records in tables.lists.items():
        for record in records:
            found += [f"{name} {record['token']}: {say}" for say in _fields(tables, record, SCHEMA[name])]
    if found:
        return found
    found += _chains(tables) + _scenes(tables) + _files(tables)
    for instance in tables.lists["instance"]:
        own = [one for one in tables.lists["sample_annotation"] if one["instance_token"] == instance["token"]]
        if len(own) != instance["nbr_annotations"]:
            found.append(f"instance {instance['token']}: {len(own)} annotations, not {instance['nbr_annotations']}")
    logs = [log for record in tables.lists["map"] for log in record["log_tokens"]]
    if sorted(logs) != sorted(tables.by_token["log"]):
        found.append("map: not every log is on one map")
    return found


def _fields(tables: Tables, record: Record, schema: dict[str, Any]) -> list[str]:
    found = []
    for name, kind in schema.items():
        value = record.get(name)
        if isinstance(kind, int):
            if not (isinstance(value, list) and len(value) == kind and np.isfinite(value).all()):
                found.append(f"{name} is not {kind} numbers")
            elif kind == 4 and abs(np.linalg.norm(value) - 1) > 1e-6:
                found.append(f"{name} is no unit quaternion")
        elif isinstance(kind, str):
            how, table = kind.split(":")
            keys = value if how == "keys" else [value]
            if not (isinstance(keys, list) and all(
                    key in tables.by_token[table] or (how == "near" and key == "") for key in keys)):
                found.append(f"{name} points nowhere")
        elif type(value) is not kind:
            found.append(f"{name} is no {kind.__name__}")
    return found


def _chains(tables: Tables) -> list[str]:
    found = []
    for table in ("sample", "sample_annotation", "sample_data"):
        for record in tables.lists[table]:
            after = tables.by_token[table].get(record["next"])
            if after is None:
                continue
            if after["prev"] != record["token"] or _time(tables, after) <= _time(tables, record):
                found.append(f"{table} {record['token']}: its next does not follow it")
            whose = _CHAINED.get(table)
            if whose is not None and after[whose] != record[whose]:
                found.append(f"{table} {record['token']}: its next has another {whose}")
            if table == "sample_data" and tables.channel(after) != tables.channel(record):
                found.append(f"{table} {record['token']}: its next is of another channel")
    return found


def _time(tables: Tables, record: Record) -> int:
    return int(record["timestamp"] if "timestamp" in record else
               tables.get("sample", record["sample_token"])["timestamp"])


def _scenes(tables: Tables) -> list[str]:
    found = []
    for scene in tables.lists["scene"]:
        token, count, last = scene["first_sample_token"], 0, ""
        while token:
            count, last, token = count + 1, token, tables.get("sample", token)["next"]
        if (count, last) != (scene["nbr_samples"], scene["last_sample_token"]):
            found.append(f"scene {scene['name']}: its chain of samples has {count} and ends elsewhere")
    for sample in tables.lists["sample"]:
        for channel, data in tables.data_of(sample).items():
            pose = tables.get("ego_pose", data["ego_pose_token"])
            if not data["timestamp"] == pose["timestamp"] == sample["timestamp"]:
                found.append(f"sample {sample['token']}: {channel} has another time")
            found += _stream(tables, sample, channel)
        if "LIDAR_TOP" not in tables.data_of(sample):
            found.append(f"sample {sample['token']}: has no LIDAR_TOP")
        for one in tables.annotations_of(sample):
            if len(one["attribute_tokens"]) > 1:
                found.append(f"annotation {one['token']}: the evaluation takes one attribute at most")
    return found


def _stream(tables: Tables, sample: Record, channel: str) -> list[str]:
    """Each record of a channel belongs to the sample that follows it closest in time, as the schema says."""
    times = {one["timestamp"]: one["token"] for one in tables.lists["sample"]
             if one["scene_token"] == sample["scene_token"]}
    found = []
    for data in tables.stream(sample, channel):
        following = min((time for time in times if time >= data["timestamp"]), default=None)
        if following is None or data["sample_token"] != times[following]:
            found.append(f"sample_data {data['token']}: is not of the sample that follows it")
        folder = "samples" if data["is_key_frame"] else "sweeps"
        if not data["filename"].startswith(f"{folder}/{channel}/"):
            found.append(f"sample_data {data['token']}: its file is not in {folder}")
    return found


def _files(tables: Tables) -> list[str]:
    names = [one["filename"] for table in ("sample_data", "map") for one in tables.lists[table]]
    return [f"{name}: is not there" for name in names if not (tables.root / name).exists()]
