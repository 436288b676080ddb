"""The places of the built-in simulator: its own, and any OpenDRIVE file's.

    OpenDRIVE text ──► roads ──► surfaces, junctions, paint ──► terrain ──► houses, lamps, woods ──► Place

``compose`` tells that story; ``load_place`` and ``place_from_opendrive`` are the doors.
"""

from __future__ import annotations

import difflib
from collections.abc import Callable
from dataclasses import replace

from simgen.localsim.places import shipped
from simgen.localsim.places.cache import fetch, store
from simgen.localsim.places.compose import compose
from simgen.localsim.places.error import PlaceError
from simgen.localsim.places.ground import Ground
from simgen.localsim.places.parking import ParkingRow, parking_rows
from simgen.localsim.places.place import Place, SpawnPoint

__all__ = [
    "Ground",
    "ParkingRow",
    "Place",
    "PlaceError",
    "SpawnPoint",
    "available_maps",
    "load_place",
    "opendrive_text",
    "place_from_opendrive",
]

_SHIPPED: dict[str, Callable[[], str]] = {
    "SimgenTown01": shipped.town,
    "SimgenRural01": shipped.rural,
    "SimgenRural02": shipped.hilly,
    "SimgenHighway01": shipped.highway,
    "SimgenTown01_Parked": shipped.town,
}
# Maps with cars of the level along their kerbs; otherwise SimgenTown01_Parked is SimgenTown01.
_PARKED = {"SimgenTown01_Parked"}


def available_maps() -> tuple[str, ...]:
    """Names that ``load_place`` knows."""
    return tuple(_SHIPPED)


def opendrive_text(name: str) -> str:
    """The OpenDRIVE text of one of the simulator's own places, without building it.

    Raises:
        KeyError: there is no place of that name.
    """
    return _SHIPPED[name]()


def load_place(name: str) -> Place:
    """One of the simulator's own places.

    Raises:
        PlaceError: there is no place of that name.
    """
    if name not in _SHIPPED:
        close = difflib.get_close_matches(name, _SHIPPED, n=1)
        hint = f" (did you mean '{close[0]}'?)" if close else ""
        raise PlaceError(f"there is no place '{name}'{hint}; there are {', '.join(_SHIPPED)}")
    text = _SHIPPED[name]()
    place = place_from_opendrive(text, name)
    return replace(place, parking=parking_rows(text, name)) if name in _PARKED else place


def place_from_opendrive(text: str, name: str) -> Place:
    """The place that an OpenDRIVE file describes; from the cache if it was built before.

    Raises:
        PlaceError: the file is broken or uses something that is not supported.
    """
    place = fetch(text, name)
    if place is None:
        place = compose(text, name)
        store(place)
    return place
