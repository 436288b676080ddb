"""Mistakes in what a sweep says of its points, by what they do to the files of a correct dataset in any weather."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from tests.verify.mutations import Mutation, clouds, of, side_rows

NEEDS = ("velodyne_cause",)
OBJECT, GROUND, FOG, SNOW, DUST = 1, 2, 3, 5, 7


def causes(change: Callable[[np.ndarray], np.ndarray]) -> Callable[[Path], None]:
    """Change the rows of every file of causes."""

    def apply(root: Path) -> None:
        for path in (root / "training" / "velodyne_cause").glob("*.npy"):
            np.save(path, change(np.load(path)))

    return apply


def column(name: str, change: Callable[[np.ndarray], Any]) -> Callable[[Path], None]:
    """Change one column of them, by all rows."""

    def put(rows: np.ndarray) -> np.ndarray:
        rows[name] = change(rows)
        return rows

    return causes(put)


def first(rows: np.ndarray, cause: int, number: int) -> np.ndarray:
    return np.flatnonzero(rows["cause"] == cause)[:number]


def turned_into(cause: int, number: int = 50) -> Callable[[np.ndarray], np.ndarray]:
    """Some of an object's points are said to be something else."""

    def change(rows: np.ndarray) -> np.ndarray:
        told = rows["cause"].copy()
        told[first(rows, OBJECT, number)] = cause
        return np.asarray(told)

    return change


def in_the_air(cause: int, share: float, number: int = 50) -> Callable[[Path], None]:
    """Some points of the ground become points in the air, at this share of the way to it, with labels to match."""

    def apply(root: Path) -> None:
        for path in (root / "training" / "velodyne_cause").glob("*.npy"):
            rows = np.load(path)
            chosen = first(rows, GROUND, number)
            cloud = np.fromfile(velodyne := root / "training" / "velodyne" / f"{path.stem}.bin", "<f4").reshape(-1, 4)
            labels = np.fromfile(marks := root / "training" / "velodyne_label" / f"{path.stem}.label", "<u4")
            ranges = np.linalg.norm(cloud[chosen, :3], axis=1)
            cloud[chosen, :3] *= (share * rows["range_before_m"][chosen] / ranges)[:, None]
            rows["cause"][chosen], labels[chosen] = cause, 0
            np.save(path, rows)
            cloud.tofile(velodyne)
            labels.tofile(marks)

    return apply


def turn_over(root: Path) -> None:
    """All files about points are written from the bottom ring to the top one."""
    for path in (root / "training" / "velodyne_cause").glob("*.npy"):
        np.save(path, np.load(path)[::-1])
        for folder, ending, dtype, columns in (("velodyne", "bin", "<f4", 4), ("velodyne_label", "label", "<u4", 1)):
            beside = root / "training" / folder / f"{path.stem}.{ending}"
            np.ascontiguousarray(np.fromfile(beside, dtype).reshape(-1, columns)[::-1]).tofile(beside)


def plans(**said: Any) -> Callable[[Path], None]:
    """Every record's plan says something else under ``sensing``, or of all its weather."""

    def apply(root: Path) -> None:
        for path in (root / "episodes").glob("*.json"):
            record = json.loads(path.read_text())
            plan = record["plan"]
            plan["sensing"].update({key: value for key, value in said.items() if key in plan["sensing"]})
            for point in plan["weather"]:
                point.update({key: value for key, value in said.items() if key in point})
            path.write_text(json.dumps(record))

    return apply


def first_gone(folder: str) -> Callable[[Path], None]:
    def apply(root: Path) -> None:
        sorted((root / "training" / folder).iterdir())[0].unlink()

    return apply


def thick_fog_that_takes_nothing(root: Path) -> None:
    plans(visibility_m=40.0, snowfall_mmph=0.0)(root)
    side_rows(lambda row: {"distance_m": 25.0, "lidar_points_clean": row["lidar_points_stored"]})(root)


def noisy(sigma_m: float) -> Callable[[np.ndarray], np.ndarray]:
    def change(cloud: np.ndarray) -> np.ndarray:
        ranges = np.linalg.norm(cloud[:, :3], axis=1)
        off = np.random.default_rng(0).normal(0.0, sigma_m, len(cloud))
        cloud[:, :3] *= ((ranges + off) / ranges)[:, None]
        return cloud

    return change


def without_noise(root: Path) -> None:
    """Surfaces are exactly where they are said to be."""
    for path in (root / "training" / "velodyne_cause").glob("*.npy"):
        rows = np.load(path)
        cloud = np.fromfile(velodyne := root / "training" / "velodyne" / f"{path.stem}.bin", "<f4").reshape(-1, 4)
        ranges = np.linalg.norm(cloud[:, :3], axis=1)
        solid = rows["cause"] <= GROUND
        cloud[solid, :3] *= (rows["range_before_m"] / ranges)[solid, None]
        cloud.tofile(velodyne)


def of_other_frames(root: Path) -> None:
    """Clean sweeps stand one frame too late."""
    paths = sorted((root / "training" / "velodyne_clean").iterdir())
    kept = [path.read_bytes() for path in paths]
    for path, data in zip(paths, [kept[-1], *kept[:-1]], strict=True):
        path.write_bytes(data)


