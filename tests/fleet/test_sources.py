"""What --simulator may say, and what is said to those who say it wrongly."""

from __future__ import annotations

import pickle
from pathlib import Path

import pytest

from simgen.capture.session import Endpoint
from simgen.errors import RequestError
from simgen.fleet.launch.gpus import Gpu
from simgen.fleet.slots import GpuWish, require_reachable, slots_for
from simgen.fleet.sources import (
    BINARY,
    BuiltIn,
    CarlaApptainer,
    CarlaDocker,
    CarlaFolder,
    Source,
    parse_source,
)
from tests.fleet.stand_in import make_carla


@pytest.mark.parametrize(("text", "source"), [
    ("local", BuiltIn()),
    ("gpu1:2000", Endpoint("gpu1", 2000)),
    ("carla:2000", Endpoint("carla", 2000)),            # a machine may be called so
    ("carla:/opt/carla", CarlaFolder(Path("/opt/carla"))),
    ("carla-docker:carlasim/carla:0.9.16", CarlaDocker("carlasim/carla:0.9.16")),
    ("apptainer:/img/carla.sif", CarlaApptainer(Path("/img/carla.sif"))),
])
def test_every_source_is_read_says_itself_and_travels(text: str, source: Source) -> None:
    assert parse_source(text) == source
    assert str(source) == text
    assert pickle.loads(pickle.dumps(source)) == source


def test_folders_are_meant_from_where_the_command_is_given(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)
    assert parse_source("carla:carla-0.9.16") == CarlaFolder(tmp_path / "carla-0.9.16")
    monkeypatch.setenv("HOME", "/home/ann")
    assert parse_source("carla:~/carla") == CarlaFolder(Path("/home/ann/carla"))


@pytest.mark.parametrize(("text", "sentence"), [
    ("gpu1", "--simulator gpu1: expected local, HOST:PORT"),
    ("", "--simulator '': expected local, HOST:PORT"),
    ("gpu1:99999", "--simulator gpu1:99999: a port is a number from 1 to 65535, for example gpu1:2000"),
    ("127.0.0.1:70000", "a port is a number from 1 to 65535"),
    ("carla:0", "a port is a number from 1 to 65535"),
    ("gpu1:²", "expected local, HOST:PORT"),
    ("carla:", "what comes after the colon is missing; it is one of local, HOST:PORT, carla:FOLDER"),
    ("carla-docker:--privileged", "'--privileged' is no name of an image; for example carla-docker:carlasim/carla"),
    ("carla-docker:a b", "is no name of an image"),
    ("/opt/carla", "say what it is: carla:/opt/carla for a folder of CARLA"),
])
def test_what_is_no_source_is_refused_with_a_sentence(text: str, sentence: str) -> None:
    with pytest.raises(RequestError, match=sentence):
        parse_source(text)


def test_a_folder_that_is_no_carla_is_refused_and_the_sentence_says_why(tmp_path: Path) -> None:
    source = CarlaFolder(tmp_path / "carla")

    def refusal() -> str:
        with pytest.raises(RequestError) as caught:
            source.check()
        return str(caught.value)

    assert "there is no such folder; give the folder of an unpacked CARLA" in refusal()
    source.folder.mkdir()
    assert f"there is no {BINARY} in it" in refusal()
    (source.folder / "CarlaUE4.sh").touch()
    assert f"there is CarlaUE4.sh, but no {BINARY}" in refusal()
    (source.folder / "CarlaUnreal.sh").touch()
    assert "that is CARLA 0.10" in refusal()
    make_carla(source.folder)
    source.check()
    (source.folder / "VERSION").write_text("0.9.15\n")
    assert "that is CARLA 0.9.15, and the client here is 0.9.16" in refusal()
    (source.folder / "VERSION").write_text("0.9.16-dirty")
    source.check()
    source.binary.chmod(0o644)
    assert f"may not be executed; try: chmod +x {source.binary}" in refusal()
    source = CarlaFolder(source.folder / "CarlaUE4.sh")
    assert "that is a file" in refusal()


def test_what_containers_need_is_looked_for(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(RequestError, match="there is no program 'docker' here; install it"):
        CarlaDocker("c").check()
    image = tmp_path / "carla.sif"
    with pytest.raises(RequestError, match=r"apptainer build carla\.sif docker://carlasim/carla:"):
        CarlaApptainer(image).check()
    image.touch()
    with pytest.raises(RequestError, match="there is no program 'apptainer' here"):
        CarlaApptainer(image).check()


def test_servers_that_are_started_are_as_many_as_gpus_carry(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name in ("RAY_ADDRESS", "CUDA_VISIBLE_DEVICES"):
        monkeypatch.delenv(name, raising=False)
    carla = f"carla:{make_carla(tmp_path)}"
    with pytest.raises(RequestError, match=r"no NVIDIA GPU is found on this machine, .* say it with --workers"):
        monkeypatch.setattr("simgen.fleet.slots.installed_gpus", lambda: ())
        slots_for([carla], None)
    assert [str(slot) for slot in slots_for([carla], 3)] == [f"CARLA server {number}" for number in range(3)]
    assert len(slots_for([carla], None, wish=GpuWish("0,3", 2))) == 4
    monkeypatch.setattr("simgen.fleet.slots.installed_gpus", lambda: (Gpu(0), Gpu(1), Gpu(2)))
    assert len(slots_for([carla], None)) == 3
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "2")
    assert len(slots_for([carla], None, wish=GpuWish(servers_per_gpu=2))) == 2
    monkeypatch.setattr("simgen.fleet.slots.installed_gpus", lambda: ())
    assert {slot.gpus for slot in slots_for([carla], None, wish=GpuWish("0,3", 2))} == {("0", "3")}
    assert [slot.started_here for slot in slots_for(["gpu1:2000", carla], 3)] == [False, True, True]
    with pytest.raises(RequestError, match=f"--workers 3: '{carla}' is given 2 times"):
        slots_for([carla, carla], 3)


def test_gpus_are_for_servers_that_are_started(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(RequestError, match="--gpus: it is about CARLA servers that simgen starts"):
        slots_for(["gpu1:2000"], None, wish=GpuWish("0"))
    with pytest.raises(RequestError, match="--servers-per-gpu: it is about CARLA servers that simgen starts"):
        slots_for(["local"], None, wish=GpuWish(servers_per_gpu=2))
    monkeypatch.setenv("RAY_ADDRESS", "head:6379")
    with pytest.raises(RequestError, match="--gpus: on a Ray cluster Ray says which GPU is whose"):
        slots_for(["carla:/opt/carla"], None, wish=GpuWish("0"))
    require_reachable(slots_for(["carla:/only/on/the/nodes"], None))


def test_what_the_built_in_simulator_alone_can_do_is_refused_for_carla() -> None:
    with pytest.raises(RequestError, match="--quality fast: only the built-in simulator has qualities, and carla:/c"):
        slots_for(["carla:/c"], 1, quality="fast")
