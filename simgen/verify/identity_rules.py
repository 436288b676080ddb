"""Rules about track ids over time: an object keeps its id, and an id stays with its object.

Everything is judged in the camera's own axes between neighbouring frames. The ego's motion moves all objects alike,
so it neither makes one object lie where another was, nor swaps two.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from functools import lru_cache
from statistics import median

from simgen.verify.rules import Problem, Rule, rule
from simgen.verify.sequences import Sequence
from simgen.verify.texts import Row, parse_row

SAME_OBJECT_M = 3.0
"""An object is less than this away from where it was a tenth of a second ago, seen from a car that moves as well."""
RENAMED_LEAST = 6
SWAP_LEAST_M, SWAP_SHARE = 0.5, 0.4
"""Two ids are swapped if each object lies where the other one was, much nearer than to its own former place. Motion
that is common to both cannot look like it: it takes at least one of them away from the other's place."""
JUMP_M, JUMP_TIMES = 10.0, 4.0
"""Two cars that meet at 180 km/h each come nearer by 10 m in a tenth of a second."""


@lru_cache(maxsize=8)
def _tracks_by_frame(sequence: Sequence) -> Mapping[int, Mapping[int, Row]]:
    """The rows with a track id, by frame and id."""
    found: dict[int, dict[int, Row]] = {}
    for frame, lines in sequence.by_frame.items():
        rows = (parse_row(line, n, leading=2) for n, line in lines)
        found[frame] = {row.track: row for row in rows if row is not None and row.is_object and row.track is not None}
    return found


def _pairs(sequence: Sequence) -> Iterator[tuple[int, Mapping[int, Row], Mapping[int, Row]]]:
    """(frame, its rows, the next frame's rows) of neighbouring frames that both have rows, in order."""
    frames = _tracks_by_frame(sequence)
    for frame in sorted(frames):
        if frame + 1 in frames:
            yield frame, frames[frame], frames[frame + 1]


def _apart(a: Row, b: Row) -> float:
    return math.hypot(a.box.bottom_m[0] - b.box.bottom_m[0], a.box.bottom_m[2] - b.box.bottom_m[2])


@rule("track.life", "error", "an object keeps its track id from frame to frame", needs=("tracking", "labels"))
def life(sequence: Sequence) -> Iterator[Problem]:
    kept = renamed = 0
    example: tuple[int, Row, Row] | None = None
    for frame, now, after in _pairs(sequence):
        kept += len(now.keys() & after.keys())
        gone = [row for track, row in now.items() if track not in after]
        new = [row for track, row in after.items() if track not in now]
        for old, fresh in _nearest_pairs(gone, new):
            renamed += 1
            example = example or (frame, old, fresh)
    if example is not None and renamed >= RENAMED_LEAST and renamed > kept:
        frame, old, fresh = example
        yield Problem(
            f"{sequence.path('label_02')}:{fresh.line}",
            f"{renamed} times an object stays and its id changes, {kept} times it keeps its id; the first is the"
            f" {old.type} {old.track} of frame {frame}, then {fresh.track} (ids counted per frame?)",
            f"{sequence.name}/{frame + 1:06d}",
        )


def _nearest_pairs(gone: list[Row], new: list[Row]) -> Iterator[tuple[Row, Row]]:
    """Pairs of one type that are each other's nearest, within ``SAME_OBJECT_M``."""
    for old in gone:
        nearest = min((row for row in new if row.type == old.type), key=lambda row: _apart(row, old), default=None)
        if nearest is None or _apart(nearest, old) > SAME_OBJECT_M:
            continue
        back = min((row for row in gone if row.type == old.type), key=lambda row: _apart(row, nearest))
        if back is old:
            yield old, nearest


@rule("track.jump", "error", "a track id stays with its object, which does not jump", needs=("tracking", "labels"))
def jump(sequence: Sequence) -> Iterator[Problem]:
    for frame, now, after in _pairs(sequence):
        common = sorted(now.keys() & after.keys())
        steps = {track: _apart(now[track], after[track]) for track in common}
        swapped: set[int] = set()
        for i, a in enumerate(common):
            for b in common[i + 1 :]:
                least = min(steps[a], steps[b])
                crossed = max(_apart(now[a], after[b]), _apart(now[b], after[a]))
                if least > SWAP_LEAST_M and crossed < SWAP_SHARE * least:
                    swapped |= {a, b}
                    yield _jump(
                        sequence, frame, after[a],
                        f"tracks {a} ({after[a].type}) and {b} ({after[b].type}) stand where the other one stood a"
                        f" frame before, {least:.1f} m away: their ids are swapped",
                    )
        usual = median(steps.values()) if steps else 0.0
        for track in common:
            if track not in swapped and steps[track] > max(JUMP_M, JUMP_TIMES * usual):
                yield _jump(
                    sequence, frame, after[track],
                    f"track {track} ({after[track].type}) lies {steps[track]:.1f} m from where it was a frame before"
                    " (an id that was given to another object?)",
                )


def _jump(sequence: Sequence, frame: int, row: Row, sentence: str) -> Problem:
    return Problem(f"{sequence.path('label_02')}:{row.line}", sentence, f"{sequence.name}/{frame + 1:06d}")


RULES: tuple[Rule[Sequence], ...] = (life, jump)
