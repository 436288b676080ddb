"""What becomes of the recorded frames: ``output``, with its layouts, its split and its class map."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Any, ClassVar

from pydantic import GetCoreSchemaHandler
from pydantic_core import CoreSchema

from simgen.scenario.document import Entry, Mapping, Scalar, Sequence, Swept, describe, read_text
from simgen.scenario.mistakes import ScenarioMistakes, Where, did_you_mean, listed
from simgen.scenario.quantities import LENGTH, PIXELS, SHARE, Limits
from simgen.scenario.readers import Plain, QuantityReader, WholeNumberReader, WordReader, one_of
from simgen.scenario.section import Nested, Problem, Section, key, read_section
from simgen.scenario.values import Reading, Refs, Schema, validator

STORED_LAYOUTS = ("depth", "semantic", "instance", "planes")               # what cannot be made later
DERIVED_LAYOUTS = ("tracking", "raw", "odometry", "coco", "nuscenes")      # made from what is stored
# KITTI's layout that is made of stored pictures → the pictures. ``simgen export`` knows it by the same name.
MADE_OF = {"depth": ("depth",), "semantics": ("semantic", "instance")}
LAYOUTS = ("object", *STORED_LAYOUTS, "semantics", *DERIVED_LAYOUTS)

STANDARD_CLASSES = "kitti"
CLASS_MAPS = Path(__file__).parents[2] / "label" / "class_maps"
_KITTI_TYPES = ("Car", "Van", "Truck", "Pedestrian", "Person_sitting", "Cyclist", "Tram", "Misc", "DontCare")

_PATTERN = WordReader(
    "a blueprint id, a species or a class, in which * stands for anything, such as vehicle.tesla.* or moose",
    form=re.compile(r"[a-z0-9_.*-]{1,120}"))
_TYPE = WordReader(
    "a type, one word of letters, digits and underscores", form=re.compile(r"[A-Za-z][A-Za-z0-9_]{0,79}"))


class PatternsReader:
    """A list of patterns; a single one may stand for the list."""

    what = "a list of blueprint ids or species, such as [walker.animal.*, cat]"

    def read(self, entry: Entry, reading: Reading) -> tuple[str, ...]:
        items = entry.items() if isinstance(entry.node, Sequence) else (entry,)
        patterns = [Plain(_PATTERN).read(item, reading) for item in items]
        return tuple(pattern for pattern in patterns if pattern is not None)

    def schema(self, refs: Refs) -> Schema:
        return {"anyOf": [_PATTERN.fixed_schema(), {"type": "array", "items": _PATTERN.fixed_schema()}]}

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        return validator(self.read)


class TypesReader:
    """``{moose: Moose, vehicle.*: Car}``: pattern → dataset type; or the name of a class map that has them."""

    what = "patterns with types, such as {moose: Moose, vehicle.carlamotors.*: Truck}, or a class map's name"

    def read(self, entry: Entry, reading: Reading) -> dict[str, str] | ClassesModel | None:
        """None for the standard map, and after a mistake."""
        if isinstance(entry.node, Scalar):
            return named_class_map(entry, reading)
        if not isinstance(entry.node, Mapping) or isinstance(entry.node, Swept):
            reading.log.note(entry.where, f"expected {self.what}, got {describe(entry.node)}")
            return {}
        types: dict[str, str] = {}
        for pattern in entry.node.entries:
            try:
                _PATTERN.scalar(entry.node.keys[pattern])
            except ValueError as error:
                reading.log.note(entry.key(pattern), str(error))
            child = entry.child(pattern)
            word = Plain(_TYPE).read(child, reading)
            if word is not None and (problem := _refused(word)) is not None:
                reading.log.note(child.where, problem)
            types[pattern] = word or ""
        return types

    def schema(self, refs: Refs) -> Schema:
        return {"anyOf": [_name_schema(), {"type": "object", "additionalProperties": _TYPE.fixed_schema(),
                                           "propertyNames": {"pattern": "^[a-z0-9_.*-]{1,120}$"}}]}

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        return validator(self.read)


def _refused(word: str) -> str | None:
    """Why a word cannot be a type; None if it can."""
    if word == "DontCare":
        return "'DontCare' is no type of an object; write the pattern under 'ignore', or say when under 'dont_care'"
    for reserved in _KITTI_TYPES:
        if word != reserved and word.lower() == reserved.lower():
            return f"'{word}' differs from KITTI's '{reserved}' by case only, and readers take both for the same; " \
                   f"write '{reserved}'"
    return None


class ClassMapReader:
    """The name of a class map that comes with simgen, or the path of a file with one."""

    what = "kitti, species, or a file that ends in .yaml"

    def read(self, entry: Entry, reading: Reading) -> ClassesModel | None:
        """None for the standard map, and after a mistake."""
        if isinstance(entry.node, Scalar):
            return named_class_map(entry, reading)
        reading.log.note(entry.where, f"expected {self.what}, got {describe(entry.node)}")
        return None

    def schema(self, refs: Refs) -> Schema:
        return _name_schema()

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        return validator(self.read)


_Length = Annotated[float, Plain(QuantityReader(LENGTH, Limits(0, 10_000, above=True)))]
_Height = Annotated[float, Plain(QuantityReader(PIXELS, Limits(0, 10_000)))]
_Share = Annotated[float, Plain(QuantityReader(SHARE, Limits(0, 1)))]
_Count = Annotated[int, Plain(WholeNumberReader(0, 1_000_000))]


class NearlyHiddenModel(Section):
    """Objects of which the camera and the LiDAR both have next to nothing."""

    visible_under: _Share | None = key(
        "less of it is visible; by default 5 %, and 0 % switches the rule off")
    lidar_points_under: _Count | None = key(
        "and the LiDAR has fewer returns of it; by default 3")


class LeaveOutModel(Section):
    """Objects that get no row at all, not even a DontCare: those that any of these rules names. By default none."""

    beyond: _Length | None = key("those farther away")
    below: _Height | None = key(
        "those lower in the picture, unless they are as large as a square of this height")
    visible_under: _Share | None = key(
        "those of which less is visible, whatever the LiDAR has of them")
    lidar_points_under: _Count | None = key(
        "those of which the LiDAR has fewer returns, however visible they are")


class DontCareModel(Section):
    """Objects that are in the picture, but become DontCare rows: those that any of these rules names."""

    beyond: _Length | None = key(
        "those farther away; by default 80 m")
    below: _Height | None = key(
        "those lower in the picture, unless they are as large as a square of this height; by default 10 px")
    visible_under: _Share | None = key(
        "those of which less is visible, whatever the LiDAR has of them; by default none")
    lidar_points_under: _Count | None = key(
        "those of which the LiDAR has fewer returns, however visible they are; by default none")
    nearly_hidden: Annotated[NearlyHiddenModel, Nested(lambda: NearlyHiddenModel)] | None = key(
        "those of which both are little; by default {visible_under: 5 %, lidar_points_under: 3}")


class ClassesModel(Section):
    """Which type each object gets. The longest pattern that matches holds; what none matches has KITTI's type."""

    extends: Annotated[ClassesModel, ClassMapReader()] | None = key(
        "another class map, all of whose rules hold as well, but for patterns and limits that are given here too")
    map: Annotated[dict[str, str] | ClassesModel, TypesReader()] | None = key(
        "blueprint id, species or class → type; `map: species` is `extends: species`", "{}")
    ignore: Annotated[tuple[str, ...], PatternsReader()] = key("what gets no row at all", ())
    leave_out: Annotated[LeaveOutModel, Nested(lambda: LeaveOutModel)] | None = key(
        "what gets no row where it is too far, too small or too little seen")
    dont_care: Annotated[DontCareModel, Nested(lambda: DontCareModel)] | None = key("what becomes a DontCare row")

    def problems(self) -> Iterator[Problem]:
        if "extends" in self.given and not isinstance(self.map, dict):
            yield "map", "names a class map as 'extends' does; keep one of them"
        types = self.map if isinstance(self.map, dict) else {}
        both = [pattern for pattern in self.ignore if pattern in types]
        if both:
            yield "ignore", f"has '{both[0]}', which 'map' gives a type; keep one of them"


