"""What bodies that were seen as a whole tell of their like."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from sensors.rigid import RigidTransform
from simgen.frame import Silhouette
from simgen.label import Labeller, label_frame
from simgen.label.densities import BodyKind, Densities, Fill, usual_density
from tests.label.scene import CAR_TAG, RIG, WALL_TAG, Solid, box_solid, car, film

KIND = BodyKind("vehicle.audi.a2", None, "car")
CELLS = len(usual_density("car"))


def test_with_nothing_seen_the_table_holds() -> None:
    assert Densities().of(KIND) is usual_density("car")
    assert Densities().learn([(KIND, None)]).of(KIND) is usual_density("car")


def test_one_body_counts_as_much_as_the_table_and_many_outweigh_it() -> None:
    covered = np.full(CELLS, 1 / CELLS)
    empty = Fill(np.zeros(CELLS), covered)
    once = Densities().learn([(KIND, empty)])
    assert once.of(KIND) == pytest.approx(np.maximum(usual_density("car") / 2, 0.02))
    often = once.learn([(KIND, empty)] * 98)
    assert often.of(KIND) == pytest.approx(0.02)        # never 0: in some pose a body is anywhere
    # What one learns of cars says nothing of others.
    assert often.of(KIND._replace(blueprint="vehicle.audi.tt")) is usual_density("car")


def wall_before_the_left_half() -> Solid:
    return Solid(RigidTransform(np.eye(3), np.array([6.0, 2.53, 2.0])), (0.05, 2.47, 2.0), 0, WALL_TAG)


def test_who_was_seen_whole_tells_how_much_of_it_is_hidden_later() -> None:
    # A flatbed 0.8 m high in a box for 1.55 m: where cars have a cabin it has none, and a sign there hides next to
    # nothing.
    actor, _ = car(15.0, 0.06)
    flatbed = box_solid(15.0, 0.06, 0.0, (3.71, 1.79, 0.8), 101, CAR_TAG)
    sign = Solid(RigidTransform(np.eye(3), np.array([8.0, 0.06, 1.9])), (0.05, 2.0, 0.63), 0, WALL_TAG)
    whole, behind = film([actor], [flatbed]), film([actor], [flatbed, sign])
    (truth,), (naive,) = label_frame(whole, RIG), label_frame(behind, RIG)
    share = naive.visible_px / truth.visible_px
    assert share > 0.98
    assert naive.visible_fraction < 0.8
    labeller = Labeller(RIG)
    for _ in range(4):
        labeller.label(whole)
    (informed,) = labeller.label(behind)
    assert abs(informed.visible_fraction - share) < 0.3 * abs(naive.visible_fraction - share)
    assert (naive.occlusion, informed.occlusion) == (1, 0)


@pytest.mark.parametrize(("x", "y", "hides"), [(15.0, 0.06, True), (9.0, -5.5, False), (200.0, 0.0, False)],
                         ids=["half hidden", "cut by the picture", "tiny"])
def test_who_is_not_seen_well_and_whole_tells_nothing(x: float, y: float, hides: bool) -> None:
    actor, metal = car(x, y)
    labeller = Labeller(RIG)
    labeller.label(film([actor], [*metal, wall_before_the_left_half()] if hides else metal))
    assert labeller.densities.fills == {}


def test_where_silhouettes_are_counted_nothing_is_learnt() -> None:
    actor, metal = car(15.0, 3.0)
    frame = film([actor], metal)
    row = Silhouette(101, False, False, 300, 1000, 0.0, (400.0, 170.0, 700.0, 260.0))
    view = replace(frame.views["camera_2"], silhouettes=(row,))
    labeller = Labeller(RIG)
    labeller.label(replace(frame, views={"camera_2": view}))
    assert labeller.densities.fills == {}
