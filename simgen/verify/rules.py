"""What a rule is: an id, a severity, one sentence, and a pure function that yields what breaks it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Generic, TypeVar

from simgen.verify.findings import Finding, Severity

Subject = TypeVar("Subject")


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
    """One demand on a frame or on a whole set. ``says`` is what holds in a correct dataset."""

    id: str
    severity: Severity
    says: str
    problems: Callable[[Subject], Iterator[Problem]]

    def check(self, subject: Subject, frame: str | None = None) -> Iterator[Finding]:
        """The rule's findings on one subject, which is frame ``frame`` or a whole set."""
        for problem in self.problems(subject):
            yield Finding(
                rule=self.id,
                severity=problem.severity or self.severity,
                frame=problem.frame or frame,
                file=problem.file,
                sentence=problem.sentence,
            )


def rule(
    rule_id: str, severity: Severity, says: str
) -> Callable[[Callable[[Subject], Iterator[Problem]]], Rule[Subject]]:
    """Turn a function into the ``Rule`` it implements."""

    def wrap(problems: Callable[[Subject], Iterator[Problem]]) -> Rule[Subject]:
        return Rule(rule_id, severity, says, problems)

    return wrap
