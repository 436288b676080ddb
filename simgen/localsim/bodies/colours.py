"""Colours of bodies: paint, clothes, skin and fur, drawn from a name by SHA-256 so that they never change."""

from __future__ import annotations

import functools
import hashlib

import numpy as np
from numpy.typing import NDArray

from simgen.localsim.bodies.bicycle import Bicycle
from simgen.localsim.bodies.catalogue import VEHICLES
from simgen.localsim.bodies.figures import figure
from simgen.localsim.bodies.motorcycle import Motorcycle
from simgen.localsim.bodies.people import PEOPLE
from simgen.localsim.bodies.props import PROPS

Rgb = tuple[int, int, int]

# sRGB, with shares for paint after the usual sales statistics.
_PAINT: tuple[tuple[int, Rgb], ...] = (
    (24, (226, 226, 222)), (18, (22, 22, 24)), (15, (88, 91, 95)), (13, (160, 164, 168)), (8, (28, 52, 104)),
    (4, (60, 96, 150)), (8, (140, 18, 22)), (3, (92, 20, 24)), (3, (40, 66, 48)), (2, (168, 150, 120)),
    (2, (196, 96, 28)),
)
_SECOND_PAINT: Rgb = (222, 222, 218)
_INDICATORS: Rgb = (214, 118, 14)
_EMERGENCY_LIGHTS: Rgb = (24, 62, 196)
_EMERGENCY = ("vehicle.carlamotors.firetruck", "vehicle.ford.ambulance", "vehicle.dodge.charger_police",
              "vehicle.dodge.charger_police_2020")
_FIXED_PAINT: dict[str, tuple[Rgb, Rgb]] = {  # paint and second colour
    "vehicle.carlamotors.firetruck": ((172, 22, 18), (226, 220, 96)),
    "vehicle.ford.ambulance": ((228, 228, 224), (190, 28, 26)),
    "vehicle.carlamotors.carlacola": ((168, 20, 24), (224, 222, 216)),
    "vehicle.dodge.charger_police": ((24, 25, 28), (226, 226, 222)),
    "vehicle.dodge.charger_police_2020": ((226, 226, 222), (24, 25, 28)),
    "vehicle.ford.crown": ((226, 170, 24), (24, 25, 28)),
    "vehicle.tesla.cybertruck": ((168, 170, 172), (60, 60, 62)),
}
_UPPER: tuple[Rgb, ...] = (
    (34, 38, 46), (62, 66, 72), (120, 124, 128), (206, 204, 198), (38, 56, 92), (84, 112, 152), (120, 30, 32),
    (160, 62, 44), (52, 74, 52), (108, 104, 70), (128, 100, 68), (186, 160, 118), (92, 62, 96), (196, 150, 52),
    (40, 92, 92),
)
_LOWER: tuple[Rgb, ...] = (
    (28, 30, 36), (44, 54, 78), (58, 72, 100), (90, 92, 94), (118, 104, 82), (72, 58, 46), (150, 138, 116),
    (36, 40, 34),
)
_SKIN: tuple[Rgb, ...] = (
    (236, 200, 176), (222, 180, 150), (204, 158, 124), (172, 122, 88), (130, 86, 58), (92, 60, 42))
_UNIFORM: tuple[Rgb, Rgb] = (26, 32, 52), (22, 26, 40)

# Fur and light fur of each species, sRGB, and how far single animals differ in brightness.
_FUR: dict[str, tuple[Rgb, Rgb]] = {
    "roe_deer": ((134, 100, 70), (226, 214, 192)),
    "white_tailed_deer": ((122, 95, 68), (232, 226, 214)),
    "red_deer": ((116, 82, 56), (206, 176, 132)),
    "moose": ((66, 52, 40), (124, 108, 90)),
    "wild_boar": ((62, 56, 50), (104, 94, 82)),
    "dog": ((150, 112, 68), (228, 216, 196)),
    "fox": ((188, 98, 40), (232, 226, 218)),
    "cattle": ((40, 34, 30), (228, 224, 216)),
    "horse": ((108, 66, 38), (226, 222, 214)),
    "sheep": ((216, 208, 190), (52, 46, 42)),
    "fallow_deer": ((132, 92, 62), (236, 230, 216)),
    "elk": ((168, 132, 92), (222, 198, 158)),
    "cat": ((128, 120, 108), (226, 220, 210)),
    "kangaroo": ((136, 112, 90), (206, 192, 170)),
    "bear": ((84, 60, 42), (138, 106, 76)),
    "raccoon": ((128, 120, 110), (226, 222, 214)),
    "goose": ((112, 98, 82), (226, 220, 208)),
    "goose/young": ((172, 148, 88), (206, 196, 140)),
    "wild_boar/young": ((126, 92, 62), (206, 178, 136)),
}
_FUR_SPREAD = 0.15


