"""Other types for the objects of an export: ``--classes``, a map from stored types to those that a reader knows.

    map: {Animal: Misc, Bus: DontCare, "*": Misc}
    ignore: [Deer]

``map`` says what becomes of a stored type; ``*`` stands for every type that is not named, and what nothing names keeps
its type. ``DontCare`` makes a region of the object; a type in ``ignore`` is left out. DontCare regions stay.

The class map of a scenario (``output: {classes: …}``) goes by blueprint and species while labels are made; this one
knows what is stored, and nothing comes back that was left out then.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import yaml

from sensors.yaml12 import did_you_mean, load_yaml
from simgen.errors import RequestError, unreadable
from simgen.kitti.labels import DONT_CARE, KittiObject
from simgen.kitti.objects import ObjectRow

KITTI_TYPES = ("Car", "Van", "Truck", "Pedestrian", "Person_sitting", "Cyclist", "Tram", "Misc")
REASON = "class map"            # ``dont_care_reason`` of an object that the map made a region of

_OTHERS = "*"
_FOLDER = Path(__file__).parent / "class_maps"
_TYPE = re.compile(r"[A-Za-z][A-Za-z0-9_]*")
_NO_TRUTH = KittiObject(DONT_CARE, -1.0, -1, -10.0, (0.0,) * 4, (-1.0,) * 3, (-1000.0,) * 3, -10.0)


@dataclass(frozen=True, slots=True)
class TypeMap:
    """What becomes of each stored type.

    name:   of the map that comes with simgen, or of the file.
    types:  stored type, or ``*`` → new type; None: left out.
    """

    name: str
    types: Mapping[str, str | None]

    def type_of(self, stored: str) -> str | None:
        """The new type of a stored one, or None if it is left out."""
        if stored == DONT_CARE:
            return stored
        return self.types.get(stored, self.types.get(_OTHERS, stored))

    def apply(self, label: KittiObject, side: ObjectRow) -> tuple[KittiObject, ObjectRow] | None:
        """A label row and what the side file says of it, with the new type; None if it is left out."""
        name = self.type_of(label.type)
        if name is None:
            return None
        if name == label.type:
            return label, side
        if name == DONT_CARE:
            return replace(_NO_TRUTH, bbox_px=label.bbox_px), replace(side, type=name, dont_care_reason=REASON)
        return replace(label, type=name), replace(side, type=name)

    def notes(self, stored: Collection[str]) -> tuple[str, ...]:
        """A sentence for each type that the map would change and the dataset does not have.

        Args:
            stored: types of the dataset.

        Raises:
            RequestError: if such a type looks like one that the dataset has and the map does not name.
        """
        found = []
        unnamed = sorted({*stored} - {*self.types})
        for name in sorted({*self.types} - {*stored, _OTHERS}):
            if self.types[name] == name:
                continue
            sentence = f"--classes {self.name}: {name}: the dataset has no objects of this type"
            if hint := did_you_mean(name, unnamed):
                raise RequestError(f"{sentence}{hint}")
            found.append(sentence)
        return tuple(found)


def read_type_map(name: str) -> TypeMap:
    """The map of this name, or of the file if the name ends in .yaml.

    Raises:
        RequestError: ``--classes NAME: …``, one sentence.
    """
    where = f"--classes {name}"
    if name.endswith((".yaml", ".yml")):
        path = Path(name)
    elif name in shipped_names():
        path = _FOLDER / f"{name}.yaml"
    else:
        names = shipped_names()
        raise RequestError(f"{where}: no class map of this name{did_you_mean(name, names)}; there are "
                           f"{', '.join(names)}, and any file that ends in .yaml")
    try:
        value = load_yaml(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise RequestError(f"{where}: there is no such file") from None
    except OSError as error:
        raise RequestError(f"{where}: cannot be read: {error.strerror or error}") from error
    except UnicodeDecodeError as error:
        raise RequestError(f"{where}: {unreadable(error)}") from error
    except yaml.YAMLError as error:
        raise RequestError(f"{where}: is no YAML: {' '.join(str(error).split())}") from error
    return TypeMap(name, _types(value, where))


def shipped_names() -> tuple[str, ...]:
    """Names of the maps that come with simgen."""
    return tuple(sorted(path.stem for path in _FOLDER.glob("*.yaml")))


def _types(value: Any, where: str) -> dict[str, str | None]:
    if not isinstance(value, Mapping) or not value:
        raise RequestError(f"{where}: expected a mapping with map, ignore or both, such as 'map: {{Animal: Misc}}'")
    for key in value:
        if key not in ("map", "ignore"):
            raise RequestError(f"{where}: {key}: unknown key{did_you_mean(str(key), ('map', 'ignore'))}; there are map "
                               "(stored type: new type) and ignore (a list of stored types)")
    entries, ignored = value.get("map") or {}, value.get("ignore") or []
    if not isinstance(entries, Mapping):
        raise RequestError(f"{where}: map: expected stored types with new ones, such as {{Animal: Misc}}, got "
                           f"{entries!r}")
    if not isinstance(ignored, list):
        raise RequestError(f"{where}: ignore: expected a list of stored types, such as [Animal], got {ignored!r}")
    types: dict[str, str | None] = {}
    for stored, new in entries.items():
        types[_stored(stored, f"{where}: map")] = _new(new, f"{where}: map.{stored}")
    for stored in ignored:
        if _stored(stored, f"{where}: ignore") in types:
            raise RequestError(f"{where}: {stored} is named twice: name it once, in map or in ignore")
        types[stored] = None
    return types


def _stored(name: Any, where: str) -> str:
    if name == DONT_CARE:
        raise RequestError(f"{where}: DontCare regions stay as they are: nobody knows what is in them")
    if not isinstance(name, str) or (name != _OTHERS and not _TYPE.fullmatch(name)):
        raise RequestError(f"{where}: {name!r} is no type of a label: write one word as it stands in label_2, such as "
                           "Animal, or '*' for all that are not named")
    return name


def _new(name: Any, where: str) -> str:
    if not isinstance(name, str) or not _TYPE.fullmatch(name):
        raise RequestError(f"{where}: {name!r} is no type: write one word of letters, digits and underscores, or put "
                           "the stored type into ignore")
    for reserved in (*KITTI_TYPES, DONT_CARE):
        if name.lower() == reserved.lower() and name != reserved:
            raise RequestError(f"{where}: {name!r} differs from KITTI's {reserved!r} by case only, which readers take "
                               f"for the same: write {reserved}")
    return name
