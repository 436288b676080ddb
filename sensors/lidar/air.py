"""What the air does to a sweep: it takes light on the way, and what hangs and falls in it shines back."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from sensors.chance import generator
from sensors.conditions import Conditions, Extinction
from sensors.devices.lidar import LidarDevice
from sensors.lidar.echo import Echo
from sensors.lidar.fog import backscatter_per_m_sr, soft_echo
from sensors.lidar.fog_banks import FogBanks, mean_density
from sensors.lidar.link import at_wavelength
from sensors.lidar.particles import particle_echo
from sensors.lidar.plumes import Plume, through_plumes
from sensors.precipitation import Spectrum, gunn_marshall, marshall_palmer
from sensors.rigid import RigidTransform
from sensors.sweeps import CleanSweep


@dataclass(frozen=True, slots=True)
class Air:
    """The air of one moment, as one device sees it.

    extinction_per_m: one way, of all that hangs and falls in it. Clear air is not counted: it is part of the range that
                      a data sheet promises.
    fog_per_m, dust_per_m: of these.
    falling:          size spectra of rain and snow, those that fall.
    """

    extinction_per_m: float
    fog_per_m: float
    dust_per_m: float
    falling: tuple[Spectrum, ...]

    @classmethod
    def of(cls, conditions: Conditions, device: LidarDevice) -> Air:
        extinction = conditions.extinction()
        # Drops, flakes and grains are large against any wavelength; the droplets of haze are not.
        fog = float(at_wavelength(extinction.fog, device.wavelength_nm))
        total = fog + extinction.rain + extinction.snow + extinction.dust
        return cls(total, fog, extinction.dust, _falling(conditions, extinction))

    def through_plumes(
        self, clean: CleanSweep, plumes: Sequence[Plume], device: LidarDevice, seed: int
    ) -> tuple[NDArray[np.float32] | None, list[Echo]]:
        """(N,) one-way optical depth of plumes in front of each surface, and what they return; None without plumes."""
        if not plumes:
            return None, []
        depth, echo = through_plumes(clean.direction, clean.range_m, plumes, device, generator(seed, "plumes"),
                                     extinction_per_m=self.extinction_per_m)
        return depth, [echo]

    def through_banks(
        self, clean: CleanSweep, banks: FogBanks, world_from_lidar: RigidTransform | None
    ) -> NDArray[np.float32]:
        """(N,) one-way optical depth that uneven fog and dust have more than even ones would, in front of surfaces."""
        density = mean_density(clean.direction, clean.range_m, banks, world_from_lidar)
        way_m = np.where(clean.is_hit, clean.range_m, np.float32(0))
        return np.asarray((self.fog_per_m + self.dust_per_m) * (density - 1) * way_m)

    def echoes(
        self, range_m: NDArray[np.float32], least_power: NDArray[np.float32], device: LidarDevice, seed: int,
        fog_density: float = 1.0,
    ) -> list[Echo]:
        """What fog, dust, rain and snow return in front of surfaces.

        Args:
            range_m: (N,) where each beam ends; infinite where nothing is met.
            least_power: (N,) what an echo must exceed to be reported; weaker ones may be left out.
            fog_density: of fog and dust at the device, against their mean.
        """
        found = []
        backscatter, dust_share = backscatter_per_m_sr(self.fog_per_m, self.dust_per_m)
        if backscatter > 0:
            denser = (fog_density - 1) * (self.fog_per_m + self.dust_per_m)
            found.append(soft_echo(range_m, self.extinction_per_m + denser, backscatter * fog_density, device,
                                   generator(seed, "fog"), dust_share=dust_share))
        for spectrum in self.falling:
            rng = generator(seed, "snow" if spectrum.frozen else "rain")
            found.append(particle_echo(range_m, least_power, spectrum, self.extinction_per_m, device, rng))
        return found


def _falling(conditions: Conditions, extinction: Extinction) -> tuple[Spectrum, ...]:
    """Spectra of what falls, as many particles as take the light that they take."""
    spectra = []
    if extinction.rain > 0:
        spectra.append(marshall_palmer(conditions.rain_mmph).scaled_to(extinction.rain))
    if extinction.snow > 0:
        spectra.append(gunn_marshall(conditions.snowfall_mmph).scaled_to(extinction.snow))
    return tuple(spectra)
