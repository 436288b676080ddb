"""Which sensor is due at a moment, and what it sends.

The suite is given one moment after another; of its own it remembers only when each sensor measured last and
where its LiDAR head stands. All chance is drawn from (the sensor's noise_seed, its id, the episode's age).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

import numpy as np

from sensors.axes import points_from_carla
from simgen.localsim.actors import Sensor
from simgen.localsim.film import USUAL, film_of
from simgen.localsim.lidar import Head, Returns
from simgen.localsim.navigation import contacts, gnss_fix, imu_reading
from simgen.localsim.numbering import InstanceIds, shown_numbers
from simgen.localsim.radar import Antenna, angles_rad, closing_mps
from simgen.localsim.scene import matrix_from_carla
from simgen.localsim.stage import Stage
from simgen.localsim.window import window_of
from simgen.localsim.wire import payloads
from simgen.localsim.wire.payloads import (
    CUT_OBJECT,
    LEVEL_OBJECT,
    LIDAR_POINT,
    RADAR_POINT,
    SEMANTIC_POINT,
    Part,
    SilhouetteRow,
)
from simgen.localsim.wire.stream import SENSOR_TYPE, Header
from simgen.localsim.world import Moment

# Clients write sensor_tick in decimal and time is a sum of steps, so a sensor is due a hair early.
_DUE_SLACK_S = 1e-6
_CAMERAS = "sensor.camera."


@dataclass(frozen=True, slots=True)
class Memory:
    """What the suite remembers of a sensor. waited_s: since it measured last, a sum of ticks: the difference of two
    times of the world would hang on how long that has run. begun_ticks: the episode's age when it was first listened
    to."""

    waited_s: float = 0.0
    head_deg: float = 0.0
    begun_ticks: int | None = None


@dataclass(frozen=True, slots=True)
class Occasion:
    """One sensor at one moment. elapsed_s: since it measured last. ids: what instance cameras show."""

    moment: Moment
    sensor: Sensor
    elapsed_s: float
    head_deg: float
    stage: Stage
    ids: InstanceIds

    def number(self, key: str) -> float:
        """A numeric attribute."""
        return float(self.sensor.attributes[key])

    def chance(self) -> np.random.Generator:
        """This measurement's own random numbers."""
        seed = abs(int(self.sensor.attributes.get("noise_seed", "0")))
        return np.random.default_rng([seed, self.sensor.id, self.moment.age_ticks])


class SensorSuite:
    """Measures with all sensors of one world that somebody listens to. ids: what its instance cameras show."""

    def __init__(self, ids: InstanceIds = InstanceIds.ACTOR) -> None:
        self._ids = ids
        self._episode = 0
        self._memory: dict[int, Memory] = {}

    def measure(
        self, moment: Moment, stage: Stage, listened: Callable[[int], bool]
    ) -> Iterator[tuple[int, list[Part]]]:
        """(stream, message) of every sensor that is due, sorted by id. ``listened`` tells whether anyone takes a
        stream; nothing is rendered for the others, but their time and their LiDAR heads run on."""
        if moment.episode_id != self._episode:
            self._episode, self._memory = moment.episode_id, {}
        sensors = [actor for actor in moment.actors if isinstance(actor, Sensor) and actor.stream_id]
        self._memory = {sensor.id: self._memory[sensor.id] for sensor in sensors if sensor.id in self._memory}
        for sensor in sensors:
            known = self._memory.get(sensor.id)
            memory = known or Memory()
            elapsed = memory.waited_s + moment.delta_s
            if known is not None and elapsed + _DUE_SLACK_S < float(sensor.attributes["sensor_tick"]):
                self._memory[sensor.id] = replace(memory, waited_s=elapsed)
                continue
            occasion = Occasion(moment, sensor, elapsed, memory.head_deg, stage, self._ids)
            heard = listened(sensor.stream_id)
            begun = moment.age_ticks if heard and memory.begun_ticks is None else memory.begun_ticks
            self._memory[sensor.id] = Memory(0.0, _head_after(occasion), begun)
            dark = moment.settings.no_rendering_mode and sensor.blueprint.id.startswith(_CAMERAS)
            if dark or not heard or begun is None or not _has_turn(sensor, moment.age_ticks - begun):
                continue
            kind = SENSOR_TYPE[sensor.blueprint.id]
            header = Header(kind, moment.frame, moment.timestamp_s, sensor.transform).to_bytes()
            for payload in MEASURE[sensor.blueprint.id](occasion):
                yield sensor.stream_id, [header, *payload]


