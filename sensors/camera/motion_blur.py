"""Motion blur: light is gathered while the picture moves, a box over the exposure along each pixel's own motion."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from sensors.camera.looking import seen


def motion_blurred(light: NDArray[np.float32], flow_px_per_s: NDArray[np.float32], exposure_s: float,
                   ) -> NDArray[np.float32]:
    """A picture as a shutter open for ``exposure_s`` sees it, symmetric about the moment of the picture.

    The blur is as long as the motion: u·v·t/Z at u pixels from the focus of expansion, f·v·t/Z across, f·ω·t by yaw.
    What moves less than half a pixel stays as it is.

    Args:
        light:         (H, W, 3).
        flow_px_per_s: (H, W, 2) right and down (``motion.image_motion``, or a simulator's optical flow).
    """
    return seen(light, light.shape[:2], flow_px_per_s=flow_px_per_s, exposure_s=exposure_s)
