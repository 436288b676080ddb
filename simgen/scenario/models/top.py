"""The top level of a scenario file, and what is said there in a few words: ``traffic``, ``capture``."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Annotated, Any, ClassVar

from simgen.scenario.distributions import read_weight
from simgen.scenario.document import Entry, Mapping, Node, Scalar, Sequence, Swept, describe
from simgen.scenario.formulas import Formula, parse_formula
from simgen.scenario.mistakes import Where
from simgen.scenario.models.actors import ActorModel
from simgen.scenario.models.ego import TOP_SPEED, EgoModel
from simgen.scenario.models.output import OutputModel
from simgen.scenario.models.road import MAP, RoadModel
from simgen.scenario.models.sensing import SensingModel
from simgen.scenario.models.variation import CorrelationModel, StrataModel, SweepModel
from simgen.scenario.models.weather import SunModel, WeatherModel
from simgen.scenario.quantities import DENSITY, DURATION, PERCENT, RATE, SHARE, SPEED, Limits, dimension_of
from simgen.scenario.readers import (
    SLUG,
    AnyQuantityReader,
    Plain,
    QuantityReader,
    WholeNumberReader,
    one_of,
)
from simgen.scenario.section import REQUIRED, ListOf, Problem, Section, key, read_section
from simgen.scenario.tables import times_of_day, vehicle_kinds
from simgen.scenario.values import Reader, Reading, Refs, Schema, Value, validator

_DENSITY = QuantityReader(DENSITY, Limits(0, 150, reason="cars stand bumper to bumper at 150 on a kilometre of lane"))
_CROWD = QuantityReader(DENSITY, Limits(0, 1000, reason="on a pavement as full as that nobody moves"))


class WeightsReader:
    """``{car: 5, van: 1}``: kind → weight."""

    what = "kinds with weights, such as {car: 5, van: 1, truck: 1}"

    def read(self, entry: Entry, reading: Reading) -> dict[str, float]:
        if not isinstance(entry.node, Mapping) or isinstance(entry.node, Swept) or not entry.node.entries:
            reading.log.note(entry.where, f"expected {self.what}, got {describe(entry.node)}")
            return {}
        kinds: dict[str, float] = {}
        for word, node in entry.node.entries.items():
            try:
                kinds[one_of(vehicle_kinds()).scalar(entry.node.keys[word])] = read_weight(node, "")
            except ValueError as error:
                reading.log.note(entry.key(word), str(error))
        return kinds

    def schema(self, refs: Refs) -> Schema:
        return {
            "type": "object", "propertyNames": {"enum": [*vehicle_kinds()]}, "minProperties": 1,
            "additionalProperties": {"type": "number", "minimum": 0},
        }

    def __get_pydantic_core_schema__(self, source: Any, handler: Any) -> Any:
        return validator(self.read)


class TrafficModel(Section):
    """Background traffic, drawn by density; who finds no room is left out."""

    vehicles: Annotated[Value[float], _DENSITY] = key("vehicles on a kilometre of lane", "0 /km")
    pedestrians: Annotated[Value[float], _CROWD] = key("pedestrians on a kilometre of pavement", "0 /km")
    speed: Annotated[Value[float], QuantityReader(SPEED, Limits(0, 70, above=True, reason=TOP_SPEED))] | None = key(
        "how fast the vehicles drive; by default about as fast as the ego")
    kinds: Annotated[dict[str, float], WeightsReader()] | None = key(
        "kinds of vehicles with weights; by default {car: 5, van: 1, truck: 1}")


class CaptureModel(Section):
    """How long a clip is, and how many frames a second it has."""

    rate: Annotated[Value[float], QuantityReader(RATE, Limits(
        0, 100, above=True, reason="cameras and laser scanners of cars do not record faster"))] = key(
        "frames a second", "10 Hz")
    frames: Annotated[Value[int], WholeNumberReader(1, 100_000)] = key("frames of an episode", "20")
    warmup: Annotated[Value[float], QuantityReader(DURATION, Limits(0, 60))] = key(
        "before the first frame; nothing is stored then, but the ego drives already", "1 s")

    hints: ClassVar[dict[str, str]] = {"fps": "write 'rate: 10 Hz'", "duration": "write 'frames', which is rate × time"}


class TextReader(Reader[str]):
    """A free text."""

    @property
    def what(self) -> str:
        return "a text"

    def scalar(self, node: Scalar) -> str:
        if node.value is None:
            raise ValueError("expected a text, got nothing")
        return node.text

    def fixed_schema(self) -> Schema:
        return {"type": ["string", "number", "boolean"]}

    def read(self, entry: Entry, reading: Reading) -> Value[str]:
        if not isinstance(entry.node, Scalar):
            reading.log.note(entry.where, f"expected a text, got {describe(entry.node)}")
            entry = Entry(Scalar(entry.node.at, "", ""), entry.path)
        return super().read(entry, reading)


class ListReader:
    """A list of words or texts; a single one may stand for the list."""

    def __init__(self, reader: Reader[str]) -> None:
        self.reader = reader

    @property
    def what(self) -> str:
        return f"a list, each {self.reader.what}"

    def read(self, entry: Entry, reading: Reading) -> tuple[str, ...]:
        items = entry.items() if isinstance(entry.node, Sequence) else (entry,)
        words = [Plain(self.reader).read(item, reading) for item in items]
        return tuple(word for word in words if word is not None)

    def schema(self, refs: Refs) -> Schema:
        return {"anyOf": [
            self.reader.fixed_schema(), {"type": "array", "items": self.reader.fixed_schema()}]}

    def __get_pydantic_core_schema__(self, source: Any, handler: Any) -> Any:
        return validator(self.read)


class LetReader:
    """Name → value, of whatever dimension its unit says."""

    what = "names with values, such as {closing_speed: {uniform: [5 m/s, 10 m/s]}}"

    def read(self, entry: Entry, reading: Reading) -> dict[str, Value[float]]:
        if not isinstance(entry.node, Mapping) or isinstance(entry.node, Swept):
            reading.log.note(entry.where, f"expected {self.what}, got {describe(entry.node)}")
            return {}
        values = {}
        for name in entry.node.entries:
            try:
                SLUG.scalar(entry.node.keys[name])
            except ValueError as error:
                reading.log.note(entry.key(name), str(error))
            child = entry.child(name)
            values[name] = _reader_of(child.node).read(child, reading)
        return values

    def schema(self, refs: Refs) -> Schema:
        return {"type": "object", "additionalProperties": refs.value(AnyQuantityReader())}

    def __get_pydantic_core_schema__(self, source: Any, handler: Any) -> Any:
        return validator(self.read)


def _reader_of(node: Node) -> Reader[float]:
    """The reader for a value of ``let``: its dimension is that of the first quantity with a unit in it."""
    for scalar in _scalars(node):
        dimension = dimension_of(scalar.text)
        if dimension is not None and not (isinstance(scalar.value, (int, float)) or dimension.bare_unit == ""):
            return QuantityReader(SHARE if dimension is PERCENT else dimension)
    return AnyQuantityReader()


def _scalars(node: Node) -> Iterator[Scalar]:
    if isinstance(node, Scalar):
        yield node
    elif isinstance(node, Sequence):
        for item in node.items:
            yield from _scalars(item)
    else:
        for name, item in node.entries.items():
            if name == "choice" and isinstance(item, Mapping):
                yield from item.keys.values()
            elif name != "derive":
                yield from _scalars(item)


@dataclass(frozen=True, slots=True)
class Requirement:
    """A condition that every episode meets, and where it is written."""

    formula: Formula
    where: Where


class FormulasReader:
    """Conditions that an episode must meet."""

    what = "a list of conditions such as ['ego.speed > 40 km/h']"

    def read(self, entry: Entry, reading: Reading) -> tuple[Requirement, ...]:
        items = entry.items() if isinstance(entry.node, Sequence) else (entry,)
        found = []
        for item in items:
            if not isinstance(item.node, Scalar) or not isinstance(item.node.value, str):
                reading.log.note(item.where, f"expected a condition such as 'ego.speed > 40 km/h', got "
                                             f"{describe(item.node)}")
                continue
            try:
                found.append(Requirement(parse_formula(item.node.text), item.where))
            except ValueError as error:
                reading.log.note(item.where, str(error))
        return tuple(found)

    def schema(self, refs: Refs) -> Schema:
        return {"anyOf": [{"type": "string"}, {"type": "array", "items": {"type": "string"}}]}

    def __get_pydantic_core_schema__(self, source: Any, handler: Any) -> Any:
        return validator(self.read)


class StrataReader:
    """Name → strata."""

    what = "named strata, such as {reveal: {of: actors.child.meet.reveal, bins: {early: [0.5 s, 1 s]}}}"

    def read(self, entry: Entry, reading: Reading) -> dict[str, StrataModel]:
        if not isinstance(entry.node, Mapping) or isinstance(entry.node, Swept):
            reading.log.note(entry.where, f"expected {self.what}, got {describe(entry.node)}")
            return {}
        return {name: read_section(StrataModel, entry.child(name), reading) for name in entry.node.entries}

    def schema(self, refs: Refs) -> Schema:
        return {"type": "object", "additionalProperties": refs.section(StrataModel)}

    def __get_pydantic_core_schema__(self, source: Any, handler: Any) -> Any:
        return validator(self.read)


class ScenarioModel(Section):
    """One scenario: what may happen, and how the episodes differ."""

    name: Annotated[str, Plain(SLUG)] = key("its name, and the beginning of its episodes' names", REQUIRED)
    description: Annotated[str, Plain(TextReader())] = key("a sentence or two: what happens, and why it is hard", "''")
    tags: Annotated[tuple[str, ...], ListReader(SLUG)] = key("words to find it by", ())
    episodes: Annotated[int, Plain(WholeNumberReader(1, 10_000_000))] | None = key(
        "how many to make; by default as many as the sweep has, or 4")
    extends: Annotated[str, Plain(TextReader())] | None = key(
        "the scenario that this one changes: a file, or a name of the library")
    include: Annotated[tuple[str, ...], ListReader(TextReader())] = key(
        "files with parts of a scenario, from this file's folder", ())
    let: Annotated[dict[str, Value[float]], LetReader()] | None = key("values with names, for formulas")
    map: Annotated[Value[str], MAP] | None = key(
        "a map the simulator has, or an OpenDRIVE file from this file's folder; instead of `road.kind`")
    road: RoadModel | None = key("what the road must have")
    weather: WeatherModel = key("the weather: a preset's name, or what the sky does", "ClearNoon")
    time_of_day: Annotated[Value[str], one_of(times_of_day(), meanings={
        "sunset": "golden_hour", "sunrise": "dawn", "evening": "dusk", "day": "noon"})] | None = key(
        "where the sun stands, in a word")
    sun: SunModel | None = key("where the sun stands")
    lights: Annotated[Value[str], one_of(("auto", "on", "off"))] = key(
        "lamps of vehicles; auto: at night, in heavy rain and fog. Street lamps follow the sun", "auto")
    ego: EgoModel = key("the vehicle that records", REQUIRED)
    actors: Annotated[tuple[ActorModel, ...], ListOf(lambda: ActorModel)] = key("everybody else", ())
    traffic: TrafficModel | None = key("background traffic")
    capture: CaptureModel = key("length and rate of the clip", "{}")
    sensing: SensingModel = key("what sensors make of the world", "{}")
    output: OutputModel = key("what is stored, and in which forms", "{}")
    require: Annotated[tuple[Requirement, ...], FormulasReader()] = key(
        "conditions on the drawn values; what does not meet them is drawn anew", ())
    vary: SweepModel | None = key("a sweep over some values")
    strata: Annotated[dict[str, StrataModel], StrataReader()] | None = key("bins that all get their share")
    correlate: Annotated[tuple[CorrelationModel, ...], ListOf(lambda: CorrelationModel)] = key(
        "values that are drawn together", ())
    twin: Annotated[str, Plain(one_of(("negative",)))] | None = key(
        "`negative`: every episode once more without the event")

    hints: ClassVar[dict[str, str]] = {
        "scenario": "write its keys at the top level", "town": "write 'map: Town01'",
        "seed": "it belongs to the command: simgen run --seed 7",
        "rig": "write it under 'ego'", "lidar": "write it under 'sensing'", "speed": "write it under 'ego'",
        "sweep": "write 'vary: {over: {…}}'", "rain": "write it under 'weather'", "occluders": "they are 'actors' like "
        "everybody else", "pedestrians": "write them under 'actors', or 'traffic: {pedestrians: 20 /km}'",
    }

    def problems(self) -> Iterator[Problem]:
        if "map" not in self.given and "road" not in self.given:
            yield "", "has none of 'map' and 'road'; write 'map: Town01' or 'road: {kind: rural}'"
        if "map" in self.given and self.road is not None and "kind" in self.road.given:
            yield "road", "has 'kind', and 'map' says the map already; remove one of them"
        if "map" not in self.given and self.road is not None and "kind" not in self.road.given:
            yield "road", "needs 'kind': one of rural, town, highway"
        yield from self._sun_problems()

    def _sun_problems(self) -> Iterator[Problem]:
        if {"sun", "time_of_day"} <= self.given:
            yield "sun", "excludes 'time_of_day'; keep one of them"
        angles = {"sun_altitude_angle", "sun_azimuth_angle"}
        for name in ("sun", "time_of_day"):
            for field in sorted(angles & self.weather.given):
                if name in self.given:
                    yield name, f"would override 'weather.{field}'; say once where the sun stands"
        turns = any("sun_azimuth_angle" in change.given for change in self.weather.changes)
        if turns and self.sun is not None and "relative_azimuth" in self.sun.given:
            yield "sun", "has 'relative_azimuth', which holds for the whole clip, and a change of the weather says " \
                         "'sun_azimuth_angle'; keep one of them"
