"""One running simulator: a world, the stage it is seen on, and who may touch what when. No sockets, no msgpack.

Two locks. ``changing`` guards the world: every call holds it. ``stepping`` is held by whatever moves time on or looks
through the renderer (ticks, new episodes, rays), one at a time. Whoever needs both takes ``stepping`` first; sensors
measure and send under ``stepping`` alone, from a frozen moment, so that a slow subscriber that asks something while it
receives is answered.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Protocol

from simgen.localsim import atlas
from simgen.localsim.actors import Actor, Sensor, Vehicle, Walker
from simgen.localsim.atlas import Atlas
from simgen.localsim.catalogue import Library
from simgen.localsim.errors import Refused
from simgen.localsim.numbering import InstanceIds
from simgen.localsim.scene import level_of
from simgen.localsim.sensors import SensorSuite
from simgen.localsim.signals import GREEN, TrafficLight, TrafficSign
from simgen.localsim.stage import Stage
from simgen.localsim.values import EpisodeSettings, LabelledPoint, Vector3, WeatherParameters
from simgen.localsim.wire.stream import WORLD_STREAM, Token
from simgen.localsim.wire.world_state import (
    MAP_CHANGED,
    NO_LIGHT,
    ActorRecord,
    Control,
    LightRecord,
    SignRecord,
    WorldState,
)
from simgen.localsim.world import Level, Moment, World

# The time step while no fixed one is set, in both modes.
FREE_DT_S = 0.05
# How long nobody is told anything before and after a client learns that its new episode has begun. A client that loads
# an episode ends its old subscription to the world and makes a new one; client 0.9.16 dies when it does so while one
# of its threads still reads a message of the old one (whose end then takes the new subscription along).
HUSH_S = 0.05


class Outlet(Protocol):
    """Where messages go."""

    port: int

    def expect(self, stream_id: int) -> None:
        """A client was told where a stream is and will connect."""

    def settle(self) -> None:
        """Waits, not for long, until the expected ones have connected."""

    def listened(self, stream_id: int) -> bool:
        """Does anybody take this stream?"""

    def send(self, stream_id: int, parts: Sequence[bytes | memoryview]) -> None:
        """One message to all who take it."""


class Simulation:
    """What the calls act on."""

    def __init__(
        self, maps: Atlas, first_map: str, stage_of: Callable[[Any, Level], Stage], outlet: Outlet,
        ids: InstanceIds = InstanceIds.ACTOR, library: Library | None = None,
    ) -> None:
        """stage_of: makes the stage of a place, given what the world knows of it. ids: what instance cameras show.
        library: what can be spawned; all there is if not given.

        Raises ``Refused`` for an unknown map.
        """
        self.maps, self.outlet = maps, outlet
        self.traffic_managers: dict[int, str] = {}       # port → address, inside client processes
        self.changing, self.stepping = threading.RLock(), threading.RLock()
        self._stage_of, self._suite = stage_of, SensorSuite(ids)
        place = maps.place(first_map)
        level = level_of(place)
        self._stage, self._staged = stage_of(place, level), place
        self._hushed_until_s = 0.0                       # on the monotonic clock
        self.world = World(level, library, ids)

    # Time

    def tick(self) -> int:
        """One step: the world moves, everybody is told, the sensors that somebody listens to measure and send.
        Returns the frame's number."""
        with self.stepping:
            self.outlet.settle()
            with self.changing:
                moment = self.world.tick(self.step_s)
            return self._tell(moment)

    def tick_if_free(self) -> bool:
        """``tick`` in asynchronous mode; nothing, and False, in synchronous mode and just after an episode has begun.

        Asked while nobody can change the mode: a client that has become the master must not find the world a step on.
        """
        with self.stepping:
            self.outlet.settle()
            with self.changing:
                if self.world.settings.synchronous_mode or time.monotonic() < self._hushed_until_s:
                    return False
                moment = self.world.tick(self.step_s)
            self._tell(moment)
            return True

    def _tell(self, moment: Moment) -> int:
        """Everybody, of a moment that has come."""
        self.outlet.send(WORLD_STREAM, world_state(moment, time.time()).parts())
        self._stage.show(moment)
        for stream_id, parts in self._suite.measure(moment, self._stage, self.outlet.listened):
            self.outlet.send(stream_id, parts)
        return moment.frame

    def tick_cue(self) -> int:
        """A client's wish to go on. In asynchronous mode the clock ticks by itself, and the next frame is promised."""
        if not self.world.settings.synchronous_mode:
            return self.world.frame + 1
        return self.tick()

    @property
    def step_s(self) -> float:
        """Simulated seconds of the next tick."""
        return self.world.settings.fixed_delta_seconds or FREE_DT_S

    def apply_settings(self, settings: EpisodeSettings) -> int:
        """Returns the current frame. Raises ``Refused`` for a time step that is none."""
        step = settings.fixed_delta_seconds
        if step is not None and not 0.0 <= step < 10.0:
            raise Refused(f"fixed_delta_seconds={step:g} is no time step")
        self.world.settings = settings
        return self.world.frame

    # Episodes and maps

    def load_new_episode(self, name: str, reset_settings: bool, layers: int) -> None:
        """Another map, or with an empty name the same one again. Level layers do not exist here and are not looked at.
        Raises ``Refused`` for an unknown map."""
        with self.stepping:
            place, level = self.maps.place(name or self.world.level.name), self.world.level
            if place is not self._staged:
                level = level_of(place)
                self._stage, self._staged = self._stage_of(place, level), place
            with self.changing:
                self.world.begin_episode(level, reset_settings)
            time.sleep(HUSH_S)
            self._hushed_until_s = time.monotonic() + HUSH_S

    def upload_opendrive(self, document: str, parameters: tuple[float, ...]) -> None:
        """Makes a client's document loadable as "OpenDriveMap". The parameters (vertex distance, wall height…) belong
        to CARLA's mesh generator; this simulator has its own."""
        self.maps.add(atlas.GENERATED, document)

    # Looking

    def surfaces(self, start: Vector3, direction: Vector3, reach_m: float) -> list[LabelledPoint]:
        """What a ray meets, near to far, the way the world is now."""
        if not any(direction):
            raise Refused("a ray needs a direction")
        with self.stepping:
            with self.changing:
                moment = self.world.moment(self.step_s)
            self._stage.show(moment)
            return self._stage.surfaces(start, direction, reach_m)

    # Clients

    def sensor_token(self, stream_id: int) -> Token:
        """Where a stream is. Whoever asks is about to connect, and the next tick waits for it."""
        self.outlet.expect(stream_id)
        return Token(stream_id, self.outlet.port)

    def stream_token(self, actor: Actor) -> bytes:
        """What makes the client see a sensor in an actor: its token, or nothing."""
        if isinstance(actor, Sensor) and actor.stream_id:
            return Token(actor.stream_id, self.outlet.port).to_bytes()
        return b""

    def set_weather(self, weather: WeatherParameters) -> None:
        """From the next tick on."""
        self.world.weather = weather


