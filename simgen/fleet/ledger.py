"""What a run keeps of each planned episode: some sixty bytes. The plan itself is made anew where it is needed.

A dataset may have a million episodes. One pass over their plans gives what must be known of all at once: digests, frame
numbers, image sets, how much work there is.
"""

from __future__ import annotations

import json
from array import array
from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict
from typing import Any, TypeVar, overload

from simgen.fleet.jobs import Job, WorkloadBuilder
from simgen.fleet.schedule import Workload
from simgen.kitti.manifest import EpisodeEntry
from simgen.kitti.splits import TEST, TRAIN, VAL, set_of
from simgen.scenario.plan import EpisodePlan

T = TypeVar("T")
_SETS = (TRAIN, VAL, TEST)
_DIGEST_BYTES = 32


class Ledger:
    """The episodes of a request, in the order of their plans.

    rigs: of each rig that is used, as plans name it, its name.
    """

    def __init__(self, plans: Sequence[EpisodePlan]) -> None:
        self._plans = plans
        self._first, self._index, self._sets = array("Q", [0]), array("I"), bytearray()
        self._digests, self._twins = bytearray(), bytearray()
        self._starts: list[int] = []                     # of each scenario, its first episode's number; and their end
        self._scenarios: list[str] = []
        self.rigs: dict[str, str] = {}
        work = WorkloadBuilder()
        for number, plan in enumerate(plans):
            if not self._scenarios or self._scenarios[-1] != plan.scenario:
                self._scenarios.append(plan.scenario)
                self._starts.append(number)
            self._first.append(self._first[-1] + plan.capture.frames)
            self._index.append(plan.index)
            self._twins.append(plan.twin)
            self._sets.append(_SETS.index(set_of(plan.scenario, plan.index, asdict(plan.output.split))))
            self._digests += bytes.fromhex(plan.digest())
            self.rigs.setdefault(plan.ego.rig, plan.ego.rig_name)
            work.add(plan)
        self._starts.append(len(self))
        self._work = work.workload
        self._place = {name: place for place, name in enumerate(self._scenarios)}

    def __len__(self) -> int:
        return len(self._index)

    @property
    def frames(self) -> int:
        """Of all episodes together."""
        return self._first[-1]

    def first_frame(self, number: int) -> int:
        return self._first[number]

    def frames_of(self, number: int) -> int:
        """Of one episode, as planned."""
        return self._first[number + 1] - self._first[number]

    def name(self, number: int) -> str:
        return f"{self._scenarios[self._scenario(number)]}-{self._index[number]:04d}" + (
            "-twin" if self._twins[number] else "")

    def names(self) -> Iterator[str]:
        return map(self.name, range(len(self)))

    def number(self, name: str) -> int | None:
        """The place of an episode, or None if there is none of this name."""
        base = name.removesuffix("-twin")
        scenario, _, index = base.rpartition("-")
        place = self._place.get(scenario)
        if place is None or not index.isdigit():
            return None
        wanted = (int(index), base != name)
        begin, end = self._starts[place], self._starts[place + 1]
        number = bisect_left(range(len(self)), wanted, begin, end,
                             key=lambda one: (self._index[one], bool(self._twins[one])))
        return number if number < end and self.name(number) == name else None

    def _scenario(self, number: int) -> int:
        return bisect_right(self._starts, number) - 1

    def digest(self, number: int) -> str:
        return self._digests[number * _DIGEST_BYTES : (number + 1) * _DIGEST_BYTES].hex()

    def image_set(self, number: int) -> str:
        return _SETS[self._sets[number]]

    @property
    def digests(self) -> Mapping[str, str]:
        """Episode → its plan's digest."""
        return self.digests_of(range(len(self)))

    def digests_of(self, numbers: Sequence[int]) -> Mapping[str, str]:
        """Likewise of some episodes."""
        return _ByName(self, self.digest, numbers)

    @property
    def sets(self) -> Mapping[str, str]:
        """Episode → the image set that it belongs to."""
        return _ByName(self, self.image_set, range(len(self)))

    @property
    def entries(self) -> Sequence[EpisodeEntry]:
        """For the dataset's request."""
        return _Entries(self)

    def plan(self, number: int) -> EpisodePlan:
        return self._plans[number]

    def plan_json(self, name: str) -> dict[str, Any] | None:
        """An episode's plan as its record has it, or None of one that is not planned."""
        number = self.number(name)
        return None if number is None else json.loads(json.dumps(self.plan(number).to_json()))

    def work(self, todo: Sequence[int]) -> Workload:
        """What the schedule has to know of some episodes."""
        every = self._work
        lanes, kinds, ticks = (array("I", [column[number] for number in todo])
                               for column in (every.lanes, every.kinds, every.ticks))
        return Workload(lanes, kinds, ticks, every.map_names)


class Jobs(Sequence[Job]):
    """Some episodes of a ledger as jobs, each made when it is asked for. xodr_text: the OpenDRIVE text of a plan."""

    def __init__(
        self, ledger: Ledger, todo: Iterable[int], xodr_text: Callable[[EpisodePlan], str | None]
    ) -> None:
        self._ledger, self._todo, self._xodr_text = ledger, array("I", todo), xodr_text

    def __len__(self) -> int:
        return len(self._todo)

    @overload
    def __getitem__(self, index: int) -> Job: ...

    @overload
    def __getitem__(self, index: slice) -> list[Job]: ...

    def __getitem__(self, index: int | slice) -> Job | list[Job]:
        if isinstance(index, slice):
            return [self[number] for number in range(*index.indices(len(self)))]
        number = self._todo[index]
        plan = self._ledger.plan(number)
        return Job(plan, self._ledger.first_frame(number), self._xodr_text(plan))

    @property
    def work(self) -> Workload:
        return self._ledger.work(self._todo)


class _ByName(Mapping[str, T]):
    """Something of some episodes, ascending, by their names."""

    def __init__(self, ledger: Ledger, of: Callable[[int], T], numbers: Sequence[int]) -> None:
        self._ledger, self._of, self._numbers = ledger, of, numbers

    def __getitem__(self, name: str) -> T:
        number = self._ledger.number(name)
        place = len(self) if number is None else bisect_left(self._numbers, number)
        if number is None or place == len(self) or self._numbers[place] != number:
            raise KeyError(name)
        return self._of(number)

    def __iter__(self) -> Iterator[str]:
        return map(self._ledger.name, self._numbers)

    def __len__(self) -> int:
        return len(self._numbers)


class _Entries(Sequence[EpisodeEntry]):
    """Names and digests of all episodes. Equal to any sequence of the same, slices are tuples."""

    def __init__(self, ledger: Ledger) -> None:
        self._ledger = ledger

    def __len__(self) -> int:
        return len(self._ledger)

    @overload
    def __getitem__(self, index: int) -> EpisodeEntry: ...

    @overload
    def __getitem__(self, index: slice) -> tuple[EpisodeEntry, ...]: ...

    def __getitem__(self, index: int | slice) -> EpisodeEntry | tuple[EpisodeEntry, ...]:
        numbers = range(len(self))[index]
        if isinstance(numbers, int):
            return EpisodeEntry(self._ledger.name(numbers), self._ledger.digest(numbers))
        return tuple(self[number] for number in numbers)

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Sequence):
            return NotImplemented
        return len(self) == len(other) and all(a == b for a, b in zip(self, other, strict=True))

    __hash__ = None  # type: ignore[assignment]
