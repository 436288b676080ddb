"""Where kernels run: the CPU, in slices on some threads, or one CUDA GPU.

Nothing else in the renderer names a Warp device or touches a Warp array's memory. What comes from numpy is uploaded,
what goes to numpy is downloaded. On the CPU both share the memory, so they cost nothing, and what is downloaded stays
the kernels' own: whoever writes into it must upload it again. On a GPU both are copies.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np
from numpy.typing import NDArray

from simgen.localsim.devices import CPU
from simgen.localsim.render.warp_runtime import wp


class Device:
    """One processor for kernels and its memory."""

    def __init__(self, name: str = CPU, threads: int = 1) -> None:
        """name: "cpu", "cuda", or "cuda:N" for one GPU of several. threads: of the CPU; a GPU is asked by one.

        Raises ``ValueError`` for fewer than 1 thread, ``DeviceMissing`` for a GPU that is not there.
        """
        if threads < 1:
            raise ValueError(f"a renderer needs at least 1 thread, got {threads}")
        if name != CPU and not cuda_is_there():
            raise DeviceMissing(f"there is no CUDA device for '{name}': Warp finds no NVIDIA GPU with a driver here")
        self.name, self.threads = name, threads
        self.is_cuda = name != CPU
        self._pool = ThreadPoolExecutor(threads) if threads > 1 and not self.is_cuda else None

    def empty(self, count: int, dtype: Any) -> Any:
        """Room for ``count`` items, which holds anything."""
        return wp.empty(count, dtype=dtype, device=self.name)

    def zeros(self, shape: int | tuple[int, ...], dtype: Any) -> Any:
        return wp.zeros(shape, dtype=dtype, device=self.name)

    def upload(self, array: NDArray[Any], dtype: Any) -> Any:
        """A numpy array as kernels read it; on the CPU it shares the memory, gaps between rows included."""
        rows = np.ascontiguousarray(array) if self.is_cuda else array
        return wp.array(rows, dtype=dtype, device=self.name, copy=False)

    def download(self, array: Any) -> NDArray[Any]:
        """What kernels wrote, as numpy; on the CPU it shares the memory. It waits for the kernels."""
        numbers: NDArray[Any] = array.numpy()
        return numbers

    def wait(self) -> None:
        """Until all that was launched is done. Whoever downloads need not."""
        wp.synchronize_device(self.name)

    def launch(self, kernel: Any, size: int, arguments: Sequence[Any]) -> None:
        """Launch ``kernel(first, *arguments)``; inside it the item's number is ``first + wp.tid()``."""
        self.run(size, lambda first, count: self.start(kernel, count, [first, *arguments]))

    def start(self, kernel: Any, shape: int | tuple[int, ...], arguments: Sequence[Any]) -> None:
        """Launch a kernel of any signature in one piece."""
        wp.launch(kernel, shape, arguments, device=self.name)

    def run(self, size: int, launch: Callable[[int, int], None]) -> None:
        """Call ``launch(first, count)`` so that every number below ``size`` is covered once: in slices on a pool of
        threads (Warp lets go of the interpreter lock), or all at once."""
        if self._pool is None or size < 256:
            launch(0, size)
            return
        # More slices than threads, because the sky is cheaper than the street.
        step = -(-size // (8 * self.threads))
        starts = range(0, size, step)
        for _ in self._pool.map(lambda first: launch(first, min(step, size - first)), starts):
            pass


class DeviceMissing(RuntimeError):
    """The processor that was asked for is not there."""


def cuda_is_there() -> bool:
    """Is there a GPU that Warp could use?"""
    return bool(wp.is_cuda_available())
