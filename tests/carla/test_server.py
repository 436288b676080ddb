"""What ``simgen doctor --simulator HOST:PORT --certify`` asks of a server, as tests:
``pytest -m carla --carla HOST:PORT``."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from simgen.capture.probe_facts import ServerFacts
from simgen.doctor.certify import Proof
from simgen.doctor.findings import Finding, Mark
from simgen.doctor.items import ITEMS, Item

pytestmark = pytest.mark.carla

TOPICS = ("version", "maps", "state", "animals", "weather", "lens", "walkers", "instance ids", "classes", "agreement",
          "speed", "sensors", "clean-up", "boxes")


@pytest.mark.parametrize("topic", TOPICS)
def test_nothing_falls_short(topic: str, findings: list[Finding]) -> None:
    about = [finding for finding in findings if finding.topic == topic]
    assert about, f"nothing is known about it: {findings[-1]}"
    assert [finding for finding in about if finding.mark is Mark.SHORT] == []


def test_every_topic_has_its_test(findings: list[Finding]) -> None:
    assert {finding.topic for finding in findings} <= {*TOPICS, "trial"}


@pytest.mark.parametrize("item", ITEMS, ids=lambda item: item.name)
def test_the_server_proves(item: Item, facts: ServerFacts, prove_once: Callable[[Item], Proof]) -> None:
    assert facts.is_ours_to_use, facts.no_trial
    proof = prove_once(item)
    assert [finding for finding in proof.findings if finding.mark is Mark.SHORT] == []
    if proof.evidence is None:
        pytest.skip(proof.findings[0].seen)