def _has_turn(sensor: Sensor, ticks: int) -> bool:
    """Whether a camera that was first listened to so many ticks ago renders now; other sensors always measure."""
    return ticks % int(sensor.attributes.get("every_ticks", "1")) == 0


def _head_after(occasion: Occasion) -> float:
    if not occasion.sensor.blueprint.id.startswith("sensor.lidar."):
        return 0.0
    return Head.of(occasion.sensor.attributes).angle_after(occasion.head_deg, occasion.elapsed_s)


def _camera_shape(occasion: Occasion) -> tuple[int, int, float]:
    """Width and height in pixels, horizontal field of view in radians."""
    width, height = (int(occasion.sensor.attributes[f"image_size_{side}"]) for side in "xy")
    return width, height, float(np.radians(occasion.number("fov")))


def _camera(occasion: Occasion) -> list[list[Part]]:
    """All cameras share their rays: the picture, its depths and its labels are exact to the pixel."""
    name, fov = occasion.sensor.blueprint.id.removeprefix(_CAMERAS), occasion.number("fov")
    seen = occasion.stage.camera(
        matrix_from_carla(occasion.sensor.transform), *_camera_shape(occasion), rgb=name == "rgb",
        velocity=occasion.sensor.motion.velocity,
        film=film_of(occasion.sensor.attributes) if name == "rgb" else USUAL,
    )
    match name:
        case "rgb":
            assert seen.rgb is not None
            pixels = payloads.bgra_of_rgb(seen.rgb)
        case "depth":
            pixels = payloads.bgra_of_depth(seen.depth_m)
        case "semantic_segmentation":
            pixels = payloads.bgra_of_tags(seen.tag)
        case _:
            numbers = shown_numbers(occasion.ids, seen.tag, seen.actor_id, seen.instance)
            pixels = payloads.bgra_of_instances(seen.tag, numbers)
    return [payloads.picture_parts(pixels, fov)]


def _normals(occasion: Occasion) -> list[list[Part]]:
    normals = occasion.stage.normals(matrix_from_carla(occasion.sensor.transform), *_camera_shape(occasion))
    return [payloads.picture_parts(payloads.bgra_of_normals(normals), occasion.number("fov"))]


def _optical_flow(occasion: Occasion) -> list[list[Part]]:
    """Over one tick, also where the camera measures more rarely."""
    moved_px = occasion.stage.flow(occasion.sensor, *_camera_shape(occasion))
    return [payloads.flow_parts(moved_px, occasion.number("fov"))]


def _radar(occasion: Occasion) -> list[list[Part]]:
    antenna, stage = Antenna.of(occasion.sensor.attributes), occasion.stage
    rays = antenna.rays(occasion.elapsed_s, occasion.chance())
    world_from_radar = matrix_from_carla(occasion.sensor.transform)
    reach = antenna.range_m / rays[:, 0]
    hits = stage.sweep(world_from_radar, rays.astype(np.float32), float(reach.max(initial=0.0)))
    met = hits.range_m <= reach
    ranges = hits.range_m[met].astype(np.float64)
    sight = points_from_carla(rays[met]) @ world_from_radar[:3, :3].T
    eye, spots = world_from_radar[:3, 3], world_from_radar[:3, 3] + sight * ranges[:, None]
    before = stage.last_tick()
    earlier_eye = matrix_from_carla(before.pose_of(occasion.sensor.id))[:3, 3]
    points = np.empty(len(ranges), RADAR_POINT)
    points["velocity_mps"] = closing_mps(
        spots, before.points(spots, hits.actor_id[met]), eye, earlier_eye, occasion.moment.delta_s)
    points["azimuth_rad"], points["altitude_rad"] = angles_rad(rays[met])
    points["depth_m"] = ranges
    return [payloads.radar_parts(points)]


