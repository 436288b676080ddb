"""What the simulation answers to questions: the functions of the call table that are not the world's own methods."""

from __future__ import annotations

import math

from simgen.localsim import atlas
from simgen.localsim.actors import Actor, Vehicle
from simgen.localsim.poses import compose
from simgen.localsim.signals import Signals
from simgen.localsim.simulation import Simulation
from simgen.localsim.values import (
    ActorDescription,
    ActorInfo,
    BoundingBox,
    EnvironmentObject,
    EpisodeSettings,
    LabelledPoint,
    MapInfo,
    Transform,
    Vector3,
    VehiclePhysics,
    WeatherParameters,
)
from simgen.localsim.wire.records import ActorDefinition, AttributeDefinition
from simgen.localsim.wire.stream import WORLD_STREAM, Token
from simgen.localsim.world import SPECTATOR_ID, LevelVehicle

VERSION = "0.9.16"
ANY_TAG = 255
TRAFFIC_LIGHT_TAG = 7


def version(simulation: Simulation) -> str:
    """The CARLA version whose protocol this is."""
    return VERSION


def episode_info(simulation: Simulation) -> tuple[int, Token]:
    """The episode's id and where the world's own stream is."""
    return simulation.world.episode_id, Token(WORLD_STREAM, simulation.outlet.port)


def settings(simulation: Simulation) -> EpisodeSettings:
    """Synchronous or not, and the time step."""
    return simulation.world.settings


def weather(simulation: Simulation) -> WeatherParameters:
    """As it was set."""
    return simulation.world.weather


def map_info(simulation: Simulation) -> MapInfo:
    """The map's name and spawn points."""
    level = simulation.world.level
    return MapInfo(atlas.info_name(level.name), level.spawn_points)


def map_data(simulation: Simulation) -> str:
    """The OpenDRIVE document."""
    return simulation.world.level.opendrive


def required_files(simulation: Simulation, folder: str) -> tuple[str, ...]:
    """None: there is no navigation mesh and no Traffic Manager cache. The client does without."""
    return ()


def available_maps(simulation: Simulation) -> tuple[str, ...]:
    """All maps that can be loaded."""
    return tuple(atlas.asset_name(name) for name in simulation.maps.names())


def actor_definitions(simulation: Simulation) -> list[ActorDefinition]:
    """The blueprint library."""
    return [
        ActorDefinition(blueprint.uid, blueprint.id, blueprint.tags, tuple(
            AttributeDefinition(spec.id, int(spec.type), spec.value, spec.recommended, spec.modifiable, spec.restricted)
            for spec in blueprint.attributes.values()
        ))
        for blueprint in simulation.world.library
    ]


def spectator(simulation: Simulation) -> ActorInfo:
    """The one actor that always exists."""
    return simulation.world.actor(SPECTATOR_ID).info()


def actors_by_id(simulation: Simulation, actor_ids: tuple[int, ...]) -> list[ActorInfo]:
    """Those that live."""
    return [_info(simulation, actor) for actor in simulation.world.known(actor_ids)]


def spawn(simulation: Simulation, description: ActorDescription, transform: Transform) -> ActorInfo:
    """A new actor on its own."""
    return _info(simulation, simulation.world.spawn(description, transform))


def spawn_attached(
    simulation: Simulation, description: ActorDescription, transform: Transform, parent_id: int, attachment: int,
    socket: str,
) -> ActorInfo:
    """A new actor on another one. All three attachment types are rigid here."""
    return _info(simulation, simulation.world.spawn(description, transform, parent_id, socket))


def _info(simulation: Simulation, actor: Actor) -> ActorInfo:
    return actor.info(simulation.stream_token(actor))


def bounding_box(simulation: Simulation, actor_id: int) -> BoundingBox:
    """In the actor's own axes."""
    return simulation.world.actor(actor_id).box


def physics_control(simulation: Simulation, actor_id: int) -> VehiclePhysics:
    """With the wheels where they are now."""
    return simulation.world.vehicle(actor_id).physics_now()


def light_state(simulation: Simulation, actor_id: int) -> int:
    """Flags of one vehicle."""
    return simulation.world.vehicle(actor_id).lights


def light_states(simulation: Simulation) -> list[tuple[int, int]]:
    """(id, flags) of all vehicles."""
    return [(actor.id, actor.lights) for actor in simulation.world.actors if isinstance(actor, Vehicle)]


