"""The one way in which loops over points and pixels are compiled.

Compiled code is made for the processor it runs on, and kept in ``$SIMGEN_CACHE`` or the user's cache folder, by what
all sources of this package say: numba looks at a function's own file only, and would go on using what it once compiled
of others that the function calls. Arithmetic is IEEE's: no fused or reordered operations, so the same numbers come out
everywhere.
"""

from __future__ import annotations

import hashlib
import os
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import TypeVar, cast

import numba

Function = TypeVar("Function", bound=Callable[..., object])

_PACKAGE = Path(__file__).parent
_DECORATING = threading.Lock()


def compiled(function: Function) -> Function:
    """Compile a function of arrays and numbers at its first call; it runs without the interpreter's lock."""
    options = {"nogil": True, "error_model": "numpy"}
    folder = cache_folder()
    if folder is None:                      # nothing can be written: compiled again in each process
        return cast(Function, numba.njit(**options)(function))
    with _kept_in(folder):
        return cast(Function, numba.njit(cache=True, **options)(function))


@cache
def cache_folder() -> Path | None:
    """Where compiled code is kept; None if that cannot be written."""
    wanted, users = os.environ.get("SIMGEN_CACHE"), os.environ.get("XDG_CACHE_HOME") or "~/.cache"
    try:
        root = Path(wanted) if wanted else Path(users).expanduser() / "simgen"
        folder = root / f"sensors-{_digest_of(_PACKAGE)}"
        folder.mkdir(parents=True, exist_ok=True)
    except (OSError, RuntimeError):         # nowhere to write, or a user without a home
        return None
    return folder if os.access(folder, os.W_OK | os.X_OK) else None


def _digest_of(package: Path) -> str:
    """Of all its sources."""
    digest = hashlib.sha256()
    for path in sorted(package.rglob("*.py")):
        digest.update(str(path.relative_to(package)).encode() + b"\0" + path.read_bytes() + b"\0")
    return digest.hexdigest()[:16]


@contextmanager
def _kept_in(folder: Path) -> Iterator[None]:
    """numba asks its settings for the folder when a function is decorated, not when it is compiled."""
    with _DECORATING:
        usual, numba.config.CACHE_DIR = numba.config.CACHE_DIR, str(folder)
        try:
            yield
        finally:
            numba.config.CACHE_DIR = usual
