"""Which job goes to which seat, and what becomes of jobs and seats that fail. Knows neither Ray nor a clock.

A job is an episode's number, a seat a place for one worker with its simulator. Whoever drives the workers says what
happened (``started``, ``done``, ``failed``, …), always with the time, and asks what to do (``to_start``,
``assignments``, ``overdue``). What must hold, whatever happens:

* a job is done by one seat at a time, ends once, as done or as quarantined, and is never forgotten;
* a job whose seat is being ended waits until that seat's worker is gone;
* a job that fails by its own content has so many tries; one that loses its simulator or worker has free ones, up to
  a bound, so that a job which kills every simulator cannot kill them for ever;
* a seat that fails at one job after the other rests longer and longer and is then banned; one that fails only at the
  same job is not.
"""

from __future__ import annotations

import heapq
from array import array
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from enum import Enum

from simgen.fleet.pace import Limits, Pace
from simgen.fleet.waiting import Again, Waiting

CONTENT = "content"
REQUEST = "request"          # no simulator of this kind can ever do it
SIMULATOR = "simulator"      # and everything else that is no fault of the episode's


@dataclass(frozen=True, slots=True)
class Policy:
    """How patient a fleet is.

    content_tries: attempts of a job that fails by its content. free_retries: attempts more, that others have lost.
    back_off_s: how long a seat rests after its first, second, … failure in a row.
    strikes: so many failed starts in a row, or different jobs failed in a row, and a seat is banned, for ``ban_s``.
    start_limit_s: a simulator that is not ready by then never will be.
    end_limit_s: a worker that was told to end and is not heard of for so long is taken for gone.
    avoid_s: how long a job that failed waits for another seat than that.
    passes: so often in a row a seat may take a job of the map its simulator holds and pass over an older one.
    """

    content_tries: int = 3
    free_retries: int = 10
    back_off_s: tuple[float, ...] = (0.0, 5.0, 15.0, 45.0)
    strikes: int = 5
    ban_s: float = 900.0
    start_limit_s: float = 200.0
    end_limit_s: float = 60.0
    avoid_s: float = 10.0
    passes: int = 20
    limits: Limits = field(default_factory=Limits)


@dataclass(frozen=True, slots=True)
class Workload:
    """What the schedule has to know of each job, by its number: six or ten bytes of it.

    lanes: number of the map wish, jobs with the same are done on the same map. kinds: number of its scenario.
    ticks: its frames, and the steps before them. map_names: of each lane, where it is known; else "".
    """

    lanes: Sequence[int]
    kinds: Sequence[int]
    ticks: Sequence[int]
    map_names: Sequence[str]

    def __len__(self) -> int:
        return len(self.lanes)

    @classmethod
    def uniform(cls, jobs: int, ticks: int = 1) -> Workload:
        """Jobs that are all alike."""
        nothing = array("H", bytes(2 * jobs))
        return cls(nothing, nothing, array("I", [ticks]) * jobs, [""])


class State(Enum):
    """Of a seat."""

    RESTING = "no worker, and none before its time"
    STARTING = "a worker starts"
    IDLE = "its worker waits for a job"
    BUSY = "its worker does a job"
    ENDING = "its worker was told to end, with its job or without"


@dataclass(slots=True)
class _Seat:
    number: int
    state: State = State.RESTING
    job: int | None = None
    since_s: float = 0.0
    deadline_s: float = 0.0
    why: str = ""                    # its worker was told to end
    map_name: str = ""
    lane: int | None = None
    passed: int = 0                  # times in a row that it did not take the oldest job
    failed_starts: int = 0           # in a row
    losses: int = 0                  # in a row
    failed: set[int] = field(default_factory=set)        # different jobs in a row
    proven: bool = False             # it did a job once
    banned: bool = False
    leaving: bool = False


@dataclass(slots=True)
class _Tally:
    simulator: int = 0
    content: int = 0
    straggled: bool = False


