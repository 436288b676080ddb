"""The scene that the renderer is timed in: a street of the built-in town with 30 actors, by day, night and in snow."""

from __future__ import annotations

import math
from collections.abc import Callable
from itertools import cycle, islice

import numpy as np
from numpy.typing import NDArray

from simgen.localsim.bodies import body_mesh, lamps, tints
from simgen.localsim.catalogue import stock_library
from simgen.localsim.mesh import Instance, Light
from simgen.localsim.physical_weather import NOTHING, PhysicalWeather
from simgen.localsim.places import Place
from simgen.localsim.render import Renderer, Weather

WIDTH, HEIGHT, FOV_RAD = 1242, 375, 2.0 * math.atan(1242 / (2 * 721.5377))      # KITTI's
SPAWN_POINT = 20
WEATHERS: dict[str, tuple[Weather, PhysicalWeather]] = {
    "noon": (Weather(cloudiness=30.0, sun_altitude_angle=45.0), NOTHING),
    "night": (Weather(sun_altitude_angle=-90.0), NOTHING),
    "night rain": (Weather(cloudiness=100.0, sun_altitude_angle=-90.0, precipitation=80.0,
                           precipitation_deposits=80.0, wetness=100.0, fog_density=20.0), NOTHING),
    "blizzard": (Weather(cloudiness=100.0, sun_altitude_angle=15.0, wind_intensity=60.0),
                 PhysicalWeather(snowfall_mmh=2.5, snow_depth_m=0.08, visibility_m=150.0)),
}
# Who is there, how far ahead of the camera's car, how far to its left, and turned by how much: 30 in all.
_VEHICLES = ("vehicle.tesla.model3", "vehicle.audi.a2", "vehicle.ford.ambulance", "vehicle.mini.cooper_s_2021",
             "vehicle.mitsubishi.fusorosa", "vehicle.lincoln.mkz_2020", "vehicle.vespa.zx125", "vehicle.nissan.patrol")
_WALKERS = ("walker.pedestrian.0001", "walker.pedestrian.0015", "walker.pedestrian.0020", "walker.pedestrian.0049",
            "walker.pedestrian.0010", "walker.animal.dog")
_CARS, _PEOPLE, _WITH_LIGHTS = 14, 16, 5
BEAM, TAIL = np.array([14.0, 13.0, 11.5], np.float32), np.array([0.8, 0.04, 0.02], np.float32)


class Street:
    """30 actors before a camera, which move a little whenever asked to."""

    def __init__(self, renderer: Renderer, place: Place) -> None:
        spawn = place.spawn_points[SPAWN_POINT]
        c, s = math.cos(spawn.yaw_rad), math.sin(spawn.yaw_rad)
        self._ego = np.array([[c, -s, 0, spawn.x_m], [s, c, 0, spawn.y_m], [0, 0, 1, spawn.z_m - 0.3], [0, 0, 0, 1.0]])
        self.eye = self._at(0.0, 0.0, 1.65)
        self._renderer, self._frame = renderer, 0
        self.lit = True         # have the first five vehicles their lights on?
        self._cast: list[Callable[[int], Instance]] = []
        self._lights: list[Light] = []
        for number, name in enumerate(islice(cycle(_VEHICLES), _CARS)):
            self._drive(number, name)
        for number, name in enumerate(islice(cycle(_WALKERS), _PEOPLE)):
            self._walk(number, name)

    def _at(self, x: float, y: float, z: float, yaw: float = 0.0) -> NDArray[np.float64]:
        c, s = math.cos(yaw), math.sin(yaw)
        return np.asarray(self._ego @ np.array([[c, -s, 0, x], [s, c, 0, y], [0, 0, 1, z], [0, 0, 0, 1.0]]))

    def _drive(self, number: int, name: str) -> None:
        body = stock_library().find(name).body
        assert body is not None
        coming = number % 2 == 1
        x, y, yaw, lit = 11.0 + 5.5 * number, 3.5 * coming, math.pi * coming, number < _WITH_LIGHTS
        key, tint = f"{body.shape}/0", tints(body.shape, None, str(number))
        self._renderer.add_mesh(key, body_mesh(body.shape, body.size_lwh_m, 0))
        pose = self._at(x, y, 0.0, yaw)
        if lit:
            spots = lamps(body.shape, body.size_lwh_m)
            for places, towards, colour, kind, reach in (
                    (spots.head, pose[:3, 0], BEAM, 1, 70.0), (spots.tail, -pose[:3, 0], TAIL, 2, 12.0)):
                self._lights += [Light(pose[:3, :3] @ spot + pose[:3, 3], towards, colour, kind, reach)
                                 for spot in np.asarray(places, dtype=np.float64)]
        self._cast.append(lambda frame: Instance(
            key, self._at(x + 0.01 * frame, y, 0.0, yaw), number + 1, body.tag, tint, int(lit), lit, snow=0.3,
            speed_mps=9.0))

    def _walk(self, number: int, name: str) -> None:
        body = stock_library().find(name).body
        assert body is not None
        key, tint = f"{body.shape}/{number % 8}", tints(body.shape, None, str(number))
        self._renderer.add_mesh(key, body_mesh(body.shape, body.size_lwh_m, number % 8))
        x, y = 7.0 + 3.1 * number, 7.4 if number % 3 else -3.6
        self._cast.append(lambda frame: Instance(
            key, self._at(x + 0.01 * frame, y, 0.15, 0.4 * number), 100 + number, body.tag, tint, snow=0.25))

    def move(self) -> None:
        """Show the next moment, so that nothing is taken from the one before."""
        self._renderer.set_scene(self._instances, self._lights if self.lit else [], 0.05 * self._frame, self._frame)

    def step(self) -> None:
        """Work out where everybody is at the next moment: the world's part, not the renderer's."""
        self._frame += 1
        self._instances = [one(self._frame) for one in self._cast]

    @property
    def lamps(self) -> int:
        return len(self._lights)