@functools.lru_cache(maxsize=4096)
def tints(blueprint: str, color: str | None, key: str) -> NDArray[np.float32]:
    """Three linear RGB colours (3, 3) of a body, read-only: what each means is said in ``mesh.Material``.

    color: CARLA's "r,g,b" of 0..255, which overrides the first colour; key: a stable name that gives variety.
    """
    first, second, third = _drawn(blueprint, key)
    if color is not None:
        first = _parsed(color)
    colours = linear_from_srgb(np.array([first, second, third], np.float64) / 255.0).astype(np.float32)
    colours.flags.writeable = False     # every actor that looks so shares them
    return colours


def linear_from_srgb(srgb: NDArray[np.float64]) -> NDArray[np.float64]:
    """IEC 61966-2-1 decoding of values in 0..1."""
    return np.where(srgb <= 0.04045, srgb / 12.92, ((srgb + 0.055) / 1.055) ** 2.4)


def _drawn(blueprint: str, key: str) -> tuple[Rgb | tuple[float, ...], ...]:
    skin = _SKIN[_number(blueprint, key, "skin") % len(_SKIN)]
    species = blueprint.rpartition(".")[2]
    coat = _FUR.get(species) or _FUR.get(species.partition("/")[0])      # most young look like their mothers
    if blueprint.startswith("walker.animal.") and coat is not None:
        shade = 1.0 + _FUR_SPREAD * (2.0 * (_number(blueprint, key, "fur") % 1000) / 999.0 - 1.0)
        return tuple(c * shade for c in coat[0]), coat[1], skin
    if blueprint in PROPS:
        return PROPS[blueprint].colours
    upper = _UPPER[_number(blueprint, key, "upper") % len(_UPPER)]
    lower = _LOWER[_number(blueprint, key, "lower") % len(_LOWER)]
    person = PEOPLE.get(blueprint.partition("/")[0])
    if person is not None or figure(blueprint) is not None:
        if person is not None and person.top == "uniform":
            return (*_UNIFORM, skin)
        return upper, lower, skin
    if blueprint in VEHICLES:
        lamps = _EMERGENCY_LIGHTS if blueprint in _EMERGENCY else _INDICATORS
        if blueprint in _FIXED_PAINT:
            return (*_FIXED_PAINT[blueprint], lamps)
        paint = _paint(_number(blueprint, key, "paint"))
        if isinstance(VEHICLES[blueprint].body, (Bicycle, Motorcycle)):
            return paint, lower, skin
        return paint, _SECOND_PAINT, lamps
    raise ValueError(f"no body for blueprint {blueprint!r}")


def _paint(number: int) -> Rgb:
    left = number % sum(share for share, _ in _PAINT)
    for share, colour in _PAINT:
        if left < share:
            return colour
        left -= share
    raise AssertionError("the shares sum to more than any remainder")


def _parsed(color: str) -> Rgb:
    try:
        red, green, blue = (int(part) for part in color.split(","))
    except ValueError:
        raise ValueError(f"a color is 'r,g,b' with whole numbers, not {color!r}") from None
    if not all(0 <= c <= 255 for c in (red, green, blue)):
        raise ValueError(f"a color's numbers lie in 0..255, not {color!r}")
    return red, green, blue


def _number(*parts: str) -> int:
    return int.from_bytes(hashlib.sha256("\0".join(parts).encode()).digest()[:8], "big")
