"""What the doctor says of servers with one thing wrong."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from simgen.capture.probe_facts import BoxFound, FoundSettings, Latency, ServerFacts
from simgen.doctor.findings import Finding, Mark
from simgen.doctor.server_rules import judge_server
from tests.doctor.facts import CAR, SERVER, SIZES, SPECIES, TRIAL, WALKER


def told(facts: ServerFacts) -> list[Finding]:
    return [one for one in judge_server(facts, SPECIES, SIZES) if one.mark is not Mark.GOOD]


def of_trial(**changes: Any) -> Finding:
    (found,) = told(replace(SERVER, trial=replace(TRIAL, **changes)))
    return found


def of_server(**changes: Any) -> Finding:
    (found,) = told(replace(SERVER, **changes))
    return found


def test_with_a_good_server_nothing_is_wrong() -> None:
    assert told(SERVER) == []


def test_of_a_server_of_another_version_nothing_else_is_said() -> None:
    other = ServerFacts("gpu1:2000", "0.9.16", "0.9.15", no_trial="…")
    (found,) = judge_server(other, SPECIES, SIZES)
    assert (found.topic, found.mark) == ("version", Mark.SHORT)
    assert "0.9.15" in found.seen and found.cure == "start a CARLA 0.9.16 server"


UNSEEN = replace(WALKER, lidar_points=0, lidar_in_box=0)
GARBAGE = {**TRIAL.tags, 77: 5000}


@pytest.mark.parametrize("changes, topic, seen, cure", [
    ({"seen": (CAR, UNSEEN)}, "walkers", "LiDARs do not see people", "another CARLA build"),
    ({"seen": (CAR, UNSEEN, replace(WALKER, role="walker with physics"))}, "walkers", "200 points once",
     "set_simulate_physics(True)"),
    ({"seen": (CAR, replace(WALKER, lidar_points=0))}, "walkers", "190 points lie where they stand", "build"),
    ({"seen": (CAR, replace(WALKER, number=977))}, "instance ids", "walker 32 shows 977", "restart"),
    ({"seen": (replace(CAR, tag=10), WALKER)}, "classes", "a car is 10, not 14", "0.9.16"),
    ({"tags": GARBAGE}, "classes", "1.1%", "driver"),                               # 5000 of 462,100
    ({"depth_minus_lidar_m": 0.8}, "agreement", "0.80 m", "one server per GPU"),
    ({"rig_ticks_s": (7.0,) * 10}, "speed", "took 70.0 s", "LogVulkanRHI"),
    ({"silent": {"camera_3": "no data"}}, "sensors", "camera_3 is silent", "streaming port"),
    ({"empty_pictures": ("camera_2",)}, "sensors", "one colour", "-RenderOffScreen"),
    ({"left_behind": ("vehicle.audi.tt 31",)}, "clean-up", "vehicle.audi.tt 31", "restart"),
])
def test_what_falls_short_in_the_trial_is_said_with_its_cure(
    changes: dict[str, Any], topic: str, seen: str, cure: str
) -> None:
    found = of_trial(**changes)
    assert (found.topic, found.mark) == (topic, Mark.SHORT)
    assert seen in found.seen and cure in found.cure


@pytest.mark.parametrize("changes, topic, seen", [
    ({"rig_ticks_s": (0.9,) * 10}, "speed", "900 ms"),
    ({"latencies": {"camera_2": Latency(2.5, 3.0)}}, "sensors", "2.5 s after"),
    ({"tags": {**TRIAL.tags, 12: 9000}}, "classes", "7000 pixels are tagged pedestrian"),       # 2000 are the walker's
    ({"seen": (replace(CAR, number=9001), replace(WALKER, number=9002))}, "instance ids", "engine's own numbers"),
    ({"seen": (replace(CAR, pixels=20), replace(WALKER, number_share=0.5))}, "instance ids", "clearly enough"),
    ({"boxes": ()}, "boxes", "no two-wheelers"),
    ({"boxes": (BoxFound("vehicle.yamaha.yzf", (2.19, 0.0, 1.53)),)}, "boxes", "2.19 x 0.00 x 1.53 m"),
    ({"boxes": (BoxFound("vehicle.yamaha.yzf", (2.19, 2.0, 1.53)),)}, "boxes", "not believed"),
    ({"boxes": (BoxFound("vehicle.yamaha.yzf", None, "collision"),)}, "boxes", "not spawned: collision"),
])
def test_what_somebody_should_know_of_the_trial_is_a_note(changes: dict[str, Any], topic: str, seen: str) -> None:
    found = of_trial(**changes)
    assert (found.topic, found.mark) == (topic, Mark.NOTE)
    assert seen in found.seen


def test_ids_that_wrapped_are_told_from_the_engine_s_numbers() -> None:
    wrapped = replace(CAR, actor_id=65_540, number=4), replace(WALKER, actor_id=65_541, number=5)
    said = {one.topic: one for one in judge_server(
        replace(SERVER, trial=replace(TRIAL, seen=wrapped)), SPECIES, SIZES)}
    assert said["instance ids"].mark is Mark.GOOD and "modulo 65536" in said["instance ids"].seen


@pytest.mark.parametrize("changes, topic, mark, seen", [
    ({"settings": FoundSettings(True, 0.05, False), "ticks_alone": False}, "state", Mark.NOTE, "left in synchronous"),
    ({"settings": FoundSettings(False, None, True)}, "state", Mark.SHORT, "no_rendering_mode"),
    ({"guests": {"vehicles": 12, "walkers": 3}}, "state", Mark.NOTE, "12 vehicles, 3 walkers"),
    ({"newest_id": 70_000}, "state", Mark.NOTE, "70000"),
    ({"newest_id": 60_000}, "state", Mark.NOTE, "will soon pass 65535"),
    ({"blueprints": frozenset({"simgen.weather"})}, "animals", Mark.NOTE, "stock CARLA has no animals"),
    ({"blueprints": frozenset({"simgen.weather", "static.prop.moose"})}, "animals", Mark.NOTE, "none of dog, red_deer"),
    ({"blueprints": SERVER.blueprints - {"simgen.weather"}}, "weather", Mark.NOTE, "draws these onto the pictures"),
    ({"spawn_points": 0}, "maps", Mark.NOTE, "no spawn points"),
    ({"trial": None, "in_use": True, "no_trial": "another client"}, "trial", Mark.SHORT, "tried out: another client"),
    ({"trial": None, "no_trial": "on Town01 there is no straight stretch"}, "trial", Mark.SHORT, "no straight"),
])
def test_what_a_server_is_like_is_told(changes: dict[str, Any], topic: str, mark: Mark, seen: str) -> None:
    found = of_server(**changes)
    assert (found.topic, found.mark) == (topic, mark)
    assert seen in found.seen


def test_the_built_in_simulator_may_take_its_time() -> None:
    slow = replace(SERVER, name="simgen", trial=replace(TRIAL, rig_ticks_s=(9.0,) * 10))
    assert told(slow) == []
