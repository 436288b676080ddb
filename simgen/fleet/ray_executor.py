"""Workers as Ray actors.

Errors that Ray has for what is nobody's fault (a worker, a machine, memory gone) are told apart from a worker's own.
"""

from __future__ import annotations

import socket
import time
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

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
from simgen.fleet.ray_cluster import Watch
from simgen.fleet.room import Need, room_for

if TYPE_CHECKING:
    from simgen.fleet.slot import Slot
    from simgen.store import Output

RESULT_TIMEOUT_S = 10.0      # an outcome is some hundred bytes
NOBODYS_FAULT = (            # RayActorError is also ActorDiedError and ActorUnavailableError
    RayActorError, NodeDiedError, OutOfMemoryError, WorkerCrashedError, GetTimeoutError, ObjectLostError,
    LocalRayletDiedError, RaySystemError, ActorUnschedulableError,
)


class RayExecutor:
    """Workers of one class, which write into the same folders. Needs a ``ray_session``.

    need: what each takes of a machine. elastic: there is a seat for each worker that the cluster has room for.
    """

    def __init__(
        self, worker_class: type, out: Path | Output, log_dir: Path, need: Need | None = None, elastic: bool = False
    ) -> None:
        self._folders, self._need, self._elastic = (out, log_dir), need or Need(), elastic
        self._watch = Watch.of_session()
        self._actor_class = ray.remote(
            num_cpus=self._need.cpus, num_gpus=self._need.gpus, resources=dict(self._need.resources),
            max_restarts=0, max_task_retries=0, max_concurrency=2                  # the second call is ``abort``
        )(type(worker_class.__name__, (worker_class,), {"place": _place}))

    def hire(self, slot: Slot) -> Any:
        return self._actor_class.remote(slot, *self._folders)

    def arrival(self, worker: Any) -> Any:
        return worker.place.remote()

    def call(self, worker: Any, method: str, *arguments: Any) -> Any:
        return getattr(worker, method).remote(*arguments)

    def wait(self, calls: Sequence[Any], timeout_s: float) -> list[Any]:
        calls = list(calls)
        if not calls:
            time.sleep(timeout_s)
            return []
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
        return self._watch.why_gone()

    def seats(self) -> int | None:
        return room_for(self._need, self._watch.machines()) if self._elastic else None

    def needed(self) -> str:
        return str(self._need)

    def close(self) -> None:
        self._watch.close()


def _place(_worker: object) -> Place:
    return Place(socket.gethostname())


def _said(error: Exception) -> str:
    """What is gone, in a clause."""
    if isinstance(error, OutOfMemoryError):
        return "its worker was ended because its machine ran out of memory"
    if isinstance(error, NodeDiedError):
        return "the machine of its worker is gone"
    if isinstance(error, GetTimeoutError):
        return f"its result did not arrive within {RESULT_TIMEOUT_S:g} s"
    if "creation task" in str(error):                # its constructor failed; the last line is that error's
        return f"its worker could not be made: {str(error).strip().splitlines()[-1]}"
    return "its worker or simulator process died"
