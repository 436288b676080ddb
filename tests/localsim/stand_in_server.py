"""The real server around the stand-in place and renderer, as a process of its own. It starts in a fraction of a second,
and its pictures can be predicted: ``python -m tests.localsim.stand_in_server READY_FILE``."""

from __future__ import annotations

import logging
import sys
from pathlib import Path

from simgen.localsim.atlas import Atlas
from simgen.localsim.server import run
from simgen.localsim.simulation import Simulation
from simgen.localsim.stage import Stage
from tests.localsim.stand_in import FlatRenderer, NoBodies, signalled_place, straight_place

if __name__ == "__main__":
    logging.basicConfig(level=logging.INFO)
    makers = {"Straight": straight_place, "Other": straight_place, "Signalled": signalled_place}
    maps = Atlas(list(makers), lambda name: makers[name](name), lambda text, name: straight_place(name))
    run(
        lambda hub: Simulation(
            maps, "Straight", lambda place, level: Stage(FlatRenderer(), NoBodies(), lambda w: w), hub),
        port=0, ready_file=Path(sys.argv[1]),
    )
