"""On which device all built-in simulators of a run work: settled once, because datasets say it and never mix it."""

from __future__ import annotations

import ctypes
import json
import os
import subprocess
import sys

from simgen.errors import RequestError
from simgen.fleet.slot import CPU

AUTO = "auto"
PORTABLE = "SIMGEN_PORTABLE"
_DRIVERS = ("nvcuda.dll",) if sys.platform == "win32" else ("libcuda.so.1", "libcuda.so")
_TIMEOUT_S = 600.0           # a GPU's first start compiles all kernels


def settled_device(asked: str) -> tuple[str, str | None]:
    """The device for what was asked for ("auto", "cpu", "cuda"), and why a GPU that is there is not used, or None.

    Raises RequestError if a GPU is asked for that is not there, or does not see what the processor sees, and for a
    value of ``SIMGEN_PORTABLE`` that no simulator would start with.
    """
    portable = os.environ.get(PORTABLE, "")
    if portable not in ("", "0", "1"):
        raise RequestError(f"{PORTABLE} is '{portable}': set it to 1 for the same pictures on every processor, or to 0")
    if asked == CPU or (asked == AUTO and not _driver_is_there()):
        return CPU, None
    try:
        done = subprocess.run(
            [sys.executable, "-m", "simgen.localsim.which_device", "--device", asked], stdin=subprocess.DEVNULL,
            capture_output=True, text=True, timeout=_TIMEOUT_S, check=False, cwd="/",
            env={**os.environ, "PYTHONPATH": os.pathsep.join(path for path in sys.path if path)})
    except subprocess.TimeoutExpired:
        return _failed(asked, f"the look at the GPU did not end within {_TIMEOUT_S:g} s")
    if done.returncode != 0:
        return _failed(asked, (done.stderr.strip().splitlines() or ["it said nothing"])[-1])
    answer = json.loads(done.stdout.strip().splitlines()[-1])
    return str(answer["device"]), answer["why"]


def _failed(asked: str, why: str) -> tuple[str, str]:
    if asked != AUTO:
        raise RequestError(why if why.startswith("--device") else f"--device {asked}: {why}; give --device {CPU}")
    return CPU, why


def _driver_is_there() -> bool:
    """Is NVIDIA's driver installed? Far cheaper to know than whether there is a GPU."""
    for name in _DRIVERS:
        try:
            ctypes.CDLL(name)
        except OSError:
            continue
        return True
    return False
