"""Who walks through whom? Judged from the poses alone, by code that shares nothing with ``simgen.motion``.

    python -m tests.motion.overlaps [--seeds 3] [--files PATTERN] [--traffic]

sets and plays the library's episodes without a simulator, and prints every pair of bodies that is in one place.
"""

from __future__ import annotations

import argparse
import itertools
import time
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache, partial
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from simgen.capture.offline import OfflineMaps
from simgen.errors import PlacementError, RequestError
from simgen.localsim.places import available_maps, opendrive_text
from simgen.motion.clock import Clock
from simgen.motion.rehearsal import Rehearsal, nominal_camera, play
from simgen.motion.stage import Stage, set_stage
from simgen.scenario import EpisodePlan, load_scenario, make_plans

LIBRARY = Path(__file__).parents[2] / "scenarios"
DEEPEST_M = 0.02            # bodies that only graze are not in one place


@dataclass(frozen=True, slots=True)
class Overlap:
    """Two bodies in one place: how deep at the worst, and between which instants."""

    pair: tuple[str, str]
    depth_m: float
    from_s: float
    to_s: float


def corners_m(track: NDArray[np.float64], length_m: float, width_m: float, centre_x_m: float) -> NDArray[np.float64]:
    """(T, 4, 2) corners of a footprint along a track (T, 4) of x, y, z, yaw."""
    box = np.array([(1, 1), (1, -1), (-1, -1), (-1, 1)]) / 2 * (length_m, width_m) + (centre_x_m, 0.0)
    cos, sin = np.cos(track[:, 3]), np.sin(track[:, 3])
    turned = np.stack([cos[:, None] * box[:, 0] - sin[:, None] * box[:, 1],
                       sin[:, None] * box[:, 0] + cos[:, None] * box[:, 1]], axis=-1)
    return np.asarray(turned + track[:, None, :2])


def depths_m(one: NDArray[np.float64], two: NDArray[np.float64]) -> NDArray[np.float64]:
    """(T,) how far two rectangles (T, 4, 2) would have to be moved apart; 0 where they do not touch.

    Shadows of all corners on the normals of all sides: two convex shapes are apart if some shadow is.
    """
    least = np.full(len(one), np.inf)
    for shape in (one, two):
        for side in (shape[:, 1] - shape[:, 0], shape[:, 2] - shape[:, 1]):
            normal = np.stack([-side[:, 1], side[:, 0]], axis=1) / np.linalg.norm(side, axis=1, keepdims=True)
            first = np.einsum("tcx,tx->tc", one, normal)
            second = np.einsum("tcx,tx->tc", two, normal)
            least = np.minimum(least, np.minimum(first.max(1) - second.min(1), second.max(1) - first.min(1)))
    return np.asarray(np.maximum(least, 0.0))


def overlaps(played: Rehearsal, deepest_m: float = DEEPEST_M) -> list[Overlap]:
    """Every pair of bodies that is deeper in one another than ``deepest_m`` at some tick. Whoever the ego has struck
    slides wherever it is pushed, and is not looked at any more."""
    struck_s = {event.role: event.time_s for event in reversed(played.events) if event.did == "hit"}
    bodies = played.stage.bodies
    shapes = {role: corners_m(track, bodies[role].length_m, bodies[role].width_m, bodies[role].centre_x_m)
              for role, track in played.tracks.items()}
    found = []
    for one, two in itertools.combinations(shapes, 2):
        apart = np.linalg.norm(shapes[one].mean(axis=1) - shapes[two].mean(axis=1), axis=1)
        reach = sum(np.hypot(bodies[role].length_m, bodies[role].width_m) for role in (one, two)) / 2
        if apart.min() > reach:
            continue
        depth = depths_m(shapes[one], shapes[two])
        until_s = min(struck_s.get(role, np.inf) for role in (one, two)) if "ego" not in (one, two) else np.inf
        depth[played.times_s > until_s] = 0.0
        ticks = np.flatnonzero(depth > deepest_m)
        if len(ticks):
            found.append(Overlap((one, two), float(depth.max()), float(played.times_s[ticks[0]]),
                                 float(played.times_s[ticks[-1]])))
    return found


def of_traffic(found: Sequence[Overlap], plan: EpisodePlan) -> list[Overlap]:
    """Those that are not the event itself: everything but the ego with actors that are not background."""
    background = {actor.role for actor in plan.actors if actor.background}
    return [one for one in found if "ego" not in one.pair or background.intersection(one.pair)]


@cache
def library_maps() -> OfflineMaps:
    """Each map is read once in a process."""
    return OfflineMaps({name: partial(opendrive_text, name) for name in available_maps()})


def staged(plan: EpisodePlan) -> Stage:
    """On the first of the built-in maps that has room. Raises PlacementError, RequestError."""
    refusal: PlacementError | None = None
    for road in library_maps().roads_for(plan):
        try:
            return set_stage(plan, road, {}, Clock.of(plan), nominal_camera(plan))
        except PlacementError as error:
            refusal = error
    assert refusal is not None
    raise refusal


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--files", default="*")
    parser.add_argument("--traffic", action="store_true", help="put 120 pedestrians and 30 vehicles on a kilometre")
    options = parser.parse_args()
    counted = episodes = refused = left_out = there = 0
    setting_s = playing_s = 0.0
    files = [path for path in sorted(LIBRARY.rglob(f"{options.files}.yaml")) if path.parent.parent == LIBRARY]
    for path in files:
        for seed in range(options.seeds):
            sets = ["traffic.pedestrians=120 /km", "traffic.vehicles=30 /km"] if options.traffic else []
            plan = make_plans([load_scenario(path, sets)], 1, seed=seed)[0]
            try:
                next(library_maps().roads_for(plan))
                began = time.process_time()
                stage = staged(plan)
                setting_s += time.process_time() - began
            except (PlacementError, RequestError) as error:
                refused += 1
                print(f"{path.stem} {seed}: refused: {error}"[:160])
                continue
            began = time.process_time()
            played = play(stage)
            playing_s += time.process_time() - began
            episodes += 1
            left_out += len(stage.left_out)
            there += sum(actor.background for actor in plan.actors) - len(stage.left_out)
            for one in of_traffic(overlaps(played), plan):
                counted += 1
                print(f"{path.stem} {seed}: {' '.join(one.pair)}: {one.depth_m:.2f} m, "
                      f"{one.from_s:.2f}..{one.to_s:.2f} s", flush=True)
    print(f"{counted} pairs in {episodes} episodes ({refused} refused), {there} of the background there, {left_out} "
          f"left out; CPU: stages {setting_s:.1f} s, plays {playing_s:.1f} s")


if __name__ == "__main__":
    main()
