"""One episode in a simulator: set the stage, let it play, hand out frames, and leave no trace."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import asdict, dataclass, replace
from typing import Any

import carla
import numpy as np
from numpy.typing import NDArray

from sensors.rig import Rig
from sensors.rigid import RigidTransform
from simgen.capture.acting import Cast
from simgen.capture.ground import WorldGround
from simgen.capture.lamps import LampBoard
from simgen.capture.level import SIGHT_M, around, level_vehicles, standing, without_actors
from simgen.capture.loading import load_road
from simgen.capture.measure import Measured, measure
from simgen.capture.outcome import meets_json
from simgen.capture.rig import MountedRig, mounted
from simgen.capture.session import (
    Endpoint,
    as_simulator_errors,
    connect,
    found_settings,
    identify,
    synchronous_mode,
    tick,
)
from simgen.capture.signals import hold_signals
from simgen.capture.spawn import (
    Casting,
    Spawned,
    base_types,
    cast_plan,
    destroyed_at_end,
    pose_of,
    spawn_actor,
    spawn_ego,
    velocity_of,
)
from simgen.capture.weather import Sky, check_weather
from simgen.errors import PlacementError, RequestError, SimulatorError, SpawnError
from simgen.frame import ActorState, Frame, LevelObject
from simgen.motion.clock import Clock
from simgen.motion.commands import OpenDoor
from simgen.motion.performance import Performance
from simgen.motion.sight import CameraView
from simgen.motion.stage import Stage, set_stage
from simgen.motion.standing import Standing, in_the_way, taken
from simgen.scenario.plan import EpisodePlan

AT_HAND_M = 0.3             # a car of the level so near to where somebody could not be spawned was in the way
STEEPEST = 0.35             # rise per run of any road; who walks and rises faster takes a step up


@dataclass(frozen=True, eq=False, slots=True)
class Setting:
    """Where a plan is played, and what of the server's catalogue labels need.

    base_types: vehicle blueprint → CARLA's ``base_type``, where it has one.
    opendrive: the map's own text.
    """

    map_name: str
    simulator_name: str
    simulator_version: str
    base_types: dict[str, str]
    opendrive: str


@dataclass(frozen=True, eq=False, slots=True)
class Company:
    """Everybody in the world. notes: role → what is not as the plan says."""

    ego: Spawned
    actors: tuple[Spawned, ...]
    notes: dict[str, str]

    @property
    def everybody(self) -> tuple[Spawned, ...]:
        return (self.ego, *self.actors)


class Episode:
    """A plan that is being played. Made by ``open_episode``; ``frames`` may be walked through once."""

    def __init__(
        self, world: carla.World, stage: Stage, company: Company, rig: MountedRig | None,
        poses: dict[str, RigidTransform], ego_from_rig: RigidTransform, sky: Sky, setting: Setting,
        level_objects: tuple[LevelObject, ...] = (),
    ) -> None:
        self._world, self._stage, self._company, self._rig = world, stage, company, rig
        self._plan, self._clock = stage.plan, stage.clock
        self._ego, self._actors = company.ego, company.actors
        self._ego_from_rig, self._sky = ego_from_rig, sky
        self._poses = dict(poses)
        carried = {spawned.role for spawned in company.actors if spawned.by_transform}
        self._performance = Performance(stage, carried)
        self._lamps = LampBoard([s for s in company.everybody if s.kind == "vehicle"], stage.plan.lights)
        self._cast = Cast(world, company.everybody)
        self._doors_open: set[str] = set()
        self.setting, self._level_objects = setting, level_objects

    @property
    def poses(self) -> dict[str, RigidTransform]:
        """Everybody's pose at the last tick, by role."""
        return dict(self._poses)

    @property
    def stage(self) -> Stage:
        """What was made of the plan on this map."""
        return self._stage

    def resolved(self) -> dict[str, Any]:
        """What became of the plan, for the record: plain JSON. Whole once all frames have been taken."""
        stage, company = self._stage, self._company
        events = self._performance.events
        return {
            "spawn_point": stage.start.spawn_point,
            "start": asdict(stage.start),
            "placements": {spawned.role: asdict(spawned.start) for spawned in company.everybody},
            "substitutions": {s.role: s.substitute for s in company.actors if s.substitute is not None},
            "notes": company.notes,
            "left_out": list(stage.left_out),
            "meets": meets_json(self._plan, stage.meets, events),
            "events": [asdict(event) for event in events],
        }

    def frames(self, only_last: bool = False) -> Iterator[Frame]:
        """Play the warm-up, then the captured frames, one after the other; fewer where a crash ends the episode.

        only_last: sensors sleep until just before the last planned frame, and no other is handed out.
        Raises SimulatorLost, SensorTimeout, SimulatorError; PlacementError for a crash before the first frame.
        """
        if self._rig is None:
            raise ValueError("an episode that was opened without sensors has no frames")
        first = self._plan.capture.frames - 1 if only_last else 0
        listen_from = self._clock.warmup_ticks - 1 - self._rig.settle_frames + first * self._clock.per_frame
        if listen_from == 0:
            self._rig.listen()
        before = dict(self._poses)
        for number, snapshot in self.ticks():
            index = self._frame_at(number)
            if index is not None and index >= first:
                yield self._frame(index, snapshot, before)
            if number + 1 == listen_from:
                self._rig.listen()
            before = dict(self._poses)

    def ticks(self) -> Iterator[tuple[int, carla.WorldSnapshot]]:
        """Play tick by tick: each tick's number, and the snapshot at its end. Raises as ``frames``."""
        clock, capture, performance = self._clock, self._plan.capture, self._performance
        # The last tick of the warm-up ends at time 0, which is the first captured frame.
        total = clock.warmup_ticks + (capture.frames - 1) * clock.per_frame
        for number in range(total):
            begins_s = (number - clock.warmup_ticks) * clock.tick_s
            commands = performance.step(begins_s, self._poses, clock.tick_s)
            if performance.over and number + 1 < clock.warmup_ticks:
                raise PlacementError(
                    f"{self._plan.name}: the ego touches something {-begins_s:.1f} s before the first frame: "
                    "place it further away, or shorten the warm-up"
                )
            with as_simulator_errors(f"{self._plan.name} cannot go on"):
                braking = self._cast.act(commands, self._poses, clock.tick_s)
                self._doors_open |= {role for role, told in commands.items() if isinstance(told, OpenDoor)}
                weather = self._sky.show(begins_s + clock.tick_s)
                self._lamps.show(weather.carla, braking)
                snapshot = tick(self._world)
            self._poses = _poses(snapshot, self._company.everybody)
            yield number, snapshot
            # The frame that shows the contact is the last; of a contact between frames, that is the next one.
            if performance.over and self._frame_at(number) is not None:
                break
        performance.close((number + 1 - clock.warmup_ticks) * clock.tick_s, self._poses)

    def _frame_at(self, number: int) -> int | None:
        """The index of the frame that a tick's end is, or None between frames and in the warm-up."""
        since_first = number + 1 - self._clock.warmup_ticks
        frame, between = divmod(since_first, self._clock.per_frame)
        return None if frame < 0 or between else frame

    def _frame(self, index: int, snapshot: carla.WorldSnapshot, before: dict[str, RigidTransform]) -> Frame:
        assert self._rig is not None
        views, sweep, ego_motion = self._rig.collect(snapshot.frame, self._ego.actor.id)
        struck = self._performance.struck
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
                    attributes={} if spawned.plan is None else spawned.plan.attributes,
                    door_open=spawned.role in self._doors_open,
                    struck=spawned.role in struck,
                )
                for spawned in self._actors
            ),
            ego_motion=ego_motion,
            ego_box=self._ego.box.transformed(self._ego_from_rig.inverse()),
            level_objects=self._level_objects,
        )

    def _velocity(
        self, spawned: Spawned, snapshot: carla.WorldSnapshot, before: dict[str, RigidTransform]
    ) -> NDArray[np.float64]:
        if spawned.kind == "vehicle":
            return velocity_of(snapshot.find(spawned.actor.id))
        # Servers report 0 for some walkers and for whatever is moved by its transform.
        moved_m = self._poses[spawned.role].translation_m - before[spawned.role].translation_m
        return (moved_m if spawned.kind == "prop" else along_ground(moved_m)) / self._clock.tick_s


