"""Which body each of CARLA 0.9.16's vehicle blueprints gets, and how far its mirrors stand out.

CARLA's boxes include the mirrors of some models and not of others; the mirrors' width is the difference to the
real car's width, from 3 cm up to 10 cm (lorries and buses more).
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np

from simgen.localsim.bodies import car_shape as shapes
from simgen.localsim.bodies.bicycle import CITY_BIKE, CROSS_BIKE, RACE_BIKE, Bicycle, add_bicycle
from simgen.localsim.bodies.builder import Array, MeshBuilder, affine, fitting, mirrored
from simgen.localsim.bodies.car import add_car
from simgen.localsim.bodies.car_door import add_door
from simgen.localsim.bodies.car_measures import AS_BEACON, LAMP_COLOUR, Car, car_of
from simgen.localsim.bodies.car_shape import CarShape
from simgen.localsim.bodies.driver import Occupant, occupants
from simgen.localsim.bodies.lorry import (
    Heavy,
    add_ambulance,
    add_box_lorry,
    add_fire_engine,
    add_tractor_with_trailer,
    cab_of,
)
from simgen.localsim.bodies.motorcycle import CRUISER, SCOOTER, SPORT, Motorcycle, add_motorcycle
from simgen.localsim.bodies.seating import front_seats, passenger_seats
from simgen.localsim.bodies.wheel import AxleWheels, add_axles, add_wheel
from simgen.localsim.mesh import Material, Mesh

Size = tuple[float, float, float]

_ROOF_LOAD_M = 0.11   # height of a light bar or a taxi sign, within the box


@dataclass(frozen=True, slots=True)
class Vehicle:
    """A body: a car's shape, a heavy vehicle, a bicycle or a motorcycle."""

    body: CarShape | Heavy | Bicycle | Motorcycle
    mirror_m: float = 0.03
    roof: Literal["bare", "light_bar", "taxi_sign"] = "bare"


_PATROL_CAR = replace(shapes.SALOON, wheel_m=0.36, grille=0.75, second="doors")

VEHICLES: dict[str, Vehicle] = {
    "vehicle.audi.a2": Vehicle(shapes.HATCH, 0.058),
    "vehicle.audi.etron": Vehicle(shapes.ESTATE_SUV, 0.048),
    "vehicle.audi.tt": Vehicle(shapes.COUPE, 0.074),
    "vehicle.bmw.grandtourer": Vehicle(shapes.PEOPLE_CARRIER, 0.10),
    "vehicle.chevrolet.impala": Vehicle(replace(shapes.SALOON, wheel_m=0.34, tail=(0.80, 0.67)), 0.088),
    "vehicle.citroen.c3": Vehicle(shapes.HATCH, 0.05),
    "vehicle.dodge.charger_2020": Vehicle(replace(shapes.SALOON, wheel_m=0.36, grille=0.75)),
    "vehicle.dodge.charger_police": Vehicle(_PATROL_CAR, 0.07, "light_bar"),
    "vehicle.dodge.charger_police_2020": Vehicle(_PATROL_CAR, 0.03, "light_bar"),
    "vehicle.ford.crown": Vehicle(replace(shapes.SALOON, wheel_m=0.34, tail=(0.80, 0.67)), 0.03, "taxi_sign"),
    "vehicle.ford.mustang": Vehicle(shapes.CLASSIC_COUPE, 0.08),
    "vehicle.jeep.wrangler_rubicon": Vehicle(shapes.JEEP, 0.04),
    "vehicle.lincoln.mkz_2017": Vehicle(shapes.SALOON, 0.09),
    "vehicle.lincoln.mkz_2020": Vehicle(shapes.SALOON),
    "vehicle.mercedes.coupe": Vehicle(shapes.COUPE, 0.09),
    "vehicle.mercedes.coupe_2020": Vehicle(shapes.COUPE),
    "vehicle.micro.microlino": Vehicle(shapes.MICROCAR),
    "vehicle.mini.cooper_s": Vehicle(shapes.MINI, 0.09),
    "vehicle.mini.cooper_s_2021": Vehicle(shapes.COUNTRYMAN, 0.09),
    "vehicle.nissan.micra": Vehicle(shapes.HATCH, 0.09),
    "vehicle.nissan.patrol": Vehicle(shapes.ESTATE_SUV, 0.04),
    "vehicle.nissan.patrol_2021": Vehicle(replace(shapes.ESTATE_SUV, wheel_m=0.41, clearance_m=0.27), 0.08),
    "vehicle.seat.leon": Vehicle(replace(shapes.HATCH, wheel_m=0.32)),
    "vehicle.tesla.model3": Vehicle(replace(shapes.LIFTBACK, wheel_m=0.34, grille=0.0), 0.09),
    "vehicle.toyota.prius": Vehicle(shapes.LIFTBACK, 0.09),
    "vehicle.ford.ambulance": Vehicle("ambulance", 0.10),
    "vehicle.mercedes.sprinter": Vehicle(shapes.PANEL_VAN, 0.04),
    "vehicle.volkswagen.t2": Vehicle(shapes.CAMPER, 0.10),
    "vehicle.volkswagen.t2_2021": Vehicle(shapes.CAMPER),
    "vehicle.carlamotors.carlacola": Vehicle("box_lorry", 0.14),
    "vehicle.carlamotors.european_hgv": Vehicle("tractor_with_trailer", 0.17),
    "vehicle.carlamotors.firetruck": Vehicle("fire_engine", 0.16),
    "vehicle.tesla.cybertruck": Vehicle(shapes.WEDGE_TRUCK, 0.09),
    "vehicle.mitsubishi.fusorosa": Vehicle(shapes.BUS, 0.25),
    "vehicle.harley-davidson.low_rider": Vehicle(CRUISER),
    "vehicle.kawasaki.ninja": Vehicle(SPORT),
    "vehicle.vespa.zx125": Vehicle(SCOOTER),
    "vehicle.yamaha.yzf": Vehicle(SPORT),
    "vehicle.bh.crossbike": Vehicle(CROSS_BIKE),
    "vehicle.diamondback.century": Vehicle(RACE_BIKE),
    "vehicle.gazelle.omafiets": Vehicle(CITY_BIKE),
}


