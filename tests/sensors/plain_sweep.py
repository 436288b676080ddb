"""A sweep measured the plain way: one numpy expression for each formula, a number for each beam at each step.

An independent account of what the compiled loops do, without their shortcuts. Tests compare the two number by number,
with the same draws; the benchmark has it as its reference, with draws of numpy's own.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from sensors.devices.lidar import LidarDevice
from sensors.lidar.draws import QUANTILES, logistic_quantiles_db, normal_quantiles
from sensors.lidar.link import received_power
from sensors.lidar.materials import catalogue, depths_m, stuff_of
from sensors.lidar.range_noise import sigma_m
from sensors.lidar.surfaces import GROUND_TAGS
from sensors.sweeps import Cause, CleanSweep


@dataclass(frozen=True)
class Chance:
    """(N,) draws of each beam: normal ones of texture and range, threshold as a ratio, and is it dropped?"""

    texture: NDArray[np.floating]
    noise: NDArray[np.floating]
    threshold: NDArray[np.floating]
    dropped: NDArray[np.bool_]

    @classmethod
    def of_numpy(cls, count: int, device: LidarDevice, rng: np.random.Generator) -> Chance:
        return cls(rng.normal(size=count), rng.normal(size=count), 10 ** (rng.logistic(size=count) / 10),
                   rng.random(count) < device.dropout)

    @classmethod
    def of_keys(cls, count: int, device: LidarDevice, texture: int, noise: int, threshold: int, drop: int) -> Chance:
        """What the compiled loops draw from these keys."""
        beams = np.arange(count)
        return cls(normal_quantiles()[split_mix(texture, beams)], normal_quantiles()[split_mix(noise, 2 * beams)],
                   logistic_quantiles_db(1.0)[split_mix(threshold, beams)],
                   split_mix(drop, 2 * beams) < round(device.dropout * QUANTILES))


def split_mix(key: int, index: NDArray[np.integer]) -> NDArray[np.intp]:
    """The highest 16 bits of the index-th numbers of SplitMix64, in Python's whole numbers."""
    found = []
    for i in index.tolist():
        z = (int(key) + 0x9E3779B97F4A7C15 * (i + 1)) & (2**64 - 1)
        z = ((z ^ z >> 30) * 0xBF58476D1CE4E5B9) & (2**64 - 1)
        z = ((z ^ z >> 27) * 0x94D049BB133111EB) & (2**64 - 1)
        found.append((z ^ z >> 31) >> 48)
    return np.array(found, dtype=np.intp)


def brightness(clean: CleanSweep, normal: NDArray[np.floating]) -> NDArray[np.float64]:
    """(N,) ρ·f(θ) of the surfaces, by material and actor."""
    made_of = catalogue()[1]
    columns = np.zeros((len(clean), 7))
    for tag in np.unique(clean.tag).tolist():
        material = made_of.get(tag, made_of[0])[0][0]
        columns[clean.tag == tag] = material.row(material.diffuse[1])
    for actor_id in np.unique(clean.actor_id[clean.actor_id > 0]).tolist():
        of_actor = clean.actor_id == actor_id
        for tag in np.unique(clean.tag[of_actor]).tolist():
            material, rho = stuff_of(actor_id, tag)
            columns[of_actor & (clean.tag == tag)] = material.row(rho)
    rho, a, b, retro, shine, lobe, texture = columns.T
    cosine = clean.cos_incidence.astype(np.float64)
    value = rho * (a * cosine + b * (1 - cosine**2)) * retro + shine * cosine**lobe
    return np.where(clean.is_hit, value * np.exp(texture * normal - texture**2 / 2), 0)


def points(
    clean: CleanSweep, device: LidarDevice, power: NDArray[np.floating], echo_m: NDArray[np.floating],
    echo_power: NDArray[np.floating], chance: Chance,
) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.uint8], NDArray[np.intp]]:
    """Points, intensities, causes and beams of the strongest of two echoes: the surface's and one other (FOG)."""
    least = device.least_power * chance.threshold
    in_reach = (clean.range_m >= device.near_m) & (clean.range_m <= device.range_m)
    seen = np.where(in_reach & (power >= least), power, 0)
    other = np.where((echo_m >= device.near_m) & (echo_m <= device.range_m) & (echo_power >= least), echo_power, 0)
    by_echo = other > seen
    beam = np.flatnonzero((np.maximum(seen, other) > 0) & ~chance.dropped)
    by_echo, strength = by_echo[beam], np.maximum(seen, other)[beam]
    range_m = np.where(by_echo, echo_m[beam], clean.range_m[beam]).astype(np.float64)
    cosine = np.where(by_echo, 1, np.maximum(clean.cos_incidence[beam], 1e-3))
    depth = np.where(by_echo, 0, depths_m()[clean.tag[beam]])
    sigma = sigma_m(strength / device.least_power, device, range_m, cosine, depth)
    measured = range_m + sigma * chance.noise[beam]
    measured = np.floor(measured / device.range_step_m + 0.5) * device.range_step_m
    start, full = device.overlap_m
    seen = np.clip((range_m - start) / (full - start), 0, 1)
    calibrated = strength * range_m**2 / np.where(seen > 0, seen, 1)
    level = np.minimum(np.floor(calibrated * device.diffuse_levels + 0.5), device.intensity_levels - 1)
    ground = np.isin(clean.tag[beam], GROUND_TAGS)
    cause = np.where(by_echo, Cause.FOG, np.where(ground, Cause.GROUND, Cause.OBJECT)).astype(np.uint8)
    return clean.direction[beam] * measured[:, None], level / device.intensity_levels, cause, beam


def sweep(
    clean: CleanSweep, device: LidarDevice, extinction_per_m: float, chance: Chance
) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.uint8], NDArray[np.intp]]:
    """``points`` of a sweep through air that takes light and returns none."""
    bright = brightness(clean, chance.texture)
    power = received_power(bright, clean.range_m.astype(np.float64), extinction_per_m, device.overlap_m)
    nothing = np.zeros(len(clean))
    return points(clean, device, power, nothing, nothing, chance)


def fog_peaks(
    range_m: NDArray[np.floating], extinction_per_m: float, device: LidarDevice
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """(N,) range and power of fog's peak in front of surfaces, for π·β = 1: equation (3) of sensor-physics, on a grid
    of surfaces 0.1 m apart, 10 m and beyond alike."""
    length = 0.299792458 * device.pulse_ns
    start, full = device.overlap_m
    surfaces = np.arange(0, full + 2 * length + 0.1, 0.1)
    arrivals = np.arange(device.near_m, full + 3 * length, 0.05)
    along = (np.arange(600) + 0.5) / 600
    r = arrivals[:, None] - length * along
    with np.errstate(divide="ignore", invalid="ignore"):
        seen = np.exp(-2 * extinction_per_m * r) / r**2 * np.clip((r - start) / (full - start), 0, 1)
        g = np.where(r > device.near_m, seen, 0)
    pulse = np.sin(np.pi * along) ** 2 * length / 600
    power = np.stack([(pulse * g * (r < surface)).sum(axis=1) for surface in surfaces])
    peak = arrivals[power.argmax(axis=1)] - length / 2
    at = np.minimum(range_m, surfaces[-1]) / 0.1
    steps = np.arange(len(surfaces))
    return np.interp(at, steps, peak), np.interp(at, steps, power.max(axis=1))
