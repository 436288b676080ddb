"""Pictures ↔ PNG."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from simgen.errors import DatasetError

_PNG_SETTINGS = [cv2.IMWRITE_PNG_COMPRESSION, 3]


def png_bytes(rgb: NDArray[np.uint8]) -> bytes:
    """A (H, W, 3) uint8 picture, red first, as PNG."""
    if rgb.dtype != np.uint8 or rgb.ndim != 3 or rgb.shape[2] != 3:
        raise ValueError(f"a picture is (H, W, 3) uint8, got {rgb.shape} {rgb.dtype}")
    done, data = cv2.imencode(".png", cv2.cvtColor(rgb, cv2.COLOR_RGB2BGR), _PNG_SETTINGS)
    if not done:
        raise ValueError(f"a picture of shape {rgb.shape} cannot be encoded as PNG")
    return bytes(data)


def parse_png(content: bytes) -> NDArray[np.uint8]:
    """The inverse of ``png_bytes``: (H, W, 3) uint8, red first.

    Raises:
        DatasetError: if the content is not a picture.
    """
    image = cv2.imdecode(np.frombuffer(content, dtype=np.uint8), cv2.IMREAD_COLOR) if content else None
    if image is None:
        raise DatasetError("the content is not a picture")
    return np.asarray(cv2.cvtColor(image, cv2.COLOR_BGR2RGB), dtype=np.uint8)
