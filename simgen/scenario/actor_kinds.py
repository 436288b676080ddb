"""What an actor is: its blueprint, its body, and how fast it goes where the file does not say."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import lru_cache
from typing import TYPE_CHECKING

from simgen.scenario.draws import Draws
from simgen.scenario.plan import Step
from simgen.scenario.programs import Abilities
from simgen.scenario.tables import (
    Size,
    animals,
    colors,
    pedestrian,
    pedestrian_attributes,
    pedestrian_kinds,
    prop_kinds,
    prop_size,
    vehicle_kinds,
    vehicle_size,
    vehicle_speeds,
)

if TYPE_CHECKING:
    from simgen.scenario.models.actors import ActorModel

# Lengths of body between the middles of neighbours in a group, where the file gives no spacing.
SPACING_LENGTHS = {"vehicle": 1.5, "cyclist": 1.5, "pedestrian": 1.8, "animal": 2.0, "prop": 2.0}
_WALKING = ("walk", "walk_to", "follow_road")


@dataclass(frozen=True, slots=True)
class Identity:
    """blueprint: None for animals, which are resolved by ``species``. abilities: usual speeds and gaits."""

    kind: str
    blueprint: str | None
    species: str | None
    size_lwh_m: Size
    abilities: Abilities
    attributes: dict[str, str] = field(default_factory=dict)

    @property
    def usual_program(self) -> tuple[Step, ...]:
        """What it does where the file says nothing: vehicles park, others stand."""
        return (Step("park"),) if self.kind == "vehicle" else ()


def identify(actor: ActorModel, draws: Draws) -> Identity:
    """Draw what an actor is."""
    kind = actor.kind
    word = draws.value(getattr(actor, kind))
    path = f"actors.{actor.role}.{kind}.blueprint"
    if kind == "animal":
        age = draws.value(actor.age)
        return Identity("animal", None, word, animals()[word].size(age), animal_abilities(word),
                        {"age": "young"} if age == "young" else {})
    if kind == "pedestrian":
        return person(word, draws.one_of(pedestrian_kinds().get(word, (word,)), path))
    if kind == "prop":
        blueprint = draws.one_of(prop_kinds().get(word, (word,)), path)
        return Identity("prop", blueprint, None, prop_size(blueprint), _still(word))
    return vehicle(draws.one_of(vehicle_kinds().get(word, (word,)), path))


def person(word: str, blueprint: str) -> Identity:
    """A pedestrian of a kind word, as a figure."""
    return Identity("walker", blueprint, None, pedestrian(word).size_lwh_m, person_abilities(word),
                    dict(pedestrian_attributes(word)))


def vehicle(blueprint: str) -> Identity:
    """A vehicle, two-wheelers with their riders included."""
    return Identity("vehicle", blueprint, None, vehicle_size(blueprint), vehicle_abilities(blueprint))


def rgb(color: str | None) -> str | None:
    """CARLA's "r,g,b" for a colour word or for itself."""
    return None if color is None else colors().get(color, color)


@lru_cache(maxsize=256)
def animal_abilities(species: str) -> Abilities:
    """Walks, crosses as the table says, flees at its fastest kept gait."""
    row = animals()[species]
    fast = max(row.gaits_mps.values())
    return Abilities(f"a {species}", _usual(row.speeds.walk_mps, row.speeds.cross_mps, fast), dict(row.gaits_mps),
                     row.speeds.top_mps)


@lru_cache(maxsize=256)
def person_abilities(word: str) -> Abilities:
    """Walks, crosses as the table says, runs away."""
    row = pedestrian(word)
    return Abilities(f"a pedestrian ({word})", _usual(row.speeds.walk_mps, row.speeds.cross_mps, row.flee_mps),
                     dict(row.gaits_mps), row.speeds.top_mps)


@lru_cache(maxsize=256)
def vehicle_abilities(blueprint: str) -> Abilities:
    """Follows the road and crosses at the table's speed."""
    speeds = vehicle_speeds(blueprint)
    return Abilities(blueprint, {**_usual(speeds.walk_mps, speeds.cross_mps, speeds.cross_mps),
                                 "follow_road": speeds.cross_mps}, {}, speeds.top_mps, rolls=True)


def _still(word: str) -> Abilities:
    return Abilities(f"a {word}", _usual(0.0, 0.0, 0.0), {})


def _usual(walk_mps: float, cross_mps: float, fast_mps: float) -> dict[str, float]:
    return {**dict.fromkeys(_WALKING, walk_mps), "cross": cross_mps, "turn_back": cross_mps, "flee": fast_mps}
