"""Who takes part: OpenSCENARIO's vehicles, pedestrians (people and animals) and miscellaneous objects.

The reference point of every entity is the actor's origin as plan and tracks have it: below the middle of its body, on
the ground (vehicles included, whose reference point many OpenSCENARIO tools put below the rear axle). Its box lies
round that point, and axles are counted from it.

What a plan does not know and OpenSCENARIO demands is nominal: masses of people and things, axles, and what a vehicle's
engine and brakes can do. Nothing of it matters for a replayed trajectory.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal
from xml.etree.ElementTree import Element

from simgen.interchange.elements import element, identifier, properties
from simgen.motion.bodies import EGO, Body
from simgen.scenario.plan import ActorPlan, EgoPlan
from simgen.scenario.tables import animals, prop_kinds, vehicle_kinds


@dataclass(frozen=True, slots=True)
class _Make:
    """A kind of vehicle: OpenSCENARIO's category, what it can do at most, its wheels."""

    category: str
    speed_mps: float
    acceleration_mps2: float
    deceleration_mps2: float
    wheel_m: float


_MAKES = {
    "car": _Make("car", 70.0, 5.0, 10.0, 0.65),
    "van": _Make("van", 50.0, 4.0, 9.0, 0.7),
    "truck": _Make("truck", 35.0, 2.0, 7.0, 1.0),
    "bus": _Make("bus", 35.0, 2.0, 7.0, 1.0),
    "motorcycle": _Make("motorbike", 70.0, 8.0, 10.0, 0.6),
    "bicycle": _Make("bicycle", 20.0, 2.0, 6.0, 0.7),
}
# CARLA's vehicles that the tables leave out of every kind because they are never drawn.
_RARE = {"vehicle.ford.ambulance": "van", "vehicle.carlamotors.firetruck": "truck"}
_WHEELBASE_SHARE, _TRACK_SHARE = 0.6, 0.85      # of a body's length and width
_MOST_STEERING_RAD = 0.6

_ADULT_KG, _CHILD_KG = 75.0, 30.0
_LYING_BELOW_M, _CHILD_BELOW_M = 0.5, 1.4
_THING_KG_PER_M3 = 100.0
_THINGS = {"barrier": "barrier", "fallen_tree": "tree", "hedge": "vegetation", "bush": "vegetation"}

Sort = Literal["vehicle", "pedestrian", "miscellaneous"]


def sort_of(actor: ActorPlan | None) -> Sort:
    """Which of OpenSCENARIO's three sorts of entities an actor is; None: the ego."""
    if actor is None or actor.kind == "vehicle":
        return "vehicle"
    return "miscellaneous" if actor.kind == "prop" else "pedestrian"


def ego_entity(ego: EgoPlan, body: Body) -> Element:
    """The ego. ScenarioRunner knows it by the property ``type``."""
    values: dict[str, str | float] = {"type": "ego_vehicle", **_color(ego.color), "simgen.role": EGO}
    return element("ScenarioObject", _vehicle(ego.blueprint, body, values | {"simgen.rig": ego.rig}), name=EGO)


def actor_entity(actor: ActorPlan, body: Body) -> Element:
    """Anybody else."""
    values: dict[str, str | float] = {
        "type": "simulation", **_color(actor.color), "simgen.role": actor.role, "simgen.kind": actor.kind,
        **({} if actor.species is None else {"simgen.species": actor.species}),
        **{f"simgen.attribute.{key}": value for key, value in sorted(actor.attributes.items())},
        "simgen.event": actor.event, "simgen.background": actor.background,
    }
    make = {"vehicle": _vehicle_of, "miscellaneous": _thing, "pedestrian": _pedestrian}[sort_of(actor)]
    return element("ScenarioObject", make(actor, body, values), name=identifier(actor.role))


def blueprint_of(actor: ActorPlan) -> str:
    """The blueprint that plays an actor; for animals the built-in simulator's."""
    return actor.blueprint if actor.blueprint is not None else f"walker.animal.{actor.species}"


def _vehicle_of(actor: ActorPlan, body: Body, values: dict[str, str | float]) -> Element:
    return _vehicle(blueprint_of(actor), body, values)


def _vehicle(blueprint: str, body: Body, values: dict[str, str | float]) -> Element:
    kind = next((kind for kind, ids in vehicle_kinds().items() if blueprint in ids), _RARE.get(blueprint, "car"))
    make, half_m = _MAKES[kind], body.length_m * _WHEELBASE_SHARE / 2
    track_m = 0.0 if make.category in ("motorbike", "bicycle") else body.width_m * _TRACK_SHARE

    def axle(tag: str, x_m: float, steering_rad: float) -> Element:
        return element(
            tag, maxSteering=steering_rad, wheelDiameter=make.wheel_m, trackWidth=track_m,
            positionX=body.centre_x_m + x_m, positionZ=make.wheel_m / 2,
        )

    return element(
        "Vehicle",
        _box(body),
        element(
            "Performance", maxSpeed=make.speed_mps, maxAcceleration=make.acceleration_mps2,
            maxDeceleration=make.deceleration_mps2,
        ),
        element("Axles", axle("FrontAxle", half_m, _MOST_STEERING_RAD), axle("RearAxle", -half_m, 0.0)),
        properties(values),
        name=blueprint, vehicleCategory=make.category,
    )


def _pedestrian(actor: ActorPlan, body: Body, values: dict[str, str | float]) -> Element:
    blueprint = blueprint_of(actor)
    if actor.kind == "animal":
        assert actor.species is not None
        grown = animals()[actor.species]
        # The young weigh as the cube of their length.
        category, mass_kg = "animal", grown.mass_kg * (body.length_m / grown.size_lwh_m[0]) ** 3
    else:
        seated = actor.attributes.get("use_wheelchair") == "true"
        small = _LYING_BELOW_M < body.height_m < _CHILD_BELOW_M and not seated
        category, mass_kg = "wheelchair" if seated else "pedestrian", _CHILD_KG if small else _ADULT_KG
    return element(
        "Pedestrian", _box(body), properties(values),
        name=blueprint, model=blueprint, mass=mass_kg, pedestrianCategory=category,
    )


def _thing(actor: ActorPlan, body: Body, values: dict[str, str | float]) -> Element:
    blueprint = blueprint_of(actor)
    kind = next((kind for kind, ids in prop_kinds().items() if blueprint in ids), None)
    return element(
        "MiscObject", _box(body), properties(values),
        name=blueprint, miscObjectCategory=_THINGS.get(kind or "", "obstacle"),
        mass=body.length_m * body.width_m * body.height_m * _THING_KG_PER_M3,
    )


def _box(body: Body) -> Element:
    return element(
        "BoundingBox",
        element("Center", x=body.centre_x_m, y=0.0, z=body.height_m / 2),
        element("Dimensions", length=body.length_m, width=body.width_m, height=body.height_m),
    )


def _color(color: str | None) -> dict[str, str]:
    """As ScenarioRunner reads it: CARLA's "r,g,b"."""
    return {} if color is None else {"color": color}
