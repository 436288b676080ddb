"""Everything simgen raises on purpose.

SimgenError
├── RequestError          what was asked for cannot be done: a wrong file, flag or folder   (exit 2)
│   └── ScenarioError     a scenario file cannot be used; names file, line and key          (exit 2)
├── SimulatorError        the simulator is missing or misbehaves                            (exit 3)
│   ├── SimulatorLost     it does not answer, or its process ended
│   ├── SensorTimeout     a sensor sent nothing for a frame
│   └── SpawnError        the server refused to create an actor
├── PlacementError        the map has no place for what the scenario wishes                 (exit 1)
├── EpisodeAborted        an episode was left before its end, because somebody asked for it     (exit 1)
├── StoreError            the place where a dataset goes fails: full, away, or it refuses      (exit 1)
└── DatasetError          files on disk are missing or inconsistent                         (exit 1)

Interrupted               Ctrl-C, or a request to end from outside; not an Exception            (exit 130)

Programming mistakes stay ``ValueError`` and ``TypeError``; they deserve a traceback.
Each error carries one sentence that says where, what, and how to fix it, and can be pickled.
"""

from __future__ import annotations

import json


class SimgenError(Exception):
    """Base of all errors that simgen raises on purpose."""

    exit_code = 1


class RequestError(SimgenError):
    """What was asked for cannot be done as asked."""

    exit_code = 2


class ScenarioError(RequestError):
    """A scenario file cannot be used."""


class SimulatorError(SimgenError):
    """The simulator is missing or misbehaves."""

    exit_code = 3


class SimulatorLost(SimulatorError):
    """The simulator does not answer, or its process ended."""


class SensorTimeout(SimulatorError):
    """A sensor delivered nothing for a frame in time."""


class SpawnError(SimulatorError):
    """The server refused to create an actor."""


class PlacementError(SimgenError):
    """The map has no place for what the scenario wishes."""


class EpisodeAborted(SimgenError):
    """An episode was left before its end, because somebody asked for it."""


class StoreError(SimgenError):
    """The place where a dataset goes fails: a full disk, a store that does not answer or refuses."""


class DatasetError(SimgenError):
    """Files of a dataset are missing or inconsistent."""


class Interrupted(BaseException):
    """Ctrl-C, or a request to end from outside. Not an Exception: nothing on the way up may take it for a failure."""

    exit_code = 130


def unreadable(error: Exception) -> str:
    """What a parser's own error says about a text, in words that belong into a sentence: no name of Python's in it."""
    if isinstance(error, KeyError):
        return f"there is no '{error.args[0]}' in it"
    if isinstance(error, UnicodeDecodeError):
        return f"not UTF-8 text: byte 0x{error.object[error.start]:02x} at position {error.start}"
    if isinstance(error, json.JSONDecodeError):
        return f"not JSON: {error}"
    if isinstance(error, (TypeError, AttributeError)):
        return "its values are of other kinds than they should be"
    return str(error)
