"""What a JPEG file loses."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray


def jpeg_bytes(image: NDArray[np.uint8], quality: int) -> bytes:
    """A picture (H, W, 3), red first, as a JPEG file. ``quality`` 1 … 100."""
    if not 1 <= quality <= 100:
        raise ValueError(f"the quality of a JPEG file is 1 to 100, got {quality}")
    written, encoded = cv2.imencode(".jpg", image[..., ::-1], [cv2.IMWRITE_JPEG_QUALITY, quality])
    if not written:
        raise ValueError(f"a picture of shape {image.shape} cannot be stored as JPEG")
    return encoded.tobytes()


def through_jpeg(image: NDArray[np.uint8], quality: int) -> NDArray[np.uint8]:
    """The picture as it comes back out of a JPEG file. 0: stored without loss, the same picture."""
    if quality == 0:
        return image
    back = np.asarray(cv2.imdecode(np.frombuffer(jpeg_bytes(image, quality), np.uint8), cv2.IMREAD_COLOR))
    return np.ascontiguousarray(back[..., ::-1])
