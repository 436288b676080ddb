"""How houses of different ages and uses look: what their walls are of, their windows, balconies and trimmings."""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum

import numpy as np

from simgen.localsim.mesh import Material


class Clad(IntEnum):
    """What a wall of Material.PLASTER is: the whole part of its parameter."""

    PLASTER = 0
    TIMBER_FRAME = 1
    BOARDS = 2
    PANELS = 3
    RUSTICATED = 4


class Pane(IntEnum):
    """How a window is divided."""

    CROSS = 0
    TWO_WINGS = 1
    ONE_PANE = 2
    BARS = 3
    DISPLAY = 4
    OFFICE = 5


class Paint(IntEnum):
    """Of joinery and sheet metal: Material.FRAME's parameter."""

    WHITE = 0
    ANTHRACITE = 1
    BROWN = 2
    GREEN = 3
    ZINC = 4
    IRON = 5


@dataclass(frozen=True, slots=True)
class Style:
    """The look of one house.

    material, colour:  of its walls; ``colour`` is the parameter of their triangles, a ``Clad`` included.
    base_colour:       of the ground floor, if that is plastered in another way; None as above.
    pane, paint:       of its windows.
    window_m:          (width, sill above the floor, height) of a window.
    bay_m:             about one window every so many metres.
    surrounds:         have windows a raised frame?
    shutters:          … or shutters beside them?
    ledges:            mouldings between the storeys?
    balconies:         None, "iron" bars or "glass" panels; on some upper bays of the front.
    dormers:           in the roof's front, if it has one.
    """

    material: Material
    colour: float
    base_colour: float | None
    pane: Pane
    paint: Paint
    window_m: tuple[float, float, float]
    bay_m: float
    surrounds: bool = False
    shutters: bool = False
    ledges: bool = False
    balconies: str | None = None
    dormers: bool = False


def town_style(rng: np.random.Generator, storeys: int, flat: bool) -> Style:
    """A house in a closed row; ``flat`` ones are of the last decades."""
    tint = float(rng.random()) * 0.999
    if flat and storeys >= 3 and rng.random() < 0.5:
        return Style(Material.PLASTER, Clad.PANELS + tint, None, Pane.OFFICE, Paint.ANTHRACITE, (2.35, 0.75, 1.75), 2.7)
    if flat:
        paint = Paint.ANTHRACITE if rng.random() < 0.7 else Paint.WHITE
        return Style(Material.PLASTER, tint, None, Pane.ONE_PANE, paint, (1.6, 0.75, 1.6), 3.2,
                     balconies="glass" if storeys > 1 and rng.random() < 0.75 else None)
    draw = rng.random()
    if draw < 0.26:
        return Style(Material.BRICK, tint, None, Pane.CROSS if rng.random() < 0.6 else Pane.BARS, Paint.WHITE,
                     (1.25, 0.88, 1.65), 2.7, ledges=True, dormers=bool(rng.random() < 0.5))
    if draw < 0.36 and storeys <= 3:
        return Style(Material.PLASTER, Clad.TIMBER_FRAME + tint, tint, Pane.BARS,
                     Paint.WHITE if rng.random() < 0.6 else Paint.GREEN, (1.05, 0.95, 1.3), 2.7, shutters=True,
                     dormers=bool(rng.random() < 0.6))
    if draw < 0.72:
        return Style(Material.PLASTER, tint, Clad.RUSTICATED + tint, Pane.CROSS, Paint.WHITE, (1.15, 0.82, 1.75), 2.6,
                     surrounds=True, ledges=True, balconies="iron" if rng.random() < 0.6 else None,
                     dormers=bool(rng.random() < 0.6))
    return Style(Material.PLASTER, tint, None, Pane.TWO_WINGS, Paint.BROWN if rng.random() < 0.3 else Paint.WHITE,
                 (1.45, 0.88, 1.4), 3.0, balconies="glass" if rng.random() < 0.4 else None,
                 dormers=bool(rng.random() < 0.35))


def garden_style(rng: np.random.Generator) -> Style:
    """A detached house at the town's edge."""
    tint, draw = float(rng.random()) * 0.999, rng.random()
    if draw < 0.25:
        return Style(Material.BRICK, tint, None, Pane.BARS, Paint.WHITE, (1.3, 0.88, 1.4), 2.9)
    if draw < 0.45:
        return Style(Material.PLASTER, Clad.BOARDS + tint, None, Pane.CROSS, Paint.WHITE, (1.2, 0.88, 1.4), 2.8)
    if draw < 0.58:
        return Style(Material.PLASTER, Clad.TIMBER_FRAME + tint, tint, Pane.BARS, Paint.GREEN, (1.05, 0.95, 1.3), 2.7,
                     shutters=True)
    shutters = bool(rng.random() < 0.4)
    return Style(Material.PLASTER, tint, None, Pane.CROSS if shutters else Pane.ONE_PANE,
                 Paint.ANTHRACITE if not shutters and rng.random() < 0.5 else Paint.WHITE, (1.3, 0.88, 1.4), 3.1,
                 shutters=shutters, dormers=bool(rng.random() < 0.3))
