"""Pictures look as they did when somebody last looked at them, on every kind of processor.

When a change shows, as it should: ``python -m tests.localsim.golden_pictures``, and look at tests/data/golden.
"""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from simgen.localsim.render.portable import VARIABLE
from tests.localsim.golden_pictures import AGREE, SCENES, Difference, difference, kept, pictures

Pair = tuple[NDArray[np.uint8], NDArray[np.uint8]]


@pytest.fixture(scope="module")
def now() -> dict[str, Pair]:
    return pictures()


@pytest.mark.parametrize("name", SCENES)
def test_a_picture_looks_as_it_did(now: dict[str, Pair], name: str) -> None:
    found = difference(now[name], kept(name))
    assert found.within(AGREE), f"{name}: {found}; allowed is {AGREE}"


def test_a_processor_with_narrower_registers_makes_the_same_picture(
        now: dict[str, Pair], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(VARIABLE, "1")
    name = "country in evening sun"         # leaves: where rays through edges are most
    found = difference(pictures(frozenset([name]))[name], now[name])
    assert found.within(AGREE), found


def test_a_hand_s_breadth_is_too_much(now: dict[str, Pair]) -> None:
    colours, tags = now["town at noon"]
    aside = np.roll(colours, 1, axis=1), np.roll(tags, 1, axis=1)
    assert not difference(aside, (colours, tags)).within(AGREE)


def test_a_little_more_light_is_too_much(now: dict[str, Pair]) -> None:
    colours, tags = now["town at noon"]
    brighter = np.minimum(colours.astype(np.int64) * 104 // 100, 255).astype(np.uint8)
    assert not difference((brighter, tags), (colours, tags)).within(AGREE)


def test_differences_are_what_one_reckons_by_hand() -> None:
    black, tags = np.zeros((10, 10, 3), np.uint8), np.zeros((10, 10), np.uint8)
    one = black.copy()
    one[3, 4] = (17, 0, 0)
    other = tags.copy()
    other[0, :2] = 9
    found = difference((one, other), (black, tags))
    assert found.psnr_db == pytest.approx(10 * np.log10(255**2 / (17**2 / 300)))
    assert (found.far_share, found.label_share) == (0.01, 0.02)
    assert difference((black, tags), (black, tags)) == Difference(np.inf, 0.0, 0.0)
