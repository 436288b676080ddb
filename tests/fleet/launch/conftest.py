"""Servers of a test are noted in a folder of the test, and nothing of them is left after it."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from simgen.fleet.launch.slotfile import RUN_FOLDER, SLOTS
from simgen.processes import PROC


@pytest.fixture(autouse=True)
def run_dir(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    folder = tmp_path / "run"
    (folder / SLOTS).mkdir(parents=True)
    monkeypatch.setenv(RUN_FOLDER, str(folder))
    yield folder
    left = []
    for entry in PROC.iterdir():
        with suppress(OSError):             # it has ended, or is another user's
            if entry.name.isdigit() and f"SIMGEN_SLOT_FILE={folder}".encode() in (entry / "environ").read_bytes():
                left.append(int(entry.name))
                os.kill(int(entry.name), signal.SIGKILL)
    assert left == []
