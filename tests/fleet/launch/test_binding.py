"""Which GPU a server works on, from reports as NVIDIA's tool writes them."""

from __future__ import annotations

from pathlib import Path

from simgen.fleet.launch.binding import gpu_at_work, wrong_gpu
from simgen.fleet.launch.gpus import Gpu

ONE, TWO = "GPU-11111111-0000", "GPU-22222222-0000"
PROCESS = "<process_info><pid>{}</pid><type>G</type><used_memory>{}</used_memory></process_info>"


def report(first: str, second: str) -> str:
    return ('<?xml version="1.0" ?><!DOCTYPE nvidia_smi_log SYSTEM "nvsmi_device_v12.dtd"><nvidia_smi_log>'
            + "".join(f"<gpu id='0'><uuid>{uuid}</uuid><processes>{processes}</processes></gpu>"
                      for uuid, processes in ((ONE, first), (TWO, second))) + "</nvidia_smi_log>")


def test_a_server_is_where_it_holds_most_memory() -> None:
    both = report(PROCESS.format(7, "4 MiB") + PROCESS.format(9, "8000 MiB"), PROCESS.format(7, "3500 MiB"))
    assert gpu_at_work(both, {7}) == TWO
    assert gpu_at_work(both, {9}) == ONE
    assert gpu_at_work(both, {7, 8}) == TWO
    assert gpu_at_work(both, {8}) is None
    assert gpu_at_work(report(PROCESS.format(7, "N/A"), ""), {7}) == ONE


def test_what_nobody_knows_is_no_wrong_gpu(tmp_path: Path) -> None:
    (tmp_path / "report.xml").write_text(report("", PROCESS.format(7, "3500 MiB")))
    command = ("cat", str(tmp_path / "report.xml"))
    assert wrong_gpu(Gpu(0, ONE), {7}, command) == TWO
    assert wrong_gpu(Gpu(1, TWO), {7}, command) is None
    assert wrong_gpu(Gpu(0, ONE), {8}, command) is None
    assert wrong_gpu(Gpu(0), {7}, command) is None and wrong_gpu(Gpu(0, "MIG-33333333-0000"), {7}, command) is None
    assert wrong_gpu(Gpu(0, ONE), {7}, ("echo", "no report")) is None
    assert wrong_gpu(Gpu(0, ONE), {7}, ("false",)) is None
    assert wrong_gpu(Gpu(0, ONE), {7}, (str(tmp_path / "no such tool"),)) is None
