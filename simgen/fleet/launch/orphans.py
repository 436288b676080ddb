"""At the start of a worker: end servers that earlier runs of this user left behind on this machine.

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

from simgen.fleet.launch.processes import PROC, Process, end_group, gone_within, group_members
from simgen.fleet.launch.slotfile import MARK, SLOTS, SlotFile, run_folder

log = logging.getLogger(__name__)

GRACE_S = 5.0
CONTAINER_S = 30.0


def sweep() -> list[str]:
    """End what nobody owns any more. Returns a sentence for each server that was still there."""
    folder = run_folder() / SLOTS
    if not folder.is_dir():
        return []
    told = []
    for path, slot in SlotFile.all_in(folder).items():
        if slot.owner.alive or (slot.guard is not None and slot.guard.alive):
            continue
        if _end(slot, path):
            number = "of a container" if slot.server is None else slot.server.pid
            told.append(f"{slot.name} of a run that is gone was still there (process {number}) and is ended")
        path.unlink(missing_ok=True)
    for path in folder.iterdir():               # what belonged to a slot file that is gone
        if not path.name.endswith((".json", ".tmp")) and not path.with_suffix(".json").exists():
            path.unlink(missing_ok=True)
    return told


def _end(slot: SlotFile, path: Path) -> bool:
    """Was there anything to end?"""
    found = False
    if slot.container is not None and slot.container.id is not None:
        command = [*slot.container.end, slot.container.id]
        try:
            done = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False,
                                  timeout=CONTAINER_S)
            found = done.returncode == 0        # else there is no such container any more
        except (OSError, subprocess.TimeoutExpired) as error:
            log.warning("%s: %s", " ".join(command), error)
    if slot.server is None:
        return found
    if slot.server.alive:
        end_group(slot.server.pid, GRACE_S)
        return True
    group = slot.server.pid
    rest = _rest_of(group, path)
    for number in (signal.SIGTERM, signal.SIGKILL):
        for process in _rest_of(group, path):
            with suppress(ProcessLookupError):  # it has ended meanwhile
                os.kill(process.pid, number)
        if gone_within(lambda: _rest_of(group, path), GRACE_S):
            break
    return found or bool(rest)


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
