"""Parked cars of the level: nobody is placed on one, nobody walks through one."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from simgen.errors import PlacementError
from simgen.motion.bodies import Body
from simgen.motion.clock import Clock
from simgen.motion.outline import clearances_m, overlap_m
from simgen.motion.rehearsal import play
from simgen.motion.road import Place, StartOption
from simgen.motion.stage import Stage, set_stage
from simgen.motion.standing import Standing, in_the_way
from simgen.scenario.plan import ActorPlan, EpisodePlan, Placement, SpawnWish, Step
from tests.motion.formula_road import LANE_M, FormulaRoad
from tests.motion.plans import CAMERA, CAR, EGO_BODY, actor, crosser, plan

FIRST_M = 12.0          # the ego's station at the first frame: 1 s of warm-up at 12 m/s
CAR_BODY = Body(*CAR)


def parked(x_m: float, y_m: float, z_m: float = 0.0) -> Standing:
    return Standing("car", Place(x_m, y_m, z_m, 0.0), CAR_BODY)


def staged(scenario: EpisodePlan, *things: Standing, road: FormulaRoad | None = None) -> Stage:
    return set_stage(scenario, road or FormulaRoad(), {"ego": EGO_BODY}, Clock.of(scenario), CAMERA, things)


def passer(off_road_m: float = 1.0, ahead_m: float = 10.0) -> ActorPlan:
    return actor("passer", placement=Placement(ahead_m, side="right", off_road_m=off_road_m), background=True,
                 program=(Step("follow_road", speed_mps=1.5),))


def row_of_cars(y_m: float) -> list[Standing]:
    return [parked(x, y_m) for x in np.arange(-40.0, 80.0, 6.0)]


def test_how_far_moving_bodies_are_apart_is_what_two_standing_ones_overlap() -> None:
    here, there = Place(1.0, 2.0, 0.0, 0.3), Place(4.0, 3.5, 0.0, 1.1)
    rows = [np.array([[place.x_m, place.y_m, place.z_m, place.yaw_rad]]) for place in (here, there)]
    assert clearances_m(rows[0], EGO_BODY, rows[1], CAR_BODY)[0] == pytest.approx(
        -overlap_m(here, EGO_BODY, there, CAR_BODY))


def test_a_thing_on_a_bridge_above_is_not_in_the_way() -> None:
    row = np.array([[0.0, 0.0, 0.0, 0.0]])
    assert in_the_way(row, CAR_BODY, [parked(3.0, 0.0)], 0.0) is not None
    assert in_the_way(row, CAR_BODY, [parked(3.0, 0.0, z_m=6.0)], 0.0) is None
    assert in_the_way(row, CAR_BODY, [parked(4.4, 0.0)], 0.0) is None       # 4.316 m long each: 8 cm apart
    assert in_the_way(row, CAR_BODY, [parked(4.4, 0.0)], 0.1) is not None


def test_people_of_the_background_walk_past_parked_cars_not_through_them() -> None:
    """The lane ends at −1.75; cars stand with their middle at −2.75, where the passer would walk."""
    cars = row_of_cars(-2.75)
    scenario = plan(passer())
    through = play(staged(scenario))
    assert in_the_way(through.tracks["passer"], through.stage.bodies["passer"], cars, 0.0) is not None
    past = play(staged(scenario, *cars))
    assert past.stage.left_out == ()
    assert past.tracks["passer"][:, 1] == pytest.approx(-LANE_M / 2 - 1.0 - 1.4)    # the first place that is free
    assert in_the_way(past.tracks["passer"], past.stage.bodies["passer"], cars, 0.0) is None


def test_who_goes_round_parked_cars_does_not_walk_into_others_there() -> None:
    """Another comes towards the passer just where it would walk past the cars: it goes farther out still."""
    other = actor("other", placement=Placement(20.0, side="right", off_road_m=2.6, heading_rad=np.pi), background=True,
                  program=(Step("follow_road", speed_mps=1.5, against=True),))
    cars = row_of_cars(-2.75)
    played = play(staged(plan(other, passer()), *cars))
    assert played.stage.left_out == ()
    apart = clearances_m(played.tracks["other"], played.stage.bodies["other"], played.tracks["passer"],
                         played.stage.bodies["passer"])
    assert apart.min() > 0.0
    assert played.tracks["passer"][0, 1] < -LANE_M / 2 - 1.0 - 1.4
    assert in_the_way(played.tracks["passer"], played.stage.bodies["passer"], cars, 0.0) is None


def test_who_of_the_background_has_no_way_past_is_left_out() -> None:
    cars = [*row_of_cars(-2.75), *row_of_cars(-4.5), *row_of_cars(-6.2)]
    assert staged(plan(passer()), *cars).left_out == ("passer",)
    oncoming = actor("oncoming", "vehicle", CAR, placement=Placement(60.0, oncoming=True, heading_rad=np.pi),
                     program=(Step("follow_road", speed_mps=9.0),), background=True)
    assert staged(plan(oncoming), parked(FIRST_M + 45.0, LANE_M + 1.0)).left_out == ("oncoming",)
    assert staged(plan(oncoming), parked(FIRST_M + 45.0, LANE_M + 3.0)).left_out == ()


@pytest.mark.parametrize(("scenario", "where", "who"), [
    (plan(actor("van", "vehicle", CAR, placement=Placement(30.0, left_m=-3.0))), (FIRST_M + 31.0, -3.2), "van"),
    (plan(crosser(left=-6.0)), (FIRST_M + 38.0, -4.5), "walker"),
    (plan(), (20.0, 0.5), "the ego"),
], ids=["parks", "crosses", "ego"])
def test_an_actor_of_the_event_in_a_parked_car_is_refused_and_the_car_named(
    scenario: EpisodePlan, where: tuple[float, float], who: str
) -> None:
    told = rf"x {where[0]:.1f}, y {-where[1]:.1f} \(CARLA's axes\); place it elsewhere"
    with pytest.raises(PlacementError, match=f"test-0000: {who}: a parked car of the level stands there, at {told}"):
        staged(scenario, parked(*where))


class ManyStarts(FormulaRoad):
    """Thirty starts, 20 m from each other."""

    def starts(self, plan: EpisodePlan) -> list[StartOption]:
        return [StartOption(Place(20.0 * number, 0.0, 0.0, 0.0), number) for number in range(30)]


def test_another_start_is_chosen_where_a_parked_car_is_in_the_way() -> None:
    scenario = plan(actor("van", "vehicle", CAR, placement=Placement(30.0, left_m=-3.0)))
    scenario = replace(scenario, ego=replace(scenario.ego, spawn=SpawnWish(pick=0.0)))
    road = ManyStarts(length_m=900.0)
    assert staged(scenario, road=road).start.spawn_point == 0
    taken = [parked(20.0 * number + FIRST_M + 30.0, -3.0) for number in range(30) if number != 17]
    assert staged(scenario, *taken, road=road).start.spawn_point == 17
