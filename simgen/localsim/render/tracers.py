"""The ray tracers of this machine: the best of its processor, and its GPU's."""

from __future__ import annotations

import logging
from functools import lru_cache

from simgen.localsim.devices import CPU, CUDA
from simgen.localsim.render.bvh import BvhTracer
from simgen.localsim.render.device import Device
from simgen.localsim.render.embree import RayTracerMissing
from simgen.localsim.render.tracing import EmbreeTracer, RayTracer

_LOG = logging.getLogger(__name__)


def cpu_tracer(threads: int = 1) -> RayTracer:
    """Embree; where there is none, Warp's own trees, which the log then says once."""
    device = Device(CPU, threads)
    try:
        return EmbreeTracer(device)
    except RayTracerMissing as missing:
        _say_once(str(missing))
        return BvhTracer(device)


def cuda_tracer() -> RayTracer:
    """Warp's own trees on the first GPU. Raises ``DeviceMissing`` where there is none."""
    return BvhTracer(Device(CUDA))


@lru_cache(maxsize=1)
def _say_once(why: str) -> None:
    _LOG.warning("rays are cast by Warp's own trees, which takes some ten times as long: %s", why)
