"""What all tests share: which CARLA server those marked ``carla`` are for."""

from __future__ import annotations

import os

import pytest


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--carla", metavar="HOST:PORT", default=os.environ.get("SIMGEN_CARLA"),
        help="a running CARLA server for the tests marked carla ('local' starts the built-in simulator); "
             "default: $SIMGEN_CARLA",
    )
