"""The schedule, by hand and against everything that can happen."""

from __future__ import annotations

from array import array
from collections import Counter

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from simgen.fleet.pace import Limits, Pace
from simgen.fleet.schedule import CONTENT, SIMULATOR, Policy, Schedule, State, Verdict, Workload

QUICK = Policy(back_off_s=(0.0, 5.0, 15.0, 45.0))


def ready(schedule: Schedule, now_s: float = 0.0) -> list[int]:
    """Start all seats that want to; returns them."""
    seats = list(schedule.to_start(now_s))
    for seat in seats:
        schedule.placed(seat, now_s)
        schedule.started(seat, now_s)
    return seats


def one_seat(jobs: int, policy: Policy = QUICK, work: Workload | None = None) -> Schedule:
    schedule = Schedule(work or Workload.uniform(jobs), policy)
    schedule.join(0, 0.0)
    ready(schedule)
    return schedule


def workload(lanes: str, names: tuple[str, ...] = ("", "", "")) -> Workload:
    """Jobs of one tick by the letters of their lanes: "aab"."""
    numbers = array("I", ["abc".index(letter) for letter in lanes])
    return Workload(numbers, numbers, array("I", [1] * len(lanes)), names)


def test_one_seat_does_all_jobs_in_order() -> None:
    schedule = one_seat(3)
    done = []
    while schedule.unfinished:
        ((seat, _),) = schedule.assignments(0.0)
        assert list(schedule.assignments(0.0)) == []
        done.append(schedule.done(seat, 1.0))
    assert done == [0, 1, 2]
    assert list(schedule.assignments(9.0)) == []


def busy(schedule: Schedule) -> dict[int, int]:
    """Job → seat, of the jobs that are being done."""
    return {job: seat.number for job, seat in schedule._busy.items()}


def test_only_as_many_workers_start_as_there_are_jobs() -> None:
    schedule = Schedule(Workload.uniform(2), QUICK)
    for seat in range(5):
        schedule.join(seat, 0.0)
    assert ready(schedule) == [0, 1]
    assert dict(schedule.assignments(0.0)) == {0: 0, 1: 1}
    assert busy(schedule) == {0: 0, 1: 1}
    assert list(schedule.to_start(99.0)) == []


def test_a_job_that_fails_by_its_content_has_three_tries() -> None:
    schedule = one_seat(2)
    verdicts = []
    for _ in range(3):
        ((seat, _job),) = schedule.assignments(0.0)
        verdicts.append(schedule.failed(seat, CONTENT, "no room for the deer", 0.0, worker_gone=False))
    assert verdicts == [Verdict(0, CONTENT, "no room for the deer", final) for final in (False, False, True)]
    assert list(schedule.unfinished_jobs()) == [1]


def test_a_job_that_ends_every_simulator_is_given_up_and_the_seat_lives_on() -> None:
    """Ten losses are free; that it is always the same job tells that the seat is not to blame."""
    schedule = one_seat(2)
    ((seat, _),) = schedule.assignments(0.0)
    schedule.done(seat, 0.0)                                   # the seat has proven itself
    for attempt in range(11):
        ((seat, job),) = schedule.assignments(0.0)
        verdict = schedule.failed(seat, SIMULATOR, "died", 0.0)
        assert (job, verdict.final, verdict.banned) == (1, attempt == 10, False)
        assert ready(schedule) == ([0] if attempt < 10 else [])
    assert schedule.unfinished == 0


def test_a_seat_that_fails_at_one_job_after_the_other_rests_longer_and_is_banned() -> None:
    schedule = one_seat(9)
    schedule.join(1, 0.0)
    ready(schedule)
    now, rests = 0.0, []
    for attempt in range(5):
        given = dict(schedule.assignments(now))
        if attempt:
            schedule.done(1, now)
        verdict = schedule.failed(0, SIMULATOR, "died", now)
        assert verdict.job == given[0]
        assert verdict.banned == (attempt == 4)
        rested = now
        while not list(schedule.to_start(now)):
            now += 0.5
        rests.append(now - rested)
        if attempt == 4:
            assert schedule.state(0) is State.STARTING          # after its ban it has one try
            assert schedule.failed(0, SIMULATOR, "does not start", now).banned
        else:
            schedule.started(0, now)
        if not attempt:
            schedule.done(1, now)
    assert rests == [0.0, 5.0, 15.0, 45.0, 900.0]
    assert schedule.usable == 1 and schedule.seats == 2


