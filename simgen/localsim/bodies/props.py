"""Props: things that stand or lie about, by CARLA's ids where CARLA 0.9.16 has them and by ids of the same form else.

A prop's shape is drawn in its natural size and then fitted to the size that the catalogue says.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from simgen.localsim.bodies import props_cargo, props_nature, props_road, props_street
from simgen.localsim.bodies.builder import MeshBuilder, fitted
from simgen.localsim.mesh import Mesh

Size = tuple[float, float, float]
Rgb = tuple[int, int, int]

_GREY: Rgb = (120, 122, 124)
_ORANGE: Rgb = (226, 84, 22)
_RED: Rgb = (178, 24, 26)
_WHITE: Rgb = (226, 226, 222)
_CARDBOARD: Rgb = (158, 118, 78)
_TAPE: Rgb = (186, 156, 112)
_STRAW: Rgb = (186, 158, 92)


@dataclass(frozen=True, slots=True)
class Prop:
    """How a prop is drawn, and its three colours (sRGB): tints 0 to 2.

    along: it stands along x and faces +y (the road, beside a lane that leads to +x), not across x facing +x.
    """

    build: Callable[[MeshBuilder], None]
    colours: tuple[Rgb, Rgb, Rgb] = (_GREY, _WHITE, _GREY)
    along: bool = False

    def mesh(self) -> Mesh:
        """The prop in its natural size."""
        builder = MeshBuilder()
        self.build(builder)
        mesh = builder.mesh()
        if not self.along:
            return mesh
        return replace(mesh, positions=_quarter_turned(mesh.positions), normals=_quarter_turned(mesh.normals))


def _quarter_turned(vectors: NDArray[np.float32]) -> NDArray[np.float32]:
    """Ahead becomes left."""
    return np.stack([-vectors[:, 1], vectors[:, 0], vectors[:, 2]], axis=1)


PROPS: dict[str, Prop] = {f"static.prop.{name}": prop for name, prop in {
    # Roadworks and accidents
    "trafficcone01": Prop(props_road.traffic_cone, (_ORANGE, _WHITE, _GREY)),
    "trafficcone02": Prop(props_road.small_cone, (_ORANGE, _WHITE, _GREY)),
    "constructioncone": Prop(props_road.drum, (_ORANGE, _WHITE, _GREY)),
    "streetbarrier": Prop(props_road.barrier, (_WHITE, _RED, _GREY)),
    "warningconstruction": Prop(props_road.tripod_sign),
    "warningaccident": Prop(props_road.warning_triangle, (_RED, _WHITE, _GREY)),
    "concrete_barrier": Prop(props_road.concrete_barrier),
    # Lost cargo and rubbish
    "box01": Prop(props_cargo.box, (_GREY, _TAPE, _CARDBOARD)),
    "box02": Prop(props_cargo.box, (_GREY, _TAPE, _CARDBOARD)),
    "box03": Prop(props_cargo.box, (_GREY, _TAPE, _CARDBOARD)),
    "creasedbox01": Prop(props_cargo.open_box, (_GREY, _TAPE, _CARDBOARD)),
    "creasedbox02": Prop(props_cargo.crushed_box, (_GREY, _TAPE, _CARDBOARD)),
    "creasedbox03": Prop(props_cargo.flattened_box, (_GREY, _TAPE, _CARDBOARD)),
    "haybale": Prop(props_cargo.round_bale, (_STRAW, (204, 182, 120), _GREY)),
    "travelcase": Prop(props_cargo.travel_case, ((34, 52, 96), (28, 28, 30), _GREY)),
    "trashbag": Prop(props_cargo.trash_bag),
    "ironplank": Prop(props_cargo.iron_plank),
    "pallet": Prop(props_cargo.pallet),
    "tyre": Prop(props_cargo.tyre),
    "mattress": Prop(props_cargo.mattress, ((206, 204, 196), (150, 164, 184), _GREY)),
    "ball": Prop(props_cargo.ball, (_RED, _WHITE, _GREY)),
    # Along the street
    "trashcan01": Prop(props_street.trash_can, ((38, 72, 52), _GREY, _GREY)),
    "container": Prop(props_street.container, ((44, 92, 58), (52, 54, 56), _GREY), along=True),
    "shoppingcart": Prop(props_street.shopping_cart, (_RED, _GREY, _GREY)),
    "busstop": Prop(props_street.bus_stop, ((58, 62, 66), (40, 84, 140), (172, 186, 188)), along=True),
    "advertisement": Prop(props_street.advertisement, ((62, 66, 70), (52, 110, 168), (222, 176, 60))),
    "bench01": Prop(props_street.bench, along=True),
    "barrel": Prop(props_street.barrel, ((34, 72, 130), _GREY, _GREY)),
    # Plants and stones
    "fallen_tree": Prop(props_nature.fallen_tree),
    "branch": Prop(props_nature.branch),
    "hedge": Prop(props_nature.hedge),
    "bush": Prop(props_nature.bush),
    "rock": Prop(props_nature.rock),
}.items()}


def prop_mesh(name: str, size_lwh_m: Size) -> Mesh:
    """A prop that fills its size. Raises KeyError for a name that is none's."""
    return fitted(PROPS[name].mesh(), size_lwh_m)
