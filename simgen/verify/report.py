"""The two written forms of a report, and of the catalogue of rules."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Sequence
from typing import Any

from simgen.verify.findings import Finding, Report, Severity
from simgen.verify.record_rules import UNRECORDED
from simgen.verify.rules import Rule, count

SCHEMA = 1
"""Of the JSON forms. It grows when a key changes its meaning or goes; new keys may come without."""

SHOWN = 8
"""So many findings of one rule are written out unless told otherwise; the rest is counted. One cause has many
symptoms."""
DRAWN = ("label.", "box.", "points.", "objects.", "motion.", "depth.", "semantic.")
UNREADABLE = frozenset({"label.columns", "label.number", "objects.form", "depth.form", "semantic.form"})
"""A picture of the labels shows what broke these rules, unless the frame cannot be read at all."""
PACKED = "shards"
"""The layout of a dataset whose episodes are tars."""
ORDER: dict[Severity, int] = {"error": 0, "warning": 1, "info": 2}


def format_report(report: Report, *, shown: int = SHOWN, strict: bool = False) -> str:
    """The report for people: findings grouped by rule, the worst and most frequent first; what was not checked;
    a summary, and what to do next.

    shown:  findings written out per rule.
    strict: whether warnings count as failures.
    """
    lines: list[str] = []
    says = {verdict.id: verdict.says for verdict in report.rules}
    groups = _groups(report)
    for (severity, rule), found in groups:
        times = "" if len(found) == 1 else f" ({len(found)} times)"
        lines.append(f"{severity} {rule}{times}: {says[rule]}")
        lines += [f"  {f.file}: {f.sentence}" for f in found[:shown]]
        if len(found) > shown:
            lines.append(f"  … and {len(found) - shown} more")
    silent: dict[str, list[str]] = defaultdict(list)
    for verdict in report.rules:
        if verdict.silent is not None:
            silent[verdict.silent].append(verdict.id)
    for reason, rules in silent.items() if report.layout != PACKED else ():
        lines.append(f"not checked, {reason}: {_families(rules)}")
    classes = ", ".join(f"{number} {name}" for name, number in report.classes.items()) or "no label rows"
    testing = f" and {report.test_frames} of testing" if report.test_frames else ""
    frames, labels = count(report.frames, "frame") + testing, f"{count(report.labels, 'label')} ({classes})"
    lines.append(f"{report.root}: {frames}, {labels if report.layout != PACKED else 'in tars'}")
    checked = sum(verdict.silent is None for verdict in report.rules)
    fitness = "fit for use" if report.is_fit(strict) else "not fit for use"
    found_text = f"{count(len(report.errors), 'error')}, {count(len(report.warnings), 'warning')}"
    if report.missing and report.is_fit(strict):
        fitness += " as far as could be judged"
    lines.append(f"{found_text} by {count(checked, 'rule')}: {fitness}")
    lines.append("next: " + "; ".join((*_next(report, groups, strict), *_not_judged(report))))
    return "\n".join(lines)


def _groups(report: Report) -> list[tuple[tuple[Severity, str], list[Finding]]]:
    groups: dict[tuple[Severity, str], list[Finding]] = defaultdict(list)
    for finding in report.findings:
        groups[finding.severity, finding.rule].append(finding)
    return sorted(groups.items(), key=lambda item: (ORDER[item[0][0]], -len(item[1]), item[0][1]))


def _not_judged(report: Report) -> tuple[str, ...]:
    """What the verdict says nothing about."""
    if report.layout == PACKED:
        return ()
    return (f"not judged, as there are none: {', '.join(report.missing)}",) if report.missing else ()


def _next(
    report: Report, groups: list[tuple[tuple[Severity, str], list[Finding]]], strict: bool
) -> tuple[str, ...]:
    """What to do next, one clause or several."""
    serious = [(rule, found) for (severity, rule), found in groups if severity != "info"]
    if not serious and report.layout == PACKED:
        return ("only the tars and their members' checksums were checked; for all rules make loose files of them: "
                f"simgen merge {report.root} --out LOOSE, then simgen verify LOOSE",)
    if not serious:
        if not report.trained:
            return ("there is nothing to train on: no labelled frame is in train",)
        if report.missing:
            return ("add what is missing, then verify again",)
        if report.drawn_from is None:
            return ("train on it",)
        return ("train on it", f"simgen show {report.drawn_from} FRAME draws a frame's labels")
    missing = [finding for finding in report.errors if finding.sentence.endswith(UNRECORDED)]
    if missing and len(missing) == len(report.errors) and not (strict and report.warnings):
        only = "has no other error than that it is unfinished" if report.warnings else "is only unfinished"
        return (f"the dataset {only}, {count(len(missing), 'episode')} not recorded yet: run the command again that "
                f"began it (simgen status {report.root} tells how far it is), then verify again",)
    # In the catalogue's order, form before meaning: what follows from a file that cannot be read is not worth a look.
    worst = {rule: found for rule, found in serious if found[0].severity == serious[0][1][0].severity}
    rule = next(verdict.id for verdict in report.rules if verdict.id in worst)
    found = worst[rule]
    frame = next((f.frame for f in found if f.frame is not None and not f.file.startswith("testing")), None)
    look = f"look at {found[0].file}"
    if frame is not None and report.drawn_from is not None and rule.startswith(DRAWN) and rule not in UNREADABLE:
        look = f"simgen show {report.drawn_from} {frame}"
    clauses = (f"begin with {rule}: {look}", f"then simgen verify {report.root} --only {rule}")
    if not report.errors and not strict and not report.trained:
        return (*clauses, "there is nothing to train on: no labelled frame is in train")
    return clauses


def _families(rules: Sequence[str]) -> str:
    """Rules by what stands before the point: "label.* (3)", or the one rule's id."""
    families = Counter(rule.partition(".")[0] for rule in rules)
    return ", ".join(
        f"{family}.* ({number})" if number > 1 else next(r for r in rules if r.startswith(f"{family}."))
        for family, number in families.items()
    )


