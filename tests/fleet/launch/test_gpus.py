"""Which GPU is whose."""

from __future__ import annotations

from pathlib import Path

import pytest

from simgen.errors import RequestError
from simgen.fleet.launch.gpus import (
    Gpu,
    find_gpu,
    gpu_environment,
    installed_gpus,
    least_used,
    parse_gpus,
    visible_gpus,
)

INFORMATION = """Model: \t\t NVIDIA A10G
IRQ:   \t\t 98
GPU UUID: \t GPU-{0}d1c2a4e-0000-1111-2222-333344445555
Bus Location: \t 0000:0{0}:00.0
"""
TWO = (Gpu(0, "GPU-1d1c2a4e-0000-1111-2222-333344445555", "NVIDIA A10G"),
       Gpu(1, "GPU-2d1c2a4e-0000-1111-2222-333344445555", "NVIDIA A10G"))


def test_the_driver_s_list_is_read_in_the_order_of_the_bus(tmp_path: Path) -> None:
    for number in (2, 1):
        folder = tmp_path / "driver" / f"0000:0{number}:00.0"
        folder.mkdir(parents=True)
        (folder / "information").write_text(INFORMATION.format(number))
    assert installed_gpus(tmp_path / "driver") == TWO
    assert installed_gpus(tmp_path / "no driver") == ()


def test_gpus_are_named_by_index_or_uuid() -> None:
    assert parse_gpus("1, 0", TWO) == (TWO[1], TWO[0])
    assert parse_gpus(TWO[1].uuid, TWO) == (TWO[1],)
    assert parse_gpus("0,3", ()) == (Gpu(0), Gpu(3))             # no driver to ask: taken on trust
    assert find_gpu("MIG-1234abcd-00", TWO) == Gpu(0, "MIG-1234abcd-00")


@pytest.mark.parametrize(("text", "sentence"), [
    ("2", r"--gpus: there is no GPU 2: this machine has 2 GPUs \(0, 1\)"),
    ("0;1", "--gpus: '0;1' is neither an index as nvidia-smi shows it, nor a UUID"),
    ("0,", "--gpus: '' is neither an index"),
    ("1,1", "--gpus 1,1: a GPU is named twice; --servers-per-gpu says how many servers share one"),
])
def test_wrong_names_are_refused_with_a_sentence(text: str, sentence: str) -> None:
    with pytest.raises(RequestError, match=sentence):
        parse_gpus(text, TWO)


@pytest.mark.parametrize(("told", "gpus"), [
    (None, TWO), ("1", TWO[1:]), ("1,0", TWO[::-1]), (TWO[0].uuid, TWO[:1]), ("", ()),
    ("NoDevFiles", ()), ("0,-1,1", TWO[:1])])
def test_a_job_that_was_given_some_of_the_gpus_uses_no_other(told: str | None, gpus: tuple[Gpu, ...]) -> None:
    assert visible_gpus(TWO, told) == gpus
    with pytest.raises(RequestError, match="CUDA_VISIBLE_DEVICES: there is no GPU 7"):
        visible_gpus(TWO, "7")


def test_servers_are_spread_evenly() -> None:
    in_use: list[str] = []
    for _ in range(5):
        gpu = least_used(TWO, in_use)
        assert gpu is not None
        in_use.append(str(gpu))
    assert [in_use.count(str(gpu)) for gpu in TWO] == [3, 2]
    assert least_used((), ["0"]) is None


def test_containers_and_cuda_are_told_the_uuid_where_it_is_known() -> None:
    assert gpu_environment(TWO[1])["NVIDIA_VISIBLE_DEVICES"] == TWO[1].uuid
    assert gpu_environment(Gpu(3))["CUDA_VISIBLE_DEVICES"] == "3"
    assert gpu_environment(None) == {"NVIDIA_VISIBLE_DEVICES": "all", "NVIDIA_DRIVER_CAPABILITIES": "all"}
