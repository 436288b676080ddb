"""Which cells plans fill, and the dimensions they are counted by."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from simgen.errors import RequestError
from simgen.scenario import EpisodePlan, make_plans
from simgen.scenario.coverage import count_cells, lines, parse_dimensions
from simgen.scenario.dimensions import DIMENSIONS, bins, distance_when_seen_m, is_avoidable
from simgen.scenario.ego_plans import speed_at, travelled_m
from simgen.scenario.plan import SpeedPoint
from tests.scenario.texts import HEAD, plan_of, scenario_of

VAN = "  - {role: van, vehicle: van, place: {beside: 1 m, side: right}}\n"


def child(reveal_s: float, speed: str = "36 km/h", weather: str = "ClearNoon") -> str:
    """A child that comes into sight so long before it is met."""
    return (f"name: test\nroad: {{kind: town}}\nego: {{speed: {speed}}}\nweather: {weather}\ncapture: {{frames: 101}}\n"
            f"actors:\n{VAN}  - {{role: child, pedestrian: child, place: {{off_road: 2 m, side: right}}, "
            f"meet: {{reveal: {reveal_s} s, behind: van}}, do: cross}}\n")


def cell(name: str, plan: EpisodePlan) -> str:
    return DIMENSIONS[name].cell(plan)


def test_an_episode_is_about_who_meets_the_ego(tmp_path: Path) -> None:
    plan = plan_of(tmp_path, child(1.0))
    assert {name: cell(name, plan) for name in DIMENSIONS} == {
        "species": "child", "light": "day", "weather": "clear", "distance": "10-20 m", "speed": "30-50 km/h",
        "occlusion": "behind something", "reveal": "0.7-1.5 s", "road": "town", "avoidable": "no"}


@pytest.mark.parametrize(("line", "kind"), [
    ("animal: moose", "moose"), ("pedestrian: wheelchair", "wheelchair"), ("pedestrian: lying", "lying"),
    ("pedestrian: elderly", "elderly"), ("pedestrian: stroller", "stroller"), ("pedestrian: woman", "adult"),
    ("cyclist: bicycle", "bicycle"), ("vehicle: truck", "truck"), ("prop: tyre", "tyre"),
    ("vehicle: vehicle.some.thing", "vehicle.some.thing"),
])
def test_kinds_are_told_from_plans(tmp_path: Path, line: str, kind: str) -> None:
    text = f"{HEAD}actors: [{{role: x, {line}, place: {{ahead: 40 m, lane: ego}}}}]\n"
    assert cell("species", plan_of(tmp_path, text)) == kind


@pytest.mark.parametrize(("altitude", "light"), [(60, "day"), (10, "day"), (9, "golden"), (0, "golden"), (-1, "dusk"),
                                                 (-6, "dusk"), (-7, "night")])
def test_light_goes_by_the_suns_altitude(tmp_path: Path, altitude: int, light: str) -> None:
    assert cell("light", plan_of(tmp_path, f"{HEAD}sun: {{altitude: {altitude}}}\n")) == light


@pytest.mark.parametrize(("words", "weather"), [
    ("ClearNight", "clear"), ("CloudyNoon", "cloudy"), ("SoftRainNoon", "rain"), ("{visibility: 200 m}", "fog"),
    ("{visibility: 5 km}", "clear"), ("{fog_density: 60 %, fog_distance: 0}", "fog"), ("{snow_depth: 3 cm}", "snow"),
    ("{snowfall: 1 mm/h, visibility: 100 m}", "snow"), ("DustStorm", "dust"), ("{dust: 300 m}", "dust"),
])
def test_weather_is_named_by_its_worst(tmp_path: Path, words: str, weather: str) -> None:
    assert cell("weather", plan_of(tmp_path, f"{HEAD}weather: {words}\n")) == weather


def test_avoidable_is_seeing_from_farther_than_the_way_to_stop(tmp_path: Path) -> None:
    """At 36 km/h a driver needs 15 + 100 / 14 = 22.1 m on dry asphalt, 15 + 100 / 2 = 65 m on ice."""
    late, early = plan_of(tmp_path, child(2.2)), plan_of(tmp_path, child(2.22))
    assert distance_when_seen_m(late) == pytest.approx(22.0) and is_avoidable(late) is False
    assert distance_when_seen_m(early) == pytest.approx(22.2) and is_avoidable(early) is True
    assert is_avoidable(plan_of(tmp_path, child(5.9, weather="{road: icy}"))) is False
    braking = plan_of(tmp_path, child(0.9).replace("km/h}", "km/h, reacts: aeb}"))         # 3 + 100 / 18 = 8.6 m
    assert is_avoidable(braking) is True
    assert is_avoidable(plan_of(tmp_path, HEAD)) is None


def test_the_way_of_a_speed_profile_is_its_integral(tmp_path: Path) -> None:
    ego = replace(plan_of(tmp_path, HEAD).ego, speed=(SpeedPoint(1.0, 10.0), SpeedPoint(3.0, 20.0)))
    assert [speed_at(ego, time_s) for time_s in (0.0, 1.0, 2.0, 3.0, 9.0)] == [10.0, 10.0, 15.0, 20.0, 20.0]
    assert travelled_m(ego, 0.0, 4.0) == 10.0 + 30.0 + 20.0
    assert travelled_m(ego, 2.0, 3.0) == 17.5


def test_counts_shares_and_what_is_missing(tmp_path: Path) -> None:
    text = child(1.0) + "vary: {over: {weather.preset: [ClearNoon, HardRainNoon], ego.speed: [36 km/h, 72 km/h]}}\n"
    plans = make_plans([scenario_of(tmp_path, text)], 6, 0)
    found = count_cells(plans, parse_dimensions("weather,speed", ()))
    assert found.episodes == 6 and found.size == 6 * 6
    assert found.counts == {("clear", "30-50 km/h"): 2, ("clear", "70-90 km/h"): 2, ("rain", "30-50 km/h"): 1,
                            ("rain", "70-90 km/h"): 1}
    assert len(found.empty) == 36 - 4
    assert found.pair_share() == pytest.approx(4 / 36)
    told = found.to_json()
    assert (told["filled"], told["empty"], len(told["cells"])) == (4, 32, 36)
    assert sum(one["episodes"] for one in told["cells"]) == 6
    text = "\n".join(lines(found))
    assert "33.3 %" in text and "empty:" in text and "6 episodes fill 4 of 36 cells" in text


def test_key_paths_have_the_bins_that_were_written(tmp_path: Path) -> None:
    text = HEAD.replace("36 km/h", "{uniform: [36 km/h, 72 km/h]}") + "lights: {choice: [on, off]}\n"
    plans = make_plans([scenario_of(tmp_path, text)], 60, 0)
    speeds, lamps = parse_dimensions("ego.speed=45 km/h:60 km/h, lights", ("ego.speed", "lights"))
    found = count_cells(plans, [speeds, lamps])
    assert found.cells == (("<45 km/h", "45 km/h to 60 km/h", ">=60 km/h"), ("off", "on"))
    for plan in plans:
        kph = plan.drawn["ego.speed"] * 3.6
        assert speeds.cell(plan) == ("<45 km/h" if kph < 45 else "45 km/h to 60 km/h" if kph < 60 else ">=60 km/h")
    assert found.empty == [] and found.pair_share() == 1.0


def test_twins_are_not_counted(tmp_path: Path) -> None:
    plans = make_plans([scenario_of(tmp_path, child(1.0) + "twin: negative\n")], 3, 0)
    assert len(plans) == 6 and count_cells(plans, [DIMENSIONS["reveal"]]).episodes == 3


def test_bins_end_where_the_next_begin() -> None:
    assert bins((0.7, 1.5), "s") == ("<0.7 s", "0.7-1.5 s", ">=1.5 s")


@pytest.mark.parametrize(("by", "problem"), [
    ("speces", "did you mean 'species'"), ("light,light", "named twice"), ("ego.speed=fast", "not a number"),
    ("ego.speed=60 km/h:40 km/h", "must grow"), ("", "there is no dimension ''"), ("light=3", "no dimension 'light'"),
])
def test_wrong_dimensions_are_one_sentence(by: str, problem: str) -> None:
    with pytest.raises(RequestError, match=problem):
        parse_dimensions(by, ("ego.speed",))


def test_bins_for_words_are_refused_when_they_come(tmp_path: Path) -> None:
    plans = make_plans([scenario_of(tmp_path, HEAD + "lights: {choice: [on, off]}\n")], 1, 0)
    with pytest.raises(RequestError, match="comes out as words"):
        count_cells(plans, parse_dimensions("lights=1:2", ("lights",)))
