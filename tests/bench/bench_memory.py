"""Memory of the driver and its workers over thousands of short episodes.

    python tests/bench/bench_memory.py [--episodes 2000] [--frames 2] [--workers 2] [--every 10]

The servers' frames cost nothing (``canned_server.py``), so that episodes follow one another quickly. Every so many
seconds the resident memory of the driver, of each worker and of each server is noted; a straight line through the
second half of it says how much 100 episodes add, and how sure that is (two standard errors).
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import tempfile
import time
from collections import defaultdict
from pathlib import Path

import numpy as np
from stand_ins import ROOT, STREET, Server, servers

MIB = 2.0**20


def resident_bytes(pid: int) -> int:
    """Memory of its own, without the files that it has mapped and shares; where the system does not tell, with them."""
    try:
        for line in Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines():
            if line.startswith("Pss_Anon:"):
                return int(line.split()[1]) * 1024
    except OSError:
        pass
    return int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * 4096


def processes(driver: int, used: list[Server]) -> dict[str, int]:
    """Name → pid, of those alive."""
    found = {"driver": driver, **{f"server {number}": server.pid for number, server in enumerate(used)}}
    for path in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            command = path.read_bytes().replace(b"\0", b" ").decode(errors="replace")
            parent = int((path.parent / "stat").read_text().rpartition(")")[2].split()[1])
        except (OSError, ValueError):
            continue
        if command.startswith("ray::") and "IDLE" not in command and is_of(parent, driver):
            found[f"worker {path.parent.name}"] = int(path.parent.name)
    return found


def is_of(pid: int, ancestor: int) -> bool:
    while pid > 1:
        if pid == ancestor:
            return True
        try:
            pid = int(Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[1])
        except OSError:
            return False
    return False


def slope(done: list[int], mib: list[float]) -> tuple[float, float]:
    """MiB that 100 episodes add in the second half of the time, and two standard errors of that."""
    half = len(done) // 2
    x, y = np.array(done[half:]) / 100.0, np.array(mib[half:])
    if len(x) < 3 or np.ptp(x) == 0:
        return float("nan"), float("nan")
    (rise, base), off = np.polyfit(x, y, 1), x - x.mean()
    error = float(np.sqrt(((y - rise * x - base) ** 2).sum() / (len(x) - 2) / (off**2).sum()))
    return float(rise), 2.0 * error


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--episodes", type=int, default=2000)
    parser.add_argument("--frames", type=int, default=2)
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--every", type=float, default=10.0, metavar="SECONDS")
    given = parser.parse_args()
    noted: dict[str, tuple[list[int], list[float]]] = defaultdict(lambda: ([], []))
    with servers(given.workers, canned=True) as used, tempfile.TemporaryDirectory() as folder:
        scenario, out = Path(folder) / "bench_street.yaml", Path(folder) / "out"
        scenario.write_text(STREET.format(episodes=given.episodes, frames=given.frames))
        began = time.monotonic()
        with (Path(folder) / "log").open("wb") as log:
            process = subprocess.Popen(
                [sys.executable, "-m", "simgen", "run", str(scenario), "--out", str(out),
                 *(word for server in used for word in ("--simulator", server.endpoint))],
                cwd=ROOT, stdout=log, stderr=log)
            while process.poll() is None:
                time.sleep(given.every)
                records = out / "episodes"
                done = sum(1 for _ in records.glob("*.json")) if records.is_dir() else 0
                for name, pid in processes(process.pid, used).items():
                    try:
                        size = resident_bytes(pid)
                    except OSError:         # it has just ended
                        continue
                    noted[name][0].append(done)
                    noted[name][1].append(size / MIB)
        done = sum(1 for _ in (out / "episodes").glob("*.json"))
        print(f"{done} of {given.episodes} episodes of {given.frames} frames in {time.monotonic() - began:.0f} s, exit "
              f"status {process.returncode}")
        if process.returncode:
            print((Path(folder) / "log").read_text()[-2000:])
    print(f"  {'MiB':18}{'first':>8}{'middle':>8}{'last':>8}   100 episodes add")
    for name, (episodes, mib) in noted.items():
        rise, error = slope(episodes, mib)
        print(f"  {name:18}{mib[0]:8.1f}{mib[len(mib) // 2]:8.1f}{mib[-1]:8.1f}{rise:+10.2f} ± {error:.2f}")


if __name__ == "__main__":
    main()
