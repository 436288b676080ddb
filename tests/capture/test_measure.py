"""Boxes of a server are believed only where they can be true; and what the record says of meets."""

from __future__ import annotations

from dataclasses import replace
from types import SimpleNamespace

import carla
import pytest

from simgen.capture.measure import Extent, believed, box_of
from simgen.capture.outcome import meets_json
from simgen.motion.events import Event
from simgen.motion.road import Place
from simgen.motion.stage import Meeting
from simgen.scenario.plan import MeetPlan
from tests.capture.roads import plan

BICYCLE_LWH_M = (1.51, 0.87, 1.61)


def box(length_m: float, width_m: float, height_m: float, ahead_m: float = 0.0) -> Extent:
    return Extent((length_m, width_m, height_m), (ahead_m, 0.0, height_m / 2))


def test_a_server_s_own_box_replaces_the_nominal_size() -> None:
    notes: dict[str, str] = {}
    body = believed("cyclist", "vehicle.bh.crossbike", box(1.6, 0.8, 1.7, 0.2), BICYCLE_LWH_M, notes)
    assert (body.length_m, body.width_m, body.height_m, body.centre_x_m) == pytest.approx((1.6, 0.8, 1.7, 0.2))
    assert notes == {}


@pytest.mark.parametrize("wrong", [(1.51, 0.0, 1.61), (0.0, 0.0, 0.0), (1.51, 2.0, 1.61)])
def test_a_bicycle_without_width_or_as_wide_as_a_car_is_not_believed(wrong: tuple[float, float, float]) -> None:
    notes: dict[str, str] = {}
    body = believed("cyclist", "vehicle.bh.crossbike", box(*wrong), BICYCLE_LWH_M, notes)
    assert (body.length_m, body.width_m, body.height_m) == BICYCLE_LWH_M
    assert "vehicle.bh.crossbike" in notes["cyclist"] and "is not believed" in notes["cyclist"]


def test_a_walker_s_or_vehicle_s_label_box_is_the_server_s_unless_it_is_flat() -> None:
    answer = carla.BoundingBox(carla.Location(0.1, 0.2, 0.8), carla.Vector3D(0.8, 0.3, 0.8))
    found = box_of(SimpleNamespace(bounding_box=answer), BICYCLE_LWH_M)
    assert found.size_lwh_m == pytest.approx([1.6, 0.6, 1.6])
    assert found.frame_from_box.translation_m == pytest.approx([0.1, -0.2, 0.8])
    flat = carla.BoundingBox(carla.Location(), carla.Vector3D(0.8, 0.0, 0.8))
    assert box_of(SimpleNamespace(bounding_box=flat), BICYCLE_LWH_M).size_lwh_m == pytest.approx(BICYCLE_LWH_M)


def test_a_box_without_size_is_asked_for_a_second_time() -> None:
    right = carla.BoundingBox(carla.Location(0.0, 0.0, 0.8), carla.Vector3D(0.8, 0.3, 0.8))
    answers = [carla.BoundingBox(carla.Location(), carla.Vector3D()), right]

    class Forgetful:
        @property
        def bounding_box(self) -> carla.BoundingBox:
            return answers.pop(0)

    assert box_of(Forgetful(), BICYCLE_LWH_M).size_lwh_m == pytest.approx([1.6, 0.6, 1.6])
    assert answers == []


def test_the_ego_may_be_a_microcar_or_a_lorry() -> None:
    notes: dict[str, str] = {}
    for size in ((2.21, 1.48, 1.38), (8.47, 2.89, 3.83)):
        assert believed("ego", "vehicle.any", box(*size), (4.79, 2.16, 1.49), notes).length_m == pytest.approx(size[0])
    assert notes == {}


def test_a_record_says_what_was_asked_solved_and_measured() -> None:
    wished = plan()
    asked = MeetPlan(impact_share=0.5, time_s=2.0, reveal_s=1.0, behind="van")
    wished = replace(wished, actors=(replace(wished.actors[0], meet=asked),))
    solved = Meeting("deer", 2.0, 0.5, 0.0, 30.0, Place(0.0, 0.0, 0.0, 0.0), 0.4, "van", 1.0, 1.0, 0.0, True)
    events = [Event(0.98, "deer", "reveal"), Event(2.01, "deer", "impact", 0.52)]
    entry = meets_json(wished, {"deer": solved}, events)["deer"]
    assert entry["asked"]["reveal_s"] == 1.0
    assert entry["solved"]["station_m"] == 30.0
    assert entry["measured"] == {
        "impact_s": 2.01, "impact_share": 0.52, "reveal_s": 0.98, "reveal_before_s": pytest.approx(1.03)
    }
    nothing = meets_json(wished, {"deer": solved}, [])["deer"]["measured"]
    assert set(nothing.values()) == {None}
