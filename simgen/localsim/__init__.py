"""A small simulator that speaks CARLA 0.9.16's wire protocol, so that the real ``carla`` client can record on any
machine. A neighbour of the pipeline, which knows it only as host:port. README.md says what it can do.
"""

from simgen.localsim.errors import LocalsimError, Refused

__all__ = ["LocalsimError", "Refused"]
