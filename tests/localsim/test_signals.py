"""The clockwork of traffic lights, and whom they concern: worked out by hand on two streets that cross."""

import math
from dataclasses import replace

import numpy as np
import pytest

from simgen.localsim.contact import Footprint
from simgen.localsim.errors import Refused
from simgen.localsim.scene import level_of
from simgen.localsim.signals import GREEN, OFF, RED, YELLOW, LevelSignal, Signals
from simgen.localsim.simulation import world_state
from simgen.localsim.values import LEVEL, ORIGIN, ActorDescription, BoundingBox, Rotation, Transform, Vector3
from simgen.localsim.wire.world_state import LightRecord, SignRecord, WorldState
from simgen.localsim.world import World
from tests.localsim.stand_in import straight_place

EAST, WEST, NORTH, LIMIT = range(2, 6)               # ids: the spectator has 1


def signal(name: str, controller: str, x: float, y: float, yaw_deg: float, kind: str = "traffic_light",
           value_kmh: float = 0.0) -> LevelSignal:
    """A signal whose trigger of 3 m by 3 m lies at (x, y) on a lane that runs along ``yaw_deg``, CARLA's axes."""
    trigger = Footprint(x, y, math.radians(yaw_deg), 1.5, 1.5, -1.0, 3.0)
    return LevelSignal(name, kind, value_kmh, ORIGIN, BoundingBox(Vector3(x, y, 1.0), Vector3(1.5, 1.5, 2.0)),
                       (trigger,), (), "crossing", controller, "a mesh", np.eye(4))


CROSSING = (
    signal("e", "along", 100.0, 1.75, 0.0), signal("w", "along", 120.0, -1.75, 180.0),
    signal("n", "across", 110.0, 10.0, -90.0), signal("l", "", 50.0, 1.75, 0.0, "speed_limit", 30.0),
)


def after(seconds: float, dt: float = 0.1) -> Signals:
    signals = Signals(CROSSING, 2)
    for _ in range(round(seconds / dt)):
        signals.advance(dt)
    return signals


def states(signals: Signals) -> tuple[int, ...]:
    return tuple(light.state for light in signals.lights.values())


@pytest.mark.parametrize(("seconds", "expected"), [
    (0.0, (GREEN, GREEN, RED)), (9.9, (GREEN, GREEN, RED)),
    (10.0, (YELLOW, YELLOW, RED)), (12.9, (YELLOW, YELLOW, RED)),
    (13.0, (RED, RED, RED)), (15.0, (RED, RED, GREEN)), (25.0, (RED, RED, YELLOW)), (28.0, (RED, RED, RED)),
    (30.0, (GREEN, GREEN, RED)), (60.0, (GREEN, GREEN, RED)),
])
@pytest.mark.parametrize("dt", [0.1, 0.05])
def test_controllers_take_turns_in_carlas_times(seconds: float, expected: tuple[int, ...], dt: float) -> None:
    assert states(after(seconds, dt)) == expected


def test_a_light_says_for_how_long_it_has_been_so() -> None:
    lights = after(11.0).lights
    assert lights[EAST].elapsed_s == pytest.approx(1.0)
    assert lights[NORTH].elapsed_s == pytest.approx(11.0)
    assert [light.pole_index for light in lights.values()] == [0, 1, 2]


def test_a_state_that_a_client_sets_holds_until_the_controller_changes() -> None:
    signals = after(1.0)
    signals.set_state(EAST, OFF)
    for _ in range(80):
        signals.advance(0.1)
    assert states(signals) == (OFF, GREEN, RED)
    for _ in range(10):
        signals.advance(0.1)
    assert states(signals) == (YELLOW, YELLOW, RED)


def test_frozen_lights_stay_for_good_and_go_on_where_they_were() -> None:
    signals = after(9.0)
    signals.set_state(NORTH, GREEN)
    signals.freeze(True)
    for _ in range(1000):
        signals.advance(0.1)
    assert states(signals) == (GREEN, GREEN, GREEN)
    assert all(light.frozen for light in signals.lights.values())
    signals.freeze(False)
    for _ in range(10):
        signals.advance(0.1)
    assert states(signals) == (YELLOW, YELLOW, GREEN)


def test_times_belong_to_a_controller() -> None:
    signals = Signals(CROSSING, 2)
    signals.set_time(WEST, GREEN, 1.0)
    assert signals.lights[EAST].green_s == 1.0 and signals.lights[NORTH].green_s == 10.0
    for _ in range(10):
        signals.advance(0.1)
    assert states(signals) == (YELLOW, YELLOW, RED)


def test_a_group_that_is_reset_begins_its_round_again() -> None:
    signals = after(16.0)
    signals.reset_group(EAST)
    assert states(signals) == (GREEN, GREEN, RED)
    assert signals.group(NORTH) == [EAST, WEST, NORTH]


