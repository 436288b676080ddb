"""The coder of bytes by Huffman's code alone, held against zlib's own inflater."""

from __future__ import annotations

import hashlib
import io
import zlib

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from PIL import Image

from simgen.kitti.huffman import _code_lengths, _codes, zlib_stream
from simgen.kitti.images import png_bytes


def data(content: bytes) -> NDArray[np.uint8]:
    return np.frombuffer(content, np.uint8).copy()


def test_a_code_by_hand() -> None:
    """Of four, two, one and one of eight symbols: one, two, three and three bits."""
    lengths = _code_lengths(np.array([1, 0, 4, 2, 1]), np.int64(15))
    assert lengths.tolist() == [3, 0, 1, 2, 3]
    # RFC 1951, 3.2.2: 110, -, 0, 10, 111; the first bit is written first, so it is the lowest.
    assert _codes(lengths).tolist() == [0b011, 0, 0b0, 0b01, 0b111]


def test_rare_symbols_get_no_longer_code_than_is_allowed() -> None:
    """Fibonacci's numbers make the deepest tree: 30 symbols would need 29 bits."""
    counts = [1, 1]
    while len(counts) < 30:
        counts.append(counts[-1] + counts[-2])
    for longest in (15, 7):
        lengths = _code_lengths(np.array(counts), np.int64(longest))
        assert lengths.max() <= longest
        assert sum(2.0 ** -int(length) for length in lengths) == 1.0      # no word is wasted, nor the start of another
        assert (np.diff(lengths.astype(int)) <= 0).all()


@pytest.mark.parametrize("content", [
    b"", b"a", b"ab" * 1000, bytes(70_000), bytes(1 << 16), bytes(range(256)) * 300, bytes((1 << 17) + 1),
], ids=["nothing", "one", "two", "zeros", "a block", "every byte", "blocks and one"])
def test_what_zlib_inflates_is_what_was_coded(content: bytes) -> None:
    assert zlib.decompress(zlib_stream(data(content))) == content


@settings(max_examples=60, deadline=None)
@given(st.binary(max_size=400), st.integers(1, 500), st.integers(0, 2**32 - 1), st.floats(0.0, 60.0))
def test_any_bytes_come_back(some: bytes, times: int, seed: int, spread: float) -> None:
    noise = np.random.default_rng(seed).normal(0.0, spread, 3000).astype(np.int64).astype(np.uint8).tobytes()
    content = noise + some * times
    assert zlib.decompress(zlib_stream(data(content))) == content


def test_it_is_as_short_as_huffman_coding_by_zlib() -> None:
    pixels = np.random.default_rng(1).normal(0.0, 9.0, 500_000).astype(np.int64).astype(np.uint8)
    coder = zlib.compressobj(9, zlib.DEFLATED, 15, 9, zlib.Z_HUFFMAN_ONLY)
    assert len(zlib_stream(pixels)) < 1.001 * len(coder.compress(pixels.tobytes()) + coder.flush())


def test_noise_takes_hardly_more_than_itself() -> None:
    noise = np.random.default_rng(2).integers(0, 256, 300_000, np.uint8)
    assert len(noise) < len(zlib_stream(noise)) < 1.01 * len(noise)


def test_the_bytes_are_the_same_everywhere() -> None:
    """Whatever compiles and runs it: no number of this is rounded."""
    pixels = ((np.arange(200_000) * 2654435761 >> 24) & 31).astype(np.uint8)
    assert hashlib.sha256(zlib_stream(pixels)).hexdigest()[:32] == "1d82f4af61fc6c1f341296fb73d97b7f"


@pytest.mark.parametrize("size", [(1, 1), (1, 7), (5, 1), (3, 4), (375, 1242)])
def test_readers_of_pictures_see_every_pixel(size: tuple[int, int]) -> None:
    rgb = np.random.default_rng(3).normal(90.0, 30.0, (*size, 3)).clip(0, 255).astype(np.uint8)
    content = png_bytes(rgb)
    assert np.array_equal(np.asarray(Image.open(io.BytesIO(content))), rgb)
    assert np.array_equal(cv2.imdecode(np.frombuffer(content, np.uint8), cv2.IMREAD_UNCHANGED)[:, :, ::-1], rgb)
