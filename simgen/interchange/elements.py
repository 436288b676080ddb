"""XML elements in one expression, and numbers as text that is the same on every machine."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from xml.etree import ElementTree
from xml.etree.ElementTree import Element

_DECIMALS = 6       # micrometres, microseconds, microradians


def number(value: float) -> str:
    """Six decimals at most, no exponent, no negative zero. Raises ValueError for what is not finite."""
    if not math.isfinite(value):
        raise ValueError(f"{value} cannot be written as a number")
    text = f"{value:.{_DECIMALS}f}".rstrip("0").rstrip(".")
    return "0" if text == "-0" else text


def element(tag: str, *children: Element, **attributes: str | float) -> Element:
    """An element with its attributes, in the order given, and its children. Booleans become "true" and "false"."""
    made = Element(tag, {name: _text(value) for name, value in attributes.items()})
    made.extend(children)
    return made


def properties(values: Mapping[str, str | float]) -> Element:
    """OpenSCENARIO's ``Properties``: what a reader may use and need not know."""
    return element("Properties", *(element("Property", name=name, value=value) for name, value in values.items()))


def identifier(name: str) -> str:
    """A name that OpenSCENARIO can refer to: ``$`` begins a parameter there, ``::`` and ``/`` separate parts of paths.

    Letters, digits, ``_``, ``-`` and ``.`` stay, everything else becomes ``_``. Roles are so already.
    """
    return re.sub(r"[^A-Za-z0-9_.-]", "_", name)


def to_bytes(root: Element) -> bytes:
    """The document in UTF-8, indented, with declaration and closing line break."""
    ElementTree.indent(root, "  ")
    return bytes(ElementTree.tostring(root, encoding="utf-8", xml_declaration=True)) + b"\n"


def _text(value: str | float) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return value if isinstance(value, str) else number(value)
