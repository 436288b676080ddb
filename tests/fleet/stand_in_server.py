"""What the executable of ``stand_in.make_carla`` runs: CARLA's command line around the built-in simulator."""

from __future__ import annotations

import fcntl
import json
import os
import resource
import signal
import socket
import sys
import threading
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
sys.path.append(str(ROOT))                   # last: an installed simgen is the one that is tried

from simgen.localsim import methods, server  # noqa: E402
from simgen.localsim.catalogue import carla_library  # noqa: E402
from simgen.localsim.simulation import Simulation  # noqa: E402
from tests.fleet.stand_in import STARTS, Behaviour, behaviour_of  # noqa: E402


def ports_of(arguments: list[str]) -> tuple[int, int]:
    """The ports for calls and for streams. CARLA takes 2000, and the one after that for calls."""
    flags = dict(one.lstrip("-").partition("=")[::2] for one in arguments)
    rpc = int(flags.get("carla-rpc-port", "2000"))
    return rpc, int(flags.get("carla-streaming-port", str(rpc + 1)))


def begin(folder: Path, arguments: list[str]) -> Behaviour:
    """How this start goes. It is noted, for tests and for the starts after it; servers may start at the same time."""
    env = {key: value for key, value in os.environ.items()
           if key in ("HOME", "CUDA_VISIBLE_DEVICES") or key.startswith(("XDG_", "NVIDIA_"))}
    with (folder / STARTS).open("a") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        behaviour = behaviour_of(folder)
        file.write(json.dumps({"argv": arguments, "pid": os.getpid(), "env": env}) + "\n")
    return behaviour


def die(behaviour: Behaviour) -> None:
    sys.stderr.write("".join(f"{line}\n" for line in behaviour.last_words))
    sys.stderr.flush()
    os.abort()


def ailing(behaviour: Behaviour) -> type[Simulation]:
    """A simulation whose ticks go wrong as told."""
    class Ailing(Simulation):
        ticks = 0
        leaked: list[bytearray] = []  # noqa: RUF012

        def tick_cue(self) -> int:
            self.ticks += 1
            if self.ticks == behaviour.die_at_tick:
                die(behaviour)
            if self.ticks == behaviour.hang_at_tick:
                threading.Event().wait()
            if behaviour.leak_mb:
                self.leaked.append(bytearray(os.urandom(1) * int(behaviour.leak_mb * 2**20)))
            return super().tick_cue()

    return Ailing


def serve(behaviour: Behaviour, rpc: int, stream: int) -> None:
    simulation = ailing(behaviour)
    table = methods.METHODS
    table["version"] = replace(table["version"], act=lambda _: behaviour.version)
    table["tick_cue"] = replace(table["tick_cue"], act=lambda simulation: simulation.tick_cue())
    if behaviour.engine == "whole":
        vars(server)["Simulation"] = simulation
        server.serve(rpc, stream_port=stream, quality=behaviour.quality, device="cpu", stock=behaviour.stock)
        return
    from simgen.localsim.atlas import Atlas
    from simgen.localsim.stage import Stage
    from tests.localsim.stand_in import FlatRenderer, NoBodies, straight_place

    bodies: Any = NoBodies()
    maps = Atlas(["Straight", "Other"], straight_place, lambda text, name: straight_place(name))
    library = carla_library() if behaviour.stock else None
    server.run(lambda hub: simulation(maps, "Straight", lambda place, level: Stage(FlatRenderer(), bodies, lambda w: w),
                                      hub, library=library), rpc, stream_port=stream)


def main() -> int:
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    folder, arguments = Path(os.environ["STAND_IN_FOLDER"]), sys.argv[1:]
    behaviour = begin(folder, arguments)
    sys.stderr.write("".join(f"{line}\n" for line in behaviour.said))
    sys.stderr.flush()
    if behaviour.exit_at_start is not None:
        return behaviour.exit_at_start
    if behaviour.ignores_term:
        # The server would take TERM for itself once it listens.
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
        vars(signal)["signal"] = lambda number, handler: None
    if behaviour.never_listens:
        time.sleep(86_400)
    time.sleep(behaviour.start_s)
    rpc, stream = ports_of(arguments)
    with socket.create_server(("127.0.0.1", rpc + 2)):             # for CARLA's secondary servers
        if behaviour.die_after_s is not None:
            threading.Timer(behaviour.die_after_s, die, (behaviour,)).start()
        serve(behaviour, rpc, stream)
    return 0


if __name__ == "__main__":
    sys.exit(main())
