"""Beams that meet two surfaces at once, at the outlines of things.

A beam is as wide as the step to its neighbour, so that an edge between two neighbours of a ring lies within one of them
or both. Where between them is not known and is drawn. With a beam of Gaussian profile the share of its light that
falls beyond an edge at distance d from its middle is Q(d/σ); the data sheet's divergence is 4σ. What comes back of
both surfaces merges to one echo between them if they are nearer to each other than the pulse is long (a mixed pixel,
which lies in the air), else there are two.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from sensors.compiled import compiled
from sensors.devices.lidar import LidarDevice
from sensors.lidar.draws import QUANTILES, sixteen_bits
from sensors.lidar.echo import Echo, Returned, SurfaceEcho
from sensors.lidar.neighbours import stride
from sensors.lidar.range_noise import pulse_m
from sensors.lidar.surfaces import GROUND_TAGS
from sensors.sweeps import Cause, CleanSweep

_LEAST_SHARE = 0.02             # of a beam's light on the other surface
_SMOOTH_M = 0.1                 # neighbours that differ by less are no edge
_SLOPE = 2.0                    # nor such that differ by less than this times what their incidence explains
_WIDEST = 3.0                   # neighbours farther apart than this times the divergence are none
_STEEPEST_COSINE = 0.02
_PER_SIGMA = 4.0                # full angle of the beam, in σ of its profile


def outlines(
    clean: CleanSweep, power: NDArray[np.float32], device: LidarDevice, key: np.uint64
) -> tuple[Returned, SurfaceEcho]:
    """Split the light of beams that meet two surfaces.

    Args:
        power: (N,) of each beam's surface, if it gets all of the light.
        key: of where the edges lie (``draws.key``).

    Returns:
        What comes back of the beams' own surfaces, mixed with the other one where both are one echo; and the other
        ones, where they are echoes of their own.
    """
    other, share = _shares(clean.direction, clean.range_m, clean.cos_incidence, clean.ring,
                           stride(clean.ring, device.channels), device.divergence_mrad[0] * 1e-3, key)
    split = np.flatnonzero(share)
    there, part = other[split], share[split]
    own_power, other_power = power[split] * (1 - part), power[there] * part
    own_m, other_m = clean.range_m[split], clean.range_m[there]
    apart_m = np.abs(np.where(np.isfinite(own_m), own_m, 0) - other_m)      # infinite beside the sky
    one = np.isfinite(own_m) & (apart_m < pulse_m(device)) & (own_power + other_power > 0)
    two = np.isfinite(other_m) & ~one

    range_m, left = clean.range_m.copy(), power.copy()
    left[split] = own_power
    total = own_power[one] + other_power[one]
    range_m[split[one]] = (own_m[one] * own_power[one] + other_m[one] * other_power[one]) / total
    left[split[one]] = total
    none = Echo.none(len(clean))
    echo = SurfaceEcho(none.range_m, none.power, none.cause, none.actor_id, np.zeros(len(clean), np.uint8))
    beams, of = split[two], there[two]
    echo.range_m[beams], echo.power[beams] = other_m[two], other_power[two]
    echo.cause[beams] = np.where(np.isin(clean.tag[of], GROUND_TAGS), Cause.GROUND, Cause.OBJECT)
    echo.actor_id[beams], echo.tag[beams] = clean.actor_id[of], clean.tag[of]
    return Returned(range_m, left), echo


@compiled
def _shares(
    direction: NDArray[np.float32],
    range_m: NDArray[np.float32],
    cos_incidence: NDArray[np.float32],
    ring: NDArray[np.uint8],
    stride: int,
    divergence_rad: float,
    key: np.uint64,
) -> tuple[NDArray[np.int32], NDArray[np.float32]]:
    """(N,) the beam whose surface each one meets too, and (N,) which share of its light falls there; 0: none."""
    count = len(range_m)
    other, share = np.zeros(count, np.int32), np.zeros(count, np.float32)
    if stride == 0:
        return other, share
    for i in range(count - stride):
        j = i + stride
        near, far = min(range_m[i], range_m[j]), max(range_m[i], range_m[j])
        if far - near < _SMOOTH_M or near == np.inf or ring[i] != ring[j]:
            continue
        x, y = direction[i, 0] - direction[j, 0], direction[i, 1] - direction[j, 1]
        z = direction[i, 2] - direction[j, 2]
        angle = math.sqrt(x * x + y * y + z * z)
        if angle > _WIDEST * divergence_rad:
            continue
        cosine = max(min(cos_incidence[i], cos_incidence[j]), _STEEPEST_COSINE)
        if far - near < _SLOPE * angle * near * math.sqrt(1 - cosine * cosine) / cosine:
            continue
        place = (np.float64(sixteen_bits(key, i)) + 0.5) / QUANTILES        # of the edge, from i towards j
        for n in range(2):
            at, beyond, away = (i, j, place) if n == 0 else (j, i, 1 - place)
            falls = 0.5 * math.erfc(away * angle * _PER_SIGMA / divergence_rad / math.sqrt(2.0))
            if falls > _LEAST_SHARE and falls > share[at]:
                share[at], other[at] = falls, beyond
    return other, share
