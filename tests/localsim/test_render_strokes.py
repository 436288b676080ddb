"""Letters on signs: strokes whose measures can be checked by hand."""

from __future__ import annotations

import numpy as np
import pytest

from simgen.localsim.lettering import WORDS
from simgen.localsim.render.sign_faces import material_texture
from simgen.localsim.render.strokes import depth_in_strokes, segments


def test_an_h_is_two_uprights_and_a_bar() -> None:
    lines, width = segments("H")
    assert lines.tolist() == [[0, 0, 0, 1], [0.56, 0, 0.56, 1], [0, 0.52, 0.56, 0.52]]
    assert width == 0.56


def test_letters_follow_each_other_with_a_gap_and_words_with_a_wider_one() -> None:
    alone, together, apart = segments("I")[1], segments("II")[1], segments("I I")[1]
    assert (alone, together) == (0.0, 0.30)
    assert apart == pytest.approx(0.70)


def test_depth_in_a_stroke_is_half_the_pen_in_its_middle_and_zero_at_its_edge() -> None:
    line = np.array([[0.0, 0.0, 10.0, 0.0]])
    depth = depth_in_strokes(line, 2.0, np.array([5.0, 13.0]), np.array([0.0, 2.0, 4.0]))
    assert depth[:, 0].tolist() == [2.0, 0.0, -2.0]
    assert depth[0, 1] == -1.0                                  # beyond the end the pen is round


@pytest.mark.parametrize("text", WORDS)
def test_every_word_has_strokes_of_some_length(text: str) -> None:
    lines, width = segments(text)
    lengths = np.hypot(lines[:, 2] - lines[:, 0], lines[:, 3] - lines[:, 1])
    assert np.isfinite(lines).all() and (lengths > 1e-6).all()
    assert len(lines) == 0 or width == pytest.approx(lines[:, [0, 2]].max(), abs=0.07)


def test_the_texture_holds_distances_only() -> None:
    texture = material_texture()
    assert np.isfinite(texture).all()
