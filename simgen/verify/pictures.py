"""PNG files: what the header says, whether they decode, and what makes two pictures look alike."""

from __future__ import annotations

import struct
import zlib
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

SIGNATURE = b"\x89PNG\r\n\x1a\n"
HEADER_BYTES = 33
"""Signature and IHDR chunk, which ends with the colour type and its checksum."""
TAIL_BYTES = 12
"""The IEND chunk that a whole file ends with."""

LOOK_WIDTH, LOOK_HEIGHT = 32, 12
"""A look is a picture this small, in grey."""


@dataclass(frozen=True, slots=True)
class Header:
    """What a PNG says of itself. ``is_complete``: the file ends as a PNG does."""

    width_px: int
    height_px: int
    bit_depth: int
    color_type: int
    is_complete: bool


def read_header(start: bytes, end: bytes) -> Header | None:
    """The facts of a PNG file by its first and last bytes; None if it is no PNG.

    Layout: PNG specification, 11.2.2 (IHDR) and 11.2.5 (IEND).
    """
    if len(start) < 26 or start[:8] != SIGNATURE or start[12:16] != b"IHDR":
        return None
    width, height, bit_depth, color_type = struct.unpack_from(">IIBB", start, 16)
    return Header(width, height, bit_depth, color_type, end[-8:-4] == b"IEND")


def read_ends(path: Path) -> tuple[bytes, bytes]:
    """The first and last bytes of a file, enough for ``read_header``."""
    with path.open("rb", buffering=0) as file:
        start = file.read(HEADER_BYTES)
        size = file.seek(0, 2)
        file.seek(max(size - TAIL_BYTES, 0))
        return start, file.read(TAIL_BYTES)


def decode(data: bytes) -> NDArray[np.generic] | None:
    """The pixels as stored, (H, W) or (H, W, channels) in OpenCV's order; None if they cannot be decoded.

    What is cut off or damaged is turned away first: decoders below OpenCV complain of it on standard error.
    """
    if not is_sound(data):
        return None
    pixels = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_UNCHANGED)
    return None if pixels is None else np.asarray(pixels)


def is_sound(data: bytes) -> bool:
    """Does a PNG hold all its chunks with the checksums they state, or a JPEG its end?

    Layout: PNG specification, 5.3 (chunks) and 5.5 (CRC-32); JPEG, ITU T.81, B.1.1.3 (SOI, EOI).
    """
    if data[:2] == b"\xff\xd8":
        return data.rstrip(b"\0")[-2:] == b"\xff\xd9"
    if data[:8] != SIGNATURE:
        return False
    view, at = memoryview(data), 8
    while at + 12 <= len(data):
        length, kind = struct.unpack_from(">I4s", data, at)
        end = at + 8 + length
        if end + 4 > len(data) or zlib.crc32(view[at + 4 : end]) != struct.unpack_from(">I", data, end)[0]:
            return False
        if kind == b"IEND":
            return True
        at = end + 4
    return False


def look_of(pixels: NDArray[np.generic]) -> NDArray[np.uint8] | None:
    """(LOOK_HEIGHT, LOOK_WIDTH) the picture, tiny and grey; None unless it has 8 bits."""
    if pixels.dtype != np.uint8:
        return None
    grey = pixels[::2, ::2] if pixels.ndim == 2 else pixels[::2, ::2, 1]        # green is most of brightness
    return np.asarray(cv2.resize(np.ascontiguousarray(grey), (LOOK_WIDTH, LOOK_HEIGHT), interpolation=cv2.INTER_AREA))


def is_flat(pixels: NDArray[np.generic]) -> bool:
    """Are all pixels alike? A few answer for almost all pictures that are not."""
    return bool((pixels[::16, ::16] == pixels[:1, :1]).all()) and bool((pixels == pixels[:1, :1]).all())
