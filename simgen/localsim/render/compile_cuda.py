"""``python -m simgen.localsim.render.compile_cuda``: do all kernels compile for CUDA? It takes no GPU to know.

Warp brings NVIDIA's run-time compiler in its wheel, so the CUDA source of every kernel can be compiled to PTX anywhere.
That shows what does not compile, and nothing of what would go wrong when it runs.
"""

from __future__ import annotations

import argparse
import importlib
import pkgutil
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType

from simgen.localsim.render import kernels
from simgen.localsim.render.warp_runtime import wp

ARCHITECTURES = (75, 90)        # Turing, the oldest that CUDA 13 still knows, and Hopper


class DoesNotCompile(RuntimeError):
    """A kernel is no CUDA; the compiler's own words went to the standard error stream."""


@dataclass(frozen=True, slots=True)
class Compiled:
    """A module's kernels for one architecture. cpu_s: what compiling took. bytes: of PTX."""

    module: str
    architecture: int
    cpu_s: float
    bytes: int


def kernel_modules() -> list[ModuleType]:
    """All modules of ``render.kernels`` that define a kernel."""
    modules = [importlib.import_module(f"{kernels.__name__}.{found.name}")
               for found in pkgutil.iter_modules(kernels.__path__)]
    return [module for module in modules if wp.get_module(module.__name__).kernels]


def compile_all(modules: Sequence[ModuleType], architectures: Sequence[int]) -> Iterator[Compiled]:
    """Compile each module for each architecture, as it goes. Nothing is kept.

    Raises ``DoesNotCompile`` at the first that fails.
    """
    with tempfile.TemporaryDirectory(prefix="simgen-cuda-") as folder:
        for architecture in architectures:
            for number, module in enumerate(modules):
                began, place = time.process_time(), Path(folder, str(architecture), str(number))
                try:
                    [made] = wp.compile_aot_module(module, arch=architecture, module_dir=place, use_ptx=True)
                except Exception as error:          # Warp raises bare ones
                    raise DoesNotCompile(
                        f"{module.__name__} does not compile for sm_{architecture}: {error}") from error
                yield Compiled(module.__name__, architecture, time.process_time() - began, Path(made).stat().st_size)


def main(arguments: list[str] | None = None) -> int:
    """0 if all kernels compile, 1 if one does not."""
    parser = argparse.ArgumentParser(prog="python -m simgen.localsim.render.compile_cuda",
                                     description="Compile all kernels of the renderer for CUDA, without a GPU.")
    parser.add_argument("--arch", type=int, action="append", metavar="NN",
                        help=f"compute capability, 75 for 7.5; may be given several times (default "
                             f"{', '.join(map(str, ARCHITECTURES))})")
    given = parser.parse_args(arguments)
    try:
        for one in compile_all(kernel_modules(), given.arch or ARCHITECTURES):
            sys.stdout.write(f"sm_{one.architecture} {one.module.rpartition('.')[2]:12s} {one.cpu_s:6.2f} s "
                             f"{one.bytes / 1e3:8.0f} kB\n")
            sys.stdout.flush()
    except DoesNotCompile as error:
        sys.stderr.write(f"{error}\n")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
