"""YAML read by the rules of version 1.2, and sections of it that remember where they came from.

PyYAML follows version 1.1, in which ``on`` is true, ``1:30`` is 90 and ``1e3`` is text; and it keeps the
last of two equal keys in silence. Here words stay words, numbers are numbers and equal keys are an error.
"""

from __future__ import annotations

import difflib
import math
import re
from collections.abc import Iterable, Mapping
from typing import Any

import yaml

from sensors.errors import RigError


def load_yaml(source: str) -> Any:
    """The one document in ``source``.

    Raises:
        yaml.YAMLError: with line and column, also for a key that is written twice.
    """
    return yaml.load(source, Loader=_Loader)


class Section:
    """One mapping of a file. Every key must be there but the optional ones, and no other key may be.

    Attributes:
        where:  the file, the start of every error message.
        key:    path of keys to this mapping, "lidar.blocks[0]"; empty for the whole file.
        raises: the type of its errors.
    """

    def __init__(
        self, value: Any, where: str, key: str, keys: Iterable[str], raises: type[RigError] = RigError, *,
        optional: Iterable[str] = (),
    ) -> None:
        self.where, self.key, self.raises = where, key, raises
        keys, optional = tuple(keys), tuple(optional)
        if not isinstance(value, Mapping):
            raise self.error("", f"expected a mapping with {', '.join(keys or optional)}, got {_kind(value)}")
        for name in value:
            if name not in (*keys, *optional):
                raise self.error(str(name), f"unknown key{did_you_mean(str(name), (*keys, *optional))}")
        for name in keys:
            if name not in value:
                raise self.error(name, "is missing")
        self._value = value

    def error(self, key: str, problem: str) -> RigError:
        """An error whose text is ``file: key: problem``."""
        return self.raises(": ".join(part for part in (self.where, self._path(key), problem) if part))

    def has(self, key: str) -> bool:
        """Is an optional key there?"""
        return key in self._value

    def section(self, key: str, keys: Iterable[str], optional: Iterable[str] = ()) -> Section:
        return Section(self._value[key], self.where, self._path(key), keys, self.raises, optional=optional)

    def named(self, key: str, keys: Iterable[str], optional: Iterable[str] = ()) -> dict[str, Section]:
        """The mappings of a mapping whose keys are names, at least one of them, in the order of the file."""
        value, keys, optional = self._value[key], tuple(keys), tuple(optional)
        if not isinstance(value, Mapping) or not value:
            raise self.error(key, f"expected a mapping of names with at least one entry, got {_kind(value)}")
        return {str(name): Section(entry, self.where, self._path(f"{key}.{name}"), keys, self.raises, optional=optional)
                for name, entry in value.items()}

    def sections(self, key: str, keys: Iterable[str]) -> list[Section]:
        """The mappings of a list with at least one entry."""
        keys = tuple(keys)
        entries = enumerate(self._list(key))
        return [Section(value, self.where, self._path(f"{key}[{i}]"), keys, self.raises) for i, value in entries]

    def entry(self, key: str) -> Any:
        """What is written there, whatever it is."""
        return self._value[key]

    def entries(self, key: str) -> list[Any]:
        """A list with at least one entry of any kind."""
        return list(self._list(key))

    def text(self, key: str) -> str:
        """Words; white space at the ends is left out."""
        value = self._value[key]
        if not isinstance(value, str) or not value.strip():
            raise self.error(key, f"expected text, got {_kind(value)}")
        return value.strip()

    def number(self, key: str, above: float = -math.inf, least: float = -math.inf, most: float = math.inf) -> float:
        """A finite number greater than ``above``, from ``least`` to ``most``."""
        number = self._number(key, self._value[key], above)
        if not least <= number <= most:
            bounds = f"at least {least:g}" if number < least else f"at most {most:g}"
            raise self.error(key, f"expected {bounds}, got {number:g}")
        return number

    def numbers(self, key: str, count: int | None = None) -> list[float]:
        """A list of finite numbers, exactly ``count`` of them if that is given."""
        values = self._list(key)
        if count is not None and len(values) != count:
            raise self.error(key, f"expected {count} numbers, got {len(values)}")
        return [self._number(f"{key}[{i}]", value, -math.inf) for i, value in enumerate(values)]

    def integer(self, key: str, least: int, most: float = math.inf) -> int:
        value = self._value[key]
        if isinstance(value, bool) or not isinstance(value, int):
            raise self.error(key, f"expected a whole number, got {_kind(value)}")
        if value < least:
            raise self.error(key, f"expected at least {least}, got {value}")
        if value > most:
            raise self.error(key, f"expected at most {most}, got {value}")
        return value

    def boolean(self, key: str) -> bool:
        value = self._value[key]
        if not isinstance(value, bool):
            raise self.error(key, f"expected true or false, got {_kind(value)}")
        return value

    def matrix(self, key: str, rows: int, columns: int) -> list[list[float]]:
        """A list of ``rows`` lists of ``columns`` finite numbers each."""
        values = self._list(key)
        if len(values) != rows or not all(isinstance(row, list) and len(row) == columns for row in values):
            raise self.error(key, f"expected {rows} lists of {columns} numbers each")
        return [[self._number(f"{key}[{i}][{j}]", value, -math.inf) for j, value in enumerate(row)]
                for i, row in enumerate(values)]

    def choice(self, key: str, names: Iterable[str]) -> str:
        value, names = self._value[key], tuple(names)
        if not isinstance(value, str) or value not in names:
            hint = did_you_mean(str(value), names)
            raise self.error(key, f"expected one of {', '.join(names)}, got {_kind(value)}{hint}")
        return value

    def _path(self, key: str) -> str:
        return ".".join(part for part in (self.key, key) if part)

    def _list(self, key: str) -> list[Any]:
        value = self._value[key]
        if not isinstance(value, list) or not value:
            raise self.error(key, f"expected a list with at least one entry, got {_kind(value)}")
        return value

    def _number(self, key: str, value: Any, above: float) -> float:
        if isinstance(value, bool) or not isinstance(value, (int, float)) or not math.isfinite(value):
            raise self.error(key, f"expected a number, got {_kind(value)}")
        if value <= above:
            raise self.error(key, f"expected more than {above:g}, got {value:g}")
        return float(value)


