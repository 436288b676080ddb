"""The server that ``--carla`` names, looked at once, and what it proves, each item once."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from simgen.capture.probe import probe_server, state_of
from simgen.capture.probe_facts import ServerFacts
from simgen.capture.session import Endpoint
from simgen.doctor.certify import Proof, prove
from simgen.doctor.findings import Finding
from simgen.doctor.items import ITEMS, Item
from simgen.doctor.reach import reached
from simgen.doctor.server_rules import judge_server
from simgen.scenario.tables import animals, cyclist_kinds, vehicle_sizes


@pytest.fixture(scope="session")
def endpoint(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Endpoint]:
    named = request.config.getoption("--carla")
    if not named:
        pytest.skip("no CARLA server: pytest -m carla --carla HOST:PORT, or SIMGEN_CARLA=HOST:PORT")
    with reached(str(named), tmp_path_factory.mktemp("simulator"), "labels") as server:
        yield server.endpoint


@pytest.fixture(scope="session")
def facts(endpoint: Endpoint) -> ServerFacts:
    return probe_server(endpoint, [name for names in cyclist_kinds().values() for name in names])


@pytest.fixture(scope="session")
def findings(facts: ServerFacts) -> list[Finding]:
    return judge_server(facts, sorted(animals()), vehicle_sizes())


@pytest.fixture(scope="session")
def prove_once(
    endpoint: Endpoint, facts: ServerFacts, tmp_path_factory: pytest.TempPathFactory
) -> Callable[[Item], Proof]:
    """An item's proof. One that compares with another has that one recorded before it."""
    folder, before = tmp_path_factory.mktemp("certificate"), state_of(endpoint)
    by_name, proofs = {item.name: item for item in ITEMS}, dict[str, Proof]()

    def proof_of(item: Item) -> Proof:
        if item.name not in proofs:
            needs = item.again or ("day_town" if item.name == "night" else None)
            day = proof_of(by_name[needs]) if needs is not None else None
            proofs[item.name] = prove(item, endpoint, Path(folder), before, facts.is_built_in, day)
        return proofs[item.name]

    return proof_of
