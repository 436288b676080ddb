"""Bytes → a zlib stream (RFC 1950, 1951) without a search for repetitions: each byte by Huffman's code alone.

Differences between the pixels of textured pictures hardly ever repeat, so that a search for repetitions costs most of
an encoder's time and gains nothing. What is left takes a twentieth of it, and all of it is arithmetic of whole numbers:
the same bytes come out on every machine, whatever its processor or its zlib. Any inflater reads them.
"""

from __future__ import annotations

import zlib

import numpy as np
from numpy.typing import NDArray

from sensors.compiled import compiled

_BLOCK_BYTES = 1 << 16      # each block has codes of its own; shorter ones gain less than the codes' description costs
_END = 256                  # the symbol after a block's last byte
_LITERALS = 257
_LONGEST, _LONGEST_OF_LENGTHS = 15, 7                                   # bits, by RFC 1951
_LENGTHS = 19
# In which order RFC 1951 wants the lengths of the codes of lengths.
_ORDER = np.array([16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1, 15], np.uint8)
_MOST_OF_A_BLOCK_BYTES = 512            # its description, and what its codes' rounding to whole bits may cost


def zlib_stream(data: NDArray[np.uint8]) -> bytes:
    """(N,) bytes as a zlib stream; ``zlib.decompress`` is the inverse."""
    blocks = max(1, -(-len(data) // _BLOCK_BYTES))
    # No code is longer on average than the even one of nine bits.
    words = np.empty(len(data) // 32 * 9 + 16 + blocks * _MOST_OF_A_BLOCK_BYTES // 4, np.uint32)
    size = _deflate(data, words, _ORDER)
    stream = words.astype("<u4", copy=False).view(np.uint8)[:size]
    return b"".join((b"\x78\x01", stream.data, zlib.adler32(data.data).to_bytes(4, "big")))


@compiled
def _deflate(data: NDArray[np.uint8], words: NDArray[np.uint32], order: NDArray[np.uint8]) -> int:
    """Write all blocks; returns how many bytes they take."""
    at, held, bits = np.uint64(0), np.uint64(0), np.uint64(0)       # bits of ``held`` are still to be written
    zero, head, head_bits = np.zeros(1, np.uint8), np.zeros(1, np.uint64), np.zeros(1, np.uint64)
    three = np.zeros(_LENGTHS, np.uint64)
    for symbol in range(_LENGTHS):
        three[symbol] = 3
    described = np.zeros(_LITERALS + 2, np.uint8)
    begin, last = 0, False
    while not last:
        end = min(begin + _BLOCK_BYTES, len(data))
        last = end == len(data)
        lengths = _code_lengths(_counts(data[begin:end]), np.int64(_LONGEST))
        codes = _codes(lengths)
        usage = np.zeros(_LENGTHS, np.int64)
        for symbol in range(_LITERALS + 2):     # two codes of distances, which nobody uses: some inflaters want them
            described[symbol] = lengths[symbol] if symbol < _LITERALS else 1
            usage[described[symbol]] += 1
        lengths_of_lengths = _code_lengths(usage, np.int64(_LONGEST_OF_LENGTHS))
        # Last block or not (1 bit), codes of its own (2 bits); numbers of codes, less 257, 1 and 4 (5, 5 and 4 bits).
        head[0], head_bits[0] = last | 2 << 1 | 1 << 8 | (_LENGTHS - 4) << 13, 17
        at, held, bits = _put(words, at, held, bits, zero, head, head_bits)
        at, held, bits = _put(words, at, held, bits, order, lengths_of_lengths, three)
        at, held, bits = _put(words, at, held, bits, described, _codes(lengths_of_lengths), lengths_of_lengths)
        at, held, bits = _put(words, at, held, bits, data[begin:end], codes, lengths)
        at, held, bits = _put(words, at, held, bits, zero, codes[_END:], lengths[_END:])
        begin = end
    words[at] = np.uint32(held)
    return 4 * int(at) + (int(bits) + 7) // 8


@compiled
def _put(
    words: NDArray[np.uint32], at: np.uint64, held: np.uint64, bits: np.uint64, symbols: NDArray[np.uint8],
    codes: NDArray[np.uint64], lengths: NDArray[np.uint64],
) -> tuple[np.uint64, np.uint64, np.uint64]:
    """The codes of some symbols, each of at most 16 bits. Less than 32 bits are held before and after."""
    whole = len(symbols) // 2 * 2
    for i in range(0, whole, 2):        # by twos, and without a branch, as nobody can foretell lengths
        first, second = symbols[i], symbols[i + 1]
        held |= (codes[first] | codes[second] << lengths[first]) << bits
        bits += lengths[first] + lengths[second]
        words[at] = np.uint32(held & np.uint64(0xFFFFFFFF))
        filled = bits >> np.uint64(5)                           # a word, or none
        at += filled
        held >>= filled << np.uint64(5)
        bits &= np.uint64(31)
    if whole < len(symbols):
        held |= codes[symbols[whole]] << bits
        bits += lengths[symbols[whole]]
        words[at] = np.uint32(held & np.uint64(0xFFFFFFFF))
        filled = bits >> np.uint64(5)
        at += filled
        held >>= filled << np.uint64(5)
        bits &= np.uint64(31)
    return at, held, bits


@compiled
def _counts(data: NDArray[np.uint8]) -> NDArray[np.int64]:
    """How often each symbol comes. Four tables, because a processor waits for a count that it has just changed."""
    four = np.zeros(4 * 256, np.int64)
    whole = len(data) // 4 * 4
    for i in range(0, whole, 4):
        four[data[i]] += 1
        four[256 + data[i + 1]] += 1
        four[512 + data[i + 2]] += 1
        four[768 + data[i + 3]] += 1
    for i in range(whole, len(data)):
        four[data[i]] += 1
    counts = np.ones(_LITERALS, np.int64)           # the block's end comes once
    for byte in range(_END):
        counts[byte] = four[byte] + four[256 + byte] + four[512 + byte] + four[768 + byte]
    if not len(data):
        counts[0] = 1                               # a code needs two symbols, if only one is written
    return counts


@compiled
def _code_lengths(counts: NDArray[np.int64], longest: int) -> NDArray[np.uint64]:
    """Bits of each symbol in Huffman's code, 0 for those that do not come; there are two at least that do. Where that
    would be too many bits, rare symbols are taken for less rare until it is not."""
    lengths = np.zeros(len(counts), np.uint64)
    while True:
        most = 0
        for symbol, depth in _depths(counts):
            lengths[symbol] = depth
            most = max(most, depth)
        if most <= longest:
            return lengths
        for symbol in range(len(counts)):
            counts[symbol] = (counts[symbol] + 1) // 2


@compiled
def _depths(counts: NDArray[np.int64]) -> NDArray[np.int64]:
    """(N, 2) each symbol that comes, and its depth in Huffman's tree. The tree is made by two queues: of the symbols
    from the rarest on, and of what was joined, in its order."""
    keys = np.empty(len(counts), np.int64)
    used = 0
    for symbol in range(len(counts)):
        if counts[symbol]:
            keys[used] = counts[symbol] * 1024 + symbol         # all different: there is one way to sort them
            used += 1
    keys = np.sort(keys[:used])
    nodes = 2 * used - 1
    weight, parent, depth = np.zeros(nodes, np.int64), np.zeros(nodes, np.int64), np.zeros(nodes, np.int64)
    for leaf in range(used):
        weight[leaf] = keys[leaf] // 1024
    leaf, joined = 0, used
    for node in range(used, nodes):
        for _ in range(2):
            if leaf < used and (joined >= node or weight[leaf] <= weight[joined]):
                lightest = leaf
                leaf += 1
            else:
                lightest = joined
                joined += 1
            parent[lightest] = node
            weight[node] += weight[lightest]
    for node in range(nodes - 2, -1, -1):
        depth[node] = depth[parent[node]] + 1
    found = np.empty((used, 2), np.int64)
    for leaf in range(used):
        found[leaf, 0], found[leaf, 1] = keys[leaf] % 1024, depth[leaf]
    return found


@compiled
def _codes(lengths: NDArray[np.uint64]) -> NDArray[np.uint64]:
    """RFC 1951's codes of these lengths, as they are written: the first bit lowest."""
    codes = np.zeros(len(lengths), np.uint64)
    following = 0
    for length in range(1, _LONGEST + 1):
        following <<= 1
        for symbol in range(len(lengths)):
            if lengths[symbol] == length:
                for bit in range(length):
                    if following >> bit & 1:
                        codes[symbol] |= np.uint64(1 << (length - 1 - bit))
                following += 1
    return codes
