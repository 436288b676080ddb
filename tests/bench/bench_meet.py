"""Measure: do crossings that are asked by their outcome happen so? Driven in the built-in simulator, without cameras.

    python -m tests.bench.bench_meet [--cases 500] [--pictures 10] [--seed 1]

Prints median, 95th percentile and maximum of the impact point's error (m) and the reveal's (s), judged from the poses
that the simulator reports 20 times a second by code that shares nothing with the solver; and, of children, adults, deer
and cyclists behind cars, vans, buses and hedges in turn, from which picture of the instance camera on there are at
least four pixels of them, at half the resolution.
"""

from __future__ import annotations

import argparse
import itertools
import time
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from itertools import islice, repeat
from multiprocessing import get_context

import numpy as np

from simgen.capture import Endpoint
from simgen.errors import PlacementError, SpawnError
from tests.capture.crossings import Verdict, cases, drive
from tests.capture.first_pixels import LEAST_PX, first_pixels
from tests.capture.hidden_cases import hidden_case
from tests.capture.simulator import built_in_simulator

IMPACT_M, REVEAL_S = 0.15, 0.1
CHUNK = 25
NEVER = 99.0                # stands for what did not come at all


def summary(verdicts: list[Verdict]) -> str:
    """Three lines."""
    lines = []
    for name, unit, goal, values in (
        ("impact point", "m", IMPACT_M, [v.impact_m for v in verdicts]),
        ("impact time", "s", None, [v.impact_s for v in verdicts]),
        ("reveal", "s", REVEAL_S, [v.reveal_s for v in verdicts]),
    ):
        known = np.minimum([value for value in values if not np.isnan(value)], NEVER)
        if not len(known):
            continue
        within = "" if goal is None else f", {np.mean(known <= goal):.1%} within {goal:g} {unit}"
        lines.append(
            f"{name:<13} of {len(known)}: median {np.median(known):.3f} {unit}, 95 % {np.percentile(known, 95):.3f} "
            f"{unit}, max {known.max():.3f} {unit}{within}"
        )
    return "\n".join(lines)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--cases", type=int, default=500)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--first", type=int, default=0, help="leave out so many of the series")
    parser.add_argument("--pictures", type=int, default=10)
    options = parser.parse_args()
    with built_in_simulator() as endpoint:
        poses(endpoint, options.seed, options.first, options.cases)
        pictures(endpoint, options.seed, options.pictures)


def poses(endpoint: Endpoint, seed: int, first: int, wanted: int) -> None:
    """Judge by poses."""
    verdicts: list[Verdict] = []
    refused: Counter[str] = Counter()
    began = time.monotonic()
    for verdict in driven(endpoint, seed, first):
        if verdict.refused:
            refused[verdict.refused.split(": ", 1)[-1][:100]] += 1
            continue
        verdicts.append(verdict)
        if verdict.impact_m > IMPACT_M or verdict.reveal_s > REVEAL_S:
            print(f"case {verdict.index}: impact {verdict.impact_m:.3f} m, reveal {verdict.reveal_s:.3f} s", flush=True)
        if len(verdicts) == wanted:
            break
        if len(verdicts) % 100 == 0:
            print(f"{len(verdicts)} crossings\n{summary(verdicts)}", flush=True)
    print(f"{len(verdicts)} crossings in {time.monotonic() - began:.0f} s; {refused.total()} draws were refused")
    for reason, count in refused.most_common(5):
        print(f"  {count} x {reason}")
    print(summary(verdicts), flush=True)


def driven(endpoint: Endpoint, seed: int, first: int) -> Iterator[Verdict]:
    """Verdicts of an endless series, driven by processes that each live for ``CHUNK`` cases.

    CARLA's client library sometimes ends its process when one of its connections closes; such a chunk is driven again.
    """
    done = first
    while True:
        with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as process:
            try:
                for verdict in process.map(drive, repeat(endpoint), islice(cases(seed), done, done + CHUNK)):
                    yield verdict
                    done += 1
            except BrokenProcessPool:
                print(f"the client's process died at case {done}", flush=True)


def pictures(endpoint: Endpoint, seed: int, wanted: int) -> None:
    """Judge by the instance camera."""
    late: list[float] = []
    for index in itertools.count():
        if len(late) >= wanted:
            break
        case = hidden_case(index, seed)
        try:
            found = first_pixels(endpoint, case)
        except (PlacementError, SpawnError):
            continue
        late.append(found.late_s)
        print(f"{case.plan.name}: asked {found.asked_s:.3f} s, first {LEAST_PX} pixels between {found.hidden_s:.3f} "
              f"and {found.seen_s:.3f} s before the impact, {found.late_s:+.3f} s late", flush=True)
    if late:
        off = np.abs(late)
        print(f"first pixels of {len(late)}: {np.mean(off <= REVEAL_S):.0%} within {REVEAL_S:g} s, median "
              f"{np.nanmedian(off):.3f} s, at most {np.nanmax(off):.3f} s from what was asked")


if __name__ == "__main__":
    main()
