"""That two attempts at one episode never write at the same time, whatever the driver believes."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from simgen.errors import SimulatorError
from simgen.fleet.attempts import sole_attempt

HOLDS = """
import sys, time
from pathlib import Path
from simgen.fleet.attempts import sole_attempt
with sole_attempt(Path(sys.argv[1]), 40):
    print("holds", flush=True)
    time.sleep(600)
"""


def test_an_attempt_waits_until_the_one_before_is_really_gone(tmp_path: Path) -> None:
    other = subprocess.Popen([sys.executable, "-c", HOLDS, str(tmp_path)], stdout=subprocess.PIPE, text=True)
    try:
        assert other.stdout is not None and other.stdout.readline() == "holds\n"
        with sole_attempt(tmp_path, 41):
            pass                                                # another episode is nobody's business
        with pytest.raises(SimulatorError, match="has not ended yet"), sole_attempt(tmp_path, 40, patience_s=0.3):
            pass
        with pytest.raises(SimulatorError, match="has not ended yet"), sole_attempt(tmp_path, 40, lambda: True):
            pass
        began = time.monotonic()
        os.kill(other.pid, signal.SIGKILL)                      # as Ray ends a worker
        with sole_attempt(tmp_path, 40, patience_s=60.0):
            pass
        assert time.monotonic() - began < 50.0
    finally:
        other.kill()
        other.wait()
        assert other.stdout is not None
        other.stdout.close()
