"""Another ray tracer and other memory: Warp's own trees against Embree, and what a GPU would not share with us."""

from __future__ import annotations

import math
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

import simgen.localsim.render
from simgen.localsim.bodies import body_mesh
from simgen.localsim.catalogue import stock_library
from simgen.localsim.mesh import Instance, Material, Mesh
from simgen.localsim.physical_weather import PhysicalWeather
from simgen.localsim.places import load_place
from simgen.localsim.render import LADDER, Renderer, Weather
from simgen.localsim.render.bvh import BvhTracer
from simgen.localsim.render.device import Device, DeviceMissing
from simgen.localsim.render.raycast import Hits, Rays
from simgen.localsim.render.tracing import EmbreeTracer, RayTracer
from simgen.localsim.window import Rect
from tests.localsim.far_device import FarDevice
from tests.localsim.render_scenes import EYE_M, FlatPlace, box, ground, joined, pose, quad
from tests.localsim.test_render_repeatable import BEAM, RAINY_NIGHT, town

WIDTH, HEIGHT, FOV = 321, 121, 1.4
ELSEWHERE, MILLIMETRES = 1e-3, 1e-3         # share of rays that may name another triangle's owner; allowed distance


# Single rays, by both ray tracers


def cast(tracer: RayTracer, mesh: Mesh, rays: list[tuple[tuple[float, ...], tuple[float, ...], tuple[float, float]]],
         placed: NDArray[np.float64]) -> tuple[Hits, NDArray[np.float32]]:
    device = tracer.device
    tree = tracer.scene([(tracer.mesh(mesh.positions, mesh.triangles), placed)])
    made = Rays.allocate(device, len(rays), 1, picture=False, coherent=False)
    for array, column in ((made.origin, 0), (made.direction, 1), (made.extent, 2)):
        array.assign(np.array([ray[column] for ray in rays], dtype=np.float32))
    hits, visible = Hits.allocate(device, len(rays)), device.empty(len(rays), float)
    tracer.caster(tree).intersect(made, hits)
    tracer.caster(tree).occlude(made, visible)
    return hits, device.download(visible)


@pytest.mark.parametrize("tracer", [EmbreeTracer, BvhTracer])
def test_a_hit_is_told_alike_by_both_ray_tracers(tracer: type[EmbreeTracer | BvhTracer]) -> None:
    # A floor of 2 x 2 m at height 0, moved 10 m ahead and stretched twofold: it spans x 8 … 12.
    floor = quad([(-1, -1, 0), (1, -1, 0), (1, 1, 0), (-1, 1, 0)], Material.ASPHALT)
    placed = pose(10.0) @ np.diag([2.0, 2.0, 2.0, 1.0])
    down = (0.0, 0.0, -2.0)
    hits, visible = cast(tracer(Device()), floor, [
        ((11.0, -1.0, 3.0), down, (0.0, 9.0)),      # meets (0.5, -0.5) of triangle 0 after 1.5 lengths
        ((9.0, 1.0, 3.0), down, (0.0, 9.0)),        # meets (-0.5, 0.5) of triangle 1
        ((11.0, -1.0, 3.0), down, (0.0, 1.4)),      # ends before
        ((11.0, -1.0, 3.0), down, (1.6, 9.0)),      # begins behind
        ((7.0, 0.0, 3.0), down, (0.0, 9.0)),        # passes beside
        ((11.0, -1.0, 3.0), down, (0.0, 0.0)),      # is not cast
    ], placed)
    assert hits.ids.numpy().tolist() == [[0, 0], [0, 1], *[[-1, -1]] * 4]
    np.testing.assert_allclose(hits.distance.numpy(), [1.5, 1.5, 1.4, 9.0, 9.0, 0.0], rtol=1e-6)
    # Triangle 0 is (-1,-1), (1,-1), (1,1): its point (0.5, -0.5) is 0.25 a + 0.5 b + 0.25 c. Of triangle 1,
    # (-1,-1), (1,1), (-1,1), the point (-0.5, 0.5) is 0.25 a + 0.25 b + 0.5 c.
    np.testing.assert_allclose(hits.uv.numpy()[:2], [[0.5, 0.25], [0.25, 0.5]], atol=1e-6)
    normals = hits.normal.numpy()[:2]
    assert (normals[:, 2] > 0).all() and np.abs(normals[:, :2]).max() == 0.0
    assert visible.tolist() == [0.0, 0.0, 1.0, 1.0, 1.0, 1.0]


