"""A recorded dataset that is consistent to the last pixel: a street, what stands on it, and its OpenDRIVE text.

Two episodes of three frames. The ego drives along a straight road; ahead are a moving car, a parked one, a child, a
cyclist, a cone and a deer, and a van too far to be labelled. Every object is a solid box: its mask is the rectangle of
its projection, nearer ones in front, and the sweep has points inside of it.
"""

from __future__ import annotations

import hashlib
import math
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import roadgen

from sensors.boxes import Box3, project_box
from sensors.rig import load_rig, rig_file
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
EYE = RIG.label_camera.intrinsics
FRAMES = 3
STEP_S = 0.5            # so every frame is a key frame of nuScenes
ROAD_YAW = 0.5
ROAD_START = np.array([-60.0, -90.0])
LANE_M = 3.5
MAP = "Street"
DIGEST = "ab" * 32


@dataclass(frozen=True)
class Thing:
    """ahead_m, left_m: of its middle from where the ego was at the beginning, along and across the road."""

    role: str
    kind: str
    type: str
    blueprint: str
    ahead_m: float
    left_m: float
    size_lwh_m: tuple[float, float, float]
    label_id: int
    speed_mps: float = 0.0
    turned: float = 0.0
    species: str | None = None


THINGS = (
    Thing("car", "vehicle", "Car", "vehicle.audi.tt", 18.0, 0.0, (4.2, 1.8, 1.4), 26, 5.0),
    Thing("child", "walker", "Pedestrian", "walker.pedestrian.0009", 12.0, -3.0, (0.3, 0.4, 1.1), 24, 1.2, 1.4),
    Thing("cone", "prop", "Misc", "static.prop.trafficcone01", 9.0, 2.0, (0.4, 0.4, 0.75), 4),
    Thing("cyclist", "vehicle", "Cyclist", "vehicle.bh.crossbike", 14.0, 3.5, (1.6, 0.6, 1.7), 25, 4.0, math.pi),
    Thing("deer", "animal", "Animal", "walker.animal.roe_deer", 25.0, -5.0, (1.2, 0.3, 1.1), 5, 0.0, 1.0, "roe_deer"),
    Thing("level_77", "vehicle", "Car", "level.car", 21.0, 5.5, (4.5, 1.9, 1.5), 26),
    Thing("van", "vehicle", "Van", "vehicle.volkswagen.t2", 95.0, 1.0, (4.5, 2.1, 2.0), 26),
)
INSTANCES = tuple(thing.role for thing in THINGS)
LABELS = {"Animal": 3, "Car": 6, "Cyclist": 3, "Misc": 3, "Pedestrian": 3}     # of an episode


def world_from_road(ahead_m: float, left_m: float, yaw: float = 0.0) -> RigidTransform:
    """A pose on the street: in the right-hand lane's middle, so far along it."""
    start = RigidTransform.from_yaw(ROAD_YAW, (*ROAD_START, 0.0))
    return start @ RigidTransform.from_yaw(yaw, (40.0 + ahead_m, left_m - LANE_M / 2, 0.0))


def world_from_rig(episode: int, index: int) -> RigidTransform:
    return world_from_road(20.0 * episode + index, 0.0)


def box_of(thing: Thing, episode: int, index: int) -> Box3:
    """In the world."""
    along = thing.ahead_m + 20.0 * episode
    start = world_from_road(along, thing.left_m, thing.turned)
    pose = start @ RigidTransform(np.eye(3), np.array([STEP_S * index * thing.speed_mps, 0.0, thing.size_lwh_m[2] / 2]))
    return Box3(pose, np.array(thing.size_lwh_m))


