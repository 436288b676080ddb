"""Look at this machine. Nothing is started, but small programs that tell about themselves, and Ray if asked for."""

from __future__ import annotations

import os
import platform
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from importlib import metadata
from pathlib import Path

from simgen.doctor.answers import memory_of, nvidia_gpus, quota_cores, quota_memory, vulkan_devices
from simgen.doctor.machine_facts import Folder, Leftover, MachineFacts, Tool
from simgen.fleet.launch.ports import END_PORT, FIRST_PORT, PortBlock, is_free
from simgen.fleet.launch.slotfile import SLOTS, SlotFile, UnusableFolder, run_folder

# What `pip install simgen` brings; a test holds this against pyproject.toml.
PACKAGES = ("carla", "embreex", "fsspec", "libusb-package", "matplotlib", "msgpack", "numba", "numpy", "open3d",
            "opencv-python-headless", "platformdirs", "pydantic", "pyyaml", "ray", "rich", "roadgen", "typer",
            "warp-lang", "zlib-ng")
PINNED = {"carla": "0.9.16"}

BLOCKS_LOOKED_AT = 16                     # of ports, one for each server
RAY_PORTS = (6379, 8265, 10001)
ASK_TIMEOUT_S = 20.0
RAY_TIMEOUT_S = 120.0
_CGROUP = Path("/sys/fs/cgroup")
_CGROUP_FILES = ("cpu.max", "memory.max", "memory.current", "cpu/cpu.cfs_quota_us", "cpu/cpu.cfs_period_us",
                 "memory/memory.limit_in_bytes", "memory/memory.usage_in_bytes")
_ICD_FOLDERS = ("/usr/share/vulkan/icd.d", "/etc/vulkan/icd.d", "/usr/local/share/vulkan/icd.d",
                "~/.local/share/vulkan/icd.d")
_ICD_VARIABLES = ("VK_DRIVER_FILES", "VK_ICD_FILENAMES", "VK_ADD_DRIVER_FILES")
_RAY = """
import ray
ray.init(address="local", num_cpus=1, include_dashboard=False, log_to_driver=False, object_store_memory=80_000_000)
ray.shutdown()
"""


def look_at_machine(out: Path, cache: Path, try_ray: bool = False) -> MachineFacts:
    """Everything that matters for recording here.

    out: where a dataset would go. cache: where simgen keeps what is built once. try_ray: start a Ray of our own and end
    it again.
    """
    cgroup = {Path(name).name: text for name in _CGROUP_FILES if (text := _text(_CGROUP / name))}
    total, free = memory_of(_text(Path("/proc/meminfo")) or "MemTotal: 0 kB")
    bounded = quota_memory(cgroup, total)
    if bounded is not None:
        total, free = bounded[0], min(free, bounded[0] - bounded[1])
    vulkan, vulkan_problem = _asked(["vulkaninfo", "--summary"])
    gpus, gpu_problem = _asked(["nvidia-smi", "--query-gpu=index,name,driver_version,memory.total,memory.free",
                                "--format=csv,noheader,nounits"])
    cores = float(len(os.sched_getaffinity(0)))
    ray_start_s, ray_problem = _started_ray() if try_ray else (None, "")
    return MachineFacts(
        python=sys.version_info[:3],
        architecture=platform.machine(),
        packages={name: _version(name) for name in PACKAGES},
        wanted=PINNED,
        cores=min(cores, quota_cores(cgroup) or cores),
        memory_bytes=total, free_bytes=free,
        shm_bytes=shutil.disk_usage("/dev/shm").total if Path("/dev/shm").is_dir() else None,
        open_files=resource.getrlimit(resource.RLIMIT_NOFILE),
        folders=(_folder("dataset", out), _folder("cache", cache), _folder("home", Path.home()),
                 _folder("temporary files", Path(tempfile.gettempdir()))),
        vulkan=None if vulkan is None else vulkan_devices(vulkan), vulkan_problem=vulkan_problem, icds=_icds(),
        gpus=None if gpus is None else nvidia_gpus(gpus), gpu_problem=gpu_problem,
        capabilities=os.environ.get("NVIDIA_DRIVER_CAPABILITIES"),
        ephemeral=_ephemeral(),
        block=(FIRST_PORT, END_PORT - 1),
        busy=tuple(port for number in range(BLOCKS_LOOKED_AT) for port in PortBlock(number).named().values()
                   if not is_free(port)),
        ray_listens=tuple(port for port in RAY_PORTS if not is_free(port)),
        ray_start_s=ray_start_s, ray_problem=ray_problem,
        tools=(_tool("docker", "version", "--format", "{{.Server.Version}}"), _tool("apptainer", "--version")),
        leftovers=leftovers(),
    )