@pytest.mark.parametrize("tracer", [EmbreeTracer, BvhTracer])
def test_rays_along_the_axes_meet_what_they_should(tracer: type[EmbreeTracer | BvhTracer]) -> None:
    cube = box(2.0, 2.0, 2.0, Material.CONCRETE)
    axes = [(1.0, 0.0, 0.0), (0.0, 1.0, 0.0), (0.0, 0.0, 1.0), (-1.0, 0.0, 0.0), (0.0, -1.0, 0.0), (0.0, 0.0, -1.0)]
    middle = np.array([3.0, 4.0, 1.0])
    hits, _ = cast(tracer(Device()), cube, [
        (tuple(middle + 0.25 - 5.0 * np.array(axis)), axis, (0.0, 100.0)) for axis in axes], pose(3.0, 4.0))
    # A face is 1 m before the middle, and a ray begins 5 m before a point that is 0.25 m beyond it or short of it.
    np.testing.assert_allclose(hits.distance.numpy(), [3.75, 3.75, 3.75, 4.25, 4.25, 4.25], rtol=1e-6)


# The town, seen by both


@dataclass(frozen=True)
class Seen:
    depth_m: NDArray[np.float32]
    instance: NDArray[np.int32]
    tag: NDArray[np.uint8]
    rgb: NDArray[np.uint8]
    normals: NDArray[np.float32]
    sweep_m: NDArray[np.float32]
    sweep_tag: NDArray[np.uint8]
    silhouettes: dict[tuple[bool, int], tuple[int, int]]


def see_town(tracer: RayTracer) -> Seen:
    place = load_place("SimgenTown01")
    renderer = Renderer(place, quality=LADDER["fast"], tracer=tracer)
    renderer.set_weather(Weather(cloudiness=100.0, precipitation=60.0, wetness=100.0))
    spawn, instances = place.spawn_points[20], []
    world = pose(spawn.x_m, spawn.y_m, spawn.z_m, spawn.yaw_rad)
    for number, name in enumerate(("vehicle.audi.a2", "walker.pedestrian.0001", "vehicle.ford.ambulance")):
        body = stock_library().find(name).body
        assert body is not None
        renderer.add_mesh(name, body_mesh(body.shape, body.size_lwh_m, 0))
        instances.append(Instance(name, world @ pose(9.0 + 7.0 * number, 2.0 - 2.0 * number), number + 1, body.tag))
    renderer.set_scene(instances, [], 1.0, 3)
    eye = world @ pose(z=EYE_M)
    seen = renderer.camera(eye, WIDTH, HEIGHT, FOV, rgb=True)
    azimuth, elevation = np.meshgrid(
        np.linspace(0.0, 2.0 * math.pi, 900, endpoint=False), np.radians(np.linspace(4.0, -20.0, 24)))
    directions = np.stack([np.cos(elevation) * np.cos(azimuth), np.cos(elevation) * np.sin(azimuth),
                           np.sin(elevation)], axis=-1).reshape(-1, 3).astype(np.float32)
    sweep = renderer.sweep(eye, directions, 120.0)
    shapes = renderer.silhouettes(eye, WIDTH, HEIGHT, FOV, Rect(20, 10, 300, 110))
    assert seen.rgb is not None
    return Seen(seen.depth_m, seen.instance, seen.tag, seen.rgb, renderer.normals(eye, WIDTH, HEIGHT, FOV),
                sweep.range_m, sweep.tag, {(one.is_level, one.id): (one.visible_px, one.inside_px) for one in shapes})


