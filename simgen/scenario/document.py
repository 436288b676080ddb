"""A scenario file's text as a tree whose every value remembers its line.

Plain words and numbers are understood as YAML 1.2 says (its core schema), because YAML 1.1 has surprises for
people
who write scenarios: there ``on`` and ``no`` are truth values, ``1:30`` is ninety and ``1e3`` is a word.
Anchors and aliases work; a key given twice, a tag other than the standard ones, and merge keys are mistakes.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

import yaml

from simgen.scenario.mistakes import MistakeLog, did_you_mean

MAX_BYTES = 1_000_000    # a scenario is some kilobytes; anything larger is another kind of file

_TAG = "tag:yaml.org,2002:"
_CORE_SCHEMA = (         # YAML 1.2.2, section 10.3.2; the first characters speed up PyYAML's look-up
    ("null", r"(?:null|Null|NULL|~|)", [*"nN~", ""]),
    ("bool", r"(?:true|True|TRUE|false|False|FALSE)", [*"tTfF"]),
    ("int", r"(?:[-+]?[0-9]+|0o[0-7]+|0x[0-9a-fA-F]+)", [*"-+0123456789"]),
    ("float", r"[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?", [*"-+.0123456789"]),
    ("float", r"(?:[-+]?\.(?:inf|Inf|INF)|\.(?:nan|NaN|NAN))", [*"-+."]),
)


@dataclass(frozen=True, slots=True, eq=False)
class Scalar:
    """A word or a number: ``text`` as written (without quotes), ``value`` as YAML 1.2 understands it."""

    line: int
    text: str
    value: bool | int | float | str | None


@dataclass(frozen=True, slots=True, eq=False)
class Sequence:
    line: int
    items: tuple[Node, ...]


@dataclass(frozen=True, slots=True, eq=False)
class Mapping:
    """Keys in the order written; ``keys`` holds them as scalars, with their lines."""

    line: int
    keys: dict[str, Scalar]
    entries: dict[str, Node]


Node = Scalar | Sequence | Mapping


def describe(node: Node) -> str:
    """What stands there, in a few words for an error message."""
    if isinstance(node, Mapping):
        return "a mapping"
    if isinstance(node, Sequence):
        return "a list"
    if node.value is None:
        return "nothing"
    return f"'{node.text}'" if len(node.text) <= 60 else f"'{node.text[:57]}…'"


def read_document(path: Path, log: MistakeLog) -> Mapping:
    """Read a file whose top level is a mapping. Raises ``ScenarioMistakes`` if nothing can be made of it."""
    try:
        root = yaml.compose(_read_text(path, log), Loader=_CoreSchemaLoader)
    except yaml.MarkedYAMLError as error:
        raise log.fatal(*_syntax_problem(error)) from None
    except yaml.YAMLError as error:        # yaml.reader.ReaderError: a character YAML does not allow
        raise log.fatal(None, "", f"not YAML: {str(error).splitlines()[0]}") from None
    except RecursionError:
        raise log.fatal(None, "", "nested too deeply for a scenario") from None
    if root is None:
        raise log.fatal(None, "", "the file is empty; a scenario needs 'name', 'ego', and 'map' or 'road'")
    if not isinstance(root, yaml.MappingNode):
        found = "a list" if isinstance(root, yaml.SequenceNode) else f"'{str(root.value)[:40]}'"
        raise log.fatal(_line(root), "", f"expected keys such as 'name: …' at the top level, got {found}")
    document = _Builder(log).build(root, "")
    assert isinstance(document, Mapping)
    return document


class _CoreSchemaLoader(yaml.SafeLoader):
    """PyYAML's safe loader without YAML 1.1's rules for what a plain word means."""


_CoreSchemaLoader.yaml_implicit_resolvers = {}


for _name, _pattern, _first in _CORE_SCHEMA:
    _CoreSchemaLoader.add_implicit_resolver(_TAG + _name, re.compile(rf"^{_pattern}$"), _first)


def _read_text(path: Path, log: MistakeLog) -> str:
    if path.is_dir():
        raise log.fatal(None, "", "is a folder; name a scenario file in it")
    if not path.exists():
        raise log.fatal(None, "", f"no such file{did_you_mean(path.name, _names_beside(path))}")
    if not path.is_file():
        raise log.fatal(None, "", "is not an ordinary file")
    try:
        if path.stat().st_size > MAX_BYTES:
            raise log.fatal(None, "", f"is larger than {MAX_BYTES // 1000} kB and so hardly a scenario")
        content = path.read_bytes()
    except OSError as error:
        raise log.fatal(None, "", f"cannot be read: {error.strerror}") from None
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        wrong = f"0x{content[error.start]:02x}"
        raise log.fatal(line, "", f"byte {wrong} is not UTF-8; save the file as UTF-8") from None


def _names_beside(path: Path) -> list[str]:
    return [entry.name for entry in path.parent.iterdir()] if path.parent.is_dir() else []


def _line(node: yaml.Node) -> int:
    return int(node.start_mark.line) + 1


def _syntax_problem(error: yaml.MarkedYAMLError) -> tuple[int | None, str, str]:
    mark = error.problem_mark or error.context_mark
    problem = (error.problem or error.context or "unreadable").replace("\n", " ")
    if "'\\t'" in problem:
        problem = "a tab stands where YAML wants spaces; indent with spaces"
    elif "but found another document" in problem:
        problem = "a second document begins here ('---'); write one scenario a file"
    elif "undefined alias" in problem:
        problem += "; an alias '*name' needs an anchor '&name' above it"
    elif "mapping values are not allowed here" in problem:
        problem = "a ':' stands where YAML does not expect one; check the indentation, or quote the text"
    else:
        problem = f"not YAML: {problem}" + (f" {error.context}" if error.context and error.problem else "")
    return (None if mark is None else mark.line + 1), "", problem


class _Builder:
    """PyYAML's node graph → our tree. Aliases share one subtree."""

    def __init__(self, log: MistakeLog) -> None:
        self._log = log
        self._built: dict[int, Node] = {}
        self._open: set[int] = set()

    def build(self, node: yaml.Node, where: str) -> Node:
        if id(node) in self._built:
            return self._built[id(node)]
        if id(node) in self._open:
            raise self._log.fatal(_line(node), where, "contains itself through an alias")
        self._open.add(id(node))
        self._check_tag(node, where)
        built: Node
        if isinstance(node, yaml.MappingNode):
            built = self._mapping(node, where)
        elif isinstance(node, yaml.SequenceNode):
            items = [self.build(item, f"{where}[{i}]") for i, item in enumerate(node.value)]
            built = Sequence(_line(node), tuple(items))
        else:
            assert isinstance(node, yaml.ScalarNode)
            built = Scalar(_line(node), str(node.value), _scalar_value(node))
        self._open.remove(id(node))
        self._built[id(node)] = built
        return built

    def _mapping(self, node: yaml.MappingNode, where: str) -> Mapping:
        keys: dict[str, Scalar] = {}
        entries: dict[str, Node] = {}
        for key_node, value_node in node.value:
            if not isinstance(key_node, yaml.ScalarNode):
                self._log.note(_line(key_node), where, "a key must be a single word, got a list or mapping")
                continue
            key = Scalar(_line(key_node), str(key_node.value), _scalar_value(key_node))
            value = self.build(value_node, f"{where}.{key.text}" if where else key.text)
            if key.text == "<<":
                self._log.note(key.line, where, "merge keys ('<<') left YAML with 1.2; write the keys out")
            elif key.text in keys:
                first = keys[key.text].line
                self._log.note(key.line, where, f"key '{key.text}' is here twice (first on line {first})")
            else:
                keys[key.text], entries[key.text] = key, value
        return Mapping(_line(node), keys, entries)

    def _check_tag(self, node: yaml.Node, where: str) -> None:
        standard = {_TAG + name for name in ("null", "bool", "int", "float", "str", "map", "seq")}
        if node.tag not in standard:
            tag = node.tag.replace(_TAG, "!!")
            self._log.note(_line(node), where, f"the tag '{tag}' means nothing in a scenario; remove it")


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
    """An integer; a forced "!!int x" stays the word it is, and one too long for Python becomes a (huge)
    float."""
    try:
        return int(text, {"0x": 16, "0o": 8}.get(text[:2].lower(), 10))
    except ValueError:
        return _float(text)


def _float(text: str) -> float | str:
    try:
        return float(text.lower().replace(".inf", "inf").replace(".nan", "nan"))
    except ValueError:
        return text