def along_ground(moved_m: NDArray[np.float64]) -> NDArray[np.float64]:
    """(3,) how far who walks came along the ground: without the height of a kerb or a stair, climbed at once."""
    level_m = float(np.hypot(moved_m[0], moved_m[1]))
    return moved_m * (1.0, 1.0, float(abs(moved_m[2]) <= STEEPEST * level_m))


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
def open_episode(
    endpoint: Endpoint, plan: EpisodePlan, rig: Rig, xodr_text: str | None = None, sensors: bool = True
) -> Iterator[Episode]:
    """Set the stage for a plan on a simulator; afterwards actors are gone and settings as they were.

    sensors: False mounts none: the play has ticks, but no frames.
    Raises RequestError if this simulator can never do it, PlacementError if its map has no room for it,
    SimulatorError and its kin if the simulator fails.
    """
    if plan.capture.rate_hz > rig.lidar.rate_hz and sensors:
        raise RequestError(
            f"{plan.name}: capture.rate {plan.capture.rate_hz:g} Hz: the LiDAR of rig {rig.name} turns at "
            f"{rig.lidar.rate_hz:g} Hz; choose that rate or a lower one"
        )
    client = connect(endpoint)
    with ExitStack() as stack:
        with as_simulator_errors(f"cannot set the stage for {plan.name}"):
            episode = _open(stack, client, plan, rig, xodr_text, sensors)
        yield episode


