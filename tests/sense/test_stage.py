"""Frames as a rig's devices report them."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from sensors.boxes import Box3
from sensors.conditions import Conditions
from sensors.devices import load_lidar
from sensors.rigid import RigidTransform
from sensors.sweeps import Cause
from simgen.errors import RequestError, SimulatorError
from simgen.frame import BodyHits, EgoMotion, Frame, LevelObject, Sweep
from simgen.scenario.plan import ActorPlan, EpisodePlan, Placement, SensingPlan
from simgen.sense import SensingStage
from simgen.sense.beams import beams_of, device_of
from simgen.sense.motion import sensor_twist, sun_direction
from simgen.sense.seeds import actor_number, sensor_seed
from simgen.sense.surfaces import known_reflectivity, luminance, vehicle_boxes
from tests.capture.roads import plan
from tests.label.scene import RIG, car, film

MEASURED = SensingPlan(lidar="measured")
BEAMS = RIG.lidar.channels * RIG.lidar.points_per_ring


def wish(sensing: SensingPlan = MEASURED) -> EpisodePlan:
    red = ActorPlan("car", "vehicle", "vehicle.audi.a2", None, (3.7, 1.8, 1.55), Placement(10.0), color="255,255,255")
    return replace(plan(), actors=(red,), sensing=sensing)


@pytest.fixture(scope="module")
def frame() -> Frame:
    actor, solids = car(12.0, 2.0, 0.3)
    return film([actor], solids)


def test_a_plan_that_asks_for_clean_sweeps_gets_what_was_captured(frame: Frame) -> None:
    assert SensingStage(RIG, wish(SensingPlan())).sense(frame) is frame


def test_every_beam_is_there_and_hits_are_where_they_were(frame: Frame) -> None:
    beams = beams_of(frame.sweep, RIG.lidar)
    assert len(beams) == BEAMS
    met = beams.is_hit
    assert np.count_nonzero(met) == len(frame.sweep.points_m)
    points = beams.direction[met] * beams.range_m[met, None]
    assert np.abs(points - frame.sweep.points_m).max() < 1e-4
    assert np.array_equal(beams.actor_id[met], frame.sweep.simulator_id)


def test_beams_that_the_ego_s_own_body_stops_are_left_out(frame: Frame) -> None:
    sweep, own = frame.sweep, np.arange(len(frame.sweep.points_m)) % 50 == 0
    body = BodyHits(sweep.points_m[own], sweep.ring[own])
    rest = Sweep(sweep.points_m[~own], sweep.cos_incidence[~own], sweep.simulator_id[~own], sweep.tag[~own],
                 sweep.ring[~own], body=body)
    assert len(beams_of(rest, RIG.lidar)) == BEAMS - np.count_nonzero(own)


def test_a_simulator_that_casts_other_beams_is_found_out(frame: Frame) -> None:
    askew = replace(frame.sweep, points_m=np.roll(frame.sweep.points_m, 7, axis=0)[::3],
                    cos_incidence=frame.sweep.cos_incidence[::3], simulator_id=frame.sweep.simulator_id[::3],
                    tag=frame.sweep.tag[::3], ring=np.full(len(frame.sweep.ring[::3]), 200, np.uint8))
    with pytest.raises(SimulatorError, match="does not cast the beams of the rig"):
        beams_of(askew, RIG.lidar)


def test_kitti_s_rig_has_kitti_s_scanner() -> None:
    ours, sheet = device_of(RIG.lidar), load_lidar("hdl_64e_s2")
    assert np.allclose(ours.elevations_deg, sheet.elevations_deg) and ours.firings == sheet.firings
    assert (ours.rate_hz, ours.range_m, ours.least_power) == (sheet.rate_hz, sheet.range_m, sheet.least_power)


def test_points_stay_on_their_rays_in_clear_air(frame: Frame) -> None:
    seen = SensingStage(RIG, wish()).sense(frame).sweep
    told = seen.measurement
    assert told is not None and told.clean is frame.sweep
    assert set(np.unique(told.cause)) <= {Cause.OBJECT, Cause.GROUND}
    assert 0.5 * len(frame.sweep.points_m) < len(seen.points_m) < len(frame.sweep.points_m)
    error_m = np.linalg.norm(seen.points_m, axis=1) - told.range_before_m
    assert 0.01 < error_m.std() < 0.1 and abs(error_m.mean()) < 0.005
    assert np.array_equal(seen.simulator_id == 101, (seen.tag == 14))
    assert np.count_nonzero(seen.is_of(101)) > 50


def test_the_same_frame_gives_the_same_points_whatever_the_simulator_calls_its_actors(frame: Frame) -> None:
    stage = SensingStage(RIG, wish())
    first = stage.sense(frame).sweep
    ids = np.where(frame.sweep.simulator_id == 101, 9, 0).astype(np.uint32)
    renamed = replace(frame, sweep=replace(frame.sweep, simulator_id=ids),
                      actors=(replace(frame.actors[0], simulator_id=9),))
    again = SensingStage(RIG, wish()).sense(renamed).sweep
    assert first.measurement is not None and again.measurement is not None
    assert np.array_equal(first.points_m, again.points_m)
    assert np.array_equal(first.measurement.intensity, again.measurement.intensity)
    later = stage.sense(replace(frame, index=1)).sweep
    assert not np.array_equal(first.points_m[:1000], later.points_m[:1000])


def test_points_that_hang_in_the_air_are_nobody_s(frame: Frame) -> None:
    foggy = replace(frame, conditions=Conditions(visibility_m=60.0))
    clear, thick = (SensingStage(RIG, wish()).sense(one).sweep for one in (frame, foggy))
    assert thick.measurement is not None
    in_air = ~np.isin(thick.measurement.cause, [Cause.OBJECT, Cause.GROUND])
    assert not thick.tag[in_air].any() and not thick.simulator_id[in_air].any()
    assert np.count_nonzero(~in_air) < len(clear.points_m)


def test_returns_that_a_device_does_not_offer_are_refused() -> None:
    with pytest.raises(RequestError, match=r"sensing\.returns: Velodyne HDL-64E S2 of rig kitti reports strongest, "
                                           "not dual"):
        SensingStage(RIG, wish(replace(MEASURED, returns="dual")))


def moving(frame: Frame, speed_mps: float) -> Frame:
    still = EgoMotion(49.0, 8.4, 0.0, np.array([0.0, 0.0, 9.81]), np.zeros(3))
    body = Box3(RigidTransform(np.eye(3), np.array([1.4, 0.0, 0.7])), np.array([4.9, 1.9, 1.4]))
    return replace(frame, ego_velocity_mps=np.array([speed_mps, 0.0, 0.0]), ego_motion=still, ego_box=body)


def test_a_head_that_turns_measures_what_is_behind_half_a_turn_away(frame: Frame) -> None:
    rolled = SensingStage(RIG, wish(replace(MEASURED, sweep="rolling"))).sense(moving(frame, 20.0)).sweep
    told = rolled.measurement
    assert told is not None
    azimuth = np.arctan2(rolled.points_m[:, 1], rolled.points_m[:, 0])
    ahead, behind = np.abs(azimuth) < 0.02, np.abs(azimuth) > 3.1
    assert np.abs(told.time_s[ahead]).max() < 0.001 and np.abs(told.time_s[behind]).min() > 0.048
    # A ring on flat ground is as far behind as ahead, but that the car has come on, or not yet, by v·t.
    ring = rolled.ring == 50
    first, last = behind & ring & (told.time_s < 0), behind & ring & (told.time_s > 0)
    radius = np.linalg.norm(rolled.points_m, axis=1)
    assert radius[last].mean() - radius[first].mean() == pytest.approx(0.1 * 20.0, abs=0.3)


def test_untwisted_static_things_lie_where_an_instant_sweep_has_them(frame: Frame) -> None:
    parked = moving(frame, 20.0)
    once, turned = (SensingStage(RIG, wish(replace(MEASURED, sweep=word))).sense(parked).sweep
                    for word in ("instant", "untwisted"))
    assert once.measurement is not None and turned.measurement is not None
    apart_m = np.linalg.norm(once.points_m - turned.points_m, axis=1)
    assert apart_m.max() < 0.0045 and np.median(apart_m) < 1e-5        # a step of the range, where rounding tips it
    assert not once.measurement.time_s.any() and turned.measurement.time_s.any()


def test_a_turning_head_needs_to_know_how_the_ego_turns(frame: Frame) -> None:
    with pytest.raises(RequestError, match="no IMU"):
        SensingStage(RIG, wish(replace(MEASURED, sweep="rolling"))).sense(frame)


def test_the_sensor_moves_with_the_rig_and_about_the_ego_s_middle(frame: Frame) -> None:
    turning = replace(moving(frame, 10.0), ego_motion=EgoMotion(0, 0, 0, np.zeros(3), np.array([0.0, 0.0, 0.5])))
    twist = sensor_twist(turning, RIG.lidar.rig_from_lidar)
    # 0.64 m behind the body's middle, so to the right when the nose swings left.
    assert twist.velocity_mps == pytest.approx([10.0, -0.32, 0.0]) and twist.turn_radps == pytest.approx([0, 0, 0.5])


def test_the_sun_stands_where_carla_has_it_unless_clouds_or_fog_hide_it(frame: Frame) -> None:
    south = Conditions(sun_altitude_deg=30.0, sun_azimuth_deg=90.0)
    towards = sun_direction(replace(frame, conditions=south), RIG.lidar.rig_from_lidar)
    assert towards == pytest.approx([0.0, -np.cos(np.radians(30)), 0.5])
    for hidden in ({"cloudiness": 1.0}, {"visibility_m": 200.0}, {"sun_altitude_deg": -1.0}):
        now = replace(frame, conditions=replace(south, **hidden))
        assert sun_direction(now, RIG.lidar.rig_from_lidar) is None


def test_seeds_are_of_episode_sensor_and_frame_and_a_twin_s_are_its_episode_s() -> None:
    one = wish()
    seeds = {sensor_seed(one, name, number) for name in ("velodyne", "camera_2") for number in range(50)}
    assert len(seeds) == 100 and min(seeds) >= 0
    assert sensor_seed(replace(one, twin=True), "velodyne", 3) == sensor_seed(one, "velodyne", 3)
    assert sensor_seed(replace(one, index=1), "velodyne", 3) != sensor_seed(one, "velodyne", 3)
    assert 0 < actor_number(one, "car") < 2**32 and actor_number(one, "car") != actor_number(one, "deer")


def test_paint_and_fur_are_as_bright_as_the_plan_says() -> None:
    assert luminance("255,255,255") == pytest.approx(1.0) and luminance("0,0,0") == 0.0
    white, black = (replace(wish().actors[0], color=color) for color in ("255,255,255", "0,0,0"))
    deer = replace(white, role="deer", kind="animal", species="roe_deer", color=None)
    found = known_reflectivity([white, replace(black, role="black"), deer, replace(deer, role="x", species=None)])
    assert found == {"car": pytest.approx(0.65), "black": pytest.approx(0.05), "deer": 0.35}


def test_the_scanner_knows_where_vehicles_are_those_of_the_level_too(frame: Frame) -> None:
    place = RIG.lidar.rig_from_lidar
    [actor] = frame.actors
    parked = LevelObject(70_001, "car", RigidTransform.from_yaw(0.0, (30.0, -4.0, 0.75)), np.array([4.0, 1.8, 1.5]))
    far = replace(parked, number=70_002, world_from_box=RigidTransform.from_yaw(0.0, (500.0, 0.0, 0.75)))
    boxes = vehicle_boxes(replace(frame, level_objects=(parked, far)), place, {actor.role: 7}, 120.0)
    assert set(boxes) == {7, 70_001}
    points = frame.sweep.points_m[frame.sweep.simulator_id == actor.simulator_id]
    assert len(points) > 100 and boxes[7].contains(points, 0.05).all()
    sensor_from_world = (frame.world_from_rig @ place).inverse()
    expected = sensor_from_world.apply(np.array([30.0, -4.0, 0.75]))
    assert boxes[70_001].frame_from_box.translation_m == pytest.approx(expected)