class ClassesReader:
    """A class map: its name, the path of its file, or the map itself."""

    what = "kitti, species, a file that ends in .yaml, or a mapping with extends, map, ignore, leave_out and dont_care"

    def read(self, entry: Entry, reading: Reading) -> ClassesModel | None:
        """None for the standard map, and after a mistake."""
        if isinstance(entry.node, Scalar):
            return named_class_map(entry, reading)
        return read_section(ClassesModel, entry, reading)

    def schema(self, refs: Refs) -> Schema:
        return {"anyOf": [_name_schema(), refs.section(ClassesModel)]}

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        return validator(self.read)


def named_class_map(entry: Entry, reading: Reading) -> ClassesModel | None:
    """The class map that a word names; None for the standard map, and after a mistake."""
    assert isinstance(entry.node, Scalar)
    name, is_in_a_map = entry.node.text, entry.path in ("extends", "map")
    if name == STANDARD_CLASSES:
        return None
    is_file = name.endswith((".yaml", ".yml"))
    file = entry.where.beside(name) if is_file else CLASS_MAPS / f"{name}.yaml"
    problem = _unreadable(file, name, entry.where)
    if problem is None and is_file and is_in_a_map:         # so that no two files extend each other
        problem = f"a class map's file can extend only {listed(shipped_class_maps(), 'and')}, got '{name[:60]}'"
    if problem is not None:
        reading.log.note(entry.where, problem)
        return None
    shown = name if file.parent == CLASS_MAPS else str(file)
    try:
        node = read_text(file.read_text(encoding="utf-8"), reading.log, Where(shown))
    except (OSError, UnicodeDecodeError) as error:
        reading.log.note(entry.where, f"{name} cannot be read: {error}")
        return None
    except ScenarioMistakes:                 # noted in the log already
        return None
    if node is None:
        reading.log.note(entry.where, f"{name} is empty; a class map has 'map', 'ignore', 'leave_out' or 'dont_care'")
        return None
    return read_section(ClassesModel, Entry(node, ""), reading)


