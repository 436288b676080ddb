"""A run in which everything goes wrong, and what is left of it in the end."""

from __future__ import annotations

import fcntl
import os
import re
import shutil
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from tests.chaos import faulty_server
from tests.chaos.command import Command
from tests.chaos.diary import Diary
from tests.chaos.disk import SmallDisk
from tests.chaos.gremlin import INSIDE, Deed, mischief
from tests.chaos.nodes import Nodes
from tests.chaos.processes import (
    Process,
    adopt_orphans,
    bury,
    descendants,
    is_alive,
    kill,
    wait_until,
)
from tests.whole.product import ROOT, content, simgen

SCENARIO = ROOT / "tests" / "data" / "chaos.yaml"
NODES = 3
PATIENCE = 0.25              # times the usual time-outs: what hangs here hangs for good
RUN = "run"                  # where servers and their ports are noted
LOOK_EVERY_S = 0.1
GONE_WITHIN_S = 30.0         # a worker or a server of a run that has ended
JOIN_AFTER_S = 8.0           # a killed node is replaced so much later
FULL_S = 6.0                 # how long the disk stays full
ROOM_BYTES = 40 << 20        # of the disk, beside what the dataset needs
PER_EPISODE_BYTES = 1 << 20
SECONDS_EACH = 12.0          # an episode may take, with all that goes wrong meanwhile, on average
SECONDS_AT_LEAST = 420.0

_SIMULATOR = re.compile(r"-m tests\.chaos\.faulty_server")
_WORKER = re.compile(r"ray::EpisodeWorker")
_OURS = re.compile(r"simgen\.(localsim|fleet)|tests\.chaos\.faulty_server|CarlaUE4|ray::EpisodeWorker|-m simgen ")
# How a run may end that the gremlin did not end: complete; or, after the disk was full, not all of it.
_COMPLETE = 0


@dataclass(slots=True)
class Report:
    """What came of it. findings: what should not be; empty if all is well."""

    episodes: int
    findings: list[str] = field(default_factory=list)
    done: Counter[str] = field(default_factory=Counter)
    runs: int = 0
    undisturbed_s: float = 0.0
    disturbed_s: float = 0.0
    outlived_s: float = 0.0
    retries: Counter[str] = field(default_factory=Counter)

    def lines(self) -> list[str]:
        """For the person who waited."""
        deeds = ", ".join(f"{kind} {count}" for kind, count in sorted(self.done.items()))
        retries = [f"  {count} x {why}" for why, count in self.retries.most_common()]
        return [
            f"{self.episodes} episodes; undisturbed {self.undisturbed_s:.0f} s, disturbed {self.disturbed_s:.0f} s "
            f"in {self.runs} runs of the command",
            f"workers and servers outlived their driver by {self.outlived_s:.1f} s at most",
            f"mischief: {deeds}", f"attempts that came to nothing: {sum(self.retries.values())}", *retries,
            *(f"WRONG: {finding}" for finding in self.findings),
            "all is well" if not self.findings else f"{len(self.findings)} findings",
        ]


