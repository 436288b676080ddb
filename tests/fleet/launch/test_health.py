"""When a server is replaced, by hand; and that one which does nothing remarkable goes on."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from simgen.fleet.launch.health import (
    BUILT_IN_POLICY,
    CARLA_POLICY,
    GIB,
    Checkup,
    Life,
    reason_to_recycle,
)

WELL = Checkup("Town03", 600.0, 5 * GIB, actors=80, highest_id=400, tick_s=0.05)


def lived(*checkups: Checkup) -> Life:
    life = Life()
    for checkup in checkups:
        life = life.after(checkup)
    return life


def test_a_server_in_good_health_goes_on() -> None:
    assert reason_to_recycle(CARLA_POLICY, lived(*[WELL] * 49), WELL) is None


@pytest.mark.parametrize(("now", "reason"), [
    (replace(WELL, rss_bytes=int(9.5 * GIB)), "its memory grew by 4.5 GiB to 9.5 GiB"),
    (replace(WELL, highest_id=61_500), "its actors' ids reach 61500, and pictures hold ids below 65536"),
    (replace(WELL, actors=103), "23 actors more than after the first episode on Town03 are left"),
    (replace(WELL, tick_s=11.25), "a tick takes 11.2 s"),
    (replace(WELL, age_s=6 * 3600.0), "it is 6.0 h old"),
])
def test_a_server_that_ails_is_replaced_and_the_reason_is_said(now: Checkup, reason: str) -> None:
    assert reason_to_recycle(CARLA_POLICY, lived(WELL, now), now) == reason
    assert reason_to_recycle(CARLA_POLICY, lived(WELL, WELL), WELL) is None


def test_fifty_episodes_are_enough_for_one_server() -> None:
    assert reason_to_recycle(CARLA_POLICY, lived(*[WELL] * 50), WELL) == "it has played 50 episodes"


def test_another_map_counts_and_the_same_map_again_does_not() -> None:
    maps = [replace(WELL, map_name=name) for name in ("Town01", "Town02", "Town02", "Town01", "Town02", "Town01")]
    life = lived(*maps)
    assert life.map_changes == 4 and reason_to_recycle(CARLA_POLICY, life, maps[-1]) is None
    now = replace(WELL, map_name="Town05")
    assert reason_to_recycle(CARLA_POLICY, life.after(now), now) == "it has changed its map 5 times"


def test_actors_are_counted_against_the_first_episode_on_the_same_map() -> None:
    small, large = replace(WELL, map_name="Town02", actors=40), replace(WELL, map_name="Town05", actors=120)
    assert reason_to_recycle(CARLA_POLICY, lived(small, large, small, large), large) is None


def test_the_built_in_simulator_is_replaced_for_its_memory_alone() -> None:
    old = Checkup("SimgenTown01", 1e6, 5 * GIB, tick_s=50.0)
    assert reason_to_recycle(BUILT_IN_POLICY, lived(*[old] * 500), old) is None
    grown = replace(old, rss_bytes=9 * GIB)
    assert reason_to_recycle(BUILT_IN_POLICY, lived(old, grown), grown) == "its memory grew by 4.0 GiB to 9.0 GiB"


@given(st.lists(st.builds(
    Checkup, map_name=st.sampled_from(["a", "b"]), age_s=st.floats(0, 1e5),
    rss_bytes=st.none() | st.integers(0, 40 * GIB), actors=st.none() | st.integers(0, 200),
    highest_id=st.none() | st.integers(0, 70_000), tick_s=st.none() | st.floats(0, 30)), min_size=1, max_size=60))
def test_whatever_is_measured_a_reason_is_found_only_where_a_limit_is_reached(checkups: list[Checkup]) -> None:
    life, policy = lived(*checkups), CARLA_POLICY
    reason = reason_to_recycle(policy, life, checkups[-1])
    last = checkups[-1]
    young = (life.episodes < 50 and life.map_changes < 5 and last.age_s < 6 * 3600 and (last.tick_s or 0) < 10
             and (last.highest_id or 0) < 61_440 and (last.rss_bytes or 0) < 4 * GIB and (last.actors or 0) < 10)
    if young:
        assert reason is None
    if life.episodes >= 50:
        assert reason is not None
