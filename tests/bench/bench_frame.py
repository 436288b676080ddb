"""What a frame costs: by sensor, and the whole product next to a bare client with the same sensors and ticks.

    python tests/bench/bench_frame.py [--frames N]

One built-in simulator, nothing else running. The bare client is a plain CARLA program on the same road: it spawns the
same sensors, waits for all of them at every tick, and throws the data away.
"""

from __future__ import annotations

import argparse
import queue
import sys
import tempfile
import time
from dataclasses import replace
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT))

from simgen.capture.rig import SensorChannel  # noqa: E402
from simgen.capture.session import connect, load_world, synchronous_mode, tick  # noqa: E402
from simgen.fleet.launch.server import Server, start_server  # noqa: E402
from simgen.fleet.slot import Slot  # noqa: E402
from simgen.pipeline import record_episode  # noqa: E402
from simgen.scenario import load_scenario, make_plans  # noqa: E402
from simgen.scenario.plan import EpisodePlan, RoadWish  # noqa: E402

CAMERAS = ("rgb", "depth", "semantic_segmentation", "instance_segmentation")
LIDARS = ("ray_cast", "ray_cast_semantic")


def milliseconds(seconds: float, count: int) -> float:
    return 1000.0 * seconds / count


def by_sensor(simulator: Server, frames: int) -> dict[str, float]:
    """Milliseconds a tick takes with one sensor alone, at KITTI's size."""
    import carla

    client = connect(simulator.endpoint)
    world = load_world(client, RoadWish(kind="rural"), None)
    library = world.get_blueprint_library()
    result: dict[str, float] = {}
    with synchronous_mode(world, 0.1, world.get_settings()):
        start = world.get_map().get_spawn_points()[0]
        ego = world.spawn_actor(library.find("vehicle.lincoln.mkz_2020"), start)
        tick(world)
        began = time.perf_counter()
        for _ in range(50):
            tick(world)
        result["no sensor"] = milliseconds(time.perf_counter() - began, 50)
        for name in [f"sensor.camera.{kind}" for kind in CAMERAS] + [f"sensor.lidar.{kind}" for kind in LIDARS]:
            blueprint = library.find(name)
            if "camera" in name:
                blueprint.set_attribute("image_size_x", "1264")
                blueprint.set_attribute("image_size_y", "404")
            else:
                for key, value in {"channels": 64, "range": 120, "rotation_frequency": 10, "points_per_second": 1333120,
                                   "upper_fov": 2, "lower_fov": -24.8}.items():
                    blueprint.set_attribute(key, str(value))
            sensor = world.spawn_actor(blueprint, carla.Transform(carla.Location(z=1.73)), ego)
            channel = SensorChannel(name, sensor)
            channel.listen()
            channel.wait_for(tick(world).frame)
            began = time.perf_counter()
            for _ in range(frames):
                channel.wait_for(tick(world).frame)
            result[name] = milliseconds(time.perf_counter() - began, frames)
            channel.stop()
            sensor.destroy()
        ego.destroy()
    return result


def bare_client(simulator: Server, frames: int) -> float:
    """Seconds for so many ticks of a plain CARLA program with the rig's sensors: queues, no decoding, data dropped."""
    import carla

    client = carla.Client(simulator.endpoint.host, simulator.endpoint.port)
    client.set_timeout(60.0)
    world = client.load_world("SimgenRural01")
    settings = world.get_settings()
    settings.synchronous_mode, settings.fixed_delta_seconds = True, 0.1
    world.apply_settings(settings)
    library = world.get_blueprint_library()
    ego = world.spawn_actor(library.find("vehicle.lincoln.mkz_2020"), world.get_map().get_spawn_points()[10])
    sensors, queues = [], []
    for kind, y in (("rgb", -0.06), ("rgb", 0.47), ("depth", -0.06), ("instance_segmentation", -0.06)):
        blueprint = library.find(f"sensor.camera.{kind}")
        for key, value in {"image_size_x": 1264, "image_size_y": 404, "fov": 82.42}.items():
            blueprint.set_attribute(key, str(value))
        sensors.append(world.spawn_actor(blueprint, carla.Transform(carla.Location(-0.4, y, 1.65)), ego))
    for upper, lower in ((2.0, -8.333), (-8.83, -24.33)):
        blueprint = library.find("sensor.lidar.ray_cast_semantic")
        for key, value in {"channels": 32, "range": 120, "rotation_frequency": 10, "points_per_second": 666560,
                           "upper_fov": upper, "lower_fov": lower}.items():
            blueprint.set_attribute(key, str(value))
        sensors.append(world.spawn_actor(blueprint, carla.Transform(carla.Location(-0.66, 0, 1.73)), ego))
    for sensor in sensors:
        queues.append(queue.SimpleQueue())
        sensor.listen(queues[-1].put)

    def step() -> None:
        number = world.tick(60.0)
        for one in queues:
            while one.get(timeout=60.0).frame < number:
                pass

    step()
    began = time.perf_counter()
    for _ in range(frames):
        step()
    taken = time.perf_counter() - began
    for sensor in sensors:
        sensor.stop()
        sensor.destroy()
    ego.destroy()
    settings.synchronous_mode, settings.fixed_delta_seconds = False, None
    world.apply_settings(settings)
    return taken


def whole_run(simulator: Server, plan: EpisodePlan) -> float:
    """Seconds that the same frames take when they are labelled and written, without the episode's set-up."""
    with tempfile.TemporaryDirectory() as folder:
        out = Path(folder)
        began = time.perf_counter()
        record_episode(simulator.endpoint, plan, 0, out)
        ended = time.perf_counter()
        marks = sorted(path.stat().st_mtime for path in (out / "training" / "objects").iterdir())
        wall_end = time.time()
    first_frame_s = (ended - began) - (wall_end - marks[0])
    return ended - began - first_frame_s


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--frames", type=int, default=20)
    frames = parser.parse_args().frames
    scenario = load_scenario(ROOT / "scenarios/animals/deer_crossing.yaml")
    plan = make_plans([scenario], 1, 0)[0]
    plan = replace(plan, capture=replace(plan.capture, frames=frames))

    def died(status: int) -> None:
        raise SystemExit(f"the simulator ended with status {status}")

    with tempfile.TemporaryDirectory() as logs:
        simulator = start_server(Slot(0), Path(logs), died)
        try:
            print("milliseconds a tick, one sensor at a time (1264×404; 64 beams, 133 312 rays)")
            for name, cost in by_sensor(simulator, max(5, frames // 2)).items():
                print(f"  {name:38s}{cost:9.1f}")
            bare = bare_client(simulator, frames)
            whole = whole_run(simulator, plan)
            print(f"rig kitti, {plan.name}, {frames} frames, milliseconds a frame")
            bare_ms, whole_ms = milliseconds(bare, frames), milliseconds(whole, frames - 1)
            print(f"  {'bare client, same sensors and ticks':38s}{bare_ms:9.1f}")
            print(f"  {'labelled and written':38s}{whole_ms:9.1f}   ratio {whole_ms / bare_ms:.2f}")
        finally:
            simulator.stop()


if __name__ == "__main__":
    main()
