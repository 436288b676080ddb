"""From ``--simulator``, ``--workers`` and what belongs to them to one slot for each worker."""

from __future__ import annotations

import os
import socket
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from simgen.capture.session import Endpoint
from simgen.errors import RequestError, SimulatorLost
from simgen.fleet.launch.gpus import VISIBLE, installed_gpus, parse_gpus, visible_gpus
from simgen.fleet.ray_cluster import cluster_address
from simgen.fleet.slot import CPU, STANDARD, Slot
from simgen.fleet.sources import BuiltIn, Carla, Source, parse_source
from simgen.wording import counted

REACH_TIMEOUT_S = 5.0


@dataclass(frozen=True, slots=True)
class GpuWish:
    """On which GPUs of this machine CARLA servers are started (as ``--gpus`` has it), and how many on each."""

    gpus: str | None = None
    servers_per_gpu: int = 1


def slots_for(
    simulators: Sequence[str], workers: int | None, quality: str | None = None, assets: Path | None = None,
    device: str | None = None, wish: GpuWish | None = None,
) -> list[Slot]:
    """One slot for each worker. quality: of the built-in simulators' pictures, None where nobody asked for one.

    assets: a folder of models for the built-in simulators. device: what they shall work on, None where nobody asked.
    wish: for CARLA servers that are started.

    Raises RequestError for names that cannot be read, more workers than servers, or a quality, assets or a device asked
    of other servers.
    """
    sources = [parse_source(text) for text in simulators]
    servers = [source for source in sources if isinstance(source, Endpoint)]
    startable = [source for source in sources if not isinstance(source, Endpoint)]
    others = [source for source in sources if not isinstance(source, BuiltIn)]
    for option, value, what in (
        ("--quality", quality, "has qualities, and {} renders as it was started"),
        ("--assets", assets, "shows your models, and {} has its own"),
        ("--device", device, "works on either device, and {} has its own"),
    ):
        if others and value is not None:
            raise RequestError(f"{option} {value}: only the built-in simulator {what.format(others[0])}; leave "
                               f"{option} out, or use --simulator local")
    if len(set(servers)) < len(servers):
        raise RequestError("--simulator: the same HOST:PORT is given twice; one simulator holds one world")
    if workers is not None and not startable and workers > len(servers):
        raise RequestError(
            f"--workers {workers}: there {'is' if len(servers) == 1 else 'are'} {counted(len(servers), 'simulator')}; "
            "give another --simulator for each worker more"
        )
    if len(startable) > 1 and workers is not None and workers > len(sources):
        word = startable[0] if len(set(startable)) == 1 else "one that is started here"
        raise RequestError(
            f"--workers {workers}: '{word}' is given {len(startable)} times; give it once and let --workers say how "
            "many"
        )
    gpus = _gpus(wish or GpuWish(), startable)
    if len(startable) == 1:
        wanted = _as_many(startable[0], wish or GpuWish(), gpus) if workers is None else workers
        startable *= max(1, wanted - len(servers))
    taken = [*servers, *startable][:workers]
    return [_slot(number, source, quality, assets, device, gpus) for number, source in enumerate(taken)]


def _slot(
    number: int, source: Source, quality: str | None, assets: Path | None, device: str | None, gpus: tuple[str, ...]
) -> Slot:
    if isinstance(source, Endpoint):
        return Slot(number, source)
    if isinstance(source, BuiltIn):
        return Slot(number, None, quality or STANDARD, assets, device or CPU)
    return Slot(number, carla=source, gpus=gpus)


def _gpus(wish: GpuWish, startable: Sequence[Source]) -> tuple[str, ...]:
    if wish == GpuWish():
        return ()
    option = "--servers-per-gpu" if wish.gpus is None else "--gpus"
    if not any(not isinstance(source, BuiltIn) for source in startable):
        raise RequestError(f"{option}: it is about CARLA servers that simgen starts, and there are none; give "
                           "--simulator carla:FOLDER, or leave it out")
    if wish.gpus is None:
        return ()
    if cluster_address() is not None:
        raise RequestError(f"{option}: on a Ray cluster Ray says which GPU is whose; leave it out")
    return tuple(map(str, parse_gpus(wish.gpus, installed_gpus())))


def _as_many(source: BuiltIn | Carla, wish: GpuWish, gpus: tuple[str, ...]) -> int:
    """Workers, where nobody said how many."""
    if isinstance(source, BuiltIn):
        return os.cpu_count() or 1
    if cluster_address() is not None:
        return 1                                # the first of as many as there is room for
    source.check()                              # what it is matters more than how many
    found = len(gpus) or len(visible_gpus(installed_gpus(), os.environ.get(VISIBLE)))
    if not found:
        raise RequestError(f"--simulator {source}: no NVIDIA GPU is found on this machine, so nobody knows how many "
                           "servers it can carry; say it with --workers")
    return found * wish.servers_per_gpu


def require_reachable(slots: Sequence[Slot]) -> None:
    """Raises SimulatorLost if nothing listens at one of the endpoints, RequestError if there is no CARLA to start.

    On a cluster servers start on other machines, which look for themselves.
    """
    for slot in slots:
        if slot.endpoint is None:
            continue
        try:
            socket.create_connection((slot.endpoint.host, slot.endpoint.port), REACH_TIMEOUT_S).close()
        except OSError as error:
            raise SimulatorLost(
                f"--simulator {slot.endpoint}: nothing answers there ({error.strerror or error}): "
                "start the CARLA server first, or use --simulator local"
            ) from None
    if cluster_address() is None:
        to_start: set[Carla] = {slot.carla for slot in slots if slot.carla is not None}
        for source in to_start:
            source.check()
