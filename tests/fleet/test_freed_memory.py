"""Freed memory is the system's again."""

from __future__ import annotations

from pathlib import Path

from simgen.fleet.freed_memory import give_back

MIB = 2**20


def resident_bytes() -> int:
    return int(Path("/proc/self/statm").read_text().split()[1]) * 4096


def test_what_is_freed_under_something_that_stays_goes_back_to_the_system() -> None:
    blocks = [bytearray(65_000) for _ in range(2000)]
    stays = blocks[-1]                          # above it in the heap nothing is free: the heap's end cannot come down
    del blocks
    before = resident_bytes()
    give_back()
    assert before - resident_bytes() > 60 * MIB
    assert len(stays) == 65_000