class Ordeal:
    """``folder`` is empty. kinds: of mischief."""

    def __init__(self, folder: Path, episodes: int, seed: int, kinds: Sequence[str], every: float) -> None:
        self._folder, self._episodes = folder, episodes
        self._deeds = mischief(episodes, seed, kinds, every)
        self._faults = faulty_server.Faults(folder / "faults")
        self._carla = faulty_server.make_faulty_carla(folder / "carla", folder / "faults")
        self._disk = SmallDisk(folder / "disk", ROOM_BYTES + PER_EPISODE_BYTES * episodes)
        self._out = folder / "disk" / "dataset"
        self._report = Report(episodes)
        self._second: subprocess.Popen[str] | None = None        # the same command beside the one that runs
        self._told = time.monotonic()

    def run(self) -> Report:
        """The whole ordeal."""
        adopt_orphans()
        os.environ |= {"SIMGEN_RUN_FOLDER": str(self._folder / RUN), "SIMGEN_PATIENCE": str(PATIENCE)}
        report, began_s = self._report, time.monotonic()
        reference = self._folder / "undisturbed"
        done = simgen(*self._arguments(reference), "--workers", 2,
                      timeout_s=SECONDS_AT_LEAST + SECONDS_EACH * self._episodes)
        report.undisturbed_s = time.monotonic() - began_s
        if done.returncode != 0:
            report.findings.append(f"the undisturbed run ends with {done.returncode}: {done.stderr[-1500:]}")
            return report
        self._say(f"undisturbed: {report.undisturbed_s:.0f} s")
        began_s = time.monotonic()
        nodes = Nodes(NODES)
        os.environ["RAY_ADDRESS"] = nodes.address
        self._say(f"a cluster of {NODES} nodes at {nodes.address}")
        try:
            self._disturbed(nodes)
            report.disturbed_s = time.monotonic() - began_s
            self._judge(reference)
        finally:
            del os.environ["RAY_ADDRESS"]
            nodes.close()
        if not wait_until(lambda: not self._left(""), GONE_WITHIN_S):
            report.findings += [f"still there after all nodes are gone: {one.pid} {one.command[:150]}"
                                for one in self._left("")]
            kill(one.pid for one in self._left(""))
        return report

    def _arguments(self, out: Path) -> list[object]:
        return ["run", SCENARIO, "--out", out, "--episodes", self._episodes, "--simulator", f"carla:{self._carla}"]

    def _say(self, text: str) -> None:
        sys.stderr.write(f"[{time.monotonic() - self._told:6.1f}] {text}\n")
        sys.stderr.flush()

    # While it runs

    def _disturbed(self, nodes: Nodes) -> None:
        report, deeds = self._report, list(self._deeds)
        command = Command(self._arguments(self._out), self._folder / "command.log")
        diary = Diary(self._out)
        deadline_s = time.monotonic() + SECONDS_AT_LEAST + SECONDS_EACH * self._episodes
        joins: list[float] = []
        widowed: dict[int, float] = {}           # whose driver is gone, and since when
        room_at_s = 0.0
        command.start()
        ended_by_us = False
        while True:
            time.sleep(LOOK_EVERY_S)
            bury({*nodes.pids(), *(one for one in (command.pid, self._second and self._second.pid) if one)})
            self._hear_second(refused=command.ended() is None)
            now_s, recorded = time.monotonic(), diary.look()
            for pid in [pid for pid in widowed if not is_alive(pid)]:
                report.outlived_s = max(report.outlived_s, now_s - widowed.pop(pid))
            if self._disk.is_full and now_s > room_at_s:
                self._disk.make_room()
                self._say("there is room on the disk again")
            if joins and now_s > joins[0]:
                joins.pop(0)
                nodes.join()
                self._say("a node has joined")
            status = command.ended()
            if status is not None and self._disk.is_full:      # nobody would start it again before there is room
                continue
            if status is not None and self._second is not None:
                continue
            if status is not None:
                self._say(f"the command has ended with {status}")
                if status == _COMPLETE and not ended_by_us:
                    break
                if not ended_by_us:
                    report.findings.append(f"run {command.runs} of the command ends with {status} by itself")
                    break
                command.start()
                ended_by_us = False
                continue
            if now_s > deadline_s:
                report.findings.append(f"not complete after {now_s - deadline_s + SECONDS_AT_LEAST:.0f} s")
                command.signal(signal.SIGKILL)
                break
            if self._disk.is_full or ended_by_us or widowed or self._faults.waiting():
                continue                                        # one thing after another
            for deed in [deed for deed in deeds if deed.after <= recorded]:
                what = self._do(deed, nodes, command)
                if what is None:                                # there is nobody to do it to at the moment
                    continue
                deeds.remove(deed)
                self._say(f"{recorded} recorded: {deed.kind}: {what}")
                report.done[deed.kind] += 1
                if deed.kind in ("driver", "stop"):
                    widowed = {one.pid: now_s for one in self._left(_OURS.pattern) if one.pid != command.pid}
                if deed.kind == "node":
                    joins.append(now_s + JOIN_AFTER_S)
                ended_by_us = deed.kind in ("driver", "stop")
                if deed.kind == "disk":
                    room_at_s = now_s + FULL_S
                break
        diary.close()
        report.findings += diary.findings
        report.findings += [f"mischief that did not happen: {deed.kind} after {deed.after}" for deed in deeds]
        report.findings += [f"a fault that happened to nobody: {name}" for name in self._faults.waiting()]
        report.runs = command.runs
        said = command.said()
        reasons = re.findall(r"^\S+: (.*); trying again", said, re.MULTILINE)
        report.retries.update(re.sub(r"\d+", "N", why)[:150] for why in reasons)
        if "Traceback" in said or "Logging error" in said:
            report.findings.append(f"the command shows a traceback; see {self._folder / 'command.log'}")

    def _hear_second(self, refused: bool) -> None:
        """Somebody who started the same command a second time is refused, as long as the first one runs."""
        if self._second is None or self._second.poll() is None:
            return
        said = self._second.communicate()[1]
        if refused and (self._second.returncode != 2 or "another simgen run is writing there" not in said):
            self._report.findings.append(f"a second driver ends with {self._second.returncode}: {said[-500:]}")
        self._second = None

    def _do(self, deed: Deed, nodes: Nodes, command: Command) -> str | None:
        """Do it; says what was done, or None if there is nobody to do it to at the moment."""
        if deed.kind in INSIDE and deed.kind != "slow":
            self._faults.arm(deed.kind, str(deed.after))
            return "armed"
        if deed.kind in ("worker", "simulator", "slow"):
            victims = self._left((_WORKER if deed.kind == "worker" else _SIMULATOR).pattern)
            if not victims:
                return None
            victim = victims[int(deed.choice * len(victims))]
            if deed.kind == "slow":                             # the one that takes its place
                self._faults.arm("slow", str(deed.after))
            kill([victim.pid])
            return f"{victim.pid} {victim.command[:60]}"
        if deed.kind == "node":
            return nodes.kill_one(deed.choice) if nodes.others == NODES - 1 else None
        if not self._left(_WORKER.pattern):                     # it is only just starting
            return None
        if deed.kind == "disk":
            self._disk.fill()
            return "full"
        if deed.kind == "second":
            if self._second is not None:
                return None
            self._second = command.beside()
            return f"process {self._second.pid}"
        if self._second is not None:                            # it would take the place of a driver that is gone
            return None
        command.signal(signal.SIGKILL if deed.kind == "driver" else signal.SIGTERM)
        return f"run {command.runs}"

    @staticmethod
    def _left(pattern: str) -> list[Process]:
        """Descendants of ours that look like this."""
        return [one for one in descendants(os.getpid()) if re.search(pattern, one.command)]

    # Afterwards

    def _judge(self, reference: Path) -> None:
        findings = self._report.findings
        if not wait_until(lambda: not self._left(_OURS.pattern), GONE_WITHIN_S):
            findings += [f"still there after the run: {one.pid} {one.command[:150]}"
                         for one in self._left(_OURS.pattern)]
        findings += [f"{lock.name} is still held" for lock in (self._folder / RUN).rglob("*.lock") if _is_held(lock)]
        there, wished = content(self._out), content(reference)
        findings += [f"{path} is missing" for path in sorted(wished.keys() - there.keys())]
        findings += [f"{path} should not be there" for path in sorted(there.keys() - wished.keys())]
        findings += [f"{path} has other bytes" for path in sorted(wished.keys() & there.keys())
                     if there[path] != wished[path]]
        findings += [f"{path.relative_to(self._out)} is half written" for path in self._out.rglob("*.partial")
                     if path.relative_to(self._out).parts[0] != "logs"]
        # Hundreds of stamp-sized pictures of one street look alike, disturbed or not.
        checked = simgen("verify", self._out, "--strict", "--exclude", "set.near")
        if checked.returncode != 0:
            findings.append(
                f"verify --strict ends with {checked.returncode}: {checked.stdout[-1000:]}{checked.stderr[-500:]}")
        shutil.copytree(self._out, self._folder / "disturbed", dirs_exist_ok=True)


def _is_held(lock: Path) -> bool:
    with lock.open() as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            return True
        return False