def _open(
    stack: ExitStack, client: carla.Client, plan: EpisodePlan, rig: Rig, xodr_text: str | None, sensors: bool
) -> Episode:
    """Load, spawn and mount; whatever must be undone is left in ``stack``."""
    clock = Clock.of(plan)
    before = found_settings(client)
    loaded = load_road(client, plan, xodr_text)
    world, library = loaded.world, loaded.world.get_blueprint_library()
    castings = cast_plan(plan, library)                 # refuse before anything is spawned
    physical = check_weather(plan, library)
    parked = level_vehicles(world)
    stack.enter_context(synchronous_mode(world, clock.tick_s, before))
    measured = measure(world, library, plan, loaded.road.starts(plan)[0].place)
    camera = CameraView.of_rig(rig, measured.rear_axle_x_m)
    obstacles = standing(parked)
    scene = set_stage(plan, loaded.road, measured.bodies, clock, camera, obstacles, WorldGround(world))

    living: list[carla.Actor] = []
    stack.enter_context(destroyed_at_end(client, living))
    company, crowded = _company(world, library, scene, castings, measured, living, obstacles)
    scene = _without(scene, crowded)
    poses = _poses(tick(world), company.everybody)
    ego_from_rig = RigidTransform(np.eye(3), np.array([measured.rear_axle_x_m, 0.0, 0.0]))
    mounted_rig = None
    if sensors:
        mounted_rig = stack.enter_context(
            mounted(world, library, company.ego.actor, ego_from_rig, rig, clock)
        )
        if clock.warmup_ticks <= mounted_rig.settle_frames:
            raise RequestError(
                f"{plan.name}: capture.warmup: the exposure of this simulator's cameras needs "
                f"{(mounted_rig.settle_frames + 1) * clock.tick_s:g} s to settle; make the warm-up at least that long"
            )
    # After the cameras exist: rain belongs to a camera, and one that comes later would miss it.
    sky = Sky(world, plan.name, scene.weather, physical, living)
    sky.show(clock.begins_s)
    simulator_name, simulator_version = identify(library, client.get_server_version())
    setting = Setting(loaded.road.name, simulator_name, simulator_version, base_types(library),
                      world.get_map().to_opendrive())
    return Episode(world, scene, company, mounted_rig, poses, ego_from_rig, sky, setting,
                   _in_sight(parked, plan, company, poses))


def _in_sight(
    things: tuple[LevelObject, ...], plan: EpisodePlan, company: Company, poses: dict[str, RigidTransform]
) -> tuple[LevelObject, ...]:
    """The level's vehicles that may come into sight on the ego's way, without those that are actors in truth."""
    played_s = plan.capture.warmup_s + (plan.capture.frames - 1) / plan.capture.rate_hz
    reach_m = SIGHT_M + max(point.speed_mps for point in plan.ego.speed) * played_s
    vehicles = [spawned for spawned in company.everybody if spawned.kind == "vehicle"]
    return without_actors(
        around(things, poses["ego"].translation_m, reach_m), [(poses[one.role], one.box) for one in vehicles])


def _company(
    world: carla.World, library: carla.BlueprintLibrary, stage: Stage, castings: dict[str, Casting],
    measured: Measured, living: list[carla.Actor], parked: Sequence[Standing] = (),
) -> tuple[Company, frozenset[str]]:
    """Spawn everybody who was not left out; and the roles of background traffic for which there was no room.

    The stage keeps clear of the level's vehicles, but neither it nor the road tells of other things of the level.
    parked: the level's vehicles, to say what is in the way. Raises SpawnError.
    """
    ego = spawn_ego(world, library, stage.plan.ego, stage.ego_start, living)
    places, actors, crowded = stage.places, [], set()
    for actor in stage.plan.actors:
        if actor.role in places:
            try:
                actors.append(spawn_actor(world, library, actor, castings[actor.role], places[actor.role], living))
            except SpawnError as error:
                if not actor.background:
                    raise SpawnError(_why(error, stage, actor.role, parked)) from None
                crowded.add(actor.role)
    hold_signals(world, world.get_map(), ego, tuple(actors))
    return Company(ego, tuple(actors), measured.notes), frozenset(crowded)


def _why(error: SpawnError, stage: Stage, role: str, parked: Sequence[Standing]) -> str:
    """What the server said, and which car of the level is in the way, if one is at hand."""
    if not parked:
        return str(error)
    place = stage.places[role]
    pose = np.array([[place.x_m, place.y_m, place.z_m, place.yaw_rad]])
    thing = in_the_way(pose, stage.bodies[role], parked, AT_HAND_M)
    return str(error) if thing is None else f"{error}: {taken(thing)}"


def _without(stage: Stage, roles: frozenset[str]) -> Stage:
    """The stage with some of the background traffic left out."""
    parts = {role: part for role, part in stage.parts.items() if role not in roles}
    return replace(stage, parts=parts, left_out=(*stage.left_out, *sorted(roles)))
