"""The label tables hold what the built-in simulator shows: where they differ, a box is wrong."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pytest

from sensors.boxes import Box3
from sensors.rigid import RigidTransform
from simgen.frame import ActorState
from simgen.label.tables import classify
from simgen.localsim.catalogue import stock_library
from simgen.localsim.catalogue.blueprint import Body

WITHIN_M = 0.02


def shown_bodies() -> Iterator[tuple[str, dict[str, str], Body]]:
    """Blueprint, attributes and body of whatever the catalogue can show."""
    for blueprint in stock_library():
        if blueprint.body is not None:
            yield blueprint.id, {}, blueprint.body
        for (attribute, value), body in blueprint.variants.items():
            yield blueprint.id, {attribute: value}, body


def state(blueprint: str, attributes: dict[str, str], body: Body) -> ActorState:
    box = Box3(RigidTransform.identity(), np.array(body.size_lwh_m))
    species = blueprint.rpartition(".")[2] if body.kind == "animal" else None
    return ActorState("it", body.kind, blueprint, species, 1, RigidTransform.identity(), np.zeros(3), box, attributes)


SHOWN = [
    pytest.param(blueprint, attributes, body, id=body.shape)
    for blueprint, attributes, body in shown_bodies()
    # The server's box of a pedestrian on foot is CARLA's capsule, which is no body.
    if not (blueprint.startswith("walker.pedestrian.0") and not attributes)
]


@pytest.mark.parametrize(("blueprint", "attributes", "body"), SHOWN)
def test_a_label_knows_the_size_of_what_the_built_in_simulator_shows(
    blueprint: str, attributes: dict[str, str], body: Body
):
    known = classify(state(blueprint, attributes, body), {})
    if known.word == "scenery":
        return      # scenery gets no box
    assert known.size_lwh_m == pytest.approx(body.size_lwh_m, abs=WITHIN_M)


def test_only_the_young_are_called_young():
    for blueprint, attributes, body in shown_bodies():
        if body.kind == "animal":
            assert classify(state(blueprint, attributes, body), {}).age == attributes.get("age")
