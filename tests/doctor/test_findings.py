"""How findings are told."""

from __future__ import annotations

import pytest

from simgen.doctor.findings import Mark, falls_short, findings_to_json, good, lines_of, note, short, summary_of

FOUND = [good("python", "3.11"), note("disk", "small", "make room"), short("gpu", "none", "buy one")]


def test_each_finding_is_a_line_and_its_cure_another() -> None:
    assert [(mark, line.split()) for mark, line in lines_of(FOUND)] == [
        (Mark.GOOD, ["python", "3.11"]), (Mark.NOTE, ["disk", "small"]), (None, ["->", "make", "room"]),
        (Mark.SHORT, ["gpu", "none"]), (None, ["->", "buy", "one"]),
    ]


def test_the_last_line_counts() -> None:
    assert summary_of(FOUND) == "1 thing falls short; each has its cure below it"
    assert summary_of(FOUND[:2]) == "nothing falls short, 1 note"
    assert summary_of(FOUND[:1]) == "nothing falls short"
    assert (falls_short(FOUND), falls_short(FOUND[:2])) == (True, False)


def test_what_falls_short_has_a_cure() -> None:
    with pytest.raises(ValueError, match="needs a cure"):
        short("gpu", "none", "")


def test_findings_are_plain_json() -> None:
    assert findings_to_json(FOUND)[1] == {"topic": "disk", "mark": "note", "seen": "small", "cure": "make room"}
