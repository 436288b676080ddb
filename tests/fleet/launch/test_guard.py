"""Whoever dies, the server ends: the guard against every death that a worker or a server can die."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from simgen.errors import SimulatorError
from simgen.fleet.launch.guarded import Guarded
from simgen.fleet.launch.orphans import sweep
from simgen.fleet.launch.slotfile import SLOTS, SlotFile
from simgen.processes import Process, Realm, group_members
from tests.fleet.launch.waiting import wait_for

# What a server may be: a program, a shell script that starts it without ``exec``, and one of those that takes no TERM.
PROGRAM = "exec sleep 1000"
SCRIPT = "sleep 1000; exit $?"
STUBBORN = "trap '' TERM; sleep 1000 & wait; wait; sleep 1000"
KINDS = pytest.mark.parametrize("script", [PROGRAM, SCRIPT, STUBBORN], ids=["program", "script", "stubborn script"])

# A worker that starts a server and waits; what it starts stands in a slot file.
OWNER = """
import sys, time
from pathlib import Path
from simgen.processes import Process
from simgen.fleet.launch.guarded import Guarded
from simgen.fleet.launch.slotfile import SLOTS, SlotFile
path = Path(sys.argv[1])
from dataclasses import replace
server = Guarded(replace(SlotFile.read(path), owner=Process.me()), path)
print(server.pid, flush=True)
time.sleep(1000)
"""


def noted(folder: Path, script: str, grace_s: float = 0.3) -> SlotFile:
    return SlotFile("server", Process.me(), ("/bin/sh", "-c", script), str(folder / "server.log"), 10_000, grace_s)


def guarded(folder: Path, script: str, grace_s: float = 0.3) -> tuple[Guarded, Path]:
    path = folder / "run" / "slots" / "0.json"
    return Guarded(noted(folder, script, grace_s), path), path


def owner_of(folder: Path, script: str) -> tuple[subprocess.Popen[str], Path, int]:
    """A process that owns a server, the slot file, and the server's number."""
    path = folder / "run" / "slots" / "0.json"
    noted(folder, script).write(path)
    owner = subprocess.Popen([sys.executable, "-c", OWNER, str(path)], stdout=subprocess.PIPE, text=True)
    assert owner.stdout is not None
    return owner, path, int(owner.stdout.readline())


@KINDS
def test_a_server_ends_with_all_that_it_started_when_it_is_stopped(script: str, tmp_path: Path) -> None:
    server, path = guarded(tmp_path, script)
    assert SlotFile.read(path).server == Process.of(server.pid)
    assert group_members(server.pid)
    server.stop()
    assert group_members(server.pid) == []
    assert server.status == (-signal.SIGKILL if script == STUBBORN else -signal.SIGTERM)
    assert not path.exists()


@KINDS
def test_a_server_ends_when_its_worker_is_killed(script: str, tmp_path: Path) -> None:
    owner, path, pid = owner_of(tmp_path, script)
    owner.kill()
    owner.wait()
    wait_for(lambda: not group_members(pid), "the server to end")
    wait_for(lambda: SlotFile.read(path).ended, "the guard's last word")
    told = SlotFile.read(path)
    assert told.ended == "its owner asked for it, or is gone"
    assert told.exit == (-signal.SIGKILL if script == STUBBORN else -signal.SIGTERM)
    guard = told.guard
    assert guard is not None
    wait_for(lambda: not guard.alive, "the guard to end")


def test_a_guard_notices_a_dead_owner_whose_socket_somebody_holds_open(tmp_path: Path) -> None:
    server, path = guarded(tmp_path, PROGRAM)
    # Like a process that a worker forked and that outlives it: the socket stays, the owner in the file is gone.
    gone = subprocess.Popen(["sleep", "0"])
    gone.wait()
    server.stop()
    ours, guards = socket.socketpair()
    replace(noted(tmp_path, PROGRAM), owner=Process(gone.pid, 1)).write(path)
    with ours, guards:
        subprocess.run([sys.executable, "-m", "simgen.fleet.launch.guard", str(path), str(guards.fileno())],
                       pass_fds=(guards.fileno(),), check=True)
        lines = ours.makefile()
        pid = json.loads(lines.readline())["server"]
        assert json.loads(lines.readline()) == {"exit": -signal.SIGTERM, "why": "its owner is gone"}
    assert group_members(pid) == []


def test_a_number_that_went_to_another_process_is_not_its_owner() -> None:
    me = Process.me()
    assert me.alive and not replace(me, born=me.born + 1).alive


@pytest.mark.parametrize(("script", "status"), [("exit 7", 7), ("kill -ABRT $$", -signal.SIGABRT)])
def test_the_death_of_a_server_is_told_at_once_with_its_status_and_last_words(
    script: str, status: int, tmp_path: Path
) -> None:
    server, _ = guarded(tmp_path, f"echo 'Signal caught.'; {script}")
    told: list[int] = []
    server.watch(told.append)
    wait_for(lambda: told, "the death to be told")
    assert told == [status] and server.status == status
    assert server.tail() == ("Signal caught.",)


