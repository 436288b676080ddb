"""What a data sheet says of a camera."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class CameraDevice:
    """One type of camera: its sensor by EMVA 1288, and its lens.

    name, title:        "flea2_14s3c", "Point Grey Flea 2, Sony ICX267".
    width_px, height_px, pixel_um.
    bayer:              "RGGB", "GRBG", "GBRG", "BGGR", or "" for a sensor without colour filters.
    quantum_efficiency: electrons a photon, 0 … 1, in the middle of the visible.
    full_well_e, read_noise_e, dark_e_per_s: electrons.
    prnu, dsnu_e:       fixed pattern: 1 σ of gain (share) and of offset (electrons).
    bits:               of the converter. gain_dn_per_e: K, at ISO base.
    row_s:              time between two rows of a rolling shutter; 0 for a global one.
    exposure_s:         (shortest, longest).
    focal_mm, f_number, focus_m (infinite: focused far away).
    distortion:         "none", "brown_conrady" (k1, k2, p1, p2, k3) or "kannala_brandt" (k1, k2, k3, k4).
    coefficients:       of it, in OpenCV's order.
    falloff:            k of the mechanical vignetting 1 − k·r², r 1 in the corner; cos⁴ comes on top.
    veiling_glare:      share of a lamp's light that the lens spreads over the picture.
    jpeg_quality:       0: stored without loss.
    source:             where the numbers are from.
    """

    name: str
    title: str
    width_px: int
    height_px: int
    pixel_um: float
    bayer: str
    quantum_efficiency: float
    full_well_e: float
    read_noise_e: float
    dark_e_per_s: float
    prnu: float
    dsnu_e: float
    bits: int
    gain_dn_per_e: float
    row_s: float
    exposure_s: tuple[float, float]
    focal_mm: float
    f_number: float
    focus_m: float
    distortion: str
    coefficients: tuple[float, ...]
    falloff: float
    veiling_glare: float
    jpeg_quality: int
    source: str


def expect_camera(device: object) -> None:
    """Raises TypeError, which says what to call, where a device's name stands instead of the device."""
    if not isinstance(device, CameraDevice):
        raise TypeError("device: expected a CameraDevice, which sensors.devices.load_camera(NAME) gives, "
                        f"got {device!r}")
