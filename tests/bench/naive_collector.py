"""A data collector as one writes it with the ``carla`` client in an afternoon: spawn, listen, tick, save, again.

    python tests/bench/naive_collector.py HOST:PORT DIR [--episodes 2] [--frames 40]

One process and one thread of its own: each tick waits until the frame before is on disk. It has KITTI's two cameras at
KITTI's size, one LiDAR of 64 beams, depth and instance pictures for what is hidden, and writes image_2, image_3,
velodyne, velodyne_label, label_2 and calib of each frame, as simgen does (whose side files and checksums it lacks).
It is no strawman: pixels and points never go through Python loops, and pictures are saved by OpenCV.
"""

from __future__ import annotations

import argparse
import math
import queue
from pathlib import Path
from typing import Any

import carla
import cv2
import numpy as np
from numpy.typing import NDArray

WIDTH, HEIGHT, FOV_DEG = 1264, 404, 82.42
LEFT, TOP, STORED_WIDTH, STORED_HEIGHT = 22, 29, 1242, 375
FOCAL = 721.5377
K = np.array([[FOCAL, 0.0, 609.5593], [0.0, FOCAL, 172.854], [0.0, 0.0, 1.0]])
POINT = np.dtype([("xyz", "<f4", 3), ("cos", "<f4"), ("id", "<u4"), ("tag", "<u4")])
FOLDERS = {"image_2": "png", "image_3": "png", "velodyne": "bin", "velodyne_label": "label", "calib": "txt",
           "label_2": "txt"}
TYPES = {"vehicle": "Car", "walker": "Pedestrian"}
CALIB = "".join(f"P{i}: {FOCAL} 0 609.5593 0 0 {FOCAL} 172.854 0 0 0 1 0\n" for i in range(4)) + (
    "R0_rect: 1 0 0 0 1 0 0 0 1\nTr_velo_to_cam: 0 -1 0 0 0 0 -1 -0.08 1 0 0 -0.27\n"
    "Tr_imu_to_velo: 1 0 0 -0.81 0 1 0 0.32 0 0 1 -0.8\n")


class Collector:
    """Sensors on an ego, and a folder."""

    def __init__(self, client: carla.Client, out: Path) -> None:
        for folder in FOLDERS:
            (out / "training" / folder).mkdir(parents=True, exist_ok=True)
        self.client, self.out, self.number = client, out, 0

    def record(self, frames: int) -> None:
        """One episode."""
        world = self.client.load_world("SimgenTown01")
        settings = world.get_settings()
        settings.synchronous_mode, settings.fixed_delta_seconds = True, 0.1
        world.apply_settings(settings)
        living: list[Any] = []
        try:
            library, start = world.get_blueprint_library(), world.get_map().get_spawn_points()[0]
            ego = world.spawn_actor(library.find("vehicle.lincoln.mkz_2020"), start)
            living.append(ego)
            ahead = start.get_forward_vector()
            for kind, distance_m, side_m in (("vehicle.audi.tt", 22.0, -3.5), ("walker.pedestrian.0001", 12.0, 4.5),
                                             ("walker.pedestrian.0002", 10.0, -6.5)):
                place = carla.Transform(start.location + carla.Location(
                    ahead.x * distance_m - ahead.y * side_m, ahead.y * distance_m + ahead.x * side_m, 0.6),
                    start.rotation)
                other = world.try_spawn_actor(library.find(kind), place)
                if other is not None:
                    living.append(other)
            actors = living[1:]
            queues = self._listen(world, library, ego, living)
            for _ in range(2):
                self._step(world, queues)
            for _ in range(frames):
                self._save(self._step(world, queues), ego, actors)
        finally:
            for sensor in living[1:]:
                if isinstance(sensor, carla.Sensor):
                    sensor.stop()
            settings.synchronous_mode, settings.fixed_delta_seconds = False, None
            world.apply_settings(settings)
            self.client.apply_batch([carla.command.DestroyActor(actor) for actor in reversed(living)])

    def _listen(self, world: Any, library: Any, ego: Any, living: list[Any]) -> dict[str, queue.Queue[Any]]:
        queues: dict[str, queue.Queue[Any]] = {}

        def attach(name: str, kind: str, x: float, y: float, z: float, **attributes: object) -> None:
            blueprint = library.find(kind)
            for key, value in attributes.items():
                blueprint.set_attribute(key, str(value))
            sensor = world.spawn_actor(blueprint, carla.Transform(carla.Location(x, y, z)), attach_to=ego)
            living.append(sensor)
            queues[name] = queue.Queue()
            sensor.listen(queues[name].put)

        picture = {"image_size_x": WIDTH, "image_size_y": HEIGHT, "fov": FOV_DEG}
        attach("image_2", "sensor.camera.rgb", -0.4, -0.06, 1.65, **picture)
        attach("image_3", "sensor.camera.rgb", -0.4, 0.47, 1.65, role_name="right", **picture)
        attach("depth", "sensor.camera.depth", -0.4, -0.06, 1.65, **picture)
        attach("instances", "sensor.camera.instance_segmentation", -0.4, -0.06, 1.65, **picture)
        attach("lidar", "sensor.lidar.ray_cast_semantic", -0.66, 0.0, 1.73, channels=64, range=120,
               rotation_frequency=10, points_per_second=1333120, upper_fov=2, lower_fov=-24.8)
        return queues

    @staticmethod
    def _step(world: Any, queues: dict[str, queue.Queue[Any]]) -> dict[str, Any]:
        frame = world.tick()
        data = {}
        for name, one in queues.items():
            data[name] = one.get(timeout=60.0)
            while data[name].frame < frame:
                data[name] = one.get(timeout=60.0)
        return data

    def _save(self, data: dict[str, Any], ego: Any, actors: list[Any]) -> None:
        for name in ("image_2", "image_3"):
            cv2.imwrite(str(self._path(name)), np.ascontiguousarray(_stored(data[name])[:, :, :3]))
        points = np.frombuffer(data["lidar"].raw_data, POINT)
        points = points[points["id"] != ego.id]
        rows = np.empty((len(points), 4), np.float32)
        rows[:, :3] = points["xyz"] * np.array([1, -1, 1], np.float32)
        rows[:, 3] = points["cos"]
        rows.tofile(self._path("velodyne"))
        (points["tag"] | points["id"] << 16).astype(np.uint32).tofile(self._path("velodyne_label"))
        bgra = _stored(data["depth"]).astype(np.uint32)
        depth_m = (bgra[:, :, 2] + 256 * bgra[:, :, 1] + 65536 * bgra[:, :, 0]) * (1000.0 / (256**3 - 1))
        instances = _stored(data["instances"]).astype(np.uint32)
        ids = instances[:, :, 1] + 256 * instances[:, :, 0]
        world_to_camera = np.array(data["image_2"].transform.get_inverse_matrix())
        labels = [line for actor in actors if (line := _label(actor, world_to_camera, ids, depth_m, points))]
        self._path("label_2").write_text("".join(labels))
        self._path("calib").write_text(CALIB)
        self.number += 1

    def _path(self, folder: str) -> Path:
        return self.out / "training" / folder / f"{self.number:06d}.{FOLDERS[folder]}"


