"""The table of a run, on terminals of every size."""

from __future__ import annotations

import io

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from rich.console import Console

from simgen.capture.session import Endpoint
from simgen.fleet.slot import Slot
from simgen.fleet.watch.state import RunState
from simgen.fleet.watch.table import in_trouble, table, worth_a_row
from simgen.fleet.watch.view import RunView
from tests.fleet.watch.made_up import done, failed, job, joined, left, lost, recycled, start


def drawn(view: RunView, width: int = 100, height: int = 40) -> list[str]:
    console = Console(width=width, height=height, file=io.StringIO(), record=True, color_system=None)
    console.print(table(view, width, height))
    return [line.rstrip() for line in console.export_text().splitlines()]


def running(slots: int) -> RunState:
    """Episodes of a hundred frames, twenty of which are there."""
    run = RunState(100_000, 0, 1000, 0, 0.0, lambda job, known: 20)
    for number in range(slots):
        slot = Slot(number, Endpoint(f"gpu{number:02d}.cluster.lan", 20000))
        run.take(joined(slot), 0.0)
        run.take(start(job(number, 100), slot), 10.0)
    run.look(20.0)
    return run


def test_a_row_says_where_what_and_how_far() -> None:
    lines = drawn(running(2).view(20.0))
    assert lines[0].endswith(" 0.0 % 0:20")
    assert lines[1].replace("\u202f", "") == "0 of 1000 episodes · 40 of 100000 frames · 4.00 frames/s · 6:56:30 left"
    assert lines[2].split() == ["slot", "simulator", "state", "episode", "frame", "frames/s", "done"]
    assert lines[3].split()[:7] == ["0", "gpu00.cluster.lan:20000", "recording", "deer-0000", "20/100", "2.00", "0"]


def test_before_the_first_episode_simulators_start() -> None:
    run = RunState(20, 0, 2, 0, 0.0)
    assert drawn(run.view(0.0))[1] == "starting simulators"
    run.take(joined(Slot(0)), 1.0)
    lines = drawn(run.view(75.0))
    assert lines[1] == "starting 1 simulator" and "starting 1:14" in lines[3]


def test_what_went_wrong_is_seen() -> None:
    run = running(3)
    slot = Slot(1, Endpoint("gpu01.cluster.lan", 20000))
    run.take(lost(job(1, 100), slot), 21.0)
    run.take(failed(job(2, 100), Slot(2, Endpoint("gpu02.cluster.lan", 20000))), 22.0)
    run.take(left(Slot(0, Endpoint("gpu00.cluster.lan", 20000))), 23.0)
    lines = drawn(run.view(26.0), width=140)
    assert lines[2] == "1 retry (1 simulator) · 1 failed · 1 slot gone"
    assert "restarting 0:05" in lines[4] and lines[4].endswith("the simulator ended with status 139")
    assert lines[-1] == "failed: deer-0002: there is no crosswalk on this map"
    run.take(recycled(slot), 27.0)
    assert "recycling 0:03" in drawn(run.view(30.0))[4]


def test_of_many_slots_those_in_trouble_are_shown_and_the_rest_is_summed_up() -> None:
    run = running(64)
    for number in (40, 41):
        run.take(lost(job(number, 100), Slot(number, Endpoint(f"gpu{number}.cluster.lan", 20000))), 20.0)
    view = run.view(20.0)
    shown = [slot.number for slot in worth_a_row(view.slots, 5)]
    assert shown == [0, 1, 2, 40, 41] and all(in_trouble(view.slots[number]) for number in (40, 41))
    lines = drawn(view, height=14)
    assert lines[-1] == "… and 59 slots more: 59 recording; 118.0 frames/s"
    assert worth_a_row(view.slots, 64) == list(view.slots)


def test_a_name_that_is_too_long_loses_its_middle_and_what_matters_less_gives_way() -> None:
    view = running(1).view(20.0)
    assert "gpu00.cl…lan:20000" in drawn(view, width=64)[3]
    assert drawn(view, width=36)[2].split() == ["slot", "state", "episode", "frame"]


def test_a_simulator_that_takes_long_to_start_is_in_trouble() -> None:
    run = RunState(20, 0, 2, 0, 0.0)
    run.take(joined(Slot(0)), 0.0)
    assert [in_trouble(run.view(now_s).slots[0]) for now_s in (60.0, 180.0)] == [False, True]


@settings(max_examples=60, deadline=None)
@given(width=st.integers(30, 220), height=st.integers(8, 60), slots=st.integers(0, 40), happened=st.lists(
    st.tuples(st.sampled_from([start, done, lost, failed]), st.integers(0, 39)), max_size=40))
def test_no_terminal_is_too_small(
    width: int, height: int, slots: int, happened: list[tuple[object, int]],
) -> None:
    run = running(slots)
    for make, number in happened:
        run.take(make(job(number, 100), Slot(number)), 30.0)        # type: ignore[operator]
    view = run.view(31.0)
    lines = drawn(view, width, height)
    assert max(map(len, lines)) <= width
    assert len(lines) <= max(height, 12)


@pytest.mark.parametrize("frames", [0, 7])
def test_a_run_without_frames_is_drawn_as_well(frames: int) -> None:
    assert drawn(RunState(frames, 0, 0, 0, 0.0).view(1.0))[1] == "starting simulators"
