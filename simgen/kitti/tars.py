"""Files of frames in a tar, WebDataset's way: ``000012.image_2.png`` is a member of the sample ``000012``.

A tar's bytes follow from its files alone: frames in order, their files by name, nobody's clock or user in it.
"""

from __future__ import annotations

import io
import tarfile
from collections.abc import Iterable
from typing import IO


def member_name(path: str) -> str:
    """What a frame's file is called in a shard: "000012.image_2.png" of "training/image_2/000012.png"."""
    folder, name = path.rsplit("/", 2)[1:]
    identity, _, ending = name.partition(".")
    return f"{identity}.{folder}.{ending}"


def in_shard_order(paths: Iterable[str]) -> list[str]:
    """Files of a frame stand together, as readers of WebDataset want it; frames by number."""
    def place(path: str) -> tuple[int, str]:
        name = member_name(path)
        return int(name.partition(".")[0]), name

    return sorted(paths, key=place)


def tar_stream(stream: IO[bytes]) -> tarfile.TarFile:
    """A tar that is written to a stream, as a context manager."""
    return tarfile.open(fileobj=stream, mode="w", format=tarfile.USTAR_FORMAT)


def write_member(tar: tarfile.TarFile, name: str, content: bytes) -> None:
    """Add a file about which nothing but its name and content is said."""
    info = tarfile.TarInfo(name)
    info.size, info.mode, info.mtime = len(content), 0o644, 0
    tar.addfile(info, io.BytesIO(content))