@pytest.fixture(scope="module")
def both() -> tuple[Seen, Seen]:
    return see_town(EmbreeTracer(Device())), see_town(BvhTracer(FarDevice()))


def test_the_town_has_the_same_labels_by_both_ray_tracers(both: tuple[Seen, Seen]) -> None:
    embree, own = both
    assert (embree.instance != own.instance).mean() < ELSEWHERE and (embree.tag != own.tag).mean() < ELSEWHERE
    same = embree.instance == own.instance
    assert (np.abs(embree.depth_m - own.depth_m)[same] < MILLIMETRES).mean() > 0.999
    assert (np.abs(embree.normals - own.normals).max(axis=-1)[same] < 0.01).mean() > 0.999


def test_a_lidar_measures_the_town_alike_by_both_ray_tracers(both: tuple[Seen, Seen]) -> None:
    embree, own = both
    met = np.isfinite(embree.sweep_m) & np.isfinite(own.sweep_m)
    assert (np.isfinite(embree.sweep_m) != np.isfinite(own.sweep_m)).mean() < ELSEWHERE
    assert met.mean() > 0.5 and (np.abs(embree.sweep_m[met] - own.sweep_m[met]) < MILLIMETRES).mean() > 0.999
    assert (embree.sweep_tag != own.sweep_tag).mean() < ELSEWHERE


def test_pictures_of_the_town_by_both_ray_tracers_cannot_be_told_apart(both: tuple[Seen, Seen]) -> None:
    off = np.abs(both[0].rgb.astype(int) - both[1].rgb).max(axis=-1)
    assert (off > 8).mean() < 0.002 and off.mean() < 0.1


def test_silhouettes_by_both_ray_tracers_differ_by_a_pixel_in_a_thousand(both: tuple[Seen, Seen]) -> None:
    embree, own = both[0].silhouettes, both[1].silhouettes
    assert embree.keys() == own.keys() and len(embree) == 3
    for key, areas in embree.items():
        np.testing.assert_allclose(own[key], areas, rtol=1e-3, atol=1.0)


# Memory that nobody shares


SNOW = PhysicalWeather(snowfall_mmh=2.0, snow_depth_m=0.05, visibility_m=300.0, spray=1.0)


def look(tracer: RayTracer, quality: str, weather: Weather, physical: PhysicalWeather) -> list[NDArray[np.generic]]:
    view = Renderer(town(), quality=LADDER[quality], tracer=tracer)
    view.add_mesh("car", box(4.0, 1.8, 1.5, Material.CAR_PAINT))
    view.set_weather(weather, physical)
    instances = [Instance("car", pose(9.0 + 6.0 * k, 2.5 * k - 3.0), actor_id=k + 1, speed_mps=20.0) for k in range(3)]
    view.set_scene(instances[:1], [], 0.0, 0)
    view.set_scene(instances, [BEAM], 1.25, 5)
    eye, size = pose(z=EYE_M), (161, 90, math.pi / 2)
    seen = view.camera(eye, *size, rgb=True)
    assert seen.rgb is not None
    beams = np.random.default_rng(0).normal(size=(400, 3)).astype(np.float32)
    sweep = view.sweep(eye, beams, 60.0)
    before = np.array([one.world_from_mesh for one in instances])
    shapes = view.silhouettes(eye, *size, Rect(0, 0, 161, 90))
    return [seen.rgb, seen.depth_m, seen.tag, seen.actor_id, seen.instance, sweep.range_m, sweep.cos_incidence,
            sweep.actor_id, sweep.tag, view.normals(eye, *size), view.flow(eye, *size, pose(0.5, z=EYE_M), before),
            np.array([(one.id, one.visible_px, one.inside_px, *one.edges_px) for one in shapes])]


@pytest.mark.parametrize(("quality", "weather", "physical"), [
    ("labels", Weather(), PhysicalWeather()), ("fast", RAINY_NIGHT, SNOW), ("standard", RAINY_NIGHT, PhysicalWeather()),
    ("standard", Weather(cloudiness=20.0), SNOW)])