def test_what_a_dead_server_left_running_ends_with_it(tmp_path: Path) -> None:
    """Also what has left its group and its session."""
    server, _ = guarded(tmp_path, "sleep 1000 & setsid sleep 1000 & echo $!; sleep 0.2; exit 3")
    wait_for(server.ended.is_set, "the server's end")
    stray = int(server.tail()[0])
    assert group_members(server.pid) == [] and Process.of(stray) is None
    assert server.status == 3


def test_a_server_that_was_stopped_is_no_death(tmp_path: Path) -> None:
    server, _ = guarded(tmp_path, PROGRAM)
    told: list[int] = []
    server.watch(told.append)
    server.stop()
    server.stop()                                       # twice is once
    assert told == []


@KINDS
def test_an_owner_whose_guard_is_killed_ends_the_server_itself(script: str, tmp_path: Path) -> None:
    server, path = guarded(tmp_path, script)
    told: list[int] = []
    server.watch(told.append)
    guard = SlotFile.read(path).guard
    assert guard is not None
    os.kill(guard.pid, signal.SIGKILL)
    wait_for(lambda: told, "the death to be told")
    assert group_members(server.pid) == []
    assert server.why == "its guard was killed" and not path.exists()


@KINDS
def test_what_is_left_when_worker_and_guard_are_killed_is_swept_by_the_next_worker(
    script: str, tmp_path: Path
) -> None:
    owner, path, pid = owner_of(tmp_path, script)
    guard = SlotFile.read(path).guard
    assert guard is not None
    os.kill(owner.pid, signal.SIGSTOP)                  # it shall not do the sweeper's work
    os.kill(guard.pid, signal.SIGKILL)
    owner.kill()
    owner.wait()
    wait_for(lambda: not guard.alive, "the guard to end")
    stranger = subprocess.Popen(["sleep", "1000"])      # of the same name, and nobody's business
    try:
        if script == PROGRAM:                           # the kernel has ended it with its parent
            wait_for(lambda: not group_members(pid), "the server to end")
            assert sweep(0.3) == []
        else:
            assert len(group_members(pid)) >= 1
            assert sweep(0.3) == [f"server of a run that is gone was still there (process {pid}) and is ended"]
        assert group_members(pid) == [] and not path.exists()
        assert stranger.poll() is None
    finally:
        stranger.kill()
        stranger.wait()


def test_a_sweep_leaves_what_has_an_owner(tmp_path: Path) -> None:
    server, path = guarded(tmp_path, PROGRAM)
    (path.parent / "torn.json").write_text("{")
    assert sweep(0.3) == []
    assert group_members(server.pid) and path.exists() and not (path.parent / "torn.json").exists()
    server.stop()


def test_a_sweep_is_about_this_container_and_forgets_what_was_before_a_restart(tmp_path: Path) -> None:
    folder = tmp_path / "run" / SLOTS
    here, gone = Realm.here(), Process(os.getpid(), 1)
    realms = {"here": here, "container": replace(here, pids="1"), "machine": replace(here, host="node7", boot="2"),
              "restarted": replace(here, boot="3", pids="4")}
    for name, realm in realms.items():
        replace(noted(tmp_path, "sleep 9"), owner=gone, realm=realm).write(folder / f"{name}.json")
    assert list(SlotFile.all_in(folder)) == [folder / "here.json"]
    assert sweep(0.3) == []
    assert sorted(path.stem for path in folder.iterdir()) == ["container", "machine"]


def test_a_command_that_cannot_be_started_is_said(tmp_path: Path) -> None:
    path = tmp_path / "run" / "slots" / "0.json"
    with pytest.raises(SimulatorError, match=r"cannot start /nowhere/at/all: No such file or directory"):
        Guarded(replace(noted(tmp_path, ""), command=("/nowhere/at/all",)), path)
    assert not path.exists()


def test_a_server_that_never_stops_talking_fills_no_disk(tmp_path: Path) -> None:
    server, _ = guarded(tmp_path, "while true; do echo all work and no play makes a long log; done")
    log = tmp_path / "server.log"
    wait_for(log.with_name("server.log.1").exists, "the log to be put aside")
    server.stop()
    assert sum(path.stat().st_size for path in tmp_path.glob("server.log*")) < 2 * 10_000 + 2 * 65_536
    assert set(server.tail(3)) == {"all work and no play makes a long log"}


def test_servers_write_no_core_files_and_may_open_many_files(tmp_path: Path) -> None:
    server, _ = guarded(tmp_path, "ulimit -c; ulimit -n; ps -o sid= -p $$ | tr -d ' '; sleep 1000")
    wait_for(lambda: len(server.tail()) == 3, "the limits")
    core, files, session = server.tail()
    assert core == "0" and int(files) >= 1024 and int(session) == server.pid
    assert server.rss_bytes() > 100_000
    server.stop()
    assert server.rss_bytes() == 0
