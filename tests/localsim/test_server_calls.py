import re
from pathlib import Path

from simgen.localsim import methods
from simgen.localsim.methods import METHODS, REFUSED

README = (Path(methods.__file__).parent / "README.md").read_text(encoding="utf-8")


def listed(start, end):
    section = README[README.index(start):]
    return re.findall(r"`([a-zA-Z_]+)`", section[: section.index(end)] if end else section)


def test_the_readme_lists_the_calls_there_are():
    assert listed("\nKnown:", "\nRefused by name") == list(METHODS)


def test_the_readme_lists_the_calls_that_are_refused():
    assert listed("\nRefused by name", None) == sorted(REFUSED)


def test_no_call_is_both_known_and_refused():
    assert not METHODS.keys() & REFUSED.keys()
