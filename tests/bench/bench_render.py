"""What the renderer's frames cost, stage by stage, next to the ray tracers that could be used instead.

    python tests/bench/bench_render.py [--place NAME] [--runs N] [--no-references] [--device cpu|cuda|cpu-own-trees]

The town's street with 30 actors at KITTI's size (1242 x 375), 120 000 LiDAR rays, one thread. All figures are CPU time
(user + system), and the least of some runs: what else the machine does only adds to them. With ``--device cuda`` they
are the time that passes until the GPU is done, which needs a machine to itself; with ``cpu-own-trees`` rays are cast
as on a GPU, and on processors that have no Embree. The references, embreex's own
Python API and Open3D's ``RaycastingScene``, cast the camera's primary rays at the same triangles: all of the town's
ground and houses, and every tree, bush and actor within ``NEAR_M`` of the camera, as one flat mesh, because neither
offers instances. That is all but a few of the triangles which the camera sees, and it is the references' best case:
without the trees behind the houses their trees are smaller than ours, whose figure for the whole scene with its 33
million triangles stands beside it. All of them return distance, triangle, the place in it and its normal. Open3D is
asked only if it is installed.
"""

from __future__ import annotations

import argparse
import importlib.util
import math
import subprocess
import sys
import time
from collections import defaultdict
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT))

from simgen.localsim.devices import DEVICES  # noqa: E402
from simgen.localsim.places import Place, load_place  # noqa: E402
from simgen.localsim.render import LADDER, Renderer  # noqa: E402
from simgen.localsim.render.bvh import BvhTracer  # noqa: E402
from simgen.localsim.render.camera import Pinhole, pinhole_data  # noqa: E402
from simgen.localsim.render.device import Device, DeviceMissing  # noqa: E402
from simgen.localsim.render.kernels import pinhole  # noqa: E402
from simgen.localsim.render.raycast import Hits, Rays  # noqa: E402
from simgen.localsim.render.tracers import cpu_tracer, cuda_tracer  # noqa: E402
from simgen.localsim.render.tracing import EmbreeTracer, RayTracer  # noqa: E402
from tests.bench.render_town import FOV_RAD, HEIGHT, WEATHERS, WIDTH, Street  # noqa: E402

NEAR_M = 100.0
_ROUNDS = 5         # of the references
STAGES = ("primary rays", "labels", "materials", "glass", "sun", "sky", "lamps", "mirrors", "denoise", "all light",
          "edges", "weather", "lens")

# A worker's start, as ``simgen serve`` makes it, up to the first picture with all its labels.
FIRST_FRAME = """
import re, sys, time
from pathlib import Path
import numpy as np
from simgen.localsim import bodies
from simgen.localsim.numbering import InstanceIds
from simgen.localsim.server import _atlas, _renderers, _stage
from simgen.localsim.scene import level_of
atlas, first = _atlas(sys.argv[1])
place = atlas.place(first)
stage = _stage(place, level_of(place), _renderers(sys.argv[3], 1, sys.argv[2]), bodies, InstanceIds.ACTOR)
spawn, eye = place.spawn_points[20], np.eye(4)
eye[:3, 3] = spawn.x_m, spawn.y_m, spawn.z_m + 1.3
stage._renderer.camera(eye, 1242, 375, 1.42, True)
most = re.search(r"VmHWM:\\s+(\\d+) kB", Path("/proc/self/status").read_text())
own = re.search(r"Anonymous:\\s+(\\d+) kB", Path("/proc/self/smaps_rollup").read_text())
print(time.process_time(), int(most[1]) / 1024, int(own[1]) / 1024)
"""


TRACERS: dict[str, Callable[[], RayTracer]] = {
    "cpu": cpu_tracer, "cuda": cuda_tracer, "cpu-own-trees": lambda: BvhTracer(Device())}


class Stopwatch:
    """Milliseconds by stage, summed over one picture: of the processor, or until a GPU is done."""

    def __init__(self, device: Device) -> None:
        self.spent: dict[str, float] = defaultdict(float)
        self._device = device
        self._since = self.now()

    def now(self) -> float:
        if not self._device.is_cuda:
            return time.process_time()
        self._device.wait()
        return time.perf_counter()

    def start(self) -> None:
        self.spent.clear()
        self._since = self.now()

    def done(self, stage: str) -> None:
        now = self.now()
        self.spent[stage] += 1e3 * (now - self._since)
        self._since = now


