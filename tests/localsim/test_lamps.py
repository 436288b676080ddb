"""Indicators blink, beacons flash, and the lenses that glow are those of the lamps that are asked for."""

from __future__ import annotations

import itertools
from dataclasses import replace

import numpy as np
import pytest
from numpy.typing import NDArray

from simgen.localsim import bodies
from simgen.localsim.actors import Vehicle
from simgen.localsim.bodies.car_measures import AS_BEACON, AS_INDICATOR, LAMP_COLOUR
from simgen.localsim.catalogue import stock_library
from simgen.localsim.lamps import BLINKS_HZ, LEFT_BLINKER, REVERSE, RIGHT_BLINKER, SPECIAL_1, signals
from simgen.localsim.mesh import Instance, Material, Signal
from simgen.localsim.render import Renderer, Weather
from simgen.localsim.values import VehicleControl
from tests.localsim.render_scenes import FlatPlace, box, pose
from tests.localsim.test_bodies_wheels import car

VEHICLES = {one.id: one.body for one in stock_library() if one.body is not None and one.body.kind == "vehicle"}
MOTORISED = [name for name, body in VEHICLES.items() if body.tag != 19]
EMERGENCY = {"vehicle.carlamotors.firetruck", "vehicle.ford.ambulance", "vehicle.dodge.charger_police",
             "vehicle.dodge.charger_police_2020"}
GLOOM = Weather(sun_altitude_angle=4.0, cloudiness=100.0)


def shown(flags: int, seconds: float, look: str = "car") -> Signal:
    return signals(replace(car("vehicle.audi.a2"), lights=flags), seconds, look)


def test_a_blinker_is_lit_half_of_the_time_three_times_in_two_seconds():
    lit = [Signal.LEFT in shown(LEFT_BLINKER, 0.01 * k) for k in range(200)]
    assert sum(lit) == pytest.approx(100, abs=1)
    assert sum(b and not a for a, b in itertools.pairwise([*lit, lit[0]])) == 2 * BLINKS_HZ == 3


def test_hazard_lamps_keep_time_on_both_sides_and_other_vehicles_have_their_own():
    both = [shown(LEFT_BLINKER | RIGHT_BLINKER, 0.05 * k) for k in range(40)]
    assert set(both) == {Signal(0), Signal.LEFT | Signal.RIGHT}
    assert [shown(LEFT_BLINKER, 0.05 * k, "other") for k in range(40)] != [
        shown(LEFT_BLINKER, 0.05 * k) for k in range(40)]


def test_time_that_was_added_up_from_ticks_blinks_like_exact_time():
    summed = list(itertools.accumulate([0.05] * 400))
    assert [shown(RIGHT_BLINKER, t) for t in summed] == [shown(RIGHT_BLINKER, 0.05 * (k + 1)) for k in range(400)]


def test_beacons_flash_on_one_side_at_a_time_and_are_dark_in_between():
    flashes = {shown(SPECIAL_1, 0.01 * k) for k in range(50)}
    assert flashes == {Signal(0), Signal.BEACON_LEFT, Signal.BEACON_RIGHT}


def test_reversing_lamps_burn_by_flag_and_in_reverse_gear():
    backing: Vehicle = replace(car("vehicle.audi.a2"), control=VehicleControl(reverse=True))
    assert signals(backing, 0.0, "car") == Signal.REVERSE == shown(REVERSE, 0.0)
    assert shown(0, 0.0) == Signal(0)


@pytest.mark.parametrize("name", MOTORISED)
def test_every_motor_vehicle_has_indicators_before_and_behind_on_both_sides(name: str):
    lenses = bodies.lamps(name, VEHICLES[name].size_lwh_m)
    for side, places in ((1.0, lenses.left), (-1.0, lenses.right)):
        assert places.shape == (2, 3)
        quarter = VEHICLES[name].size_lwh_m[0] / 4.0         # a motorcycle's sit at its headlamp, behind the wheel
        assert places[0, 0] > 0.5 * quarter and places[1, 0] < -quarter
        assert (side * places[:, 1] > 0.05).all()
    assert len(lenses.beacons) == (2 if name in EMERGENCY else 0)


def lens(material: Material, parameter: float) -> Renderer:
    block = box(0.3, 2.0, 1.0, material)
    renderer = Renderer(FlatPlace())
    renderer.add_mesh("lens", replace(block, parameter=np.full_like(block.parameter, parameter)))
    return renderer


def middle(renderer: Renderer, lit: Signal, side: float) -> NDArray[np.int_]:
    """RGB of the left (1) or right (-1) half of a lens that is 6 m ahead and turned as the camera is."""
    tint = np.array([[0.5, 0.5, 0.5], [0.5, 0.5, 0.5], [0.01, 0.05, 0.6]], np.float32)
    renderer.set_weather(GLOOM)
    renderer.set_scene([Instance("lens", pose(6.0, 0.0, 0.5), 1, 14, tint, signals=int(lit))], [], 0.0, 0)
    picture = renderer.camera(pose(0.0, 0.0, 1.0), 64, 32, 1.2, rgb=True).rgb
    return picture[16, 32 - round(4 * side)].astype(int)


@pytest.mark.parametrize(("material", "parameter", "own", "other", "brightest"), [
    (LAMP_COLOUR, AS_INDICATOR, Signal.LEFT, Signal.RIGHT, 0),
    (LAMP_COLOUR, AS_BEACON, Signal.BEACON_LEFT, Signal.BEACON_RIGHT, 2),
])
def test_only_the_lens_of_the_side_that_blinks_glows(
        material: Material, parameter: float, own: Signal, other: Signal, brightest: int):
    renderer = lens(material, parameter)
    dark, lit, wrong = (middle(renderer, signal, 1.0) for signal in (Signal(0), own, other))
    assert lit.sum() > dark.sum() + 80
    assert int(lit.argmax()) == brightest
    assert wrong.sum() < dark.sum() + 50 > middle(renderer, own, -1.0).sum()


@pytest.mark.parametrize(("material", "signal"), [(Material.TAILLAMP, Signal.REVERSE), (Material.HEADLAMP, Signal.FOG)])
def test_reversing_and_fog_lamps_glow_white(material: Material, signal: Signal):
    renderer = lens(material, 1.0)
    dark, lit = (middle(renderer, one, 1.0) for one in (Signal(0), signal))
    assert lit.min() > dark.max() + 40
