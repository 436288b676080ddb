"""What each part of the language is read as, by values one can check in one's head."""

from __future__ import annotations

import hashlib
import math
from pathlib import Path

import pytest

from simgen.scenario import Scenario, ScenarioMistakes, load_scenario
from simgen.scenario.chance import Beta, Choice, Fixed, LogNormal, Normal, Uniform, UniformInteger
from simgen.scenario.models import (
    ActorModel,
    CrossStep,
    EitherStep,
    FollowRoadStep,
    FreezeStep,
    ParallelStep,
    ParkStep,
    StandStep,
    StepModel,
    WalkToStep,
    all_steps,
)
from simgen.scenario.quantities import ANGLE, LENGTH, NUMBER, SHARE, SPEED
from simgen.scenario.values import Value

HEAD = "name: test\nroad: {kind: rural}\nego: {speed: 36 km/h}\n"
VERGE = "place: {ahead: 40 m, off_road: 2 m, side: right}"


def read(folder: Path, text: str, *overrides: str) -> Scenario:
    path = folder / "test.yaml"
    path.write_text(text, encoding="utf-8")
    return load_scenario(path, overrides)


def actor(folder: Path, line: str, others: str = "") -> ActorModel:
    """The first actor of a scenario, written as one flow mapping without its role."""
    return read(folder, f"{HEAD}actors:\n  - {{role: x, {line}}}\n{others}").model.actors[0]


def program(folder: Path, do: str, who: str = "animal: roe_deer") -> tuple[StepModel, ...]:
    steps = actor(folder, f"{who}, {VERGE}, do: {do}").do
    assert steps is not None
    return steps


def only(value: Value[object] | None) -> object:
    assert value is not None
    (outcome,) = value.outcomes()
    return outcome


def test_the_smallest_scenario_gets_the_defaults(tmp_path: Path) -> None:
    scenario = read(tmp_path, HEAD)
    model = scenario.model
    assert (scenario.name, scenario.description, scenario.rig, model.episodes) == ("test", "", "kitti", None)
    assert only(model.ego.blueprint) == "vehicle.lincoln.mkz_2020" and model.ego.reacts is None
    assert only(model.weather.preset) == "ClearNoon" and only(model.lights) == "auto" and model.actors == ()
    assert (only(model.capture.rate), only(model.capture.frames), only(model.capture.warmup)) == (10.0, 20, 1.0)
    assert scenario.notes == () and scenario.files == (tmp_path / "test.yaml",)


def test_every_value_is_found_by_its_key_path(tmp_path: Path) -> None:
    text = f"""{HEAD}weather: {{choice: {{ClearNoon: 1, CloudyNoon: 1}}}}
lights: {{choice: [on, off]}}
actors:
  - role: deer
    animal: {{choice: [roe_deer, red_deer]}}
    {VERGE}
    do: [{{cross: {{speed: {{uniform: [2, 4]}}}}}}, {{either: [{{chance: {{uniform: [0.1, 0.2]}}, do: freeze}}]}}]
"""
    random = {path for path, value in read(tmp_path, text).values.items() if value.random}
    assert random == {
        "weather.preset", "lights", "actors.deer.animal", "actors.deer.do[0].cross.speed",
        "actors.deer.do[1].either[0].chance",
    }


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        ("50 km/h", Fixed(50 / 3.6)), ("5", Fixed(5.0)), ("10 mph", Fixed(4.4704)),
        ("{uniform: [10, 72 km/h]}", Uniform(10.0, 20.0)),
        ("{uniform: [10, 20], clip: [12, ~]}", Uniform(12.0, 20.0)),
        ("{normal: [10, 1]}", Normal(10.0, 1.0)), ("{normal: [10, 1], clip: [9, 11]}", Normal(10.0, 1.0, (9.0, 11.0))),
        ("{lognormal: [10 m/s, 0.5], clip: [~, 30]}", LogNormal(10.0, 0.5, (None, 30.0))),
        ("{beta: [2, 5], between: [10, 20]}", Beta(2.0, 5.0, 10.0, 20.0)),
        ("{choice: [10, 20]}", Choice((10.0, 20.0), (1.0, 1.0))),
        ("{choice: {20 m/s: 1, 10 m/s: 3}}", Choice((10.0, 20.0), (3.0, 1.0))),
    ],
)
def test_distributions(tmp_path: Path, written: str, expected: object) -> None:
    speed = read(tmp_path, HEAD.replace("36 km/h", written)).model.ego.speed
    assert isinstance(speed, Value) and speed.distribution == expected and speed.dimension is SPEED


def test_whole_numbers_and_words_are_drawn_too(tmp_path: Path) -> None:
    herd = actor(tmp_path, f"animal: {{choice: {{roe_deer: 2, red_deer: 1}}}}, count: {{uniform: [2, 5]}}, {VERGE}")
    assert herd.count is not None and herd.count.distribution == UniformInteger(2, 5) and herd.count.dimension == NUMBER
    assert herd.animal is not None and herd.animal.distribution == Choice(("red_deer", "roe_deer"), (1.0, 2.0))
    assert herd.roles() == ("x", "x_1", "x_2", "x_3", "x_4", "x_5") and herd.kind == "animal"


