"""Facts about a machine and a server with which nothing is wrong; tests change one thing at a time."""

from __future__ import annotations

from pathlib import Path

from simgen.capture.probe_facts import BoxFound, FoundSettings, Latency, Seen, ServerFacts, StateFound, Trial
from simgen.doctor.evidence import Evidence
from simgen.doctor.machine_facts import Folder, Gpu, MachineFacts, Tool, VulkanDevice

GB = 10**9

MACHINE = MachineFacts(
    python=(3, 11, 7), architecture="x86_64", packages={"carla": "0.9.16", "numpy": "2.1.0"},
    wanted={"carla": "0.9.16"}, cores=16.0, memory_bytes=64 * GB, free_bytes=48 * GB, shm_bytes=32 * GB,
    open_files=(65_536, 1_048_576),
    folders=(Folder("dataset", Path("/data/run1"), 700 * GB), Folder("cache", Path("/home/ann/.cache/simgen"), 50 * GB),
             Folder("home", Path("/home/ann"), 50 * GB), Folder("temporary files", Path("/tmp"), 20 * GB)),
    vulkan=(VulkanDevice(0, "NVIDIA RTX A6000", "discrete gpu", "NVIDIA 535.183.01"),),
    icds=("/usr/share/vulkan/icd.d/nvidia_icd.json",),
    gpus=(Gpu(0, "NVIDIA RTX A6000", "535.183.01", 48 * GB, 47 * GB),),
    ephemeral=(32_768, 60_999), block=(20_000, 32_767),
    tools=(Tool("docker", "27.0.3"), Tool("apptainer", "apptainer version 1.3.4")),
)

CAR = Seen("car", "vehicle.audi.tt", 31, 16.0, 500, 480, 5000, 31, 1.0, 14)
WALKER = Seen("walker", "walker.pedestrian.0002", 32, 10.5, 200, 190, 2000, 32, 1.0, 12)
SPECIES = ("dog", "moose", "red_deer")
SIZES = {"vehicle.bh.crossbike": (1.51, 0.87, 1.61), "vehicle.yamaha.yzf": (2.19, 0.87, 1.53)}

TRIAL = Trial(
    idle_ticks_s=(0.01,) * 10, rig_ticks_s=(0.08,) * 10,
    latencies={"camera_2": Latency(0.02, 0.05), "velodyne fan 0": Latency(0.01, 0.02)}, silent={},
    seen=(CAR, WALKER), tags={1: 200_000, 3: 200_000, 11: 50_000, 12: 2100, 14: 5000}, depth_minus_lidar_m=0.02,
    empty_pictures=(), boxes=tuple(BoxFound(name, size) for name, size in SIZES.items()),
)
SERVER = ServerFacts(
    endpoint="gpu1:2000", client_version="0.9.16", server_version="0.9.16", name="CARLA", version="0.9.16",
    maps=("Town01", "Town10HD_Opt"), map_name="Town10HD_Opt", spawn_points=155,
    settings=FoundSettings(False, None, False), ticks_alone=True, newest_id=88,
    blueprints=frozenset({"simgen.weather", *(f"walker.animal.{name}" for name in SPECIES)}),
    lens={"lens_k": "0.0", "motion_blur_intensity": "0.0"}, trial=TRIAL,
)

STATE = StateFound(FoundSettings(False, None, False), {})
EVIDENCE = Evidence(
    frames=3, labels=43, roles=frozenset({"lead", "oncoming", "walker", "child"}), map_name="Town10HD_Opt", rules=112,
    errors=(), warnings=(), people=6, people_hit=6, frames_moved=3, instance_ids="actor id", brightness=110.0,
    left=STATE,
)
