"""What is wrong with a place a user asked for."""

from __future__ import annotations


class PlaceError(ValueError):
    """A place cannot be built: an unknown name, or an OpenDRIVE file that is broken or not supported.

    The message is one sentence that names the file, the element in it, and what is wrong.
    """