@dataclass(frozen=True, slots=True)
class Axle:
    """An axle of a finished vehicle, mesh axes, metres: where it is, and how far aside the wheels' middles are."""

    x_m: float
    y_m: float
    radius_m: float
    steers: bool


def vehicle_mesh(vehicle: Vehicle, size_lwh_m: Size, phase: int = 0) -> Mesh:
    """The vehicle's mesh with its wheels, filling its box exactly; a two-wheeler's rolls by its phases."""
    scale, shift = _fitting(vehicle, size_lwh_m)
    builder = MeshBuilder()
    add_axles(builder, _add_body(builder, vehicle, size_lwh_m, frozenset(), phase))
    return affine(builder.mesh(), scale, shift)


def open_vehicle_mesh(vehicle: Vehicle, size_lwh_m: Size, open_doors: frozenset[int], *, wheels: bool = True) -> Mesh:
    """The vehicle with holes where doors (CARLA's numbers) stand open; wheels: with those that do not turn.

    Raises ValueError for a door that it does not have.
    """
    for door in open_doors:
        _car_with_door(vehicle, size_lwh_m, door)
    scale, shift = _fitting(vehicle, size_lwh_m)
    builder = MeshBuilder()
    axles = _add_body(builder, vehicle, size_lwh_m, open_doors, 0)
    if wheels:
        add_axles(builder, axles)
    return affine(builder.mesh(), scale, shift)


@functools.lru_cache(maxsize=64)
def axles(vehicle: Vehicle, size_lwh_m: Size) -> tuple[Axle, ...]:
    """The axles whose wheels can be drawn on their own, front first; none of two-wheelers."""
    scale, shift = _fitting(vehicle, size_lwh_m)
    found = _add_body(MeshBuilder(), vehicle, size_lwh_m, frozenset(), 0)
    return tuple(Axle(float(scale[0] * a.x_m + shift[0]), float(scale[1] * (a.y_m - 0.5 * a.width_m)),
                      float(scale[2] * a.radius_m), a.steers) for a in found)


def wheel_mesh(vehicle: Vehicle, size_lwh_m: Size, axle: int, side: int) -> Mesh:
    """The left (side 1) or right (-1) wheel of an axle about its own middle, or both (0) about the axle's middle."""
    scale, _ = _fitting(vehicle, size_lwh_m)
    wheels = _add_body(MeshBuilder(), vehicle, size_lwh_m, frozenset(), 0)[axle]
    builder = MeshBuilder()
    add_wheel(builder, wheels, (0.0, 0.5 * wheels.width_m if side else wheels.y_m, 0.0), mirror=side == 0)
    # The same scale along and up, so that it stays round; upwards, so that it reaches the ground.
    mesh = affine(builder.mesh(), (scale[2], scale[1], scale[2]), (0.0, 0.0, 0.0))
    return mirrored(mesh) if side < 0 else mesh


def door_mesh(vehicle: Vehicle, size_lwh_m: Size, door: int) -> Mesh:
    """One door as it hangs when it is shut, in the vehicle's axes; a ValueError if there is no such door."""
    builder = MeshBuilder()
    add_door(builder, _car_with_door(vehicle, size_lwh_m, door), door)
    scale, shift = _fitting(vehicle, size_lwh_m)
    return affine(builder.mesh(), scale, shift)