def world_state(moment: Moment, platform_time: float) -> WorldState:
    """A moment as the message that clients get."""
    flags = MAP_CHANGED if moment.map_changed else 0
    lights = {actor.id: actor.state for actor in moment.actors if isinstance(actor, TrafficLight)}
    records = tuple(_record(actor, moment.level.speed_limit_kmh, lights) for actor in moment.actors)
    return WorldState(
        moment.frame, moment.timestamp_s, moment.episode_id, platform_time, moment.delta_s, flags, records
    )


def _record(actor: Actor, speed_limit_kmh: float, lights: Mapping[int, int]) -> ActorRecord:
    motion = actor.motion
    control: Control = None
    at_light = NO_LIGHT
    if isinstance(actor, Vehicle):
        control = actor.control
        speed_limit_kmh = actor.limit_kmh or speed_limit_kmh
        state = lights.get(actor.at_light, GREEN)
        # As in CARLA a green light is none to whoever is at it.
        at_light = state, 0 if state == GREEN else actor.at_light
    elif isinstance(actor, Walker):
        control = actor.control
    elif isinstance(actor, TrafficLight):
        control = LightRecord(actor.signal.id, actor.green_s, actor.yellow_s, actor.red_s, actor.elapsed_s,
                              actor.pole_index, actor.frozen, actor.state)
    elif isinstance(actor, TrafficSign):
        control = SignRecord(actor.signal.id)
    return ActorRecord(
        actor.id, motion.transform, motion.velocity, motion.angular_velocity, motion.acceleration, control,
        speed_limit_kmh, at_light,
    )
