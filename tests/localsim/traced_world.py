"""A world of boxes on a level ground, seen by the real renderer through the real sensors: what the server would send,
without sockets, from a scene that one can work out by hand."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray

from simgen.localsim.mesh import Material, Mesh
from simgen.localsim.render import Renderer, Weather
from simgen.localsim.scene import level_of
from simgen.localsim.sensors import SensorSuite
from simgen.localsim.stage import Stage
from simgen.localsim.values import ActorAttribute, ActorDescription, Rotation, Transform, Vector3
from simgen.localsim.wire import payloads
from simgen.localsim.wire.stream import HEADER_BYTES
from simgen.localsim.world import World
from tests.localsim.render_scenes import FlatPlace, box
from tests.localsim.stand_in import NoBodies, straight_place


class BoxBodies(NoBodies):
    """Every actor is a box of its size; doors are thin boards along the flank, hung a metre ahead of the middle."""

    def body_mesh(self, blueprint: str, size_lwh_m: tuple[float, float, float], phase: int) -> Mesh:  # type: ignore[override]
        return box(*size_lwh_m, Material.CAR_PAINT)

    def open_mesh(self, blueprint: str, size_lwh_m: tuple[float, float, float], open_doors: frozenset[int]) -> Mesh:
        return self.body_mesh(blueprint, size_lwh_m, 0)

    def door_mesh(self, blueprint: str, size_lwh_m: tuple[float, float, float], door: int) -> Mesh:
        return box(1.0, 0.05, 1.0, Material.CAR_PAINT)

    def hinge_m(self, blueprint: str, size_lwh_m: tuple[float, float, float], door: int) -> tuple[float, float]:
        return 1.0, (size_lwh_m[1] / 2.0) * (1.0 if door % 2 == 0 else -1.0)


class TracedWorld:
    """A world, its stage and its sensors; everybody listens. place: what the renderer sees of a straight road."""

    def __init__(self, place: Any = None, bodies: Any = None) -> None:
        self._set_up(straight_place(), Renderer(place or FlatPlace()), bodies or BoxBodies())

    def _set_up(self, place: Any, renderer: Renderer, bodies: Any) -> None:
        self.world, self.renderer = World(level_of(place)), renderer
        self.stage = Stage(renderer, bodies, lambda weather: Weather())
        self.suite = SensorSuite()
        self._kinds: dict[int, str] = {}

    def spawn(
        self, blueprint: str, where: Transform | None = None, parent: int | None = None, **attributes: object
    ) -> int:
        wanted = ActorDescription(0, blueprint, tuple(ActorAttribute(k, 4, str(v)) for k, v in attributes.items()))
        actor = self.world.spawn(wanted, where or at(0), parent)
        self._kinds[getattr(actor, "stream_id", 0)] = blueprint.rpartition(".")[2]
        return actor.id

    def tick(self, dt: float = 0.1) -> dict[str, bytes]:
        """Payload by the last word of each sensor's blueprint."""
        moment = self.world.tick(dt)
        self.stage.show(moment)
        return {self._kinds[stream]: payloads.message_bytes(parts)[HEADER_BYTES:]
                for stream, parts in self.suite.measure(moment, self.stage, lambda stream: True)}

    def transform(self, actor: int) -> Transform:
        return self.world.actor(actor).transform


def at(x: float, y: float = 0.0, z: float = 0.0, yaw: float = 0.0, pitch: float = 0.0, roll: float = 0.0) -> Transform:
    """A pose in CARLA's axes, metres and degrees."""
    return Transform(Vector3(x, y, z), Rotation(pitch, yaw, roll))


def sphere(radius_m: float, rings: int = 192) -> Mesh:
    """A ball round its origin, flat to radius · (pi / rings)² / 8."""
    polar, turn = np.meshgrid(np.linspace(0, math.pi, rings + 1), np.linspace(0, 2 * math.pi, 2 * rings + 1),
                              indexing="ij")
    normal = np.stack([np.sin(polar) * np.cos(turn), np.sin(polar) * np.sin(turn), np.cos(polar)], -1).reshape(-1, 3)
    across = 2 * rings + 1
    corner = (np.arange(rings)[:, None] * across + np.arange(2 * rings)).reshape(-1)
    below = corner + across
    upper, lower = np.stack([corner, below, below + 1], -1), np.stack([corner, below + 1, corner + 1], -1)
    triangles = np.concatenate([upper, lower])
    return Mesh((radius_m * normal).astype(np.float32), normal.astype(np.float32),
                np.zeros((len(normal), 2), np.float32), triangles.astype(np.int32),
                np.full(len(triangles), Material.CONCRETE, np.int32), np.zeros(len(triangles), np.float32))


def pixel_rays(width: int, height: int, fov_rad: float) -> NDArray[np.float64]:
    """(H, W, 3) directions through pixel centres, camera body axes (x forward, y left, z up), with x = 1."""
    focal = width / (2 * math.tan(fov_rad / 2))
    v, u = np.mgrid[0:height, 0:width]
    return np.stack([np.ones(u.shape), ((width - 1) / 2 - u) / focal, ((height - 1) / 2 - v) / focal], axis=-1)
