"""One request, from scenarios to a finished dataset: what is there already, what is missing, who records it.

A dataset is never half an episode: an episode counts when its record exists, and everything else in the folder is
derived from records.
"""

from __future__ import annotations

import hashlib
import logging
import signal
import sys
import threading
import time
from array import array
from collections.abc import Callable, Collection, Container, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from pathlib import Path
from types import FrameType

from sensors.rig import rig_file
from simgen.errors import DatasetError, Interrupted, RequestError, StoreError
from simgen.fleet.device import AUTO, settled_device
from simgen.fleet.driver import record_all
from simgen.fleet.failure_log import note_vanished, release_all
from simgen.fleet.guests import leave_as_found
from simgen.fleet.invocation import Invocation, write_invocation
from simgen.fleet.jobs import Event
from simgen.fleet.ledger import Jobs, Ledger
from simgen.fleet.profiling import ProfileSum, ProfilingWorker, write_profile
from simgen.fleet.ray_cluster import cluster_address, machines, ray_session, require_cluster
from simgen.fleet.room import Need, carla_need
from simgen.fleet.slot import CPU, Slot
from simgen.fleet.slots import GpuWish, require_reachable, slots_for
from simgen.fleet.watch.progress import progress
from simgen.fleet.worker import EpisodeWorker, Outcome
from simgen.kitti.manifest import DatasetRequest, RigSource, ScenarioSource
from simgen.kitti.splits import image_sets
from simgen.scenario import Scenario, make_plans
from simgen.scenario.plan import EpisodePlan
from simgen.stopwatch import Profile
from simgen.store import Output, Recorded, Store
from simgen.store.recorded import require_one_kind
from simgen.wording import counted, human_time

log = logging.getLogger(__name__)

FAILED_SHOWN = 20            # episodes that a summary names
SIX_DIGITS = 1_000_000       # frames that have ids of six digits
LONG_PLANNING, PLANNING_S = 100_000, 0.0005      # episodes worth a note; a plan's time with its digest


@dataclass(frozen=True, slots=True)
class Summary:
    """What a run ends with. out: the dataset's folder or URL. logs: folder of its logs. is_local: it is a
    folder, which can be shown unless its episodes are tars (shards)."""

    out: str
    episodes: int
    frames: int
    labels: int
    recorded_now: int
    seconds: float
    failed: tuple[Outcome, ...]
    example_frame: str | None
    simulators: tuple[str, ...]
    logs: Path
    is_local: bool = True
    shards: bool = False
    profile: Profile | None = None

    def lines(self) -> Iterator[str]:
        """The words for the person who waited; the last line says what to do next."""
        yield (
            f"{self.out}: {counted(self.episodes, 'episode')}, {counted(self.frames, 'frame')}, "
            f"{counted(self.labels, 'label')}"
            + ("" if self.failed else " (all recorded before; nothing was left to do)" if not self.recorded_now
               else f" ({counted(self.recorded_now, 'episode')} recorded in {human_time(self.seconds)})")
        )
        if len(self.simulators) > 1:
            yield f"  note: its episodes come from different simulators: {', '.join(self.simulators)}"
        if self.failed:
            for outcome in self.failed[:FAILED_SHOWN]:
                yield f"  failed: {outcome.episode}: {outcome.message}"
            if len(self.failed) > FAILED_SHOWN:
                yield f"  … and {len(self.failed) - FAILED_SHOWN} more: simgen status tells of them"
            yield f"  what is known of each: {self.logs}/failures"
            again = f", or: simgen retry {self.out}" if self.is_local else ""
            yield f"Run the same command again to try just {_these(len(self.failed))}{again}    Logs: {self.logs}"
        elif not self.is_local:
            yield f"Get it: simgen merge {self.out} --out DIR    Then: simgen show DIR {self.example_frame or 'FRAME'}"
        elif self.shards:
            yield f"Check: simgen verify {self.out}    Loose files to look at: simgen merge {self.out} --out LOOSE"
        elif self.example_frame is not None:
            yield f"Look: simgen show {self.out} {self.example_frame}    Check: simgen verify {self.out}"


def _these(failed: int) -> str:
    return "this one" if failed == 1 else f"these {failed}"


class Asked(threading.Event):
    """That somebody asked to stop, and how often."""

    times = 0

    def ask(self) -> None:
        self.times += 1
        self.set()

    def count(self) -> int:
        return self.times