def report_to_json(report: Report, *, strict: bool = False) -> dict[str, Any]:
    """The report as plain JSON values; README.md describes them. strict: whether warnings count as failures."""
    found = Counter(finding.rule for finding in report.findings)
    return {
        "schema": SCHEMA,
        "root": report.root,
        "layout": report.layout,
        "ok": report.ok,
        "strict": strict,
        "fit": report.is_fit(strict),
        "missing": list(report.missing),
        "frames": report.frames,
        "test_frames": report.test_frames,
        "labels": report.labels,
        "classes": dict(report.classes),
        "errors": len(report.errors),
        "warnings": len(report.warnings),
        "infos": len(report.of("info")),
        "findings": [
            {"rule": f.rule, "severity": f.severity, "frame": f.frame, "file": f.file, "sentence": f.sentence}
            for f in report.findings
        ],
        "rules": [
            {"id": v.id, "severity": v.severity, "says": v.says, "findings": found[v.id], "not_checked": v.silent}
            for v in report.rules
        ],
    }


def catalogue_text(rules: Sequence[Rule[Any]]) -> str:
    """One line per rule: id, severity, what holds in a correct dataset."""
    width = max((len(rule.id) for rule in rules), default=0)
    return "\n".join(f"{rule.id:<{width}}  {rule.severity:<7}  {rule.says}" for rule in rules)


def catalogue_to_json(rules: Sequence[Rule[Any]]) -> dict[str, Any]:
    """The catalogue as plain JSON values; README.md describes them."""
    return {
        "schema": SCHEMA,
        "rules": [
            {
                "id": rule.id, "severity": rule.severity, "says": rule.says, "needs": list(rule.needs),
                "quick": rule.is_quick,
            }
            for rule in rules
        ],
    }
