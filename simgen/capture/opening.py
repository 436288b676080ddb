"""Open an episode: load its map, set its stage, gather everybody, mount the rig; and leave no trace afterwards."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager

import carla
import numpy as np

from sensors.rig import Rig
from sensors.rigid import RigidTransform
from simgen.capture.company import Company, gathered, without
from simgen.capture.ending import destroyed_at_end
from simgen.capture.episode import Episode, Setting, poses_of
from simgen.capture.ground import WorldGround
from simgen.capture.guests import GuestBook
from simgen.capture.level import SIGHT_M, around, level_vehicles, standing, without_actors
from simgen.capture.loading import load_road
from simgen.capture.measure import measure
from simgen.capture.rig import mounted
from simgen.capture.session import (
    Endpoint,
    as_simulator_errors,
    connect,
    found_settings,
    identify,
    synchronous_mode,
    tick,
)
from simgen.capture.spawn import base_types, cast_plan
from simgen.capture.weather import Sky, weather_means
from simgen.errors import RequestError, SimulatorLost
from simgen.frame import LevelObject
from simgen.motion.clock import Clock
from simgen.motion.sight import CameraView
from simgen.motion.stage import set_stage
from simgen.scenario.plan import EpisodePlan
from simgen.stopwatch import UNTIMED, Untimed

FAREWELL_S = 1.0             # for each call to a server that has not answered the one before


@contextmanager
def open_episode(
    endpoint: Endpoint, plan: EpisodePlan, rig: Rig, xodr_text: str | None = None, sensors: bool = True,
    book: GuestBook | None = None, watch: Untimed = UNTIMED,
) -> Iterator[Episode]:
    """Set the stage for a plan on a simulator; afterwards actors are gone and settings as they were.

    sensors: False mounts none: the play has ticks, but no frames. book: where it is noted who is ours, if the server is
    not. watch: times the play.
    Raises RequestError if this simulator can never do it, PlacementError if its map has no room for it,
    SimulatorError and its kin if the simulator fails.
    """
    slowest = min(rig.lidars, key=lambda lidar: lidar.rate_hz)
    if plan.capture.rate_hz > slowest.rate_hz and sensors:
        which = "the LiDAR" if len(rig.lidars) == 1 else f"the LiDAR {slowest.name}"
        raise RequestError(
            f"{plan.name}: capture.rate {plan.capture.rate_hz:g} Hz: {which} of rig {rig.name} turns at "
            f"{slowest.rate_hz:g} Hz; choose that rate or a lower one"
        )
    client = connect(endpoint)
    with ExitStack() as stack, short_farewell(client):
        with as_simulator_errors(f"cannot set the stage for {plan.name}"):
            episode = _open(stack, client, plan, rig, xodr_text, sensors, book, watch)
        yield episode


@contextmanager
def short_farewell(client: carla.Client) -> Iterator[None]:
    """If the server is lost in this block, what must be undone afterwards is asked for, but hardly waited for: a server
    that hangs would be waited for with every call once more."""
    try:
        yield
    except SimulatorLost:
        client.set_timeout(FAREWELL_S)
        raise


def _open(
    stack: ExitStack, client: carla.Client, plan: EpisodePlan, rig: Rig, xodr_text: str | None, sensors: bool,
    book: GuestBook | None, watch: Untimed,
) -> Episode:
    """Load, spawn and mount; whatever must be undone is left in ``stack``."""
    clock = Clock.of(plan)
    before = found_settings(client)
    loaded = load_road(client, plan, xodr_text)
    world, library = loaded.world, loaded.world.get_blueprint_library()
    castings = cast_plan(plan, library)                 # refuse before anything is spawned
    means = weather_means(plan, library)
    parked = level_vehicles(world)
    stack.enter_context(synchronous_mode(world, clock.tick_s, before))
    measured = measure(client, world, library, plan, loaded.road.starts(plan)[0].place)
    camera = CameraView.of_rig(rig, measured.rear_axle_x_m)
    obstacles = standing(parked)
    scene = set_stage(plan, loaded.road, measured.bodies, clock, camera, obstacles, WorldGround(world))

    living: list[carla.Actor] = []
    stack.enter_context(destroyed_at_end(client, living))
    company, crowded = gathered(world, library, scene, castings, measured, living, obstacles)
    scene = without(scene, crowded)
    if book is not None:
        book.note(world, living)
    poses = poses_of(tick(world), company.everybody)
    ego_from_rig = RigidTransform(np.eye(3), np.array([measured.rear_axle_x_m, 0.0, 0.0]))
    mounted_rig = None
    if sensors:
        mounted_rig = stack.enter_context(
            mounted(client, world, library, company.ego.actor, ego_from_rig, rig, clock,
                    everywhere=bool(means.substituted) or plan.sensing.camera == "photographed")
        )
        needed = mounted_rig.settle_frames + clock.turn_ticks
        if clock.warmup_ticks <= needed:
            raise RequestError(
                f"{plan.name}: capture.warmup: the exposure of this simulator's cameras needs "
                f"{(needed + 1) * clock.tick_s:g} s to settle; make the warm-up at least that long"
            )
    # After the cameras exist: rain belongs to a camera, and one that comes later would miss it.
    sky = Sky(client, world, plan.name, scene.weather, means.physical, living)
    if book is not None:
        book.note(world, living)                # the sky is an actor too
    sky.show(clock.begins_s)
    simulator_name, simulator_version = identify(library, client.get_server_version())
    setting = Setting(loaded.road.name, simulator_name, simulator_version, base_types(library),
                      world.get_map().to_opendrive())
    return Episode(world, scene, company, mounted_rig, poses, ego_from_rig, sky, setting,
                   _in_sight(parked, plan, company, poses), means.substituted, watch)


def _in_sight(
    things: tuple[LevelObject, ...], plan: EpisodePlan, company: Company, poses: dict[str, RigidTransform]
) -> tuple[LevelObject, ...]:
    """The level's vehicles that may come into sight on the ego's way, without those that are actors in truth."""
    played_s = plan.capture.warmup_s + (plan.capture.frames - 1) / plan.capture.rate_hz
    reach_m = SIGHT_M + max(point.speed_mps for point in plan.ego.speed) * played_s
    vehicles = [spawned for spawned in company.everybody if spawned.kind == "vehicle"]
    return without_actors(
        around(things, poses["ego"].translation_m, reach_m), [(poses[one.role], one.box) for one in vehicles])
