"""Drops and flakes in the beam: those that return more than what lies behind them.

A particle of diameter D at range r returns P = ρₚ·exp(−2αr)/r²·ξ(r)·min((D/d)², 1), where d² = θₕ·θᵥ·r² is the beam's
squared width there. It gives a false point where that exceeds what the device would report anyway, so it must be wider
than

    D(r) = d·r·√(P/(ρₚ·ξ))·exp(αr),    P = max(P_min, P_target)

and not beyond the range at which D(r) = d, from where not even a flake that fills the beam is strong enough. The number
of such particles in a beam is Poisson's with the mean

    μ = ∫ π/4·d²·N(> D(r)) dr          from the device's nearest range to the target

so P(false) = 1 − exp(−μ): equation (5) of sensor-physics.md. Published codes throw thousands of particles into each
beam to find these few. Here only particles that beat a floor under the thresholds of many beams are drawn, as one
Poisson process over the whole sweep, and those that do not beat their own beam's threshold are struck out, which leaves
exactly the process wanted: no table, no approximation, and the *strongest* particle of each beam is known, with its
range and power.

Which flakes fill part of the beam without returning enough is not drawn: on average they are the extinction, and
taking their shadows from the target as well would count them twice. Particles are independent from beam to beam and
from sweep to sweep: a flake of 5 mm spans two beams 0.2° apart only within 1.5 m, and falls 10 cm between sweeps.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
from numpy.typing import ArrayLike, NDArray

from sensors.devices.lidar import LidarDevice
from sensors.lidar.echo import Echo
from sensors.lidar.link import overlap
from sensors.precipitation import LEAST_DIAMETER_MM, Spectrum
from sensors.sweeps import Cause

Floats: TypeAlias = "NDArray[np.floating] | float"

# Fresnel's, of water at 905 nm struck squarely, 0.0199: no drop returns more by its front face.
WATER_REFLECTIVITY = ((1.328 - 1) / (1.328 + 1)) ** 2
_NEAREST_M = 0.01       # where the integral begins for a device that sees from 0 m on
_NODES = 512            # of the integral over range, in equal ratios: right to 2e-5, to 6e-5 from 0 m on


def particle_echo(
    range_m: NDArray[np.float32],
    least_power: NDArray[np.float32],
    spectrum: Spectrum,
    extinction_per_m: float,
    device: LidarDevice,
    rng: np.random.Generator,
) -> Echo:
    """The strongest drop or flake of each beam among those that beat what else the device would report.

    Args:
        range_m: (N,) where each beam ends; infinite where nothing is met. Particles are nearer than that, always.
        least_power: (N,) > 0, what a particle must exceed: the larger of P_min and the target's power for a device
            that reports the strongest return, P_min for one that reports two.
        spectrum: of what falls; an empty one gives no echo and draws nothing from ``rng``.
        extinction_per_m: one way, of all that is in the air together.

    Returns:
        Echoes caused by SNOW if the spectrum is of flakes, else by RAIN.

    Raises:
        ValueError: if a threshold is not above 0.
    """
    if not (least_power > 0).all():
        raise ValueError("least_power must be above 0 for every beam: every speck of dust returns something")
    echo = Echo.none(len(range_m))
    if len(range_m) == 0 or spectrum.intercept_per_m3_mm == 0:
        return echo
    beams = _Beams(spectrum, extinction_per_m, device)
    beam, found_m, floor = _candidates(least_power, beams, rng)
    excess = rng.standard_exponential(len(beam))

    near = np.flatnonzero(found_m < range_m[beam])
    beam, found_m, floor, excess = beam[near], found_m[near], floor[near], excess[near]
    at_m = found_m.astype(np.float64)
    melted_mm = spectrum.melted_mm(beams.least_diameter_mm(at_m, floor)) + excess / spectrum.slope_per_mm
    power = beams.power(at_m, spectrum.diameter_mm(melted_mm)).astype(np.float32)

    left = np.flatnonzero(power > least_power[beam])
    while len(left):                                # twice or thrice: until no beam has a stronger one
        echo.range_m[beam[left]] = found_m[left]
        echo.power[beam[left]] = power[left]
        left = left[power[left] > echo.power[beam[left]]]
    echo.cause[echo.power > 0] = Cause.SNOW if spectrum.frozen else Cause.RAIN
    return echo


def expected_particles(
    range_m: ArrayLike, least_power: ArrayLike, spectrum: Spectrum, extinction_per_m: float, device: LidarDevice
) -> NDArray[np.float64]:
    """μ, how many particles a beam meets on average that return more than ``least_power``: equation (5), integrated.

    What ``particle_echo`` draws from, for tests and estimates: it costs an integral for each beam.

    Args:
        range_m: (N,) where the beams end; may be infinite.
        least_power: (N,) > 0.
    """
    beams = _Beams(spectrum, extinction_per_m, device)
    nodes_m = beams.nodes_m()
    ranges, powers = np.broadcast_arrays(np.asarray(range_m, dtype=np.float64), np.asarray(least_power, np.float64))
    means = [np.interp(end_m, nodes_m, _running_integral(beams.stronger_per_m(nodes_m, float(least)), nodes_m))
             for end_m, least in zip(ranges.ravel(), powers.ravel(), strict=True)]
    return np.asarray(means).reshape(ranges.shape)


def particle_reflectivity(spectrum: Spectrum, device: LidarDevice) -> float:
    """ρₚ: what the device's data sheet says, for drops at most what a water surface mirrors."""
    if spectrum.frozen:
        return device.particle_reflectivity
    return min(device.particle_reflectivity, WATER_REFLECTIVITY)


