"""A user's own models in place of the made bodies: ``DIR/<blueprint id>.glb``, one binary glTF file a blueprint.

A model is in metres, faces +x, stands on the ground, and has glTF's y upwards (in Blender: facing +x with z up, as its
exporter turns it). It is stretched by the last per cents to its blueprint's box, because labels follow that box; one
that would have to be stretched by more than a fifth is another thing, and is refused. A person keeps their breadth.

What a part is made of is read from its material's name: glass, tyre, rim, headlamp, tail lamp, plate; all others keep
their own base colour, of which a body can show three (and black). Models stand still: they have no gait, and their
wheels do not turn.
"""

from __future__ import annotations

import difflib
import importlib
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from simgen.localsim import bodies
from simgen.localsim.bodies.builder import Array, MeshBuilder, affine, fitted
from simgen.localsim.bodies.catalogue import Axle
from simgen.localsim.bodies.colours import linear_from_srgb
from simgen.localsim.bodies.driver import Occupant
from simgen.localsim.bodies.people import PEOPLE
from simgen.localsim.catalogue import Body, stock_library
from simgen.localsim.errors import LocalsimError
from simgen.localsim.mesh import Material as M
from simgen.localsim.mesh import Mesh

Size = tuple[float, float, float]

SUFFIX = ".glb"
MOST_TRIANGLES = 300_000
_STRETCH = 0.20
_BLACK = 0.02                  # linear luminance below which a part is black trim
_COLOURS = 3
_ROUNDS = 12                   # of the search for three colours

# Words in a material's name, in the order they are looked for.
_NAMED: tuple[tuple[str, M], ...] = (
    (r"head.?(light|lamp)", M.HEADLAMP), (r"(tail|rear|brake|stop).?(light|lamp)", M.TAILLAMP),
    (r"glass|window|windscreen|windshield", M.CAR_GLASS), (r"tyre|tire|rubber", M.TYRE), (r"\brim|alloy|chrome", M.RIM),
    (r"plate", M.PLATE), (r"eye", M.EYE),
)
_ON_VEHICLES = ((M.CAR_PAINT, 0.0), (M.CAR_PAINT, 1.0), (M.SKIN, 0.0))
_ON_OTHERS = ((M.CLOTH_UPPER, 0.0), (M.CLOTH_LOWER, 0.0), (M.SKIN, 0.0))


class AssetRefused(LocalsimError):
    """A model cannot be used; says which, why, and what to do, in one sentence."""


@dataclass(frozen=True, eq=False, slots=True)
class Model:
    """One file's model: its mesh in its own size, mesh axes, and the three linear colours (3, 3) it shows."""

    mesh: Mesh
    colours: NDArray[np.float32]
    upright: bool              # a person: scaled to a height, breadth kept


class AssetBodies:
    """The functions of ``simgen.localsim.bodies``, where a user's models take the place of their blueprints' bodies."""

    def __init__(self, models: dict[str, Model]) -> None:
        self._models = models
        self._fitted: dict[tuple[str, Size], Mesh] = {}

    def body_mesh(self, blueprint: str, size_lwh_m: Size, phase: int) -> Mesh:
        """See ``bodies.body_mesh``; a model has one phase."""
        return self._mesh(blueprint, size_lwh_m) or bodies.body_mesh(blueprint, size_lwh_m, phase)

    def open_mesh(self, blueprint: str, size_lwh_m: Size, open_doors: frozenset[int]) -> Mesh:
        """See ``bodies.open_mesh``; a model's doors are shut."""
        return self._mesh(blueprint, size_lwh_m) or bodies.open_mesh(blueprint, size_lwh_m, open_doors)

    def wheelless_mesh(self, blueprint: str, size_lwh_m: Size, open_doors: frozenset[int]) -> Mesh:
        """See ``bodies.wheelless_mesh``; a model keeps its wheels."""
        return self._mesh(blueprint, size_lwh_m) or bodies.wheelless_mesh(blueprint, size_lwh_m, open_doors)

    def axles(self, blueprint: str, size_lwh_m: Size) -> tuple[Axle, ...]:
        """See ``bodies.axles``; a model's wheels do not turn."""
        return () if blueprint in self._models else bodies.axles(blueprint, size_lwh_m)

    def gait_phase(self, blueprint: str, travelled_m: float, speed_mps: float) -> int:
        """See ``bodies.gait_phase``; a model stands."""
        return 0 if blueprint in self._models else bodies.gait_phase(blueprint, travelled_m, speed_mps)

    def tints(self, blueprint: str, color: str | None, key: str) -> NDArray[np.float32]:
        """See ``bodies.tints``; a model shows its own colours, whatever a client asks for."""
        model = self._models.get(blueprint)
        return bodies.tints(blueprint, color, key) if model is None else model.colours

    def occupants(self, blueprint: str, size_lwh_m: Size, look: str) -> tuple[Occupant, ...]:
        """See ``bodies.occupants``; where a model's seats are is not known, and so it is empty."""
        return () if blueprint in self._models else bodies.occupants(blueprint, size_lwh_m, look)

    occupant_mesh = staticmethod(bodies.occupant_mesh)
    lamps = staticmethod(bodies.lamps)             # a model's lamps are where its blueprint's are: it fills that box
    wheel_mesh = staticmethod(bodies.wheel_mesh)
    door_mesh = staticmethod(bodies.door_mesh)
    hinge_m = staticmethod(bodies.hinge_m)

    def _mesh(self, blueprint: str, size_lwh_m: Size) -> Mesh | None:
        model = self._models.get(blueprint)
        if model is None:
            return None
        key = (blueprint, (float(size_lwh_m[0]), float(size_lwh_m[1]), float(size_lwh_m[2])))
        if key not in self._fitted:
            self._fitted[key] = _upright(model.mesh, key[1][2]) if model.upright else fitted(model.mesh, key[1])
        return self._fitted[key]


