"""Datasets that several tests look at, recorded once."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from tests.s3 import s3, s3_server
from tests.whole.product import FAST, ROOT, SMALL, simgen

__all__ = ["deer", "deer_run", "s3", "s3_server", "small"]


@pytest.fixture(scope="session")
def deer_run(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, subprocess.CompletedProcess[str]]:
    """The README's first command, in less time: its dataset, and how the command ended."""
    out = tmp_path_factory.mktemp("first-light") / "deer"
    return out, simgen("run", ROOT / "scenarios/animals/deer_crossing.yaml", "--out", out, *FAST)


@pytest.fixture(scope="session")
def deer(deer_run: tuple[Path, subprocess.CompletedProcess[str]]) -> Path:
    out, done = deer_run
    assert done.returncode == 0, done.stderr[-2000:]
    return out


@pytest.fixture(scope="session")
def small(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two episodes of three frames, recorded by one worker that nobody disturbed."""
    out = tmp_path_factory.mktemp("small") / "undisturbed"
    done = simgen("run", SMALL, "--out", out, "--workers", 1, *FAST)
    assert done.returncode == 0, done.stderr[-2000:]
    return out
