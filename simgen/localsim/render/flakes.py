"""Snow in the air: how many flakes of which size fall how fast, and which of them a camera sees."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from simgen.localsim.render.camera import Pinhole
from simgen.localsim.render.device import Device
from simgen.localsim.render.kernels import flakes as kernels
from simgen.localsim.render.warp_runtime import wp
from simgen.localsim.render.weather import STRONGEST_WIND_MPS, WIND_DIRECTION

# Large aggregates of crystals are some 0.03 g/cm³ dense, so 3.2 times as wide as the drop they melt to.
FLAKE_FROM_DROP = 3.2
MOST_FLAKES = 20_000        # of one size in a picture: in denser snow their reach shrinks
_CELL_M = 1.5
_RAREST_PER_M3 = 1e-6       # of rarer ones no picture will show any


@dataclass(frozen=True, slots=True)
class FlakeSize:
    """Flakes from this diameter to the next size's, and how far off one of them still shows."""

    smallest_m: float
    reach_m: float


SIZES = (FlakeSize(0.0015, 3.5), FlakeSize(0.003, 7.0), FlakeSize(0.005, 12.0), FlakeSize(0.008, 20.0),
         FlakeSize(0.013, 30.0))


def flakes_per_m3(snowfall_mmh: float, larger_than_m: float) -> float:
    """How many flakes of at least this diameter a cubic metre of air holds.

    Gunn and Marshall (1958): N(D) = 3800 R^-0.87 exp(-2.55 R^-0.48 D) per m³ and mm of melted diameter D.
    """
    slope_per_mm = 2.55 * math.pow(snowfall_mmh, -0.48)
    density = 3800.0 * math.pow(snowfall_mmh, -0.87)
    return density / slope_per_mm * math.exp(-slope_per_mm * 1e3 * larger_than_m / FLAKE_FROM_DROP)


def fall_speed_mps(diameter_m: float) -> float:
    """Aggregates fall at 0.8 D^0.16 m/s, D in mm (Locatelli and Hobbs 1974)."""
    return 0.8 * math.pow(1e3 * diameter_m, 0.16)


def flake_velocity(size: int, wind: float) -> NDArray[np.float64]:
    """(3,) m/s in the world. ``wind``: 0 … 1; it lifts what it carries sideways, and large flakes follow it less."""
    blown = STRONGEST_WIND_MPS * wind * (1.0 - 0.04 * size)
    return blown * np.array(WIND_DIRECTION) - fall_speed_mps(1.3 * SIZES[size].smallest_m) * np.array([0.0, 0.0, 1.0])


def cells_in_view(pinhole: Pinhole, reach_m: float, moved_m: NDArray[np.float64]) -> NDArray[np.int32]:
    """(N, 3) numbers of the lattice cells that a camera sees some of, within its reach; the same order each time."""
    pose = pinhole.world_from_camera
    eye = pose[:3, 3] - moved_m
    low, high = np.floor((eye - reach_m) / _CELL_M).astype(int), np.floor((eye + reach_m) / _CELL_M).astype(int)
    grid = np.stack(np.meshgrid(*(np.arange(a, b + 1) for a, b in zip(low, high, strict=True)), indexing="ij"), -1)
    cells = grid.reshape(-1, 3)
    to = (cells + 0.5) * _CELL_M - eye
    ahead, aside, above = to @ pose[:3, 0], to @ pose[:3, 1], to @ pose[:3, 2]
    around = 0.5 * math.sqrt(3.0) * _CELL_M
    wide = (pinhole.width / 2.0) / pinhole.focal_px
    high_ = (pinhole.height / 2.0) / pinhole.focal_px
    seen = (ahead > -around) & (np.linalg.norm(to, axis=1) < reach_m + around)
    seen &= np.abs(aside) < np.maximum(ahead, 0.0) * wide + around * math.hypot(1.0, wide)
    seen &= np.abs(above) < np.maximum(ahead, 0.0) * high_ + around * math.hypot(1.0, high_)
    return np.ascontiguousarray(cells[seen], dtype=np.int32)


@dataclass(frozen=True, slots=True)
class Snowfall:
    """What a picture needs to know of the falling snow."""

    rate_mmh: float
    wind: float             # 0 … 1
    time_s: float
    shutter_s: float
    camera_mps: NDArray[np.float64]


def reach_m(size: int, per_m3: float, pinhole: Pinhole) -> float:
    """How far off flakes of a size are drawn: as far as one shows, or as the camera sees ``MOST_FLAKES``."""
    pyramid = pinhole.width * pinhole.height / pinhole.focal_px**2 / 3.0     # its volume at a height of 1 m
    return min(SIZES[size].reach_m, math.pow(MOST_FLAKES / (pyramid * per_m3), 1.0 / 3.0))


