"""A server that hangs is not waited for again with every call that takes leave of it."""

from __future__ import annotations

from types import SimpleNamespace

import pytest

from simgen.capture.opening import FAREWELL_S, short_farewell
from simgen.errors import PlacementError, SensorTimeout, SimgenError, SimulatorLost


@pytest.mark.parametrize(("error", "told"), [
    (SimulatorLost("no tick"), [FAREWELL_S]), (SensorTimeout("no picture"), []), (PlacementError("no room"), []),
])
def test_only_a_lost_server_is_hardly_waited_for(error: SimgenError, told: list[float]) -> None:
    times_s: list[float] = []
    with pytest.raises(type(error)), short_farewell(SimpleNamespace(set_timeout=times_s.append)):
        raise error
    assert times_s == told
