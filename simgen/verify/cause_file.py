"""The rows of ``velodyne_cause/ID.npy``: what each point of ``velodyne/ID.bin`` comes from."""

from __future__ import annotations

import ast

import numpy as np
from numpy.typing import NDArray

ROW = np.dtype([("cause", "u1"), ("return_number", "u1"), ("ring", "u1"), ("range_before_m", "<f4"), ("time_s", "<f4")])
OBJECT, GROUND, FOG, RAIN, SNOW, SPRAY, DUST, NOISE = range(1, 9)
NAMES = {OBJECT: "OBJECT", GROUND: "GROUND", FOG: "FOG", RAIN: "RAIN", SNOW: "SNOW", SPRAY: "SPRAY", DUST: "DUST",
         NOISE: "NOISE"}
IN_THE_AIR = (FOG, RAIN, SNOW, SPRAY, DUST)
_MAGIC, _HEAD_BYTES = b"\x93NUMPY\x01\x00", 10


def read_causes(data: bytes) -> NDArray[np.void] | None:
    """(N,) ``ROW`` of a ``.npy`` file (format 1.0); None if it is none, or holds something else."""
    if data[:8] != _MAGIC or len(data) < _HEAD_BYTES:
        return None
    start = _HEAD_BYTES + int.from_bytes(data[8:_HEAD_BYTES], "little")
    try:
        header = ast.literal_eval(data[_HEAD_BYTES:start].decode("latin-1").strip())
    except (ValueError, SyntaxError, TypeError, MemoryError, RecursionError):
        return None
    if not isinstance(header, dict) or header.get("descr") != ROW.descr or header.get("fortran_order") is not False:
        return None
    if header.get("shape") != ((len(data) - start) // ROW.itemsize,) or (len(data) - start) % ROW.itemsize:
        return None
    return np.frombuffer(data, ROW, offset=start)
