"""simgen beside a straightforward collector, on the same stand-in servers, through the real ``carla`` client.

    python tests/bench/bench_collector.py [--episodes 4] [--frames 40] [--rounds 2] [--rendering-only | --free-only]

Two cases: servers that render (the built-in simulator, quality "fast": rendering is the limit), and servers whose
frames cost nothing (``canned_server.py``). The collector (``naive_collector.py``) is one process on one server, as its
kind is; simgen has one worker for each of two. They run one after the other, round by round, each alone. Frames a
second are counted from the first frame on disk to the last, so that loading Ray and maps counts for neither.

On a machine that others use, look at the CPU time: a collector that waits for each step in turn cannot be faster than
the sum of its steps, while simgen's workers keep two cores busy, so that the last column is the ratio that CPU time
alone allows on two free cores.
"""

from __future__ import annotations

import argparse
import json
import resource
import statistics
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from stand_ins import ROOT, STREET, Server, cpu_s, pace, servers, written_at_s

CORES = 2


@dataclass(frozen=True, slots=True)
class Measured:
    """Frames a second, and CPU seconds a frame: of whoever collects, and of the servers."""

    frames_per_s: float
    client_cpu_s: float
    server_cpu_s: float

    @property
    def cpu_s(self) -> float:
        return self.client_cpu_s + self.server_cpu_s


def collector(server: Server, out: Path, episodes: int, frames: int) -> Measured:
    """The straightforward one."""
    before_s, own_before_s = cpu_s([server.pid]), children_cpu_s()
    finish([sys.executable, str(ROOT / "tests/bench/naive_collector.py"), server.endpoint, str(out), "--episodes",
            str(episodes), "--frames", str(frames)])
    times = written_at_s(out, "label_2")
    # Without what any program with this client spends before its first call.
    client_s = children_cpu_s() - own_before_s - import_cpu_s()
    return Measured(pace(times), client_s / len(times), (cpu_s([server.pid]) - before_s) / len(times))


def simgen(used: list[Server], scenario: Path, out: Path, *more: str) -> Measured:
    """One worker for each server. Its CPU time is that of the workers in their episodes, openings and all."""
    before_s = cpu_s([server.pid for server in used])
    finish([sys.executable, "-m", "simgen", "run", str(scenario), "--out", str(out), "--profile",
            *(word for server in used for word in ("--simulator", server.endpoint)), *more])
    times = written_at_s(out, "objects")
    phases = json.loads((out / "logs/profile.json").read_text())["phases"].values()
    return Measured(pace(times), sum(phase["cpu_s"] for phase in phases) / len(times),
                    (cpu_s([server.pid for server in used]) - before_s) / len(times))


def finish(command: list[str]) -> None:
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    if done.returncode:
        raise SystemExit(f"{command} ended with {done.returncode}:\n{done.stderr[-2000:]}")


def children_cpu_s() -> float:
    """CPU seconds of all processes of ours that have ended."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


@cache
def import_cpu_s() -> float:
    before_s = children_cpu_s()
    finish([sys.executable, str(ROOT / "tests/bench/naive_collector.py"), "--help"])
    return children_cpu_s() - before_s


def median_of(results: list[Measured]) -> Measured:
    return Measured(*(statistics.median(getattr(one, name) for one in results)
                      for name in ("frames_per_s", "client_cpu_s", "server_cpu_s")))


def compare(title: str, canned: bool, episodes: int, frames: int, rounds: int, goal: float) -> None:
    naive: list[Measured] = []
    ours: list[Measured] = []
    with servers(2, canned) as both, tempfile.TemporaryDirectory() as folder:
        scenario = Path(folder) / "bench_street.yaml"
        scenario.write_text(STREET.format(episodes=episodes, frames=frames))
        for number in range(rounds + 1):            # the first round warms up, and is not counted
            short = number == 0
            naive.append(collector(both[0], Path(folder) / f"naive-{number}", 1 if short else episodes,
                                   5 if short else frames))
            few = ("--episodes", "2", "--set", "capture.frames=5") if short else ()
            ours.append(simgen(both, scenario, Path(folder) / f"ours-{number}", *few))
    theirs, mine = median_of(naive[1:]), median_of(ours[1:])
    print(f"{title}: {rounds} rounds of {episodes} episodes of {frames} frames; goal {goal:g} times")
    print(f"  {'':12}{'frames/s':>10}{'client CPU ms':>15}{'server CPU ms':>15}{'sum':>8}   a frame")
    for name, one in (("collector", theirs), ("simgen", mine)):
        print(f"  {name:12}{one.frames_per_s:10.2f}{1e3 * one.client_cpu_s:15.1f}{1e3 * one.server_cpu_s:15.1f}"
              f"{1e3 * one.cpu_s:8.1f}")
    print(f"  measured ratio {mine.frames_per_s / theirs.frames_per_s:.2f}; by CPU time alone, on {CORES} free cores, "
          f"{CORES * theirs.cpu_s / mine.cpu_s:.2f}")
    print("  why: two simulators instead of one; decoding, labelling, encoding and writing beside the next tick, not "
          "after it; PNG without a search for repetitions (bench_png.py)")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--episodes", type=int, default=4)
    parser.add_argument("--frames", type=int, default=40)
    parser.add_argument("--rounds", type=int, default=2)
    parser.add_argument("--rendering-only", action="store_true")
    parser.add_argument("--free-only", action="store_true")
    given = parser.parse_args()
    if not given.rendering_only:
        compare("frames that cost nothing", True, given.episodes, given.frames, given.rounds, 3.0)
    if not given.free_only:
        compare("rendering is the limit", False, given.episodes, given.frames, given.rounds, 1.7)


if __name__ == "__main__":
    main()