def sweep_directions() -> NDArray[np.float32]:
    """(120000, 3), an HDL-64E's elevations."""
    elevation = np.radians(np.r_[np.linspace(2.0, -8.333, 32), np.linspace(-8.83, -24.33, 32)])
    azimuth = np.linspace(0.0, 2.0 * math.pi, 1875, endpoint=False)
    e, a = np.meshgrid(elevation, azimuth, indexing="ij")
    directions = np.stack([np.cos(e) * np.cos(a), np.cos(e) * np.sin(a), np.sin(e)], axis=-1)
    return directions.reshape(-1, 3).astype(np.float32)


def least_ms(task: Callable[[], object], runs: int, before: Callable[[], object] = lambda: None,
             now: Callable[[], float] = time.process_time) -> float:
    """The least of some runs after one to warm up; ``before`` is not counted."""
    times = []
    for _ in range(runs + 1):
        before()
        start = now()
        task()
        times.append(now() - start)
    return 1e3 * min(times[1:])


class Bench:
    """One place, its street and one renderer of each quality."""

    def __init__(self, place: Place, runs: int, tracer: RayTracer) -> None:
        self.place, self._runs, self.watch = place, runs, Stopwatch(tracer.device)
        self.renderer = Renderer(place, done=self.watch.done, tracer=tracer)
        self.street = Street(self.renderer, place)

    def _next(self, weather: str = "night") -> None:
        self.street.step()
        self.street.lit = weather != "noon"
        self.street.move()

    def _view(self, rgb: bool) -> object:
        return self.renderer.camera(self.street.eye, WIDTH, HEIGHT, FOV_RAD, rgb)

    def fixed(self) -> dict[str, float]:
        """What costs the same in every weather and quality."""
        directions, now = sweep_directions(), self.watch.now
        return {
            "30 actors moved": least_ms(self.street.move, 4 * self._runs, self.street.step, now),
            f"LiDAR, {len(directions)} rays": least_ms(
                lambda: self.renderer.sweep(self.street.eye, directions, 120.0), 2 * self._runs, self._next, now),
            "labels only": least_ms(lambda: self._view(False), 2 * self._runs, self._next, now),
        }

    def stages(self, quality: str, weather: str) -> dict[str, float]:
        """Milliseconds of each stage of a picture with all its labels."""
        self.renderer.set_quality(LADDER[quality])
        self.renderer.set_weather(*WEATHERS[weather])
        runs = []
        for _ in range(self._runs + 1):
            self._next(weather)
            self.watch.start()
            self._view(True)
            runs.append(dict(self.watch.spent))
        least = min(runs[1:], key=lambda one: sum(one.values()))
        return {stage: least.get(stage, 0.0) for stage in STAGES}


def table(title: str, columns: Sequence[str], rows: dict[str, Sequence[float]]) -> None:
    print(f"\n{title}\n{'':26s}" + "".join(f"{column:>12s}" for column in columns))
    for name, values in rows.items():
        print(f"{name:26s}" + "".join(f"{value:12.1f}" for value in values))


def flattened(renderer: Renderer, eye: NDArray[np.float64]) -> tuple[NDArray[np.float32], NDArray[np.int32]]:
    """Everything near the camera as one mesh: positions (V, 3), triangles (T, 3)."""
    scene, positions, triangles, first = renderer.scene, [], [], 0
    for number, one in enumerate(scene.instances):
        if number and np.linalg.norm(one.world_from_mesh[:2, 3] - eye[:2, 3]) > NEAR_M:
            continue
        mesh, pose = scene.mesh(one.mesh), one.world_from_mesh
        positions.append((mesh.positions @ pose[:3, :3].T + pose[:3, 3]).astype(np.float32))
        triangles.append(mesh.triangles + np.int32(first))
        first += len(mesh.positions)
    return np.concatenate(positions), np.concatenate(triangles)