@dataclass(frozen=True, slots=True)
class Verdict:
    """What becomes of an attempt that failed. job: None if a start failed. final: the job is quarantined.

    banned: the seat is.
    """

    job: int | None
    cause: str
    message: str
    final: bool = False
    banned: bool = False


class Schedule:
    """Jobs and seats."""

    def __init__(self, work: Workload, policy: Policy | None = None) -> None:
        self.policy = policy or Policy()
        self._work = work
        self._waiting = Waiting(work.lanes, range(len(work)))
        self._pace = Pace(self.policy.limits)
        self._map_of = list(work.map_names)
        self._holders: dict[int, int] = {}               # seats by the lane of their last job
        self._tallies: dict[int, _Tally] = {}
        self._seats: dict[int, _Seat] = {}
        self._busy: dict[int, _Seat] = {}                # by job
        self._idle: dict[int, _Seat] = {}
        self._resting: list[tuple[float, int]] = []      # heap: until when, seat; entries may be out of date
        self._deadlines: list[tuple[float, int]] = []    # likewise
        self._banned = self._starting = 0
        self.last_message = ""

    # What there is

    @property
    def unfinished(self) -> int:
        """Jobs that are neither done nor quarantined."""
        return len(self._waiting) + len(self._busy)

    def unfinished_jobs(self) -> Iterator[int]:
        """Them, one by one."""
        yield from self._busy
        yield from self._waiting

    @property
    def usable(self) -> int:
        """Seats that are not banned."""
        return len(self._seats) - self._banned

    @property
    def seats(self) -> int:
        return len(self._seats)

    def state(self, seat: int) -> State:
        return self._seats[seat].state

    def expected_left_s(self, seat: int, now_s: float) -> float | None:
        """How much longer a busy seat will usually take; None if nobody knows."""
        job, since_s = self._seats[seat].job, self._seats[seat].since_s
        if job is None:
            return None
        expected_s = self._pace.expected_s(self._work.kinds[job], self._work.ticks[job])
        return None if expected_s is None else max(0.0, expected_s - (now_s - since_s))

    # What to do

    def to_start(self, now_s: float) -> Iterator[int]:
        """Seats that shall get a worker now; each counts as starting. Not more than there are jobs for."""
        while self._resting and self._resting[0][0] <= now_s and len(self._waiting) > len(self._idle) + self._starting:
            _, number = heapq.heappop(self._resting)
            seat = self._seats.get(number)
            if seat is None or seat.state is not State.RESTING or seat.deadline_s > now_s:
                continue
            self._set(seat, State.STARTING, now_s, None)
            yield number

    def placed(self, seat: int, now_s: float) -> None:
        """The seat's worker has found room on some machine: from now on its start takes time."""
        if self._seats[seat].state is State.STARTING:
            self._deadline(self._seats[seat], now_s + self.policy.start_limit_s)

    def assignments(self, now_s: float) -> Iterator[tuple[int, int]]:
        """Idle seats, each with the job that it shall do now; they count as busy."""
        for number, seat in list(self._idle.items()) if self._waiting else ():
            job = self._choose(seat, now_s)
            if job is None:
                continue
            limit_s = self._pace.limit_s(self._work.kinds[job], self._work.ticks[job])
            self._set(seat, State.BUSY, now_s, job)
            self._deadline(seat, now_s + limit_s)
            yield number, job

    def overdue(self, now_s: float) -> Iterator[tuple[int, str]]:
        """Seats whose workers must be ended, with the reason; say ``failed`` or ``done`` once they are gone.

        A seat comes a second time, with the reason "", if its worker was not heard of since: take it for gone.
        """
        while self._deadlines and self._deadlines[0][0] <= now_s:
            _, number = heapq.heappop(self._deadlines)
            seat = self._seats.get(number)
            if seat is None or seat.state in (State.RESTING, State.IDLE) or seat.deadline_s > now_s:
                continue
            if seat.state is State.ENDING:
                yield number, ""
                continue
            what = "no result" if seat.state is State.BUSY else "not ready"
            yield number, self._end(seat, f"{what} after {now_s - seat.since_s:.0f} s", now_s)
        if not self._waiting and self._idle:
            yield from self._stragglers(now_s)

    def _stragglers(self, now_s: float) -> Iterator[tuple[int, str]]:
        """At the end of a run, one attempt for each idle seat that takes far longer than its like. Once a job."""
        room = len(self._idle) - sum(seat.state is State.ENDING for seat in self._busy.values())
        for job, seat in list(self._busy.items()):
            if room <= 0:
                return
            late_s = self._pace.straggler_s(self._work.kinds[job], self._work.ticks[job])
            tally = self._tallies.get(job, _Tally())
            if seat.state is not State.BUSY or late_s is None or now_s - seat.since_s < late_s or tally.straggled:
                continue
            self._tallies[job] = tally
            tally.straggled = True
            room -= 1
            yield seat.number, self._end(
                seat, f"not done after {now_s - seat.since_s:.0f} s, far longer than its like; tried elsewhere", now_s)

    # What happened

    def join(self, seat: int, now_s: float) -> None:
        """A seat is there."""
        if seat in self._seats:
            raise ValueError(f"seat {seat} is there already")
        self._seats[seat] = _Seat(seat, deadline_s=now_s)
        heapq.heappush(self._resting, (now_s, seat))

    def leave(self, seat: int) -> None:
        """A seat that has no worker is gone for good."""
        one = self._seats[seat]
        if one.state is not State.RESTING:
            raise ValueError(f"seat {seat} cannot leave, it is {one.state.name}")
        self._banned -= one.banned
        self._hold(one, None)
        del self._seats[seat]

    def started(self, seat: int, now_s: float) -> None:
        """The seat's worker and its simulator are ready."""
        one = self._seats[seat]
        one.failed_starts = 0
        self._set(one, State.IDLE, now_s, None)

    def done(self, seat: int, now_s: float, map_name: str = "", recycle: bool = False) -> int:
        """The seat's job is done; returns it. recycle: its worker is being ended in order, for a fresh simulator.

        map_name: what its simulator holds now.
        """
        one = self._seats[seat]
        job = self._given_up(one)
        self._tallies.pop(job, None)
        self._pace.note(self._work.kinds[job], self._work.ticks[job], now_s - one.since_s)
        one.losses, one.proven = 0, True
        one.failed.clear()
        lane = self._work.lanes[job]
        if map_name:
            self._map_of[lane] = map_name
            one.map_name = map_name
        if one.state is State.ENDING or recycle:
            self._end(one, one.why or "recycled", now_s)
        else:
            self._set(one, State.IDLE, now_s, None)
        return job

    def gone(self, seat: int, now_s: float) -> None:
        """The worker of a seat without a job is gone, in order: the seat may have a fresh one at once."""
        self._rest(self._seats[seat], now_s, now_s)

    def failed(
        self, seat: int, cause: str, message: str, now_s: float, worker_gone: bool = True
    ) -> Verdict:
        """The seat's start or job came to nothing. worker_gone: it has no worker any more."""
        one = self._seats[seat]
        if one.why and one.state is State.ENDING:
            message = one.why
        self.last_message = message
        if one.job is None:
            one.failed_starts += 1
            one.losses += 1
            return Verdict(None, cause, message, banned=self._lost(one, now_s))
        job = self._given_up(one)
        tally = self._tallies.setdefault(job, _Tally())
        if cause == CONTENT:
            tally.content += 1
        elif cause != REQUEST:
            tally.simulator += 1
        if cause == SIMULATOR:
            one.losses += 1
            one.failed.add(job)
        final = (cause == REQUEST or tally.content >= self.policy.content_tries
                 or tally.simulator > self.policy.free_retries)
        if final:
            del self._tallies[job]
        else:
            self._waiting.put_again(Again(job, seat, now_s + self.policy.avoid_s))
        banned = False
        if worker_gone:
            banned = self._lost(one, now_s)
        else:
            self._set(one, State.IDLE, now_s, None)
        return Verdict(job, cause, message, final, banned)

    # Inner workings

    def _choose(self, seat: _Seat, now_s: float) -> int | None:
        again = self._waiting.take_again(seat.number, now_s, alone=self.usable <= 1)
        if again is not None:
            return again
        oldest = self._waiting.oldest_lane()
        if oldest is None:
            return None
        lane = oldest if seat.passed >= self.policy.passes else self._preferred(seat, oldest)
        seat.passed = 0 if lane == oldest else seat.passed + 1
        self._hold(seat, lane)
        return self._waiting.take(lane)

    def _preferred(self, seat: _Seat, oldest: int) -> int:
        """A lane of the map that its simulator holds, else one that fewest seats are at; the oldest of equals."""
        held = [lane for lane in self._waiting.lanes if self._holds(seat, lane)]
        if held:
            return min(held, key=lambda lane: (lane != seat.lane, self._waiting.head(lane)))
        return min(self._waiting.lanes, key=lambda lane: (self._holders.get(lane, 0), self._waiting.head(lane)),
                   default=oldest)

    def _holds(self, seat: _Seat, lane: int) -> bool:
        return lane == seat.lane or (seat.map_name != "" and self._map_of[lane] == seat.map_name)

    def _hold(self, seat: _Seat, lane: int | None) -> None:
        """The seat is at this lane now, and no longer at the one before."""
        if seat.lane == lane:
            return
        if seat.lane is not None:
            self._holders[seat.lane] -= 1
        if lane is not None:
            self._holders[lane] = self._holders.get(lane, 0) + 1
        seat.lane = lane

    def _given_up(self, seat: _Seat) -> int:
        """The job that the seat no longer does."""
        if seat.job is None:
            raise ValueError(f"seat {seat.number} has no job, it is {seat.state.name}")
        job, seat.job = seat.job, None
        del self._busy[job]
        return job

    def _lost(self, seat: _Seat, now_s: float) -> bool:
        """The seat has lost its worker; returns whether it is banned for that."""
        policy = self.policy
        guilt = seat.failed_starts + len(seat.failed)
        bad = guilt >= policy.strikes or (not seat.proven and seat.losses >= policy.strikes)
        if bad:
            # One more failure after its time will do.
            seat.failed_starts, seat.losses = policy.strikes - 1, policy.strikes - 1
            seat.failed.clear()
            rest_s = policy.ban_s
        else:
            rest_s = policy.back_off_s[min(max(guilt, 1), len(policy.back_off_s)) - 1]
        self._rest(seat, now_s, now_s + rest_s)
        self._ban(seat, bad)
        return bad

    def _ban(self, seat: _Seat, banned: bool) -> None:
        self._banned += banned - seat.banned
        seat.banned = banned

    def _rest(self, seat: _Seat, now_s: float, until_s: float) -> None:
        self._set(seat, State.RESTING, now_s, None)
        seat.map_name, seat.passed = "", 0
        self._hold(seat, None)
        seat.deadline_s = until_s
        heapq.heappush(self._resting, (until_s, seat.number))

    def _end(self, seat: _Seat, why: str, now_s: float) -> str:
        job = seat.job
        since_s = seat.since_s
        self._set(seat, State.ENDING, since_s, job)
        seat.why = why
        self._deadline(seat, now_s + self.policy.end_limit_s)
        return why

    def _deadline(self, seat: _Seat, at_s: float) -> None:
        seat.deadline_s = at_s
        heapq.heappush(self._deadlines, (at_s, seat.number))

    def _set(self, seat: _Seat, state: State, since_s: float, job: int | None) -> None:
        self._starting += (state is State.STARTING) - (seat.state is State.STARTING)
        if seat.state is State.RESTING:
            self._ban(seat, False)
        if state is State.IDLE:
            self._idle[seat.number] = seat
        else:
            self._idle.pop(seat.number, None)
        if job is not None:
            self._busy[job] = seat
        seat.state, seat.since_s, seat.job, seat.why, seat.deadline_s = state, since_s, job, "", float("inf")
