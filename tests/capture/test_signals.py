"""Which lights are held for who runs a red one, on the built-in simulator's map with lights."""

from __future__ import annotations

from functools import cache
from types import SimpleNamespace
from typing import Any

import pytest

from simgen.localsim.places import opendrive_text
from simgen.scenario.plan import Step

carla = pytest.importorskip("carla")
signals = pytest.importorskip("simgen.capture.signals")
RED, GREEN = carla.TrafficLightState.Red, carla.TrafficLightState.Green


@cache
def town(name: str) -> Any:
    return carla.Map(name, opendrive_text(name))


class Light:
    """A light as the client has it; its junction's are its group."""

    def __init__(self, landmark: Any, junction: int) -> None:
        (validity,) = landmark.get_lane_validities()
        before = 1.575 if validity[0] < 0 else -1.575
        self.stop = town("SimgenTown01_Signals").get_waypoint_xodr(landmark.road_id, validity[0], landmark.s - before)
        self.pose, self.junction, self.group = landmark.transform, junction, []
        self.state, self.frozen = None, False

    def get_stop_waypoints(self) -> list[Any]:
        return [self.stop]

    def get_group_traffic_lights(self) -> list[Light]:
        return self.group

    def get_transform(self) -> Any:
        return self.pose

    def set_state(self, state: Any) -> None:
        self.state = state

    def freeze(self, frozen: bool) -> None:
        self.frozen = frozen


class World:
    """All lights of the town; everyone's junction is what its lane leads to."""

    def __init__(self) -> None:
        self.lights = []
        for landmark in town("SimgenTown01_Signals").get_all_landmarks_of_type("1000001"):
            validity = landmark.get_lane_validities()[0][0]
            at = town("SimgenTown01_Signals").get_waypoint_xodr(landmark.road_id, validity, landmark.s)
            self.lights.append(Light(landmark, at.next(10.0)[0].get_junction().id))
        for light in self.lights:
            light.group = [other for other in self.lights if other.junction == light.junction]

    def get_traffic_lights_in_junction(self, junction: int) -> list[Light]:
        return [light for light in self.lights if light.junction == junction]

    def get_traffic_lights_from_waypoint(self, waypoint: Any, distance_m: float) -> list[Light]:
        return []


def spawned(role: str, x_m: float, y_m: float, verb: str = "follow_road") -> Any:
    """Right-handed."""
    return SimpleNamespace(role=role, plan=SimpleNamespace(program=(Step(verb, speed_mps=9.0),)),
                           start=SimpleNamespace(x_m=x_m, y_m=y_m, z_m=0.0))


def at(world: World, x_m: float, y_m: float) -> Light:
    """The light whose stop line is nearest."""
    return min(world.lights, key=lambda light: (light.stop.transform.location.x - x_m) ** 2
               + (light.stop.transform.location.y + y_m) ** 2)


@pytest.mark.parametrize("runner_y_m", [-40.0, -18.0])             # before its stop line at -21.2, and behind it
def test_the_ego_drives_at_green_and_the_runner_at_red(runner_y_m: float) -> None:
    world, ego = World(), spawned("ego", 20.0, -1.75)              # eastbound on High Street, towards Church Lane
    runner = spawned("runner", 66.0 + 1.75, runner_y_m, "run_red")
    assert signals.hold_signals(world, town("SimgenTown01_Signals"), ego, (runner,)) == ["runner"]
    assert at(world, 44.0, -1.75).state == at(world, 88.0, 1.75).state == GREEN
    assert at(world, 67.75, -22.0).state == at(world, 64.25, 22.0).state == RED
    assert at(world, 67.75, -22.0).frozen
    assert sum(light.state is not None for light in world.lights) == 4


def test_who_comes_towards_the_ego_and_runs_the_light_has_red() -> None:
    world, ego = World(), spawned("ego", 20.0, -1.75)
    runner = spawned("runner", 120.0, 1.75, "run_red")
    assert signals.hold_signals(world, town("SimgenTown01_Signals"), ego, (runner,)) == ["runner"]
    assert (at(world, 44.0, -1.75).state, at(world, 88.0, 1.75).state) == (GREEN, RED)


def test_nothing_is_held_where_nobody_runs_and_where_there_are_no_lights() -> None:
    world, ego = World(), spawned("ego", 20.0, -1.75)
    assert signals.hold_signals(world, town("SimgenTown01_Signals"), ego, (spawned("a", 67.75, -40.0),)) == []
    bare: Any = SimpleNamespace(get_traffic_lights_in_junction=lambda junction: [],
                                get_traffic_lights_from_waypoint=lambda waypoint, distance_m: [])
    runner = spawned("runner", 67.75, -40.0, "run_red")
    assert signals.hold_signals(bare, town("SimgenTown01"), ego, (runner,)) == []
    assert all(light.state is None for light in world.lights)
