"""Weather on a file: what it does not touch stays, and what it takes is said. Scenes whose answers are known."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from sensors.__main__ import main
from sensors.conditions import CLEAR, Conditions
from sensors.devices import load_lidar
from sensors.lidar.added_weather import in_kitti_order, in_weather, kitti_points
from sensors.lidar.intensity import reflectance_of
from sensors.lidar.range_noise import sigma_m
from sensors.sweeps import Cause, Loss, MeasuredSweep
from tests.sensors.test_recorded import flat_world

KITTI = load_lidar("hdl_64e_s2")
FOG, RAIN = Conditions(visibility_m=60), Conditions(rain_mmph=25, wetness=1, water_film_mm=1)
BLIZZARD = Conditions(snowfall_mmph=4, visibility_m=120, road_snow=0.8)
FOG_PER_M = FOG.extinction().weather
ONE_SURFACE = (Cause.OBJECT, Cause.GROUND)


def file(count: int = 20_000, seed: int = 0) -> NDArray[np.float32]:
    """Some points of a world, in the file's order, as bright as chance has it; a tenth of them black."""
    rng = np.random.default_rng(seed)
    points = flat_world(KITTI)
    points = points[np.sort(rng.choice(len(points), count, replace=False))]
    points[:, 3] = np.round(rng.beta(2, 5, count), 2) * (rng.random(count) > 0.1)
    return points


def own(swept: MeasuredSweep) -> NDArray[np.bool_]:
    return np.isin(swept.cause, ONE_SURFACE)


def test_clear_weather_changes_no_byte_of_a_file() -> None:
    points = flat_world(KITTI)
    points[:, 3] = np.random.default_rng(0).integers(0, 100, len(points)) / np.float32(100)
    points[:100, :3] *= 200 / np.linalg.norm(points[:100, :3], axis=1)[:, None]     # farther than the sheet says
    points[200:300, :3] *= 0.5 / np.linalg.norm(points[200:300, :3], axis=1)[:, None]
    swept = in_weather(points, KITTI, CLEAR, 1, keep_lost=True)
    assert kitti_points(swept).tobytes() == points.tobytes()
    assert swept.beam.tolist() == list(range(len(points)))
    assert own(swept).all() and swept.lost is not None and len(swept.lost.beam) == 0


@pytest.mark.parametrize("weather", [FOG, RAIN, BLIZZARD])
def test_each_row_is_left_or_its_loss_is_said(weather: Conditions) -> None:
    points = file()
    swept = in_weather(points, KITTI, weather, 1, keep_lost=True)
    assert swept.lost is not None
    rows = np.concatenate([swept.beam[own(swept)], swept.lost.beam])
    assert sorted(rows.tolist()) == list(range(len(points)))
    assert not np.isin(swept.lost.loss, (Loss.DROPPED, Loss.TOO_WEAK)).any()
    assert (np.diff(swept.beam) > 0).all()


def test_points_stay_on_their_beams_and_grow_no_brighter_in_thick_air() -> None:
    points = file()
    swept = in_weather(points, KITTI, FOG, 1)
    mine, rows = own(swept), swept.beam[own(swept)]
    before, after = points[rows], kitti_points(swept)[mine]
    range_m, moved_m = (np.linalg.norm(which[:, :3], axis=1) for which in (before, after))
    assert np.abs(np.cross(before[:, :3], after[:, :3])).max() < 1e-3
    assert (after[:, 3] <= before[:, 3] + 1e-6).all()
    expected = before[:, 3] * np.exp(-2 * FOG_PER_M * range_m)
    assert np.abs(after[:, 3] - expected).max() < 0.0051
    assert 0 < np.std(moved_m - range_m) < 0.2


def test_ranges_get_only_the_noise_that_the_lost_signal_explains() -> None:
    points = np.tile(np.array([[15.0, 0.0, 0.0, 0.5]], np.float32), (20_000, 1))
    swept = in_weather(points, KITTI, FOG, 1, ring=np.full(len(points), 6), ground=np.zeros(len(points), bool))
    here = own(swept)
    snr = float(reflectance_of(points[:1, 3], KITTI)[0]) / 15**2 / KITTI.least_power
    cosine = 0.7            # of points without neighbours to tell a slope by
    clear, foggy = (sigma_m(s, KITTI, 15.0, cosine) for s in (snr, snr * np.exp(-2 * FOG_PER_M * 15)))
    assert np.std(swept.points_m[here, 0]) == pytest.approx(float(np.sqrt(foggy**2 - clear**2)), rel=0.05)


