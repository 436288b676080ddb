"""What the PNG of a rendering costs, in time and in bytes, with simgen's encoder and with libraries.

    python tests/bench/bench_png.py [--episodes 1] [--dataset DIR]

The pictures are renderings: of DIR, or else recorded first (a town, a deer in a blizzard, a rainy night). Encoders that
are not installed are left out (``pip install isal zlib-ng imagecodecs deflate``). Milliseconds are CPU time, the best
of five rounds over all pictures. Every result is decoded by OpenCV and by Pillow and has to be the picture.

What a library must do besides being fast: write the same bytes on every machine, as all workers of a dataset must.
zlib-ng and zlib do where nothing is searched for (their bytes are equal here); ISA-L takes other code on other
processors and promises nothing.
"""

from __future__ import annotations

import argparse
import importlib
import io
import struct
import sys
import tempfile
import time
import zlib
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT))

from simgen.capture import Endpoint  # noqa: E402
from simgen.kitti.images import png_bytes  # noqa: E402
from simgen.pipeline import record_episode  # noqa: E402
from simgen.scenario import load_scenario, make_plans  # noqa: E402

SCENARIOS = ("weather/snow_in_town", "animals/deer_in_blizzard", "weather/rain_at_night")
Picture = NDArray[np.uint8]
Encoder = Callable[[Picture], bytes]
HUFFMAN_ONLY, RLE = 2, 3            # zlib's numbers of strategies


def opencv(*settings: int) -> Encoder:
    return lambda rgb: cv2.imencode(".png", cv2.cvtColor(rgb, cv2.COLOR_RGB2BGR), list(settings))[1].tobytes()


def pillow(rgb: Picture) -> bytes:
    stream = io.BytesIO()
    Image.fromarray(rgb).save(stream, "PNG", compress_level=1)
    return stream.getvalue()


def by_hand(deflate: Callable[[Picture], bytes]) -> Encoder:
    """PNG's chunks round what a library makes of differences to the left neighbour."""
    def chunk(kind: bytes, content: bytes) -> bytes:
        return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))

    def encode(rgb: Picture) -> bytes:
        height, width, _ = rgb.shape
        rows = rgb.reshape(height, -1)
        filtered = np.empty((height, 1 + 3 * width), np.uint8)
        filtered[:, 0], filtered[:, 1:4] = 1, rows[:, :3]
        np.subtract(rows[:, 3:], rows[:, :-3], out=filtered[:, 4:])
        return (b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0))
                + chunk(b"IDAT", deflate(filtered)) + chunk(b"IEND", b""))

    return encode


def streamed(module: Any, strategy: int) -> Callable[[Picture], bytes]:
    def deflate(data: Picture) -> bytes:
        coder = module.compressobj(1, 8, 15, 9, strategy)
        return bytes(coder.compress(data.data) + coder.flush())

    return deflate


def encoders() -> Iterator[tuple[str, Encoder]]:
    level, strategy = cv2.IMWRITE_PNG_COMPRESSION, cv2.IMWRITE_PNG_STRATEGY
    yield "OpenCV level 1", opencv(level, 1)
    yield "OpenCV as it comes", opencv()
    sub = [cv2.IMWRITE_PNG_FILTER, cv2.IMWRITE_PNG_FILTER_SUB] if hasattr(cv2, "IMWRITE_PNG_FILTER") else []
    yield "OpenCV, Huffman only", opencv(level, 1, strategy, HUFFMAN_ONLY, *sub)
    yield "OpenCV, runs", opencv(level, 1, strategy, RLE)
    yield "Pillow level 1", pillow
    yield "zlib, Huffman only", by_hand(streamed(zlib, HUFFMAN_ONLY))
    for name, module, make in (
        ("zlib-ng, Huffman only", "zlib_ng.zlib_ng", lambda found: by_hand(streamed(found, HUFFMAN_ONLY))),
        ("zlib-ng level 1", "zlib_ng.zlib_ng", lambda found: by_hand(streamed(found, 0))),
        ("ISA-L level 1", "isal.isal_zlib", lambda found: by_hand(lambda data: bytes(found.compress(data.data, 1)))),
        ("libdeflate level 1", "deflate",
         lambda found: by_hand(lambda data: bytes(found.zlib_compress(data.tobytes(), 1)))),
        ("imagecodecs (libpng)", "imagecodecs", lambda found: lambda rgb: bytes(found.png_encode(rgb, level=1))),
        ("imagecodecs (libspng)", "imagecodecs", lambda found: lambda rgb: bytes(found.spng_encode(rgb, level=1))),
    ):
        try:
            yield name, make(importlib.import_module(module))
        except ImportError:
            print(f"  {name:24} is not installed")
    yield "simgen", png_bytes


def check(encode: Encoder, picture: Picture) -> None:
    content = encode(picture)
    seen = cv2.cvtColor(cv2.imdecode(np.frombuffer(content, np.uint8), cv2.IMREAD_COLOR), cv2.COLOR_BGR2RGB)
    if not (np.array_equal(seen, picture) and np.array_equal(np.asarray(Image.open(io.BytesIO(content))), picture)):
        raise SystemExit("a picture has changed")


def cost(encode: Encoder, pictures: list[Picture]) -> tuple[float, float]:
    """CPU seconds and bytes a picture."""
    best_s = float("inf")
    for _ in range(5):
        began = time.process_time()
        size = sum(len(encode(picture)) for picture in pictures)
        best_s = min(best_s, time.process_time() - began)
    return best_s / len(pictures), size / len(pictures)


def record(folder: Path, episodes: int) -> None:
    from stand_ins import servers

    with servers(1, canned=False, quality="standard") as (server,):
        for number, name in enumerate(SCENARIOS):
            for plan in make_plans([load_scenario(ROOT / f"scenarios/{name}.yaml")], episodes, 0):
                short = replace(plan, capture=replace(plan.capture, frames=2))
                record_episode(Endpoint("127.0.0.1", server.port), short, 1000 * number + 10 * plan.index, folder)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--episodes", type=int, default=1, help="of each scenario")
    parser.add_argument("--dataset", type=Path, help="a folder that has renderings already")
    given = parser.parse_args()
    cv2.setNumThreads(1)
    with tempfile.TemporaryDirectory() as folder:
        root = given.dataset or Path(folder)
        if given.dataset is None:
            record(root, given.episodes)
        files = sorted(root.glob("training/image_[23]/*.png"))[:24]
        pictures = [cv2.cvtColor(cv2.imread(str(path)), cv2.COLOR_BGR2RGB) for path in files]
    height, width, _ = pictures[0].shape
    print(f"{len(pictures)} pictures of {width}×{height}; cost of one, and how much that is of OpenCV's level 1")
    print(f"  {'':24}{'CPU ms':>8}{'':>7}{'kB':>9}")
    first: tuple[float, float] | None = None
    for name, encode in encoders():
        check(encode, pictures[0])
        seconds, size = cost(encode, pictures)
        first = first or (seconds, size)
        print(f"  {name:24}{1e3 * seconds:8.1f}{seconds / first[0]:7.2f}{size / 1e3:9.1f}{size / first[1]:7.2f}")


if __name__ == "__main__":
    main()
