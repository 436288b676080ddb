"""Frames a second with one worker and with two, and what limits them.

    python tests/bench/bench_scaling.py [--episodes 4] [--frames 24] [--rounds 2] [--quality fast] [--canned]

Two servers run all the time; one of them rests while one worker is measured. The built-in simulator renders on one
core, and a worker's own work takes a part of another, so on two cores two workers cannot be twice as fast as one:
efficiency is also given against what the CPU time of a frame allows. --canned: servers whose frames cost nothing.
"""

from __future__ import annotations

import argparse
import os
import statistics
import tempfile
from pathlib import Path

from bench_collector import Measured, simgen
from stand_ins import STREET, servers


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--episodes", type=int, default=4)
    parser.add_argument("--frames", type=int, default=24)
    parser.add_argument("--rounds", type=int, default=2)
    parser.add_argument("--quality", default="fast")
    parser.add_argument("--canned", action="store_true")
    given = parser.parse_args()
    cores = os.cpu_count() or 1
    results: dict[int, list[Measured]] = {1: [], 2: []}
    with servers(2, given.canned, given.quality) as both, tempfile.TemporaryDirectory() as folder:
        scenario = Path(folder) / "bench_street.yaml"
        scenario.write_text(STREET.format(episodes=given.episodes, frames=given.frames))
        simgen(both, scenario, Path(folder) / "warm", "--episodes", "2", "--set", "capture.frames=5")
        for number in range(given.rounds):
            for workers in (1, 2):
                results[workers].append(simgen(both[:workers], scenario, Path(folder) / f"{workers}-{number}"))
    pace = {workers: statistics.median(one.frames_per_s for one in found) for workers, found in results.items()}
    cpu_s = {workers: statistics.median(one.cpu_s for one in found) for workers, found in results.items()}
    print(f"{given.rounds} rounds of {given.episodes} episodes of {given.frames} frames on {cores} cores")
    for workers in (1, 2):
        print(f"  {workers} at work {pace[workers]:8.2f} frames/s {1e3 * cpu_s[workers]:8.0f} ms CPU a frame with its "
              "simulator's")
    print(f"  speed-up {pace[2] / pace[1]:.2f}, efficiency {pace[2] / pace[1] / 2:.2f}")
    allowed = min(2.0 * pace[1], cores / cpu_s[2])
    print(f"  the CPU time of a frame allows {allowed:.2f} frames/s on {cores} cores: {pace[2] / allowed:.2f} of that")


if __name__ == "__main__":
    main()
