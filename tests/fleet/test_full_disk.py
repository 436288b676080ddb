"""A full disk is waited for, and counts for no episode."""

from __future__ import annotations

import errno
import os
import threading
from pathlib import Path
from typing import Any, NoReturn

import pytest

from simgen.capture.session import Endpoint
from simgen.fleet import full_disk, worker
from simgen.fleet.slot import Slot
from simgen.scenario import load_scenario, make_plans
from tests.whole.product import SMALL


class Disk:
    """Refuses the first ``refusals`` wishes for room."""

    def __init__(self, refusals: int, number: int = errno.ENOSPC) -> None:
        self.refusals, self._number = refusals, number

    def allocate(self, descriptor: int, offset: int, size: int) -> None:
        if self.refusals:
            self.refusals -= 1
            raise OSError(self._number, os.strerror(self._number))


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(full_disk, "LOOK_EVERY_S", 0.0)


@pytest.mark.usefixtures("quick")
@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EDQUOT])
def test_room_is_waited_for_and_the_probe_leaves_nothing(
    number: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    disk = Disk(3, number)
    monkeypatch.setattr(os, "posix_fallocate", disk.allocate)
    assert full_disk.wait_for_room(tmp_path, threading.Event(), 60.0)
    assert disk.refusals == 0
    assert list(tmp_path.iterdir()) == []


@pytest.mark.usefixtures("quick")
def test_the_wait_ends_when_its_time_is_over_or_somebody_stops_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(os, "posix_fallocate", Disk(10**9).allocate)
    assert not full_disk.wait_for_room(tmp_path, threading.Event(), 0.0)
    stopped = threading.Event()
    stopped.set()
    assert not full_disk.wait_for_room(tmp_path, stopped, 3600.0)


def test_other_ills_of_a_disk_are_not_taken_for_want_of_room(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "posix_fallocate", Disk(1, errno.EIO).allocate)
    with pytest.raises(OSError, match="Input/output"):
        full_disk.has_room(tmp_path)


@pytest.mark.parametrize(("number", "cause"), [(errno.ENOSPC, "storage"), (errno.EACCES, "content")])
def test_an_episode_that_found_no_room_is_tried_again_for_free(
    number: int, cause: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refused(*_: Any) -> NoReturn:
        raise OSError(number, os.strerror(number))

    monkeypatch.setattr(worker, "record_episode", refused)
    plan = make_plans([load_scenario(SMALL)], 1, 0)[0]
    one = worker.EpisodeWorker(Slot(0, Endpoint("127.0.0.1", 1)), tmp_path, tmp_path / "logs")
    outcome = one.record(plan.to_json(), 0, None)
    assert outcome.cause == cause
    assert os.strerror(number) in outcome.message
