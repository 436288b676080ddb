"""What a check has to say: findings, and the report that holds them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

Severity = Literal["error", "warning", "info"]


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that is wrong.

    rule:     id of the rule that was broken ("label.alpha").
    frame:    the frame's id, or None if the finding concerns the whole set.
    file:     path below the dataset's root, with forward slashes; a line number may follow a colon.
    sentence: what is wrong, with the numbers that show it.
    """

    rule: str
    severity: Severity
    frame: str | None
    file: str
    sentence: str


@dataclass(frozen=True, slots=True)
class Verdict:
    """What became of one rule. ``silent`` says why it could not be held against this dataset, or is None."""

    id: str
    severity: Severity
    says: str
    silent: str | None


@dataclass(frozen=True, slots=True)
class Report:
    """All findings on one dataset.

    layout:  "object", "tracking", or both with a plus.
    frames:  number of frames looked at, in training; test_frames: in testing.
    labels:  number of label rows without DontCare.
    classes: rows by type, DontCare included, most frequent first.
    missing: what a training set has and this one lacks altogether: calibration, pictures, sweeps.
    trained: frames with label rows that train lists, or all of training with label rows if nothing is listed.
    drawn_from: the folder of which ``simgen show`` can draw a frame; None if there is nothing that it can draw.
    rules:   every rule that was asked for, in the catalogue's order.
    """

    root: str
    layout: str
    frames: int
    test_frames: int
    labels: int
    classes: Mapping[str, int]
    missing: tuple[str, ...]
    trained: int
    drawn_from: str | None
    findings: tuple[Finding, ...]
    rules: tuple[Verdict, ...]

    def of(self, severity: Severity) -> tuple[Finding, ...]:
        """The findings of one severity."""
        return tuple(f for f in self.findings if f.severity == severity)

    @property
    def errors(self) -> tuple[Finding, ...]:
        """The findings that make the dataset unfit."""
        return self.of("error")

    @property
    def warnings(self) -> tuple[Finding, ...]:
        """The findings that a person should look at."""
        return self.of("warning")

    @property
    def ok(self) -> bool:
        """True if there is no error; warnings are allowed."""
        return not self.errors

    def is_fit(self, strict: bool) -> bool:
        """What the exit code says. strict: whether warnings count as failures."""
        return self.is_spotless if strict else self.ok

    @property
    def is_spotless(self) -> bool:
        """True if there is neither an error nor a warning."""
        return self.ok and not self.warnings
