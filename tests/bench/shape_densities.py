"""Where bodies are dense: the numbers ``density`` of simgen/label/bodies.yaml, measured on the built-in simulator's.

    python tests/bench/shape_densities.py [--objects N]

Crowds are photographed; of every body that is whole in the picture and hidden by nothing, its pixels are counted in
cells of its box's rectangle against those of its expected shape. Prints YAML, a line for each shape.
"""

from __future__ import annotations

import argparse
import sys
from collections import defaultdict
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from simgen.label import Labeller
from simgen.label.measure import Finding
from simgen.label.tables import classify, expected_shape
from simgen.label.visibility import BANDS, ROWS, cells
from tests.judges.alone import stock
from tests.judges.crowd import RIG, Studio, everybody

CROWD, BODIES_OF_A_SHAPE, FEWEST_PIXELS = 26, 4, 150


def one_of_each(studio: Studio) -> list[tuple[str, ...]]:
    """Names of crowds in which every shape is as frequent."""
    rng, by_shape = np.random.default_rng(0), defaultdict(list)
    for name in everybody():
        (extra,) = studio.crowd(rng, 1, (name,))[:1]
        by_shape[classify(extra.known, {}).shape].append(name)      # type: ignore[arg-type]
    return [tuple(names[::max(1, len(names) // BODIES_OF_A_SHAPE)][:BODIES_OF_A_SHAPE]) for names in by_shape.values()]


def count(finding: Finding, inside: np.ndarray, covered: np.ndarray) -> None:
    """Add a body's pixels by cell."""
    region, own = finding.sighting.region, finding.sighting.own
    assert region is not None and own is not None
    view, extent = finding.subject.view, finding.extent
    parts = [extent.part(part) for part in expected_shape(finding.subject.known.shape).parts]
    shape = np.isfinite(view.entry_depth(parts, region, 1))
    cell = cells(view, extent, region, 1)
    # Every body counts alike, near or far.
    inside += np.bincount(cell[own & shape], minlength=ROWS * BANDS) / shape.sum()
    covered += np.bincount(cell[shape], minlength=ROWS * BANDS) / shape.sum()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--objects", type=int, default=1500)
    wanted = parser.parse_args().objects
    studio, rng = Studio(), np.random.default_rng(11)
    groups = one_of_each(studio)
    inside = defaultdict(lambda: np.zeros(ROWS * BANDS))
    covered = defaultdict(lambda: np.zeros(ROWS * BANDS))
    seen: dict[str, int] = defaultdict(int)
    while sum(seen.values()) < wanted:
        names = tuple(str(rng.choice(group)) for group in groups)
        frame = studio.photograph(studio.crowd(rng, CROWD, names))
        rows = {(one.is_level, one.id): one for one in frame.views[RIG.label_camera.name].silhouettes or ()}
        labeller = Labeller(RIG)
        labeller.label(stock(frame))
        for finding in labeller.findings:
            row = rows.get((finding.subject.is_level, finding.subject.actor.simulator_id))
            whole = row is not None and row.visible_px == row.inside_px >= FEWEST_PIXELS and row.outside_px == 0
            if whole and finding.sighting.visible_px:
                shape = finding.subject.known.shape
                count(finding, inside[shape], covered[shape])
                seen[shape] += 1
    for shape in sorted(inside):
        density = (inside[shape] / np.maximum(covered[shape], 1e-6)).reshape(ROWS, BANDS)
        lines = ", ".join("[" + ", ".join(f"{share:.2f}" for share in row) + "]" for row in density)
        print(f"  {shape}: [{lines}]      # {seen[shape]} bodies")


if __name__ == "__main__":
    main()
