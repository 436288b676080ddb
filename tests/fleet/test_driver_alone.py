"""The driver without Ray: an executor of this process, a clock that jumps, and workers that do as they are told."""

from __future__ import annotations

import json
import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from simgen.errors import Interrupted, RequestError, SimulatorError
from simgen.fleet.driver import Event, Job, record_all
from simgen.fleet.executor import Place, WorkerFault, WorkerLost
from simgen.fleet.pace import Limits
from simgen.fleet.schedule import Policy
from simgen.fleet.slot import Slot
from simgen.fleet.worker import Outcome
from simgen.scenario.plan import CapturePlan, EgoPlan, EpisodePlan, RoadWish, SpawnWish, SpeedPoint

TAKES_S = {"arrival": 0.0, "start": 5.0, "record": 10.0, "stop": 1.0, "abort": 0.0}
NEVER = float("inf")


def job(number: int) -> Job:
    ego = EgoPlan("vehicle.lincoln.mkz_2020", "kitti", (SpeedPoint(0.0, 10.0),), SpawnWish(pick=0.0))
    return Job(EpisodePlan("s", number, 0, RoadWish(kind="rural"), (), "auto", ego, (), CapturePlan(10.0, 5, 0.0), {}),
               number * 5)


@dataclass(eq=False)
class Worker:
    slot: Slot
    alive: bool = True
    roomless: bool = False


@dataclass(eq=False)
class Call:
    worker: Worker
    method: str
    ends_s: float
    result: Any


@dataclass
class HereAndNow:
    """Runs nothing: calls end at their time, with what the script of the episode says for each attempt."""

    script: dict[str, list[str]] = field(default_factory=dict)
    room: Callable[[float], int | None] = lambda now_s: None
    gone: Callable[[float], str | None] = lambda now_s: None
    unplaced: Callable[[float], bool] = lambda now_s: False
    takes_s: dict[str, float] = field(default_factory=lambda: dict(TAKES_S))
    now_s: float = 1000.0
    calls: list[Call] = field(default_factory=list)
    hired: list[Worker] = field(default_factory=list)
    said: list[tuple[str, int]] = field(default_factory=list)
    writing: dict[str, Worker] = field(default_factory=dict)

    def clock(self) -> float:
        return self.now_s

    def hire(self, slot: Slot) -> Worker:
        self.hired.append(Worker(slot))
        return self.hired[-1]

    def arrival(self, worker: Worker) -> Call:
        return self._begin(worker, "arrival", NEVER if self.unplaced(self.now_s) else 0.0, Place("here"))

    def call(self, worker: Worker, method: str, *arguments: Any) -> Call:
        self.said.append((method, worker.slot.number))
        takes_s, result = self.takes_s[method], None
        if method == "record":
            plan = EpisodePlan.from_json(arguments[0])
            assert plan.name not in self.writing, "two attempts at a time"
            self.writing[plan.name] = worker
            words = self.script.get(plan.name, [])
            word = words.pop(0) if words else "good"
            result = self._outcome(plan.name, word)
            takes_s = NEVER if word == "hang" else takes_s
        elif method == "start":
            words = self.script.get("start", [])
            result = words.pop(0) if words else None
        elif method == "abort":                       # an episode is left after its current frame
            for call in self.calls:
                if call.worker is worker and call.method == "record" and call.ends_s > self.now_s:
                    call.ends_s, call.result = self.now_s + 2.0, Outcome("", 0, 0, 0.0, "content", "left")
        return self._begin(worker, method, takes_s, result)

    @staticmethod
    def _outcome(name: str, word: str) -> Any:
        if word == "die":
            return WorkerLost("its worker or simulator process died")
        if word == "raise":
            return WorkerFault("ValueError: a defect of ours")
        if word in ("simulator", "content", "storage", "request"):
            return Outcome(name, 0, 0, 0.0, word, f"attempt ended by {word}", log_tail=("Segmentation fault",))
        return Outcome(name, 5, 3, 0.1, recycle="40 episodes" if word == "recycle" else "", map_name="Town07")

    def _begin(self, worker: Worker, method: str, takes_s: float, result: Any) -> Call:
        self.calls.append(Call(worker, method, self.now_s + takes_s, result))
        return self.calls[-1]

    def wait(self, calls: Sequence[Call], timeout_s: float) -> list[Call]:
        self.now_s = min([self.now_s + timeout_s, *(max(call.ends_s, self.now_s) for call in calls)])
        return [call for call in calls if call.ends_s <= self.now_s]

    def result(self, call: Call) -> Any:
        if call.method == "record":
            self.writing = {name: worker for name, worker in self.writing.items() if worker is not call.worker}
        if not call.worker.alive:
            raise WorkerLost("its worker or simulator process died")
        if isinstance(call.result, Exception):
            raise call.result
        return call.result

    def dismiss(self, worker: Worker) -> None:
        worker.alive = False
        for call in self.calls:
            if call.worker is worker and call.ends_s > self.now_s:
                call.ends_s = self.now_s + 0.1

    def why_gone(self) -> str | None:
        return self.gone(self.now_s)

    def seats(self) -> int | None:
        return self.room(self.now_s)

    def needed(self) -> str:
        return "1 CPU"

    def close(self) -> None:
        self.said.append(("close", -1))


