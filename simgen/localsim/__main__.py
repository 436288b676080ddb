"""``python -m simgen.localsim --port 2000``: the simulator on its own."""

from __future__ import annotations

import argparse
import logging
import sys
from pathlib import Path

from simgen.localsim.devices import AUTO, DEVICES
from simgen.localsim.errors import LocalsimError
from simgen.localsim.numbering import InstanceIds
from simgen.localsim.quality import LADDER, STANDARD
from simgen.localsim.server import DEFAULT_PORT, serve

CANNOT_START = 3


def main(arguments: list[str] | None = None) -> int:
    """0 after a clean end, 2 for wrong arguments (argparse), 3 if the simulator cannot start."""
    parser = argparse.ArgumentParser(
        prog="python -m simgen.localsim",
        description="A simulator for CARLA 0.9.16 clients that needs no GPU and no CARLA. Ends on Ctrl-C.",
    )
    parser.add_argument("--host", default="127.0.0.1", help="address to listen on (0.0.0.0: all; default %(default)s)")
    parser.add_argument("--port", type=int, default=DEFAULT_PORT, help="0 takes any free port (default %(default)s)")
    parser.add_argument("--stream-port", type=int, default=0, help="for sensors' data (default: any free port)")
    parser.add_argument("--map", metavar="NAME|FILE.xodr", help="first map: a built-in one, or an OpenDRIVE file")
    parser.add_argument("--threads", type=int, default=1, help="threads for rendering (default %(default)s)")
    parser.add_argument(
        "--instance-ids", choices=[each.value for each in InstanceIds], default=InstanceIds.ACTOR.value,
        help="what instance pictures show: actor ids (CARLA 0.9.16), the engine's own numbers (0.9.15 and before), or "
             "the wrapped ids of a server that has run for long (default %(default)s)",
    )
    parser.add_argument("--quality", choices=list(LADDER), default=STANDARD,
                        help="how much work goes into RGB pictures; labels and LiDAR are the same in all "
                             "(default %(default)s)")
    parser.add_argument("--device", choices=list(DEVICES), default=AUTO,
                        help="what computes pictures and sweeps; auto: an NVIDIA GPU that is there and agrees with the "
                             "processor, else the processor (default %(default)s)")
    parser.add_argument("--assets", type=Path, metavar="DIR", help="your own models: DIR/<blueprint id>.glb")
    parser.add_argument("--stock", action="store_true",
                        help="offer only what CARLA 0.9.16 offers: no animals, no weather in physical units, no "
                             "sensors and attributes of simgen's own")
    parser.add_argument("--owner", type=int, metavar="PID", help="end when this process has ended")
    parser.add_argument("--ready-file", type=Path, metavar="PATH", help="write pid and ports here when listening")
    parser.add_argument("--verbose", action="store_true", help="log connections too")
    given = parser.parse_args(arguments)
    logging.basicConfig(
        level=logging.INFO if given.verbose else logging.WARNING, stream=sys.stderr,
        format="%(asctime)s %(levelname)s %(name)s: %(message)s",
    )
    try:
        serve(given.port, given.host, given.map, given.threads, given.owner, given.ready_file,
              InstanceIds(given.instance_ids), given.quality, given.assets, given.device, given.stock,
              given.stream_port)
    except LocalsimError as error:
        sys.stderr.write(f"simgen.localsim: {error}\n")
        return CANNOT_START
    return 0


if __name__ == "__main__":
    sys.exit(main())
