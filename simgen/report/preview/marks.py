"""What a preview is made of: polygons, lines and words at pixels, whatever draws them in the end.

Pixels count from the sheet's top left corner, y downwards. Colours are "#rrggbb".
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal, TypeAlias

import numpy as np
from numpy.typing import ArrayLike, NDArray

Floats = NDArray[np.float64]
Anchor = Literal["start", "middle", "end"]

EM_SHARE = 0.58             # mean width of a letter of the sans-serif used, by its size


@dataclass(frozen=True, slots=True)
class Box:
    """A rectangle of the sheet."""

    left: float
    top: float
    width: float
    height: float

    @property
    def right(self) -> float:
        return self.left + self.width

    @property
    def bottom(self) -> float:
        return self.top + self.height

    @property
    def outline(self) -> Floats:
        """(4, 2) corners."""
        return np.array([(self.left, self.top), (self.right, self.top), (self.right, self.bottom),
                         (self.left, self.bottom)])

    def inset(self, by: float) -> Box:
        """So much smaller on every side."""
        return Box(self.left + by, self.top + by, self.width - 2 * by, self.height - 2 * by)

    def holds(self, x: float, y: float) -> bool:
        return self.left <= x <= self.right and self.top <= y <= self.bottom

    def overlaps(self, other: Box) -> bool:
        return (self.left < other.right and other.left < self.right
                and self.top < other.bottom and other.top < self.bottom)


@dataclass(frozen=True, eq=False, slots=True)
class Shape:
    """A polygon (closed) or a line through points (N, 2). dash: lengths of dashes and gaps. hint: said on hovering."""

    points: Floats
    fill: str | None = None
    stroke: str | None = None
    width: float = 1.0
    dash: tuple[float, ...] = ()
    opacity: float = 1.0
    closed: bool = True
    hint: str = ""


@dataclass(frozen=True, slots=True)
class Words:
    """A line of text whose baseline begins (or has its middle, or ends) at x, y. halo: colour of a rim round it."""

    text: str
    x: float
    y: float
    size: float = 12.0
    color: str = "#1f2933"
    anchor: Anchor = "start"
    bold: bool = False
    halo: str | None = None

    @property
    def box(self) -> Box:
        """About where it is."""
        width = text_width(self.text, self.size, self.bold)
        left = self.x - {"start": 0.0, "middle": 0.5, "end": 1.0}[self.anchor] * width
        return Box(left, self.y - 0.8 * self.size, width, self.size)


Mark: TypeAlias = "Shape | Words"


@dataclass(frozen=True, eq=False, slots=True)
class Mover:
    """Something that moves: its shapes as they are at the origin, heading along +x, and where it is.

    poses: (T, 3) x, y in pixels and heading in radians, clockwise as y points down, at ``times_s`` (T,).
    in_stills: whether pictures show it too, or only pages in which it moves.
    """

    name: str
    shapes: tuple[Shape, ...]
    times_s: Floats
    poses: Floats
    in_stills: bool = True

    def at(self, time_s: float) -> tuple[Shape, ...]:
        """Its shapes where it is at a time."""
        x, y, turn = (float(np.interp(time_s, self.times_s, column)) for column in self.poses.T)
        c, s = np.cos(turn), np.sin(turn)
        spin = np.array([[c, s], [-s, c]])
        return tuple(
            Shape(shape.points @ spin + (x, y), shape.fill, shape.stroke, shape.width, shape.dash, shape.opacity,
                  shape.closed, shape.hint or self.name)
            for shape in self.shapes
        )


@dataclass(frozen=True, eq=False, slots=True)
class Layer:
    """Marks from the lowest up, then things that move; cut off at ``clip``."""

    marks: tuple[Mark, ...] = ()
    movers: tuple[Mover, ...] = ()
    clip: Box | None = None


@dataclass(frozen=True, eq=False, slots=True)
class Sheet:
    """Everything on a page. span_s: from when to when its movers move."""

    width: float
    height: float
    background: str
    layers: tuple[Layer, ...]
    span_s: tuple[float, float] = (0.0, 0.0)
    title: str = ""
    about: str = ""


@dataclass(slots=True)
class Room:
    """Where words may still go, so that none lies on another."""

    within: Box
    taken: list[Box] = field(default_factory=list)

    def keep(self, box: Box) -> None:
        self.taken.append(box)

    def place(self, options: list[Words]) -> Words | None:
        """The first of these that fits, which then takes its room; None if none does."""
        for words in options:
            box = words.box.inset(-1.5)
            whole = self.within.holds(box.left, box.top) and self.within.holds(box.right, box.bottom)
            if whole and not any(box.overlaps(other) for other in self.taken):
                self.taken.append(box)
                return words
        return None


def text_width(text: str, size: float, bold: bool = False) -> float:
    """About how wide a text is, in pixels."""
    return len(text) * size * EM_SHARE * (1.12 if bold else 1.0)


def shortened(text: str, size: float, width: float) -> str:
    """The text, or as much of its beginning as fits."""
    if text_width(text, size) <= width:
        return text
    return text[: max(int(width / (size * EM_SHARE)) - 1, 1)].rstrip(" ,·") + "…"


def line(
    points: ArrayLike, color: str, width: float = 1.0, dash: tuple[float, ...] = (), opacity: float = 1.0
) -> Shape:
    """An open line."""
    return Shape(np.asarray(points, dtype=np.float64), None, color, width, dash, opacity, closed=False)


def circle(x: float, y: float, radius: float, fill: str | None, stroke: str | None = None, width: float = 1.0,
           hint: str = "") -> Shape:
    angles = np.linspace(0.0, 2.0 * np.pi, 24, endpoint=False)
    ring = np.column_stack([x + radius * np.cos(angles), y + radius * np.sin(angles)])
    return Shape(ring, fill, stroke, width, hint=hint)


def diamond(x: float, y: float, radius: float, fill: str, stroke: str, hint: str = "") -> Shape:
    """Something passes something."""
    points = np.array([(x, y - radius), (x + radius, y), (x, y + radius), (x - radius, y)])
    return Shape(points, fill, stroke, 2.0, hint=hint)


def star(x: float, y: float, radius: float, fill: str, stroke: str, hint: str = "") -> Shape:
    """Of eight points: something hits something."""
    angles = np.arange(16) * np.pi / 8 - np.pi / 2
    radii = np.where(np.arange(16) % 2 == 0, radius, radius * 0.45)
    points = np.column_stack([x + radii * np.cos(angles), y + radii * np.sin(angles)])
    return Shape(points, fill, stroke, 1.2, hint=hint)
