"""The report of a certified server: for people as Markdown, for machines as JSON."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from simgen import __version__
from simgen.capture.probe_facts import ServerFacts
from simgen.doctor.certify import Proof
from simgen.doctor.findings import Finding, falls_short, findings_to_json
from simgen.doctor.items import Item
from simgen.errors import RequestError

MARKDOWN, JSON = "certificate.md", "certificate.json"


def claim(out_dir: Path) -> None:
    """Make ``out_dir`` the place of a certificate. Raises RequestError if it holds something else."""
    if out_dir.exists() and not out_dir.is_dir():
        raise RequestError(f"--out {out_dir}: this is a file; name a folder")
    strange = [path for path in out_dir.iterdir() if path.name != "logs"] if out_dir.is_dir() else []
    if strange and not (out_dir / JSON).exists():       # logs are also left by a simulator that did not start
        raise RequestError(f"--out {out_dir}: the folder is not empty and holds no certificate; name a new one")
    try:
        out_dir.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise RequestError(f"--out {out_dir}: cannot be written: {error.strerror or error}") from None


def write_certificate(
    out_dir: Path, facts: ServerFacts, findings: Sequence[Finding], proofs: Sequence[Proof], asked: Sequence[Item]
) -> None:
    """Both files, whole or not at all. findings: of the server itself. asked: all items, of which some may be ahead."""
    for name, text in ((MARKDOWN, as_markdown(facts, findings, proofs, asked)),
                       (JSON, json.dumps(as_json(facts, findings, proofs, asked), indent=1) + "\n")):
        partial = out_dir / f"{name}.part"
        partial.write_text(text, encoding="utf-8")
        partial.replace(out_dir / name)


def is_certified(findings: Sequence[Finding], proofs: Sequence[Proof], asked: Sequence[Item]) -> bool:
    """Has everything been tried, and does nothing fall short?"""
    return len(proofs) == len(asked) and not falls_short([*findings, *(one for p in proofs for one in p.findings)])


def as_json(
    facts: ServerFacts, findings: Sequence[Finding], proofs: Sequence[Proof], asked: Sequence[Item]
) -> dict[str, Any]:
    """Plain values."""
    return {
        "endpoint": facts.endpoint, "simulator": f"{_who(facts)} {facts.version}", "simgen": __version__,
        "fit": is_certified(findings, proofs, asked),
        "server": findings_to_json(findings),
        "items": [{"name": proof.item.name, "proves": proof.item.proves, "proven": proof.holds,
                   "seconds": round(proof.seconds, 1), "findings": findings_to_json(proof.findings)}
                  for proof in proofs],
        "not_tried": [item.name for item in asked[len(proofs):]],
    }


def as_markdown(
    facts: ServerFacts, findings: Sequence[Finding], proofs: Sequence[Proof], asked: Sequence[Item]
) -> str:
    """What is proven, item by item; then what was found on the server itself."""
    verdict = "certified" if is_certified(findings, proofs, asked) else "**not certified**"
    lines = [f"# {_who(facts)} {facts.version} at {facts.endpoint}: {verdict}", "",
             f"By simgen {__version__}. Each item is a short recorded episode; its dataset lies in the folder of its "
             "name beside this file.", "",
             "| item | proven? | what that means | seconds |", "| --- | --- | --- | --- |"]
    for proof in proofs:
        word = "yes" if proof.holds else "not offered" if proof.item.may_lack and not falls_short(proof.findings) \
            else "**no**"
        lines.append(f"| {proof.item.name} | {word} | {proof.item.proves} | {proof.seconds:.0f} |")
    lines += [f"| {item.name} | not tried | {item.proves} | |" for item in asked[len(proofs):]]
    lines += ["", "## What was seen", "", *_list([one for proof in proofs for one in proof.findings])]
    lines += ["", "## The server", "", *_list(findings), ""]
    return "\n".join(lines)


def _list(findings: Sequence[Finding]) -> list[str]:
    return [f"* {one.topic}: {one.mark.value}: {one.seen}" + (f" (cure: {one.cure})" if one.cure else "")
            for one in findings]


def _who(facts: ServerFacts) -> str:
    return "simgen's built-in simulator" if facts.is_built_in else facts.name
