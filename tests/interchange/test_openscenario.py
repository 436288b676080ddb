"""What an OpenSCENARIO export says, as another reader finds it."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from simgen.errors import RequestError
from simgen.interchange import save_openscenario, to_openscenario
from simgen.motion.rehearsal import Rehearsal, rehearse
from simgen.scenario.plan import EpisodePlan, Placement, Step, WeatherPoint
from tests.capture.roads import NOON, STRAIGHT, straight_road
from tests.judges.openscenario import NotPlayable, Play, read_play
from tests.motion.formula_road import FormulaRoad
from tests.motion.plans import CAR, CHILD, actor, crosser, plan
from tests.whole.product import SMALL, simgen

CLEAR = (WeatherPoint(0.0, NOON),)


def episode(*actors: object, **more: object) -> EpisodePlan:
    return replace(plan(*actors, **more), weather=CLEAR)  # type: ignore[arg-type]


def saved(rehearsal: Rehearsal, folder: Path) -> Play:
    save_openscenario(rehearsal, STRAIGHT, folder / "episode.xosc")
    return read_play(folder / "episode.xosc")


@pytest.fixture(scope="module")
def bend() -> Rehearsal:
    """A bend, a child that crosses when it sees the ego, a car that brakes, one that is parked, a box on the road."""
    return rehearse(
        episode(
            crosser("child", kind="walker", size=CHILD, left=-5.0, speed=2.0, acceleration=1.0),
            actor("lead", "vehicle", CAR, placement=Placement(30.0, lane=0),
                  program=(Step("follow_road", speed_mps=12.0, duration_s=1.0),
                           Step("brake", speed_mps=0.0, acceleration_mps2=6.0))),
            actor("parked", "vehicle", CAR, placement=Placement(40.0, left_m=-4.0), program=(Step("park"),)),
            replace(actor("lost_box", "prop", (0.6, 0.6, 0.6), placement=Placement(55.0, left_m=3.0)),
                    blueprint="static.prop.box01"),
            speed=[(0.0, 12.0), (2.0, 9.0)],
        ),
        FormulaRoad(curvature=1 / 80.0),
    )


def test_everybody_is_where_the_rehearsal_has_them_at_every_tick(bend: Rehearsal, tmp_path: Path) -> None:
    play = saved(bend, tmp_path)
    assert play.entities.keys() == bend.tracks.keys() == {"ego", "child", "lead", "parked", "lost_box"}
    for role, track in bend.tracks.items():
        shown = np.array([play.pose(role, time_s - bend.times_s[0]) for time_s in bend.times_s])
        assert np.linalg.norm(shown[:, :3] - track[:, :3], axis=1).max() < 1e-3, role
        turned = (shown[:, 3] - track[:, 3] + np.pi) % (2 * np.pi) - np.pi
        assert np.abs(turned).max() < 1e-3, role


def test_who_stands_needs_no_trajectory_and_who_goes_straight_few_vertices(bend: Rehearsal, tmp_path: Path) -> None:
    play = saved(bend, tmp_path)
    assert play.trajectories.keys() == {"ego", "child", "lead"}
    times, poses = play.trajectories["child"]
    # It waits for half a second, then walks for one and a half at its speed before it is hit: only the ends are kept.
    assert times[:2] == [0.0, 0.5]
    assert times[times.index(2.5) + 1] == 4.0
    assert poses[0] == play.starts["child"]


def test_time_0_is_the_begin_of_the_warm_up(bend: Rehearsal, tmp_path: Path) -> None:
    play = saved(bend, tmp_path)
    assert play.trajectories["ego"][0][0] == 0.0
    assert play.trajectories["ego"][0][-1] == pytest.approx(1.0 + 4.0)      # warm-up, then 81 frames at 20 Hz
    assert play.ends_s == pytest.approx(5.0)
    assert "first of 81 frames is at 1 s, 20 a second" in play.description
    assert bend.stage.plan.digest() in play.description


def test_a_straight_drive_by_hand(tmp_path: Path) -> None:
    """12 m/s from the origin along x, one second of warm-up and four of clip: 60 m. The box stands round the origin."""
    play = saved(rehearse(episode(), FormulaRoad()), tmp_path)
    times, poses = play.trajectories["ego"]
    assert times == [0.0, 5.0]
    assert poses == [(0.0, 0.0, 0.0, 0.0), (60.0, 0.0, 0.0, 0.0)]
    assert play.speeds_mps == {"ego": 12.0}
    ego = play.entities["ego"]
    assert (ego.sort, ego.category, ego.model) == ("Vehicle", "car", "vehicle.tesla.model3")
    assert ego.box == (0.0, 0.0, 0.745, 4.79, 2.16, 1.49)
    assert ego.properties["type"] == "ego_vehicle"


def test_entities_are_of_their_sort_and_say_what_they_are(tmp_path: Path) -> None:
    actors = [
        replace(actor("calf", "animal", (1.375, 0.41, 0.85), placement=Placement(20.0, left_m=8.0)),
                blueprint=None, species="cattle", event=True),
        replace(actor("roller", size=(1.1, 0.65, 1.3), placement=Placement(30.0, left_m=8.0)),
                blueprint="walker.pedestrian.0003", attributes={"use_wheelchair": "true"}),
        replace(actor("rider", "vehicle", (1.84, 0.66, 1.78), placement=Placement(40.0, left_m=8.0)),
                blueprint="vehicle.gazelle.omafiets", color="1,2,3"),
        replace(actor("log", "prop", (7.0, 2.5, 1.6), placement=Placement(50.0, left_m=8.0)),
                blueprint="static.prop.fallen_tree"),
    ]
    found = saved(rehearse(episode(*actors), FormulaRoad()), tmp_path).entities
    sorts = {role: (one.sort, one.category, one.model) for role, one in found.items()}
    assert sorts == {
        "ego": ("Vehicle", "car", "vehicle.tesla.model3"),
        "calf": ("Pedestrian", "animal", "walker.animal.cattle"),
        "roller": ("Pedestrian", "wheelchair", "walker.pedestrian.0003"),
        "rider": ("Vehicle", "bicycle", "vehicle.gazelle.omafiets"),
        "log": ("MiscObject", "tree", "static.prop.fallen_tree"),
    }
    assert found["calf"].properties["simgen.species"] == "cattle"
    assert found["calf"].properties["simgen.event"] == "true"
    assert found["rider"].properties["color"] == "1,2,3"
    assert found["log"].box[2:] == (0.8, 7.0, 2.5, 1.6)


def test_the_weather_changes_at_its_times(tmp_path: Path) -> None:
    """Fog comes between 1 s and 2 s of the clip, which is 2 s to 3 s of the document."""
    points = (WeatherPoint(1.0, NOON, visibility_m=1000.0), WeatherPoint(2.0, NOON, visibility_m=100.0))
    play = saved(rehearse(replace(episode(), weather=points), FormulaRoad()), tmp_path)
    ranges = {}
    for time_s, environment in play.environments.items():
        fog = environment.find("Weather/Fog")
        assert fog is not None
        ranges[time_s] = float(fog.attrib["visualRange"])
    assert ranges == {0.0: 1000.0, 2.5: 550.0, 3.0: 100.0}


def test_the_same_episode_gives_the_same_bytes(bend: Rehearsal) -> None:
    again = rehearse(EpisodePlan.from_json(bend.stage.plan.to_json()), FormulaRoad(curvature=1 / 80.0))
    assert to_openscenario(bend, "road.xodr") == to_openscenario(again, "road.xodr")


def test_a_real_map_goes_beside_it(tmp_path: Path) -> None:
    from tests.capture.roads import plan as deer_beside_road

    rehearsal = rehearse(deer_beside_road(kind="rural"), straight_road())
    play = saved(rehearsal, tmp_path)
    assert play.road == tmp_path / "episode.xodr"
    assert play.road.read_text(encoding="utf-8") == STRAIGHT
    assert play.starts["ego"][1] == pytest.approx(-1.75)        # right-handed: lane −1 lies to the right of +x


def test_a_name_that_is_no_xosc_file_is_refused(bend: Rehearsal, tmp_path: Path) -> None:
    with pytest.raises(RequestError, match=r"must end in \.xosc"):
        save_openscenario(bend, STRAIGHT, tmp_path / "episode.xml")


def test_a_folder_that_is_not_there_is_one_sentence(bend: Rehearsal, tmp_path: Path) -> None:
    with pytest.raises(RequestError, match="cannot be written: No such file"):
        save_openscenario(bend, STRAIGHT, tmp_path / "nowhere" / "episode.xosc")


@pytest.mark.parametrize(("pattern", "instead", "complaint"), [
    ('revMinor="0"', 'revMinor="1"', "not version 1.0"),
    ('<EntityRef entityRef="child"', '<EntityRef entityRef="nobody"', "whom there is not"),
    ('<ScenarioObject name="parked"', '<ScenarioObject name="lead"', "one name"),
    ('filepath="episode.xodr"', 'filepath="gone.xodr"', "there is no road"),
    ('<Vertex time="0"', '<Vertex time="9"', "do not ascend"),
    ('domainAbsoluteRelative="absolute"', 'domainAbsoluteRelative="relative"', "not absolute"),
    ('followingMode="position"', 'followingMode="follow"', "not held"),
    ('<Private entityRef="parked"', '<Private entityRef="lead"', "put somewhere"),
    ('rule="lessThan"', 'rule="lessOrEqual"', "no rule"),
    ("<Axles>", "<Axles><RearAxle/>", "out of order"),
])
def test_the_judge_sees_what_is_wrong(
    bend: Rehearsal, tmp_path: Path, pattern: str, instead: str, complaint: str
) -> None:
    saved(bend, tmp_path)
    path = tmp_path / "episode.xosc"
    text = path.read_text(encoding="utf-8")
    assert pattern in text
    path.write_text(text.replace(pattern, instead), encoding="utf-8")
    with pytest.raises(NotPlayable, match=re.escape(complaint)):
        read_play(path)


def test_the_command_writes_an_episode_and_its_road(tmp_path: Path) -> None:
    done = simgen("openscenario", SMALL, "--episode", 1, "--seed", 3, "--out", tmp_path / "small.xosc")
    assert done.returncode == 0, done.stderr
    play = read_play(tmp_path / "small.xosc")
    assert play.description.startswith("small-0001: an episode of simgen, seed 3,")
    assert play.entities.keys() == {"ego", "deer", "walker", "oncoming"}
    assert play.road == tmp_path / "small.xodr"


def test_the_command_says_which_episodes_there_are(tmp_path: Path) -> None:
    done = simgen("openscenario", SMALL, "--episode", 2, "--out", tmp_path / "small.xosc")
    assert done.returncode == 2
    assert "simgen: --episode 2: there are episodes 0 to 1; more with --episodes\n" in done.stderr
    assert not list(tmp_path.iterdir())
