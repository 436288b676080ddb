"""Impacts, near misses and doors in previews, with numbers that can be checked by hand."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest

from simgen.motion.bodies import NOMINAL_EGO, Body
from simgen.motion.doors import SWING_RAD, THICK_M
from simgen.motion.outline import corners_m
from simgen.motion.road import Place
from simgen.report.preview import Scene, compose, looks, rehearse_scene
from simgen.report.preview.facts import facts
from simgen.report.preview.html import page_of
from simgen.report.preview.marks import Sheet, Words
from simgen.report.preview.near import corners_of, gaps_m, nearest_approach
from simgen.report.preview.scene import Player
from simgen.scenario.plan import AebPlan, EpisodePlan, Placement, Step
from tests.capture.roads import straight_road
from tests.motion.plans import CAR, actor, crosser, plan

SQUARE = (2.0, 2.0, 0.0)


def rehearsed(one: EpisodePlan) -> Scene:
    return rehearse_scene(one, [straight_road()])


def walker_of(scene: Scene) -> Player:
    return next(player for player in scene.players if player.role == "walker")


def words_of(sheet: Sheet) -> list[str]:
    return [mark.text for layer in sheet.layers for mark in layer.marks if isinstance(mark, Words)]


def hints_of(sheet: Sheet) -> list[str]:
    return [mark.hint for layer in sheet.layers for mark in layer.marks if not isinstance(mark, Words) and mark.hint]


def poses(*rows: tuple[float, float, float]) -> np.ndarray:
    return np.array([(x, y, 0.0, yaw) for x, y, yaw in rows])


def test_the_gap_of_two_squares_side_by_side_is_between_their_sides() -> None:
    gaps, starts, ends = gaps_m(corners_of(poses((0, 0, 0)), SQUARE), corners_of(poses((5, 0.5, 0)), SQUARE))
    assert gaps == pytest.approx([3.0]) and (starts[0, 0], ends[0, 0]) == pytest.approx((1.0, 4.0))
    assert starts[0, 1] == ends[0, 1]


def test_the_gap_to_a_square_on_its_corner_is_to_that_corner() -> None:
    gaps, starts, ends = gaps_m(
        corners_of(poses((0, 0, 0)), SQUARE), corners_of(poses((4, 0, math.pi / 4)), SQUARE))
    assert gaps == pytest.approx([3.0 - math.sqrt(2.0)])
    assert ends[0] == pytest.approx((4.0 - math.sqrt(2.0), 0.0)) and starts[0] == pytest.approx((1.0, 0.0))


def test_the_gap_is_that_of_many_points_on_the_outlines() -> None:
    rng = np.random.default_rng(3)
    along = np.linspace(0.0, 1.0, 100)[:, None]
    for _ in range(10):
        tracks = [np.array([[*(side * 4.0 + rng.uniform(-1, 1, 2)), 0.0, rng.uniform(-3, 3)]]) for side in (-1.0, 1.0)]
        sizes = [(float(rng.uniform(0.5, 3)), float(rng.uniform(0.5, 2)), float(rng.uniform(-0.5, 0.5)))
                 for _ in tracks]
        rings = [corners_of(track, size)[0] for track, size in zip(tracks, sizes, strict=True)]
        for track, size, ring in zip(tracks, sizes, rings, strict=True):
            x, y, _, yaw = track[0]
            assert ring == pytest.approx(corners_m(Place(x, y, 0.0, yaw), Body(size[0], size[1], 1.0, size[2])))
        points = [np.concatenate([a + along * (b - a) for a, b in zip(ring, np.roll(ring, -1, axis=0), strict=True)])
                  for ring in rings]
        brute = np.linalg.norm(points[0][:, None] - points[1][None], axis=-1).min()
        assert gaps_m(rings[0][None], rings[1][None])[0][0] == pytest.approx(brute, abs=0.02)


def test_the_nearest_approach_lies_between_two_ticks() -> None:
    """One stands, 3 m aside; the other drives past at 10 m/s from x = -5 m: side by side from 0.3 s to 0.7 s."""
    times = np.array([0.0, 0.25, 0.8, 1.2])
    near = nearest_approach(times, poses((-5, 0, 0), (-2.5, 0, 0), (3, 0, 0), (7, 0, 0)), SQUARE,
                            poses(*[(0, 3, 0)] * 4), SQUARE)
    assert near is not None and near.gap_m == pytest.approx(1.0) and 0.29 < near.time_s < 0.71
    assert near.its_point - near.ego_point == pytest.approx((0.0, 1.0))


def test_who_has_not_passed_yet_or_only_goes_away_has_no_nearest_approach() -> None:
    times, there = np.array([0.0, 1.0, 2.0]), poses(*[(20, 3, 0)] * 3)
    coming = poses((0, 0, 0), (5, 0, 0), (10, 0, 0))
    assert nearest_approach(times, coming, SQUARE, there, SQUARE) is None
    assert nearest_approach(times, coming[::-1].copy(), SQUARE, there, SQUARE) is None
    stopped = poses((0, 0, 0), (10, 0, 0), (10, 0, 0))                             # stands before it
    near = nearest_approach(times, stopped, SQUARE, there, SQUARE)
    assert near is not None and near.gap_m == pytest.approx(math.hypot(8.0, 1.0))


def test_only_who_touches_the_ego_has_an_impact() -> None:
    hit = rehearsed(plan(crosser(time=3.0), speed=10.0))
    assert walker_of(hit).touch_s == pytest.approx(3.0, abs=0.01) and walker_of(hit).near is None
    sheet = compose([hit])
    assert "impact" in words_of(sheet) and not any("near miss" in word for word in words_of(sheet))
    assert any(hint.startswith("impact at 3.00 s") for hint in hints_of(sheet))


def test_a_walker_who_is_too_early_is_a_near_miss_with_its_distance() -> None:
    """1.5 m/s, 1.5 s early to the middle of the front: 2.25 m past it as the front is there, less half a car and half
    a body (0.6 m long, along its way)."""
    scene = rehearsed(plan(crosser(left=-3.5, time=3.0, miss=-1.5), speed=10.0))
    walker, half_m = walker_of(scene), scene.ego.body.width_m / 2
    assert walker.impact_s == pytest.approx(3.0, abs=0.01) and walker.touch_s is None
    assert scene.impact_point(walker) is None and walker.near is not None
    assert walker.near.gap_m == pytest.approx(2.25 - half_m - 0.3, abs=0.03)
    sheet = compose([scene])
    words = words_of(sheet)
    assert f"{walker.near.gap_m:.2g} m" in words and "near miss, with the least distance" in words
    assert "impact" not in words and not any(hint.startswith("impact at") for hint in hints_of(sheet))
    assert f"near miss, {walker.near.gap_m:.2g} m at" in facts(scene)
    strokes = [mark.stroke for layer in sheet.layers for mark in layer.marks if not isinstance(mark, Words)]
    assert strokes.count(looks.NEAR) >= 4                   # line and diamond above, in the timeline, in the legend


def test_a_walker_who_runs_into_the_egos_side_is_marked_there() -> None:
    scene = rehearsed(plan(crosser(time=3.0, miss=1.2), speed=10.0))
    walker = walker_of(scene)
    assert walker.impact_s == pytest.approx(3.0, abs=0.01) and walker.touch_s is not None and walker.near is None
    assert 3.1 < walker.touch_s < 3.5
    point, ego = scene.impact_point(walker), scene.ego.place(walker.touch_s)
    assert point is not None
    assert abs(point[1] - ego.y_m) == pytest.approx(scene.ego.body.width_m / 2, abs=0.02)      # of its flank
    assert f"contact at {walker.touch_s:.2f} s" in facts(scene)


def test_an_ego_that_stops_short_has_a_near_miss_too() -> None:
    scene = rehearsed(plan(crosser(time=3.0), speed=10.0, aeb=AebPlan(1.4, 0.1, 9.0, 60.0)))
    walker = walker_of(scene)
    assert walker.impact_s is None and walker.touch_s is None
    assert ("near miss" in facts(scene)) == (walker.near is not None)
    assert "the ego brakes at" in facts(scene)


def test_an_impact_at_the_very_last_frame_is_one() -> None:
    walker = walker_of(rehearsed(plan(crosser(time=3.0), speed=10.0, seconds=3.0)))
    assert walker.touch_s == pytest.approx(3.0, abs=1e-6) and walker.near is None


def door_plan(door: str = "front_left") -> EpisodePlan:
    car = actor("car", "vehicle", CAR, placement=Placement(20.0, side="right", left_m=-3.2),
                program=(Step("stand", duration_s=1.0), Step("open_door", door=door)))
    return plan(car, speed=5.0, seconds=3.0)


def test_an_opening_door_is_drawn_with_its_time_and_swings_in_the_page() -> None:
    scene = rehearsed(door_plan())
    car = next(player for player in scene.players if player.role == "car")
    assert [round(door.opens_s, 2) for door in car.doors] == [0.0]         # the warm-up takes the first second
    sheet = compose([scene])
    assert "opened door" in words_of(sheet) and "opens door" in words_of(sheet) and "opens 0.0 s" in words_of(sheet)
    mover = next(mover for layer in sheet.layers for mover in layer.movers if "front left door" in mover.name)
    turns = np.interp([-1.0, 0.5, 1.0, 3.0], mover.times_s, mover.poses[:, 2])
    assert turns - turns[0] == pytest.approx([0.0, SWING_RAD / 2, SWING_RAD, SWING_RAD])
    assert not mover.in_stills and "front left door" in page_of(sheet)


def door_beside(gap_m: float) -> EpisodePlan:
    """A parked car whose flank the ego passes so far away, and whose door begins to open long before."""
    half_m = (CAR[1] + NOMINAL_EGO.width_m) / 2
    car = actor("car", "vehicle", CAR, placement=Placement(20.0, side="right", left_m=-half_m - gap_m),
                program=(Step("open_door", door="front_left"),))
    return plan(car, speed=8.0, seconds=5.0)


def test_the_gap_to_a_parked_car_is_to_its_open_door() -> None:
    scene = rehearsed(door_beside(1.2))
    car = next(player for player in scene.players if player.role == "car")
    door, = car.doors
    stands_out_m = door.leaf.length_m * math.sin(SWING_RAD) + THICK_M / 2 * math.cos(SWING_RAD) - THICK_M / 2
    assert car.touch_s is None and car.near is not None
    assert car.near.gap_m == pytest.approx(1.2 - stands_out_m, abs=2e-3)
    assert "near miss" in facts(scene)


def test_a_contact_with_an_open_door_is_marked_on_the_side_that_it_stands_on() -> None:
    scene = rehearsed(door_beside(0.6))
    car = next(player for player in scene.players if player.role == "car")
    point = scene.impact_point(car)
    assert car.touch_s is not None and point is not None and car.near is None
    ego = scene.ego.place(car.touch_s)
    assert point == pytest.approx(ego.shifted(NOMINAL_EGO.front_m, -NOMINAL_EGO.width_m / 2).xy_m, abs=0.25)
    assert "contact at" in facts(scene)


def test_without_doors_and_near_misses_the_legend_does_not_speak_of_them() -> None:
    words = words_of(compose([rehearsed(replace(plan(speed=10.0)))]))
    assert not any("door" in word or "near miss" in word for word in words)
