"""Rules about label files as text and as numbers: columns, ranges, placeholders, sizes, viewing angle.

The official evaluator and most trainers read these files with ``sscanf`` or ``split(" ")`` and no checks, so
a small deviation does not fail there: it shifts columns and spoils a training run without a message.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterator

from simgen.verify.frames import FrameFiles
from simgen.verify.geometry import wrap
from simgen.verify.rules import Problem, Rule, rule
from simgen.verify.texts import Row, number

COLUMNS = 15
KITTI_TYPES = ("Car", "Van", "Truck", "Pedestrian", "Person_sitting", "Cyclist", "Tram", "Misc", "DontCare")
DONT_CARE_NUMBERS = (-1.0, -1.0, -10.0, -1.0, -1.0, -1.0, -1000.0, -1000.0, -1000.0, -10.0)
"""Columns 2–4 and 9–15 of a DontCare row."""

ROUNDING = 0.0051
"""Half a unit of the second decimal, which is what KITTI's own files keep."""

ALPHA_TOLERANCE_RAD = 0.02
HAND_MADE_ALPHA_TOLERANCE_RAD = 0.06
"""KITTI's own rows differ by up to 0.03 where a car is cut off by the picture's edge."""

SIZE_RANGES_M: dict[str, tuple[tuple[float, float], tuple[float, float], tuple[float, float]]] = {
    "Car": ((1.0, 2.6), (1.2, 2.7), (2.2, 6.9)),
    "Van": ((1.3, 3.5), (1.4, 3.0), (3.0, 8.0)),
    "Truck": ((1.5, 5.0), (1.5, 4.2), (3.0, 25.0)),
    "Bus": ((2.2, 5.0), (2.0, 4.2), (4.0, 25.0)),
    "Tram": ((2.2, 5.0), (1.8, 4.0), (5.0, 80.0)),
    "Pedestrian": ((0.15, 2.4), (0.1, 2.2), (0.1, 2.2)),
    "Person_sitting": ((0.5, 1.8), (0.2, 1.6), (0.2, 2.0)),
    "Cyclist": ((0.9, 2.4), (0.2, 1.4), (0.9, 2.8)),
    "Motorcycle": ((0.8, 2.4), (0.2, 1.4), (1.2, 3.2)),
    "Animal": ((0.1, 3.2), (0.05, 2.2), (0.15, 4.0)),
    "Misc": ((0.02, 8.0), (0.05, 8.0), (0.05, 80.0)),
}
"""Least and largest height, width and length by type: real data and CARLA's vehicles, with room."""
ANY_SIZE_RANGE_M = ((0.05, 8.0), (0.05, 8.0), (0.05, 80.0))


def _lines(frame: FrameFiles) -> Iterator[tuple[str, str]]:
    """(path with line number, line) of the frame's label rows."""
    for n, line in frame.lines:
        yield f"{frame.path('label_2')}:{n}", line


@rule(
    "label.columns",
    "error",
    "a label row has 15 columns and every row ends with a line feed",
    needs=("object", "labels"),
)
def columns(frame: FrameFiles) -> Iterator[Problem]:
    for file, line in _lines(frame):
        count = len(line.split())
        if count != COLUMNS:
            hint = "; the 16th is a detector's score, which labels do not have" if count == COLUMNS + 1 else ""
            yield Problem(file, f"the row has {count} columns, expected {COLUMNS}{hint}")
    if frame.label_text and not frame.label_text.endswith("\n"):
        yield Problem(frame.path("label_2"), "the last row does not end with a line feed")


@rule(
    "label.spacing",
    "error",
    "columns are separated by exactly one space, with none at the ends and no blank rows",
    needs=("labels",),
)
def spacing(frame: FrameFiles) -> Iterator[Problem]:
    for file, line in _lines(frame):
        if line != " ".join(line.split()) or not line:
            yield Problem(file, "the row is blank, or has a tab, a double space, or a space at its end")
    if "\r" in (frame.label_text or ""):
        yield Problem(frame.path("label_2"), "the file has carriage returns; lines must end with a line feed alone")


@rule("label.number", "error", "the columns after the type are finite decimal numbers", needs=("labels",))
def numbers(frame: FrameFiles) -> Iterator[Problem]:
    for file, line in _lines(frame):
        first = frame.leading + 1
        for column, token in enumerate(line.split()[first : first + COLUMNS - 1], first + 1):
            if number(token) is None:
                yield Problem(file, f"column {column} is '{token}', which is not a finite decimal number")


