"""Whatever dies on the way, the dataset is the same to the byte."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from simgen.fleet.watch.logs import read_log
from tests.whole.product import FAST, SMALL, content, simgen, start_simgen

pytestmark = pytest.mark.slow

PATIENCE_S = 240.0


def wait_for(condition: Callable[[], object], what: str) -> None:
    deadline = time.monotonic() + PATIENCE_S
    while not condition():
        assert time.monotonic() < deadline, f"waited {PATIENCE_S:g} s for {what}"
        time.sleep(0.05)


def first_frame_file(out: Path) -> Path:
    return out / "testing_labels" / "objects" / "000000.json"


def last_line(out: Path, event: str) -> dict[str, Any]:
    """The last line of this kind that this run's first worker wrote to its log."""
    return [line for line in read_log(out / "logs", "worker-0") if line.get("event") == event][-1]


def has_begun(out: Path) -> bool:
    return any(line.get("event") == "begins" for line in read_log(out / "logs", "worker-0"))


def worker_pid(out: Path) -> int:
    return int(last_line(out, "begins")["pid"])


def simulator_pid(out: Path) -> int:
    return int(last_line(out, "simulator")["simulator_pid"])


def is_alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    # A zombie still has a number; its command line is empty.
    return Path(f"/proc/{pid}/cmdline").read_bytes() != b""


def finish(process: subprocess.Popen[str]) -> tuple[int, str, str]:
    try:
        out, err = process.communicate(timeout=PATIENCE_S)
    except subprocess.TimeoutExpired:
        process.kill()
        raise
    return process.returncode, out, err


def test_two_workers_make_the_same_bytes_as_one(small: Path, tmp_path: Path) -> None:
    done = simgen("run", SMALL, "--out", tmp_path / "two", "--workers", 2, *FAST)
    assert done.returncode == 0, done.stderr[-2000:]
    assert content(tmp_path / "two") == content(small)


# The simulator when an episode has begun: once the first frame is on the disk, it may have rendered the last.
@pytest.mark.parametrize(("victim", "moment"), [
    (worker_pid, lambda out: first_frame_file(out).exists()), (simulator_pid, lambda out: has_begun(out)),
], ids=["worker", "simulator"])
def test_a_killed_process_costs_a_retry_and_nothing_else(
    victim: Callable[[Path], int], moment: Callable[[Path], bool], small: Path, tmp_path: Path
) -> None:
    out = tmp_path / "killed"
    process = start_simgen("run", SMALL, "--out", out, "--workers", 1, *FAST)
    wait_for(lambda: moment(out), "the moment")
    os.kill(victim(out), signal.SIGKILL)
    status, _, err = finish(process)
    assert status == 0, err[-2000:]
    assert "trying again" in err
    assert content(out) == content(small)


def test_ctrl_c_leaves_a_dataset_that_a_second_run_continues(small: Path, tmp_path: Path) -> None:
    out = tmp_path / "interrupted"
    process = start_simgen("run", SMALL, "--out", out, "--workers", 1, *FAST)
    wait_for((out / "episodes" / "small-0000.json").exists, "the first episode")
    simulator = simulator_pid(out)
    process.send_signal(signal.SIGINT)
    status, _, err = finish(process)
    assert status == 130, err[-2000:]
    assert "Traceback" not in err
    wait_for(lambda: not is_alive(simulator), "the simulator to end with its worker")
    # What is there is a dataset of one episode, and nothing of the unfinished one is left.
    assert sorted(path.stem for path in (out / "testing" / "image_2").iterdir()) == ["000000", "000001", "000002"]
    done = simgen("run", SMALL, "--out", out, "--workers", 1, *FAST)
    assert done.returncode == 0, done.stderr[-2000:]
    assert "small-0000: recording" not in done.stderr
    assert content(out) == content(small)


def test_running_twice_changes_nothing(small: Path) -> None:
    before = content(small)
    done = simgen("run", SMALL, "--out", small, *FAST)
    assert done.returncode == 0
    assert "nothing was left to do" in done.stdout
    assert content(small) == before


def test_a_lost_file_brings_its_episode_back(small: Path, tmp_path: Path) -> None:
    out = tmp_path / "damaged"
    shutil.copytree(small, out)
    (out / "training" / "semantic" / "000004.png").unlink()
    done = simgen("run", SMALL, "--out", out, *FAST)
    assert done.returncode == 0, done.stderr[-2000:]
    assert content(out) == content(small)


def test_a_run_leaves_its_story_behind(small: Path, tmp_path: Path) -> None:
    begun = tmp_path / "begun"
    shutil.copytree(small, begun)
    (begun / "episodes" / "small-0001.json").unlink()
    whole, half = simgen("status", small), simgen("status", begun, "--json")
    assert whole.returncode == 0 and f"{small}: complete, 2 episodes, 6 frames, about " in whole.stdout, whole.stderr
    value = json.loads(half.stdout)
    assert half.returncode == 1 and value["missing"] == ["small-0001"] and value["command"][0] == "run"
    assert value["last_run"]["state"] == "complete" and value["last_run"]["run"]["frames_done"] == 6
    told = simgen("status", small, "--log", "small-0000").stdout
    assert "small-0000: begins on built-in simulator 0" in told and "small-0000: 3 frames" in told


def test_the_layouts_that_were_asked_for_are_there(small: Path) -> None:
    for folder in ("depth_2", "semantic", "instance"):
        shown = [len([*(small / part / folder).iterdir()]) for part in ("training", "testing_labels")]
        assert shown == [3, 3]
    assert (small / "ImageSets" / "test.txt").read_text().split() == ["000000", "000001", "000002"]
    assert {path.stem for path in (small / "testing" / "velodyne").iterdir()} == {"000000", "000001", "000002"}
    assert (small / "tracking" / "export.json").is_file()


def test_another_request_into_the_same_folder_is_refused_and_harms_nothing(small: Path) -> None:
    before = content(small)
    done = simgen("run", SMALL, "--out", small, "--seed", 1, *FAST)
    assert done.returncode == 2
    assert "it was begun with --seed 0, not 1: give --seed 0" in done.stderr
    assert content(small) == before
