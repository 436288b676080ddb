"""Who sits in vehicles: wholly inside every cabin, on the left, at the wheel; and nobody in a parked car."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from numpy.typing import NDArray

from simgen.localsim import bodies
from simgen.localsim.actors import Vehicle, newborn
from simgen.localsim.catalogue import Blueprint, stock_library
from simgen.localsim.mesh import Material, Mesh
from simgen.localsim.physics import Motion
from simgen.localsim.render.device import Device
from simgen.localsim.render.raycast import Rays
from simgen.localsim.render.tracing import EmbreeTracer
from simgen.localsim.render.warp_runtime import load_kernels, wp
from simgen.localsim.scene import scene_of
from simgen.localsim.values import Transform, Vector3
from tests.localsim.stand_in import FlatRenderer

CABINS = tuple(b for b in stock_library() if b.body is not None and b.body.wheels and b.body.wheels.count == 4)
LEON = "vehicle.seat.leon"
WAYS = {"up": (0, 0, 1), "left": (0, 1, 0), "right": (0, -1, 0), "ahead": (1, 0, 0), "back": (-1, 0, 0)}


@pytest.fixture(scope="module")
def tracer() -> EmbreeTracer:
    made = EmbreeTracer(Device())
    load_kernels(made.kernels, made.device.name)
    return made


def escapes(tracer: EmbreeTracer, mesh: Mesh, points: NDArray[np.float64]) -> dict[str, int]:
    """How many rays from points (N, 3) meet nothing of a mesh, by their way."""
    scene, device = tracer.scene([(tracer.mesh(mesh.positions, mesh.triangles), np.eye(4))]), tracer.device
    count = len(points) * len(WAYS)
    origins = np.tile(points.astype(np.float32), (len(WAYS), 1))
    directions = np.repeat(np.array(list(WAYS.values()), np.float32), len(points), axis=0)
    extents = np.tile(np.array([0.0, 50.0], np.float32), (count, 1))
    rays = Rays(device.upload(origins, wp.vec3), device.upload(directions, wp.vec3), device.upload(extents, wp.vec2),
                count, 1, tiled=False, coherent=False)
    visible = device.empty(count, float)
    tracer.caster(scene).occlude(rays, visible)
    free = device.download(visible).reshape(len(WAYS), -1).sum(axis=1)
    return {way: int(number) for way, number in zip(WAYS, free, strict=True)}


@pytest.mark.parametrize("blueprint", CABINS, ids=lambda b: b.id)
def test_whoever_sits_in_it_is_wholly_inside(blueprint: Blueprint, tracer: EmbreeTracer) -> None:
    assert blueprint.body is not None
    size = blueprint.body.size_lwh_m
    vehicle = bodies.body_mesh(blueprint.id, size, 0)
    # Of all who may sit there the largest are looked at: one with a beanie, and a stout one.
    points = []
    for one in bodies.occupants(blueprint.id, size, "anybody"):
        for number in ("0019", "0017"):
            corners = bodies.occupant_mesh(one.name[:-4] + number).positions[::3].astype(np.float64)
            points.append(corners @ one.body_from_mesh[:3, :3].T + one.body_from_mesh[:3, 3])
    everywhere = np.concatenate(points)
    assert everywhere[:, 2].min() > 0.15
    assert escapes(tracer, vehicle, everywhere) == dict.fromkeys(WAYS, 0)


@pytest.mark.parametrize("blueprint", CABINS, ids=lambda b: b.id)
def test_the_driver_sits_on_the_left_as_tall_as_a_grown_up(blueprint: Blueprint) -> None:
    assert blueprint.body is not None
    driver, *others = bodies.occupants(blueprint.id, blueprint.body.size_lwh_m, "anybody")
    assert driver.body_from_mesh[1, 3] > 0.2
    assert 0.85 < driver.body_from_mesh[2, 2] <= 1.0
    if blueprint.id == "vehicle.mitsubishi.fusorosa":
        assert len(others) == 7                         # as many as there are people but for the driver
        assert all(one.body_from_mesh[0, 3] < driver.body_from_mesh[0, 3] - 1.0 for one in others)
    else:
        assert all(one.body_from_mesh[1, 3] == pytest.approx(-driver.body_from_mesh[1, 3], abs=0.02) for one in others)
    names = [one.name for one in (driver, *others)]
    assert len(set(names)) == len(names)                # by which their motion is told


def test_a_figure_costs_little_and_has_face_hands_and_clothes() -> None:
    for posture in ("low", "upright"):
        for number in ("0001", "0017", "0019", "0030", "0032", "0044"):
            mesh = bodies.occupant_mesh(f"occupant/{posture}/wheel/{number}")
            assert len(mesh.triangles) <= 3000
            assert {Material.SKIN, Material.HAIR, Material.CLOTH_UPPER, Material.CLOTH_LOWER} <= set(mesh.material)


def test_hands_are_at_the_wheel_and_those_of_a_passenger_are_not() -> None:
    driver, passenger = (bodies.occupant_mesh(f"occupant/low/{hands}/0002") for hands in ("wheel", "lap"))
    for mesh, reach in ((driver, 0.44), (passenger, 0.30)):
        skin = mesh.positions[np.unique(mesh.triangles[mesh.material == Material.SKIN])]
        below_chin = skin[skin[:, 2] < 0.45]
        assert below_chin[:, 0].max() == pytest.approx(reach + 0.06, abs=0.09)


def car(blueprint: str = LEON) -> Vehicle:
    entry = stock_library().find(blueprint)
    made = newborn(7, entry, {key: spec.value for key, spec in entry.attributes.items()}, Motion(), 0, None, 0)
    assert isinstance(made, Vehicle)
    return made


def crew(vehicle: Vehicle) -> list[str]:
    return [one.mesh for one in scene_of([vehicle], bodies, FlatRenderer()).instances if "occupant" in one.mesh]


def test_a_parked_car_is_empty_and_one_that_drives_rolls_or_has_its_lights_on_is_not() -> None:
    assert crew(car()) == []
    assert len(crew(replace(car(), driven=True))) >= 1
    assert len(crew(replace(car(), lights=3))) >= 1
    assert len(crew(replace(car(), rolled_m=-2.0))) >= 1
    assert crew(replace(car("vehicle.vespa.zx125"), driven=True)) == []       # its rider is part of it


def test_the_crew_goes_with_the_vehicle_and_counts_as_it() -> None:
    there = Motion(transform=Transform(Vector3(5.0, -2.0, 0.0), car().transform.rotation))
    body, *parts = scene_of([replace(car(), driven=True, motion=there)], bodies, FlatRenderer()).instances
    people = [one for one in parts if "occupant" in one.mesh]
    shape = car().body
    assert shape is not None
    seats = bodies.occupants(LEON, shape.size_lwh_m, "vehicle.seat.leon/7")
    assert [one.mesh for one in people] == [one.name for one in seats]
    for one, seat in zip(people, seats, strict=True):
        assert (one.actor_id, one.tag, one.snow) == (body.actor_id, body.tag, 0.0)
        assert one.world_from_mesh == pytest.approx(body.world_from_mesh @ seat.body_from_mesh)


def test_who_drives_hangs_on_the_vehicles_name_and_police_drive_police_cars() -> None:
    size = (4.0, 1.8, 1.5)
    names = {bodies.occupants(LEON, size, f"car {k}")[0].person for k in range(60)}
    assert len(names) == 8
    assert bodies.occupants(LEON, size, "car 1") == bodies.occupants(LEON, size, "car 1")
    officer = bodies.occupants("vehicle.dodge.charger_police", (4.97, 2.04, 1.54), "car 1")[0].person
    assert officer in ("walker.pedestrian.0030", "walker.pedestrian.0032")