def references(bench: Bench) -> None:
    """Primary rays of the camera at the same flat mesh: ours, embreex's and Open3D's way, one after the other in each
    round, so that a busy moment of the machine meets all three."""
    tracer: RayTracer = EmbreeTracer(Device())
    camera = Pinhole(bench.street.eye, WIDTH, HEIGHT, FOV_RAD)
    rays = Rays.allocate(tracer.device, WIDTH, HEIGHT, picture=True, coherent=True)
    hits = Hits.allocate(tracer.device, WIDTH * HEIGHT)
    tracer.device.launch(pinhole.aim_pixels, WIDTH * HEIGHT, [
        pinhole_data(camera), rays.origin, rays.direction, rays.extent])
    origins, directions = rays.origin.numpy(), rays.direction.numpy()
    positions, triangles = flattened(bench.renderer, bench.street.eye)
    ours = tracer.caster(tracer.scene([(tracer.mesh(positions, triangles), np.eye(4))]))
    whole = tracer.caster(bench.renderer.scene.tree)

    from embreex.mesh_construction import TriangleMesh
    from embreex.rtcore_scene import EmbreeScene

    plain = EmbreeScene()
    TriangleMesh(plain, positions, triangles)
    casts: dict[str, Callable[[], object]] = {
        "ours": lambda: ours.intersect(rays, hits), "ours, the whole scene": lambda: whole.intersect(rays, hits),
        "embreex's Python API": lambda: plain.run(origins, directions, output=True),
    }
    if importlib.util.find_spec("open3d") is not None:
        import open3d

        other = open3d.t.geometry.RaycastingScene(nthreads=1)
        other.add_triangles(positions, triangles.astype(np.uint32))
        six = open3d.core.Tensor(np.concatenate([origins, directions], axis=1))
        casts["Open3D RaycastingScene"] = lambda: other.cast_rays(six, nthreads=1)
    taken: dict[str, float] = {}
    for _ in range(_ROUNDS):
        for name, cast in casts.items():
            taken[name] = min(taken.get(name, math.inf), least_ms(cast, 1))
    print(f"\nprimary rays at one flat mesh of {len(triangles)} triangles, packets of "
          f"{ours.lanes}, CPU ms, and how many times ours")
    for name, cost in taken.items():
        print(f"{name:26s}{cost:12.1f}{cost / taken['ours']:12.2f}")
    if len(casts) == 3:
        print("Open3D is not installed: not measured")


def start_up(place: str, quality: str, device: str) -> None:
    done = subprocess.run([sys.executable, "-c", FIRST_FRAME, place, quality, device], cwd=ROOT, check=True, text=True,
                          capture_output=True)
    seconds, resident, own = (float(word) for word in done.stdout.split())
    print(f"start to first frame ({quality}): {seconds:.1f} s of CPU, {resident:.0f} MB resident at most, "
          f"{own:.0f} MB of them its own at the end; the rest are libraries, which all workers of a host share")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--place", default="SimgenTown01")
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--quality", action="append", choices=list(LADDER), help="only these")
    parser.add_argument("--no-references", action="store_true")
    parser.add_argument("--device", choices=list(TRACERS), default="cpu")
    given = parser.parse_args()
    try:
        bench = Bench(load_place(given.place), given.runs, TRACERS[given.device]())
    except DeviceMissing as error:
        parser.error(str(error))
    unit = "ms until the GPU is done" if given.device == "cuda" else "CPU ms on one thread"
    print(f"{given.place}, {WIDTH} x {HEIGHT}, 30 actors, {bench.street.lamps} lamps of vehicles and the street's own; "
          f"{given.device}, {unit}")
    for name, cost in bench.fixed().items():
        print(f"{name:26s}{cost:12.1f}")
    for quality in given.quality or list(LADDER)[1:]:
        columns = {weather: bench.stages(quality, weather) for weather in WEATHERS}
        rows: dict[str, Sequence[float]] = {stage: [one[stage] for one in columns.values()] for stage in STAGES}
        rows["picture and all labels"] = [sum(one.values()) for one in columns.values()]
        table(f"quality {quality}", list(columns), rows)
    if given.device == "cpu" and not given.no_references:
        references(bench)
    for quality in ("fast", "standard"):
        if given.device in DEVICES:
            start_up(given.place, quality, given.device)


if __name__ == "__main__":
    main()
