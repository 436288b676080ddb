"""Small pictures of six places, hours and weathers: what the renderer makes of them now, and what it once made.

    python -m tests.localsim.golden_pictures      # write them again, after a change that should show; then look at them

A picture hangs on the processor a little: which of two triangles a ray through their shared edge meets, and the last
bit of a product. ``Difference`` says how much two pictures differ, ``AGREE`` how much processors may.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from simgen.localsim.bodies import body_mesh, tints
from simgen.localsim.catalogue import stock_library
from simgen.localsim.mesh import Instance, Light
from simgen.localsim.physical_weather import NOTHING, PhysicalWeather
from simgen.localsim.places import load_place
from simgen.localsim.quality import LADDER
from simgen.localsim.render import CameraBuffers, Renderer, Weather

FOLDER = Path(__file__).resolve().parents[1] / "data" / "golden"
WIDTH, HEIGHT, FOV_RAD = 310, 94, 2.0 * math.atan(1242 / (2 * 721.5377))      # KITTI's, a quarter as fine
BEAM_RGB = np.array([14.0, 13.0, 11.5], np.float32)
# Blueprint, metres ahead of the camera, metres to its left, radians of turn, and the phase of its gait.
CAST = (("vehicle.audi.a2", 9.0, -3.2, 0.0, 0), ("vehicle.mercedes.sprinter", 22.0, 3.4, math.pi, 0),
        ("walker.pedestrian.0015", 7.0, 3.6, -1.2, 3), ("walker.animal.red_deer", 12.0, 1.2, -1.5, 6),
        ("vehicle.bh.crossbike", 14.0, -1.2, 0.0, 0))


@dataclass(frozen=True, slots=True)
class Scene:
    """One golden picture: where, in which weather, with how much work, and whether headlamps burn."""

    place: str
    spawn_point: int
    weather: Weather
    physical: PhysicalWeather = NOTHING
    quality: str = "fast"
    lamps: bool = False


SCENES = {
    "town at noon": Scene("SimgenTown01", 96, Weather(cloudiness=30.0, sun_altitude_angle=45.0), quality="standard"),
    "town on a rainy night": Scene(
        "SimgenTown01", 96, Weather(cloudiness=100.0, sun_altitude_angle=-60.0, precipitation=80.0,
                                    precipitation_deposits=80.0, wetness=100.0, fog_density=20.0), lamps=True),
    "town in a blizzard": Scene(
        "SimgenTown01", 96, Weather(cloudiness=100.0, sun_altitude_angle=15.0, wind_intensity=60.0),
        PhysicalWeather(snowfall_mmh=2.5, snow_depth_m=0.08, visibility_m=150.0)),
    "country in evening sun": Scene("SimgenRural01", 12, Weather(cloudiness=20.0, sun_altitude_angle=7.0)),
    "country at night": Scene("SimgenRural01", 12, Weather(sun_altitude_angle=-40.0), quality="high", lamps=True),
    "motorway in fog": Scene("SimgenHighway01", 4, Weather(cloudiness=80.0, sun_altitude_angle=30.0),
                             PhysicalWeather(visibility_m=120.0)),
}


@dataclass(frozen=True, slots=True)
class Difference:
    """How far one picture is from another.

    psnr_db:     of the colours; infinite where they are the same.
    far_share:   share of pixels of which a colour is more than 16 of 255 away.
    label_share: share of pixels whose semantic tag differs.
    """

    psnr_db: float
    far_share: float
    label_share: float

    def within(self, limit: Difference) -> bool:
        return (self.psnr_db >= limit.psnr_db and self.far_share <= limit.far_share
                and self.label_share <= limit.label_share)


AGREE = Difference(psnr_db=45.0, far_share=0.001, label_share=0.0005)


def difference(a: tuple[NDArray[np.uint8], NDArray[np.uint8]],
               b: tuple[NDArray[np.uint8], NDArray[np.uint8]]) -> Difference:
    """Of two pairs of a picture (H, W, 3) and its tags (H, W)."""
    apart = np.abs(a[0].astype(np.float64) - b[0])
    squared = float((apart * apart).mean())
    return Difference(10.0 * math.log10(255.0 ** 2 / squared) if squared else math.inf,
                      float((apart.max(axis=-1) > 16.0).mean()), float((a[1] != b[1]).mean()))


def picture_of(renderer: Renderer, spawn: NDArray[np.float64],
               scene: Scene) -> tuple[NDArray[np.uint8], NDArray[np.uint8]]:
    """RGB and tags. spawn: (4, 4) world from the ground under the camera."""
    instances, lights = [], []
    for number, (name, ahead, left, yaw, phase) in enumerate(CAST):
        body = stock_library().find(name).body
        assert body is not None
        key = f"{body.shape}/{phase}"
        renderer.add_mesh(key, body_mesh(body.shape, body.size_lwh_m, phase))
        c, s = math.cos(yaw), math.sin(yaw)
        pose = spawn @ np.array([[c, -s, 0, ahead], [s, c, 0, left], [0, 0, 1, 0], [0, 0, 0, 1.0]])
        lit = scene.lamps and name.startswith("vehicle")
        instances.append(Instance(key, pose, number + 1, body.tag, tints(body.shape, None, name), int(lit), lit))
        if lit:
            lights.append(Light(pose @ (2.0, 0.0, 0.7, 1.0) @ np.eye(4, 3), pose[:3, 0], BEAM_RGB, 1, 70.0))
    if scene.lamps:
        lights.append(Light(spawn @ (1.5, 0.0, 0.7, 1.0) @ np.eye(4, 3), spawn[:3, 0], BEAM_RGB, 1, 70.0))
    eye = spawn.copy()
    eye[2, 3] += 1.65
    renderer.set_quality(LADDER[scene.quality])
    renderer.set_weather(scene.weather, scene.physical)
    renderer.set_scene(instances, lights, 4.0, 7)
    seen: CameraBuffers = renderer.camera(eye, WIDTH, HEIGHT, FOV_RAD, rgb=True)
    assert seen.rgb is not None
    return seen.rgb, seen.tag


def pictures(wanted: frozenset[str] = frozenset(SCENES)) -> dict[str, tuple[NDArray[np.uint8], NDArray[np.uint8]]]:
    """The wanted scenes as the renderer makes them now."""
    made = {}
    for name in sorted({scene.place for key, scene in SCENES.items() if key in wanted}):
        place = load_place(name)
        renderer = Renderer(place)
        for key, scene in SCENES.items():
            if scene.place == name and key in wanted:
                point = place.spawn_points[scene.spawn_point]
                c, s = math.cos(point.yaw_rad), math.sin(point.yaw_rad)
                height = float(place.ground.height(np.array([[point.x_m, point.y_m]]))[0])
                spawn = np.array([[c, -s, 0, point.x_m], [s, c, 0, point.y_m], [0, 0, 1, height], [0, 0, 0, 1.0]])
                made[key] = picture_of(renderer, spawn, scene)
    return made


def kept(name: str) -> tuple[NDArray[np.uint8], NDArray[np.uint8]]:
    """A scene as it is on disk: colours, and tags beside it."""
    stem = name.replace(" ", "_")
    colours = cv2.imread(str(FOLDER / f"{stem}.png"), cv2.IMREAD_COLOR)
    tags = cv2.imread(str(FOLDER / f"{stem}_tags.png"), cv2.IMREAD_GRAYSCALE)
    assert colours is not None and tags is not None, f"{FOLDER} holds no picture of {name}"
    return colours[..., ::-1].astype(np.uint8), tags.astype(np.uint8)


def keep() -> None:
    """Write all scenes."""
    FOLDER.mkdir(exist_ok=True)
    for name, (colours, tags) in pictures().items():
        stem = name.replace(" ", "_")
        for path, pixels in ((FOLDER / f"{stem}.png", colours[..., ::-1]), (FOLDER / f"{stem}_tags.png", tags)):
            if not cv2.imwrite(str(path), np.ascontiguousarray(pixels)):
                raise OSError(f"{path} could not be written")


if __name__ == "__main__":
    keep()
