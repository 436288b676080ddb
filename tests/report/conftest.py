from __future__ import annotations

from pathlib import Path

import pytest

from simgen.kitti.records import EpisodeRecord, SimulatorInfo, write_record
from tests.verify import toyworld


@pytest.fixture(scope="session")
def toy(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A correct dataset with simgen's side files; not to be changed."""
    return toyworld.write_dataset(tmp_path_factory.mktemp("toy") / "dataset", frames_each=1)


@pytest.fixture(scope="session")
def plain_toy(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The same without side files: plain KITTI; not to be changed."""
    root = toyworld.write_dataset(tmp_path_factory.mktemp("toy") / "plain", frames_each=1)
    toyworld.make_plain(root)
    return root


@pytest.fixture(scope="session")
def film(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A correct dataset of two episodes of three frames with whole records; the deer is the event, in the second one.
    Not to be changed."""
    root = toyworld.write_dataset(tmp_path_factory.mktemp("toy") / "film", frames_each=3)
    for number, name in enumerate(("toy-0000", "toy-0001")):
        frames = tuple(f"{frame:06d}" for frame in range(3 * number, 3 * number + 3))
        plan = {"actors": [{"role": body.role, "event": body.role == "deer" and number == 1}
                           for body in toyworld.ACTORS]}
        write_record(root, EpisodeRecord(name, "", plan, {}, frames, frames, {}, {}, SimulatorInfo("toy", "1", "flat"),
                                         "1"))
    return root
