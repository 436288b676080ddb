"""A server that was just started: is it awake, and does its world move?"""

from __future__ import annotations

import time
from dataclasses import dataclass

import carla

from simgen.capture.session import CONNECT_TIMEOUT_S, Endpoint, as_simulator_errors, connect
from simgen.errors import SimulatorLost

FIRST_TICK_S = 60.0
POLL_S = 0.1


def wait_until_awake(endpoint: Endpoint, within_s: float, first_tick_s: float = FIRST_TICK_S) -> None:
    """Return once a client is answered and the world, which nobody steers yet, has moved on by itself.

    Raises SimulatorLost if that takes longer, SimulatorError if the server has another version than the client.
    """
    deadline = time.monotonic() + within_s
    while True:
        try:
            client = connect(endpoint)
            break
        except SimulatorLost:
            if time.monotonic() > deadline:
                raise
    client.set_timeout(CONNECT_TIMEOUT_S)
    with as_simulator_errors(f"simulator {endpoint} does not come to its first tick"):
        client.get_world().wait_for_tick(first_tick_s)


def moves_by_itself(world: carla.World, within_s: float) -> bool:
    """Does time pass without us? Read from snapshots: ``wait_for_tick`` would hang where none comes."""
    before, until_s = world.get_snapshot().frame, time.monotonic() + within_s
    while time.monotonic() < until_s:
        time.sleep(POLL_S)
        if world.get_snapshot().frame != before:
            return True
    return False


@dataclass(frozen=True, slots=True)
class Census:
    """Who is in a world. highest_id: of all that are, 0 for nobody."""

    actors: int
    highest_id: int


def take_census(endpoint: Endpoint) -> Census | None:
    """Count the actors of the world as it is; None of a world that waits for somebody's tick: it tells a new client
    nothing. Raises SimulatorLost, SimulatorError."""
    client: carla.Client = connect(endpoint)
    with as_simulator_errors("cannot count the actors"):
        world = client.get_world()
        if world.get_settings().synchronous_mode:
            return None
        world.wait_for_tick(CONNECT_TIMEOUT_S)
        ids = [actor.id for actor in world.get_actors()]
    return Census(len(ids), max(ids, default=0))
