"""Certify a server: record every item on it, one after the other, and say of each what it has proven."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from simgen.capture.probe import state_of
from simgen.capture.probe_facts import ServerFacts, StateFound
from simgen.capture.session import Endpoint
from simgen.doctor.evidence import Evidence, evidence_of
from simgen.doctor.findings import Finding, falls_short, short
from simgen.doctor.items import Item
from simgen.doctor.proof_rules import judge, not_recorded
from simgen.doctor.recording import record_item
from simgen.errors import DatasetError, SimulatorLost


@dataclass(frozen=True, slots=True)
class Proof:
    """What became of an item. evidence: None if it was not recorded."""

    item: Item
    findings: tuple[Finding, ...]
    evidence: Evidence | None
    seconds: float

    @property
    def holds(self) -> bool:
        """Was it recorded, and does nothing fall short?"""
        return self.evidence is not None and not falls_short(self.findings)


def certify(
    facts: ServerFacts, items: Sequence[Item], out_dir: Path, died: threading.Event | None = None
) -> Iterator[Proof]:
    """Record items into folders of their names in ``out_dir``; each proof as soon as it is there.

    A server that is lost on the way ends the series: what follows has no proof. died: set once it is known to be.
    Raises SimulatorLost if it does not answer at the beginning.
    """
    endpoint, died = Endpoint.parse(facts.endpoint), died or threading.Event()
    before, proofs = state_of(endpoint), dict[str, Proof]()
    for item in items:
        proof = prove(item, endpoint, out_dir, before, facts.is_built_in, proofs.get("day_town"), died)
        proofs[item.name] = proof
        yield proof
        if proof.evidence is None and (died.is_set() or not _answers(endpoint)):
            return


def _answers(endpoint: Endpoint) -> bool:
    try:
        state_of(endpoint)
    except SimulatorLost:
        return False
    return True


def prove(
    item: Item, endpoint: Endpoint, out_dir: Path, before: StateFound, built_in: bool, day: Proof | None = None,
    died: threading.Event | None = None,
) -> Proof:
    """One item. before: how the server was found. day: the proof of the street by day, if there is one. died: set once
    the server is known to have ended."""
    root = out_dir / item.name
    recorded = record_item(endpoint, item.scenario, root, died)
    if recorded.cause is not None:
        return Proof(item, (not_recorded(item, recorded),), None, recorded.seconds)
    try:
        left = state_of(endpoint)
        other = out_dir / item.again if item.again is not None else None
        evidence = evidence_of(root, left, other)
    except (DatasetError, SimulatorLost) as error:
        return Proof(item, (short(item.name, str(error), "look into the server's log, then try again"),), None,
                     recorded.seconds)
    shown = day.evidence if day is not None else None
    return Proof(item, tuple(judge(item, evidence, before, built_in, shown)), evidence, recorded.seconds)
