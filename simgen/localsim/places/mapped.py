"""Arrays in an .npz file, mapped into memory instead of read: all processes that have them open share one copy, and
what nobody has looked at for long costs no memory at all.

The file is an ordinary uncompressed .npz, but each array begins at a multiple of 64 bytes, and is followed by more of
the file, so that whoever reads 16 bytes at a time (Embree) may read past its end.
"""

from __future__ import annotations

import io
import mmap
import struct
import zipfile
import zlib
from collections.abc import Mapping
from pathlib import Path
from typing import IO, Any

import numpy as np
from numpy.typing import NDArray

_ALIGNMENT = 64
_HEADER = struct.Struct("<26xHH")       # a zip's local file header ends with the lengths of a name and of a padding
_PADDING_ID = 0xD935                    # of an "extra field" that holds nothing; the one Android's zipalign uses
_SMALLEST_PADDING = 4


def save(file: IO[bytes], arrays: Mapping[str, NDArray[Any]]) -> None:
    """Write arrays by name. ``np.load`` reads them too."""
    with zipfile.ZipFile(file, "w", zipfile.ZIP_STORED) as archive:
        for name, array in arrays.items():
            content = io.BytesIO()
            np.lib.format.write_array(content, np.asarray(array, order="C"), allow_pickle=False)
            entry = zipfile.ZipInfo(f"{name}.npy")
            start = file.tell() + _HEADER.size + len(entry.filename.encode())
            length = _SMALLEST_PADDING + -(start + _SMALLEST_PADDING) % _ALIGNMENT
            entry.extra = struct.pack("<HH", _PADDING_ID, length - _SMALLEST_PADDING).ljust(length, b"\0")
            archive.writestr(entry, content.getbuffer())


def load(path: Path) -> dict[str, NDArray[Any]]:
    """The arrays of a file, read-only.

    Raises:
        OSError, ValueError, zipfile.BadZipFile: it cannot be read, or is no such file, or damaged.
    """
    with path.open("rb") as file, zipfile.ZipFile(file) as archive:
        whole = np.frombuffer(mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ), dtype=np.uint8)
        return {entry.filename.removesuffix(".npy"): _array(whole, entry) for entry in archive.infolist()}


def _array(whole: NDArray[np.uint8], entry: zipfile.ZipInfo) -> NDArray[Any]:
    if entry.compress_type != zipfile.ZIP_STORED:
        raise ValueError(f"{entry.filename} is compressed")
    begin = entry.header_offset + _HEADER.size
    name_length, padding = _HEADER.unpack(whole[entry.header_offset:begin].tobytes())
    begin += name_length + padding
    content = whole[begin:begin + entry.file_size]
    if zlib.crc32(content.data) != entry.CRC:        # what follows would be drawn, or read past the end of
        raise ValueError(f"{entry.filename} is damaged")
    header = io.BytesIO(content[:4096].tobytes())
    if np.lib.format.read_magic(header) != (1, 0):
        raise ValueError(f"{entry.filename} is no array of the kind that is written here")
    shape, by_columns, dtype = np.lib.format.read_array_header_1_0(header)
    if by_columns or dtype.hasobject:
        raise ValueError(f"{entry.filename} is no array of the kind that is written here")
    return content[header.tell():].view(dtype).reshape(shape)


def rest(array: NDArray[Any]) -> None:
    """Let go of the memory that a mapped array takes, until it is read again. Nothing for any other array."""
    whole: Any = array.base
    while isinstance(whole, np.ndarray):
        whole = whole.base
    mapping = whole.obj if isinstance(whole, memoryview) else whole
    if not isinstance(mapping, mmap.mmap) or not hasattr(mapping, "madvise"):
        return
    start = array.ctypes.data - np.frombuffer(mapping, dtype=np.uint8).ctypes.data
    first = -(-start // mmap.PAGESIZE) * mmap.PAGESIZE
    length = (start + array.nbytes) // mmap.PAGESIZE * mmap.PAGESIZE - first
    if length > 0:
        mapping.madvise(mmap.MADV_DONTNEED, first, length)
