from __future__ import annotations

from pathlib import Path

import pytest

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
