"""From linear light to bytes, in numbers: how long a picture is exposed, the film's curve, and its white.

Light is relative (sunlight above the air is 20); ``CANDELAS`` makes candelas per square metre of it, so that f-stop,
shutter and ISO expose daylight as they do outside. Lamps are some fifty times brighter here than true ones, for the
picture's sake; a manual exposure for a night needs six stops less than one would think.
"""

from __future__ import annotations

import math
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from simgen.localsim.film import USUAL, Film

CANDELAS = 133_000.0 / 20.0     # the sun's illuminance above the air, lx, over its irradiance here
CURVE_STEPS = 2048
_SATURATION = 1.2               # a sensor is full at this many times the light of its exposure value (ISO 12232)
_BRIGHT_SPAN = (10.0, 12.0)     # CARLA's own limits of automatic exposure …
_EV_SPAN = (5.0, 17.0)          # … and what they stand for here: all that daylight and lamps can bring
_MIDDLE = 0.18                  # what the film gives back as it got it
_USUAL_BLOOM = USUAL.bloom


def exposure_at(ev100: float, compensation: float) -> float:
    """What light is multiplied by at an exposure value: 2^-EV100 / 1.2, for light in cd/m² (ISO 12232)."""
    return CANDELAS * math.pow(2.0, compensation - ev100) / _SATURATION


def exposure_of(film: Film, automatic: float) -> float:
    """What light is multiplied by; ``automatic``: what the weather asks of a camera as it comes."""
    if film.manual:
        return exposure_at(film.manual_ev100, film.compensation)
    wanted = math.log2(exposure_at(0.0, USUAL.compensation) / automatic)
    low, high = (_EV_SPAN[0] + (bright - _BRIGHT_SPAN[0]) * (_EV_SPAN[1] - _EV_SPAN[0])
                 / (_BRIGHT_SPAN[1] - _BRIGHT_SPAN[0]) for bright in (film.min_bright, film.max_bright))
    return exposure_at(min(max(wanted, low), high), film.compensation)


def bloom_of(film: Film, usual: float) -> float:
    """Share of light that the lens spreads. ``usual``: the weather's, for a camera as it comes."""
    return min(usual * film.bloom / _USUAL_BLOOM, 1.0) if film.effects else 0.0


def _film_curve(film: Film, light: NDArray[np.float64]) -> NDArray[np.float64]:
    """What a film makes of light, 0 … 1: in the logarithm of light a straight line of a slope, which a logistic toe and
    a logistic shoulder lead to black and white. This is the family of curves that CARLA's (Unreal Engine's) attributes
    describe; middle grey stays what it is."""
    toe_height = max(1.0 + film.black_clip - film.toe, 1e-3)            # else there is no curve, but a step
    shoulder_height = max(1.0 + film.white_clip - film.shoulder, 1e-3)
    if film.toe > 0.8:          # middle grey lies on the straight part
        toe_end = (1.0 - film.toe - _MIDDLE) / film.slope + math.log10(_MIDDLE)
    else:
        share = (_MIDDLE + film.black_clip) / toe_height - 1.0
        toe_end = math.log10(_MIDDLE) - math.atanh(share) * toe_height / film.slope
    offset = (1.0 - film.toe) / film.slope - toe_end
    shoulder_start = film.shoulder / film.slope - offset
    level = np.log10(np.maximum(light, 1e-10))

    def logistic(x: NDArray[np.float64]) -> NDArray[np.float64]:
        return np.asarray(1.0 / (1.0 + np.exp(-np.clip(x, -80.0, 80.0))))

    line = film.slope * (level + offset)
    toe = 2.0 * toe_height * logistic(2.0 * film.slope / toe_height * (level - toe_end)) - film.black_clip
    shoulder = 1.0 + film.white_clip - 2.0 * shoulder_height * logistic(
        2.0 * film.slope / shoulder_height * (shoulder_start - level))
    t = np.clip((level - toe_end) / (shoulder_start - toe_end), 0.0, 1.0)
    t = 1.0 - t if shoulder_start < toe_end else t
    t = t * t * (3.0 - 2.0 * t)
    low, high = np.where(level < toe_end, toe, line), np.where(level > shoulder_start, shoulder, line)
    return np.clip(low + (high - low) * t, 0.0, 1.0)


@lru_cache(maxsize=16)
def curve_of(film: Film) -> NDArray[np.float32]:
    """(CURVE_STEPS,) bytes, 0 … 255, at the place sqrt(x / (1 + x)) of light x: finer in the dark, without an end."""
    place = np.linspace(0.0, 1.0, CURVE_STEPS) ** 2
    light = place / np.maximum(1.0 - place, 1e-6)
    shown = _film_curve(film, light) if film.effects else np.clip(light, 0.0, 1.0)
    encoded = np.where(shown <= 0.0031308, 12.92 * shown, 1.055 * np.maximum(shown, 1e-9) ** (1.0 / 2.4) - 0.055)
    curve = (255.0 * encoded ** (2.2 / film.gamma)).astype(np.float32)
    curve.flags.writeable = False
    return curve


def _white(temperature_k: float) -> NDArray[np.float64]:
    """Linear sRGB of daylight at a temperature (CIE D series; below 4000 K a black body after Krystek 1985)."""
    t = temperature_k
    if t >= 4000.0:
        a, b, c, d = ((-4.6070e9, 2.9678e6, 99.11, 0.244063) if t <= 7000.0 else (-2.0064e9, 1.9018e6, 247.48, 0.23704))
        x = ((a / t + b) / t + c) / t + d
        y = -3.0 * x * x + 2.870 * x - 0.275
    else:
        u = ((1.28641212e-7 * t + 1.54118254e-4) * t + 0.860117757) / ((7.08145163e-7 * t + 8.42420235e-4) * t + 1.0)
        v = ((4.20481691e-8 * t + 4.22806245e-5) * t + 0.317398726) / ((1.61456053e-7 * t - 2.89741816e-5) * t + 1.0)
        x, y = 3.0 * u / (2.0 * u - 8.0 * v + 4.0), 2.0 * v / (2.0 * u - 8.0 * v + 4.0)
    xyz = np.array([x / y, 1.0, (1.0 - x - y) / y])
    to_rgb = np.array([[3.2406, -1.5372, -0.4986], [-0.9689, 1.8758, 0.0415], [0.0557, -0.2040, 1.0570]])
    return np.asarray(np.maximum(to_rgb @ xyz, 1e-3))


def white_balance_of(film: Film) -> tuple[float, float, float]:
    """What red, green and blue are multiplied by, so that light of the film's temperature looks white."""
    gains = _white(USUAL.temperature_k) / _white(film.temperature_k)
    gains[1] *= 2.0 ** (-0.5 * film.tint)
    gains /= float(gains @ np.array([0.2126, 0.7152, 0.0722]))
    return float(gains[0]), float(gains[1]), float(gains[2])
