"""Open doors: where they hang, and that they are in the way."""

from __future__ import annotations

import math

import numpy as np
import pytest

from simgen.motion.bodies import Body
from simgen.motion.doors import SWING_RAD, SWING_S, THICK_M, Door
from simgen.motion.outline import corners_m
from simgen.motion.rehearsal import Rehearsal, rehearse
from simgen.motion.road import Place
from simgen.scenario.plan import Condition, Placement, Step
from tests.motion.formula_road import FormulaRoad
from tests.motion.plans import CAMERA, CAR, EGO_BODY, actor, plan

BODY = Body(4.0, 1.8, 1.5)
HALF_M = (CAR[1] + EGO_BODY.width_m) / 2


def passing(gap_m: float, opens_s: float = 0.0, on_crash: str = "keep", door: str = "front_left") -> Rehearsal:
    """The ego, at 8 m/s, passes a parked car whose flank is so far away; a door begins to open at a time."""
    car = actor("car", "vehicle", CAR, placement=Placement(20.0, side="right", left_m=-HALF_M - gap_m),
                when=Condition("time", opens_s, above=True), program=(Step("open_door", door=door),))
    return rehearse(plan(car, speed=8.0, seconds=5.0, on_crash=on_crash), FormulaRoad(), {"ego": EGO_BODY}, CAMERA)


def hits(played: Rehearsal) -> list[tuple[str, float]]:
    return [(event.role, event.time_s) for event in played.events if event.did == "hit"]


@pytest.mark.parametrize(("name", "sign"), [("front_left", 1.0), ("front_right", -1.0), ("rear_left", 1.0)])
def test_a_door_hangs_at_its_front_edge_and_swings_outwards(name: str, sign: float) -> None:
    door, car = Door.of(name, 1.5, BODY), Place(0.0, 0.0, 0.0, 0.0)
    assert door.hinge_m == pytest.approx((2.0 - 4.0 * (0.28 if name.startswith("front") else 0.51), sign * 0.84))
    shut = corners_m(door.place(car, 1.5), door.leaf)
    assert np.abs(shut[:, 1]).max() == pytest.approx(0.9)                    # in the flank
    assert abs(float(door.turned_rad(1.5 + SWING_S / 2))) == pytest.approx(SWING_RAD / 2)
    tip = door.place(car, 9.0).shifted(-door.leaf.length_m)
    assert sign * tip.y_m == pytest.approx(0.84 + door.leaf.length_m * math.sin(SWING_RAD))
    assert tip.x_m == pytest.approx(door.hinge_m[0] - door.leaf.length_m * math.cos(SWING_RAD))
    assert corners_m(door.place(car, 9.0), door.leaf)[1:3].mean(axis=0) == pytest.approx(tip.xy_m)


def test_a_door_goes_with_its_car() -> None:
    door, times = Door.of("rear_right", 0.5, BODY), np.linspace(0.0, 2.0, 9)
    car = np.column_stack([5.0 * times, times**2, np.zeros(9), 0.3 * times])
    for time_s, row, place in zip(times, door.track(times, car), car, strict=True):
        there = door.place(Place(*place), float(time_s))
        assert row == pytest.approx([there.x_m, there.y_m, there.z_m, there.yaw_rad])


def test_a_tailgate_swings_up_and_is_in_nobodys_way() -> None:
    assert not Door.of("trunk", 0.0, BODY).stands_out
    assert hits(passing(0.1, door="trunk")) == []


def test_the_ego_strikes_the_leaf_of_an_open_door_and_brakes_while_the_car_stays() -> None:
    played = passing(0.5)
    (other, at_s), (ego, _) = hits(played)
    assert (other, ego) == ("car", "ego")
    # The leaf, wide open by then, is 20 m from where the ego is at the first frame.
    door, = played.doors["car"]
    rear = corners_m(door.place(Place(20.0, 0.0, 0.0, 0.0), 9.0), door.leaf)[:, 0].min()
    assert at_s == pytest.approx((rear - EGO_BODY.front_m) / 8.0, abs=0.06)
    gone = played.tracks["ego"][-1, 0] - 8.0 * (at_s + 1.0)             # it starts with the warm-up
    assert gone == pytest.approx(8.0**2 / 2 / (0.9 * 9.81), abs=0.02)
    assert np.ptp(played.tracks["car"], axis=0) == pytest.approx([0.0, 0.0, 0.0, 0.0])


def test_a_door_that_is_still_shut_or_far_enough_away_is_not_struck() -> None:
    assert hits(passing(0.5, opens_s=4.0)) == []
    assert hits(passing(1.2)) == []


def test_an_episode_can_end_with_the_touch_of_a_door() -> None:
    played = passing(0.5, on_crash="end")
    assert played.over_s is not None and played.over_s == pytest.approx(hits(played)[0][1], abs=0.05)


def test_a_door_that_opens_against_the_passing_ego_strikes_its_flank() -> None:
    (_, at_s), _ = hits(passing(0.3, opens_s=2.2))
    front, rear = 8.0 * at_s + EGO_BODY.front_m, 8.0 * at_s + EGO_BODY.rear_m
    assert 2.2 < at_s < 2.2 + SWING_S and rear < 20.0 < front


def test_doors_open_when_a_simulator_is_told() -> None:
    door, = passing(2.0, opens_s=1.02).doors["car"]
    assert door.opens_s == pytest.approx(1.0)                   # with the tick, of 50 ms
    assert door.leaf.width_m == THICK_M
