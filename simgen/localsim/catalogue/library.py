"""YAML facts → blueprints."""

from __future__ import annotations

import difflib
from collections.abc import Iterator, Mapping
from dataclasses import replace
from functools import cache
from importlib.resources import files
from typing import Any, NamedTuple

import yaml

from simgen import __version__
from simgen.localsim.catalogue.blueprint import AttributeSpec, AttributeType, Blueprint, Body, Wheels
from simgen.localsim.errors import Refused

ABOUT = "simgen.about"
RGB_CAMERA = "sensor.camera.rgb"
SILHOUETTES = "sensor.camera.silhouettes"
WEATHER = "simgen.weather"
WEATHER_UNSET = -1.0       # an attribute's value that leaves the matter to CARLA's own weather
PEDESTRIAN_TAG = 12
ANIMAL_TAG = 21            # CARLA's documented class for what moves and is neither vehicle nor pedestrian: Dynamic
PROP_TAGS = {"static": 20, "dynamic": 21, "vegetation": 9}
WHEEL_BASE_SHARE = 0.58    # of the length, where the real one is not known
TRACK_SHARE = 0.84         # of the width


class Library:
    """All blueprints, by id."""

    def __init__(self, blueprints: Mapping[str, Blueprint]) -> None:
        self._blueprints = dict(blueprints)

    def __iter__(self) -> Iterator[Blueprint]:
        return iter(self._blueprints.values())

    def find(self, blueprint_id: str) -> Blueprint:
        """Raises ``Refused``, with the nearest id, for one that does not exist."""
        blueprint = self._blueprints.get(blueprint_id)
        if blueprint is None:
            close = difflib.get_close_matches(blueprint_id, self._blueprints, n=1)
            hint = f" (did you mean '{close[0]}'?)" if close else ""
            raise Refused(f"simgen's built-in simulator has no blueprint '{blueprint_id}'{hint}")
        return blueprint


# The camera of whoever watches: it exists from the start and cannot be spawned.
SPECTATOR = Blueprint(0, "spectator")


@cache
def stock_library() -> Library:
    """CARLA 0.9.16's blueprints, as far as the built-in simulator can show them, and what it lacks: animals, people
    in other poses, and more props."""
    entries = [*_vehicles(), *_pedestrians(), *_figures(), *_animals(), *_props(), *_sensors(), *_others()]
    ordered = sorted(entries, key=lambda entry: entry.id)
    return Library({
        entry.id: Blueprint(number, entry.id, {spec.id: spec for spec in entry.specs}, entry.body, entry.variants)
        for number, entry in enumerate(ordered, start=1)
    })


# What stock CARLA has not: attributes that simgen's own sensors and walkers have besides CARLA's.
_OUR_ATTRIBUTES = frozenset({"every_ticks", "settle_frames", "umbrella"})


@cache
def carla_library() -> Library:
    """Of ``stock_library`` only what stock CARLA 0.9.16 has too: no animals, no figures, no sensors, props and
    attributes of our own, and nothing that says which simulator this is."""
    pedestrians = {f"walker.pedestrian.{number}" for number in _facts("pedestrians.yaml")["pedestrians"]}
    props = {f"static.prop.{name}" for name, own in _facts("props.yaml")["props"].items() if "ours" not in own}

    def in_carla(key: str) -> bool:
        kind = key.partition(".")[0]
        if key == SILHOUETTES or kind == "simgen":
            return False
        return key in pedestrians if kind == "walker" else key in props if kind == "static" else True

    def plain(blueprint: Blueprint) -> Blueprint:
        attributes = {key: spec for key, spec in blueprint.attributes.items() if key not in _OUR_ATTRIBUTES}
        variants = {which: body for which, body in blueprint.variants.items() if which[0] in attributes}
        return replace(blueprint, attributes=attributes, variants=variants)

    return Library({blueprint.id: plain(blueprint) for blueprint in stock_library() if in_carla(blueprint.id)})


class _Entry(NamedTuple):
    """A blueprint before it has its number."""

    id: str
    specs: list[AttributeSpec]
    body: Body | None
    variants: Mapping[tuple[str, str], Body] = {}


