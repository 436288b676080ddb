"""What a check has to say: findings, the report that holds them, and its two written forms."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

Severity = Literal["error", "warning"]

SHOWN_PER_RULE = 8
"""So many findings of one rule are written out; the rest is counted. One cause has many symptoms."""


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
class Report:
    """All findings on one dataset.

    frames:  number of frames looked at.
    labels:  number of label rows without DontCare.
    classes: rows by type, DontCare included, most frequent first.
    rules:   what each broken rule demands, by id.
    """

    root: str
    frames: int
    labels: int
    classes: Mapping[str, int]
    findings: tuple[Finding, ...]
    rules: Mapping[str, str]

    @property
    def errors(self) -> tuple[Finding, ...]:
        """The findings that make the dataset unfit."""
        return tuple(f for f in self.findings if f.severity == "error")

    @property
    def warnings(self) -> tuple[Finding, ...]:
        """The findings that a person should look at."""
        return tuple(f for f in self.findings if f.severity == "warning")

    @property
    def ok(self) -> bool:
        """True if there is no error; warnings are allowed."""
        return not self.errors


def format_report(report: Report) -> str:
    """The report for people: findings grouped by rule, errors first, most frequent first, then a summary."""
    lines: list[str] = []
    counts = Counter((f.severity, f.rule) for f in report.findings)
    order = sorted(counts, key=lambda key: (key[0] != "error", -counts[key], key[1]))
    for severity, rule in order:
        found = [f for f in report.findings if (f.severity, f.rule) == (severity, rule)]
        times = "" if len(found) == 1 else f" ({len(found)} times)"
        lines.append(f"{severity} {rule}{times}: {report.rules[rule]}")
        lines += [f"  {f.file}: {f.sentence}" for f in found[:SHOWN_PER_RULE]]
        if len(found) > SHOWN_PER_RULE:
            lines.append(f"  … and {len(found) - SHOWN_PER_RULE} more")
    classes = ", ".join(f"{number} {name}" for name, number in report.classes.items()) or "no label rows"
    lines.append(f"{report.root}: {_count(report.frames, 'frame')}, {_count(report.labels, 'label')} ({classes})")
    verdict = "the dataset is whole and consistent" if report.ok else "the dataset is not fit for use"
    lines.append(f"{_count(len(report.errors), 'error')}, {_count(len(report.warnings), 'warning')}: {verdict}")
    return "\n".join(lines)


def report_to_json(report: Report) -> dict[str, Any]:
    """The report as plain JSON values."""
    return {
        "root": report.root,
        "ok": report.ok,
        "frames": report.frames,
        "labels": report.labels,
        "classes": dict(report.classes),
        "errors": len(report.errors),
        "warnings": len(report.warnings),
        "findings": [
            {
                "rule": f.rule,
                "severity": f.severity,
                "frame": f.frame,
                "file": f.file,
                "sentence": f.sentence,
            }
            for f in report.findings
        ],
    }


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"
