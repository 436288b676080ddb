"""The stream port: one TCP connection a subscription, messages out and nothing in. Sockets and threads only."""

from __future__ import annotations

import contextlib
import logging
import selectors
import socket
import threading
from collections import defaultdict
from collections.abc import Sequence

from simgen.localsim.errors import ProtocolError
from simgen.localsim.wire.stream import SUBSCRIPTION_BYTES, size_prefix, subscription_stream

log = logging.getLogger(__name__)

# A client connects within milliseconds of asking where a stream is; one that does not is not waited for again.
SETTLE_S = 1.0
# Whoever takes nothing for so long is gone or hangs; it may connect again.
STUCK_S = 20.0
_HELLO_S = 5.0
_BUFFER_BYTES = 4 << 20


class StreamHub:
    """All subscriptions. A connection that asks for a stream nobody sends on is kept and stays silent: closing it
    would make its client connect again at once, for ever."""

    def __init__(self, host: str, port: int = 0, stuck_s: float = STUCK_S) -> None:
        """port: 0 lets the operating system choose. stuck_s: how long a subscriber may take nothing."""
        self._listener = socket.create_server((host, port), family=_family(host), backlog=128)
        self.port: int = self._listener.getsockname()[1]
        self._subscribers: dict[int, list[socket.socket]] = defaultdict(list)
        self._expected: dict[int, int] = defaultdict(int)
        self._changed = threading.Condition()
        self._hangups = selectors.DefaultSelector()
        self._closed = False
        self._stuck_s = stuck_s

    def start(self) -> None:
        """Accepts subscriptions from now on."""
        threading.Thread(target=self._accept, name="streams", daemon=True).start()

    def close(self) -> None:
        """Ends all connections."""
        self._closed = True
        _close(self._listener)
        with self._changed:
            for stream_id, subscribers in self._subscribers.items():
                for connection in tuple(subscribers):
                    self._drop(stream_id, connection)
            self._hangups.close()

    def expect(self, stream_id: int) -> None:
        """A client was told where a stream is."""
        with self._changed:
            self._expected[stream_id] += 1

    def settle(self) -> None:
        """Waits until everybody who was told has connected, at most ``SETTLE_S``."""
        with self._changed:
            self._let_go()
            if not self._changed.wait_for(lambda: not self._expected, SETTLE_S):
                log.info("nobody connected to stream %s", ", ".join(map(str, self._expected)))
                self._expected.clear()

    def listened(self, stream_id: int) -> bool:
        """Does anybody take this stream?"""
        with self._changed:
            self._let_go()
            return bool(self._subscribers.get(stream_id))

    def send(self, stream_id: int, parts: Sequence[bytes | memoryview]) -> None:
        """One message to every subscriber of the stream, one after another."""
        with self._changed:
            subscribers = tuple(self._subscribers.get(stream_id, ()))
        if not subscribers:
            return
        message = [size_prefix(parts), *parts]
        for connection in subscribers:
            try:
                _send_all(connection, message)
            except OSError as error:
                if isinstance(error, TimeoutError):
                    log.warning("a subscriber of stream %d took nothing for %g s: dropped", stream_id, self._stuck_s)
                with self._changed:
                    self._drop(stream_id, connection)

    def _let_go(self) -> None:
        """Forgets connections that their client has closed. A subscriber never sends anything after its first four
        bytes, so that it can be read means that it has hung up."""
        for key, _ in self._hangups.select(timeout=0):
            assert isinstance(key.fileobj, socket.socket)
            self._drop(key.data, key.fileobj)

    def _drop(self, stream_id: int, connection: socket.socket) -> None:
        if connection in self._subscribers.get(stream_id, ()):   # else another thread was faster
            self._subscribers[stream_id].remove(connection)
            self._hangups.unregister(connection)
            _close(connection)

    def _accept(self) -> None:
        while not self._closed:
            try:
                connection, peer = self._listener.accept()
            except OSError:
                return                           # the listener was closed
            threading.Thread(target=self._greet, args=(connection, peer), daemon=True).start()

    def _greet(self, connection: socket.socket, peer: object) -> None:
        """Reads which stream a new connection wants."""
        try:
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, _BUFFER_BYTES)
            connection.settimeout(_HELLO_S)
            stream_id = subscription_stream(_read_exactly(connection, SUBSCRIPTION_BYTES))
        except (OSError, ProtocolError) as error:
            log.warning("stream connection from %s: %s", peer, error)
            _close(connection)
            return
        connection.settimeout(self._stuck_s)
        with self._changed:
            self._subscribers[stream_id].append(connection)
            self._hangups.register(connection, selectors.EVENT_READ, stream_id)
            if self._expected[stream_id] <= 1:
                del self._expected[stream_id]
            else:
                self._expected[stream_id] -= 1
            self._changed.notify_all()


def _family(host: str) -> socket.AddressFamily:
    return socket.AF_INET6 if ":" in host else socket.AF_INET


def _read_exactly(connection: socket.socket, count: int) -> bytes:
    data = b""
    while len(data) < count:
        piece = connection.recv(count - len(data))
        if not piece:
            raise ProtocolError(f"closed after {len(data)} of {count} bytes")
        data += piece
    return data


def _send_all(connection: socket.socket, message: Sequence[bytes | memoryview]) -> None:
    """A gather write: the pieces of a message go to the kernel without being joined first."""
    pieces = [memoryview(piece).cast("B") for piece in message]
    while pieces:
        sent = connection.sendmsg(pieces)
        while pieces and sent >= len(pieces[0]):
            sent -= len(pieces.pop(0))
        if pieces and sent:
            pieces[0] = pieces[0][sent:]


def _close(connection: socket.socket) -> None:
    with contextlib.suppress(OSError):           # it may have been closed from the other side already
        connection.shutdown(socket.SHUT_RDWR)
    connection.close()
