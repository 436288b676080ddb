"""The command lines, word by word."""

from __future__ import annotations

import sys
from pathlib import Path

from simgen.fleet.launch.command import built_in_command, carla_command
from simgen.fleet.launch.gpus import Gpu
from simgen.fleet.launch.ports import PortBlock
from simgen.fleet.sources import CarlaApptainer, CarlaDocker, CarlaFolder

HOME, RUN = Path("/run/homes/20030"), Path("/run/slots")
SECOND = Gpu(1, "GPU-5d1c2a4e-0000-1111-2222-333344445555")
FLAGS = ("CarlaUE4", "-RenderOffScreen", "-nosound", "-quality-level=Epic", "-carla-rpc-port=20030",
         "-carla-streaming-port=20031")
HOMES = {"HOME": "/run/homes/20030", "XDG_CONFIG_HOME": "/run/homes/20030/.config",
         "XDG_CACHE_HOME": "/run/homes/20030/.cache", "XDG_DATA_HOME": "/run/homes/20030/.local/share",
         "XDG_RUNTIME_DIR": "/run/homes/20030/run"}


def test_a_folder_s_binary_is_started_and_not_its_script() -> None:
    command = carla_command(CarlaFolder(Path("/opt/carla")), PortBlock(3), None, HOME, "t", RUN)
    assert command.argv == ("/opt/carla/CarlaUE4/Binaries/Linux/CarlaUE4-Linux-Shipping", *FLAGS)
    assert command.env == HOMES and command.container is None


def test_a_gpu_is_told_to_vulkan_and_to_cuda() -> None:
    command = carla_command(CarlaFolder(Path("/opt/carla")), PortBlock(3), SECOND, HOME, "t", RUN)
    assert command.argv[1:] == (*FLAGS, "-graphicsadapter=1")
    assert command.env == HOMES | {
        "CUDA_VISIBLE_DEVICES": SECOND.uuid, "NVIDIA_VISIBLE_DEVICES": SECOND.uuid, "NVIDIA_DRIVER_CAPABILITIES": "all"}


def test_a_container_sees_one_gpu_and_is_ended_by_its_id() -> None:
    command = carla_command(CarlaDocker("carlasim/carla:0.9.16"), PortBlock(3), SECOND, HOME, "7-ab", RUN)
    assert command.argv == (
        "docker", "run", "--rm", "--init", "--name", "simgen-7-ab", "--cidfile", "/run/slots/7-ab.cid", "--net=host",
        "--runtime=nvidia", "-e", "NVIDIA_DRIVER_CAPABILITIES=all", "-e", f"NVIDIA_VISIBLE_DEVICES={SECOND.uuid}",
        "carlasim/carla:0.9.16", "./CarlaUE4/Binaries/Linux/CarlaUE4-Linux-Shipping", *FLAGS, "-graphicsadapter=0")
    assert command.env == {}
    assert command.container is not None
    assert command.container.id_file == "/run/slots/7-ab.cid"
    assert command.container.end == ("docker", "stop", "-t", "10")


def test_a_container_without_a_gpu_of_its_own_sees_all() -> None:
    argv = carla_command(CarlaDocker("c"), PortBlock(3), None, HOME, "t", RUN).argv
    assert "NVIDIA_VISIBLE_DEVICES=all" in argv and argv[-1] == "-carla-streaming-port=20031"


def test_an_image_file_gets_a_folder_to_write_to() -> None:
    command = carla_command(CarlaApptainer(Path("/img/carla.sif")), PortBlock(3), Gpu(1), HOME, "t", RUN)
    assert command.argv == (
        "apptainer", "exec", "--nv", "--home", "/run/homes/20030", "--pwd", "/home/carla",
        "-B", "/run/homes/20030/Saved:/home/carla/CarlaUE4/Saved", "/img/carla.sif",
        "./CarlaUE4/Binaries/Linux/CarlaUE4-Linux-Shipping", *FLAGS, "-graphicsadapter=1")
    assert command.env["NVIDIA_VISIBLE_DEVICES"] == "1" and command.container is None


def test_the_built_in_simulator_chooses_its_ports_itself() -> None:
    command = built_in_command("fast", "cpu", Path("/models"), 4711, Path("/run/slots/t.ready"))
    assert command.argv == (
        sys.executable, "-m", "simgen.localsim", "--port", "0", "--owner", "4711", "--ready-file", "/run/slots/t.ready",
        "--quality", "fast", "--device", "cpu", "--assets", "/models")
    assert set(command.env) == {"PYTHONPATH"}
