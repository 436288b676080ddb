"""What is drawn for an episode: independent, correlated, derived, in strata, in sweeps, under conditions."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from itertools import product
from pathlib import Path
from statistics import correlation

import pytest

from simgen.scenario import EpisodePlan, ScenarioMistakes, make_plans
from tests.scenario.texts import HEAD, scenario_of

DEER = """actors:
  - role: deer
    animal: roe_deer
    place: {ahead: {uniform: [40, 50]}, off_road: {uniform: [1, 3]}, side: right}
    do: {cross: {speed: {normal: [4, 0.3]}}}
"""


def plans_of(folder: Path, lines: str, episodes: int | None = None, seed: int = 0) -> Sequence[EpisodePlan]:
    return make_plans([scenario_of(folder, HEAD + lines)], episodes, seed)


def column(plans: Sequence[EpisodePlan], path: str) -> list[float]:
    return [plan.drawn[path] for plan in plans]


def ranks(values: list[float]) -> list[float]:
    order = sorted(range(len(values)), key=values.__getitem__)
    places = [0.0] * len(values)
    for place, index in enumerate(order):
        places[index] = float(place)
    return places


def test_values_of_different_key_paths_are_independent(tmp_path: Path) -> None:
    plans = list(plans_of(tmp_path, DEER, 1500))
    ahead, off_road, speed = (
        column(plans, f"actors.deer.{key}") for key in ("place.ahead", "place.off_road", "do.cross.speed"))
    assert all(abs(correlation(a, b)) < 0.08 for a, b in ((ahead, off_road), (ahead, speed), (off_road, speed)))
    assert sum(ahead) / len(ahead) == pytest.approx(45.0, abs=0.3)


@pytest.mark.parametrize("by", [0.8, -0.5])
def test_correlated_values_have_the_rank_correlation_that_was_asked(tmp_path: Path, by: float) -> None:
    lines = DEER + f"correlate: [{{between: [actors.deer.place.ahead, actors.deer.do.cross.speed], by: {by}}}]\n"
    plans = list(plans_of(tmp_path, lines, 1500))
    ahead, speed = column(plans, "actors.deer.place.ahead"), column(plans, "actors.deer.do.cross.speed")
    assert correlation(ranks(ahead), ranks(speed)) == pytest.approx(by, abs=0.05)
    assert sum(speed) / len(speed) == pytest.approx(4.0, abs=0.04)          # its own distribution stays


def test_correlations_join_into_groups(tmp_path: Path) -> None:
    lines = DEER + """correlate:
  - {between: [actors.deer.place.ahead, actors.deer.do.cross.speed], by: 0.6}
  - {between: [actors.deer.do.cross.speed, actors.deer.place.off_road], by: 0.6}
"""
    plans = list(plans_of(tmp_path, lines, 1500))
    ahead, off_road = column(plans, "actors.deer.place.ahead"), column(plans, "actors.deer.place.off_road")
    assert abs(correlation(ranks(ahead), ranks(off_road))) < 0.08            # as no pair says otherwise


def test_correlations_that_contradict_each_other_are_one_located_sentence(tmp_path: Path) -> None:
    lines = DEER + """correlate:
  - {between: [actors.deer.place.ahead, actors.deer.do.cross.speed], by: 0.9}
  - {between: [actors.deer.do.cross.speed, actors.deer.place.off_road], by: 0.9}
"""
    with pytest.raises(ScenarioMistakes, match=r"test\.yaml:\d+.*contradicts the others") as caught:
        plans_of(tmp_path, lines)
    assert len(caught.value.mistakes) == 1


def test_derived_values_follow_what_they_are_derived_from(tmp_path: Path) -> None:
    lines = """let: {closing: {uniform: [5 m/s, 10 m/s]}, twice: {derive: 2 * closing}}
actors:
  - {role: a, vehicle: car, place: {ahead: {derive: 3 s * actors.b.do.follow_road.speed}, lane: ego}}
  - role: b
    vehicle: car
    place: {ahead: 90 m, lane: oncoming}
    do: {follow_road: {speed: {derive: twice - ego.speed}}}
"""
    for plan in plans_of(tmp_path, lines, 20):
        closing = plan.drawn["let.closing"]
        assert plan.drawn["let.twice"] == 2 * closing
        assert plan.actors[1].program[0].speed_mps == pytest.approx(2 * closing - 10.0)
        assert plan.actors[0].placement.ahead_m == pytest.approx(3 * (2 * closing - 10.0))
        assert plan.drawn["actors.a.place.ahead"] == plan.actors[0].placement.ahead_m


def test_a_word_can_follow_another_actors_word(tmp_path: Path) -> None:
    lines = """actors:
  - {role: deer, animal: roe_deer, place: {ahead: 40 m, off_road: 2 m, side: {choice: [right, left]}}}
  - role: hedge
    prop: hedge
    place: {ahead: 30 m, off_road: 2 m, side: {derive: actors.deer.place.side}}
