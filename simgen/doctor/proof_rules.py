"""What an item's evidence proves, and where it falls short. Nothing is measured here."""

from __future__ import annotations

from collections.abc import Iterator

from simgen.capture.probe_facts import StateFound
from simgen.doctor.evidence import Evidence
from simgen.doctor.findings import Finding, good, note, short
from simgen.doctor.items import Item
from simgen.doctor.recording import Recorded
from simgen.wording import counted

SHOWN = 3                       # findings of verify that are told
SAME_M = 0.01                   # poses that differ by less are the same
DARKER = 0.95                   # a night's pictures against those by day
# Of the weather, what must be in the sweeps of an item.
IN_THE_AIR = {"rain": "rain", "fog": "fog", "snow": "snow"}


def not_recorded(item: Item, recorded: Recorded) -> Finding:
    """Of an item that has no evidence."""
    if recorded.cause == "request":
        if item.may_lack:
            return note(item.name, f"not offered: {recorded.message}",
                        "scenarios that need them are refused here; use --simulator local for those")
        return short(item.name, f"refused: {recorded.message}", "use a server that offers what the sentence names")
    if recorded.cause == "simulator":
        return short(item.name, f"the server failed: {recorded.message}",
                     "restart it and look into its log; then again with --only " + item.name)
    return short(item.name, f"not recorded: {recorded.message}",
                 "load it by hand and look; with its maps alone simgen run may still work")


def judge(item: Item, evidence: Evidence, before: StateFound, built_in: bool, day: Evidence | None) -> list[Finding]:
    """What is wrong or worth to know; if nothing is wrong, the first finding says what is proven.

    before: how the server was found. day: the same street by day, for comparison.
    """
    found = [*_verified(item, evidence), *_present(item, evidence), *_weather(item, evidence, day),
             *_repeated(item, evidence, built_in), *_left(item, evidence, before)]
    if any(finding.mark.value == "short" for finding in found):
        return found
    return [good(item.name, _proof(evidence)), *found]


def _proof(evidence: Evidence) -> str:
    parts = [f"{counted(evidence.frames, 'frame')} on {evidence.map_name}, {counted(evidence.labels, 'label')}, "
             f"verified by {evidence.rules} rules"]
    if evidence.people:
        parts.append(f"{evidence.people_hit} of {evidence.people} near people have LiDAR returns")
    parts.append(f"instance pictures show an {evidence.instance_ids}")
    if evidence.air:
        parts.append("sweeps hold " + ", ".join(f"{share:.1%} {word}" for word, share in evidence.air.items()))
    return "; ".join(parts)


def _verified(item: Item, evidence: Evidence) -> Iterator[Finding]:
    again = f"simgen verify DIR/{item.name}, and simgen show DIR/{item.name} FRAME to see it"
    if evidence.errors:
        errors = counted(len(evidence.errors), "error")
        yield short(item.name, f"verify found {errors}: {_some(evidence.errors)}", again)
    if evidence.warnings:
        yield note(item.name, f"verify warns {counted(len(evidence.warnings), 'time')}: {_some(evidence.warnings)}",
                   again)


def _some(sentences: tuple[str, ...]) -> str:
    return "; ".join(sentences[:SHOWN]) + (" …" if len(sentences) > SHOWN else "")


def _present(item: Item, evidence: Evidence) -> Iterator[Finding]:
    missing = [role for role in item.roles if role not in evidence.roles]
    if missing:
        yield short(item.name, f"no label of {', '.join(missing)} in any frame",
                    f"simgen show DIR/{item.name} FRAME: are they in the picture?")
    if evidence.people_hit < evidence.people:
        yield short(item.name, f"{evidence.people - evidence.people_hit} of {evidence.people} people who are near and "
                               "well seen have no LiDAR return", "simgen doctor --simulator says more under 'walkers'")
    if evidence.instance_ids == "unknown":
        yield short(item.name, "nobody's pixels could be told: what instance pictures show stays unknown",
                    "simgen doctor --simulator says more under 'instance ids'")
    if evidence.frames_moved < evidence.frames:
        yield note(item.name, f"{evidence.frames - evidence.frames_moved} of {counted(evidence.frames, 'frame')} have "
                              "no readings of IMU and GNSS", "use a server that offers sensor.other.imu and .gnss")
    for words in evidence.stand_ins:
        yield note(item.name, words)


def _weather(item: Item, evidence: Evidence, day: Evidence | None) -> Iterator[Finding]:
    wanted = IN_THE_AIR.get(item.name)
    if wanted is not None and wanted not in evidence.air:
        yield short(item.name, f"no {wanted} in the sweeps", "this is simgen's own part: report it")
    if evidence.substituted:
        yield note(item.name, f"drawn by simgen onto the server's pictures: {', '.join(evidence.substituted)}")
    if item.name == "night" and day is not None and evidence.brightness > DARKER * day.brightness:
        yield note(item.name, f"pictures are {evidence.brightness / day.brightness:.0%} as bright as by day: exposure "
                              "makes up for the dark, or the sun does not set on this map")


def _repeated(item: Item, evidence: Evidence, built_in: bool) -> Iterator[Finding]:
    found = evidence.difference
    if found is None:
        return
    if found.same_files == found.files:
        yield good(item.name, f"all {found.files} files have the same bytes")
        return
    seen = f"{found.same_files} of {found.files} files have the same bytes"
    if built_in:
        yield short(item.name, f"{seen}, and the built-in simulator promises all", "report it")
    elif found.most_m is None:
        yield note(item.name, f"{seen}, and other objects are labelled: this server does not repeat itself")
    else:
        word = "the same poses" if found.most_m <= SAME_M else f"poses up to {found.most_m:.2f} m apart"
        yield note(item.name, f"{seen}, {word}: records say what happened, a rerun may differ")


def _left(item: Item, evidence: Evidence, before: StateFound) -> Iterator[Finding]:
    """Settings as they were found, and nobody of ours left."""
    if evidence.left is None:
        return
    if evidence.left.settings != before.settings:
        yield short(item.name, f"settings were left as {evidence.left.settings}, and found as {before.settings}",
                    "restart the server; this is simgen's own part: report it")
    if evidence.left.guests:
        who = ", ".join(f"{count} {kind}" for kind, count in evidence.left.guests.items())
        yield short(item.name, f"actors are left: {who}", "restart the server: it does not end actors")
