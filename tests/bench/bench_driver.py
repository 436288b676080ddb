"""What the driver costs: ``PYTHONPATH=. python tests/bench/bench_driver.py [--workers 2 16 64] [--episodes 1000000]``.

Workers are Ray actors, a process each, that only wait: an episode takes them a fixed time and no processor. They import
neither the simulator's client nor anything that records. Everything else is the product's own: plans are drawn for each
episode as it is handed out, and sent as they are to a recording worker.

efficiency: episodes that were done × what one takes, divided by workers × time, once all workers are at work and while
there is more to do; 1 is a driver that costs nothing. Beside it stands the driver's processor time for an
episode. Then the schedule alone, and the ledger, for a million episodes.
"""

from __future__ import annotations

import argparse
import contextlib
import os
import resource
import tempfile
import time
import tracemalloc
from pathlib import Path
from typing import Any

from simgen.errors import Interrupted
from simgen.fleet.driver import record_all
from simgen.fleet.jobs import Event
from simgen.fleet.ledger import Jobs, Ledger
from simgen.fleet.ray_cluster import ray_session
from simgen.fleet.schedule import Policy, Schedule, Workload
from simgen.fleet.slot import Slot
from simgen.fleet.worker import Outcome
from simgen.scenario import load_scenario, make_plans
from simgen.scenario.library import library

SCENARIO = "animals/deer_crossing"


def waiting_worker(episode_s: float) -> type:
    """The class of a worker that waits. Its outcome is plain: unpacking ``Outcome`` would import all that records."""

    class Waits:
        def __init__(self, slot: Any, out_dir: Path, log_dir: Path) -> None:
            pass

        def start(self) -> None:
            return None

        def record(self, plan: dict[str, Any], first_frame: int, xodr_text: str | None) -> tuple[str, int]:
            import time

            time.sleep(episode_s)
            return f"{plan['scenario']}-{plan['index']:04d}", plan["capture"]["frames"]

        def abort(self) -> None:
            pass

        def stop(self) -> None:
            pass

    return Waits


def measure_driver(workers: int, episode_s: float, window_s: float) -> None:
    from simgen.fleet import ray_executor

    class Executor(ray_executor.RayExecutor):
        def hire(self, slot: Slot) -> Any:
            return super().hire(slot.number)            # type: ignore[arg-type]

        def result(self, call: Any) -> Any:
            value = super().result(call)
            return Outcome(value[0], value[1], 0, 0.0) if isinstance(value, tuple) else value

    ledger = Ledger(make_plans([load_scenario(library()[SCENARIO])], 20_000, 0))
    jobs = Jobs(ledger, range(len(ledger)), lambda _: None)
    seats: set[int] = set()
    steady_s: list[float] = []                           # when all workers had begun, and some episodes more
    done: list[tuple[float, float]] = []                 # when, and the processor time until then

    def tell(event: Event) -> None:
        if event.kind == "start" and event.slot is not None and len(seats) < workers:
            seats.add(event.slot.number)
            if len(seats) == workers:
                steady_s.append(time.monotonic() + 3 * episode_s)
        elif event.kind == "done" and steady_s and time.monotonic() > steady_s[0]:
            done.append((time.monotonic(), time.process_time()))

    def stop_asked() -> int:
        return 2 if done and done[-1][0] > steady_s[0] + window_s else 0

    with tempfile.TemporaryDirectory() as name, ray_session(workers):
        folder = Path(name)
        executor = Executor(waiting_worker(episode_s), folder, folder)
        with contextlib.suppress(Interrupted):
            record_all(jobs, [Slot(n) for n in range(workers)], folder, folder, tell, stop_asked=stop_asked,
                       executor=executor, work=jobs.work, policy=Policy(start_limit_s=900.0))
    (began_s, began_cpu), (ended_s, ended_cpu), episodes = done[0], done[-1], len(done) - 1
    efficiency = episodes * episode_s / (workers * (ended_s - began_s))
    print(f"{workers:5d} workers  {episodes:6d} episodes of {episode_s:g} s in {ended_s - began_s:.0f} s  efficiency "
          f"{efficiency:.3f}  driver {1e3 * (ended_cpu - began_cpu) / episodes:.2f} ms of processor time an episode  "
          f"load {os.getloadavg()[0]:.1f}", flush=True)


def measure_schedule(episodes: int, seats: int = 64) -> None:
    tracemalloc.start()
    work = Workload.uniform(episodes, 20)
    schedule = Schedule(work)
    size, _ = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    for seat in range(seats):
        schedule.join(seat, 0.0)
    for seat in list(schedule.to_start(0.0)):
        schedule.placed(seat, 0.0)
        schedule.started(seat, 0.0)
    laps, now_s, began = [], 0.0, time.process_time()
    while schedule.unfinished:
        busy = [seat for seat, _ in schedule.assignments(now_s)]
        for _ in schedule.overdue(now_s):
            raise AssertionError("nothing hangs here")
        now_s += 1.0
        for seat in busy:
            schedule.done(seat, now_s, "Town01")
        if schedule.unfinished % (episodes // 10) < seats:
            laps.append(time.process_time() - began)
    spent = laps[-1]
    first, last = (1e7 * lap / episodes for lap in (laps[0], laps[-1] - laps[-2]))
    print(f"schedule of {episodes} episodes, {seats} seats: {1e6 * spent / episodes:.1f} us an episode (first tenth "
          f"{first:.1f}, last {last:.1f}), {size / episodes:.0f} B an episode")


def measure_ledger(episodes: int) -> None:
    plans = make_plans([load_scenario(library()[SCENARIO])], episodes, 0)
    rss, began = _rss_bytes(), time.process_time()
    ledger = Ledger(plans)
    spent, grown = time.process_time() - began, _rss_bytes() - rss
    assert ledger.number(ledger.name(episodes - 1)) == episodes - 1
    print(f"ledger of {episodes} episodes: {1e6 * spent / episodes:.0f} us an episode ({episodes / spent:.0f} "
          f"plans/s), {grown / episodes:.0f} B an episode, {ledger.frames} frames")


def _rss_bytes() -> int:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--workers", type=int, nargs="*", default=[2, 16, 64])
    parser.add_argument("--episode-s", type=float, default=1.5)
    parser.add_argument("--window-s", type=float, default=30.0, help="how long the steady state is measured")
    parser.add_argument("--episodes", type=int, default=100_000, help="of ledger and schedule")
    arguments = parser.parse_args()
    if arguments.episodes:
        measure_schedule(arguments.episodes)
        measure_ledger(arguments.episodes)
    for workers in arguments.workers:
        measure_driver(workers, arguments.episode_s, arguments.window_s)


if __name__ == "__main__":
    main()