def run(
    folder: Path, executor: HereAndNow, jobs: int = 3, slots: int = 1, **more: Any
) -> tuple[list[str], list[Event]]:
    events: list[Event] = []
    try:
        failed = record_all([job(n) for n in range(jobs)], [Slot(n) for n in range(slots)], folder, folder,
                            events.append, executor=executor, clock=executor.clock, **more)
    finally:
        executor.events = [event for event in events if event.kind != "poll"]        # type: ignore[attr-defined]
    return [outcome.episode for outcome in failed], [event for event in events if event.kind != "poll"]


def told(events: list[Event]) -> list[str]:
    return [f"{event.kind} {event.job.plan.index}" if event.job else event.kind for event in events]


def test_episodes_go_through_one_by_one_and_the_worker_is_stopped_in_the_end(tmp_path: Path) -> None:
    executor = HereAndNow()
    assert run(tmp_path, executor, jobs=2)[0] == []
    assert told(executor.events) == ["joined", "start 0", "done 0", "start 1", "done 1"]  # type: ignore[attr-defined]
    assert [method for method, _ in executor.said] == ["start", "record", "record", "stop", "close"]
    assert executor.now_s == pytest.approx(1000.0 + 5.0 + 2 * 10.0 + 1.0)          # nothing waits for a poll


def test_a_lost_worker_is_replaced_and_its_episode_tried_again(tmp_path: Path) -> None:
    executor = HereAndNow({"s-0001": ["die"]})
    failed, events = run(tmp_path, executor, jobs=2)
    assert failed == [] and len(executor.hired) == 2
    assert told(events)[3:] == ["start 1", "retry 1", "start 1", "done 1"]


def test_what_fails_is_written_down_and_so_is_that_it_was_overcome(tmp_path: Path) -> None:
    executor = HereAndNow({"s-0000": ["simulator"], "s-0001": ["content", "raise", "content"]})
    (tmp_path / "simulator-0.log").write_text("Signal 11 caught\n")
    failed, events = run(tmp_path, executor, jobs=3)
    assert failed == ["s-0001"] and "failed 1" in told(events)
    record = json.loads((tmp_path / "failures" / "s-0001.json").read_text())
    assert record["quarantined"] is True
    assert [one["message"] for one in record["attempts"]] == [
        "attempt ended by content", "ValueError: a defect of ours", "attempt ended by content"]
    assert record["attempts"][0]["slot"] == "built-in simulator 0" and record["attempts"][0]["host"] == "here"
    assert record["attempts"][0]["seconds"] == 10.0 and record["attempts"][0]["log_tail"] == ["Segmentation fault"]
    overcome = json.loads((tmp_path / "failures" / "overcome.jsonl").read_text())
    assert overcome["episode"] == "s-0000"
    assert sorted(path.name for path in (tmp_path / "failures").iterdir()) == ["overcome.jsonl", "s-0001.json"]


