"""Measure: how many frames a second does ``simgen verify`` check on one core, whole and with --quick?

    python tests/bench/bench_verify.py [DIR] [--frames 48]

Without DIR it makes a dataset of KITTI's sizes: two pictures of 1242 × 375 that look like pictures to a compressor, and
sweeps of 115,000 points. The reference, measured in the same run and on the same files, is reading all bytes and taking
their SHA-256: what any check of a copy costs. CPU seconds count, so a busy machine changes little.
"""

from __future__ import annotations

import argparse
import hashlib
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from simgen.verify import verify_dataset
from tests.verify import toyworld

POINTS = 115_000
GOALS = {"with everything": 20.0, "quick": 100.0}


def make(root: Path, frames: int) -> Path:
    """A correct dataset of two episodes, as heavy as KITTI's frames are."""
    toyworld.write_dataset(root, frames_each=frames // 2)
    rng = np.random.default_rng(0)
    for path in sorted((root / "training").glob("image_?/*.png")):
        pixels = cv2.imread(str(path)).astype(np.int16) + rng.integers(-4, 5, (toyworld.HEIGHT, toyworld.WIDTH, 1))
        cv2.imwrite(str(path), np.clip(pixels, 0, 255).astype(np.uint8))
    for path in sorted((root / "training" / "velodyne").glob("*.bin")):
        cloud, mark = np.fromfile(path, "<f4").reshape(-1, 4), path.parents[1] / "velodyne_label" / f"{path.stem}.label"
        labels = np.fromfile(mark, "<u4")
        ground = np.flatnonzero(labels >> 16 == 0)
        more = rng.choice(ground, POINTS - len(cloud))
        np.concatenate([cloud, cloud[more]]).tofile(path)
        np.concatenate([labels, labels[more]]).tofile(mark)
    toyworld.seal(root)
    return root


def read_all(root: Path) -> None:
    for path in root.rglob("*"):
        if path.is_file():
            hashlib.sha256(path.read_bytes()).hexdigest()


def cpu_seconds(work: Callable[[], object]) -> float:
    work()                                                          # the files are in memory from here on
    began = time.process_time()
    work()
    return time.process_time() - began


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("dataset", type=Path, nargs="?")
    parser.add_argument("--frames", type=int, default=48)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        root = options.dataset or make(Path(folder) / "dataset", options.frames)
        report = verify_dataset(root, quick=True)
        frames = report.frames + report.test_frames
        size = sum(path.stat().st_size for path in root.rglob("*") if path.is_file())
        print(f"{frames} frames of {size / frames / 1e6:.1f} MB, {report.labels / report.frames:.1f} labels each")
        reference = cpu_seconds(lambda: read_all(root))
        print(f"reading and hashing all bytes: {frames / reference:7.0f} frames/s a core")
        for name, quick in (("with everything", False), ("quick", True)):
            seconds = cpu_seconds(lambda quick=quick: verify_dataset(root, quick=quick))   # type: ignore[misc]
            goal = GOALS[name]
            verdict = "reached" if frames / seconds >= goal else "missed"
            print(f"{name:<15} {frames / seconds:7.0f} frames/s a core, {seconds / reference:5.1f} times the reference"
                  f" (goal {goal:g}: {verdict})")


if __name__ == "__main__":
    main()
