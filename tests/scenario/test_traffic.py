"""Background traffic: as dense as asked, clear of the event, and nobody is reshuffled."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from simgen.scenario import EpisodePlan, ScenarioMistakes, make_plans
from simgen.scenario.traffic import AHEAD_M, BEHIND_M
from tests.scenario.texts import HEAD, plan_of, scenario_of

MEET = """actors:
  - {role: deer, animal: roe_deer, place: {off_road: 3 m, side: right}, meet: {time: 5 s}, do: cross}
capture: {frames: 80}
"""


def traffic_of(folder: Path, words: str, lines: str = "", seed: int = 0) -> EpisodePlan:
    return plan_of(folder, f"{HEAD}traffic: {{{words}}}\n{lines}", seed)


def test_a_higher_density_adds_actors_and_moves_none(tmp_path: Path) -> None:
    few, many = (traffic_of(tmp_path, f"vehicles: {density} /km, pedestrians: {density} /km") for density in (10, 30))
    assert 0 < len(few.actors) < len(many.actors)
    more = {actor.role: actor for actor in many.actors}
    assert all(more[actor.role] == actor for actor in few.actors)


def test_the_mean_number_is_the_density_times_the_stretch(tmp_path: Path) -> None:
    scenario = scenario_of(tmp_path, HEAD + "traffic: {pedestrians: 7 /km}\n")
    counts = [len(plan.actors) for plan in make_plans([scenario], 300, 0)]
    assert sum(counts) / 300 == pytest.approx(2 * 7 * (AHEAD_M - BEHIND_M) / 1000, abs=0.15)


def test_everybody_is_background_with_a_place_on_the_stretch_and_something_to_do(tmp_path: Path) -> None:
    plan = traffic_of(tmp_path, "vehicles: 40 /km, pedestrians: 40 /km")
    for actor in plan.actors:
        place, (step,) = actor.placement, actor.program
        assert actor.background and not actor.event and actor.meet is None
        assert place.ahead_m is not None and BEHIND_M <= place.ahead_m <= AHEAD_M
        assert step.verb == "follow_road" and step.speed_mps is not None and step.speed_mps > 0.0
        if actor.kind == "walker":
            assert place.side is not None and place.off_road_m is not None and place.off_road_m > 0.5
            assert 0.5 <= step.speed_mps <= 2.4
    assert {actor.placement.oncoming for actor in plan.actors if actor.kind == "vehicle"} == {True, False}


def test_some_people_of_the_background_carry_umbrellas_when_it_rains_and_nothing_else_changes(tmp_path: Path) -> None:
    dry, wet = (traffic_of(tmp_path, "pedestrians: 60 /km", f"weather: {{preset: {preset}}}\n").actors
                for preset in ("ClearNoon", "HardRainNoon"))
    assert not any(actor.attributes for actor in dry)
    under = [actor.attributes == {"umbrella": "true"} for actor in wet]
    assert 0.1 < sum(under) / len(under) < 0.9
    for before, after in zip(dry, wet, strict=True):
        assert replace(after, attributes={}, size_lwh_m=before.size_lwh_m) == before
        assert after.size_lwh_m == ((1.0, 1.0, 2.05) if after.attributes else before.size_lwh_m)


def test_nobody_drives_into_the_ego_or_past_the_event_when_it_happens(tmp_path: Path) -> None:
    for seed in range(30):
        plan = traffic_of(tmp_path, "vehicles: 60 /km", MEET, seed)
        for actor in plan.actors[1:]:
            station_m, speed_mps = actor.placement.ahead_m, actor.program[0].speed_mps
            assert station_m is not None and speed_mps is not None
            velocity = -speed_mps if actor.placement.oncoming else speed_mps
            assert abs((5 * 10.0 - station_m) / velocity - 1.0 - 5.0) >= 4.0   # after 1 s of warm-up
            if not actor.placement.oncoming:
                assert abs(station_m) >= 15.0
                assert speed_mps >= 10.0 if station_m > 0.0 else speed_mps <= 10.0


def test_kinds_and_speeds_are_as_told(tmp_path: Path) -> None:
    plan = traffic_of(tmp_path, "vehicles: 60 /km, kinds: {bus: 1}, speed: {uniform: [9, 11]}")
    assert {actor.blueprint for actor in plan.actors} == {"vehicle.mitsubishi.fusorosa"}
    speeds = [actor.program[0].speed_mps or 0.0 for actor in plan.actors if actor.placement.oncoming]
    assert speeds and 9 <= min(speeds) < max(speeds) <= 11


def test_other_lanes_are_used_where_the_road_is_wide(tmp_path: Path) -> None:
    narrow = traffic_of(tmp_path, "vehicles: 100 /km")
    wide = plan_of(tmp_path, HEAD.replace("rural", "highway") + "traffic: {vehicles: 100 /km}\n")
    lanes = [{actor.placement.lane for actor in plan.actors if not actor.placement.oncoming} for plan in (narrow, wide)]
    assert lanes == [{0}, {0, 1, -1}]


def test_a_speed_that_is_told_is_nobodys_to_change_and_who_would_hit_the_ego_is_left_out(tmp_path: Path) -> None:
    for seed in range(20):
        plan = traffic_of(tmp_path, "vehicles: 60 /km, speed: {uniform: [5, 15]}", seed=seed)
        clip_s = (plan.capture.frames - 1) / plan.capture.rate_hz
        for actor in plan.actors:
            station_m, speed_mps = actor.placement.ahead_m, actor.program[0].speed_mps
            assert station_m is not None and speed_mps is not None and 5 <= speed_mps <= 15
            if not actor.placement.oncoming:
                gaps_m = [station_m + 10.0, station_m + speed_mps * (clip_s + 1.0) - 10.0 * clip_s]
                assert min(gaps_m) >= 15.0 or max(gaps_m) <= -15.0


def test_an_ego_that_brakes_is_not_run_into(tmp_path: Path) -> None:
    profile = "[{at: 0 s, speed: 20}, {at: 2 s, speed: 0}]"
    head = HEAD.replace("36 km/h", profile) + "capture: {frames: 61}\ntraffic: {vehicles: 60 /km}\n"
    for seed in range(20):
        for actor in plan_of(tmp_path, head, seed).actors:
            station_m, speed_mps = actor.placement.ahead_m, actor.program[0].speed_mps
            assert station_m is not None and speed_mps is not None
            if not actor.placement.oncoming and station_m < -20.0:          # 1 s of warm-up, 6 s of clip; the ego: 20 m
                assert station_m + 7.0 * speed_mps <= 20.0 - 15.0


@pytest.mark.parametrize(("told", "extra", "expected"), [
    (", speed: {derive: 0.9 * ego.speed}", "", 9.0), ("", "vary: {over: {traffic.speed: [8, 12]}}\n", 8.0),
])
def test_a_speed_can_be_derived_or_swept(tmp_path: Path, told: str, extra: str, expected: float) -> None:
    plan = plan_of(tmp_path, f"{HEAD}traffic: {{vehicles: 60 /km{told}}}\n{extra}")
    assert {actor.program[0].speed_mps for actor in plan.actors} == {expected}
    assert plan.drawn["traffic.speed"] == expected


def test_a_speed_outside_what_makes_sense_is_told_with_its_place(tmp_path: Path) -> None:
    with pytest.raises(ScenarioMistakes, match=r"test.yaml:4:\d+: traffic.speed: drawn in episode 0: .*outside what"):
        traffic_of(tmp_path, "vehicles: 60 /km, speed: {normal: [10, 200]}")