def test_what_a_disk_lacks_costs_no_simulator_and_counts_for_no_episode(tmp_path: Path) -> None:
    executor = HereAndNow({f"s-000{number}": ["storage"] * 5 for number in range(3)})
    failed, events = run(tmp_path, executor)
    assert failed == []
    assert len(executor.hired) == 1
    assert sum(event.kind == "retry" for event in events) == 15


def test_of_a_worker_that_died_with_its_simulator_the_log_s_end_is_kept(tmp_path: Path) -> None:
    (tmp_path / "simulator-0.log").write_text("".join(f"line {n}\n" for n in range(500)))
    run(tmp_path, HereAndNow({"s-0000": ["die"] * 99}), jobs=2, policy=Policy(free_retries=1, strikes=9))
    attempts = json.loads((tmp_path / "failures" / "s-0000.json").read_text())["attempts"]
    assert attempts[0]["log_tail"] == [f"line {n}" for n in range(300, 500)]


def test_an_attempt_that_hangs_is_killed_and_tried_again_once_its_worker_is_gone(tmp_path: Path) -> None:
    executor = HereAndNow({"s-0000": ["hang"]})
    failed, events = run(tmp_path, executor, jobs=1, slots=2, policy=Policy(limits=Limits(base_s=30.0, tick_s=0.0)))
    assert failed == []
    assert [event.outcome.message for event in events if event.outcome and event.kind == "retry"] == [
        "no result after 30 s"]


def test_a_recycled_simulator_ends_in_order_and_a_fresh_one_takes_over(tmp_path: Path) -> None:
    executor = HereAndNow({"s-0000": ["recycle"]})
    _, events = run(tmp_path, executor, jobs=2)
    assert told(events)[1:] == ["start 0", "done 0", "recycled 0", "start 1", "done 1"]
    assert [method for method, _ in executor.said] == ["start", "record", "stop", "start", "record", "stop", "close"]


def test_an_episode_that_no_simulator_can_do_fails_at_once_and_the_others_are_recorded(tmp_path: Path) -> None:
    failed, events = run(tmp_path, HereAndNow({"s-0000": ["request"], "s-0002": ["request"]}), jobs=4)
    assert failed == ["s-0000", "s-0002"]
    assert told(events).count("retry 0") == 0 and told(events).count("done 3") == 1
    for name in ("s-0000", "s-0002"):
        record = json.loads((tmp_path / "failures" / f"{name}.json").read_text())
        assert record["quarantined"] and [attempt["cause"] for attempt in record["attempts"]] == ["request"]


def test_what_is_refused_when_the_rest_was_recorded_before_is_a_failure_again(tmp_path: Path) -> None:
    failed, _ = run(tmp_path, HereAndNow({"s-0000": ["request"]}), jobs=1, some_recorded=True)
    assert failed == ["s-0000"] and (tmp_path / "failures" / "s-0000.json").exists()


def test_where_no_simulator_can_do_any_episode_the_request_is_wrong(tmp_path: Path) -> None:
    with pytest.raises(RequestError, match="attempt ended by request; likewise refused: 2 more episodes"):
        run(tmp_path, HereAndNow({f"s-{number:04d}": ["request"] for number in range(3)}), jobs=3)
    executor = HereAndNow({f"s-{number:04d}": ["request"] for number in range(100)})
    with pytest.raises(RequestError, match="attempt ended by request; likewise refused: 19 more"):
        run(tmp_path, executor, jobs=100)
    assert [method for method, _ in executor.said].count("record") == 20
    assert not list((tmp_path / "failures").glob("*.json"))


def test_when_no_simulator_starts_the_run_says_what_is_missing(tmp_path: Path) -> None:
    sentence = r"no simulator is left, and 3 episodes are not recorded \(s-0000 to s-0002\).*was: no Vulkan"
    with pytest.raises(SimulatorError, match=sentence):
        run(tmp_path, HereAndNow({"start": ["no Vulkan"] * 99}))


