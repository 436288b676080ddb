"""How long is waited for a tick and for a sensor's data, before the simulator counts as lost.

The usual times are for a slow machine. ``SIMGEN_PATIENCE`` multiplies them, on the machine that the worker is on: 0.25
where a server either answers at once or never, 4 where ten of them share a processor.
"""

from __future__ import annotations

import math
import os

from simgen.errors import RequestError

PATIENCE = "SIMGEN_PATIENCE"
TICK_S = 90.0
SENSOR_S = 60.0


def patient_s(usual_s: float) -> float:
    """So many seconds, times what the environment says. Raises RequestError if that is no number above 0."""
    text = os.environ.get(PATIENCE, "1")
    try:
        times = float(text)
    except ValueError:
        times = math.nan
    if not 0.0 < times < math.inf:
        raise RequestError(f"{PATIENCE} is '{text}': set it to a number above 0, for example 0.5 to wait half as long")
    return usual_s * times
