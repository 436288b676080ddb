"""A server that takes CARLA's flags, serves the built-in simulator, and has faults: ``make_faulty_carla``.

A fault happens once, to whichever server first comes to where it can: who wants one puts a file ``<kind>-<anything>``
into FOLDER/armed, and the server that takes it moves the file to FOLDER/done.

    hang      a tick in the middle of an episode does not end
    die       the process ends in such a tick, with last words
    drop      one message of one sensor is not sent
    zero-box  an actor's bounding box has no size when it is asked for
    slow      the server starts, but takes its time (``SLOW_START_S``)
"""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from simgen.localsim import methods, server
from simgen.localsim.simulation import Simulation
from simgen.localsim.streams import StreamHub
from simgen.localsim.values import BoundingBox, Vector3
from simgen.localsim.wire.stream import WORLD_STREAM
from tests.fleet.stand_in import BINARY
from tests.fleet.stand_in_server import ports_of
from tests.whole.product import ROOT

ARMED, DONE = "armed", "done"
KINDS = ("hang", "die", "drop", "zero-box", "slow")
DIED = 139                  # as a shell reports signal 11, which is how Unreal dies
SLOW_START_S = 5.0
FAULTY_TICK = 9             # of an episode of chaos.yaml: its second frame, whose first is on the disk


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
    """Loses a sensor's message when it is told to."""

    loses = False

    def send(self, stream_id: int, parts: Sequence[bytes | memoryview]) -> None:
        if self.loses and stream_id != WORLD_STREAM:
            self.loses = False
            return
        super().send(stream_id, parts)


class FaultySimulation(Simulation):
    """Things go wrong with it in a tick that somebody has asked for."""

    faults: Faults
    _episode, _asked_for = 0, 0                  # ticks in this episode

    def tick(self) -> int:
        if self._episode != self.world.episode_id:
            self._episode, self._asked_for = self.world.episode_id, 0
        self._asked_for += 1
        if self._asked_for == FAULTY_TICK:
            if self.faults.take("hang"):
                time.sleep(3600.0)
            if self.faults.take("die"):
                sys.stderr.write("Signal 11 caught.\nMalloc Size=65538 LargeMemoryPoolOffset=65554\n")
                sys.stderr.flush()
                os._exit(DIED)
            assert isinstance(self.outlet, FaultyHub)
            self.outlet.loses = self.faults.take("drop")
        return super().tick()


def _make_faulty(faults: Faults) -> None:
    """Every simulator of this process."""
    FaultySimulation.faults = faults
    vars(server).update(StreamHub=FaultyHub, Simulation=FaultySimulation)
    asked = methods.METHODS["get_actor_bounding_box"]

    def without_size(simulation: Simulation, actor_id: int) -> BoundingBox:
        if faults.take("zero-box"):
            return BoundingBox(Vector3(0.0, 0.0, 0.0), Vector3(0.0, 0.0, 0.0))
        box: BoundingBox = asked.act(simulation, actor_id)
        return box

    methods.METHODS["get_actor_bounding_box"] = replace(asked, act=without_size)


def make_faulty_carla(folder: Path, faults: Path) -> Path:
    """Make a folder that looks like CARLA's to ``--simulator carla:FOLDER``; its servers take their faults from
    ``faults``. Returns the folder."""
    binary = folder / BINARY
    binary.parent.mkdir(parents=True)
    # What was compiled for the user must not be compiled again in a home of each server's own.
    binary.write_text(f"""#!/bin/sh
unset XDG_CACHE_HOME XDG_CONFIG_HOME XDG_DATA_HOME
export HOME='{Path.home()}' PYTHONPATH='{ROOT}'
exec '{sys.executable}' -m tests.chaos.faulty_server '{faults.resolve()}' "$@"
""")
    binary.chmod(0o755)
    return folder


def main(arguments: list[str]) -> int:
    faults = Faults(Path(arguments[0]))
    _make_faulty(faults)
    if faults.take("slow"):
        time.sleep(SLOW_START_S)
    rpc, stream = ports_of(arguments[1:])
    server.serve(rpc, stream_port=stream, quality="labels", device="cpu")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
