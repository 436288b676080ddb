"""Negative twins: the same episode, and nothing happens."""

from __future__ import annotations

import math
from dataclasses import replace
from pathlib import Path

import pytest

from simgen.motion.rehearsal import rehearse
from simgen.scenario import EpisodePlan, make_plans
from simgen.scenario.plan import MeetPlan, Step
from tests.motion.formula_road import FormulaRoad
from tests.scenario.texts import HEAD, scenario_of

HERD = """actors:
  - {role: van, vehicle: van, place: {off_road: 1.2 m, side: right}}
  - role: deer
    animal: roe_deer
    count: 2
    spacing: 3 m
    delay: 1 s
    place: {off_road: 6 m, side: right}
    meet: {reveal: 1 s, behind: van}
    do: cross
  - {role: owner, pedestrian: adult, place: {ahead: 60 m, off_road: 2 m, side: left}, do: walk,
     when: {event: {actor: deer, did: started}}}
"""


def twins_of(folder: Path, lines: str, seed: int = 0) -> tuple[EpisodePlan, EpisodePlan]:
    episode, twin = make_plans([scenario_of(folder, f"{HEAD}twin: negative\n{lines}")], 1, seed)
    return episode, twin


def test_every_episode_is_followed_by_its_twin(tmp_path: Path) -> None:
    plans = make_plans([scenario_of(tmp_path, f"{HEAD}twin: negative\nepisodes: 3\n{HERD}")], None, 0)
    assert [plan.name for plan in plans] == [f"test-000{n}{t}" for n in range(3) for t in ("", "-twin")]
    assert [plan.twin for plan in plans] == [False, True] * 3
    assert plans[3].name == "test-0001-twin"
    assert all(a.drawn == b.drawn and a.weather == b.weather and a.ego == b.ego for a, b in zip(
        plans[::2], plans[1::2], strict=True))


def test_animals_stay_where_they_start_and_look_away(tmp_path: Path) -> None:
    episode, twin = twins_of(tmp_path, HERD)
    roles = {actor.role: actor for actor in twin.actors}
    for plan in episode.actors:
        if plan.role.startswith("deer"):
            calm = roles[plan.role]
            assert calm.program == () and calm.when is None
            if plan.meet is not None:                          # what its place is solved from
                assert calm.meet == MeetPlan(plan.meet.impact_share, plan.meet.time_s)
            assert calm.placement.heading_rad == -math.pi / 2  # the road is to the left of who stands on the right
        elif plan.role == "van":
            assert roles["van"].placement == replace(plan.placement, ahead_m=-0.5, of="deer_1", between="ends")
        else:
            assert roles[plan.role] == plan


def test_who_lies_or_stands_on_the_road_is_not_there_and_who_is_placed_by_it_neither(tmp_path: Path) -> None:
    _, twin = twins_of(tmp_path, """actors:
  - {role: cargo, prop: box, event: true, place: {ahead: 60 m, lane: ego}}
  - {role: tape, prop: cone, place: {of: cargo, ahead: -5 m}}
  - {role: body, pedestrian: lying, event: true, place: {ahead: 50 m, left: 0.5 m, facing: along}}
  - {role: parked, vehicle: car, event: true, place: {ahead: 70 m, off_road: 1 m, side: right}}
  - {role: cow, animal: cattle, event: true, place: {ahead: 60 m, lane: oncoming, facing: along}}
""")
    assert [(actor.role, actor.program[0].verb) for actor in twin.actors] == [("parked", "park")]


def test_vehicles_keep_driving_and_leave_out_the_rest(tmp_path: Path) -> None:
    _, twin = twins_of(tmp_path, """actors:
  - role: cutter
    vehicle: car
    event: true
    place: {ahead: 20 m, lane: left}
    do: [{follow_road: {speed: 50 km/h, for: 2 s}}, {cut_in: {gap: 5 m}}]
  - role: ghost
    vehicle: car
    event: true
    place: {ahead: 200 m, lane: ego, facing: against}
    do: {follow_road: {speed: 90 km/h, against: true}}
""")
    (cutter,) = twin.actors
    assert [step.verb for step in cutter.program] == ["follow_road"]


def test_who_waits_for_somebody_who_is_gone_does_nothing(tmp_path: Path) -> None:
    _, twin = twins_of(tmp_path, """actors:
  - {role: ball, prop: ball, event: true, place: {ahead: 40 m, off_road: 1 m, side: right}, do: {cross: {speed: 3 m/s}}}
  - {role: child, pedestrian: child, place: {ahead: 42 m, off_road: 3 m, side: right}, do: cross,
     when: {event: {actor: ball, did: started}}}
""")
    (child,) = twin.actors
    assert child.when is None and child.program == ()


def test_who_would_have_met_the_ego_from_a_junctions_arm_comes_later(tmp_path: Path) -> None:
    episode, twin = twins_of(tmp_path, """actors:
  - {role: runner, vehicle: car, place: {junction: left}, meet: {time: 1 s}, do: {follow_road: {speed: 40 km/h}}}
  - {role: slow, vehicle: car, place: {lane: ego}, meet: {time: 1.5 s}, do: {follow_road: {speed: 10 km/h}}}
""")
    (runner,) = twin.actors
    assert runner.program == episode.actors[0].program and runner.placement == episode.actors[0].placement
    assert runner.meet is not None and runner.meet.miss_s == 5.0


@pytest.mark.parametrize(("lead", "run_up", "left_m"), [("3 s", "", -4.2), ("3 s", ", run_up: 0.7 m", -3.5)])
def test_who_starts_at_a_time_before_the_impact_stands_where_that_is(
    tmp_path: Path, lead: str, run_up: str, left_m: float
) -> None:
    """1.4 m/s for 3 s; with 0.7 m of run-up, which takes 1 s, half a second of it is lost."""
    _, twin = twins_of(tmp_path, "capture: {frames: 60}\nactors:\n"
                                 "  - {role: x, pedestrian: adult, place: {side: right}, "
                                 f"meet: {{lead: {lead}}}, do: {{cross: {{speed: 1.4 m/s{run_up}}}}}}}\n")
    (walker,) = twin.actors
    assert walker.placement.left_m == pytest.approx(left_m)
    assert walker.meet is not None and walker.meet.lead_s is None


def test_in_rehearsal_nobody_touches_the_ego_in_the_twin(tmp_path: Path) -> None:
    """Set on a straight road and played by ``simgen.motion``; in the episode itself the leader is hit."""
    text = f"{HEAD.replace('rural', 'town')}twin: negative\ncapture: {{frames: 60}}\n{HERD}" + """
  - {role: jogger, pedestrian: adult, place: {side: left}, meet: {lead: 3 s, time: 5 s}, do: {cross: {gait: jog}}}
"""
    episode, twin = make_plans([scenario_of(tmp_path, text)], 1, 0)
    hits = [{event.role for event in rehearse(plan, FormulaRoad()).events if event.did == "hit"}
            for plan in (episode, twin)]
    assert "deer_1" in hits[0] and hits[1] == set()


def test_a_vehicle_of_the_event_drives_on_as_fast_as_it_was_told_to_before(tmp_path: Path) -> None:
    _, twin = twins_of(tmp_path, "actors:\n  - {role: x, vehicle: car, event: true, place: {ahead: 60 m, "
                                 "lane: oncoming}, do: [{run_red: {speed: 12}}, {drift: {side: left}}, follow_road]}\n")
    (car,) = twin.actors
    assert car.program == (Step("follow_road", speed_mps=12.0),)
