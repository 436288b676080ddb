"""The mistakes of converters, made in what simgen records: each is found, and nothing where there is none."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from simgen.verify import verify_dataset
from tests.verify.cause_mutations import CAUSE_MUTATIONS
from tests.verify.mutations import MUTATIONS, subset

FRAMES_EACH = 4
NOT_HERE = {
    "labels one tick late": "needs more moving objects than a deer and a car in eight frames",
    "occlusion from LiDAR counts": "needs objects that nothing hides",
}


@pytest.fixture(scope="session")
def few(deer: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The nearest frames of an episode that trains and one that validates; not to be changed."""
    chosen = []
    for split in ("train", "val"):
        listed = (deer / "ImageSets" / f"{split}.txt").read_text().split()
        side = {one: json.loads((deer / "training" / "objects" / f"{one}.json").read_text()) for one in listed}
        first = side[listed[0]]["episode"]
        chosen += [one for one in listed if side[one]["episode"] == first][-FRAMES_EACH:]
    return subset(deer, tmp_path_factory.mktemp("few") / "deer", chosen)


def test_nothing_is_reported_on_what_simgen_recorded(few: Path) -> None:
    assert verify_dataset(few).errors == ()


@pytest.mark.slow
def test_every_mistake_is_found_in_what_simgen_recorded(few: Path, tmp_path: Path) -> None:
    missed = {}
    for name, mutation in (MUTATIONS | CAUSE_MUTATIONS).items():
        if name in NOT_HERE or any(not (few / "training" / folder).is_dir() for folder in mutation.needs):
            continue
        broken = Path(shutil.copytree(few, tmp_path / "broken"))
        mutation.breaks(broken)
        found = {finding.rule for finding in verify_dataset(broken, only=sorted(mutation.rules)).findings}
        shutil.rmtree(broken)
        if not found & mutation.rules:
            missed[name] = mutation.rules
    assert missed == {}
