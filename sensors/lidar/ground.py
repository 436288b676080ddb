"""Wet ground: how much of a LiDAR's light a surface under water still sends back.

Water is a mirror that lies over a darker surface (sensor-physics.md, section 5, model b). What passes it at incidence θ
meets the surface at θ', sinθ' = sinθ/n, is partly kept by reflection from below, and spreads on leaving by n²:

    ρ_wet = ρ·T(θ)²/n²/(1 − p·ρ)·g,     T = 1 − (Rs + Rp)/2                                                 (7)

g is for rough surfaces: dry asphalt is seen at grazing incidence only because its grains face the beam; under water no
ray arrives flatter than 48.8°, and they no longer do (g = 1 for Lambert's surfaces). A film that is thinner than the
texture is deep leaves grains dry: ρ = (1 − f)·ρ_dry + f·ρ_wet, f = film/texture.

So a wet road disappears. Which surfaces of a sweep are wet is said in ``surface_weather``.
"""

from __future__ import annotations

from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

Numbers: TypeAlias = "NDArray[np.floating] | float"

WATER_INDEX = 1.33
INTERNAL_REFLECTION = 0.472     # p, of diffuse light that meets the water's surface from below
TEXTURE_MM = 1.2                # depth of coarse asphalt; fine: 0.4 to 0.6, open-graded: 1.5 to 3.5
LAMBERT = (1.0, 0.0)            # A and B of A·cosθ + B·sin²θ (``surfaces.oren_nayar``)


def fresnel(cos_incidence: Numbers, index: float = WATER_INDEX) -> tuple[NDArray[np.floating], NDArray[np.floating]]:
    """(Rs, Rp): share of light that a smooth surface mirrors, polarised across and along the plane of incidence.

    Args:
        cos_incidence: in [0, 1].
        index: of refraction.
    """
    outside = np.asarray(cos_incidence)
    inside = _refracted(outside, index)
    across = (outside - index * inside) / (outside + index * inside)
    along = (index * outside - inside) / (index * outside + inside)
    return np.square(across), np.square(along)


def mirrored(cos_incidence: Numbers, index: float = WATER_INDEX) -> NDArray[np.floating]:
    """R(θ): share of unpolarised light that a smooth surface mirrors."""
    across, along = fresnel(cos_incidence, index)
    return np.asarray((across + along) / 2)


def under_water(
    cos_incidence: Numbers, albedo: Numbers, shape: tuple[Numbers, Numbers] = LAMBERT
) -> NDArray[np.floating]:
    """ρ_wet/ρ_dry of a surface under a closed film of water, equation (7); at most 1.

    For whites above 0.95 the equation, whose p and n² are averages, says up to 1.03.

    Args:
        cos_incidence: in [0, 1].
        albedo: ρ of the dry surface, in [0, 1].
        shape: A and B of Oren and Nayar's model, which the dry surface obeys.
    """
    dry = np.asarray(cos_incidence)
    wet = _refracted(dry, WATER_INDEX)
    cosine_share, grazing_share = shape
    # (A + B·sinθ'·tanθ')/(A + B·sinθ·tanθ), written so that θ may be 90°.
    grains_wet = cosine_share + grazing_share * (1 - wet * wet) / wet
    grains_dry = cosine_share * dry + grazing_share * (1 - dry * dry)
    grains = np.divide(dry * grains_wet, grains_dry, out=np.ones_like(grains_dry), where=grains_dry > 0)
    passed = 1 - mirrored(dry)
    left = passed * passed * grains / (WATER_INDEX**2 * (1 - INTERNAL_REFLECTION * np.asarray(albedo)))
    return np.asarray(np.minimum(left, 1))


def wetted(
    reflectance: Numbers,
    cos_incidence: Numbers,
    film_mm: Numbers,
    texture_mm: Numbers = TEXTURE_MM,
    *,
    albedo: Numbers = 0.17,
    shape: tuple[Numbers, Numbers] = LAMBERT,
) -> NDArray[np.floating]:
    """What a film of water leaves of a surface's reflectance; never more than without.

    Args:
        reflectance: ρ·f(θ) of the dry surface, as ``CleanSweep`` has it.
        cos_incidence: in [0, 1].
        film_mm: height of the water, ≥ 0.
        texture_mm: depth of the surface's roughness, > 0: a film as high is closed.
        albedo, shape: as for ``under_water``; the albedo of aged asphalt.
    """
    closed = np.clip(np.divide(film_mm, texture_mm), 0, 1)
    return np.asarray(reflectance * (1 - closed * (1 - under_water(cos_incidence, albedo, shape))))


def _refracted(cos_incidence: NDArray[np.floating], index: float) -> NDArray[np.floating]:
    """Cosine of the angle under the surface, by Snell's law."""
    return np.asarray(np.sqrt(1 - (1 - np.square(cos_incidence)) / (index * index)))
