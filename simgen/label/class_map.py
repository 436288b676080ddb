"""Which dataset type an object gets, which objects get no row, and which become DontCare.

A class map is a list of patterns and types. A pattern is a blueprint id ("vehicle.tesla.model3") or a species
("moose"), in which ``*`` stands for anything, or one of simgen's own class words ("bus", "pedestrian"). Of all
patterns that match an object the longest wins, ``*`` not counted; a class word yields to any pattern but a bare
``*``. What no pattern matches keeps the type of the shipped map "kitti".
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, fields
from functools import cache
from pathlib import Path
from typing import Any, TypeAlias

from sensors.yaml12 import did_you_mean, load_yaml
from simgen.errors import RequestError
from simgen.label.tables import class_words, known_names

Rule: TypeAlias = "tuple[str, str | None]"      # pattern and type; None: no row

KITTI_TYPES = ("Car", "Van", "Truck", "Pedestrian", "Person_sitting", "Cyclist", "Tram", "Misc")
_FOLDER = Path(__file__).parent / "class_maps"
_WHERE = "output.classes"
_TYPE = re.compile(r"[A-Za-z][A-Za-z0-9_]*")
_PATTERN = re.compile(r"[a-z0-9_.*-]+")
_CLASS_WORD_RANK = 0.5      # between a bare * and a pattern with at least one letter


@dataclass(frozen=True, slots=True)
class Limits:
    """Which objects are too far, too small or too little seen: those that any of these limits names; by default none.

    range_m:           those farther from camera 0 than this.
    height_px:         those whose clipped 2D box is lower, unless it is as large as a square of this height: people who
                       lie on the road are wide.
    visible_fraction:  those of which a smaller share is visible; not those of which the share is not known.
    lidar_points:      those with fewer LiDAR returns.
    """

    range_m: float = math.inf
    height_px: float = 0.0
    visible_fraction: float = 0.0
    lidar_points: int = 0


@dataclass(frozen=True, slots=True)
class DontCareRules(Limits):
    """Which objects become DontCare: those that any of these rules names.

    range_m:           KITTI labels up to about 75 m.
    nearly_hidden_fraction, nearly_hidden_points: those of which a smaller share is visible (or it is not known) that
                       also have fewer returns.
    """

    range_m: float = 80.0
    height_px: float = 10.0
    nearly_hidden_fraction: float = 0.05
    nearly_hidden_points: int = 3


@dataclass(frozen=True, slots=True)
class ClassMap:
    """Rules in the order they were written: (pattern, type), type None for what gets no row.

    leave_out: what else gets no row, not even a DontCare.
    """

    rules: tuple[Rule, ...] = ()
    dont_care: DontCareRules = field(default_factory=DontCareRules)
    leave_out: Limits = field(default_factory=Limits)

    def type_of(self, blueprint: str, species: str | None, word: str) -> str | None:
        """The dataset type of an object, or None if it gets no row.

        Args:
            word: its class, from ``simgen.label.tables``.
        """
        names = (blueprint,) if species is None else (blueprint, species)
        for rules in (self.rules, _shipped_rules("kitti")):
            found = _best(rules, names, word)
            if found is not None:
                return found[1]
        raise ValueError(f"the class {word!r} has no type in class_maps/kitti.yaml")

    def notes(self) -> tuple[str, ...]:
        """A sentence for each pattern that matches nothing simgen knows; a server may know more."""
        known, words = known_names(), class_words()
        return tuple(
            f"{_WHERE}: the pattern {pattern!r} matches no blueprint and no species that simgen knows"
            f"{did_you_mean(pattern, sorted(known | words))}"
            for pattern, _ in self.rules
            if pattern not in words and not any(_matches(pattern, name) for name in known)
        )

    @classmethod
    def from_plan(cls, value: Mapping[str, Any]) -> ClassMap:
        """From a plan's ``output.classes``; a key that is missing has its default.

        Args:
            value: {"map": [[pattern, type], …] or {pattern: type}, "ignore": [pattern, …], "leave_out": {…},
                "dont_care": {…}}, the last two with the fields of ``Limits`` and of ``DontCareRules``.

        Raises:
            RequestError: ``output.classes.key: problem``, one sentence.
        """
        _check_keys(value, ("map", "ignore", "leave_out", "dont_care"), _WHERE)
        return cls(
            _rules(value, _WHERE),
            DontCareRules(**_limits(value.get("dont_care") or {}, DontCareRules, f"{_WHERE}.dont_care")),
            Limits(**_limits(value.get("leave_out") or {}, Limits, f"{_WHERE}.leave_out")),
        )

    @classmethod
    def shipped(cls, name: str) -> ClassMap:
        """A map that comes with simgen: "kitti" or "species".

        Raises:
            RequestError: if no such map is shipped; says which are.
        """
        if name not in shipped_names():
            names = shipped_names()
            raise RequestError(f"{_WHERE}: no class map is called {name!r}{did_you_mean(name, names)}; there are "
                               f"{', '.join(names)}, and any file that ends in .yaml")
        return cls(_shipped_rules(name))


def shipped_names() -> tuple[str, ...]:
    """Names of the class maps that come with simgen."""
    return tuple(sorted(path.stem for path in _FOLDER.glob("*.yaml")))


@cache
def _shipped_rules(name: str) -> tuple[Rule, ...]:
    path = _FOLDER / f"{name}.yaml"
    return _rules(load_yaml(path.read_text(encoding="utf-8")), path.name)


def _best(rules: Iterable[Rule], names: tuple[str, ...], word: str) -> Rule | None:
    """The rule with the longest match; of equal ones, the one that was written first."""
    best, best_rank = None, -1.0
    for rule in rules:
        pattern = rule[0]
        if any(_matches(pattern, name) for name in names):
            rank = float(len(pattern.replace("*", "")))
        elif pattern == word:
            rank = _CLASS_WORD_RANK
        else:
            continue
        if rank > best_rank:
            best, best_rank = rule, rank
    return best


def _matches(pattern: str, name: str) -> bool:
    return _expression(pattern).fullmatch(name) is not None


@cache
def _expression(pattern: str) -> re.Pattern[str]:
    return re.compile(".*".join(re.escape(part) for part in pattern.split("*")))


def _rules(value: Mapping[str, Any], where: str) -> tuple[Rule, ...]:
    """Patterns with types, then those to ignore. Raises RequestError."""
    entries, ignored = value.get("map") or {}, value.get("ignore") or ()
    if isinstance(ignored, str) or not isinstance(ignored, (list, tuple)):
        raise RequestError(f"{where}.ignore: expected a list of patterns, got {ignored!r}")
    pairs = list(entries.items()) if isinstance(entries, Mapping) else _pairs(entries, where)
    rules: list[Rule] = [(_pattern(pattern, f"{where}.map"), _type(name, f"{where}.map.{pattern}"))
                         for pattern, name in pairs]
    rules += [(_pattern(pattern, f"{where}.ignore"), None) for pattern in ignored]
    patterns = [pattern for pattern, _ in rules]
    twice = sorted({pattern for pattern in patterns if patterns.count(pattern) > 1})
    if twice:
        raise RequestError(f"{where}: the pattern {twice[0]!r} is given twice: name it once, in map or in ignore")
    return tuple(rules)


def _pairs(entries: Any, where: str) -> list[tuple[Any, Any]]:
    if not isinstance(entries, (list, tuple)) or any(
        not isinstance(entry, (list, tuple)) or len(entry) != 2 for entry in entries
    ):
        raise RequestError(f"{where}.map: expected a mapping of patterns to types, got {entries!r}")
    return [(entry[0], entry[1]) for entry in entries]


def _pattern(value: Any, where: str) -> str:
    if not isinstance(value, str) or not _PATTERN.fullmatch(value):
        raise RequestError(f"{where}: {value!r} is no pattern: write a blueprint id or a species, such as "
                           "vehicle.tesla.* or moose")
    return value


def _type(value: Any, where: str) -> str:
    if not isinstance(value, str) or not _TYPE.fullmatch(value):
        raise RequestError(f"{where}: {value!r} is no type: write one word of letters, digits and underscores")
    for reserved in (*KITTI_TYPES, "DontCare"):
        if value.lower() == reserved.lower() and value != reserved:
            raise RequestError(f"{where}: {value!r} differs from KITTI's {reserved!r} by case only, which readers take "
                               f"for the same: write {reserved}")
    if value == "DontCare":
        raise RequestError(f"{where}: DontCare is no type of an object: put the pattern into ignore, or set dont_care")
    return value


def _limits(value: Any, of: type[Limits], where: str) -> Mapping[str, Any]:
    """Checked values for fields of ``of``. Raises RequestError."""
    names = [field.name for field in fields(of)]
    if not isinstance(value, Mapping):
        raise RequestError(f"{where}: expected a mapping with any of {', '.join(names)}, got {value!r}")
    _check_keys(value, names, where)
    for key, number in value.items():
        if isinstance(number, bool) or not isinstance(number, (int, float)) or not number >= 0:
            raise RequestError(f"{where}.{key}: expected a number from 0 on, got {number!r}")
    for key in ("visible_fraction", "nearly_hidden_fraction"):
        if value.get(key, 0.0) > 1:
            raise RequestError(f"{where}.{key}: expected a share from 0 to 1, got {value[key]!r}")
    return value


def _check_keys(value: Mapping[str, Any], names: Iterable[str], where: str) -> None:
    for key in value:
        if key not in names:
            raise RequestError(f"{where}.{key}: unknown key{did_you_mean(str(key), list(names))}")
