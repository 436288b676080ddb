"""The driver's promises, with workers that fail in every way a worker can."""

from __future__ import annotations

import os
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from simgen.errors import RequestError, SimulatorError
from simgen.fleet.driver import Event, Job, ray_session, record_all
from simgen.fleet.pace import Limits
from simgen.fleet.schedule import Policy
from simgen.fleet.slot import Slot
from simgen.fleet.worker import Outcome
from simgen.scenario.plan import CapturePlan, EgoPlan, EpisodePlan, RoadWish, SpawnWish

pytestmark = pytest.mark.slow       # a Ray of its own takes some seconds to start


@pytest.fixture(scope="module", autouse=True)
def _ray() -> Iterator[None]:
    with ray_session(2):
        yield


def job(number: int) -> Job:
    ego = EgoPlan("vehicle.lincoln.mkz_2020", "kitti", 10.0, SpawnWish(pick=0.0))
    return Job(EpisodePlan("s", number, 0, RoadWish(kind="rural"), {}, "auto", ego, (), CapturePlan(10.0, 5, 0.0), {}),
               number * 5)


class Scripted:
    """A worker whose attempts end as the files in its folder say: "<episode>" holds one word for each attempt."""

    def __init__(self, slot: Slot, out_dir: Path, log_dir: Path) -> None:
        self._out_dir = out_dir

    def start(self) -> str | None:
        return "this simulator does not start" if (self._out_dir / "broken").exists() else None

    def record(self, plan: dict[str, Any], first_frame: int, xodr_text: str | None) -> Outcome:
        name = f"{plan['scenario']}-{plan['index']:04d}"
        script = self._out_dir / name
        words = script.read_text().split() if script.exists() else []
        script.write_text(" ".join(words[1:]))
        word = words[0] if words else "good"
        if word == "die":
            os._exit(9)
        if word == "raise":
            raise ValueError("a defect of ours")
        if word in ("simulator", "content", "request"):
            return Outcome(name, 0, 0, 0.0, word, f"attempt ended by {word}")
        return Outcome(name, 5, 3, 0.1)

    def abort(self) -> None:
        (self._out_dir / "aborted").touch()

    def stop(self) -> None:
        (self._out_dir / "stopped").touch()


def run(
    folder: Path, scripts: dict[int, str], jobs: int = 3, slots: int = 1, policy: Policy | None = None
) -> tuple[list[Outcome], list[Event]]:
    for number, words in scripts.items():
        (folder / f"s-{number:04d}").write_text(words)
    events: list[Event] = []
    failed = record_all([job(n) for n in range(jobs)], [Slot(n) for n in range(slots)], folder, folder / "logs",
                        events.append, Scripted, policy=policy)
    return failed, [event for event in events if event.kind not in ("poll", "joined")]


def kinds(events: list[Event]) -> Counter[str]:
    return Counter(event.kind for event in events)


def test_every_episode_is_recorded_once_when_nothing_goes_wrong(tmp_path: Path) -> None:
    failed, events = run(tmp_path, {}, jobs=5, slots=2)
    assert failed == []
    assert kinds(events) == {"start": 5, "done": 5}
    assert (tmp_path / "stopped").exists()


def test_a_worker_that_dies_costs_one_attempt(tmp_path: Path) -> None:
    failed, events = run(tmp_path, {1: "die die"})
    assert failed == []
    assert kinds(events) == {"start": 5, "done": 3, "retry": 2}
    retried = [event.outcome for event in events if event.kind == "retry"]
    assert all(outcome is not None and "process died" in outcome.message for outcome in retried)


def test_a_simulator_failure_is_tried_again_with_a_new_worker(tmp_path: Path) -> None:
    failed, events = run(tmp_path, {0: "simulator"})
    assert failed == []
    assert kinds(events) == {"start": 4, "done": 3, "retry": 1}


def test_an_episode_that_fails_three_times_by_its_content_is_named_and_the_others_are_recorded(tmp_path: Path) -> None:
    failed, events = run(tmp_path, {1: "content content content"})
    assert [outcome.episode for outcome in failed] == ["s-0001"]
    assert failed[0].message == "attempt ended by content"
    assert kinds(events) == {"start": 5, "done": 2, "retry": 2, "failed": 1}


def test_a_defect_in_a_worker_is_a_failure_with_its_own_words(tmp_path: Path) -> None:
    failed, events = run(tmp_path, {0: "raise"}, jobs=1)
    assert failed == []
    retry = next(event.outcome for event in events if event.kind == "retry")
    assert retry is not None and "a defect of ours" in retry.message


def test_a_request_that_no_simulator_can_fulfil_ends_the_run_at_once(tmp_path: Path) -> None:
    with pytest.raises(RequestError, match="attempt ended by request"):
        run(tmp_path, {0: "request"}, jobs=1)


def test_when_no_simulator_starts_the_run_says_so(tmp_path: Path) -> None:
    (tmp_path / "broken").touch()
    sentence = r"3 episodes are not recorded \(s-0000 to s-0002\).*this simulator does not start"
    with pytest.raises(SimulatorError, match=sentence):
        run(tmp_path, {}, policy=Policy(back_off_s=(0.0,)))


def test_a_hanging_attempt_is_ended_and_tried_again(tmp_path: Path) -> None:
    events: list[Event] = []
    began = time.monotonic()
    failed = record_all([job(0)], [Slot(0)], tmp_path, tmp_path / "logs", events.append, HangsOnce,
                        policy=Policy(limits=Limits(base_s=3.0, tick_s=0.0)))
    assert failed == []
    assert time.monotonic() - began > 3.0
    assert "no result after 3 s" in next(e.outcome.message for e in events if e.kind == "retry" and e.outcome)


class HangsOnce(Scripted):
    def record(self, plan: dict[str, Any], first_frame: int, xodr_text: str | None) -> Outcome:
        mark = self._out_dir / "hung"
        if not mark.exists():
            mark.touch()
            time.sleep(600)
        return super().record(plan, first_frame, xodr_text)
