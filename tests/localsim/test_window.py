"""Rectangles of pixels, and the window of a silhouette sensor."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from simgen.localsim.errors import Refused
from simgen.localsim.window import Rect, window_of

SMALL = st.builds(Rect, *[st.integers(-4, 9)] * 4)


def pixels(rect: Rect) -> set[tuple[int, int]]:
    return {(x, y) for x in range(rect.left, rect.right) for y in range(rect.top, rect.bottom)}


@given(SMALL, SMALL)
def test_two_rectangles_share_the_pixels_that_both_have(a: Rect, b: Rect) -> None:
    assert pixels(a.within(b)) == pixels(a) & pixels(b)
    assert a.area == len(pixels(a))


@given(SMALL, SMALL)
def test_what_is_left_beside_a_hole_is_every_other_pixel_once(a: Rect, hole: Rect) -> None:
    pieces = a.without(hole)
    assert sum(piece.area for piece in pieces) == len(pixels(a) - pixels(hole))
    assert set().union(*(pixels(piece) for piece in pieces)) == pixels(a) - pixels(hole)


def attributes(**given_: int) -> dict[str, str]:
    usual = {"image_size_x": 64, "image_size_y": 20, "window_left": 0, "window_top": 0, "window_width": 0,
             "window_height": 0}
    return {key: str(value) for key, value in (usual | given_).items()}


def test_a_window_without_a_size_reaches_to_the_end_of_the_picture() -> None:
    assert window_of(attributes()) == (0, 0, 64, 20)
    assert window_of(attributes(window_left=10, window_height=5)) == (10, 0, 64, 5)


@pytest.mark.parametrize(("given_", "named"), [
    ({"window_left": 60, "window_width": 5}, "window_left=60 with window_width=5 is not inside image_size_x=64"),
    ({"window_top": 20}, "window_top=20 with window_height=0 is not inside image_size_y=20"),
])
def test_a_window_beyond_the_picture_is_refused(given_: dict[str, int], named: str) -> None:
    with pytest.raises(Refused, match=named):
        window_of(attributes(**given_))
