"""A worker's simulator, whatever kind: started or visited, looked after between episodes, and left in order."""

from __future__ import annotations

import logging
import os
import threading
import time
from collections.abc import Sequence
from pathlib import Path

from simgen.capture import Endpoint, GuestBook
from simgen.capture.waking import take_census, wait_until_awake
from simgen.errors import SimulatorError
from simgen.fleet.launch.binding import wrong_gpu
from simgen.fleet.launch.gpus import VISIBLE, Gpu, find_gpu, installed_gpus, visible_gpus
from simgen.fleet.launch.health import BUILT_IN_POLICY, CARLA_POLICY, Checkup, Life, reason_to_recycle
from simgen.fleet.launch.orphans import sweep
from simgen.fleet.launch.server import START_TIMEOUT_S, Server, start_server
from simgen.fleet.launch.vulkan import require_gpu
from simgen.fleet.slot import Slot
from simgen.fleet.watch.logs import fields
from simgen.pipeline import EpisodeReport

log = logging.getLogger(__name__)


class SimulatorInUse:
    """The simulator of one slot, from ``take`` to ``leave``.

    died: set when a server of ours has ended by itself. book: of a server that is not ours, else None.
    """

    def __init__(self, slot: Slot, log_dir: Path) -> None:
        self._slot, self._log_dir = slot, log_dir
        self.server: Server | None = None
        self.died = threading.Event()
        self.book = None if slot.endpoint is None else GuestBook(log_dir, slot.endpoint)
        self._policy = BUILT_IN_POLICY if slot.built_in else CARLA_POLICY
        self._life, self._since, self._told_by_us = Life(), time.monotonic(), False

    @property
    def endpoint(self) -> Endpoint:
        """Where the simulator is. Only after ``take``."""
        found = self._slot.endpoint if self.server is None else self.server.endpoint
        assert found is not None
        return found

    def take(self) -> None:
        """Start the simulator, or see how the one that runs already is. Raises SimulatorError, RequestError."""
        began = time.monotonic()
        try:
            if self.book is not None:
                self.book.arrive()
                return
            for sentence in sweep():
                log.warning("%s", sentence)
            gpus = () if self._slot.built_in else gpus_of(self._slot)
            self.server = start_server(self._slot, self._log_dir, self._on_death, gpus)
        except OSError as error:                # a full disk, a folder that is not ours
            use = "started" if self._slot.started_here else "used"
            raise SimulatorError(f"the {self._slot} cannot be {use}: {error}") from None
        log.info("%s is process %d at %s", self._slot, self.server.pid, self.server.endpoint,
                 extra=fields(event="simulator", simulator_pid=self.server.pid))
        if self._slot.carla is not None:
            try:
                wait_until_awake(self.server.endpoint, START_TIMEOUT_S - (time.monotonic() - began))
                require_gpu(self.server.tail(), str(self._slot))
                self._see_gpu(self.server)
            except SimulatorError as error:
                last = self.server.tail(1)
                self.server.stop()
                raise SimulatorError(f"{error}; the last thing it said: {last[0]}" if last else str(error)) from None
        self._since = time.monotonic()

    def _see_gpu(self, server: Server) -> None:
        """Warn of a server that is on another GPU than it was given."""
        told = server.gpu
        found = None if told is None else wrong_gpu(told, {process.pid for process in server.processes()})
        if found is not None:
            log.warning("the %s was given GPU %s and works on %s: Vulkan may not heed -graphicsadapter, and servers "
                        "that share a GPU are slow; --simulator carla-docker:IMAGE shows each server its own alone",
                        self._slot, told, found)

    def _on_death(self, status: int) -> None:
        log.error("the %s ended with status %d", self._slot, status)
        self.died.set()

    def tail(self) -> tuple[str, ...]:
        """The last lines of a server of ours; none of another's."""
        return () if self.server is None else self.server.tail()

    @property
    def rss_bytes(self) -> int | None:
        """Memory that a server of ours holds; None of another's."""
        return None if self.server is None else self.server.rss_bytes()

    @property
    def death(self) -> str:
        """How the server ended, in a sentence."""
        assert self.server is not None
        status = self.server.status
        how = "" if status is None else f" with signal {-status}" if status < 0 else f" with status {status}"
        return f"the {self._slot} ended{how}"

    def recycle_reason(self, report: EpisodeReport) -> str:
        """After an episode: why this simulator should be replaced by a fresh one; empty if it need not, or cannot.

        Raises SimulatorError if it does not answer.
        """
        census = None if self._slot.built_in else take_census(self.endpoint)
        checkup = Checkup(
            map_name=report.map_name, age_s=time.monotonic() - self._since, tick_s=report.tick_s,
            rss_bytes=self.rss_bytes,
            actors=None if census is None else census.actors, highest_id=None if census is None else census.highest_id)
        if self.server is not None and self._slot.carla is not None:
            require_gpu(self.server.tail(), str(self._slot))
        self._life = self._life.after(checkup)
        reason = reason_to_recycle(self._policy, self._life, checkup)
        if reason is None:
            return ""
        if self.server is None:
            if not self._told_by_us:
                log.warning("%s should be started anew: %s; simgen did not start it and goes on with it", self._slot,
                            reason)
            self._told_by_us = True
            return ""
        log.info("%s is to be replaced: %s", self._slot, reason)
        return reason

    def leave(self) -> None:
        """End the simulator if it is ours; else leave it as it was found."""
        if self.server is not None:
            self.server.stop()
        if self.book is not None:
            try:
                self.book.leave()
            except SimulatorError as error:
                log.warning("%s is not left as it was found: %s", self._slot, error)


def gpus_of(slot: Slot) -> Sequence[Gpu]:
    """The GPUs that a server of this slot may use: those asked for, else the one that Ray has set aside, else all that
    this job may use."""
    installed = installed_gpus()
    if slot.gpus:
        return [find_gpu(text, installed) for text in slot.gpus]
    import ray

    ids = ray.get_gpu_ids() if ray.is_initialized() else []
    return [find_gpu(str(ids[0]), installed)] if ids else visible_gpus(installed, os.environ.get(VISIBLE))
