"""One look through shutter and lens: where in the rendered picture each pixel of the sensor gathers its light.

Motion during the exposure, the later time of a rolling shutter's rows and the bending of the lens all say the same kind
of thing: which places of the rendered picture a pixel sees. They are followed together, so the picture is interpolated
once and not three times, and on a sensor with colour filters only in the one colour that the pixel has.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from sensors.compiled import compiled

MOST_TAPS = 64
LONG = np.float32(1.0)                              # px; a box of one pixel is linear interpolation
TAPS_PER_PX = np.float32(0.75)                    # each tap is a mean of neighbours already
# A long way goes by fours of columns, which are summed once for the whole picture. Four columns are taken in one row,
# so only where the way rises by about a pixel over them, which its own smear hides.
FAR_PX = np.float32(8.0)
FLAT = np.float32(0.3)
EVERY_COLOUR = np.full((2, 2), -1, np.int64)        # no mosaic
# unsigned: an index that may be negative is checked by numba each time
NOWHERE, ONE, TWO, ASIDE = np.uint64(0), np.uint64(1), np.uint64(2), np.uint64(3)
_NO_FLOW = np.empty((0, 0, 2), np.float32)
_NO_FOURS = np.empty((0, 0, 3), np.float32)
_NO_GRID = np.empty((2, 0, 0), np.float32)


def seen(light: NDArray[np.float32], shape: tuple[int, int], grid: NDArray[np.float32] | None = None,
         flow_px_per_s: NDArray[np.float32] | None = None, exposure_s: float = 0.0, row_s: float = 0.0,
         mosaic: NDArray[np.int64] = EVERY_COLOUR, spare: NDArray[np.float32] | None = None) -> NDArray[np.float32]:
    """What falls on each pixel of the sensor.

    Args:
        light:         (H, W, 3) of the rendered picture.
        shape:         rows and columns of the sensor.
        grid:          (2, *shape) column and row of the rendered picture in each pixel's line of sight
                       (``distortion.straight_of_bent``); None: the same pixel.
        flow_px_per_s: (H, W, 2) of the rendered picture; None: at rest.
        exposure_s:    light is gathered from half of it before a row's moment to half of it after.
        row_s:         from one row's moment to the next one's; the middle row has the moment of the rendered picture.
        mosaic:        (2, 2) colour 0 … 2 of the pixels of even and odd rows and columns.
        spare:         (H, W, 3) whose content is not needed any more, to work on.

    Returns:
        (*shape, 3), or (*shape, 1) under a mosaic. What lies beyond the picture's edges repeats them.
    """
    channels = 3 if mosaic[0, 0] < 0 else 1
    found = np.empty((*shape, channels), np.float32)
    fours = _NO_FOURS
    if flow_px_per_s is not None and exposure_s * float(np.abs(flow_px_per_s[::4, ::4, 0]).max()) > FAR_PX:
        fours = np.empty_like(light) if spare is None else spare
        _add_fours(light, fours)
    _look(light, fours, _NO_GRID if grid is None else grid, _NO_FLOW if flow_px_per_s is None else flow_px_per_s,
          float(exposure_s), float(row_s), mosaic, found)
    return found


@compiled
def _between(values: NDArray[np.float32], at: np.uint64, aside: np.uint64, below: np.uint64, a: np.float32,
             b: np.float32) -> np.float32:
    """Bilinearly. Exactly the value itself where a and b are 0."""
    corner, lower = values[at], values[at + below]
    upper = corner + (values[at + aside] - corner) * a
    lower = lower + (values[at + below + aside] - lower) * a
    between: np.float32 = upper + (lower - upper) * b
    return between


@compiled
def _add_fours(light: NDArray[np.float32], fours: NDArray[np.float32]) -> None:
    """Sums of each pixel and the three to the right of it; the last three of a row have none and are 0."""
    for row in range(light.shape[0]):
        values, sums = light[row].reshape(-1), fours[row].reshape(-1)
        full = values.size - 9
        for i in range(full):
            sums[i] = (values[i] + values[i + 3]) + (values[i + 6] + values[i + 9])
        for i in range(full, values.size):
            sums[i] = np.float32(0.0)


@compiled
def _streak(values: NDArray[np.float32], fours: NDArray[np.float32], line: int, channel: int, x: np.float32,
            y: np.float32, along_x: np.float32, along_y: np.float32) -> np.float32:
    """The mean over a way of more than a pixel, well within the picture: each column (or row) that it crosses counts by
    the length within it, interpolated across."""
    half = np.float32(0.5)
    if abs(along_x) >= abs(along_y):
        forward, across, middle, aside, slope, length = 3, line, x, y, along_y / along_x, abs(along_x)
    else:
        forward, across, middle, aside, slope, length = line, 3, y, x, along_x / along_y, abs(along_y)
    low, high = middle - half * length, middle + half * length
    start, end = int(low + half), int(high + half)
    aside += slope * (np.float32(start) - middle)
    base = start * forward + channel
    step = np.uint64(across)
    total = np.float32(0.0)
    weight = np.float32(start) + half - low
    first = start
    if fours.size > 0 and forward == 3 and length > FAR_PX and abs(slope) <= FLAT:
        floor = int(aside)
        at = np.uint64(base + floor * across)
        here = values[at]
        total = (here + (values[at + step] - here) * (aside - np.float32(floor))) * weight
        weight = np.float32(1.0)
        many = (end - start - 1) // 4
        aside += np.float32(2.5) * slope
        base += 3
        for _ in range(many):
            floor = int(aside)
            at = np.uint64(base + floor * across)
            here = fours[at]
            total += here + (fours[at + step] - here) * (aside - np.float32(floor))
            aside += np.float32(4.0) * slope
            base += 12
        aside -= np.float32(1.5) * slope
        first = start + 1 + 4 * many
    for k in range(first, end + 1):
        if k == end:
            weight = high + half - np.float32(end)
        floor = int(aside)
        at = np.uint64(base + floor * across)
        here = values[at]
        total += (here + (values[at + step] - here) * (aside - np.float32(floor))) * weight
        weight = np.float32(1.0)
        aside += slope
        base += forward
    mean: np.float32 = total / length
    return mean


@compiled
def _look(light: NDArray[np.float32], fours: NDArray[np.float32], grid: NDArray[np.float32], flow: NDArray[np.float32],
          exposure_s: float, row_s: float, mosaic: NDArray[np.int64], found: NDArray[np.float32]) -> None:
    height, width = light.shape[0], light.shape[1]
    rows, columns, channels = found.shape
    right, bottom = np.float32(width - 1), np.float32(height - 1)
    bends, moves = grid.shape[1] > 0, flow.shape[0] > 0
    half, one, zero = np.float32(0.5), np.float32(1.0), np.float32(0.0)
    exposure = np.float32(exposure_s)
    line = np.uint64(3 * width)
    values, flows = light.reshape(-1), flow.reshape(-1)     # one index is cheaper than three
    sums = fours.reshape(-1)
    for row in range(rows):
        later = np.float32((row - (rows - 1) / 2.0) * row_s)
        for column in range(columns):
            x, y = np.float32(column), np.float32(row)
            if bends:
                x, y = grid[0, row, column], grid[1, row, column]
            taps = 1
            along_x, along_y = zero, zero
            if moves:
                near = np.uint64(2 * (int(min(max(y, zero), bottom) + half) * width
                                      + int(min(max(x, zero), right) + half)))
                along_x, along_y = flows[near], flows[near + ONE]
                if later != zero:
                    then_x, then_y = x - along_x * later, y - along_y * later
                    if max(abs(then_x - x), abs(then_y - y)) > half:
                        # what is here later was elsewhere in the rendered picture, and its motion there counts
                        near = np.uint64(2 * (int(min(max(then_y, zero), bottom) + half) * width
                                              + int(min(max(then_x, zero), right) + half)))
                        along_x, along_y = flows[near], flows[near + ONE]
                        then_x, then_y = x - along_x * later, y - along_y * later
                    x, y = then_x, then_y
                along_x, along_y = along_x * exposure, along_y * exposure
                longest = max(abs(along_x), abs(along_y))
                far_x, far_y = half * abs(along_x) + one, half * abs(along_y) + one
                if longest > LONG and x >= far_x and x < right - far_x and y >= far_y and y < bottom - far_y:
                    first_of = mosaic[row & 1, column & 1] if channels == 1 else 0
                    for channel in range(channels):
                        found[row, column, channel] = _streak(values, sums, 3 * width, first_of + channel, x, y,
                                                              along_x, along_y)
                    continue
                if longest > half:
                    taps = min(int(longest * TAPS_PER_PX) + 2, MOST_TAPS)
                    share = one / np.float32(taps)
                    along_x, along_y = along_x * share, along_y * share
                    back = half * np.float32(taps - 1)
                    x, y = x - back * along_x, y - back * along_y
            colour = mosaic[row & 1, column & 1] if channels == 1 else 0
            if taps == 1 and channels == 1 and x >= zero and x < right and y >= zero and y < bottom:
                left, top = int(x), int(y)
                at = np.uint64(3 * (top * width + left) + colour)
                found[row, column, 0] = _between(values, at, ASIDE, line, x - np.float32(left), y - np.float32(top))
                continue
            first = second = third = zero
            last_x, last_y = x + along_x * np.float32(taps - 1), y + along_y * np.float32(taps - 1)
            inside = (min(x, last_x) >= zero and max(x, last_x) < right
                      and min(y, last_y) >= zero and max(y, last_y) < bottom)
            for _ in range(taps):
                if inside:
                    left, top = int(x), int(y)
                    a, b = x - np.float32(left), y - np.float32(top)
                    aside, below = ASIDE, line
                else:
                    edge_x, edge_y = min(max(x, zero), right), min(max(y, zero), bottom)
                    left, top = int(edge_x), int(edge_y)
                    a, b = edge_x - np.float32(left), edge_y - np.float32(top)
                    aside = ASIDE if left + 1 < width else NOWHERE
                    below = line if top + 1 < height else NOWHERE
                at = np.uint64(3 * (top * width + left) + colour)
                first += _between(values, at, aside, below, a, b)
                if channels == 3:
                    second += _between(values, at + ONE, aside, below, a, b)
                    third += _between(values, at + TWO, aside, below, a, b)
                x, y = x + along_x, y + along_y
            share = one / np.float32(taps)
            found[row, column, 0] = first * share
            if channels == 3:
                found[row, column, 1] = second * share
                found[row, column, 2] = third * share
