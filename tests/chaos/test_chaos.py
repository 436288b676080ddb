"""Whatever dies, nothing is lost, left behind or written twice: a run on three Ray nodes with a gremlin among them."""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

from tests.chaos.disk import own_mounts_allowed
from tests.chaos.gremlin import DEEDS
from tests.chaos.processes import descendants, kill
from tests.whole.product import ROOT

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(not sys.platform.startswith("linux"), reason="Ray's nodes and /proc are Linux's"),
]

# The seed has the tick hang early, when others go on meanwhile.
EPISODES, SEED = 18, 0
DEAR = ("stop", "slow")      # kinds that CI does without: each costs ten seconds, and is much like another
EPISODES_PER_DEED = 4.0
SECONDS_EACH, SECONDS_AT_LEAST = 40.0, 1200.0


def test_whatever_dies_the_dataset_is_the_same_to_the_byte(request: pytest.FixtureRequest) -> None:
    """In CI most kinds of mischief once; ``pytest tests/chaos --chaos-episodes 300`` for as long as one likes."""
    asked = request.config.getoption("--chaos-episodes", default=None)
    seed = request.config.getoption("--chaos-seed", default=None)
    episodes = asked or EPISODES
    kinds = [kind for kind in DEEDS if (kind != "disk" or own_mounts_allowed()) and (asked or kind not in DEAR)]
    with tempfile.TemporaryDirectory(prefix="chaos-", dir="/tmp") as name:       # names of sockets must be short
        folder = Path(name)
        process = subprocess.Popen(
            [sys.executable, "-m", "tests.chaos", "--episodes", str(episodes), "--seed",
             str(SEED if seed is None else seed), "--every", str(EPISODES_PER_DEED), "--folder", str(folder),
             "--json", str(folder / "report.json"), "--only", *kinds],
            cwd=ROOT, stdin=subprocess.DEVNULL)
        try:
            process.wait(SECONDS_AT_LEAST + SECONDS_EACH * episodes)
        finally:
            kill(one.pid for one in descendants(process.pid))
            process.kill()
            process.wait()
        report = json.loads((folder / "report.json").read_text())
        said = (folder / "command.log").read_text()[-3000:] if (folder / "command.log").exists() else ""
        assert report["findings"] == [], said
        assert set(report["done"]) == set(kinds)
