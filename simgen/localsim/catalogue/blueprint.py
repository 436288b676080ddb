"""One blueprint: what its attributes may be, and what kind of body it spawns."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import IntEnum

from simgen.localsim.errors import Refused
from simgen.localsim.values import ActorAttribute, ActorDescription, BoundingBox, Vector3

Size = tuple[float, float, float]


class AttributeType(IntEnum):
    """How a client shows an attribute; on the wire every value is text."""

    BOOL = 1
    INT = 2
    FLOAT = 3
    STRING = 4
    RGB_COLOR = 5


@dataclass(frozen=True, slots=True)
class AttributeSpec:
    """An attribute of a blueprint.

    only: the values the simulator can follow, for numbers; empty if it can follow all.
    bounds: least and greatest number that make sense.
    unset: a number outside the bounds that stands for "not given".
    without_effect: accepted, and nothing comes of it.
    """

    id: str
    type: AttributeType
    value: str
    recommended: tuple[str, ...] = ()
    modifiable: bool = True
    restricted: bool = False
    only: tuple[float, ...] = ()
    bounds: tuple[float, float] | None = None
    unset: float | None = None
    without_effect: bool = False

    def check(self, text: str) -> None:
        """Raises ``Refused`` if the attribute cannot be set to ``text``."""
        if not self.modifiable and text != self.value:
            raise Refused(f"attribute '{self.id}' is '{self.value}' and cannot be set to '{text}'")
        if self.restricted and text not in self.recommended:
            raise Refused(f"attribute '{self.id}' cannot be '{text}'; it can be {', '.join(self.recommended)}")
        _check_text(self, text)
        if self.bounds and not self.bounds[0] <= float(text) <= self.bounds[1] and float(text) != self.unset:
            unless = "" if self.unset is None else f", or be {self.unset:g} for 'not given'"
            raise Refused(
                f"attribute '{self.id}' is {text}; it must lie in {self.bounds[0]:g} … {self.bounds[1]:g}{unless}"
            )
        if self.only and float(text) not in self.only:
            allowed = ", ".join(f"{value:g}" for value in self.only)
            raise Refused(
                f"attribute '{self.id}' cannot be {text}: the built-in simulator draws an ideal pinhole camera "
                f"(possible: {allowed})"
            )


def _check_text(spec: AttributeSpec, text: str) -> None:
    match spec.type:
        case AttributeType.BOOL:
            fine = text.lower() in ("true", "false", "0", "1")
        case AttributeType.INT:
            fine = text.lstrip("+-").isdecimal()
        case AttributeType.FLOAT:
            fine = _is_number(text)
        case AttributeType.RGB_COLOR:
            parts = text.split(",")
            fine = len(parts) == 3 and all(part.strip().isdecimal() and int(part) <= 255 for part in parts)
        case _:
            fine = True
    if not fine:
        raise Refused(f"attribute '{spec.id}': '{text}' is not a {spec.type.name.lower().replace('_', ' ')}")


def _is_number(text: str) -> bool:
    try:
        return float(text) == float(text)      # 'nan' is no number
    except ValueError:
        return False


@dataclass(frozen=True, slots=True)
class Wheels:
    """Of a vehicle: two or four. The axles lie half a wheel base before and behind the origin."""

    count: int
    base_m: float
    track_m: float
    radius_m: float


@dataclass(frozen=True, slots=True)
class Body:
    """What an actor is, physically.

    kind:          "vehicle", "walker", "animal" or "prop".
    shape:         the name by which ``simgen.localsim.bodies`` draws it.
    size_lwh_m:    what the server answers to ``bounding_box``: the body, but for pedestrians CARLA's capsule.
    origin_height_m: how high the actor's origin is above the ground: 0 for vehicles, mid-box for walkers.
    tag:           CARLA's semantic tag.
    doors:         how many side doors open, from the front: 0, 2 or 4.
    """

    kind: str
    shape: str
    size_lwh_m: Size
    origin_height_m: float
    tag: int
    mass_kg: float
    wheels: Wheels | None = None
    doors: int = 0

    def bounding_box(self, actor_id: int = 0) -> BoundingBox:
        """In the actor's axes."""
        length, width, height = self.size_lwh_m
        centre = Vector3(0.0, 0.0, height / 2 - self.origin_height_m)
        return BoundingBox(centre, Vector3(length / 2, width / 2, height / 2), actor_id=actor_id)


@dataclass(frozen=True, slots=True)
class Blueprint:
    """Something a client can spawn. ``body`` is None for sensors, controllers and the spectator.

    variants: bodies that take the place of ``body`` where an attribute has a value: (attribute, value) → body.
    """

    uid: int
    id: str
    attributes: Mapping[str, AttributeSpec] = field(default_factory=dict)
    body: Body | None = None
    variants: Mapping[tuple[str, str], Body] = field(default_factory=dict)

    @property
    def tags(self) -> str:
        """Comma separated, as the client's ``filter`` sees them."""
        return ",".join(self.id.split("."))

    def resolve(self, wanted: ActorDescription) -> dict[str, str]:
        """All attributes with the values of ``wanted`` filled in. Raises ``Refused`` for what cannot be."""
        values = {spec.id: spec.value for spec in self.attributes.values()}
        for attribute in wanted.attributes:
            spec = self.attributes.get(attribute.id)
            if spec is None:
                raise Refused(f"{self.id} has no attribute '{attribute.id}'")
            try:
                spec.check(attribute.value)
            except Refused as problem:
                raise Refused(f"{self.id}: {problem}") from None
            values[attribute.id] = attribute.value
        return values

    def body_of(self, values: Mapping[str, str]) -> Body | None:
        """The body of an actor with these attributes."""
        for (attribute, value), body in self.variants.items():
            given = values[attribute]
            if self.attributes[attribute].type is AttributeType.BOOL:
                given = "true" if given.lower() in ("true", "1") else "false"
            if given == value:
                return body
        return self.body

    def describe(self, values: Mapping[str, str]) -> ActorDescription:
        """What a client is told about an actor with these attributes."""
        attributes = tuple(ActorAttribute(key, int(self.attributes[key].type), value) for key, value in values.items())
        return ActorDescription(self.uid, self.id, attributes)
