"""The ladder of qualities: what hangs on the rung a picture is made with, and what must not."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest
from numpy.typing import NDArray

from simgen.fleet import slot
from simgen.localsim.mesh import Instance, Light, Material
from simgen.localsim.physical_weather import PhysicalWeather
from simgen.localsim.quality import LADDER, STANDARD, Quality
from simgen.localsim.render import CameraBuffers, Renderer, Weather
from simgen.localsim.window import Rect
from tests.localsim.render_scenes import EYE_M, FlatPlace, box, ground, joined, pose, quad

WIDTH, HEIGHT, FOV_RAD = 121, 60, math.pi / 2        # odd and even: coarse pixels at the right end have no partner
NIGHT = Weather(cloudiness=100.0, precipitation=60.0, precipitation_deposits=60.0, wetness=90.0,
                sun_altitude_angle=-90.0)
NOON = Weather(cloudiness=20.0, sun_altitude_angle=50.0)
BEAM = Light(np.array([0.5, 0.0, 0.7]), np.array([1.0, 0.0, -0.0175]), np.array([14, 13, 11], np.float32), 1, 70.0)

BROWN = np.full((3, 3), (0.2, 0.1, 0.05), np.float32)


def street(quality: Quality, threads: int = 1) -> Renderer:
    wall = quad([(20, -30, 0), (20, 30, 0), (20, 30, 8), (20, -30, 8)][::-1], Material.BRICK)
    made = Renderer(FlatPlace(
        static=joined(ground(), wall), prototypes={"post": box(0.2, 0.2, 3.0, Material.POLE)},
        scenery=(Instance("post", pose(7.0, 3.0)),), street_lamps=np.array([[7.0, 3.0, 6.0]])), threads, quality)
    made.add_mesh("car", box(4.0, 1.8, 1.5, Material.CAR_PAINT))
    made.add_mesh("deer", box(1.4, 0.5, 1.3, Material.FUR))
    made.set_scene([
        Instance("car", pose(10.0, -1.0, yaw=0.2), actor_id=4, headlamps=1, tail=True),
        Instance("deer", pose(8.0, 1.0, yaw=1.2), actor_id=9, tag=21, tint=BROWN)], [BEAM], 1.25, 5)
    return made


def look(view: Renderer, weather: Weather = NOON, physical: PhysicalWeather | None = None) -> CameraBuffers:
    view.set_weather(weather, physical or PhysicalWeather())
    return view.camera(pose(z=EYE_M), WIDTH, HEIGHT, FOV_RAD, rgb=True)


def picture(view: Renderer, weather: Weather = NOON) -> NDArray[np.uint8]:
    rgb = look(view, weather).rgb
    assert rgb is not None
    return rgb


@pytest.fixture(scope="module")
def rungs() -> dict[str, Renderer]:
    return {name: street(quality) for name, quality in LADDER.items()}


def test_the_ladder_has_four_rungs_and_the_standard_is_one_that_workers_know_too() -> None:
    assert list(LADDER) == ["labels", "fast", "standard", "high"]
    assert STANDARD in LADDER and slot.STANDARD == STANDARD


@pytest.mark.parametrize("weather", [NOON, NIGHT], ids=["noon", "night"])
def test_labels_and_returns_are_the_same_bytes_in_all_qualities(rungs: dict[str, Renderer], weather: Weather) -> None:
    azimuth = np.linspace(-1.0, 1.0, 200)
    beams = np.stack([np.cos(azimuth), np.sin(azimuth), np.full(200, -0.08)], axis=1).astype(np.float32)
    seen = []
    for view in rungs.values():
        found, swept = look(view, weather), view.sweep(pose(z=EYE_M), beams, 100.0)
        alone = view.silhouettes(pose(z=EYE_M), WIDTH, HEIGHT, FOV_RAD, Rect(0, 0, WIDTH, HEIGHT))
        seen.append((*(x.tobytes() for x in (found.depth_m, found.tag, found.actor_id, found.instance, swept.range_m,
                                             swept.cos_incidence, swept.actor_id, swept.tag)), repr(alone)))
    assert len(set(seen)) == 1


def test_each_rung_makes_another_picture(rungs: dict[str, Renderer]) -> None:
    assert len({picture(view).tobytes() for view in rungs.values()}) == len(LADDER)


def test_a_picture_without_light_is_never_black_and_knows_no_weather(rungs: dict[str, Renderer]) -> None:
    by_day, by_night = picture(rungs["labels"]), picture(rungs["labels"], NIGHT)
    assert (by_day == by_night).all()
    assert by_day.max(axis=2).min() > 20
    found = look(rungs["labels"])
    things = [by_day[found.actor_id == 4], by_day[found.actor_id == 9], by_day[found.tag == 11]]
    means = [thing.reshape(-1, 3).mean(axis=0) for thing in things]
    assert all(np.abs(a - b).max() > 30.0 for a, b in zip(means, [*means[1:], means[0]], strict=True))


@pytest.mark.parametrize("weather", [NOON, NIGHT], ids=["noon", "night"])
@pytest.mark.parametrize("name", ["fast", "high"])
def test_the_other_rungs_show_what_the_standard_shows(rungs: dict[str, Renderer], name: str, weather: Weather) -> None:
    usual, other = (picture(rungs[key], weather).astype(float) for key in (STANDARD, name))
    assert np.abs(usual - other).mean() < 6.0
    assert np.abs(usual.mean(axis=(0, 1)) - other.mean(axis=(0, 1))).max() < 3.0


@pytest.mark.parametrize("name", ["labels", "fast", "high"])
def test_threads_and_repetition_change_no_byte_in_any_quality(rungs: dict[str, Renderer], name: str) -> None:
    first = picture(rungs[name], NIGHT)
    look(rungs[name], NOON)
    assert (picture(rungs[name], NIGHT) == first).all()
    assert (picture(street(LADDER[name], threads=3), NIGHT) == first).all()


def test_changing_the_quality_leaves_nothing_behind(rungs: dict[str, Renderer]) -> None:
    view = street(LADDER["high"])
    look(view, NIGHT)
    view.set_quality(LADDER["fast"])
    assert (picture(view, NIGHT) == picture(rungs["fast"], NIGHT)).all()


def test_a_filter_of_edges_makes_steps_into_slopes() -> None:
    """A leaning dark box before a bright sky: with jagged edges hardly a pixel is half dark."""
    half_dark = []
    for quality in (replace(LADDER["fast"], edge_filter=False), LADDER["fast"]):
        view = Renderer(FlatPlace(), quality=quality)
        view.add_mesh("box", box(0.5, 2.0, 3.0, Material.BLACK_TRIM))
        view.set_scene([Instance("box", _tilted(0.3), actor_id=9)], [], 0.0, 0)
        blue = picture(view)[10:22, 40:80, 2].astype(float)
        dark, bright = np.percentile(blue, [5, 95])
        share = (blue - dark) / (bright - dark)
        half_dark.append(int(((share > 0.25) & (share < 0.75)).sum()))
    assert half_dark[1] > half_dark[0] + 8


def _tilted(roll_rad: float) -> NDArray[np.float64]:
    c, s = np.cos(roll_rad), np.sin(roll_rad)
    return np.array([[1, 0, 0, 8.0], [0, c, -s, 0], [0, s, c, 1.5], [0, 0, 0, 1.0]])


def test_cameras_at_one_pose_share_one_primary_pass() -> None:
    """RGB, depth, tags, instances and silhouettes of one moment: their rays are cast once."""
    heard: list[str] = []
    view = Renderer(FlatPlace(prototypes={"post": box(0.2, 0.2, 3.0, Material.POLE)}), quality=LADDER["fast"],
                    done=heard.append)
    view.set_scene([Instance("post", pose(7.0), actor_id=3)], [], 0.0, 0)
    for rgb in (True, False, False):
        view.camera(pose(z=EYE_M), WIDTH, HEIGHT, FOV_RAD, rgb=rgb)
    view.silhouettes(pose(z=EYE_M), WIDTH, HEIGHT, FOV_RAD, Rect(0, 0, WIDTH, HEIGHT))
    view.normals(pose(z=EYE_M), WIDTH, HEIGHT, FOV_RAD)
    assert heard.count("primary rays") == 1
    view.camera(pose(z=EYE_M), WIDTH + 1, HEIGHT, FOV_RAD, rgb=False)
    assert heard.count("primary rays") == 2
