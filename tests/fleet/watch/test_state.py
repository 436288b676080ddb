"""What is known of a run while it runs. The clock is ours."""

from __future__ import annotations

import json
import tracemalloc

import pytest

from simgen.fleet.slot import Slot
from simgen.fleet.watch.rate import RateWindow, time_left_s
from simgen.fleet.watch.state import RunState
from simgen.fleet.watch.view import READY, RECORDING, RECYCLING, RESTARTING, STARTING, RunView
from tests.fleet.watch.made_up import done, failed, job, joined, left, lost, recycled, start

A, B = Slot(0), Slot(1)


def state(episodes: int = 4, slots: int = 2, recorded: int = 0) -> RunState:
    """A run of episodes of ten frames each; every frame takes a second."""
    return RunState(episodes * 10, recorded * 10, episodes, recorded, 0.0)


def test_episodes_and_frames_are_done_failed_or_left() -> None:
    run = state(episodes=5, recorded=1)
    run.take(start(job(1), A), 0.0)
    run.take(done(job(1), A), 10.0)
    run.take(start(job(2), A), 10.0)
    run.take(failed(job(2), A), 12.0)
    run.take(start(job(3), A), 12.0)
    view = run.view(13.0)
    assert (view.episodes, view.episodes_before, view.episodes_done, view.failed, view.episodes_left) == (5, 1, 2, 1, 2)
    assert (view.frames, view.frames_before, view.frames_done, view.frames_lost) == (50, 10, 20, 10)
    assert [failure.episode for failure in view.failures] == ["deer-0002"] and view.running == 1


def test_a_slot_goes_from_state_to_state_and_says_since_when() -> None:
    run = state()
    seen = []
    for now_s, event in enumerate([
        joined(A), start(job(0), A), done(job(0), A), start(job(1), A), lost(job(1), A), recycled(A),
        start(job(1), A), lost(job(1), A, "content"),
    ]):
        run.take(event, float(now_s))
        (slot,) = run.view(now_s + 0.25).slots
        seen.append(slot.state)
        assert slot.since_s == 0.25
    assert seen == [STARTING, RECORDING, READY, RECORDING, RESTARTING, RECYCLING, RECORDING, READY]
    assert (slot.episodes, slot.retries, slot.recycles, slot.episode) == (1, 2, 1, "")
    assert slot.problem == "the simulator ended with status 139"
    view = run.view(9.0)
    assert view.retries == {"simulator": 1, "content": 1} and view.recycles == 1
    run.take(left(A), 9.0)
    assert run.view(9.0).slots == () and run.view(9.0).slots_gone == 1


def test_a_slot_that_left_does_not_come_back_by_what_it_left_undone() -> None:
    run = state()
    run.take(start(job(0), A), 0.0)
    run.take(left(A), 1.0)
    run.take(lost(job(0), A), 1.0)
    view = run.view(1.0)
    assert view.slots == () and view.slots_gone == 1 and view.retries == {"simulator": 1}


def test_attempts_are_counted_until_an_episode_is_settled() -> None:
    run = state()
    assert run.attempt("deer-0000") == 1
    for _ in range(2):
        run.take(start(job(0), A), 0.0)
        run.take(lost(job(0), A), 1.0)
    assert run.attempt("deer-0000") == 3
    run.take(done(job(0), A), 2.0)
    assert run.attempt("deer-0000") == 1


def test_frames_of_running_episodes_count_and_go_when_the_attempt_is_lost() -> None:
    run = RunState(40, 0, 4, 0, 0.0, lambda job, known: known + 3)
    run.take(start(job(0), A), 0.0)
    run.take(start(job(1), B), 0.0)
    run.look(1.0)
    run.look(2.0)
    assert run.view(2.0).frames_done == 12 and [slot.frame for slot in run.view(2.0).slots] == [6, 6]
    run.take(lost(job(1), B), 3.0)
    run.take(done(job(0), A), 3.0)
    assert run.view(3.0).frames_done == 10


