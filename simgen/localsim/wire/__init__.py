"""CARLA 0.9.16's wire protocol, bytes ↔ messages. No sockets, no world: it can be tested in microseconds, on any split.

rpc.py          msgpack-rpc calls and replies
codecs.py       how a type travels in msgpack: numbers, optionals, arrays, records
records.py      every structure of the protocol
stream.py       tokens, length-prefixed messages, the header that every sensor message starts with
world_state.py  the message that carries all actors, once a tick
payloads.py     what each sensor sends
"""
