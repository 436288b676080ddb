"""Jobs that wait for a simulator, by the map they need. Four bytes a job, whatever their number.

Jobs are numbers. A lane holds those that need one map, in order; a job that has to be done again comes before all.
"""

from __future__ import annotations

from array import array
from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

LOOKED_THROUGH = 16          # jobs to be done again that are looked at for a seat which did not fail at them


@dataclass(slots=True)
class _Lane:
    """Jobs in order; those before ``at`` are taken."""

    jobs: array[int]
    at: int = 0

    @property
    def head(self) -> int:
        return self.jobs[self.at]

    def __len__(self) -> int:
        return len(self.jobs) - self.at


@dataclass(frozen=True, slots=True)
class Again:
    """A job to be done again: not on ``seat``, where it failed, unless it has waited until ``until_s``."""

    job: int
    seat: int
    until_s: float


class Waiting:
    """Jobs that nobody does at the moment.

    lane_of: each job's lane. todo: the jobs, ascending.
    """

    def __init__(self, lane_of: Sequence[int], todo: Iterable[int]) -> None:
        self._lanes: dict[int, _Lane] = {}
        for job in todo:
            lane = self._lanes.get(lane_of[job])
            if lane is None:
                lane = self._lanes[lane_of[job]] = _Lane(array("I"))
            lane.jobs.append(job)
        self._left = sum(len(lane) for lane in self._lanes.values())
        self._again: deque[Again] = deque()

    def __len__(self) -> int:
        return self._left + len(self._again)

    def __iter__(self) -> Iterator[int]:
        yield from (one.job for one in self._again)
        for lane in self._lanes.values():
            yield from (lane.jobs[number] for number in range(lane.at, len(lane.jobs)))

    @property
    def lanes(self) -> Iterable[int]:
        """Lanes that have jobs left."""
        return self._lanes.keys()

    def head(self, lane: int) -> int:
        """The first job of a lane that has one."""
        return self._lanes[lane].head

    def put_again(self, again: Again) -> None:
        self._again.append(again)

    def take_again(self, seat: int, now_s: float, alone: bool) -> int | None:
        """A job to be done again that this seat may do, or None. alone: there is no other seat to wait for."""
        for place, one in enumerate(self._again):
            if place == LOOKED_THROUGH:
                return None
            if alone or one.seat != seat or now_s >= one.until_s:
                del self._again[place]
                return one.job
        return None

    def oldest_lane(self) -> int | None:
        """The lane whose first job comes first, or None if all are empty."""
        return min(self._lanes, key=self.head, default=None)

    def take(self, lane: int) -> int:
        """The first job of a lane."""
        jobs = self._lanes[lane]
        job = jobs.head
        jobs.at += 1
        self._left -= 1
        if not len(jobs):
            del self._lanes[lane]
        return job
