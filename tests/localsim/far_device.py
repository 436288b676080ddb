"""A device that keeps kernels and numpy apart as a GPU does, on a machine that has none.

What is uploaded or downloaded is a copy, nothing is sliced, and a kernel may be given no array that was not made here.
So whatever works on it needs no memory that host and device share.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from simgen.localsim.render.device import Device
from simgen.localsim.render.warp_runtime import wp


class FarDevice(Device):
    """Kernels run on the processor, as if it were far away."""

    def __init__(self) -> None:
        super().__init__()
        self._own: dict[int, Any] = {}      # keeps every array, so that no address is given out twice
        self.launches = 0

    def _mine(self, array: Any) -> Any:
        self._own[array.ptr] = array
        return array

    def empty(self, count: int, dtype: Any) -> Any:
        array = super().empty(count, dtype)
        if array.size:
            array.numpy().view(np.uint8)[...] = 0xCD        # nobody may count on zeros
        return self._mine(array)

    def zeros(self, shape: int | tuple[int, ...], dtype: Any) -> Any:
        return self._mine(super().zeros(shape, dtype))

    def upload(self, array: NDArray[Any], dtype: Any) -> Any:
        return self._mine(wp.array(array.copy(), dtype=dtype, device=self.name, copy=True))

    def download(self, array: Any) -> NDArray[Any]:
        apart: NDArray[Any] = super().download(array).copy()
        return apart

    def start(self, kernel: Any, shape: int | tuple[int, ...], arguments: Sequence[Any]) -> None:
        for name, array in _arrays(kernel.key, arguments):
            assert array.ptr in self._own, f"{name} is given memory of the host"
        self.launches += 1
        super().start(kernel, shape, arguments)


def _arrays(name: str, values: Sequence[Any]) -> Iterator[tuple[str, Any]]:
    """All arrays among a kernel's arguments that hold anything, and those inside its structs."""
    for number, value in enumerate(values):
        if isinstance(value, wp.array):
            if value.ptr:
                yield f"argument {number} of {name}", value
        elif hasattr(value, "_cls"):
            fields = list(value._cls.vars)
            yield from _arrays(f"{name} ({', '.join(fields)})", [getattr(value, field) for field in fields])
