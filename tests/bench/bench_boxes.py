"""How near the boxes of walkers and animals come to their bodies, whose true extent in each pose is known.

    python tests/bench/bench_boxes.py [--objects N] [--seed S] [--threads N] [--stock]

Crowds of the built-in simulator's walkers and animals among walls and vehicles; see tests/judges/boxes.py. Printed are,
for hidden and for visible ones, how far the faces of boxes are from the body's, how far the edges of their projections
are from those of the true box's, how far silhouettes reach beyond them, and 3D overlaps.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from tests.judges.boxes import BODIES, HIDING, Difference, differences
from tests.judges.crowd import Studio

CROWD = 40


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--objects", type=int, default=400)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--stock", action="store_true", help="without the simulator's silhouettes")
    arguments = parser.parse_args()
    rng, studio, found = np.random.default_rng(arguments.seed), Studio(arguments.threads), list[Difference]()
    while len(found) < arguments.objects:
        crowd = studio.crowd(rng, CROWD, (*BODIES, *HIDING))
        found += differences(studio, crowd, studio.photograph(crowd), arguments.stock)
    for is_hidden in (True, False):
        for kind in ("walker", "animal"):
            report(f"{kind}s, {'hidden' if is_hidden else 'visible'}",
                   [one for one in found if one.is_hidden == is_hidden and one.kind == kind])


def report(name: str, found: list[Difference]) -> None:
    faces, edges = np.stack([one.faces_m for one in found]), np.stack([one.edges_px for one in found])
    sides = {"length": faces[:, 0] + faces[:, 3], "width": faces[:, 1] + faces[:, 4], "height": faces[:, 5]}
    worst_px, overlaps = np.abs(edges).max(axis=1), np.array([one.overlap for one in found])
    out = np.array([one.sticks_out_px for one in found])
    print(f"{name}: {len(found)}")
    print(f"  faces, m: {_spread(np.abs(faces), 3)}; mean error of "
          + ", ".join(f"{side} {np.mean(np.abs(values)):.3f} (bias {np.mean(values):+.3f})"
                      for side, values in sides.items()))
    print(f"  2D edges, px: {_spread(np.abs(edges), 2)}; worst of four: {_spread(worst_px, 2)}")
    print(f"  silhouette beyond the box: {100 * np.mean(out > 1):.1f} % by over 1 px, worst {out.max():.1f} px")
    print(f"  3D overlap: mean {overlaps.mean():.3f}, median {np.median(overlaps):.3f}, "
          f"5 % {np.quantile(overlaps, 0.05):.3f}")


def _spread(values: NDArray[np.float64], decimals: int) -> str:
    return f"median {np.median(values):.{decimals}f}, 95 % {np.quantile(values, 0.95):.{decimals}f}"


if __name__ == "__main__":
    main()
