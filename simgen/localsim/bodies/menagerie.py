"""Every animal that can be drawn, by the name of its body: a species, or ``<species>/young``."""

from __future__ import annotations

from simgen.localsim.bodies.antlered import ANTLERED
from simgen.localsim.bodies.carnivores import CARNIVORES
from simgen.localsim.bodies.creature import Creature
from simgen.localsim.bodies.goose import Goose
from simgen.localsim.bodies.juvenile import young
from simgen.localsim.bodies.kangaroo import Kangaroo
from simgen.localsim.bodies.species import ANIMALS

_FOUR_LEGGED = {**ANIMALS, **ANTLERED, **CARNIVORES}

MENAGERIE: dict[str, Creature] = {
    **_FOUR_LEGGED,
    "kangaroo": Kangaroo(),
    "goose": Goose(),
    # Young of a few weeks, as they follow their mothers over roads.
    "roe_deer/young": young(_FOUR_LEGGED["roe_deer"], (0.66, 0.18, 0.56), 4.0),
    "red_deer/young": young(_FOUR_LEGGED["red_deer"], (1.10, 0.30, 1.00), 25.0),
    "moose/young": young(_FOUR_LEGGED["moose"], (1.45, 0.42, 1.30), 60.0),
    "wild_boar/young": young(_FOUR_LEGGED["wild_boar"], (0.50, 0.16, 0.32), 5.0, stripes=4),
    "cattle/young": young(_FOUR_LEGGED["cattle"], (1.30, 0.36, 0.95), 70.0),
    "sheep/young": young(_FOUR_LEGGED["sheep"], (0.68, 0.20, 0.52), 9.0),
    "bear/young": young(_FOUR_LEGGED["bear"], (0.95, 0.34, 0.58), 22.0),
    "raccoon/young": young(_FOUR_LEGGED["raccoon"], (0.44, 0.12, 0.20), 1.5),
    "goose/young": Goose((0.30, 0.14, 0.26), gosling=True),
}
