"""The contact sheet: rehearse each scenario, record its telling frame if it is not at hand, compose the sheet."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from simgen import __version__
from simgen.errors import PlacementError, RequestError
from simgen.fleet.stills import Still, record_stills
from simgen.motion.road import Road
from simgen.report.gallery import Cell, check_gallery_path, keep_frame, kept_picture, save_gallery, telling_frame
from simgen.report.preview import conditions, rehearse_scene
from simgen.scenario import Scenario, make_plans
from simgen.scenario.plan import EpisodePlan
from simgen.wording import counted

RECORDING = "recording"      # the folder beside the kept pictures that simulators write into


@dataclass(frozen=True, eq=False, slots=True)
class GalleryRequest:
    """What is to be on the sheet, and where.

    episodes: how many of each scenario. labels: drawn on the pictures. sweep: the LiDAR's view from above beneath each.
    folder: keeps the single frames between calls.
    """

    scenarios: Sequence[Scenario]
    out: Path
    columns: int
    workers: int
    seed: int
    folder: Path
    episodes: int = 1
    labels: bool = True
    sweep: bool = False


def make_gallery(
    request: GalleryRequest, roads_for: Callable[[EpisodePlan], Iterable[Road]], tell: Callable[[str], None]
) -> dict[str, str]:
    """Make the sheet; returns why there is no picture of an episode, by its name.

    roads_for: the roads to try for a plan, of the maps that the built-in simulator has. tell: hears of progress.
    Raises RequestError if the sheet cannot be written, SimulatorError if no simulator starts.
    """
    check_gallery_path(request.out)
    wanted = list(episodes_shown(request))
    plans = [plan for _, plan in wanted]
    pictures: dict[str, Path] = {}
    reasons: dict[str, str] = {}
    stills: list[Still] = []
    for scenario, plan in wanted:
        try:
            scene = rehearse_scene(plan, roads_for(plan))
        except (PlacementError, RequestError) as error:
            reasons[plan.name] = str(error).removeprefix(f"{plan.name}: ")
            continue
        frame = telling_frame(scene)
        pictures[plan.name] = kept_picture(
            request.folder, scene, frame, __version__, request.labels, request.sweep)
        if not pictures[plan.name].exists():
            start = scene.rehearsal.stage.start.spawn_point
            stills.append(Still(plan, frame, scene.road.name, start, _xodr_text(scenario, plan)))
    tell(f"{len(stills)} of {counted(len(plans), 'frame')} to record")
    recording = request.folder / RECORDING

    def keep(still: Still, frame_id: str) -> None:
        keep_frame(recording, frame_id, pictures[still.plan.name], request.labels, request.sweep)
        tell(f"{called(still.plan)}: frame {still.frame}")

    def called(plan: EpisodePlan) -> str:
        return plan.scenario if request.episodes == 1 else plan.name

    for outcome in record_stills(stills, request.workers, recording, keep) if stills else []:
        reasons[outcome.episode] = outcome.message
    def told(plan: EpisodePlan) -> str:
        return "" if request.episodes == 1 else ", ".join(conditions(plan)).replace("°", " deg")     # pictures: ASCII

    save_gallery([
        Cell(called(plan), None if plan.name in reasons else pictures[plan.name], reasons.get(plan.name, ""),
             told(plan))
        for plan in plans
    ], request.out, request.columns, request.sweep)
    request.out.with_suffix(".txt").write_text(contents(request.scenarios), encoding="utf-8")
    return reasons


def episodes_shown(request: GalleryRequest) -> Iterator[tuple[Scenario, EpisodePlan]]:
    """The first episodes of each scenario, and how they are planned alone: one is the first of the usual number."""
    for one in request.scenarios:
        plans = make_plans([one], None if request.episodes == 1 else request.episodes, request.seed)
        yield from ((one, plan) for plan in plans[: request.episodes])


def contents(scenarios: Sequence[Scenario]) -> str:
    """What a sheet shows, a line for each scenario: its name and the first digits of its files' SHA-256.

    It lies beside the sheet, so that anybody can see whether the sheet is up to date.
    """
    lines = []
    for one in scenarios:
        digest = hashlib.sha256()
        for path in one.files:
            digest.update(path.read_bytes())
        lines.append(f"{one.name} {digest.hexdigest()[:16]}\n")
    return "".join(lines)


def _xodr_text(scenario: Scenario, plan: EpisodePlan) -> str | None:
    """Of the OpenDRIVE file that a scenario brings."""
    return None if plan.road.xodr is None else scenario.opendrive[plan.road.xodr].path.read_text(encoding="utf-8")
