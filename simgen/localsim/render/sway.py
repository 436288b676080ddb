"""How wind moves trees: each leans about its foot, more in a gust, and swings at its own pace.

The wind's push grows with the square of its speed. Gusts are waves that travel with it, so that they run through a row
of trees; a tree's own swing is somewhat below half a hertz (Moore and Maguire 2004, for crowns of 10 to 20 m).
Everything follows from time, place and wind speed.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from simgen.localsim.render.weather import STRONGEST_WIND_MPS, WIND_DIRECTION

STILL_MPS = 1.6                 # Beaufort 2 begins: leaves rustle. Below, nothing moves
_FARTHEST = 0.045               # lean in the strongest wind's gusts, metres per metre of height
_GUSTS = ((7.3, 0.26, 0.0), (3.1, 0.13, 2.1))       # period s, share, phase
_SWING_HZ = (0.32, 0.46)        # slowest and fastest tree

Array = NDArray[np.float64]


def lean(foot: Array, time_s: float, wind_mps: float) -> Array:
    """(N, 2) how far trees that stand at ``foot`` (N, 3) lean towards world x and y, metres per metre of height."""
    if wind_mps < STILL_MPS:
        return np.zeros((len(foot), 2))
    along = np.array(WIND_DIRECTION[:2]) / math.hypot(*WIND_DIRECTION[:2])
    way = foot[:, :2] @ along
    own = np.modf(np.abs(foot[:, :2] @ [0.7548, 0.5698]))[0]            # 0 … 1, as good as random
    push = np.full(len(foot), 0.34)
    for period_s, share, phase in _GUSTS:
        push += share * np.sin(2.0 * math.pi * (time_s - way / wind_mps) / period_s + phase)
    turn = 2.0 * math.pi * ((_SWING_HZ[0] + (_SWING_HZ[1] - _SWING_HZ[0]) * own) * time_s + 7.0 * own)
    strength = _FARTHEST * (wind_mps / STRONGEST_WIND_MPS) ** 2
    ahead = strength * (push + 0.20 * np.sin(turn))
    aside = strength * 0.12 * np.sin(0.83 * turn + 1.0)
    return np.asarray(ahead[:, None] * along + aside[:, None] * [-along[1], along[0]])
