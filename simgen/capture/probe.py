"""Ask a running simulator what it is and what it can do, and leave it exactly as it was found."""

from __future__ import annotations

import socket
from collections import Counter
from collections.abc import Sequence
from time import sleep

import carla

from sensors.rig import load_rig
from simgen.capture import patience
from simgen.capture.maps import bare_name
from simgen.capture.probe_facts import FoundSettings, ServerFacts, StateFound
from simgen.capture.probe_trial import TICK_S, try_out
from simgen.capture.rig import PINHOLE
from simgen.capture.session import (
    CONNECT_TIMEOUT_S,
    Endpoint,
    as_simulator_errors,
    available_maps,
    identify,
    synchronous_mode,
)
from simgen.capture.waking import moves_by_itself
from simgen.errors import PlacementError, RequestError, SimulatorError, SimulatorLost

REACH_TIMEOUT_S = 5.0
LISTEN_S = 0.5                  # until the first snapshot has come, which lists the actors
STILL_S = 1.5                   # a world that does not move for so long waits for a tick
# Actors that a level brings along, or that are always there.
_OF_THE_LEVEL = ("traffic.", "spectator", "static.", "util.")
_GUESTS = {"vehicle": "vehicles", "walker": "walkers", "sensor": "sensors", "controller": "walker controllers"}
_SHARPNESS = ("enable_postprocess_effects", "exposure_mode", *PINHOLE)


def reach(endpoint: Endpoint) -> carla.Client:
    """A client of a server of whatever version. Raises SimulatorLost if nothing answers."""
    try:
        socket.create_connection((endpoint.host, endpoint.port), REACH_TIMEOUT_S).close()
    except OSError as error:
        raise SimulatorLost(
            f"--simulator {endpoint}: nothing answers there ({error.strerror or error}): start the CARLA server first, "
            "or use --simulator local"
        ) from None
    client = carla.Client(endpoint.host, endpoint.port)
    client.set_timeout(CONNECT_TIMEOUT_S)
    return client


def state_of(endpoint: Endpoint) -> StateFound:
    """How a server is left, without touching it. Of a world that waits for a tick nobody tells who is there.

    Raises SimulatorLost.
    """
    client = reach(endpoint)
    with as_simulator_errors(f"--simulator {endpoint} cannot be asked"):
        world = client.get_world()
        sleep(LISTEN_S)
        return StateFound(_settings(world.get_settings()), _guests([actor.type_id for actor in world.get_actors()]))


def probe_server(
    endpoint: Endpoint, measured: Sequence[str] = (), rig: str = "kitti", trial: bool = True
) -> ServerFacts:
    """All that can be known of a server without loading a map.

    measured: blueprints whose boxes are looked at. rig: what the trial's car carries. trial: put something into the
    world; without it nothing is changed, not even the time.
    Raises SimulatorLost if nothing answers.
    """
    client = reach(endpoint)
    with as_simulator_errors(f"--simulator {endpoint}: something listens there, but it does not answer as CARLA does"):
        ours, theirs = client.get_client_version(), client.get_server_version()
    if ours != theirs:
        return ServerFacts(str(endpoint), ours, theirs, no_trial="client and server do not speak one language")
    with as_simulator_errors(f"--simulator {endpoint} cannot be asked"):
        return _asked(endpoint, client, theirs, measured, rig, trial)


def _asked(
    endpoint: Endpoint, client: carla.Client, version: str, measured: Sequence[str], rig: str, trial: bool
) -> ServerFacts:
    client.set_timeout(patience.patient_s(patience.TICK_S))
    world = client.get_world()
    settings, library = world.get_settings(), world.get_blueprint_library()
    moves = moves_by_itself(world, STILL_S)
    known = _settings(settings)
    if known.synchronous and not moves and trial:
        world.tick(patience.patient_s(patience.TICK_S))              # until then nobody tells who is there
    actors = [(actor.id, actor.type_id) for actor in world.get_actors()]
    name, its_version = identify(library, version)
    offered = frozenset(blueprint.id for blueprint in library)
    found, why_not, in_use = None, "", False
    if not trial:
        why_not = "none was asked for"
    elif known.synchronous and moves:
        in_use, why_not = True, "another client is ticking this server now"
    else:
        try:
            with synchronous_mode(world, TICK_S, settings):
                found = try_out(client, world, load_rig(rig), [each for each in measured if each in offered])
        except SimulatorLost as error:
            raise SimulatorLost(
                f"--simulator {endpoint}: it stopped answering while it was tried out ({error}): look into its log; "
                "one that renders on a processor is too slow, which simgen doctor --carla tells on its machine"
            ) from None
        except (PlacementError, RequestError, SimulatorError) as error:
            why_not = str(error)
    return ServerFacts(
        endpoint=str(endpoint), client_version=client.get_client_version(), server_version=version, name=name,
        version=its_version, maps=tuple(sorted({bare_name(path) for path in available_maps(client)})),
        map_name=bare_name(world.get_map().name), spawn_points=len(world.get_map().get_spawn_points()),
        settings=known, ticks_alone=moves, guests=_guests([kind for _, kind in actors]),
        newest_id=max((number for number, _ in actors), default=0), blueprints=offered, lens=_lens(library),
        in_use=in_use, trial=found, no_trial=why_not,
    )


def _settings(settings: carla.WorldSettings) -> FoundSettings:
    # A server says either None or 0 for no fixed step, and not always the same.
    return FoundSettings(settings.synchronous_mode, settings.fixed_delta_seconds or None, settings.no_rendering_mode)


def _guests(kinds: Sequence[str]) -> dict[str, int]:
    """How many actors there are of each kind that no level brings along."""
    words = [_GUESTS.get(kind.partition(".")[0], kind) for kind in kinds if not kind.startswith(_OF_THE_LEVEL)]
    return dict(sorted(Counter(words).items()))


def _lens(library: carla.BlueprintLibrary) -> dict[str, str]:
    """Defaults of what bends or smears pictures."""
    camera = library.find("sensor.camera.rgb")
    return {name: _value(camera.get_attribute(name)) for name in _SHARPNESS if camera.has_attribute(name)}


def _value(attribute: carla.ActorAttribute) -> str:
    """As text, whatever its type."""
    reading = {
        carla.ActorAttributeType.Bool: attribute.as_bool, carla.ActorAttributeType.Int: attribute.as_int,
        carla.ActorAttributeType.Float: attribute.as_float,
    }.get(attribute.type, attribute.as_str)
    return str(reading())
