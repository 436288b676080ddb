"""Rules about the sequences of the tracking layout as a set: each has what its siblings have, and is listed."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import PurePosixPath

from simgen.verify.rules import Problem, Rule, rule
from simgen.verify.sequences import Sequence
from simgen.verify.sets import DatasetFiles
from simgen.verify.texts import integer

TEXTS = ("label_02", "calib", "oxts")
LISTS_ALL = ("", ".training", ".testing")
"""Endings of the lists that are meant to name every sequence; others, such as ``.val``, name a part."""


@rule("track.files", "error", "every sequence has the files and folders that its siblings have", needs=("tracking",))
def files(data: DatasetFiles) -> Iterator[Problem]:
    everything = _having((*data.sequences, *data.test_sequences))
    for sequences in (data.sequences, data.test_sequences):
        # One rig recorded both parts, but only one may have labels.
        labelled = _having(sequences).get("label_02", [])
        for kind, siblings in {**everything, "label_02": labelled}.items():
            for sequence in sequences:
                if siblings and kind not in sequence.kinds:
                    path = sequence.path(kind) if kind in TEXTS else sequence.stream_path(kind)
                    yield Problem(
                        path, f"sequence {sequence.name} has none, but {_some(siblings)} {_verb(siblings)}"
                    )
    for kind, path, cost in (
        ("calib", "calib", "3D boxes cannot be held against pictures and sweeps, nor be trained on"),
        ("image_2", "image_02", "2D boxes cannot be held against anything"),
    ):
        if data.sequences and kind not in _having(data.sequences):
            yield Problem(f"{data.prefix}{path}", f"no sequence has any; {cost}", severity="warning")


def _having(sequences: tuple[Sequence, ...]) -> dict[str, list[str]]:
    """Names of the sequences that have each kind of file or folder; no entry if none has it."""
    found: dict[str, list[str]] = {}
    for sequence in sequences:
        for kind in sequence.kinds:
            found.setdefault(kind, []).append(sequence.name)
    return found


def _some(names: list[str]) -> str:
    return ", ".join(names[:3]) + (f" and {len(names) - 3} more" if len(names) > 3 else "")


def _verb(names: list[str]) -> str:
    return "has" if len(names) == 1 else "have"


@rule(
    "track.seqmap",
    "error",
    "evaluate_tracking.seqmap names each sequence that exists, as 'NAME empty 000000 FRAMES'",
    needs=("tracking",),
)
def seqmap(data: DatasetFiles) -> Iterator[Problem]:
    for file, lines in data.seqmaps.items():
        ending = PurePosixPath(file).name.removeprefix("evaluate_tracking.seqmap")
        testing = file.startswith("testing/") or ending.startswith(".test")
        sequences = {one.name: one for one in (data.test_sequences if testing else data.sequences)}
        listed = set()
        for n, line in enumerate(lines, 1):
            words = line.split()
            if not words:
                continue
            if len(words) != 4 or integer(words[2]) is None or integer(words[3]) is None:
                yield Problem(f"{file}:{n}", f"'{line}' is not of the form '0000 empty 000000 000154'")
                continue
            listed.add(words[0])
            if words[0] not in sequences:
                yield Problem(f"{file}:{n}", f"there is no sequence {words[0]}")
                continue
            frames = sequences[words[0]].length
            if integer(words[2]) != 0 or integer(words[3]) != frames:
                yield Problem(
                    f"{file}:{n}",
                    f"the sequence is said to have frames {words[2]} to {words[3]} (the end not included), but it has"
                    f" 000000 to {frames:06d}",
                )
        missing = sorted(sequences.keys() - listed)
        if missing and ending in LISTS_ALL:
            yield Problem(file, f"sequence {_some(missing)} not listed, so never evaluated")


RULES: tuple[Rule[DatasetFiles], ...] = (files, seqmap)
