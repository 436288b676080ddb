"""Weather that a simulator did not draw, and the rig's own camera."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from sensors.conditions import LN_20, Conditions
from simgen.errors import SimulatorError
from simgen.frame import CameraView, EgoMotion, Frame
from simgen.scenario.plan import SensingPlan
from simgen.sense import SensingStage
from simgen.sense.flow import image_flow
from simgen.sense.pictures import missing, scene_of
from tests.label.scene import RIG, car, film
from tests.sense.test_stage import wish

DRAWN = SensingPlan()                   # clean sweeps, pictures as they come
MOUNT = RIG.label_camera


@pytest.fixture(scope="module")
def frame() -> Frame:
    actor, solids = car(14.0, 2.0, 0.3)
    frame = film([actor], solids)
    view = frame.views[MOUNT.name]
    rgb = np.full((*view.rgb.shape[:2], 3), 90, np.uint8)
    rgb[view.tag == 11] = 170
    still = EgoMotion(49.0, 8.4, 0.0, np.array([0.0, 0.0, 9.81]), np.array([0.0, 0.0, 0.1]))
    return replace(frame, views={MOUNT.name: replace(view, rgb=rgb)}, ego_motion=still,
                   ego_velocity_mps=np.array([12.0, 0.0, 0.0]))


def seen(frame: Frame, sensing: SensingPlan = DRAWN) -> CameraView:
    return SensingStage(RIG, wish(sensing)).sense(frame).views[MOUNT.name]


def test_a_picture_that_shows_its_weather_is_left_alone(frame: Frame) -> None:
    snowing = replace(frame, conditions=Conditions(snowfall_mmph=3.0, snow_depth_m=0.1))
    assert seen(snowing) is frame.views[MOUNT.name]


def test_snow_is_drawn_onto_pictures_of_a_simulator_that_has_none(frame: Frame) -> None:
    plain = frame.views[MOUNT.name]
    lying = seen(replace(frame, conditions=Conditions(snow_depth_m=0.1, road_snow=1.0), drawn=Conditions()))
    ground = plain.tag == 1
    assert lying.rgb[ground].mean() > plain.rgb[ground].mean() + 40
    assert lying.depth_m is plain.depth_m and lying.instance_id is plain.instance_id
    falling = replace(frame, conditions=Conditions(snowfall_mmph=3.0), drawn=Conditions())
    assert (seen(falling).rgb != plain.rgb).any()
    assert np.array_equal(seen(falling).rgb, seen(falling).rgb)
    assert not np.array_equal(seen(falling).rgb, seen(replace(falling, index=1)).rgb)


def test_fog_is_added_up_to_what_was_asked_for_and_flakes_stay_as_many() -> None:
    now, drawn = Conditions(snowfall_mmph=2.5, visibility_m=50.0), Conditions(visibility_m=100.0)
    parts = missing(now, drawn)
    assert [effects for _, effects in parts] == [("snow_cover",), ("fog",), ("snowfall",)]
    assert parts[1][0].extinction().weather == pytest.approx(LN_20 / 50.0 - LN_20 / 100.0)
    assert parts[2][0].particle_share() == 1.0
    assert [effects for _, effects in missing(now, now)] == [("snow_cover",), ("snowfall",)]
    assert missing(Conditions(ice=1.0), Conditions())[0][1] == ("wet_ground",)


def test_a_camera_without_depth_cannot_be_snowed_on(frame: Frame) -> None:
    bare = replace(frame, views={MOUNT.name: CameraView(frame.views[MOUNT.name].rgb)}, drawn=Conditions(),
                   conditions=Conditions(snow_depth_m=0.1))
    with pytest.raises(SimulatorError, match=r"camera_2: the simulator gave no depth"):
        seen(bare)


def test_a_scene_is_told_how_its_camera_stands_and_moves(frame: Frame) -> None:
    scene = scene_of(frame.views[MOUNT.name], frame, MOUNT)
    assert scene.up == pytest.approx([0.0, -1.0, 0.0])
    # Optical axes: forward is z; turning left is about −y; the camera is ahead of the rig's origin, so it swings left.
    assert scene.velocity_mps == pytest.approx([-0.1 * 1.03, 0.0, 12.0 - 0.1 * 0.06])
    assert scene.turning_radps == pytest.approx([0.0, -0.1, 0.0])


def test_a_photographed_picture_is_noisy_keeps_its_size_and_repeats(frame: Frame) -> None:
    asked = SensingPlan(camera="photographed")
    once, again = seen(frame, asked), seen(frame, asked)
    assert once.rgb.shape == frame.views[MOUNT.name].rgb.shape and np.array_equal(once.rgb, again.rgb)
    sky = frame.views[MOUNT.name].tag == 11
    assert 0.2 < once.rgb[sky].astype(float).std() < 40.0


def test_pixels_of_a_moving_car_move_with_it_and_the_road_goes_by() -> None:
    actor, solids = car(14.0, 0.0, 0.0)
    frame = film([replace(actor, velocity_mps=np.array([0.0, 5.0, 0.0]))], solids)
    frame = replace(frame, ego_motion=EgoMotion(0, 0, 0, np.zeros(3), np.zeros(3)))
    view = frame.views[MOUNT.name]
    assert view.depth_m is not None and view.tag is not None
    scene = scene_of(view, frame, MOUNT)
    flow = image_flow(scene, frame, MOUNT.optical_from_rig)
    own = view.tag == 14
    expected = -721.5377 * 5.0 / view.depth_m[own]          # to the left
    assert flow[own, 0] == pytest.approx(expected, rel=1e-5)
    assert not flow[own, 1].any() and not flow[view.depth_m > 60.0].any()
    driven = replace(frame, ego_velocity_mps=np.array([5.0, 0.0, 0.0]), actors=())
    scene = scene_of(view, driven, MOUNT)
    assert (image_flow(scene, driven, MOUNT.optical_from_rig)[view.tag == 1, 1] > 0.0).all()
