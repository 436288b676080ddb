"""That a Ray which is gone is noticed, also where whoever asks it would hang."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Callable
from typing import Any

import pytest

from simgen.errors import RequestError, SimulatorError
from simgen.fleet.ray_cluster import Watch, ray_session

HERE: dict[str, Any] = {"NodeID": "here", "Alive": True, "Resources": {"CPU": 2.0}}
THERE: dict[str, Any] = {"NodeID": "there", "Alive": True, "Resources": {"CPU": 8.0}}


class Head:
    """Answers until it is told to hang or to fail; the clock is the test's."""

    def __init__(self) -> None:
        self.nodes, self.hangs, self.fails, self.now_s = [HERE], False, False, 0.0
        self.asked, self._released = 0, threading.Event()

    def look(self) -> list[dict[str, Any]]:
        self.asked += 1
        if self.hangs:
            self._released.wait(60.0)
        if self.fails:
            raise ConnectionError("refused")
        return list(self.nodes)

    def watch(self) -> Watch:
        return Watch(self.look, "here", patience_s=30.0, clock=lambda: self.now_s, look_s=0.01)

    def release(self) -> None:
        self._released.set()


def until(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 30.0
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.005)


def test_machines_come_and_go() -> None:
    head = Head()
    watch = head.watch()
    assert watch.machines() == [{"CPU": 2.0}] and watch.why_gone() is None
    head.nodes = [HERE, THERE]
    until(lambda: len(watch.machines()) == 2)
    head.nodes = [HERE, {**THERE, "Alive": False}]
    until(lambda: watch.machines() == [{"CPU": 2.0}])
    head.nodes = [{**HERE, "Alive": False}, THERE]
    until(lambda: watch.why_gone() == "Ray's own process on this machine has ended")
    watch.close()


@pytest.mark.parametrize("how", ["hangs", "fails"])
def test_a_head_that_does_not_answer_is_missed_after_a_while_and_welcome_again(how: str) -> None:
    head = Head()
    watch = head.watch()
    setattr(head, how, True)
    asked = head.asked
    until(lambda: head.asked > asked)
    watch.why_gone()                            # what was heard before is out of the way
    for _ in range(29):
        head.now_s += 1.0
        assert watch.why_gone() is None
    head.now_s += 1.0
    assert watch.why_gone() == "the head of Ray has not answered for 30 s"
    setattr(head, how, False)
    head.release()
    until(lambda: watch.why_gone() is None)
    watch.close()


def test_a_driver_that_was_halted_does_not_blame_the_head() -> None:
    head = Head()
    watch = head.watch()
    head.hangs = True
    asked = head.asked
    until(lambda: head.asked > asked)
    watch.why_gone()
    head.now_s += 3600.0
    assert watch.why_gone() is None
    head.release()
    watch.close()


def test_an_address_at_which_nothing_listens_is_a_wrong_request(monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))            # bound but not listening: connections are refused
        monkeypatch.setenv("RAY_ADDRESS", f"127.0.0.1:{taken.getsockname()[1]}")
        with pytest.raises(RequestError, match=r"no Ray cluster answers at 127\.0\.0\.1:\d+: Connection refused"), \
                ray_session(1):
            pass
    monkeypatch.setenv("RAY_ADDRESS", "nonsense")
    with pytest.raises(RequestError, match="no Ray cluster answers at nonsense: Invalid address"), ray_session(1):
        pass


def test_a_cluster_that_is_reached_as_a_client_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RAY_ADDRESS", "ray://head:10001")
    with pytest.raises(RequestError, match=r"ray job submit.*HOST:PORT"), ray_session(1):
        pass


def test_a_ray_that_does_not_come_up_is_tried_again_and_then_told(monkeypatch: pytest.MonkeyPatch) -> None:
    tries: list[int] = []

    def timed_out(**_: object) -> None:
        tries.append(1)
        raise Exception("The current node timed out during startup.")

    monkeypatch.delenv("RAY_ADDRESS", raising=False)
    monkeypatch.setattr("simgen.fleet.ray_cluster.ray.init", timed_out)
    with pytest.raises(SimulatorError, match=r"Ray does not start .* timed out during startup\.; run the same"), \
            ray_session(1):
        pass
    assert len(tries) == 3
