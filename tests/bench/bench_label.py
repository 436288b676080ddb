"""What labelling adds to the time of a frame.

    python tests/bench/bench_label.py [--frames N] [--scenario NAME …]

One built-in simulator, nothing else running. Capturing (tick, all sensors, decoding), labelling and encoding to files
are timed one after the other, though a run overlaps the first with the other two. Labels are also made once more as
on a server that counts no silhouettes and numbers its pictures by ids of its own, which is the most work.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT))

from sensors.rig import Rig, load_rig  # noqa: E402
from simgen.capture import open_episode  # noqa: E402
from simgen.fleet.launch.server import Server, start_server  # noqa: E402
from simgen.fleet.slot import Slot  # noqa: E402
from simgen.frame import Frame, Label  # noqa: E402
from simgen.kitti.frames import EpisodeFormat, KittiFrame  # noqa: E402
from simgen.kitti.writer import make_folders, write_frame  # noqa: E402
from simgen.label import Labeller, LabelOptions  # noqa: E402
from simgen.scenario import load_scenario, make_plans  # noqa: E402
from simgen.scenario.plan import EpisodePlan  # noqa: E402

SCENARIOS = ("animals/deer_crossing", "pedestrians/crowd_at_crosswalk")
TARGET = 0.15


def timed(times: list[float], task: Callable[..., Any], *arguments: object) -> Any:
    began = time.perf_counter()
    result = task(*arguments)
    times.append(time.perf_counter() - began)
    return result


def store(folder: Path, form: EpisodeFormat, frame: Frame, labels: tuple[Label, ...]) -> None:
    write_frame(folder, KittiFrame.from_capture(frame.index, form, frame, labels))


def as_by_an_old_server(frame: Frame, rig: Rig) -> Frame:
    view = frame.views[rig.label_camera.name]
    assert view.instance_id is not None
    table = np.random.default_rng(0).permutation(1 << 16).astype(np.uint16)
    view = replace(view, silhouettes=None, instance_id=table[view.instance_id])
    return replace(frame, views={**frame.views, rig.label_camera.name: view})


def measure(simulator: Server, plan: EpisodePlan) -> None:
    rig = load_rig(plan.ego.rig)
    form = EpisodeFormat.of(plan.name, [actor.role for actor in plan.actors], rig)
    capture, label, old, encode, counts = list[float](), list[float](), list[float](), list[float](), list[int]()
    with tempfile.TemporaryDirectory() as folder, open_episode(simulator.endpoint, plan, rig) as episode:
        make_folders(Path(folder))
        options = LabelOptions(base_types=episode.setting.base_types)
        labeller, elsewhere = Labeller(rig, options), Labeller(rig, options)
        frames = episode.frames()
        began = time.perf_counter()
        for frame in frames:
            capture.append(time.perf_counter() - began)
            labels = timed(label, labeller.label, frame)
            timed(old, elsewhere.label, as_by_an_old_server(frame, rig))
            timed(encode, store, Path(folder), form, frame, labels)
            counts.append(len(labels))
            began = time.perf_counter()
    # The first frame holds the warm-up.
    spent = [1e3 * float(np.mean(times[1:])) for times in (capture, label, old, encode)]
    base_ms = spent[0] + spent[3]
    print(f"{plan.name}: {len(counts)} frames, {np.mean(counts):.1f} labels a frame; milliseconds a frame")
    print(f"  capture {spent[0]:8.1f}\n  encode  {spent[3]:8.1f}")
    for name, cost in (("label", spent[1]), ("label, as on an old server", spent[2])):
        verdict = "" if cost <= TARGET * base_ms else f"   more than {100 * TARGET:.0f} %"
        print(f"  {name:28s}{cost:8.1f}   {100 * cost / base_ms:5.1f} % of capture and encode{verdict}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--frames", type=int, default=20)
    parser.add_argument("--scenario", nargs="*", default=list(SCENARIOS))
    arguments = parser.parse_args()

    def died(status: int) -> None:
        raise SystemExit(f"the simulator ended with status {status}")

    with tempfile.TemporaryDirectory() as logs:
        simulator = start_server(Slot(0), Path(logs), died)
        try:
            for name in arguments.scenario:
                plan = make_plans([load_scenario(ROOT / f"scenarios/{name}.yaml")], 1, 0)[0]
                measure(simulator, replace(plan, capture=replace(plan.capture, frames=arguments.frames)))
        finally:
            simulator.stop()


if __name__ == "__main__":
    main()
