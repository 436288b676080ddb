"""From a source of simulators to the command that starts one: pure, and in one place to read.

CARLA's binary is started, never its shell script: the script starts the binary as a child and stays, so that who ends
the script leaves the server alive.
"""

from __future__ import annotations

import os
import sys
from dataclasses import dataclass, field
from pathlib import Path

from simgen.fleet.launch.gpus import Gpu, gpu_environment
from simgen.fleet.launch.ports import PortBlock
from simgen.fleet.launch.slotfile import Container
from simgen.fleet.sources import BINARY, Carla, CarlaDocker, CarlaFolder

IN_IMAGE = Path("/home/carla")      # where CARLA's images have it; their working folder too
CONTAINER_GRACE_S = 10


@dataclass(frozen=True, slots=True)
class Command:
    """A server's command line. env: what its environment has beyond ours. container: if an engine runs it for us."""

    argv: tuple[str, ...]
    env: dict[str, str] = field(default_factory=dict)
    container: Container | None = None


def built_in_command(
    quality: str, device: str, assets: Path | None, owner_pid: int, ready_file: Path
) -> Command:
    """simgen's own simulator, on ports that it chooses and writes to ``ready_file``."""
    return Command(
        (sys.executable, "-m", "simgen.localsim", "--port", "0", "--owner", str(owner_pid),
         "--ready-file", str(ready_file), "--quality", quality, "--device", device,
         *(() if assets is None else ("--assets", str(assets)))),
        # It has our import path and not our folder, where a file of the user's could pass for a module.
        {"PYTHONPATH": os.pathsep.join(path for path in sys.path if path)})


def carla_flags(ports: PortBlock, adapter: int | None) -> tuple[str, ...]:
    """What CARLA's binary is told. adapter: Vulkan's number of the GPU; None leaves the choice to the engine."""
    return (
        "CarlaUE4", "-RenderOffScreen", "-nosound", "-quality-level=Epic", f"-carla-rpc-port={ports.rpc}",
        f"-carla-streaming-port={ports.stream}", *(() if adapter is None else (f"-graphicsadapter={adapter}",)))


def carla_command(source: Carla, ports: PortBlock, gpu: Gpu | None, home: Path, token: str, run_dir: Path) -> Command:
    """A CARLA server. home: a folder that it may write to and that no other server uses. token: a name nobody else has.

    run_dir: where the container engine notes its container's id.
    """
    if isinstance(source, CarlaDocker):
        return _docker(source, ports, gpu, token, run_dir)
    mine = None if gpu is None else gpu.index
    if isinstance(source, CarlaFolder):
        return Command((str(source.binary), *carla_flags(ports, mine)), home_environment(home) | _own_gpu(gpu))
    return Command(
        ("apptainer", "exec", "--nv", "--home", str(home), "--pwd", str(IN_IMAGE),
         # The image cannot be written to, and the engine writes beside itself.
         "-B", f"{home / 'Saved'}:{IN_IMAGE / 'CarlaUE4/Saved'}",
         str(source.image), f"./{BINARY}", *carla_flags(ports, mine)),
        home_environment(home) | _own_gpu(gpu))


def home_environment(home: Path) -> dict[str, str]:
    """Unreal keeps settings and caches in the user's folders: servers that share them write over each other's."""
    return {"HOME": str(home), "XDG_CONFIG_HOME": str(home / ".config"), "XDG_CACHE_HOME": str(home / ".cache"),
            "XDG_DATA_HOME": str(home / ".local/share"), "XDG_RUNTIME_DIR": str(home / "run")}


def home_folders(home: Path) -> tuple[Path, ...]:
    """What must be there before a server starts."""
    return home, home / "Saved", home / "run"


def _own_gpu(gpu: Gpu | None) -> dict[str, str]:
    return {} if gpu is None else gpu_environment(gpu)


def _docker(source: CarlaDocker, ports: PortBlock, gpu: Gpu | None, token: str, run_dir: Path) -> Command:
    id_file = run_dir / f"{token}.cid"
    sees = [part for key, value in sorted(gpu_environment(gpu).items()) if key.startswith("NVIDIA_")
            for part in ("-e", f"{key}={value}")]
    return Command(
        # --init: TERM does not reach a process 1 that takes no notice of it.
        ("docker", "run", "--rm", "--init", "--name", f"simgen-{token}", "--cidfile", str(id_file), "--net=host",
         "--runtime=nvidia", *sees, source.image, f"./{BINARY}",
         # In the container there is the one GPU.
         *carla_flags(ports, None if gpu is None else 0)),
        container=Container(str(id_file), ("docker", "stop", "-t", str(CONTAINER_GRACE_S))))