def did_you_mean(word: str, words: Iterable[str]) -> str:
    """" (did you mean 'kitti'?)" if one of ``words`` is close to ``word``, else nothing."""
    close = difflib.get_close_matches(word, list(words), n=1)
    return f" (did you mean {close[0]!r}?)" if close else ""


def _kind(value: Any) -> str:
    return "nothing" if value is None else f"{type(value).__name__} {value!r}"


class CoreSchemaLoader(yaml.SafeLoader):
    """PyYAML's safe loader with YAML 1.2's rules for what a plain word means."""


class _Loader(CoreSchemaLoader):
    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:
        seen: set[str] = set()
        for key, _ in node.value:
            if not isinstance(key, yaml.ScalarNode):
                raise yaml.constructor.ConstructorError(None, None, "a key is a word or a number", key.start_mark)
            if key.value in seen:
                problem = f"the key {key.value!r} is written twice"
                raise yaml.constructor.ConstructorError(None, None, problem, key.start_mark)
            seen.add(key.value)
        return super().construct_mapping(node, deep)


# The core schema of YAML 1.2 (section 10.3.2), with the characters each form can start with.
_CORE_SCHEMA = (
    ("null", r"~|null|Null|NULL|", ["~", "n", "N", ""]),
    ("bool", r"true|True|TRUE|false|False|FALSE", list("tTfF")),
    ("int", r"[-+]?[0-9]+|0o[0-7]+|0x[0-9a-fA-F]+", list("-+0123456789")),
    ("float", r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?|[-+]?\.(inf|Inf|INF)|\.(nan|NaN|NAN)",
     list("-+.0123456789")),
)
CoreSchemaLoader.yaml_implicit_resolvers = {}
for _tag, _pattern, _first in _CORE_SCHEMA:
    CoreSchemaLoader.add_implicit_resolver(f"tag:yaml.org,2002:{_tag}", re.compile(rf"^(?:{_pattern})$"), _first)


def _construct_int(loader: yaml.SafeLoader, node: yaml.ScalarNode) -> int:
    text = str(loader.construct_scalar(node))
    return int(text, {"0x": 16, "0o": 8}.get(text[:2], 10))     # PyYAML would read 010 as eight


_Loader.add_constructor("tag:yaml.org,2002:int", _construct_int)
