"""On which GPU a server really works: Vulkan may not heed what it was told, and servers that share one are slow."""

from __future__ import annotations

import logging
import subprocess
from collections import Counter
from collections.abc import Collection
from xml.etree import ElementTree

from simgen.fleet.launch.gpus import Gpu

log = logging.getLogger(__name__)

COMMAND = ("nvidia-smi", "-q", "-x")
TIMEOUT_S = 30.0


def wrong_gpu(told: Gpu, pids: Collection[int], command: tuple[str, ...] = COMMAND) -> str | None:
    """The UUID of the GPU that processes work on instead of the one that they were told to use.

    None if they obey, or if nobody knows: without NVIDIA's tool, and where the driver does not name processes, as in
    containers with process numbers of their own. command: that writes NVIDIA's report.
    """
    if not told.uuid.startswith("GPU-"):        # of a part of a GPU, the report names processes by the whole
        return None
    try:
        report = subprocess.run(
            command, stdin=subprocess.DEVNULL, capture_output=True, check=True, timeout=TIMEOUT_S, text=True).stdout
        found = gpu_at_work(report, pids)
    except (OSError, subprocess.SubprocessError, ElementTree.ParseError) as error:
        log.info("on which GPU processes are is not known: %s", error)
        return None
    return found if found != told.uuid else None


def gpu_at_work(report: str, pids: Collection[int]) -> str | None:
    """The UUID of the GPU where processes hold most memory, of ``nvidia-smi -q -x``; None if they are on none.

    A server that renders on one GPU keeps a few megabytes on the first one as well.
    Raises ParseError.
    """
    held = Counter[str]()
    for gpu in ElementTree.fromstring(report).iterfind("gpu"):
        for process in gpu.iterfind("processes/process_info"):
            number, memory = process.findtext("pid", "").strip(), process.findtext("used_memory", "").split()
            if number.isdigit() and int(number) in pids:
                held[gpu.findtext("uuid", "").strip()] += 1 + (int(memory[0]) if memory and memory[0].isdigit() else 0)
    return max(held, key=lambda uuid: held[uuid], default=None)
