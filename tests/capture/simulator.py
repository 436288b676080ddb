"""A built-in simulator for tests and measurements that talk to one without the fleet."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from simgen.capture import Endpoint

PATIENCE_S = 120.0


@contextmanager
def built_in_simulator() -> Iterator[Endpoint]:
    """A server of its own, ended afterwards. Its colours are plain: who comes here looks at geometry."""
    with tempfile.TemporaryDirectory() as folder:
        ready = Path(folder) / "ready.json"
        command = [sys.executable, "-m", "simgen.localsim", "--port", "0", "--ready-file", str(ready),
                   "--owner", str(os.getpid()), "--quality", "labels"]
        process = subprocess.Popen(command)
        try:
            deadline = time.monotonic() + PATIENCE_S
            while not ready.exists():
                assert time.monotonic() < deadline, f"the simulator did not start within {PATIENCE_S:g} s"
                if process.poll() is not None:
                    raise RuntimeError(f"the simulator ended with status {process.returncode}")
                time.sleep(0.1)
            yield Endpoint("127.0.0.1", json.loads(ready.read_text())["port"])
        finally:
            process.terminate()
            process.wait(30)
