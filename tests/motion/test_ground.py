"""The ground beside the road: who stands or walks higher is seen earlier."""

import math
from dataclasses import dataclass

import numpy as np
import pytest
from numpy.typing import NDArray

from simgen.errors import PlacementError
from simgen.motion.bodies import Body
from simgen.motion.clock import Clock
from simgen.motion.course import Way
from simgen.motion.events import measured
from simgen.motion.ground import Ground, on_ground, over_ground
from simgen.motion.lines import Line
from simgen.motion.rehearsal import play
from simgen.motion.road import Place
from simgen.motion.speeds import RunUp
from simgen.motion.stage import Stage, set_stage
from simgen.scenario.plan import EpisodePlan, MeetPlan, Placement, Step
from tests.motion.formula_road import FormulaRoad
from tests.motion.plans import CAMERA, CAR, CHILD, EGO_BODY, actor, crosser, plan

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Terrace:
    """Flat, and ``rise_m`` higher beyond a distance along x and to the left of the ego's lane."""

    rise_m: float
    from_x_m: float = -math.inf
    from_left_m: float = -math.inf

    def heights_m(self, xyz_m: Floats) -> Floats:
        return np.where((xyz_m[:, 0] > self.from_x_m) & (xyz_m[:, 1] > self.from_left_m), self.rise_m, 0.0)


@dataclass(frozen=True)
class Slope:
    """Rises with x, and is known only as far as ``known_to_m``."""

    rise: float
    known_to_m: float = math.inf

    def heights_m(self, xyz_m: Floats) -> Floats:
        return np.where(xyz_m[:, 0] <= self.known_to_m, self.rise * xyz_m[:, 0], math.nan)


def staged(scenario: EpisodePlan, ground: Ground | None) -> Stage:
    return set_stage(scenario, FormulaRoad(), {"ego": EGO_BODY}, Clock.of(scenario), CAMERA, ground=ground)


@pytest.mark.parametrize(("rise_m", "clear_m"), [(0.5, 21.0), (0.0, 3.5), (-0.5, 1.909)])
def test_a_thing_half_a_metre_higher_or_lower_behind_a_wall_is_seen_earlier_or_later(
    rise_m: float, clear_m: float
) -> None:
    # The camera is 1.65 m up, the wall 1.3 m high, the far edge of a thing 0.7 m high 6 m beyond the wall's far side.
    # Over the wall the thing's top h is seen when the wall is nearer than 6 m · 0.35 / (1.3 − h).
    assert 6.0 * 0.35 / (1.3 - 0.7 - rise_m) == pytest.approx(clear_m, abs=1e-3)
    scenario = plan(
        actor("wall", "prop", (0.2, 9.0, 1.3), placement=Placement(26.279, left_m=2.5), program=(Step("stand"),)),
        actor("thing", "prop", (0.2, 0.2, 0.7), placement=Placement(None, left_m=2.5), program=(Step("stand"),),
              meet=MeetPlan(0.5, 3.0, None, None), event=True),
        speed=10.0,
    )
    met = staged(scenario, Terrace(rise_m, from_x_m=40.0)).meets["thing"]
    assert met.place.x_m == pytest.approx(42.279)       # the ego's front, 2.179 m from its origin, is at its near face
    # At the impact the camera is 2.179 + 0.4 + 0.2 m from the thing's far edge, 3.221 m beyond the wall's far side.
    assert met.reveal_solved_s == pytest.approx((3.221 + clear_m) / 10.0, abs=2e-3)


def hidden_child(reveal_s: float) -> EpisodePlan:
    return plan(
        crosser(left=5.5, speed=2.0, size=CHILD, reveal=reveal_s, behind="car"),
        actor("car", "vehicle", CAR, placement=Placement(None, left_m=3.2)), speed=10.0, warmup=2.0,
    )


def test_the_higher_a_child_stands_the_farther_on_must_the_car_that_it_is_seen_over() -> None:
    stages = {rise: staged(hidden_child(2.4), Terrace(rise, from_left_m=4.3)) for rise in (-0.4, 0.0, 0.2)}
    assert all(stage.meets["walker"].reveal_solved_s == pytest.approx(2.4, abs=0.01) for stage in stages.values())
    stands_m = [stage.places["car"].x_m for stage in stages.values()]
    assert np.all(np.diff(stands_m) > 0.5)
    for rise, stage in stages.items():
        way = stage.parts["walker"].way
        assert [way.start.z_m, way.place(way.starts_s + 0.1).z_m] == pytest.approx([rise, rise])
        assert way.place(3.0).z_m == pytest.approx(0.0)
        assert measured(play(stage).events, "walker").reveal_s == pytest.approx(2.4, abs=0.01)      # as it is played
    with pytest.raises(PlacementError, match=r"between 1\.47 s and"):
        staged(hidden_child(2.4), Terrace(0.4, from_left_m=4.3))


def test_who_comes_from_behind_the_corner_of_a_car_is_seen_as_soon_at_any_height() -> None:
    stages = [staged(hidden_child(1.8), Terrace(rise, from_left_m=4.3)) for rise in (-0.4, 0.0, 0.4)]
    assert len({stage.places["car"].x_m for stage in stages}) == 1


def test_no_ground_and_flat_ground_set_the_same_stage() -> None:
    one, two = staged(hidden_child(2.4), None), staged(hidden_child(2.4), Terrace(0.0))
    assert one.places == two.places
    assert one.meets == two.meets


def test_a_way_has_the_heights_of_the_ground_under_it() -> None:
    line = Line.straight(Place(0.0, 0.0, 7.0, 0.0), 0.0, 50.0)
    way = Way(Place(2.0, 0.0, 7.0, 0.0), 0.0, RunUp(1.0), line, 2.0)
    over = over_ground(way, 12.0, Slope(0.1))
    times = np.array([-1.0, 0.0, 0.3, 5.25, 10.0, 20.0])
    expected = way.poses(times)
    expected[:, 2] = [0.2, 0.2, 0.23, 0.725, 1.2, 1.2]         # beyond the impact it stays as high
    assert over.poses(times) == pytest.approx(expected)
    assert over_ground(way, 12.0, None) is way


def test_where_no_ground_is_known_the_height_stays() -> None:
    way = Way(Place(2.0, 0.0, 7.0, 0.0), 0.0, RunUp(1.0), Line.straight(Place(0.0, 0.0, 7.0, 0.0), 0.0, 50.0), 2.0)
    assert over_ground(way, 12.0, Slope(0.1, known_to_m=0.0)).poses(np.array([0.0, 3.0]))[:, 2].tolist() == [7.0, 7.0]
    assert on_ground(Place(5.0, 0.0, 7.0, 0.0), Slope(0.1, known_to_m=4.0)).z_m == 7.0
    assert over_ground(way, 12.0, Slope(0.1, known_to_m=6.0)).place(8.0).z_m == pytest.approx(0.6)


def test_a_vehicle_is_as_high_as_the_middle_between_its_wheels() -> None:
    # On a roof with its ridge along the car's middle, all wheels are 0.4 widths down both sides.
    class Roof:
        def heights_m(self, xyz_m: Floats) -> Floats:
            return -0.1 * np.abs(xyz_m[:, 1])

    body = Body(4.0, 2.0, 1.5)
    assert on_ground(Place(0.0, 0.0, 0.0, 0.0), Roof(), body).z_m == pytest.approx(-0.08)
    assert on_ground(Place(3.0, 0.0, 0.0, 0.5), Slope(0.1), body).z_m == pytest.approx(0.3)
    assert on_ground(Place(0.0, 0.0, 0.0, 0.0), Roof()).z_m == 0.0
