"""Patterns drawn by the renderer fade to their mean with distance: a far patch looks as if it had been seen finely."""

from __future__ import annotations

import math

import numpy as np
import pytest
from numpy.typing import NDArray

from simgen.localsim.mesh import Instance, Material, Mesh
from simgen.localsim.places.pavement import KERB_RIGHT, URBAN, lane_code
from simgen.localsim.places.terrain import LAND_COUNTRY
from simgen.localsim.render import Quality, Renderer, Weather
from tests.localsim.render_scenes import EYE_M, FlatPlace, ground, pose

WIDTH, HEIGHT, FINER = 96, 40, 4
FOV = math.radians(50.0)
OVERCAST = Weather(cloudiness=100.0, sun_altitude_angle=60.0, fog_density=0.0)
# What lies below the camera, as (material, parameter, uv): metres, or the distance to a road and the forest.
PATTERNS = {
    "asphalt": (Material.ASPHALT, lane_code(3.5, 0.0, URBAN + KERB_RIGHT), None),
    "slabs": (Material.SIDEWALK, lane_code(3.0, 0.0, URBAN), None),
    "fields": (Material.GRASS, LAND_COUNTRY, (80.0, -0.5)),
}


def sheet(name: str) -> Mesh:
    """A strip of level ground, 400 m long and 200 m wide, a hand's breadth above the place's own."""
    material, parameter, uv = PATTERNS[name]
    points = np.array([(0.0, -100.0), (400.0, -100.0), (400.0, 100.0), (0.0, 100.0)], np.float32)
    return Mesh(
        positions=np.column_stack([points, np.full(4, 0.1, np.float32)]).astype(np.float32),
        normals=np.tile(np.array([0.0, 0.0, 1.0], np.float32), (4, 1)),
        uv=points if uv is None else np.tile(np.array(uv, np.float32), (4, 1)),
        triangles=np.array([[0, 1, 2], [0, 2, 3]], np.int32),
        material=np.full(2, material, np.int32), parameter=np.full(2, parameter, np.float32),
    )


@pytest.fixture(scope="module")
def renderer() -> Renderer:
    renderer = Renderer(FlatPlace(ground(Material.CONCRETE)), quality=Quality(edge_samples=0))
    for name in PATTERNS:
        renderer.add_mesh(name, sheet(name))
    renderer.set_weather(OVERCAST)
    return renderer


def seen(renderer: Renderer, name: str, finer: int) -> NDArray[np.float64]:
    """The ground between 25 and 120 m, averaged to (rows, WIDTH, 3)."""
    renderer.set_scene([Instance(name, pose())], [], 0.0, 1)
    rgb = renderer.camera(pose(z=EYE_M), WIDTH * finer, HEIGHT * finer, FOV, rgb=True).rgb
    assert rgb is not None
    mean = rgb.astype(np.float64).reshape(HEIGHT, finer, WIDTH, finer, 3).mean(axis=(1, 3))
    row = HEIGHT / 2.0 - 0.5 + EYE_M / np.array([120.0, 25.0]) * WIDTH / (2.0 * math.tan(0.5 * FOV))
    return np.asarray(mean[math.ceil(row[0]) : math.floor(row[1]) + 1])


@pytest.mark.parametrize("name", PATTERNS)
def test_a_far_pattern_is_as_bright_as_the_mean_of_a_finer_look_at_it(renderer: Renderer, name: str) -> None:
    coarse, fine = seen(renderer, name, 1), seen(renderer, name, FINER)
    assert abs(coarse.mean() - fine.mean()) < 0.07 * fine.mean()
    # … and does not glitter: crops and clods shade each other, so fields differ most
    assert np.abs(coarse - fine).mean() < 0.13 * fine.mean()
