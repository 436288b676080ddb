"""Putting it all together: a simulator that listens, until it is told to stop or its owner is gone."""

from __future__ import annotations

import json
import logging
import math
import os
import signal
import tempfile
import threading
import time
from collections.abc import Callable
from dataclasses import asdict, replace
from pathlib import Path
from types import FrameType
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from simgen.localsim.atlas import Atlas
from simgen.localsim.calls import CallServer
from simgen.localsim.catalogue import carla_library
from simgen.localsim.devices import AUTO
from simgen.localsim.errors import LocalsimError, Refused
from simgen.localsim.heap import share_one_heap
from simgen.localsim.numbering import InstanceIds, first_actor_id
from simgen.localsim.owner import Owner
from simgen.localsim.quality import STANDARD
from simgen.localsim.scene import Bodies, PlaceLike, level_instances
from simgen.localsim.signal_scene import sign_instances
from simgen.localsim.simulation import Simulation
from simgen.localsim.stage import Stage
from simgen.localsim.streams import StreamHub
from simgen.localsim.world import Level

if TYPE_CHECKING:
    from simgen.localsim.places import Place
    from simgen.localsim.render import Renderers

log = logging.getLogger(__name__)

DEFAULT_PORT = 2000
_WATCH_S = 0.25
_CLOCK_S = 0.02


class CannotServe(LocalsimError):
    """The simulator could not be started; says why in one sentence."""


def serve(
    port: int = DEFAULT_PORT, host: str = "127.0.0.1", map_name: str | None = None, threads: int = 1,
    owner_pid: int | None = None, ready_file: Path | None = None, ids: InstanceIds = InstanceIds.ACTOR,
    quality: str = STANDARD, assets: Path | None = None, device: str = AUTO, stock: bool = False, stream_port: int = 0,
) -> None:
    """Runs a simulator on ``host:port`` (0: any free port) in this process until SIGTERM or SIGINT, or until the
    process ``owner_pid`` has ended.

    map_name:    a built-in map, or the path of an OpenDRIVE file; the first built-in map if not given.
    threads:     how many the renderer uses.
    ids:         which numbers instance cameras show, and where actor ids begin; see ``numbering``.
    quality:     a rung of ``render.LADDER``: how much work goes into RGB pictures.
    assets:      a folder of models that take the place of bodies; see ``bodies.assets``.
    device:      one of ``devices.DEVICES``: what computes pictures and sweeps.
    stock:       offer only what stock CARLA 0.9.16 offers; see ``catalogue.carla_library``.
    stream_port: where sensors' data comes from; 0: any free port.
    ready_file:  gets {"pid", "port", "stream_port", "map"} as JSON once clients can connect; appears whole.

    Call it from the main thread. Raises ``CannotServe``, ``Refused`` for an unknown map, ``AssetRefused`` and
    ``DeviceRefused``.
    """
    bodies, renderers = _bodies(assets), _renderers(device, threads, quality)

    def simulation_of(hub: StreamHub) -> Simulation:
        atlas, first = _atlas(map_name)
        return Simulation(atlas, first, lambda place, level: _stage(place, level, renderers, bodies, ids), hub, ids,
                          carla_library() if stock else None)

    run(simulation_of, port, host, owner_pid, ready_file, stream_port)


def run(
    simulation_of: Callable[[StreamHub], Simulation], port: int, host: str = "127.0.0.1", owner_pid: int | None = None,
    ready_file: Path | None = None, stream_port: int = 0,
) -> None:
    """``serve`` for any simulation: made once the ports are ours, and listened to until the end."""
    # A plain list, not an Event: a handler that runs while its own thread waits for an Event would deadlock in set().
    signals: list[int] = []

    def on_signal(number: int, frame: FrameType | None) -> None:
        signals.append(number)

    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, on_signal)
    share_one_heap()
    owner, clock = _owner(owner_pid), _Clock()
    calls, streams = _listen(host, port, stream_port)
    try:
        simulation = simulation_of(streams)
        streams.start()
        calls.start(simulation)
        clock.start(simulation)
        name = simulation.world.level.name
        log.info("CARLA 0.9.16 protocol on %s:%d, streams on %d, map %s", host, calls.port, streams.port, name)
        if ready_file is not None:
            _write_whole(ready_file, {
                "pid": os.getpid(), "port": calls.port, "stream_port": streams.port, "map": name,
            })
        while not signals and clock.error is None:
            time.sleep(_WATCH_S)
            if owner is not None and not owner.alive():
                log.info("process %d, which this simulator was started for, has ended", owner.pid)
                break
        if clock.error is not None:
            raise clock.error
    finally:
        clock.stop()
        calls.close()
        streams.close()


