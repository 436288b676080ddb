"""What other programs and the kernel say about a machine, read: text in, values out."""

from __future__ import annotations

import re
from collections.abc import Mapping

from simgen.doctor.machine_facts import Gpu, VulkanDevice

MIB = 1 << 20
_KIND = "PHYSICAL_DEVICE_TYPE_"


def vulkan_devices(summary: str) -> tuple[VulkanDevice, ...]:
    """The devices that ``vulkaninfo --summary`` lists: a line ``GPU0:``, then lines ``key = value``."""
    found: list[tuple[int, dict[str, str]]] = []
    for line in summary.splitlines():
        head = re.fullmatch(r"GPU(\d+):", line.strip())
        pair = re.match(r"\s+(\w+)\s+=\s+(.*\S)", line)
        if head:
            found.append((int(head[1]), {}))
        elif pair and found:
            found[-1][1][pair[1]] = pair[2]
    return tuple(
        VulkanDevice(index, values.get("deviceName", "without a name"), _kind(values.get("deviceType", "")),
                     " ".join(values[key] for key in ("driverName", "driverInfo") if key in values))
        for index, values in found)


def _kind(word: str) -> str:
    """``PHYSICAL_DEVICE_TYPE_DISCRETE_GPU`` in words."""
    return word.removeprefix(_KIND).replace("_", " ").lower() if word.startswith(_KIND) else "other"


def nvidia_gpus(table: str) -> tuple[Gpu, ...]:
    """The rows of ``nvidia-smi --query-gpu=index,name,driver_version,memory.total,memory.free
    --format=csv,noheader,nounits``."""
    rows = [[cell.strip() for cell in line.split(",")] for line in table.splitlines() if line.strip()]
    return tuple(Gpu(int(index), name, driver, _mib(total), _mib(free)) for index, name, driver, total, free in rows)


def _mib(cell: str) -> int:
    """Bytes; 0 where the driver does not tell ("[N/A]")."""
    return int(cell) * MIB if cell.isdecimal() else 0


def memory_of(meminfo: str) -> tuple[int, int]:
    """Total and available bytes by ``/proc/meminfo``."""
    kib = {key: int(value) for key, value in re.findall(r"^(\w+):\s+(\d+) kB", meminfo, re.MULTILINE)}
    return kib["MemTotal"] * 1024, kib.get("MemAvailable", kib.get("MemFree", 0)) * 1024


def quota_cores(cgroup: Mapping[str, str]) -> float | None:
    """How many cores a container may use, by its control group's files (version 2, else 1); None: all."""
    if "cpu.max" in cgroup:
        quota, period = cgroup["cpu.max"].split()
        return None if quota == "max" else int(quota) / int(period)
    if "cpu.cfs_quota_us" in cgroup and "cpu.cfs_period_us" in cgroup:
        quota_us = int(cgroup["cpu.cfs_quota_us"])
        return None if quota_us <= 0 else quota_us / int(cgroup["cpu.cfs_period_us"])
    return None


def quota_memory(cgroup: Mapping[str, str], total: int) -> tuple[int, int] | None:
    """Bytes that a container may use, and has used; None: as many as there are."""
    for most, used in (("memory.max", "memory.current"), ("memory.limit_in_bytes", "memory.usage_in_bytes")):
        text = cgroup.get(most, "").strip()
        if text.isdecimal() and int(text) < total:
            return int(text), int(cgroup.get(used, "0"))
    return None
