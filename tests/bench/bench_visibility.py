"""How near visibility, outside share and amodal boxes come to the truth: each object rendered alone.

    python tests/bench/bench_visibility.py [--objects N] [--seed S] [--threads N] [--all-bodies]

Crowds of the built-in simulator's bodies among walls; see tests/judges/crowd.py. Printed are the shares of objects
within the limits, for labels with the simulator's silhouettes, and for the expected shapes that stand in on servers
that count none.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Iterable
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from tests.judges.alone import Difference, differences, share_within
from tests.judges.crowd import FEW, Studio, everybody

CROWD = 32


def line(name: str, values: Iterable[float | None], limits: tuple[float, ...]) -> None:
    known = [value for value in values if value is not None]
    if known:
        shares = ", ".join(f"{100 * share_within(known, limit):6.2f} % within {limit:g}" for limit in limits)
        print(f"  {name:28s} {len(known):5d}: {shares}; mean {np.mean(known):.4f}, worst {max(known):.3f}")


def report(found: list[Difference]) -> None:
    print(f"{len(found)} objects in the picture")
    line("visible share", [one.visible for one in found], (0.001, 0.02))
    line("outside share", [one.outside for one in found], (0.005, 0.02))
    line("amodal box, worst edge, px", [one.edges_px for one in found], (0.5, 1.0))
    line("KITTI's truncated, of boxes", [one.column for one in found], (0.02, 0.05, 0.1))
    line("the same, of what is cut", [one.column for one in found if one.truth_outside], (0.02, 0.05, 0.1))
    print("visible share by expected shapes")
    line("all", [one.shape for one in found], (0.02, 0.05, 0.1))
    for type_ in sorted({one.type for one in found} - {""}):
        line(type_, [one.shape for one in found if one.type == type_], (0.02, 0.05, 0.1))
    hidden = [one for one in found if one.shape is not None and one.shape > 0.0]
    line("of which not exact", [one.shape for one in hidden], (0.02, 0.05, 0.1))
    print("outside share and amodal boxes by expected shapes")
    line("outside share", [one.shape_outside for one in found], (0.02, 0.05, 0.1))
    cut = [one for one in found if one.shape_outside is not None and (one.truth_outside or one.shape_outside)]
    line("of what the picture cuts", [one.shape_outside for one in cut], (0.02, 0.05, 0.1))
    line("amodal edges, px", [edge for one in found for edge in one.shape_edges_px], (1.0, 3.0, 5.0))
    hidden += [one for one in cut if one not in hidden]
    line("of the hidden or cut, px", [edge for one in hidden for edge in one.shape_edges_px], (1.0, 3.0, 5.0))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--objects", type=int, default=2000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--all-bodies", action="store_true", help="every blueprint; the first time takes minutes more")
    arguments = parser.parse_args()
    rng, studio, found = np.random.default_rng(arguments.seed), Studio(arguments.threads), list[Difference]()
    names, began = everybody() if arguments.all_bodies else FEW, time.perf_counter()
    while len(found) < arguments.objects:
        crowd = studio.crowd(rng, CROWD, names)
        found += differences(studio, crowd, studio.photograph(crowd))
    report(found)
    print(f"{time.perf_counter() - began:.0f} s")


if __name__ == "__main__":
    main()
