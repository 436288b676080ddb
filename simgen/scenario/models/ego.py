"""``ego``: the recording vehicle."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import PurePath
from typing import Annotated, Any, ClassVar

from sensors.rig import available_rigs
from simgen.scenario.document import MISSING, Entry, Mapping, Scalar, Sequence, Swept, describe
from simgen.scenario.mistakes import did_you_mean
from simgen.scenario.quantities import ACCELERATION, DURATION, LENGTH, SPEED, Limits
from simgen.scenario.readers import Plain, QuantityReader, WholeNumberReader, WordReader, one_of
from simgen.scenario.section import REQUIRED, ListOf, Problem, Section, key, read_section
from simgen.scenario.tables import colors
from simgen.scenario.values import Reading, Refs, Schema, Value, validator

DEFAULT_EGO = "vehicle.lincoln.mkz_2020"    # its roof stays below the KITTI Velodyne
DEFAULT_RIG = "kitti"

VEHICLE_ID = re.compile(r"vehicle\.[a-z0-9_\-]+\.[a-z0-9_\-]+")
TOP_SPEED = "cars of the tables do not drive faster than 252 km/h"
COLOR = WordReader(
    f"a colour ({', '.join(colors())}) or CARLA's 'r,g,b' with numbers from 0 to 255",
    tuple(colors()),
    re.compile(r"{0},{0},{0}".format(r"(?:25[0-5]|2[0-4]\d|1?\d?\d)")),
)
_SPEED = QuantityReader(SPEED, Limits(0, 70, reason=TOP_SPEED))


class SpeedPointModel(Section):
    """One point of a speed profile; between points the speed changes evenly."""

    at: Annotated[Value[float], QuantityReader(DURATION, Limits(-60, 3600))] = key("after the first frame", REQUIRED)
    speed: Annotated[Value[float], _SPEED] = key("the speed then", REQUIRED)


class _SpeedReader:
    """``50 km/h``, however drawn, or a list of points."""

    what = _SPEED.what
    value, points = _SPEED, ListOf(lambda: SpeedPointModel)

    def read(self, entry: Entry, reading: Reading) -> Value[float] | tuple[SpeedPointModel, ...]:
        listed = isinstance(entry.node, Sequence) and bool(entry.node.items)
        if not listed or not all(isinstance(item.node, Mapping) for item in entry.items()):
            return self.value.read(entry, reading)
        points = self.points.read(entry, reading)
        times = [point.at.outcomes() for point in points]
        for earlier, later, point in zip(times, times[1:], points[1:], strict=False):
            if earlier and later and max(later) <= min(earlier):
                reading.log.note(point.at.where, "lies before the point above it; write the points in order of time")
        return points

    def schema(self, refs: Refs) -> Schema:
        return {"anyOf": [refs.value(self.value), self.points.schema(refs)]}

    def __get_pydantic_core_schema__(self, source: Any, handler: Any) -> Any:
        return validator(self.read)


class AebModel(Section):
    """Automatic emergency braking, as a production car has it."""

    ttc: Annotated[Value[float], QuantityReader(DURATION, Limits(0, 10, above=True))] = key(
        "brakes once the time to collision is below this", "1.4 s")
    delay: Annotated[Value[float], QuantityReader(DURATION, Limits(0, 5))] = key(
        "until the brakes bite", "0.3 s")
    deceleration: Annotated[Value[float], QuantityReader(ACCELERATION, Limits(
        0, 12, above=True, reason="tyres on dry asphalt hold about 1 g"))] = key(
        "how hard it brakes; never more than the road's friction allows", "9 m/s2")
    range: Annotated[Value[float], QuantityReader(LENGTH, Limits(0, 300, above=True))] = key(
        "how far its sensors see", "60 m")


class _ReactionReader:
    """``never``, ``aeb``, or ``{aeb: {…}}``: the model of the braking, or None."""

    what = "never, aeb, or {aeb: {ttc: 1.4 s}}"

    def read(self, entry: Entry, reading: Reading) -> AebModel | None:
        node = entry.node
        if node is MISSING or (isinstance(node, Scalar) and node.value == "never"):
            return None
        if isinstance(node, Scalar) and node.value == "aeb":
            return read_section(AebModel, Entry(Mapping(node.at, {}, {}), f"{entry.path}.aeb"), reading)
        if isinstance(node, Mapping) and not isinstance(node, Swept) and [*node.entries] == ["aeb"]:
            return read_section(AebModel, entry.child("aeb"), reading)
        hint = did_you_mean(node.text, ("never", "aeb")) if isinstance(node, Scalar) else ""
        reading.log.note(entry.where, f"expected {self.what}, got {describe(node)}{hint}")
        return None

    def schema(self, refs: Refs) -> Schema:
        return {"anyOf": [
            {"enum": ["never", "aeb"]},
            {"type": "object", "properties": {"aeb": refs.section(AebModel)}, "required": ["aeb"],
             "additionalProperties": False},
        ]}

    def __get_pydantic_core_schema__(self, source: Any, handler: Any) -> Any:
        return validator(self.read)


class SpawnModel(Section):
    """Where the ego starts."""

    index: Annotated[Value[int], WholeNumberReader(0, 100_000)] | None = key("number of the map's spawn point")

    def problems(self) -> Iterator[Problem]:
        if "index" not in self.given:
            yield "", "needs 'index', such as {index: 12}; without 'spawn' a spawn point is drawn"


class _RigReader(WordReader):
    """A rig's name, or the path of a rig file."""

    __slots__ = ()

    def outside(self, value: str) -> str | None:
        return None                 # the file is looked for where it is loaded

    def scalar(self, node: Scalar) -> str:
        if isinstance(node.value, str) and PurePath(node.text).suffix in (".yaml", ".yml"):
            return node.text
        return super().scalar(node)


