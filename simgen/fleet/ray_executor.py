"""Workers as Ray actors. The only module that imports ``ray``.

Errors that Ray has for what is nobody's fault (a worker, a node, memory gone) are told apart from a worker's own.
"""

from __future__ import annotations

import logging
import os
import signal
import socket
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import ray
from ray.exceptions import (
    ActorUnschedulableError,
    GetTimeoutError,
    LocalRayletDiedError,
    NodeDiedError,
    ObjectLostError,
    OutOfMemoryError,
    RayActorError,
    RayError,
    RaySystemError,
    WorkerCrashedError,
)

from simgen.fleet.executor import Place, WorkerFault, WorkerLost
from simgen.fleet.simulator import Slot

RESULT_TIMEOUT_S = 10.0      # an outcome is some hundred bytes
NOBODYS_FAULT = (
    RayActorError, NodeDiedError, OutOfMemoryError, WorkerCrashedError, GetTimeoutError, ObjectLostError,
    LocalRayletDiedError, RaySystemError, ActorUnschedulableError,
)


@contextmanager
def ray_session(workers: int) -> Iterator[None]:
    """A Ray of our own for this run, or the cluster that RAY_ADDRESS names."""
    os.environ.setdefault("RAY_ACCEL_ENV_VAR_OVERRIDE_ON_ZERO", "0")
    # Ray takes SIGTERM for itself; whoever handles it now shall go on doing so.
    terminate = signal.getsignal(signal.SIGTERM)
    if os.environ.get("RAY_ADDRESS"):
        ray.init(log_to_driver=False, logging_level=logging.ERROR)
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


class RayExecutor:
    """Workers of one class, which write into the same folders. Needs a ``ray_session``."""

    def __init__(self, worker_class: type, out_dir: Path, log_dir: Path) -> None:
        self._folders = (out_dir, log_dir)
        self._actor_class = ray.remote(
            num_cpus=1, max_restarts=0, max_task_retries=0, max_concurrency=2      # the second call is ``abort``
        )(type(worker_class.__name__, (worker_class,), {"place": _place}))

    def hire(self, slot: Slot) -> Any:
        return self._actor_class.remote(slot, *self._folders)

    def arrival(self, worker: Any) -> Any:
        return worker.place.remote()

    def call(self, worker: Any, method: str, *arguments: Any) -> Any:
        return getattr(worker, method).remote(*arguments)

    def wait(self, calls: Sequence[Any], timeout_s: float) -> list[Any]:
        calls = list(calls)
        ended, _ = ray.wait(calls, num_returns=1, timeout=timeout_s)
        if ended and len(calls) > 1:
            ended, _ = ray.wait(calls, num_returns=len(calls), timeout=0)      # what else has ended by now
        return list(ended)

    def result(self, call: Any) -> Any:
        try:
            return ray.get(call, timeout=RESULT_TIMEOUT_S)
        except NOBODYS_FAULT as error:
            raise WorkerLost(_said(error)) from None
        except RayError as error:
            raise WorkerFault(f"{type(error).__name__}: {str(error).strip().splitlines()[-1]}") from None

    def dismiss(self, worker: Any) -> None:
        ray.kill(worker)

    def why_gone(self) -> str | None:
        return None

    def seats(self, now_s: float) -> int | None:
        return None

    def is_gone(self, place: Place) -> bool:
        return False


def _place(_worker: object) -> Place:
    return Place(socket.gethostname(), ray.get_runtime_context().get_node_id())


def _said(error: Exception) -> str:
    """What is gone, in a clause."""
    if isinstance(error, OutOfMemoryError):
        return "its worker was ended because its machine ran out of memory"
    if isinstance(error, NodeDiedError):
        return "the machine of its worker is gone"
    if isinstance(error, GetTimeoutError):
        return f"its result did not arrive within {RESULT_TIMEOUT_S:g} s"
    return "its worker or simulator process died"
