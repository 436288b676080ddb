"""All sweeps of an episode in world axes, what stands still and what moves kept apart."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sensors.boxes import Box3
from sensors.rigid import RigidTransform
from simgen.errors import RequestError
from simgen.report.airborne import in_the_air
from simgen.report.cloud import load_open3d
from simgen.report.episodes import episode_record
from simgen.report.mapping.agreement import Agreement, CellMoments, surface_agreement
from simgen.report.scene import Scene, Thing, load_scene
from simgen.report.view.colors import Coloring, point_colors
from simgen.report.view.legend import NO_LEGEND, Legend, legend_for

Floats = NDArray[np.float64]
Colors = NDArray[np.uint8]

MOVES_FROM_MPS = 0.1
LEVEL_ROLE = "level_"
"""How roles of the level's own vehicles begin; they never move."""
RESTLESS_TAGS = (9, 21, 23)
"""CARLA's tags of what is no surface at rest: vegetation, dynamic, water."""
HARDLY_M = 0.5
MOST_UNFILTERED = 8_000_000
"""Points; from there on they are filtered before more are added, which bounds the memory that a long episode takes."""


@dataclass(frozen=True, eq=False, slots=True)
class Cloud:
    """points: (N, 3), metres; colors: (N, 3)."""

    points: Floats
    colors: Colors

    @classmethod
    def joined(cls, *parts: Cloud) -> Cloud:
        nothing = cls(np.empty((0, 3)), np.empty((0, 3), np.uint8))
        return cls(np.concatenate([part.points for part in (nothing, *parts)]),
                   np.concatenate([part.colors for part in (nothing, *parts)]))

    def chosen(self, which: NDArray[np.bool_]) -> Cloud:
        return Cloud(self.points[which], self.colors[which])

    def moved(self, target_from_here: RigidTransform) -> Cloud:
        return Cloud(target_from_here.apply(self.points), self.colors)


@dataclass(frozen=True, eq=False, slots=True)
class MovingActor:
    """One who moves in the episode.

    cloud: all its returns, put together in its box's axes and placed where it is at ``box``; world axes.
    box: where it is in the labelled frame next to the middle of the episode; path_m: (F, 3) where its labels stood.
    """

    role: str
    cloud: Cloud
    box: Box3
    path_m: Floats


@dataclass(frozen=True, eq=False, slots=True)
class EpisodeMap:
    """An episode's sweeps in world axes: x east, y north, z up, metres.

    still: what stands still, voxel-filtered; actors: what moves, each filtered by itself.
    world_from_rig: the ego's pose in each frame; the rig's origin is on the ground below the rear axle.
    returns: how many went in: all but those that no surface gave. left_out: returns of actors that had no label in
    their frame, so that nobody knows where they belong.
    """

    episode: str
    still: Cloud
    actors: tuple[MovingActor, ...]
    world_from_rig: tuple[RigidTransform, ...]
    voxel_m: float
    returns: int
    left_out: int
    agreement: Agreement
    legend: Legend = NO_LEGEND

    @property
    def cloud(self) -> Cloud:
        return Cloud.joined(self.still, *(actor.cloud for actor in self.actors))


@dataclass(eq=False, slots=True)
class _Track:
    """What is gathered of one actor: for each labelled frame, the returns in world axes and the box."""

    clouds: list[Cloud] = field(default_factory=list)
    boxes: list[Box3] = field(default_factory=list)
    frames: list[int] = field(default_factory=list)
    moves: bool = False


