"""People on wheels and on the ground, the young, kangaroos, things and open doors."""

from __future__ import annotations

import math
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from sensors.boxes import Box3
from sensors.rigid import RigidTransform
from sensors.yaml12 import load_yaml
from simgen.errors import DatasetError
from simgen.frame import ActorState, Label
from simgen.label import label_frame
from simgen.label.tables import classify, expected_shape
from simgen.label.visibility import BANDS, ROWS
from tests.label.scene import CAR_TAG, PLANT_TAG, RIG, WALL_TAG, Solid, box_solid, car, creature, film, thing

LABEL = Path(__file__).resolve().parents[2] / "simgen" / "label"

# Centre, half size, round?
SEATED = [((0.0, 0.0, 0.3), (0.55, 0.33, 0.3), False), ((-0.2, 0.0, 0.95), (0.12, 0.2, 0.4), True)]
LYING = [((0.0, 0.0, 0.14), (0.99, 0.25, 0.14), False), ((0.2, 0.0, 0.05), (0.1, 0.51, 0.05), False)]
PIGLET = [((0.0, 0.0, 0.22), (0.25, 0.08, 0.10), True), ((0.12, 0.0, 0.1), (0.03, 0.06, 0.1), False)]


def hopping(lift_m: float) -> list[tuple[tuple[float, ...], tuple[float, ...], bool]]:
    """A kangaroo 2.1 m long and 1.3 m high, so far above the ground."""
    parts = [((0.0, 0.0, 0.65), (1.05, 0.15, 0.15)), ((0.0, 0.0, 0.3), (0.1, 0.24, 0.3)),
             ((0.8, 0.0, 1.0), (0.12, 0.1, 0.3))]
    return [((x, y, z + lift_m), half, False) for (x, y, z), half in parts]


def only(actor: ActorState, solids: list[Solid]) -> Label:
    (label,) = label_frame(film([actor], solids), RIG)
    return label


def lwh(label: Label) -> tuple[float, float, float]:
    height, width, length = label.size_hwl_m
    return length, width, height


@pytest.mark.parametrize(("blueprint", "attributes"), [
    ("walker.pedestrian.0003", {"use_wheelchair": "true"}), ("walker.pedestrian.wheelchair", {}),
])
def test_who_sits_in_a_wheelchair_is_a_person_sitting_with_the_chair(blueprint: str, attributes: dict[str, str]):
    actor, solids = creature("walker", 12.0, 1.0, 0.8, SEATED, blueprint)
    label = only(replace(actor, attributes=attributes), solids)
    assert (label.type, label.pose) == ("Person_sitting", "sitting")
    assert lwh(label) == pytest.approx((1.10, 0.66, 1.35), abs=0.04)


def test_the_same_figure_on_foot_is_a_pedestrian():
    actor, _ = creature("walker", 12.0, 1.0, 0.8, SEATED, "walker.pedestrian.0003")
    assert classify(replace(actor, attributes={"use_wheelchair": "false"}), {}).word == "pedestrian"


def test_an_open_umbrella_belongs_to_the_pedestrian_under_it():
    under = [((0.0, 0.0, 1.90), (0.5, 0.5, 0.10), False), ((-0.17, 0.12, 0.90), (0.15, 0.22, 0.90), False)]
    actor, solids = creature("walker", 12.0, 1.0, 0.8, under, "walker.pedestrian.0003")
    label = only(replace(actor, attributes={"umbrella": "true"}), solids)
    assert (label.type, label.pose) == ("Pedestrian", None)
    assert lwh(label) == pytest.approx((1.0, 1.0, 2.0), abs=0.06)


def test_a_lying_person_has_a_long_flat_box_from_the_side_and_from_the_feet():
    for yaw in (0.0, math.pi / 2, 2.5):
        label = only(*creature("walker", 12.0, -1.0, yaw, LYING, "walker.pedestrian.lying"))
        assert (label.type, label.pose) == ("Pedestrian", "lying")
        assert lwh(label) == pytest.approx((1.98, 1.02, 0.28), abs=0.06)
        assert label.bottom_centre_m[1] == pytest.approx(1.65, abs=0.01)


def test_who_lies_across_the_road_is_still_labelled_where_they_are_a_few_pixels_high():
    label = only(*creature("walker", 36.0, 0.0, math.pi / 2, LYING, "walker.pedestrian.lying"))
    assert label.bbox_px[3] - label.bbox_px[1] < 10
    assert label.type == "Pedestrian"
    far = only(*creature("walker", 70.0, 0.0, math.pi / 2, LYING, "walker.pedestrian.lying"))
    assert far.dont_care_reason == "too small"


def test_a_piglet_is_not_as_large_as_a_boar_where_it_is_hidden():
    actor, solids = creature("animal", 9.0, 0.0, math.pi / 2, PIGLET, "walker.animal.wild_boar", "wild_boar")
    young = replace(actor, attributes={"age": "young"})
    rear = Solid(RigidTransform(np.eye(3), np.array([7.0, -2.0, 0.5])), (0.05, 2.0, 0.5), 0, WALL_TAG)
    label = only(young, [*solids, rear])
    assert (label.type, label.species, label.age) == ("Animal", "wild_boar", "young")
    assert lwh(label)[0] < 0.55
    assert only(actor, [*solids, rear]).age is None


def test_a_young_animal_of_unknown_size_is_refused():
    actor, _ = creature("animal", 9.0, 0.0, 0.0, PIGLET, "walker.animal.cat", "cat")
    with pytest.raises(DatasetError, match="size of a young cat is not known"):
        classify(replace(actor, attributes={"age": "young"}), {})