def _facts(name: str) -> Any:
    return yaml.safe_load((files(__package__) / name).read_text(encoding="utf-8"))


def _fixed(key: str, value: object, kind: AttributeType = AttributeType.STRING) -> AttributeSpec:
    return AttributeSpec(key, kind, _text(value), (_text(value),), modifiable=False, restricted=True)


def _text(value: object) -> str:
    # The client reads "true" and "false" for booleans in any case; "true" is what CARLA's own server sends.
    return str(value).lower() if isinstance(value, bool) else str(value)


def _role(default: str) -> AttributeSpec:
    return AttributeSpec("role_name", AttributeType.STRING, default)


def _vehicles() -> Iterator[_Entry]:
    facts = _facts("vehicles.yaml")
    for key, own in facts["vehicles"].items():
        kind = facts["classes"][own["class"]]
        length, width, height = own["size"]
        wheels = Wheels(
            count=kind["wheels"],
            base_m=own.get("wheel_base_m", round(WHEEL_BASE_SHARE * length, 3)),
            track_m=round(TRACK_SHARE * width, 3) if kind["wheels"] == 4 else 0.0,
            radius_m=own.get("wheel_radius_m", kind["wheel_radius_m"]),
        )
        colors = tuple(own.get("colors", facts["palette"]))
        specs = [
            _role("autopilot"),
            AttributeSpec("color", AttributeType.RGB_COLOR, colors[0], colors),
            AttributeSpec("sticky_control", AttributeType.BOOL, "true"),
            _fixed("terramechanics", False, AttributeType.BOOL),
            _fixed("object_type", ""),
            _fixed("base_type", own.get("base_type", own["class"])),
            _fixed("special_type", own.get("special_type", "")),
            _fixed("number_of_wheels", kind["wheels"], AttributeType.INT),
            _fixed("generation", own["generation"], AttributeType.INT),
            _fixed("has_lights", kind["has_lights"], AttributeType.BOOL),
            _fixed("has_dynamic_doors", own.get("doors", kind["doors"]) > 0, AttributeType.BOOL),
        ]
        if kind["wheels"] == 2:
            specs.append(AttributeSpec("driver_id", AttributeType.INT, "0", without_effect=True))
        size, mass_kg = (length, width, height), float(own.get("mass_kg", kind["mass_kg"]))
        doors = own.get("doors", kind["doors"])
        yield _Entry(key, specs, Body("vehicle", key, size, 0.0, kind["tag"], mass_kg, wheels, doors))


def _walker(
    age: str, gender: str, generation: int, speeds: list[float], extra: list[AttributeSpec]
) -> list[AttributeSpec]:
    return [
        _role("pedestrian"),
        AttributeSpec("speed", AttributeType.FLOAT, str(speeds[1]), tuple(map(str, speeds))),
        AttributeSpec("is_invincible", AttributeType.BOOL, "true", without_effect=True),
        _fixed("age", age),
        _fixed("gender", gender),
        _fixed("generation", generation, AttributeType.INT),
        *extra,
    ]


def _wheelchair(possible: bool) -> list[AttributeSpec]:
    """CARLA's two attributes; a client sets the second on walkers that have the first."""
    use = AttributeSpec("use_wheelchair", AttributeType.BOOL, "false", ("true", "false"))
    return [_fixed("can_use_wheelchair", possible, AttributeType.BOOL),
            use if possible else _fixed("use_wheelchair", False, AttributeType.BOOL)]


def _umbrella() -> AttributeSpec:
    """Only who can carry one has the attribute, which CARLA lacks."""
    return AttributeSpec("umbrella", AttributeType.BOOL, "false", ("true", "false"))