def test_where_host_and_device_share_no_memory_every_byte_is_the_same(
        quality: str, weather: Weather, physical: PhysicalWeather) -> None:
    far = FarDevice()
    shared = look(BvhTracer(Device()), quality, weather, physical)
    apart = look(BvhTracer(far), quality, weather, physical)
    assert far.launches > 10
    for one, other in zip(shared, apart, strict=True):
        assert one.tobytes() == other.tobytes()


def test_nothing_but_the_device_says_where_arrays_lie() -> None:
    folder = Path(simgen.localsim.render.__file__).parent
    words = ('device="cpu"', "device='cpu'", ".numpy()", "wp.launch", "wp.zeros", "wp.empty", "wp.array(")
    apart = ("device.py", "embree.py")      # Embree is the processor's alone
    found = [f"{path.name}: {word}" for path in sorted(folder.glob("*.py")) if path.name not in apart
             for word in words if word in path.read_text(encoding="utf-8")]
    assert found == []


def test_memory_of_the_host_in_a_launch_would_be_found() -> None:
    far, near = FarDevice(), Device()
    rays, hits = Rays.allocate(far, 8, 1, picture=False, coherent=False), Hits.allocate(near, 8)
    tracer = BvhTracer(far)
    cube = box(1.0, 1.0, 1.0, Material.CONCRETE)
    tree = tracer.scene([(tracer.mesh(cube.positions, cube.triangles), np.eye(4))])
    with pytest.raises(AssertionError, match="memory of the host"):
        tracer.caster(tree).intersect(rays, hits)


def test_what_moved_before_does_not_show_in_warp_s_trees() -> None:
    place = FlatPlace(static=joined(ground(), box(3.0, 3.0, 3.0, Material.BRICK)))
    views = [Renderer(place, tracer=BvhTracer(Device())) for _ in range(2)]
    for view in views:
        view.add_mesh("car", box(4.0, 1.8, 1.5, Material.CAR_PAINT))
    views[0].set_scene([Instance("car", pose(5.0 * k, -7.0 * k), actor_id=k) for k in range(1, 9)], [], 0.0, 0)
    for view in views:
        view.set_scene([Instance("car", pose(12.0, k), actor_id=k) for k in range(1, 4)], [], 0.0, 0)
    one, two = (view.camera(pose(-6.0, z=EYE_M), 161, 90, 1.2, rgb=False) for view in views)
    assert one.instance.tobytes() == two.instance.tobytes() and one.depth_m.tobytes() == two.depth_m.tobytes()


def test_a_mesh_without_triangles_is_met_by_no_ray() -> None:
    nothing = Mesh(np.zeros((0, 3), np.float32), np.zeros((0, 3), np.float32), np.zeros((0, 2), np.float32),
                   np.zeros((0, 3), np.int32), np.zeros(0, np.int32), np.zeros(0, np.float32))
    renderer = Renderer(FlatPlace(), tracer=BvhTracer(Device()))
    renderer.add_mesh("nothing", nothing)
    renderer.set_scene([Instance("nothing", pose(3.0), actor_id=1)], [], 0.0, 0)
    found = renderer.sweep(pose(3.0, z=2.0), np.array([[0, 0, -1]], np.float32), 9.0)
    assert found.actor_id.tolist() == [0] and found.range_m[0] == pytest.approx(2.0)


def test_a_gpu_that_is_not_there_is_told_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("simgen.localsim.render.device.cuda_is_there", lambda: False)
    with pytest.raises(DeviceMissing, match="no CUDA device for 'cuda:0'"):
        Device("cuda:0")


def test_embree_refuses_a_gpu(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("simgen.localsim.render.device.cuda_is_there", lambda: True)
    with pytest.raises(ValueError, match="on a CPU only"):
        EmbreeTracer(Device("cuda:0"))
