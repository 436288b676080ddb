"""Which body each of CARLA 0.9.16's vehicle blueprints gets, and how far its mirrors stand out.

CARLA's boxes include the mirrors of some models and not of others; the mirrors' width is the difference to the
real car's width, from 3 cm up to 10 cm (lorries and buses more).
"""

from __future__ import annotations

import functools
from dataclasses import dataclass, replace
from typing import Literal

from simgen.localsim.bodies import car_shape as shapes
from simgen.localsim.bodies.bicycle import CITY_BIKE, CROSS_BIKE, RACE_BIKE, Bicycle, add_bicycle
from simgen.localsim.bodies.builder import Array, MeshBuilder, affine, fitted, fitting
from simgen.localsim.bodies.car import add_car
from simgen.localsim.bodies.car_door import add_door, add_interior
from simgen.localsim.bodies.car_measures import Car, car_of
from simgen.localsim.bodies.car_shape import CarShape
from simgen.localsim.bodies.lorry import add_ambulance, add_box_lorry, add_fire_engine
from simgen.localsim.bodies.motorcycle import CRUISER, SCOOTER, SPORT, Motorcycle, add_motorcycle
from simgen.localsim.mesh import Material, Mesh

Size = tuple[float, float, float]
Heavy = Literal["box_lorry", "fire_engine", "ambulance"]

_ROOF_LOAD_M = 0.11   # height of a light bar or a taxi sign, within the box


@dataclass(frozen=True, slots=True)
class Vehicle:
    """A body: a car's shape, a heavy vehicle, a bicycle or a motorcycle."""

    body: CarShape | Heavy | Bicycle | Motorcycle
    mirror_m: float = 0.03
    roof: Literal["bare", "light_bar", "taxi_sign"] = "bare"


VEHICLES: dict[str, Vehicle] = {
    "vehicle.audi.a2": Vehicle(shapes.HATCH, 0.058),
    "vehicle.audi.etron": Vehicle(shapes.ESTATE_SUV, 0.048),
    "vehicle.audi.tt": Vehicle(shapes.COUPE, 0.074),
    "vehicle.bmw.grandtourer": Vehicle(shapes.PEOPLE_CARRIER, 0.10),
    "vehicle.chevrolet.impala": Vehicle(replace(shapes.SALOON, wheel_m=0.34, tail=(0.80, 0.67)), 0.088),
    "vehicle.citroen.c3": Vehicle(shapes.HATCH, 0.05),
    "vehicle.dodge.charger_2020": Vehicle(replace(shapes.SALOON, wheel_m=0.36, grille=0.75)),
    "vehicle.dodge.charger_police": Vehicle(replace(shapes.SALOON, wheel_m=0.36, grille=0.75), 0.07, "light_bar"),
    "vehicle.dodge.charger_police_2020": Vehicle(replace(shapes.SALOON, wheel_m=0.36, grille=0.75), 0.03, "light_bar"),
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
    "vehicle.carlamotors.european_hgv": Vehicle("box_lorry", 0.17),
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


def vehicle_mesh(vehicle: Vehicle, size_lwh_m: Size) -> Mesh:
    """The vehicle's mesh, filling its box exactly."""
    return fitted(_unfitted(vehicle, size_lwh_m, frozenset()), size_lwh_m)


def open_vehicle_mesh(vehicle: Vehicle, size_lwh_m: Size, open_doors: frozenset[int]) -> Mesh:
    """The vehicle with holes where doors (CARLA's numbers) stand open, and what one sees through them.

    Raises ValueError for a door that it does not have.
    """
    for door in open_doors:
        _car_with_door(vehicle, size_lwh_m, door)
    scale, shift = _fitting(vehicle, size_lwh_m)
    return affine(_unfitted(vehicle, size_lwh_m, open_doors), scale, shift)


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


@functools.lru_cache(maxsize=32)
def _fitting(vehicle: Vehicle, size_lwh_m: Size) -> tuple[Array, Array]:
    return fitting(_unfitted(vehicle, size_lwh_m, frozenset()), size_lwh_m)


def _unfitted(vehicle: Vehicle, size_lwh_m: Size, open_doors: frozenset[int]) -> Mesh:
    builder = MeshBuilder()
    body = vehicle.body
    if isinstance(body, CarShape):
        _add_car_with_roof(builder, body, size_lwh_m, vehicle, open_doors)
    elif isinstance(body, Bicycle):
        add_bicycle(builder, body, size_lwh_m)
    elif isinstance(body, Motorcycle):
        add_motorcycle(builder, body, size_lwh_m)
    elif body == "box_lorry":
        add_box_lorry(builder, size_lwh_m, vehicle.mirror_m)
    elif body == "fire_engine":
        add_fire_engine(builder, size_lwh_m, vehicle.mirror_m)
    else:
        add_ambulance(builder, size_lwh_m, vehicle.mirror_m)
    return builder.mesh()


def _below_roof_load(vehicle: Vehicle, size: Size) -> Size:
    length, width, height = size
    return (length, width, height if vehicle.roof == "bare" else height - _ROOF_LOAD_M)


def _add_car_with_roof(builder: MeshBuilder, shape: CarShape, size: Size, vehicle: Vehicle,
                       open_doors: frozenset[int]) -> None:
    length, width, roof = _below_roof_load(vehicle, size)
    car = car_of(shape, (length, width, roof), vehicle.mirror_m)
    add_car(builder, car, open_doors)
    if open_doors:
        add_interior(builder, car, open_doors)
    if vehicle.roof == "bare":
        return
    x = length * (0.5 - 0.5 * (shape.roof_front + shape.roof_rear)) + 0.15
    z = roof + 0.5 * _ROOF_LOAD_M
    if vehicle.roof == "light_bar":
        builder.box((x, 0.0, z), (0.14, 0.28 * width, 0.5 * _ROOF_LOAD_M), Material.CAR_GLASS, radius=0.03)
        builder.box((x, 0.0, roof - 0.005), (0.10, 0.26 * width, 0.02), Material.BLACK_TRIM)
    else:
        builder.box((x, 0.0, z), (0.07, 0.17, 0.5 * _ROOF_LOAD_M), Material.SIGN, radius=0.02)
