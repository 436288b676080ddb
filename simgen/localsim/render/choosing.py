"""Which device makes pictures: the one that was asked for, or a GPU if it is there and proves itself."""

from __future__ import annotations

import logging
from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from simgen.localsim.devices import AUTO, CPU, CUDA, DEVICES
from simgen.localsim.errors import LocalsimError
from simgen.localsim.quality import Quality
from simgen.localsim.render.device import cuda_is_there
from simgen.localsim.render.renderer import PlaceGeometry, Renderer
from simgen.localsim.render.self_check import disagreement
from simgen.localsim.render.tracers import cpu_tracer, cuda_tracer
from simgen.localsim.render.tracing import RayTracer
from simgen.localsim.render.warp_runtime import errors_raised

_LOG = logging.getLogger(__name__)


class DeviceRefused(LocalsimError):
    """The device that was asked for cannot be used; says why in one sentence."""


class Renderers:
    """Makes renderers of places, all on one device, which is chosen with the first of them.

    device:  "cpu" or "cuda"; None until the first place.
    why:     why a GPU that is there is not used; None where it is, or nobody looked.
    """

    def __init__(
        self, asked: str = AUTO, threads: int = 1, quality: Quality | None = None, *,
        gpu_is_there: Callable[[], bool] = cuda_is_there, gpu: Callable[[], RayTracer] = cuda_tracer,
    ) -> None:
        """asked: one of ``devices.DEVICES``.

        Raises ``DeviceRefused`` if a GPU is asked for and none is there.
        """
        if asked not in DEVICES:
            raise ValueError(f"there is no device '{asked}', only {', '.join(DEVICES)}")
        self._asked, self._threads, self._quality, self._gpu = asked, threads, quality, gpu
        self.device: str | None = CPU if asked == CPU else None
        self.why: str | None = None
        if self.device is None and not gpu_is_there():
            if asked == CUDA:
                raise DeviceRefused("--device cuda: there is no NVIDIA GPU with a driver that Warp can use here; leave "
                                    "--device out, or look at what nvidia-smi says")
            self.device = CPU

    def renderer(self, place: PlaceGeometry, eye: NDArray[np.float64]) -> Renderer:
        """A renderer of a place. eye: (4, 4), from where one sees some of it.

        Raises ``DeviceRefused`` if the GPU that was asked for does not see what the processor sees.
        """
        if self.device == CPU:
            return self._on_cpu(place)
        if self.device == CUDA:
            return Renderer(place, quality=self._quality, tracer=self._gpu())
        trusted = self._on_cpu(place)
        found = self._proven(place, eye, trusted)
        if isinstance(found, Renderer):
            self.device = CUDA
            _LOG.info("pictures and sweeps are made on a GPU, which sees what the processor sees")
            return found
        self.why = f"the GPU is not trusted: compared with the processor, {found}"
        if self._asked == CUDA:
            raise DeviceRefused(f"--device cuda: {self.why}; give --device cpu, and please report it")
        self.device = CPU
        _LOG.warning("pictures and sweeps are made on the CPU: %s", self.why)
        return trusted

    def _on_cpu(self, place: PlaceGeometry) -> Renderer:
        return Renderer(place, quality=self._quality, tracer=cpu_tracer(self._threads))

    def _proven(self, place: PlaceGeometry, eye: NDArray[np.float64], trusted: Renderer) -> Renderer | str:
        """A renderer on the GPU that sees the place as ``trusted`` does, or what is wrong with it."""
        thing = min(place.prototypes, default=None)
        try:
            with errors_raised():
                other = Renderer(place, quality=self._quality, tracer=self._gpu())
                return disagreement(trusted, other, eye, thing) or other
        except Exception as error:      # whatever goes wrong on a GPU, there is still the processor
            return f"it fails ({type(error).__name__}: {' '.join(str(error).split()) or 'no reason given'})"
