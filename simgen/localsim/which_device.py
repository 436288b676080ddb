"""``python -m simgen.localsim.which_device --device auto``: what simulators on this machine would use, as JSON.

For whoever starts several of them and wants all of them on one device: they are then started with the answer.
"""

from __future__ import annotations

import argparse
import json
import logging
import sys

from simgen.localsim.devices import AUTO, DEVICES
from simgen.localsim.errors import LocalsimError

REFUSED = 2


def main(arguments: list[str] | None = None) -> int:
    """0 after {"device", "why"} on the standard output, 2 if what was asked for cannot be used.

    why: in words, why a GPU that is there is not used; null where it is, or where there is none.
    """
    parser = argparse.ArgumentParser(prog="python -m simgen.localsim.which_device",
                                     description="Say on which device this machine's simulators would work.")
    parser.add_argument("--device", choices=list(DEVICES), default=AUTO)
    given = parser.parse_args(arguments)
    logging.basicConfig(level=logging.ERROR, stream=sys.stderr)

    try:
        from simgen.localsim import places
        from simgen.localsim.render import Renderers
        from simgen.localsim.server import street_view

        renderers = Renderers(given.device)
        if renderers.device is None:
            place = places.load_place(places.available_maps()[0])
            renderers.renderer(place, street_view(place))
    except LocalsimError as error:
        sys.stderr.write(f"{error}\n")
        return REFUSED
    sys.stdout.write(json.dumps({"device": renderers.device, "why": renderers.why}) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
