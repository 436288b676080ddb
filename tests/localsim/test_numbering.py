"""Which numbers an instance picture shows, in the three ways of CARLA servers."""

from __future__ import annotations

import numpy as np
import pytest

from simgen.localsim.numbering import InstanceIds, first_actor_id, shown_numbers
from simgen.localsim.scene import level_of
from simgen.localsim.values import LEVEL, ActorDescription, Transform, Vector3
from simgen.localsim.world import World
from tests.localsim.stand_in import straight_place

# A road (tag 1), a house (3), the level's first two single things (a car and a tree), an actor, and sky.
TAG = np.array([[1, 3, 14, 9, 14, 11]], np.uint8)
INSTANCE = np.array([[0, 0, 1, 2, 7, -1]], np.int32)


def shown(ids: InstanceIds, actor: int) -> list[int]:
    actor_id = np.array([[0, 0, 0, 0, actor, 0]], np.uint32)
    return [int(number) for number in shown_numbers(ids, TAG, actor_id, INSTANCE)[0]]


def test_an_actor_shows_its_id_and_the_level_shows_0() -> None:
    assert shown(InstanceIds.ACTOR, 300) == [0, 0, 0, 0, 300, 0]


def test_on_a_server_that_has_run_for_long_ids_meet_the_numbers_of_the_level() -> None:
    assert shown(InstanceIds.WRAPPED, 0x10000 + 3) == [2, 6, 3, 5, 3, 0]


def test_engine_numbers_have_nothing_to_do_with_actor_ids() -> None:
    numbers = [shown(InstanceIds.ENGINE, actor)[4] for actor in range(2, 2000)]
    assert len(set(numbers)) == len(numbers)
    assert not any(number == actor for actor, number in enumerate(numbers, start=2))
    assert shown(InstanceIds.ENGINE, 300)[:4] == [2, 6, 3, 5]


@pytest.mark.parametrize(("ids", "first"), [
    (InstanceIds.ACTOR, 2), (InstanceIds.ENGINE, 2), (InstanceIds.WRAPPED, 65528),
])
def test_actor_ids_of_every_episode_begin_where_the_mode_says(ids: InstanceIds, first: int) -> None:
    assert first_actor_id(ids) == first
    level = level_of(straight_place())
    world = World(level, ids=ids)
    for _ in range(2):
        world.begin_episode(level)
        born = [world.spawn(ActorDescription(0, "vehicle.audi.tt", ()), Transform(Vector3(x, 0.0, 0.3), LEVEL)).id
                for x in (0.0, 30.0)]
        assert born == [first, first + 1]