def flat(rows: np.ndarray) -> np.ndarray:
    """Instead of where surfaces are, where they were measured: all noise is gone."""
    return np.asarray(np.round(rows["range_before_m"], 0))


CAUSE_MUTATIONS: dict[str, Mutation] = {
    "causes of fewer points": Mutation(causes(lambda r: r[:-7]), of("cause.form"), NEEDS),
    "causes as plain numbers": Mutation(causes(lambda r: r["cause"]), of("cause.form"), NEEDS),
    "ranges before that are not numbers": Mutation(
        column("range_before_m", lambda r: np.full(len(r), np.nan)),
        of("cause.form"), NEEDS),
    "causes from zero": Mutation(column("cause", lambda r: r["cause"] - 1), of("cause.code", "cause.owner"), NEEDS),
    "an object's points that fog gave": Mutation(column("cause", turned_into(FOG)), of("cause.owner"), NEEDS),
    "ground and objects confused": Mutation(
        column("cause", lambda r: np.where(r["cause"] < 3, 3 - r["cause"], r["cause"])), of("cause.owner"), NEEDS),
    "causes of the next frame": Mutation(
        column("range_before_m", lambda r: np.roll(r["range_before_m"], 900)), of("cause.surface"), NEEDS),
    "ranges before in centimetres": Mutation(
        column("range_before_m", lambda r: 100 * r["range_before_m"]), of("cause.surface", "cause.clean"),
        (*NEEDS, "velodyne_clean")),
    "surfaces where the beam meets none": Mutation(
        column("range_before_m", lambda r: np.full(len(r), np.inf)), of("cause.surface"), NEEDS),
    "flakes behind walls": Mutation(in_the_air(SNOW, 1.3), of("cause.nearer"), NEEDS),
    "fog far away": Mutation(in_the_air(FOG, 12.0), of("cause.reach", "cause.nearer"), NEEDS),
    "weather of another episode": Mutation(in_the_air(DUST, 0.4), of("cause.weather"), NEEDS),
    "points in any order": Mutation(turn_over, of("cause.beam"), NEEDS),
    "microseconds": Mutation(
        column("time_s", lambda r: 1e6 * np.linspace(-0.05, 0.05, len(r))), of("cause.beam"), NEEDS),
    "return numbers from one": Mutation(
        column("return_number", lambda r: r["return_number"] + 1), of("cause.beam"), NEEDS),
    "second returns of beams that have one": Mutation(
        column("return_number", lambda r: np.arange(len(r)) % 2), of("cause.beam"), NEEDS),
    "intensities that were not quantised": Mutation(
        clouds(lambda cloud: np.column_stack([cloud[:, :3], cloud[:, 3] * 0.9 + np.linspace(0, 0.05, len(cloud))])
               .astype("<f4")), of("cause.steps"), NEEDS),
    "counts of the measured sweep for the clean one": Mutation(
        side_rows(lambda row: {"lidar_points_clean": int(str(row["lidar_points_stored"])) // 2 - 1}),
        of("cause.counts"), (*NEEDS, "objects")),
    "no counts of the clean sweep": Mutation(
        side_rows(lambda row: {"lidar_points_clean": None}), of("cause.counts"), (*NEEDS, "objects")),
    "clean sweeps of other frames": Mutation(of_other_frames, of("cause.clean"), (*NEEDS, "velodyne_clean")),
    "a frame without causes": Mutation(
        first_gone("velodyne_cause"), of("cause.complete", "record.missing_file"), NEEDS),
    "clean sweeps left out": Mutation(
        lambda root: shutil.rmtree(root / "training" / "velodyne_clean"), of("cause.complete", "record.missing_file"),
        (*NEEDS, "velodyne_clean")),
    "causes of sweeps that the plan wants clean": Mutation(
        plans(lidar="clean"), of("cause.complete"), NEEDS),
    "sweeps of an instant for sweeps that turn": Mutation(plans(sweep="rolling"), of("cause.request"), NEEDS),
    "sweeps that turn for sweeps of an instant": Mutation(
        column("time_s", lambda r: np.linspace(-0.05, 0.05, len(r))), of("cause.request"), NEEDS),
    "walls that are seen through any fog": Mutation(plans(visibility_m=10.0), of("cause.far"), NEEDS),
    "fog that takes nothing": Mutation(thick_fog_that_takes_nothing, of("cause.missing"), (*NEEDS, "objects")),
    "a cloudburst without a drop": Mutation(
        plans(rain_mmph=30.0, snowfall_mmph=0.0), of("cause.missing"), NEEDS),
    "half of the points are flakes": Mutation(
        in_the_air(SNOW, 0.4, 30_000), of("cause.share"), NEEDS),
    "ranges without noise": Mutation(without_noise, of("cause.noise"), NEEDS),
    "ranges noisier than any device's": Mutation(clouds(noisy(0.4)), of("cause.noise", "cause.surface"), NEEDS),
    "ranges before that are no better than a guess": Mutation(
        column("range_before_m", flat), of("cause.noise"), NEEDS),
}
