"""What points come from: a correct dataset in snowfall passes, and each mistake in it is named."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import numpy as np
import pytest

from simgen.verify import verify_dataset
from simgen.verify.cause_file import ROW, read_causes
from tests.verify import toyworld
from tests.verify.cause_mutations import CAUSE_MUTATIONS, causes, in_the_air


@pytest.fixture(scope="session")
def snowfall(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A correct dataset of two episodes in snowfall; not to be changed."""
    return toyworld.write_snowfall(tmp_path_factory.mktemp("toy") / "snowfall")


@pytest.fixture
def snowy(snowfall: Path, tmp_path: Path) -> Path:
    """A copy, for a test to break."""
    return Path(shutil.copytree(snowfall, tmp_path / "snowy"))


def test_a_correct_dataset_in_snowfall_has_no_findings_and_every_rule_about_causes_looks(snowfall: Path) -> None:
    report = verify_dataset(snowfall)
    assert report.findings == ()
    assert not [rule.id for rule in report.rules if rule.silent and rule.id.startswith("cause.")]


@pytest.mark.parametrize("name", CAUSE_MUTATIONS)
def test_a_mistake_about_causes_is_found_by_the_rules_that_name_it(snowy: Path, name: str) -> None:
    mutation = CAUSE_MUTATIONS[name]
    mutation.breaks(snowy)
    found = {finding.rule for finding in verify_dataset(snowy, only=sorted(mutation.rules)).findings}
    assert found == mutation.rules


def test_an_episode_of_clean_sweeps_may_stand_beside_one_of_measured_ones(snowfall: Path, dataset: Path) -> None:
    for frame in ("000000", "000001"):
        for folder, ending in (("velodyne", "bin"), ("velodyne_label", "label"), ("objects", "json"),
                               ("velodyne_cause", "npy"), ("velodyne_clean", "bin")):
            (dataset / "training" / folder).mkdir(exist_ok=True)
            shutil.copy(snowfall / "training" / folder / f"{frame}.{ending}", dataset / "training" / folder)
    first = dataset / "episodes" / "toy-0000.json"
    first.write_text(json.dumps({**json.loads(first.read_text()), "plan": toyworld.SNOWFALL}))
    toyworld.seal(dataset)
    assert verify_dataset(dataset).findings == ()


def test_a_frame_that_lost_its_causes_is_missed_where_the_record_names_them(snowy: Path) -> None:
    (snowy / "training" / "velodyne_cause" / "000001.npy").unlink()
    assert "set.ids" in {finding.rule for finding in verify_dataset(snowy, quick=True).findings}


def test_causes_of_a_further_lidar_are_held_against_its_own_points(snowy: Path) -> None:
    training = snowy / "training"
    for folder in ("velodyne", "velodyne_label", "velodyne_cause", "velodyne_clean"):
        shutil.copytree(training / folder, training / folder.replace("velodyne", "velodyne_left"))
    for path in (training / "calib").iterdir():
        path.write_text(path.read_text() + "Tr_left_to_velo: 1 0 0 0 0 1 0 0 0 0 1 0\n")
    toyworld.seal(snowy)
    assert verify_dataset(snowy).findings == ()
    rows = np.load(training / "velodyne_left_cause" / "000000.npy")
    rows["cause"] = 9
    np.save(training / "velodyne_left_cause" / "000000.npy", rows)
    finding = next(iter(verify_dataset(snowy, only=["cause.code"]).findings))
    assert finding.file == "training/velodyne_left_cause/000000.npy"


def test_fog_right_before_the_lidar_is_not_its_own_car(snowy: Path) -> None:
    in_the_air(toyworld.SNOW, 0.01, 300)(snowy)
    assert verify_dataset(snowy, only=["cloud.own_car"]).findings == ()
    causes(lambda rows: rows[:-1])(snowy)
    assert {finding.rule for finding in verify_dataset(snowy, only=["cloud.own_car"]).findings} == {"cloud.own_car"}


@pytest.mark.parametrize("data", [b"", b"NUMPY", b"NUMPY\x01\x00\x08\x00{'descr'", b"NUMPY\x01\x00\x02\x00{}",
                                  b"NUMPY\x02\x00" + bytes(99), b"NUMPY\x01\x00\xff\xff" + b"(" * 70_000])
def test_what_is_no_file_of_causes_is_none(data: bytes) -> None:
    assert read_causes(b"\x93" + data) is None


def test_a_file_that_states_more_rows_than_it_has_is_none(tmp_path: Path) -> None:
    np.save(tmp_path / "a.npy", np.zeros(5, ROW))
    data = (tmp_path / "a.npy").read_bytes()
    assert read_causes(data) is not None
    assert read_causes(data[:-1]) is None
    assert read_causes(data.replace(b"(5,)", b"(9,)")) is None
