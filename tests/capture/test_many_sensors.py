"""A rig of several cameras and LiDARs on the built-in simulator: what one meets lies where calib puts it in others."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from sensors.rig import parse_rig
from simgen.capture import open_episode
from simgen.kitti.calib import Calibration
from simgen.scenario import load_scenario, make_plans
from tests.capture.simulator import built_in_simulator

RIG = """
label_camera: ahead
cameras:
  ahead: {position_m: [2.0, 0.1, 1.7], rotation: {pitch_up_deg: -3}, record: true, picture: &p {
    width_px: 320, height_px: 200, focal_px: 220, principal_px: [170.5, 90]}}
  left: {position_m: [1.0, 0.5, 1.6], rotation: {yaw_left_deg: 80, pitch_up_deg: -6, roll_right_deg: 8}, picture: *p,
         record: true, label: true}
  back: {position_m: [0.0, 0.0, 1.7], rotation: {optical_quaternion_wxyz: [0.5, -0.5, -0.5, 0.5]}, picture: *p,
         record: true, label: true}
main_lidar: roof
lidars:
  roof: {position_m: [1.0, 0.0, 2.0], rotation: {yaw_left_deg: 10, pitch_up_deg: -2}, device: vlp_16}
  side: {position_m: [1.0, 1.1, 1.0], rotation: {yaw_left_deg: 90}, rate_hz: 10, points_per_ring: 720, range_m: 60,
         blocks: [{channels: 24, upper_deg: 10, lower_deg: -30}]}
imu: {position_m: [0, 0, 0]}
"""
SCENARIO = Path(__file__).parents[2] / "scenarios" / "pedestrians" / "crossing_through_a_queue.yaml"
POLE = 6        # thin things are beside the pixel that a ray through its middle meets


@pytest.mark.slow
def test_points_of_every_lidar_lie_on_the_pixels_of_what_they_met_in_every_camera() -> None:
    rig = parse_rig(RIG, "many", "many.yaml")
    plan = make_plans([load_scenario(SCENARIO)], 1, 0)[0]
    plan = replace(plan, capture=replace(plan.capture, frames=1))
    calibration = Calibration.from_text(Calibration.from_rig(rig).to_text())
    with built_in_simulator() as endpoint, open_episode(endpoint, plan, rig) as episode:
        frame = next(iter(episode.frames()))
    assert list(frame.views) == ["ahead", "left", "back"] and list(frame.further_sweeps) == ["side"]
    judged = 0
    for camera in rig.cameras:
        depth_m, p = frame.views[camera.name].depth_m, calibration.projection(camera.number)
        assert depth_m is not None
        for lidar, sweep in (None, frame.sweep), ("side", frame.further_sweeps["side"]):
            rectified = calibration.rectified_from_lidar(lidar).apply(sweep.points_m.astype(np.float64))
            pixel = np.column_stack([rectified, np.ones(len(rectified))]) @ p.T
            ahead = (pixel[:, 2] > 1.0) & (sweep.tag != POLE)
            u, v = (pixel[ahead, :2] / pixel[ahead, 2:]).T
            inside = (u > 2) & (v > 2) & (u < 317) & (v < 197)
            u, v, z = u[inside], v[inside], pixel[ahead, 2][inside]
            if len(z) < 200:
                continue
            judged += 1
            errors = {(du, dv): float(np.median(np.abs(
                depth_m[np.rint(v + dv).astype(int), np.rint(u + du).astype(int)] / z - 1)))
                for du in (-1, 0, 1) for dv in (-1, 0, 1)}
            assert errors[0, 0] < 0.01
            assert errors[0, 0] <= min(errors.values()) + 1e-4, (camera.name, lidar, errors)
    assert judged >= 4
