"""Which maps there are, and the places they stand for."""

from __future__ import annotations

import difflib
from collections.abc import Callable, Sequence
from typing import Any

from simgen.localsim.errors import Refused
from simgen.localsim.opendrive import parse

GENERATED = "OpenDriveMap"                   # CARLA's name for what generate_opendrive_world makes
_PREFIXES = ("/Game/Carla/Maps/", "Game/Carla/Maps/", "Carla/Maps/")


def short_name(name: str) -> str:
    """"/Game/Carla/Maps/Town01" and "Carla/Maps/Town01" and "Town01" are one map."""
    for prefix in _PREFIXES:
        if name.startswith(prefix):
            return name[len(prefix):]
    return name


def asset_name(name: str) -> str:
    """As ``get_available_maps`` lists it."""
    return _PREFIXES[0] + name


def info_name(name: str) -> str:
    """As ``carla.Map.name`` shows it; ``load_world_if_different`` compares with this."""
    return _PREFIXES[2] + name


class Atlas:
    """The built-in places, OpenDRIVE files given at start, and the one a client uploaded last."""

    def __init__(
        self, names: Sequence[str], load: Callable[[str], Any], build: Callable[[str, str], Any],
        documents: dict[str, str] | None = None,
    ) -> None:
        """load: name → place. build: (OpenDRIVE text, name) → place. documents: OpenDRIVE texts by map name."""
        self._built_in, self._load, self._build = tuple(names), load, build
        self._documents = dict(documents or {})
        self._last: tuple[str, Any] | None = None

    def names(self) -> tuple[str, ...]:
        """Short names of all maps."""
        return self._built_in + tuple(name for name in self._documents if name not in self._built_in)

    def add(self, name: str, document: str) -> None:
        """Makes an OpenDRIVE text loadable. Raises ``Refused`` if it is none."""
        parse(document)
        self._documents[name] = document
        if self._last is not None and self._last[0] == name:
            self._last = None

    def place(self, name: str) -> Any:
        """The place of a map by any of its names. The last one is kept, since most episodes reload it.

        Raises ``Refused`` for an unknown map.
        """
        key = short_name(name)
        if self._last is None or self._last[0] != key:
            self._last = key, self._made(key)
        return self._last[1]

    def _made(self, key: str) -> Any:
        if key in self._documents:
            return self._build(self._documents[key], key)
        if key in self._built_in:
            return self._load(key)
        close = difflib.get_close_matches(key, self.names(), n=1)
        hint = f" (did you mean '{close[0]}'?)" if close else ""
        raise Refused(f"there is no map '{key}'{hint}; there are {', '.join(self.names())}")
