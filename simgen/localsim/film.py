"""How a camera turns light into bytes: what CARLA's RGB camera can be set to, as far as a picture shows it.

Names, units and defaults are those of CARLA 0.9.16's attributes; see ``render/exposure.py`` for what is made of them.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

from simgen.localsim.errors import Refused

AUTOMATIC, MANUAL = "histogram", "manual"


@dataclass(frozen=True, slots=True)
class Film:
    """Exposure, lens glare, film curve and white balance of an RGB camera.

    effects:        False: no glare, no vignette, no film curve; light becomes bytes by sRGB's transfer curve alone.
    manual:         exposed by f-stop, shutter and ISO; else by what the weather makes usual.
    compensation:   stops; +1 doubles the light.
    fstop, shutter_per_s, iso:  of a manual exposure.
    min_bright, max_bright:     the range of an automatic exposure; 10 … 12 leaves it all there is.
    bloom:          strength of the lens's glare.
    gamma:          of the screen that the picture is made for.
    slope, toe, shoulder, black_clip, white_clip:  of the film curve.
    temperature_k:  of the light that shall look white; 6500 changes nothing.
    tint:           -1 green … 1 magenta.
    """

    effects: bool = True
    manual: bool = False
    compensation: float = 0.75
    fstop: float = 1.4
    shutter_per_s: float = 200.0
    iso: float = 100.0
    min_bright: float = 10.0
    max_bright: float = 12.0
    bloom: float = 0.675
    gamma: float = 2.2
    slope: float = 0.88
    toe: float = 0.55
    shoulder: float = 0.26
    black_clip: float = 0.0
    white_clip: float = 0.04
    temperature_k: float = 6500.0
    tint: float = 0.0

    @property
    def manual_ev100(self) -> float:
        """The exposure value (ISO 100) that f-stop, shutter and ISO make."""
        return math.log2(self.fstop * self.fstop * self.shutter_per_s * 100.0 / self.iso)


# As a new camera is.
USUAL = Film()


def film_of(attributes: Mapping[str, str]) -> Film:
    """The film of an RGB camera's attributes. Raises ``Refused`` for a mode or a range that there cannot be."""
    mode = attributes["exposure_mode"]
    if mode not in (AUTOMATIC, MANUAL):
        raise Refused(f"attribute 'exposure_mode' cannot be '{mode}'; it can be {AUTOMATIC}, {MANUAL}")

    def number(key: str) -> float:
        return float(attributes[key])

    low, high = number("exposure_min_bright"), number("exposure_max_bright")
    if low > high:
        raise Refused(f"exposure_min_bright={low:g} is above exposure_max_bright={high:g}; "
                      "give the same number twice for a fixed exposure")
    return Film(
        effects=attributes["enable_postprocess_effects"].lower() in ("true", "1"), manual=mode == MANUAL,
        compensation=number("exposure_compensation"), fstop=number("fstop"), shutter_per_s=number("shutter_speed"),
        iso=number("iso"), min_bright=low, max_bright=high, bloom=number("bloom_intensity"), gamma=number("gamma"),
        slope=number("slope"), toe=number("toe"), shoulder=number("shoulder"), black_clip=number("black_clip"),
        white_clip=number("white_clip"), temperature_k=number("temp"), tint=number("tint"),
    )
