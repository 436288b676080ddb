"""The NVIDIA GPUs of this machine, and how a server is told which is its own."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import takewhile
from pathlib import Path

from simgen.errors import RequestError
from simgen.wording import counted

DRIVER = Path("/proc/driver/nvidia/gpus")
VISIBLE = "CUDA_VISIBLE_DEVICES"
_UUID = re.compile(r"(GPU|MIG)-[0-9a-fA-F-]{8,}")


@dataclass(frozen=True, slots=True)
class Gpu:
    """index: as nvidia-smi counts, by the place on the bus. uuid: "" if nobody knows it."""

    index: int
    uuid: str = ""
    name: str = ""

    def __str__(self) -> str:
        return self.uuid or str(self.index)


def installed_gpus(driver: Path = DRIVER) -> tuple[Gpu, ...]:
    """What the driver says there is; none without a driver."""
    if not driver.is_dir():
        return ()
    found = []
    for index, folder in enumerate(sorted(driver.iterdir(), key=lambda each: each.name)):     # named by bus address
        lines = (folder / "information").read_text().splitlines()
        told = {key.strip(): value.strip() for key, _, value in (line.partition(":") for line in lines)}
        found.append(Gpu(index, told.get("GPU UUID", ""), told.get("Model", "")))
    return tuple(found)


def visible_gpus(installed: Sequence[Gpu], told: str | None) -> tuple[Gpu, ...]:
    """Those that a job may use. told: ``CUDA_VISIBLE_DEVICES``, by which batch systems hand out GPUs; None: all.

    Raises RequestError if it names a GPU that is not there.
    """
    if told is None:
        return tuple(installed)
    words = [word.strip() for word in told.split(",")]
    # CUDA ends its list at the first word that is no GPU, as "-1" and "NoDevFiles" are.
    ours = list(takewhile(lambda word: word.isdigit() or _UUID.fullmatch(word) is not None, words))
    return tuple(find_gpu(word, installed, VISIBLE) for word in ours)


def find_gpu(text: str, installed: Sequence[Gpu], where: str = "--gpus") -> Gpu:
    """The GPU that an index or a UUID names. where: somebody wrote it, for the error.

    Raises RequestError if the driver knows of GPUs, and this is none.
    """
    if not text.isdigit() and not _UUID.fullmatch(text):
        raise RequestError(f"{where}: '{text}' is neither an index as nvidia-smi shows it, nor a UUID like GPU-5d1…")
    for gpu in installed:
        if text in (str(gpu.index), gpu.uuid):
            return gpu
    if installed and not text.startswith("MIG-"):
        known = ", ".join(str(gpu.index) for gpu in installed)
        raise RequestError(
            f"{where}: there is no GPU {text}: this machine has {counted(len(installed), 'GPU')} ({known})")
    return Gpu(int(text)) if text.isdigit() else Gpu(0, text)


def parse_gpus(text: str, installed: Sequence[Gpu]) -> tuple[Gpu, ...]:
    """Read ``0,1``. Raises RequestError with a sentence otherwise."""
    gpus = tuple(find_gpu(word.strip(), installed) for word in text.split(","))
    if len(set(gpus)) < len(gpus):
        raise RequestError(f"--gpus {text}: a GPU is named twice; --servers-per-gpu says how many servers share one")
    return gpus


def least_used(gpus: Sequence[Gpu], in_use: Sequence[str]) -> Gpu | None:
    """The GPU with the fewest servers, of equal ones the first; None of none. in_use: each server's, by ``str``."""
    return min(gpus, key=lambda gpu: in_use.count(str(gpu)), default=None)


def gpu_environment(gpu: Gpu | None) -> dict[str, str]:
    """What a container's runtime and CUDA look at. A container without a GPU of its own sees all of them.

    Vulkan looks at neither variable: outside of containers ``-graphicsadapter`` has to do.
    """
    if gpu is None:
        return {"NVIDIA_VISIBLE_DEVICES": "all", "NVIDIA_DRIVER_CAPABILITIES": "all"}
    return {"CUDA_VISIBLE_DEVICES": str(gpu), "NVIDIA_VISIBLE_DEVICES": str(gpu), "NVIDIA_DRIVER_CAPABILITIES": "all"}