@rule(
    "label.type",
    "error",
    "a type is one word that differs from KITTI's own types by more than upper and lower case",
    needs=("labels",),
)
def types(frame: FrameFiles) -> Iterator[Problem]:
    own = {name.lower(): name for name in KITTI_TYPES}
    for file, line in _lines(frame):
        word = "".join(line.split()[frame.leading : frame.leading + 1])
        if not re.fullmatch(r"[A-Za-z][A-Za-z0-9_]*", word):
            yield Problem(file, f"the type '{word}' is not one word of letters, digits and underscores")
        elif own.get(word.lower(), word) != word:
            yield Problem(file, f"the type '{word}' differs from '{own[word.lower()]}' only by case")


@rule("label.occlusion", "error", "occlusion is written as one of the integers 0, 1, 2, 3", needs=("labels",))
def occlusion(frame: FrameFiles) -> Iterator[Problem]:
    for file, line in _lines(frame):
        tokens = line.split()[frame.leading :]
        if len(tokens) == COLUMNS and tokens[0] != "DontCare" and tokens[2] not in ("0", "1", "2", "3"):
            yield Problem(file, f"occlusion is '{tokens[2]}'; readers parse it as an integer 0, 1, 2 or 3")


@rule("label.truncation", "error", "truncation lies in 0…1", needs=("object", "labels"))
def truncation(frame: FrameFiles) -> Iterator[Problem]:
    for row in frame.object_rows:
        if not 0.0 <= row.truncation <= 1.0:
            yield Problem(frame.row_path(row), f"truncation is {row.truncation:g}, outside 0…1")


@rule("label.angle", "error", "alpha and rotation_y lie in −π…π", needs=("labels",))
def angles(frame: FrameFiles) -> Iterator[Problem]:
    for row in frame.object_rows:
        for name, value in (("alpha", row.alpha_rad), ("rotation_y", row.box.yaw_rad)):
            if abs(value) > math.pi + ROUNDING:
                hint = " (degrees?)" if abs(value) > 2 * math.pi else ""
                yield Problem(frame.row_path(row), f"{name} is {value:g}, outside −π…π{hint}")


@rule(
    "label.dont_care",
    "error",
    "DontCare rows come last and hold KITTI's placeholders",
    needs=("object", "labels"),
)
def dont_care(frame: FrameFiles) -> Iterator[Problem]:
    seen = False
    for row in frame.rows:
        if row.is_object:
            if seen:
                yield Problem(
                    frame.row_path(row),
                    f"a {row.type} row follows a DontCare row; two trainers then assign wrong boxes",
                )
            continue
        seen = True
        box = row.box
        found = (
            row.truncation,
            row.occlusion,
            row.alpha_rad,
            box.height_m,
            box.width_m,
            box.length_m,
            *box.bottom_m,
            box.yaw_rad,
        )
        if found != DONT_CARE_NUMBERS:
            yield Problem(frame.row_path(row), "a DontCare row must read -1 -1 -10 … -1 -1 -1 -1000 -1000 -1000 -10")


@rule("label.size", "error", "height, width and length are plausible for the type", needs=("labels",))
def sizes(frame: FrameFiles) -> Iterator[Problem]:
    for row in frame.object_rows:
        ranges = SIZE_RANGES_M.get(row.type, ANY_SIZE_RANGE_M)
        found = (row.box.height_m, row.box.width_m, row.box.length_m)
        wrong = [
            f"{name} {value:g} m is outside {low:g}…{high:g} m"
            for name, value, (low, high) in zip(("height", "width", "length"), found, ranges, strict=True)
            if not low <= value <= high
        ]
        if wrong:
            yield Problem(frame.row_path(row), f"{row.type}: {', '.join(wrong)}; the order is height width length")


@rule("label.alpha", "error", "alpha is rotation_y − atan2(x, z)", needs=("labels",))
def alpha(frame: FrameFiles) -> Iterator[Problem]:
    tolerance = ALPHA_TOLERANCE_RAD if frame.ours else HAND_MADE_ALPHA_TOLERANCE_RAD
    for row in frame.object_rows:
        expected = _expected_alpha(row)
        if abs(wrap(row.alpha_rad - expected)) > tolerance:
            yield Problem(
                frame.row_path(row),
                f"alpha is {row.alpha_rad:.3f}, but rotation_y − atan2(x, z) is {expected:.3f}",
            )


def _expected_alpha(row: Row) -> float:
    x, _, z = row.box.bottom_m
    return wrap(row.box.yaw_rad - math.atan2(x, z))


RULES: tuple[Rule[FrameFiles], ...] = (
    columns,
    spacing,
    numbers,
    types,
    occlusion,
    truncation,
    angles,
    dont_care,
    sizes,
    alpha,
)
