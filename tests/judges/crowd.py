"""Random crowds of the built-in simulator's bodies before a camera, and each of them truly alone.

The truth is rendered, and shares nothing with the silhouette sensor but the ray tracer: of one object in an otherwise
empty world a picture is taken that is large enough for all of it, on the same pixel grid continued.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray

from sensors.boxes import Box3
from sensors.mounts import Picture
from sensors.rig import load_rig
from sensors.rigid import RigidTransform
from simgen.frame import ActorState, CameraView, Frame, LevelObject, Silhouette, Sweep
from simgen.localsim.bodies import body_mesh, phases
from simgen.localsim.catalogue import stock_library
from simgen.localsim.mesh import Instance, Material, Mesh
from simgen.localsim.numbering import InstanceIds, first_actor_id, shown_numbers
from simgen.localsim.render import Renderer
from simgen.localsim.window import Rect

RIG = load_rig("kitti")
PICTURE: Picture = RIG.label_camera.picture
CAR_TAG = 14
FEW = (         # a body of each sort, for tests; making the others' meshes takes a while
    "vehicle.tesla.model3", "vehicle.mercedes.sprinter", "vehicle.carlamotors.european_hgv", "vehicle.bh.crossbike",
    "vehicle.yamaha.yzf", "walker.pedestrian.0003", "walker.pedestrian.0010", "walker.pedestrian.lying",
    "walker.animal.red_deer", "walker.animal.wild_boar", "walker.animal.goose", "static.prop.warningconstruction",
    "static.prop.shoppingcart", "static.prop.trafficcone01",
)
UMBRELLA = "walker.pedestrian.0003/umbrella"
PARKED = "vehicle.audi.a2"
SPARE_PX = 8
MOST_BEYOND_PX = 1900       # objects that reach farther out are not compared; the sensor calls them cut
SPEEDS_MPS = {"walker": 1.4, "animal": 1.5}


@dataclass(frozen=True, eq=False)
class Extra:
    """One of a crowd: what the renderer shows, and what a client knows of it (an actor, or a level object)."""

    instance: Instance
    known: ActorState | LevelObject


@dataclass(frozen=True)
class Truth:
    """One object alone. reaches_behind: or farther than can be drawn; then only ``inside_px`` is told."""

    inside_px: int
    outside_px: int
    edges_px: tuple[int, int, int, int] | None
    reaches_behind: bool
    depth_m: NDArray[np.float32]


def everybody() -> tuple[str, ...]:
    """All blueprints with a body, and somebody under an umbrella."""
    return (*(blueprint.id for blueprint in stock_library() if blueprint.body is not None), UMBRELLA)


class Studio:
    """Two worlds: one with a street and walls for the crowd, one with nothing at all."""

    def __init__(self, threads: int = 1) -> None:
        self.full, self.empty = Renderer(_Street(_walls()), threads), Renderer(_Street(_nothing()), threads)
        self._library = {blueprint.id: blueprint for blueprint in stock_library()}
        camera = RIG.label_camera.rig_from_camera
        self.eye = camera.matrix()
        self._meshes: dict[str, Mesh] = {}

    def crowd(
        self, rng: np.random.Generator, count: int, names: tuple[str, ...] = FEW, first_id: int = 101
    ) -> list[Extra]:
        """So many actors and a few parked cars, anywhere in sight and a little beyond, near ones too. names: of
        blueprints, or of bodies that an attribute chooses, as in ``UMBRELLA``."""
        chosen, places = rng.choice(names, count), _Places(rng)
        actors = [self._actor(f"{name}_{number}", str(name), first_id + number, rng, places)
                  for number, name in enumerate(chosen)]
        return actors + [self._parked(70_000 + number, places) for number in range(max(1, count // 8))]

    def photograph(self, crowd: list[Extra], ids: InstanceIds = InstanceIds.ACTOR) -> Frame:
        """What a rig among the crowd captures; its LiDAR is off. ids: what the instance picture shows."""
        self.full.set_scene([extra.instance for extra in crowd], [], 0.0, 0)
        full = PICTURE.rendered
        seen = self.full.camera(self.eye, full.width, full.height, full.fov_rad, False)
        stored = PICTURE.stored
        window = Rect(PICTURE.crop_left, PICTURE.crop_top,
                      PICTURE.crop_left + stored.width, PICTURE.crop_top + stored.height)
        found = self.full.silhouettes(self.eye, full.width, full.height, full.fov_rad, window)
        silhouettes = tuple(Silhouette(one.id, one.is_level, one.is_cut, one.visible_px, one.inside_px, one.outside_px,
                                       one.edges_px) for one in found)
        shown = shown_numbers(ids, seen.tag, seen.actor_id, seen.instance).astype(np.uint16)
        depth_m, tag, numbers = PICTURE.crop(seen.depth_m), PICTURE.crop(seen.tag), PICTURE.crop(shown)
        view = CameraView(np.zeros((*tag.shape, 3), np.uint8), depth_m, tag, numbers, silhouettes)
        known = [extra.known for extra in crowd]
        return Frame(
            0, 0.0, RigidTransform.identity(), np.zeros(3), {RIG.label_camera.name: view}, _no_sweep(),
            tuple(one for one in known if isinstance(one, ActorState)),
            level_objects=tuple(one for one in known if isinstance(one, LevelObject)),
        )

    def alone(self, extra: Extra) -> Truth:
        """Render one of the crowd without everything else."""
        points = self._points(extra.instance)
        ahead = points[:, 0] > 0.05
        (left, top, right, bottom), stored = _projected(points[ahead]), PICTURE.stored
        beyond = max(-left, -top, right - stored.width, bottom - stored.height, 0.0)
        behind = not ahead.all() or beyond > MOST_BEYOND_PX
        beside = right < -1 or bottom < -1 or left > stored.width or top > stored.height
        # Growing both sides alike keeps the middle of the grid where it was.
        wide = 0 if behind or beside else math.ceil(max(-left, right - stored.width, 0.0)) + SPARE_PX
        high = 0 if behind or beside else math.ceil(max(-top, bottom - stored.height, 0.0)) + SPARE_PX
        width, height = PICTURE.rendered.width + 2 * wide, PICTURE.rendered.height + 2 * high
        self.empty.set_scene([replace(extra.instance, actor_id=1, level_id=0)], [], 0.0, 0)
        fov_rad = 2 * math.atan(width / (2 * PICTURE.rendered.f))
        seen = self.empty.camera(self.eye, width, height, fov_rad, False)
        own = seen.actor_id == 1
        x0, y0 = PICTURE.crop_left + wide, PICTURE.crop_top + high
        inside = own[y0:y0 + stored.height, x0:x0 + stored.width]
        depth_m = seen.depth_m[y0:y0 + stored.height, x0:x0 + stored.width]
        inside_px = int(inside.sum())
        if not own.any():
            return Truth(0, 0, None, behind, depth_m)
        columns, rows = np.flatnonzero(own.any(axis=0)) - x0, np.flatnonzero(own.any(axis=1)) - y0
        edges = (int(columns[0]), int(rows[0]), int(columns[-1]), int(rows[-1]))
        return Truth(inside_px, int(own.sum()) - inside_px, edges, behind, depth_m)

    def mesh_of(self, extra: Extra) -> Mesh:
        """Its body in the pose that it has, in axes x forward, z up, with the origin on the ground."""
        return self._meshes[extra.instance.mesh]

    def _points(self, instance: Instance) -> NDArray[np.float64]:
        """(N, 3) all corners of its triangles in camera body axes."""
        world = instance.world_from_mesh
        corners = self._meshes[instance.mesh].positions @ world[:3, :3].T + world[:3, 3]
        eye = np.linalg.inv(self.eye)
        return np.asarray(corners @ eye[:3, :3].T + eye[:3, 3])

    def _mesh(self, shape: str, size: tuple[float, float, float], phase: int) -> str:
        key = f"{shape}/{phase}"
        if key not in self._meshes:
            self._meshes[key] = body_mesh(shape, size, phase)
            self.full.add_mesh(key, self._meshes[key])
            self.empty.add_mesh(key, self._meshes[key])
        return key

    def _actor(self, role: str, name: str, actor_id: int, rng: np.random.Generator, places: _Places) -> Extra:
        blueprint = self._library[name.partition("/")[0]]
        chosen = {key: body for key, body in blueprint.variants.items() if body.shape == name}
        body = next(iter(chosen.values()), blueprint.body)
        assert body is not None
        pace = SPEEDS_MPS.get(body.kind, 0.0) if phases(body.shape) > 1 and rng.random() < 0.7 else 0.0
        phase = int(rng.integers(1, 9)) if pace else 0
        ground = places.free(body.size_lwh_m[0])
        instance = Instance(self._mesh(body.shape, body.size_lwh_m, phase), ground.matrix(), actor_id, tag=body.tag)
        up = body.origin_height_m
        box = Box3(RigidTransform(np.eye(3), np.array([0.0, 0.0, body.size_lwh_m[2] / 2 - up])),
                   np.array(body.size_lwh_m))
        pose = ground @ RigidTransform(np.eye(3), np.array([0.0, 0.0, up]))
        species = name.rpartition(".")[2] if body.kind == "animal" else None
        return Extra(instance, ActorState(role, body.kind, blueprint.id, species, actor_id, pose,
                                          pace * ground.rotation[:, 0], box, attributes=dict(chosen)))

    def _parked(self, number: int, places: _Places) -> Extra:
        body = self._library[PARKED].body
        assert body is not None
        ground = places.free(body.size_lwh_m[0])
        instance = Instance(self._mesh(body.shape, body.size_lwh_m, 0), ground.matrix(), tag=CAR_TAG, level_id=number)
        centre = ground @ RigidTransform(np.eye(3), np.array([0.0, 0.0, body.size_lwh_m[2] / 2]))
        return Extra(instance, LevelObject(number, "car", centre, np.array(body.size_lwh_m)))


def first_id(ids: InstanceIds) -> int:
    """Of a crowd whose numbers are these; the first ids of a server are for its sensors."""
    return first_actor_id(ids) + (0 if ids is InstanceIds.WRAPPED else 100)


class _Places:
    """Where bodies may stand: most in sight, some beside it, as many near as far, none in another or in the camera."""

    def __init__(self, rng: np.random.Generator) -> None:
        self._rng, self._taken = rng, [(0.0, 0.0, 2.0)]

    def free(self, length_m: float) -> RigidTransform:
        radius_m = length_m / 2
        while True:
            distance_m = math.exp(self._rng.uniform(math.log(3.0), math.log(75.0)))
            bearing_rad = self._rng.uniform(-0.9, 0.9)
            x, y = distance_m * math.cos(bearing_rad), distance_m * math.sin(bearing_rad)
            if all(math.hypot(x - a, y - b) > radius_m + r for a, b, r in self._taken):
                self._taken.append((x, y, radius_m))
                return RigidTransform.from_yaw(self._rng.uniform(-math.pi, math.pi), (x, y, 0.0))


def _projected(points: NDArray[np.float64]) -> tuple[float, float, float, float]:
    """Edges of points (N, 3) in camera body axes, in pixels of the stored picture; nowhere without points."""
    if not len(points):
        return (math.inf, math.inf, -math.inf, -math.inf)
    k = PICTURE.stored
    u, v = k.cx - k.f * points[:, 1] / points[:, 0], k.cy - k.f * points[:, 2] / points[:, 0]
    return float(u.min()), float(v.min()), float(u.max()), float(v.max())


@dataclass(frozen=True, eq=False)
class _Street:
    """A place of one mesh."""

    static: Mesh
    prototypes: Mapping[str, Mesh] = field(default_factory=dict)
    scenery: tuple[Instance, ...] = ()

    @property
    def street_lamps(self) -> NDArray[np.float64]:
        return np.zeros((0, 3))

    def bare(self, key: str) -> None:
        """Nothing here has leaves."""

    def sways(self, key: str) -> bool:
        return False


def _walls() -> Mesh:
    """A road, and walls and posts on it that hide things."""
    quads = [((-50, -90, 0), (150, 0, 0), (0, 180, 0), Material.ASPHALT)]
    for x, y, width, height in ((9.0, -4.0, 2.0, 1.0), (16.0, 3.0, 3.0, 2.5), (25.0, -9.0, 6.0, 1.2),
                                (8.0, 2.5, 0.15, 4.0), (35.0, 6.0, 10.0, 2.0), (12.0, -1.0, 0.2, 3.0)):
        quads.append(((x, y - width / 2, 0), (0, width, 0), (0, 0, height), Material.CONCRETE))
    return _mesh_of(quads)


def _nothing() -> Mesh:
    """A tile of ground far behind and far below, as a place must have something."""
    return _mesh_of([((-5000, 0, -5000), (1, 0, 0), (0, 1, 0), Material.GRASS)])


def _mesh_of(quads: list[tuple[tuple[float, ...], tuple[float, ...], tuple[float, ...], Material]]) -> Mesh:
    positions, normals, triangles, material = [], [], [], []
    for corner, a, b, what in quads:
        first, origin, one, two = len(positions), np.array(corner), np.array(a), np.array(b)
        positions += [origin, origin + one, origin + one + two, origin + two]
        normals += [np.cross(one, two) / np.linalg.norm(np.cross(one, two))] * 4
        triangles += [(first, first + 1, first + 2), (first, first + 2, first + 3)]
        material += [int(what)] * 2
    count = len(positions)
    return Mesh(
        np.array(positions, np.float32), np.array(normals, np.float32), np.zeros((count, 2), np.float32),
        np.array(triangles, np.int32), np.array(material, np.int32), np.zeros(len(triangles), np.float32))


def _no_sweep() -> Sweep:
    return Sweep(np.zeros((0, 3), np.float32), np.zeros(0, np.float32), np.zeros(0, np.uint32),
                 np.zeros(0, np.uint8), np.zeros(0, np.uint8))
