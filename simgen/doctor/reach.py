"""The simulator that the doctor looks at: a running one, or one that is started for it and ended again."""

from __future__ import annotations

import os
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from simgen.capture.session import Endpoint
from simgen.errors import SimulatorError
from simgen.fleet.in_use import SimulatorInUse
from simgen.fleet.slot import STANDARD, Slot
from simgen.fleet.sources import BuiltIn, parse_source

HANGS_S = 60.0                  # the client library gives up a server that is gone within that, or never


@dataclass(frozen=True, slots=True)
class Reached:
    """endpoint: where it listens. died: set once one that was started here has ended by itself."""

    endpoint: Endpoint
    died: threading.Event = field(default_factory=threading.Event)


@contextmanager
def reached(simulator: str, log_dir: Path, quality: str = STANDARD) -> Iterator[Reached]:
    """What ``--simulator`` names, for as long as the block lasts; started as a worker starts it.

    log_dir: for what a simulator says that is started here. quality: of the built-in simulator's pictures.
    Raises RequestError for a word that names none, SimulatorError if one cannot be started.
    """
    source = parse_source(simulator)
    if isinstance(source, Endpoint):
        yield Reached(source)
        return
    source.check()
    slot = Slot(0, quality=quality, carla=None if isinstance(source, BuiltIn) else source)
    ours, over = SimulatorInUse(slot, log_dir), threading.Event()
    ours.take()

    def end_what_hangs() -> None:
        # The client library waits inside C++ for a server that is gone, and cannot be interrupted from Python.
        ours.died.wait()
        if not over.wait(HANGS_S):
            sys.stderr.write(f"simgen: {ours.death}; what it said is in {log_dir}\n")
            sys.stderr.flush()
            os._exit(SimulatorError.exit_code)

    threading.Thread(target=end_what_hangs, daemon=True, name="hangs").start()
    try:
        yield Reached(ours.endpoint, ours.died)
    finally:
        over.set()
        ours.leave()
