"""The numbers of the Euro NCAP protocols (AEB/LSS VRU 4.5.1, AEB C2C 4.3.1, CA Frontal Collisions 1.1) come out.

Sweeps are read off the plans; distances and times off rehearsals on the built-in simulator's maps.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cache

import numpy as np
import pytest
from numpy.typing import NDArray

from simgen.motion.bodies import Body
from simgen.motion.events import measured
from simgen.motion.rehearsal import Rehearsal
from simgen.scenario import EpisodePlan
from tests.scenario.rehearsing import LIBRARY, plans_of, rehearsed, scene_of

FOLDER = LIBRARY / "euro_ncap"
PROTOCOLS_EGO = Body(4.358, 1.815, 1.577)


@dataclass(frozen=True)
class Sweep:
    """ego, target: speeds in km/h; impacts: % of the ego's front; lights: by day and by night."""

    tests: int
    ego: Sequence[int]
    impacts: Sequence[int] = (50,)
    target: Sequence[int] = ()
    lights: int = 1


def steps(first: int, last: int, step: int = 5) -> list[int]:
    return list(range(first, last + 1, step))


OVERLAPS = (0, 25, 50, 75, 100)         # -50, -75, 100, 75 and 50 %
SWEEPS = {
    "cpna": Sweep(44, steps(10, 60), (25, 75), (5,), lights=2),
    "cpfa": Sweep(22, steps(10, 60), (50,), (8,), lights=2),
    "cpnco": Sweep(22, steps(10, 60), (50,), (5,), lights=2),
    "cpla": Sweep(16, steps(20, 80), (25, 50), (5,)),
    "cpta": Sweep(4, (10, 15, 20), (50,), (5,)),
    "cbna": Sweep(11, steps(10, 60), (50,), (15,)),
    "cbnao": Sweep(11, steps(10, 60), (50,), (10,)),
    "cbfa": Sweep(11, steps(10, 60), (50,), (20,)),
    "cbla": Sweep(15, steps(25, 80), (25, 50), (15, 20)),
    "ccrs": Sweep(75, steps(10, 80), OVERLAPS),
    "ccrm": Sweep(55, steps(30, 80), OVERLAPS, (20,)),
    "ccrb": Sweep(4, (50,), (), (50,)),
    "ccfhos": Sweep(2, (50, 70), (50,), (50, 70)),
    "ccfhol": Sweep(2, (50, 70), (50,), (50, 70)),
    "ccftap": Sweep(9, (10, 15, 20), (50,), (30, 45, 60)),
    "cmftap": Sweep(9, (10, 15, 20), (50,), (30, 45, 60)),
    "cccscp": Sweep(50, steps(20, 60, 10), (50,), steps(20, 60, 10)),
}
# The actor of the event that is met in the middle of the road wish's place; ccrb's is followed, ccfhol's changes lanes.
MET = [name for name in SWEEPS if name not in ("ccrb", "ccfhol")]


def plans(name: str) -> tuple[EpisodePlan, ...]:
    return plans_of(FOLDER / f"{name}.yaml")


def at_kph(name: str, speed_kph: float, impact: float = 0.5) -> EpisodePlan:
    """The first episode with that speed of the ego and that impact."""
    return next(
        plan for plan in plans(name)
        if math.isclose(plan.ego.speed[0].speed_mps * 3.6, speed_kph)
        and plan.actors[0].meet is not None and plan.actors[0].meet.impact_share == impact
    )


@cache
def played(name: str, speed_kph: float, impact: float = 0.5) -> Rehearsal:
    return scene_of(at_kph(name, speed_kph, impact)).rehearsal


def beside(play: Rehearsal, role: str) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """(T,) stations along the ego's lane and offsets to the left of it, at every tick."""
    return play.stage.corridor.station_and_left(play.tracks[role][:, :2])


def reaches_s(play: Rehearsal, role: str, left_m: float) -> float:
    """When an actor that comes from the right is so far to the left of the ego's lane's middle."""
    _, left = beside(play, role)
    assert left[-1] >= left_m - 1e-3
    return float(np.interp(left_m, left, play.times_s))


def test_the_folder_holds_these_cases_and_no_others() -> None:
    assert {path.stem for path in FOLDER.glob("*.yaml")} == set(SWEEPS)


@pytest.mark.parametrize("name", SWEEPS)
def test_the_sweep_is_the_protocols(name: str) -> None:
    sweep, made = SWEEPS[name], plans(name)
    assert len(made) == sweep.tests
    assert f"{sweep.tests} tests" in " ".join((FOLDER / f"{name}.yaml").read_text(encoding="utf-8").split())
    assert sorted({round(plan.ego.speed[0].speed_mps * 3.6, 6) for plan in made}) == list(sweep.ego)
    event = [plan.actors[0] for plan in made]
    assert sorted({round(actor.meet.impact_share * 100) for actor in event if actor.meet}) == sorted(sweep.impacts)
    targets = {round(step.speed_mps * 3.6, 6) for actor in event for step in actor.program[:1] if step.speed_mps}
    assert sorted(targets) == list(sweep.target)
    suns = {plan.weather[0].carla["sun_altitude_angle"] for plan in made}
    assert (len(suns), min(suns) < 0.0) == (sweep.lights, sweep.lights == 2)


