"""A tiny analytic renderer: boxes and ellipsoids on a flat road, seen by the KITTI rig.

It shares no code with what it tests but the rig and rigid transforms; every surface is exact.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from sensors.boxes import Box3
from sensors.rig import Rig, load_rig
from sensors.rigid import RigidTransform
from simgen.frame import ActorState, CameraView, Frame, Sweep

RIG = load_rig("kitti")
ROAD_TAG, WALL_TAG, SKY_TAG, WALKER_TAG, CAR_TAG, ANIMAL_TAG = 1, 4, 11, 12, 14, 21
PLANT_TAG, DYNAMIC_TAG = 9, 21
SKY_M = 1000.0


@dataclass(frozen=True, eq=False)
class Solid:
    """A box or an ellipsoid with half sizes (3,), at a pose in world axes."""

    world_from_solid: RigidTransform
    half_m: tuple[float, float, float]
    actor_id: int
    tag: int
    round: bool = False

    def rays_near(
        self, origin: NDArray[np.float64], directions: NDArray[np.float64], lengths: NDArray[np.float64]
    ) -> NDArray[np.intp]:
        """Indices of the rays that pass through the sphere round the solid; the others need not be tried."""
        to_centre, radius = self.world_from_solid.translation_m - origin, float(np.linalg.norm(self.half_m))
        squared_tangent = to_centre @ to_centre - radius**2
        if squared_tangent <= 0:
            return np.arange(len(directions))
        return np.flatnonzero(directions @ to_centre >= lengths * np.sqrt(squared_tangent))

    def hit(self, origin: NDArray[np.float64], directions: NDArray[np.float64]) -> NDArray[np.float64]:
        """(N,) ray parameter of the first hit in front of the origin; inf for a miss."""
        solid_from_world = self.world_from_solid.inverse()
        o = solid_from_world.apply(origin) / self.half_m
        d = solid_from_world.rotate(directions) / self.half_m
        if self.round:
            a, b, c = (d * d).sum(1), d @ o, o @ o - 1
            root = b * b - a * c
            t = (-b - np.sqrt(np.maximum(root, 0))) / a
            return np.where((root >= 0) & (t > 0), t, np.inf)
        with np.errstate(divide="ignore", invalid="ignore", over="ignore"):    # 0/0 is no number and compares as a miss
            t0, t1 = (-1 - o) / d, (1 - o) / d
        enter, leave = np.minimum(t0, t1).max(1), np.maximum(t0, t1).min(1)
        return np.where((enter <= leave) & (enter > 0), enter, np.inf)


def box_solid(x: float, y: float, yaw: float, size: tuple[float, float, float], actor_id: int, tag: int,
              bottom: float = 0.0) -> Solid:
    place = RigidTransform.from_yaw(yaw, (x, y, bottom + size[2] / 2))
    return Solid(place, (size[0] / 2, size[1] / 2, size[2] / 2), actor_id, tag)


def trace(
    solids: list[Solid], origin: NDArray[np.float64], directions: NDArray[np.float64], road_z_m: float = 0.0
) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
    """(N,) nearest ray parameter and the number of the solid hit: −1 the road, −2 nothing."""
    with np.errstate(divide="ignore"):
        nearest = (road_z_m - origin[2]) / directions[:, 2]
    which = np.where(nearest > 0, -1, -2)
    nearest[nearest <= 0] = np.inf
    lengths = np.linalg.norm(directions, axis=1)
    for number, solid in enumerate(solids):
        rays = solid.rays_near(origin, directions, lengths)
        t = solid.hit(origin, directions[rays])
        which[rays[t < nearest[rays]]] = number
        nearest[rays] = np.minimum(nearest[rays], t)
    return nearest, which


def photograph(solids: list[Solid], world_from_rig: RigidTransform, rig: Rig = RIG) -> CameraView:
    camera = rig.label_camera
    world_from_optical = world_from_rig @ camera.optical_from_rig.inverse()
    k = camera.intrinsics
    u, v = np.meshgrid(np.arange(k.width), np.arange(k.height))
    optical = np.stack([(u - k.cx) / k.f, (v - k.cy) / k.f, np.ones(u.shape)], axis=-1).reshape(-1, 3)
    depth, which = trace(solids, world_from_optical.translation_m, world_from_optical.rotate(optical))
    depth[which == -2] = SKY_M
    ids = np.array([*(solid.actor_id & 0xFFFF for solid in solids), 0, 0])
    tags = np.array([*(solid.tag for solid in solids), SKY_TAG, ROAD_TAG])
    shape = u.shape
    return CameraView(
        rgb=np.zeros((*shape, 3), np.uint8),
        depth_m=depth.reshape(shape).astype(np.float32),
        tag=tags[which].reshape(shape).astype(np.uint8),
        instance_id=ids[which].reshape(shape).astype(np.uint16),
    )


def scan(solids: list[Solid], world_from_rig: RigidTransform, rig: Rig = RIG) -> Sweep:
    lidar = rig.lidar
    elevation = np.repeat(lidar.elevations_rad(), lidar.points_per_ring)
    azimuth = np.tile(np.arange(lidar.points_per_ring) * lidar.azimuth_step_rad, lidar.channels)
    rays = np.stack([np.cos(elevation) * np.cos(azimuth), np.cos(elevation) * np.sin(azimuth), np.sin(elevation)], 1)
    world_from_lidar = world_from_rig @ lidar.rig_from_lidar
    t, which = trace(solids, world_from_lidar.translation_m, world_from_lidar.rotate(rays))
    kept = t < lidar.range_m
    ids = np.array([*(solid.actor_id for solid in solids), 0, 0])
    tags = np.array([*(solid.tag for solid in solids), SKY_TAG, ROAD_TAG])
    return Sweep(
        points_m=(rays[kept] * t[kept, None]).astype(np.float32),
        cos_incidence=np.ones(int(kept.sum()), np.float32),
        simulator_id=ids[which[kept]].astype(np.uint32),
        tag=tags[which[kept]].astype(np.uint8),
        ring=np.repeat(np.arange(lidar.channels), lidar.points_per_ring)[kept].astype(np.uint8),
    )


def film(
    actors: list[ActorState], solids: list[Solid], world_from_rig: RigidTransform | None = None, rig: Rig = RIG
) -> Frame:
    """The frame that the rig captures."""
    at = world_from_rig or RigidTransform.identity()
    return Frame(0, 0.0, at, np.zeros(3), {rig.label_camera.name: photograph(solids, at, rig)},
                 scan(solids, at, rig), tuple(actors))


def car(
    x: float, y: float, yaw: float = 0.0, role: str = "car", actor_id: int = 101,
    blueprint: str = "vehicle.audi.a2", size: tuple[float, float, float] = (3.71, 1.79, 1.55),
) -> tuple[ActorState, list[Solid]]:
    """A car that fills its box, as CARLA gives it: origin on the ground."""
    box = Box3(RigidTransform(np.eye(3), np.array([0.0, 0.0, size[2] / 2])), np.array(size))
    actor = ActorState(role, "vehicle", blueprint, None, actor_id, RigidTransform.from_yaw(yaw, (x, y, 0.0)),
                       np.zeros(3), box)
    return actor, [box_solid(x, y, yaw, size, actor_id, CAR_TAG)]


def creature(
    kind: str, x: float, y: float, yaw: float, parts: list[tuple[tuple[float, ...], tuple[float, ...], bool]],
    blueprint: str, species: str | None = None, speed: float = 0.0, actor_id: int = 202,
) -> tuple[ActorState, list[Solid]]:
    """A walker or animal made of (centre, half size, round) parts, with CARLA's stock capsule as its box."""
    capsule = Box3(RigidTransform.identity(), np.array([0.375, 0.375, 1.86]))
    world_from_actor = RigidTransform.from_yaw(yaw, (x, y, 0.93))
    velocity = speed * world_from_actor.rotation[:, 0]
    tag = WALKER_TAG if kind == "walker" else ANIMAL_TAG
    world_from_ground = RigidTransform.from_yaw(yaw, (x, y, 0.0))
    solids = [
        Solid(world_from_ground @ RigidTransform(np.eye(3), np.array(centre)), half, actor_id, tag, is_round)
        for centre, half, is_round in parts
    ]
    return ActorState(kind, kind, blueprint, species, actor_id, world_from_actor, velocity, capsule), solids