def load_assets(folder: Path) -> AssetBodies:
    """The models of a folder.

    Raises AssetRefused for a folder without models, a file that is named after no blueprint, that cannot be read, or
    whose model's size is not its blueprint's, and where the reader is not installed.
    """
    if not folder.is_dir():
        raise AssetRefused(f"--assets {folder}: there is no such folder; give one that holds <blueprint id>{SUFFIX}")
    files = sorted(folder.glob(f"*{SUFFIX}"))
    if not files:
        raise AssetRefused(f"--assets {folder}: it holds no {SUFFIX} file; name each model after its blueprint, "
                           f"for example vehicle.audi.tt{SUFFIX}")
    known = {blueprint.id: blueprint.body for blueprint in stock_library() if blueprint.body is not None}
    models = {}
    for file in files:
        body = known.get(file.stem)
        if body is None:
            close = difflib.get_close_matches(file.stem, known, n=1)
            hint = f"; did you mean {close[0]}{SUFFIX}?" if close else ""
            raise AssetRefused(f"{file}: no blueprint with a body is called {file.stem}{hint}")
        models[file.stem] = _model(file, body)
    return AssetBodies(models)


def _model(file: Path, body: Body) -> Model:
    parts = _parts(file)
    on = _ON_VEHICLES if body.kind == "vehicle" else _ON_OTHERS
    triangles = sum(len(part.faces) for part in parts)
    if triangles > MOST_TRIANGLES:
        raise AssetRefused(f"{file}: {triangles} triangles are more than the {MOST_TRIANGLES} a body may have; "
                           "simplify the model")
    colours = _three_colours(parts)
    builder = MeshBuilder()
    for part in parts:
        material, parameter = _look(part, colours, on)
        builder.add(part.positions, part.normals, part.faces, material, parameter)
    mesh = builder.mesh()
    upright = body.shape in PEOPLE
    _require_size(file, mesh, bodies.body_size_m(body.shape) if upright else body.size_lwh_m, only_height=upright)
    return Model(mesh, colours.astype(np.float32), upright)


@dataclass(frozen=True, eq=False, slots=True)
class _Part:
    """Triangles of one material, mesh axes: positions and normals (V, 3), faces (T, 3), linear colours (T, 3)."""

    name: str
    positions: Array
    normals: Array
    faces: NDArray[np.int64]
    colours: Array

    @property
    def areas(self) -> Array:
        a, b, c = (self.positions[self.faces[:, k]] for k in range(3))
        area: Array = 0.5 * np.sqrt((np.cross(b - a, c - a) ** 2).sum(axis=1))
        return area


def _parts(file: Path) -> list[_Part]:
    try:
        trimesh = importlib.import_module("trimesh")
    except ImportError:
        raise AssetRefused("--assets: reading glTF needs the package trimesh; install it with "
                           "pip install 'simgen[assets]', or pip install trimesh pillow") from None
    try:
        scene = trimesh.load_scene(file)
        parts = [_part(scene, node) for node in sorted(scene.graph.nodes_geometry)]
    except Exception as error:          # the reader raises whatever a broken file makes it stumble over
        raise AssetRefused(f"{file}: cannot be read as binary glTF ({type(error).__name__}: {error}); export it again "
                           f"as {SUFFIX}") from error
    parts = [part for part in parts if len(part.faces)]
    if not parts or not all(np.isfinite(part.positions).all() for part in parts):
        raise AssetRefused(f"{file}: it holds no triangles with finite corners; export the model's meshes with it")
    return parts


def _part(scene: Any, node: str) -> _Part:
    pose, name = scene.graph[node]
    geometry = scene.geometry[name].copy()
    if not hasattr(geometry, "faces"):                           # points and lines
        return _Part("", np.zeros((0, 3)), np.zeros((0, 3)), np.zeros((0, 3), np.int64), np.zeros((0, 3)))
    geometry.apply_transform(pose)
    material = getattr(geometry.visual, "material", None)
    turned = np.array([[1.0, 0.0, 0.0], [0.0, 0.0, -1.0], [0.0, 1.0, 0.0]])      # y up → z up: ours are x, -z, y
    positions, normals = (np.einsum("ij,nj->ni", turned, np.asarray(v, np.float64))
                          for v in (geometry.vertices, geometry.vertex_normals))
    faces = np.asarray(geometry.faces, np.int64)
    return _Part(str(getattr(material, "name", "") or name), positions, normals, faces,
                 _colours(geometry.visual, material, faces))