def test_a_slot_that_fails_is_given_up_while_another_carries_on(tmp_path: Path) -> None:
    executor = HereAndNow({"start": ["no Vulkan", *[None] * 1, *["no Vulkan"] * 99]})      # type: ignore[list-item]
    failed, events = run(tmp_path, executor, jobs=30, slots=2)
    assert failed == [] and told(events).count("left") == 1
    later = HereAndNow({"start": ["no Vulkan", None, *["no Vulkan"] * 4]})        # type: ignore[list-item]
    _, events = run(tmp_path, later, jobs=200, slots=2)
    seat = [word for event, word in zip(events, told(events), strict=True)
            if event.slot == Slot(0) and not event.job and word != "retry"]
    assert seat == ["joined", "left", "joined"]               # after its ban it has one more try, and does well


def test_seats_follow_the_room_that_a_cluster_has(tmp_path: Path) -> None:
    rooms = [(0.0, 0), (100.0, 2), (150.0, 3), (200.0, 1)]
    executor = HereAndNow(room=lambda now_s: [room for at, room in rooms if now_s >= 1000.0 + at][-1])
    failed, events = run(tmp_path, executor, jobs=40, slots=0, slot_at=Slot)
    assert failed == []
    assert told(events).count("joined") == 3
    assert sum(word.startswith("done") for word in told(events)) == 40


def test_the_seat_of_a_machine_that_is_gone_leaves(tmp_path: Path) -> None:
    executor = HereAndNow({"s-0003": ["die"]}, room=lambda now_s: 2 if now_s < 1012.0 else 1)
    _, events = run(tmp_path, executor, jobs=6, slots=0, slot_at=Slot)
    words = told(events)
    assert words.count("left") == 1 and words.index("left") > words.index("retry 3")
    assert {event.job.plan.index for event in events if event.job and event.kind == "done"} == set(range(6))


def test_workers_that_find_no_room_are_waited_for_and_somebody_is_told(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    executor = HereAndNow(unplaced=lambda now_s: now_s < 1001.0)
    with caplog.at_level(logging.WARNING), pytest.raises(Interrupted):
        run(tmp_path, executor, stop_asked=lambda: int(executor.now_s > 5000.0))
    assert [record.message for record in caplog.records] == [
        "no machine of the Ray cluster has room for a worker, which needs 1 CPU; waiting for one"]


def test_a_cluster_that_is_gone_ends_the_run_with_a_sentence_and_nobody_is_called_any_more(tmp_path: Path) -> None:
    executor = HereAndNow(gone=lambda now_s: "the head of Ray does not answer" if now_s > 1016.0 else None)
    with pytest.raises(SimulatorError, match=r"^the head of Ray does not answer, and 3 episodes are not recorded"):
        run(tmp_path, executor, jobs=4)
    assert [method for method, _ in executor.said] == ["start", "record", "record", "close"]


def test_who_asks_to_stop_has_episodes_that_are_all_but_done_and_the_others_are_left(tmp_path: Path) -> None:
    executor = HereAndNow()
    with pytest.raises(Interrupted):
        run(tmp_path, executor, jobs=30, slots=2, stop_asked=lambda: int(executor.now_s > 1058.0))
    words = told(executor.events)           # type: ignore[attr-defined]
    assert words[-2:] == ["done 10", "done 11"] and ("abort", 0) not in executor.said
    executor = HereAndNow(takes_s={**TAKES_S, "record": 100.0})
    with pytest.raises(Interrupted):
        run(tmp_path, executor, jobs=30, slots=2, stop_asked=lambda: int(executor.now_s > 1058.0))
    assert executor.said[-5:] == [("abort", 0), ("abort", 1), ("stop", 0), ("stop", 1), ("close", -1)]
    assert executor.now_s < 1058.0 + 30.0


def test_who_asks_twice_is_not_kept_waiting(tmp_path: Path) -> None:
    executor = HereAndNow(takes_s={**TAKES_S, "record": 100.0})
    with pytest.raises(Interrupted):
        run(tmp_path, executor, stop_asked=lambda: 2 * (executor.now_s > 1058.0))
    assert executor.now_s < 1060.0
