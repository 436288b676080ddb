"""A server's log: its end, its bounds, and a disk that is full."""

from __future__ import annotations

import errno
from pathlib import Path

import pytest

from simgen.errors import SimulatorError
from simgen.fleet.launch.logs import MARK, BoundedLog, tail
from simgen.fleet.launch.vulkan import require_gpu, software_line


def test_the_tail_is_of_the_server_that_spoke_last(tmp_path: Path) -> None:
    path = tmp_path / "simulator-0.log"
    assert tail(path, 5) == ()
    path.write_text(f"{MARK}first ===\nold\nolder\n{MARK}second ===\na\nb\nc\n")
    assert tail(path, 200) == ("a", "b", "c")
    assert tail(path, 2) == ("b", "c")


def test_the_tail_reaches_into_the_file_that_was_put_aside(tmp_path: Path) -> None:
    log = BoundedLog(tmp_path / "s.log", 100)
    log.write(f"{MARK}server ===\n".encode())
    for number in range(30):
        log.write(f"line {number}\n".encode())
    log.close()
    assert (tmp_path / "s.log").stat().st_size <= 100 and (tmp_path / "s.log.1").stat().st_size <= 100
    assert sorted(path.name for path in tmp_path.glob("s.*")) == ["s.log", "s.log.1"]
    assert tail(tmp_path / "s.log", 8) == tuple(f"line {number}" for number in range(22, 30))


def test_what_a_full_disk_refuses_is_counted_and_the_server_does_not_wait(tmp_path: Path) -> None:
    log = BoundedLog(tmp_path / "s.log")

    class Full:
        def tell(self) -> int:
            return 0

        def write(self, data: bytes) -> int:
            raise OSError(errno.ENOSPC, "No space left on device")

    there = log._file
    log._file = Full()  # type: ignore[assignment]
    log.write(b"lost\n")
    log.write(b"lost too\n")
    log._file = there
    log.write(b"found\n")
    log.close()
    assert tail(tmp_path / "s.log", 9) == ("(simgen: 14 bytes are missing here: the disk took no more)", "found")


@pytest.mark.parametrize("line", [
    "WARNING: lavapipe is not a conformant vulkan implementation, testing use only.",
    "[2026.01.01][LogVulkanRHI]: Display: - DeviceName: llvmpipe (LLVM 15.0.7, 256 bits)",
    "LogVulkanRHI: Display: Device 0: SwiftShader Device (Subzero)"])
def test_a_server_that_renders_on_the_processor_is_refused_with_its_own_words(line: str) -> None:
    said = ["LogInit: hello", line, "LogLoad: Town10HD"]
    assert software_line(said) == line
    with pytest.raises(SimulatorError, match=r"the CARLA server 3 renders on the processor instead .*vulkaninfo"):
        require_gpu(said, "CARLA server 3")


def test_a_server_with_a_gpu_or_without_words_is_well() -> None:
    require_gpu(["LogVulkanRHI: Display: - DeviceName: NVIDIA RTX A6000"], "CARLA server 3")
    require_gpu([], "CARLA server 3")
