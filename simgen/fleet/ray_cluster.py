"""A Ray of our own or a cluster: beginning and ending a session, what machines there are, whether it still lives.

Ray ends a process that has not reached the cluster's head for a minute, without a word that Python could catch, and
calls that ask the head wait until then. So a thread asks every few seconds, and the run ends in order before that.
"""

from __future__ import annotations

import logging
import os
import signal
import socket
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from threading import Event, Thread
from typing import Any

import ray

from simgen.errors import RequestError, SimulatorError

LOOK_S = 3.0
REACH_TIMEOUT_S = 10.0
OWN_TRIES = 3
OWN_PATIENCE_S = 20.0        # a Ray of our own is on this machine, which may be busy
CLUSTER_PATIENCE_S = 30.0    # a head that is started again within this time goes unnoticed
GAP_S = 5.0                  # between two questions, at most, that counts as silence
ADDRESS = "RAY_ADDRESS"

log = logging.getLogger(__name__)


def cluster_address() -> str | None:
    """The cluster that the environment names; None for a Ray of our own."""
    return os.environ.get(ADDRESS) or None


@contextmanager
def ray_session(workers: int) -> Iterator[None]:
    """A Ray of our own for this run, or the cluster that RAY_ADDRESS names. Raises RequestError if there is none."""
    os.environ.setdefault("RAY_ACCEL_ENV_VAR_OVERRIDE_ON_ZERO", "0")
    # Ray takes SIGTERM for itself; whoever handles it now shall go on doing so.
    terminate = signal.getsignal(signal.SIGTERM)
    address = cluster_address()
    if address is not None:
        _require_reachable(address)
        try:
            ray.init(log_to_driver=False, logging_level=logging.ERROR)
        except (ConnectionError, RuntimeError, ValueError) as error:
            raise _no_cluster(address, (str(error).strip().splitlines() or [type(error).__name__])[0]) from None
    else:
        # Ray's workers must not need a token file in somebody's read-only home on a single machine.
        os.environ.setdefault("RAY_AUTH_MODE", "disabled")
        _start_own(workers)
    signal.signal(signal.SIGTERM, terminate)
    try:
        yield
    finally:
        ray.shutdown()


def _start_own(workers: int) -> None:
    """A Ray on this machine for this process alone. Raises SimulatorError if it does not come up.

    Ray gives its own processes 30 s, which is not enough now and then where many others work; then it raises no
    narrower error than Exception.
    """
    for tries_left in reversed(range(OWN_TRIES)):
        try:
            ray.init(
                address="local", num_cpus=workers, include_dashboard=False, log_to_driver=False,
                logging_level=logging.ERROR, object_store_memory=100 * 2**20,
            )
            return
        except Exception as error:
            ray.shutdown()
            why = (str(error).strip().splitlines() or [type(error).__name__])[0]
            if not tries_left:
                raise SimulatorError(f"Ray does not start on this machine: {why}; run the same command again once less "
                                     "is going on here ('simgen doctor --ray' tries it alone)") from error
            log.warning("Ray did not start, and is tried again: %s", why)


def require_cluster() -> None:
    """Raises RequestError if the environment names a cluster, and nothing listens there."""
    address = cluster_address()
    if address is not None:
        _require_reachable(address)


def _require_reachable(address: str) -> None:
    """Raises RequestError if nothing listens there: Ray itself would take minutes to find out, and end this process."""
    if address.startswith("ray://"):
        raise RequestError(f"{address}: simgen is no client from outside a cluster; run it on one of its machines, "
                           "or there with 'ray job submit', and name the head by HOST:PORT")
    host, colon, port = address.rpartition(":")
    if not colon or not port.isdigit():              # "auto", or something that Ray refuses at once
        return
    try:
        socket.create_connection((host.strip("[]"), int(port)), REACH_TIMEOUT_S).close()
    except (OSError, OverflowError) as error:
        raise _no_cluster(address, str(getattr(error, "strerror", None) or error)) from None


def _no_cluster(address: str, why: str) -> RequestError:
    return RequestError(f"no Ray cluster answers at {address}: {why} (--ray-address or {ADDRESS} names it; without "
                        "either, simgen starts a Ray of its own)")


def machines() -> list[Mapping[str, float]]:
    """The resources of every machine that is there."""
    return [node["Resources"] for node in ray.nodes() if node["Alive"]]


class Watch:
    """Looks at the session every few seconds, in a thread of its own: a head that hangs would keep whoever asks it.

    look: asks the head which machines there are, as ``ray.nodes`` does. here: the id of this one. patience_s: how long
    the head may be silent. clock: seconds.
    """

    def __init__(
        self, look: Callable[[], list[dict[str, Any]]], here: str, patience_s: float,
        clock: Callable[[], float] = time.monotonic, look_s: float = LOOK_S,
    ) -> None:
        self._look, self._here, self._patience_s, self._clock, self._look_s = look, here, patience_s, clock, look_s
        self._ended = Event()
        self._heard = False
        self._silent_s, self._asked_s = 0.0, clock()
        self._take(look())
        self._thread = Thread(target=self._look_on, daemon=True, name="ray-watch")
        self._thread.start()

    @classmethod
    def of_session(cls) -> Watch:
        """Of the session that is there."""
        patience_s = OWN_PATIENCE_S if cluster_address() is None else CLUSTER_PATIENCE_S
        return cls(ray.nodes, ray.get_runtime_context().get_node_id(), patience_s)

    def machines(self) -> list[Mapping[str, float]]:
        """The resources of every machine that is there, as of a few seconds ago."""
        return self._machines

    def why_gone(self) -> str | None:
        """Why nothing can run any more, in a clause; None while things are well. Asked every second or so."""
        now_s = self._clock()
        # A process that was halted for long (Ctrl-Z) comes back to a head that did nothing wrong.
        self._silent_s = 0.0 if self._heard else self._silent_s + min(now_s - self._asked_s, GAP_S)
        self._heard, self._asked_s = False, now_s
        if self._silent_s >= self._patience_s:
            return f"the head of Ray has not answered for {self._silent_s:.0f} s"
        return None if self._is_here else "Ray's own process on this machine has ended"

    def close(self) -> None:
        self._ended.set()
        self._thread.join(self._look_s)

    def _look_on(self) -> None:
        while not self._ended.wait(self._look_s):
            try:
                nodes = self._look()
            except Exception as error:               # whatever it is, it is no answer
                log.info("the head of Ray does not say which machines there are: %s", error)
                continue
            self._take(nodes)

    def _take(self, nodes: list[dict[str, Any]]) -> None:
        alive = [node for node in nodes if node["Alive"]]
        self._machines = [node["Resources"] for node in alive]
        self._is_here = any(node["NodeID"] == self._here for node in alive)
        self._heard = True
