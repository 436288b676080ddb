"""Whether pictures shall be the same bytes on every x86-64 processor, or as fast as this one can make them.

On one host they are the same bytes either way, on any number of threads and on every run. Between processors of
different kinds two things differ: the instruction set with which Embree casts rays, and the one Warp compiles kernels
for. Both follow the processor unless ``SIMGEN_PORTABLE=1`` is set, for fleets of mixed hosts whose frames shall agree
to the byte; a camera's rays then take a quarter longer on processors with AVX-512, and as long as ever on others.
"""

from __future__ import annotations

import os

from simgen.localsim.errors import LocalsimError

VARIABLE = "SIMGEN_PORTABLE"


def is_portable() -> bool:
    """Was it asked for? Raises ``LocalsimError`` for a value that is neither 0 nor 1."""
    value = os.environ.get(VARIABLE, "0")
    if value not in ("", "0", "1"):
        raise LocalsimError(f"{VARIABLE} is '{value}': set it to 1 for the same pictures on every processor, or to 0")
    return value == "1"
