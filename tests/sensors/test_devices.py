"""The catalogue of real sensors, and files of one's own."""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np
import pytest

from sensors.devices import (
    available_cameras,
    available_lidars,
    load_camera,
    load_lidar,
    parse_camera,
    parse_lidar,
)
from sensors.errors import DeviceError, RigError
from sensors.rig import load_rig

DEVICES = Path(__file__).parents[2] / "sensors" / "devices"
VLP_16 = (DEVICES / "lidars" / "vlp_16.yaml").read_text(encoding="utf-8")
FLEA2 = (DEVICES / "cameras" / "flea2_14s3c.yaml").read_text(encoding="utf-8")

# One calibrated HDL-64E S3, top to bottom (SeeingThroughFog car, 2017).
S3 = """1.87 1.55 1.21 0.87 0.47 0.20 -0.11 -0.50 -0.78 -1.15 -1.55 -1.85 -2.18 -2.49 -2.85 -3.17 -3.56 -3.90 -4.26
-4.54 -4.87 -5.22 -5.60 -5.91 -6.28 -6.65 -6.98 -7.25 -7.60 -7.98 -8.31 -8.53 -8.86 -9.44 -9.84 -10.29
-10.80 -11.42 -11.94 -12.52 -12.92 -13.43 -13.81 -14.53 -15.01 -15.56 -15.97 -16.45 -16.90 -17.62 -18.15
-18.73 -18.99 -19.62 -20.04 -20.69 -21.20 -21.79 -22.22 -22.65 -23.13 -23.81 -24.27 -24.82"""
VLP_32C = """-25 -15.639 -11.31 -8.843 -7.254 -6.148 -5.333 -4.667 -4 -3.667 -3.333 -3 -2.667 -2.333 -2 -1.667 -1.333 -1
-0.667 -0.333 0 0.333 0.667 1 1.333 1.667 2.333 3.333 4.667 7 10.333 15"""


def numbers(text: str) -> list[float]:
    return [float(word) for word in text.split()]


def test_kittis_scanner_has_the_beams_of_kittis_rig():
    device, mount = load_lidar("hdl_64e_s2"), load_rig("kitti").lidar
    assert device.elevations_deg.tolist() == np.concatenate(
        [np.linspace(block.upper_deg, block.lower_deg, block.channels) for block in mount.blocks]).tolist()
    assert (device.firings, device.rate_hz, device.range_m) == (mount.points_per_ring, mount.rate_hz, mount.range_m)
    assert device.least_power == pytest.approx(0.1 / 50**2)


def test_beam_tables_are_the_published_ones():
    assert load_lidar("vlp_16").elevations_deg.tolist() == pytest.approx(list(range(15, -16, -2)))
    assert load_lidar("vlp_32c").elevations_deg.tolist() == numbers(VLP_32C)[::-1]
    assert load_lidar("hdl_64e_s3").elevations_deg.tolist() == numbers(S3)
    hdl_32e = load_lidar("hdl_32e").elevations_deg
    assert np.round(hdl_32e[[0, 1, 8, 16, 31]], 2).tolist() == [10.67, 9.33, 0.0, -10.67, -30.67]
    vls = load_lidar("vls_128").elevations_deg
    assert (vls[0], vls[-1], len(vls)) == (15.0, -25.0, 128)
    middle = -np.diff(vls[(vls < 3.7) & (vls > -5.6)])
    assert np.allclose(middle, 0.11, atol=0.011)
    pandar_40p = load_lidar("pandar_40p").elevations_deg
    assert np.round(pandar_40p[[0, 5, 6, 7, 8, 28, 29, 30, 37, 38, 39]], 2).tolist() == [
        15, 2, 1.67, 1.33, 1, -5.67, -6, -7, -14, -19, -25]
    pandar = load_lidar("pandar_128").elevations_deg
    assert np.median(-np.diff(pandar[(pandar < 2.1) & (pandar > -6.1)])) == pytest.approx(0.127, abs=0.002)


@pytest.mark.parametrize(("name", "top_deg", "channels"), [
    ("os1_64", 16.6, 64), ("os1_128", 22.5, 128), ("os0_128", 45.0, 128),
])
def test_ousters_beams_are_even(name: str, top_deg: float, channels: int):
    table = load_lidar(name).elevations_deg
    assert (len(table), table[0], table[-1]) == (channels, top_deg, -top_deg)
    assert np.allclose(np.diff(table), -2 * top_deg / (channels - 1), atol=1e-12)


@pytest.mark.parametrize(("name", "of_the_sheet", "within"), [
    ("hdl_64e_s2", 1_333_000, 0.001), ("hdl_32e", 700_000, 0.01), ("vlp_16", 300_000, 0.04), ("vlp_32c", 600_000, 0.04),
    ("vls_128", 2_400_000, 0.001), ("os1_64", 1_310_720, 0), ("os1_128", 2_621_440, 0), ("pandar_64", 1_152_000, 0),
    ("pandar_40p", 720_000, 0), ("at128", 1_536_000, 0),
])
def test_points_per_second_are_those_of_the_data_sheet(name: str, of_the_sheet: float, within: float):
    device = load_lidar(name)
    assert device.points_per_second == device.channels * device.firings * device.rate_hz
    assert device.points_per_second == pytest.approx(of_the_sheet, rel=within, abs=0)


