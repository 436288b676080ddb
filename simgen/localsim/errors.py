"""What the built-in simulator raises on purpose.

LocalsimError
├── Refused          a call asks for something that cannot be done; its text travels to the client
└── ProtocolError    bytes that are no CARLA message; the connection they came on is closed
"""

from __future__ import annotations


class LocalsimError(Exception):
    """Base of the errors below."""


class Refused(LocalsimError):
    """The request is understood and cannot be fulfilled. The client raises ``RuntimeError`` with this text."""


class ProtocolError(LocalsimError):
    """The bytes on a connection do not follow the protocol."""
