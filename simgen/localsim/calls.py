"""The call port: one thread a client, calls answered in the order they come. Sockets and threads only.

Calls of one connection are handled one after another, which is what gives a client "set, then tick" for free.
"""

from __future__ import annotations

import contextlib
import logging
import socket
import threading

from simgen.localsim.errors import ProtocolError, Refused
from simgen.localsim.methods import METHODS, REFUSED, Method
from simgen.localsim.simulation import Simulation
from simgen.localsim.wire import rpc

log = logging.getLogger(__name__)

_READ_BYTES = 1 << 16


class CallServer:
    """Listens for clients."""

    def __init__(self, host: str, port: int) -> None:
        """Raises ``OSError`` if the port is taken. port: 0 lets the operating system choose."""
        family = socket.AF_INET6 if ":" in host else socket.AF_INET
        self._listener = socket.create_server((host, port), family=family, backlog=64)
        self.port: int = self._listener.getsockname()[1]
        self._clients: set[socket.socket] = set()

    def start(self, simulation: Simulation) -> None:
        """Answers calls from now on."""
        threading.Thread(target=self._accept, args=(simulation,), name="calls", daemon=True).start()

    def close(self) -> None:
        """Ends all connections."""
        for connection in (self._listener, *tuple(self._clients)):
            with contextlib.suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)
            connection.close()

    def _accept(self, simulation: Simulation) -> None:
        while True:
            try:
                connection, peer = self._listener.accept()
            except OSError:
                return                           # the listener was closed
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            self._clients.add(connection)
            threading.Thread(target=self._serve, args=(connection, peer, simulation), daemon=True).start()

    def _serve(self, connection: socket.socket, peer: object, simulation: Simulation) -> None:
        reader = rpc.CallReader()
        try:
            while data := connection.recv(_READ_BYTES):
                for call in reader.feed(data):
                    connection.sendall(answer(simulation, call))
        except ProtocolError as error:
            log.warning("client %s: %s; its connection is closed", peer, error)
        except OSError as error:
            log.info("client %s: %s", peer, error)
        finally:
            self._clients.discard(connection)
            connection.close()


def answer(simulation: Simulation, call: rpc.Call) -> bytes:
    """The reply to one call. Whatever goes wrong inside becomes an error that the client can show."""
    method = METHODS.get(call.method)
    if method is None:
        return _unknown(call)
    try:
        return rpc.reply_bytes(call.id, _result(simulation, method, call))
    except Refused as refusal:
        text = str(refusal)
        if call.fire_and_forget:                 # the client will not look at the reply
            log.warning("%s: %s", call.method, text)
    except Exception as error:
        log.exception("%s failed", call.method)
        text = f"{call.method} failed in simgen's built-in simulator: {type(error).__name__}: {error}"
    return rpc.reply_bytes(call.id, rpc.void_error(text) if method.returns is None else rpc.value_error(text))


def _unknown(call: rpc.Call) -> bytes:
    text = f"simgen's built-in simulator does not know the call '{call.method}'"
    log.warning("%s", text)
    if call.method in REFUSED:
        returns = REFUSED[call.method]
        return rpc.reply_bytes(call.id, rpc.value_error(text) if returns else rpc.void_error(text))
    return rpc.error_bytes(call.id, text)


def _result(simulation: Simulation, method: Method, call: rpc.Call) -> object:
    if len(call.arguments) != len(method.arguments):
        raise Refused(f"{call.method} takes {len(method.arguments)} arguments, not {len(call.arguments)}")
    try:
        values = [codec.decode(raw) for codec, raw in zip(method.arguments, call.arguments, strict=True)]
    except Refused as problem:
        raise Refused(f"{call.method}: {problem}") from None
    with contextlib.nullcontext() if method.steps else simulation.changing:
        value = method.act(simulation, *values)
        if method.bare:
            return value
        return rpc.void_result() if method.returns is None else rpc.value_result(method.returns.encode(value))
