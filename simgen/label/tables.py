"""What simgen knows of blueprints beyond what a server says: KITTI types, body sizes, silhouettes.

The numbers are data, in ``classes.yaml`` and ``bodies.yaml``.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from typing import Any, TypeAlias

from sensors.yaml12 import load_yaml
from simgen.errors import DatasetError
from simgen.frame import ActorState

SizeLwh: TypeAlias = "tuple[float, float, float]"
SubBox: TypeAlias = "tuple[float, float, float, float, float, float]"

_FOLDER = Path(__file__).parent
_PROP = "static.prop."
_MOVING_FROM_MPS = 0.1       # below, bodies stand


@dataclass(frozen=True, slots=True)
class ActorClass:
    """What an actor is, at its present speed.

    type:        KITTI's word for it; None for what gets no row, but hides others all the same.
    shape:       a key of ``silhouettes``.
    size_lwh_m:  known size of its body; None if only the server knows.
    strides:     legs reach out of this body as it moves.
    leaves_ground: its feet do, so that its box may begin in the air.
    age, pose:   as in ``simgen.frame.Label``.
    """

    type: str | None
    shape: str
    size_lwh_m: SizeLwh | None
    strides: bool = True
    leaves_ground: bool = False
    age: str | None = None
    pose: str | None = None


_UNKNOWN_VEHICLE = ActorClass("Misc", "boxy", None)


def classify(actor: ActorState, base_types: Mapping[str, str]) -> ActorClass:
    """The class of an actor: our own table first, as a server's ``base_type`` is empty for some vehicles.

    Args:
        base_types: blueprint id → CARLA's attribute ``base_type``, for vehicles that the table lacks.

    Raises:
        DatasetError: if the size of an animal of its species and age is not known.
        ValueError: if the actor's kind is none of "vehicle", "walker", "animal" and "prop".
    """
    match actor.kind:
        case "vehicle":
            known = _vehicles().get(actor.blueprint)
            return known or _base_types().get(base_types.get(actor.blueprint, ""), _UNKNOWN_VEHICLE)
        case "walker":
            return _walker(actor)
        case "animal":
            return _animal(actor)
        case "prop":
            return _prop(actor.blueprint)
    raise ValueError(f"{actor.role} is of unknown kind {actor.kind!r}")


def _walker(actor: ActorState) -> ActorClass:
    bodies = _bodies()
    in_wheelchair = actor.attributes.get("use_wheelchair", "false").lower() in ("true", "1")
    body = "wheelchair" if in_wheelchair else bodies["walker_bodies"].get(actor.blueprint, "adult")
    person = _classes()["people"].get(body, {"type": "Pedestrian", "shape": "walker"})
    known = ActorClass(person["type"], person["shape"], _size(bodies["walkers"][body]), pose=person.get("pose"))
    return _on_the_move(known, body) if _moves(actor) else known


def _animal(actor: ActorState) -> ActorClass:
    species, age = actor.species, "young" if actor.attributes.get("age") == "young" else None
    shape = _classes()["animals"].get(species, {}).get("shape", "animal")
    if age is not None and shape == "antlered":
        shape = "animal"
    if actor.blueprint.startswith(_PROP):       # the server's box is that of the mesh
        return ActorClass("Animal", shape, None, age=age)
    sizes = _bodies()["animals" if age is None else "young"]
    if species not in sizes:
        raise DatasetError(f"{actor.role}: the size of a {f'{age} ' if age else ''}{species} is not known; "
                           "it must be added to simgen/label/bodies.yaml")
    known = ActorClass("Animal", shape, _size(sizes[species]), age=age)
    return _on_the_move(known, species) if _moves(actor) and age is None else known


def _prop(blueprint: str) -> ActorClass:
    table, name = _classes()["props"], blueprint.removeprefix(_PROP)
    entry = table["things"].get(name, {"shape": "solid"})
    size = _size(entry["size_lwh_m"]) if "size_lwh_m" in entry else None
    return ActorClass(None if name in table["scenery"] else "Misc", entry["shape"], size)


def _moves(actor: ActorState) -> bool:
    return math.hypot(*actor.velocity_mps) >= _MOVING_FROM_MPS


def _on_the_move(known: ActorClass, body: str | None) -> ActorClass:
    """The class of a body that takes another form as it moves; others stay what they are."""
    form = _bodies()["moving"].get(body)
    if form is None:
        return known
    return replace(known, shape=form.get("shape", known.shape), size_lwh_m=_size(form["size_lwh_m"]), strides=False,
                   leaves_ground=form.get("leaves_ground", False))


@dataclass(frozen=True, slots=True)
class Silhouette:
    """What a body covers of its box.

    fill:   share of the union of the parts, as seen by a camera, that a body in any pose covers.
    parts:  sub-boxes x0, x1, y0, y1, z0, z1 in shares of the box.
    """

    fill: float
    parts: tuple[SubBox, ...]


@cache
def silhouette(shape: str) -> Silhouette:
    """The silhouette of a shape of ``ActorClass``; see ``bodies.yaml``."""
    entry = _bodies()["silhouettes"][shape]
    return Silhouette(entry["fill"], tuple((x0, x1, y0, y1, z0, z1) for x0, x1, y0, y1, z0, z1 in entry["parts"]))


@cache
def _vehicles() -> dict[str, ActorClass]:
    return {name: ActorClass(entry["type"], entry["shape"], _size(entry["size_lwh_m"]))
            for name, entry in _classes()["vehicles"].items()}


@cache
def _base_types() -> dict[str, ActorClass]:
    return {name: ActorClass(entry["type"], entry["shape"], None)
            for name, entry in _classes()["base_types"].items()}


@cache
def _classes() -> dict[str, Any]:
    return _load("classes.yaml")


@cache
def _bodies() -> dict[str, Any]:
    return _load("bodies.yaml")


def _load(name: str) -> dict[str, Any]:
    value: dict[str, Any] = load_yaml((_FOLDER / name).read_text(encoding="utf-8"))
    return value


def _size(values: list[float]) -> SizeLwh:
    length, width, height = values
    return length, width, height