"""
    sides = {(plan.actors[0].placement.side, plan.actors[1].placement.side) for plan in plans_of(tmp_path, lines, 20)}
    assert sides == {("right", "right"), ("left", "left")}


def test_a_word_cannot_be_derived_from_a_number_or_from_another_kind_of_word(tmp_path: Path) -> None:
    with pytest.raises(ScenarioMistakes, match=r"lights.*gives a speed, but a word is wanted here"):
        plans_of(tmp_path, "lights: {derive: 0.8 * ego.speed}\n")
    lines = """lights: {derive: actors.deer.place.side}
actors:
  - {role: deer, animal: roe_deer, place: {ahead: 40 m, off_road: 2 m, side: right}}
"""
    with pytest.raises(ScenarioMistakes, match=r"lights.*expected one of auto, on, off, got 'right'"):
        list(plans_of(tmp_path, lines))


@pytest.mark.parametrize("lines", [
    "let: {a: {derive: b + 1}, b: {derive: a + 1}}\n",
    """actors:
  - {role: a, vehicle: car, place: {ahead: {derive: actors.b.place.ahead + 5 m}, lane: ego}}
  - {role: b, vehicle: car, place: {ahead: {derive: actors.a.place.ahead + 5 m}, lane: oncoming}}
""",
])
def test_values_derived_in_a_circle_are_refused(tmp_path: Path, lines: str) -> None:
    with pytest.raises(ScenarioMistakes, match="is derived from itself"):
        list(plans_of(tmp_path, lines, 1))


def test_formulas_of_the_wrong_kind_are_all_told_at_once(tmp_path: Path) -> None:
    lines = DEER + "let: {a: {derive: ego.speed + 3 m}}\nrequire: [ego.speed * 2, ego.spede > 3 m/s]\n"
    with pytest.raises(ScenarioMistakes) as caught:
        plans_of(tmp_path, lines)
    text = str(caught.value)
    assert len(caught.value.mistakes) == 3
    assert "a length" in text and "a condition is wanted" in text and "did you mean 'ego.speed'" in text


def test_a_derived_value_outside_what_makes_sense_is_told_with_the_episode(tmp_path: Path) -> None:
    lines = "actors: [{role: a, vehicle: car, place: {ahead: {derive: ego.speed * 500 s}, lane: ego}}]\n"
    with pytest.raises(ScenarioMistakes, match=r"actors\.a\.place\.ahead: derived in episode 0: 5000 m is outside"):
        list(plans_of(tmp_path, lines, 1))


def test_draws_that_break_a_condition_are_thrown_away_and_counted(tmp_path: Path) -> None:
    lines = DEER + "require: [actors.deer.place.ahead > 47.5 m]\n"
    plans = list(plans_of(tmp_path, lines, 400))
    assert min(column(plans, "actors.deer.place.ahead")) > 47.5
    mean = sum(plan.rejected for plan in plans) / len(plans)
    assert mean == pytest.approx(3.0, abs=0.6)             # one draw in four is kept
    free = list(plans_of(tmp_path, DEER, 400))
    kept = [(plan, other) for plan, other in zip(plans, free, strict=True) if plan.rejected == 0]
    assert all(plan.drawn == other.drawn for plan, other in kept)         # who was good at once is as without it


def test_a_condition_that_never_holds_is_named_with_its_acceptance(tmp_path: Path) -> None:
    lines = DEER + "require: [actors.deer.place.ahead > 42 m, actors.deer.place.off_road > 3.5 m]\n"
    with pytest.raises(ScenarioMistakes) as caught:
        list(plans_of(tmp_path, lines, 1))
    text = str(caught.value)
    assert "'actors.deer.place.off_road > 3.5 m' held in 0 of" in text
    assert "of 1000 draws of episode 0" in text


def test_strata_give_every_bin_its_share_to_within_one(tmp_path: Path) -> None:
    lines = DEER + """strata:
  where: {of: actors.deer.place.ahead, bins: {near: [40 m, 42 m], far: [42 m, 50 m]}, shares: {near: 2, far: 1}}
"""
    plans = list(plans_of(tmp_path, lines, 100))
    counts = Counter(plan.drawn["strata.where"] for plan in plans)
    assert counts["near"] == pytest.approx(200 / 3, abs=1) and counts.total() == 100
    for plan in plans:
        low, high = {"near": (40, 42), "far": (42, 50)}[plan.drawn["strata.where"]]
        assert low <= plan.drawn["actors.deer.place.ahead"] <= high


def test_strata_of_words_draw_within_the_words_of_the_bin(tmp_path: Path) -> None:
    lines = """weather: {choice: [ClearNoon, CloudyNoon, HardRainNoon, SoftRainNoon]}
