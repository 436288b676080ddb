"""A run that never was: jobs, slots and events for whoever watches."""

from __future__ import annotations

from simgen.fleet.driver import Event, Job
from simgen.fleet.slot import Slot
from simgen.fleet.worker import Outcome
from simgen.scenario.plan import CapturePlan, EgoPlan, EpisodePlan, RoadWish, SpawnWish

EGO = EgoPlan("vehicle.lincoln.mkz_2020", "kitti", 10.0, SpawnWish(pick=0.0))


def job(number: int, frames: int = 10, scenario: str = "deer") -> Job:
    plan = EpisodePlan(scenario, number, 0, RoadWish(kind="rural"), {}, "auto", EGO, (),
                       CapturePlan(10.0, frames, 0.0), {})
    return Job(plan, number * frames)


def joined(slot: Slot) -> Event:
    return Event("joined", slot=slot)


def start(job: Job, slot: Slot) -> Event:
    return Event("start", job, slot=slot)


def done(job: Job, slot: Slot, seconds: float = 5.0, frames: int | None = None) -> Event:
    recorded = job.plan.capture.frames if frames is None else frames
    return Event("done", job, Outcome(job.plan.name, recorded, 3 * recorded, seconds), slot)


def lost(job: Job, slot: Slot, cause: str = "simulator", message: str = "the simulator ended with status 139") -> Event:
    return Event("retry", job, Outcome(job.plan.name, 0, 0, 0.0, cause, message), slot)


def failed(job: Job, slot: Slot, message: str = "there is no crosswalk on this map") -> Event:
    return Event("failed", job, Outcome(job.plan.name, 0, 0, 0.0, "content", message), slot)


def recycled(slot: Slot, reason: str = "it has served 50 episodes") -> Event:
    return Event("recycled", None, Outcome("", 0, 0, 0.0, recycle=reason), slot)


def left(slot: Slot, reason: str = "failed 5 times in a row") -> Event:
    return Event("left", None, Outcome("", 0, 0, 0.0, "simulator", reason), slot)
