"""``Section``: a mapping of a scenario file as a pydantic model, one field a key.

Reading never stops at a mistake: unknown keys, missing keys and unreadable values are noted, and the section is built
all the same, so that one run finds what is wrong everywhere. The log raises all of it before anybody uses a section.
"""

from __future__ import annotations

import typing
from collections.abc import Callable, Iterator
from functools import cache
from typing import Any, ClassVar, Generic, TypeVar

from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    GetCoreSchemaHandler,
    PrivateAttr,
    ValidationInfo,
    model_validator,
)
from pydantic.fields import FieldInfo
from pydantic.functional_validators import ModelWrapValidatorHandler
from pydantic_core import CoreSchema

from simgen.scenario.document import MISSING, Entry, Mapping, Node, Scalar, Sequence, Swept, describe, join, read_text
from simgen.scenario.mistakes import MistakeLog, Where, did_you_mean, known_words, listed
from simgen.scenario.readers import Plain
from simgen.scenario.values import Reading, Refs, Schema, validator

S = TypeVar("S", bound="Section")

Problem = tuple[str, str]      # the key that is to blame, or "" for the section itself, and a sentence

REQUIRED: Any = object()
MAX_UNKNOWN = 20               # keys of one section that are told one by one


def key(description: str, default: Any = None, *, alias: str | None = None) -> Any:
    """A field of a section.

    default: as it would be written in a file ("0.5 m"); None: the key may be missing, and the field is then None;
    ``REQUIRED``: it may not be missing.
    alias: the key, where it is no Python name ("not", "for").
    """
    if isinstance(default, str):                             # put in before pydantic looks
        return Field(alias=alias, description=description, json_schema_extra={"written": default})
    if default is REQUIRED:
        return Field(alias=alias, description=description)
    return Field(default=default, alias=alias, description=description)


class Section(BaseModel):
    """A mapping of the file. Subclasses say its keys, and in ``problems`` what must hold between them."""

    model_config = ConfigDict(frozen=True, extra="forbid", arbitrary_types_allowed=True)

    shorthand: ClassVar[str | None] = None                  # the key that is meant by a value in the mapping's place
    shorthand_named: ClassVar[bool] = True                  # whether key paths then have that key in them
    hints: ClassVar[dict[str, str]] = {}                    # key people try → what to write instead

    _entry: Entry = PrivateAttr(default=Entry(MISSING, ""))
    _excused: frozenset[str] = PrivateAttr(default=frozenset())

    @property
    def where(self) -> Where:
        """Where the section is written."""
        return self._entry.where

    @property
    def given(self) -> frozenset[str]:
        """The keys that the file has."""
        return frozenset(self._entry.node.entries) if isinstance(self._entry.node, Mapping) else frozenset()

    def where_is(self, key: str) -> Where:
        """Where a key's value is written; where the section is, if the key is not there."""
        node = self._entry.node
        at = node.entries[key].at if isinstance(node, Mapping) and key in node.entries else node.at
        return at.under(self._path(self._entry, key))

    def lacks(self, *keys: str) -> bool:
        """Whether none of some keys is there, or seems to be meant by a key that is not known."""
        return not (self.given | self._excused) & {*keys}

    def problems(self) -> Iterator[Problem]:
        """What is wrong between the keys."""
        return iter(())

    def several(self, keys: tuple[str, ...], cure: str) -> Iterator[Problem]:
        """The problem that more than one of some keys is there."""
        present = [key for key in keys if key in self.given]
        if len(present) > 1:
            yield present[1], f"has {listed(present, 'and')}, which exclude each other; {cure}"

    def exactly_one(self, keys: tuple[str, ...], cure: str) -> Iterator[Problem]:
        """The problem that none or several of some keys are there."""
        if self.lacks(*keys):
            yield "", f"has none of {listed(keys, 'and')}; {cure}"
        yield from self.several(keys, cure)

    @classmethod
    def expand(cls, entry: Entry) -> Entry:
        """What a value in the mapping's place stands for; ``entry`` itself if it stands for nothing else."""
        if cls.shorthand is None or (isinstance(entry.node, Mapping) and not cls.shorthand_is(entry.node)):
            return entry
        word = Scalar(entry.node.at, cls.shorthand, cls.shorthand)
        return Entry(Mapping(entry.node.at, {cls.shorthand: word}, {cls.shorthand: entry.node}), entry.path)

    @classmethod
    def shorthand_is(cls, node: Mapping) -> bool:
        """Whether a mapping is no section but says how to draw its shorthand's value."""
        return isinstance(node, Swept)

    @model_validator(mode="wrap")
    @classmethod
    def _read(cls, data: Any, build: ModelWrapValidatorHandler[Any], info: ValidationInfo) -> Any:
        if not isinstance(data, Entry) or not isinstance(info.context, Reading):
            raise TypeError("sections are read from documents, by load_scenario() or read_section()")
        entry, log = cls.expand(data), info.context.log
        readable = isinstance(entry.node, Mapping) and not isinstance(entry.node, Swept)
        if not readable and not is_missing(entry):
            found = "a sweep; sweep one of its keys" if isinstance(entry.node, Swept) else describe(entry.node)
            log.note(entry.where, f"expected {cls.what()}, got {found}")
        excused = cls._note_unknown(entry, log) if readable else frozenset(keys_of(cls))
        section = build(cls._inputs(entry, log, readable, excused))
        section._entry, section._excused = entry, excused
        if readable:
            for blamed, problem in section.problems():
                log.note(section.where_is(blamed) if blamed else section.where, problem)
        return section

    @classmethod
    def _note_unknown(cls, entry: Entry, log: MistakeLog) -> frozenset[str]:
        """Note unknown keys; the known ones that may have been meant, and so are not said to be missing."""
        assert isinstance(entry.node, Mapping)
        known = keys_of(cls)
        meant: set[str] = set()
        unknown = [name for name in entry.node.entries if name not in known]
        if len(unknown) > MAX_UNKNOWN:
            log.note(entry.where, f"has {len(unknown)} unknown keys; {cls.what()} belongs here")
        else:
            for name in unknown:
                close = did_you_mean(name, known)
                meant |= {*known} if name in cls.hints else {key for key in known if f"'{key}'" in close}
                hint = f"; {cls.hints[name]}" if name in cls.hints else known_words(name, known)
                log.note(entry.node.keys[name].at.under(entry.path), f"unknown key '{name[:60]}'{hint}")
        return frozenset(meant)

    @classmethod
    def _inputs(cls, entry: Entry, log: MistakeLog, readable: bool, excused: frozenset[str]) -> dict[str, Entry]:
        """Key → what stands there, defaults included; missing keys are noted."""
        inputs: dict[str, Entry] = {}
        if readable and isinstance(entry.node, Mapping):
            for name, value in entry.node.entries.items():
                if name in keys_of(cls):
                    inputs[name] = Entry(value, cls._path(entry, name))
        for name, field in keys_of(cls).items():
            if name in inputs:
                continue
            extra = field.json_schema_extra
            if isinstance(extra, dict) and "written" in extra:
                inputs[name] = Entry(_default(str(extra["written"])), join(entry.path, name))
            elif field.is_required():
                inputs[name] = Entry(MISSING, join(entry.path, name))
                if name not in excused:
                    log.note(entry.where, f"needs '{name}': {what_of(contents(field))}")
        return inputs

    @classmethod
    def _path(cls, entry: Entry, key: str) -> str:
        """The key path of a key; that of the section itself for a shorthand that is not named in it."""
        short = isinstance(entry.node, Mapping) and [*entry.node.entries] == [cls.shorthand] == [key]
        return entry.path if short and not cls.shorthand_named else join(entry.path, key)

    @classmethod
    def what(cls) -> str:
        """What to write, for messages."""
        return f"a mapping with {listed(list(keys_of(cls)))}"


