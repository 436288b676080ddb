"""What all tests share: which CARLA server those marked ``carla`` are for, and how hypothesis draws."""

from __future__ import annotations

import os

import pytest
from hypothesis import settings

# Where one red run stops everybody, the same examples are tried every time; elsewhere new ones are looked for.
settings.register_profile("repeatable", derandomize=True)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "default"))


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--carla", metavar="HOST:PORT", default=os.environ.get("SIMGEN_CARLA"),
        help="a running CARLA server for the tests marked carla ('local' starts the built-in simulator); "
             "default: $SIMGEN_CARLA",
    )