def test_a_simulator_that_never_starts_bans_its_seat() -> None:
    schedule = Schedule(Workload.uniform(1), Policy(back_off_s=(0.0,)))
    schedule.join(0, 0.0)
    banned = []
    for _ in range(5):
        assert list(schedule.to_start(0.0)) == [0]
        banned.append(schedule.failed(0, SIMULATOR, "no GPU", 0.0).banned)
    assert banned == [False] * 4 + [True]
    assert schedule.usable == 0 and schedule.unfinished == 1
    assert schedule.last_message == "no GPU"


def test_a_seat_takes_jobs_of_the_map_it_holds_but_none_waits_for_ever() -> None:
    schedule = one_seat(0, Policy(passes=3), workload("baaaaaaaa", ("Town01", "Town02")))
    order = []
    for _ in range(9):
        ((seat, job),) = schedule.assignments(0.0)
        order.append(job)
        if order == [0]:                # a job of lane b, whose map turned out to be that of lane a
            schedule.done(seat, 0.0, map_name="Town01")
        else:
            schedule.done(seat, 0.0)
    assert order == [0, 1, 2, 3, 4, 5, 6, 7, 8]
    schedule = one_seat(0, Policy(passes=3), workload("aabaaaaab"))
    order = []
    for _ in range(9):
        ((seat, job),) = schedule.assignments(0.0)
        order.append(job)
        schedule.done(seat, 0.0, map_name="ab"[job in (2, 8)])
    # a, a; then b is older three times; then b as long as it lasts, although a is older; then the rest.
    assert order == [0, 1, 3, 4, 5, 2, 8, 6, 7]


def test_two_seats_begin_with_two_maps() -> None:
    schedule = Schedule(workload("aaabbb"))
    schedule.join(0, 0.0)
    schedule.join(1, 0.0)
    ready(schedule)
    assert dict(schedule.assignments(0.0)) == {0: 0, 1: 3}
    schedule.done(0, 1.0, "A")
    schedule.done(1, 1.0, "B")
    assert dict(schedule.assignments(1.0)) == {0: 1, 1: 4}


def test_a_failed_job_goes_to_another_seat_if_one_comes_in_time() -> None:
    schedule = Schedule(Workload.uniform(3), QUICK)
    schedule.join(0, 0.0)
    schedule.join(1, 0.0)
    ready(schedule)
    assert dict(schedule.assignments(0.0)) == {0: 0, 1: 1}
    schedule.failed(0, CONTENT, "odd", 1.0, worker_gone=False)
    assert dict(schedule.assignments(1.0)) == {0: 2}
    schedule.done(1, 2.0)
    assert dict(schedule.assignments(2.0)) == {1: 0}
    schedule.failed(1, CONTENT, "odd", 3.0, worker_gone=False)
    assert list(schedule.assignments(12.9)) == []                   # seat 0 is busy
    assert list(schedule.assignments(13.0)) == [(1, 0)]


def test_an_attempt_that_hangs_is_over_only_when_its_worker_is_gone() -> None:
    schedule = one_seat(1, Policy(limits=Limits(base_s=30.0, tick_s=2.0), end_limit_s=60.0))
    assert list(schedule.assignments(100.0)) == [(0, 0)]
    assert list(schedule.overdue(131.9)) == []
    assert list(schedule.overdue(132.0)) == [(0, "no result after 32 s")]
    assert schedule.state(0) is State.ENDING and busy(schedule) == {0: 0}
    schedule.join(1, 132.0)
    assert not list(schedule.to_start(132.0)) and not list(schedule.assignments(132.0))
    assert not list(schedule.overdue(191.0))
    assert list(schedule.overdue(192.0)) == [(0, "")]               # nobody heard of it: take it for gone
    verdict = schedule.failed(0, SIMULATOR, "its process died", 192.0)
    assert (verdict.message, verdict.final) == ("no result after 32 s", False)
    assert busy(schedule) == {} and schedule.unfinished == 1


