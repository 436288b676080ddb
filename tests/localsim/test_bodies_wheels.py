"""Wheels that turn: meshes of their own, as many as the whole vehicle has, and where its path says."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest

from simgen.localsim import bodies
from simgen.localsim.actors import Vehicle, newborn
from simgen.localsim.catalogue import stock_library
from simgen.localsim.mesh import Instance, Material
from simgen.localsim.physics import Motion
from simgen.localsim.scene import scene_of
from simgen.localsim.values import Rotation, Transform, Vector3
from tests.localsim.stand_in import FlatRenderer

LEON, SIZE = "vehicle.seat.leon", (4.19, 1.82, 1.47)
FOUR_WHEELED = tuple(b for b in stock_library() if b.body is not None and b.body.wheels and b.body.wheels.count == 4)


@pytest.fixture(autouse=True, scope="module")
def own_cache(tmp_path_factory: pytest.TempPathFactory):
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("SIMGEN_CACHE", str(tmp_path_factory.mktemp("cache")))
        yield


def car(blueprint: str = LEON) -> Vehicle:
    entry = stock_library().find(blueprint)
    made = newborn(7, entry, {key: spec.value for key, spec in entry.attributes.items()}, Motion(), 0, None, 0)
    assert isinstance(made, Vehicle)
    return made


def parts(vehicle: Vehicle) -> list[Instance]:
    """The instances of a vehicle, but for who sits in it."""
    return [one for one in scene_of([vehicle], bodies, FlatRenderer()).instances if "occupant" not in one.mesh]


def at(x: float, y: float = 0.0, yaw: float = 0.0) -> Transform:
    return Transform(Vector3(x, y, 0.0), Rotation(0.0, yaw, 0.0))


@pytest.mark.parametrize("name", [LEON, "vehicle.carlamotors.european_hgv", "vehicle.mitsubishi.fusorosa"])
def test_a_vehicle_without_its_wheels_and_its_wheels_are_the_whole_vehicle(name: str):
    size = stock_library().find(name).body.size_lwh_m
    axles = bodies.axles(name, size)
    parts = [bodies.wheelless_mesh(name, size, frozenset()),
             *(bodies.wheel_mesh(name, size, k, 0) for k in range(len(axles)))]
    whole = bodies.body_mesh(name, size, 0)
    assert sum(len(part.triangles) for part in parts) == len(whole.triangles)
    for axle, wheels in zip(axles, parts[1:], strict=True):
        low, high = wheels.bounds_m()
        assert high[2] - low[2] == pytest.approx(2.0 * axle.radius_m, abs=1e-3)      # stands on the ground
        assert high[0] - low[0] == pytest.approx(2.0 * axle.radius_m, abs=0.02)      # round, whatever the box's shape
        assert -size[0] / 2 < axle.x_m - axle.radius_m and axle.x_m + axle.radius_m < size[0] / 2


@pytest.mark.parametrize("blueprint", FOUR_WHEELED, ids=lambda b: b.id)
def test_the_front_axle_steers_and_no_other_does(blueprint):
    axles = bodies.axles(blueprint.id, blueprint.body.size_lwh_m)
    assert len(axles) >= 2
    assert [axle.steers for axle in axles] == [True] + [False] * (len(axles) - 1)
    assert axles[0].x_m > 0.0 > axles[-1].x_m


def test_the_right_wheel_is_the_left_ones_mirror_image():
    left, right = (bodies.wheel_mesh(LEON, SIZE, 0, side) for side in (1, -1))
    assert np.array_equal(left.positions * [1.0, -1.0, 1.0], right.positions)
    a, b, c = (right.positions[right.triangles[:, k]].astype(np.float64) for k in range(3))
    assert ((np.cross(b - a, c - a)[:, None] * right.normals[right.triangles]).sum(axis=2) > 0.0).mean() > 0.99


def test_a_car_is_its_body_two_front_wheels_and_a_pair_behind_and_a_bicycle_is_one_mesh():
    for actor in (car(), car().rolled_to(at(0.0), 0.05).rolled_to(at(0.5), 0.05)):
        instances = parts(actor)
        assert len(instances) == 4
        assert {one.actor_id for one in instances} == {7} and {one.tag for one in instances} == {14}
    assert len(scene_of([car("vehicle.bh.crossbike")], bodies, FlatRenderer()).instances) == 1


def test_wheels_roll_forwards_by_the_way_over_their_radius():
    axle = bodies.axles(LEON, SIZE)[1]
    quarter = 0.5 * math.pi * axle.radius_m
    moved = car().rolled_to(at(0.0), 0.05).rolled_to(at(quarter), 0.05)
    pose = parts(moved)[-1].world_from_mesh
    assert pose[:3, :3] @ [0.0, 0.0, 1.0] == pytest.approx([1.0, 0.0, 0.0], abs=1e-6)    # the top has come to the front
    assert pose[:3, 3] == pytest.approx([axle.x_m, 0.0, axle.radius_m], abs=1e-6)


def test_wheels_stand_as_the_path_bends_and_carlas_right_turn_is_a_right_turn():
    radius, way = 12.0, 0.4
    turned = way / radius
    path = at(radius * math.sin(turned), radius * (1.0 - math.cos(turned)), math.degrees(turned))    # to CARLA's right
    moved = car().rolled_to(at(0.0), 0.05).rolled_to(path, 0.05)
    base = stock_library().find(LEON).body.wheels.base_m
    assert moved.steered_rad == pytest.approx(-math.atan(base / radius), rel=0.01)
    assert moved.rolled_m == pytest.approx(way, rel=0.01)
    wheel = parts(moved)[1].world_from_mesh
    assert (wheel[:3, :3] @ [0.0, 1.0, 0.0])[0] > 0.15               # its left side has come forward: it points right


def test_a_standing_cars_wheels_follow_its_steering_wheel():
    turned = replace(car(), control=car().control._replace(steer=-0.3))
    turned = turned.rolled_to(at(0.0), 0.05).rolled_to(at(0.0), 0.05)
    assert turned.steered_rad == pytest.approx(math.radians(21.0))
    assert turned.rolled_m == 0.0


def test_who_is_put_somewhere_else_has_not_rolled_there():
    moved = car().rolled_to(at(0.0), 0.05).rolled_to(at(500.0), 0.05)
    assert (moved.rolled_m, moved.rolling_mps) == (0.0, 0.0)
    assert moved.rolled_to(at(499.9), 0.05).rolled_m == pytest.approx(-0.1)


def test_a_wheel_shows_that_it_turns():
    """Spokes or hand holes: a wheel turned by an eighth is not the same."""
    for name in (LEON, "vehicle.mercedes.sprinter"):
        mesh = bodies.wheel_mesh(name, stock_library().find(name).body.size_lwh_m, 0, 1)
        shown = np.isin(mesh.material, [Material.RIM, Material.BLACK_TRIM])
        centres = mesh.positions[mesh.triangles[shown]].mean(axis=1)
        outer = centres[centres[:, 1] > 0.0]
        angle = np.arctan2(outer[:, 2], outer[:, 0])
        counts, _ = np.histogram(angle, bins=40, range=(-math.pi, math.pi))
        assert counts.max() > 1.5 * max(counts.min(), 1)
