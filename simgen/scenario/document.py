"""A scenario file's text as a tree whose every value remembers its file, line and column.

Plain words and numbers are understood as YAML 1.2 says (its core schema), because YAML 1.1 has surprises for people
who write scenarios: there ``on`` and ``no`` are truth values, ``1:30`` is ninety and ``1e3`` is a word.
Anchors and aliases work; a key given twice, a tag other than the standard ones, and merge keys are mistakes.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

import yaml

from sensors.yaml12 import CoreSchemaLoader
from simgen.scenario.mistakes import MistakeLog, Where, did_you_mean

MAX_BYTES = 300_000    # a scenario is some kilobytes; anything larger is another kind of file
MAX_DEPTH = 40           # mappings and lists in each other
MAX_VALUES = 20_000      # with every alias written out

ROLE = re.compile(r"[a-z0-9_]{1,80}")

_TAG = "tag:yaml.org,2002:"


@dataclass(frozen=True, slots=True, eq=False)
class Scalar:
    """A word or a number: ``text`` as written (without quotes), ``value`` as YAML 1.2 understands it."""

    at: Where
    text: str
    value: bool | int | float | str | None


@dataclass(frozen=True, slots=True, eq=False)
class Sequence:
    at: Where
    items: tuple[Node, ...]


@dataclass(frozen=True, slots=True, eq=False)
class Mapping:
    """Keys in the order written; ``keys`` holds them as scalars, with their places."""

    at: Where
    keys: dict[str, Scalar]
    entries: dict[str, Node]


@dataclass(frozen=True, slots=True, eq=False)
class Swept(Mapping):
    """What ``vary.over`` says of a value, put in the value's place: one entry, "vary". ``number``: its rank there."""

    number: int = 0


Node = Scalar | Sequence | Mapping

MISSING = Scalar(Where(""), "", None)      # stands where a required key is not there, which is noted already


@dataclass(frozen=True, slots=True)
class Entry:
    """A node and the key path that leads to it."""

    node: Node
    path: str

    @property
    def where(self) -> Where:
        return self.node.at.under(self.path)

    def child(self, key: str) -> Entry:
        """What stands under a key of a mapping."""
        assert isinstance(self.node, Mapping)
        return Entry(self.node.entries[key], join(self.path, key))

    def key(self, key: str) -> Where:
        """Where the key itself is written; where the mapping is, if it is not there."""
        assert isinstance(self.node, Mapping)
        at = self.node.keys[key].at if key in self.node.keys else self.node.at
        return at.under(join(self.path, key))

    def items(self) -> tuple[Entry, ...]:
        """The entries of a list: "changes[0]", and "actors.deer" for those that have a role."""
        assert isinstance(self.node, Sequence)
        return tuple(
            Entry(item, f"{self.path}[{number}]" if (role := role_of(item)) is None else join(self.path, role))
            for number, item in enumerate(self.node.items)
        )


def join(path: str, key: str) -> str:
    """The key path of a key under another."""
    return f"{path}.{key}" if path else key


def role_of(node: Node) -> str | None:
    """The name under ``role``, if it is one."""
    role = node.entries.get("role") if isinstance(node, Mapping) else None
    return role.text if isinstance(role, Scalar) and ROLE.fullmatch(role.text) else None


def describe(node: Node) -> str:
    """What stands there, in a few words for an error message."""
    if isinstance(node, Mapping):
        return "a mapping"
    if isinstance(node, Sequence):
        return "a list"
    if node.value is None:
        return "nothing"
    return f"'{node.text}'" if len(node.text) <= 60 else f"'{node.text[:57]}…'"


def read_document(path: Path, log: MistakeLog, name: str | None = None) -> Mapping:
    """Read a file whose top level is a mapping. Raises ``ScenarioMistakes`` if nothing can be made of it.

    name: what messages call the file, by default its path as given.
    """
    file = Where(name or str(path))
    text = _read_text(path, log, file)
    document = read_text(text, log, file)
    if document is None:
        raise log.fatal(file, "the file is empty; a scenario needs 'name', 'ego', and 'map' or 'road'")
    if not isinstance(document, Mapping):
        found = "a list" if isinstance(document, Sequence) else f"'{document.text[:40]}'"
        raise log.fatal(document.at, f"expected keys such as 'name: …' at the top level, got {found}")
    return document


def read_text(text: str, log: MistakeLog, file: Where, numbered: bool = True) -> Node | None:
    """The tree of some YAML, None if it holds nothing. Raises ``ScenarioMistakes`` if it is not YAML.

    file:     the file's name. numbered: whether its lines mean something to people.
    """
    try:
        root = yaml.compose(text, Loader=CoreSchemaLoader)
    except yaml.MarkedYAMLError as error:
        line, column, problem = _syntax_problem(error)
        raise log.fatal(Where(file.file, line, column) if numbered else file, problem) from None
    except yaml.YAMLError as error:        # yaml.reader.ReaderError: a character YAML does not allow
        raise log.fatal(file, f"not YAML: {str(error).splitlines()[0]}") from None
    except RecursionError:
        raise log.fatal(file, "nested too deeply for a scenario") from None
    return None if root is None else _Builder(log, file, numbered).build(root, "", 0)


def _read_text(path: Path, log: MistakeLog, file: Where) -> str:
    try:
        if path.is_dir():
            raise log.fatal(file, "is a folder; name a scenario file in it")
        if not path.exists():
            raise log.fatal(file, f"no such file{did_you_mean(path.name, _names_beside(path))}")
        if not path.is_file():
            raise log.fatal(file, "is not an ordinary file")
        if path.stat().st_size > MAX_BYTES:
            raise log.fatal(file, f"is larger than {MAX_BYTES // 1000} kB and so hardly a scenario")
        content = path.read_bytes()
    except (OSError, ValueError) as error:     # ValueError: a NUL in the name
        raise log.fatal(file, f"cannot be read: {getattr(error, 'strerror', None) or error}") from None
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        before = content[content.rfind(b"\n", 0, error.start) + 1 : error.start]
        column = len(before.decode("utf-8", errors="replace")) + 1
        wrong = f"0x{content[error.start]:02x}"
        raise log.fatal(Where(file.file, line, column),
                        f"byte {wrong} is not UTF-8; save the file as UTF-8") from None


