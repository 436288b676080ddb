"""``python -m simgen.fleet.launch.guard SLOT_FILE CONTROL``: lives exactly as long as one server.

Whoever starts a server may be killed at any moment, and then nobody would end the server, which holds a GPU and its
ports. So the server's parent is this small process. It is nobody's child and in a session of its own: nothing that
ends its owner's processes finds it. The server is in a process group that this process owns. It ends the group when the
owner asks for it, hangs up or is gone; keeps the server's log within bounds; and says in the slot file what became of
it all.

CONTROL is a socket to the owner: a line of JSON once the server runs ({"server": PID, "born": …}) and one when it has
ended ({"exit": …, "why": …}); anything that the owner sends, and the end of the stream, is its wish to end.

Standard library only, and nothing that takes time: there is one for each server.
"""

from __future__ import annotations

import ctypes
import json
import os
import resource
import selectors
import signal
import socket
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path
from types import FrameType
from typing import NoReturn

from simgen.fleet.launch import slotfile
from simgen.fleet.launch.logs import MARK, BoundedLog
from simgen.fleet.launch.slotfile import SlotFile
from simgen.processes import Process, children, end_group

OWNER_POLL_S = 0.5              # the socket tells sooner; this is for whoever holds it open for a dead owner
LAST_WORDS_S = 1.0
CONTAINER_S = 30.0              # how long an engine may take to end a container
OPEN_FILES = 65_536
_READ_BYTES = 1 << 16
_PR_SET_PDEATHSIG, _PR_SET_CHILD_SUBREAPER = 1, 36


class Guard:
    """One server's."""

    def __init__(self, slot_file: Path, control: socket.socket, inherited: tuple[int, ...]) -> None:
        """inherited: descriptors that the server holds open too, of locks that live as long as it."""
        self._path, self._control, self._inherited = slot_file, control, inherited
        self._slot = SlotFile.read(slot_file)
        self._log = BoundedLog(Path(self._slot.log), self._slot.log_bytes)
        self._asked = ""                        # why the server shall end
        self._selector = selectors.DefaultSelector()
        self._wake, wakes = socket.socketpair()
        wakes.setblocking(False)
        signal.set_wakeup_fd(wakes.fileno(), warn_on_full_buffer=False)
        self._wakes = wakes
        for number in (signal.SIGTERM, signal.SIGCHLD):
            signal.signal(number, self._on_signal)
        for number in (signal.SIGINT, signal.SIGHUP, signal.SIGPIPE):
            signal.signal(number, signal.SIG_IGN)

    def _on_signal(self, number: int, _frame: FrameType | None) -> None:
        if number == signal.SIGTERM:
            self._asked = self._asked or "the guard was told to end"

    def run(self) -> None:
        """Start the server and stay with it to its end."""
        slot = self._slot = self._slot.with_server(Process.me(), None)
        self._log.write(f"{MARK}{slot.name}: {' '.join(slot.command)} ===\n".encode())
        try:
            process = subprocess.Popen(
                slot.command, env={**os.environ, **slot.env, slotfile.MARK: str(self._path)}, cwd="/",
                stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                start_new_session=True, preexec_fn=_as_a_server, pass_fds=self._inherited)
        except OSError as error:
            self._finish(None, f"cannot start {slot.command[0]}: {error.strerror or error}")
            return
        assert process.stdout is not None
        self._pipe = process.stdout.fileno()
        os.set_blocking(self._pipe, False)
        # Nobody has waited for it, so its number is its own, whether it lives or not.
        self._slot = slot.with_server(Process.me(), Process.of(process.pid) or Process(process.pid, 0))
        self._note()
        self._say({"server": process.pid, "born": self._slot.server.born if self._slot.server else 0})
        for source in (self._wake, self._control, self._pipe):
            self._selector.register(source, selectors.EVENT_READ)
        while not self._asked and not _has_ended(process.pid):
            self._look(OWNER_POLL_S)
            if not self._asked and not self._slot.owner.alive:
                self._asked = "its owner is gone"
        self._end_container()
        # The zombie still holds its number: no other group can have it.
        whole = end_group(process.pid, self._slot.grace_s, pause=self._look)
        for _ in range(100):                     # whoever left the group is our child by now
            strays = [stray for stray in children(os.getpid()) if stray.pid != process.pid]
            if not strays:
                break
            for stray in strays:
                with suppress(ProcessLookupError):      # it has ended meanwhile
                    os.kill(stray.pid, signal.SIGKILL)
            time.sleep(0.01)
        self._drain()
        status = process.wait() if whole else None
        self._finish(status, self._asked or "it ended by itself")

    def _look(self, within_s: float) -> None:
        """Wait for something to happen, and take note of it."""
        for key, _ in self._selector.select(within_s):
            if key.fileobj is self._wake:
                self._wake.recv(_READ_BYTES)
            elif key.fileobj is self._control:
                with suppress(ConnectionResetError):
                    self._control.recv(_READ_BYTES)
                self._selector.unregister(self._control)
                self._asked = self._asked or "its owner asked for it, or is gone"
            else:
                self._pump()

    def _pump(self) -> bool:
        """Take what the server has said; False if it can say no more."""
        try:
            said = os.read(self._pipe, _READ_BYTES)
        except BlockingIOError:
            return True
        if said:
            self._log.write(said)
        else:
            self._selector.unregister(self._pipe)
        return bool(said)

    def _drain(self) -> None:
        deadline = time.monotonic() + LAST_WORDS_S
        while self._pipe in self._selector.get_map() and time.monotonic() < deadline:
            if not self._pump():
                return
            time.sleep(0.01)

    def _end_container(self) -> None:
        """Its engine's daemon is the container's parent: signals to the engine's command may not reach it."""
        container = self._slot.container
        if container is not None and container.id is not None:
            command = [*container.end, container.id]
            try:
                done = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, timeout=CONTAINER_S,
                                      check=False)
                self._log.write(done.stderr)
            except (OSError, subprocess.TimeoutExpired) as error:
                self._log.write(f"simgen: {' '.join(command)}: {error}\n".encode())

    def _finish(self, status: int | None, why: str) -> None:
        self._slot = self._slot.with_end(status, why)
        if self._path.exists():                  # else its owner has given it up
            self._note()
        self._say({"exit": status, "why": why})
        self._log.close()

    def _note(self) -> None:
        """A full disk must not end the server: then nobody but its owner knows of it."""
        try:
            self._slot.write(self._path)
        except OSError as error:
            self._log.write(f"simgen: {self._path} cannot be written: {error}\n".encode())

    def _say(self, message: dict[str, object]) -> None:
        with suppress(OSError):                  # an owner that is gone needs no answer
            self._control.send(json.dumps(message).encode() + b"\n")


