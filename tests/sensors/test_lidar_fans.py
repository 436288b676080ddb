"""Real beam tables from a simulator's even fans."""

from __future__ import annotations

import math
from dataclasses import replace
from functools import cache
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import sensors
from sensors.devices import LidarDevice, available_cameras, available_lidars, load_camera, load_lidar
from sensors.lidar.fans import FanPlan, plan_fans
from sensors.rig import load_rig
from simgen.localsim.lidar import Head


@cache
def plan_of(name: str) -> FanPlan:
    return plan_fans(load_lidar(name))


def device_with(*elevations_deg: float, **changes: object) -> LidarDevice:
    table = np.array(elevations_deg)
    return replace(load_lidar("vlp_16"), elevations_deg=table, azimuth_offsets_deg=0 * table, beam_delay_s=0 * table,
                   **changes)      # type: ignore[arg-type]


def cast_elevations_deg(plan: FanPlan) -> np.ndarray:
    """(rows,) as the built-in simulator casts them."""
    rows = []
    for fan in plan.fans:
        head = Head(fan.channels, 100.0, fan.channels * 10.0, 10.0, fan.upper_deg, fan.lower_deg, 360.0)
        rows.append(np.degrees(np.arcsin(head.directions(0.0, 0.1)[:, 2].astype(float))))
    return np.concatenate(rows)


def test_kittis_scanner_is_the_two_fans_of_kittis_rig():
    plan = plan_of("hdl_64e_s2")
    assert plan.fans == load_rig("kitti").lidar.blocks
    assert plan.row_of_beam.tolist() == list(range(64))
    assert plan.worst_error_deg == 0.0
    assert (plan.rays_cast, plan.rays_kept) == (64 * 2083, 64 * 2083)


@pytest.mark.parametrize("name", available_lidars())
def test_every_beam_of_the_catalogue_is_met_within_a_quarter_of_its_height(name: str):
    device, plan = load_lidar(name), plan_of(name)
    assert plan.worst_error_deg <= 0.25 * math.degrees(device.divergence_mrad[1] / 1000)
    picked = cast_elevations_deg(plan)[plan.row_of_beam]
    assert np.allclose(picked, plan.elevations_deg, atol=2e-5)      # single precision
    assert np.allclose(plan.elevations_deg - device.elevations_deg, plan.error_deg)
    assert (np.diff(plan.row_of_beam) > 0).all()
    assert plan.beam_of_row[plan.row_of_beam].tolist() == list(range(device.channels))
    assert (plan.beam_of_row < 0).sum() == plan.rows - device.channels
    assert plan.rows < 1.35 * device.channels


def test_an_even_step_in_the_middle_of_uneven_beams_is_found():
    # 27 steps of a third of a degree serve 22 beams of the VLP-32C; the others go in pairs, which are always even.
    plan = plan_of("vlp_32c")
    assert [fan.channels for fan in plan.fans] == [2, 2, 27, 2, 2, 2]
    assert plan.worst_error_deg < 0.0005


def test_one_fan_takes_the_step_that_divides_all():
    plan = plan_fans(device_with(0.0, -1.0, -2.5), 0.01, most_fans=1)
    assert [(fan.channels, fan.upper_deg, fan.lower_deg) for fan in plan.fans] == [(6, 0.0, -2.5)]
    assert plan.row_of_beam.tolist() == [0, 2, 5]


def test_a_sensor_more_must_be_worth_its_rows():
    beams = device_with(0.0, -1.0, -2.5)
    assert len(plan_fans(beams, 0.01, sensor_rows=4.0).fans) == 1       # 6 + 4 rows against 3 + 2 · 4
    assert len(plan_fans(beams, 0.01, sensor_rows=2.0).fans) == 2


def test_a_coarser_tolerance_never_costs_more_rays():
    upper_half = device_with(*load_lidar("hdl_64e_s3").elevations_deg[:24])
    rows = [plan_fans(upper_half, tolerance, most_fans=2).rows for tolerance in (0.1, 0.05, 0.025)]
    assert rows == sorted(rows)
    assert rows[0] < rows[-1]