def _silhouettes(occasion: Occasion) -> list[list[Part]]:
    """Of all objects but the one that carries the sensor."""
    found = occasion.stage.silhouettes(
        matrix_from_carla(occasion.sensor.transform), *_camera_shape(occasion),
        window_of(occasion.sensor.attributes), occasion.sensor.parent_id,
    )
    rows = [
        SilhouetteRow(one.id, LEVEL_OBJECT * one.is_level | CUT_OBJECT * one.is_cut, one.visible_px, one.inside_px,
                      one.outside_px, *one.edges_px)
        for one in found
    ]
    return [payloads.picture_parts(payloads.silhouette_pixels(rows), occasion.number("fov"))]


def _semantic_lidar(occasion: Occasion) -> list[list[Part]]:
    head = Head.of(occasion.sensor.attributes)
    rays = head.directions(occasion.head_deg, occasion.elapsed_s)
    hits = occasion.stage.sweep(matrix_from_carla(occasion.sensor.transform), rays, head.range_m)
    met = np.isfinite(hits.range_m)
    points = np.empty(int(met.sum()), SEMANTIC_POINT)
    points["xyz"] = rays[met] * hits.range_m[met, None]
    points["cos_incidence"] = hits.cos_incidence[met]
    points["object_id"] = hits.actor_id[met]
    points["tag"] = hits.tag[met]
    counts = met.reshape(head.channels, len(rays) // head.channels).sum(axis=1).astype(np.uint32)
    angle = np.radians(head.angle_after(occasion.head_deg, occasion.elapsed_s))
    return [payloads.lidar_parts(float(angle), counts, points)]


def _lidar(occasion: Occasion) -> list[list[Part]]:
    head, returns = Head.of(occasion.sensor.attributes), Returns.of(occasion.sensor.attributes)
    rays = head.directions(occasion.head_deg, occasion.elapsed_s)
    hits = occasion.stage.sweep(matrix_from_carla(occasion.sensor.transform), rays, head.range_m)
    # Every ray draws its luck, met or not, so that one echo's luck does not hang on another's.
    rng = occasion.chance()
    strength = returns.intensity(hits.range_m)
    kept = np.isfinite(hits.range_m) & returns.survives(strength, rng)
    ranges = hits.range_m + returns.noise_m(len(rays), rng)
    points = np.empty(int(kept.sum()), LIDAR_POINT)
    points["xyz"] = rays[kept] * ranges[kept, None]
    points["intensity"] = strength[kept]
    counts = kept.reshape(head.channels, len(rays) // head.channels).sum(axis=1).astype(np.uint32)
    angle = np.radians(head.angle_after(occasion.head_deg, occasion.elapsed_s))
    return [payloads.lidar_parts(float(angle), counts, points)]


def _gnss(occasion: Occasion) -> list[list[Part]]:
    fix = gnss_fix(occasion.moment.level, occasion.sensor, occasion.chance())
    return [payloads.gnss_parts(*fix)]


def _imu(occasion: Occasion) -> list[list[Part]]:
    return [payloads.imu_parts(*imu_reading(occasion.sensor, occasion.chance()))]


def _collision(occasion: Occasion) -> list[list[Part]]:
    """One message for each actor that the sensor's carrier overlaps."""
    return [
        payloads.collision_parts(own.info(), other.info(), impulse)
        for own, other, impulse in contacts(occasion.moment, occasion.sensor)
    ]


MEASURE: dict[str, Callable[[Occasion], list[list[Part]]]] = {
    "sensor.camera.rgb": _camera,
    "sensor.camera.depth": _camera,
    "sensor.camera.semantic_segmentation": _camera,
    "sensor.camera.instance_segmentation": _camera,
    "sensor.camera.normals": _normals,
    "sensor.camera.optical_flow": _optical_flow,
    "sensor.camera.silhouettes": _silhouettes,
    "sensor.lidar.ray_cast": _lidar,
    "sensor.lidar.ray_cast_semantic": _semantic_lidar,
    "sensor.other.radar": _radar,
    "sensor.other.gnss": _gnss,
    "sensor.other.imu": _imu,
    "sensor.other.collision": _collision,
}
