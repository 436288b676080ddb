"""Pictures become PNG that every reader understands, of the same bytes on every machine."""

from __future__ import annotations

import io
import zlib

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from PIL import Image

from simgen.kitti.images import parse_png, png_bytes

HEAD = 8 + 25               # signature and first chunk, before the pixels' chunk


def noise(height: int, width: int, seed: int = 3, spread: float = 30.0) -> NDArray[np.uint8]:
    return np.random.default_rng(seed).normal(90.0, spread, (height, width, 3)).clip(0, 255).astype(np.uint8)


def stream(png: bytes) -> bytes:
    """What a PNG's only chunk of pixels holds."""
    assert png[HEAD + 4:HEAD + 8] == b"IDAT"
    return png[HEAD + 8:HEAD + 8 + int.from_bytes(png[HEAD:HEAD + 4], "big")]


def test_a_row_by_hand() -> None:
    """The filter's number, the first pixel, then each channel's difference to the pixel before."""
    rgb = np.array([[[10, 20, 30], [11, 18, 30]]], np.uint8)
    assert zlib.decompress(stream(png_bytes(rgb))) == bytes([1, 10, 20, 30, 1, 254, 0])


def test_the_bytes_are_zlibs_own() -> None:
    """So they hang on no processor: where nothing is searched for there is one way to code."""
    content = stream(png_bytes(noise(375, 1242)))
    coder = zlib.compressobj(1, zlib.DEFLATED, zlib.MAX_WBITS, 9, zlib.Z_HUFFMAN_ONLY)
    assert content == coder.compress(zlib.decompress(content)) + coder.flush()


@pytest.mark.parametrize("size", [(1, 1), (1, 7), (5, 1), (3, 4), (375, 1242)])
def test_readers_of_pictures_see_every_pixel(size: tuple[int, int]) -> None:
    rgb = noise(*size)
    content = png_bytes(rgb)
    assert np.array_equal(np.asarray(Image.open(io.BytesIO(content))), rgb)
    assert np.array_equal(cv2.imdecode(np.frombuffer(content, np.uint8), cv2.IMREAD_UNCHANGED)[:, :, ::-1], rgb)


@settings(max_examples=40, deadline=None)
@given(st.integers(1, 40), st.integers(1, 40), st.integers(0, 2**32 - 1), st.floats(0.0, 90.0))
def test_any_picture_comes_back(height: int, width: int, seed: int, spread: float) -> None:
    rgb = noise(height, width, seed, spread)
    assert np.array_equal(parse_png(png_bytes(rgb)), rgb)


def test_a_picture_without_pixels_is_refused() -> None:
    with pytest.raises(ValueError, match="cannot be encoded"):
        png_bytes(np.zeros((0, 5, 3), np.uint8))
