"""The scene: meshes in one pool, instances of them in one two-level tree.

A mesh is added once and never changes. Each picture's actors are instances, so that a moving actor costs a new
transform and no new tree. Which meshes were added, and when, shows nowhere in a picture.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from simgen.localsim.mesh import TAG, Instance, Material, Mesh
from simgen.localsim.render.kernels.scene_data import SceneData
from simgen.localsim.render.tracing import InstanceTree, Placed, RayTracer
from simgen.localsim.render.warp_runtime import wp

PLACE = "place/static"      # key of the place's own mesh
_BARE = ":bare"             # suffix of a key: the mesh without leaves

# What a kernel reads of one vertex or triangle lies together: hits are scattered, so each costs one miss of the cache.
_VERTEX_ROW = np.dtype([("normal", np.float32, 3), ("uv", np.float32, 2)])
_TRIANGLE_ROW = np.dtype([("corners", np.int32, 3), ("material", np.int32), ("parameter", np.float32)])
_WHITE = np.full((3, 3), 0.5, dtype=np.float32)


class _Rows:
    """Rows that grow at the end, doubling their room."""

    def __init__(self, row: np.dtype[Any]) -> None:
        self.used = 0
        self._rows = np.zeros(1024, dtype=row)

    def append(self, **columns: NDArray[Any]) -> int:
        """Add rows, given by their columns; return the number of the first."""
        first, count = self.used, len(next(iter(columns.values())))
        if first + count > len(self._rows):
            grown = np.zeros(2 * (first + count), dtype=self._rows.dtype)
            grown[:first] = self._rows[:first]
            self._rows = grown
        for name, new in columns.items():
            self._rows[name][first:first + count] = new
        self.used += count
        return first

    def __getitem__(self, column: str) -> NDArray[Any]:
        return np.asarray(self._rows[column])


@dataclass(frozen=True, eq=False, slots=True)
class _Member:
    """One mesh: its tree, which keeps the positions, and its rows of the pool, which keep all else."""

    tree: Any                           # of the ray tracer; it keeps the positions
    vertices: slice
    triangles: slice
    bounds_m: NDArray[np.float32]       # (2, 3)


class _Crowns:
    """What sways: some of the scene's fixed instances. Their true poses are the tree's; ``Scene.instances`` has those
    of still air."""

    def __init__(self, tree: InstanceTree, fixed: Sequence[Instance], numbers: NDArray[np.intp],
                 mesh_from_world: NDArray[np.float32]) -> None:
        """mesh_from_world: (all instances, 4, 4); kept up to date in place."""
        poses = np.array([fixed[k].world_from_mesh for k in numbers], dtype=np.float64).reshape(-1, 4, 4)
        self.feet: NDArray[np.float64] = poses[:, :3, 3].copy()
        self._tree, self._numbers, self._mesh_from_world = tree, numbers, mesh_from_world
        self._standing, self._inverse = poses, np.linalg.inv(poses)
        self._lean = np.zeros((len(poses), 2))

    def bend(self, lean: NDArray[np.float64]) -> bool:
        """Lean them, without a commit of the tree. False if they lean so already."""
        if np.array_equal(lean, self._lean):
            return False
        self._lean = lean.copy()
        leaning = self._standing.copy()
        leaning[:, :2, :3] += lean[:, :, None] * self._standing[:, 2:3, :3]      # about the foot, which stays
        inverse = self._inverse.copy()
        aside = np.einsum("nij,nj->ni", self._inverse[:, :, :2], lean)
        inverse[:, :, 2] -= aside
        inverse[:, :, 3] += aside * self.feet[:, 2:]
        self._mesh_from_world[self._numbers] = inverse
        self._tree.pose(self._numbers, leaning)
        return True


class Scene:
    """Everything a ray can meet, and its attributes for kernels.

    instances: those of the place first, then the moving ones; a hit names them by their number here.
    """

    def __init__(self, tracer: RayTracer, static: Mesh, prototypes: Mapping[str, Mesh],
                 scenery: Sequence[Instance], bare: Callable[[str], Mesh | None] = lambda key: None,
                 sways: Callable[[str], bool] = lambda key: False) -> None:
        """bare: the leafless form of a prototype; None for what stays as it is in winter.
        sways: does the wind move a prototype's instances?
        """
        self._tracer = tracer
        self._members: dict[str, _Member] = {}
        self._pool: tuple[Any, ...] | None = None       # as kernels read it, until a mesh is added
        self._vertices, self._triangles = _Rows(_VERTEX_ROW), _Rows(_TRIANGLE_ROW)
        self._material_tag = np.zeros(len(Material), dtype=np.uint8)
        for material, tag in TAG.items():
            self._material_tag[material] = tag
        self.add_mesh(PLACE, static)
        for key, mesh in prototypes.items():
            self.add_mesh(key, mesh)
        self._fixed = (Instance(PLACE, np.eye(4)), *scenery)
        self._fixed_rows = self._instance_rows(self._fixed)
        self._bare, self._is_bare = bare, False
        self._moving: Sequence[Instance] = ()
        self.instances: tuple[Instance, ...] = self._fixed
        self._moving_rows = self._instance_rows(())
        swaying = np.flatnonzero([sways(one.mesh) for one in self._fixed])
        self._dresses: tuple[tuple[Instance, ...], tuple[Instance, ...]] | None = None     # in leaf, bare
        self.tree = tracer.scene(self._placed(self._fixed))
        self._crowns = _Crowns(self.tree, self._fixed, swaying, self._fixed_rows["mesh_from_world"])
        self._tell()

    def has_mesh(self, key: str) -> bool:
        return key in self._members

    def add_mesh(self, key: str, mesh: Mesh) -> None:
        """Make a mesh known under a key. Adding the same mesh again does nothing; another one is a ``ValueError``."""
        known = self._members.get(key)
        if known is not None:
            if not _same(self.mesh(key), mesh):
                raise ValueError(f"another mesh is already known as '{key}'")
            return
        _check(key, mesh)
        self._pool = None
        first_vertex = self._vertices.append(normal=mesh.normals, uv=mesh.uv)
        first_triangle = self._triangles.append(
            corners=mesh.triangles + np.int32(first_vertex), material=mesh.material, parameter=mesh.parameter)
        tree = self._tracer.mesh(mesh.positions, mesh.triangles)
        bounds_m = np.array(mesh.bounds_m()) if len(mesh.positions) else np.zeros((2, 3), np.float32)
        self._members[key] = _Member(tree, slice(first_vertex, self._vertices.used),
                                     slice(first_triangle, self._triangles.used), bounds_m)

    @property
    def feet(self) -> NDArray[np.float64]:
        """Where what sways stands, (N, 3) world."""
        return self._crowns.feet

    def bend(self, lean: NDArray[np.float64]) -> bool:
        """Lean what sways, (N, 2) metres towards world x and y per metre of height; zero is how it stands. False if it
        leans so already."""
        if not self._crowns.bend(lean):
            return False
        self.tree.commit()
        self._tell()
        return True

    def place_actors(self, instances: Sequence[Instance], lean: NDArray[np.float64] | None = None) -> None:
        """Replace all moving instances, and lean what sways (see ``bend``; None leaves it). Raises ``KeyError`` for a
        mesh that was never added; then nothing changes."""
        self._moving_rows = self._instance_rows(instances)
        self._moving = tuple(instances)
        if lean is not None:
            self._crowns.bend(lean)
        self.tree.replace(self._placed(instances))
        self._tell()

    def show_bare(self, bare: bool) -> bool:
        """Take the leaves off all deciduous plants of the place, or put them on again. False if they are so already.

        Instances keep their places, numbers and poses. Leafless forms are asked for when they are first shown.
        """
        if bare == self._is_bare:
            return False
        self._is_bare = bare
        if self._dresses is None:
            self._dresses = self._fixed, tuple(self._undressed(one) for one in self._fixed)
        was, self._fixed = self._fixed, self._dresses[bare]
        changed = {k: self._members[new.mesh] for k, (old, new) in enumerate(zip(was, self._fixed, strict=True))
                   if new is not old}
        first = self._fixed_rows["first_triangle"].copy()
        first[list(changed)] = [member.triangles.start for member in changed.values()]
        self._fixed_rows["first_triangle"] = first
        self.tree.exchange({k: member.tree for k, member in changed.items()})
        self._tell()
        return True

    def _undressed(self, one: Instance) -> Instance:
        key = one.mesh + _BARE
        if key not in self._members:
            mesh = self._bare(one.mesh)
            if mesh is None:
                return one
            self.add_mesh(key, mesh)
        return replace(one, mesh=key)

    def _tell(self) -> None:
        """What stands where, for kernels."""
        fixed, moving = self._fixed_rows, self._moving_rows
        self.instances = (*self._fixed, *self._moving)
        self.data = self._data({name: np.concatenate([fixed[name], moving[name]]) for name in fixed})

    def mesh(self, key: str) -> Mesh:
        """A mesh that was added, put together again. Raises ``KeyError``."""
        one = self._members[key]
        vertices, triangles = self._vertices, self._triangles
        return Mesh(one.tree.positions, vertices["normal"][one.vertices], vertices["uv"][one.vertices],
                    triangles["corners"][one.triangles] - np.int32(one.vertices.start),
                    triangles["material"][one.triangles], triangles["parameter"][one.triangles])

    def bounds_m(self, key: str) -> NDArray[np.float32]:
        """Lowest and highest corner of a mesh that was added, (2, 3) in mesh axes. Raises ``KeyError``."""
        return self._members[key].bounds_m

    def alone(self, numbers: Sequence[int]) -> Any:
        """These instances and nothing else, for ``Caster.cover``."""
        return self._tracer.alone(self._placed([self.instances[number] for number in numbers]), numbers)

    def _placed(self, instances: Sequence[Instance]) -> list[Placed[Any]]:
        return [(self._members[one.mesh].tree, one.world_from_mesh) for one in instances]

    def _instance_rows(self, instances: Sequence[Instance]) -> dict[str, NDArray[Any]]:
        unknown = sorted({one.mesh for one in instances} - self._members.keys())
        if unknown:
            raise KeyError(f"no mesh was added under {unknown}")
        count = len(instances)
        world_from_mesh = np.array([one.world_from_mesh for one in instances], dtype=np.float64).reshape(count, 4, 4)
        return {
            "first_triangle": np.array([self._members[one.mesh].triangles.start for one in instances], np.int32),
            "mesh_from_world": np.linalg.inv(world_from_mesh).astype(np.float32),
            "tint": np.array([_WHITE if one.tint is None else one.tint for one in instances],
                             np.float32).reshape(count, 3, 3),
            "actor_id": np.array([one.actor_id for one in instances], np.uint32),
            "instance_tag": np.array([one.tag for one in instances], np.uint8),
            "lamps": np.array([(one.headlamps or one.traffic_light, one.tail, one.brake, one.signals)
                               for one in instances],
                              np.int32).reshape(count, 4),
            "snow": np.array([one.snow for one in instances], np.float32),
        }

    def _data(self, rows: Mapping[str, NDArray[Any]]) -> Any:
        upload, data = self._tracer.device.upload, SceneData()
        if self._pool is None:
            self._pool = (
                upload(self._vertices["normal"], wp.vec3), upload(self._vertices["uv"], wp.vec2),
                upload(self._triangles["corners"], wp.vec3i), upload(self._triangles["material"], wp.int32),
                upload(self._triangles["parameter"], float), upload(self._material_tag, wp.uint8))
        data.normal, data.uv, data.corners, data.material, data.parameter, data.material_tag = self._pool
        data.first_triangle = upload(rows["first_triangle"], wp.int32)
        data.mesh_from_world = upload(rows["mesh_from_world"], wp.mat44)
        data.tint = upload(rows["tint"], wp.mat33)
        data.actor_id = upload(rows["actor_id"], wp.uint32)
        data.instance_tag = upload(rows["instance_tag"], wp.uint8)
        data.lamps = upload(rows["lamps"], wp.vec4i)
        data.snow = upload(rows["snow"], float)
        return data


def _same(a: Mesh, b: Mesh) -> bool:
    return all(np.array_equal(getattr(a, name), getattr(b, name)) for name in (
        "positions", "normals", "uv", "triangles", "material", "parameter"))


def _check(key: str, mesh: Mesh) -> None:
    """Refuse a mesh that a kernel would read past the end of."""
    vertices, triangles = len(mesh.positions), len(mesh.triangles)
    shapes = {
        "positions": (vertices, 3), "normals": (vertices, 3), "uv": (vertices, 2), "triangles": (triangles, 3),
        "material": (triangles,), "parameter": (triangles,),
    }
    for name, shape in shapes.items():
        if getattr(mesh, name).shape != shape:
            raise ValueError(f"mesh '{key}': {name} has shape {getattr(mesh, name).shape}, expected {shape}")
    if triangles and not 0 <= mesh.triangles.min() <= mesh.triangles.max() < vertices:
        raise ValueError(f"mesh '{key}': triangles name vertices outside 0…{vertices - 1}")
    if triangles and not 0 <= mesh.material.min() <= mesh.material.max() < len(Material):
        raise ValueError(f"mesh '{key}': unknown material numbers")
    if not np.isfinite(mesh.positions).all():
        raise ValueError(f"mesh '{key}': positions are not finite")