@contextmanager
def signals_noted() -> Iterator[Asked]:
    """What SIGINT and SIGTERM ask for while the block lasts.

    They must not raise: Ray waits in compiled code, which turns an exception from a signal handler into a SystemError.
    The run looks at it and ends in order, within half a minute; asked twice, at once.
    """
    asked = Asked()

    def note(_number: int, _frame: FrameType | None) -> None:
        asked.ask()

    before = {number: signal.signal(number, note) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield asked
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def request_of(scenarios: Sequence[Scenario], ledger: Ledger, seed: int, slots: Sequence[Slot]) -> DatasetRequest:
    """What decides the dataset's content, for ``dataset.json``."""
    rigs = {(name, _sha256(rig_file(rig))) for rig, name in ledger.rigs.items()}
    return DatasetRequest(
        seed=seed,
        scenarios=tuple(ScenarioSource(one.name, _sha256(*one.files)) for one in scenarios),
        episodes=ledger.entries,
        rigs=tuple(RigSource(name, sha256) for name, sha256 in sorted(rigs)),
        quality=next((slot.quality for slot in slots if slot.built_in), None),
        assets=next((_models_sha256(slot.assets) for slot in slots if slot.assets is not None), None),
        device=next((slot.device for slot in slots if slot.built_in), None),
    )


def _models_sha256(folder: Path) -> str:
    """Of a folder's models: their names and bytes."""
    digest = hashlib.sha256()
    for path in sorted(folder.glob("*.glb")):
        digest.update(f"{path.name} {_sha256(path)}\n".encode())
    return digest.hexdigest()


def _sha256(*paths: Path) -> str:
    """Of the files' bytes, one after the other: a scenario's own, and those that it extends and includes."""
    digest = hashlib.sha256()
    for path in paths:
        digest.update(path.read_bytes())
    return digest.hexdigest()


def xodr_texts(scenarios: Sequence[Scenario]) -> Callable[[EpisodePlan], str | None]:
    """The OpenDRIVE document of a plan that brings one."""
    files = {one.name: one.opendrive for one in scenarios}

    def text_of(plan: EpisodePlan) -> str | None:
        return None if plan.road.xodr is None else files[plan.scenario][plan.road.xodr].path.read_text(encoding="utf-8")

    return text_of


def missing(ledger: Ledger, recorded: Container[str], only: Collection[str]) -> array[int]:
    """Episodes that are not recorded; of those named in ``only``, if any are. Raises RequestError of unknown names."""
    unknown = sorted(name for name in only if ledger.number(name) is None)
    if unknown:
        raise RequestError(f"{unknown[0]}: no episode of this dataset; they are {ledger.name(0)} to "
                           f"{ledger.name(len(ledger) - 1)}")
    numbers = range(len(ledger)) if not only else sorted(n for n in map(ledger.number, only) if n is not None)
    return array("I", (number for number in numbers if ledger.name(number) not in recorded))


def example_frame(records: Mapping[str, Recorded]) -> str | None:
    """A frame worth a look: in the middle of the first episode that has labels."""
    for record in records.values():
        if record.labelled_frames:
            return record.labelled_frames[len(record.labelled_frames) // 2]
    return None


def _settled(asked: str | None, store: Store) -> str:
    """The device for a dataset's built-in simulators. A dataset that was begun on a processor goes on there."""
    if asked is None and store.episodes():
        with suppress(DatasetError):            # told when the place is claimed
            present = store.request()
            if present is not None and present.made_on == CPU:
                return CPU
    device, why = settled_device(asked or AUTO)
    if why is not None:
        log.warning("pictures and sweeps are made on the CPU: %s", why)
    return device


def run_request(
    scenarios: Sequence[Scenario], out: Output, episodes: int | None, seed: int, workers: int | None,
    simulators: Sequence[str], quality: str | None = None, assets: Path | None = None, device: str | None = None,
    only: Collection[str] = (), invocation: Invocation | None = None, profile: bool = False,
    wish: GpuWish | None = None,
) -> Summary:
    """Record what is missing of the dataset that the arguments describe. A dataset of fewer episodes grows.

    quality: of the built-in simulator's pictures; None for its standard. assets: a folder of models for it.
    device: what it works on, "auto", "cpu" or "cuda"; None for that of the dataset that is there, or "auto".
    only: names of episodes; if there are any, others are left for later. invocation: kept among the logs.
    profile: time every stage of every frame; the summary says where the time went, as does a file among the logs.
    wish: on which GPUs CARLA servers are started.

    Raises RequestError if it cannot be done as asked, SimulatorError if there is no simulator.
    """
    plans = make_plans(scenarios, episodes, seed)
    note_long_planning(len(plans))
    ledger = Ledger(plans)
    slots = slots_for(simulators, workers, quality, None if assets is None else assets.resolve(), device, wish)
    out.require_scratch()
    store = out.open()
    store.refuse_foreign()
    if any(slot.built_in for slot in slots):
        settled = _settled(device, store)
        slots = [replace(slot, device=settled) for slot in slots]
    request = request_of(scenarios, ledger, seed, slots)
    require_reachable(slots)
    require_cluster()
    with store.sole_writer() as taken_over:
        try:
            store.claim(request, ledger.plan_json)
        except DatasetError as error:
            raise RequestError(f"{error}; restore that file, or choose another folder") from None
        records = store.whole_records(ledger.digests)
        require_one_kind(records, out.shards, store.where)
        store.sweep(records)
        root = store.beside.resolve()
        todo = missing(ledger, records, only)
        if invocation is not None:
            write_invocation(root / "logs", invocation)
        began = time.monotonic()
        failed: list[Outcome] = []
        spent = ProfileSum()
        if todo:
            note_long_ids(ledger.frames)
            release_all(root / "logs", map(ledger.name, todo))
            jobs, more = Jobs(ledger, todo, xodr_texts(scenarios)), further_slots(slots, workers)
            named = slots
            slots = slots[: len(todo)] if more is None else []
            already = sum(len(record.frames) for record in records.values())
            total = sum(ledger.frames_of(number) for number in todo) + already
            recorded: dict[str, Recorded] | None = None
            try:
                with (
                    progress(store.beside, total, already, episodes=len(ledger), recorded=len(records),
                             whole_episodes=out.shards or not store.is_local) as tell,
                    signals_noted() as asked, ray_session(len(slots)),
                ):
                    failed = record_all(
                        jobs, slots, out.absolute(), root / "logs", spent.heard(tell),
                        ProfilingWorker if profile else EpisodeWorker, work=jobs.work, slot_at=more,
                        need=_need(named, wish), some_recorded=bool(records),
                        stop_asked=lambda: asked.count() or int(taken_over()))
                    recorded = store.whole_records(ledger.digests_of(todo))
                    for outcome in vanished(map(ledger.name, todo), recorded, failed):
                        note_vanished(root / "logs", outcome)
                        number = ledger.number(outcome.episode)
                        tell(Event("failed", None if number is None else jobs[todo.index(number)], outcome))
                        failed.append(outcome)
            except Interrupted:
                if taken_over():
                    raise StoreError(f"--out {store.where}: another process took it over, and this run has ended; run "
                                     "the same command again once that one has ended") from None
                raise
            finally:
                finished = recorded is not None and not failed
                leave_as_found(named, root / "logs")
                # Also after Ctrl-C: what is recorded is a dataset. What was recorded before need not be read again.
                if not taken_over():
                    if recorded is None:
                        recorded = store.whole_records(ledger.digests_of(todo))
                    records = {**records, **recorded}
                    store.sweep(records)
                    store.write_image_sets(image_sets(ledger.sets, records))
                    if profile:
                        write_profile(root / "logs", spent.profile)
                    store.keep_logs(finished)
        else:
            store.write_image_sets(image_sets(ledger.sets, records))
        return Summary(
            out=store.where,
            episodes=len(records),
            frames=sum(len(record.frames) for record in records.values()),
            labels=sum(record.labels for record in records.values()),
            recorded_now=len(todo) - len(failed),
            seconds=time.monotonic() - began,
            failed=tuple(failed),
            example_frame=example_frame(records),
            simulators=tuple(sorted({record.simulator for record in records.values()})),
            logs=store.beside / "logs",
            is_local=store.is_local,
            shards=out.shards,
            profile=spent.profile if profile else None,
        )


def vanished(asked: Iterable[str], recorded: Container[str], failed: Sequence[Outcome]) -> list[Outcome]:
    """Episodes that workers told of as recorded, and that are not there in the end."""
    named = {outcome.episode for outcome in failed}
    why = "it was recorded, but its files are not all there now: does anything else write into this dataset?"
    return [Outcome(name, 0, 0, 0.0, "storage", why) for name in asked if name not in recorded and name not in named]


def further_slots(slots: Sequence[Slot], workers: int | None) -> Callable[[int], Slot] | None:
    """Makes slots for as many workers as a cluster has room for; None where their number is settled."""
    if cluster_address() is None or workers is not None or any(slot.endpoint is not None for slot in slots):
        return None
    first = slots[0]
    if any(replace(slot, number=first.number) != first for slot in slots):
        raise RequestError("--simulator: on a cluster, workers come and go and all start the same; name one that is "
                           "started, or give --workers")
    return lambda number: replace(first, number=number)


def _need(slots: Sequence[Slot], wish: GpuWish | None) -> Need | None:
    """What a worker takes of a cluster's machine. Of a Ray of our own nobody asks for GPUs: the launcher spreads
    servers over those of this machine."""
    if cluster_address() is None or all(slot.carla is None for slot in slots):
        return None
    return carla_need(machines(), (wish or GpuWish()).servers_per_gpu)


def note_long_planning(episodes: int) -> None:
    """Tell on standard error why nothing happens at first, where planning takes its time."""
    if episodes >= LONG_PLANNING:
        sys.stderr.write(f"note: planning {episodes} episodes; the first is recorded in about "
                         f"{human_time(episodes * PLANNING_S)}\n")


def note_long_ids(frames: int) -> None:
    """Tell on standard error that a dataset outgrows the six digits of KITTI's frame ids."""
    if frames > SIX_DIGITS:
        sys.stderr.write(f"note: of the {frames} frames those from {SIX_DIGITS} on have ids of seven digits and more; "
                         "some readers of KITTI expect six\n")
