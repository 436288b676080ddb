"""The JSON Schema of scenario files, made from the models, for editors that complete and check while one types.

It accepts every good scenario and refuses what the shape of a file alone shows: unknown keys and words, missing keys,
quantities in the wrong units. What needs arithmetic or other parts of the file (bounds, roles, key paths) only
``simgen check`` sees.
"""

from __future__ import annotations

from typing import Any

from simgen.scenario.models.actors import ActorModel
from simgen.scenario.models.programs import DEPRECATED_VERBS, STEPS
from simgen.scenario.models.top import ScenarioModel
from simgen.scenario.quantities import Dimension
from simgen.scenario.readers import QuantityReader, WordReader, one_of, quantity_schema
from simgen.scenario.section import Section, contents, keys_of
from simgen.scenario.values import Reader, Schema

DIALECT = "https://json-schema.org/draft/2020-12/schema"

_WEIGHT: Schema = {"type": "number", "minimum": 0}
_FORMULA: Schema = {"type": "string", "description": "a formula such as 0.8 * ego.speed"}


def json_schema() -> Schema:
    """The JSON Schema (draft 2020-12) of a scenario file."""
    definitions = _Definitions()
    top = definitions.section(ScenarioModel)
    return {
        "$schema": DIALECT,
        "title": "simgen scenario",
        **top,
        "$defs": dict(sorted(definitions.made.items())),
    }


class _Definitions:
    """Schemas that several places share, each under a name of its own."""

    def __init__(self) -> None:
        self.made: dict[str, Schema] = {}

    def value(self, reader: Reader[Any]) -> Schema:
        """What a reader reads, fixed or drawn. Quantities of one dimension share a definition."""
        if isinstance(reader, QuantityReader):
            name = reader.of.word.replace(" ", "_")
            return self._define(name, lambda: _quantity(reader.of))
        fixed = reader.fixed_schema()
        options = [fixed, _choice(fixed)]
        if reader.derived():
            options += [_object({"derive": _FORMULA})] if isinstance(reader, WordReader) else _draws(fixed)
        return {"anyOf": options}

    def section(self, section: type[Section]) -> Schema:
        """A section, or what may stand for it."""
        return self._define(section.__name__.removesuffix("Model"), lambda: self._section(section))

    def program(self) -> Schema:
        """What stands under ``do``."""
        return self._define("Program", lambda: {"anyOf": [
            self._define("Step", self._step), {"type": "array", "items": {"$ref": "#/$defs/Step"}, "minItems": 1}]})

    def _define(self, name: str, make: Any) -> Schema:
        if name not in self.made:
            self.made[name] = {}                    # so that what contains itself ends
            self.made[name] = make()
        return {"$ref": f"#/$defs/{name}"}

    def _section(self, section: type[Section]) -> Schema:
        properties: dict[str, Schema] = {}
        required = []
        for name, field in keys_of(section).items():
            extra = field.json_schema_extra
            written = extra.get("written") if isinstance(extra, dict) else None
            properties[name] = {**self._contents(contents(field)), "description": field.description or ""}
            if written:
                properties[name]["default"] = written
            elif field.is_required():
                required.append(name)
        schema: Schema = {"type": "object", "properties": properties, "additionalProperties": False}
        if section is ActorModel:                  # in a scenario that extends another
            properties["remove"] = {"const": True, "description": "takes this actor of the extended scenario out"}
        if section is ScenarioModel:
            schema["anyOf"] = [{"required": ["extends"]}, {"required": ["include"]}, {"required": required}]
        elif required:
            schema["required"] = required
        description = " ".join((section.__doc__ or "").split())
        if section.shorthand is None:
            return {"description": description, **schema}
        short = self._contents(contents(keys_of(section)[section.shorthand]))
        return {"description": description, "anyOf": [short, schema]}

    def _contents(self, reads: Any) -> Schema:
        if isinstance(reads, type) and issubclass(reads, Section):
            return self.section(reads)
        schema: Schema = reads.schema(self)
        return schema

    def _step(self) -> Schema:
        verbs = [*STEPS, *DEPRECATED_VERBS]
        properties: dict[str, Schema] = {}
        for word in verbs:
            step = STEPS[DEPRECATED_VERBS.get(word, word)]
            properties[word] = {
                "anyOf": [self.section(step), {"type": "null"}], "description": " ".join((step.__doc__ or "").split())}
            if word in DEPRECATED_VERBS:
                properties[word]["deprecated"] = True
        alone = (verb for verb in verbs if not any(
            field.is_required() and not field.json_schema_extra
            for field in keys_of(STEPS[DEPRECATED_VERBS.get(verb, verb)]).values()))
        bare = one_of(alone).fixed_schema()
        return {"anyOf": [
            bare,
            {"type": "object", "properties": properties, "minProperties": 1, "maxProperties": 1,
             "additionalProperties": False},
            _choice(bare),
        ]}


def _quantity(dimension: Dimension) -> Schema:
    fixed = quantity_schema(dimension)
    return {
        "description": f"{dimension.name} such as '{dimension.example}'; a bare number is in "
                       f"{dimension.bare_unit or 'no unit'}",
        "examples": [dimension.example],
        "anyOf": [fixed, _choice(fixed), *_draws(fixed)],
    }


def _choice(fixed: Schema) -> Schema:
    options: Schema = {"anyOf": [
        {"type": "array", "items": fixed, "minItems": 1},
        {"type": "object", "propertyNames": fixed, "additionalProperties": _WEIGHT, "minProperties": 1},
    ]}
    return _object({"choice": options})


def _draws(fixed: Schema) -> list[Schema]:
    """The ways to draw or derive a number."""
    pair = {"type": "array", "items": fixed, "minItems": 2, "maxItems": 2}
    open_pair = {"type": "array", "items": {"anyOf": [fixed, {"type": "null"}]}, "minItems": 2, "maxItems": 2}
    median = {"type": "array", "prefixItems": [fixed, {"type": "number"}], "minItems": 2, "maxItems": 2}
    shapes = {"type": "array", "items": {"type": "number"}, "minItems": 2, "maxItems": 2}
    return [
        _object({"uniform": pair}, {"clip": open_pair}),
        _object({"normal": pair}, {"clip": open_pair}),
        _object({"lognormal": median}, {"clip": open_pair}),
        _object({"beta": shapes, "between": pair}, {"clip": open_pair}),
        _object({"derive": _FORMULA}),
    ]


def _object(required: dict[str, Schema], optional: dict[str, Schema] | None = None) -> Schema:
    return {"type": "object", "properties": {**required, **(optional or {})}, "required": [*required],
            "additionalProperties": False}
