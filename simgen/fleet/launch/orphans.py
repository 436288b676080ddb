"""Servers without a guard. At its start a worker ends those that earlier runs of this user left behind on its machine.

That takes the death of an owner and of its guard at once. Slot files tell which servers those are; who is ended is
known by number and birth, or by the slot file's own mark in its environment, never by a name.
"""

from __future__ import annotations

import logging
import os
import signal
import subprocess
from contextlib import suppress
from pathlib import Path

from simgen.fleet.launch.slotfile import MARK, SLOTS, Container, SlotFile, run_folder
from simgen.processes import PROC, Process, end_group, gone_within, group_members

log = logging.getLogger(__name__)

GRACE_S = 5.0
CONTAINER_S = 30.0


def sweep(grace_s: float = GRACE_S) -> list[str]:
    """End what nobody owns any more. Returns a sentence for each server that was still there.

    grace_s: how long a server may take to end when it is asked.
    """
    folder = run_folder() / SLOTS
    if not folder.is_dir():
        return []
    told = []
    for path, slot in SlotFile.all_in(folder).items():
        if slot.owner.alive or (slot.guard is not None and slot.guard.alive):
            continue
        if end_unguarded(slot, path, grace_s):
            number = "of a container" if slot.server is None else slot.server.pid
            told.append(f"{slot.name} of a run that is gone was still there (process {number}) and is ended")
        if slot.server is not None and slot.server.alive:
            log.warning("process %d of a run that is gone does not end: it hangs in the kernel", slot.server.pid)
        else:
            path.unlink(missing_ok=True)
    for path in folder.iterdir():               # what belonged to a slot file that is gone
        if not path.name.endswith((".json", ".tmp")) and not path.with_suffix(".json").exists():
            path.unlink(missing_ok=True)
    return told


def end_unguarded(slot: SlotFile, path: Path, grace_s: float = GRACE_S) -> bool:
    """End the server of a slot file whose guard is gone. Was there anything to end?"""
    found = slot.container is not None and _end_container(slot.container)
    if slot.server is None:
        return found
    if slot.server.alive:
        end_group(slot.server.pid, grace_s)
        return True
    group = slot.server.pid
    rest = _rest_of(group, path)
    for number in (signal.SIGTERM, signal.SIGKILL):
        for process in _rest_of(group, path):
            with suppress(ProcessLookupError):  # it has ended meanwhile
                os.kill(process.pid, number)
        if gone_within(lambda: _rest_of(group, path), grace_s):
            break
    return found or bool(rest)


def _end_container(container: Container) -> bool:
    if container.id is None:
        return False
    command = [*container.end, container.id]
    try:
        done = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, check=False, timeout=CONTAINER_S)
    except (OSError, subprocess.TimeoutExpired) as error:
        log.warning("%s: %s", " ".join(command), error)
        return False
    return done.returncode == 0                 # else there is no such container any more


def _rest_of(group: int, path: Path) -> list[Process]:
    """Who is left of a group whose first process has ended. The group's number may be another's by now: the mark of
    the slot file in the environment is the proof."""
    mark = f"{MARK}={path}".encode()
    found = []
    for process in group_members(group):
        with suppress(OSError):                 # it has ended meanwhile, or is another user's
            if mark in (PROC / str(process.pid) / "environ").read_bytes().split(b"\0"):
                found.append(process)
    return found