def test_a_little_haze_takes_a_little() -> None:
    """Also of black points, which were noticed nobody knows how well."""
    points = file()
    swept = in_weather(points, KITTI, Conditions(visibility_m=10_000), 1, keep_lost=True)
    assert swept.lost is not None and len(swept.lost.beam) < 0.01 * len(points)
    assert (points[swept.beam[own(swept)], 3] == 0).sum() > 0.98 * (points[:, 3] == 0).sum()


@settings(max_examples=10, deadline=None)
@given(st.floats(30, 3000), st.floats(1.1, 5))
def test_thicker_air_leaves_no_more_points_of_a_file(visibility_m: float, thicker: float) -> None:
    points = file(3000)
    clearer, dimmer = (in_weather(points, KITTI, Conditions(visibility_m=v), 5)
                       for v in (visibility_m, visibility_m / thicker))
    assert own(dimmer).sum() <= own(clearer).sum()


def test_lying_snow_brightens_ground_and_labels_can_be_carried_over() -> None:
    points = file()
    points[:, 3] = 0.1
    label = np.arange(len(points))
    swept = in_weather(points, KITTI, Conditions(road_snow=1.0), 1)
    assert np.median(swept.intensity[swept.cause == Cause.GROUND]) > 0.15
    carried = np.append(label, -1)[np.minimum(swept.beam, len(points))]
    assert (carried == swept.beam).all()


def test_falling_snow_comes_in_beams_without_an_answer_too() -> None:
    points = file()
    swept = in_weather(points, KITTI, BLIZZARD, 1)
    flakes = swept.cause == Cause.SNOW
    assert (swept.beam[flakes] >= len(points)).sum() > 50 < (swept.beam[flakes] < len(points)).sum() + 50
    assert np.isinf(swept.range_before_m[swept.beam >= len(points)]).all()


def test_the_seed_decides() -> None:
    points = file()
    one, again, other = (kitti_points(in_weather(points, KITTI, BLIZZARD, seed)).tobytes() for seed in (1, 1, 2))
    assert one == again != other


def test_kittis_order_goes_ring_by_ring_and_round() -> None:
    swept = in_kitti_order(in_weather(file(), KITTI, BLIZZARD, 1), KITTI)
    assert (np.diff(swept.ring.astype(int)) >= 0).all()
    azimuth = np.arctan2(swept.points_m[:, 1], swept.points_m[:, 0]) % (2 * np.pi)
    assert ((np.diff(azimuth) < -np.pi).sum()) <= KITTI.channels
    assert kitti_points(swept).dtype == np.dtype("<f4") and kitti_points(swept).shape == (len(swept), 4)


def test_intensities_above_a_white_diffuser_are_those_of_retroreflectors() -> None:
    hdl_32e = load_lidar("hdl_32e")
    points = np.tile(np.array([[20.0, 0.0, 0.5, 200 / 256]], np.float32), (100, 1))
    swept = in_weather(points, hdl_32e, FOG, 1)
    rho = float(reflectance_of(points[:1, 3], hdl_32e)[0]) * np.exp(-2 * FOG_PER_M * np.linalg.norm(points[0, :3]))
    assert rho > 1 and own(swept).sum() == 100
    assert np.allclose(reflectance_of(swept.intensity[own(swept)], hdl_32e), rho, rtol=0.05)


def test_a_device_that_loses_returns_loses_none_again() -> None:
    points = file()
    assert len(in_weather(points, replace(KITTI, dropout=0.5), CLEAR, 1)) == len(points)


def run(*words: object) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "sensors", *map(str, words)]
    return subprocess.run(command, capture_output=True, text=True, timeout=120)


