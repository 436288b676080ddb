"""What the real client finds out of servers with faults, and that it leaves them as they were."""

from __future__ import annotations

import socket
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from threading import Event, Thread

import carla
import pytest

from simgen.capture import probe
from simgen.capture.probe import probe_server, state_of
from simgen.capture.probe_facts import ServerFacts
from simgen.capture.session import Endpoint
from simgen.doctor.findings import Mark
from simgen.doctor.server_rules import judge_server
from simgen.errors import SimulatorLost
from simgen.scenario.tables import animals, vehicle_sizes
from tests.localsim.serving_process import running

BIKES = ("vehicle.diamondback.century", "vehicle.yamaha.yzf", "vehicle.that.nobody.offers")


def marks(facts: ServerFacts) -> dict[str, Mark]:
    """By topic, the worst."""
    worst: dict[str, Mark] = {}
    for found in judge_server(facts, sorted(animals()), vehicle_sizes()):
        if list(Mark).index(found.mark) >= list(Mark).index(worst.get(found.topic, Mark.GOOD)):
            worst[found.topic] = found.mark
    return worst


@pytest.fixture(autouse=True)
def _short_looks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(probe, "STILL_S", 0.5)                  # these servers tick twenty times a second


@pytest.fixture(scope="module")
def flat(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Endpoint]:
    with running("tests.doctor.faulty_server", tmp_path_factory.mktemp("flat"), "flat") as server:
        yield Endpoint("127.0.0.1", server.port)


def client_of(endpoint: Endpoint) -> carla.Client:
    client = carla.Client(endpoint.host, endpoint.port)
    client.set_timeout(30.0)
    return client


def test_a_server_of_another_version_is_asked_nothing_else(tmp_path: Path) -> None:
    with running("tests.doctor.faulty_server", tmp_path, "flat", "old") as server:
        facts = probe_server(Endpoint("127.0.0.1", server.port), BIKES)
    assert (facts.server_version, facts.map_name, facts.trial) == ("0.9.15", None, None)
    assert marks(facts) == {"version": Mark.SHORT}


def test_what_a_dead_client_left_is_told_and_left(flat: Endpoint) -> None:
    client = client_of(flat)
    world = client.reload_world()
    settings = world.get_settings()
    settings.synchronous_mode, settings.fixed_delta_seconds = True, 0.05
    world.apply_settings(settings)
    van = world.spawn_actor(world.get_blueprint_library().find("vehicle.volkswagen.t2"),
                            world.get_map().get_spawn_points()[1])
    try:
        facts = probe_server(flat)
        after = state_of(flat)
        assert world.get_actor(van.id).is_alive
        assert facts.settings is not None and facts.settings.synchronous and not facts.ticks_alone
        assert facts.guests == {"vehicles": 1}
        assert after.settings == facts.settings
        assert marks(facts)["state"] is Mark.NOTE
    finally:
        settings.synchronous_mode, settings.fixed_delta_seconds = False, None
        world.apply_settings(settings)
        client.apply_batch_sync([carla.command.DestroyActor(van.id)], False)


def test_a_server_that_another_client_ticks_is_not_touched(flat: Endpoint) -> None:
    client = client_of(flat)
    world = client.reload_world()
    settings = world.get_settings()
    settings.synchronous_mode, settings.fixed_delta_seconds = True, 0.05
    world.apply_settings(settings)
    try:
        stop = Event()

        def ticks() -> None:
            while not stop.is_set():
                world.tick(10.0)
                time.sleep(0.02)

        thread = Thread(target=ticks)
        thread.start()
        try:
            facts = probe_server(flat)
        finally:
            stop.set()
            thread.join()
        assert facts.trial is None and marks(facts)["trial"] is Mark.SHORT
    finally:
        settings.synchronous_mode, settings.fixed_delta_seconds = False, None
        world.apply_settings(settings)


def test_where_nobody_listens_there_is_no_simulator() -> None:
    with closing(socket.socket()) as bound:                     # and does not listen
        bound.bind(("127.0.0.1", 0))
        endpoint = Endpoint("127.0.0.1", bound.getsockname()[1])
        with pytest.raises(SimulatorLost, match="nothing answers there"):
            probe_server(endpoint)