class Nested(Generic[S]):
    """Makes a field a section of the kind that it is in, which pydantic would read with its wrapper twice."""

    def __init__(self, section: Callable[[], type[S]]) -> None:
        self.section = section

    @property
    def what(self) -> str:
        return self.section().what()

    def read(self, entry: Entry, reading: Reading) -> S:
        return read_section(self.section(), entry, reading)

    def schema(self, refs: Refs) -> Schema:
        return refs.section(self.section())

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        return validator(self.read)


class ListOf(Generic[S]):
    """Makes a field a list of sections."""

    def __init__(self, section: Callable[[], type[S]]) -> None:
        self.section = section

    def read(self, entry: Entry, reading: Reading) -> tuple[S, ...]:
        if is_missing(entry):
            return ()
        if not isinstance(entry.node, Sequence):
            reading.log.note(entry.where, "expected a list (lines that begin with '- '), got " + describe(entry.node))
            return ()
        return tuple(read_section(self.section(), item, reading) for item in entry.items())

    def schema(self, refs: Refs) -> Schema:
        return {"type": "array", "items": refs.section(self.section())}

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        return validator(self.read)


def read_section(section: type[S], entry: Entry, reading: Reading) -> S:
    """What stands at ``entry`` as a section; mistakes go to the reading's log."""
    return section.model_validate(entry, context=reading)


def is_missing(entry: Entry) -> bool:
    """Whether a required key is not there, which is noted already."""
    return entry.node is MISSING


@cache
def keys_of(section: type[Section]) -> dict[str, FieldInfo]:
    """Key → field, in the order of the language reference."""
    return {field.alias or name: field for name, field in section.model_fields.items()}


def contents(field: FieldInfo) -> Any:
    """What reads a field: a ``Reader``, ``Plain``, ``ListOf``, another object with ``read``, or a ``Section``."""
    for metadata in field.metadata:
        if hasattr(metadata, "read"):
            return metadata
    options = [option for option in typing.get_args(field.annotation) if option is not type(None)]
    kind = options[0] if options else field.annotation
    for metadata in getattr(kind, "__metadata__", ()):
        if hasattr(metadata, "read"):
            return metadata
    return kind


def what_of(contents: Any) -> str:
    """What to write in a field, for messages."""
    if isinstance(contents, Plain):
        return contents.reader.what
    if isinstance(contents, ListOf):
        return "a list"
    if isinstance(contents, type) and issubclass(contents, Section):
        return contents.what()
    return str(contents.what)


@cache
def _default(text: str) -> Node:
    node = read_text(text, MistakeLog("default"), Where("default"), numbered=False)
    assert node is not None
    return node
