"""The story: one episode, from plan to files.

    plan → stage → frame, frame, frame … → what sensors make of them → labels → KITTI files → record

Playing tick N+1 overlaps with decoding, sensing, labelling and encoding tick N; at most ``PENDING_FRAMES`` frames wait
for the disk, then the simulator does.
The record is written last, so a crash at any moment leaves either a whole episode or none.
"""

from __future__ import annotations

import time
from collections import Counter, deque
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import asdict, dataclass
from pathlib import Path
from statistics import median
from typing import TypeAlias

from sensors.rig import Rig, load_rig
from simgen import __version__
from simgen.capture import Endpoint, GuestBook, RawFrame, open_episode
from simgen.errors import EpisodeAborted
from simgen.frame import Label
from simgen.kitti.frames import EpisodeFormat, KittiFrame
from simgen.kitti.keeping import DiskKeeper, Keeper
from simgen.kitti.layout import CAUSES, CLEAN, REQUEST_FOLDER, FileEntry, frame_id, lidar_folders
from simgen.kitti.maps import location_of, write_map
from simgen.kitti.records import EpisodeRecord, SimulatorInfo
from simgen.kitti.splits import TEST, set_of
from simgen.kitti.writer import make_folders, write_frame
from simgen.label import ClassMap, Labeller, LabelOptions, pixel_owners, return_owners
from simgen.scenario.plan import EpisodePlan
from simgen.sense import SensingStage
from simgen.stopwatch import CLOSING, UNTIMED, Untimed

PENDING_FRAMES = 2

Written: TypeAlias = "tuple[tuple[Label, ...], dict[str, FileEntry]]"     # a frame's labels and its files


@dataclass(frozen=True, slots=True)
class EpisodeReport:
    """What came of an episode. tick_s: the median time that the simulator took for a tick. stored_bytes: its files."""

    episode: str
    frames: int
    labels: int
    seconds: float
    map_name: str = ""
    tick_s: float = 0.0
    stored_bytes: int = 0


def record_episode(
    endpoint: Endpoint, plan: EpisodePlan, first_frame: int, out_dir: Path, xodr_text: str | None = None,
    stop_asked: Callable[[], bool] = lambda: False, only_last: bool = False, book: GuestBook | None = None,
    watch: Untimed = UNTIMED, keeper: Keeper | None = None,
) -> EpisodeReport:
    """Run one plan on one simulator and write the files it becomes, frame numbers from ``first_frame`` on.

    An episode that a crash ends has fewer frames than planned; the numbers it does not use stay free.
    only_last: the frames before the last planned one are played, but not recorded.
    book: for a server that is not ours, where it is noted how it was found. watch: times all of it.
    keeper: takes the files and the record from there; default: they stay in ``out_dir``, once its disk has them.
    ``stop_asked`` is looked at after every frame; once it is true, EpisodeAborted is raised.
    Raises RequestError, PlacementError or SimulatorError too; then the episode has no record.
    """
    began = time.monotonic()
    rig = load_rig(plan.ego.rig)
    classes = ClassMap.from_plan(plan.output.classes)
    stage = SensingStage(rig, plan)
    on_request = [REQUEST_FOLDER[word] for word in plan.output.pictures] + sensed_folders(plan, rig)
    form = EpisodeFormat.of(plan.name, [actor.role for actor in plan.actors], rig, on_request)
    testing = set_of(plan.scenario, plan.index, asdict(plan.output.split)) == TEST
    make_folders(out_dir, on_request, testing, form.folders)
    keeper = DiskKeeper(out_dir) if keeper is None else keeper

    def write(raw: RawFrame, labeller: Labeller, further: dict[int, Labeller]) -> Written:
        with watch.stage("decode"):
            captured = raw.decode()
        with watch.stage("sense"):
            frame = stage.sense(captured)
        with watch.stage("label"):
            labels = labeller.label(frame)
            known = (labeller.findings, frame, rig, form.instances(frame))
            pixel_owner, point_owner = pixel_owners(*known) if form.shows_classes else None, return_owners(*known)
            further_owners = {lidar.name: return_owners(*known, further=lidar) for lidar in rig.lidars[1:]}
            further_labels = {number: other.label(frame) for number, other in further.items()}
        with watch.stage("arrange"):
            stored = KittiFrame.from_capture(
                first_frame + frame.index, form, frame, labels, pixel_owner, point_owner, further_owners,
                further_labels)
        files = write_frame(out_dir, stored, testing=testing, watch=watch)
        keeper.frame(files)
        return labels, files

    written: list[Written] = []
    ids: list[str] = []
    pending: deque[Future[Written]] = deque()
    with ThreadPoolExecutor(1, "write") as writer:
        with open_episode(endpoint, plan, rig, xodr_text, book=book, watch=watch) as episode:
            setting = episode.setting
            write_map(out_dir, location_of(plan.to_json()["road"], setting.map_name), setting.opendrive)
            options = LabelOptions(classes, setting.base_types)
            labeller = Labeller(rig, options)
            further = {camera.number: Labeller(rig.labelled_by(camera), options) for camera in rig.labelled_cameras[1:]}
            for raw in episode.raw_frames(only_last):
                ids.append(frame_id(first_frame + raw.index))
                if stop_asked():
                    raise EpisodeAborted(f"{plan.name}: left at frame {raw.index}")
                pending.append(writer.submit(write, raw, labeller, further))
                if len(pending) > PENDING_FRAMES:
                    with watch.stage("wait for files"):
                        written.append(pending.popleft().result())
            watch.begin(CLOSING)
        written += [future.result() for future in pending]
    resolved = episode.resolved() | {"instance_ids": labeller.identities.mode.value}

    count = Counter(label.type for labels, _ in written for label in labels if label.type != "DontCare")
    keeper.record(EpisodeRecord(
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
    return EpisodeReport(plan.name, len(written), count.total(), time.monotonic() - began, setting.map_name,
                         median(episode.tick_s),
                         stored_bytes=sum(entry.bytes for _, files in written for entry in files.values()))


def sensed_folders(plan: EpisodePlan, rig: Rig) -> list[str]:
    """Folders of what is stored besides of sweeps that devices measured."""
    if plan.sensing.lidar == "clean":
        return []
    pairs = [(CAUSES, CLEAN), *(lidar_folders(lidar.name)[2:] for lidar in rig.lidars[1:])]
    return [folder for pair in pairs for folder in (pair if "clean" in plan.sensing.keep else pair[:1])]
