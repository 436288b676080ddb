"""Warp, set up once: where compiled kernels are kept, and that two processes do not compile them twice.

Every module with kernels imports ``wp`` from here, because Warp reads its settings when a kernel is defined.
"""

from __future__ import annotations

import logging
import os
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from types import ModuleType
from typing import Any

import platformdirs
import warp

from simgen.localsim.render.portable import is_portable

# Warp's own types describe its language only in part, so to the type checker it is Any.
wp: Any = warp

_LOG = logging.getLogger(__name__)


def cache_folder() -> Path:
    """The first writable one of ``$SIMGEN_CACHE``, the user's cache folder and the temporary folder."""
    wanted = os.environ.get("SIMGEN_CACHE")
    candidates = [Path(wanted)] if wanted else [Path(platformdirs.user_cache_dir("simgen"))]
    candidates.append(Path(tempfile.gettempdir()) / f"simgen-{os.getuid() if hasattr(os, 'getuid') else 'user'}")
    for folder in candidates:
        kernels = folder / "warp"
        try:
            kernels.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            _LOG.warning("cannot keep compiled kernels in %s (%s)", kernels, error)
            continue
        if os.access(kernels, os.W_OK):
            return kernels
        _LOG.warning("cannot keep compiled kernels in %s (not writable)", kernels)
    raise OSError("no writable folder for compiled kernels: set SIMGEN_CACHE to one")


_ANY_PROCESSOR = "-target-cpu haswell"      # the oldest with AVX2 and FMA

# Warp says so on every machine without a GPU, whatever its log level; here nothing is missing.
_NO_CUDA = b"Warp CUDA warning: Could not find or load the NVIDIA CUDA driver"


def _configure() -> Path:
    folder = cache_folder()
    wp.config.quiet = True
    if hasattr(wp, "LOG_ERROR"):         # newer Warps have levels instead
        wp.config.log_level = wp.LOG_ERROR
    wp.config.enable_backward = False       # no gradients here; halves the time to compile
    wp.config.kernel_cache_dir = str(folder)
    if is_portable():
        wp.config.cpu_compiler_flags = wp.config.cpu_compiler_flags.replace("-march=native", _ANY_PROCESSOR)
    with _without_line_on_stderr(_NO_CUDA):
        wp.init()
    return folder


@contextmanager
def _without_line_on_stderr(line: bytes) -> Iterator[None]:
    """Hold back what native code writes to the standard error stream, and let all of it out again but ``line``."""
    sys.stderr.flush()
    kept = os.dup(2)
    with tempfile.TemporaryFile() as held:
        os.dup2(held.fileno(), 2)
        try:
            yield
        finally:
            os.dup2(kept, 2)
            os.close(kept)
            held.seek(0)
            for written in held:
                if not written.startswith(line):
                    os.write(2, written)


KERNEL_FOLDER = _configure()


@contextmanager
def alone(lock: Path) -> Iterator[None]:
    """Hold an exclusive lock on a file, across processes."""
    if sys.platform == "win32":     # no flock there; Warp's own atomic renames keep the cache whole
        yield
        return
    import fcntl

    with lock.open("w") as handle:
        fcntl.flock(handle, fcntl.LOCK_EX)
        try:
            yield
        finally:
            fcntl.flock(handle, fcntl.LOCK_UN)


@contextmanager
def errors_raised() -> Iterator[None]:
    """Let errors on a GPU be exceptions where they happen, which makes it wait after each kernel."""
    before, wp.config.verify_cuda = wp.config.verify_cuda, True
    try:
        yield
    finally:
        wp.config.verify_cuda = before


def load_kernels(modules: Sequence[ModuleType], device: str) -> None:
    """Compile for a Warp device, or load from the cache, all kernels of these Python modules, one process at a time."""
    with alone(KERNEL_FOLDER / "compile.lock"):
        for module in modules:
            wp.load_module(module, device=device)
