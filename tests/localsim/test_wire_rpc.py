import msgpack
import pytest
from hypothesis import given
from hypothesis import strategies as st

from simgen.localsim.errors import ProtocolError, Refused
from simgen.localsim.wire import rpc
from simgen.localsim.wire.codecs import BOOL, FLOAT, INT, TEXT, array, fixed, optional, wrapped

plain = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**31), 2**31) | st.floats(allow_nan=False) | st.text() | st.binary(),
    lambda inner: st.lists(inner, max_size=4), max_leaves=12,
)


def test_a_request_is_what_the_carla_client_sends():
    # [0, id 7, "tick_cue", [[false]]], byte by byte: fixarray 4, 0, 7, fixstr 8, fixarray 1, fixarray 1, false
    observed = bytes([0x94, 0x00, 0x07, 0xA8]) + b"tick_cue" + bytes([0x91, 0x91, 0xC2])
    assert rpc.CallReader().feed(observed) == [rpc.Call(7, "tick_cue", (), False)]
    assert rpc.call_bytes(rpc.Call(7, "tick_cue", (), False)) == observed


@given(st.lists(st.tuples(st.integers(0, 2**32 - 1), st.text(min_size=1), st.lists(plain, max_size=3), st.booleans()),
                max_size=5), st.integers(1, 9))
def test_calls_survive_any_split(calls, step):
    sent = [rpc.Call(number, name, tuple(arguments), forget) for number, name, arguments, forget in calls]
    stream = b"".join(map(rpc.call_bytes, sent))
    reader = rpc.CallReader()
    got = [call for i in range(0, len(stream), step) for call in reader.feed(stream[i : i + step])]
    assert got == sent


def test_replies_come_back_as_they_were_sent():
    stream = rpc.reply_bytes(3, rpc.value_result(29)) + rpc.error_bytes(4, "no such call")
    assert rpc.ReplyReader().feed(stream) == [
        rpc.Reply(3, None, [[1, 29]]), rpc.Reply(4, "no such call", None),
    ]


@pytest.mark.parametrize("message", [
    {"a": 1}, [1, 2, None, 3], [0, 1, "x"], [0, 1, 2, [[True]]], [0, 1, "x", []], [0, 1, "x", [True]], [2, "x", []], 5,
])
def test_anything_else_on_the_line_is_a_protocol_error(message):
    with pytest.raises(ProtocolError):
        rpc.CallReader().feed(msgpack.packb(message))


def test_bytes_that_are_no_msgpack_are_a_protocol_error():
    with pytest.raises(ProtocolError):
        rpc.CallReader().feed(b"\xc1GET / HTTP/1.1\r\n")


@pytest.mark.parametrize(("codec", "value", "raw"), [
    (INT, 5, 5), (FLOAT, 2.0, 2), (BOOL, True, True), (TEXT, "é", "é"),
    (array(INT), (1, 2), [1, 2]), (optional(FLOAT), None, [False]), (optional(FLOAT), 0.5, [True, 0.5]),
    (wrapped(INT), 9, [9]), (fixed(INT, TEXT), (1, "a"), [1, "a"]),
])
def test_a_value_and_its_form_on_the_wire(codec, value, raw):
    assert codec.decode(raw) == value
    assert codec.decode(codec.encode(value)) == value


@pytest.mark.parametrize(("codec", "raw"), [
    (INT, True), (INT, 1.5), (INT, "1"), (BOOL, 1), (FLOAT, "x"), (FLOAT, False),
    (FLOAT, float("nan")), (FLOAT, float("inf")), (TEXT, 3), (array(INT), 3),
    (array(INT), [1, "x"]), (optional(INT), []), (optional(INT), [True]), (fixed(INT, INT), [1]),
    (wrapped(INT), [1, 2]),
])
def test_a_wrong_form_is_refused_with_what_was_expected(codec, raw):
    with pytest.raises(Refused, match="expected "):
        codec.decode(raw)
