"""The one way in which loops over points and pixels are compiled.

Compiled code is kept beside the source, or in the user's cache folder where that cannot be written, and made for the
processor it runs on. Arithmetic is IEEE's: no fused or reordered operations, so the same numbers come out everywhere.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar, cast

import numba

Function = TypeVar("Function", bound=Callable[..., object])


def compiled(function: Function) -> Function:
    """Compile a function of arrays and numbers at its first call; it runs without the interpreter's lock."""
    options = {"nogil": True, "error_model": "numpy"}
    try:
        return cast(Function, numba.njit(cache=True, **options)(function))
    except RuntimeError as error:           # neither folder can be written: compiled again in each process
        if "cannot cache" not in str(error):
            raise
        return cast(Function, numba.njit(**options)(function))
