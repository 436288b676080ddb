"""Tokens: the keys of nuScenes' tables, 32 hexadecimal digits.

They are hashes of what a record is about, so two exports of one dataset agree, and a dataset that grows keeps the
tokens it had.
"""

from __future__ import annotations

import hashlib

_DIGITS = 32
_BETWEEN = "\x1f"       # the unit separator, which is in no name


def token(kind: str, *about: str | int) -> str:
    """The token of a record: ``token("sample", plan_digest, 12)``.

    Args:
        kind: name of the table, or of the part of a record.
        about: what tells the record from all others of its kind, in every dataset.
    """
    text = _BETWEEN.join([kind, *map(str, about)])
    return hashlib.sha256(text.encode()).hexdigest()[:_DIGITS]