def test_a_derived_value_keeps_its_formula_and_its_limits(tmp_path: Path) -> None:
    text = f"""{HEAD}actors:
  - {{role: x, animal: dog, {VERGE}, do: {{cross: {{speed: {{derive: 0.5 * ego.speed}}}}}}}}
"""
    speed = read(tmp_path, text).values["actors.x.do.cross.speed"]
    assert speed.formula is not None and speed.formula.names == ("ego.speed",) and not speed.random
    assert speed.outside(5.0) is None and "outside what makes sense" in (speed.outside(80.0) or "")


def test_named_values_have_the_dimension_of_their_unit(tmp_path: Path) -> None:
    text = HEAD + "let: {a: 3 m, b: {uniform: [40 %, 50 %]}, c: 2, d: {choice: {10 km/h: 1}}}\n"
    let = read(tmp_path, text).model.let
    assert let is not None
    assert [let[name].dimension.name for name in "abcd" if let[name].dimension] == [
        LENGTH.name, SHARE.name, "a number", SPEED.name]
    assert only(let["a"]) == 3.0 and let["b"].outcomes() == (0.4, 0.5)


def test_angles_are_degrees_in_the_file_and_radians_inside_but_not_the_suns(tmp_path: Path) -> None:
    cross = program(tmp_path, "{cross: {angle: 30}}")[0]
    assert isinstance(cross, CrossStep) and math.isclose(only(cross.angle), math.radians(30))  # type: ignore[arg-type]
    assert cross.angle.dimension is ANGLE
    sun = read(tmp_path, HEAD + "sun: {altitude: 30 deg}\n").model.sun
    assert sun is not None and only(sun.altitude) == 30.0


def test_a_program_is_a_list_of_steps_however_it_is_written(tmp_path: Path) -> None:
    assert [type(step) for step in program(tmp_path, "cross")] == [CrossStep]
    assert [type(step) for step in program(tmp_path, "{cross: {}}")] == [CrossStep]
    assert [type(step) for step in program(tmp_path, "[cross, {freeze: {for: 2 s}}, stand]")] == [
        CrossStep, FreezeStep, StandStep]
    assert program(tmp_path, "[cross]")[0].where.path == "actors.x.do[0].cross"
    steps = program(tmp_path, "{parallel: [[{open_door: {}}], park]}", "vehicle: car")
    assert isinstance(steps[0], ParallelStep) and [len(track) for track in steps[0].tracks] == [1, 1]
    assert [step.verb for step in all_steps(steps)] == ["parallel", "open_door", "park"]


def test_a_choice_of_verbs_is_short_for_either(tmp_path: Path) -> None:
    step = program(tmp_path, "{choice: {walk: 3, stand: 1}}")[0]
    assert isinstance(step, EitherStep)
    assert [(branch.do[0].verb, only(branch.chance)) for branch in step.branches] == [("stand", 0.25), ("walk", 0.75)]


def test_old_words_work_and_say_how_to_write_them_now(tmp_path: Path) -> None:
    scenario = read(tmp_path, f"{HEAD}actors:\n  - {{role: x, vehicle: car, {VERGE}, do: {{drive: {{speed: 10}}}}}}\n")
    steps = scenario.model.actors[0].do
    assert steps is not None and isinstance(steps[0], FollowRoadStep)
    assert "actors.x.do.follow_road.speed" in scenario.values
    assert scenario.notes == (
        f"{tmp_path / 'test.yaml'}:5:84: actors.x.do.drive: 'drive' is an old word; write 'follow_road'",)


@pytest.mark.parametrize("name", ["small", "chaos"])
def test_scenarios_that_tests_record_are_written_in_the_words_of_now(name: str) -> None:
    assert load_scenario(Path(__file__).resolve().parents[1] / "data" / f"{name}.yaml").notes == ()


def test_conditions_join(tmp_path: Path) -> None:
    when = actor(tmp_path, f"animal: dog, {VERGE}, do: cross, when: {{any: [{{ttc: 2 s}}, {{all: [{{time: 1 s}}, "
                           "{not: {visible: true}}]}], delay: 500 ms}").when
    assert when is not None and when.any is not None and only(when.delay) == 0.5
    first, second = when.any
    assert first.ttc is not None and only(first.ttc.below) == 2.0
    assert second.all is not None and second.all[1].not_ is not None and only(second.all[1].not_.visible) == 0.0
    assert len(list(when.parts())) == 6


def test_a_bare_distance_means_below(tmp_path: Path) -> None:
    when = actor(tmp_path, f"animal: dog, {VERGE}, do: cross, when: {{ego_distance: {{uniform: [20, 30]}}}}").when
    assert when is not None and when.ego_distance is not None
    below = when.ego_distance.below
    assert below is not None and below.where.path == "actors.x.when.ego_distance.below"


