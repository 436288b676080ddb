"""Two servers of one machine never get the same port."""

from __future__ import annotations

import errno
import os
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from simgen.errors import SimulatorError
from simgen.fleet.launch import ports
from simgen.fleet.launch.ports import BLOCKS, PortBlock, claim_block, is_free
from simgen.fleet.launch.slotfile import LOCKS, RUN_FOLDER, UnusableFolder, run_folder

MIDDLE = BLOCKS // 2 + os.getpid() % 300        # away from runs that go on beside this test


def test_a_block_is_ten_ports_below_those_that_the_system_hands_out() -> None:
    assert PortBlock(0).named() == {"rpc": 20000, "stream": 20001, "secondary": 20002, "traffic_manager": 20003}
    assert PortBlock(7).rpc == 20070
    assert PortBlock(BLOCKS - 1).rpc + 10 <= 32768


def test_a_claimed_block_is_nobody_else_s_until_it_is_released(run_dir: Path) -> None:
    first, second = claim_block(MIDDLE), claim_block(MIDDLE)
    assert second.block.number > first.block.number
    assert (run_dir / LOCKS / f"{first.block.rpc}.lock").read_text() == f"{os.getpid()}\n"
    first.release()
    again = claim_block(first.block.number)
    assert again.block == first.block
    for claim in (second, again):
        claim.release()


def test_another_user_s_job_does_not_see_the_lock_file_and_gets_another_block_all_the_same(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    mine = claim_block(MIDDLE)
    monkeypatch.setenv(RUN_FOLDER, str(tmp_path / "another"))
    others = claim_block(mine.block.number)
    assert others.block.number > mine.block.number
    for claim in (mine, others):
        claim.release()


def test_a_port_that_a_stranger_listens_on_is_passed_over() -> None:
    claim = claim_block(MIDDLE)
    claim.release()
    with socket.create_server(("127.0.0.1", claim.block.secondary)):
        assert not is_free(claim.block.secondary)
        other = claim_block(claim.block.number)
        assert other.block.number > claim.block.number
        other.release()


def test_a_block_is_held_by_whoever_inherited_it() -> None:
    claim = claim_block(MIDDLE)
    with subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE, pass_fds=claim.descriptors) as heir:
        claim.release()
        other = claim_block(claim.block.number)
        assert other.block != claim.block
        other.release()
        heir.communicate(b"\n")
    again = claim_block(claim.block.number)
    assert again.block == claim.block
    again.release()


def test_when_every_block_is_taken_the_error_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ports, "is_free", lambda port: False)
    with pytest.raises(SimulatorError, match=rf"all {BLOCKS} blocks of 10 ports from 20000 to 32767 are taken"):
        claim_block(0)


def test_a_folder_that_knows_no_locks_is_not_taken_for_one_whose_ports_are_in_use(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def unknown(*_: object) -> None:
        raise OSError(errno.ENOLCK, "No locks available")

    monkeypatch.setattr(ports.fcntl, "flock", unknown)
    with pytest.raises(OSError, match="No locks available"):
        claim_block(0)


def test_a_run_folder_that_somebody_else_made_is_refused(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv(RUN_FOLDER, str(tmp_path))
    assert run_folder() == tmp_path
    monkeypatch.setattr(os, "getuid", lambda: 4711)
    with pytest.raises(UnusableFolder, match=f"{tmp_path} is not your own folder; set {RUN_FOLDER}"):
        run_folder()