RIG = _RigReader(f"one of {', '.join(available_rigs())}, or the path of a rig file (*.yaml)", tuple(available_rigs()))
TURNS = ("straight", "left", "right")


class _RouteReader:
    """A list of turns, each fixed or drawn."""

    what = "a list of turns such as [straight, left]"
    turn = one_of(TURNS)

    def read(self, entry: Entry, reading: Reading) -> tuple[Value[str], ...]:
        if not isinstance(entry.node, Sequence):
            reading.log.note(entry.where, f"expected {self.what}, got {describe(entry.node)}")
            return ()
        return tuple(self.turn.read(item, reading) for item in entry.items())

    def schema(self, refs: Refs) -> Schema:
        return {"type": "array", "items": refs.value(self.turn)}

    def __get_pydantic_core_schema__(self, source: Any, handler: Any) -> Any:
        return validator(self.read)


class EgoModel(Section):
    """The vehicle that records: how fast it drives, where it goes, and whether it reacts."""

    speed: Annotated[Value[float] | tuple[SpeedPointModel, ...], _SpeedReader()] = key(
        "how fast it drives: a speed, or a profile such as [{at: 0 s, speed: 50 km/h}, {at: 2 s, speed: 30 km/h}]",
        REQUIRED)
    blueprint: Annotated[Value[str], WordReader(
        "a blueprint id such as 'vehicle.lincoln.mkz_2020'", form=VEHICLE_ID)] = key("the car", DEFAULT_EGO)
    rig: Annotated[str, Plain(RIG)] = key(
        "the sensors: a rig's name, or a rig file's path from this file's folder", DEFAULT_RIG)
    color: Annotated[Value[str], COLOR] | None = key("its paint; by default the blueprint's")
    spawn: SpawnModel | None = key("where it starts; by default a suitable spawn point is drawn")
    route: Annotated[tuple[Value[str], ...], _RouteReader()] = key(
        "turns at the junctions ahead, in order; straight on after the last", ())
    reacts: Annotated[AebModel | None, _ReactionReader()] = key(
        "`never`, `aeb` for automatic emergency braking, or {aeb: {…}} with its parameters", "never")
    on_crash: Annotated[str, Plain(one_of(("keep", "end")))] = key(
        "whether the clip goes on after a crash or ends with its frame", "keep")

    hints: ClassVar[dict[str, str]] = {
        "place": "the ego starts at a spawn point, see 'spawn'", "lane": "the ego keeps the lane it starts in",
        "do": "the ego drives its 'route' at its 'speed'", "vehicle": "write 'blueprint'",
    }

    @classmethod
    def what(cls) -> str:
        return "a mapping such as {speed: 50 km/h}"
