"""The machine that the tests run on, looked at."""

from __future__ import annotations

import os
import re
import socket
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest

from simgen.doctor.machine import BLOCKS_LOOKED_AT, PACKAGES, PINNED, leftovers, look_at_machine
from simgen.doctor.machine_facts import Leftover
from simgen.doctor.machine_rules import FOR_SCREENS, judge_machine
from simgen.fleet.launch.ports import PortBlock
from simgen.fleet.launch.slotfile import RUN_FOLDER, SLOTS, SlotFile
from simgen.processes import Process

ROOT = Path(__file__).resolve().parents[2]


def test_the_packages_looked_for_are_those_that_pip_brings() -> None:
    listed = re.search(r"^dependencies = \[\n(.*?)^\]", (ROOT / "pyproject.toml").read_text(), re.MULTILINE | re.DOTALL)
    assert listed is not None
    wanted = dict(re.findall(r'^\s+"([\w-]+)([^"]*)"', listed[1], re.MULTILINE))
    assert set(PACKAGES) == set(wanted)
    assert set(FOR_SCREENS) < set(wanted)
    assert {name: rule[2:] for name, rule in wanted.items() if rule.startswith("==")} == PINNED


def test_this_machine_is_looked_at_whole(tmp_path: Path) -> None:
    facts = look_at_machine(tmp_path / "not" / "yet", tmp_path / "cache")
    assert facts.python == sys.version_info[:3]
    assert 0 < facts.cores <= (os.cpu_count() or 1)
    assert 0 < facts.free_bytes <= facts.memory_bytes
    assert [folder.purpose for folder in facts.folders] == ["dataset", "cache", "home", "temporary files"]
    assert facts.folders[0].free_bytes > 0 and facts.folders[0].problem == ""
    assert facts.packages["numpy"] is not None
    assert not (tmp_path / "not").exists()
    topics = [found.topic for found in judge_machine(facts)]
    assert {"python", "packages", "cores", "memory", "disk", "/dev/shm", "open files", "ports", "leftovers", "vulkan",
            "gpu", "docker", "apptainer"} <= set(topics)


@pytest.mark.skipif(os.getuid() == 0, reason="root may write everywhere")
def test_a_folder_that_may_not_be_written_says_so(tmp_path: Path) -> None:
    (tmp_path / "closed").mkdir(mode=0o500)
    facts = look_at_machine(tmp_path / "closed" / "run", tmp_path)
    assert "Permission denied" in facts.folders[0].problem


def test_a_folder_below_a_file_says_so(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    assert look_at_machine(tmp_path / "file" / "run", tmp_path).folders[0].problem


def test_a_port_of_ours_that_somebody_holds_is_seen(tmp_path: Path) -> None:
    for number in range(BLOCKS_LOOKED_AT - 1, 0, -1):
        with closing(socket.socket()) as mine:
            try:
                mine.bind(("", PortBlock(number).rpc))
            except OSError:
                continue                        # somebody else's: just as good, but not ours to rely on
            mine.listen()
            assert PortBlock(number).rpc in look_at_machine(tmp_path, tmp_path).busy
            return
    pytest.skip("all blocks are taken")


def test_a_server_whose_owner_is_gone_is_a_leftover(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(RUN_FOLDER, str(tmp_path))
    (tmp_path / SLOTS).mkdir()
    assert leftovers() == ()
    gone = Process(os.getpid(), 1)              # our number, and somebody else's birth
    server = subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE)
    try:
        alive = Process.of(server.pid)
        note = SlotFile("built-in simulator 3", gone, ("simulator",), "log", 1, 1.0, server=alive)
        note.write(tmp_path / SLOTS / "one.json")
        SlotFile("mine", Process.me(), ("simulator",), "log", 1, 1.0, server=alive).write(tmp_path / SLOTS / "two.json")
        assert leftovers() == (Leftover(server.pid, "built-in simulator 3"),)
    finally:
        server.kill()
        server.wait()
    assert leftovers() == ()