def test_lasers_fire_in_their_order():
    vlp_16 = load_lidar("vlp_16")
    in_order = vlp_16.elevations_deg[np.argsort(vlp_16.beam_delay_s)]
    assert in_order.tolist() == pytest.approx([-15, 1, -13, 3, -11, 5, -9, 7, -7, 9, -5, 11, -3, 13, -1, 15])
    assert np.allclose(np.diff(np.sort(vlp_16.beam_delay_s)), 2.304e-6)
    hdl_32e = load_lidar("hdl_32e")
    first = hdl_32e.elevations_deg[np.argsort(hdl_32e.beam_delay_s)[:4]]
    assert np.round(first, 2).tolist() == [-30.67, -9.33, -29.33, -8.0]
    vls = load_lidar("vls_128")
    assert np.unique(np.round(vls.beam_delay_s * 1e6, 3), return_counts=True)[1].tolist() == [8] * 16


def test_lasers_of_a_vlp_32c_stand_in_four_columns():
    assert sorted(set(load_lidar("vlp_32c").azimuth_offsets_deg.tolist())) == [-4.2, -1.4, 1.4, 4.2]


@pytest.mark.parametrize("name", available_lidars())
def test_every_lidar_of_the_catalogue_holds_together(name: str):
    device = load_lidar(name)
    assert device.name == name
    assert (np.diff(device.elevations_deg) < 0).all()
    assert len(device.azimuth_offsets_deg) == len(device.beam_delay_s) == device.channels
    assert device.beam_delay_s.min() >= 0 and device.beam_delay_s.max() < device.firing_s
    field = device.azimuths_deg[1] - device.azimuths_deg[0]
    assert field / 360 * 0.998 <= device.firings * device.firing_s * device.rate_hz <= 1.001
    assert device.range_10_percent_m <= device.range_m
    with pytest.raises(ValueError, match="read-only"):
        device.elevations_deg[0] = 0.0


def test_a_slower_sweep_has_more_firings():
    device = load_lidar("vlp_16")
    assert [device.at_rate(rate).firings for rate in (5, 10, 20)] == [3616, 1808, 904]
    assert device.at_rate(20).points_per_second == device.points_per_second
    with pytest.raises(ValueError, match="Velodyne VLP-16 makes 5 to 20 sweeps a second, not 40"):
        device.at_rate(40)


@pytest.mark.parametrize("name", available_cameras())
def test_every_camera_of_the_catalogue_holds_together(name: str):
    camera = load_camera(name)
    assert camera.name == name
    assert camera.gain_dn_per_e * camera.full_well_e == pytest.approx(2**camera.bits - 1, rel=0.01)


def test_lenses_make_the_published_pictures():
    focal_px = {name: load_camera(name).focal_mm * 1000 / load_camera(name).pixel_um for name in available_cameras()}
    assert focal_px["flea2_14s3c"] == pytest.approx(959.791, abs=0.05)       # K_02 of 2011_09_26
    assert focal_px["aca1600_60gc"] == pytest.approx(1266.417, abs=0.5)      # nuScenes' CAM_FRONT
    assert math.degrees(2 * math.atan(960 / focal_px["waymo_front"])) == pytest.approx(50, abs=0.1)
    assert load_camera("imx490").focus_m == math.inf


def test_a_device_is_found_by_path_as_well_as_by_name(tmp_path: Path):
    (tmp_path / "mine.yaml").write_text(VLP_16, encoding="utf-8")
    assert load_lidar(tmp_path / "mine.yaml").name == "mine"
    assert load_lidar(str(tmp_path / "mine.yaml")).channels == 16
    with pytest.raises(DeviceError, match=r"nowhere\.yaml: cannot be read: No such file"):
        load_camera("nowhere.yaml")


def test_a_misspelt_device_gets_a_hint():
    with pytest.raises(DeviceError, match=r"no LiDAR is called 'vlp16' \(did you mean 'vlp_16'\?\); there are at128, "):
        load_lidar("vlp16")
    with pytest.raises(RigError, match="no camera is called 'flea2'"):      # whoever loads a rig catches it too
        load_camera("flea2")


