"""A run into an object store, whose worker is killed on the way: the dataset is that of an undisturbed local run."""

from __future__ import annotations

import os
import signal
from pathlib import Path

import pytest

from tests.whole.product import FAST, SMALL, content, simgen, start_simgen
from tests.whole.test_faults import finish, wait_for, worker_pid

pytestmark = pytest.mark.slow


def test_a_run_into_a_store_whose_worker_dies_while_files_go_up_ends_as_a_local_one(
    small: Path, s3: str, tmp_path: Path
) -> None:
    import fsspec

    fs, root = fsspec.url_to_fs(s3, use_listings_cache=False, skip_instance_cache=True)
    scratch = tmp_path / "scratch"
    process = start_simgen("run", SMALL, "--out", s3, "--scratch", scratch, "--workers", 1, *FAST)
    try:
        wait_for(lambda: any("/t" in path[len(root):] for path in fs.find(root)) or process.poll() is not None,
                 "the first file in the store")
        assert process.poll() is None, finish(process)
        os.kill(worker_pid(next(scratch.glob("simgen-run-*"))), signal.SIGKILL)
        code, out, err = finish(process)
        assert code == 0, err[-2000:]
        assert f"Get it: simgen merge {s3} --out DIR" in out
    finally:
        process.kill()
        process.wait()
    assert not list(scratch.glob("simgen-worker-*"))
    stored = {path: fs.info(path)["LastModified"] for path in fs.find(root) if "/logs/" not in path}
    again = simgen("run", SMALL, "--out", s3, "--scratch", scratch, "--workers", 1, *FAST)
    assert again.returncode == 0 and "nothing was left to do" in again.stdout
    now = {path: fs.info(path)["LastModified"] for path in fs.find(root) if "/logs/" not in path}
    assert {path: time for path, time in now.items() if "/.lease/" not in path} == {
        path: time for path, time in stored.items() if "/.lease/" not in path}
    merged = simgen("merge", s3, "--out", tmp_path / "merged")
    assert merged.returncode == 0, merged.stderr
    assert content(tmp_path / "merged") == content(small)
