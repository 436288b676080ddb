"""No ray leaks through a body: one that passes through the inside of a vehicle, a person or an animal meets it. And
boxes hold their bodies.

Points inside are found by the winding number: the solid angle of all triangles seen from a point is 4 pi inside of a
closed surface and 0 outside (Van Oosterom and Strackee 1983 for one triangle).
"""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from simgen.localsim import bodies
from simgen.localsim.catalogue import Body, stock_library
from simgen.localsim.mesh import Material, Mesh
from simgen.localsim.render import Renderer
from tests.localsim.closed import inner_faces_first
from tests.localsim.render_scenes import FlatPlace, box, pose

QUICK = ("vehicle.audi.tt", "vehicle.volkswagen.t2", "vehicle.harley-davidson.low_rider", "walker.animal.red_deer",
         "walker.animal.fox", "walker.pedestrian.0003", "walker.pedestrian.0009", "walker.pedestrian.0003/umbrella")
KINDS = ("vehicle", "walker", "animal")
TRIED, POINTS, RAYS = 12, 8, 500
STRIDE = 3                       # a phase in the middle of a step

BODIES = {blueprint.id: blueprint.body for blueprint in stock_library()
          if blueprint.body is not None and blueprint.body.kind in KINDS}
# What an attribute chooses: the young, and one of those who sit in a wheelchair or carry an umbrella.
BODIES |= {body.shape: body for blueprint in stock_library() for body in blueprint.variants.values()
           if body.kind == "animal" or blueprint.id == "walker.pedestrian.0003"}
EVERY = [pytest.param(name, marks=() if name in QUICK else pytest.mark.slow) for name in BODIES]


def winding_number(points: NDArray[np.float64], mesh: Mesh) -> NDArray[np.float64]:
    """(N,): 1 inside of a closed surface, 0 outside."""
    corners = mesh.positions[mesh.triangles].astype(np.float64)
    numbers = np.empty(len(points))
    for k, point in enumerate(points):
        a, b, c = (corners[:, corner] - point for corner in range(3))
        far_a, far_b, far_c = (np.linalg.norm(x, axis=1) for x in (a, b, c))
        volume = np.einsum("ij,ij->i", a, np.cross(b, c))
        cosine = (far_a * far_b * far_c + np.einsum("ij,ij->i", a, b) * far_c + np.einsum("ij,ij->i", b, c) * far_a
                  + np.einsum("ij,ij->i", c, a) * far_b)
        numbers[k] = 2.0 * np.arctan2(volume, cosine).sum() / (4.0 * np.pi)
    return numbers


def inner_points(mesh: Mesh, rng: np.random.Generator) -> NDArray[np.float64]:
    """Some from anywhere in the box, and some a centimetre under the skin: of a bicycle there is nothing else."""
    low, high = mesh.bounds_m()
    anywhere = low + (high - low) * rng.uniform(0.15, 0.85, (TRIED, 3))
    corners = mesh.positions[rng.permutation(mesh.triangles)[:TRIED]].astype(np.float64)
    outwards = np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0])
    outwards /= np.maximum(np.linalg.norm(outwards, axis=1, keepdims=True), 1e-12)
    tried = rng.permutation(np.concatenate([anywhere, corners.mean(axis=1) - 0.01 * outwards]))
    return tried[winding_number(tried, mesh) > 0.5][:POINTS]


def leaking_share(mesh: Mesh) -> float:
    """Of the lines through inner points, in even directions: those that meet the body on neither side."""
    rng = np.random.default_rng(1)
    points, directions = inner_points(mesh, rng), rng.normal(size=(RAYS, 3)).astype(np.float32)
    assert len(points) > 3
    renderer = Renderer(FlatPlace(static=mesh))
    both = np.concatenate([directions, -directions])
    missed = np.array([np.isinf(renderer.sweep(pose(*point), both, 100.0).range_m) for point in points])
    return float((missed[:, :RAYS] & missed[:, RAYS:]).mean())


def test_a_winding_number_tells_inside_from_outside() -> None:
    numbers = winding_number(np.array([[0.0, 0.0, 0.5], [0.9, 0.4, 0.1], [1.1, 0.0, 0.5], [0.0, 0.0, -3.0]]),
                             box(2.0, 1.0, 1.0, Material.WOOD))
    assert numbers == pytest.approx([1.0, 1.0, 0.0, 0.0], abs=1e-9)


def test_a_box_is_closed_and_a_box_without_front_and_back_leaks() -> None:
    whole = box(2.0, 2.0, 2.0, Material.WOOD)
    assert leaking_share(whole) == 0.0
    tunnel = Mesh(whole.positions, whole.normals, whole.uv, whole.triangles[4:], whole.material[4:],
                  whole.parameter[4:])
    assert leaking_share(tunnel) > 0.05


@pytest.mark.parametrize("name", EVERY)
def test_no_ray_leaks_through_a_body(name: str) -> None:
    body: Body = BODIES[name]
    phase = STRIDE if bodies.phases(body.shape) > STRIDE and body.kind != "vehicle" else 0
    assert leaking_share(bodies.body_mesh(body.shape, body.size_lwh_m, phase)) == 0.0


@pytest.mark.parametrize("name", [*QUICK, "walker.pedestrian.stroller", "walker.pedestrian.0003/wheelchair",
                                  "walker.animal.moose"])
def test_rays_from_outside_meet_outer_faces(name: str) -> None:
    """All but a few in a thousand: where parts of a machine overlap, as a castor and its fork."""
    body: Body = BODIES[name]
    assert inner_faces_first(bodies.body_mesh(body.shape, body.size_lwh_m, 0)) < 0.003


@pytest.mark.parametrize("name", [one for one in EVERY if "/" in str(one.values[0])
                                  or not str(one.values[0]).startswith("walker.pedestrian.0")])
def test_a_box_fits_its_body_within_two_centimetres(name: str) -> None:
    """Pedestrians answer CARLA's capsule instead, which is narrower than a body, as a CARLA server does."""
    body: Body = BODIES[name]
    length, width, height = body.size_lwh_m
    low, high = bodies.body_mesh(body.shape, body.size_lwh_m, 0).bounds_m()
    np.testing.assert_allclose(low, [-length / 2, -width / 2, 0.0], atol=0.02)
    np.testing.assert_allclose(high, [length / 2, width / 2, height], atol=0.02)