def leftovers() -> tuple[Leftover, ...]:
    """Servers of this user's earlier runs that nobody owns any more, by their slot files. A run's start ends them."""
    try:
        paths = sorted((run_folder() / SLOTS).glob("*.json"))
    except (UnusableFolder, OSError):           # then no server of ours can have been noted either
        return ()
    found = []
    for path in paths:
        try:
            slot = SlotFile.read(path)
        except (FileNotFoundError, ValueError):     # its owner removes it just now; a run's start removes it
            continue
        owned = slot.owner.alive or (slot.guard is not None and slot.guard.alive)
        if not owned and slot.server is not None and slot.server.alive:
            found.append(Leftover(slot.server.pid, slot.name))
    return tuple(found)


def _text(path: Path) -> str | None:
    try:
        return path.read_text(encoding="utf-8", errors="replace")
    except OSError:
        return None


def _version(package: str) -> str | None:
    try:
        return metadata.version(package)
    except metadata.PackageNotFoundError:
        return None


def _asked(command: Sequence[str], timeout_s: float = ASK_TIMEOUT_S) -> tuple[str | None, str]:
    """What a program prints, or None and why it did not."""
    if shutil.which(command[0]) is None:
        return None, f"{command[0]} is not installed"
    try:
        done = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, text=True, errors="replace",
                              timeout=timeout_s, check=False)
    except subprocess.TimeoutExpired:
        return None, f"{command[0]} did not answer within {timeout_s:g} s"
    except OSError as error:
        return None, f"{command[0]} cannot be run: {error.strerror or error}"
    if done.returncode != 0:
        said = (done.stderr.strip() or done.stdout.strip() or "nothing").splitlines()[-1]
        return None, f"{command[0]} ended with status {done.returncode} and said: {said}"
    return done.stdout, ""


def _tool(name: str, *arguments: str) -> Tool:
    said, problem = _asked([name, *arguments])
    return Tool(name, (said or "").strip(), problem)


def _started_ray() -> tuple[float | None, str]:
    """How long a Ray of our own takes to start and end, in a process of its own."""
    environment = {key: value for key, value in os.environ.items() if key != "RAY_ADDRESS"}
    began = time.monotonic()
    try:
        done = subprocess.run([sys.executable, "-c", _RAY], stdin=subprocess.DEVNULL, capture_output=True, text=True,
                              timeout=RAY_TIMEOUT_S, check=False,
                              env={**environment, "RAY_AUTH_MODE": "disabled", "RAY_USAGE_STATS_ENABLED": "0"})
    except subprocess.TimeoutExpired:
        return None, f"it did not start within {RAY_TIMEOUT_S:g} s"
    if done.returncode != 0:
        return None, (done.stderr.strip().splitlines() or ["it said nothing"])[-1]
    return time.monotonic() - began, ""


def _folder(purpose: str, path: Path) -> Folder:
    """Is there room, and may we write? Of a folder that is not there yet, its first ancestor that is."""
    place = path.expanduser().absolute()
    while not place.exists() and place != place.parent:
        place = place.parent
    try:
        free = shutil.disk_usage(place).free
        with tempfile.TemporaryFile(dir=place):
            return Folder(purpose, path, free)
    except OSError as error:
        return Folder(purpose, path, 0, f"{place}: {error.strerror or error}")


def _icds() -> tuple[str, ...]:
    """Driver descriptions that Vulkan's loader reads; variables take the place of folders, as the loader has it."""
    named = [path for key in _ICD_VARIABLES for path in os.environ.get(key, "").split(os.pathsep) if path]
    folders = [Path(folder).expanduser() for folder in _ICD_FOLDERS]
    return tuple(named or sorted(str(path) for folder in folders if folder.is_dir() for path in folder.glob("*.json")))


def _ephemeral() -> tuple[int, int] | None:
    text = _text(Path("/proc/sys/net/ipv4/ip_local_port_range"))
    if text is None:
        return None
    low, high = text.split()
    return int(low), int(high)

