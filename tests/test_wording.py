"""Numbers of things in sentences, times and sizes."""

from __future__ import annotations

import pytest

from simgen.wording import counted, human_bytes, human_time, short


def test_one_is_singular_and_none_is_plural() -> None:
    assert [counted(number, "episode") for number in (0, 1, 2)] == ["0 episodes", "1 episode", "2 episodes"]
    assert counted(1, "box", "boxes") == "1 box" and counted(3, "box", "boxes") == "3 boxes"


@pytest.mark.parametrize(("seconds", "text"), [
    (0, "0:00"), (75.2, "1:15"), (59.6, "1:00"), (3700, "1:01:40"), (2 * 86400 + 3600, "2 d 1:00:00")])
def test_times_read_as_people_say_them(seconds: float, text: str) -> None:
    assert human_time(seconds) == text


@pytest.mark.parametrize(("count", "text"), [
    (0, "0 B"), (999, "999 B"), (1234, "1.2 kB"), (9_960, "10 kB"), (999_700, "1.0 MB"), (56e9, "56 GB"),
    (12_345e12, "12345 TB")])
def test_sizes_have_two_digits_or_more(count: float, text: str) -> None:
    assert human_bytes(count) == text


def test_what_is_too_long_says_so() -> None:
    assert short("deer", 4) == "deer" and short("deers", 4) == "dee…"
