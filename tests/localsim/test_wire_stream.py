import struct

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from simgen.localsim.errors import ProtocolError
from simgen.localsim.values import ORIGIN, Rotation, Transform, Vector3, VehicleControl, WalkerControl
from simgen.localsim.wire import payloads
from simgen.localsim.wire.stream import (
    Header,
    MessageSplitter,
    Token,
    size_prefix,
    subscription_bytes,
    subscription_stream,
)
from simgen.localsim.wire.world_state import MAP_CHANGED, ActorRecord, WorldState


def test_a_token_names_a_tcp_stream_at_the_clients_own_host():
    assert Token(5, 2001).to_bytes() == struct.pack("<IHBB", 5, 2001, 1, 0) + bytes(16)
    assert Token.from_bytes(Token(5, 2001).to_bytes()) == Token(5, 2001)


def test_a_udp_token_and_a_short_one_are_refused():
    udp = struct.pack("<IHBB", 5, 2001, 2, 0) + bytes(16)
    for data in (udp, b"short"):
        with pytest.raises(ProtocolError):
            Token.from_bytes(data)


def test_a_subscription_is_four_little_endian_bytes():
    assert subscription_bytes(1) == b"\x01\x00\x00\x00"
    assert subscription_stream(subscription_bytes(77)) == 77


@given(st.lists(st.binary(min_size=1, max_size=400), max_size=6), st.integers(1, 50))
def test_messages_survive_any_split(messages, step):
    stream = b"".join(size_prefix([m[:1], m[1:]]) + m for m in messages)
    splitter = MessageSplitter()
    assert [m for i in range(0, len(stream), step) for m in splitter.feed(stream[i : i + step])] == messages


def test_an_empty_message_cannot_be_sent_and_not_be_received():
    with pytest.raises(ProtocolError):
        size_prefix([])
    with pytest.raises(ProtocolError):
        MessageSplitter().feed(bytes(4))


def test_the_common_header_is_48_bytes_and_comes_back():
    header = Header(13, 42, 1.5, Transform(Vector3(1, 2, 3), Rotation(4, 5, 6)))
    data = header.to_bytes()
    assert len(data) == 48
    assert data[:24] == struct.pack("<QQd", 13, 42, 1.5)
    assert Header.from_bytes(data) == header


def test_an_actor_in_the_world_state_takes_119_bytes():
    record = ActorRecord(1, ORIGIN, Vector3(0, 0, 0), Vector3(0, 0, 0), Vector3(0, 0, 0))
    assert len(record.to_bytes()) == 119


def test_a_world_state_comes_back_as_it_was():
    pose = Transform(Vector3(1, 2, 3), Rotation(0, 90, 0))
    car = ActorRecord(2, pose, Vector3(1, 0, 0), Vector3(0, 0, 5), Vector3(2, 0, 0),
                      VehicleControl(0.5, -0.5, 0.25, True, False, True, 3), 50.0)
    deer = ActorRecord(3, pose, Vector3(0, 1, 0), Vector3(0, 0, 0), Vector3(0, 0, 0),
                       WalkerControl(Vector3(0, 1, 0), 1.5, False))
    spectator = ActorRecord(1, ORIGIN, Vector3(0, 0, 0), Vector3(0, 0, 0), Vector3(0, 0, 0))
    state = WorldState(9, 0.5, 3, 1e9, 0.05000000074505806, MAP_CHANGED, (spectator, car, deer))
    data = payloads.message_bytes(state.parts())
    assert len(data) == 48 + 36 + 3 * 119
    assert WorldState.from_bytes(data, vehicles=frozenset({2}), walkers=frozenset({3})) == state


@given(st.floats(0, 1000))
def test_depth_survives_its_three_bytes_to_a_tenth_of_a_millimetre(metres):
    bgra = payloads.bgra_of_depth(np.array([[metres]], np.float32))
    assert abs(payloads.depth_of_bgra(bgra)[0, 0] - metres) < 1e-4


def test_sky_is_a_thousand_metres_and_one_step_of_depth_is_in_the_red_byte():
    bgra = payloads.bgra_of_depth(np.array([[1000.0, 2000.0, 1000.0 / (256**3 - 1)]], np.float32))
    assert bgra[0].tolist() == [[255, 255, 255, 255], [255, 255, 255, 255], [0, 0, 1, 255]]


def test_colours_tags_and_instances_are_where_carla_has_them():
    tag, actor = np.array([[14]], np.uint8), np.array([[0x51234]], np.uint32)
    assert payloads.bgra_of_rgb(np.array([[[1, 2, 3]]], np.uint8))[0, 0].tolist() == [3, 2, 1, 255]
    assert payloads.bgra_of_tags(tag)[0, 0].tolist() == [0, 0, 14, 255]
    blue, green, red, _ = (int(v) for v in payloads.bgra_of_instances(tag, actor)[0, 0])
    assert (red, green + 256 * blue) == (14, 0x1234)


def test_a_picture_comes_back_as_it_was():
    bgra = np.arange(2 * 3 * 4, dtype=np.uint8).reshape(2, 3, 4)
    picture = payloads.read_picture(payloads.message_bytes(payloads.picture_parts(bgra, 82.5)))
    assert picture.fov_deg == 82.5
    np.testing.assert_array_equal(picture.bgra, bgra)


def test_a_semantic_sweep_comes_back_as_it_was():
    points = np.zeros(3, payloads.SEMANTIC_POINT)
    points["xyz"], points["object_id"], points["tag"] = np.arange(9).reshape(3, 3), [1, 2, 3], 12
    counts = np.array([2, 1], np.uint32)
    data = payloads.message_bytes(payloads.lidar_parts(0.5, counts, points))
    assert len(data) == 8 + 2 * 4 + 3 * 24
    read = payloads.read_lidar(data, payloads.SEMANTIC_POINT)
    assert read.horizontal_angle_rad == 0.5
    assert read.points_per_channel.tolist() == [2, 1]
    np.testing.assert_array_equal(read.points, points)


def test_a_sweep_that_met_nothing_is_its_header_alone():
    parts = payloads.lidar_parts(0.0, np.zeros(4, np.uint32), np.zeros(0, payloads.LIDAR_POINT))
    assert len(payloads.message_bytes(parts)) == 8 + 16


def test_channels_must_count_their_points():
    with pytest.raises(ValueError, match="channels count 2"):
        payloads.lidar_parts(0.0, np.array([1, 1], np.uint32), np.zeros(3, payloads.LIDAR_POINT))


def test_navigation_messages_come_back_as_they_were():
    imu = (Vector3(0.0, 0.5, 9.75), Vector3(0.0, 0.0, 0.25), 1.5)
    assert payloads.read_imu(payloads.message_bytes(payloads.imu_parts(*imu))) == imu
    assert payloads.read_gnss(payloads.message_bytes(payloads.gnss_parts(49.0, 8.0, 3.0))) == (49.0, 8.0, 3.0)
