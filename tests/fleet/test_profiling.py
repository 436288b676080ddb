"""The table of where a frame's time went, and the CPU time of other processes."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

from simgen.fleet.driver import Event
from simgen.fleet.profiling import PROFILE_FILE, ProfileSum, group_cpu_s, table, write_profile
from simgen.fleet.worker import Outcome
from simgen.stopwatch import CLOSING, FRAMES, OPENING, WARMUP, PhaseSpent, Profile, Spent

# Ten frames: the simulator computes 0.8 s of the 1.0 s that they take, and we 0.2 s; the play waits 0.95 s for it.
TEN = Profile(
    2, 10,
    {(FRAMES, "play", "tick"): Spent(10, 0.93, 0.01), (FRAMES, "play", "sensors"): Spent(10, 0.02, 0.0),
     (FRAMES, "write", "encode"): Spent(10, 0.14, 0.14)},
    {OPENING: PhaseSpent(3.0, 1.0, 1.0), WARMUP: PhaseSpent(1.0, 0.1, 0.9), FRAMES: PhaseSpent(1.0, 0.15, 0.8),
     CLOSING: PhaseSpent(0.4, 0.05, 0.0)},
)


def test_the_table_says_what_a_frame_costs_and_what_simgen_adds() -> None:
    lines = list(table(TEN))
    assert lines[0] == "Where the time of a frame went (10 frames of 2 episodes):"
    rows = {line.split()[0]: line.split() for line in lines[2:]}
    assert rows["simulator"][1:3] == ["80.0", "80.0%"]
    assert rows["tick"][1:4] == ["93.0", "1.0", "1.0%"]
    assert rows["encode"][1:4] == ["14.0", "14.0", "14.0%"]
    assert rows["other"][2:4] == ["5.0", "5.0%"]                # what no stage of ours accounts for
    assert "  simgen adds 5.0 ms to a frame (5.0%) and 20.0% of its CPU time" in lines
    assert lines[-1] == "  An episode takes besides: opening 1.5 s, warm-up 0.5 s, closing 0.2 s"


def test_of_a_simulator_elsewhere_the_cpu_time_is_not_known() -> None:
    elsewhere = TEN + Profile(1, 0, {}, {FRAMES: PhaseSpent(0.0, 0.0, None)})
    assert any("not known here" in line for line in table(elsewhere))
    assert "  simgen adds 5.0 ms to a frame (5.0%)" in list(table(elsewhere))


def test_a_run_without_frames_says_so() -> None:
    assert list(table(Profile())) == ["Where the time of a frame went: no frame was recorded in this run."]


def test_profiles_of_finished_episodes_are_added_up_and_stored(tmp_path: Path) -> None:
    told: list[Event] = []
    kept = ProfileSum()
    tell = kept.heard(told.append)
    events = [Event("done", outcome=Outcome("a", 10, 1, 1.0, profile=TEN)),
              Event("done", outcome=Outcome("b", 10, 1, 1.0, profile=TEN)),
              Event("retry", outcome=Outcome("c", 0, 0, 0.0, "content", "no")),
              Event("poll")]
    for event in events:
        tell(event)
    assert told == events and kept.profile == TEN + TEN
    write_profile(tmp_path / "logs", TEN)
    assert json.loads((tmp_path / "logs" / PROFILE_FILE).read_text()) == json.loads(json.dumps(TEN.to_json()))


def test_the_cpu_time_of_a_group_has_its_children_in_it() -> None:
    burn = "import time\nwhile time.process_time() < 0.3: pass"
    parent = f"import subprocess, sys\nsubprocess.run([sys.executable, '-c', {burn!r}])\nprint(flush=True)\ninput()"
    with subprocess.Popen([sys.executable, "-c", parent], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                          start_new_session=True) as process:
        assert process.stdout is not None and process.stdout.readline()
        spent_s = group_cpu_s(process.pid)
        process.communicate(b"\n", timeout=60)
    assert spent_s is not None and spent_s >= 0.28          # counted in hundredths
    assert group_cpu_s(process.pid) is None                 # it is gone
