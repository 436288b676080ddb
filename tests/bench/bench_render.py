"""How long the renderer takes, by itself.

    python tests/bench/bench_render.py [--threads N]

Cameras are KITTI's as rendered (1264 x 404 at f = 721.5377 px), the LiDAR has 64 x 2083 rays. With one thread, times
are those of one core.
"""

from __future__ import annotations

import argparse
import math
import sys
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from simgen.localsim.bodies import body_mesh, tints
from simgen.localsim.mesh import Instance, Light
from simgen.localsim.physical_weather import PhysicalWeather
from simgen.localsim.places import available_maps, load_place
from simgen.localsim.render import Renderer, Weather
from simgen.localsim.window import Rect

WIDTH, HEIGHT, FOV_RAD = 1264, 404, 2.0 * math.atan(1264 / (2 * 721.5377))
WINDOW = Rect(11, 14, 1253, 389)        # what is stored of the picture
CAR, CAR_LWH_M = "vehicle.tesla.model3", (4.79, 2.16, 1.49)
BEAM = np.array([14.0, 13.0, 11.5], dtype=np.float32)
WEATHERS = {
    "noon": Weather(cloudiness=30.0, sun_altitude_angle=45.0),
    "sunset": Weather(cloudiness=30.0, sun_altitude_angle=4.0),
    "night": Weather(sun_altitude_angle=-90.0),
    "night, rain": Weather(cloudiness=100.0, sun_altitude_angle=-90.0, precipitation=80.0,
                           precipitation_deposits=80.0, wetness=100.0, fog_density=20.0),
    "dusk": Weather(cloudiness=100.0, sun_altitude_angle=-1.0, wind_intensity=40.0),
}
SNOW = PhysicalWeather(snowfall_mmh=2.5, snow_depth_m=0.08, visibility_m=150.0)


def sweep_directions() -> NDArray[np.float32]:
    """(133312, 3), an HDL-64E's elevations."""
    elevation = np.radians(np.r_[np.linspace(2.0, -8.333, 32), np.linspace(-8.83, -24.33, 32)])
    azimuth = np.linspace(0.0, 2.0 * math.pi, 2083, endpoint=False)
    e, a = np.meshgrid(elevation, azimuth, indexing="ij")
    directions = np.stack([np.cos(e) * np.cos(a), np.cos(e) * np.sin(a), np.sin(e)], axis=-1)
    return directions.reshape(-1, 3).astype(np.float32)


class Traffic:
    """An ego on the place's 20th spawn point and cars before it, lights on."""

    def __init__(self, renderer: Renderer, name: str) -> None:
        spawn = load_place(name).spawn_points[20]
        c, s = math.cos(spawn.yaw_rad), math.sin(spawn.yaw_rad)
        self.ego = np.array([[c, -s, 0, spawn.x_m], [s, c, 0, spawn.y_m], [0, 0, 1, spawn.z_m - 0.3], [0, 0, 0, 1.0]])
        self.eye = self.ahead(0.0, 0.0, 1.65)
        self.renderer, self.frame, self.cars = renderer, 0, 8
        renderer.add_mesh("car", body_mesh(CAR, CAR_LWH_M, 0))

    def ahead(self, x: float, y: float, z: float) -> NDArray[np.float64]:
        return np.asarray(self.ego @ np.array([[1, 0, 0, x], [0, 1, 0, y], [0, 0, 1, z], [0, 0, 0, 1.0]]))

    def move(self) -> None:
        """Show the next moment, so that nothing is taken from the one before."""
        self.frame += 1
        places = [(12.0 + 9.0 * k + 0.01 * self.frame, 3.5 * (k % 2)) for k in range(self.cars)]
        cars = [Instance("car", self.ahead(x, y, 0.0), actor_id=k + 1, tint=tints(CAR, None, str(k)), headlamps=1,
                         tail=True) for k, (x, y) in enumerate(places)]
        beams = [Light(self.ahead(x + 2.5, y, 0.7)[:3, 3], self.ego[:3, 0], BEAM, 1, 70.0) for x, y in places]
        self.renderer.set_scene(cars, beams, 0.05 * self.frame, self.frame)

    def time_ms(self, task: Callable[[], object], runs: int = 5, first: Callable[[], object] = lambda: None) -> float:
        """The median of some runs, each in a new scene, after one to warm up. ``first`` is not timed."""
        times = []
        for _ in range(runs + 1):
            self.move()
            first()
            start = time.perf_counter()
            task()
            times.append(time.perf_counter() - start)
        return 1e3 * float(np.median(times[1:]))


def measure(name: str, threads: int) -> None:
    start = time.perf_counter()
    renderer = Renderer(load_place(name), threads=threads)
    print(f"{name}, {threads} thread(s), ready after {time.perf_counter() - start:.1f} s; milliseconds:")
    traffic, directions = Traffic(renderer, name), sweep_directions()

    def view(rgb: bool) -> object:
        return renderer.camera(traffic.eye, WIDTH, HEIGHT, FOV_RAD, rgb)

    sweep = traffic.time_ms(lambda: renderer.sweep(traffic.eye, directions, 120.0))
    print(f"  new scene                        {traffic.time_ms(traffic.move):7.1f}")
    print(f"  LiDAR, {len(directions)} rays               {sweep:7.1f}")
    print(f"  labels                           {traffic.time_ms(lambda: view(False)):7.0f}")
    traffic.cars = 15
    alone = traffic.time_ms(lambda: renderer.silhouettes(traffic.eye, WIDTH, HEIGHT, FOV_RAD, WINDOW),
                            first=lambda: view(False))
    frame = traffic.time_ms(lambda: view(True))
    print(f"  silhouettes of {traffic.cars} cars           {alone:7.1f}   {alone / frame:.1%} of labels and picture")
    traffic.cars = 8
    for weather, values in WEATHERS.items():
        renderer.set_weather(values)
        print(f"  labels and picture, {weather:12s} {traffic.time_ms(lambda: view(True)):7.0f}")
    renderer.set_weather(WEATHERS["dusk"], SNOW)
    print(f"  labels and picture, {'dusk, snow':12s} {traffic.time_ms(lambda: view(True)):7.0f}")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--threads", type=int, default=1)
    for place in available_maps():
        measure(place, parser.parse_args().threads)
