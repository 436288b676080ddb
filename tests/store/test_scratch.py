"""Folders on the way: nobody's are removed, somebody's never."""

from __future__ import annotations

import errno
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from simgen.errors import StoreError
from simgen.store.disks import disk_trouble
from simgen.store.scratch import Scratch, remove_abandoned

OWNER = """
import sys, time
from pathlib import Path
from simgen.store.scratch import Scratch
scratch = Scratch(Path(sys.argv[1]))
(scratch.folder / "000000.bin").write_bytes(bytes(1000))
print(scratch.folder, flush=True)
time.sleep(600)
"""


def test_a_folder_of_a_worker_that_was_killed_is_removed_by_the_next_and_that_of_a_living_one_stays(
    tmp_path: Path
) -> None:
    owner = subprocess.Popen([sys.executable, "-c", OWNER, str(tmp_path)], stdout=subprocess.PIPE, text=True)
    try:
        assert owner.stdout is not None
        folder = Path(owner.stdout.readline().strip())
        (tmp_path / "mine").mkdir()
        (tmp_path / "simgen-worker-of-somebody").mkdir()
        Scratch(tmp_path).close()
        assert (folder / "000000.bin").exists()
        owner.send_signal(signal.SIGKILL)
        owner.wait()
        assert folder.exists()
        Scratch(tmp_path).close()
        assert not folder.exists()
        assert (tmp_path / "mine").exists() and (tmp_path / "simgen-worker-of-somebody").exists()
    finally:
        owner.kill()
        owner.wait()
        assert owner.stdout is not None
        owner.stdout.close()


def test_an_episode_s_folder_is_gone_at_its_end_however_it_ends(tmp_path: Path) -> None:
    scratch = Scratch(tmp_path / "new" / "place")
    with pytest.raises(KeyError), scratch.episode() as folder:
        (folder / "training").mkdir()
        raise KeyError
    assert not folder.exists() and scratch.folder.exists()
    scratch.close()
    assert not scratch.folder.exists()
    assert remove_abandoned(tmp_path / "new" / "place") == 0


def test_a_place_that_cannot_be_written_is_said_with_its_cure(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(StoreError, match=r"--scratch .*/file: cannot be written: .*; name a folder on a local disk"):
        Scratch(tmp_path / "file")


@pytest.mark.parametrize(("number", "words"), [
    (errno.ENOSPC, "/data/000001.bin: the disk is full (No space left on device): free some space there, or name"),
    (errno.EDQUOT, "/data/000001.bin: the disk is full"),
    (errno.EIO, "/data/000001.bin: the disk fails (Input/output error): see whether it is mounted"),
    (errno.ENOENT, None),
])
def test_a_full_disk_is_told_from_a_mistake(number: int, words: str | None) -> None:
    trouble = disk_trouble(OSError(number, os.strerror(number), "/data/000001.bin"), "out/deer")
    assert (trouble is None) == (words is None)
    if words is not None:
        assert str(trouble).startswith(words)
    assert str(disk_trouble(OSError(errno.ENOSPC, "full"), "out/deer")).startswith("out/deer: the disk is full")
