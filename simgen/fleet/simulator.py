"""The built-in simulator for whoever needs one beside a run; slots and servers themselves are modules of their own."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from simgen.fleet.launch.server import start_server
from simgen.fleet.slot import CPU, STANDARD, Slot

__all__ = ["CPU", "STANDARD", "BuiltInSimulator", "Slot"]


class BuiltInSimulator:
    """The built-in simulator in a process of its own, which ends with ours.

    log_dir: where its output goes. on_death: called from a thread of ours if it ends before ``stop``. quality: of its
    RGB pictures. assets: a folder of models that it shows. device: what computes its pictures and sweeps.
    """

    def __init__(
        self, log_dir: Path, on_death: Callable[[int], None], quality: str = STANDARD, assets: Path | None = None,
        device: str = CPU,
    ) -> None:
        self._server = start_server(Slot(0, None, quality, assets, device), log_dir, on_death)
        self.endpoint, self.pid = self._server.endpoint, self._server.pid

    def stop(self) -> None:
        """End the process: politely, then for good."""
        self._server.stop()
