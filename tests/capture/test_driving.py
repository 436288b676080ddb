"""What actors do, with numbers that can be checked in one's head."""

import math
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from sensors.rigid import RigidTransform
from simgen.capture.driving import Moment, StraightWalk, crossing, is_due, lane_path, steer_rad
from simgen.capture.episode import Clock
from simgen.capture.road import Place, follow
from simgen.scenario.plan import Trigger
from tests.capture.roads import straight_map, waypoint_at

ALONG_X = np.column_stack([np.arange(200.0), np.zeros(200)])


def spawned_at(x_m: float, y_m: float, by_transform: bool = False) -> Any:
    """A stand-in for a spawned actor that keeps the commands it is given."""
    commands: list[Any] = []
    actor = SimpleNamespace(apply_control=commands.append, set_transform=commands.append)
    return SimpleNamespace(start=Place(x_m, y_m, 0.0, 0.0), by_transform=by_transform, actor=actor, commands=commands)


def test_on_the_path_and_along_it_the_wheels_are_straight() -> None:
    assert steer_rad(RigidTransform.from_yaw(0.0, [50.0, 0.0, 0.0]), ALONG_X, 10.0, 2.8) == pytest.approx(0.0, abs=1e-9)


def test_a_car_right_of_its_path_steers_left() -> None:
    # 1 m to the right, the target 6 m along (0.6 s at 10 m/s): atan(2 · 2.8 · 1 / (6² + 1²)).
    angle = steer_rad(RigidTransform.from_yaw(0.0, [50.0, -1.0, 0.0]), ALONG_X, 10.0, 2.8)
    assert angle == pytest.approx(math.atan(2 * 2.8 * 1 / 37))


def test_a_trigger_without_conditions_holds_at_once() -> None:
    assert is_due(Trigger(), Moment(-1.0, np.zeros(2)), np.array([100.0, 0.0]))


def test_a_time_trigger_holds_from_its_moment_on() -> None:
    assert not is_due(Trigger(time_s=0.3), Moment(0.2, np.zeros(2)), np.zeros(2))
    assert is_due(Trigger(time_s=0.3), Moment(0.1 + 0.2, np.zeros(2)), np.zeros(2))


def test_a_distance_trigger_counts_from_the_ego_s_front() -> None:
    trigger = Trigger(ego_distance_m=5.0)
    assert is_due(trigger, Moment(0.0, np.array([10.0, 0.0])), np.array([13.0, 4.0]))
    assert not is_due(trigger, Moment(0.0, np.array([10.0, 0.0])), np.array([13.0, 4.1]))


def test_who_stands_two_metres_right_of_the_road_crosses_to_two_metres_left_of_it() -> None:
    path = follow(waypoint_at(100.0), ahead_m=50.0, behind_m=0.0)
    heading, distance_m = crossing(spawned_at(120.0, -5.5), path, 20.0, 0.0)
    assert heading == pytest.approx(math.pi / 2, abs=1e-6)
    assert distance_m == pytest.approx(2 + 7 + 2, abs=1e-3)
    heading, distance_m = crossing(spawned_at(120.0, 5.5), path, 20.0, 0.0)
    assert heading == pytest.approx(-math.pi / 2, abs=1e-6)
    assert distance_m == pytest.approx(11, abs=1e-3)


def test_a_slanted_crossing_leads_along_the_ego_s_way_and_takes_longer() -> None:
    path = follow(waypoint_at(100.0), ahead_m=50.0, behind_m=0.0)
    for y_m in (-5.5, 5.5):
        heading, distance_m = crossing(spawned_at(120.0, y_m), path, 20.0, math.radians(60.0))
        assert math.cos(heading) == pytest.approx(math.sin(math.radians(60)), abs=1e-6)
        assert distance_m == pytest.approx(22, abs=1e-2)


def test_a_walk_ends_exactly_where_it_should() -> None:
    spawned = spawned_at(0.0, 0.0)
    walk = StraightWalk(spawned, 0.0, 1.0, 0.25)
    for _ in range(4):
        walk.step(0.1)
    assert [round(control.speed, 6) for control in spawned.commands] == [1.0, 1.0, 0.5, 0.0]


def test_a_walk_to_the_left_is_a_walk_to_carla_s_negative_y() -> None:
    spawned = spawned_at(0.0, 0.0)
    StraightWalk(spawned, math.pi / 2, 2.0, None).step(0.1)
    assert (spawned.commands[0].direction.x, spawned.commands[0].direction.y) == pytest.approx((0.0, -1.0), abs=1e-6)


def test_a_static_mesh_is_carried_from_where_it_was_born() -> None:
    spawned = spawned_at(5.0, 1.0, by_transform=True)
    walk = StraightWalk(spawned, 0.0, 2.0, None)
    walk.step(0.5)
    walk.step(0.5)
    assert (spawned.commands[-1].location.x, spawned.commands[-1].location.y) == pytest.approx((7.0, -1.0))


def test_a_lane_path_follows_the_direction_the_car_faces() -> None:
    along = lane_path(straight_map(), Place(100.0, -1.75, 0.0, 0.0), 10.0)
    against = lane_path(straight_map(), Place(100.0, 1.75, 0.0, math.pi), 10.0)
    assert along[-1] == pytest.approx([110.0, -1.75], abs=1e-3)
    assert against[-1] == pytest.approx([90.0, 1.75], abs=1e-3)


@pytest.mark.parametrize(
    ("rate_hz", "tick_s", "per_frame"), [(10.0, 0.1, 1), (20.0, 0.05, 1), (2.0, 0.1, 5), (4.0, 0.25 / 3, 3)]
)
def test_a_tick_is_never_longer_than_carla_s_physics_allows(rate_hz: float, tick_s: float, per_frame: int) -> None:
    plan: Any = SimpleNamespace(capture=SimpleNamespace(rate_hz=rate_hz, warmup_s=1.0))
    clock = Clock.of(plan)
    assert (clock.tick_s, clock.per_frame) == (pytest.approx(tick_s), per_frame)
    assert clock.warmup_ticks == round(1.0 / tick_s)
