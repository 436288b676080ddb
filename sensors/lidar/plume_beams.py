"""Beams followed step by step through one plume: what it takes from them, and the strongest echo of each."""

from __future__ import annotations

import math
from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from sensors.compiled import compiled
from sensors.devices.lidar import LidarDevice
from sensors.lidar.echo import Echo
from sensors.lidar.soft_target import LIGHT_M_PER_NS

if TYPE_CHECKING:
    from sensors.lidar.plumes import Plume

STEP_M = 0.3                # along a beam; clumps are twice as long
FULL_GAIN_M = 10.0          # the receiver's near-range gain rises from κ at the device to 1 here
LEAST_SHARE = 0.01          # of P_min: weaker echoes are never noticed and not looked for
START_SIZE = 0.5            # a plume's width and height where it starts, as shares of the largest

_CELLS = 32                 # of the tile of clumps, in each direction; a power of two
_CELL_M = 0.25
_CLUMP_CELLS = 2.0          # correlation length
_UNEVENNESS = 1.2           # σ of the logarithm of density
_GLITTER = 1.2              # σ of the logarithm of what a step of one beam returns: a few big drops give most of it
_GLITTERS = 8192
_STRETCH = 1.5              # clumps are longer than wide: the air streams away


@lru_cache(maxsize=1)
def clumps() -> NDArray[np.float32]:
    """(32, 32, 32) density of a piece of turbulent cloud, mean 1, log-normal; it repeats without a seam."""
    white = np.random.Generator(np.random.PCG64(20)).standard_normal((_CELLS,) * 3)
    frequency = np.fft.fftfreq(_CELLS)
    squared = sum(np.meshgrid(*[frequency**2] * 3, indexing="ij"))
    smooth = np.fft.ifftn(np.fft.fftn(white) * np.exp(-2 * (math.pi * _CLUMP_CELLS) ** 2 * squared / 2)).real
    density = np.exp(_UNEVENNESS * smooth / smooth.std())
    tile = (density / density.mean()).astype(np.float32)
    tile.flags.writeable = False
    return np.asarray(tile)


@lru_cache(maxsize=1)
def glitter() -> NDArray[np.float32]:
    """(8192,) factors with mean 1."""
    factors = np.exp(_GLITTER * np.random.Generator(np.random.PCG64(21)).standard_normal(_GLITTERS))
    table = (factors / factors.mean()).astype(np.float32)
    table.flags.writeable = False
    return np.asarray(table)


def follow(
    beam: NDArray[np.intp],
    direction: NDArray[np.float32],
    range_m: NDArray[np.float32],
    plume: Plume,
    device: LidarDevice,
    extinction_per_m: float,
    rng: np.random.Generator,
    depth: NDArray[np.float32],
    echo: Echo,
) -> None:
    """Add a plume's optical depth to ``depth``, and put its echoes into ``echo`` where they are the strongest.

    Args:
        beam: indices of the beams that may meet the plume. Other arguments as in ``plumes.through_plumes``.
    """
    # The clouds of two moments have nothing in common, so a piece of tile is drawn anew for each sweep.
    shift = rng.random(3) * _CELLS
    jitter = rng.random((len(beam), 4), dtype=np.float32)       # along the beam, and of the clumps
    drops = rng.integers(0, _GLITTERS, len(beam), dtype=np.uint16)
    frame_from_box = plume.box.frame_from_box
    floor_x = np.array([plume.box.size_lwh_m[0] / 2, 0.0, -plume.box.size_lwh_m[2] / 2])     # middle of its start
    origin = frame_from_box.inverse().translation_m - floor_x
    shape = np.array([*plume.box.size_lwh_m, plume.extinction_per_m, plume.fade_m])
    start, full = device.overlap_m
    receiver = np.array([device.near_m, start, max(full, start + 1e-6), device.near_gain,
                         LIGHT_M_PER_NS * device.pulse_ns, extinction_per_m, math.pi / plume.lidar_ratio_sr,
                         LEAST_SHARE * device.least_power])
    _follow(beam, direction, range_m, frame_from_box.rotation, origin, shape, receiver, shift, jitter, clumps(),
            drops, glitter(), int(plume.cause), plume.actor_id,
            depth, echo.range_m, echo.power, echo.cause, echo.actor_id)


@compiled
def _inside(
    x: float, y: float, z: float, dx: float, dy: float, dz: float, shape: NDArray[np.float64], limit: float
) -> tuple[float, float]:
    """Where a ray enters and leaves the box, up to the limit; leaving before entering means never."""
    enter, leave = 0.0, limit
    for at, step, low, high in (
        (x, dx, -shape[0], 0.0), (y, dy, -shape[1] / 2, shape[1] / 2), (z, dz, 0.0, shape[2])
    ):
        if abs(step) < 1e-12:
            if at < low or at > high:
                return 1.0, 0.0
        else:
            first, second = (low - at) / step, (high - at) / step
            enter, leave = max(enter, min(first, second)), min(leave, max(first, second))
    return enter, leave