@dataclass(frozen=True, slots=True)
class _Beams:
    """What a device's beams and the particles in them have in common."""

    spectrum: Spectrum
    extinction_per_m: float
    device: LidarDevice

    def nodes_m(self) -> NDArray[np.float64]:
        """Ranges of the integral, where overlap has its bends among them."""
        start, end = max(self.device.near_m, _NEAREST_M), self.device.range_m
        bends = [bend for bend in self.device.overlap_m if start < bend < end]
        return np.unique(np.concatenate([np.geomspace(start, end, _NODES), bends]))

    def least_diameter_mm(self, range_m: NDArray[np.float64], least_power: Floats) -> NDArray[np.float64]:
        """Narrowest particle that returns ``least_power``, infinite where none can."""
        with np.errstate(divide="ignore"):
            share = least_power / self._full_power(range_m)
        diameter = self._width_mm(range_m) * np.sqrt(share)
        return np.where(share < 1, np.maximum(diameter, LEAST_DIAMETER_MM), np.inf)

    def stronger_per_m(self, range_m: NDArray[np.float64], least_power: Floats) -> NDArray[np.float64]:
        """How many particles that return ``least_power`` a beam meets in a metre of range."""
        area_m2 = np.pi / 4 * (self._width_mm(range_m) * 1e-3) ** 2
        return np.asarray(area_m2 * self.spectrum.number_per_m3(self.least_diameter_mm(range_m, least_power)))

    def power(self, range_m: NDArray[np.float64], diameter_mm: NDArray[np.float64]) -> NDArray[np.float64]:
        share = np.minimum((diameter_mm / self._width_mm(range_m)) ** 2, 1)
        return np.asarray(self._full_power(range_m) * share)

    def _full_power(self, range_m: NDArray[np.float64]) -> NDArray[np.float64]:
        """Of a particle that fills the beam."""
        reflectivity = particle_reflectivity(self.spectrum, self.device)
        clear = reflectivity * overlap(range_m, self.device.overlap_m) / range_m**2
        return np.asarray(clear * np.exp(-2 * self.extinction_per_m * range_m))

    def _width_mm(self, range_m: NDArray[np.float64]) -> NDArray[np.float64]:
        horizontal_mrad, vertical_mrad = self.device.divergence_mrad
        return range_m * math.sqrt(horizontal_mrad * vertical_mrad)     # mrad · m = mm


def _candidates(
    least_power: NDArray[np.float32], beams: _Beams, rng: np.random.Generator
) -> tuple[NDArray[np.intp], NDArray[np.float32], NDArray[np.float64]]:
    """(M,) beam, range and the power that it is known to exceed, of each particle that may beat its beam's threshold.

    Beams whose thresholds have the same power of two share a floor, at most half of what any of them asks for: drawn
    for the weakest beam's floor alone, most candidates would be in vain.
    """
    octave = np.ascontiguousarray(least_power, dtype=np.float32).view(np.int32) >> 23      # exponents of IEEE numbers
    by_octave = np.argsort(octave.astype(np.uint8), kind="stable")
    members = np.bincount(octave)
    found = np.flatnonzero(members)
    members, first = members[found], np.cumsum(members)[found] - members[found]
    floors = np.ldexp(1.0, found - 127)

    nodes_m = beams.nodes_m()
    mean = _running_integral(beams.stronger_per_m(nodes_m, floors[:, None]), nodes_m) * members[:, None]
    ends = np.cumsum(mean[:, -1])
    arrivals = _arrivals(float(ends[-1]), rng)                          # ascending: one octave after the other
    stretch = (ends - mean[:, -1])[:, None] + mean
    found_m = np.interp(arrivals, stretch.ravel(), np.tile(nodes_m, len(floors)))
    which = np.minimum(np.searchsorted(ends, arrivals, side="right"), len(floors) - 1)
    beam = by_octave[first[which] + (rng.random(len(which)) * members[which]).astype(np.intp)]
    return beam, found_m.astype(np.float32), np.asarray(floors[which], dtype=np.float64)


def _arrivals(mean: float, rng: np.random.Generator) -> NDArray[np.float64]:
    """The events of a Poisson process of rate 1 on 0 … ``mean``, in ascending order and without sorting."""
    gaps = rng.standard_exponential(rng.poisson(mean) + 1)
    return np.asarray(np.cumsum(gaps[:-1]) * (mean / gaps.sum()))


def _running_integral(values: NDArray[np.float64], at: NDArray[np.float64]) -> NDArray[np.float64]:
    """(…, K) integral over the last axis from the first node to each, by trapezia."""
    steps = (values[..., 1:] + values[..., :-1]) / 2 * np.diff(at)
    return np.concatenate([np.zeros((*steps.shape[:-1], 1)), np.cumsum(steps, axis=-1)], axis=-1)
