"""Episodes of a few bytes, as a worker would record them, and what a run would say of them."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path

from simgen.kitti.keeping import Keeper
from simgen.kitti.layout import FileEntry, frame_id, frame_path, write_whole
from simgen.kitti.manifest import DatasetRequest, EpisodeEntry, ScenarioSource
from simgen.kitti.records import EpisodeRecord, SimulatorInfo
from simgen.store import Store

KINDS = ("image_2", "velodyne", "label_2", "objects")


def digest_of(scenario: str, index: int) -> str:
    return f"digest of {scenario} {index}"


def record_small(
    folder: Path, keeper: Keeper, scenario: str, index: int, first: int, frames: int = 2, seed: int = 0,
    stop_after: int | None = None, testing: bool = False,
) -> None:
    """What ``record_episode`` does, without a simulator: files, told of frame by frame, and a record at the end.

    seed: says what is in the files. stop_after: the episode dies after so many frames.
    """
    episode, files = f"{scenario}-{index:04d}", dict[str, FileEntry]()
    write_map(folder)
    ids = [frame_id(first + number) for number in range(frames)]
    for number, identity in enumerate(ids):
        if number == stop_after:
            raise InterruptedError("the worker died")
        mine = {}
        for kind in KINDS:
            path = frame_path(kind, identity, testing)
            (folder / path).parent.mkdir(parents=True, exist_ok=True)
            mine[path] = write_whole(folder / path, _content(kind, identity, episode, number, seed))
        keeper.frame(mine)
        files |= mine
    keeper.record(EpisodeRecord(
        episode, digest_of(scenario, index) + (f" seed {seed}" if seed else ""),
        {"scenario": scenario, "index": index, "road": {}}, {}, tuple(ids), tuple(ids[1:]), {"Car": frames - 1}, files,
        SimulatorInfo("simgen", "0.1.0", "Town"), "0.1.0"))


def write_map(folder: Path) -> None:
    (folder / "maps").mkdir(parents=True, exist_ok=True)
    (folder / "maps" / "Town.xodr").write_text("<OpenDRIVE/>")


def _content(kind: str, identity: str, episode: str, number: int, seed: int) -> bytes:
    if kind == "objects":           # as FrameObjects writes it
        return (f'{{\n "frame": "{identity}",\n "episode": {json.dumps(episode)},\n "index": {number},\n "time_s": '
                f'{number / 10},\n "ego": null,\n "instances": [],\n "rows": []\n}}\n').encode()
    return f"{kind} of {episode} at {number}, seed {seed}\n".encode()


def keep(store: Store, scenario: str, index: int, first: int, **more: int | bool) -> None:
    with store.keeping() as (folder, keeper):
        record_small(folder, keeper, scenario, index, first, **more)  # type: ignore[arg-type]


def request_for(episodes: Mapping[str, int], seed: int = 0) -> DatasetRequest:
    """A request for so many episodes of each scenario."""
    return DatasetRequest(
        seed, tuple(ScenarioSource(name, f"file of {name}") for name in episodes), (),
        tuple(EpisodeEntry(f"{name}-{index:04d}", digest_of(name, index) + (f" seed {seed}" if seed else ""))
              for name, count in episodes.items() for index in range(count)))


def digests(request: DatasetRequest) -> dict[str, str]:
    return {entry.name: entry.plan_digest for entry in request.episodes}


def contents(root: Path) -> dict[str, bytes]:
    """All files of a dataset in a folder, by path, but those that no promise is about."""
    return {str(path.relative_to(root)): path.read_bytes() for path in sorted(root.rglob("*"))
            if path.is_file() and path.name != ".lock" and ".lease" not in path.parts}