@pytest.mark.parametrize("lift_m", [0.0, 0.45])
def test_the_box_of_a_kangaroo_in_the_air_begins_in_the_air(lift_m: float):
    label = only(*creature(
        "animal", 15.0, 1.0, math.pi / 2, hopping(lift_m), "walker.animal.kangaroo", "kangaroo", 6.0))
    assert lwh(label)[0] == pytest.approx(2.1, abs=0.05)
    assert lwh(label)[2] == pytest.approx(1.3, abs=0.05)
    assert label.bottom_centre_m[1] == pytest.approx(1.65 - lift_m, abs=0.04)


def test_a_leaping_kangaroo_whose_feet_are_hidden_is_placed_by_its_top():
    actor, solids = creature(
        "animal", 15.0, 0.0, math.pi / 2, hopping(0.45), "walker.animal.kangaroo", "kangaroo", 6.0)
    low_wall = Solid(RigidTransform(np.eye(3), np.array([12.0, 0.0, 0.45])), (0.05, 4.0, 0.45), 0, WALL_TAG)
    label = only(actor, [*solids, low_wall])
    assert label.bottom_centre_m[1] == pytest.approx(1.65 - 0.45, abs=0.1)


def test_a_deer_never_leaves_the_ground():
    parts = [((0.0, 0.0, 1.2), (0.7, 0.2, 0.3), False)]
    label = only(*creature("animal", 15.0, 1.0, 1.0, parts, "walker.animal.roe_deer", "roe_deer", 6.0))
    assert label.bottom_centre_m[1] == pytest.approx(1.65, abs=0.01)


@pytest.mark.parametrize(("name", "size"), [
    ("box03", (0.80, 0.60, 0.60)), ("ball", (0.22, 0.22, 0.22)), ("plasticchair", (0.5, 0.5, 0.9)),
])
def test_things_are_misc_and_keep_the_servers_box(name: str, size: tuple[float, float, float]):
    label = only(*thing(10.0, 1.0, 0.4, f"static.prop.{name}", size))
    assert (label.type, label.kind, label.occlusion) == ("Misc", "prop", 0)
    assert lwh(label) == pytest.approx(size)


def test_a_fallen_tree_is_an_obstacle_though_it_is_tagged_as_vegetation():
    label = only(*thing(20.0, 0.0, 1.0, "static.prop.fallen_tree", (7.30, 3.20, 2.08), PLANT_TAG))
    assert label.type == "Misc"
    assert label.visible_px > 1000


def test_a_hedge_gets_no_row_but_hides_who_stands_behind_it():
    hedge, leaves = thing(10.0, 1.06, 0.0, "static.prop.hedge", (4.0, 2.0, 4.0), PLANT_TAG)
    van, metal = car(25.0, 0.06, blueprint="vehicle.mercedes.sprinter", size=(5.92, 1.99, 2.56))
    (label,) = label_frame(film([hedge, van], [*leaves, *metal]), RIG)
    assert label.type == "Van"
    assert 0.4 < label.visible_fraction < 0.6


@pytest.mark.parametrize("broken", [(1e-6, 1e-6, 1e-6), (80.0, 60.0, 60.0)])
def test_an_impossible_box_of_a_thing_is_replaced_by_the_tables(broken: tuple[float, float, float]):
    actor, solids = thing(10.0, 1.0, 0.4, "static.prop.box03", (0.80, 0.60, 0.60))
    box = Box3(RigidTransform(np.eye(3), np.array([0.0, 0.0, broken[2] / 2])), np.array(broken))
    assert lwh(only(replace(actor, box=box), solids)) == pytest.approx((0.80, 0.60, 0.60))


def test_an_impossible_box_of_an_unknown_thing_is_refused():
    actor, solids = thing(10.0, 1.0, 0.4, "static.prop.gizmo", (0.80, 0.60, 0.60))
    box = Box3(RigidTransform.identity(), np.full(3, 1e-6))
    with pytest.raises(DatasetError, match=r"static\.prop\.gizmo"):
        label_frame(film([replace(actor, box=box)], solids), RIG)


def test_an_open_door_is_the_cars_own_but_not_in_its_box():
    actor, solids = car(15.0, 2.0)
    door = box_solid(15.3, 2.0 + 1.79 / 2 + 0.5, math.pi / 2, (1.0, 0.05, 1.2), actor.simulator_id, CAR_TAG, 0.3)
    shut, opened = only(actor, [*solids]), only(replace(actor, door_open=True), [*solids, door])
    assert (shut.pose, opened.pose) == (None, "door_open")
    assert opened.size_hwl_m == shut.size_hwl_m
    assert opened.visible_px > shut.visible_px + 500
    assert opened.lidar_points > opened.lidar_points_in_box
    assert opened.occlusion == 0


def test_every_shape_lies_within_its_box():
    texts = ((LABEL / f"{name}.yaml").read_text(encoding="utf-8") for name in ("classes", "bodies"))
    classes, bodies = map(load_yaml, texts)
    used = {entry["shape"] for group in (classes["vehicles"], classes["people"], classes["animals"],
                                         classes["props"]["things"]) for entry in group.values()}
    used |= {form["shape"] for form in bodies["moving"].values() if "shape" in form}
    for shape in used | {"walker", "animal", "solid"}:
        found = expected_shape(shape)
        assert [len(row) for row in found.density] == [BANDS] * ROWS
        assert all(0 <= share <= 1 for row in found.density for share in row)
        for x0, x1, y0, y1, z0, z1 in found.parts:
            assert -0.5 <= x0 < x1 <= 0.5 and -0.5 <= y0 < y1 <= 0.5 and 0 <= z0 < z1 <= 1
