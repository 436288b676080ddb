"""msgpack-rpc as CARLA uses it: bytes in, calls out; results in, reply bytes out. The client's direction stands beside
the server's, so that each can be tested against the other.

    request    [0, id, method, [metadata, argument…]]     metadata = [fire_and_forget]
    response   [1, id, error, result]

Application errors travel inside the result:

    a value     [[1, value]]      or   [[0, [text]]]
    no value    [[False]]         or   [[True, [text]]]
"""

from __future__ import annotations

from typing import Any, NamedTuple

import msgpack

from simgen.localsim.errors import ProtocolError

# A whole OpenDRIVE document travels in one argument; nothing a client sends is larger than that.
MAX_CALL_BYTES = 256 << 20


class Call(NamedTuple):
    """One request. ``fire_and_forget``: the client does not look at the reply."""

    id: int
    method: str
    arguments: tuple[Any, ...]
    fire_and_forget: bool


class Reply(NamedTuple):
    """One response. ``error`` is None unless the server knows no such call."""

    id: int
    error: str | None
    result: Any


class CallReader:
    """Cuts a byte stream into calls. Owns no socket."""

    def __init__(self) -> None:
        self._unpacker = _unpacker()

    def feed(self, data: bytes) -> list[Call]:
        """Calls that ``data`` completes. Raises ``ProtocolError`` on bytes that are no msgpack-rpc request."""
        return [_call(message) for message in _messages(self._unpacker, data)]


class ReplyReader:
    """Cuts a byte stream into replies: the client's side."""

    def __init__(self) -> None:
        self._unpacker = _unpacker()

    def feed(self, data: bytes) -> list[Reply]:
        """Replies that ``data`` completes. Raises ``ProtocolError`` on anything else."""
        return [_reply(message) for message in _messages(self._unpacker, data)]


def call_bytes(call: Call) -> bytes:
    """A request as the client sends it."""
    return _pack([0, call.id, call.method, [[call.fire_and_forget], *call.arguments]])


def reply_bytes(call_id: int, result: Any) -> bytes:
    """A response with a result."""
    return _pack([1, call_id, None, result])


def error_bytes(call_id: int, text: str) -> bytes:
    """A response to a call that does not exist."""
    return _pack([1, call_id, text, None])


def value_result(value: Any) -> list[Any]:
    """Success of a call that returns something."""
    return [[1, value]]


def value_error(text: str) -> list[Any]:
    """Failure of a call that returns something."""
    return [[0, [text]]]


def void_result() -> list[Any]:
    """Success of a call that returns nothing."""
    return [[False]]


def void_error(text: str) -> list[Any]:
    """Failure of a call that returns nothing."""
    return [[True, [text]]]


def _pack(message: list[Any]) -> bytes:
    packed: bytes = msgpack.packb(message, use_bin_type=True)
    return packed


def _unpacker() -> Any:
    return msgpack.Unpacker(
        raw=False, unicode_errors="surrogateescape", strict_map_key=False, max_buffer_size=MAX_CALL_BYTES
    )


def _messages(unpacker: Any, data: bytes) -> list[Any]:
    try:
        unpacker.feed(data)
        return list(unpacker)
    except (msgpack.exceptions.UnpackException, ValueError) as error:
        raise ProtocolError(f"not msgpack: {error or type(error).__name__}") from error


def _call(message: Any) -> Call:
    match message:
        case [0, int(call_id), str(method), [[bool(forget)], *arguments]]:
            return Call(call_id, method, tuple(arguments), forget)
    raise ProtocolError(f"not a msgpack-rpc request: {str(message)[:80]}")


def _reply(message: Any) -> Reply:
    match message:
        case [1, int(call_id), (None | str()) as error, result]:
            return Reply(call_id, error, result)
    raise ProtocolError(f"not a msgpack-rpc response: {str(message)[:80]}")