def thing(
    x: float, y: float, yaw: float, blueprint: str, size: tuple[float, float, float], tag: int = DYNAMIC_TAG,
    actor_id: int = 303,
) -> tuple[ActorState, list[Solid]]:
    """A prop that fills its box: origin on the ground."""
    box = Box3(RigidTransform(np.eye(3), np.array([0.0, 0.0, size[2] / 2])), np.array(size))
    actor = ActorState("thing", "prop", blueprint, None, actor_id, RigidTransform.from_yaw(yaw, (x, y, 0.0)),
                       np.zeros(3), box)
    return actor, [box_solid(x, y, yaw, size, actor_id, tag)]


# Trunk, legs, head: a walker 0.80 m long in mid-stride, 0.50 m wide, 1.70 m high.
STRIDING_WALKER = [
    ((0.0, 0.0, 1.10), (0.14, 0.25, 0.38), True),
    ((0.29, 0.1, 0.4), (0.11, 0.07, 0.4), False),
    ((-0.29, -0.1, 0.4), (0.11, 0.07, 0.4), False),
    ((0.0, 0.0, 1.55), (0.10, 0.09, 0.15), True),
]
# A deer 1.60 m long, 0.44 m wide, 1.50 m high with its head.
DEER = [
    ((-0.20, 0.0, 0.85), (0.60, 0.22, 0.22), True),
    ((0.25, 0.12, 0.4), (0.05, 0.05, 0.4), False),
    ((0.20, -0.12, 0.4), (0.05, 0.05, 0.4), False),
    ((-0.60, 0.12, 0.4), (0.05, 0.05, 0.4), False),
    ((-0.65, -0.12, 0.4), (0.05, 0.05, 0.4), False),
    ((0.50, 0.0, 1.1), (0.10, 0.08, 0.30), False),
    ((0.65, 0.0, 1.38), (0.15, 0.08, 0.12), True),
]
