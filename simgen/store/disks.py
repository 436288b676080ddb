"""What a failing disk is to a run: nobody's mistake in an episode, and nothing that recording it again would mend."""

from __future__ import annotations

import errno

from simgen.errors import StoreError

_FULL = {errno.ENOSPC, errno.EDQUOT}
_FAILS = {errno.EIO, errno.EROFS, errno.ESTALE, errno.ENOTCONN, errno.EREMOTEIO}


def disk_trouble(error: OSError, where: str) -> StoreError | None:
    """What is wrong with a disk, with the cure; None if an error is about something else.

    where: the dataset, if the error names no file.
    """
    place = error.filename or where
    if error.errno in _FULL:
        return StoreError(f"{place}: the disk is full ({error.strerror}): free some space there, or name other folders "
                          "with --out and --scratch")
    if error.errno in _FAILS:
        return StoreError(f"{place}: the disk fails ({error.strerror}): see whether it is mounted and may be written")
    return None
