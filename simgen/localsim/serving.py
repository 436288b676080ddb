"""Putting it all together: a simulator that listens, until it is told to stop or its owner is gone."""

from __future__ import annotations

import json
import logging
import os
import signal
import tempfile
import threading
import time
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from types import FrameType

from simgen.localsim.atlas import Atlas
from simgen.localsim.errors import LocalsimError
from simgen.localsim.owner import Owner
from simgen.localsim.scene import PlaceLike
from simgen.localsim.server import CallServer
from simgen.localsim.simulation import Simulation
from simgen.localsim.stage import Stage
from simgen.localsim.streams import StreamHub

log = logging.getLogger(__name__)

DEFAULT_PORT = 2000
_WATCH_S = 0.25
_CLOCK_S = 0.02


class CannotServe(LocalsimError):
    """The simulator could not be started; says why in one sentence."""


def serve(
    port: int = DEFAULT_PORT, host: str = "127.0.0.1", map_name: str | None = None, threads: int = 1,
    owner_pid: int | None = None, ready_file: Path | None = None,
) -> None:
    """Runs a simulator on ``host:port`` (0: any free port) in this process until SIGTERM or SIGINT, or until the
    process ``owner_pid`` has ended.

    map_name:    a built-in map, or the path of an OpenDRIVE file; the first built-in map if not given.
    threads:     how many the renderer uses.
    ready_file:  gets {"pid", "port", "stream_port", "map"} as JSON once clients can connect; appears whole.

    Call it from the main thread. Raises ``CannotServe``, and ``Refused`` for an unknown map.
    """

    def simulation_of(hub: StreamHub) -> Simulation:
        atlas, first = _atlas(map_name)
        return Simulation(atlas, first, lambda place: _stage(place, threads), hub)

    run(simulation_of, port, host, owner_pid, ready_file)


def run(
    simulation_of: Callable[[StreamHub], Simulation], port: int, host: str = "127.0.0.1", owner_pid: int | None = None,
    ready_file: Path | None = None,
) -> None:
    """``serve`` for any simulation: made once the ports are ours, and listened to until the end."""
    stop = threading.Event()

    def on_signal(number: int, frame: FrameType | None) -> None:
        stop.set()

    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, on_signal)
    owner = _owner(owner_pid)
    calls, streams = _listen(host, port)
    try:
        simulation = simulation_of(streams)
        streams.start()
        calls.start(simulation)
        threading.Thread(target=_run_clock, args=(simulation, stop), name="clock", daemon=True).start()
        name = simulation.world.level.name
        log.info("CARLA 0.9.16 protocol on %s:%d, streams on %d, map %s", host, calls.port, streams.port, name)
        if ready_file is not None:
            _write_whole(ready_file, {
                "pid": os.getpid(), "port": calls.port, "stream_port": streams.port, "map": name,
            })
        while not stop.wait(_WATCH_S):
            if owner is not None and not owner.alive():
                log.info("process %d, which this simulator was started for, has ended", owner.pid)
                break
    finally:
        stop.set()
        calls.close()
        streams.close()


def _owner(pid: int | None) -> Owner | None:
    if pid is None:
        return None
    try:
        return Owner(pid)
    except OSError as error:
        raise CannotServe(f"--owner {pid}: {error}") from error


def _listen(host: str, port: int) -> tuple[CallServer, StreamHub]:
    try:
        calls = CallServer(host, port)
    except OSError as error:
        raise CannotServe(
            f"cannot listen on {host}:{port}: {error.strerror or error}. Is another simulator running there? "
            "Choose another port with --port."
        ) from error
    return calls, StreamHub(host)


def _atlas(map_name: str | None) -> tuple[Atlas, str]:
    from simgen.localsim import places

    names = places.available_maps()
    documents: dict[str, str] = {}
    first = map_name or names[0]
    if first.endswith(".xodr"):
        path = Path(first)
        try:
            documents[path.stem] = path.read_text(encoding="utf-8")
        except OSError as error:
            raise CannotServe(f"cannot read the map {first}: {error.strerror}") from error
        first = path.stem
    return Atlas(names, places.load_place, places.place_from_opendrive, documents), first


def _stage(place: PlaceLike, threads: int) -> Stage:
    from simgen.localsim import bodies
    from simgen.localsim.render import Renderer, Weather

    return Stage(Renderer(place, threads=threads), bodies, lambda weather: Weather(**asdict(weather)))


def _run_clock(simulation: Simulation, stop: threading.Event) -> None:
    """Asynchronous mode: time passes by itself, at the pace of the wall clock or as fast as the sensors allow."""
    while not stop.is_set():
        if simulation.world.settings.synchronous_mode:
            stop.wait(_CLOCK_S)
            continue
        began = time.monotonic()
        simulation.tick()
        stop.wait(max(simulation.step_s - (time.monotonic() - began), 0.001))


def _write_whole(path: Path, content: object) -> None:
    """A file that nobody ever sees half written."""
    with tempfile.NamedTemporaryFile("w", dir=path.parent, prefix=path.name, delete=False, encoding="utf-8") as file:
        json.dump(content, file)
    Path(file.name).replace(path)