def _name_schema() -> Schema:
    return {"anyOf": [{"enum": [*shipped_class_maps()]}, {"type": "string", "pattern": r"\.ya?ml$"}]}


def shipped_class_maps() -> tuple[str, ...]:
    """Names of the class maps that come with simgen."""
    return tuple(sorted(path.stem for path in CLASS_MAPS.glob("*.yaml")))


def _unreadable(file: Path, name: str, where: Where) -> str | None:
    """Why there is no class map of this name; None if there is."""
    if not name.endswith((".yaml", ".yml")):
        names = shipped_class_maps()
        return None if name in names else (
            f"expected {ClassesReader.what}, got '{name[:60]}'{did_you_mean(name, names)}")
    try:
        there = file.is_file()
    except (OSError, ValueError):               # a name too long, or with a NUL in it
        there = False
    return None if there else f"{name[:100]} is not there ({where.looked_for(file)})"


class SplitModel(Section):
    """Weights of the sets. Whole episodes go to a set: of so many in a row of a scenario, so many go to each."""

    train: Annotated[int, Plain(WholeNumberReader(0, 1000))] = key("episodes that train", "3")
    val: Annotated[int, Plain(WholeNumberReader(0, 1000))] = key("episodes that validate", "1")
    test: Annotated[int, Plain(WholeNumberReader(0, 1000))] = key(
        "episodes that test; their files go to `testing/`, their labels beside, to `testing_labels/`", "0")

    hints: ClassVar[dict[str, str]] = {"validation": "write 'val'", "training": "write 'train'", "testing": "write "
                                       "'test'"}

    def problems(self) -> Iterator[Problem]:
        if (self.train, self.val, self.test) == (0, 0, 0):
            yield "", "gives no set a weight; write, for example, {train: 3, val: 1}"


class LayoutsReader:
    """A list of layouts; a single one may stand for the list."""

    _word = one_of(LAYOUTS, meanings={"kitti": "object", "oxts": "raw", "poses": "odometry", "detection": "object",
                                      "segmentation": "semantic", "instances": "instance", "nuscene": "nuscenes",
                                      "plane": "planes", "ground": "planes"})
    what = f"a list of layouts: {', '.join(LAYOUTS)}"

    def read(self, entry: Entry, reading: Reading) -> tuple[str, ...]:
        items = entry.items() if isinstance(entry.node, Sequence) else (entry,)
        words: set[str | None] = set()
        for item in items:
            word = Plain(self._word).read(item, reading)
            if word in words and word is not None:
                reading.log.note(item.where, f"'{word}' is named twice; take one away")
            words |= {word, *MADE_OF.get(word or "", ())} - {"semantics"}
        if not items:
            reading.log.note(entry.where, "is empty; name a layout, or leave 'layouts' out: the KITTI object layout is "
                                          "always there")
        return tuple(layout for layout in LAYOUTS if layout in words)

    def schema(self, refs: Refs) -> Schema:
        word = self._word.fixed_schema()
        return {"anyOf": [word, {"type": "array", "items": word}]}

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        return validator(self.read)


class OutputModel(Section):
    """What is stored, and in which forms. It is one dataset's: all scenarios of a run must say the same."""

    layouts: Annotated[tuple[str, ...], LayoutsReader()] = key(
        "besides the KITTI object layout: pictures of the truth (`depth`; `semantic` and `instance`, or `semantics` "
        "for both), which are stored and come as KITTI's layouts as well; the road's plane in each frame (`planes`), "
        "as trainers want it to paste objects; and other forms of the dataset, each in a folder of its own", "object")
    classes: Annotated[ClassesModel, ClassesReader()] | None = key("the types of objects; by default `kitti`")
    split: Annotated[SplitModel, Nested(lambda: SplitModel)] = key("train, val and test", "{}")

    hints: ClassVar[dict[str, str]] = {"format": "write 'layouts'", "formats": "write 'layouts'", "layout": "write "
                                       "'layouts'", "splits": "write 'split'", "class_map": "write 'classes'"}
