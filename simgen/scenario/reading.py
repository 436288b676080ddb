"""Reading the keys of one mapping of a scenario file: known keys only, every value checked, every mistake
noted.

``Section`` is a mapping that remembers where it came from; ``Value`` is what stands behind one of its keys: a
number or a word, fixed or random. A mistake is noted in the section's log and leaves an unreadable value
behind, so that reading goes on and finds the next one; the log raises them all before anybody can draw from
such a value.
"""

from __future__ import annotations

from collections.abc import Iterator
from collections.abc import Sequence as Many
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Generic, NoReturn, TypeVar

from simgen.scenario.chance import Choice, Distribution, Fixed, Stream
from simgen.scenario.document import Mapping, Node, Scalar, Sequence, describe
from simgen.scenario.mistakes import MistakeLog, did_you_mean, known_words
from simgen.scenario.parsers import Parser

T = TypeVar("T")

MAX_WEIGHT = 1e9

_RANDOM_KEYS = ("uniform", "choice", "normal", "clip")


@dataclass(frozen=True, slots=True)
class Unreadable:
    """Stands where a mistake was noted; never drawn from."""

    @property
    def random(self) -> bool:
        return False

    def draw(self, stream: Stream) -> NoReturn:
        raise ValueError("drawn from a value that could not be read")

    def extremes(self) -> tuple[Any, ...]:
        return ()


@dataclass(frozen=True, slots=True)
class Value(Generic[T]):
    """A number or a word, fixed or random, and where it was written. Line None: a default."""

    distribution: Distribution[T]
    parser: Parser[T]
    line: int | None
    where: str

    def outcomes(self) -> tuple[T, ...]:
        """All outcomes that can be known beforehand (for ranges: the ends)."""
        return self.distribution.extremes()


class Section:
    """One mapping of the file.

    node:  the mapping; anything else is noted as a mistake and read as an empty one.
    where: its key path, "" for the top level.
    known: the keys it may have.
    """

    def __init__(self, node: Node, where: str, known: Many[str], log: MistakeLog) -> None:
        self.where, self.line, self._log = where, node.line, log
        self._readable = isinstance(node, Mapping)
        self._entries: dict[str, Node] = {}
        self._keys: dict[str, Scalar] = {}
        if not isinstance(node, Mapping):
            log.note(node.line, where, f"expected a mapping with {_listed(known)}, got {describe(node)}")
            return
        for key, value in node.entries.items():
            if key in known:
                self._entries[key], self._keys[key] = value, node.keys[key]
            else:
                log.note(node.keys[key].line, where, f"unknown key '{key}'{known_words(key, known)}")

    def __contains__(self, key: str) -> bool:
        return key in self._entries

    def path(self, key: str) -> str:
        return f"{self.where}.{key}" if self.where else key

    def node(self, key: str) -> Node:
        return self._entries[key]

    def note(self, problem: str, key: str | None = None) -> None:
        """Note a mistake about this mapping, or about one of its keys; silent if it is no mapping at all."""
        if not self._readable:
            return
        if key is None:
            self._log.note(self.line, self.where, problem)
        else:
            self._log.note(self._keys[key].line if key in self._keys else self.line, self.path(key), problem)

    def section(self, key: str, known: Many[str]) -> Section:
        """The mapping under a key that is there."""
        return Section(self._entries[key], self.path(key), known, self._log)

    def section_or_empty(self, key: str, known: Many[str]) -> Section:
        """The mapping under a key, or an empty one in its place."""
        if key in self:
            return self.section(key, known)
        return Section(Mapping(self.line, {}, {}), self.path(key), known, self._log)

    def exactly_one(self, keys: Many[str], cure: str) -> str | None:
        """The one key of ``keys`` that is there; none or several are noted, with ``cure``."""
        present = [key for key in keys if key in self]
        if len(present) == 1:
            return present[0]
        if present:
            self.note(f"has {_listed(present, 'and')}, which exclude each other; {cure}", present[1])
        else:
            self.note(f"has none of {_listed(keys, 'and')}; {cure}")
        return None

    def value(self, key: str, parser: Parser[T], default: T | None = None) -> Value[T]:
        """What stands at ``key``; without a default, the key must be there."""
        if key in self:
            return self.read(self._entries[key], self.path(key), parser)
        if default is None:
            self.note(f"needs '{key}': {parser.what}")
            return self.unreadable(key, parser)
        return Value(Fixed(default), parser, None, self.path(key))

    def unreadable(self, key: str, parser: Parser[T]) -> Value[T]:
        """A value to go on with after a mistake was noted."""
        return Value(Unreadable(), parser, None, self.path(key))

    def value_if_there(self, key: str, parser: Parser[T]) -> Value[T] | None:
        return self.value(key, parser) if key in self else None

    def plain(self, key: str, parser: Parser[T], default: T | None = None) -> T | None:
        """Like ``value``, for places where nothing can be random; None after a mistake."""
        value = self.value(key, parser, default)
        if value.distribution.random:
            self.note("cannot be random; write one value", key)
        elif value.outcomes():
            return value.outcomes()[0]
        return None

    def text(self, key: str) -> str:
        """A free text; "" if it is not there."""
        if key not in self:
            return ""
        node = self._entries[key]
        if not isinstance(node, Scalar) or node.value is None:
            self.note(f"expected a text, got {describe(node)}", key)
            return ""
        return node.text

    def items(self, key: str) -> tuple[Node, ...]:
        """The entries of a list; empty if it is not there."""
        if key not in self:
            return ()
        node = self._entries[key]
        if not isinstance(node, Sequence):
            self.note(f"expected a list (lines that begin with '- '), got {describe(node)}", key)
            return ()
        return node.items

    def read(self, node: Node, where: str, parser: Parser[T]) -> Value[T]:
        """The value that stands at ``node``."""
        try:
            distribution = _distribution(node, parser)
            for outcome in distribution.extremes():
                if (problem := parser.outside(outcome)) is not None:
                    raise ValueError(problem)
        except _Located as mistake:
            self._log.note(mistake.line, where + mistake.below, str(mistake))
            return Value(Unreadable(), parser, node.line, where)
        except ValueError as mistake:
            self._log.note(node.line, where, str(mistake))
            return Value(Unreadable(), parser, node.line, where)
        return Value(distribution, parser, node.line, where)


