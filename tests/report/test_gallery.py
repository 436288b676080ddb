"""The contact sheet, from ready-made frames."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pytest

from sensors.sweeps import Cause
from simgen.errors import RequestError
from simgen.fleet.stills import Still
from simgen.gallery import GalleryRequest, episodes_shown
from simgen.report.birdview import return_colors
from simgen.report.gallery import (
    CELL_PX,
    GAP_PX,
    NAME_PX,
    SWEEP_PX,
    Cell,
    compose_gallery,
    keep_frame,
    kept_picture,
    save_gallery,
    telling_frame,
)
from simgen.report.preview import Scene, rehearse_scene
from simgen.report.scene import load_scene
from simgen.scenario import load_scenario
from simgen.scenario.plan import AebPlan, SpawnWish
from tests.capture.roads import straight_road
from tests.motion.plans import crosser, plan

ROOT = Path(__file__).parents[2]
WIDTH, HEIGHT = CELL_PX


def rehearsed(**more: object) -> Scene:
    return rehearse_scene(plan(crosser(time=3.0), speed=10.0, rate=10.0, **more), [straight_road()])  # type: ignore[arg-type]


@pytest.fixture(scope="module")
def scene() -> Scene:
    return rehearsed()


def colored(path: Path, value: int) -> Path:
    cv2.imwrite(str(path), np.full((HEIGHT, WIDTH, 3), value, np.uint8))
    return path


def test_the_telling_frame_is_0_6_s_before_the_impact(scene: Scene) -> None:
    assert telling_frame(scene) == 24


def test_it_is_also_that_of_an_impact_that_braking_avoids() -> None:
    braked = rehearsed(aeb=AebPlan(1.4, 0.1, 9.0, 60.0))
    assert braked.telling_s() is None
    assert telling_frame(braked) == 24


def test_without_an_impact_it_is_at_60_percent_of_the_clip() -> None:
    alone = rehearse_scene(plan(speed=10.0, rate=10.0, seconds=4.0), [straight_road()])
    assert telling_frame(alone) == 24                        # of 0 to 40


def test_a_still_is_its_episode_cut_short_on_the_same_road(scene: Scene) -> None:
    cut = Still(scene.plan, 24, "Town", 7).cut
    assert (cut.capture.frames, cut.road.name, cut.road.kind, cut.ego.spawn) == (25, "Town", None, SpawnWish(index=7))
    assert (cut.actors, cut.weather, cut.drawn, cut.name) == (
        scene.plan.actors, scene.plan.weather, scene.plan.drawn, scene.plan.name)


def test_a_kept_picture_is_named_by_what_decides_its_content(scene: Scene, tmp_path: Path) -> None:
    name = kept_picture(tmp_path, scene, 24, "1.0")
    assert name == kept_picture(tmp_path, scene, 24, "1.0")
    assert len({name, kept_picture(tmp_path, scene, 23, "1.0"), kept_picture(tmp_path, scene, 24, "1.1")}) == 3


def test_a_frame_is_kept_with_its_labels_drawn_and_replaces_older_ones(toy: Path, tmp_path: Path) -> None:
    old, other = tmp_path / f"toy-0000-{'0' * 16}.png", tmp_path / f"toy-0001-{'0' * 16}.png"
    for path in (old, other):
        colored(path, 9)
    target = tmp_path / f"toy-0000-{'1' * 16}.png"
    keep_frame(toy, "000000", target)
    kept = cv2.imread(str(target))
    assert kept.shape == (HEIGHT, WIDTH, 3)
    assert len(np.unique(kept.reshape(-1, 3), axis=0)) > 100
    assert not old.exists() and other.exists()


def test_the_sheet_has_a_cell_for_each_scenario_and_an_empty_one_for_what_failed(tmp_path: Path) -> None:
    cells = [Cell("first", colored(tmp_path / "a.png", 200)), Cell("failed", None, "there is no room for a moose"),
             Cell("third", colored(tmp_path / "b.png", 90))]
    sheet = compose_gallery(cells, 2)
    across, down = WIDTH + GAP_PX, HEIGHT + NAME_PX + GAP_PX
    assert sheet.shape == (GAP_PX + 2 * down, GAP_PX + 2 * across, 3)
    assert (sheet[GAP_PX + 50, GAP_PX + 50] == 200).all()
    assert (sheet[GAP_PX + down + 50, GAP_PX + 50] == 90).all()
    failed = sheet[GAP_PX : GAP_PX + HEIGHT, GAP_PX + across : 2 * across]
    assert 0 < (failed.max(axis=2) > 100).sum() < 0.05 * failed[..., 0].size     # the sentence, and nothing else
    below = sheet[GAP_PX + HEIGHT : GAP_PX + HEIGHT + NAME_PX, GAP_PX : GAP_PX + across]
    assert (below.min(axis=2) > 180).any()                                       # the name


def test_what_is_said_of_a_picture_stands_beside_its_name_and_not_on_it(tmp_path: Path) -> None:
    picture = colored(tmp_path / "a.png", 200)
    plain, told = (compose_gallery([Cell("name", picture, facts=facts)], 1) for facts in ("", "rain 25 mm/h"))
    rows, columns = np.nonzero((plain != told).any(axis=2))
    assert len(rows) > 50
    assert rows.min() > GAP_PX + HEIGHT and columns.min() > GAP_PX + 40 and columns.max() < GAP_PX + WIDTH


def test_a_sheet_of_one_scenario_is_one_cell_wide(tmp_path: Path) -> None:
    save_gallery([Cell("only", colored(tmp_path / "a.png", 200))], tmp_path / "sheet.jpg", 5)
    assert cv2.imread(str(tmp_path / "sheet.jpg")).shape[1] == WIDTH + 2 * GAP_PX


def test_what_cannot_be_done_is_one_sentence(tmp_path: Path) -> None:
    with pytest.raises(RequestError, match=r"end the name in \.png or \.jpg"):
        save_gallery([Cell("x", None)], tmp_path / "sheet.gif", 2)
    with pytest.raises(RequestError, match="at least one scenario"):
        compose_gallery([], 2)
    broken = tmp_path / "broken.png"
    broken.write_bytes(b"no picture")
    with pytest.raises(RequestError, match="delete it, and it is made again"):
        compose_gallery([Cell("x", broken)], 1)


def test_a_sheet_shows_as_many_episodes_of_each_scenario_as_asked_for() -> None:
    scenarios = [load_scenario(ROOT / "scenarios" / "looks" / f"{kind}_under_eight_skies.yaml")
                 for kind in ("town", "rural")]

    def names(episodes: int) -> list[str]:
        request = GalleryRequest(scenarios, Path("sheet.png"), 4, 1, 0, Path(), episodes)
        return [plan.name for _, plan in episodes_shown(request)]

    assert names(1) == ["town_under_eight_skies-0000", "rural_under_eight_skies-0000"]
    assert names(8) == [f"{kind}_under_eight_skies-000{number}" for kind in ("town", "rural") for number in range(8)]


def test_a_cell_with_the_sweep_is_higher_and_shows_the_returns(toy: Path, tmp_path: Path) -> None:
    frame_id = min(path.stem for path in (toy / "training" / "label_2").glob("*.txt"))
    keep_frame(toy, frame_id, tmp_path / "a-0000000000000000.png", sweep=True)
    cell = cv2.imread(str(tmp_path / "a-0000000000000000.png"))
    assert cell is not None and cell.shape == (HEIGHT + SWEEP_PX, WIDTH, 3)
    assert (cell[HEIGHT:].max(axis=2) > 100).sum() > 300
    sheet = compose_gallery([Cell("a", tmp_path / "a-0000000000000000.png")], 1, sweep=True)
    assert sheet.shape[0] == HEIGHT + SWEEP_PX + NAME_PX + 2 * GAP_PX


def test_returns_that_the_air_gave_lie_above_the_others_in_colours_of_their_own(toy: Path) -> None:
    scene = load_scene(toy, min(path.stem for path in (toy / "training" / "label_2").glob("*.txt")))
    cause = np.full(len(scene.points), Cause.GROUND, np.uint8)
    cause[:7] = Cause.SNOW
    colors, above = return_colors(replace(scene, cause=cause, things=()))
    assert (colors[:7] == 255).all() and above.tolist() == [True] * 7 + [False] * (len(cause) - 7)
