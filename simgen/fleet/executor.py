"""How a driver reaches its workers, wherever they run: one call at a time, and what can become of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol, TypeAlias

if TYPE_CHECKING:                    # workers of other kinds than EpisodeWorker need not import a simulator's client
    from simgen.fleet.slot import Slot


Worker: TypeAlias = Any      # an executor's own handle
Call: TypeAlias = Any        # likewise; hashable


class WorkerLost(Exception):
    """The worker, its machine or the way there is gone. No fault of what it did. The message is one clause."""


class WorkerFault(Exception):
    """The worker's own code failed, and it lives on. The message is one clause."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where a worker runs. host: its machine's name."""

    host: str = ""


class Executor(Protocol):
    """Runs workers: objects that have the methods of ``EpisodeWorker``."""

    def hire(self, slot: Slot) -> Worker:
        """A new worker; it may have to wait for room."""

    def arrival(self, worker: Worker) -> Call:
        """A call that ends, with a ``Place``, once the worker has found room and is made."""

    def call(self, worker: Worker, method: str, *arguments: Any) -> Call:
        """Begin to call a method."""

    def wait(self, calls: Sequence[Call], timeout_s: float) -> list[Call]:
        """Those calls that have ended; waits until one has, so long at most. Without calls it waits all that time."""

    def result(self, call: Call) -> Any:
        """What a call that has ended came to. Raises WorkerLost or WorkerFault."""

    def dismiss(self, worker: Worker) -> None:
        """End the worker, whatever it does; its calls end soon, with WorkerLost."""

    def why_gone(self) -> str | None:
        """Why nothing can run here any more, in a clause; None while things are well. Cheap: asked twice a second."""

    def seats(self) -> int | None:
        """For how many workers there is room now, where that may change; None where it does not. Likewise cheap."""

    def needed(self) -> str:
        """What a worker needs to find room, in words."""

    def close(self) -> None:
        """Nobody asks any more."""