@pytest.mark.parametrize("act", [
    lambda signals: signals.set_state(LIMIT, RED), lambda signals: signals.set_state(EAST, 7),
    lambda signals: signals.set_time(EAST, RED, -1.0), lambda signals: signals.group(1),
])
def test_what_is_no_light_no_state_and_no_time_is_refused(act) -> None:
    with pytest.raises(Refused):
        act(Signals(CROSSING, 2))


# ---- in a world


def crossing() -> World:
    return World(replace(level_of(straight_place()), signals=CROSSING))


def car(world: World, x: float, y: float = 1.75, yaw_deg: float = 0.0) -> int:
    pose = Transform(Vector3(x, y, 0.0), Rotation(0.0, yaw_deg, 0.0))
    return world.spawn(ActorDescription(0, "vehicle.audi.a2", ()), pose).id


def told(world: World, actor_id: int) -> tuple[tuple[int, int], float]:
    """The state of the light that a vehicle is at and that light's id, and its speed limit, as clients get them."""
    record = next(one for one in world_state(world.moment(0.1), 0.0).actors if one.id == actor_id)
    return record.at_light, record.speed_limit_kmh


def test_the_levels_own_have_the_first_ids_in_every_episode() -> None:
    world = crossing()
    for _ in range(2):
        assert [actor.blueprint.id for actor in world.actors] == [
            "spectator", *["traffic.traffic_light"] * 3, "traffic.speed_limit.30"]
        assert car(world, 0.0) == 6
        world.begin_episode(world.level)


def test_a_vehicle_learns_of_the_light_in_whose_trigger_it_is() -> None:
    world = crossing()
    # an A2 is 3.71 m long: it reaches the trigger, which begins at 98.5 m, from 96.65 m on
    before, inside = car(world, 94.0), car(world, 98.0)
    across = car(world, 110.0, 10.0, -90.0)
    against = car(world, 120.0, -1.75, 0.0)
    world.tick(0.1)
    assert told(world, before)[0] == (GREEN, 0)
    assert told(world, inside)[0] == (GREEN, 0)                  # a green light is none
    assert told(world, across)[0] == (RED, NORTH)
    world.change_signals(lambda signals: signals.set_state(EAST, YELLOW))
    world.change_signals(lambda signals: signals.set_state(WEST, RED))
    world.tick(0.1)
    assert told(world, inside)[0] == (YELLOW, EAST)
    assert told(world, against)[0] == (GREEN, 0)                 # it does not go as that light's lane does


def test_a_speed_limit_holds_behind_its_sign() -> None:
    world = crossing()
    passing = car(world, 44.0)
    world.tick(0.1)
    assert told(world, passing)[1] == 50.0
    world.set_transform(passing, Transform(Vector3(50.0, 1.75, 0.0), LEVEL))
    world.tick(0.1)
    world.set_transform(passing, Transform(Vector3(80.0, 1.75, 0.0), LEVEL))
    world.tick(0.1)
    assert told(world, passing)[1] == 30.0


def test_how_long_an_empty_world_was_ticked_leaves_no_trace() -> None:
    def story(idle_ticks: int) -> list[tuple[int, ...]]:
        world, seen = crossing(), []
        for _ in range(idle_ticks):
            world.tick(0.1)
        car(world, 0.0)
        for _ in range(160):
            world.tick(0.1)
            seen.append(states(world.signals))
        return seen

    assert story(0) == story(47)
    assert crossing().moment(0.1).age_ticks == 0


def test_what_a_client_did_to_the_lights_outlives_the_first_spawn() -> None:
    world = crossing()
    world.change_signals(lambda signals: signals.set_state(NORTH, GREEN))
    car(world, 0.0)
    assert world.signals.lights[NORTH].state == GREEN


def test_lights_and_signs_can_neither_be_moved_nor_destroyed() -> None:
    world = crossing()
    with pytest.raises(Refused, match="belongs to the level"):
        world.destroy(EAST)
    with pytest.raises(Refused, match="belongs to the level"):
        world.set_transform(LIMIT, ORIGIN)


def test_a_message_tells_what_lights_signs_and_vehicles_know() -> None:
    world = crossing()
    waiting = car(world, 98.0)
    world.change_signals(lambda signals: signals.set_state(EAST, RED))
    state = world_state(world.tick(0.25), 0.0)
    read = WorldState.from_bytes(state.parts()[0], frozenset({waiting}), frozenset(), frozenset({EAST, WEST, NORTH}),
                                 frozenset({LIMIT}))
    by_id = {one.id: one for one in read.actors}
    assert by_id[EAST].control == LightRecord("e", 10.0, 3.0, 2.0, 0.25, 0, False, RED)
    assert by_id[LIMIT].control == SignRecord("l")
    assert by_id[waiting].at_light == (RED, EAST)