def _stored(image: Any) -> NDArray[np.uint8]:
    pixels = np.frombuffer(image.raw_data, np.uint8).reshape(HEIGHT, WIDTH, 4)
    return pixels[TOP:TOP + STORED_HEIGHT, LEFT:LEFT + STORED_WIDTH]


def _label(
    actor: Any, world_to_camera: NDArray[np.float64], ids: NDArray[np.uint32], depth_m: NDArray[np.float64],
    points: NDArray[np.void],
) -> str | None:
    """One line, or None of whom nothing is seen."""
    box = actor.bounding_box
    corners = np.array([(v.x, v.y, v.z, 1.0) for v in box.get_world_vertices(actor.get_transform())])
    x, y, z = (world_to_camera @ corners.T)[:3]
    right, down = y, -z
    if x.min() < 0.5:
        return None
    u, v = K[0, 0] * right / x + K[0, 2], K[1, 1] * down / x + K[1, 2]
    left, top = max(0.0, float(u.min())), max(0.0, float(v.min()))
    to_right, bottom = min(STORED_WIDTH - 1.0, float(u.max())), min(STORED_HEIGHT - 1.0, float(v.max()))
    if left >= to_right or top >= bottom:
        return None
    window = slice(int(top), int(bottom) + 1), slice(int(left), int(to_right) + 1)
    own = (ids[window] == actor.id & 0xFFFF) & (np.abs(depth_m[window] - x.mean()) < 10.0)
    if not own.any() and not (points["id"] == actor.id).any():
        return None
    share = own.mean()
    whole = float((u.max() - u.min()) * (v.max() - v.min()))
    truncation = 1.0 - (to_right - left) * (bottom - top) / whole
    yaw = math.radians(actor.get_transform().rotation.yaw) - math.pi / 2
    alpha = yaw - math.atan2(float(right.mean()), float(x.mean()))
    extent = box.extent
    return (f"{TYPES.get(actor.type_id.split('.')[0], 'Misc')} {truncation:.2f} {0 if share > 0.4 else 1} {alpha:.2f} "
            f"{left:.2f} {top:.2f} {to_right:.2f} {bottom:.2f} {2 * extent.z:.2f} {2 * extent.y:.2f} "
            f"{2 * extent.x:.2f} {right.mean():.2f} {down.max():.2f} {x.mean():.2f} {yaw:.2f}\n")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("server", metavar="HOST:PORT")
    parser.add_argument("out", type=Path, metavar="DIR")
    parser.add_argument("--episodes", type=int, default=2)
    parser.add_argument("--frames", type=int, default=40)
    given = parser.parse_args()
    host, _, port = given.server.rpartition(":")
    client = carla.Client(host, int(port))
    client.set_timeout(120.0)
    collector = Collector(client, given.out)
    for _ in range(given.episodes):
        collector.record(given.frames)


if __name__ == "__main__":
    main()
