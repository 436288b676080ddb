"""The gremlin is fair and can be had again; what watches it misses nothing."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections import Counter
from functools import partial
from pathlib import Path

import pytest

from tests.chaos.diary import Diary
from tests.chaos.faulty_server import Faults
from tests.chaos.gremlin import DEEDS, last_disturbed, mischief
from tests.chaos.processes import adopt_orphans, descendants, is_alive, kill, wait_until


@pytest.mark.parametrize("episodes", [20, 300])
def test_every_kind_of_mischief_happens_while_there_is_something_to_disturb(episodes: int) -> None:
    for seed in range(50):
        deeds = mischief(episodes, seed)
        assert deeds == mischief(episodes, seed)
        assert {deed.kind for deed in deeds} == set(DEEDS)
        counts = Counter(deed.kind for deed in deeds).values()
        assert max(counts) - min(counts) <= 1
        assert all(1 <= deed.after <= last_disturbed(episodes) for deed in deeds)
        assert [deed.after for deed in deeds] == sorted(deed.after for deed in deeds)


def test_too_few_episodes_for_all_kinds_are_refused() -> None:
    with pytest.raises(ValueError, match="too few"):
        mischief(len(DEEDS), 0)


def test_a_fault_happens_once(tmp_path: Path) -> None:
    one, other = Faults(tmp_path), Faults(tmp_path)
    one.arm("hang", "1")
    assert not other.take("drop")
    assert one.waiting() == ["hang-1"]
    assert [other.take("hang"), one.take("hang")] == [True, False]
    assert one.waiting() == []


def recorded(dataset: Path, text: str) -> None:
    for folder in ("training", "episodes"):
        (dataset / folder).mkdir(exist_ok=True)
    (dataset / "training" / "a.txt").write_text(text)
    (dataset / "episodes" / "one.json").write_text(json.dumps({"files": {"training/a.txt": {}}}))


def test_the_diary_sees_what_is_written_again(tmp_path: Path) -> None:
    diary = Diary(tmp_path)
    assert diary.look() == 0
    recorded(tmp_path, "as it was")
    assert diary.look() == 1
    diary.close()
    assert diary.findings == []
    for path in (tmp_path / "training/a.txt", tmp_path / "episodes/one.json"):
        again = path.with_name("again")
        again.write_bytes(path.read_bytes())
        again.replace(path)                     # the same bytes, in the place of those that were there
    diary.close()
    assert diary.findings == ["one is recorded a second time",
                              "training/a.txt was written again after its episode was recorded"]


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="/proc is Linux's")
def test_who_detaches_itself_is_found_among_our_descendants(request: pytest.FixtureRequest) -> None:
    script = ("import os, sys\n"
              "if os.fork(): os._exit(0)\n"
              "os.setsid()\n"
              "if os.fork(): os._exit(0)\n"
              "print(os.getpid(), flush=True); import time; time.sleep(600)")
    adopt_orphans()
    request.addfinalizer(partial(adopt_orphans, False))
    with subprocess.Popen([sys.executable, "-c", script], stdout=subprocess.PIPE, text=True) as parent:
        assert parent.stdout is not None
        pid = int(parent.stdout.readline())
    assert pid in [one.pid for one in descendants(os.getpid())]
    kill([pid])
    assert wait_until(lambda: not is_alive(pid), 30.0)
    os.waitpid(pid, 0)
