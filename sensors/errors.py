"""What ``sensors`` raises on purpose."""

from __future__ import annotations


class RigError(ValueError):
    """A rig file cannot be used; the text reads ``file: key: problem``."""