strata: {sky: {of: weather.preset, bins: {dry: [ClearNoon, CloudyNoon], rain: [HardRainNoon, SoftRainNoon]}}}
"""
    plans = list(plans_of(tmp_path, lines, 40))
    counts = Counter((plan.drawn["strata.sky"], "Rain" in plan.drawn["weather.preset"]) for plan in plans)
    assert counts == {("dry", False): 20, ("rain", True): 20}
    assert len({plan.drawn["weather.preset"] for plan in plans}) == 4


def test_a_bin_in_which_nothing_is_ever_drawn_is_refused(tmp_path: Path) -> None:
    lines = DEER + "strata: {where: {of: actors.deer.place.ahead, bins: {near: [40 m, 45 m], far: [60 m, 70 m]}}}\n"
    with pytest.raises(ScenarioMistakes, match="the bin from 60 to 70 is always empty"):
        plans_of(tmp_path, lines)


SWEPT = ("vary: {{method: {method}, "
         "over: {{ego.speed: {{from: 10 km/h, to: 50 km/h, step: 10 km/h}}, lights: [on, off]}}}}\n")


def test_a_grid_has_every_combination_once_and_says_how_many_episodes_there_are(tmp_path: Path) -> None:
    plans = plans_of(tmp_path, SWEPT.format(method="grid"))
    assert len(plans) == 10
    found = [(round(plan.ego.speed[0].speed_mps * 3.6), plan.lights) for plan in plans]
    assert found == list(product((10, 20, 30, 40, 50), ("on", "off")))
    assert all(plan.drawn["lights"] == plan.lights for plan in plans)
    again = plans_of(tmp_path, SWEPT.format(method="grid"), 13)
    assert [plan.lights for plan in again[10:]] == ["on", "off", "on"]      # it begins anew


def test_a_zip_runs_in_step_and_refuses_lists_of_different_lengths(tmp_path: Path) -> None:
    lines = "vary: {method: zip, over: {ego.speed: [30 km/h, 50 km/h], lights: [on, off]}}\n"
    plans = plans_of(tmp_path, lines)
    assert [(round(plan.ego.speed[0].speed_mps * 3.6), plan.lights) for plan in plans] == [(30, "on"), (50, "off")]
    with pytest.raises(ScenarioMistakes, match="equally long"):
        plans_of(tmp_path, SWEPT.format(method="zip"))


def test_pairwise_has_every_pair_in_fewer_episodes_than_the_grid(tmp_path: Path) -> None:
    lines = """vary:
  method: pairwise
  over:
    ego.speed: [30 km/h, 50 km/h, 70 km/h, 90 km/h]
    lights: [on, off, auto]
    weather.preset: [ClearNoon, HardRainNoon, CloudyNoon]
    time_of_day: [noon, dusk, night]
"""
    plans = plans_of(tmp_path, lines)
    assert 12 <= len(plans) <= 15 < 4 * 3 * 3 * 3
    paths = ("ego.speed", "lights", "weather.preset", "time_of_day")
    pairs = {(a, plan.drawn[a], b, plan.drawn[b]) for plan in plans for a in paths for b in paths if a < b}
    assert len(pairs) == 4 * 3 * 3 + 3 * 3 * 3


@pytest.mark.parametrize("method", ["latin_hypercube", "sobol"])
def test_space_filling_designs_fill_every_part_of_a_range_once(tmp_path: Path, method: str) -> None:
    over = "{ego.speed: {uniform: [0, 16]}, sun.altitude: {uniform: [0, 16]}}"
    lines = f"vary: {{method: {method}, over: {over}}}\n"
    plans = list(plans_of(tmp_path, lines, 16))
    for path in ("ego.speed", "sun.altitude"):
        assert sorted(int(plan.drawn[path]) for plan in plans) == list(range(16))


def test_a_range_in_a_grid_is_refused_with_the_cure(tmp_path: Path) -> None:
    with pytest.raises(ScenarioMistakes, match="latin_hypercube"):
        plans_of(tmp_path, "vary: {over: {ego.speed: {uniform: [10, 20]}}}\n")


def test_a_sweep_leaves_the_draws_of_everything_else_alone(tmp_path: Path) -> None:
    swept = plans_of(tmp_path, DEER + SWEPT.format(method="grid"))
    free = plans_of(tmp_path, DEER, 10)
    for plan, other in zip(swept, free, strict=True):
        assert plan.actors == other.actors


def test_branches_come_as_often_as_their_chances_say(tmp_path: Path) -> None:
    lines = """actors:
  - role: deer
    animal: roe_deer
    place: {ahead: 40 m, off_road: 2 m, side: right}
    do: [cross, {either: [{chance: 35 %, do: freeze}, {chance: 15 %, do: turn_back}]}]