def flakes_of_size(size: int, snowfall_mmh: float) -> float:
    """How many flakes of a size a cubic metre of air holds."""
    larger = flakes_per_m3(snowfall_mmh, SIZES[size + 1].smallest_m) if size + 1 < len(SIZES) else 0.0
    return flakes_per_m3(snowfall_mmh, SIZES[size].smallest_m) - larger


def _lattice(size: int, per_m3: float, snowfall: Snowfall) -> tuple[Any, NDArray[np.float64], Any]:
    """One size's lattice as kernels read it, how far it has moved less whole cells, and those cells."""
    velocity = flake_velocity(size, snowfall.wind)
    travelled = velocity * snowfall.time_s
    whole = np.floor(travelled / _CELL_M)
    moved = travelled - whole * _CELL_M
    lattice = kernels.Lattice()
    lattice.number, lattice.cell_m = size, _CELL_M
    lattice.moved, lattice.velocity = _vec(moved), _vec(velocity)
    lattice.smallest_m, lattice.mean_more_m = SIZES[size].smallest_m, 0.35 * SIZES[size].smallest_m
    lattice.per_cell = per_m3 * _CELL_M**3
    lattice.sway_m, lattice.time_s = 0.05, snowfall.time_s
    return lattice, moved, wp.vec3i(*(int(x) for x in whole))


def _vec(values: NDArray[np.float64]) -> Any:
    return wp.vec3(*(float(x) for x in values))


_ROWS = {"middle": wp.vec2, "half": wp.vec2, "depth": float, "blur": float, "cover": float, "light": wp.vec3}


def _data(rows: dict[str, Any]) -> Any:
    data = kernels.Flakes()
    for name, array in rows.items():
        setattr(data, name, array)
    return data


def add_snowfall(device: Device, snowfall: Snowfall, pinhole: Pinhole, camera: Any, env: Any, lamps: Any, lit: bool,
                 g: Any, picture: Any) -> None:
    """Draw the flakes before a camera over its picture (linear light, in place)."""
    found: list[dict[str, NDArray[np.float32]]] = []
    for size in range(len(SIZES)):
        per_m3 = flakes_of_size(size, snowfall.rate_mmh)
        if per_m3 < _RAREST_PER_M3:
            continue
        lattice, moved, shift = _lattice(size, per_m3, snowfall)
        reach = reach_m(size, per_m3, pinhole)
        cells = cells_in_view(pinhole, reach, moved)
        each = math.ceil(lattice.per_cell)
        placed = {name: device.zeros(len(cells) * each, kind) for name, kind in _ROWS.items()}
        device.launch(kernels.place_flakes, len(cells) * each, [
            lattice, device.upload(cells, wp.vec3i), shift, each, reach, snowfall.shutter_s, _vec(snowfall.camera_mps),
            camera, env, lamps, int(lit), _data(placed)])
        rows = {name: device.download(array) for name, array in placed.items()}
        kept = np.flatnonzero(rows["blur"])
        found.append({name: array[kept] for name, array in rows.items()})
    if not found:
        return
    flakes = {name: np.concatenate([one[name] for one in found]) for name in found[0]}
    order = np.argsort(-flakes["depth"], kind="stable")
    flakes = {name: np.ascontiguousarray(array[order]) for name, array in flakes.items()}
    starts, members = _by_band(flakes, pinhole.height)
    drawn = _data({name: device.upload(flakes[name], kind) for name, kind in _ROWS.items()})
    device.launch(kernels.draw_flakes, len(starts) - 1, [
        drawn, device.upload(starts, wp.int32), device.upload(members, wp.int32), g, pinhole.width, pinhole.height,
        picture])


def _by_band(flakes: dict[str, NDArray[np.float32]], height: int) -> tuple[NDArray[np.int32], NDArray[np.int32]]:
    """Which flakes touch each band of rows, in their order: where each band's part starts, and its members."""
    band, bands = int(kernels.BAND), -(-height // int(kernels.BAND))
    tall = np.abs(flakes["half"][:, 1]) + 2.4 * flakes["blur"] + 1.0
    low = np.clip(np.floor((flakes["middle"][:, 1] - tall) / band), 0, bands).astype(np.int64)
    high = np.clip(np.floor((flakes["middle"][:, 1] + tall) / band), -1, bands - 1).astype(np.int64)
    spans = np.maximum(high - low + 1, 0)
    members = np.repeat(np.arange(len(spans)), spans)
    touched = np.arange(spans.sum()) - np.repeat(np.cumsum(spans) - spans, spans) + np.repeat(low, spans)
    order = np.argsort(touched, kind="stable")
    starts = np.searchsorted(touched[order], np.arange(bands + 1))
    return starts.astype(np.int32), members[order].astype(np.int32)