def _as_a_server() -> None:
    """Of the server's process, just before it becomes the server."""
    # Should this guard be killed, the kernel ends the server, if not what the server has started.
    ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
    for number in (signal.SIGINT, signal.SIGHUP, signal.SIGPIPE):
        signal.signal(number, signal.SIG_DFL)
    resource.setrlimit(resource.RLIMIT_CORE, (0, resource.getrlimit(resource.RLIMIT_CORE)[1]))
    most = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    enough = OPEN_FILES if most == resource.RLIM_INFINITY else min(most, OPEN_FILES)
    resource.setrlimit(resource.RLIMIT_NOFILE, (enough, most))


def _has_ended(pid: int) -> bool:
    """Has this child ended? It stays a zombie. Other children that have ended are let go."""
    while True:
        try:
            found = os.waitid(os.P_ALL, 0, os.WEXITED | os.WNOHANG | os.WNOWAIT)
        except ChildProcessError:
            return True
        if found is None:
            return False
        if found.si_pid == pid:
            return True
        os.waitpid(found.si_pid, 0)


def _detach() -> None:
    """Go on as nobody's child, in a session of our own."""
    if os.fork():
        os._exit(0)
    os.setsid()
    if os.fork():
        os._exit(0)
    nothing = os.open(os.devnull, os.O_RDWR)
    for number in (0, 1, 2):
        os.dup2(nothing, number)
    ctypes.CDLL(None).prctl(_PR_SET_CHILD_SUBREAPER, 1)


def main(arguments: list[str]) -> NoReturn:
    slot_file, control, *inherited = arguments
    _detach()
    with socket.socket(fileno=int(control)) as stream:
        stream.set_inheritable(False)
        Guard(Path(slot_file), stream, tuple(map(int, inherited))).run()
    os._exit(0)


if __name__ == "__main__":
    main(sys.argv[1:])
