"""Which of a beam's echoes a device reports, and why it reports no echo of a surface.

All echoes of a beam meet one threshold. Of those above it the device reports the strongest, the last, or two: the
strongest and the last, or the two strongest where these are one. Some are lost for no reason.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple, TypeAlias

import numpy as np
from numpy.typing import NDArray

from sensors.compiled import compiled
from sensors.devices.lidar import LidarDevice
from sensors.lidar.draws import QUANTILES, sixteen_bits
from sensors.lidar.echo import Echo, Returned, SurfaceEcho
from sensors.lidar.range_noise import pulse_m
from sensors.sweeps import Cause, CleanSweep, Loss, LostReturns

RETURNS = ("strongest", "last", "dual")

_OBJECT, _GROUND = np.uint8(Cause.OBJECT), np.uint8(Cause.GROUND)
_STRONGEST, _LAST, _DUAL = range(3)
NONE, SURFACE, _DROPPED_FROM = -1, 0, -2

_Floats: TypeAlias = "NDArray[np.float32]"
_Bytes: TypeAlias = "NDArray[np.uint8]"


class Echoes(NamedTuple):
    """What else comes back, (K, N) each: K kinds, at most one echo of a kind in a beam. Fields as in ``Echo``."""

    range_m: _Floats
    power: _Floats
    cause: _Bytes
    actor_id: NDArray[np.uint32]
    tag: _Bytes

    @classmethod
    def of(cls, count: int, echoes: Sequence[Echo]) -> Echoes:
        """Of the echoes of ``count`` beams."""
        if len(echoes) == 1 and not isinstance(echoes[0], SurfaceEcho):
            only = echoes[0]
            return cls(only.range_m[None], only.power[None], only.cause[None], only.actor_id[None],
                       np.zeros((1, count), np.uint8))
        shape = (len(echoes), count)
        made = cls(np.empty(shape, np.float32), np.empty(shape, np.float32), np.empty(shape, np.uint8),
                   np.empty(shape, np.uint32), np.zeros(shape, np.uint8))
        for k, echo in enumerate(echoes):
            made.range_m[k], made.power[k] = echo.range_m, echo.power
            made.cause[k], made.actor_id[k] = echo.cause, echo.actor_id
            if isinstance(echo, SurfaceEcho):
                made.tag[k] = echo.tag
        return made


def chosen_echoes(
    returned: Returned,
    echoes: Echoes,
    threshold: NDArray[np.float32],
    device: LidarDevice,
    dropout_key: np.uint64,
    returns: str = "strongest",
) -> NDArray[np.int8]:
    """Which echoes each beam reports.

    Args:
        echoes: of all that is not the beam's own surface.
        threshold: (N,) weakest power that a beam reports.
        dropout_key: of what the device loses (``draws.key``).
        returns: one of ``RETURNS``.

    Returns:
        (N, 1), or (N, 2) for dual returns: 0 is the beam's own surface, k + 1 the k-th other echo, −1 none; −2 − k
        stands for echo k, which the device lost.
    """
    return _chosen(returned.range_m, returned.power, echoes, threshold, device.near_m, device.range_m, pulse_m(device),
                   RETURNS.index(returns), round(device.dropout * QUANTILES), dropout_key)


def lost_returns(
    chosen: NDArray[np.int8],
    clean: CleanSweep,
    echoes: Echoes,
    threshold: NDArray[np.float32],
    powers: tuple[NDArray[np.float32], NDArray[np.float32], NDArray[np.float32]],
    device: LidarDevice,
) -> LostReturns:
    """Surfaces that no reported echo is of, and what was missing.

    Args:
        powers: (N,) that each beam's surface returns in clear air when dry, in clear air as it is, and as it is.
    """
    dry, wet, now = powers
    of_surface = np.concatenate([np.ones((1, len(clean)), np.bool_), np.isin(echoes.cause, (_OBJECT, _GROUND))])
    every = np.arange(len(clean))[:, None]
    kept = ((chosen >= 0) & of_surface[np.maximum(chosen, 0), every]).any(axis=1)
    beam = np.flatnonzero(clean.is_hit & ~kept)
    echo = _DROPPED_FROM - chosen[beam]
    dropped = ((echo >= 0) & of_surface[np.maximum(echo, 0), beam[:, None]]).any(axis=1)
    range_m, least = clean.range_m[beam], threshold[beam]
    in_reach = (range_m >= device.near_m) & (range_m <= device.range_m)
    # The first that holds decides.
    loss = np.select(
        [dropped, ~in_reach | (dry[beam] < least), wet[beam] < least, now[beam] < least],
        [Loss.DROPPED, Loss.TOO_WEAK, Loss.WET, Loss.ATTENUATED], Loss.OUTSHONE)
    return LostReturns(beam.astype(np.int32), loss.astype(np.uint8))


@compiled
def _chosen(
    range_m: _Floats, power: _Floats, echoes: Echoes, threshold: _Floats, near_m: float, far_m: float, pulse_m: float,
    mode: int, dropped_quantiles: int, dropout_key: np.uint64,
) -> NDArray[np.int8]:
    echo_power, echo_range = echoes.power, echoes.range_m
    kinds, slots = len(echo_range) + 1, 2 if mode == _DUAL else 1
    chosen = np.empty((len(range_m), slots), np.int8)
    for i in range(len(range_m)):
        least = threshold[i]
        strongest, last = NONE, NONE
        strongest_power, strongest_range, last_range = np.float32(0), np.float32(0), np.float32(-1)
        for k in range(kinds):
            p, r = (power[i], range_m[i]) if k == SURFACE else (echo_power[k - 1, i], echo_range[k - 1, i])
            if p >= least and p > 0 and near_m <= r <= far_m:
                if p > strongest_power:
                    strongest, strongest_power, strongest_range = k, p, r
                if r > last_range:
                    last, last_range = k, r
        chosen[i, 0] = last if mode == _LAST else strongest
        if slots == 2:
            # Echoes nearer to the strongest one than the pulse is long are one with it.
            second, second_power = NONE, np.float32(0)
            last, last_range = NONE, strongest_range
            for k in range(kinds):
                p, r = (power[i], range_m[i]) if k == SURFACE else (echo_power[k - 1, i], echo_range[k - 1, i])
                if p >= least and p > 0 and near_m <= r <= far_m and abs(r - strongest_range) >= pulse_m:
                    if p > second_power and k != strongest:
                        second, second_power = k, p
                    if r > last_range:
                        last, last_range = k, r
            chosen[i, 1] = second if last == NONE else last
        for n in range(slots):
            if chosen[i, n] != NONE and sixteen_bits(dropout_key, 2 * i + n) < dropped_quantiles:
                chosen[i, n] = _DROPPED_FROM - chosen[i, n]
    return chosen
