"""What a shared library asks of the system: the names of other libraries, and the versions of symbols, from its ELF."""

from __future__ import annotations

import mmap
import re
import struct
from dataclasses import dataclass
from pathlib import Path

_DYNAMIC, _VERSIONS_NEEDED = 6, 0x6FFFFFFE
_NEEDED = 1


@dataclass(frozen=True, slots=True)
class Wants:
    """libraries: names as the loader looks for them. versions: as in ``GLIBC_2.17``."""

    libraries: tuple[str, ...]
    versions: frozenset[str]

    def newest(self, family: str) -> tuple[int, ...]:
        """The highest version of GLIBC or GLIBCXX; () if it wants none."""
        found = [re.fullmatch(rf"{family}_(\d+(?:\.\d+)*)", version) for version in self.versions]
        return max((tuple(map(int, match[1].split("."))) for match in found if match), default=())


def wants(path: Path) -> Wants | None:
    """Of a 64-bit little-endian library; None for any other file."""
    with path.open("rb") as file:
        if file.read(6) != b"\x7fELF\x02\x01":
            return None
        with mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as data:      # some are hundreds of megabytes
            return _wants(data)


def _wants(data: mmap.mmap) -> Wants:
    (offset,), (size, count) = struct.unpack_from("<Q", data, 40), struct.unpack_from("<HH", data, 58)
    # name, type, flags, address, offset, size, link, info, alignment, entry size
    sections = [struct.unpack_from("<IIQQQQIIQQ", data, offset + number * size) for number in range(count)]
    libraries: list[str] = []
    versions: set[str] = set()
    for _, kind, _, _, start, length, link, info, _, _ in sections:
        strings = sections[link][4] if link < count else 0
        if kind == _DYNAMIC:
            entries = struct.iter_unpack("<qQ", data[start:start + length])
            libraries += [_text(data, strings + value) for tag, value in entries if tag == _NEEDED]
        elif kind == _VERSIONS_NEEDED:
            file_at = start
            for _ in range(info):
                _, names, _, first, further = struct.unpack_from("<HHIII", data, file_at)
                name_at = file_at + first
                for _ in range(names):
                    _, _, _, name, step = struct.unpack_from("<IHHII", data, name_at)
                    versions.add(_text(data, strings + name))
                    name_at += step
                file_at += further
    return Wants(tuple(libraries), frozenset(versions))


def _text(data: mmap.mmap, start: int) -> str:
    return data[start:data.find(b"\0", start)].decode()