def has_traffic_manager(simulation: Simulation, port: int) -> bool:
    """Does some client run one on this port?"""
    return port in simulation.traffic_managers


def traffic_manager(simulation: Simulation, port: int) -> tuple[str, int]:
    """Where it runs; ("", 0) if nowhere."""
    address = simulation.traffic_managers.get(port)
    return ("", 0) if address is None else (address, port)


def add_traffic_manager(simulation: Simulation, where: tuple[str, int]) -> bool:
    """True if the port was free."""
    address, port = where
    return simulation.traffic_managers.setdefault(port, address) is address


def remove_traffic_manager(simulation: Simulation, port: int) -> bool:
    """True if there was one."""
    return simulation.traffic_managers.pop(port, None) is not None


def set_traffic_light_state(simulation: Simulation, actor_id: int, state: int) -> None:
    """Until its controller's next change."""
    simulation.world.change_signals(lambda signals: signals.set_state(actor_id, state))


def set_traffic_light_time(simulation: Simulation, actor_id: int, seconds: float, state: int) -> None:
    """How long its controller stays in one state."""
    simulation.world.change_signals(lambda signals: signals.set_time(actor_id, state, seconds))


def freeze_traffic_lights(simulation: Simulation, frozen: bool) -> None:
    """All of them: a client's ``TrafficLight.freeze`` asks for no other."""
    simulation.world.change_signals(lambda signals: signals.freeze(frozen))


def reset_traffic_light_group(simulation: Simulation, actor_id: int) -> None:
    """A light's group begins its round again."""
    simulation.world.change_signals(lambda signals: signals.reset_group(actor_id))


def reset_traffic_lights(simulation: Simulation) -> None:
    """All groups begin their rounds again."""
    simulation.world.change_signals(Signals.reset_all)


def group_traffic_lights(simulation: Simulation, actor_id: int) -> list[int]:
    """The lights of one junction."""
    return simulation.world.signals.group(actor_id)


def light_boxes(simulation: Simulation, actor_id: int) -> tuple[BoundingBox, ...]:
    """Of a traffic light's housings, in world axes."""
    return tuple(box._replace(actor_id=actor_id) for box in simulation.world.signals.light(actor_id).signal.heads)


def project_point(
    simulation: Simulation, start: Vector3, direction: Vector3, reach_m: float
) -> tuple[bool, LabelledPoint]:
    """The first surface in a direction."""
    met = simulation.surfaces(start, direction, reach_m)
    return (True, met[0]) if met else (False, LabelledPoint(start, 0))


def cast_ray(simulation: Simulation, start: Vector3, end: Vector3) -> list[LabelledPoint]:
    """All surfaces between two points."""
    way = Vector3(end.x - start.x, end.y - start.y, end.z - start.z)
    return simulation.surfaces(start, way, math.hypot(*way))


def level_boxes(simulation: Simulation, tag: int) -> list[BoundingBox]:
    """World boxes of the actors with a tag, of the level's parked cars and of its traffic lights' housings. The rest of
    the level has none."""
    boxes = [car.world_box for car in _level_vehicles(simulation, tag)]
    for actor in simulation.world.actors:
        if actor.body and tag in (ANY_TAG, actor.body.tag):
            box = actor.box
            pose = compose(actor.transform, Transform(box.location, box.rotation))
            boxes.append(BoundingBox(pose.location, box.extent, pose.rotation, actor.id))
    if tag in (ANY_TAG, TRAFFIC_LIGHT_TAG):
        boxes += [box for light in simulation.world.signals.lights for box in light_boxes(simulation, light)]
    return boxes


def environment_objects(simulation: Simulation, tag: int) -> tuple[EnvironmentObject, ...]:
    """The level's parked cars, with boxes in world axes. The rest of the level cannot be taken apart."""
    return tuple(
        EnvironmentObject(car.transform, car.world_box, car.number, car.name, car.body.tag)
        for car in _level_vehicles(simulation, tag)
    )


def _level_vehicles(simulation: Simulation, tag: int) -> list[LevelVehicle]:
    return [car for car in simulation.world.level.vehicles if tag in (ANY_TAG, car.body.tag)]


def street_lights(simulation: Simulation, client: str) -> tuple[int, ...]:
    """None that a client could switch: street lamps burn when the sun is down."""
    return ()
