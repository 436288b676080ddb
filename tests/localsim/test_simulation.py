"""Who moves time on, and when. No sockets, no processes."""

import time
from dataclasses import replace

from simgen.localsim.atlas import Atlas
from simgen.localsim.simulation import HUSH_S, Simulation
from simgen.localsim.stage import Stage
from tests.localsim.stand_in import FlatRenderer, NoBodies, straight_place


class Outlet:
    """Nobody listens. Clients act while it waits for them."""

    port = 0

    def __init__(self):
        self.meanwhile = lambda: None

    def settle(self):
        self.meanwhile()

    def expect(self, stream_id): ...
    def listened(self, stream_id):
        return False

    def send(self, stream_id, parts): ...


def simulation():
    maps = Atlas(["Straight"], straight_place, lambda text, name: straight_place(name))
    outlet = Outlet()
    return outlet, Simulation(
        maps, "Straight", lambda place, level: Stage(FlatRenderer(), NoBodies(), lambda weather: weather), outlet)


def test_time_passes_by_itself_only_while_nobody_is_its_master():
    _, simulator = simulation()
    assert simulator.tick_if_free() and simulator.world.frame == 1
    simulator.apply_settings(replace(simulator.world.settings, synchronous_mode=True))
    assert not simulator.tick_if_free() and simulator.world.frame == 1
    assert simulator.tick_cue() == 2


def test_a_client_that_has_just_become_the_master_does_not_find_the_world_a_step_on():
    outlet, simulator = simulation()
    outlet.meanwhile = lambda: simulator.apply_settings(replace(simulator.world.settings, synchronous_mode=True))
    assert not simulator.tick_if_free()
    assert simulator.world.frame == 0


def test_nobody_is_told_anything_while_a_client_changes_over_to_a_new_episode():
    _, simulator = simulation()
    simulator.load_new_episode("", True, 0)
    assert not simulator.tick_if_free()
    assert simulator.world.frame == 0
    time.sleep(HUSH_S)
    assert simulator.tick_if_free()
