"""Simulators that a worker uses: one it starts itself and owns, or one that runs already.

A built-in simulator is a child process that ends by itself within about a second once its owner is gone, however
the owner died. Only processes that this module started are ever ended, by their process id.
"""

from __future__ import annotations

import json
import logging
import os
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from simgen.capture.session import Endpoint
from simgen.errors import SimulatorError

log = logging.getLogger(__name__)

START_TIMEOUT_S = 180.0      # the first start on a machine compiles kernels and builds a town
STOP_TIMEOUT_S = 5.0
STANDARD = "standard"        # the quality of pictures where nobody asks for another
CPU = "cpu"                  # what makes them where nobody asks for another device


@dataclass(frozen=True, slots=True)
class Slot:
    """One simulator that a worker may use: ``endpoint`` of a running one, or None for a built-in one of its own, which
    makes pictures of this ``quality`` on this ``device`` (see ``python -m simgen.localsim --help``) and shows the
    models in ``assets``."""

    number: int
    endpoint: Endpoint | None = None
    quality: str = STANDARD
    assets: Path | None = None
    device: str = CPU

    def __str__(self) -> str:
        return f"built-in simulator {self.number}" if self.endpoint is None else f"simulator {self.endpoint}"


class BuiltInSimulator:
    """The built-in simulator as a child process.

    log_file: where its output goes. on_death: called from a thread of ours if it ends before ``stop``. quality: of its
    RGB pictures. assets: a folder of models that it shows. device: what computes its pictures and sweeps.
    """

    def __init__(
        self, log_file: Path, on_death: Callable[[int], None], quality: str = STANDARD, assets: Path | None = None,
        device: str = CPU,
    ) -> None:
        self._stopping = False
        folder = Path(tempfile.mkdtemp(prefix="simgen-"))
        ready = folder / "ready.json"
        command = [
            sys.executable, "-m", "simgen.localsim", "--port", "0", "--owner", str(os.getpid()),
            "--ready-file", str(ready), "--quality", quality, "--device", device,
            *(() if assets is None else ("--assets", str(assets))),
        ]
        log_file.parent.mkdir(parents=True, exist_ok=True)
        with log_file.open("ab") as output:
            # It has our import path and not our folder, where a file of the user's could pass for a module.
            # A session of its own: Ctrl-C in the terminal is for the driver, which ends its workers in order.
            self._process = subprocess.Popen(
                command, stdin=subprocess.DEVNULL, stdout=output, stderr=output, start_new_session=True,
                cwd="/", env={**os.environ, "PYTHONPATH": os.pathsep.join(path for path in sys.path if path)},
            )
        try:
            self.endpoint = self._wait_until_ready(ready, log_file)
        finally:
            ready.unlink(missing_ok=True)
            folder.rmdir()
        threading.Thread(target=self._watch, args=(on_death,), daemon=True, name="simulator-watch").start()

    @property
    def pid(self) -> int:
        return self._process.pid

    def _wait_until_ready(self, ready: Path, log_file: Path) -> Endpoint:
        deadline = time.monotonic() + START_TIMEOUT_S
        while not ready.exists():
            status = self._process.poll()
            if status is not None:
                tail = log_file.read_text(errors="replace").strip().splitlines()[-1:]
                raise SimulatorError(
                    f"the built-in simulator ended at its start with status {status}: "
                    f"{tail[0] if tail else 'it said nothing'} (all it said is in {log_file})"
                )
            if time.monotonic() > deadline:
                self.stop()
                raise SimulatorError(f"the built-in simulator is not ready after {START_TIMEOUT_S:g} s; see {log_file}")
            time.sleep(0.05)
        return Endpoint("127.0.0.1", int(json.loads(ready.read_text())["port"]))

    def _watch(self, on_death: Callable[[int], None]) -> None:
        status = self._process.wait()
        if not self._stopping:
            on_death(status)

    def stop(self) -> None:
        """End the process: politely, then for good."""
        self._stopping = True
        if self._process.poll() is None:
            self._process.terminate()
            try:
                self._process.wait(STOP_TIMEOUT_S)
            except subprocess.TimeoutExpired:
                self._process.kill()
                self._process.wait()
