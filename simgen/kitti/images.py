"""Pictures ↔ PNG."""

from __future__ import annotations

import struct

import cv2
import numpy as np
from numpy.typing import NDArray
from zlib_ng import zlib_ng

from simgen.errors import DatasetError

# Pictures of values are made of even areas. Measured on a street, depth and instances: as runs 211 and 24 kB in 10 and
# 6 ms, zlib's own choice at level 1 230 and 35 kB in 12 and 6 ms, at level 6 202 and 23 kB in 31 and 13 ms.
_TRUTH_SETTINGS = [cv2.IMWRITE_PNG_COMPRESSION, 1, cv2.IMWRITE_PNG_STRATEGY, cv2.IMWRITE_PNG_STRATEGY_RLE]

_SIGNATURE = b"\x89PNG\r\n\x1a\n"
_RGB, _SUB = 2, 1            # PNG's numbers of a kind of picture, and of the filter that subtracts the left neighbour


def png_bytes(rgb: NDArray[np.uint8]) -> bytes:
    """A (H, W, 3) uint8 picture, red first, as PNG: differences to the left neighbour, coded by Huffman alone.

    Pictures of textured scenes hold no repetitions worth a search: on 1242×375 renderings this takes 7 ms and 700 kB,
    OpenCV told to do the same 13 ms, and its level 1 26 ms and 672 kB. Where nothing is searched for, zlib-ng's bytes
    are zlib's own, whatever the processor. ``tests/bench/bench_png.py`` measures it.
    """
    if rgb.dtype != np.uint8 or rgb.ndim != 3 or rgb.shape[2] != 3:
        raise ValueError(f"a picture is (H, W, 3) uint8, got {rgb.shape} {rgb.dtype}")
    height, width, _ = rgb.shape
    if not height or not width:
        raise ValueError(f"a picture of shape {rgb.shape} cannot be encoded as PNG")
    rows = rgb.reshape(height, 3 * width)
    filtered = np.empty((height, 1 + 3 * width), np.uint8)
    filtered[:, 0] = _SUB
    filtered[:, 1:4] = rows[:, :3]
    np.subtract(rows[:, 3:], rows[:, :-3], out=filtered[:, 4:])
    coder = zlib_ng.compressobj(1, zlib_ng.DEFLATED, zlib_ng.MAX_WBITS, 9, zlib_ng.Z_HUFFMAN_ONLY)
    head = struct.pack(">IIBBBBB", width, height, 8, _RGB, 0, 0, 0)
    return b"".join((_SIGNATURE, *_chunk(b"IHDR", head), *_chunk(b"IDAT", coder.compress(filtered), coder.flush()),
                     *_chunk(b"IEND")))


def _chunk(kind: bytes, *content: bytes) -> tuple[bytes, ...]:
    """Length, kind, content, check sum."""
    check = zlib_ng.crc32(kind)
    for part in content:
        check = zlib_ng.crc32(part, check)
    return sum(map(len, content)).to_bytes(4, "big"), kind, *content, check.to_bytes(4, "big")


def truth_png_bytes(picture: NDArray[np.uint8] | NDArray[np.uint16]) -> bytes:
    """A (H, W) picture of values, 8 or 16 bits each, as PNG."""
    if picture.dtype not in (np.uint8, np.uint16) or picture.ndim != 2:
        raise ValueError(f"a picture of values is (H, W) uint8 or uint16, got {picture.shape} {picture.dtype}")
    done, data = cv2.imencode(".png", picture, _TRUTH_SETTINGS)
    if not done:
        raise ValueError(f"a picture of shape {picture.shape} cannot be encoded as PNG")
    return bytes(data)


def parse_truth_png(content: bytes) -> NDArray[np.uint8] | NDArray[np.uint16]:
    """The inverse of ``truth_png_bytes``: (H, W) uint8 or uint16.

    Raises:
        DatasetError: if the content is not a picture with one channel.
    """
    image = _decoded(content, cv2.IMREAD_UNCHANGED)
    if image is None or image.ndim != 2 or image.dtype not in (np.uint8, np.uint16):
        raise DatasetError("not a whole picture with one channel of 8 or 16 bits")
    return np.asarray(image)


def parse_png(content: bytes) -> NDArray[np.uint8]:
    """The inverse of ``png_bytes``: (H, W, 3) uint8, red first.

    Raises:
        DatasetError: if the content is not a picture.
    """
    image = _decoded(content, cv2.IMREAD_COLOR)
    if image is None:
        raise DatasetError("not a picture")
    return np.asarray(cv2.cvtColor(image, cv2.COLOR_BGR2RGB), dtype=np.uint8)


def _decoded(content: bytes, how: int) -> NDArray[np.generic] | None:
    """The picture, or None if it is none. A PNG that was cut off is told apart before libpng tells the terminal."""
    if content.startswith(b"\x89PNG") and b"IEND" not in content:
        raise DatasetError("the picture ends before its last chunk: the file was cut off")
    return cv2.imdecode(np.frombuffer(content, dtype=np.uint8), how) if content else None
