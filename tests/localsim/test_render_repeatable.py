"""The same scene and seed give the same bytes: on any number of threads, in any process, after anything else."""

from __future__ import annotations

import hashlib
import math
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from simgen.localsim.mesh import Instance, Light, Material
from simgen.localsim.render import CameraBuffers, Renderer, Weather
from tests.localsim.render_scenes import EYE_M, FlatPlace, box, ground, joined, pose, quad

RAINY_NIGHT = Weather(cloudiness=100.0, precipitation=80.0, precipitation_deposits=70.0, wetness=90.0,
                      sun_altitude_angle=-90.0, fog_density=20.0)
MESHES = {
    "car": box(4.0, 1.8, 1.5, Material.CAR_PAINT), "deer": box(1.4, 0.5, 1.3, Material.FUR),
    "lamp": box(0.2, 0.2, 0.2, Material.HEADLAMP), "bush": box(1.0, 1.0, 1.0, Material.HEDGE),
}
BEAM = Light(np.array([0.5, 0.0, 0.7]), np.array([1.0, 0.0, -0.0175]), np.array([14, 13, 11], np.float32), 1, 70.0)


def town() -> FlatPlace:
    wall = quad([(20, -30, 0), (20, 30, 0), (20, 30, 8), (20, -30, 8)][::-1], Material.BRICK)
    return FlatPlace(
        static=joined(ground(), wall), prototypes={"post": box(0.2, 0.2, 3.0, Material.POLE)},
        scenery=(Instance("post", pose(7.0, 3.0)), Instance("post", pose(9.0, -3.0))),
        street_lamps=np.array([[7.0, 3.0, 6.0], [14.0, -3.0, 6.0]]))


def renderer(order: list[str], threads: int = 1) -> Renderer:
    made = Renderer(town(), threads=threads)
    for key in order:
        made.add_mesh(key, MESHES[key])
    return made


def look(view: Renderer, weather: Weather = RAINY_NIGHT, seed: int = 5) -> CameraBuffers:
    view.set_weather(weather)
    view.set_scene([
        Instance("car", pose(10.0, -1.0, yaw=0.2), actor_id=4, headlamps=1, tail=True),
        Instance("deer", pose(8.0, 1.0, yaw=1.2), actor_id=9, tag=21),
        Instance("lamp", pose(12.0, 0.5, 0.6), actor_id=4, headlamps=1)], [BEAM], 1.25, seed)
    return view.camera(pose(z=EYE_M), 161, 90, math.pi / 2, rgb=True)


def digest(seen: CameraBuffers) -> str:
    assert seen.rgb is not None
    return hashlib.sha256(b"".join(
        np.ascontiguousarray(x).tobytes() for x in (seen.rgb, seen.depth_m, seen.tag, seen.actor_id))).hexdigest()


@pytest.fixture(scope="module")
def reference() -> str:
    return digest(look(renderer(list(MESHES))))


def test_rendering_twice_gives_the_same_bytes(reference: str) -> None:
    view = renderer(list(MESHES))
    assert [digest(look(view)), digest(look(view))] == [reference, reference]


def test_threads_do_not_change_a_byte(reference: str) -> None:
    assert digest(look(renderer(list(MESHES), threads=3))) == reference


def test_the_order_in_which_meshes_were_added_does_not_show(reference: str) -> None:
    assert digest(look(renderer(sorted(MESHES)[::-1]))) == reference


def test_what_was_rendered_before_does_not_show(reference: str) -> None:
    view = renderer(list(MESHES))
    look(view, Weather(sun_altitude_angle=30.0), seed=1)
    view.set_scene([Instance("bush", pose(5.0 + k, 0.4 * k), actor_id=k) for k in range(9)], [], 7.0, 3)
    view.camera(pose(1.0, z=2.0), 80, 60, 1.0, rgb=True)
    view.sweep(pose(), np.array([[1, 0, 0]], np.float32), 10.0)
    assert digest(look(view)) == reference


def test_labels_asked_first_do_not_change_the_picture(reference: str) -> None:
    view = renderer(list(MESHES))
    look(view)
    view.camera(pose(z=EYE_M), 161, 90, math.pi / 2, rgb=False)
    assert digest(view.camera(pose(z=EYE_M), 161, 90, math.pi / 2, rgb=True)) == reference


def test_another_process_makes_the_same_bytes(reference: str) -> None:
    code = ("from tests.localsim.test_render_repeatable import MESHES, digest, look, renderer\n"
            "import sys; sys.stdout.write(digest(look(renderer(list(MESHES)))))")
    root = Path(__file__).parents[2]
    done = subprocess.run([sys.executable, "-c", code], cwd=root, env={**os.environ, "PYTHONHASHSEED": "77",
                          "PYTHONPATH": str(root)}, capture_output=True, text=True, timeout=300, check=True)
    assert done.stdout == reference


def test_another_seed_changes_the_noise_but_no_label() -> None:
    view = renderer(list(MESHES))
    one, two = look(view, seed=1), look(view, seed=2)
    assert one.rgb is not None and two.rgb is not None
    assert (one.rgb != two.rgb).any()
    assert (one.actor_id == two.actor_id).all() and (one.depth_m == two.depth_m).all()


def test_any_integer_is_a_seed() -> None:
    view = renderer(list(MESHES))
    assert len({digest(look(view, seed=seed)) for seed in (-1, 0, 2**63, 10**30)}) == 4