"""
    plans = list(plans_of(tmp_path, lines, 2000))
    counts = Counter(tuple(step.verb for step in plan.actors[0].program) for plan in plans)
    assert counts["cross", "freeze"] / 2000 == pytest.approx(0.35, abs=0.03)
    assert counts["cross", "turn_back"] / 2000 == pytest.approx(0.15, abs=0.03)
    assert counts["cross",] / 2000 == pytest.approx(0.50, abs=0.03)
    told = Counter(next(value for path, value in plan.drawn.items() if path.endswith("either")) for plan in plans)
    assert told == {"1: freeze": counts["cross", "freeze"], "2: turn_back": counts["cross", "turn_back"],
                    "nothing": counts["cross",]}


def test_dusk_night_and_dawn_are_nine_tenths_of_the_sampling_recipe(tmp_path: Path) -> None:
    lines = "time_of_day: {choice: {dusk: 0.35, night: 0.35, dawn: 0.2, noon: 0.1}}\n"
    dark = [plan.weather[0].carla["sun_altitude_angle"] < 0.0 for plan in plans_of(tmp_path, lines, 2000)]
    assert sum(dark) / 2000 == pytest.approx(0.9, abs=0.03)


def test_correlations_and_strata_take_the_bare_names_of_let_as_formulas_do(tmp_path: Path) -> None:
    lines = DEER + """let: {hurry: {uniform: [0, 1]}, gap: {uniform: [1 m, 9 m]}}
correlate: [{between: [hurry, ego.spawn.pick], by: 0.9}]
"""
    with pytest.raises(ScenarioMistakes, match=r"no value has the key path 'ego\.spawn\.pick'"):
        plans_of(tmp_path, lines)
    plans = list(plans_of(tmp_path, lines.replace("ego.spawn.pick", "actors.deer.place.ahead") + (
        "strata: {gap: {of: gap, bins: {near: [1 m, 2 m], far: [2 m, 9 m]}}}\n"), 200))
    hurry, ahead = column(plans, "let.hurry"), column(plans, "actors.deer.place.ahead")
    assert correlation(ranks(hurry), ranks(ahead)) > 0.8
    assert Counter(plan.drawn["strata.gap"] for plan in plans) == {"near": 100, "far": 100}


def test_a_latin_hypercube_keeps_correlations(tmp_path: Path) -> None:
    lines = """let: {hurry: {uniform: [0, 1]}}
vary: {method: latin_hypercube, over: {ego.speed: {uniform: [5, 15]}}}
correlate: [{between: [ego.speed, hurry], by: 0.9}]
"""
    plans = list(plans_of(tmp_path, lines, 200))
    assert correlation(ranks(column(plans, "ego.speed")), ranks(column(plans, "let.hurry"))) > 0.8


def test_whole_numbers_are_numbers_in_formulas(tmp_path: Path) -> None:
    lines = """actors:
  - {role: crowd, pedestrian: adult, count: {uniform: [1, 8]}, place: {ahead: 40 m, off_road: 2 m, side: right}}
capture: {frames: {uniform: [20, 30]}}
require: [actors.crowd.count >= 4, capture.frames > 25]
"""
    plans = list(plans_of(tmp_path, lines, 30))
    assert {len(plan.actors) for plan in plans} == {4, 5, 6, 7, 8}
    assert {plan.capture.frames for plan in plans} <= {26, 27, 28, 29, 30}


@pytest.mark.parametrize(("lane", "condition", "problem"), [
    ("2", "actors.x.place.lane >= 2", None),
    ("{choice: [left, 2]}", "actors.x.place.lane != left", None),
    ("{choice: [left, 2]}", "actors.x.place.lane >= 2", "a word or a number is neither more nor less than another"),
])
def test_what_may_be_a_word_or_a_number_is_taken_for_what_it_comes_out_as(
    tmp_path: Path, lane: str, condition: str, problem: str | None
) -> None:
    lines = f"""actors:
  - {{role: x, vehicle: car, place: {{ahead: 40 m, lane: {lane}}}}}
require: [{condition}]
"""
    if problem is None:
        assert all(plan.actors[0].placement.lane == 2 for plan in plans_of(tmp_path, lines, 10))
    else:
        with pytest.raises(ScenarioMistakes, match=problem):
            plans_of(tmp_path, lines)