def test_the_command_line_writes_what_the_call_gives(tmp_path: Path) -> None:
    points = file()
    points.tofile(tmp_path / "in.bin")
    done = run(tmp_path / "in.bin", tmp_path / "out.bin", "--snowfall", 4, "--visibility", 120, "--road-snow", 0.8,
               "--seed", 3, "--about", tmp_path / "about.npz")
    assert done.returncode == 0, done.stderr
    swept = in_kitti_order(in_weather(points, KITTI, BLIZZARD, 3), KITTI)
    assert (tmp_path / "out.bin").read_bytes() == kitti_points(swept).tobytes()
    about = np.load(tmp_path / "about.npz")
    assert (about["cause"] == swept.cause).all()
    assert (about["row"] == np.where(swept.beam < len(points), swept.beam, -1)).all()
    assert f"{(swept.cause == Cause.SNOW).sum():,} snow" in done.stdout


def test_bytes_of_intensity_are_told_by_their_full_scale_and_stay_what_they_were(tmp_path: Path) -> None:
    points = file(1000)
    points[:, 3] = np.random.default_rng(0).integers(0, 256, len(points))
    points.tofile(tmp_path / "in.bin")
    main([str(tmp_path / "in.bin"), str(tmp_path / "out.bin"), "--full-scale", "255"])
    assert (np.sort(np.fromfile(tmp_path / "out.bin", "<f4")) == np.sort(points.ravel())).all()


@pytest.mark.parametrize(("content", "words", "sentence"), [
    (b"123", (), "not a whole number of points"),
    (np.array([[1, 2, 3, 60]], "<f4").tobytes(), (), "--full-scale"),
    (np.array([[1, 2, 3, np.nan], [1, 2, 3, 0]], "<f4").tobytes(), (), "in.bin: 1 of 2 points hold a number"),
    (np.array([[0, 0, 0, 0.5]], "<f4").tobytes(), (), "in.bin: 1 of 1 points lie at the origin"),
    (np.array([[1, 2, 3, -0.5]], "<f4").tobytes(), (), "in.bin: intensity goes down to -0.5"),
    (b"", ("--snowfall", "26"), "--snowfall: expected a number from 0 to 25"),
    (b"", ("--device", "hdl_65"), "no LiDAR is called 'hdl_65'"),
    (b"", ("--visibility=-3",), "--visibility: expected a number above 0"),
    (b"", ("--wetness", "1.5"), "--wetness: expected a number from 0 to 1"),
    (None, (), "cannot be read"),
])
def test_mistakes_on_the_command_line_are_said_in_one_sentence(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], content: bytes | None, words: tuple[str, ...], sentence: str
) -> None:
    if content is not None:
        (tmp_path / "in.bin").write_bytes(content)
    with pytest.raises(SystemExit) as left:
        main([str(tmp_path / "in.bin"), str(tmp_path / "out.bin"), *words])
    said = capsys.readouterr().err
    assert left.value.code == 2 and sentence in said and said.count("\n") == 1
    assert not (tmp_path / "out.bin").exists()


def test_the_command_line_never_writes_over_what_it_reads_or_has_just_written(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    before = file(100).tobytes()
    Path("in.bin").write_bytes(before)
    for words in (["in.bin", "./in.bin"], ["in.bin", "out.bin", "--about", "in.bin"],
                  ["in.bin", "out.bin", "--about", str(tmp_path / "out.bin")]):
        with pytest.raises(SystemExit) as left:
            main([*words, "--rain", "5"])
        said = capsys.readouterr().err
        assert left.value.code == 2 and "another file" in said and said.count("\n") == 1
    assert Path("in.bin").read_bytes() == before and not Path("out.bin").exists()


def test_what_points_come_from_is_written_under_the_very_name_that_was_asked_for(tmp_path: Path) -> None:
    file(100).tofile(tmp_path / "in.bin")
    main([str(tmp_path / "in.bin"), str(tmp_path / "out.bin"), "--about", str(tmp_path / "causes")])
    assert len(np.load(tmp_path / "causes")["cause"]) == 100


def test_a_devices_name_is_no_device() -> None:
    with pytest.raises(TypeError, match=r"load_lidar.*got 'hdl_64e_s2'"):
        in_weather(file(10), "hdl_64e_s2", FOG, 1)                      # type: ignore[arg-type]
