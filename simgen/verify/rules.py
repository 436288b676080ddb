"""What a rule is: an id, a severity, one sentence, what it looks at, and a pure function that yields what breaks it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Generic, TypeVar

from simgen.verify.findings import Finding, Severity

Subject = TypeVar("Subject")

PARTS: dict[str, str] = {
    "object": "frames in the object layout (label_2)",
    "tracking": "sequences in the tracking layout (label_02)",
    "shards": "episodes in tars (shards)",
    "labels": "label files",
    "calib": "calibration files",
    "picture": "pictures (image_2)",
    "pair": "pictures of both cameras (image_2 and image_3)",
    "pixels": "pictures (image_2)",
    "sweep": "sweeps (velodyne)",
    "points": "sweeps (velodyne)",
    "point_labels": "velodyne_label",
    "causes": "velodyne_cause",
    "clean": "velodyne_clean",
    "depth": "depth_2",
    "semantic": "semantic",
    "instance": "instance",
    "planes": "planes",
    "objects": "side files (objects)",
    "silhouettes": "silhouettes in side files",
    "numbered": "track numbers in side files",
    "tracks": "names of objects over time (side files or track ids)",
    "ego": "the ego's poses in side files",
    "oxts": "oxts",
    "splits": "ImageSets",
    "testing": "testing",
    "records": "episode records",
    "bytes": "checksums",
}
"""The parts of a dataset that rules look at, by the word in ``Rule.needs``."""

OPENED = frozenset({"pixels", "points", "point_labels", "causes", "clean", "depth", "semantic", "instance", "bytes"})
"""Parts that take long to read. A quick check does without the rules that need one."""

LONGEST = 400
"""So many characters of a sentence are shown."""


@dataclass(frozen=True, slots=True)
class Problem:
    """What a rule's function yields; the rule adds its id and severity.

    frame:    left None by rules about one frame; they are asked about one at a time.
    severity: overrides the rule's own where the same fact weighs less on a foreign dataset.
    """

    file: str
    sentence: str
    frame: str | None = None
    severity: Severity | None = None


@dataclass(frozen=True, slots=True)
class Rule(Generic[Subject]):
    """One demand on a frame, a sequence or a whole set. ``says`` is what holds in a correct dataset.

    needs: the parts (keys of ``PARTS``) without all of which the rule is silent.
    """

    id: str
    severity: Severity
    says: str
    needs: tuple[str, ...]
    problems: Callable[[Subject], Iterator[Problem]]

    @property
    def is_quick(self) -> bool:
        """Whether it can be held against a dataset without opening sweeps and pictures."""
        return OPENED.isdisjoint(self.needs)

    def check(self, subject: Subject, frame: str | None = None) -> Iterator[Finding]:
        """The rule's findings on one subject, which is frame ``frame``, a sequence or a whole set."""
        for problem in self.problems(subject):
            where = problem.frame or frame
            yield Finding(
                rule=self.id,
                severity=problem.severity or self.severity,
                frame=None if where is None else shown(where),
                file=shown(problem.file),
                sentence=shown(problem.sentence),
            )


def count(number: int, noun: str) -> str:
    """"1 point", "2 points"."""
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"


def shown(text: str) -> str:
    """A text that any terminal and any JSON reader takes, whatever a file or its name held: what cannot be printed is
    written as an escape, and what goes on and on is cut."""
    if not text.isprintable():
        text = "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in text)
    return text if len(text) <= LONGEST else f"{text[:LONGEST]}…"


def rule(
    rule_id: str, severity: Severity, says: str, *, needs: tuple[str, ...]
) -> Callable[[Callable[[Subject], Iterator[Problem]]], Rule[Subject]]:
    """Turn a function into the ``Rule`` it implements. Raises KeyError for a part that ``PARTS`` does not know."""
    for part in needs:
        PARTS[part]

    def wrap(problems: Callable[[Subject], Iterator[Problem]]) -> Rule[Subject]:
        return Rule(rule_id, severity, says, needs, problems)

    return wrap
