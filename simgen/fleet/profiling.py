"""``simgen run --profile``: workers that time their episodes, and the table of where the time of a frame went."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterator
from pathlib import Path

from simgen.fleet.driver import Event
from simgen.fleet.worker import EpisodeWorker
from simgen.stopwatch import CLOSING, FRAMES, OPENING, WARMUP, Profile, Stopwatch
from simgen.wording import counted

PROFILE_FILE = "profile.json"        # in the folder of a run's logs

# Stages of a frame as the table explains them, in the order in which they come.
STAGES = {
    "decide": "what everybody does next",
    "act": "tell the simulator",
    "tick": "wait for the simulator's tick",
    "poses": "read where everybody is",
    "sensors": "wait for the last sensor's data",
    "wait for files": "wait until earlier frames are written",
    "decode": "buffers to arrays",
    "sense": "what the rig's devices make of it",
    "label": "whose pixels and points, boxes, occlusion",
    "arrange": "what is stored of it",
    "encode": "PNG and the other files' bytes",
    "write": "checksums, files",
}


class ProfilingWorker(EpisodeWorker):
    """An ``EpisodeWorker`` whose outcomes say where the time went."""

    def stopwatch(self) -> Stopwatch:
        server = self._simulator.server
        return Stopwatch(lambda: None if server is None else group_cpu_s(server.pid))


def group_cpu_s(pid: int) -> float | None:
    """CPU seconds that a process and the others of its group have used; of it alone if its group is ours too. None
    where the operating system does not tell, or the process is gone."""
    try:
        group = os.getpgid(pid)
        alone = group == os.getpgid(0)
        ticks = 0
        for entry in (Path(f"/proc/{pid}"),) if alone else Path("/proc").glob("[0-9]*"):
            ticks += _cpu_ticks(entry, None if alone else group)
        return ticks / os.sysconf("SC_CLK_TCK") if ticks else None
    except (ProcessLookupError, ValueError):
        return None


def _cpu_ticks(process: Path, group: int | None) -> int:
    """User and system time of a process if it is of this group, and of its children that have ended; else 0."""
    try:
        text = (process / "stat").read_text()
    except OSError:                     # it has ended, or is not ours to read
        return 0
    fields = text[text.rindex(")") + 2:].split()        # from the third on; names may have blanks and brackets
    return sum(map(int, fields[11:15])) if group is None or int(fields[2]) == group else 0


class ProfileSum:
    """Adds up where the time of a run's episodes went."""

    def __init__(self) -> None:
        self.profile = Profile()

    def heard(self, tell: Callable[[Event], None]) -> Callable[[Event], None]:
        """``tell``, of whose events those of episodes that are done are added."""
        def told(event: Event) -> None:
            if event.kind == "done" and event.outcome is not None and event.outcome.profile is not None:
                self.profile += event.outcome.profile
            tell(event)

        return told


def write_profile(log_dir: Path, profile: Profile) -> None:
    """Store a run's profile beside its logs."""
    log_dir.mkdir(parents=True, exist_ok=True)
    (log_dir / PROFILE_FILE).write_text(json.dumps(profile.to_json(), indent=1) + "\n", encoding="utf-8")


def table(profile: Profile) -> Iterator[str]:
    """The lines that ``--profile`` prints: a frame's stages by thread, then what an episode takes besides."""
    if not profile.frames:
        yield "Where the time of a frame went: no frame was recorded in this run."
        return
    # The last frames are written while the episode is closed.
    whole, closing = profile.phases[FRAMES], profile.phases[CLOSING]
    frames, cpu_s = profile.frames, whole.cpu_s + closing.cpu_s
    spent_cpu_s = cpu_s + (whole.simulator_cpu_s or 0.0)

    def line(name: str, wall_s: float | None, cpu_s: float | None, about: str) -> str:
        wall = "" if wall_s is None else f"{1000 * wall_s / frames:.1f}"
        cpu, share = ("", "") if cpu_s is None else (f"{1000 * cpu_s / frames:.1f}", f"{cpu_s / spent_cpu_s:.1%}")
        return f"  {name:18}{wall:>9}{cpu:>9}{share:>8}  {about}".rstrip()

    yield f"Where the time of a frame went ({counted(frames, 'frame')} of {counted(profile.episodes, 'episode')}):"
    yield f"  {'':18}{'wall ms':>9}{'CPU ms':>9}{'of CPU':>8}"
    yield line("simulator", None, whole.simulator_cpu_s,
               "its own processes" if whole.simulator_cpu_s is not None else "not started by this run: its CPU time is "
                                                                             "not known here")
    ours = 0.0
    for thread, title in (("play", "playing, the simulator waits for it:"), ("write", "meanwhile, of earlier frames:")):
        stages = {key[2]: spent for key, spent in profile.stages.items() if key[:2] == (FRAMES, thread)}
        yield f"  {title}"
        for stage in sorted(stages, key=[*STAGES, *stages].index):
            ours += stages[stage].cpu_s
            yield line(f"  {stage}", stages[stage].wall_s, stages[stage].cpu_s, STAGES.get(stage, ""))
    yield line("other threads", None, max(0.0, cpu_s - ours), "of the worker: the carla client's, Ray's")
    yield line("a frame", whole.wall_s, spent_cpu_s, "")
    served_s = sum(spent.wall_s for (phase, _, stage), spent in profile.stages.items()
                   if phase == FRAMES and stage in ("tick", "sensors"))
    yield (f"  simgen adds {1000 * (whole.wall_s - served_s) / frames:.1f} ms to a frame "
           f"({(whole.wall_s - served_s) / whole.wall_s:.1%})"
           + ("" if whole.simulator_cpu_s is None else f" and {cpu_s / spent_cpu_s:.1%} of its CPU time"))
    besides = ", ".join(
        f"{phase} {profile.phases[phase].wall_s / profile.episodes:.1f} s"
        for phase in (OPENING, WARMUP, CLOSING) if phase in profile.phases)
    yield f"  An episode takes besides: {besides}"
