"""Camera data sheets in YAML: ``cameras/*.yaml``, and files of the same form."""

from __future__ import annotations

import dataclasses
import math
from pathlib import Path

from sensors.devices import catalogue
from sensors.devices.camera import CameraDevice
from sensors.yaml12 import Section

BAYER = ("none", "RGGB", "GRBG", "GBRG", "BGGR")
DISTORTION = {"none": 0, "brown_conrady": 5, "kannala_brandt": 4}       # and how many coefficients it has
_IN_OTHER_UNITS = {"row_s": "row_us", "exposure_s": "exposure_ms"}
_KEYS = tuple(_IN_OTHER_UNITS.get(field.name, field.name)
              for field in dataclasses.fields(CameraDevice) if field.name != "name")


def available_cameras() -> tuple[str, ...]:
    """Names of the cameras that come with the package."""
    return catalogue.names("cameras")


def load_camera(name_or_path: str | Path) -> CameraDevice:
    """A camera by the name of one that comes with the package ("flea2_14s3c"), or by the path of a YAML file.

    Raises:
        DeviceError: ``file: key: problem``, or which names there are.
    """
    path = catalogue.device_file(name_or_path, "cameras", "camera")
    return parse_camera(catalogue.read(path), path.stem, str(path))


def parse_camera(source: str, name: str, where: str) -> CameraDevice:
    """A camera from YAML text.

    Args:
        name:  the device's name.
        where: the file's name, with which every error message starts.

    Raises:
        DeviceError: ``where: key: problem``.
    """
    top = catalogue.section(source, where, _KEYS)
    bayer = top.choice("bayer", BAYER)
    distortion, coefficients = _distortion(top)
    return CameraDevice(
        name=name,
        title=top.text("title"),
        width_px=top.integer("width_px", 1),
        height_px=top.integer("height_px", 1),
        pixel_um=top.number("pixel_um", above=0.0, most=100.0),
        bayer="" if bayer == "none" else bayer,
        quantum_efficiency=top.number("quantum_efficiency", above=0.0, most=1.0),
        full_well_e=top.number("full_well_e", above=0.0),
        read_noise_e=top.number("read_noise_e", least=0.0),
        dark_e_per_s=top.number("dark_e_per_s", least=0.0),
        prnu=top.number("prnu", least=0.0, most=0.5),
        dsnu_e=top.number("dsnu_e", least=0.0),
        bits=_bits(top),
        gain_dn_per_e=top.number("gain_dn_per_e", above=0.0),
        row_s=top.number("row_us", least=0.0, most=1000.0) / 1e6,
        exposure_s=_exposure(top),
        focal_mm=top.number("focal_mm", above=0.0),
        f_number=top.number("f_number", above=0.3, most=64.0),
        focus_m=_focus(top),
        distortion=distortion,
        coefficients=coefficients,
        falloff=top.number("falloff", least=0.0, most=1.0),
        veiling_glare=top.number("veiling_glare", least=0.0, most=1.0),
        jpeg_quality=_jpeg_quality(top),
        source=top.text("source"),
    )


def _bits(top: Section) -> int:
    bits = top.integer("bits", 8)
    if bits > 32:
        raise top.error("bits", f"expected at most 32, got {bits}")
    return bits


def _exposure(top: Section) -> tuple[float, float]:
    shortest, longest = top.numbers("exposure_ms", 2)
    if not 0.0 < shortest <= longest:
        raise top.error("exposure_ms", f"expected [shortest, longest] above 0, got [{shortest:g}, {longest:g}]")
    return shortest / 1000.0, longest / 1000.0


def _focus(top: Section) -> float:
    """A distance, or the word "far"."""
    if top.entry("focus_m") == "far":
        return math.inf
    return top.number("focus_m", above=0.0)


def _distortion(top: Section) -> tuple[str, tuple[float, ...]]:
    model = top.choice("distortion", DISTORTION)
    count = DISTORTION[model]
    if count == 0:
        if top.entry("coefficients") != []:
            raise top.error("coefficients", "a lens without distortion has none: expected []")
        return model, ()
    return model, tuple(top.numbers("coefficients", count))


def _jpeg_quality(top: Section) -> int:
    quality = top.integer("jpeg_quality", 0)
    if quality > 100:
        raise top.error("jpeg_quality", f"expected 0 (stored without loss) to 100, got {quality}")
    return quality
