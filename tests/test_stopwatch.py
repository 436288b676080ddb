"""Times of stages and phases: what lies in one another is counted once, and profiles add up."""

from __future__ import annotations

import json
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from itertools import count

import pytest

from simgen import stopwatch
from simgen.stopwatch import CLOSING, FRAMES, OPENING, UNTIMED, PhaseSpent, Profile, Spent, Stopwatch


@pytest.fixture
def _seconds(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Clocks of which each look is a second later than the one before."""
    wall, thread, process = count(), count(), count()
    monkeypatch.setattr(stopwatch.time, "perf_counter", lambda: float(next(wall)))
    monkeypatch.setattr(stopwatch.time, "thread_time", lambda: float(next(thread)))
    monkeypatch.setattr(stopwatch.time, "process_time", lambda: float(next(process)))
    yield


@pytest.mark.usefixtures("_seconds")
def test_a_stage_inside_another_is_not_counted_twice() -> None:
    watch = Stopwatch()
    with watch.stage("outer"), watch.stage("inner"):        # from second 1 to 4, and from 2 to 3
        pass
    profile = watch.profile(1)
    assert profile is not None
    assert profile.stages == {
        (OPENING, "play", "inner"): Spent(1, 1.0, 1.0), (OPENING, "play", "outer"): Spent(1, 2.0, 2.0)}


@pytest.mark.usefixtures("_seconds")
def test_phases_follow_one_another_without_a_gap() -> None:
    watch = Stopwatch(iter([10.0, 12.0, 17.0, 17.0]).__next__)
    watch.begin(FRAMES)
    watch.begin(CLOSING)
    profile = watch.profile(4)
    assert profile is not None
    assert profile.phases == {OPENING: PhaseSpent(1.0, 1.0, 2.0), FRAMES: PhaseSpent(1.0, 1.0, 5.0),
                              CLOSING: PhaseSpent(1.0, 1.0, 0.0)}


def test_what_another_thread_does_belongs_to_the_frames_whenever_it_does_it() -> None:
    watch = Stopwatch()

    def work() -> None:
        with watch.stage("encode"):
            pass

    with ThreadPoolExecutor(1, "write") as writer:
        for phase in (FRAMES, CLOSING):
            watch.begin(phase)
            writer.submit(work).result()
    profile = watch.profile(2)
    assert profile is not None and [*profile.stages] == [(FRAMES, "write", "encode")]
    assert profile.stages[FRAMES, "write", "encode"].calls == 2


def test_a_stage_that_raises_is_timed_and_left() -> None:
    watch = Stopwatch()
    with pytest.raises(KeyError), watch.stage("label"):
        raise KeyError
    with watch.stage("next"):
        pass
    profile = watch.profile(1)
    assert profile is not None and {key[2] for key in profile.stages} == {"label", "next"}


def test_profiles_add_up_and_an_unknown_simulator_stays_unknown() -> None:
    one = Profile(1, 10, {(FRAMES, "play", "tick"): Spent(10, 5.0, 1.0)}, {FRAMES: PhaseSpent(6.0, 2.0, 3.0)})
    other = Profile(1, 20, {(FRAMES, "write", "encode"): Spent(20, 1.0, 1.0)}, {FRAMES: PhaseSpent(7.0, 2.0, None)})
    both = sum([one, other], Profile())
    assert (both.episodes, both.frames) == (2, 30)
    assert both.phases == {FRAMES: PhaseSpent(13.0, 4.0, None)}
    assert both.stages == {**one.stages, **other.stages}
    assert json.loads(json.dumps(both.to_json()))["stages"][0] == {
        "phase": "frames", "thread": "play", "stage": "tick", "calls": 10, "wall_s": 5.0, "cpu_s": 1.0}


def test_nobody_asked_nothing_is_timed() -> None:
    with UNTIMED.stage("tick"):
        UNTIMED.begin(FRAMES)
    assert UNTIMED.profile(3) is None


def test_an_unknown_phase_is_refused() -> None:
    with pytest.raises(ValueError, match="no phase interval; the phases are opening, warm-up, frames, closing"):
        Stopwatch().begin("interval")
