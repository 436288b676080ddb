"""Crossings that are asked for by their outcome come out so in the built-in simulator, driven by the real client.

``tests/bench/bench_meet.py`` measures five hundred of them.
"""

from __future__ import annotations

import math
from itertools import islice

import pytest

from tests.capture.crossings import cases, drive
from tests.capture.simulator import built_in_simulator

pytestmark = pytest.mark.slow


def test_twenty_random_crossings_hit_and_come_in_sight_as_asked() -> None:
    with built_in_simulator() as endpoint:
        verdicts = [drive(endpoint, case) for case in islice(cases(7), 26)]
    driven = [verdict for verdict in verdicts if not verdict.refused]
    assert len(driven) >= 20, [verdict.refused for verdict in verdicts]
    assert max(verdict.impact_m for verdict in driven) < 0.15
    reveals = [verdict.reveal_s for verdict in driven if not math.isnan(verdict.reveal_s)]
    assert len(reveals) >= 5
    assert max(reveals) < 0.1
