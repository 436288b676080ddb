"""What simgen knows of CARLA's blueprints beyond what a server says: KITTI types, body sizes, silhouettes.

The numbers are data, in ``classes.yaml`` and ``bodies.yaml``.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
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


@dataclass(frozen=True, slots=True)
class ActorClass:
    """What an actor is.

    type:        KITTI's word for it.
    shape:       a key of ``silhouettes``.
    size_lwh_m:  known size of its body; None if only the server knows.
    """

    type: str
    shape: str
    size_lwh_m: SizeLwh | None


_UNKNOWN_VEHICLE = ActorClass("Misc", "boxy", None)


def classify(actor: ActorState, base_types: Mapping[str, str]) -> ActorClass:
    """The class of an actor: our own table first, as a server's ``base_type`` is empty for some vehicles.

    Args:
        base_types: blueprint id → CARLA's attribute ``base_type``, for vehicles that the table lacks.

    Raises:
        DatasetError: if the size of an animal's species is not known.
        ValueError: if the actor's kind is none of "vehicle", "walker" and "animal".
    """
    if actor.kind == "vehicle":
        known = _vehicles().get(actor.blueprint)
        return known or _base_types().get(base_types.get(actor.blueprint, ""), _UNKNOWN_VEHICLE)
    if actor.kind == "walker":
        bodies = _bodies()
        body = bodies["children"].get(actor.blueprint, "adult")
        return ActorClass("Pedestrian", "walker", _size(bodies["walkers"][body]))
    if actor.kind == "animal":
        if actor.blueprint.startswith(_PROP):       # the server's box is that of the mesh
            return ActorClass("Animal", "animal", None)
        if actor.species not in _bodies()["animals"]:
            raise DatasetError(f"{actor.role}: the size of a {actor.species} is not known; "
                               "it must be added to simgen/label/bodies.yaml")
        return ActorClass("Animal", "animal", _size(_bodies()["animals"][actor.species]))
    raise ValueError(f"{actor.role} is of unknown kind {actor.kind!r}")


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
            for name, entry in _load("classes.yaml")["vehicles"].items()}


@cache
def _base_types() -> dict[str, ActorClass]:
    return {name: ActorClass(entry["type"], entry["shape"], None)
            for name, entry in _load("classes.yaml")["base_types"].items()}


@cache
def _bodies() -> dict[str, Any]:
    return _load("bodies.yaml")


def _load(name: str) -> dict[str, Any]:
    value: dict[str, Any] = load_yaml((_FOLDER / name).read_text(encoding="utf-8"))
    return value


def _size(values: list[float]) -> SizeLwh:
    length, width, height = values
    return length, width, height