@pytest.mark.parametrize(
    ("name", "impact", "speeds_kph"),
    [("cpla", 0.25, steps(50, 80)), ("cpla", 0.5, steps(20, 60)),
     ("cbla", 0.5, steps(25, 60)), ("cbla", 0.25, steps(50, 80))],
)
def test_each_point_of_impact_has_its_own_speeds(name: str, impact: float, speeds_kph: list[int]) -> None:
    found = [plan for plan in plans(name) if plan.actors[0].meet and plan.actors[0].meet.impact_share == impact]
    assert [round(plan.ego.speed[0].speed_mps * 3.6) for plan in found] == speeds_kph
    if name == "cbla":
        assert {round((plan.actors[0].program[0].speed_mps or 0.0) * 3.6) for plan in found} == {
            15 if impact == 0.5 else 20}


@pytest.mark.parametrize("name", MET)
def test_the_last_frame_is_the_impact_where_the_file_asks_for_it(name: str) -> None:
    plan = plans(name)[-1]
    actor = plan.actors[0]
    assert actor.meet is not None
    play = scene_of(plan).rehearsal
    found = measured(play.events, actor.role)
    assert found.impact_s == pytest.approx((plan.capture.frames - 1) / plan.capture.rate_hz, abs=0.01)
    # On cpta's crosswalk the ego still turns a little: its corner is there before its front is level.
    assert found.impact_share == pytest.approx(actor.meet.impact_share, abs=0.015 if name == "cpta" else 0.01)


def test_cpna_takes_3_60_s_from_4_m_beside_the_egos_centre_line() -> None:
    play = played("cpna", 20, 0.75)
    starts = play.stage.meets["adult"].starts_s
    assert starts is not None
    assert beside(play, "adult")[1][0] == pytest.approx(-4.0, abs=0.01)
    assert reaches_s(play, "adult", 0.0) - starts == pytest.approx(3.60, abs=0.01)
    assert reaches_s(play, "adult", -3.0) - starts == pytest.approx(2 * 1.0 / (5 / 3.6), abs=0.02)      # the run-up


def test_cpfa_takes_3_38_s_from_6_m_on_the_far_side() -> None:
    play = played("cpfa", 30)
    starts = play.stage.meets["adult"].starts_s
    assert starts is not None
    _, left = beside(play, "adult")
    assert left[0] == pytest.approx(6.0, abs=0.01)
    assert left[-1] == pytest.approx(0.0, abs=0.01)
    assert play.times_s[-1] - starts == pytest.approx(3.38, abs=0.01)


def test_cpnco_parks_cars_1_m_beside_the_ego_and_1_m_before_the_child_who_is_past_them_1_37_s_before_the_centre(
) -> None:
    plan = at_kph("cpnco", 40)
    play = rehearsed(plan, {"ego": PROTOCOLS_EGO})
    places, bodies, corridor = play.stage.places, play.stage.bodies, play.stage.corridor
    station, left = {}, {}
    for role in ("child", "small_car", "large_car"):
        stations, offsets = corridor.station_and_left(np.array([places[role].xy_m]))
        station[role], left[role] = float(stations[0]), float(offsets[0])
    edge_m = left["small_car"] + bodies["small_car"].width_m / 2
    assert -bodies["ego"].width_m / 2 - edge_m == pytest.approx(1.0, abs=0.01)
    assert left["large_car"] + bodies["large_car"].width_m / 2 == pytest.approx(edge_m, abs=0.01)
    near_m = station["child"] - bodies["child"].width_m / 2
    assert near_m - (station["small_car"] + bodies["small_car"].length_m / 2) == pytest.approx(1.0, abs=0.01)
    apart = (bodies["small_car"].length_m + bodies["large_car"].length_m) / 2
    assert station["small_car"] - station["large_car"] - apart == pytest.approx(1.0, abs=0.01)
    assert left["child"] == pytest.approx(-4.0, abs=0.01)
    past_edge_s = reaches_s(play, "child", edge_m)
    assert reaches_s(play, "child", 0.0) - past_edge_s == pytest.approx(1.37, abs=0.01)
    assert reaches_s(play, "child", edge_m + 1.0) - past_edge_s == pytest.approx(0.72, abs=0.01)
    # The camera looks round the edge: it sees the child's front before that is past it, never as early as at the start.
    seen_s = play.stage.meets["child"].reveal_solved_s
    assert seen_s is not None
    assert 1.37 < seen_s < 2.2


