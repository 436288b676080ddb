"""nuScenes' categories, attributes and levels of visibility, and which of them a label row is (``taxonomy.yaml``)."""

from __future__ import annotations

from dataclasses import dataclass
from fnmatch import fnmatchcase
from functools import cache
from importlib.resources import files
from typing import Any

import yaml

from simgen.kitti.labels import DONT_CARE
from simgen.kitti.objects import ObjectRow

MOVES_MPS = 0.2         # slower is standing: a person who shifts weight, a car that settles on its springs


@dataclass(frozen=True, slots=True)
class Named:
    """A category, attribute or level of visibility."""

    name: str
    description: str


def categories() -> tuple[Named, ...]:
    """All 23 of nuScenes, in a fixed order."""
    return tuple(Named(*entry) for entry in _table()["categories"])


def attributes() -> tuple[Named, ...]:
    """All 8 of nuScenes, in a fixed order."""
    return tuple(Named(*entry) for entry in _table()["attributes"])


def visibility_levels() -> tuple[tuple[str, str, float], ...]:
    """Token, level and lower limit of each of nuScenes' four, from the worst on."""
    return tuple((str(key), str(level), float(limit)) for key, level, limit in _table()["visibility"])


def category_of(row: ObjectRow) -> str:
    """The category of an actor: by its blueprint, else by the type of its label, else by what kind of actor it is.

    One whose type is another than that which it was recorded with goes by the new type, if it says a category.
    """
    table = _table()
    if row.type not in (row.class_name, DONT_CARE) and row.type in table["types"]:
        return str(table["types"][row.type])
    if row.kind == "animal":
        return "animal"
    fits = [pattern for pattern in table["of"] if fnmatchcase(row.blueprint, pattern)]
    if fits:
        return str(table["of"][max(fits, key=len)])
    return str(table["types"].get(row.type) or table["kinds"][row.kind])


def attribute_of(category: str, row: ObjectRow, moves_now: bool, ever_moves: bool) -> str | None:
    """The one attribute that nuScenes' detection task asks of a category; None for those that have none.

    Args:
        moves_now, ever_moves: is the actor faster than ``MOVES_MPS`` in this frame, and in any of the episode?
    """
    if category in ("vehicle.bicycle", "vehicle.motorcycle"):
        return "cycle.without_rider" if row.blueprint.startswith("level.") else "cycle.with_rider"
    if category.startswith("vehicle."):
        return "vehicle.moving" if moves_now else "vehicle.stopped" if ever_moves else "vehicle.parked"
    if category.startswith("human.pedestrian.") and category.rpartition(".")[2] not in _ON_WHEELS:
        if row.pose in ("sitting", "lying"):
            return "pedestrian.sitting_lying_down"
        return "pedestrian.moving" if moves_now else "pedestrian.standing"
    return None


_ON_WHEELS = ("wheelchair", "stroller", "personal_mobility")


def visibility_of(row: ObjectRow) -> str:
    """The token of the level of visibility; "" if nobody knows.

    nuScenes counts which share of the object can be seen in all pictures together. There is one picture here, so what
    lies outside of it is not seen.
    """
    if row.visible_fraction is None:
        return ""
    inside = 1.0 if row.outside_fraction is None else 1.0 - row.outside_fraction
    seen = row.visible_fraction * inside
    return next(key for key, _, limit in reversed(visibility_levels()) if seen >= limit)


@cache
def _table() -> dict[str, Any]:
    text = files("simgen.export.nuscenes").joinpath("taxonomy.yaml").read_text(encoding="utf-8")
    table: dict[str, Any] = yaml.safe_load(text)
    return table
