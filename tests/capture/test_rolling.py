"""Turns of LiDARs that are cast in several ticks."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sensors.lidar.turning import Twist, moved
from sensors.placing import rotation_of
from sensors.rigid import RigidTransform
from simgen.capture.rolling import ticks_from_frame, twist_between, with_turns
from simgen.frame import Frame, Sweep, TurnTick
from simgen.motion.clock import Clock
from simgen.scenario.plan import SensingPlan
from tests.capture.roads import plan

number = st.floats(-3, 3)


@settings(deadline=None)
@given(st.tuples(number, number, number), st.tuples(number, number, number), st.floats(0.01, 0.1))
def test_the_twist_between_two_poses_leads_from_one_to_the_other(
    shift: tuple[float, float, float], turned_deg: tuple[float, float, float], dt_s: float
) -> None:
    before = RigidTransform(rotation_of(40.0, 3.0, -2.0), np.array([5.0, 6.0, 7.0]))
    now = before @ RigidTransform(rotation_of(*turned_deg), np.array(shift))
    points = np.array([[0.0, 0.0, 0.0], [10.0, -3.0, 1.0]])
    assert moved(points, dt_s, twist_between(before, now, dt_s)) == pytest.approx(
        (before.inverse() @ now).apply(points), abs=1e-7)


def test_who_drives_straight_on_does_not_turn() -> None:
    twist = twist_between(RigidTransform.identity(), RigidTransform.from_yaw(0.0, (2.0, 0.0, 0.0)), 0.1)
    assert (twist.velocity_mps.tolist(), twist.turn_radps.tolist()) == ([20.0, 0.0, 0.0], [0.0, 0.0, 0.0])


def test_an_instant_sweep_has_the_ticks_that_it_always_had() -> None:
    assert Clock.of(plan()).turn_ticks == 0
    clock = Clock(0.1, 1, 5)
    assert [ticks_from_frame(n, clock) for n in (3, 4, 5)] == [None, 0, 0]


def test_five_ticks_lie_in_a_turn_round_its_frame() -> None:
    rolling = replace(plan(), sensing=SensingPlan(lidar="measured", sweep="rolling"))
    clock = Clock.of(rolling)
    assert clock.turn_ticks == 2
    assert clock.tick_s * 5 == pytest.approx(min(0.1, 1 / rolling.capture.rate_hz))
    # Two frames a second: between them no LiDAR is asked.
    clock = Clock(0.02, 25, 50, 2)
    assert [ticks_from_frame(n, clock) for n in (46, 47, 49, 51, 52, 71, 72, 76, 77)] == [
        None, -2, 0, 2, None, None, -2, 2, None]


def test_a_frame_knows_the_ticks_of_its_turn() -> None:
    def tick(x: float, moment_s: float) -> dict[str, TurnTick]:
        sweep = Sweep(np.array([[x, 0, 0]], np.float32), *(np.zeros(1, kind) for kind in (
            np.float32, np.uint32, np.uint8, np.uint8)))
        return {name: TurnTick(sweep, moment_s, Twist.none()) for name in ("roof", "side")}

    ticks = [tick(1, -0.02), tick(2, 0.0), tick(3, 0.02)]
    own = {name: one.sweep for name, one in ticks[1].items()}
    frame = Frame(0, 0.0, RigidTransform.identity(), np.zeros(3), {}, own["roof"], (),
                  further_sweeps={"side": own["side"]})
    assert with_turns(frame, ticks[1:2]) is frame
    turned = with_turns(frame, ticks)
    assert [one.moment_s for one in turned.sweep.ticks] == [-0.02, 0.0, 0.02]
    assert [one.sweep.points_m[0, 0] for one in turned.further_sweeps["side"].ticks] == [1, 2, 3]
    assert turned.sweep.points_m[0, 0] == 2
