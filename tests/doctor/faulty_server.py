"""The built-in simulator, in pictures without light, as a stock CARLA server with something wrong:
``python -m tests.doctor.faulty_server FAULT… READY_FILE``.

old:             says that it is CARLA 0.9.15.
unseen_walkers:  LiDARs pass through walker.pedestrian.0002, until its physics is put on (as after a walker controller's
                 start). It is whom the doctor looks at; scenarios draw others.
thin_bikes:      boxes of two-wheelers have no width (as in CARLA 0.9.11 to 0.9.14).
slow:            a tick with sensors takes 0.1 s longer than it need.
flat:            no town and no bodies, but a straight road on a plane; starts at once.
"""

from __future__ import annotations

import sys
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from simgen.localsim import methods, server
from simgen.localsim.atlas import Atlas
from simgen.localsim.catalogue import Body, carla_library
from simgen.localsim.simulation import Simulation
from simgen.localsim.stage import Stage
from simgen.localsim.world import World
from tests.localsim.stand_in import FlatRenderer, NoBodies, straight_place

UNSEEN = "walker.pedestrian.0002"
SLOW_S = 0.1


def old() -> None:
    methods.METHODS["version"] = replace(methods.METHODS["version"], act=lambda _: "0.9.15")


def unseen_walkers() -> None:
    unseen: set[int] = set()
    sweep, spawn, put_on = Stage.sweep, World.spawn, World.set_simulate_physics

    def born(self: World, *arguments: Any) -> Any:
        actor: Any = spawn(self, *arguments)
        if actor.blueprint.id == UNSEEN:
            unseen.add(actor.id)
        return actor

    def through_people(self: Stage, *arguments: Any) -> Any:
        hits: Any = sweep(self, *arguments)
        return replace(hits, range_m=np.where(np.isin(hits.actor_id, list(unseen)), np.inf, hits.range_m))

    def seen_again(simulation: Simulation, actor_id: int, simulated: bool) -> None:
        put_on(simulation.world, actor_id, simulated)
        unseen.discard(actor_id)

    vars(sys.modules[Stage.__module__])["Stage"].sweep = through_people
    vars(sys.modules[World.__module__])["World"].spawn = born
    calls = methods.METHODS
    calls["set_actor_simulate_physics"] = replace(calls["set_actor_simulate_physics"], act=seen_again)


def thin_bikes() -> None:
    whole = Body.bounding_box

    def thin(self: Body, actor_id: int = 0) -> Any:
        box = whole(self, actor_id)
        two = self.wheels is not None and self.wheels.count == 2
        return box._replace(extent=box.extent._replace(y=0.0)) if two else box

    vars(sys.modules[Body.__module__])["Body"].bounding_box = thin


def slow() -> None:
    act = methods.METHODS["tick_cue"].act

    def late(simulation: Simulation) -> Any:
        time.sleep(SLOW_S)
        return act(simulation)

    methods.METHODS["tick_cue"] = replace(methods.METHODS["tick_cue"], act=late)


def main(*arguments: str) -> None:
    *faults, ready = arguments
    for fault in faults:
        if fault != "flat":
            globals()[fault]()
    if "flat" not in faults:
        server.serve(port=0, quality="labels", device="cpu", ready_file=Path(ready), stock=True)
        return
    bodies: Any = NoBodies()
    maps = Atlas(["Straight"], straight_place, lambda text, name: straight_place(name))
    server.run(lambda hub: Simulation(
        maps, "Straight", lambda place, level: Stage(FlatRenderer(), bodies, lambda weather: weather), hub,
        library=carla_library()), port=0, ready_file=Path(ready))


if __name__ == "__main__":
    main(*sys.argv[1:])
