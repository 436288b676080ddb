"""What a driver hands out, and what it tells of: jobs and events."""

from __future__ import annotations

from array import array
from collections.abc import Sequence
from dataclasses import asdict, dataclass

from simgen.fleet.schedule import Workload
from simgen.fleet.slot import Slot
from simgen.fleet.worker import Outcome
from simgen.kitti.splits import TEST, set_of
from simgen.scenario.plan import CapturePlan, EpisodePlan, RoadWish


@dataclass(frozen=True, slots=True)
class Job:
    """One episode to record: its plan, the number of its first frame, and its OpenDRIVE text if it brings one."""

    plan: EpisodePlan
    first_frame: int
    xodr_text: str | None = None

    @property
    def testing(self) -> bool:
        """Does the episode belong to the test set, whose files have folders of their own?"""
        return set_of(self.plan.scenario, self.plan.index, asdict(self.plan.output.split)) == TEST


@dataclass(frozen=True, slots=True)
class Event:
    """Something to tell the person who waits.

    kind: "start" (a worker took an episode), "done", "retry", "failed" (for good), "recycled" (a simulator is replaced
    by a fresh one), "joined" and "left" (a slot), "poll" (nothing new, look at the clock). A "retry" without a job is
    that of a simulator's start. host: name of the slot's machine, where it is known.
    """

    kind: str
    job: Job | None = None
    outcome: Outcome | None = None
    slot: Slot | None = None
    host: str = ""


def ticks_of(capture: CapturePlan) -> int:
    """Steps of an episode: its frames, and those of its warm-up."""
    return capture.frames + round(capture.warmup_s * capture.rate_hz)


class WorkloadBuilder:
    """Collects what the schedule has to know of jobs, plan by plan."""

    def __init__(self) -> None:
        self._lanes, self._kinds, self._ticks = array("I"), array("I"), array("I")
        self._lane_of: dict[tuple[str | None, ...], int] = {}
        self._kind_of: dict[str, int] = {}
        self._map_names: list[str] = []

    def add(self, plan: EpisodePlan) -> None:
        self._lanes.append(self._lane(plan.road))
        self._kinds.append(self._kind_of.setdefault(plan.scenario, len(self._kind_of)))
        self._ticks.append(ticks_of(plan.capture))

    def _lane(self, road: RoadWish) -> int:
        wish = (road.name, road.xodr, road.kind)
        if wish not in self._lane_of:
            self._map_names.append(road.name or "")
        return self._lane_of.setdefault(wish, len(self._lane_of))

    @property
    def workload(self) -> Workload:
        return Workload(self._lanes, self._kinds, self._ticks, self._map_names)


def workload_of(jobs: Sequence[Job]) -> Workload:
    """What the schedule has to know of jobs that are all at hand."""
    builder = WorkloadBuilder()
    for job in jobs:
        builder.add(job.plan)
    return builder.workload
