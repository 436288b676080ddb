"""One episode in a simulator: set the stage, let it play, hand out frames, and leave no trace."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import asdict, dataclass

import carla
import numpy as np
from numpy.typing import NDArray

from sensors.rig import Rig
from sensors.rigid import RigidTransform
from simgen.capture.choreography import Choreography
from simgen.capture.rig import MountedRig, mounted
from simgen.capture.road import choose_start, resolve
from simgen.capture.session import (
    Endpoint,
    as_simulator_errors,
    connect,
    found_settings,
    identify,
    load_world,
    synchronous_mode,
    tick,
)
from simgen.capture.spawn import (
    Spawned,
    base_types,
    destroyed_at_end,
    pose_of,
    rear_axle_x_m,
    resolve_blueprint,
    spawn_actor,
    spawn_ego,
    velocity_of,
)
from simgen.capture.weather import set_lamps, set_weather
from simgen.errors import RequestError, SimulatorError
from simgen.frame import ActorState, Frame
from simgen.scenario.plan import EpisodePlan

MAX_TICK_S = 0.1        # CARLA's physics is not meant for longer steps


@dataclass(frozen=True, slots=True)
class Clock:
    """How simulator ticks and captured frames go together: ``per_frame`` ticks of ``tick_s`` make a frame."""

    tick_s: float
    per_frame: int
    warmup_ticks: int

    @classmethod
    def of(cls, plan: EpisodePlan) -> Clock:
        period_s = 1.0 / plan.capture.rate_hz
        per_frame = max(1, math.ceil(period_s / MAX_TICK_S - 1e-9))
        tick_s = period_s / per_frame
        return cls(tick_s, per_frame, max(1, round(plan.capture.warmup_s / tick_s)))


@dataclass(frozen=True, eq=False, slots=True)
class Stage:
    """The world as it was set up for a plan, and what of the server's catalogue labels need.

    base_types: vehicle blueprint → CARLA's ``base_type``, where it has one.
    """

    map_name: str
    simulator_name: str
    simulator_version: str
    base_types: dict[str, str]
    spawn_point: int
    placements: dict[str, dict[str, float]]
    substitutions: dict[str, str]


class Episode:
    """A plan that is being played. Made by ``open_episode``; ``frames`` may be walked through once."""

    def __init__(
        self, world: carla.World, plan: EpisodePlan, clock: Clock, ego: Spawned,
        actors: list[Spawned], rig: MountedRig, poses: dict[str, RigidTransform], ego_from_rig: RigidTransform,
        choreography: Choreography, stage: Stage,
    ) -> None:
        self._world, self._plan, self._clock = world, plan, clock
        self._ego, self._actors, self._rig = ego, actors, rig
        self._ego_from_rig, self._choreography = ego_from_rig, choreography
        self._poses = dict(poses)
        self.stage = stage

    def _advance(self, time_s: float) -> carla.WorldSnapshot:
        """Command everybody for the tick that begins at ``time_s``, make it, and read all poses."""
        self._choreography.step(time_s, self._poses, self._clock.tick_s)
        snapshot = tick(self._world)
        self._poses = _poses(snapshot, (self._ego, *self._actors))
        return snapshot

    def frames(self) -> Iterator[Frame]:
        """Play the warm-up, then the captured frames, one after the other.

        Raises SimulatorLost, SensorTimeout, SimulatorError.
        """
        clock, capture = self._clock, self._plan.capture
        # The last tick of the warm-up ends at time 0, which is the first captured frame.
        total = clock.warmup_ticks + (capture.frames - 1) * clock.per_frame
        listen_from = clock.warmup_ticks - 1 - self._rig.settle_frames
        for number in range(total):
            begins_s = (number - clock.warmup_ticks) * clock.tick_s
            if number == listen_from:
                self._rig.listen()
            before = dict(self._poses)
            with as_simulator_errors(f"{self._plan.name} cannot go on"):
                snapshot = self._advance(begins_s)
            after_first = number + 1 - clock.warmup_ticks
            if after_first >= 0 and after_first % clock.per_frame == 0:
                yield self._frame(after_first // clock.per_frame, snapshot, before)

    def _frame(self, index: int, snapshot: carla.WorldSnapshot, before: dict[str, RigidTransform]) -> Frame:
        views, sweep = self._rig.collect(snapshot.frame, self._ego.actor.id)
        return Frame(
            index=index,
            time_s=index / self._plan.capture.rate_hz,
            world_from_rig=self._poses["ego"] @ self._ego_from_rig,
            ego_velocity_mps=velocity_of(snapshot.find(self._ego.actor.id)),
            views=views,
            sweep=sweep,
            actors=tuple(
                ActorState(
                    role=spawned.role, kind=spawned.kind, blueprint=spawned.blueprint, species=spawned.species,
                    simulator_id=spawned.actor.id, world_from_actor=self._poses[spawned.role],
                    velocity_mps=self._velocity(spawned, snapshot, before), box=spawned.box,
                )
                for spawned in self._actors
            ),
        )

    def _velocity(
        self, spawned: Spawned, snapshot: carla.WorldSnapshot, before: dict[str, RigidTransform]
    ) -> NDArray[np.float64]:
        if spawned.kind == "vehicle":
            return velocity_of(snapshot.find(spawned.actor.id))
        # Servers report 0 for some walkers and for whatever is moved by its transform.
        moved_m = self._poses[spawned.role].translation_m - before[spawned.role].translation_m
        return moved_m / self._clock.tick_s


def _poses(snapshot: carla.WorldSnapshot, everybody: Iterable[Spawned]) -> dict[str, RigidTransform]:
    """Every actor's pose by role. Raises SimulatorError if one is missing."""
    poses: dict[str, RigidTransform] = {}
    for spawned in everybody:
        state = snapshot.find(spawned.actor.id)
        if state is None:
            raise SimulatorError(f"{spawned.role} is gone from the world at frame {snapshot.frame}")
        poses[spawned.role] = pose_of(state)
    return poses


