"""LiDAR data sheets in YAML: ``lidars/*.yaml``, and files of the same form."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from sensors.devices import catalogue
from sensors.devices.lidar import LidarDevice
from sensors.yaml12 import Section

RETURNS = ("strongest", "last", "dual")
_MOST_DIFFUSE = 2
_MOST_BEAMS = 255               # ring numbers are 8-bit
_IN_MICROSECONDS = {"firing_s": "firing_us", "beam_delay_s": "beam_delay_us"}
_KEYS = tuple(_IN_MICROSECONDS.get(field.name, field.name)
              for field in dataclasses.fields(LidarDevice) if field.name != "name")


def available_lidars() -> tuple[str, ...]:
    """Names of the LiDARs that come with the package."""
    return catalogue.names("lidars")


def load_lidar(name_or_path: str | Path) -> LidarDevice:
    """A LiDAR by the name of one that comes with the package ("vlp_16"), or by the path of a YAML file.

    Raises:
        DeviceError: ``file: key: problem``, or which names there are.
    """
    path = catalogue.device_file(name_or_path, "lidars", "LiDAR")
    return parse_lidar(catalogue.read(path), path.stem, str(path))


def parse_lidar(source: str, name: str, where: str) -> LidarDevice:
    """A LiDAR from YAML text.

    Args:
        name:  the device's name.
        where: the file's name, with which every error message starts.

    Raises:
        DeviceError: ``where: key: problem``.
    """
    top = catalogue.section(source, where, _KEYS)
    elevations = _elevations(top)
    firing_us = top.number("firing_us", above=0.0)
    intensity_levels = top.integer("intensity_levels", 2)
    diffuse_levels = top.integer("diffuse_levels", 2)
    if diffuse_levels > _MOST_DIFFUSE * intensity_levels:
        raise top.error("diffuse_levels", f"{diffuse_levels} of {intensity_levels} intensity_levels: it is a part of "
                                          "them, or up to twice as many if the device saturates early")
    near_m = top.number("near_m", least=0.0)
    range_m = top.number("range_m", above=near_m)
    rate_hz, rates_hz = _rates(top)
    return LidarDevice(
        name=name,
        title=top.text("title"),
        elevations_deg=elevations,
        azimuth_offsets_deg=_for_each_beam(top, "azimuth_offsets_deg", len(elevations), -180.0, 180.0),
        azimuths_deg=_azimuths(top),
        firings=_firings(top, firing_us, rate_hz),
        rate_hz=rate_hz,
        rates_hz=rates_hz,
        firing_s=firing_us / 1e6,
        beam_delay_s=_read_only(_for_each_beam(top, "beam_delay_us", len(elevations), 0.0, firing_us) / 1e6),
        near_m=near_m,
        range_m=range_m,
        range_10_percent_m=top.number("range_10_percent_m", above=near_m),
        accuracy_m=top.number("accuracy_m", least=0.0, most=1.0),
        range_step_m=top.number("range_step_m", least=0.0, most=1.0),
        divergence_mrad=_divergence(top),
        wavelength_nm=top.number("wavelength_nm", least=400.0, most=2000.0),
        pulse_ns=top.number("pulse_ns", above=0.0, most=1000.0),
        returns=_returns(top),
        overlap_m=_overlap(top),
        near_gain=top.number("near_gain", least=0.0),
        particle_reflectivity=top.number("particle_reflectivity", above=0.0, most=1.0),
        intensity_levels=intensity_levels,
        diffuse_levels=diffuse_levels,
        dropout=top.number("dropout", least=0.0, most=1.0),
        source=top.text("source"),
    )


def _elevations(top: Section) -> NDArray[np.float64]:
    """A list of angles, in which ``{beams, upper_deg, lower_deg}`` stands for evenly spaced ones."""
    angles: list[float] = []
    for i, entry in enumerate(top.entries("elevations_deg")):
        key = f"elevations_deg[{i}]"
        if isinstance(entry, Mapping):
            run = Section(entry, top.where, key, ("beams", "upper_deg", "lower_deg"), top.raises)
            beams, upper, lower = run.integer("beams", 2), run.number("upper_deg"), run.number("lower_deg")
            found = [float(angle) for angle in np.linspace(upper, lower, min(beams, _MOST_BEAMS + 1))]
        else:
            found = [Section({key: entry}, top.where, "", (key,), top.raises).number(key)]
        for angle in found:
            if not -90.0 < angle < 90.0:
                raise top.error(key, f"expected angles above the horizon between −90 and 90, got {angle:g}")
            if angles and angle >= angles[-1]:
                raise top.error(key, f"{angle:g} is not below {angles[-1]:g}, the beam before; beams go from the top "
                                     "down")
            angles.append(angle)
    if len(angles) > _MOST_BEAMS:
        raise top.error("elevations_deg", f"more than {_MOST_BEAMS} beams")
    return _read_only(np.array(angles))


def _for_each_beam(top: Section, key: str, beams: int, least: float, most: float) -> NDArray[np.float64]:
    """One number for each beam from the top down; ``[0]`` is 0 for all of them."""
    given = top.numbers(key)
    if len(given) not in (1, beams) or (len(given) == 1 and given != [0.0] and beams != 1):
        raise top.error(key, f"expected [0] or {beams} numbers, one for each beam from the top down, got {len(given)}")
    for i, value in enumerate(given):
        if not least <= value <= most:
            raise top.error(f"{key}[{i}]", f"expected {least:g} … {most:g}, got {value:g}")
    return _read_only(np.broadcast_to(np.array(given), (beams,)).copy())


def _azimuths(top: Section) -> tuple[float, float]:
    first, last = top.numbers("azimuths_deg", 2)
    if not (first < last and last - first <= 360.0 and first >= -360.0 and last <= 360.0):
        raise top.error("azimuths_deg", f"expected [from, to] counter-clockwise, at most a turn, got [{first:g}, "
                                        f"{last:g}]")
    return first, last


def _rates(top: Section) -> tuple[float, tuple[float, ...]]:
    rate_hz = top.number("rate_hz", above=0.0)
    rates_hz = tuple(top.numbers("rates_hz"))
    if min(rates_hz) <= 0.0:
        raise top.error("rates_hz", f"expected rates above 0, got {min(rates_hz):g}")
    if rate_hz not in rates_hz:
        raise top.error("rate_hz", f"{rate_hz:g} is not among rates_hz")
    return rate_hz, rates_hz


def _firings(top: Section, firing_us: float, rate_hz: float) -> int:
    """Firings take their time: no more of them fit into a sweep than it lasts."""
    firings = top.integer("firings", 1)
    if firings * firing_us * rate_hz > 1.001e6:
        raise top.error("firings", f"{firings} firings of {firing_us:g} µs last {firings * firing_us / 1000:g} ms; a "
                                   f"sweep at {rate_hz:g} Hz has {1000 / rate_hz:g} ms")
    return firings


def _divergence(top: Section) -> tuple[float, float]:
    across, along = top.numbers("divergence_mrad", 2)
    if min(across, along) <= 0.0 or max(across, along) > 100.0:
        raise top.error("divergence_mrad", f"expected [horizontal, vertical] above 0 and up to 100 mrad, got "
                                           f"[{across:g}, {along:g}]")
    return across, along


def _overlap(top: Section) -> tuple[float, float]:
    nothing_until, all_from = top.numbers("overlap_m", 2)
    if not 0.0 <= nothing_until <= all_from:
        raise top.error("overlap_m", f"expected 0 ≤ from ≤ to, got [{nothing_until:g}, {all_from:g}]")
    return nothing_until, all_from


def _returns(top: Section) -> tuple[str, ...]:
    words = top.entries("returns")
    for i, word in enumerate(words):
        key = f"returns[{i}]"
        Section({key: word}, top.where, "", (key,), top.raises).choice(key, RETURNS)
    if len(set(words)) != len(words):
        raise top.error("returns", "one is named twice")
    return tuple(words)


def _read_only(array: NDArray[np.float64]) -> NDArray[np.float64]:
    array.flags.writeable = False
    return array
