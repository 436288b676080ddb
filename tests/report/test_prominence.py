"""How much of the picture somebody covers, and in which frame most."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from sensors.pinhole import Intrinsics
from simgen.motion.bodies import Body
from simgen.motion.sight import CameraView
from simgen.report.gallery import telling_frame
from simgen.report.preview import Scene, rehearse_scene
from simgen.report.preview.scene import Player
from simgen.report.prominence import most_prominent_frame, picture_shares, protagonists
from simgen.scenario.plan import ActorPlan, Placement, Step
from tests.capture.roads import straight_road
from tests.motion.plans import CAR, VAN, actor, plan

LENS = Intrinsics(500.0, 500.0, 200.0, 1000, 400)
CAMERA = CameraView(0.0, 0.0, 1.5, 0.78, 0.78)
TIMES = np.zeros(1)


def share_of(x: float, y: float, size: tuple[float, float, float] = (1.0, 2.0, 1.0)) -> float:
    there = np.array([[x, y, 0.0, 0.0]])
    player = Player("x", "thing", "x", Body(*size), TIMES, there)
    return float(picture_shares(CAMERA, LENS, np.zeros((1, 4)), there, player)[0])


def rehearsed(*actors: ActorPlan, seconds: float = 3.0) -> Scene:
    return rehearse_scene(plan(*actors, speed=10.0, rate=10.0, seconds=seconds), [straight_road()])


def test_a_box_ahead_covers_the_rectangle_that_its_near_face_and_its_feet_span() -> None:
    """Near face at 10 m: 2 m are 100 px wide; from 1.5 m below the camera at 10 m (75 px) to 0.5 m below at 11 m."""
    high = 75.0 - 0.5 / 11.0 * 500.0
    assert share_of(10.5, 0.0) == pytest.approx(100.0 * high / (1000.0 * 400.0))


def test_half_outside_counts_a_quarter_and_what_is_not_ahead_nothing() -> None:
    """At 10 m the picture's left border is 10 m to the left: the near face reaches from 9 m to 11 m."""
    flat = (0.002, 2.0, 1.0)
    assert share_of(10.0, 10.0, flat) == pytest.approx(share_of(10.0, 0.0, flat) / 4.0, rel=0.01)
    assert share_of(10.0, 30.0) == 0.0 and share_of(-10.0, 0.0) == 0.0 and share_of(0.2, 0.0) == 0.0


def test_without_a_meet_the_frame_is_the_last_in_which_a_thing_ahead_is_whole() -> None:
    """A box in the verge grows until the picture's border cuts it off; the ego passes it at 2 s."""
    box = actor("box", "prop", (1.2, 1.2, 0.7), placement=Placement(20.0, left_m=-4.0))
    scene = rehearsed(box)
    frame = telling_frame(scene)
    assert frame == most_prominent_frame(scene, 31) and 10 <= frame < 20
    half_fov = scene.rehearsal.stage.camera.right_rad
    ego = scene.ego.place(frame / 10.0)
    ahead = 20.0 - (ego.x_m - scene.ego.place(0.0).x_m)
    assert np.arctan2(4.0 - 0.6, ahead) < half_fov                 # still inside


def test_who_stands_behind_a_van_does_not_count_as_long_as_it_hides_them() -> None:
    child = actor("child", size=(0.4, 0.4, 1.1), placement=Placement(26.0, left_m=-3.6), event=True)
    van = actor("van", "vehicle", VAN, placement=Placement(22.0, side="right", left_m=-3.4), program=(Step("park"),))
    hidden, free = rehearsed(child, van, seconds=1.0), rehearsed(child, seconds=1.0)
    assert most_prominent_frame(free, 11) == 10
    assert most_prominent_frame(hidden, 11) is None
    assert telling_frame(hidden) == 6                              # 60 % of 10


def test_an_episode_is_about_its_event_else_about_its_main_actor_and_its_like() -> None:
    deer = [actor(f"deer_{k}", "walker", placement=Placement(25.0 + 4 * k, left_m=-5.0),
                  program=(Step("cross", speed_mps=1.0),)) for k in (1, 2)]
    car = actor("car", "vehicle", CAR, placement=Placement(60.0, left_m=3.5))
    assert [player.role for player in protagonists(rehearsed(*deer, car))] == ["deer_1", "deer_2"]
    marked = rehearsed(*deer, replace(car, event=True))
    assert [player.role for player in protagonists(marked)] == ["car"]
