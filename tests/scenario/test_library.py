"""What every scenario of the library promises: to load, to say why it is hard, to vary, and to find its place."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import cv2
import pytest

from simgen.report.preview import Scene, save_preview
from simgen.scenario import load_scenario, make_plans
from simgen.scenario.library import scenario_files
from tests.scenario.rehearsing import LIBRARY, plans_of, scene_of

FOLDERS = ("animals", "cyclists", "euro_ncap", "hazards", "looks", "pedestrians", "vehicles", "weather")
FILES = scenario_files(LIBRARY)

every_file = pytest.mark.parametrize("path", FILES, ids=lambda path: f"{path.parent.name}/{path.stem}")


def test_there_are_at_least_forty_scenarios_in_eight_folders() -> None:
    assert {path.parent.relative_to(LIBRARY).as_posix() for path in FILES} == set(FOLDERS)
    assert len(FILES) >= 40
    assert len({path.stem for path in FILES}) == len(FILES)         # a name finds one scenario


@every_file
def test_it_loads_without_notes_under_its_files_name_and_says_why_it_is_hard(path: Path) -> None:
    scenario = load_scenario(path)
    assert scenario.notes == ()
    assert scenario.name == path.stem
    assert len(scenario.description) >= 80


@every_file
def test_no_two_of_its_episodes_are_alike_and_something_of_it_is_drawn_or_swept(path: Path) -> None:
    plans = plans_of(path)
    assert len(plans) >= 2
    told = [_told(plan.drawn) for plan in plans]
    assert len(set(told)) == len(told)


@every_file
def test_its_first_two_episodes_find_their_place_and_are_drawn_from_above(path: Path, tmp_path: Path) -> None:
    scenes: list[Scene] = [scene_of(plan) for plan in plans_of(path)[:2]]
    for scene in scenes:
        assert scene.rehearsal.times_s[0] < 0.0 < scene.rehearsal.times_s[-1]
        assert set(scene.rehearsal.tracks) == {"ego", *scene.rehearsal.stage.places}
    save_preview(scenes[:1], tmp_path / "seen.png", path.stem, load_scenario(path).description)
    picture = cv2.imread(str(tmp_path / "seen.png"))
    assert picture is not None
    assert picture.std() > 5.0


def test_the_ego_strikes_or_just_misses_the_door_that_the_cyclist_swerves_for() -> None:
    plans = list(make_plans([load_scenario(LIBRARY / "cyclists" / "dooring.yaml")], 12, seed=0))
    parked = [next(player for player in scene_of(plan).players if player.role == "parked_car") for plan in plans]
    struck = [player.touch_s for player in parked if player.touch_s is not None]
    passed = [player.near.gap_m for player in parked if player.near is not None]
    assert len(struck) >= 2 and len(passed) >= 2
    assert all(door.opens_s > -0.5 for player in parked for door in player.doors)       # it can be seen to open


def _told(drawn: Mapping[str, object]) -> str:
    return "\n".join(f"{key} = {value}" for key, value in sorted(drawn.items()))
