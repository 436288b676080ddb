"""Points that no surface gave are seen for what they are: by colour, and in words."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from simgen.report.airborne import in_the_air, told
from simgen.report.birdview import draw_birdview, return_colors
from simgen.report.cloud import point_colors as ply_colors
from simgen.report.overlay import draw_points
from simgen.report.palette import CAUSES
from simgen.report.scene import Scene, load_scene
from simgen.report.show import show_frame
from simgen.report.view import Coloring
from simgen.report.view.colors import point_colors
from simgen.report.view.legend import legend_of
from tests.verify import toyworld

SNOW, NOISE = 5, 8
WHITE = CAUSES[SNOW][1]


@pytest.fixture(scope="module")
def snowfall(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return toyworld.write_snowfall(tmp_path_factory.mktemp("toy") / "snowfall")


@pytest.fixture(scope="module")
def scene(snowfall: Path) -> Scene:
    return load_scene(snowfall, "000000")


def test_words_say_how_many_there_are_of_each_kind(scene: Scene) -> None:
    assert scene.cause is not None
    flakes = int((scene.cause == SNOW).sum())
    assert flakes > 50
    assert told(scene) == [(f"{flakes} snowflakes", WHITE)]
    cause = scene.cause.copy()
    cause[:1234] = NOISE
    assert ("1 234 noise", CAUSES[NOISE][1]) in told(replace(scene, cause=cause))
    assert told(replace(scene, cause=None)) == []
    assert not in_the_air(replace(scene, cause=None)).any()


def test_flakes_are_white_from_above_in_space_and_in_the_file(scene: Scene) -> None:
    flakes = in_the_air(scene)
    above, over = return_colors(scene)
    for colors in (above, ply_colors(scene), point_colors(scene, Coloring.CLASS), point_colors(scene, Coloring.ACTOR)):
        assert (colors[flakes] == WHITE).all()
        assert not (colors[~flakes] == WHITE).all(axis=1).any()
    assert over[flakes].all()
    assert not (point_colors(scene, Coloring.HEIGHT)[flakes] == WHITE).all()
    assert ((draw_birdview(scene, 400) > 230).all(axis=2)).sum() > 20


def test_flakes_are_white_in_the_picture_as_well(scene: Scene) -> None:
    drawn, without = np.zeros_like(scene.rgb), np.zeros_like(scene.rgb)
    draw_points(drawn, scene)
    draw_points(without, replace(scene, cause=None))
    assert (drawn == WHITE).all(axis=2).sum() > 5
    assert not (without == WHITE).all(axis=2).any()


def test_legends_name_them_where_colours_are_about_what_things_are(scene: Scene, snowfall: Path) -> None:
    words = told(scene)[0][0]
    for coloring, named in ((Coloring.CLASS, True), (Coloring.ACTOR, True), (Coloring.HEIGHT, False)):
        assert (words in [entry.words for entry in legend_of(scene, coloring).entries]) == named
    assert (show_frame(snowfall, "000000")[-60:, :, :] == WHITE).all(axis=2).any()
