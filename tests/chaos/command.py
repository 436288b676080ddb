"""The command under test, started again and again as a person would: ``simgen run``, always with the same arguments."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path

from tests.whole.product import PLACE


class Command:
    """One command line. What it says goes to ``log``, run after run."""

    def __init__(self, arguments: Sequence[object], log: Path) -> None:
        self._arguments = [sys.executable, "-m", "simgen", *map(str, arguments)]
        self._log = log
        self._process: subprocess.Popen[bytes] | None = None
        self.runs = 0
        self.began_s = time.monotonic()

    @property
    def pid(self) -> int | None:
        """Of the run that is under way."""
        return None if self._process is None else self._process.pid

    def start(self) -> None:
        """Once more."""
        self.runs += 1
        with self._log.open("ab") as log:
            log.write(f"--- run {self.runs}\n".encode())
            self._process = subprocess.Popen(
                self._arguments, cwd=PLACE, stdin=subprocess.DEVNULL, stdout=log, stderr=log, env=dict(os.environ))

    def ended(self) -> int | None:
        """How it ended, once it has."""
        return None if self._process is None else self._process.poll()

    def signal(self, number: signal.Signals) -> None:
        """Tell it, or end it."""
        assert self._process is not None
        self._process.send_signal(number)

    def beside(self) -> subprocess.Popen[str]:
        """The same command once more while this one runs."""
        return subprocess.Popen(self._arguments, cwd=PLACE, text=True, stdin=subprocess.DEVNULL,
                                stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)

    def said(self) -> str:
        """Everything, of all runs."""
        return self._log.read_text(errors="replace") if self._log.exists() else ""
