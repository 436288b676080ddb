"""Single frames of episodes: everything before is played, but neither rendered nor recorded."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from simgen.fleet.driver import Event, Job, ray_session, record_all
from simgen.fleet.run import signals_noted
from simgen.fleet.slot import Slot
from simgen.fleet.worker import EpisodeWorker, Outcome
from simgen.kitti.layout import frame_id
from simgen.scenario.plan import EpisodePlan, OutputPlan, SpawnWish

NUMBERS_EACH = 10_000        # frame numbers between two stills, more than an episode's frames before one


@dataclass(frozen=True, eq=False, slots=True)
class Still:
    """Frame ``frame`` of an episode. road_name, spawn_point: where its whole episode would be played."""

    plan: EpisodePlan
    frame: int
    road_name: str
    spawn_point: int | None
    xodr_text: str | None = None

    @property
    def cut(self) -> EpisodePlan:
        """The plan with this frame as its last, on the same stretch of road: a shorter play would need less of it.

        It asks for no output of its own: a still is looked at, not trained with.
        """
        plan = self.plan
        road = plan.road if plan.road.xodr is not None else replace(plan.road, name=self.road_name, kind=None)
        spawn = plan.ego.spawn if self.spawn_point is None else SpawnWish(index=self.spawn_point)
        return replace(
            plan, road=road, ego=replace(plan.ego, spawn=spawn), capture=replace(plan.capture, frames=self.frame + 1),
            output=OutputPlan())


class StillWorker(EpisodeWorker):
    """Records the last frame only. What can never be done does not stop the others."""

    only_last = True

    def record(self, plan_json: dict[str, Any], first_frame: int, xodr_text: str | None) -> Outcome:
        outcome = super().record(plan_json, first_frame, xodr_text)
        return replace(outcome, cause="content") if outcome.cause == "request" else outcome


def record_stills(
    stills: Sequence[Still], workers: int, folder: Path, done: Callable[[Still, str], None]
) -> list[Outcome]:
    """Record frames on built-in simulators into a KITTI dataset in ``folder``, which is emptied first.

    ``done`` hears of each still once it is there, with its frame's name. Returns the outcomes of those that failed;
    if there are none, the folder goes.
    Raises SimulatorError if no simulator starts, Interrupted if somebody asks to stop.
    """
    shutil.rmtree(folder, ignore_errors=True)
    jobs = [
        Job(still.cut, number * NUMBERS_EACH, still.xodr_text) for number, still in enumerate(stills)
    ]
    by_name = {still.plan.name: (still, job) for still, job in zip(stills, jobs, strict=True)}

    def tell(event: Event) -> None:
        if event.kind == "done" and event.job is not None:
            still, job = by_name[event.job.plan.name]
            done(still, frame_id(job.first_frame + still.frame))

    slots = [Slot(number) for number in range(min(workers, len(jobs)))]
    with signals_noted() as asked, ray_session(len(slots)):
        failed = record_all(jobs, slots, folder, folder / "logs", tell, StillWorker, stop_asked=asked.count)
    if not failed:                              # else its logs say more
        shutil.rmtree(folder, ignore_errors=True)
    return failed