def test_an_attempt_that_is_done_while_its_worker_is_being_ended_counts() -> None:
    schedule = one_seat(1, Policy(limits=Limits(base_s=3.0, tick_s=0.0)))
    assert list(schedule.assignments(0.0)) == [(0, 0)]
    assert len(list(schedule.overdue(3.0))) == 1
    assert schedule.done(0, 3.1) == 0
    assert schedule.unfinished == 0 and schedule.state(0) is State.ENDING


def test_a_worker_that_finds_no_room_may_wait_but_a_simulator_must_start() -> None:
    schedule = Schedule(Workload.uniform(1), Policy(start_limit_s=200.0))
    schedule.join(0, 0.0)
    assert list(schedule.to_start(0.0)) == [0]
    assert list(schedule.overdue(1e6)) == []
    schedule.placed(0, 1e6)
    assert list(schedule.overdue(1e6 + 199)) == []
    assert list(schedule.overdue(1e6 + 200)) == [(0, "not ready after 1000200 s")]


def test_a_recycled_worker_is_followed_by_a_fresh_one_at_once() -> None:
    schedule = one_seat(2)
    ((seat, _),) = schedule.assignments(0.0)
    schedule.done(seat, 1.0, recycle=True)
    assert schedule.state(0) is State.ENDING and list(schedule.assignments(1.0)) == []
    schedule.gone(0, 2.0)
    assert ready(schedule, 2.0) == [0]
    assert list(schedule.assignments(2.0)) == [(0, 1)]


def test_at_the_end_of_a_run_a_straggler_is_tried_elsewhere_once() -> None:
    policy = Policy(limits=Limits(base_s=2000.0, straggler_floor_s=60.0, straggler_times=4.0, floor_s=1000.0))
    schedule = Schedule(Workload.uniform(8), policy)
    schedule.join(0, 0.0)
    schedule.join(1, 0.0)
    ready(schedule)
    now = 0.0
    assert dict(schedule.assignments(now)) == {0: 0, 1: 1}      # job 0 straggles
    for _ in range(6):
        now += 30.0
        schedule.done(1, now)
        assert list(schedule.overdue(now)) == []
        assert len(list(schedule.assignments(now))) == 1
    now += 30.0
    schedule.done(1, now)
    assert [seat for seat, _ in schedule.overdue(now)] == [0]
    schedule.failed(0, SIMULATOR, "killed", now)
    assert list(schedule.assignments(now)) == [(1, 0)]
    ready(schedule, now)
    assert list(schedule.overdue(now + 900.0)) == []            # the second attempt may take its time
    assert [seat for seat, _ in schedule.overdue(now + 1000.0)] == [1]


def test_limits_follow_what_was_measured_within_bounds() -> None:
    pace = Pace(Limits(base_s=300.0, tick_s=20.0, floor_s=180.0, times=10.0))
    assert pace.limit_s(0, 20) == 700.0 and pace.expected_s(0, 20) is None
    for _ in range(5):
        pace.note(0, 10, 30.0)
    assert pace.expected_s(0, 20) == 60.0 and pace.limit_s(0, 20) == 600.0
    assert pace.limit_s(0, 2) == 180.0                          # never below the floor
    assert pace.limit_s(1, 20) == 600.0                         # nothing is known of this kind: as the others
    for _ in range(5):
        pace.note(1, 1, 100.0)
    assert pace.limit_s(1, 20) == 700.0                         # never above the generous one


def test_a_seat_with_a_worker_cannot_leave() -> None:
    schedule = one_seat(1)
    with pytest.raises(ValueError, match="cannot leave, it is IDLE"):
        schedule.leave(0)


