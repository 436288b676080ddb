"""A small disk of our own, which can be filled to the last byte without harm to anybody else.

It is a RAM disk in a mount namespace of ours: root is not needed where the system lets users have namespaces.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

_INSIDE = "SIMGEN_CHAOS_INSIDE"
_PIECE_BYTES = 4096


def own_mounts_allowed() -> bool:
    """May we mount what nobody else sees?"""
    if shutil.which("unshare") is None:
        return False
    return subprocess.run([*_unshare(), "true"], capture_output=True, check=False).returncode == 0


def _unshare() -> list[str]:
    return ["unshare", "--mount", *([] if os.geteuid() == 0 else ["--map-root-user"]), "--"]


def enter_own_mounts(module: str, arguments: Sequence[str]) -> None:
    """Start this program again, as the same process, where it may mount. Returns if it is there already."""
    if os.environ.get(_INSIDE) == str(os.getpid()):
        return
    os.environ[_INSIDE] = str(os.getpid())
    command = [*_unshare(), sys.executable, "-m", module, *arguments]
    os.execvp(command[0], command)


class SmallDisk:
    """A disk of ``size_bytes`` at ``folder``."""

    def __init__(self, folder: Path, size_bytes: int) -> None:
        folder.mkdir()
        subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={size_bytes}", "chaos", str(folder)], check=True)
        self._ballast = folder / "ballast"

    @property
    def is_full(self) -> bool:
        return self._ballast.exists()

    def fill(self) -> None:
        """Not a byte is left."""
        size_bytes = 0
        with self._ballast.open("wb") as file, suppress(OSError):       # others write at the same time: until it fails
            while True:
                os.posix_fallocate(file.fileno(), size_bytes, _PIECE_BYTES)
                size_bytes += _PIECE_BYTES

    def make_room(self) -> None:
        """As before."""
        self._ballast.unlink(missing_ok=True)
