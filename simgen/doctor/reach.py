"""The simulator that the doctor looks at: a running one, or one that is started for it and ended again."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from simgen.capture.session import Endpoint
from simgen.errors import SimulatorError
from simgen.fleet.launch.server import start_server
from simgen.fleet.slot import STANDARD, Slot
from simgen.fleet.sources import BuiltIn, parse_source


@contextmanager
def reached(simulator: str, log_dir: Path, quality: str = STANDARD) -> Iterator[Endpoint]:
    """Where what ``--simulator`` names listens, for as long as the block lasts.

    log_dir: for what a simulator says that is started here. quality: of the built-in simulator's pictures.
    Raises RequestError for a word that names none, SimulatorError if one cannot be started.
    """
    source = parse_source(simulator)
    if isinstance(source, Endpoint):
        yield source
        return
    source.check()
    slot = Slot(0, quality=quality, carla=None if isinstance(source, BuiltIn) else source)

    def died(status: int) -> None:
        # The client library waits inside C++ for a server that is gone, and cannot be interrupted from Python.
        sys.stderr.write(f"simgen: {slot} ended with status {status}; what it said is in {log_dir}\n")
        sys.stderr.flush()
        os._exit(SimulatorError.exit_code)

    server = start_server(slot, log_dir, died)
    try:
        yield server.endpoint
    finally:
        server.stop()
