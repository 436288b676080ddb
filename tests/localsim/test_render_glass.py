"""What one sees through panes: how much of it, how far, in which weather, and that no label knows."""

from __future__ import annotations

import hashlib
import math

import numpy as np
import pytest
from numpy.typing import NDArray

from simgen.localsim import bodies
from simgen.localsim.catalogue import stock_library
from simgen.localsim.mesh import Instance, Material, Mesh
from simgen.localsim.physical_weather import NOTHING, PhysicalWeather
from simgen.localsim.render import LADDER, Quality, Renderer, Weather
from tests.localsim.render_scenes import FlatPlace, box, ground, joined, pose, quad

FOV = math.pi / 2
NIGHT = Weather(cloudiness=0.0, sun_altitude_angle=-90.0)
NOON = Weather(cloudiness=0.0, sun_altitude_angle=90.0)
LAMP = 14.0 * np.array([1.0, 0.95, 0.85])       # radiance of a lens that is lit
FACE_ON = 1.0 - 0.06                            # what a pane does not reflect
IRON = np.array([0.97, 1.0, 0.985])
LEON, LEON_SIZE = "vehicle.seat.leon", (4.19, 1.82, 1.47)


def pane(clear: float, half_m: float = 1.5) -> Mesh:
    """Upright, facing back along x."""
    h = half_m
    return quad([(0, h, -h), (0, -h, -h), (0, -h, h), (0, h, h)], Material.CAR_GLASS, clear)


def lid(half_m: float, material: Material, clear: float = 0.0) -> Mesh:
    """Level, facing up."""
    h = half_m
    return quad([(-h, -h, 0), (h, -h, 0), (h, h, 0), (-h, h, 0)], material, clear)


MESHES = {
    "lens": box(0.2, 8.0, 8.0, Material.HEADLAMP), "plate": lid(2.0, Material.HEADLAMP),
    "black": pane(0.0), "clear": pane(1.0), "tinted": pane(0.5), "quarter": pane(0.25),
    "glass lid": lid(1.0, Material.CAR_GLASS, 0.75), "metal lid": lid(1.0, Material.CAR_PAINT),
    "block": box(2.0, 2.0, 0.5, Material.CONCRETE),
}


def renderer(quality: Quality) -> Renderer:
    made = Renderer(FlatPlace(), quality=quality)
    for key, mesh in MESHES.items():
        made.add_mesh(key, mesh)
    return made


@pytest.fixture(scope="module")
def view() -> Renderer:
    return renderer(Quality(edge_samples=0))


def radiance(view: Renderer, instances: list[Instance], weather: Weather = NIGHT, physical: PhysicalWeather = NOTHING,
             eye: NDArray[np.float64] | None = None, fov: float = FOV) -> NDArray[np.float64]:
    """Linear RGB in the middle of what a camera sees, before exposure and film."""
    view.set_weather(weather, physical)
    view.set_scene(instances, [], 0.0, 1)
    view.camera(pose(z=1.5) if eye is None else eye, 41, 31, fov, rgb=True)
    buffers = view._darkroom._buffers
    assert buffers is not None
    return np.asarray(buffers.picture.numpy().reshape(31, 41, 3)[14:17, 19:22].mean(axis=(0, 1)), dtype=np.float64)


def behind(*panes: str) -> list[Instance]:
    """A lamp's large lens 8 m ahead, and panes before it from 3 m on."""
    lens = Instance("lens", pose(8.0, z=-2.0), actor_id=1, tag=14, headlamps=1)
    return [lens, *(Instance(key, pose(3.0 + k, z=1.5), actor_id=2, tag=14) for k, key in enumerate(panes))]


def test_a_pane_lets_through_what_it_says_but_for_its_reflection(view: Renderer) -> None:
    assert radiance(view, behind()) == pytest.approx(LAMP, rel=0.01)
    assert radiance(view, behind("tinted")) == pytest.approx(0.5 * FACE_ON * IRON * LAMP, rel=0.02)
    assert radiance(view, behind("black")) == pytest.approx(np.zeros(3), abs=0.05)


def test_two_panes_let_through_the_square_of_one(view: Renderer) -> None:
    once, twice = (radiance(view, behind(*["tinted"] * n)) for n in (1, 2))
    assert twice == pytest.approx(once * once / LAMP, rel=0.02)
    assert twice == pytest.approx(radiance(view, behind("quarter")) * FACE_ON * IRON, rel=0.02)


def test_a_sight_ends_at_the_fifth_pane_and_at_a_black_one(view: Renderer) -> None:
    assert radiance(view, behind(*["clear"] * 4)) == pytest.approx((FACE_ON * IRON) ** 4 * LAMP, rel=0.03)
    assert radiance(view, behind("clear", "black")).max() < 0.05


def test_fast_pictures_see_the_same_through_every_other_pixel(view: Renderer) -> None:
    fast = renderer(LADDER["fast"])
    assert radiance(fast, behind("tinted")) == pytest.approx(radiance(view, behind("tinted")), rel=0.01)


