"""A Ray of our own or a cluster: beginning and ending a session, what machines there are, whether it still lives.

Ray ends a process that has not reached the cluster's head for a minute, without a word that Python could catch. So the
head's port is looked at every few seconds, and the run ends in order before that.
"""

from __future__ import annotations

import logging
import os
import signal
import socket
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager

import ray

from simgen.errors import RequestError

LOOK_S = 3.0
REACH_TIMEOUT_S = 2.0
OWN_PATIENCE_S = 5.0         # a Ray of our own is on this machine: who does not answer is gone
CLUSTER_PATIENCE_S = 35.0    # a head that is started again within this time goes unnoticed
ADDRESS = "RAY_ADDRESS"


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
        if address.startswith("ray://"):
            raise RequestError(f"{address}: simgen is no client from outside a cluster; run it on one of its machines, "
                               "or there with 'ray job submit', and name the head by HOST:PORT")
        try:
            ray.init(log_to_driver=False, logging_level=logging.ERROR)
        except (ConnectionError, RuntimeError, ValueError) as error:
            said = (str(error).strip().splitlines() or [type(error).__name__])[0]
            raise RequestError(
                f"no Ray cluster answers at {address}: {said} (--ray-address or {ADDRESS} names it; without either, "
                "simgen starts a Ray of its own)") from None
    else:
        # Ray's workers must not need a token file in somebody's read-only home on a single machine.
        os.environ.setdefault("RAY_AUTH_MODE", "disabled")
        ray.init(
            address="local", num_cpus=workers, include_dashboard=False, log_to_driver=False,
            logging_level=logging.ERROR, object_store_memory=100 * 2**20,
        )
    signal.signal(signal.SIGTERM, terminate)
    try:
        yield
    finally:
        ray.shutdown()


def machines() -> list[Mapping[str, float]]:
    """The resources of every machine that is there."""
    return [node["Resources"] for node in ray.nodes() if node["Alive"]]


class Watch:
    """Looks at the session every few seconds. clock: seconds."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        context = ray.get_runtime_context()
        self._head, self._node = context.gcs_address, context.get_node_id()
        self._patience_s = OWN_PATIENCE_S if cluster_address() is None else CLUSTER_PATIENCE_S
        self._looked_s = self._heard_s = clock()
        self._machines = machines()
        self._why: str | None = None

    def machines(self) -> list[Mapping[str, float]]:
        """As of a few seconds ago at most."""
        self._look()
        return self._machines

    def why_gone(self) -> str | None:
        """Why nothing can run any more, in a clause; None while things are well."""
        self._look()
        return self._why

    def _look(self) -> None:
        now_s = self._clock()
        if now_s - self._looked_s < LOOK_S or self._why is not None:
            return
        self._looked_s = now_s
        if not self._head_answers():
            silent_s = self._clock() - self._heard_s
            if silent_s >= self._patience_s:
                self._why = f"the head of Ray at {self._head} has not answered for {silent_s:.0f} s"
            return
        nodes = ray.nodes()
        self._heard_s = self._clock()
        self._machines = [node["Resources"] for node in nodes if node["Alive"]]
        if not any(node["Alive"] for node in nodes if node["NodeID"] == self._node):
            self._why = "Ray's own process on this machine has ended"

    def _head_answers(self) -> bool:
        host, _, port = self._head.rpartition(":")
        try:
            socket.create_connection((host.strip("[]"), int(port)), REACH_TIMEOUT_S).close()
        except OSError:
            return False
        return True
