"""Visibility, outside share and amodal boxes against each object rendered alone; pixels told apart by any numbers."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from simgen.frame import Frame
from simgen.label import ClassMap, IdMode
from simgen.label.identity import Identities
from simgen.label.measure import find_all, subjects_of
from simgen.localsim.numbering import InstanceIds
from tests.judges.alone import differences, share_within, stock
from tests.judges.boxes import BODIES, HIDING
from tests.judges.boxes import differences as box_differences
from tests.judges.crowd import RIG, Extra, Studio, first_id

pytestmark = pytest.mark.slow
CROWD = 24


@pytest.fixture(scope="module")
def studio() -> Studio:
    return Studio()


@pytest.fixture(scope="module")
def scenes(studio: Studio) -> list[tuple[list[Extra], Frame]]:
    rng = np.random.default_rng(42)
    crowds = [studio.crowd(rng, CROWD) for _ in range(4)]
    return [(crowd, studio.photograph(crowd)) for crowd in crowds]


def test_labels_say_what_a_picture_of_each_object_alone_shows(
    studio: Studio, scenes: list[tuple[list[Extra], Frame]]
) -> None:
    found = [one for crowd, frame in scenes for one in differences(studio, crowd, frame)]
    compared = [one for one in found if one.outside is not None]
    assert len(compared) > 40
    assert share_within([one.visible for one in found], 0.02) >= 0.99
    assert share_within([one.outside for one in compared], 0.02) >= 0.99
    assert share_within([one.edges_px for one in compared], 1.0) >= 0.99
    # Without the simulator's help: an estimate, and of this quality.
    shapes = [one.shape for one in found if one.shape is not None]
    assert np.mean(shapes) < 0.05
    assert share_within(shapes, 0.1) > 0.85
    assert share_within([one.shape_outside for one in found], 0.1) > 0.9
    assert share_within([edge for one in found for edge in one.shape_edges_px], 5.0) > 0.8


def test_silhouettes_bring_the_boxes_of_hidden_bodies_nearer_to_the_truth(studio: Studio) -> None:
    rng = np.random.default_rng(7)
    crowds = [studio.crowd(rng, 40, (*BODIES, *HIDING)) for _ in range(3)]
    scenes = [(crowd, studio.photograph(crowd)) for crowd in crowds]
    told, blind = ([one for crowd, frame in scenes for one in box_differences(studio, crowd, frame, is_stock)
                    if one.is_hidden] for is_stock in (False, True))
    assert len(told) == len(blind) > 15
    assert max(one.sticks_out_px for one in told) < 1.0 < max(one.sticks_out_px for one in blind)
    faces_m = [np.quantile(np.abs([one.faces_m for one in found]), 0.95) for found in (told, blind)]
    assert faces_m[0] < faces_m[1]
    assert np.mean([one.overlap for one in told]) > 0.85


def owned(frame: Frame) -> tuple[IdMode, dict[str, NDArray[np.bool_]]]:
    """What the numbers mean, and each actor's own pixels."""
    subjects = subjects_of(frame, RIG, ClassMap(), {})
    actors = [subject for subject in subjects if not subject.is_level]
    picture = frame.views[RIG.label_camera.name]
    identities = Identities().learn([subject.body() for subject in actors], picture)
    assert picture.tag is not None
    pixels = {}
    for finding in find_all(subjects, frame, RIG, identities.numbers([subject.actor for subject in actors])):
        whole = np.zeros(picture.tag.shape, dtype=np.bool_)
        if finding.sighting.region is not None and finding.sighting.own is not None:
            part = finding.sighting.region.cut(whole)
            part |= finding.sighting.own
        pixels[finding.subject.actor.role] = whole
    return identities.mode, pixels


@pytest.mark.parametrize(("ids", "mode"), [
    (InstanceIds.ACTOR, IdMode.ACTOR), (InstanceIds.ENGINE, IdMode.ENGINE), (InstanceIds.WRAPPED, IdMode.WRAPPED),
])
def test_pixels_are_told_apart_by_place_whatever_their_numbers_mean(
    studio: Studio, scenes: list[tuple[list[Extra], Frame]], ids: InstanceIds, mode: IdMode
) -> None:
    rng, same = np.random.default_rng(42), []
    for _, plain in scenes:
        frame = stock(studio.photograph(studio.crowd(rng, CROWD, first_id=first_id(ids)), ids))
        found_mode, found = owned(frame)
        assert found_mode is mode
        numbers = plain.views[RIG.label_camera.name].instance_id
        for actor in plain.actors:
            truth = numbers == actor.simulator_id
            if actor.role in found and (truth.any() or found[actor.role].any()):
                same.append(np.array_equal(truth, found[actor.role]))
    assert len(same) > 45
    assert np.mean(same) >= 0.99