@pytest.mark.parametrize(("old", "new", "message"), [
    ("near_m: 0.5", "nearest_m: 0.5", "f.yaml: nearest_m: unknown key (did you mean 'near_m'?)"),
    ("near_m: 0.5", "near_m: 100", "f.yaml: range_m: expected more than 100, got 100"),
    ("dropout: 0.01", "dropout: 1.5", "f.yaml: dropout: expected at most 1, got 1.5"),
    ("title: Velodyne VLP-16", "title:", "f.yaml: title: expected text, got nothing"),
    ("upper_deg: 15,", "upper_deg: -16,", "f.yaml: elevations_deg[0]: -15.9333 is not below -16, the beam before"),
    ("upper_deg: 15,", "upper_deg: 95,", "f.yaml: elevations_deg[0]: expected angles above the horizon between −90"),
    ("beams: 16", "beams: 300", "f.yaml: elevations_deg: more than 255 beams"),
    ("beams: 16", "channels: 16", "f.yaml: elevations_deg[0].channels: unknown key"),
    ("  - {beams: 16, upper_deg: 15, lower_deg: -15}", "  - 3.0\n  - 3.5",
     "f.yaml: elevations_deg[1]: 3.5 is not below 3, the beam before; beams go from the top down"),
    ("  - {beams: 16, upper_deg: 15, lower_deg: -15}", "  - three",
     "f.yaml: elevations_deg[0]: expected a number, got str 'three'"),
    ("azimuth_offsets_deg: [0]", "azimuth_offsets_deg: [1]", "f.yaml: azimuth_offsets_deg: expected [0] or 16 numbers"),
    ("azimuth_offsets_deg: [0]", "azimuth_offsets_deg: [0, 1]",
     "f.yaml: azimuth_offsets_deg: expected [0] or 16 numbers, one for each beam from the top down, got 2"),
    ("beam_delay_us: [34.56", "beam_delay_us: [60", "f.yaml: beam_delay_us[0]: expected 0 … 55.296, got 60"),
    ("azimuths_deg: [-180", "azimuths_deg: [200", "f.yaml: azimuths_deg: expected [from, to] counter-clockwise"),
    ("rate_hz: 10", "rate_hz: 12", "f.yaml: rate_hz: 12 is not among rates_hz"),
    ("rates_hz: [5,", "rates_hz: [0,", "f.yaml: rates_hz: expected rates above 0, got 0"),
    ("firings: 1808", "firings: 2000", "f.yaml: firings: 2000 firings of 55.296 µs last 110.592 ms; a sweep at 10 Hz"),
    ("firings: 1808", "firings: 0", "f.yaml: firings: expected at least 1, got 0"),
    ("divergence_mrad: [3.0, 1.5]", "divergence_mrad: [3.0, 0]",
     "f.yaml: divergence_mrad: expected [horizontal, vertical] above 0"),
    ("overlap_m: [1.0, 10.0]", "overlap_m: [10, 1]", "f.yaml: overlap_m: expected 0 ≤ from ≤ to, got [10, 1]"),
    ("[strongest, last, dual]", "[strongest, first]", "f.yaml: returns[1]: expected one of strongest, last, dual, got"),
    ("[strongest, last, dual]", "[last, last]", "f.yaml: returns: one is named twice"),
    ("diffuse_levels: 101", "diffuse_levels: 600", "f.yaml: diffuse_levels: 600 of 256 intensity_levels"),
    ("wavelength_nm: 903", "wavelength_nm: 0.9", "f.yaml: wavelength_nm: expected at least 400, got 0.9"),
    (VLP_16, "{", "f.yaml: is not YAML:"),
])
def test_a_wrong_lidar_file_is_refused_with_file_key_and_problem(old: str, new: str, message: str):
    assert old in VLP_16
    with pytest.raises(DeviceError) as refused:
        parse_lidar(VLP_16.replace(old, new, 1), "f", "f.yaml")
    assert str(refused.value).startswith(message)


@pytest.mark.parametrize(("old", "new", "message"), [
    ("bayer: RGGB", "bayer: RGBG", "f.yaml: bayer: expected one of none, RGGB, GRBG, GBRG, BGGR, got str 'RGBG'"),
    ("quantum_efficiency: 0.45", "quantum_efficiency: 45", "f.yaml: quantum_efficiency: expected at most 1, got 45"),
    ("exposure_ms: [0.02, 2.0]", "exposure_ms: [2, 1]", "f.yaml: exposure_ms: expected [shortest, longest] above 0"),
    ("focus_m: 6.0", "focus_m: near", "f.yaml: focus_m: expected a number, got str 'near'"),
    ("distortion: brown_conrady", "distortion: kannala_brandt", "f.yaml: coefficients: expected 4 numbers, got 5"),
    ("distortion: brown_conrady", "distortion: none", "f.yaml: coefficients: a lens without distortion has none"),
    ("jpeg_quality: 0", "jpeg_quality: 101", "f.yaml: jpeg_quality: expected 0 (stored without loss) to 100, got 101"),
    ("bits: 12", "bits: 64", "f.yaml: bits: expected at most 32, got 64"),
    ("row_us: 0", "row_s: 0", "f.yaml: row_s: unknown key (did you mean 'row_us'?)"),
])
def test_a_wrong_camera_file_is_refused_with_file_key_and_problem(old: str, new: str, message: str):
    assert old in FLEA2
    with pytest.raises(DeviceError) as refused:
        parse_camera(FLEA2.replace(old, new, 1), "f", "f.yaml")
    assert str(refused.value).startswith(message)
