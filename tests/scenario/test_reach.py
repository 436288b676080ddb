"""Bins that no episode can fall into."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from simgen.scenario import Scenario, load_scenario, make_plans
from simgen.scenario.coverage import Coverage, count_cells, lines, parse_dimensions
from simgen.scenario.reach import bins_reached, distance_spans, key_spans, reveal_spans, speed_spans
from tests.scenario.test_coverage import child
from tests.scenario.test_plans import GOLDEN
from tests.scenario.texts import HEAD, scenario_of

NAMES = ("<2", "2-4", "4-6", ">=6")


def drawn(tmp_path: Path, speed: str) -> Scenario:
    return scenario_of(tmp_path, HEAD.replace("36 km/h", speed))


def covered(scenario: Scenario, by: str, episodes: int = 40) -> Coverage:
    plans = make_plans([scenario], episodes, 0)
    return count_cells(plans, parse_dimensions(by, scenario.values), [scenario])


def test_bins_are_reached_by_the_spans_that_touch_them() -> None:
    assert bins_reached([(2.0, 5.0)], (2.0, 4.0, 6.0), NAMES) == {"2-4", "4-6"}
    assert bins_reached([(1.0, 1.0), (6.0, 9.0)], (2.0, 4.0, 6.0), NAMES) == {"<2", ">=6"}
    assert bins_reached([], (2.0, 4.0, 6.0), NAMES) == frozenset()
    assert bins_reached(None, (2.0, 4.0, 6.0), NAMES) == {"2-4", "4-6"}            # unknown: the closed ones


@pytest.mark.parametrize(("speed", "bins"), [
    ("{uniform: [36 km/h, 54 km/h]}", ["10 m/s to 12 m/s", "12 m/s to 15 m/s"]),
    ("{choice: [9, 13]}", ["<10 m/s", "12 m/s to 15 m/s"]),
    ("{normal: [12, 0.2]}", ["10 m/s to 12 m/s", "12 m/s to 15 m/s"]),
    ("{normal: [15, 2], clip: [11, 19]}", ["10 m/s to 12 m/s", "12 m/s to 15 m/s", ">=15 m/s"]),
])
def test_open_bins_count_only_where_something_can_be_drawn(tmp_path: Path, speed: str, bins: list[str]) -> None:
    found = covered(drawn(tmp_path, speed), "ego.speed=10 m/s:12 m/s:15 m/s")
    assert list(found.cells[0]) == bins and found.empty == []
    everything = ["<10 m/s", "10 m/s to 12 m/s", "12 m/s to 15 m/s", ">=15 m/s"]
    assert [*found.left_out["ego.speed"]] == [name for name in everything if name not in bins]


def test_an_open_bin_in_which_something_can_be_drawn_is_missed(tmp_path: Path) -> None:
    found = covered(drawn(tmp_path, "{uniform: [5, 15]}"), "ego.speed=6 m/s:14 m/s", episodes=2)
    assert found.size == 3 and ("<6 m/s",) in found.empty and not found.left_out


def test_of_a_derived_number_open_bins_count_where_an_episode_falls(tmp_path: Path) -> None:
    text = HEAD + ("let: {reach: {uniform: [20 m, 60 m]}}\nactors: [{role: x, pedestrian: adult, place: {ahead: "
                   "{derive: 'reach + 10 m'}, off_road: 1 m, side: left}}]\n")
    found = covered(scenario_of(tmp_path, text), "actors.x.place.ahead=40 m:50 m")
    assert found.cells == (("<40 m", "40 m to 50 m", ">=50 m"),) and not found.left_out
    found = covered(scenario_of(tmp_path, text), "actors.x.place.ahead=10 m:40 m:90 m")
    assert found.cells == (("10 m to 40 m", "40 m to 90 m"),)
    assert found.left_out == {"actors.x.place.ahead": ("<10 m", ">=90 m")}


def test_a_copys_key_path_is_that_of_its_actor(tmp_path: Path) -> None:
    text = HEAD + ("actors: [{role: x, pedestrian: adult, count: 2, spacing: 3 m, place: {ahead: {uniform: [40, 50]}, "
                   "off_road: 1 m, side: left}}]\n")
    scenario = scenario_of(tmp_path, text)
    assert key_spans("actors.x_2.place.ahead", [scenario]) == key_spans("actors.x.place.ahead", [scenario])
    assert key_spans("ego.spawn.pick", [scenario]) is None


def test_speed_reveal_and_distance_follow_from_what_is_written(tmp_path: Path) -> None:
    scenario = scenario_of(tmp_path, child(1.0, "{uniform: [36 km/h, 54 km/h]}"))
    (slow, fast), = speed_spans([scenario]) or []
    assert (slow, fast) == pytest.approx((10.0, 15.0), abs=0.01)
    assert reveal_spans([scenario]) == [(1.0, 1.0)]
    (near, far), = distance_spans([scenario]) or []
    assert (near, far) == pytest.approx((10.0, 15.0), abs=0.01)
    found = covered(scenario, "distance,reveal,speed", episodes=60)
    assert found.cells == (("10-20 m",), ("0.7-1.5 s",), ("30-50 km/h", "50-70 km/h")) and found.empty == []


@given(st.integers(0, 10**6))
@settings(max_examples=5, deadline=None)
def test_whatever_is_drawn_is_never_left_out(seed: int) -> None:
    scenario = load_scenario(GOLDEN)
    plans = make_plans([scenario], 10, seed)
    dimensions = parse_dimensions("distance,reveal,speed")
    found = count_cells(plans, dimensions, [scenario])
    assert sum(found.counts.values()) == found.episodes
    for dimension, cells in zip(dimensions, found.cells, strict=True):
        assert {dimension.cell(plan) for plan in plans if not plan.twin} <= {*cells}


def test_what_is_not_counted_is_said(tmp_path: Path) -> None:
    told = [*lines(covered(drawn(tmp_path, "{uniform: [11, 12]}"), "ego.speed=10 m/s:14 m/s"))]
    assert told[-2] == "not counted, as no episode can fall there: ego.speed <10 m/s, >=14 m/s"
    assert told[-1] == "40 episodes fill 1 of 1 cell; 100.0 % of all cells occur"
