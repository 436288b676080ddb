"""How fast scenarios become plans, and in how much memory: ``PYTHONPATH=. python tests/bench/bench_plans.py``.

Beside each figure stands a reference of the same run, since machines differ and are busy: for time, the SHA-256 and
quantile of as many drawn values, which no way of planning can go without; for memory, one plan's JSON text.
"""

from __future__ import annotations

import argparse
import json
import time
import tracemalloc
from pathlib import Path

from simgen.scenario import load_scenario, make_plans
from simgen.scenario.chance import Normal, Source

ROOT = Path(__file__).parents[2]
DEER = ROOT / "scenarios/animals/deer_crossing.yaml"
WARM_UP = 50


def reference_s(episodes: int, values: int) -> float:
    """CPU seconds for nothing but the numbers: so many episodes with so many drawn values each."""
    normal = Normal(0.0, 1.0)
    paths = [f"actors.actor_{number}.do.cross.speed" for number in range(values)]
    began = time.process_time()
    for episode in range(episodes):
        source = Source(0, "bench", episode)
        for path in paths:
            normal.quantile(source.unit(path))
    return time.process_time() - began


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("scenario", type=Path, nargs="?", default=DEER)
    parser.add_argument("--episodes", type=int, default=100_000)
    arguments = parser.parse_args()

    plans = make_plans([load_scenario(arguments.scenario)], arguments.episodes, 0)
    values = len(plans[0].drawn)
    began = time.process_time()
    count = sum(1 for _ in plans)
    planned_s = time.process_time() - began
    numbers_s = reference_s(min(arguments.episodes, 10_000), values) * arguments.episodes / min(
        arguments.episodes, 10_000)

    stream = iter(make_plans([load_scenario(arguments.scenario)], arguments.episodes, 0))
    for _ in range(WARM_UP):
        next(stream)
    tracemalloc.start()
    next(stream)
    before, _ = tracemalloc.get_traced_memory()
    tracemalloc.reset_peak()
    seen = sum(1 for _, _ in zip(range(min(10_000, arguments.episodes - WARM_UP - 1)), stream, strict=False))
    after, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    one = len(json.dumps(plans[0].to_json()))

    print(f"{arguments.scenario.stem}: {count} plans, {values} drawn values each")
    each_us = 1e6 * planned_s / count
    print(f"  CPU time           {planned_s:8.1f} s   {count / planned_s:8.0f} plans/s   {each_us:6.0f} us each")
    print(f"  the numbers alone  {numbers_s:8.1f} s   ratio {planned_s / numbers_s:.1f}")
    print(f"  memory over {seen} plans: {(after - before) / 1e3:.0f} kB kept, {(peak - before) / 1e3:.0f} kB at its "
          f"peak; one plan is {one / 1e3:.0f} kB of JSON")


if __name__ == "__main__":
    main()
