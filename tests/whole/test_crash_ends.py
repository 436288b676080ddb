"""An episode that a crash ends is shorter than planned, and its dataset is whole all the same."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.whole.product import FAST, content, simgen

pytestmark = pytest.mark.slow

# 8.5 m between the middles, less half a car of 4.9 m and half a van of 5.9 m, at 11.1 m/s: contact after 0.28 s. A van,
# because its rear is upright: from so near, of a car's the LiDAR sees the sloping window alone.
SCENARIO = """
name: crash
description: The ego drives into a van that stands in its lane.
episodes: 2
road: {kind: rural}
ego: {speed: 40 km/h, on_crash: end}
actors:
  - {role: stalled, vehicle: vehicle.mercedes.sprinter, place: {ahead: 8.5 m, lane: ego}, lights: hazard}
capture: {rate: 10 Hz, frames: 6, warmup: 0.5 s}
"""


def test_the_frame_of_the_contact_is_the_last_and_the_dataset_is_whole(tmp_path: Path) -> None:
    scenario, out = tmp_path / "crash.yaml", tmp_path / "out"
    scenario.write_text(SCENARIO)
    done = simgen("run", scenario, "--out", out, "--workers", 1, *FAST)
    assert done.returncode == 0, done.stderr[-2000:]
    records = [json.loads((out / "episodes" / f"crash-{index:04d}.json").read_text()) for index in (0, 1)]
    assert records[0]["frames"] == ["000000", "000001", "000002", "000003"]
    assert records[1]["frames"] == ["000006", "000007", "000008", "000009"]     # numbers that were not needed stay free
    hits = [event for event in records[0]["resolved"]["events"] if event["did"] == "hit" and event["role"] == "stalled"]
    assert [event["time_s"] for event in hits] == [pytest.approx(0.28, abs=0.03)]
    done = simgen("verify", out)
    assert done.returncode == 0, done.stdout
    before = content(out)
    done = simgen("run", scenario, "--out", out, "--workers", 1, *FAST)
    assert done.returncode == 0 and "nothing was left to do" in done.stdout
    assert content(out) == before
