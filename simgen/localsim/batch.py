"""The commands of ``apply_batch``: the single calls again, one after another, each with its own answer."""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import Any

from simgen.localsim.errors import Refused
from simgen.localsim.simulation import Simulation
from simgen.localsim.wire.records import Command, SpawnCommand
from simgen.localsim.wire.rpc import value_error, value_result
from simgen.localsim.world import World

log = logging.getLogger(__name__)


def _spawn(world: World, command: SpawnCommand) -> int:
    # Without a parent the client leaves the attachment type uninitialised, and with one a server attaches rigidly.
    actor = world.spawn(command.description, command.transform, command.parent, command.socket)
    for after in command.do_after:
        run(world, Command(after.name, (actor.id, *after.fields[1:])))
    return actor.id


COMMANDS: dict[str, Callable[..., Any]] = {   # the world first, then the command's fields
    "DestroyActor": World.destroy,
    "ApplyVehicleControl": World.apply_vehicle_control,
    "ApplyWalkerControl": World.apply_walker_control,
    "ApplyVehiclePhysicsControl": World.apply_physics_control,
    "ApplyTransform": World.set_transform,
    "ApplyLocation": World.set_location,
    "ApplyWalkerState": World.set_walker_state,
    "ApplyTargetVelocity": World.set_target_velocity,
    "SetSimulatePhysics": World.set_simulate_physics,
    "SetEnableGravity": World.set_gravity,
    "SetVehicleLightState": World.set_lights,
    # The client hands the actor to its own Traffic Manager when this succeeds.
    "SetAutopilot": lambda world, actor_id, enabled: world.vehicle(actor_id),
}


def run(world: World, command: Command) -> int:
    """Does one command; the id of the actor it was about. Raises ``Refused``."""
    if command.name == "SpawnActor":
        return _spawn(world, command.fields[0])
    COMMANDS[command.name](world, *command.fields)
    return int(command.fields[0])


def apply_batch(simulation: Simulation, commands: tuple[Command, ...], do_tick: bool) -> list[Any]:
    """All commands in order; a refused one does not stop the others. One envelope each, ready for the wire."""
    answers = []
    with simulation.changing:
        for command in commands:
            try:
                answers.append(value_result(run(simulation.world, command)))
            except Refused as refusal:
                log.warning("%s: %s", command.name, refusal)
                answers.append(value_error(str(refusal)))
    if do_tick:
        simulation.tick()
    return answers
