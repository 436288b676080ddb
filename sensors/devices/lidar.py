"""What a data sheet says of a LiDAR."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True, eq=False, slots=True)
class LidarDevice:
    """One type of LiDAR. Angles in degrees, as data sheets have them.

    name, title:          "hdl_64e_s2", "Velodyne HDL-64E S2".
    elevations_deg:       (channels,) above the horizon, from the top beam to the bottom one; descending.
    azimuth_offsets_deg:  (channels,) counter-clockwise from the head's direction; zeros if there are none.
    azimuths_deg:         field of view, (from, to) counter-clockwise from straight ahead; a turning head: (-180, 180).
    firings:              of one beam in a sweep, at ``rate_hz``.
    rate_hz:              sweeps a second, as used here; ``rates_hz`` the device offers.
    firing_s:             time between two firings of a head; ``beam_delay_s``: (channels,) each beam after the first.
    near_m, range_m:      nothing is reported from nearer or farther.
    range_10_percent_m:   how far a white-balanced 10 % target is seen: sets the weakest power that is reported.
    accuracy_m:           1 σ of range at strong returns. range_step_m: quantisation.
    divergence_mrad:      (horizontal, vertical), full angle.
    wavelength_nm, pulse_ns.
    returns:              of "strongest", "last", "dual", those that the device offers.
    overlap_m:            (from, to): the receiver sees nothing of the beam up to the first, all of it from the second.
    near_gain:            κ of sensor-physics 2.2: what the receiver's near-range gain leaves of soft returns.
    particle_reflectivity: effective, of flakes and drops (rain uses the Fresnel value where it is smaller).
    intensity_levels:     values that intensity can take. diffuse_levels: of these, how many stand for reflectance
                          0 … 1; the rest are for retroreflectors. More than all of them: it saturates at less than 1.
    dropout:              share of returns that it loses for no reason of weather or range.
    source:               where the numbers are from.
    """

    name: str
    title: str
    elevations_deg: NDArray[np.float64]
    azimuth_offsets_deg: NDArray[np.float64]
    azimuths_deg: tuple[float, float]
    firings: int
    rate_hz: float
    rates_hz: tuple[float, ...]
    firing_s: float
    beam_delay_s: NDArray[np.float64]
    near_m: float
    range_m: float
    range_10_percent_m: float
    accuracy_m: float
    range_step_m: float
    divergence_mrad: tuple[float, float]
    wavelength_nm: float
    pulse_ns: float
    returns: tuple[str, ...]
    overlap_m: tuple[float, float]
    near_gain: float
    particle_reflectivity: float
    intensity_levels: int
    diffuse_levels: int
    dropout: float
    source: str

    @property
    def channels(self) -> int:
        return len(self.elevations_deg)

    @property
    def least_power(self) -> float:
        """P_min in units of P(R) = ρ·cosθ / R²: a 10 % target at ``range_10_percent_m``."""
        return 0.1 / (self.range_10_percent_m * self.range_10_percent_m)

    @property
    def points_per_second(self) -> float:
        """One return a beam."""
        return self.channels * self.firings * self.rate_hz

    def at_rate(self, rate_hz: float) -> LidarDevice:
        """The same device at another sweep rate. Its lasers keep their pace, so a slower sweep has more firings.

        Raises:
            ValueError: if the device does not turn so slowly or so fast.
        """
        slowest, fastest = min(self.rates_hz), max(self.rates_hz)
        if not slowest <= rate_hz <= fastest:
            raise ValueError(f"{self.title} makes {slowest:g} to {fastest:g} sweeps a second, not {rate_hz:g}")
        return replace(self, rate_hz=rate_hz, firings=int(self.firings * self.rate_hz / rate_hz + 1e-6))


def expect_lidar(device: object) -> None:
    """Raises TypeError, which says what to call, where a device's name stands instead of the device."""
    if not isinstance(device, LidarDevice):
        raise TypeError(f"device: expected a LidarDevice, which sensors.devices.load_lidar(NAME) gives, got {device!r}")