def accumulate(
    root: Path, episode: str, voxel_m: float = 0.1, coloring: Coloring = Coloring.CLASS, static: bool = False
) -> EpisodeMap:
    """Put an episode's sweeps together.

    static: leave out all that moves.
    Raises RequestError if there is no such episode, it says nothing about where the ego was, or Open3D cannot be
    loaded; DatasetError naming a file that is missing or wrong.
    """
    if not voxel_m > 0:
        raise RequestError(f"--voxel {voxel_m:g}: a voxel's edge is longer than 0 m")
    record = episode_record(root, episode)
    o3d = load_open3d()
    still: list[Cloud] = []
    moments: list[CellMoments] = []
    rigs: list[RigidTransform] = []
    tracks: defaultdict[str, _Track] = defaultdict(_Track)
    tags: set[int] = set()
    types: set[str] = set()
    returns = left_out = 0
    for number, frame in enumerate(record.frames):
        scene = load_scene(root, frame)
        tags |= set() if scene.tag is None else {*np.unique(scene.tag).tolist()}
        types |= {thing.row.type for thing in scene.objects} if coloring is Coloring.CLASS else set()
        world_from_lidar, world_from_rig = _poses(root, scene)
        rigs.append(world_from_rig)
        cloud = Cloud(scene.points[:, :3].astype(np.float64), point_colors(scene, coloring)).moved(world_from_lidar)
        at_rest = _gather(scene, number, cloud, world_from_lidar, tracks)
        owned = np.zeros(len(scene.points), bool) if scene.instance is None else scene.instance > 0
        labelled = np.any([thing.points for thing in scene.objects], axis=0) if scene.objects else np.zeros_like(owned)
        left_out += int((owned & ~labelled & ~at_rest).sum())
        solid = ~in_the_air(scene)
        returns += int(solid.sum())
        level = ~owned & ~labelled & solid
        still.append(cloud.chosen(level | at_rest))
        surfaces = level if scene.tag is None else level & ~np.isin(scene.tag, RESTLESS_TAGS)
        moments.append(CellMoments.of(cloud.points[surfaces]))
        if sum(len(part.points) for part in still) > MOST_UNFILTERED:
            still = [voxel_filtered(o3d, Cloud.joined(*still), voxel_m)]
    still += [cloud for track in tracks.values() if not track.moves for cloud in track.clouds]
    actors = () if static else tuple(
        _moving(o3d, role, track, len(record.frames) / 2, voxel_m) for role, track in sorted(tracks.items())
        if track.moves and any(len(cloud.points) for cloud in track.clouds)
    )
    return EpisodeMap(episode, voxel_filtered(o3d, Cloud.joined(*still), voxel_m), actors, tuple(rigs), voxel_m,
                      returns, left_out, surface_agreement(moments, _drive(rigs)), legend_for(coloring, tags, types))


def voxel_filtered(o3d: Any, cloud: Cloud, voxel_m: float) -> Cloud:
    """One point for each voxel with points: their mean, in place and colour."""
    if not len(cloud.points):
        return cloud
    full = o3d.geometry.PointCloud()
    full.points = o3d.utility.Vector3dVector(cloud.points)
    full.colors = o3d.utility.Vector3dVector(cloud.colors / 255.0)
    small = full.voxel_down_sample(voxel_m)
    return Cloud(np.asarray(small.points).copy(), np.round(np.asarray(small.colors) * 255.0).astype(np.uint8))


def _drive(world_from_rig: list[RigidTransform]) -> Floats:
    """(2,) where the ego goes from the first frame to the last; where it looks, if it hardly moves."""
    way = (world_from_rig[-1].translation_m - world_from_rig[0].translation_m)[:2]
    if np.linalg.norm(way) < HARDLY_M:
        way = world_from_rig[0].rotation[:2, 0]
    return np.asarray(way / np.linalg.norm(way))


def _poses(root: Path, scene: Scene) -> tuple[RigidTransform, RigidTransform]:
    """World from LiDAR and world from rig."""
    if scene.side is None or scene.side.ego is None:
        raise RequestError(
            f"{root}: frame {scene.frame_id} does not say where the ego was: it is not of 'simgen run', or of one from "
            "before poses were stored; record it again"
        )
    ego = scene.side.ego
    return ego.camera_0_pose() @ scene.calibration.rectified_from_lidar(), ego.rig_pose()


def _gather(
    scene: Scene, number: int, cloud: Cloud, world_from_lidar: RigidTransform, tracks: defaultdict[str, _Track]
) -> NDArray[np.bool_]:
    """Add a frame's labelled actors to their tracks; (N,) which returns are of the level's own vehicles."""
    for thing in scene.objects:
        if thing.side is None or thing.box is None or thing.side.role.startswith(LEVEL_ROLE):
            continue
        track = tracks[thing.side.role]
        track.clouds.append(cloud.chosen(thing.points))
        track.boxes.append(thing.box.transformed(world_from_lidar))
        track.frames.append(number)
        track.moves |= _speed_mps(thing) >= MOVES_FROM_MPS
    if scene.instance is None or scene.side is None:
        return np.zeros(len(scene.points), bool)
    level = [k for k, role in enumerate(scene.side.instances, start=1) if role.startswith(LEVEL_ROLE)]
    return np.isin(scene.instance, level)


def _speed_mps(thing: Thing) -> float:
    return 0.0 if thing.side is None else float(np.linalg.norm(thing.side.velocity_mps))


def _moving(o3d: Any, role: str, track: _Track, middle: float, voxel_m: float) -> MovingActor:
    """Everything seen of an actor in its box's axes, at its place in the frame next to the middle."""
    box = track.boxes[int(np.argmin(np.abs(np.array(track.frames) - middle)))]
    together = Cloud.joined(*(
        cloud.moved(box.frame_from_box @ own.frame_from_box.inverse())
        for cloud, own in zip(track.clouds, track.boxes, strict=True)
    ))
    path = np.array([own.bottom_centre() for own in track.boxes])
    return MovingActor(role, voxel_filtered(o3d, together, voxel_m), box, path)
