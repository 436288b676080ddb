"""The points that a device makes of the echoes that it reports: how far it says they are, and how strong.

Each loop reads and writes few arrays: with all of them in one, they would push each other out of the processor's cache.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from sensors.compiled import compiled
from sensors.devices.lidar import LidarDevice
from sensors.lidar.draws import normal_quantiles, sixteen_bits
from sensors.lidar.echo import Returned
from sensors.lidar.intensity import level
from sensors.lidar.range_noise import pulse_variance_m2, resolution_m, stretch_rad
from sensors.lidar.report import SURFACE, Echoes
from sensors.lidar.surfaces import GROUND_TAGS
from sensors.sweeps import Cause, CleanSweep, LostReturns, MeasuredSweep

_OBJECT, _GROUND = np.uint8(Cause.OBJECT), np.uint8(Cause.GROUND)
_LEAST_COSINE = np.float32(1e-3)        # keeps tanθ finite; the pulse's length bounds what it does to range long before


class _Noise(NamedTuple):
    least_power: float
    accuracy_m: float
    resolution_m: float
    stretch_rad: float
    pulse_variance_m2: float
    near_m: float
    far_m: float
    step_m: float
    key: np.uint64


def points_of(
    chosen: NDArray[np.int8],
    clean: CleanSweep,
    returned: Returned,
    echoes: Echoes,
    device: LidarDevice,
    noise_key: np.uint64,
    depth_m: NDArray[np.float32],
    lost: LostReturns | None = None,
) -> MeasuredSweep:
    """The points that a device makes of the chosen echoes.

    Args:
        chosen: of ``chosen_echoes``.
        noise_key: of range noise (``draws.key``).
        depth_m: (256,) of soft surfaces, by tag.
    """
    beam, echo, slot, number = _listed(chosen)
    true_m, power = _picked(beam, echo, returned.range_m, returned.power, echoes.range_m, echoes.power)
    is_ground = np.zeros(256, dtype=np.bool_)
    is_ground[list(GROUND_TAGS)] = True
    cause, tag, actor_id = _whose(beam, echo, clean.tag, clean.actor_id, echoes.cause, echoes.tag, echoes.actor_id,
                                  is_ground)
    noise = _Noise(device.least_power, device.accuracy_m, resolution_m(device), stretch_rad(device),
                   pulse_variance_m2(device), float(device.near_m), float(device.range_m), device.range_step_m,
                   noise_key)
    points = _placed(true_m, power, beam, echo, slot, clean.direction, clean.cos_incidence, tag, depth_m, noise,
                     normal_quantiles())
    intensity = _strengths(true_m, power, *device.overlap_m, device.intensity_levels, device.diffuse_levels)
    before, ring, time_s = _of_beams(beam, clean.range_m, clean.ring, clean.time_s)
    return MeasuredSweep(points, intensity, cause, beam, number, before, tag, actor_id, ring, time_s, lost)


@compiled
def _listed(
    chosen: NDArray[np.int8],
) -> tuple[NDArray[np.int32], NDArray[np.int8], NDArray[np.uint8], NDArray[np.uint8]]:
    """(M,) of each point: beam, echo, place in ``chosen``, number among the beam's returns."""
    beams, slots = chosen.shape
    count = 0
    for i in range(beams):
        for n in range(slots):
            count += chosen[i, n] >= 0
    beam, echo = np.empty(count, np.int32), np.empty(count, np.int8)
    slot, number = np.empty(count, np.uint8), np.empty(count, np.uint8)
    at = 0
    for i in range(beams):
        before = at
        for n in range(slots):
            if chosen[i, n] >= 0:
                beam[at], echo[at], slot[at], number[at] = i, chosen[i, n], n, at - before
                at += 1
    return beam, echo, slot, number


@compiled
def _picked(
    beam: NDArray[np.int32], echo: NDArray[np.int8], range_m: NDArray[np.float32], power: NDArray[np.float32],
    echo_m: NDArray[np.float32], echo_power: NDArray[np.float32],
) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """(M,) range and power of the echoes."""
    found_m, strength = np.empty(len(beam), np.float32), np.empty(len(beam), np.float32)
    for at in range(len(beam)):
        i, k = beam[at], echo[at]
        if k == SURFACE:
            found_m[at], strength[at] = range_m[i], power[i]
        else:
            found_m[at], strength[at] = echo_m[k - 1, i], echo_power[k - 1, i]
    return found_m, strength


