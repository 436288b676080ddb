"""Ten ports for each server of this machine, and nobody else's: block n begins at 20000 + 10 n.

Three things keep two servers apart. A lock file of the block, which jobs of one user see. A name in the machine's
network (an abstract socket: it exists exactly where the ports exist), which other users' jobs and other containers of
the host's network see too. And a try to listen, for programs that know of neither. The first two live as long as a
descriptor of them is open: the server's guard and the server itself inherit it, so a block is free once both are gone.
"""

from __future__ import annotations

import errno
import fcntl
import os
import socket
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

from simgen.errors import SimulatorError
from simgen.fleet.launch.slotfile import LOCKS, run_folder

FIRST_PORT = 20_000              # Ray and its workers take what is below by default
END_PORT = 32_768                # from here on the system hands ports to whoever asks for any
BLOCK = 10
BLOCKS = (END_PORT - FIRST_PORT) // BLOCK


@dataclass(frozen=True, slots=True)
class PortBlock:
    """The ports of one server. secondary: for CARLA's further renderers. traffic_manager: of its client's."""

    number: int

    @property
    def rpc(self) -> int:
        return FIRST_PORT + BLOCK * self.number

    @property
    def stream(self) -> int:
        return self.rpc + 1

    @property
    def secondary(self) -> int:
        return self.rpc + 2

    @property
    def traffic_manager(self) -> int:
        return self.rpc + 3

    def named(self) -> dict[str, int]:
        """By what they are for."""
        return {"rpc": self.rpc, "stream": self.stream, "secondary": self.secondary,
                "traffic_manager": self.traffic_manager}


class Claim:
    """A block that is ours until every copy of these descriptors is closed."""

    def __init__(self, block: PortBlock, held: ExitStack, descriptors: tuple[int, ...]) -> None:
        self.block, self.descriptors, self._held = block, descriptors, held

    def release(self) -> None:
        """Close our copies; the block is free if nobody inherited them."""
        self._held.close()


def claim_block(wished: int) -> Claim:
    """The first block from number ``wished`` on, round and round, that is nobody's.

    Raises SimulatorError if all are taken, OSError if nothing can be locked in our folder.
    """
    folder = run_folder() / LOCKS
    folder.mkdir(exist_ok=True)
    for offset in range(BLOCKS):
        claim = _claimed(PortBlock((wished + offset) % BLOCKS), folder)
        if claim is not None:
            return claim
    raise SimulatorError(
        f"all {BLOCKS} blocks of {BLOCK} ports from {FIRST_PORT} to {END_PORT - 1} are taken on "
        f"{socket.gethostname()}: end what listens there (see: ss -ltnp)")


def _claimed(block: PortBlock, folder: Path) -> Claim | None:
    with ExitStack() as stack:
        lock = stack.enter_context((folder / f"{block.rpc}.lock").open("a+"))
        name = stack.enter_context(socket.socket(socket.AF_UNIX, socket.SOCK_STREAM))
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            name.bind(f"\0simgen-ports-{block.rpc}")
        except OSError as error:
            if error.errno in (errno.EWOULDBLOCK, errno.EADDRINUSE):
                return None                     # another's
            raise                               # a file system without locks, for example
        if not all(is_free(port) for port in block.named().values()):
            return None
        lock.truncate(0)
        lock.write(f"{os.getpid()}\n")          # for people who look; the lock is what counts
        lock.flush()
        return Claim(block, stack.pop_all(), (lock.fileno(), name.fileno()))


def is_free(port: int) -> bool:
    """Could somebody listen there, at all addresses of this machine?"""
    try:
        socket.create_server(("", port)).close()
    except OSError:
        return False
    return True
