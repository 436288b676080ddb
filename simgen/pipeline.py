"""The story: one episode, from plan to files.

    plan → stage → frame, frame, frame … → labels → KITTI files → record

Recording tick N+1 overlaps with labelling and encoding tick N; at most ``PENDING_FRAMES`` frames wait for the disk.
The record is written last, so a crash at any moment leaves either a whole episode or none.
"""

from __future__ import annotations

import time
from collections import Counter, deque
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import TypeAlias

from sensors.rig import load_rig
from simgen import __version__
from simgen.capture import Endpoint, open_episode
from simgen.errors import EpisodeAborted
from simgen.frame import Frame, Label
from simgen.kitti.calib import Calibration
from simgen.kitti.frames import KittiFrame
from simgen.kitti.layout import FileEntry, frame_id
from simgen.kitti.records import EpisodeRecord, SimulatorInfo, write_record
from simgen.kitti.writer import make_folders, write_frame
from simgen.label import LabelOptions, label_frame
from simgen.scenario.plan import EpisodePlan

PENDING_FRAMES = 2

Written: TypeAlias = "tuple[tuple[Label, ...], dict[str, FileEntry]]"     # a frame's labels and its files


@dataclass(frozen=True, slots=True)
class EpisodeReport:
    """What came of an episode."""

    episode: str
    frames: int
    labels: int
    seconds: float


def record_episode(
    endpoint: Endpoint, plan: EpisodePlan, first_frame: int, out_dir: Path, xodr_text: str | None = None,
    stop_asked: Callable[[], bool] = lambda: False, only_last: bool = False,
) -> EpisodeReport:
    """Run one plan on one simulator and write the files it becomes, frame numbers from ``first_frame`` on.

    An episode that a crash ends has fewer frames than planned; the numbers it does not use stay free.
    only_last: the frames before the last planned one are played, but not recorded.
    ``stop_asked`` is looked at after every frame; once it is true, EpisodeAborted is raised.
    Raises RequestError, PlacementError or SimulatorError too; then the episode has no record.
    """
    began = time.monotonic()
    rig = load_rig(plan.ego.rig)
    calibration = Calibration.from_rig(rig)
    instances = sorted(actor.role for actor in plan.actors)
    make_folders(out_dir)

    def write(frame: Frame, options: LabelOptions) -> Written:
        labels = label_frame(frame, rig, options)
        number = first_frame + frame.index
        files = write_frame(out_dir, KittiFrame.from_capture(number, plan.name, frame, labels, instances, calibration))
        return labels, files

    written: list[Written] = []
    ids: list[str] = []
    pending: deque[Future[Written]] = deque()
    with ThreadPoolExecutor(1, "write") as writer, open_episode(endpoint, plan, rig, xodr_text) as episode:
        setting = episode.setting
        options = LabelOptions(base_types=setting.base_types)
        for frame in episode.frames(only_last):
            ids.append(frame_id(first_frame + frame.index))
            if stop_asked():
                raise EpisodeAborted(f"{plan.name}: left at frame {frame.index}")
            pending.append(writer.submit(write, frame, options))
            if len(pending) > PENDING_FRAMES:
                written.append(pending.popleft().result())
        written += [future.result() for future in pending]
        resolved = episode.resolved()

    count = Counter(label.type for labels, _ in written for label in labels if label.type != "DontCare")
    write_record(out_dir, EpisodeRecord(
        episode=plan.name,
        plan_digest=plan.digest(),
        plan=plan.to_json(),
        resolved=resolved,
        frames=tuple(ids),
        labelled_frames=tuple(name for name, (labels, _) in zip(ids, written, strict=True) if labels),
        labels=dict(count),
        files={path: entry for _, files in written for path, entry in files.items()},
        simulator=SimulatorInfo(setting.simulator_name, setting.simulator_version, setting.map_name),
        simgen_version=__version__,
    ))
    return EpisodeReport(plan.name, len(written), count.total(), time.monotonic() - began)
