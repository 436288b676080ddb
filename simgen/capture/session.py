"""Reach a simulator, load a world into it, and own its clock for a while.

The client library reports everything as ``RuntimeError``; this module is where such errors become ours.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass

import carla

from simgen.capture.maps import bare_name
from simgen.capture.patience import TICK_S, patient_s
from simgen.errors import RequestError, SimulatorError, SimulatorLost
from simgen.scenario.plan import RoadWish

log = logging.getLogger(__name__)

CONNECT_TIMEOUT_S = 30.0
LOAD_TIMEOUT_S = 120.0

ABOUT_BLUEPRINT = "simgen.about"


@dataclass(frozen=True, slots=True)
class Endpoint:
    """Where a simulator listens."""

    host: str
    port: int

    @classmethod
    def parse(cls, text: str) -> Endpoint:
        """Read ``HOST:PORT``. Raises RequestError with a sentence otherwise."""
        host, colon, port = text.rpartition(":")
        if colon and host and port.isdecimal() and not 0 < int(port) < 65536:
            raise RequestError(f"--simulator {text}: a port is a number from 1 to 65535, for example {host}:2000")
        if not colon or not host or not port.isdecimal():
            raise RequestError(f"--simulator {text or repr(text)}: expected local, HOST:PORT (for example gpu1:2000), "
                               "carla:FOLDER, carla-docker:IMAGE or apptainer:IMAGE.sif")
        return cls(host, int(port))

    def __str__(self) -> str:
        return f"{self.host}:{self.port}"


@contextmanager
def as_simulator_errors(doing: str) -> Iterator[None]:
    """Turn what the client library raises into ``SimulatorLost`` (time-outs) or ``SimulatorError`` (refusals)."""
    try:
        yield
    except RuntimeError as error:
        text = str(error)
        if "time-out" in text or "rpc" in text.lower() or "connection" in text.lower():
            raise SimulatorLost(f"{doing}: {text}") from None
        raise SimulatorError(f"{doing}: {text}") from None


def connect(endpoint: Endpoint) -> carla.Client:
    """A client whose server has answered and has the client's own version.

    Raises SimulatorLost if nothing answers, SimulatorError if the versions differ.
    """
    client = carla.Client(endpoint.host, endpoint.port)
    client.set_timeout(CONNECT_TIMEOUT_S)
    with as_simulator_errors(f"simulator {endpoint} does not answer"):
        server = client.get_server_version()
    if server != client.get_client_version():
        raise SimulatorError(
            f"simulator {endpoint} has version {server}, this client {client.get_client_version()}: "
            f"start a CARLA {client.get_client_version()} server"
        )
    return client


def identify(library: carla.BlueprintLibrary, server_version: str) -> tuple[str, str]:
    """Name and version of the simulator, for the record: data of one must never be taken for the other's.

    The built-in simulator says who it is in its blueprint library; whatever does not is CARLA.
    """
    for blueprint in library.filter(ABOUT_BLUEPRINT):
        return "simgen", blueprint.get_attribute("version").as_str()
    return "CARLA", server_version


def found_settings(client: carla.Client) -> carla.WorldSettings:
    """The settings a server had before we came, with which it is left. It is made asynchronous: loading wants that."""
    with as_simulator_errors("cannot read the settings"):
        world = client.get_world()
        before = world.get_settings()
        if before.synchronous_mode:
            free = world.get_settings()
            free.synchronous_mode, free.fixed_delta_seconds = False, None
            world.apply_settings(free)
    return before


def available_maps(client: carla.Client) -> list[str]:
    """Paths of the maps a server offers."""
    with as_simulator_errors("cannot list the maps"):
        return list(client.get_available_maps())


def load_world(client: carla.Client, name: str) -> carla.World:
    """A fresh world on a map the server offers: no actors, ids and clock reset where the server does so.

    The world is loaded again even when the map is there already, so that an episode does not depend on the
    ones before it.
    """
    client.set_timeout(LOAD_TIMEOUT_S)
    with as_simulator_errors(f"cannot load map {name}"):
        world = client.load_world(name)
        if bare_name(world.get_map().name) != name:      # the client may still hold the map from before
            world = client.get_world()
    client.set_timeout(patient_s(TICK_S))
    return world


def generate_world(client: carla.Client, wish: RoadWish, xodr_text: str) -> carla.World:
    """A fresh world made of the wish's OpenDRIVE document. Raises RequestError if the server says that it is none."""
    client.set_timeout(LOAD_TIMEOUT_S)
    # No walls: the LiDAR would see them. Long pieces: fewer seams for it to see.
    options = carla.OpendriveGenerationParameters(
        vertex_distance=2.0, max_road_length=500.0, wall_height=0.0, additional_width=0.6,
        smooth_junctions=True, enable_mesh_visibility=True, enable_pedestrian_navigation=True,
    )
    try:
        with as_simulator_errors(f"cannot load {wish.xodr}"):
            world = client.generate_opendrive_world(xodr_text, options)
    except SimulatorLost:
        raise
    except SimulatorError as error:             # the server is well and says that the file is not
        raise RequestError(str(error)) from None
    client.set_timeout(patient_s(TICK_S))
    return world


@contextmanager
def synchronous_mode(world: carla.World, tick_s: float, before: carla.WorldSettings) -> Iterator[None]:
    """Let us, not the clock, decide when the world moves; leave it with the settings ``before`` afterwards."""
    with as_simulator_errors("cannot read the settings"):
        settings = world.get_settings()
    settings.synchronous_mode = True
    settings.fixed_delta_seconds = tick_s
    settings.substepping = True
    settings.max_substep_delta_time = 0.01
    settings.max_substeps = max(10, round(tick_s / 0.01))
    with as_simulator_errors("cannot switch to synchronous mode"):
        world.apply_settings(settings)
    try:
        yield
    finally:
        # A world left synchronous hangs the next client. If the server is gone there is nothing to put back,
        # and the error that told us so must not be hidden by this one.
        with suppress(RuntimeError):
            world.apply_settings(before)


def tick(world: carla.World) -> carla.WorldSnapshot:
    """Advance the world by one step and return the snapshot of exactly that step. Raises SimulatorLost."""
    with as_simulator_errors("the simulator did not finish a tick"):
        frame = world.tick(patient_s(TICK_S))
    snapshot = world.get_snapshot()
    if snapshot.frame != frame:
        raise SimulatorError(
            f"the world moved on to frame {snapshot.frame} while frame {frame} was read: "
            "another client is ticking this simulator; give simgen one of its own"
        )
    return snapshot
