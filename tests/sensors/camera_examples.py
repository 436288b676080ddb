"""Small cameras and scenes for the tests of cameras."""

from __future__ import annotations

from typing import Any

import numpy as np

from sensors.camera.exposure import Exposure
from sensors.camera.scene import CameraScene
from sensors.devices.camera import CameraDevice
from sensors.pinhole import Intrinsics


def a_camera(**changes: Any) -> CameraDevice:
    """Plain: 12 bits, no fixed pattern, no distortion."""
    sheet: dict[str, Any] = dict(name="plain", title="Plain", width_px=240, height_px=120, pixel_um=4.65, bayer="RGGB",
                 quantum_efficiency=0.6, full_well_e=13000.0, read_noise_e=3.0, dark_e_per_s=0.0, prnu=0.0, dsnu_e=0.0,
                 bits=12, gain_dn_per_e=0.315, row_s=0.0, exposure_s=(0.00001, 0.015), focal_mm=6.0, f_number=2.0,
                 focus_m=6.0, distortion="none", coefficients=(), falloff=0.0, veiling_glare=0.0, jpeg_quality=0,
                 source="made up")
    return CameraDevice(**{**sheet, **changes})


def an_exposure(white_e: float, **changes: float) -> Exposure:
    return Exposure(**{"time_s": 0.01, "gain": 1.0, "white_e": white_e, "coded_e": white_e, **changes})


def a_scene(rgb: np.ndarray | None = None, **changes: Any) -> CameraScene:
    """240×120 pixels of coloured stripes and a grey ramp, 20 m away."""
    size = Intrinsics(200.0, 119.5, 59.5, 240, 120)
    if rgb is None:
        rows, columns = np.mgrid[:120, :240]
        rgb = np.stack([columns, 255 - columns, 2 * rows], axis=-1).astype(np.uint8)
        rgb[40:80, 60:180] = 128
    return CameraScene(rgb=rgb, depth_m=np.full((120, 240), 20.0, np.float32), intrinsics=size, **changes)
