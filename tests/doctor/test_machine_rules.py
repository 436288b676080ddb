"""What the doctor says of machines with one thing wrong."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from simgen.doctor.findings import Finding, Mark
from simgen.doctor.machine_facts import Folder, Gpu, Leftover, Tool, VulkanDevice
from simgen.doctor.machine_rules import judge_machine
from tests.doctor.facts import GB, MACHINE

LLVMPIPE = VulkanDevice(0, "llvmpipe (LLVM 15.0.7, 256 bits)", "cpu", "llvmpipe")


def told(carla_here: bool = False, **changes: Any) -> list[Finding]:
    """What is not good of a machine that differs so from a good one."""
    return [one for one in judge_machine(replace(MACHINE, **changes), carla_here) if one.mark is not Mark.GOOD]


def only(carla_here: bool = False, **changes: Any) -> Finding:
    (found,) = told(carla_here, **changes)
    return found


def test_with_a_good_machine_nothing_is_wrong() -> None:
    assert told(carla_here=True) == []


@pytest.mark.parametrize("changes, topic, seen, cure", [
    ({"python": (3, 13, 1)}, "python", "3.13.1", "3.10, 3.11 or 3.12"),
    ({"python": (3, 9, 2)}, "python", "3.9.2", "3.10, 3.11 or 3.12"),
    ({"architecture": "aarch64"}, "python", "aarch64", "x86-64"),
    ({"packages": {"carla": None, "numpy": "2.1.0"}}, "packages", "carla", "pip install carla==0.9.16"),
    ({"packages": {"carla": "0.9.15", "numpy": "2.1.0"}}, "packages", "carla 0.9.15", "pip install carla==0.9.16"),
    ({"free_bytes": 2 * GB}, "memory", "2.0 GB of 64.0 GB free", "4 GB"),
    ({"folders": (Folder("dataset", Path("/data"), GB // 2),)}, "disk", "0.5 GB", "--out"),
    ({"folders": (Folder("cache", Path("/c"), GB // 2),)}, "disk", "cache", "SIMGEN_CACHE"),
    ({"folders": (Folder("home", Path("/root"), 0, "/root: Read-only file system"),)}, "disk", "Read-only", "HOME"),
    ({"open_files": (256, 65_536)}, "open files", "256", "ulimit -n 65536"),
    ({"ray_problem": "OSError: no room"}, "ray", "no room", "HOME"),
    ({"leftovers": (Leftover(4711, "built-in simulator 3"),)}, "leftovers", "4711", "kill 4711"),
])
def test_what_falls_short_is_said_with_its_cure(changes: dict[str, Any], topic: str, seen: str, cure: str) -> None:
    found = only(**changes)
    assert (found.topic, found.mark) == (topic, Mark.SHORT)
    assert seen in found.seen and cure in found.cure


@pytest.mark.parametrize("changes, topic, seen", [
    ({"packages": {"carla": "0.9.16", "open3d": None}}, "packages", "'simgen view'"),
    ({"free_bytes": 8 * GB}, "memory", "enough for 4 workers"),               # (8 - 0.9) / 1.6
    ({"folders": (Folder("dataset", Path("/data"), 54 * GB // 10),)}, "disk", "about 1,000 frames"),     # of 5.4 MB
    ({"shm_bytes": 64 * 2**20}, "/dev/shm", "64 MB"),
    ({"shm_bytes": None}, "/dev/shm", "none"),
    ({"shm_bytes": 10 * GB}, "/dev/shm", "30%"),
    ({"open_files": (1024, 4096)}, "open files", "at most 1024"),
    ({"ephemeral": (1024, 65_535)}, "ports", "1024 to 65535"),
    ({"busy": (20_000, 20_010)}, "ports", "20000, 20010"),
    ({"ray_listens": (6379,)}, "ray", "6379"),
    ({"tools": (Tool("docker", "", "docker is not installed"),)}, "docker", "carla-docker:IMAGE"),
])
def test_what_somebody_should_know_is_a_note(changes: dict[str, Any], topic: str, seen: str) -> None:
    found = only(**changes)
    assert (found.topic, found.mark) == (topic, Mark.NOTE)
    assert seen in found.seen


def test_what_opens_windows_is_told_apart_from_what_records() -> None:
    lacking, screens = told(packages={"carla": "0.9.16", "ray": None, "libusb-package": None, "open3d": None})
    assert (lacking.mark, screens.mark) == (Mark.SHORT, Mark.NOTE)
    assert lacking.cure.startswith("pip install ray,") and screens.cure == "pip install libusb-package open3d"


def test_limits_say_whether_the_shell_can_raise_them() -> None:
    assert only(open_files=(1024, -1)).cure == "ulimit -n 65536"
    assert "hard limit" in only(open_files=(1024, 4096)).cure
    assert told(open_files=(-1, -1)) == []


@pytest.mark.parametrize("changes", [
    {"vulkan": (LLVMPIPE,)}, {"vulkan": ()}, {"vulkan": None, "icds": (), "vulkan_problem": "not installed"},
    {"gpus": None, "gpu_problem": "nvidia-smi is not installed"}, {"capabilities": "compute,utility"},
])
def test_what_carla_servers_lack_falls_short_only_where_they_shall_run(changes: dict[str, Any]) -> None:
    assert only(**changes).mark is Mark.NOTE
    found = only(carla_here=True, **changes)
    assert found.mark is Mark.SHORT and "NVIDIA" in found.cure


def test_a_software_device_beside_a_graphics_card_is_a_note() -> None:
    found = only(carla_here=True, vulkan=(*(MACHINE.vulkan or ()), replace(LLVMPIPE, index=1)))
    assert found.mark is Mark.NOTE and "-graphicsadapter" in found.cure


def test_drivers_that_nobody_can_list_are_a_note() -> None:
    found = only(carla_here=True, vulkan=None, vulkan_problem="vulkaninfo is not installed")
    assert found.mark is Mark.NOTE and "nvidia_icd.json" in found.seen and "vulkan-tools" in found.cure


def test_a_full_card_is_a_note() -> None:
    found = only(gpus=(Gpu(0, "NVIDIA RTX A6000", "535", 48 * GB, 2 * GB),))
    assert found.mark is Mark.NOTE and "2.0 GB of 48.0 GB" in found.seen


def test_capabilities_that_hold_graphics_are_enough() -> None:
    assert told(carla_here=True, capabilities="compute, graphics") == []
    assert told(carla_here=True, capabilities="all") == []
