"""The places of the built-in simulator: its own, and any OpenDRIVE file's.

    OpenDRIVE text ──► roads ──► surfaces, junctions, paint ──► terrain ──► houses, lamps, woods ──► Place

``compose`` tells that story; ``load_place`` and ``place_from_opendrive`` are the doors.
"""

from __future__ import annotations

import difflib
from collections.abc import Callable
from dataclasses import replace

from simgen.localsim.places import shipped, town_signals
from simgen.localsim.places.cache import fetch, rest, store
from simgen.localsim.places.compose import compose
from simgen.localsim.places.error import PlaceError
from simgen.localsim.places.ground import Ground
from simgen.localsim.places.opendrive import read_network
from simgen.localsim.places.parking import ParkingRow, parking_rows
from simgen.localsim.places.place import Place, SpawnPoint
from simgen.localsim.places.roadway import stretches
from simgen.localsim.places.signals import SignalPost, Trigger, signal_posts

__all__ = [
    "Ground",
    "ParkingRow",
    "Place",
    "PlaceError",
    "SignalPost",
    "SpawnPoint",
    "Trigger",
    "available_maps",
    "load_place",
    "opendrive_text",
    "place_from_opendrive",
    "rest",
]

def _signalled_town() -> str:
    return town_signals.with_signals(shipped.town())


_SHIPPED: dict[str, Callable[[], str]] = {
    "SimgenTown01": shipped.town,
    "SimgenRural01": shipped.rural,
    "SimgenRural02": shipped.hilly,
    "SimgenHighway01": shipped.highway,
    "SimgenTown01_Parked": shipped.town,
    "SimgenTown01_Signals": _signalled_town,
}
# Maps with cars of the level along their kerbs; otherwise SimgenTown01_Parked is SimgenTown01.
_PARKED = {"SimgenTown01_Parked"}
# Maps that are another one but for the lights and signs of their OpenDRIVE text: the place is built (or found) once.
_BUILT_AS: dict[str, Callable[[], str]] = {"SimgenTown01_Signals": shipped.town}


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
    if name in _BUILT_AS:
        return _signalled(place_from_opendrive(_BUILT_AS[name](), name), text)
    place = place_from_opendrive(text, name)
    return replace(place, parking=parking_rows(text, name)) if name in _PARKED else place


def place_from_opendrive(text: str, name: str) -> Place:
    """The place that an OpenDRIVE file describes; from the cache if it was built before.

    Raises:
        PlaceError: the file is broken or uses something that is not supported.
    """
    place = fetch(text, name)
    if place is None:
        built = compose(text, name)
        store(built)
        place = fetch(text, name) or built      # what comes from the file is shared with other processes
    return _signalled(place, text)


def _signalled(place: Place, text: str) -> Place:
    """A place with the lights and signs of an OpenDRIVE text, which may say more of these than the one it was built
    from. They are not kept in the cache: making them takes less time than reading them would."""
    if "<signal " not in text:
        return replace(place, opendrive=text)
    network = read_network(text, place.name)
    posts, meshes = signal_posts(network, stretches(network), place.ground)
    return replace(place, opendrive=text, signals=posts, prototypes=place.prototypes | meshes)
