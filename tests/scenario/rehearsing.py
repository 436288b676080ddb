"""The library's episodes on the built-in simulator's maps, without a simulator."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache, partial
from pathlib import Path

from simgen.capture.offline import OfflineMaps
from simgen.localsim.places import available_maps, opendrive_text
from simgen.motion.bodies import Body
from simgen.motion.rehearsal import Rehearsal, rehearse
from simgen.report.preview import Scene, rehearse_scene
from simgen.scenario import EpisodePlan, load_scenario, make_plans

LIBRARY = Path(__file__).parents[2] / "scenarios"


@cache
def maps() -> OfflineMaps:
    """Each map is read once in a process."""
    return OfflineMaps({name: partial(opendrive_text, name) for name in available_maps()})


@cache
def plans_of(path: Path) -> tuple[EpisodePlan, ...]:
    """A default run's episodes."""
    return tuple(make_plans([load_scenario(path)], None, seed=0))


def scene_of(plan: EpisodePlan) -> Scene:
    """Raises PlacementError, RequestError."""
    return rehearse_scene(plan, maps().roads_for(plan))


def rehearsed(plan: EpisodePlan, bodies: Mapping[str, Body]) -> Rehearsal:
    """On the first map that is offered, with these bodies."""
    return rehearse(plan, next(maps().roads_for(plan)), bodies)
