"""What the doctor has to say: one finding for each thing looked at, and how findings are told."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass
from enum import Enum
from typing import Any

from simgen.wording import counted

TOPIC_WIDTH = 13


class Mark(str, Enum):
    """good: as it should be. note: works, but somebody should know. short: something will not work, or not well."""

    GOOD = "good"
    NOTE = "note"
    SHORT = "short"


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was looked at.

    topic:  a word or two: "python", "vulkan".
    seen:   what there is, in half a sentence with its numbers.
    cure:   what to do about it, one line; empty where nothing needs to be done.
    """

    topic: str
    mark: Mark
    seen: str
    cure: str = ""

    def __post_init__(self) -> None:
        if self.mark is Mark.SHORT and not self.cure:
            raise ValueError(f"{self.topic}: what falls short needs a cure")


def good(topic: str, seen: str) -> Finding:
    return Finding(topic, Mark.GOOD, seen)


def note(topic: str, seen: str, cure: str = "") -> Finding:
    return Finding(topic, Mark.NOTE, seen, cure)


def short(topic: str, seen: str, cure: str) -> Finding:
    return Finding(topic, Mark.SHORT, seen, cure)


def falls_short(findings: Iterable[Finding]) -> bool:
    """Does anything?"""
    return any(finding.mark is Mark.SHORT for finding in findings)


def lines_of(findings: Sequence[Finding]) -> Iterator[tuple[Mark | None, str]]:
    """Each line for people with the mark it begins with; cures follow what they cure, and have none."""
    width = max([TOPIC_WIDTH, *(len(finding.topic) for finding in findings)])
    for finding in findings:
        yield finding.mark, f"{finding.topic:<{width}}  {finding.seen}"
        if finding.cure:
            yield None, f"{'':<{width}}  -> {finding.cure}"


def summary_of(findings: Sequence[Finding]) -> str:
    """The last line."""
    count = {mark: sum(finding.mark is mark for finding in findings) for mark in Mark}
    if count[Mark.SHORT]:
        word = "falls" if count[Mark.SHORT] == 1 else "fall"
        return f"{counted(count[Mark.SHORT], 'thing')} {word} short; each has its cure below it"
    notes = f", {counted(count[Mark.NOTE], 'note')}" if count[Mark.NOTE] else ""
    return f"nothing falls short{notes}"


def findings_to_json(findings: Iterable[Finding]) -> list[dict[str, Any]]:
    """Plain values, in order."""
    return [{**asdict(finding), "mark": finding.mark.value} for finding in findings]
