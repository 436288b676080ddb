from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from tests.verify import toyworld


@pytest.fixture(scope="session")
def pristine(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A correct dataset of two episodes with two frames each; not to be changed."""
    return toyworld.write_dataset(tmp_path_factory.mktemp("toy") / "dataset")


@pytest.fixture(scope="session")
def pristine_pair(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A correct plain KITTI dataset of two frames; not to be changed."""
    root = toyworld.write_dataset(tmp_path_factory.mktemp("toy") / "pair", frames_each=1)
    toyworld.make_plain(root)
    return root


@pytest.fixture
def plain(pristine_pair: Path, tmp_path: Path) -> Path:
    """A copy of the correct plain dataset, for a test to break."""
    return Path(shutil.copytree(pristine_pair, tmp_path / "plain"))


@pytest.fixture
def dataset(pristine: Path, tmp_path: Path) -> Path:
    """A copy of the correct dataset, for a test to break."""
    return Path(shutil.copytree(pristine, tmp_path / "dataset"))
