"""What is known of actors' surfaces: the paint that the scenario chose, the fur of the species."""

from __future__ import annotations

from collections.abc import Iterable

from sensors.lidar.materials import SPECIES, reflectivity_of_colour
from simgen.scenario.plan import ActorPlan

_LUMINANCE = (0.2126, 0.7152, 0.0722)       # of linear red, green and blue (Rec. 709)


def known_reflectivity(actors: Iterable[ActorPlan]) -> dict[str, float]:
    """Reflectivity at the LiDAR's wavelength by role, of those actors whose plan says it."""
    found = {}
    for actor in actors:
        rho = None
        if actor.kind == "vehicle" and actor.color is not None:
            rho = reflectivity_of_colour(luminance(actor.color))
        elif actor.species is not None:
            rho = next((value for word, value in SPECIES.items() if word in actor.species), None)
        if rho is not None:
            found[actor.role] = rho
    return found


def luminance(color: str) -> float:
    """Of a colour such as "255,0,0", as CARLA writes them; linear, white is 1."""
    shares = (int(part) / 255.0 for part in color.split(","))
    linear = (share / 12.92 if share <= 0.04045 else ((share + 0.055) / 1.055) ** 2.4 for share in shares)
    return sum(weight * share for weight, share in zip(_LUMINANCE, linear, strict=True))
