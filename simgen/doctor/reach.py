"""The simulator that the doctor looks at: a running one, or one that is started for it and ended again."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from simgen.capture.session import Endpoint
from simgen.errors import SimulatorError
from simgen.fleet.simulator import STANDARD, BuiltInSimulator


@contextmanager
def reached(simulator: str, log_dir: Path, quality: str = STANDARD) -> Iterator[Endpoint]:
    """Where ``--simulator`` listens, for as long as the block lasts.

    log_dir: for what a simulator says that is started here. quality: of its pictures.
    Raises RequestError for a word that names none, SimulatorError if one cannot be started.
    """
    if simulator != "local":
        yield Endpoint.parse(simulator)
        return
    log_file = log_dir / "simulator.log"

    def died(status: int) -> None:
        # The client library waits inside C++ for a server that is gone, and cannot be interrupted from Python.
        sys.stderr.write(f"simgen: the built-in simulator ended with status {status}; see {log_file}\n")
        sys.stderr.flush()
        os._exit(SimulatorError.exit_code)

    server = BuiltInSimulator(log_file, died, quality)
    try:
        yield server.endpoint
    finally:
        server.stop()
