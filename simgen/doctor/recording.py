"""Record one item on a server, in a process of its own: the client library may end its process, or hang.

``python -m simgen.doctor.recording HOST:PORT SCENARIO OUT RESULT`` is that process.
"""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import threading
import time
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from types import FrameType

from simgen.capture.session import Endpoint
from simgen.errors import Interrupted, SimgenError
from simgen.fleet.ledger import Ledger
from simgen.fleet.run import request_of, xodr_texts
from simgen.fleet.slot import Slot
from simgen.fleet.worker import cause_of
from simgen.kitti.manifest import claim_folder
from simgen.kitti.splits import image_sets, write_image_sets
from simgen.pipeline import record_episode
from simgen.scenario import load_scenario, make_plans
from simgen.store import LocalStore

MOST_S = 1200.0                 # for one item; a map of CARLA's may take minutes to load for the first time
LEAVE_S = 30.0                  # for putting the server's settings back
POLL_S = 0.2


@dataclass(frozen=True, slots=True)
class Recorded:
    """How recording went. cause: as of a fleet's outcome, None if all went well. message: why not."""

    seconds: float
    cause: str | None = None
    message: str = ""


def record_item(
    endpoint: Endpoint, scenario: Path, out_dir: Path, died: threading.Event | None = None
) -> Recorded:
    """Record a scenario file's episodes into a dataset of their own, in another process. What ``out_dir`` held goes.

    died: set once the server is known to have ended.
    """
    died = died or threading.Event()
    if out_dir.exists():
        shutil.rmtree(out_dir)
    result, log = out_dir / "logs" / "result.json", out_dir / "logs" / "recording.log"
    result.parent.mkdir(parents=True)
    began = time.monotonic()
    with log.open("wb") as said:
        child = subprocess.Popen(
            [sys.executable, "-m", "simgen.doctor.recording", str(endpoint), str(scenario), str(out_dir), str(result)],
            stdin=subprocess.DEVNULL, stdout=said, stderr=said,
            env={**os.environ, "PYTHONPATH": os.pathsep.join(path for path in sys.path if path)},
        )
        try:
            while (status := child.poll()) is None and not died.is_set() and time.monotonic() < began + MOST_S:
                time.sleep(POLL_S)
        finally:
            if child.poll() is None:
                _end(child, 0.0 if died.is_set() else LEAVE_S)
    seconds = time.monotonic() - began
    if status is None:
        why = "it has ended" if died.is_set() else f"the episode did not end within {MOST_S:g} s; see {log}"
        return Recorded(seconds, "simulator", why)
    if not result.exists():
        last = log.read_text(errors="replace").strip().splitlines()[-1:]
        why = f"signal {-status}" if status < 0 else f"status {status}"
        return Recorded(seconds, "simulator", f"the client's process ended with {why}: {' '.join(last) or 'no word'}")
    return Recorded(**json.loads(result.read_text()))


def _end(child: subprocess.Popen[bytes], within_s: float) -> None:
    """In order, so that the server's settings are put back; then for good."""
    child.terminate()
    with suppress(subprocess.TimeoutExpired):
        child.wait(within_s)
    child.kill()
    child.wait()


def _record(endpoint: Endpoint, scenario: Path, out_dir: Path) -> Recorded:
    """What the other process does."""
    began = time.monotonic()
    try:
        scenarios = [load_scenario(scenario)]
        plans = list(make_plans(scenarios, None, 0))
        ledger, xodr_of = Ledger(plans), xodr_texts(scenarios)
        claim_folder(out_dir, request_of(scenarios, ledger, 0, [Slot(0, endpoint)]))
        for number, plan in enumerate(plans):
            record_episode(endpoint, plan, ledger.first_frame(number), out_dir, xodr_of(plan))
        write_image_sets(out_dir, image_sets(ledger.sets, LocalStore(out_dir).whole_records(ledger.digests)))
    except SimgenError as error:
        return Recorded(time.monotonic() - began, cause_of(error), str(error))
    return Recorded(time.monotonic() - began)


def _interrupt(_signal: int, _frame: FrameType | None) -> None:
    raise Interrupted


def _main(endpoint: str, scenario: str, out_dir: str, result: str) -> None:
    signal.signal(signal.SIGTERM, _interrupt)
    signal.signal(signal.SIGINT, _interrupt)
    with suppress(Interrupted):
        recorded = _record(Endpoint.parse(endpoint), Path(scenario), Path(out_dir))
        Path(result).write_text(json.dumps(asdict(recorded)), encoding="utf-8")


if __name__ == "__main__":
    _main(*sys.argv[1:])
