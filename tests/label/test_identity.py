"""Whose numbers are in an instance picture: actor ids, actor ids that wrapped, or the engine's own."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from simgen.frame import ActorState, Frame
from simgen.label import IdMode, Labeller, label_frame
from tests.label.scene import DEER, RIG, ROAD_TAG, STRIDING_WALKER, box_solid, car, creature, film

SCENERY_TAG = 20        # Static: no class that rules an actor out


def street() -> Frame:
    """A car, a walker close beside it, a bicycle farther away and a deer; a bench stands by."""
    first, metal = car(14.0, 3.0, 0.3)
    walker, legs = creature("walker", 11.5, 1.0, 1.0, STRIDING_WALKER, "walker.pedestrian.0001")
    bike, frame = car(22.0, -3.0, 0.9, "bike", 303, "vehicle.bh.crossbike", (1.51, 0.87, 1.61))
    deer, body = creature("animal", 18.0, -7.0, 2.0, DEER, "walker.animal.red_deer", "red_deer", actor_id=404)
    bench = box_solid(12.5, -1.5, 0.0, (0.6, 1.6, 0.5), 505, SCENERY_TAG)
    return film([first, walker, bike, deer], [*metal, *legs, *frame, *body, bench])


@pytest.fixture(scope="module")
def by_actor_id() -> Frame:
    return street()


def with_numbers(frame: Frame, numbers: np.ndarray, actors: tuple[ActorState, ...] | None = None) -> Frame:
    view = replace(frame.views["camera_2"], instance_id=numbers.astype(np.uint16))
    return replace(frame, views={"camera_2": view}, actors=actors or frame.actors)


def engine_numbers(frame: Frame) -> Frame:
    """Every number replaced by another one, 0 included."""
    table = np.random.default_rng(3).permutation(1 << 16)
    return with_numbers(frame, table[frame.views["camera_2"].instance_id])


def wrapped_numbers(frame: Frame) -> Frame:
    """All ids beyond 16 bits; the ground and the bench carry numbers of actors."""
    actors = tuple(replace(actor, simulator_id=actor.simulator_id + 3 * 65536) for actor in frame.actors)
    view, sweep = frame.views["camera_2"], frame.sweep
    ids = view.instance_id.copy()
    ids[view.tag == ROAD_TAG] = 101
    ids[ids == 505] = 202
    owned = sweep.simulator_id > 0
    sweep = replace(sweep, simulator_id=np.where(owned, sweep.simulator_id + np.uint32(3 * 65536), 0).astype(np.uint32))
    return replace(with_numbers(frame, ids, actors), sweep=sweep)


@pytest.mark.parametrize(("renumbered", "mode"), [
    (lambda frame: frame, IdMode.ACTOR), (engine_numbers, IdMode.ENGINE), (wrapped_numbers, IdMode.WRAPPED),
], ids=["actor", "engine", "wrapped"])
def test_labels_are_the_same_whatever_the_numbers_mean(by_actor_id: Frame, renumbered, mode: IdMode):
    expected = label_frame(by_actor_id, RIG)
    labeller = Labeller(RIG)
    assert labeller.label(renumbered(by_actor_id)) == expected
    assert labeller.identities.mode is mode
    assert len(expected) == 4 and all(label.visible_px > 100 for label in expected)


def test_with_nobody_in_sight_the_meaning_stays_unknown():
    far, metal = car(-20.0, 0.0)
    labeller = Labeller(RIG)
    assert labeller.label(film([far], metal)) == ()
    assert labeller.identities.mode is IdMode.UNKNOWN


def test_a_number_that_is_learnt_by_mistake_is_dropped_when_more_of_it_is_seen():
    # At first, of a stall with an awning only a post shows, right where the walker is, who is behind it.
    walker, legs = creature("walker", 12.0, 0.0, 0.0, STRIDING_WALKER, "walker.pedestrian.0001")
    table = np.random.default_rng(5).permutation(1 << 16)
    labeller = Labeller(RIG)
    for solids in ([box_solid(12.0, 0.0, 0.0, (0.2, 0.3, 1.2), 909, SCENERY_TAG)],
                   [box_solid(12.0, -2.0, 0.0, (0.2, 4.4, 1.2), 909, SCENERY_TAG), *legs]):
        frame = film([walker], solids)
        labeller.label(with_numbers(frame, table[frame.views["camera_2"].instance_id]))
    assert labeller.identities.mode is IdMode.ENGINE
    assert labeller.identities.numbers([walker]) == {"walker": frozenset({int(table[walker.simulator_id])})}


def test_a_rider_whose_pixels_are_numbered_apart_belongs_to_the_bicycle():
    bike, frame = car(12.0, 1.0, 0.4, "bike", 303, "vehicle.bh.crossbike", (1.51, 0.87, 1.61))
    whole = film([bike], frame)
    view = whole.views["camera_2"]
    rider = (view.instance_id == 303) & (np.arange(view.tag.shape[0]) < 200)[:, None]
    ids, tag = np.where(rider, 7777, view.instance_id), np.where(rider, 13, view.tag)
    split = with_numbers(whole, ids)
    split = replace(split, views={"camera_2": replace(split.views["camera_2"], tag=tag.astype(np.uint8))})
    (expected,), (label,) = label_frame(whole, RIG), label_frame(split, RIG)
    assert rider.sum() > 100
    assert (label.type, label.visible_px) == ("Cyclist", expected.visible_px)


def test_a_car_through_another_does_not_decide_what_numbers_mean():
    first, one = car(14.0, 0.0, 0.0, "first", 101)
    second, two = car(14.3, 0.2, 0.1, "second", 102)
    labeller = Labeller(RIG)
    labeller.label(film([first, second], [*one, *two]))
    assert labeller.identities.engine_votes == 0


def test_cars_of_one_number_apart_keep_their_own_pixels():
    first, one = car(14.0, 3.0, 0.0, "first", 101)
    second, two = car(20.0, -4.0, 0.0, "second", 101 + 65536)
    labels = label_frame(film([first, second], [*one, *two]), RIG)
    assert [label.visible_fraction for label in labels] == [1.0, 1.0]
    assert labels[0].visible_px > labels[1].visible_px
