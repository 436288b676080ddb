"""What simgen knows of blueprints beyond what a server says: classes, body sizes, expected shapes.

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
_LEVEL = "level."
_LAST_WALKER = 52            # walker.pedestrian.0052, of CARLA 0.9.16
_BODY_BY_ATTRIBUTE = {"use_wheelchair": "wheelchair", "umbrella": "umbrella"}     # when "true"
_MOVING_FROM_MPS = 0.1       # below, bodies stand
_TAGGED_ROUGHLY = ("car", "truck")
_SAME_MODEL = 1.02           # sides of one model differ by less, as levels have their own meshes of it
_HIGHEST_CAR_M = 2.2


@dataclass(frozen=True, slots=True)
class ActorClass:
    """What an actor is, at its present speed.

    word:        its class, such as "car" or "scenery"; class maps make dataset types of it.
    shape:       a key of ``expected_shape``.
    size_lwh_m:  known size of its body; None if only the server knows.
    strides:     legs reach out of this body as it moves.
    leaves_ground: its feet do, so that its box may begin in the air.
    age, pose:   as in ``simgen.frame.Label``.
    """

    word: str
    shape: str
    size_lwh_m: SizeLwh | None
    strides: bool = True
    leaves_ground: bool = False
    age: str | None = None
    pose: str | None = None


_UNKNOWN_VEHICLE = ActorClass("vehicle", "boxy", None)


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
            if actor.blueprint.startswith(_LEVEL):
                return _level().get(actor.blueprint.removeprefix(_LEVEL), _UNKNOWN_VEHICLE)
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
    usual = bodies["walker_bodies"].get(actor.blueprint, "adult")
    body = next((body for attribute, body in _BODY_BY_ATTRIBUTE.items()
                 if actor.attributes.get(attribute, "false").lower() in ("true", "1")), usual)
    person = _classes()["people"].get(body, {"class": "pedestrian", "shape": "walker"})
    known = ActorClass(person["class"], person["shape"], _size(bodies["walkers"][body]), pose=person.get("pose"))
    return _on_the_move(known, body) if _moves(actor) else known


def _animal(actor: ActorState) -> ActorClass:
    species, age = actor.species, "young" if actor.attributes.get("age") == "young" else None
    shape = _classes()["animals"].get(species, {}).get("shape", "animal")
    if age is not None and shape == "antlered":
        shape = "animal"
    if actor.blueprint.startswith(_PROP):       # the server's box is that of the mesh
        return ActorClass("animal", shape, None, age=age)
    sizes = _bodies()["animals" if age is None else "young"]
    if species not in sizes:
        raise DatasetError(f"{actor.role}: the size of a {f'{age} ' if age else ''}{species} is not known; "
                           "it must be added to simgen/label/bodies.yaml")
    known = ActorClass("animal", shape, _size(sizes[species]), age=age)
    return _on_the_move(known, species) if _moves(actor) and age is None else known


def _prop(blueprint: str) -> ActorClass:
    table, name = _classes()["props"], blueprint.removeprefix(_PROP)
    entry = table["things"].get(name, {"shape": "solid"})
    size = _size(entry["size_lwh_m"]) if "size_lwh_m" in entry else None
    return ActorClass("scenery" if name in table["scenery"] else "thing", entry["shape"], size)


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
class ExpectedShape:
    """What a body covers of its box.

    parts:    sub-boxes x0, x1, y0, y1, z0, z1 in shares of the box; their union is the expected shape.
    density:  shares of the shape that are body: rows from top to bottom, each from the middle to the sides; see
              ``simgen.label.visibility.cells``.
    """

    parts: tuple[SubBox, ...]
    density: tuple[tuple[float, ...], ...]


@cache
def expected_shape(shape: str) -> ExpectedShape:
    """What stands in for a body of this ``ActorClass.shape``; see ``bodies.yaml``."""
    entry = _bodies()["shapes"][shape]
    parts = tuple((x0, x1, y0, y1, z0, z1) for x0, x1, y0, y1, z0, z1 in entry["parts"])
    return ExpectedShape(parts, tuple(tuple(row) for row in entry["density"]))


@cache
def _vehicles() -> dict[str, ActorClass]:
    return {name: ActorClass(entry["class"], entry["shape"], _size(entry["size_lwh_m"]))
            for name, entry in _classes()["vehicles"].items()}


@cache
def _base_types() -> dict[str, ActorClass]:
    return _without_size("base_types")


@cache
def _level() -> dict[str, ActorClass]:
    return _without_size("level")


def _without_size(table: str) -> dict[str, ActorClass]:
    return {name: ActorClass(entry["class"], entry["shape"], None) for name, entry in _classes()[table].items()}


def level_blueprint(kind: str) -> str:
    """The name by which a level object of this kind goes among blueprints: "level.car"."""
    return f"{_LEVEL}{kind}"


@cache
def level_kind(kind: str, size_lwh_m: SizeLwh) -> str:
    """What a level's vehicle is, "car", "van", "truck" and so on, by its size: a server knows no more than a tag.

    CARLA tags vans as cars and pickups as trucks, in levels as elsewhere. So a vehicle with the size of one of the
    table's is of its class, and a car that is higher than any car is a van.
    """
    if kind not in _TAGGED_ROUGHLY:
        return kind
    unlike, word = min((_unlike(size_lwh_m, known.size_lwh_m), known.word) for known in _vehicles().values()
                       if known.size_lwh_m is not None and known.word in _level())
    if unlike <= _SAME_MODEL:
        return word
    return "van" if kind == "car" and size_lwh_m[2] > _HIGHEST_CAR_M else kind


def _unlike(one: SizeLwh, other: SizeLwh) -> float:
    """The largest ratio of two sizes' sides, from 1 on."""
    return max(max(a / b, b / a) for a, b in zip(one, other, strict=True))


@cache
def known_names() -> frozenset[str]:
    """Blueprints and species that the tables list; a server may have more."""
    classes, bodies = _classes(), _bodies()
    walkers = {f"walker.pedestrian.{number:04d}" for number in range(1, _LAST_WALKER + 1)} | {*bodies["walker_bodies"]}
    things = {_PROP + name for name in (*classes["props"]["things"], *classes["props"]["scenery"])}
    animals = {f"walker.animal.{species}" for species in bodies["animals"]}
    level = {level_blueprint(kind) for kind in classes["level"]}
    return frozenset({*classes["vehicles"], *walkers, *things, *animals, *level, *bodies["animals"]})


@cache
def class_words() -> frozenset[str]:
    """All words that ``ActorClass.word`` can be."""
    classes = _classes()
    tables = (classes["vehicles"], classes["base_types"], classes["level"], classes["people"])
    words = {str(entry["class"]) for table in tables for entry in table.values()}
    return frozenset(words | {"vehicle", "pedestrian", "animal", "thing", "scenery"})


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
