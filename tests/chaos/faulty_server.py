"""The built-in simulator with faults: ``python -m tests.chaos.faulty_server FOLDER [--quality …] PORT_OPTIONS``.

A fault happens once, to whichever server first comes to where it can: who wants one puts a file ``<kind>-<anything>``
into FOLDER/armed, and the server that takes it moves the file to FOLDER/done.

    hang      a tick does not end
    die       the process ends in the middle of a tick, with a last word
    drop      one message of one sensor is not sent
    zero-box  one actor is born with a bounding box without size
    slow      the server starts, but takes its time (``SLOW_START_S``)
"""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from simgen.localsim import methods, server
from simgen.localsim.actors import Sensor
from simgen.localsim.simulation import Simulation
from simgen.localsim.streams import StreamHub
from simgen.localsim.values import ActorInfo, BoundingBox, Vector3
from simgen.localsim.wire.stream import WORLD_STREAM

ARMED, DONE = "armed", "done"
KINDS = ("hang", "die", "drop", "zero-box", "slow")
DIED = 139                  # as a shell reports signal 11, which is how Unreal dies
SLOW_START_S = 5.0


class Faults:
    """The faults that wait in a folder for somebody to happen to."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        for name in (ARMED, DONE):
            (folder / name).mkdir(parents=True, exist_ok=True)

    def arm(self, kind: str, name: str) -> None:
        """One more."""
        (self._folder / ARMED / f"{kind}-{name}").touch()

    def waiting(self) -> list[str]:
        """Those that have happened to nobody yet."""
        return sorted(path.name for path in (self._folder / ARMED).iterdir())

    def take(self, kind: str) -> bool:
        """Is there one of this kind, and is it ours?"""
        for path in (self._folder / ARMED).glob(f"{kind}-*"):
            try:
                path.rename(self._folder / DONE / path.name)
            except FileNotFoundError:           # another server's
                continue
            sys.stderr.write(f"fault: {path.name}\n")
            sys.stderr.flush()
            return True
        return False


class FaultyHub(StreamHub):
    """Loses a sensor's message."""

    faults: Faults

    def send(self, stream_id: int, parts: Sequence[bytes | memoryview]) -> None:
        if stream_id != WORLD_STREAM and self.faults.take("drop"):
            return
        super().send(stream_id, parts)


class FaultySimulation(Simulation):
    """Hangs and dies in a tick that somebody has asked for and some sensor watches."""

    faults: Faults

    def tick(self) -> int:
        if any(isinstance(actor, Sensor) for actor in self.world.known(tuple(range(1, 200)))):
            if self.faults.take("hang"):
                time.sleep(3600.0)
            if self.faults.take("die"):
                sys.stderr.write("Signal 11 caught.\nMalloc Size=65538 LargeMemoryPoolOffset=65554\n")
                sys.stderr.flush()
                os._exit(DIED)
        return super().tick()


def _faulty(faults: Faults) -> None:
    """Make every simulator of this process faulty."""
    FaultyHub.faults = FaultySimulation.faults = faults
    vars(server).update(StreamHub=FaultyHub, Simulation=FaultySimulation)
    spawn = methods.METHODS["spawn_actor"]

    def spawn_without_size(simulation: Simulation, *arguments: Any) -> ActorInfo:
        info: ActorInfo = spawn.act(simulation, *arguments)
        if info.bounding_box.extent != Vector3(0.0, 0.0, 0.0) and faults.take("zero-box"):
            return info._replace(bounding_box=BoundingBox(Vector3(0.0, 0.0, 0.0), Vector3(0.0, 0.0, 0.0)))
        return info

    methods.METHODS["spawn_actor"] = replace(spawn, act=spawn_without_size)


def main(arguments: list[str]) -> int:
    from simgen.localsim.__main__ import main as serve_main

    faults = Faults(Path(arguments[0]))
    _faulty(faults)
    if faults.take("slow"):
        time.sleep(SLOW_START_S)
    return serve_main(arguments[1:])


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
