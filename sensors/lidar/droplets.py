"""Fog and spray by the size of their droplets: how much light they take, without Mie theory.

Modified gamma distributions, n(r) ∝ r^a·exp(−b·r^γ), as Deirmendjian and after him Rasshofer have them. Droplets of a
few µm take twice what they cover: at 905 nm 4 to 14 % less than Mie theory says (the smaller, the worse). How much they
return needs that theory: its results at 905 nm for water, of index 1.328, are part of the table.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

_TAKEN = 2.0        # Q of droplets that are large against the wavelength: covered, and bent away


@dataclass(frozen=True, slots=True)
class DropletSpectrum:
    """Droplets of one kind of fog.

    per_cm3:     number.
    a, gamma:    shape.
    mode_um:     the most frequent radius.
    lidar_ratio_sr: α/β at 905 nm.
    """

    per_cm3: float
    a: float
    gamma: float
    mode_um: float
    lidar_ratio_sr: float

    def moment_um(self, power: float) -> float:
        """Mean of radius to this power, µm^power."""
        b = self.a / (self.gamma * self.mode_um**self.gamma)
        ratio = math.gamma((self.a + 1 + power) / self.gamma) / math.gamma((self.a + 1) / self.gamma)
        return float(ratio * b ** (-power / self.gamma))

    @property
    def extinction_per_m(self) -> float:
        """Of droplets that are large against the wavelength."""
        return _TAKEN * math.pi * self.moment_um(2) * self.per_cm3 * 1e-6      # µm²/cm³ is 1e-6/m

    @property
    def water_g_per_m3(self) -> float:
        """Liquid water content."""
        return 4 / 3 * math.pi * self.moment_um(3) * self.per_cm3 * 1e-6       # µm³/cm³ is 1e-6 g/m³ of water


DROPLETS: dict[str, DropletSpectrum] = {
    "strong advection fog": DropletSpectrum(20, 3, 1.0, 10, 1 / 0.061),
    "moderate advection fog": DropletSpectrum(20, 3, 1.0, 8, 1 / 0.060),
    "strong spray": DropletSpectrum(100, 6, 1.0, 4, 1 / 0.049),
    "moderate spray": DropletSpectrum(100, 6, 1.0, 2, 1 / 0.058),
    "Chu/Hogg": DropletSpectrum(20, 2, 0.5, 1, 1 / 0.052),
}