@contextmanager
def open_episode(endpoint: Endpoint, plan: EpisodePlan, rig: Rig, xodr_text: str | None = None) -> Iterator[Episode]:
    """Set the stage for a plan on a simulator; afterwards actors are gone and settings as they were.

    Raises RequestError if this simulator can never do it, PlacementError if its map has no room for it,
    SimulatorError and its kin if the simulator fails.
    """
    clock = Clock.of(plan)
    if plan.capture.rate_hz > rig.lidar.rate_hz:
        raise RequestError(
            f"{plan.name}: capture.rate {plan.capture.rate_hz:g} Hz: the LiDAR of rig {rig.name} turns at "
            f"{rig.lidar.rate_hz:g} Hz; choose that rate or a lower one"
        )
    client = connect(endpoint)
    with ExitStack() as stack:
        with as_simulator_errors(f"cannot set the stage for {plan.name}"):
            episode = _set_stage(stack, client, plan, rig, clock, xodr_text)
        yield episode


def _set_stage(
    stack: ExitStack, client: carla.Client, plan: EpisodePlan, rig: Rig, clock: Clock, xodr_text: str | None
) -> Episode:
    """Load, spawn and mount; whatever must be undone is left in ``stack``."""
    before = found_settings(client)
    world = load_world(client, plan.road, xodr_text)
    library = world.get_blueprint_library()
    offered = {blueprint.id for blueprint in library}
    for actor_plan in plan.actors:                      # refuse before anything is spawned
        try:
            resolve_blueprint(actor_plan, offered)
        except RequestError as error:
            raise RequestError(f"{plan.name}: {error}") from None
    world_map = world.get_map()
    start_m = plan.ego.speed_mps * clock.warmup_ticks * clock.tick_s
    spawn_point, path = choose_start(world_map, plan)
    places = {actor.role: resolve(actor.placement, path, start_m, actor.role) for actor in plan.actors}

    stack.enter_context(synchronous_mode(world, clock.tick_s, before))
    living: list[carla.Actor] = []
    stack.enter_context(destroyed_at_end(client, living))
    ego = spawn_ego(world, library, plan.ego, path.at(0.0), living)
    actors = [spawn_actor(world, library, actor, places[actor.role], living) for actor in plan.actors]
    poses = _poses(tick(world), (ego, *actors))
    rear_axle_m = np.array([rear_axle_x_m(ego.actor, poses["ego"], ego.box), 0.0, 0.0])
    ego_from_rig = RigidTransform(np.eye(3), rear_axle_m)
    mounted_rig = stack.enter_context(mounted(world, library, ego.actor, ego_from_rig, rig, clock.tick_s))
    if clock.warmup_ticks <= mounted_rig.settle_frames:
        raise RequestError(
            f"{plan.name}: capture.warmup: the exposure of this simulator's cameras needs "
            f"{(mounted_rig.settle_frames + 1) * clock.tick_s:g} s to settle; make the warm-up at least that long"
        )
    # After the cameras exist: rain belongs to a camera, and one that comes later would miss it.
    set_weather(world, plan)
    set_lamps(plan, [s for s in (ego, *actors) if s.kind == "vehicle"])
    choreography = Choreography(world_map, plan, ego, actors, path, start_m)
    simulator_name, simulator_version = identify(library, client.get_server_version())
    stage = Stage(
        map_name=world_map.name.rsplit("/", 1)[-1],
        simulator_name=simulator_name,
        simulator_version=simulator_version,
        base_types=base_types(library),
        spawn_point=spawn_point,
        placements={spawned.role: asdict(spawned.start) for spawned in (ego, *actors)},
        substitutions={s.role: s.substitute for s in actors if s.substitute is not None},
    )
    return Episode(world, plan, clock, ego, actors, mounted_rig, poses, ego_from_rig, choreography, stage)
