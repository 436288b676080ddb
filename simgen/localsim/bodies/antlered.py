"""Fallow deer and elk, described after their nearest relatives."""

from __future__ import annotations

import math
from dataclasses import replace

from simgen.localsim.bodies.anatomy import Cones, beam, cone, light
from simgen.localsim.bodies.implicit import Cone, Point
from simgen.localsim.bodies.juvenile import scaled
from simgen.localsim.bodies.quadruped import Animal, Horns
from simgen.localsim.bodies.species import ANIMALS
from simgen.localsim.mesh import Material as M

_SLENDER = scaled(ANIMALS["white_tailed_deer"], 0.88)
_STATELY = scaled(ANIMALS["red_deer"], 1.12)


Beams = tuple[tuple[tuple[Point, ...], tuple[float, ...]], ...]


def _swept(beams: Beams, back_rad: float, size: float) -> Horns:
    """Antlers in another size, laid back about the poll."""
    c, s = math.cos(back_rad), math.sin(back_rad)
    return Horns(tuple(
        (tuple((size * (c * x - s * z), size * y, size * (s * x + c * z)) for x, y, z in path),
         tuple(size * r for r in radii)) for path, radii in beams))


def _spots() -> Cones:
    """White spots in staggered rows over the back and the haunches, the same on both flanks."""
    return tuple(
        Cone((x, 0.5, z + 0.006 * ((3 * k + row) % 4)), (x, -0.5, z + 0.006 * ((3 * k + row) % 4)), 0.0130, 0.0130,
             M.FUR_LIGHT, 0.0)
        for row, z in enumerate((0.875, 0.825, 0.775, 0.72))
        for k, x in enumerate(0.30 - 0.074 * n - 0.037 * (row % 2) + 0.008 * ((5 * n + row) % 3)
                              for n in range(11 - row))
    )


_FALLOW_DEER = replace(
    _SLENDER, name="fallow_deer", size_m=(1.55, 0.45, 1.45), mass_kg=57.0, shoulder_m=0.92,
    neck=((0.405, 0.80, 0.142), (0.575, 0.955, 0.098), (0.705, 1.115, 0.078)),
    horns=_swept((
        beam(((-0.01, 0.03, 0.05), (-0.05, 0.06, 0.12), (-0.09, 0.12, 0.20), (-0.10, 0.16, 0.26)), 0.019),
        beam(((-0.02, 0.04, 0.075), (0.04, 0.05, 0.105), (0.10, 0.055, 0.155)), 0.011),
        beam(((-0.08, 0.11, 0.19), (-0.02, 0.135, 0.225), (0.02, 0.14, 0.275)), 0.010),
        beam(((-0.16, 0.185, 0.33), (-0.21, 0.185, 0.34)), 0.011),
        beam(((-0.165, 0.195, 0.385), (-0.215, 0.195, 0.41)), 0.011),
        beam(((-0.14, 0.205, 0.43), (-0.185, 0.205, 0.475)), 0.011),
        beam(((-0.10, 0.21, 0.45), (-0.115, 0.215, 0.51)), 0.011),
    ), 0.22, 0.86),
    head_sides=(
        *(c for c in _SLENDER.head_sides),
        # the palm: a blade that widens upwards, flat across
        cone((-0.133, 0.138, 0.199), (-0.176, 0.176, 0.335), 0.026, 0.059, 0.01, M.HORN, (1.0, 0.22, 1.0)),
    ),
    tail=((-0.60, 0.81, 0.034), (-0.66, 0.745, 0.030), (-0.685, 0.60, 0.018)),
    paint=(
        *_SLENDER.paint[:1], *_spots(),
        light((-0.62, 0.0, 0.75), (-0.575, 0.0, 0.60), 0.075, 0.075),
        cone((-0.57, 0.0, 0.835), (-0.70, 0.0, 0.58), 0.024, 0.024, material=M.HAIR),      # the tail's dark stripe
    ),
    cell_m=0.0251,
)

_ELK = replace(
    _STATELY, name="elk", size_m=(2.50, 0.85, 2.30), mass_kg=300.0, shoulder_m=1.42,
    neck=((0.63, 1.25, 0.258), (0.90, 1.47, 0.207), (1.07, 1.655, 0.129)),
    horns=_swept((
        beam(((-0.02, 0.055, 0.07), (-0.10, 0.12, 0.18), (-0.24, 0.24, 0.30), (-0.38, 0.34, 0.42), (-0.50, 0.38, 0.56),
              (-0.56, 0.37, 0.72)), 0.033),
        beam(((-0.03, 0.06, 0.09), (0.07, 0.10, 0.10), (0.19, 0.13, 0.14), (0.28, 0.13, 0.23)), 0.021),
        beam(((-0.07, 0.10, 0.15), (0.03, 0.16, 0.18), (0.14, 0.20, 0.24), (0.20, 0.21, 0.32)), 0.019),
        beam(((-0.20, 0.21, 0.27), (-0.12, 0.29, 0.33), (-0.02, 0.34, 0.43)), 0.019),
        beam(((-0.34, 0.315, 0.38), (-0.28, 0.38, 0.47), (-0.20, 0.40, 0.60)), 0.022),
        beam(((-0.46, 0.37, 0.50), (-0.57, 0.41, 0.57), (-0.67, 0.41, 0.66)), 0.016),
    ), 0.12, 0.94),
    neck_extra=(
        *_STATELY.neck_extra,
        cone((0.68, 0.0, 1.05), (0.92, 0.0, 1.36), 0.17, 0.12, 0.10, flat=(1.0, 0.7, 1.0)),       # the mane
    ),
    neck_paint=(
        cone((0.74, 0.0, 1.28), (1.04, 0.0, 1.80), 0.36, 0.22, material=M.HAIR),
        cone((0.62, 0.0, 1.02), (0.80, 0.0, 1.22), 0.20, 0.24, material=M.HAIR),
    ),
    paint=(
        light((-1.02, 0.0, 1.22), (-0.90, 0.0, 0.95), 0.17, 0.19),
        cone((0.50, 0.0, 0.72), (-0.55, 0.0, 0.80), 0.09, 0.08, material=M.HAIR),                 # a dark belly
    ),
    head_paint=(
        cone((-0.02, 0.0, 0.0), (0.30, 0.0, -0.02), 0.16, 0.13, material=M.HAIR),
        cone((0.44, 0.0, 0.0), (0.47, 0.0, -0.015), 0.05, 0.05, material=M.HAIR),
    ),
    cell_m=0.0367,
)

ANTLERED: dict[str, Animal] = {animal.name: animal for animal in (_FALLOW_DEER, _ELK)}
