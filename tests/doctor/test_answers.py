"""What other programs print, read."""

from __future__ import annotations

import pytest

from simgen.doctor.answers import memory_of, nvidia_gpus, quota_cores, quota_memory, vulkan_devices
from simgen.doctor.machine_facts import VulkanDevice

# As vulkan-tools prints it: a graphics card, and Mesa's processor that plays one.
SUMMARY = """\
==========
VULKANINFO
==========

Vulkan Instance Version: 1.3.204


Instance Extensions: count = 18
-------------------------------
VK_KHR_device_group_creation           : extension revision 1

Instance Layers: count = 1
--------------------------
VK_LAYER_MESA_device_select Linux device selection layer 1.2.73  version 1

Devices:
========
GPU0:
\tapiVersion         = 4206797 (1.3.205)
\tdriverVersion      = 2158887104 (0x80adc4c0)
\tvendorID           = 0x10de
\tdeviceID           = 0x2230
\tdeviceType         = PHYSICAL_DEVICE_TYPE_DISCRETE_GPU
\tdeviceName         = NVIDIA RTX A6000
\tdriverID           = DRIVER_ID_NVIDIA_PROPRIETARY
\tdriverName         = NVIDIA
\tdriverInfo         = 535.183.01
\tconformanceVersion = 1.3.0.0
GPU1:
\tapiVersion         = 1.3.255
\tdeviceType         = PHYSICAL_DEVICE_TYPE_CPU
\tdeviceName         = llvmpipe (LLVM 15.0.7, 256 bits)
\tdriverName         = llvmpipe
\tdriverInfo         = Mesa 23.2.1 (LLVM 15.0.7)
"""


def test_devices_of_vulkaninfo_are_read_with_their_kinds() -> None:
    card, processor = vulkan_devices(SUMMARY)
    assert card == VulkanDevice(0, "NVIDIA RTX A6000", "discrete gpu", "NVIDIA 535.183.01")
    assert processor == VulkanDevice(1, "llvmpipe (LLVM 15.0.7, 256 bits)", "cpu",
                                     "llvmpipe Mesa 23.2.1 (LLVM 15.0.7)")
    assert (card.is_software, processor.is_software) == (False, True)


def test_a_summary_without_devices_has_none() -> None:
    assert vulkan_devices(SUMMARY.partition("GPU0:")[0]) == ()
    assert vulkan_devices("") == ()


def test_a_device_that_calls_itself_lavapipe_is_software_whatever_kind_it_says_it_is() -> None:
    assert VulkanDevice(0, "lavapipe", "other", "").is_software


def test_rows_of_nvidia_smi_are_read_in_bytes() -> None:
    one, two = nvidia_gpus("0, NVIDIA A100-SXM4-80GB, 535.183.01, 81920, 80000\n"
                           "1, NVIDIA GH200, 560.35.03, [N/A], [N/A]\n\n")
    assert (one.name, one.driver, one.memory_bytes) == ("NVIDIA A100-SXM4-80GB", "535.183.01", 81920 * 2**20)
    assert (two.index, two.memory_bytes, two.free_bytes) == (1, 0, 0)


def test_memory_is_what_the_kernel_calls_available() -> None:
    assert memory_of("MemTotal:       1000 kB\nMemFree:  10 kB\nMemAvailable:    700 kB\n") == (1_024_000, 716_800)


@pytest.mark.parametrize("files, cores", [
    ({}, None), ({"cpu.max": "max 100000\n"}, None), ({"cpu.max": "150000 100000\n"}, 1.5),
    ({"cpu.cfs_quota_us": "-1\n", "cpu.cfs_period_us": "100000\n"}, None),
    ({"cpu.cfs_quota_us": "400000\n", "cpu.cfs_period_us": "100000\n"}, 4.0),
])
def test_a_container_s_share_of_the_processor_is_read(files: dict[str, str], cores: float | None) -> None:
    assert quota_cores(files) == cores


@pytest.mark.parametrize("files, bounds", [
    ({}, None), ({"memory.max": "max\n"}, None), ({"memory.max": "8000\n", "memory.current": "3000\n"}, (8000, 3000)),
    ({"memory.limit_in_bytes": "9223372036854771712\n"}, None),     # version 1 says "no limit" so
    ({"memory.limit_in_bytes": "500\n", "memory.usage_in_bytes": "100\n"}, (500, 100)),
])
def test_a_container_s_share_of_the_memory_is_read(files: dict[str, str], bounds: tuple[int, int] | None) -> None:
    assert quota_memory(files, total=10_000) == bounds
