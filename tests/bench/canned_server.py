"""A simulator whose frames cost nothing: the built-in one, which renders once for each sensor and then repeats that.

    python tests/bench/canned_server.py READY_FILE [--quality fast]

Everything else is real: the world moves, every message has its own frame number and pose, and goes over the wire to the
real ``carla`` client at its full size. What is left of a frame's cost is physics, copying to sockets, and nothing else;
a GPU that renders far faster than anybody writes would look like this. Pictures and poses no longer agree, so what is
recorded is for counting frames, not for training.
"""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Callable
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT))

from simgen.localsim import sensors  # noqa: E402
from simgen.localsim.sensors import Occasion  # noqa: E402
from simgen.localsim.server import serve  # noqa: E402
from simgen.localsim.wire.payloads import Part  # noqa: E402

CANNED = ("sensor.camera.", "sensor.lidar.")


def repeating(measure: Callable[[Occasion], list[list[Part]]]) -> Callable[[Occasion], list[list[Part]]]:
    """What was measured the first time, for each sensor by what its attributes say."""
    kept: dict[tuple[object, ...], list[list[Part]]] = {}

    def again(occasion: Occasion) -> list[list[Part]]:
        key = (occasion.moment.level.name, *sorted(occasion.sensor.attributes.items()))
        if key not in kept:
            kept[key] = [[bytes(part) for part in payload] for payload in measure(occasion)]
        return kept[key]

    return again


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("ready_file", type=Path)
    parser.add_argument("--quality", default="fast")
    given = parser.parse_args()
    for name, measure in sensors.MEASURE.items():
        if name.startswith(CANNED):
            sensors.MEASURE[name] = repeating(measure)
    serve(port=0, owner_pid=os.getppid(), ready_file=given.ready_file, quality=given.quality, device="cpu")


if __name__ == "__main__":
    main()