def _car_with_door(vehicle: Vehicle, size_lwh_m: Size, door: int) -> Car:
    shape = vehicle.body
    if not isinstance(shape, CarShape) or not 0 <= door < 2 * (len(shape.doors) - 1):
        raise ValueError(f"this vehicle has no door {door}")
    return car_of(shape, _below_roof_load(vehicle, size_lwh_m), vehicle.mirror_m)


def crew(vehicle: Vehicle, size_lwh_m: Size, look: str) -> tuple[Occupant, ...]:
    """Who sits in a car, van, bus or lorry that is driven; nobody on two-wheelers, whose riders are
    part of them. look: a stable name that picks who it is."""
    body, ahead = vehicle.body, 0.0
    if isinstance(body, (Bicycle, Motorcycle)):
        return ()
    if isinstance(body, CarShape):
        car = car_of(body, _below_roof_load(vehicle, size_lwh_m), vehicle.mirror_m)
    else:
        cab = cab_of(body, size_lwh_m, vehicle.mirror_m)
        car, ahead = cab.car, cab.ahead_m
    scale, shift = _fitting(vehicle, size_lwh_m)
    police = vehicle.roof == "light_bar"
    seats = front_seats(car)
    return occupants(seats, passenger_seats(car, seats), scale, shift + scale * np.array([ahead, 0.0, 0.0]), look,
                     police)


@functools.lru_cache(maxsize=64)
def _fitting(vehicle: Vehicle, size_lwh_m: Size) -> tuple[Array, Array]:
    """Scale and shift that bring the vehicle at rest, doors shut, to its box."""
    builder = MeshBuilder()
    add_axles(builder, _add_body(builder, vehicle, size_lwh_m, frozenset(), 0))
    return fitting(builder.mesh(), size_lwh_m)


def _add_body(builder: MeshBuilder, vehicle: Vehicle, size_lwh_m: Size, open_doors: frozenset[int],
              phase: int) -> tuple[AxleWheels, ...]:
    """Append all but the wheels of cars and lorries, which are returned."""
    body = vehicle.body
    if isinstance(body, CarShape):
        return _add_car_with_roof(builder, body, size_lwh_m, vehicle, open_doors)
    if isinstance(body, Bicycle):
        add_bicycle(builder, body, size_lwh_m, phase)
        return ()
    if isinstance(body, Motorcycle):
        add_motorcycle(builder, body, size_lwh_m, phase)
        return ()
    return _HEAVY[body](builder, size_lwh_m, vehicle.mirror_m)


_HEAVY: dict[Heavy, Callable[[MeshBuilder, Size, float], tuple[AxleWheels, ...]]] = {
    "box_lorry": add_box_lorry, "tractor_with_trailer": add_tractor_with_trailer, "fire_engine": add_fire_engine,
    "ambulance": add_ambulance,
}


def _below_roof_load(vehicle: Vehicle, size: Size) -> Size:
    length, width, height = size
    return (length, width, height if vehicle.roof == "bare" else height - _ROOF_LOAD_M)


def _add_car_with_roof(builder: MeshBuilder, shape: CarShape, size: Size, vehicle: Vehicle,
                       open_doors: frozenset[int]) -> tuple[AxleWheels, ...]:
    length, width, roof = _below_roof_load(vehicle, size)
    car = car_of(shape, (length, width, roof), vehicle.mirror_m)
    wheels = add_car(builder, car, open_doors)
    if vehicle.roof == "bare":
        return wheels
    x = length * (0.5 - 0.5 * (shape.roof_front + shape.roof_rear)) + 0.15
    z = roof + 0.5 * _ROOF_LOAD_M
    if vehicle.roof == "light_bar":
        builder.box((x, 0.165 * width, z), (0.14, 0.115 * width, 0.5 * _ROOF_LOAD_M), LAMP_COLOUR, radius=0.03,
                    parameter=AS_BEACON, mirror=True)
        builder.box((x, 0.0, z - 0.01), (0.12, 0.05 * width, 0.4 * _ROOF_LOAD_M), Material.RIM, radius=0.02)
        builder.box((x, 0.0, roof - 0.005), (0.10, 0.26 * width, 0.02), Material.BLACK_TRIM)
    else:
        builder.box((x, 0.0, z), (0.09, 0.24, 0.5 * _ROOF_LOAD_M), Material.CAR_PAINT, radius=0.02, parameter=1.0)
        builder.box((x, 0.0, z), (0.094, 0.20, 0.3 * _ROOF_LOAD_M), Material.FRAME)
    return wheels