def test_fog_is_counted_once_whether_or_not_a_pane_is_on_the_way(view: Renderer) -> None:
    thick = PhysicalWeather(visibility_m=20.0)
    free, through = (radiance(view, behind(*panes), physical=thick) for panes in ((), ("clear",)))
    assert free[0] < 0.5 * LAMP[0]          # exp(-3 · 8 / 20) of it is left
    assert through == pytest.approx(free * FACE_ON * IRON, rel=0.03)


def looking_down() -> NDArray[np.float64]:
    eye = np.eye(4)
    eye[:3, :3] = np.array([[0, 0, 1], [0, 1, 0], [-1, 0, 0]], dtype=float)
    eye[2, 3] = 3.0
    return eye


def test_a_pane_under_snow_is_opaque(view: Renderer) -> None:
    lamp = Instance("plate", pose(z=0.5), actor_id=1, tag=14, headlamps=1)
    lying = [lamp, Instance("glass lid", pose(z=1.0), actor_id=2, tag=14)]
    free = radiance(view, lying, eye=looking_down())
    snowed = radiance(view, lying, physical=PhysicalWeather(snow_depth_m=0.3), eye=looking_down())
    assert free[0] > 0.6 * LAMP[0]
    assert snowed.max() < 0.1 * free.max()


def test_the_sun_shines_in_through_a_window_and_not_through_a_roof(view: Renderer) -> None:
    # Through an upright pane one sees the top of a block; the sun stands right above it, and a lid between the two.
    inside = [Instance("clear", pose(3.0, z=1.0), actor_id=2, tag=14), Instance("block", pose(5.0), actor_id=2, tag=14)]
    down = math.atan2(0.7, 5.0)
    eye = pose(z=1.2)
    c, s = math.cos(down), math.sin(down)
    eye[:3, :3] = np.array([[c, 0.0, s], [0.0, 1.0, 0.0], [-s, 0.0, c]])
    glazed, roofed = (
        radiance(view, [*inside, Instance(key, pose(5.0, z=1.6), actor_id=2, tag=14)], NOON, eye=eye, fov=0.2)
        for key in ("glass lid", "metal lid"))
    assert glazed.mean() > 3.0 * roofed.mean()


def manned(view: Renderer) -> list[Instance]:
    """A car across the way, its left side to the camera, and whoever sits in it."""
    view.add_mesh("leon", bodies.body_mesh(LEON, LEON_SIZE, 0))
    where = pose(3.2, yaw=math.pi / 2)
    crew = bodies.occupants(LEON, LEON_SIZE, "somebody")
    for one in crew:
        view.add_mesh(one.name, bodies.occupant_mesh(one.name))
    return [Instance("leon", where, 7, 14),
            *(Instance(one.name, where @ one.body_from_mesh, 7, 14) for one in crew)]


def test_no_label_and_no_return_knows_what_is_behind_a_pane(view: Renderer) -> None:
    car = manned(view)
    beams = np.stack([np.ones(400), np.linspace(-0.6, 0.6, 400), np.full(400, -0.05)], axis=-1).astype(np.float32)
    seen: list[list[NDArray[np.generic]]] = []
    for instances in (car, car[:1]):
        view.set_scene(instances, [], 0.0, 1)
        pixels, returns = view.camera(pose(z=1.3), 200, 120, FOV, rgb=False), view.sweep(pose(z=1.3), beams, 60.0)
        seen.append([pixels.depth_m, pixels.tag, pixels.actor_id, returns.range_m, returns.actor_id, returns.tag])
    for with_crew, without in zip(*seen, strict=True):
        assert np.array_equal(with_crew, without)
    assert np.count_nonzero(seen[0][2] == 7) > 1000


@pytest.mark.parametrize("word", ["fast", "standard"])
def test_whoever_sits_in_a_car_is_seen_and_is_the_same_on_any_number_of_threads(word: str) -> None:
    pictures = {}
    for threads, crewed in ((1, True), (3, True), (1, False)):
        view = Renderer(FlatPlace(static=joined(ground())), threads=threads, quality=LADDER[word])
        car = manned(view)
        view.set_weather(Weather(cloudiness=100.0, sun_altitude_angle=30.0))
        view.set_scene(car if crewed else car[:1], [], 0.0, 1)
        rgb = view.camera(pose(z=1.3), 161, 90, FOV, rgb=True).rgb
        assert rgb is not None
        pictures[threads, crewed] = rgb
    digests = {key: hashlib.sha256(rgb.tobytes()).hexdigest() for key, rgb in pictures.items()}
    assert digests[1, True] == digests[3, True]
    changed = np.abs(pictures[1, True].astype(int) - pictures[1, False].astype(int)).max(axis=-1) > 12
    assert changed.sum() > 20


def test_the_leon_is_as_large_as_its_blueprint_says() -> None:
    body = stock_library().find(LEON).body
    assert body is not None and body.size_lwh_m == pytest.approx(LEON_SIZE)
