"""What ``sensors`` raises on purpose."""

from __future__ import annotations


class RigError(ValueError):
    """A rig file cannot be used; the text reads ``file: key: problem``."""


class DeviceError(RigError):
    """A device file cannot be used, or no device has that name. Whoever loads a rig meets those of its devices too."""