def test_a_meeting_may_leave_everything_to_its_defaults(tmp_path: Path) -> None:
    meet = actor(tmp_path, "animal: dog, place: {off_road: 2 m, side: right}, do: cross, meet: {}").meet
    assert meet is not None and only(meet.impact) == 0.5 and meet.time is None and only(meet.miss) == 0.0


def test_a_place_to_walk_to_is_a_place(tmp_path: Path) -> None:
    step = program(tmp_path, "{walk_to: {place: {ahead: 30 m, lane: oncoming}}}")[0]
    assert isinstance(step, WalkToStep) and only(step.place.lane) == "oncoming" and only(step.place.gap) == 0.5


def test_speed_profiles_and_reactions_of_the_ego(tmp_path: Path) -> None:
    ego = read(tmp_path, HEAD.replace("{speed: 36 km/h}", "{speed: [{at: 0 s, speed: 10}, {at: 2 s, speed: 5}], "
                                      "reacts: {aeb: {delay: 200 ms}}, route: [left, straight]}")).model.ego
    assert isinstance(ego.speed, tuple) and [only(point.at) for point in ego.speed] == [0.0, 2.0]
    assert ego.reacts is not None and (only(ego.reacts.delay), only(ego.reacts.ttc)) == (0.2, 1.4)
    assert [only(turn) for turn in ego.route] == ["left", "straight"]


def test_the_sun_by_date_time_and_place(tmp_path: Path) -> None:
    sun = read(tmp_path, HEAD + "sun: {date: 2024-11-03, time: 17:10, latitude: 48.1, longitude: -11, utc_offset: -5 h}"
               ).model.sun
    assert sun is not None and only(sun.date) == "2024-11-03" and only(sun.time) == 17 * 3600 + 600
    assert (only(sun.latitude), only(sun.longitude), sun.utc_offset) == (48.1, -11.0, -18000.0)


def test_a_map_by_name_and_by_file(tmp_path: Path) -> None:
    assert only(read(tmp_path, "name: t\nmap: Town10HD_Opt\nego: {speed: 0}\n").model.map) == "Town10HD_Opt"
    (tmp_path / "roads").mkdir()
    (tmp_path / "roads" / "x.xodr").write_text("<OpenDRIVE><road/></OpenDRIVE>")
    scenario = read(tmp_path, "name: t\nmap: roads/x.xodr\nego: {speed: 0}\n")
    file = scenario.opendrive["roads/x.xodr"]
    assert file.path == tmp_path / "roads" / "x.xodr"
    assert file.sha256 == hashlib.sha256(b"<OpenDRIVE><road/></OpenDRIVE>").hexdigest()


def test_sweeps_stand_in_the_place_of_what_they_vary(tmp_path: Path) -> None:
    scenario = read(tmp_path, HEAD + """actors:
  - {role: deer, animal: roe_deer, place: {ahead: 40 m, off_road: 2 m, side: right}, do: cross}
vary:
  over:
    ego.speed: {from: 10 km/h, to: 60 km/h, step: 10 km/h}
    weather: [ClearNoon, HardRainNoon]
    actors.deer.do.cross.speed: {uniform: [2 m/s, 4 m/s]}
""")
    assert [value.where.path for value in scenario.swept] == [
        "ego.speed", "weather.preset", "actors.deer.do.cross.speed"]
    speed, weather, deer = (value.distribution for value in scenario.swept)
    assert isinstance(speed, Choice) and len(speed.options) == 6 and speed.options[-1] == 60 / 3.6
    assert weather == Choice(("ClearNoon", "HardRainNoon"), (1.0, 1.0)) and deer == Uniform(2.0, 4.0)


def test_strata_have_the_units_of_their_value(tmp_path: Path) -> None:
    scenario = read(tmp_path, HEAD.replace("36 km/h", "{uniform: [10, 20]}") + """strata:
  pace: {of: ego.speed, bins: {slow: [36 km/h, 54 km/h], fast: [15, 20]}, shares: {slow: 3, fast: 1}}
""")
    assert scenario.strata["pace"].bins == {"slow": (10.0, 15.0), "fast": (15.0, 20.0)}
    assert scenario.strata["pace"].shares == {"slow": 3.0, "fast": 1.0}


def test_lights_can_be_on_without_quotes(tmp_path: Path) -> None:
    assert only(read(tmp_path, HEAD + "lights: on\n").model.lights) == "on"


def test_a_vehicle_that_does_nothing_in_particular(tmp_path: Path) -> None:
    assert actor(tmp_path, f"vehicle: car, {VERGE}").do is None
    assert isinstance(program(tmp_path, "park", "vehicle: car")[0], ParkStep)


@pytest.mark.parametrize("speed", ["13.4 m/s", "{uniform: [3, 50 km/h]}"])
def test_nobody_is_faster_than_nature_allows(tmp_path: Path, speed: str) -> None:
    with pytest.raises(ScenarioMistakes, match=r"a white tailed deer sprints at most at 13\.3 m/s"):
        actor(tmp_path, f"animal: white_tailed_deer, {VERGE}, do: {{cross: {{speed: {speed}}}}}")
