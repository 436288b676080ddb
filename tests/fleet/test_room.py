"""How many workers machines have room for."""

from __future__ import annotations

from simgen.fleet.room import Need, carla_need, room_for

LAPTOP, NODE, DECLARED = {"CPU": 2.0}, {"CPU": 32.0, "GPU": 4.0}, {"CPU": 32.0, "GPU": 4.0, "carla_slot": 6.0}


def test_built_in_simulators_take_a_processor_each() -> None:
    assert room_for(Need(), [LAPTOP, NODE, {"GPU": 1.0}]) == 34
    assert room_for(Need(), []) == 0


def test_carla_servers_share_graphics_cards_unless_a_machine_declares_slots() -> None:
    assert room_for(carla_need([LAPTOP, NODE], 1), [LAPTOP, NODE]) == 4
    assert room_for(carla_need([NODE], 3), [NODE]) == 12            # a third is no decimal number
    assert room_for(carla_need([NODE, DECLARED], 3), [NODE, DECLARED]) == 6
    assert room_for(carla_need([NODE], 1), [{"CPU": 2.0, "GPU": 4.0}]) == 2


def test_a_need_is_said_in_words() -> None:
    assert str(Need()) == "1 CPU" and str(carla_need([NODE], 2)) == "1 CPU and 0.5 GPU"
    assert str(carla_need([DECLARED], 2)) == "1 CPU and 0.6666 GPU and 1 carla_slot"


def test_a_declared_slot_takes_its_share_of_the_machine_s_graphics_cards_along() -> None:
    one_each, roomy = {"GPU": 4.0, "carla_slot": 4.0}, {"GPU": 8.0, "carla_slot": 2.0}
    assert carla_need([LAPTOP, one_each], 1).gpus == 1.0
    assert carla_need([roomy], 1).gpus == 1.0                        # a server uses one, however many there are
    assert carla_need([DECLARED, one_each], 1).gpus == 0.6666
    assert carla_need([{"carla_slot": 3.0}], 1).gpus == 0.0          # nobody told Ray of cards
    assert room_for(carla_need([DECLARED], 1), [DECLARED]) == 6