def _owner(pid: int | None) -> Owner | None:
    if pid is None:
        return None
    try:
        return Owner(pid)
    except OSError as error:
        raise CannotServe(f"--owner {pid}: {error}") from error


def _listen(host: str, port: int, stream_port: int) -> tuple[CallServer, StreamHub]:
    asked, option = port, "--port"
    try:
        calls = CallServer(host, port)
        asked, option = stream_port, "--stream-port"
        return calls, StreamHub(host, stream_port)
    except OSError as error:
        raise CannotServe(
            f"cannot listen on {host}:{asked}: {error.strerror or error}. Is another simulator running there? "
            f"Choose another port with {option}."
        ) from error


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
        except UnicodeDecodeError as error:
            raise CannotServe(f"cannot read the map {first}: it is not UTF-8 text; save it as UTF-8") from error
        first = path.stem

    def build(text: str, name: str) -> PlaceLike:
        try:
            return places.place_from_opendrive(text, name)
        except places.PlaceError as error:
            raise Refused(str(error)) from error

    return Atlas(names, places.load_place, build, documents), first


def _bodies(assets: Path | None) -> Bodies:
    if assets is None:
        from simgen.localsim import bodies

        return bodies
    from simgen.localsim.bodies.assets import load_assets

    return load_assets(assets)


def _renderers(device: str, threads: int, quality: str) -> Renderers:
    from simgen.localsim.render import LADDER, Renderers

    return Renderers(device, threads, LADDER[quality])


def _stage(place: Place, level: Level, renderers: Renderers, bodies: Bodies, ids: InstanceIds) -> Stage:
    from simgen.localsim.places import rest
    from simgen.localsim.render import Weather

    meshes, cars = level_instances(level.vehicles, bodies)
    signs = sign_instances(level.signals, first_actor_id(ids))
    # The level's cars come first, so that adding scenery to a place gives them no other instance number.
    furnished = replace(place, prototypes=place.prototypes | meshes, scenery=(*cars, *signs, *place.scenery))
    renderer = renderers.renderer(furnished, street_view(place))
    rest(place)
    return Stage(renderer, bodies, lambda weather: Weather(**asdict(weather)))


def street_view(place: Place) -> NDArray[np.float64]:
    """(4, 4) world_from_camera of a driver at the first spawn point, or at the origin where there is none."""
    x, y, z, yaw = next(((p.x_m, p.y_m, p.z_m, p.yaw_rad) for p in place.spawn_points), (0.0, 0.0, 0.0, 0.0))
    c, s = math.cos(yaw), math.sin(yaw)
    return np.array([[c, -s, 0.0, x], [s, c, 0.0, y], [0.0, 0.0, 1.0, z + 1.5], [0.0, 0.0, 0.0, 1.0]])


class _Clock:
    """Asynchronous mode: time passes by itself, at the pace of the wall clock or as fast as the sensors allow.

    error: what ended it, if anything did; nobody else would hear of it.
    """

    def __init__(self) -> None:
        self._stopped = threading.Event()
        self.error: Exception | None = None

    def start(self, simulation: Simulation) -> None:
        threading.Thread(target=self._run, args=(simulation,), name="clock", daemon=True).start()

    def stop(self) -> None:
        self._stopped.set()

    def _run(self, simulation: Simulation) -> None:
        try:
            while not self._stopped.is_set():
                began = time.monotonic()
                if simulation.world.settings.synchronous_mode or not simulation.tick_if_free():
                    self._stopped.wait(_CLOCK_S)
                else:
                    self._stopped.wait(max(simulation.step_s - (time.monotonic() - began), 0.001))
        except Exception as error:
            self.error = error


def _write_whole(path: Path, content: object) -> None:
    """A file that nobody ever sees half written."""
    with tempfile.NamedTemporaryFile("w", dir=path.parent, prefix=path.name, delete=False, encoding="utf-8") as file:
        json.dump(content, file)
    Path(file.name).replace(path)
