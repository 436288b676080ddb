"""What is found out about a machine: plain values, no opinion. ``machine.py`` gathers them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from simgen.fleet.launch.vulkan import software_line


@dataclass(frozen=True, slots=True)
class VulkanDevice:
    """One that Vulkan offers. kind: "discrete gpu", "integrated gpu", "virtual gpu", "cpu" or "other"."""

    index: int
    name: str
    kind: str
    driver: str

    @property
    def is_software(self) -> bool:
        """Does a processor play the graphics card?"""
        return self.kind == "cpu" or software_line([self.name]) is not None


@dataclass(frozen=True, slots=True)
class Gpu:
    """One that NVIDIA's driver knows."""

    index: int
    name: str
    driver: str
    memory_bytes: int
    free_bytes: int


@dataclass(frozen=True, slots=True)
class Folder:
    """A place that is written to. purpose: what for. problem: why it cannot be, or empty."""

    purpose: str
    path: Path
    free_bytes: int
    problem: str = ""


@dataclass(frozen=True, slots=True)
class Tool:
    """A program beside us. version: what it answered, empty if it did not. problem: why not."""

    name: str
    version: str
    problem: str = ""


@dataclass(frozen=True, slots=True)
class Leftover:
    """A simulator that simgen started and whose owner is gone."""

    pid: int
    what: str


@dataclass(frozen=True, slots=True)
class MachineFacts:
    """A machine as it was found.

    packages:      of those that simgen needs, their version; None of one that is not installed.
    wanted:        of those, the one version that will do, where only one will.
    cores:         that this process may use, also by a container's quota. memory_bytes, free_bytes: likewise.
    shm_bytes:     size of /dev/shm; None where there is none.
    open_files:    the soft and the hard limit.
    vulkan:        None if ``vulkaninfo`` could not be asked; then vulkan_problem says why.
    icds:          files that tell Vulkan's loader of drivers.
    gpus:          None if ``nvidia-smi`` could not be asked; then gpu_problem says why.
    capabilities:  of NVIDIA's container runtime; None outside of its containers.
    ephemeral:     the range of ports that the system gives to outgoing connections.
    block, busy:   first and last port that simgen gives to simulators here, and which of them are taken.
    ray_listens:   which of Ray's own ports somebody listens on.
    ray_start_s:   how long a Ray of our own took to start; None if that was not tried or failed (ray_problem).
    """

    python: tuple[int, int, int]
    architecture: str
    packages: Mapping[str, str | None]
    wanted: Mapping[str, str]
    cores: float
    memory_bytes: int
    free_bytes: int
    shm_bytes: int | None
    open_files: tuple[int, int]
    folders: tuple[Folder, ...]
    vulkan: tuple[VulkanDevice, ...] | None = None
    vulkan_problem: str = ""
    icds: tuple[str, ...] = ()
    gpus: tuple[Gpu, ...] | None = None
    gpu_problem: str = ""
    capabilities: str | None = None
    ephemeral: tuple[int, int] | None = None
    block: tuple[int, int] = (0, 0)
    busy: tuple[int, ...] = ()
    ray_listens: tuple[int, ...] = ()
    ray_start_s: float | None = None
    ray_problem: str = ""
    tools: tuple[Tool, ...] = ()
    leftovers: tuple[Leftover, ...] = field(default_factory=tuple)