def write_street(root: Path, episodes: int = 2, instance: bool = True, ego: bool = True, xodr: bool = True) -> Path:
    """Record it. instance: with instance pictures. ego: with poses. xodr: with maps/Street.xodr."""
    names = [f"street-{number:04d}" for number in range(episodes)]
    sha = hashlib.sha256(rig_file("kitti").read_bytes()).hexdigest()
    request = DatasetRequest(1, (ScenarioSource("street", "ab" * 32),), (RigSource("kitti", sha),),
                             tuple(EpisodeEntry(name, DIGEST) for name in names))
    claim_folder(root, request)
    make_folders(root, ("instance",) if instance else ())
    for number, name in enumerate(names):
        ids, files = [], {}
        for index in range(FRAMES):
            frame = _frame(number, index, name, instance, ego)
            files.update(write_frame(root, frame))
            ids.append(frame.identity)
        plan = {"scenario": "street", "ego": {"blueprint": "vehicle.lincoln.mkz_2020", "rig": "kitti"}, "road": {}}
        write_record(root, EpisodeRecord(name, DIGEST, plan, {}, tuple(ids), tuple(ids), LABELS, files,
                                         SimulatorInfo("simgen", "0", f"Carla/Maps/{MAP}"), "0"))
    if xodr:
        (root / "maps").mkdir()
        write_xodr(root / "maps" / f"{MAP}.xodr")
    return root


def write_xodr(path: Path) -> None:
    """The street: 200 m, a lane each way, parking on the right, pavements on both sides, and a crosswalk."""
    def lane(width: float, direction: str, kind: str) -> roadgen.Lane:
        return roadgen.Lane(width, direction, kind)

    network = roadgen.Map(MAP)
    end = ROAD_START + 200 * np.array([math.cos(ROAD_YAW), math.sin(ROAD_YAW)])
    road = network.add_road(
        start=(*ROAD_START, 0.0), end=(*end, 0.0),
        lanes=[lane(LANE_M, "forward", "driving"), lane(2.2, "forward", "parking"), lane(2.0, "forward", "sidewalk"),
               lane(LANE_M, "backward", "driving"), lane(2.0, "backward", "sidewalk")])      # from the middle outwards
    network.add_crosswalk(road, 0.5)
    network.export_opendrive(str(path), trace=False)


def _frame(episode: int, index: int, name: str, instance: bool, with_ego: bool) -> KittiFrame:
    rig = world_from_rig(episode, index)
    camera = rig @ RIG.reference_from_rig.inverse()
    seen = [one for thing in THINGS if (one := _seen(thing, episode, index, camera)) is not None]
    picture, counts = _instance_picture(seen)
    rows = sorted((_row(one, picture, counts) for one in seen), key=lambda row: row[0].type == "DontCare")
    points, marks = _sweep(seen, rig)
    ego = EgoState(tuple(camera.matrix()[:3].ravel().tolist()), tuple(rig.matrix()[:3].ravel().tolist()),
                   tuple((10 * rig.rotation[:, 0]).tolist()), None, None, None, None, None)
    blank = np.full((EYE.height, EYE.width, 3), 90, np.uint8)
    return KittiFrame(
        images={"image_2": blank, "image_3": blank}, points=points, point_labels=marks, calibration=CALIBRATION,
        objects=tuple(label for label, _ in rows), pictures={"instance": picture} if instance else {},
        side=FrameObjects(frame_id(episode * FRAMES + index), name, index, round(STEP_S * index, 6),
                          ego if with_ego else None, tuple(side for _, side in rows), INSTANCES))


@dataclass(frozen=True)
class _Seen:
    thing: Thing
    world: Box3
    label: KittiObject
    amodal: tuple[float, float, float, float]
    velocity: tuple[float, float, float]


def _seen(thing: Thing, episode: int, index: int, camera: RigidTransform) -> _Seen | None:
    world = box_of(thing, episode, index)
    box = world.transformed(camera.inverse())
    whole = project_box(box.transformed(CALIBRATION.camera_from_rectified(2)), EYE)
    if whole is None or whole.clipped(EYE.width, EYE.height).area_px2 < 1:
        return None
    forward = box.frame_from_box.rotation[:, 0]
    yaw = math.atan2(-forward[2], forward[0])
    x, y, z = box.bottom_centre().tolist()
    length, width, height = thing.size_lwh_m
    clipped = whole.clipped(EYE.width, EYE.height)
    label = KittiObject(thing.type, 1 - clipped.area_px2 / whole.area_px2, 0, math.remainder(yaw - math.atan2(x, z),
                        math.tau), clipped.as_tuple(), (height, width, length), (x, y, z), yaw)
    vx, vy, vz = (thing.speed_mps * forward).tolist()
    return _Seen(thing, world, label, whole.as_tuple(), (vx, vy, vz))


