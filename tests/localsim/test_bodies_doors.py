"""Doors: cut out of the closed car without a change to the rest, and swinging about their front edge."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from simgen.localsim import bodies
from simgen.localsim.actors import Vehicle, newborn
from simgen.localsim.catalogue import stock_library
from simgen.localsim.mesh import Material, Mesh
from simgen.localsim.physics import Motion
from simgen.localsim.scene import scene_of
from tests.localsim.stand_in import FlatRenderer

WITH_DOORS = tuple(b for b in stock_library() if b.body is not None and b.body.doors)


@pytest.fixture(autouse=True, scope="module")
def own_cache(tmp_path_factory: pytest.TempPathFactory):
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("SIMGEN_CACHE", str(tmp_path_factory.mktemp("cache")))
        yield


def area_m2(mesh: Mesh) -> float:
    a, b, c = (mesh.positions[mesh.triangles[:, k]].astype(np.float64) for k in range(3))
    return float(0.5 * np.sqrt((np.cross(b - a, c - a) ** 2).sum(axis=1)).sum())


@pytest.mark.parametrize("blueprint", WITH_DOORS, ids=lambda b: b.id)
def test_every_door_of_the_catalogue_is_a_door(blueprint):
    name, size = blueprint.id, blueprint.body.size_lwh_m
    _, width, height = size
    for door in range(blueprint.body.doors):
        mesh = bodies.door_mesh(name, size, door)
        low, high = mesh.bounds_m()
        side = 1 if door % 2 == 0 else -1
        assert (side * mesh.positions[:, 1]).min() > 0.15 * width          # all of it on its side
        assert 0.45 < high[0] - low[0] < 1.75
        assert 0.6 < high[2] - low[2] < height
        assert Material.CAR_GLASS in mesh.material
        x, y = bodies.hinge_m(name, size, door)
        assert high[0] - 0.15 < x < high[0]
        assert 0.7 * width / 2 < side * y < width / 2
    hinges = [bodies.hinge_m(name, size, door)[0] for door in range(blueprint.body.doors)]
    assert hinges == sorted(hinges, reverse=True)
    left, right = (bodies.door_mesh(name, size, door) for door in (0, 1))
    assert left.bounds_m()[1][1] == pytest.approx(-right.bounds_m()[0][1], abs=1e-4)


def test_an_open_car_is_the_closed_one_without_its_doors():
    name, size = "vehicle.seat.leon", (4.19, 1.82, 1.47)
    closed, ajar = bodies.body_mesh(name, size, 0), bodies.open_mesh(name, size, frozenset({0}))
    right = [mesh.positions[(mesh.positions[:, 1] < -0.75)] for mesh in (closed, ajar)]
    assert right[0][:, 2].max() == right[1][:, 2].max()
    low, high = ajar.bounds_m()
    assert low == pytest.approx([-size[0] / 2, -size[1] / 2, 0.0], abs=1e-4)    # the right mirror is still there
    assert high[1] < size[1] / 2                                                # the left one went with the door
    front, rear = 0.5 * size[0] - 0.27 * size[0], 0.5 * size[0] - 0.52 * size[0]
    for mesh, painted in ((closed, True), (ajar, False)):
        centres = mesh.positions[mesh.triangles].mean(axis=1)
        flank = (mesh.material == Material.CAR_PAINT) & (centres[:, 1] > 0.8) & (centres[:, 2] > 0.4) \
            & (centres[:, 2] < 0.75) & (centres[:, 0] > rear + 0.05) & (centres[:, 0] < front - 0.05)
        assert flank.any() == painted
    assert area_m2(bodies.door_mesh(name, size, 0)) > 1.5


def test_a_door_that_there_is_not_is_refused():
    with pytest.raises(ValueError, match="no door 2"):
        bodies.door_mesh("vehicle.audi.tt", (4.18, 1.99, 1.39), 2)
    with pytest.raises(ValueError, match="no door 0"):
        bodies.open_mesh("vehicle.yamaha.yzf", (2.19, 0.87, 1.53), frozenset({0}))
    with pytest.raises(ValueError, match="no vehicle's body"):
        bodies.door_mesh("walker.animal.fox", (1.1, 0.2, 0.45), 0)


def shown(swing: tuple[float, ...]):
    blueprint = stock_library().find("vehicle.seat.leon")
    attributes = {key: spec.value for key, spec in blueprint.attributes.items()}
    car = newborn(7, blueprint, attributes, Motion(), 0, None, 0)
    assert isinstance(car, Vehicle)
    store = FlatRenderer()
    scene = scene_of([replace(car, door_swing=swing)], bodies, store)
    return scene.instances, store.meshes


def corners(instance, mesh: Mesh) -> np.ndarray:
    return mesh.positions @ instance.world_from_mesh[:3, :3].T + instance.world_from_mesh[:3, 3]


def test_an_open_door_is_one_more_instance_of_the_same_actor():
    shut, _ = shown((0.0, 0.0, 0.0, 0.0))
    instances, meshes = shown((1.0, 0.0, 0.0, 0.5))
    assert len(instances) == len(shut) + 2
    assert {instance.actor_id for instance in instances} == {7}
    assert {instance.tag for instance in instances} == {14}
    assert len({instance.tint.tobytes() for instance in instances}) == 1
    shut = meshes[instances[1].mesh].positions
    wide = corners(instances[1], meshes[instances[1].mesh])
    assert wide[:, 1].max() > shut[:, 1].max() + 0.8                  # the front left one stands out by about a metre
    hinge = bodies.hinge_m("vehicle.seat.leon", (4.19, 1.82, 1.47), 0)
    still = np.hypot(*(shut[:, :2] - hinge).T)
    assert np.hypot(*(wide[:, :2] - hinge).T) == pytest.approx(still, abs=1e-4)
    ajar = corners(instances[2], meshes[instances[2].mesh])
    assert -1.82 / 2 - 0.8 < ajar[:, 1].min() < -1.82 / 2 - 0.2       # the rear right one is half open
