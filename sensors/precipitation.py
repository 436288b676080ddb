"""Drops and flakes in the air: how many of which size, how fast they fall and how much light they take.

The size spectra are exponential in the *melted* diameter, that of the drop of water a particle is or would become. A
snowflake is fluffy, so light meets a wider disc than that; ``diameter_mm`` always means the particle as light meets it.

LiDAR and camera draw their particles from the same spectrum, and both lose the same light to it. The formulas and
their published slips are in sensor-physics.md, sections 3.1 and 4.1.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import ArrayLike, NDArray

# Light that a particle much larger than the wavelength takes, per geometric cross-section. Half of it is diffraction
# within a milliradian, which a sensor collects again in part: the value that a sensor sees lies between 1 and 2.
EXTINCTION_EFFICIENCY = 2.0
LEAST_DIAMETER_MM = 0.05        # smaller ones are not rain, and no exponential describes them
SNOW_DENSITY_G_CM3 = 0.1
_HOLROYD_G_CM3 = 0.17           # Holroyd (1971): a flake of D mm has a density of 0.17 / D g/cm³
_G_PER_MM3 = 1e-3             # of water
_M2_PER_MM2 = 1e-6


@dataclass(frozen=True, slots=True)
class Spectrum:
    """N(Dₘ) = N₀·exp(−Λ·Dₘ) over the melted diameter Dₘ; light meets particles D = stretch·Dₘ^power wide.

    intercept_per_m3_mm: N₀, particles in a cubic metre of air for each millimetre of diameter; 0: none at all.
    slope_per_mm:        Λ.
    stretch, power:      1 and 1 for drops; flakes are wider than the drops they melt to. Units: mm.
    frozen:              flakes, not drops.
    """

    intercept_per_m3_mm: float
    slope_per_mm: float
    stretch: float = 1.0
    power: float = 1.0
    frozen: bool = False

    def diameter_mm(self, melted_mm: ArrayLike) -> NDArray[np.float64]:
        """How wide light meets particles that melt to drops of ``melted_mm``."""
        return np.asarray(self.stretch * np.asarray(melted_mm, dtype=np.float64) ** self.power)

    def melted_mm(self, diameter_mm: ArrayLike) -> NDArray[np.float64]:
        """The drops that particles of ``diameter_mm`` melt to. The inverse of ``diameter_mm``."""
        return np.asarray((np.asarray(diameter_mm, dtype=np.float64) / self.stretch) ** (1 / self.power))

    def number_per_m3(self, above_mm: ArrayLike = LEAST_DIAMETER_MM) -> NDArray[np.float64]:
        """N(> D), how many particles wider than ``above_mm`` are in a cubic metre of air."""
        total = self.intercept_per_m3_mm / self.slope_per_mm
        return np.asarray(total * np.exp(-self.slope_per_mm * self.melted_mm(above_mm)))

    def sample_mm(self, above_mm: ArrayLike, rng: np.random.Generator, count: int | None = None) -> NDArray[np.float64]:
        """Diameters of particles that are wider than ``above_mm``, one for each of its entries or ``count`` of them."""
        least = np.asarray(above_mm, dtype=np.float64)
        excess = rng.standard_exponential(least.shape if count is None else count)
        return self.diameter_mm(self.melted_mm(least) + excess / self.slope_per_mm)

    @property
    def extinction_per_m(self) -> float:
        """Q·∫ π/4·D²·N dDₘ, the share of light that a metre takes away: equations (4) and (6), in closed form."""
        moment = 2 * self.power + 1
        area = math.pi / 4 * self.stretch**2 * math.gamma(moment) * math.pow(self.slope_per_mm, -moment)
        return EXTINCTION_EFFICIENCY * _M2_PER_MM2 * self.intercept_per_m3_mm * area

    @property
    def water_g_per_m3(self) -> float:
        """Mass of water in a cubic metre of air."""
        return _G_PER_MM3 * math.pi * self.intercept_per_m3_mm / self.slope_per_mm**4

    def fall_speed_mps(self, diameter_mm: ArrayLike) -> NDArray[np.float64]:
        """Terminal speed of particles, (…) m/s downwards.

        Drops: Atlas, Srivastava and Sekhon (1973), 0 below 0.11 mm, where their fit ends. Flakes: Locatelli and Hobbs
        (1974), aggregates.
        """
        diameter = np.asarray(diameter_mm, dtype=np.float64)
        if self.frozen:
            return np.asarray(0.8 * diameter**0.16)
        return np.asarray(np.maximum(9.65 - 10.3 * np.exp(-0.6 * diameter), 0.0))

    def scaled_to(self, extinction_per_m: float) -> Spectrum:
        """The same sizes, as many as take ``extinction_per_m``: for snowfall of which the visibility is known.

        Raises:
            ValueError: if this spectrum is empty, or the extinction is negative or not finite.
        """
        if not (math.isfinite(extinction_per_m) and extinction_per_m >= 0):
            raise ValueError(f"an extinction is 0 or above, per metre, got {extinction_per_m}")
        if self.intercept_per_m3_mm == 0:
            raise ValueError("an empty spectrum cannot be scaled: give a rain or snow rate above 0")
        return replace(self, intercept_per_m3_mm=self.intercept_per_m3_mm * extinction_per_m / self.extinction_per_m)


def marshall_palmer(rain_mmph: float) -> Spectrum:
    """Rain: Marshall and Palmer (1948)."""
    rate = _rate(rain_mmph, "rain_mmph")
    return Spectrum(8000.0, 4.1 * rate**-0.21) if rate else Spectrum(0.0, 1.0)


def gunn_marshall(
    snowfall_mmph: float, density_g_cm3: float | None = SNOW_DENSITY_G_CM3, intercept_per_m3_mm: float = 3.8e3
) -> Spectrum:
    """Snow: Gunn and Marshall (1958).

    Args:
        snowfall_mmph: as water.
        density_g_cm3: of a flake, 0.01 … 0.2; None: it falls with size, as Holroyd (1971) found.
        intercept_per_m3_mm: at 1 mm/h. LISA and Rasshofer have 7.6e3, with which twice the water falls that should.
    """
    rate = _rate(snowfall_mmph, "snowfall_mmph")
    stretch, power = _flake(density_g_cm3)
    if not rate:
        return Spectrum(0.0, 1.0, stretch, power, frozen=True)
    return Spectrum(intercept_per_m3_mm * rate**-0.87, 2.55 * rate**-0.48, stretch, power, frozen=True)


def sekhon_srivastava(snowfall_mmph: float, density_g_cm3: float | None = SNOW_DENSITY_G_CM3) -> Spectrum:
    """Snow: Sekhon and Srivastava (1970). Arguments as for ``gunn_marshall``."""
    rate = _rate(snowfall_mmph, "snowfall_mmph")
    stretch, power = _flake(density_g_cm3)
    if not rate:
        return Spectrum(0.0, 1.0, stretch, power, frozen=True)
    return Spectrum(2.5e3 * rate**-0.94, 2.29 * rate**-0.45, stretch, power, frozen=True)


def rain_extinction_per_m(rain_mmph: float) -> float:
    """Extinction by rain, 1/m: 3.65e-4·R^0.63. It hardly depends on the wavelength."""
    return marshall_palmer(rain_mmph).extinction_per_m


def snow_extinction_per_m(snowfall_mmph: float) -> float:
    """Extinction by falling snow, 1/m: 3.34e-3·R^0.57. It hardly depends on the wavelength; uncertain by a factor 2."""
    return gunn_marshall(snowfall_mmph).extinction_per_m


def _flake(density_g_cm3: float | None) -> tuple[float, float]:
    """Stretch and power of flakes of this density."""
    if density_g_cm3 is None:
        return _HOLROYD_G_CM3**-0.5, 1.5        # Dₘ³ = D³·0.17/D
    if not 0 < density_g_cm3 <= 0.917:
        raise ValueError(f"density_g_cm3 is above 0 and at most that of ice, 0.917, got {density_g_cm3}")
    return density_g_cm3 ** (-1 / 3), 1.0


def _rate(value: float, name: str) -> float:
    if not (math.isfinite(value) and value >= 0):
        raise ValueError(f"{name} is 0 or above, in mm/h of water, got {value}")
    return float(value)