def is_random(node: Node) -> bool:
    """Whether a mapping says how to draw a value (rather than being a section with keys)."""
    return isinstance(node, Mapping) and any(key in node.entries for key in _RANDOM_KEYS)


class _Located(ValueError):
    """A mistake in a part of a value: its line, and the key path from the value to the part."""

    def __init__(self, node: Node, below: str, problem: str) -> None:
        super().__init__(problem)
        self.line, self.below = node.line, below


def _distribution(node: Node, parser: Parser[T]) -> Distribution[T]:
    if isinstance(node, Scalar):
        return Fixed(parser.scalar(node))
    if isinstance(node, Sequence):
        raise ValueError(f"expected {parser.what}, got a list; to draw from it, write {{choice: […]}} or "
                         "{uniform: […]}")
    for key, key_node in node.keys.items():
        if key not in _RANDOM_KEYS:
            hint = did_you_mean(key, _RANDOM_KEYS)
            problem = f"expected {parser.what}, or how to draw one; got the key '{key}'{hint}"
            raise _Located(key_node, "", problem)
    kinds = [key for key in ("uniform", "choice", "normal") if key in node.entries]
    if len(kinds) != 1:
        found = _listed(kinds, "and") or "none"
        raise ValueError(f"needs exactly one of uniform, choice and normal, has {found}")
    if "clip" in node.entries and kinds != ["normal"]:
        raise _Located(node.keys["clip"], ".clip", f"belongs to 'normal', not to '{kinds[0]}'")
    body = node.entries[kinds[0]]
    if kinds == ["choice"]:
        return _choice(body, parser)
    first, second = _pair(body, kinds[0], parser)
    if kinds == ["uniform"]:
        with _at(body, ".uniform"):
            return parser.uniform(first, second)
    clip = _pair(node.entries["clip"], "clip", parser) if "clip" in node.entries else None
    with _at(body, ".normal"):
        return parser.normal(first, second, clip)


@contextmanager
def _at(node: Node, below: str) -> Iterator[None]:
    """Say of a ``ValueError`` in which part of the value it arose."""
    try:
        yield
    except ValueError as error:
        raise _Located(node, below, str(error)) from None


def _pair(node: Node, key: str, parser: Parser[T]) -> tuple[T, T]:
    if not isinstance(node, Sequence) or len(node.items) != 2:
        meaning = "[mean, standard deviation]" if key == "normal" else "[lowest, highest]"
        raise _Located(node, f".{key}", f"expected {meaning}")
    first, second = (_plain(item, f".{key}[{i}]", parser) for i, item in enumerate(node.items))
    return first, second


def _choice(node: Node, parser: Parser[T]) -> Choice[T]:
    """``[a, b]``: equally likely; ``{a: 2, b: 1}``: weighted, in an order that does not depend on the
    file's."""
    if isinstance(node, Sequence) and node.items:
        options = tuple(_plain(item, f".choice[{i}]", parser) for i, item in enumerate(node.items))
        return _allowed(Choice(options, (1.0,) * len(options)), node, parser)
    if isinstance(node, Mapping) and node.entries:
        keys = sorted(node.entries)
        options = tuple(_plain(node.keys[key], ".choice", parser) for key in keys)
        weights = tuple(_weight(node.entries[key], f".choice.{key}") for key in keys)
        if sum(weights) <= 0.0:
            raise _Located(node, ".choice", "all weights are 0; give at least one option a weight above 0")
        return _allowed(Choice(options, weights), node, parser)
    raise _Located(node, ".choice", f"expected a list of options, or options with weights; got "
                                    f"{'no options' if not isinstance(node, Scalar) else describe(node)}")


def _allowed(choice: Choice[T], node: Node, parser: Parser[T]) -> Choice[T]:
    with _at(node, ".choice"):
        for option in choice.extremes():
            if (problem := parser.outside(option)) is not None:
                raise ValueError(problem)
    return choice


def _plain(node: Node, below: str, parser: Parser[T]) -> T:
    if not isinstance(node, Scalar):
        raise _Located(node, below, f"expected {parser.what}, got {describe(node)}")
    with _at(node, below):
        return parser.scalar(node)


def _weight(node: Node, below: str) -> float:
    weight = node.value if isinstance(node, Scalar) else None
    if isinstance(weight, (int, float)) and not isinstance(weight, bool) and 0 <= weight <= MAX_WEIGHT:
        return float(weight)
    raise _Located(node, below, f"a weight is a number from 0 to {MAX_WEIGHT:g}, got {describe(node)}")


def _listed(words: Many[str], joint: str = "or") -> str:
    quoted = [f"'{word}'" for word in words]
    return " ".join([", ".join(quoted[:-1]), joint, quoted[-1]]) if len(quoted) > 1 else "".join(quoted)