def _names_beside(path: Path) -> list[str]:
    return [entry.name for entry in path.parent.iterdir()] if path.parent.is_dir() else []


def _syntax_problem(error: yaml.MarkedYAMLError) -> tuple[int | None, int | None, str]:
    mark = error.problem_mark or error.context_mark
    problem = (error.problem or error.context or "unreadable").replace("\n", " ")
    if "'\\t'" in problem:
        problem = "a tab stands where YAML wants spaces; indent with spaces"
    elif "but found another document" in problem:
        problem = "a second document begins here ('---'); write one scenario a file"
    elif "but got '<stream end>'" in problem:
        problem = "the file ends before a '{' or '[' is closed"
    elif "undefined alias" in problem:
        problem += "; an alias '*name' needs an anchor '&name' above it"
    elif "mapping values are not allowed here" in problem:
        problem = "a ':' stands where YAML does not expect one; check the indentation, or quote the text"
    else:
        problem = f"not YAML: {problem}" + (f" {error.context}" if error.context and error.problem else "")
    return (None, None, problem) if mark is None else (mark.line + 1, mark.column + 1, problem)


class _Builder:
    """PyYAML's node graph → our tree. Aliases share one subtree."""

    def __init__(self, log: MistakeLog, file: Where, numbered: bool) -> None:
        self._log, self._file, self._numbered = log, file, numbered
        self._built: dict[int, tuple[Node, int]] = {}      # with the number of values in it, aliases written out
        self._open: set[int] = set()

    def build(self, node: yaml.Node, path: str, depth: int) -> Node:
        return self._build(node, path, depth)[0]

    def _build(self, node: yaml.Node, path: str, depth: int) -> tuple[Node, int]:
        if id(node) in self._built:
            return self._built[id(node)]
        at = self._place(node, path)
        if id(node) in self._open:
            raise self._log.fatal(at, "contains itself through an alias")
        if depth > MAX_DEPTH:
            raise self._log.fatal(at, "nested too deeply for a scenario")
        self._open.add(id(node))
        self._check_tag(node, at)
        built: tuple[Node, int]
        if isinstance(node, yaml.MappingNode):
            built = self._mapping(node, path, depth)
        elif isinstance(node, yaml.SequenceNode):
            items = [self._build(item, f"{path}[{number}]", depth + 1) for number, item in enumerate(node.value)]
            built = Sequence(self._place(node), tuple(item for item, _ in items)), 1 + sum(size for _, size in items)
        else:
            assert isinstance(node, yaml.ScalarNode)
            built = Scalar(self._place(node), str(node.value), _scalar_value(node)), 1
        if built[1] > MAX_VALUES:
            raise self._log.fatal(at, f"holds more than {MAX_VALUES} values, with every alias written out; "
                                      "a scenario has hundreds")
        self._open.remove(id(node))
        self._built[id(node)] = built
        return built

    def _mapping(self, node: yaml.MappingNode, path: str, depth: int) -> tuple[Mapping, int]:
        keys: dict[str, Scalar] = {}
        entries: dict[str, Node] = {}
        size = 1
        for key_node, value_node in node.value:
            if not isinstance(key_node, yaml.ScalarNode):
                self._log.note(self._place(key_node, path), "a key must be a single word, got a list or mapping")
                continue
            key = Scalar(self._place(key_node), str(key_node.value), _scalar_value(key_node))
            value, value_size = self._build(value_node, f"{path}.{key.text}" if path else key.text, depth + 1)
            size += value_size
            if key.text == "<<":
                self._log.note(key.at.under(path), "merge keys ('<<') left YAML with 1.2; write the keys out")
            elif key.text in keys:
                first = keys[key.text].at.line
                self._log.note(key.at.under(path), f"key '{key.text}' is here twice (first on line {first})")
            else:
                keys[key.text], entries[key.text] = key, value
        return Mapping(self._place(node), keys, entries), size

    def _check_tag(self, node: yaml.Node, at: Where) -> None:
        standard = {_TAG + name for name in ("null", "bool", "int", "float", "str", "map", "seq")}
        if node.tag not in standard:
            tag = node.tag.replace(_TAG, "!!")
            self._log.note(at, f"the tag '{tag}' means nothing in a scenario; remove it")

    def _place(self, node: yaml.Node, path: str = "") -> Where:
        if not self._numbered:
            return Where(self._file.file, path=path)
        return Where(self._file.file, int(node.start_mark.line) + 1, int(node.start_mark.column) + 1, path)


def _scalar_value(node: yaml.ScalarNode) -> bool | int | float | str | None:
    text = str(node.value)
    match node.tag.removeprefix(_TAG):
        case "null":
            return None
        case "bool":
            return text.lower() == "true"
        case "int":
            return _integer(text)
        case "float":
            return _float(text)
    return text


def _integer(text: str) -> int | float | str:
    """An integer; a forced "!!int x" stays the word it is, and one too long for Python becomes a (huge) float."""
    try:
        return int(text, {"0x": 16, "0o": 8}.get(text[:2].lower(), 10))
    except ValueError:
        return _float(text)


def _float(text: str) -> float | str:
    try:
        return float(text.lower().replace(".inf", "inf").replace(".nan", "nan"))
    except ValueError:
        return text