def _pedestrians() -> Iterator[_Entry]:
    facts = _facts("pedestrians.yaml")
    for number, own in facts["pedestrians"].items():
        shape = facts["shapes"][own["shape"]]
        capsule = _size(shape["capsule"])
        mass_kg = float(shape["mass_kg"])
        key = f"walker.pedestrian.{number}"
        body = Body("walker", key, capsule, capsule[2] / 2, PEDESTRIAN_TAG, mass_kg)
        grown_up = shape["age"] == "adult"
        specs = _walker(shape["age"], shape["gender"], own["generation"], shape["speeds"], _wheelchair(grown_up))
        if not grown_up:
            yield _Entry(key, specs, body)
            continue
        seated, sheltered = (
            Body("walker", f"{key}/{word}", size, size[2] / 2, PEDESTRIAN_TAG, mass_kg + facts[word]["mass_kg"])
            for word in ("wheelchair", "umbrella") for size in (_size(facts[word]["size"]),))
        variants = {("use_wheelchair", "true"): seated, ("umbrella", "true"): sheltered}
        yield _Entry(key, [*specs, _umbrella()], body, variants)


def _figures() -> Iterator[_Entry]:
    for name, own in _facts("pedestrians.yaml")["figures"].items():
        key, size = f"walker.pedestrian.{name}", _size(own["size"])
        specs = _walker("adult", own["gender"], 1, own["speeds"], _wheelchair(False))
        yield _Entry(key, specs, Body("walker", key, size, size[2] / 2, PEDESTRIAN_TAG, float(own["mass_kg"])))


def _animals() -> Iterator[_Entry]:
    for species, own in _facts("animals.yaml")["species"].items():
        key = f"walker.animal.{species}"
        specs = _walker("adult", "other", 1, own["speeds"], [_fixed("species", species)])
        body, variants = _animal(key, own), {}
        if "young" in own:
            age = AttributeSpec("age", AttributeType.STRING, "adult", ("adult", "young"), restricted=True)
            specs = [age if spec.id == "age" else spec for spec in specs]
            variants["age", "young"] = _animal(f"{key}/young", own["young"])
        yield _Entry(key, specs, body, variants)


def _animal(shape: str, own: Mapping[str, Any]) -> Body:
    size = _size(own["size"])
    return Body("animal", shape, size, size[2] / 2, ANIMAL_TAG, float(own["mass_kg"]))


def _props() -> Iterator[_Entry]:
    for name, own in _facts("props.yaml")["props"].items():
        key = f"static.prop.{name}"
        specs = [_role("prop"), _fixed("size", own["class"])]
        if own.get("color"):
            specs.append(AttributeSpec("color", AttributeType.RGB_COLOR, own["color"][0], tuple(own["color"])))
        yield _Entry(key, specs, Body("prop", key, _size(own["size"]), 0.0, PROP_TAGS[own["tag"]],
                                      float(own["mass_kg"])))


def _sensors() -> Iterator[_Entry]:
    facts = _facts("sensors.yaml")
    for key, groups in facts["sensors"].items():
        specs = [
            _sensor_attribute(name, value, facts["bounds"].get(name), group in facts["without_effect"])
            for group in groups
            for name, value in facts["groups"][group].items()
        ]
        yield _Entry(key, specs, None)


def _sensor_attribute(name: str, entry: Any, bounds: list[float] | None, without_effect: bool) -> AttributeSpec:
    own = entry if isinstance(entry, dict) else {"value": entry}
    value, only, bounds = own["value"], own.get("only", ()), own.get("bounds", bounds)
    kinds = {bool: AttributeType.BOOL, int: AttributeType.INT, float: AttributeType.FLOAT, str: AttributeType.STRING}
    return AttributeSpec(
        name, kinds[type(value)], _text(value), only=tuple(only), bounds=(bounds[0], bounds[1]) if bounds else None,
        without_effect=without_effect,
    )


def _others() -> Iterator[_Entry]:
    yield _Entry("controller.ai.walker", [_role("default")], None)
    # A client reads here that it does not talk to CARLA, and to which version it talks.
    yield _Entry(ABOUT, [_fixed("version", __version__)], None)
    dials = _facts("weather.yaml")["attributes"]
    yield _Entry(WEATHER, [_weather_attribute(name, **own) for name, own in dials.items()], None)


def _weather_attribute(name: str, value: float, bounds: list[float], unset: float | None = None) -> AttributeSpec:
    return AttributeSpec(
        name, AttributeType.FLOAT, _text(value), bounds=(bounds[0], bounds[1]), unset=unset
    )


def _size(values: list[float]) -> tuple[float, float, float]:
    length, width, height = values
    return float(length), float(width), float(height)