def test_what_cannot_be_met_is_refused():
    with pytest.raises(ValueError, match=r"cannot be cast to 1e-05° with 1 fans"):
        plan_fans(device_with(1.0, 0.9, 0.7071068, 0.5772157, 0.30103, 0.1415927), 1e-5, most_fans=1)
    with pytest.raises(ValueError, match="tolerance_deg is 0, expected more than 0"):
        plan_fans(load_lidar("vlp_16"), 0.0)
    with pytest.raises(ValueError, match="most_fans is 0"):
        plan_fans(load_lidar("vlp_16"), most_fans=0)


def test_a_field_to_one_side_is_cast_by_a_turned_sensor():
    plan = plan_fans(device_with(1.0, 0.0, azimuths_deg=(-30.0, 90.0)))
    assert (plan.horizontal_fov_deg, plan.yaw_deg) == (120.0, 30.0)
    assert plan.column_step_deg == pytest.approx(120 / 1808)


def test_beams_that_stand_aside_are_half_a_column_off_at_most():
    plan = plan_of("vlp_32c")
    assert plan.azimuth_error_deg.max() == pytest.approx(4.2 - 21 * 360 / 1808, abs=1e-9)
    assert plan_of("pandar_128").azimuth_error_deg.max() <= 0.1 + 1e-9


tables = st.lists(st.floats(0.1, 5.0), min_size=1, max_size=11).map(
    lambda gaps: tuple(10.0 - sum(gaps[:i]) for i in range(len(gaps) + 1)))


@settings(max_examples=40, deadline=None)
@given(tables, st.floats(0.005, 0.05), st.integers(6, 12))
def test_any_table_is_met_within_the_tolerance(table: tuple[float, ...], tolerance: float, most_fans: int):
    plan = plan_fans(device_with(*table), tolerance, most_fans=most_fans)
    assert plan.worst_error_deg <= tolerance * (1 + 1e-9)
    assert len(plan.fans) <= most_fans
    assert (np.diff(plan.row_of_beam) > 0).all()
    rows = np.concatenate([np.degrees(fan.elevations_rad()) for fan in plan.fans])
    assert np.abs(rows[plan.row_of_beam] - table).max() <= tolerance + 1e-9
    # Pairs are always even: half as many fans as beams, rounded up, need no row too many.
    if most_fans >= math.ceil(len(table) / 2):
        assert plan.rows + 4 * len(plan.fans) <= len(table) + 4 * math.ceil(len(table) / 2)


@settings(max_examples=30, deadline=None)
@given(st.integers(2, 40), st.floats(0.2, 2.0), st.floats(-20, 20))
def test_an_even_table_is_one_fan_without_a_row_too_many(channels: int, step: float, top: float):
    table = np.linspace(top, top - (channels - 1) * step, channels)
    plan = plan_fans(device_with(*table))
    assert (len(plan.fans), plan.rows) == (1, channels)
    assert plan.worst_error_deg < 1e-6


def test_the_readme_lists_the_catalogue_as_it_is():
    readme = (Path(sensors.__file__).parent / "README.md").read_text(encoding="utf-8")
    for line in [*map(lidar_line, available_lidars()), *map(camera_line, available_cameras())]:
        assert line in readme, f"sensors/README.md lacks this line, or has an old one of it:\n{line}"


def lidar_line(name: str) -> str:
    device = load_lidar(name)
    plan = plan_of(name)
    error = "exact" if plan.worst_error_deg < 1e-6 else f"{plan.worst_error_deg:.4f}°"
    return (f"| `{name}` | {device.title} | {device.channels} | {device.elevations_deg[0]:+.1f} … "
            f"{device.elevations_deg[-1]:+.1f} | {device.firings} × {device.rate_hz:g} | {device.range_m:g} | "
            f"{device.range_10_percent_m:g} | {len(plan.fans)} | {plan.rows} | {error} |")


def camera_line(name: str) -> str:
    camera = load_camera(name)
    shutter = f"rolling, {camera.row_s * camera.height_px * 1e3:.0f} ms" if camera.row_s else "global"
    return (f"| `{name}` | {camera.title} | {camera.width_px} × {camera.height_px} | {camera.pixel_um:g} | "
            f"{camera.focal_mm:.1f} mm f/{camera.f_number:g} | {camera.distortion} | {shutter} | {camera.bits} |")