def _instance_picture(seen: list[_Seen]) -> tuple[np.ndarray, dict[str, list[int]]]:
    """The picture, and which values each role has; the cyclist has two, rider above and bicycle below."""
    picture = np.zeros((EYE.height, EYE.width), np.uint16)
    numbers: dict[int, int] = {}
    values: dict[str, list[int]] = {}
    for one in sorted(seen, key=lambda one: -one.label.bottom_centre_m[2]):
        left, top, right, bottom = (round(v) for v in one.label.bbox_px)
        parts = [(one.thing.label_id, top, bottom + 1)]
        if one.thing.role == "cyclist":
            parts = [(25, top, (top + bottom) // 2), (33, (top + bottom) // 2, bottom + 1)]
        for class_id, first, last in parts:
            numbers[class_id] = numbers.get(class_id, 0) + 1
            value = class_id * 256 + numbers[class_id]
            picture[first:last, left:right + 1] = value
            values.setdefault(one.thing.role, []).append(value)
    return picture, values


def _row(one: _Seen, picture: np.ndarray, values: dict[str, list[int]]) -> tuple[KittiObject, ObjectRow]:
    own = np.isin(picture, values[one.thing.role])
    columns, rows = np.flatnonzero(own.any(axis=0)), np.flatnonzero(own.any(axis=1))
    far = one.label.bottom_centre_m[2] > 80
    label = one.label if not far else replace(
        one.label, type="DontCare", truncation=-1.0, occlusion=-1, alpha_rad=-10.0, size_hwl_m=(-1.0,) * 3,
        bottom_centre_m=(-1000.0,) * 3, yaw_rad=-10.0)
    left, top, right, bottom = (round(v) for v in one.label.bbox_px)
    share = own.sum() / ((right - left + 1) * (bottom - top + 1))
    return label, ObjectRow(
        role=one.thing.role, kind=one.thing.kind, type=label.type, class_name=one.label.type,
        blueprint=one.thing.blueprint, species=one.thing.species, age=None, pose=None,
        track=INSTANCES.index(one.thing.role),
        distance_m=round(one.label.bottom_centre_m[2], 3), velocity_mps=one.velocity,
        visible_fraction=round(float(share), 4), visible_px=int(own.sum()),
        visible_bbox_px=(int(columns[0]), int(rows[0]), int(columns[-1]), int(rows[-1])) if len(columns) else None,
        visibility="silhouette", silhouette_px=int(own.sum()), outside_fraction=0.0, amodal_bbox_px=one.amodal,
        lidar_points=4, lidar_points_stored=4, lidar_points_in_box=4,
        dont_care_reason="too far" if far else None)


def _sweep(seen: list[_Seen], rig: RigidTransform) -> tuple[np.ndarray, np.ndarray]:
    """Four points inside each object, and a grid of road."""
    lidar_from_world = (rig @ RIG.lidar.rig_from_lidar).inverse()
    quarters = np.array([[1, 1, 1], [-1, 1, -1], [1, -1, -1], [-1, -1, 1]]) * 0.2
    clouds = [one.world.frame_from_box.apply(quarters * one.world.size_lwh_m) for one in seen]
    x, y = np.meshgrid(np.arange(2.0, 12.0, 0.2), np.arange(-1.0, 1.5, 0.2))
    clouds.append(rig.apply(np.column_stack([x.ravel(), y.ravel(), np.zeros(x.size)])))
    owners = np.concatenate([*(np.full(4, k + 1) for k in range(len(seen))), np.zeros(x.size)])
    tags = np.where(owners > 0, 14, 1)
    points = lidar_from_world.apply(np.concatenate(clouds))
    return (np.column_stack([points, np.full(len(points), 0.2)]).astype(np.float32),
            point_labels(tags.astype(np.uint8), owners.astype(np.uint16)))
