"""Every record, written and read again; and the ones whose order the client depends on, element by element."""

import pytest

from simgen.localsim.errors import Refused
from simgen.localsim.values import (
    ActorAttribute,
    ActorDescription,
    ActorInfo,
    BoundingBox,
    EpisodeSettings,
    GearPhysics,
    MapInfo,
    Rotation,
    Transform,
    Vector3,
    VehicleControl,
    VehiclePhysics,
    WalkerControl,
    WeatherParameters,
    WheelPhysics,
)
from simgen.localsim.wire import records
from simgen.localsim.wire.records import Command, SpawnCommand
from simgen.localsim.wire.stream import Token

HERE = Transform(Vector3(1.0, 2.0, 3.0), Rotation(4.0, 5.0, 6.0))
CAR = ActorDescription(3, "vehicle.audi.a2", (ActorAttribute("color", 5, "1,2,3"),))


def test_a_transform_is_location_then_pitch_yaw_roll():
    assert records.TRANSFORM.encode(HERE) == [[1, 2, 3], [4, 5, 6]]


def test_settings_are_in_the_clients_order():
    settings = EpisodeSettings(True, False, 0.05, True, 0.01, 10, 0.0, False, 3000.0, 2000.0, True)
    assert records.EPISODE_SETTINGS.encode(settings) == [
        True, False, [True, 0.05], True, 0.01, 10, 0.0, False, 3000.0, 2000.0, True,
    ]


def test_an_actor_is_id_parent_description_box_tags_token():
    box = BoundingBox(Vector3(0, 0, 1), Vector3(2, 1, 1), actor_id=9)
    info = ActorInfo(9, 4, CAR, box, b"\x0e", b"")
    assert records.ACTOR.encode(info) == [
        9, 4, [3, "vehicle.audi.a2", [["color", 5, "1,2,3"]]], [[0, 0, 1], [2, 1, 1], [0, 0, 0], 9], b"\x0e", b"",
    ]


@pytest.mark.parametrize(("codec", "value"), [
    (records.TRANSFORM, HERE),
    (records.BOUNDING_BOX, BoundingBox(Vector3(1, 2, 3), Vector3(4, 5, 6), Rotation(7, 8, 9), 10)),
    (records.EPISODE_SETTINGS, EpisodeSettings()),
    (records.WEATHER, WeatherParameters(wetness=3.0, dust_storm=4.0)),
    (records.ACTOR_DESCRIPTION, CAR),
    (records.ACTOR, ActorInfo(9, 4, CAR, BoundingBox(Vector3(0, 0, 1), Vector3(2, 1, 1)), b"\x0e", bytes(24))),
    (records.MAP_INFO, MapInfo("Carla/Maps/A", (HERE, HERE))),
    (records.TOKEN, Token(7, 2001)),
    (records.VEHICLE_CONTROL, VehicleControl(0.5, -0.25, 1.0, True, True, False, -1)),
    (records.WALKER_CONTROL, WalkerControl(Vector3(0, 1, 0), 1.4, True)),
    (records.VEHICLE_PHYSICS, VehiclePhysics(forward_gears=(GearPhysics(1, 2, 3),), wheels=(WheelPhysics(),) * 4)),
    (records.COMMAND, Command("ApplyTransform", (3, HERE))),
    (records.COMMAND, Command("SpawnActor", (SpawnCommand(
        CAR, HERE, None, 144, "", (Command("SetAutopilot", (0, True)),)),))),
])
def test_every_record_comes_back_as_it_was(codec, value):
    assert codec.decode(codec.encode(value)) == value


def test_a_batch_command_is_a_variant_in_a_box():
    assert records.COMMAND.encode(Command("SetVehicleLightState", (5, 3))) == [[18, [5, 3]]]


def test_an_unknown_batch_command_is_refused_by_number():
    with pytest.raises(Refused, match="number 10"):
        records.COMMAND.decode([[10, [5, [0, 0, 0]]]])
