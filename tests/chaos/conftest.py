"""How long the gremlin is let loose."""

from __future__ import annotations

import pytest


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--chaos-episodes", type=int, default=None, metavar="N",
                     help="tests/chaos: record N episodes amid every kind of mischief (300: most of an hour)")
    parser.addoption("--chaos-seed", type=int, default=None, metavar="SEED", help="tests/chaos: of the mischief")
