"""Servers, scenario and clocks that benches of whole runs share."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
START_S = 300.0

# A street in which hardly anything moves, so that repeated pictures do not contradict the world too much. Each episode
# has the same three in it, because a server keeps every body that it has shown.
STREET = """\
name: bench_street
description: A slow ego among three who wait.
episodes: {episodes}
road: {{kind: town}}
weather: {{preset: ClearNoon}}
ego: {{speed: 3 km/h}}
actors:
  - role: car
    vehicle: vehicle.lincoln.mkz_2020
    color: red
    place: {{ahead: 22 m, lane: oncoming}}
    do: {{follow_road: {{speed: 1 km/h}}}}
  - {{role: walker, pedestrian: walker.pedestrian.0015, place: {{ahead: 12 m, side: right, off_road: 1 m}}}}
  - {{role: dog, animal: dog, place: {{ahead: 10 m, side: left, off_road: 1 m}}}}
sensing: {{lidar: clean}}
capture: {{rate: 10 Hz, frames: {frames}, warmup: 0.2 s}}
"""


@dataclass(frozen=True, slots=True)
class Server:
    """A simulator that runs as a process of ours."""

    pid: int
    port: int

    @property
    def endpoint(self) -> str:
        return f"127.0.0.1:{self.port}"


@contextmanager
def servers(count: int, canned: bool, quality: str = "fast") -> Iterator[list[Server]]:
    """So many simulators: the built-in one, or the one whose frames cost nothing."""
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        running: list[Server] = []
        for number in range(count):
            ready = folder / f"{number}.json"
            command = [str(ROOT / "tests/bench/canned_server.py"), str(ready), "--quality", quality] if canned else [
                "-m", "simgen.localsim", "--port", "0", "--ready-file", str(ready), "--quality", quality,
                "--owner", str(os.getpid()), "--device", "cpu"]
            log = stack.enter_context((folder / f"{number}.log").open("wb"))
            process = subprocess.Popen([sys.executable, *command], cwd=ROOT, stdout=log, stderr=log)
            stack.callback(end, process)
            deadline = time.monotonic() + START_S
            while not ready.exists():
                if process.poll() is not None or time.monotonic() > deadline:
                    raise SystemExit(f"a simulator did not start:\n{(folder / f'{number}.log').read_text()}")
                time.sleep(0.05)
            running.append(Server(process.pid, int(json.loads(ready.read_text())["port"])))
        yield running


def end(process: subprocess.Popen[bytes]) -> None:
    process.terminate()
    try:
        process.wait(10)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


def cpu_s(pids: list[int]) -> float:
    """CPU seconds of some processes up to now."""
    ticks = 0
    for pid in pids:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
        ticks += int(fields[11]) + int(fields[12])
    return ticks / os.sysconf("SC_CLK_TCK")


def written_at_s(out: Path, last_file: str) -> list[float]:
    """When the frames of a dataset were finished. last_file: the kind of file that each frame's others come before."""
    return sorted(path.stat().st_mtime for path in (out / "training" / last_file).iterdir()
                  if not path.name.endswith(".partial"))


def pace(times: list[float]) -> float:
    """Frames a second between the first frame and the last."""
    return (len(times) - 1) / (times[-1] - times[0])