@compiled
def _whose(
    beam: NDArray[np.int32], echo: NDArray[np.int8], beam_tag: NDArray[np.uint8], beam_actor: NDArray[np.uint32],
    echo_cause: NDArray[np.uint8], echo_tag: NDArray[np.uint8], echo_actor: NDArray[np.uint32],
    is_ground: NDArray[np.bool_],
) -> tuple[NDArray[np.uint8], NDArray[np.uint8], NDArray[np.uint32]]:
    """(M,) cause, tag and actor of the echoes."""
    cause, tag = np.empty(len(beam), np.uint8), np.empty(len(beam), np.uint8)
    actor_id = np.empty(len(beam), np.uint32)
    for at in range(len(beam)):
        i, k = beam[at], echo[at]
        if k == SURFACE:
            tag[at], actor_id[at] = beam_tag[i], beam_actor[i]
            cause[at] = _GROUND if is_ground[beam_tag[i]] else _OBJECT
        else:
            cause[at], tag[at], actor_id[at] = echo_cause[k - 1, i], echo_tag[k - 1, i], echo_actor[k - 1, i]
    return cause, tag, actor_id


@compiled
def _placed(
    range_m: NDArray[np.float32], power: NDArray[np.float32], beam: NDArray[np.int32], echo: NDArray[np.int8],
    slot: NDArray[np.uint8], direction: NDArray[np.float32], cos_incidence: NDArray[np.float32],
    tag: NDArray[np.uint8], depth_m: NDArray[np.float32], noise: _Noise, normal: NDArray[np.float32],
) -> NDArray[np.float32]:
    """(M, 3) points along their beams, with noise (``range_noise``) and the device's steps of range in them."""
    resolution2, stretch2 = np.float32(noise.resolution_m**2), np.float32(noise.stretch_rad**2)
    accuracy2, most2 = np.float32(noise.accuracy_m**2), np.float32(noise.pulse_variance_m2)
    half_least, step_m, key = np.float32(noise.least_power / 2), noise.step_m, noise.key
    points = np.empty((len(beam), 3), np.float32)
    for at in range(len(beam)):
        i, r, of_surface = beam[at], range_m[at], echo[at] == SURFACE
        stretched2, depth = np.float32(0), np.float32(0)
        if of_surface:
            cosine = max(cos_incidence[i], _LEAST_COSINE)
            cosine2 = cosine * cosine
            stretched2 = stretch2 * r * r * (max(np.float32(1) - cosine2, np.float32(0)) / cosine2)
            depth = depth_m[tag[at]]
        variance = accuracy2 + min((resolution2 + stretched2) * (half_least / power[at]), most2) + depth * depth
        measured = np.float64(r)
        if variance > 0:
            measured += math.sqrt(variance) * normal[sixteen_bits(key, 2 * i + slot[at])]
            measured = min(max(measured, noise.near_m), noise.far_m)        # the receiver listens in between only
        if step_m > 0:
            measured = np.floor(measured / step_m + 0.5) * step_m
        rounded = np.float32(measured)
        for axis in range(3):
            points[at, axis] = direction[i, axis] * rounded
    return points


@compiled
def _strengths(
    range_m: NDArray[np.float32], power: NDArray[np.float32], overlap_from_m: float, overlap_to_m: float, levels: int,
    diffuse_levels: int,
) -> NDArray[np.float32]:
    """(M,) intensity, as ``intensity.level`` says."""
    values = np.empty(levels, np.float32)
    for value in range(levels):
        values[value] = value / levels
    intensity = np.empty(len(range_m), np.float32)
    for at in range(len(range_m)):
        calibrated = np.float64(power[at] * range_m[at] * range_m[at])
        if range_m[at] < overlap_to_m:
            calibrated *= (overlap_to_m - overlap_from_m) / (range_m[at] - overlap_from_m)
        intensity[at] = values[level(calibrated, levels, diffuse_levels)]
    return intensity


@compiled
def _of_beams(
    beam: NDArray[np.int32], range_m: NDArray[np.float32], ring: NDArray[np.uint8], time_s: NDArray[np.float32]
) -> tuple[NDArray[np.float32], NDArray[np.uint8], NDArray[np.float32]]:
    """(M,) what points take over from their beams."""
    before, out_ring = np.empty(len(beam), np.float32), np.empty(len(beam), np.uint8)
    out_time = np.empty(len(beam), np.float32)
    for at in range(len(beam)):
        before[at], out_ring[at], out_time[at] = range_m[beam[at]], ring[beam[at]], time_s[beam[at]]
    return before, out_ring, out_time
