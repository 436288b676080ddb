"""What is made of a machine's facts: findings, each with its cure. Nothing is measured here.

Numbers come from CARLA's issues and Ray's documentation, named where they stand; those without a source are ours.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

from simgen.doctor.findings import Finding, good, note, short
from simgen.doctor.machine_facts import MachineFacts
from simgen.wording import counted

GB = 1e9
FOR_SCREENS = frozenset({"open3d", "libusb-package"})       # docker/dependencies.py leaves them out of images
PYTHONS = ((3, 10), (3, 12))            # the carla wheels that there are (PyPI, 0.9.16)
# Measured: the built-in simulator 1.1 GB after eight episodes, what records 0.36 GB, to which Ray's part comes; Ray's
# own processes 0.9 GB.
WORKER_BYTES, RAY_BYTES = 1.6 * GB, 0.9 * GB
SERVER_CORES = 4                        # that a CARLA server wants beside its GPU (users' measurements; ours to tune)
SERVER_GPU_BYTES = 6 * GB               # 3 to 6 GB of video memory a server, by users' reports
FRAME_BYTES = 5.4e6                     # measured: a frame of the KITTI rig by day or in rain, without further layouts
LOW_DISK, SOME_DISK = 1 * GB, 20 * GB
CACHE_DISK = 1 * GB                     # kernels, places and bodies of the built-in simulator: some hundred megabytes
OPEN_FILES = 65_536                     # "too many open files" ends CARLA clients below (carla issue 1111)
FEWEST_FILES = 1024
SHM_SHARE = 0.3                         # of the memory, that Ray asks for (its documentation; ray issue 14616)
SHM_DOCKER = 64 << 20                   # what a container has unless it is told otherwise


def judge_machine(facts: MachineFacts, carla_here: bool = False) -> list[Finding]:
    """Findings in the order in which a person would look. carla_here: CARLA servers shall be started on this machine;
    without that wish their needs are notes."""
    plain: tuple[Callable[[MachineFacts], Iterator[Finding]], ...] = (
        python, packages, cores, memory, disk, shared_memory, open_files, ports, ray, leftovers)
    found = [finding for rule in plain for finding in rule(facts)]
    return found + [finding for rule in (vulkan, gpu, tools) for finding in rule(facts, carla_here)]


def python(facts: MachineFacts) -> Iterator[Finding]:
    seen = f"Python {'.'.join(map(str, facts.python))} on {facts.architecture}"
    if not PYTHONS[0] <= facts.python[:2] <= PYTHONS[1]:
        yield short("python", f"{seen}: the carla client has no wheel for it",
                    "make the environment with Python 3.10, 3.11 or 3.12")
    elif facts.architecture != "x86_64":
        yield short("python", f"{seen}: carla and embreex have wheels for x86-64 only", "use an x86-64 machine")
    else:
        yield good("python", seen)


def packages(facts: MachineFacts) -> Iterator[Finding]:
    gone = [name for name, version in facts.packages.items() if version is None]
    missing = [name for name in gone if name not in FOR_SCREENS]
    for_screens = [name for name in gone if name in FOR_SCREENS]
    if missing:
        yield short("packages", f"not installed: {', '.join(missing)}",
                    f"pip install {' '.join(_pinned(name, facts) for name in missing)}, or install simgen again")
    other = {name: version for name, version in facts.packages.items()
             if version is not None and facts.wanted.get(name, version) != version}
    for name, version in other.items():
        yield short("packages", f"{name} {version}, and simgen works with {facts.wanted[name]} alone",
                    f"pip install {_pinned(name, facts)}")
    if not missing and not other:
        client = facts.packages.get("carla")
        needed = len(facts.packages) - len(for_screens)
        yield good("packages", f"all {needed} that recording needs; carla client {client}")
    if for_screens:
        yield note("packages", f"not installed: {', '.join(for_screens)}; recording does without, 'simgen view' and "
                               "'simgen map' do not", f"pip install {' '.join(for_screens)}")


def _pinned(name: str, facts: MachineFacts) -> str:
    return f"{name}=={facts.wanted[name]}" if name in facts.wanted else name


def cores(facts: MachineFacts) -> Iterator[Finding]:
    servers = int(facts.cores // SERVER_CORES)
    seen = f"{facts.cores:g} for this process: {counted(max(1, int(facts.cores)), 'built-in simulator')} at a time"
    if facts.cores < 1:
        yield note("cores", seen, "give the container at least one core: docker run --cpus 2")
    else:
        yield good("cores", seen + (f", or {counted(servers, 'CARLA server')}" if servers else
                                    f" (a CARLA server wants {SERVER_CORES})"))


def memory(facts: MachineFacts) -> Iterator[Finding]:
    seen = f"{_gb(facts.free_bytes)} of {_gb(facts.memory_bytes)} free"
    workers = int((facts.free_bytes - RAY_BYTES) // WORKER_BYTES)
    if workers < 1:
        yield short("memory", f"{seen}: Ray takes {_gb(RAY_BYTES)}, a worker with its simulator {_gb(WORKER_BYTES)}",
                    "end other programs, or use a machine with at least 4 GB")
    elif workers < int(facts.cores):
        yield note("memory", f"{seen}: enough for {counted(workers, 'worker')}, and there are {facts.cores:g} cores",
                   f"simgen run … --workers {workers}")
    else:
        yield good("memory", seen)


def disk(facts: MachineFacts) -> Iterator[Finding]:
    for folder in facts.folders:
        room = f"{_gb(folder.free_bytes)} free for the {folder.purpose} ({folder.path})"
        if folder.problem:
            yield _unwritable(folder.purpose, folder.problem)
        elif folder.purpose == "dataset":
            frames = f"{room}, about {folder.free_bytes / FRAME_BYTES:,.0f} frames"
            cure = "choose another place with --out DIR, or make room; simgen plan says what a request takes"
            if folder.free_bytes < LOW_DISK:
                yield short("disk", frames, cure)
            elif folder.free_bytes < SOME_DISK:
                yield note("disk", frames, cure)
            else:
                yield good("disk", frames)
        elif folder.purpose == "cache" and folder.free_bytes < CACHE_DISK:
            yield short("disk", room, "name another folder: export SIMGEN_CACHE=/where/there/is/room")


_WRITABLE = {
    "dataset": "choose another place with --out DIR",
    "cache": "name a folder you may write to: export SIMGEN_CACHE=/tmp/simgen-cache",
    "home": "name a home you may write to: export HOME=/tmp/home (Ray and Unreal Engine write there)",
    "temporary files": "name a folder you may write to: export TMPDIR=/path",
}


def _unwritable(purpose: str, problem: str) -> Finding:
    return short("disk", f"the {purpose} cannot be written: {problem}", _WRITABLE[purpose])


def shared_memory(facts: MachineFacts) -> Iterator[Finding]:
    cure = "docker run --shm-size=8g, or an emptyDir with medium Memory on /dev/shm"
    if facts.shm_bytes is None:
        yield note("/dev/shm", "there is none: Ray keeps its objects in /tmp", cure)
    elif facts.shm_bytes <= SHM_DOCKER:
        yield note("/dev/shm", f"{facts.shm_bytes >> 20} MB, what a container has by default: Ray falls back to /tmp",
                   cure)
    elif facts.shm_bytes < SHM_SHARE * facts.memory_bytes:
        yield note("/dev/shm", f"{_gb(facts.shm_bytes)}: Ray would like {SHM_SHARE:.0%} of the memory, simgen sends "
                               "little through it")
    else:
        yield good("/dev/shm", _gb(facts.shm_bytes))


def open_files(facts: MachineFacts) -> Iterator[Finding]:
    soft, hard = facts.open_files
    endless = hard < 0 or hard >= OPEN_FILES            # RLIM_INFINITY is -1
    cure = (f"ulimit -n {OPEN_FILES}" if endless else
            f"raise the hard limit: docker run --ulimit nofile={OPEN_FILES}, or /etc/security/limits.conf")
    if 0 <= soft < FEWEST_FILES:
        yield short("open files", f"at most {soft}", cure)
    elif 0 <= soft < OPEN_FILES:
        yield note("open files", f"at most {soft}; runs with many CARLA servers have needed {OPEN_FILES}", cure)
    else:
        yield good("open files", "no limit" if soft < 0 else f"at most {soft}")


def ports(facts: MachineFacts) -> Iterator[Finding]:
    first, last = facts.block
    if facts.ephemeral is not None and facts.ephemeral[0] <= last and first <= facts.ephemeral[1]:
        low, high = facts.ephemeral
        yield note("ports", f"the system gives ports {low} to {high} to outgoing connections, simgen {first} to {last} "
                            "to simulators: one may find its port taken",
                   f"sysctl -w net.ipv4.ip_local_port_range='32768 60999' (simgen then takes {first} and up)")
    if facts.busy:
        shown = ", ".join(map(str, facts.busy[:8])) + (" …" if len(facts.busy) > 8 else "")
        yield note("ports", f"of {first} to {last}, which simgen gives to simulators, these are taken: {shown}",
                   "nothing to do: taken blocks are passed over; see who it is with: ss -ltnp")
    else:
        yield good("ports", f"{first} to {last} are for simulators, and the first of them are free")


def ray(facts: MachineFacts) -> Iterator[Finding]:
    if facts.ray_listens:
        yield note("ray", f"somebody listens on Ray's ports {', '.join(map(str, facts.ray_listens))}: a Ray of "
                          "somebody's is here, and simgen starts one of its own beside it unless RAY_ADDRESS names it")
    if facts.ray_problem:
        yield short("ray", f"does not start: {facts.ray_problem}",
                    "see /tmp/ray/session_latest/logs; free memory, a writable HOME and /tmp are what it needs most")
    elif facts.ray_start_s is not None:
        yield good("ray", f"starts and ends in {facts.ray_start_s:.0f} s")


def leftovers(facts: MachineFacts) -> Iterator[Finding]:
    if not facts.leftovers:
        yield good("leftovers", "no simulator of an earlier run of simgen's is left")
    for one in facts.leftovers:
        yield short("leftovers", f"process {one.pid} of an earlier run is still here: {one.what}",
                    f"start any run, which sweeps them, or: kill {one.pid}")


def vulkan(facts: MachineFacts, carla_here: bool) -> Iterator[Finding]:
    bad = short if carla_here else note
    if facts.vulkan is None:
        if facts.icds:
            yield note("vulkan", f"{facts.vulkan_problem}; drivers are described in {', '.join(facts.icds)}",
                       "apt-get install vulkan-tools, then look again")
        else:
            yield bad("vulkan", f"{facts.vulkan_problem}, and no driver is described: CARLA servers cannot start here "
                                "(the built-in simulator needs none)",
                      "install NVIDIA's driver with its Vulkan files; in a container NVIDIA_DRIVER_CAPABILITIES=all")
        return
    hardware = [device for device in facts.vulkan if not device.is_software]
    for device in facts.vulkan:
        seen = f"device {device.index}: {device.name} ({device.kind}; {device.driver})"
        if not device.is_software:
            yield good("vulkan", seen)
        elif hardware:
            # CARLA takes a Vulkan index (-graphicsadapter), which another device may shift.
            yield note("vulkan", f"{seen} is a processor playing graphics card beside real ones",
                       "see that CARLA's -graphicsadapter is not its number")
        else:
            # "lavapipe is not a conformant vulkan implementation", then time-outs: carla issue 5063.
            yield bad("vulkan", f"{seen}: CARLA would draw on the processor, and time out",
                      "install NVIDIA's driver with its Vulkan files; in a container NVIDIA_DRIVER_CAPABILITIES=all")
    if not facts.vulkan:
        # A server without a Vulkan device ends without a word: carla issues 8079, 9137.
        yield bad("vulkan", "no device at all: CARLA servers would end at once, without a word",
                  "install NVIDIA's driver with its Vulkan files; in a container NVIDIA_DRIVER_CAPABILITIES=all")


def gpu(facts: MachineFacts, carla_here: bool) -> Iterator[Finding]:
    if not facts.gpus:
        why = facts.gpu_problem or "nvidia-smi lists none"
        bad = short if carla_here else note
        yield bad("gpu", f"{why}: no CARLA servers here; the built-in simulator works on the processor",
                  "install NVIDIA's driver; in a container use its runtime: docker run --gpus all")
        return
    for one in facts.gpus:
        servers = int(one.free_bytes // SERVER_GPU_BYTES)
        seen = (f"{one.index}: {one.name}, driver {one.driver}, {_gb(one.free_bytes)} of {_gb(one.memory_bytes)} free")
        if servers:
            yield good("gpu", f"{seen}, enough for {counted(servers, 'CARLA server')}")
        else:
            yield note("gpu", f"{seen}: a CARLA server takes 3 to 6 GB", "see who uses it: nvidia-smi")
    words = (facts.capabilities or "all").split(",")
    if not {"all", "graphics"} & {word.strip() for word in words}:
        bad = short if carla_here else note
        yield bad("gpu", f"NVIDIA_DRIVER_CAPABILITIES={facts.capabilities}: this container has no Vulkan",
                  "start it with NVIDIA_DRIVER_CAPABILITIES=all")


def tools(facts: MachineFacts, carla_here: bool) -> Iterator[Finding]:
    for tool in facts.tools:
        if tool.problem:
            yield note(tool.name, f"{tool.problem}; no --simulator {_SOURCE[tool.name]} here")
        else:
            yield good(tool.name, tool.version)


_SOURCE = {"docker": "carla-docker:IMAGE", "apptainer": "apptainer:IMAGE.sif"}


def _gb(count: float) -> str:
    return f"{count / GB:,.1f} GB" if count < 100 * GB else f"{count / GB:,.0f} GB"
