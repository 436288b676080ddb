"""Background traffic: as dense as asked, clear of the event, and nobody is reshuffled."""

from __future__ import annotations

from pathlib import Path

import pytest

from simgen.scenario import EpisodePlan, make_plans
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


def test_nobody_drives_into_the_ego_or_past_the_event_when_it_happens(tmp_path: Path) -> None:
    for seed in range(30):
        plan = traffic_of(tmp_path, "vehicles: 60 /km", MEET, seed)
        for actor in plan.actors[1:]:
            station_m, speed_mps = actor.placement.ahead_m, actor.program[0].speed_mps
            assert station_m is not None and speed_mps is not None
            velocity = -speed_mps if actor.placement.oncoming else speed_mps
            assert abs((5 * 10.0 - station_m) / velocity - 5.0) >= 4.0
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
