"""Every call the built-in simulator knows: the name a CARLA client uses, what is done, and the types of arguments and
result. What is not in this table is refused by name.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any

from simgen.localsim import answers
from simgen.localsim.batch import apply_batch
from simgen.localsim.signals import GREEN, RED, YELLOW
from simgen.localsim.simulation import Simulation
from simgen.localsim.wire.codecs import BOOL, FLOAT, INT, TEXT, Codec, array, fixed
from simgen.localsim.wire.records import (
    ACTOR,
    ACTOR_DEFINITION,
    ACTOR_DESCRIPTION,
    BOUNDING_BOX,
    COMMAND,
    ENVIRONMENT_OBJECT,
    EPISODE_INFO,
    EPISODE_SETTINGS,
    LABELLED_POINT,
    LIGHT_FLAGS,
    MAP_INFO,
    OPENDRIVE_PARAMETERS,
    TOKEN,
    TRAFFIC_MANAGER,
    TRANSFORM,
    VECTOR,
    VEHICLE_CONTROL,
    VEHICLE_PHYSICS,
    WALKER_CONTROL,
    WEATHER,
)
from simgen.localsim.world import World


@dataclass(frozen=True, slots=True)
class Method:
    """One call.

    act:      the simulation (or its world) first, then the arguments.
    returns:  None if the call returns nothing.
    bare:     the result goes out as it is, without an envelope (``apply_batch`` alone).
    steps:    it moves time on or uses the renderer, and takes its locks itself.
    """

    act: Callable[..., Any]
    arguments: tuple[Codec[Any], ...]
    returns: Codec[Any] | None = None
    bare: bool = False
    steps: bool = False


def _call(act: Callable[..., Any], *arguments: Codec[Any], returns: Codec[Any] | None = None, bare: bool = False,
          steps: bool = False) -> Method:
    return Method(act, arguments, returns, bare, steps)


def _world(act: Callable[..., Any], *arguments: Codec[Any], returns: Codec[Any] | None = None) -> Method:
    """A call that needs the world alone."""
    return Method(lambda simulation, *values: act(simulation.world, *values), arguments, returns)


ID = Codec("actor id", INT.decode, INT.encode)

METHODS: dict[str, Method] = {
    # Session, maps, settings
    "version": _call(answers.version, returns=TEXT),
    "get_episode_info": _call(answers.episode_info, returns=EPISODE_INFO),
    "get_sensor_token": _call(Simulation.sensor_token, INT, returns=TOKEN),
    "get_episode_settings": _call(answers.settings, returns=EPISODE_SETTINGS),
    "set_episode_settings": _call(Simulation.apply_settings, EPISODE_SETTINGS, returns=INT),
    "tick_cue": _call(Simulation.tick_cue, returns=INT, steps=True),
    "get_map_info": _call(answers.map_info, returns=MAP_INFO),
    "get_map_data": _call(answers.map_data, returns=TEXT),
    "get_required_files": _call(answers.required_files, TEXT, returns=array(TEXT)),
    "get_available_maps": _call(answers.available_maps, returns=array(TEXT)),
    "load_new_episode": _call(Simulation.load_new_episode, TEXT, BOOL, INT, steps=True),
    "copy_opendrive_to_file": _call(Simulation.upload_opendrive, TEXT, OPENDRIVE_PARAMETERS),
    "get_weather_parameters": _call(answers.weather, returns=WEATHER),
    "set_weather_parameters": _call(Simulation.set_weather, WEATHER),

    # Actors
    "get_actor_definitions": _call(answers.actor_definitions, returns=array(ACTOR_DEFINITION)),
    "get_spectator": _call(answers.spectator, returns=ACTOR),
    "get_actors_by_id": _call(answers.actors_by_id, array(ID), returns=array(ACTOR)),
    "spawn_actor": _call(answers.spawn, ACTOR_DESCRIPTION, TRANSFORM, returns=ACTOR),
    "spawn_actor_with_parent": _call(
        answers.spawn_attached, ACTOR_DESCRIPTION, TRANSFORM, ID, INT, TEXT, returns=ACTOR),
    "destroy_actor": _world(World.destroy, ID, returns=BOOL),
    "apply_batch": _call(apply_batch, array(COMMAND), BOOL, bare=True, steps=True),
    "set_actor_transform": _world(World.set_transform, ID, TRANSFORM),
    "set_actor_location": _world(World.set_location, ID, VECTOR),
    "set_actor_target_velocity": _world(World.set_target_velocity, ID, VECTOR),
    "enable_actor_constant_velocity": _world(World.enable_constant_velocity, ID, VECTOR),
    "disable_actor_constant_velocity": _world(World.disable_constant_velocity, ID),
    "set_actor_simulate_physics": _world(World.set_simulate_physics, ID, BOOL),
    "set_actor_collisions": _world(World.set_collisions, ID, BOOL),
    "set_actor_enable_gravity": _world(World.set_gravity, ID, BOOL),
    "get_actor_bounding_box": _call(answers.bounding_box, ID, returns=BOUNDING_BOX),

    # Vehicles and walkers
    "apply_control_to_vehicle": _world(World.apply_vehicle_control, ID, VEHICLE_CONTROL),
    "get_physics_control": _call(answers.physics_control, ID, returns=VEHICLE_PHYSICS),
    "apply_physics_control": _world(World.apply_physics_control, ID, VEHICLE_PHYSICS),
    "get_vehicle_light_state": _call(answers.light_state, ID, returns=LIGHT_FLAGS),
    "set_vehicle_light_state": _world(World.set_lights, ID, LIGHT_FLAGS),
    "get_vehicle_light_states": _call(answers.light_states, returns=array(fixed(ID, INT))),
    "open_vehicle_door": _world(World.open_door, ID, INT),
    "close_vehicle_door": _world(World.close_door, ID, INT),
    "apply_control_to_walker": _world(World.apply_walker_control, ID, WALKER_CONTROL),

    # Traffic Managers: they run inside client processes and find each other here
    "is_traffic_manager_running": _call(answers.has_traffic_manager, INT, returns=BOOL),
    "get_traffic_manager_running": _call(answers.traffic_manager, INT, returns=TRAFFIC_MANAGER),
    "add_traffic_manager_running": _call(answers.add_traffic_manager, TRAFFIC_MANAGER, returns=BOOL),
    "destroy_traffic_manager": _call(answers.remove_traffic_manager, INT, returns=BOOL),

    # Traffic lights. A Traffic Manager resets them all, to be repeatable
    "set_traffic_light_state": _call(answers.set_traffic_light_state, ID, INT),
    "set_traffic_light_green_time": _call(partial(answers.set_traffic_light_time, state=GREEN), ID, FLOAT),
    "set_traffic_light_yellow_time": _call(partial(answers.set_traffic_light_time, state=YELLOW), ID, FLOAT),
    "set_traffic_light_red_time": _call(partial(answers.set_traffic_light_time, state=RED), ID, FLOAT),
    "reset_traffic_light_group": _call(answers.reset_traffic_light_group, ID),
    "reset_all_traffic_lights": _call(answers.reset_traffic_lights),
    "freeze_all_traffic_lights": _call(answers.freeze_traffic_lights, BOOL),
    "get_group_traffic_lights": _call(answers.group_traffic_lights, ID, returns=array(ID)),
    "get_light_boxes": _call(answers.light_boxes, ID, returns=array(BOUNDING_BOX)),

    # Looking at the scene
    "project_point": _call(
        answers.project_point, VECTOR, VECTOR, FLOAT, returns=fixed(BOOL, LABELLED_POINT), steps=True),
    "cast_ray": _call(answers.cast_ray, VECTOR, VECTOR, returns=array(LABELLED_POINT), steps=True),
    "get_all_level_BBs": _call(answers.level_boxes, INT, returns=array(BOUNDING_BOX)),
    "get_environment_objects": _call(answers.environment_objects, INT, returns=array(ENVIRONMENT_OBJECT)),
    "query_lights_state": _call(answers.street_lights, TEXT, returns=array(INT)),
}

# CARLA calls that this simulator does not do, and whether they return something: the client can only show the text of
# a refusal that has the shape of the result it waits for.
REFUSED: dict[str, bool] = {
    "add_actor_angular_impulse": False, "add_actor_force": False, "add_actor_impulse": False,
    "add_actor_torque": False, "apply_ackermann_control_to_vehicle": False,
    "apply_ackermann_controller_settings": False, "apply_color_texture_to_objects": False,
    "apply_float_color_texture_to_objects": False, "blend_pose": False, "clear_debug_shape": False,
    "clear_debug_string": False, "draw_debug_shape": False, "enable_carsim": False,
    "enable_chrono_physics": False, "enable_environment_objects": False, "enable_gbuffers": False,
    "get_ackermann_controller_settings": True,
    "get_actor_bone_names": True, "get_actor_bone_relative_transforms": True, "get_actor_bone_world_transforms": True,
    "get_actor_component_names": True, "get_actor_component_relative_transform": True,
    "get_actor_component_world_transform": True, "get_actor_socket_names": True,
    "get_actor_socket_relative_transforms": True, "get_actor_socket_world_transforms": True,
    "get_bones_transform": True, "get_gbuffer_token": True,
    "get_imui_gravity": True, "get_names_of_all_objects": True,
    "get_pose_from_animation": False, "get_telemetry_data": True, "get_vehicle_bone_world_transforms": True,
    "get_wheel_pitch_angle": True, "get_wheel_steer_angle": True, "load_map_layer": False,
    "replay_file": True, "request_file": True,
    "send": False, "set_actor_dead": False,
    "set_actor_target_angular_velocity": False, "set_bones_transform": False, "set_ignored_vehicles": False,
    "set_imui_gravity": False, "set_replayer_ignore_hero": False, "set_replayer_ignore_spectator": False,
    "set_replayer_time_factor": False,
    "set_wheel_pitch_angle": False,
    "set_wheel_steer_direction": False, "show_recorder_actors_blocked": True, "show_recorder_collisions": True,
    "show_recorder_file_info": True, "show_vehicle_debug_telemetry": False, "start_recorder": True,
    "stop_recorder": False, "stop_replayer": False, "unload_map_layer": False, "update_day_night_cycle": False,
    "update_lights_state": False, "use_carsim_road": False,
}
