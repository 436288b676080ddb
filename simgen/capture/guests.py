"""On a server that somebody else started we are guests: it is left as it was found, whoever of us dies meanwhile.

An episode puts everything back by itself. A process that is killed in the middle of one cannot: it leaves the world
waiting for its ticks, full of its actors, and whoever comes next would take that for how it was found. So what was
found is written down before the first episode, and who was spawned in each; the next of us reads it and puts it back
first.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import carla

from simgen.capture.ending import destroy
from simgen.capture.session import CONNECT_TIMEOUT_S, Endpoint, as_simulator_errors, connect
from simgen.capture.waking import moves_by_itself
from simgen.errors import SimulatorError

log = logging.getLogger(__name__)

STILL_S = 3.0                   # a synchronous world that does not move for so long waits for whoever comes

_SETTINGS = (
    "synchronous_mode", "no_rendering_mode", "fixed_delta_seconds", "substepping", "max_substep_delta_time",
    "max_substeps", "max_culling_distance", "deterministic_ragdolls", "tile_stream_distance", "actor_active_distance",
    "spectator_as_ego",
)


class GuestBook:
    """What is known of one server: a file for all who use it, one after the other."""

    def __init__(self, folder: Path, endpoint: Endpoint) -> None:
        self.endpoint = endpoint
        self._file = folder / f"found-{endpoint.host.replace(':', '.')}-{endpoint.port}.json"
        self._told: dict[str, Any] = {}

    @property
    def open(self) -> bool:
        """Is somebody there, or did somebody leave without a word?"""
        return self._file.exists()

    def arrive(self) -> None:
        """Note how the server is, or put it back to what an earlier one of us noted and could not put back.

        Raises SimulatorLost, SimulatorError, among other things if somebody else steers it at this moment.
        """
        client = connect(self.endpoint)
        if self.open:
            self._told = self._read()
            log.warning("simulator %s was left in the middle of an episode, and is put back as it was found",
                        self.endpoint)
            _put_back(client, self._told)
        else:
            with as_simulator_errors("cannot read the settings"):
                world = client.get_world()
                settings = world.get_settings()
                in_use = settings.synchronous_mode and moves_by_itself(world, STILL_S)
            if in_use:
                raise SimulatorError(f"another client is ticking simulator {self.endpoint} now: give simgen one of its "
                                     "own, or wait until that one is done")
            self._told = {"settings": {key: getattr(settings, key) for key in _SETTINGS}}
        self._told.update(episode=None, actors={})
        self._write()

    def note(self, world: carla.World, actors: Sequence[carla.Actor]) -> None:
        """These are ours, in this world. What is attached to them is ours too and need not be told."""
        self._told.update(episode=int(world.id), actors={str(actor.id): actor.type_id for actor in actors})
        self._write()

    def leave(self) -> None:
        """Put the server back and close the book. Raises SimulatorError, SimulatorLost; then the book stays open."""
        if self.open:
            _put_back(connect(self.endpoint), self._read())
            self._file.unlink()

    def _read(self) -> dict[str, Any]:
        try:
            told: dict[str, Any] = json.loads(self._file.read_text())
            return {"settings": {key: told["settings"][key] for key in _SETTINGS},
                    "episode": told["episode"], "actors": dict(told["actors"])}
        except (ValueError, KeyError, TypeError) as error:
            raise SimulatorError(f"{self._file} cannot be read ({error}): see that {self.endpoint} is in the mode you "
                                 "want, and remove that file") from None

    def _write(self) -> None:
        new = self._file.with_name(f"{self._file.name}.tmp")
        new.write_text(json.dumps(self._told))
        new.replace(self._file)


def _put_back(client: carla.Client, told: dict[str, Any]) -> None:
    """Settings as they were, and none of our actors."""
    with as_simulator_errors("cannot put the server back as it was found"):
        world = client.get_world()
        # First let it run: a world that waits for a tick tells a new client nothing.
        free = world.get_settings()
        free.synchronous_mode, free.fixed_delta_seconds = False, None
        world.apply_settings(free)
        world.wait_for_tick(CONNECT_TIMEOUT_S)
        if int(world.id) == told["episode"]:            # else its world is another by now, without us
            ours = _still_there(world, told["actors"])
            log.info("%d actors are left to take out of %s", len(ours), world.get_map().name)
            destroy(client, ours)
        world.apply_settings(carla.WorldSettings(
            **{**told["settings"], "fixed_delta_seconds": told["settings"]["fixed_delta_seconds"] or 0.0}))


def _still_there(world: carla.World, noted: dict[str, str]) -> list[carla.Actor]:
    """Of those noted, and what is attached to them; attachments first."""
    everybody = list(world.get_actors())
    ours = [actor for actor in everybody if noted.get(str(actor.id)) == actor.type_id]
    ids = {actor.id for actor in ours}
    attached = [actor for actor in everybody if actor.parent is not None and actor.parent.id in ids]
    return [*attached, *ours]
