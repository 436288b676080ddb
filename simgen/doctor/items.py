"""What a certificate is made of: episodes that are recorded on a server, and what each of them proves."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from simgen.errors import RequestError

SCENARIOS = Path(__file__).parent / "scenarios"
AGAIN = "repeatable"
STREET = ("lead", "oncoming", "walker", "child")


@dataclass(frozen=True, slots=True)
class Item:
    """proves:   what a server has shown that passes it.
    scenario:  the file that is recorded.
    roles:     who must have a label row.
    may_lack:  a server that cannot show it is told of, and does not fall short.
    again:     the item that this one records once more, to compare.
    """

    name: str
    proves: str
    scenario: Path
    roles: tuple[str, ...]
    may_lack: bool = False
    again: str | None = None


def _item(name: str, proves: str, roles: tuple[str, ...] = STREET, may_lack: bool = False) -> Item:
    return Item(name, proves, SCENARIOS / f"{name}.yaml", roles, may_lack)


ITEMS = (
    _item("day_town", "cars and people among background traffic: boxes, pixels, depth and LiDAR returns agree"),
    _item("two_wheelers", "a bicycle and a motorcycle: one row with their riders, boxes that fit",
          ("oncoming", "walker", "bicycle", "motorcycle")),
    _item("animals", "animals: labelled, seen by camera and LiDAR", ("deer", "dog"), may_lack=True),
    _item("night", "night: lamps on, pictures darker than by day"),
    _item("rain", "rain: in pictures and sweeps"),
    _item("fog", "fog of 60 m: in pictures and sweeps"),
    _item("snow", "snow: in pictures and sweeps, by the server or drawn onto its pictures"),
    _item("opendrive_map", "a map made of an OpenDRIVE file"),
    Item(AGAIN, "the same episode again: the same poses, and where possible the same bytes",
         SCENARIOS / "day_town.yaml", STREET, again="day_town"),
)


def choose(words: Sequence[str]) -> tuple[Item, ...]:
    """The items of these names, in their order; all if there are no names. An item that compares brings what it
    compares with. Raises RequestError for a name that is none."""
    names = [name.strip() for word in words for name in word.split(",") if name.strip()]
    known = {item.name: item for item in ITEMS}
    for name in names:
        if name not in known:
            raise RequestError(f"--only {name}: there are {', '.join(known)}")
    wanted = set(names or known)
    wanted |= {again for name in wanted if (again := known[name].again) is not None}
    return tuple(item for item in ITEMS if item.name in wanted)
