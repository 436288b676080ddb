"""Numbers of things in sentences."""

from __future__ import annotations

from simgen.wording import counted


def test_one_is_singular_and_none_is_plural() -> None:
    assert [counted(number, "episode") for number in (0, 1, 2)] == ["0 episodes", "1 episode", "2 episodes"]
    assert counted(1, "box", "boxes") == "1 box" and counted(3, "box", "boxes") == "3 boxes"
