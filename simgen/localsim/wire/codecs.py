"""How one type travels in msgpack: a pair of functions, and ways to build bigger pairs from smaller ones.

``decode`` checks what it is given; a wrong shape is a ``Refused`` that says what was expected, since a client can be
told about it without harm to the connection.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from simgen.localsim.errors import Refused

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Codec(Generic[T]):
    """A type on the wire. ``name`` is how the documentation and error messages call it."""

    name: str
    decode: Callable[[Any], T]
    encode: Callable[[T], Any]


def _refuse(name: str, raw: object) -> Refused:
    shown = repr(raw)
    return Refused(f"expected {name}, got {shown if len(shown) <= 60 else shown[:57] + '...'}")


def _checked(name: str, *types: type) -> Callable[[Any], Any]:
    def decode(raw: Any) -> Any:
        # bool is an int in Python, but never on this wire.
        if not isinstance(raw, types) or (isinstance(raw, bool) and bool not in types):
            raise _refuse(name, raw)
        return raw

    return decode


def _real(raw: Any) -> float:
    # Not a number and infinity mean nothing in any call, and would spread through the world.
    if isinstance(raw, bool) or not isinstance(raw, int | float) or not math.isfinite(raw):
        raise _refuse("float", raw)
    return float(raw)


BOOL: Codec[bool] = Codec("bool", _checked("bool", bool), bool)
INT: Codec[int] = Codec("int", _checked("int", int), int)
FLOAT: Codec[float] = Codec("float", _real, float)
TEXT: Codec[str] = Codec("str", _checked("str", str), str)
BYTES: Codec[bytes] = Codec("bytes", _checked("bytes", bytes), bytes)


def _items(name: str, raw: Any, length: int | None) -> Sequence[Any]:
    if not isinstance(raw, list | tuple) or (length is not None and len(raw) != length):
        raise _refuse(name, raw)
    return raw


def array(item: Codec[T]) -> Codec[tuple[T, ...]]:
    """Any number of items, as a tuple."""
    name = f"[{item.name}]"
    return Codec(
        name,
        lambda raw: tuple(item.decode(each) for each in _items(name, raw, None)),
        lambda values: [item.encode(each) for each in values],
    )


def optional(item: Codec[T]) -> Codec[T | None]:
    """``[False]``, or ``[True, item]``."""
    name = f"optional<{item.name}>"

    def decode(raw: Any) -> T | None:
        items = _items(name, raw, None)
        if len(items) == 1 and items[0] is False:
            return None
        if len(items) == 2 and items[0] is True:
            return item.decode(items[1])
        raise _refuse(name, raw)

    return Codec(name, decode, lambda value: [False] if value is None else [True, item.encode(value)])


def wrapped(item: Codec[T]) -> Codec[T]:
    """A structure with a single field: a one-element array around it."""
    name = f"[{item.name}]"
    return Codec(name, lambda raw: item.decode(_items(name, raw, 1)[0]), lambda value: [item.encode(value)])


def fixed(*items: Codec[Any], name: str | None = None) -> Codec[tuple[Any, ...]]:
    """A fixed number of items of different types, as a tuple."""
    label = name or f"({', '.join(item.name for item in items)})"

    def decode(raw: Any) -> tuple[Any, ...]:
        values = _items(label, raw, len(items))
        return tuple(item.decode(each) for item, each in zip(items, values, strict=True))

    return Codec(
        label, decode, lambda values: [item.encode(each) for item, each in zip(items, values, strict=True)]
    )


def record(cls: Callable[..., T], **fields: Codec[Any]) -> Codec[T]:
    """A structure: an array of its fields, in the order they are given here, by the attribute names of ``cls``."""
    name = getattr(cls, "__name__", str(cls))
    names, codecs = tuple(fields), tuple(fields.values())

    def decode(raw: Any) -> T:
        values = _items(f"{name}({', '.join(names)})", raw, len(codecs))
        return cls(**{key: codec.decode(each) for key, codec, each in zip(names, codecs, values, strict=True)})

    def encode(value: T) -> list[Any]:
        return [codec.encode(getattr(value, key)) for key, codec in zip(names, codecs, strict=True)]

    return Codec(name, decode, encode)
