"""A folder that looks like CARLA's, with an executable that behaves like CARLA's server: ``make_carla``.

It takes CARLA's flags and then serves the built-in simulator on the ports they name, so that everything but Unreal is
real. What goes wrong with it stands in ``behaviour.json`` in the folder, and every start leaves a line with its
arguments, process id and environment in ``starts.jsonl``.
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from simgen.commands.options import cache_folder

BINARY = Path("CarlaUE4/Binaries/Linux/CarlaUE4-Linux-Shipping")
BEHAVIOUR = "behaviour.json"
STARTS = "starts.jsonl"
SERVER = Path(__file__).with_name("stand_in_server.py")


@dataclass(frozen=True)
class Behaviour:
    """How one start of the stand-in goes. Ticks are those that a client asks for, counted from 1.

    engine: "flat" starts at once and shows an empty plane; "whole" is the built-in simulator with its pictures.
    stock: without the blueprints that simgen's simulator has beyond CARLA's.
    start_s: how long it does not listen at first; never_listens: for ever. exit_at_start: its status, if it just ends.
    wrapped: a shell script runs the server as a child, without ``exec``. ignores_term: so does each of them.
    die_at_tick, die_after_s: when it ends by SIGABRT, with ``last_words`` on standard error before.
    hang_at_tick: a tick that never ends. leak_mb: for each tick. said: lines on standard error at its start.
    """

    engine: str = "flat"
    quality: str = "fast"
    stock: bool = False
    version: str = "0.9.16"
    start_s: float = 0.0
    never_listens: bool = False
    exit_at_start: int | None = None
    wrapped: bool = False
    ignores_term: bool = False
    die_at_tick: int | None = None
    die_after_s: float | None = None
    hang_at_tick: int | None = None
    leak_mb: float = 0.0
    said: tuple[str, ...] = ()
    last_words: tuple[str, ...] = ("Signal 6 caught.", "Malloc Size=262146 LargeMemoryPoolOffset=262162")


def make_carla(folder: Path, *starts: Behaviour) -> Path:
    """Make the folder. The first start goes as the first behaviour says, and so on; the last one holds from then on.

    Returns the folder, for ``--simulator carla:FOLDER``.
    """
    binary = folder / BINARY
    binary.parent.mkdir(parents=True, exist_ok=True)
    behave(folder, *starts)
    # Nothing but the system's own shell: a test may hand it any PATH and HOME.
    binary.write_text(f"""#!/bin/sh
export STAND_IN_FOLDER='{folder.resolve()}'
export SIMGEN_CACHE='{cache_folder()}'
export PYTHONPATH='{os.pathsep.join(path for path in sys.path if path)}'
if [ -e '{folder.resolve()}/wrapped' ]; then
    if [ -e '{folder.resolve()}/ignores_term' ]; then trap '' TERM; fi
    '{sys.executable}' '{SERVER}' "$@"
    exit $?
fi
exec '{sys.executable}' '{SERVER}' "$@"
""")
    binary.chmod(0o755)
    return folder


def behave(folder: Path, *starts: Behaviour) -> None:
    """From now on, starts go as these say; starts before are forgotten."""
    starts = starts or (Behaviour(),)
    folder.mkdir(parents=True, exist_ok=True)
    (folder / STARTS).unlink(missing_ok=True)
    (folder / BEHAVIOUR).write_text(json.dumps([asdict(one) for one in starts]))
    # The shell reads no JSON. Whether there is a wrapper is a matter of the folder, not of one start.
    for word in ("wrapped", "ignores_term"):
        (folder / word).unlink(missing_ok=True)
        if any(getattr(one, word) for one in starts):
            (folder / word).touch()


def starts_of(folder: Path) -> list[dict[str, Any]]:
    """All starts so far: {"argv", "pid", "env"}."""
    return list(_lines(folder / STARTS))


def behaviour_of(folder: Path) -> Behaviour:
    """How the next start goes."""
    told = json.loads((folder / BEHAVIOUR).read_text())
    return Behaviour(**told[min(len(starts_of(folder)), len(told) - 1)])


def _lines(path: Path) -> Iterator[dict[str, Any]]:
    if path.exists():
        yield from map(json.loads, path.read_text().splitlines())