class Ledger:
    """Plays a fleet in which anything happens, and keeps its own books."""

    def __init__(self, lanes: list[int], seats: int, policy: Policy) -> None:
        numbers = array("I", lanes)
        self.schedule = Schedule(Workload(numbers, numbers, array("I", [3] * len(lanes)), [""] * 3), policy)
        self.policy, self.now_s = policy, 0.0
        self.doing: dict[int, int] = {}             # seat → job
        self.ended: Counter[int] = Counter()
        self.content: Counter[int] = Counter()
        self.lost: Counter[int] = Counter()
        for seat in range(seats):
            self.schedule.join(seat, 0.0)
        self.joined = seats

    def step(self, word: str, pick: int, passed_s: float) -> None:
        self.now_s += passed_s
        schedule, now_s = self.schedule, self.now_s
        for seat in schedule.to_start(now_s):
            schedule.placed(seat, now_s)
        for seat, job in schedule.assignments(now_s):
            assert job not in self.doing.values() and not self.ended[job] and seat not in self.doing
            self.doing[seat] = job
        for seat, why in schedule.overdue(now_s):
            assert schedule.state(seat) is State.ENDING
            if not why:
                self.lose(seat, SIMULATOR)
        state = State[{"ok": "BUSY", "content": "BUSY", "die": "BUSY", "recycle": "BUSY", "ready": "STARTING",
                       "broken": "STARTING", "killed": "ENDING", "late": "ENDING",
                       "leave": "RESTING", "join": "IDLE"}[word]]
        if word == "join":
            schedule.join(self.joined, now_s)
            self.joined += 1
            return
        seats = [seat for seat in range(self.joined) if self.there(seat) and schedule.state(seat) is state]
        if not seats or (word == "leave" and schedule.seats == 1):
            return
        seat = seats[pick % len(seats)]
        if word in ("ok", "recycle") or (word == "late" and seat in self.doing):
            job = schedule.done(seat, now_s, map_name="xyz"[pick % 3], recycle=word == "recycle")
            assert job == self.doing.pop(seat)
            self.ended[job] += 1
        elif word in ("content", "die"):
            self.lose(seat, CONTENT if word == "content" else SIMULATOR, worker_gone=word == "die")
        elif word == "ready":
            schedule.started(seat, now_s)
        elif word == "broken":
            schedule.failed(seat, SIMULATOR, "broken", now_s)
        elif word == "killed":
            if seat in self.doing:
                self.lose(seat, SIMULATOR)
            else:
                schedule.gone(seat, now_s)
        elif word == "leave":
            schedule.leave(seat)

    def there(self, seat: int) -> bool:
        try:
            self.schedule.state(seat)
        except KeyError:
            return False
        return True

    def lose(self, seat: int, cause: str, worker_gone: bool = True) -> None:
        verdict = self.schedule.failed(seat, cause, "lost", self.now_s, worker_gone)
        job = self.doing.pop(seat, None)
        assert verdict.job == job
        if job is None:
            return
        (self.content if cause == CONTENT else self.lost)[job] += 1
        final = self.content[job] == self.policy.content_tries or self.lost[job] > self.policy.free_retries
        assert verdict.final == final
        self.ended[job] += final

    def check(self) -> None:
        assert busy(self.schedule) == {job: seat for seat, job in self.doing.items()}
        unfinished = sorted(self.schedule.unfinished_jobs())
        assert len(unfinished) == self.schedule.unfinished
        assert sorted([*unfinished, *self.ended.elements()]) == list(range(len(self.schedule._work)))
        banned = sum(seat.banned for seat in self.schedule._seats.values())
        assert self.schedule.usable == self.schedule.seats - banned


WORDS = ["ok", "content", "die", "recycle", "ready", "broken", "killed", "late", "leave", "join"]


@settings(max_examples=150, deadline=None)
@given(
    lanes=st.lists(st.integers(0, 2), min_size=1, max_size=12), seats=st.integers(1, 3),
    happens=st.lists(st.tuples(st.sampled_from(WORDS), st.integers(0, 5), st.sampled_from([0.0, 1.0, 20.0, 400.0])),
                     max_size=120))
def test_whatever_happens_every_job_ends_once_and_is_never_done_twice_at_a_time(
    lanes: list[int], seats: int, happens: list[tuple[str, int, float]],
) -> None:
    fleet = Ledger(lanes, seats, Policy(content_tries=3, free_retries=2))
    for word, pick, passed_s in happens:
        fleet.step(word, pick, passed_s)
        fleet.check()
    for _ in range(500):                              # then all goes well, and the run must end
        for word in ("killed", "ready", "ok"):
            fleet.step(word, 0, 10.0)
        fleet.check()
        if not fleet.schedule.unfinished:
            break
    assert fleet.schedule.unfinished == 0
    assert all(times == 1 for times in fleet.ended.values()) and len(fleet.ended) == len(lanes)