def test_the_end_of_an_episode_without_a_slot_finds_its_slot() -> None:
    run = state()
    run.take(start(job(0), A), 0.0)
    event = done(job(0), A)
    event = type(event)(event.kind, event.job, event.outcome)
    run.take(event, 5.0)
    assert [slot.state for slot in run.view(5.0).slots] == [READY]


def test_an_episode_that_a_crash_ended_leaves_no_frames_to_wait_for() -> None:
    run = state(episodes=1)
    run.take(start(job(0), A), 0.0)
    run.take(done(job(0), A, frames=7), 5.0)
    view = run.view(5.0)
    assert view.frames_done == 7 and view.frames_lost == 3 and view.left_s == 0.0


def test_the_clock_of_the_rate_begins_with_the_first_episode() -> None:
    run = RunState(1000, 0, 10, 0, 0.0, lambda job, known: 20)
    run.take(joined(A), 0.0)
    run.look(99.0)
    run.take(start(job(0, 100), A), 100.0)
    run.look(110.0)
    view = run.view(110.0)
    assert view.frames_per_s == view.frames_per_s_overall == 2.0
    assert view.left_s == pytest.approx(980 / 2.0)


def test_the_rate_forgets_what_was_long_ago_and_its_memory_is_bounded() -> None:
    window = RateWindow()
    frames = 0
    for second in range(4000):
        frames += 1 if second < 2000 else 5
        window.add(float(second), frames, float(second))
    assert window.recent() == pytest.approx(5.0, abs=0.01) and window.overall() == pytest.approx(3.0, abs=0.01)
    assert len(window._samples) <= 61


def test_time_left_knows_of_slots_that_are_still_starting() -> None:
    """One of four slots works, at a frame a second: in a while it will be four frames a second."""
    run = RunState(4000, 0, 400, 0, 0.0, lambda job, known: 10)
    for number in range(4):
        run.take(joined(Slot(number)), 0.0)
    run.take(start(job(0), A), 0.0)
    run.look(10.0)
    assert run.view(10.0).left_s == pytest.approx((4000 - 10) / 4)


@pytest.mark.parametrize(("frames_left", "waiting", "running", "slots", "per_slot", "expected"), [
    (0, 0, [], 4, 1.0, 0.0),
    (100, 6, [10, 30], 2, 1.0, 50.0),           # two lanes share a hundred frames
    (40, 0, [10, 30], 8, 1.0, 30.0),            # the longest episode decides, idle slots do not help
    (100, 1, [10], 8, 0.5, 100.0),              # two episodes are two lanes
    (100, 6, [10, 30], 2, 0.0, None),           # nothing is known yet
    (100, 10, [], 0, 1.0, None),                # no slot, no end
])
def test_time_left_by_hand(
    frames_left: int, waiting: int, running: list[int], slots: int, per_slot: float, expected: float | None,
) -> None:
    assert time_left_s(frames_left, waiting, running, slots, per_slot) == expected


def test_a_view_survives_json() -> None:
    run = state()
    run.take(start(job(0), A), 0.0)
    run.take(failed(job(0), A), 1.0)
    view = run.view(2.0)
    assert RunView.from_json(json.loads(json.dumps(view.to_json()))) == view


def test_memory_does_not_grow_with_episodes() -> None:
    run = state(episodes=1_000_000)

    def record(first: int, last: int) -> int:
        tracemalloc.start()
        for number in range(first, last):
            one, slot = job(number), Slot(number % 8)
            run.take(start(one, slot), float(number))
            if number % 10 == 0:
                run.take(lost(one, slot), number + 0.2)
                run.take(start(one, slot), number + 0.3)
            run.take((failed if number % 100 == 0 else done)(one, slot), number + 0.5)
            run.look(number + 0.6)
        run.view(float(last))
        grown, _ = tracemalloc.get_traced_memory()
        tracemalloc.stop()
        return grown

    record(0, 2000)                             # the window of the rate fills up
    assert record(2000, 4000) < 20_000