@pytest.mark.parametrize(("name", "steady_m"), [("cbna", 17.0), ("cbfa", 22.0), ("cbnao", 4.5)])
def test_bicycles_ride_steadily_for_long_enough(name: str, steady_m: float) -> None:
    for plan in plans(name):
        speed = plan.actors[0].program[0].speed_mps
        assert speed is not None
        assert speed * (plan.capture.warmup_s + plan.actors[0].meet.time_s) >= steady_m     # type: ignore[union-attr]
    play = played(name, 40)
    x, y, _, _ = play.tracks["cyclist"].T
    assert np.hypot(x[-1] - x[0], y[-1] - y[0]) >= steady_m
    assert np.hypot(np.diff(x), np.diff(y)) / np.diff(play.times_s) == pytest.approx(speed, abs=0.01)


def test_cbnao_hides_the_cyclist_behind_a_car_4_8_m_off_its_flank_and_3_55_m_off_the_egos_centre_line() -> None:
    play = played("cbnao", 40)
    places, bodies, corridor = play.stage.places, play.stage.bodies, play.stage.corridor
    stations, offsets = corridor.station_and_left(np.array([places[role].xy_m for role in ("large_car", "small_car")]))
    rides_m = float(beside(play, "cyclist")[0][-1])
    gap = rides_m - bodies["cyclist"].width_m / 2 - stations[0] - bodies["large_car"].width_m / 2
    assert gap == pytest.approx(4.8, abs=0.1)                    # the lane's width is the map's
    assert -offsets[0] - bodies["large_car"].length_m / 2 == pytest.approx(3.55, abs=0.01)
    lengths_m = bodies["large_car"].length_m + bodies["small_car"].length_m
    assert offsets[0] - offsets[1] - lengths_m / 2 == pytest.approx(0.2, abs=0.02)


@pytest.mark.parametrize("number", [1, 3])          # to the left, to the right
def test_cpta_walks_6_m_in_5_04_s_over_the_street_that_the_ego_turns_into(number: int) -> None:
    plan = plans("cpta")[number]
    play = scene_of(plan).rehearsal
    starts = play.stage.meets["adult"].starts_s
    assert starts is not None
    x, y, _, yaw = play.tracks["adult"].T
    assert np.hypot(x[-1] - x[0], y[-1] - y[0]) == pytest.approx(6.0, abs=0.02)
    assert play.times_s[-1] - starts == pytest.approx(5.04, abs=0.02)
    ego_yaw = play.tracks["ego"][:, 3]
    turn = math.degrees(ego_yaw[-1] - ego_yaw[0]) % 360.0
    assert turn == pytest.approx(90.0 if number == 1 else 270.0, abs=10.0)
    assert math.cos(yaw[-1] - ego_yaw[-1]) == pytest.approx(0.0, abs=0.1)


@pytest.mark.parametrize("number", range(4))
def test_ccrb_follows_at_12_or_40_m_and_brakes_with_2_or_6_mps2(number: int) -> None:
    plan = plans("ccrb")[number]
    braking = plan.actors[0].program[1].acceleration_mps2
    headway_m = 12.0 if number < 2 else 40.0
    assert braking == (6.0 if number % 2 == 0 else 2.0)
    play = scene_of(plan).rehearsal
    bodies = play.stage.bodies
    ego, target = beside(play, "ego")[0], beside(play, "target")[0]
    gaps = target - ego - (bodies["ego"].length_m + bodies["target"].length_m) / 2
    first = int(np.argmin(np.abs(play.times_s)))
    assert gaps[first] == pytest.approx(headway_m, abs=0.01)
    braked_s = play.times_s[-1] - 0.3
    assert gaps[first] - gaps[-1] == pytest.approx(braking * braked_s**2 / 2, abs=0.05)


@pytest.mark.parametrize(("number", "way_m", "headway_m"), [(0, 44.0, 13.9), (1, 60.0, 19.4)])
def test_ccfhol_changes_lanes_over_44_or_60_m_and_is_done_1_5_s_before_the_impact(
    number: int, way_m: float, headway_m: float
) -> None:
    plan = plans("ccfhol")[number]
    # More than is recorded: in the lane change it falls a few centimetres behind.
    play = scene_of(replace(plan, capture=replace(plan.capture, frames=plan.capture.frames + 1))).rehearsal
    stage, bodies, speed = play.stage, play.stage.bodies, plan.ego.speed[0].speed_mps
    change = next(step for step in play.steps["overtaker"] if step.verb == "lane_change")
    assert change.ends_s is not None
    assert (change.ends_s - change.begins_s) * speed == pytest.approx(way_m, abs=0.5)
    found = measured(play.events, "overtaker")
    assert found.impact_s is not None
    assert found.impact_s - change.ends_s == pytest.approx(1.5, abs=0.02)
    assert found.impact_share == pytest.approx(0.5, abs=0.02)
    before = int(np.searchsorted(play.times_s, change.begins_s)) - 1
    gap = beside(play, "overtaker")[0][before] - beside(play, "overtaken")[0][before]
    assert gap - (bodies["overtaker"].length_m + bodies["overtaken"].length_m) / 2 == pytest.approx(headway_m, abs=0.1)
    assert stage.left_out == ()
