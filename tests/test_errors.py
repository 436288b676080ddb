"""What parsers say, in sentences for people."""

from __future__ import annotations

import json
from collections.abc import Callable

import pytest

from simgen.errors import unreadable


@pytest.mark.parametrize("fails, words", [
    (lambda: json.loads("{broken"), "not JSON: Expecting property name"),
    (lambda: {}["episode"], "there is no 'episode' in it"),
    (lambda: b"ab\xff".decode(), "not UTF-8 text: byte 0xff at position 2"),
    (lambda: [][0:1]["rows"], "its values are of other kinds than they should be"),
    (lambda: float("ten"), "could not convert string to float: 'ten'"),
])
def test_a_parser_s_error_is_said_without_python_s_names(fails: Callable[[], object], words: str) -> None:
    with pytest.raises(Exception) as error:
        fails()
    said = unreadable(error.value)
    assert said.startswith(words)
    assert "Error" not in said