def _colours(visual: Any, material: Any, faces: NDArray[np.int64]) -> Array:
    """Linear base colour (T, 3) of each triangle: its texture's at its corners, else its material's."""
    texture = getattr(material, "baseColorTexture", None) or getattr(material, "image", None)
    if material is not None and texture is None:
        factor = getattr(material, "baseColorFactor", None)          # linear already, 0 to 255 or 0 to 1
        colour = np.asarray([200, 200, 200, 255] if factor is None else factor, np.float64)[:3]
        return np.broadcast_to(colour / 255.0 if colour.max() > 1.0 else colour, (len(faces), 3))
    corners = np.asarray((visual.to_color() if material is not None else visual).vertex_colors, np.float64)[:, :3]
    return linear_from_srgb(corners[faces].mean(axis=1) / 255.0)


def _three_colours(parts: Sequence[_Part]) -> Array:
    """Three linear colours (3, 3) that stand for all, largest area first: Lloyd's k-means weighted by area."""
    painted = [part for part in parts if _named(part.name) is None]
    if not painted:
        return np.full((_COLOURS, 3), 0.5)
    colours, areas = (np.concatenate([getattr(part, field) for part in painted]) for field in ("colours", "areas"))
    bright = colours.max(axis=1) > _BLACK
    colours, areas = (colours[bright], areas[bright]) if bright.any() else (colours, areas)
    centres = _far_apart(colours, areas)
    for _ in range(_ROUNDS):
        nearest = _nearest(colours, centres)
        weight = np.bincount(nearest, areas, _COLOURS)
        sums = np.stack([np.bincount(nearest, areas * colours[:, k], _COLOURS) for k in range(3)], axis=1)
        centres = np.where(weight[:, None] > 0.0, sums / np.maximum(weight, 1e-12)[:, None], centres)
    weight = np.bincount(_nearest(colours, centres), areas, _COLOURS)
    ordered: Array = centres[np.argsort(-weight, kind="stable")]
    return ordered


def _far_apart(colours: Array, areas: Array) -> Array:
    """The commonest colour, and those that differ most from what was chosen before, large areas first."""
    _, first, inverse = np.unique(colours.round(3), axis=0, return_index=True, return_inverse=True)
    distinct, area = colours[first], np.bincount(inverse.ravel(), areas)
    chosen = [distinct[int(area.argmax())]]
    while len(chosen) < _COLOURS:
        away = np.min([((distinct - one) ** 2).sum(axis=1) for one in chosen], axis=0)
        chosen.append(distinct[int((away * area).argmax())])
    return np.array(chosen)


def _nearest(colours: Array, centres: Array) -> NDArray[np.int64]:
    nearest: NDArray[np.int64] = ((colours[:, None] - centres[None]) ** 2).sum(axis=2).argmin(axis=1)
    return nearest


def _named(name: str) -> M | None:
    return next((material for words, material in _NAMED if re.search(words, name, re.IGNORECASE)), None)


def _look(part: _Part, colours: Array, on: Iterable[tuple[M, float]]) -> tuple[NDArray[np.int32], Array]:
    """Material and parameter (T,) of a part's triangles."""
    named = _named(part.name)
    if named is not None:
        return np.full(len(part.faces), int(named), np.int32), np.zeros(len(part.faces))
    materials, parameters = (np.array(column) for column in zip(*on, strict=True))
    nearest = _nearest(part.colours, colours)
    black = part.colours.max(axis=1) <= _BLACK
    return (np.where(black, int(M.BLACK_TRIM), materials[nearest]).astype(np.int32),
            np.where(black, 0.0, parameters[nearest]))


def _require_size(file: Path, mesh: Mesh, wanted: Size, *, only_height: bool) -> None:
    low, high = (corner.astype(np.float64) for corner in mesh.bounds_m())
    own = high - low
    off = np.abs(own / np.array(wanted) - 1.0)
    if (off[2:] if only_height else off).max() > _STRETCH:
        sizes = " × ".join(f"{v:.2f}" for v in own), " × ".join(f"{v:.2f}" for v in wanted)
        raise AssetRefused(
            f"{file}: the model is {sizes[0]} m (length × width × height) and {file.stem} {sizes[1]} m, which is more "
            "than 20 % apart; scale it to metres and turn it to face +x, y up")


def _upright(mesh: Mesh, height_m: float) -> Mesh:
    """A person's model scaled to a height, soles on the ground."""
    low, high = (corner.astype(np.float64) for corner in mesh.bounds_m())
    scale = height_m / (high[2] - low[2])
    return affine(mesh, np.full(3, scale), np.array([0.0, 0.0, -scale * low[2]]))
