"""Rectangles of a pixel grid, and the part of a camera's picture that a silhouette sensor counts."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from simgen.localsim.errors import Refused


class Rect(NamedTuple):
    """Pixels from (left, top) up to but without (right, bottom). Empty if it has no width or no height."""

    left: int
    top: int
    right: int
    bottom: int

    @property
    def width(self) -> int:
        return max(self.right - self.left, 0)

    @property
    def height(self) -> int:
        return max(self.bottom - self.top, 0)

    @property
    def area(self) -> int:
        return self.width * self.height

    def within(self, other: Rect) -> Rect:
        """What both share."""
        return Rect(max(self.left, other.left), max(self.top, other.top),
                    min(self.right, other.right), min(self.bottom, other.bottom))

    def grown(self, margin: int) -> Rect:
        """Larger by a margin on all sides."""
        return Rect(self.left - margin, self.top - margin, self.right + margin, self.bottom + margin)

    def without(self, hole: Rect) -> list[Rect]:
        """The rest when another rectangle is cut out: up to four pieces that do not overlap."""
        cut = self.within(hole)
        if cut.area == 0:
            return [self] if self.area else []
        pieces = (
            Rect(self.left, self.top, self.right, cut.top), Rect(self.left, cut.bottom, self.right, self.bottom),
            Rect(self.left, cut.top, cut.left, cut.bottom), Rect(cut.right, cut.top, self.right, cut.bottom),
        )
        return [piece for piece in pieces if piece.area]


def window_of(attributes: Mapping[str, str]) -> Rect:
    """The window of a sensor's attributes; a width or height of 0 means all of the picture on that side.

    Raises ``Refused`` if it is not inside the picture.
    """
    sides = []
    for side, begin_key, length_key in (("x", "window_left", "window_width"), ("y", "window_top", "window_height")):
        size, begin, length = (int(attributes[key]) for key in (f"image_size_{side}", begin_key, length_key))
        end = begin + length if length else size
        if not begin < end <= size:
            raise Refused(f"{begin_key}={begin} with {length_key}={length} is not inside image_size_{side}={size}")
        sides.append((begin, end))
    (left, right), (top, bottom) = sides
    return Rect(left, top, right, bottom)
