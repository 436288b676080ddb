"""Which map of a simulator is tried for a road wish, and in what order."""

from __future__ import annotations

from simgen.errors import RequestError
from simgen.scenario.plan import RoadWish

# Which of the maps a server may offer suits a kind of road, best first: the built-in simulator's, then stock CARLA's.
MAPS_BY_KIND: dict[str, tuple[str, ...]] = {
    "rural": ("SimgenRural01", "SimgenRural02", "Town07", "Town07_Opt"),
    "town": ("SimgenTown01", "Town10HD", "Town10HD_Opt", "Town03", "Town03_Opt", "Town01", "Town01_Opt", "Town02",
             "Town02_Opt", "Town05", "Town05_Opt"),
    "highway": ("SimgenHighway01", "Town04", "Town04_Opt", "Town06", "Town06_Opt", "Town05", "Town05_Opt"),
}


def bare_name(map_path: str) -> str:
    """``Town01`` of ``/Game/Carla/Maps/Town01``."""
    return map_path.rsplit("/", 1)[-1]


def choose_maps(wish: RoadWish, offered: list[str]) -> tuple[str, ...]:
    """Names of the offered maps that may fulfil the wish, the first to try first.

    Raises RequestError with what there is if there is none.
    """
    names = sorted({bare_name(path) for path in offered})
    if wish.name is not None:
        if wish.name in names:
            return (wish.name,)
        raise RequestError(f"map {wish.name!r}: this simulator does not offer it; it has {', '.join(names)}")
    assert wish.kind is not None
    found = tuple(name for name in MAPS_BY_KIND[wish.kind] if name in names)
    if not found:
        raise RequestError(
            f"road kind {wish.kind!r}: this simulator has no map known to be {wish.kind}; "
            f"name one of {', '.join(names)} with 'map:'"
        )
    return found
