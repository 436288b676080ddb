"""Measure: how many frames a second does ``simgen verify`` check on one core, whole, without sweeps, and with --quick?

    python tests/bench/bench_verify.py [DIR] [--frames 48]

Without DIR it makes a dataset of KITTI's sizes: two pictures of 1242 × 375 that look like pictures to a compressor, and
sweeps of 115,000 points in snowfall, with what each comes from and the clean sweep beside. The reference, measured in
the same run and on the same files, is reading all bytes and taking their SHA-256: what any check of a copy costs;
decoding the pictures, which no check of pictures can do without, is measured as well. CPU seconds count, the best of
several passes, so a busy machine changes little. Of datasets with more than 120 frames a sample tells whether pictures
are mirrored or swapped; here it is all, so larger ones take less.
"""

from __future__ import annotations

import argparse
import hashlib
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import cv2
import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from simgen.verify import verify_dataset
from simgen.verify.registry import RULES
from tests.verify import toyworld

POINTS = 115_000
SWEEPS = frozenset({"points", "point_labels", "causes"})
CHECKS: dict[str, tuple[dict[str, Any], float | None]] = {
    "with everything": ({}, 20.0),
    "without sweeps": ({"exclude": [rule.id for rule in RULES.values() if SWEEPS & set(rule.needs)]}, None),
    "quick": ({"quick": True}, 100.0),
}
"""What is asked for, and the frames a second a core that it must reach."""
PASSES = 3
STAYING = [replace(body, speed=toyworld.EGO_SPEED if body.speed else 0.0, yaw=0.0 if body.speed else body.yaw)
           for body in toyworld.ACTORS if body.role != "parked_car"]
"""Actors that keep their places before the ego, however long it takes."""


def make(root: Path, frames: int) -> Path:
    """A correct dataset of two episodes, as heavy as KITTI's frames are."""
    toyworld.write_dataset(root, frames_each=frames // 2, actors=STAYING)
    rng = np.random.default_rng(0)
    for path in sorted((root / "training").glob("image_?/*.png")):
        pixels = cv2.imread(str(path)).astype(np.int16) + rng.integers(-4, 5, (toyworld.HEIGHT, toyworld.WIDTH, 1))
        cv2.imwrite(str(path), np.clip(pixels, 0, 255).astype(np.uint8))
    toyworld.let_snow_fall(root, STAYING)
    training = root / "training"
    for path in sorted((training / "velodyne").glob("*.bin")):
        mark = training / "velodyne_label" / f"{path.stem}.label"
        told = training / "velodyne_cause" / f"{path.stem}.npy"
        cloud, labels, causes = np.fromfile(path, "<f4").reshape(-1, 4), np.fromfile(mark, "<u4"), np.load(told)
        ground = np.flatnonzero(causes["cause"] == toyworld.GROUND)
        every = np.sort(np.concatenate([np.arange(len(cloud)), rng.choice(ground, POINTS - len(cloud))]), kind="stable")
        cloud[every].tofile(path)
        labels[every].tofile(mark)
        np.save(told, causes[every])
        clean = np.fromfile(beside := training / "velodyne_clean" / path.name, "<f4").reshape(-1, 4)
        clean[np.arange(POINTS) * len(clean) // POINTS].tofile(beside)
    toyworld.seal(root)
    return root


def read_all(root: Path) -> None:
    for path in root.rglob("*"):
        if path.is_file():
            hashlib.sha256(path.read_bytes()).hexdigest()


def decode_all(root: Path) -> None:
    for path in root.glob("training/image_?/*.png"):
        cv2.imdecode(np.frombuffer(path.read_bytes(), np.uint8), cv2.IMREAD_UNCHANGED)


def cpu_seconds(work: Callable[[], object]) -> float:
    work()                                                          # the files are in memory from here on
    passes = []
    for _ in range(PASSES):
        began = time.process_time()
        work()
        passes.append(time.process_time() - began)
    return min(passes)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("dataset", type=Path, nargs="?")
    parser.add_argument("--frames", type=int, default=48)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        root = options.dataset or make(Path(folder) / "dataset", options.frames)
        report = verify_dataset(root)
        frames = report.frames + report.test_frames
        size = sum(path.stat().st_size for path in root.rglob("*") if path.is_file())
        print(f"{frames} frames of {size / frames / 1e6:.1f} MB, {report.labels / report.frames:.1f} labels each,"
              f" {len(report.errors)} errors")
        reference = cpu_seconds(lambda: read_all(root))
        print(f"reading and hashing all bytes: {frames / reference:7.0f} frames/s a core")
        print(f"decoding all pictures:         {frames / cpu_seconds(lambda: decode_all(root)):7.0f} frames/s a core")
        for name, (options_of, goal) in CHECKS.items():
            seconds = cpu_seconds(partial(verify_dataset, root, **options_of))
            verdict = "" if goal is None else f" (goal {goal:g}: {'reached' if frames / seconds >= goal else 'missed'})"
            print(f"{name:<15} {frames / seconds:7.0f} frames/s a core, {seconds / reference:5.1f} times the reference"
                  f"{verdict}")


if __name__ == "__main__":
    main()
