"""Which episodes of several datasets make one, and which numbers their frames get: pure.

A dataset keeps its frame numbers unless another one before it has them; then all of them move by one shift, so that
order and gaps stay as they are.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from simgen.errors import RequestError
from simgen.kitti.layout import frame_id
from simgen.kitti.manifest import DatasetRequest, EpisodeEntry, MergedSource, RigSource, ScenarioSource
from simgen.store.recorded import Recorded

MOST_NAMED = 3


@dataclass(frozen=True, slots=True)
class Part:
    """A dataset to be merged. where: as the user names it. name: see ``names_of``. records: in plan order."""

    where: str
    name: str
    request: DatasetRequest
    records: Mapping[str, Recorded]


@dataclass(frozen=True, slots=True)
class Taken:
    """An episode that goes into the merged dataset. part: the number of its dataset. ids: of its frames there."""

    part: int
    record: Recorded
    shift: int

    @property
    def ids(self) -> tuple[str, ...]:
        return tuple(moved(identity, self.shift) for identity in self.record.frames)


@dataclass(frozen=True, slots=True)
class Merged:
    """What a merge comes to. duplicates: episodes that several parts have, and that are taken once."""

    request: DatasetRequest
    episodes: tuple[Taken, ...]
    duplicates: int
    notes: tuple[str, ...]


def moved(identity: str, shift: int) -> str:
    return frame_id(int(identity) + shift)


def names_of(places: Sequence[Sequence[str]]) -> list[str]:
    """What a merged dataset calls its sources: the shortest tails of their paths that tell them apart, as file names.

    places: the parts of each path. ``monday/run1`` and ``tuesday/run1`` are ``monday-run1`` and ``tuesday-run1``; a
    source whose last name no other has is called by that alone. Two names are the same only where nothing tells them
    apart.
    """
    lengths = [1] * len(places)
    while True:
        names = ["-".join(place[-length:]) for place, length in zip(places, lengths, strict=True)]
        longer = [min(length + (names.count(name) > 1), len(place))
                  for place, length, name in zip(places, lengths, names, strict=True)]
        if longer == lengths:
            return names
        lengths = longer


def merge_plan(parts: Sequence[Part], before: DatasetRequest | None = None) -> Merged:
    """What the parts are as one dataset.

    before: what an earlier merge of some of them came to; their frames keep the numbers they got.

    Raises:
        RequestError: if two parts have different episodes of one name, or numbers cannot be kept.
    """
    kept, duplicates = _kept(parts)
    shifts = _shifts(parts, kept, {} if before is None else {one.name: one.shift for one in before.merged})
    episodes = tuple(Taken(number, record, shifts[number]) for number, records in enumerate(kept) for record in records)
    return Merged(_request(parts, shifts), episodes, duplicates, tuple(_notes(parts)))


def _kept(parts: Sequence[Part]) -> tuple[list[list[Recorded]], int]:
    """Of each part the episodes that none before it has; and how many others there are."""
    owner: dict[str, tuple[Part, Recorded]] = {}
    kept: list[list[Recorded]] = []
    duplicates, conflicts = 0, list[str]()
    for part in parts:
        kept.append([])
        for name, record in part.records.items():
            if name not in owner:
                owner[name] = part, record
                kept[-1].append(record)
                continue
            other, first = owner[name]
            if first.plan_digest != record.plan_digest:
                conflicts.append(f"{name} was recorded by different plans in {other.where} and {part.where}")
            elif first.simulator != record.simulator:
                conflicts.append(f"{name} was recorded by {first.simulator} in {other.where} and by "
                                 f"{record.simulator} in {part.where}")
            else:
                duplicates += 1
    if conflicts:
        more = f" ({len(conflicts) - MOST_NAMED} more like it)" if len(conflicts) > MOST_NAMED else ""
        raise RequestError("; ".join(conflicts[:MOST_NAMED]) + f"{more}: one dataset cannot hold both; leave one of "
                           "the two out, or record one of them again under another scenario name")
    return kept, duplicates


def _shifts(parts: Sequence[Part], kept: Sequence[Sequence[Recorded]], known: Mapping[str, int]) -> list[int]:
    taken: list[tuple[int, int]] = []           # first and last number of each episode, sorted
    shifts: dict[int, int] = {}
    # Those that were merged before keep their numbers; the others give way.
    for number in sorted(range(len(parts)), key=lambda one: (parts[one].name not in known, one)):
        spans = [(int(record.frames[0]), int(record.frames[-1])) for record in kept[number] if record.frames]
        shift = known.get(parts[number].name, 0)
        if _overlap(spans, shift, taken):
            if parts[number].name in known:
                raise RequestError(f"{parts[number].where}: grew into frame numbers that others have in the merged "
                                   "dataset: merge into a new folder")
            shift = taken[-1][1] + 1 - min(spans)[0]
        shifts[number] = shift
        taken = sorted([*taken, *((first + shift, last + shift) for first, last in spans)])
    return [shifts[number] for number in range(len(parts))]


def _overlap(spans: Sequence[tuple[int, int]], shift: int, taken: Sequence[tuple[int, int]]) -> bool:
    for first, last in spans:
        place = bisect_left(taken, (first + shift + 1,))        # the first that begins behind
        if place and taken[place - 1][1] >= first + shift:
            return True
        if place < len(taken) and taken[place][0] <= last + shift:
            return True
    return False


def _request(parts: Sequence[Part], shifts: Sequence[int]) -> DatasetRequest:
    if len(parts) == 1:
        return parts[0].request                 # a copy: it can be continued as the dataset itself
    scenarios: dict[ScenarioSource, None] = {}
    rigs: dict[RigSource, None] = {}
    entries: dict[str, EpisodeEntry] = {}
    for part in parts:                          # a recorded plan goes before one of the same name that is not
        for entry in part.request.episodes:
            if entry.name not in entries or entry.name in part.records:
                entries[entry.name] = entry
        scenarios |= dict.fromkeys(part.request.scenarios)
        rigs |= dict.fromkeys(part.request.rigs)
    first = parts[0].request

    def common(values: Sequence[str | None]) -> str | None:
        return values[0] if len({*values}) == 1 else None

    return DatasetRequest(
        seed=first.seed, scenarios=tuple(scenarios), rigs=tuple(rigs), episodes=tuple(entries.values()),
        format_version=first.format_version,
        quality=common([part.request.quality for part in parts]),
        assets=common([part.request.assets for part in parts]),
        device=common([part.request.device for part in parts]),
        merged=tuple(
            MergedSource(part.name, part.request.seed, shift,
                         tuple(sorted({record.simulator for record in part.records.values()})),
                         part.request.quality, part.request.assets, part.request.device)
            for part, shift in zip(parts, shifts, strict=True)),
    )


def _notes(parts: Sequence[Part]) -> list[str]:
    """What whoever merges these may not know."""
    notes = [f"{part.where}: {lack}" for part in parts if (lack := part.request.lacks(len(part.records))) is not None]
    seeds = {part.request.seed for part in parts}
    if len(seeds) > 1:
        notes.append("they have different seeds: " + ", ".join(f"{part.where} {part.request.seed}" for part in parts))
    simulators = sorted({record.simulator for part in parts for record in part.records.values()})
    if len(simulators) > 1:
        notes.append(f"their episodes come from different simulators: {', '.join(simulators)}")
    for what in ("quality", "device", "assets"):
        told = {getattr(part.request, what) for part in parts}
        if len(told) > 1:
            notes.append(f"they were made with different --{what}")
    files: dict[str, set[str]] = {}
    for part in parts:
        for name, sha256 in [*((one.name, one.sha256) for one in part.request.scenarios),
                             *((one.name, one.sha256) for one in part.request.rigs)]:
            files.setdefault(name, set()).add(sha256)
    notes += [f"the file of {name} is not the same in all of them" for name, found in sorted(files.items())
              if len(found) > 1]
    rigs = {source.name for part in parts for source in part.request.rigs}
    if len(rigs) > 1:
        notes.append(f"they have different rigs: {', '.join(sorted(rigs))}; readers that take one camera for all "
                     "frames need a dataset for each")
    return notes
