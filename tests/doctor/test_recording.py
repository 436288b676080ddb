"""Recording in another process: what becomes of it when that goes wrong."""

from __future__ import annotations

import socket
import sys
import threading
from contextlib import closing
from pathlib import Path

import pytest

from simgen.capture.session import Endpoint
from simgen.doctor import recording
from simgen.doctor.items import ITEMS
from simgen.doctor.recording import record_item


def test_a_server_that_is_gone_is_the_server_s_failure(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(recording, "MOST_S", 3.0)            # the client would wait 30 s for an answer
    monkeypatch.setattr(recording, "LEAVE_S", 1.0)
    with closing(socket.socket()) as bound:
        bound.bind(("127.0.0.1", 0))
        endpoint = Endpoint("127.0.0.1", bound.getsockname()[1])
        recorded = record_item(endpoint, ITEMS[0].scenario, tmp_path / "item")
    assert recorded.cause == "simulator" and "did not end within 3 s" in recorded.message


def test_a_recording_ends_with_its_server(tmp_path: Path) -> None:
    died = threading.Event()
    threading.Timer(2.0, died.set).start()
    with closing(socket.create_server(("127.0.0.1", 0))) as mute:           # takes calls and answers none
        recorded = record_item(
            Endpoint("127.0.0.1", mute.getsockname()[1]), ITEMS[0].scenario, tmp_path / "item", died)
    assert (recorded.cause, recorded.message) == ("simulator", "it has ended")


def test_a_client_that_dies_says_how(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    crashing = tmp_path / "python"
    crashing.write_text("#!/bin/sh\necho 'terminate called' >&2\nkill -SEGV $$\n")
    crashing.chmod(0o755)
    monkeypatch.setattr(sys, "executable", str(crashing))
    recorded = record_item(Endpoint("127.0.0.1", 1), ITEMS[0].scenario, tmp_path / "item")
    assert (recorded.cause, recorded.message) == (
        "simulator", "the client's process ended with signal 11: terminate called")
