"""Every mistake that converters make is found by the rule that names it, and none is reported where there is none."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from simgen.verify import verify_dataset
from tests.verify import toyworld
from tests.verify.mutations import MUTATIONS


@pytest.fixture(scope="session")
def film(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A correct dataset with everything that rules look at in the object layout; not to be changed."""
    return toyworld.write_film(tmp_path_factory.mktemp("toy") / "film")


def test_the_good_dataset_has_no_findings_and_leaves_only_rules_of_tracking_and_causes_silent(film: Path) -> None:
    report = verify_dataset(film)
    assert report.findings == ()
    assert {rule.id.partition(".")[0] for rule in report.rules if rule.silent} == {"track", "cause"}


@pytest.mark.parametrize("name", MUTATIONS)
def test_a_mistake_is_found_by_the_rules_that_name_it(film: Path, tmp_path: Path, name: str) -> None:
    mutation = MUTATIONS[name]
    broken = Path(shutil.copytree(film, tmp_path / "broken"))
    mutation.breaks(broken)
    found = {finding.rule for finding in verify_dataset(broken, only=sorted(mutation.rules)).findings}
    assert found == mutation.rules
