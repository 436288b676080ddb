"""Trees in weather: bare in winter, moved by wind, for every sensor and in any order of calls."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from simgen.localsim.devices import CPU
from simgen.localsim.mesh import Instance, Material
from simgen.localsim.physical_weather import NOTHING, PhysicalWeather, leafless
from simgen.localsim.render import CameraBuffers, Renderer, Weather
from simgen.localsim.render.bvh import BvhTracer
from simgen.localsim.render.device import Device
from simgen.localsim.render.sway import lean
from simgen.localsim.render.tracing import RayTracer
from tests.localsim.render_scenes import FlatPlace, box, pose

SNOW = PhysicalWeather(snow_depth_m=0.08)
CALM, GALE = Weather(wind_intensity=0.0), Weather(wind_intensity=100.0)
FEET = np.array([[0.0, 0.0, 0.0], [40.0, 7.0, 2.0], [300.0, -80.0, 1.0]])


def park(tracer: RayTracer | None = None) -> Renderer:
    """Two trees, a pole between them: in leaf 3 m wide, bare half a metre."""
    return Renderer(FlatPlace(
        prototypes={"tree": box(3.0, 3.0, 8.0, Material.LEAF), "pole": box(0.4, 0.4, 8.0, Material.POLE)},
        scenery=(Instance("tree", pose(15.0, 4.0)), Instance("pole", pose(15.0)), Instance("tree", pose(15.0, -4.0))),
        bare_forms={"tree": box(0.5, 0.5, 8.0, Material.BARK)}, swaying=frozenset({"tree"})), tracer=tracer)


def look(renderer: Renderer) -> CameraBuffers:
    return renderer.camera(pose(z=1.65), 160, 96, 1.4, True)


def same(one: CameraBuffers, other: CameraBuffers) -> bool:
    return all(np.array_equal(getattr(one, name), getattr(other, name))
               for name in ("rgb", "depth_m", "tag", "actor_id", "instance"))


def shown_px(buffers: CameraBuffers) -> list[int]:
    """How many pixels show each of the three things."""
    return [int(np.count_nonzero(buffers.instance == number)) for number in (1, 2, 3)]


@pytest.mark.parametrize(("weather", "expected"), [
    (NOTHING, False), (PhysicalWeather(snow_depth_m=0.009), False), (PhysicalWeather(snow_depth_m=0.01), True),
    (PhysicalWeather(snowfall_mmh=0.1), True), (PhysicalWeather(ice=1.0), False),
    (PhysicalWeather(rain_mmh=9.0), False),
])
def test_trees_are_bare_where_a_centimetre_of_snow_lies_or_snow_falls(weather: PhysicalWeather, expected: bool) -> None:
    assert leafless(weather) is expected


def test_in_snow_trees_show_their_bare_form_under_the_same_numbers() -> None:
    renderer = park()
    renderer.set_weather(CALM)
    summer = look(renderer)
    renderer.set_weather(CALM, SNOW)
    winter = look(renderer)
    (left, pole, right), (bare_left, bare_pole, bare_right) = shown_px(summer), shown_px(winter)
    assert 4.0 < left / bare_left < 9.0
    assert 4.0 < right / bare_right < 9.0
    assert bare_pole == pole


def test_a_lidar_meets_bare_trees_as_the_camera_does() -> None:
    renderer = park()
    renderer.set_weather(CALM, SNOW)
    beside, at_stem = np.array([[15.0, 5.2, 0.0]], np.float32), np.array([[15.0, 4.0, 0.0]], np.float32)
    assert np.isinf(renderer.sweep(pose(z=2.0), beside, 100.0).range_m[0])
    to_face = np.hypot(15.0, 4.0) * 14.75 / 15.0
    assert renderer.sweep(pose(z=2.0), at_stem, 100.0).range_m[0] == pytest.approx(to_face, 1e-3)
    renderer.set_weather(CALM)
    assert renderer.sweep(pose(z=2.0), beside, 100.0).range_m[0] < 15.0


def test_seasons_may_change_in_any_order_with_the_same_bytes() -> None:
    fresh, used = park(), park()
    for weather in ((CALM, SNOW), (CALM, NOTHING), (GALE, SNOW), (CALM, NOTHING), (GALE, SNOW)):
        used.set_weather(*weather)
        used.set_scene([], [], 2.0, 5)
        look(used)
    fresh.set_scene([], [], 2.0, 5)
    fresh.set_weather(GALE, SNOW)
    assert same(look(used), look(fresh))
    used.set_weather(CALM)
    still = park()
    still.set_weather(CALM)
    still.set_scene([], [], 2.0, 5)
    assert same(look(used), look(still))


def test_wind_moves_trees_for_camera_and_lidar_and_nothing_else() -> None:
    renderer = park()
    beam = np.array([[15.0, 4.0, 5.0]], np.float32)
    ranges, numbers = [], []
    for time_s in (0.0, 1.0, 2.0):
        renderer.set_weather(GALE)
        renderer.set_scene([], [], time_s, 5)
        ranges.append(float(renderer.sweep(pose(z=2.0), beam, 100.0).range_m[0]))
        numbers.append(look(renderer).instance)
    assert len(set(ranges)) == 3
    assert not np.array_equal(numbers[0] == 1, numbers[1] == 1)
    assert np.array_equal(numbers[0] == 2, numbers[1] == 2)


@pytest.mark.parametrize("tracer", [lambda: None, lambda: BvhTracer(Device(CPU))], ids=["embree", "bvh"])
def test_a_leaning_tree_is_met_where_its_lean_puts_it(tracer: Callable[[], RayTracer | None]) -> None:
    renderer = park(tracer())
    renderer.set_weather(CALM)
    assert renderer.scene.feet.tolist() == [[15.0, 4.0, 0.0], [15.0, -4.0, 0.0]]
    level = np.array([[1.0, 0.0, 0.0]], np.float32)
    assert renderer.sweep(pose(0.0, 4.0, 6.0), level, 100.0).range_m[0] == pytest.approx(13.5, abs=1e-4)
    renderer.scene.bend(np.array([[0.05, 0.0], [0.0, 0.0]]))
    assert renderer.sweep(pose(0.0, 4.0, 6.0), level, 100.0).range_m[0] == pytest.approx(13.5 + 0.05 * 6.0, abs=1e-4)
    assert renderer.sweep(pose(0.0, -4.0, 6.0), level, 100.0).range_m[0] == pytest.approx(13.5, abs=1e-4)


def test_light_air_moves_no_tree_and_the_strongest_wind_leans_them_a_few_degrees() -> None:
    assert not lean(FEET, 3.0, 1.5).any()
    strongest = np.array([lean(FEET, 0.1 * k, 14.0) for k in range(600)])
    assert 0.02 < np.hypot(*np.moveaxis(strongest, 2, 0)).max() < 0.06
    steps = np.abs(np.diff(strongest, axis=0))
    assert steps.max() < 0.005                                  # 13 m up: less than 7 cm in a tenth of a second


def test_push_grows_with_the_square_of_the_wind_s_speed() -> None:
    mean = [np.mean([lean(FEET, 0.1 * k, wind) for k in range(3000)], axis=(0, 1)) for wind in (5.0, 10.0)]
    assert mean[1] / mean[0] == pytest.approx([4.0, 4.0], rel=0.03)
