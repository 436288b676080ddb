"""The stream port by itself, with real sockets and no world."""

import socket
import threading
from contextlib import closing

import pytest

from simgen.localsim.streams import StreamHub
from simgen.localsim.wire.stream import MessageSplitter, subscription_bytes


@pytest.fixture
def hub():
    hub = StreamHub("127.0.0.1", stuck_s=0.3)
    hub.start()
    yield hub
    hub.close()


def subscribe(hub, stream):
    hub.expect(stream)
    line = socket.create_connection(("127.0.0.1", hub.port), 5)
    line.sendall(subscription_bytes(stream))
    hub.settle()
    return line


def receive(line, count):
    splitter, messages = MessageSplitter(), []
    while len(messages) < count:
        messages += splitter.feed(line.recv(1 << 16))
    return messages


def test_a_message_reaches_everybody_who_takes_its_stream_and_nobody_else(hub):
    with closing(subscribe(hub, 5)) as one, closing(subscribe(hub, 5)) as two, closing(subscribe(hub, 6)) as other:
        hub.send(5, [b"head", memoryview(b"picture")])
        hub.send(6, [b"else"])
        assert receive(one, 1) == receive(two, 1) == [b"headpicture"]
        assert receive(other, 1) == [b"else"]


def test_settle_waits_for_whoever_was_told(hub):
    hub.expect(9)
    lines = []
    later = threading.Timer(0.05, lambda: lines.append(subscribe_only(hub, 9)))
    later.start()
    hub.settle()
    assert hub.listened(9)
    later.join()
    lines[0].close()


def subscribe_only(hub, stream):
    line = socket.create_connection(("127.0.0.1", hub.port), 5)
    line.sendall(subscription_bytes(stream))
    return line


def test_who_hangs_up_is_forgotten_without_sending_anything(hub):
    subscribe(hub, 5).close()
    deadline = 100
    while hub.listened(5) and deadline:
        deadline -= 1
        threading.Event().wait(0.01)
    assert not hub.listened(5)


def test_a_subscriber_that_takes_nothing_is_dropped_and_the_others_are_served(hub):
    with closing(subscribe(hub, 5)) as stuck, closing(subscribe(hub, 6)) as fine:
        message = [bytes(8 << 20)]
        for _ in range(4):                      # more than the buffers of both sides hold
            hub.send(5, message)
        assert not hub.listened(5)
        hub.send(6, [b"still here"])
        assert receive(fine, 1) == [b"still here"]
        assert stuck.fileno() >= 0
