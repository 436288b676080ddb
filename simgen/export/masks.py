"""Masks of objects from an instance picture, and COCO's run lengths."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations

import numpy as np
from numpy.typing import NDArray

_MOST_PARTS = 3         # a rider, a bicycle, and one more

PixelBox = tuple[int, int, int, int]       # left, top, right, bottom: first and last columns and rows that have a pixel


@dataclass(frozen=True, slots=True)
class Seen:
    """What is known of an object's own pixels: how many there are and the tight box round them."""

    pixels: int
    box: PixelBox


def find_masks(instance: NDArray[np.uint16], seen: Sequence[Seen]) -> tuple[tuple[int, ...], ...]:
    """Which values of an instance picture each object has; () where that cannot be told.

    An instance picture numbers objects by class, and does not say who they are. An object is recognised by the number
    of its pixels and the box round them; several values that differ in class may be one, as rider and bicycle are.

    Args:
        instance: (H, W) label id · 256 + number, number 0 for what is no instance.
    """
    parts = _parts(instance)
    taken: set[int] = set()
    found: list[tuple[int, ...]] = [()] * len(seen)
    for count in range(1, _MOST_PARTS + 1):
        for k, one in enumerate(seen):
            if not found[k]:
                free = [value for value in parts if value not in taken and _inside(parts[value].box, one.box)]
                fits = [some for some in combinations(free, count) if _is_whole([parts[v] for v in some], some, one)]
                if len(fits) == 1:
                    found[k] = fits[0]
                    taken.update(fits[0])
    return tuple(found)


def _parts(instance: NDArray[np.uint16]) -> dict[int, Seen]:
    """Each value that is an instance, by value."""
    rows, columns = np.nonzero(instance % 256)
    values = instance[rows, columns]
    order = np.argsort(values, kind="stable")
    rows, columns = rows[order], columns[order]
    known, start, count = np.unique(values[order], return_index=True, return_counts=True)
    if not len(known):
        return {}
    edges = [np.minimum.reduceat(columns, start), np.minimum.reduceat(rows, start),
             np.maximum.reduceat(columns, start), np.maximum.reduceat(rows, start)]
    boxes = np.stack(edges, axis=1).tolist()
    return {int(value): Seen(int(number), (box[0], box[1], box[2], box[3]))
            for value, number, box in zip(known, count, boxes, strict=True)}


def _inside(inner: PixelBox, outer: PixelBox) -> bool:
    return (inner[0] >= outer[0] and inner[1] >= outer[1]) and (inner[2] <= outer[2] and inner[3] <= outer[3])


def _is_whole(parts: Sequence[Seen], values: Sequence[int], one: Seen) -> bool:
    """Are these parts, each of another class, just the object's pixels?"""
    edges = np.array([part.box for part in parts])
    box = (*edges[:, :2].min(axis=0).tolist(), *edges[:, 2:].max(axis=0).tolist())
    classes = {value // 256 for value in values}
    return len(classes) == len(parts) and sum(part.pixels for part in parts) == one.pixels and box == one.box


def run_lengths(mask: NDArray[np.bool_]) -> list[int]:
    """COCO's uncompressed run lengths of a (H, W) mask: column by column, a run outside first."""
    flat = mask.ravel(order="F")
    changes = np.flatnonzero(flat[1:] != flat[:-1]) + 1
    borders = np.concatenate([[0], changes, [flat.size]])
    lengths = np.diff(borders).tolist()
    return [0, *lengths] if flat.size and flat[0] else list(lengths)


def rectangle_run_lengths(left: int, top: int, width: int, height: int, picture_height: int, picture_width: int
                          ) -> list[int]:
    """The same of a rectangle that lies inside the picture and has an area."""
    gap = picture_height - height
    if gap == 0:
        runs = [left * picture_height, width * height]
    else:
        runs = [left * picture_height + top, *([height, gap] * width)[:-1]]
    rest = picture_height * picture_width - sum(runs)
    return [*runs, rest] if rest else runs
