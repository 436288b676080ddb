"""Rules about what pictures, sweeps and headings tell together, over the whole set: mirrored and foreign pictures,
exchanged channels, headings that are wrong in every row alike.

Each row and each frame agrees with itself there; only light, shapes and contours contradict.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterable, Iterator

import numpy as np

from simgen.verify.contours import STEPS_ASIDE, Contours
from simgen.verify.facing import End
from simgen.verify.geometry import Array
from simgen.verify.rules import Problem, Rule, rule
from simgen.verify.sets import DatasetFiles

STEP_DEG = 0.32
CONTOUR_POINTS = 250
MIRRORED_FROM, MOVED_FROM, AS_GIVEN_SHARE = 4.0, 6.0, 0.4
"""Standard deviations by which edges under contours stand out: of 69 good recordings of two or three frames each the
mirrored picture's reached 2.0, the picture's own 2.1 to 17.9; mirrored and elsewhere chance reached 4.5."""
MOVED_STEPS = 3
NOWHERE_FRAMES, NOWHERE_POINTS, NOWHERE = 20, 1500, 1.5
COLOUR_FRAMES, COLOUR_SHARE = 4, 0.8
LEAVES_BLUE, SKY_REDDER = -0.08, 0.15
"""Logarithms of red over blue. In good recordings leaves have +0.06 and more, and the sky 0.07 less at least."""
TURNED_LEAST, TURNED_TIMES = 5, 3
END_SIZES, END_HIGHER = 3, 0.1
"""So many vehicles of different sizes are needed at either end. Bonnets end at 0.44 to 0.65 of a car's height, its
other end at 0.6 to 0.9."""


@rule("set.contours", "error", "the picture has edges where the sweep sees things end, taken together",
      needs=("calib", "points", "pixels"))
def contours(data: DatasetFiles) -> Iterator[Problem]:
    known = [summary.contours for summary in data.frames.values() if summary.contours is not None]
    points = sum(each.points for each in known)
    if points < CONTOUR_POINTS:
        return
    given, mirrored = _together(known)
    own, other = _score(given, 0), _score(mirrored, 0)
    steps = max(_farther(), key=lambda step: float(given[:, given.shape[1] // 2 + step].mean()))
    moved = _score(given, steps)
    file = f"{data.prefix}{'image_2' if data.listing.stems else 'image_02'}"
    if other >= MIRRORED_FROM and own < AS_GIVEN_SHARE * other:
        yield Problem(
            file, f"the pictures are mirrored, or left and right are exchanged in sweeps and calibration: by {points}"
            f" contours the mirrored pictures agree with the sweeps ({other:.1f} standard deviations), these do not"
            f" ({own:.1f})",
        )
    elif moved >= MOVED_FROM and own < AS_GIVEN_SHARE * moved:
        yield Problem(
            file, f"what the sweeps show lies about {abs(steps) * STEP_DEG:.1f}° farther to the"
            f" {'right' if steps > 0 else 'left'} in the pictures, by {points} contours (calibration, or another"
            " frame's pictures?)",
        )
    elif len(known) >= NOWHERE_FRAMES and points >= NOWHERE_POINTS and own < NOWHERE:
        yield Problem(
            file, f"pictures and sweeps have nothing in common, by {points} contours of {len(known)} frames (other"
            " frames' pictures, or a wrong calibration?)",
            severity="warning",
        )


def _together(known: Iterable[Contours]) -> Array:
    """(2, 7, 31) the strength under the contours of all frames, each by as many as it has."""
    each = [(one.points, one.strength / max(float(one.strength.mean()), 1e-6)) for one in known]
    total: Array = np.sum([points * strength for points, strength in each], axis=0)
    return total / sum(points for points, _ in each)


def _farther() -> list[int]:
    return [step for step in range(-STEPS_ASIDE + 1, STEPS_ASIDE) if abs(step) >= MOVED_STEPS]


def _score(strength: Array, step: int) -> float:
    """By how many standard deviations edges near one place to the right stand out from those everywhere else."""
    middle = strength.shape[1] // 2 + step
    away = np.abs(np.arange(strength.shape[1]) - middle)
    elsewhere = strength[:, away > MOVED_STEPS]
    row = strength.shape[0] // 2
    here = strength[row - 1 : row + 2, away <= 1].max()
    return float((here - elsewhere.mean()) / max(float(elsewhere.std()), 1e-6))


@rule("set.colours", "warning", "leaves are redder than the sky above them, taken together", needs=("pixels",))
def colours(data: DatasetFiles) -> Iterator[Problem]:
    known = [s.colours for s in data.frames.values() if s.colours is not None and all(map(math.isfinite, s.colours))]
    if len(known) < COLOUR_FRAMES:
        return
    leaves, sky = np.array(known).T
    if np.median(leaves) < LEAVES_BLUE and np.mean(sky - leaves > SKY_REDDER) >= COLOUR_SHARE:
        yield Problem(
            f"{data.prefix}{'image_2' if data.listing.stems else 'image_02'}",
            f"in {len(known)} pictures leaves are blue ({math.exp(-float(np.median(leaves))):.1f} times as blue as red)"
            f" and the sky is redder than they are; red and blue seem to be exchanged",
        )


@rule("set.yaw", "error", "returns lie along the boxes they are in, taken together",
      needs=("labels", "calib", "points"))
def yaw(data: DatasetFiles) -> Iterator[Problem]:
    facing = [summary.facing for summary in data.frames.values()]
    for votes, what in (
        ([one.axes for one in facing], "rotation_y is wrong by 90°"),
        ([one.signs for one in facing], "the sign of rotation_y is wrong"),
    ):
        right, wrong = (sum(vote[i] for vote in votes) for i in (0, 1))
        if wrong >= TURNED_LEAST and wrong > TURNED_TIMES * right:
            yield Problem(
                _labels(data), f"{what}: so the returns of {wrong} near objects fit better into their boxes;"
                f" those of {right} fit as they are",
            )
            return


@rule("set.front", "warning", "cars are lower at their front than at their back, taken together",
      needs=("labels", "calib", "points"))
def front(data: DatasetFiles) -> Iterator[Problem]:
    ends = [end for summary in data.frames.values() for end in summary.facing.ends]
    fronts, backs = (_heights(end for end in ends if end.is_front is is_front) for is_front in (True, False))
    if min(len(fronts), len(backs)) < END_SIZES:
        return
    if np.median(fronts) > np.median(backs) + END_HIGHER:
        yield Problem(
            _labels(data), f"the fronts of {len(fronts)} cars reach {np.median(fronts):.0%} of their height, the backs"
            f" of {len(backs)} cars {np.median(backs):.0%}: headings seem to be turned by 180°",
        )


def _heights(ends: Iterable[End]) -> list[float]:
    """One height for each size of vehicle: the same car in many frames counts once."""
    by_size: dict[tuple[float, float, float], list[float]] = defaultdict(list)
    for end in ends:
        by_size[end.size].append(end.height)
    return [float(np.median(heights)) for heights in by_size.values()]


def _labels(data: DatasetFiles) -> str:
    return f"{data.prefix}{'label_2' if data.listing.stems else 'label_02'}"


RULES: tuple[Rule[DatasetFiles], ...] = (contours, colours, yaw, front)