@compiled
def _thinned(x: float, y: float, z: float, shape: NDArray[np.float64]) -> float:
    """Share of density that is left at a point of the box: less towards its end, its sides and its top."""
    behind = -x / shape[0]
    size = START_SIZE + (1 - START_SIZE) * math.sqrt(max(behind, 0.0))
    aside, up = y / (size * shape[1] / 2), z / (size * shape[2])
    if behind < 0 or behind > 1 or abs(aside) > 1 or up < 0 or up > 1:
        return 0.0
    return float((1 - behind) * (1 - aside * aside) * (1 - up))


@compiled
def _clump(
    x: float, y: float, z: float, shift: NDArray[np.float64], dither: NDArray[np.float32], tile: NDArray[np.float32]
) -> float:
    """Density at a point, mean 1. A beam's dither is between cells what interpolation would be, on average."""
    i = math.floor(x / (_CELL_M * _STRETCH) + shift[0] + dither[1]) & (_CELLS - 1)
    j = math.floor(y / _CELL_M + shift[1] + dither[2]) & (_CELLS - 1)
    k = math.floor(z / _CELL_M + shift[2] + dither[3]) & (_CELLS - 1)
    return float(tile[i, j, k])


@compiled
def _follow(
    beam: NDArray[np.intp],
    direction: NDArray[np.float32],
    range_m: NDArray[np.float32],
    rotation: NDArray[np.float64],
    origin: NDArray[np.float64],
    shape: NDArray[np.float64],
    receiver: NDArray[np.float64],
    shift: NDArray[np.float64],
    jitter: NDArray[np.float32],
    tile: NDArray[np.float32],
    drops: NDArray[np.uint16],
    glitter: NDArray[np.float32],
    cause: int,
    actor_id: int,
    depth: NDArray[np.float32],
    echo_range: NDArray[np.float32],
    echo_power: NDArray[np.float32],
    echo_cause: NDArray[np.uint8],
    echo_actor: NDArray[np.uint32],
) -> None:
    near, overlap_from, overlap_to, gain, pulse, air, backscatter, least = receiver
    longest = math.sqrt(shape[0] ** 2 + shape[1] ** 2 + shape[2] ** 2)
    returned, weight = np.empty(int(longest / STEP_M) + 2), np.empty(int(longest / STEP_M) + 3)
    for n in range(len(beam)):
        b = beam[n]
        dx, dy, dz = 0.0, 0.0, 0.0
        for axis in range(3):
            along = float(direction[b, axis])
            dx += along * rotation[axis, 0]
            dy += along * rotation[axis, 1]
            dz += along * rotation[axis, 2]
        enter, leave = _inside(origin[0], origin[1], origin[2], dx, dy, dz, shape, float(range_m[b]))
        if leave <= enter:
            continue
        steps = int((leave - enter) / STEP_M) + 1
        step = (leave - enter) / steps
        before, within, total = float(depth[b]), 0.0, 0.0
        densest = shape[3] * math.exp((origin[0] + (enter + 0.5 * step) * dx) / shape[4])
        fading = math.exp(step * dx / shape[4])
        for i in range(steps):
            r = enter + (i + 0.5) * step
            x, y, z = origin[0] + r * dx, origin[1] + r * dy, origin[2] + r * dz
            extinction = _thinned(x, y, z, shape) * densest
            densest *= fading
            if extinction == 0.0:
                returned[i] = 0.0
                continue
            extinction *= _clump(x, y, z, shift, jitter[n], tile)
            within += extinction * step
            seen = min(max((r - overlap_from) / (overlap_to - overlap_from), 0.0), 1.0) if r >= near else 0.0
            sensitivity = gain + (1 - gain) * min(r / FULL_GAIN_M, 1.0)
            # Half of this step's own depth lies before its middle.
            lost = math.exp(-2 * (before + within - 0.5 * extinction * step + air * r))
            returned[i] = extinction * step * lost / (r * r) * seen * sensitivity
            returned[i] *= glitter[(drops[n] + i) & (_GLITTERS - 1)]
            total += returned[i]
        if within == 0.0:
            continue
        depth[b] = before + within
        # No pulse returns more than one that lights everything at once.
        if total * backscatter <= max(float(echo_power[b]), least):
            continue
        reach = min(int(0.5 * pulse / step), steps)
        for j in range(reach + 1):
            weight[j] = math.cos(math.pi * j * step / pulse) ** 2
        best, strongest = 0, 0.0
        for i in range(steps):
            power = 0.0
            for j in range(max(0, i - reach), min(steps, i + reach + 1)):
                power += returned[j] * weight[abs(j - i)]
            if power > strongest:
                best, strongest = i, power
        strongest *= backscatter
        if strongest > echo_power[b]:
            found = np.float32(enter + (best + jitter[n, 0]) * step)
            if found < range_m[b]:
                echo_range[b] = found
                echo_power[b] = strongest
                echo_cause[b] = cause
                echo_actor[b] = actor_id
