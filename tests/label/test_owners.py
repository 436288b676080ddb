"""Whose each pixel and each unclaimed return is, for pictures of instances and labelled sweeps."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from sensors.rigid import RigidTransform
from simgen.frame import LevelObject
from simgen.label import Labeller, pixel_owners, return_owners
from simgen.label.owners import NOBODY
from tests.label.scene import RIG, box_solid, car, film

SIZE = (3.71, 1.79, 1.55)


def test_pixels_and_returns_of_a_spawned_and_of_a_parked_car_have_their_owners():
    actor, metal = car(15.0, 3.0)
    parked = LevelObject(7, "car", RigidTransform.from_yaw(0.0, (15.0, -3.0, SIZE[2] / 2)), np.array(SIZE))
    frame = replace(film([actor], [*metal, box_solid(15.0, -3.0, 0.0, SIZE, 0, 14)]), level_objects=(parked,))
    labeller = Labeller(RIG)
    labels = {label.role: label for label in labeller.label(frame)}
    known = (labeller.findings, frame, RIG, ["bystander", "car", "level_7"])
    pixels, returns = pixel_owners(*known), return_owners(*known)
    assert int((pixels == 1).sum()) == labels["car"].visible_px
    assert int((pixels == 2).sum()) == labels["level_7"].visible_px
    assert int((returns == 2).sum()) == labels["level_7"].lidar_points > 100
    assert not (returns == 1).any()             # an actor's returns have its id
    assert {*np.unique(pixels).tolist()} == {NOBODY, 1, 2}
