"""Sweeps that somebody recorded, with a real car or another simulator: from a file's points to beams.

What a file does not say is worked out: which laser saw a point, where the ground is, at which angle surfaces were
struck, and which beams came back with nothing. Recorded intensity is taken for ρ·f(θ), which is what KITTI's and other
calibrated devices report.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from sensors.devices.lidar import LidarDevice
from sensors.lidar.order import rings
from sensors.lidar.road_surface import is_ground
from sensors.sweeps import CleanSweep

ROAD, UNLABELLED, SKY = 1, 0, 11        # CARLA's tags
_SAME_SURFACE_M = 0.6                   # neighbours of a ring farther apart are on two surfaces
_UNKNOWN_COSINE = 0.7
_FEWEST_IN_A_RING = 12
_FEWEST_GAPS = 1000


def clean_sweep(
    points: NDArray[np.floating], device: LidarDevice, ring: NDArray[np.integer] | None = None,
    ground: NDArray[np.bool_] | None = None,
) -> CleanSweep:
    """The beams of a recorded sweep: first one for each point, in the file's order; then those that saw nothing.

    Args:
        points: (N, 4) x, y, z in LiDAR axes and intensity, 0 … 1 for a diffuse surface.
        device: that recorded it.
        ring: (N,) beam numbers from the top; None: by the order of a KITTI file, or where points are not in such an
            order, by elevation.
        ground: (N,) is it ground? None: worked out.

    Raises:
        ValueError: if the points have another shape, hold numbers that are not finite, an origin or a negative
            intensity.
    """
    checked(points)
    xyz = np.asarray(points[:, :3], np.float32)
    range_m = np.sqrt(np.einsum("ij,ij->i", xyz, xyz))
    direction = xyz / range_m[:, None]
    which = beam_numbers(xyz, device) if ring is None else np.asarray(ring)
    road = is_ground(xyz) if ground is None else ground
    cosine = _cosines(xyz, direction, which)
    if road.any():
        cosine[road] = np.abs(direction[road] @ _up(xyz[road])).astype(np.float32)
    sky_direction, sky_ring = unanswered(xyz, which, device)
    count, empty = len(xyz), len(sky_ring)

    def filled(values: NDArray[np.generic], rest: float, kind: type) -> NDArray[np.generic]:
        return np.concatenate([values.astype(kind), np.full(empty, rest, kind)])

    return CleanSweep(
        direction=np.concatenate([direction, sky_direction]),
        range_m=filled(range_m, np.inf, np.float32),                            # type: ignore[arg-type]
        cos_incidence=filled(cosine, 1.0, np.float32),                          # type: ignore[arg-type]
        tag=filled(np.where(road, ROAD, UNLABELLED), SKY, np.uint8),            # type: ignore[arg-type]
        actor_id=np.zeros(count + empty, np.uint32),
        ring=np.concatenate([which, sky_ring]).astype(np.uint8),
        time_s=np.zeros(count + empty, np.float32),
        reflectance=filled(points[:, 3], 0.0, np.float32),                      # type: ignore[arg-type]
    )


def checked(points: NDArray[np.floating]) -> None:
    """Raises ValueError as ``clean_sweep`` says."""
    if points.ndim != 2 or points.shape[1] != 4:
        raise ValueError(f"points have shape {points.shape}, expected (N, 4): x, y, z, intensity")
    if wrong := np.count_nonzero(~np.isfinite(points).all(axis=1)):
        raise ValueError(f"{wrong} of {len(points)} points hold a number that is not finite; leave such rows out")
    if wrong := np.count_nonzero((points[:, :3] == 0).all(axis=1)):
        raise ValueError(f"{wrong} of {len(points)} points lie at the origin: such rows mean that nothing came back; "
                         "leave them out")
    if len(points) and points[:, 3].min() < 0:
        raise ValueError(f"intensity goes down to {points[:, 3].min():g}; expected 0 or more")


def beam_numbers(points_m: NDArray[np.floating], device: LidarDevice) -> NDArray[np.uint8]:
    """(N,) which beam saw each point, 0 the top one.

    A file in KITTI's order holds ring after ring, each a turn that begins straight ahead. If it has as many turns as
    the device has beams, or a few less, they are the rings; else each point goes to the beam of the nearest elevation.
    Lasers do not start in one place, so that elevations of near points are off by some of a device's steps.
    """
    azimuth = np.arctan2(points_m[:, 1], points_m[:, 0]) % (2.0 * np.pi)
    ends = np.flatnonzero(np.diff(azimuth) < -np.pi)
    borders = np.concatenate([[-1], ends, [len(azimuth) - 1]])
    long_enough = np.diff(borders) >= _FEWEST_IN_A_RING
    turns = int(long_enough.sum())
    if 0.9 * device.channels <= turns <= device.channels:
        first = np.zeros(len(azimuth), np.int64)
        first[borders[:-1][long_enough] + 1] = 1
        number = np.maximum(np.cumsum(first) - 1, 0)
        # Of fewer turns than beams, the missing ones are at the top, which looks into the sky.
        return (number + device.channels - turns).astype(np.uint8)
    return rings(points_m, np.radians(device.elevations_deg))


def unanswered(
    points_m: NDArray[np.floating], ring: NDArray[np.integer], device: LidarDevice
) -> tuple[NDArray[np.float32], NDArray[np.uint8]]:
    """(E, 3) directions and (E,) rings of the beams that came back with nothing.

    A ring's firings are taken as even in azimuth: where two neighbouring points of a ring lie more than a step and a
    half apart, the firings between them got no answer. The step is the one between most neighbours, as a device may
    have turned faster or slower than its file says. Elevations are the median of the ring's points, or the data sheet's
    where the ring has none.
    """
    start, end = np.radians(device.azimuths_deg)
    azimuth = np.arctan2(points_m[:, 1], points_m[:, 0]).astype(np.float64)
    step = _step(azimuth, ring, float(end - start) / device.firings)
    elevation = np.arctan2(points_m[:, 2], np.hypot(points_m[:, 0], points_m[:, 1]))
    turns = bool(np.isclose(end - start, 2.0 * np.pi))
    at: list[NDArray[np.float64]] = []
    up: list[NDArray[np.float64]] = []
    number: list[NDArray[np.uint8]] = []
    for beam, sheet_deg in enumerate(device.elevations_deg.tolist()):
        own = np.sort(azimuth[ring == beam])
        free = _between(own, float(start), float(end), float(step), turns)
        at.append(free)
        up.append(np.full(len(free), np.median(elevation[ring == beam]) if len(own) else np.radians(sheet_deg)))
        number.append(np.full(len(free), beam, np.uint8))
    around, above = np.concatenate(at), np.concatenate(up)
    direction = np.column_stack([np.cos(above) * np.cos(around), np.cos(above) * np.sin(around), np.sin(above)])
    return direction.astype(np.float32), np.concatenate(number)


def _step(azimuth: NDArray[np.float64], ring: NDArray[np.integer], sheet_rad: float) -> float:
    """The angle between firings: of points that have a neighbour in their ring, or the data sheet's if few have."""
    order = np.lexsort((azimuth, ring))
    gaps = np.diff(azimuth[order])[np.diff(ring[order].astype(np.int64)) == 0]
    gaps = gaps[(gaps > 0.1 * sheet_rad) & (gaps < 4.0 * sheet_rad)]
    return float(np.median(gaps)) if len(gaps) >= _FEWEST_GAPS else sheet_rad


def _between(
    azimuth: NDArray[np.float64], start: float, end: float, step: float, turns: bool
) -> NDArray[np.float64]:
    """Azimuths of the firings of one ring that lie between its points. azimuth: ascending, radians."""
    if len(azimuth) == 0:
        return np.arange(start + 0.5 * step, end, step)
    if turns:
        edges = np.append(azimuth, azimuth[0] + 2.0 * np.pi)
    else:                       # as if a firing just outside either end of the field of view had been answered
        edges = np.concatenate([[start - 0.5 * step], azimuth, [end + 0.5 * step]])
    missing = np.maximum(np.rint(np.diff(edges) / step).astype(np.int64) - 1, 0)
    which = np.repeat(np.arange(len(missing)), missing)
    rank = np.arange(len(which)) - np.repeat(np.cumsum(missing) - missing, missing)
    return np.asarray(edges[which] + (rank + 1) * (np.diff(edges) / (missing + 1))[which])


def _cosines(
    points_m: NDArray[np.float32], direction: NDArray[np.float32], ring: NDArray[np.integer]
) -> NDArray[np.float32]:
    """(N,) cosine of incidence by the neighbours to both sides in the ring; what only tilts up or down is not seen."""
    azimuth = np.arctan2(points_m[:, 1], points_m[:, 0])
    order = np.lexsort((azimuth, ring))
    cosine = np.full(len(order), _UNKNOWN_COSINE, np.float32)
    if len(order) < 3:
        return cosine
    before, here, after = order[:-2], order[1:-1], order[2:]
    one = (ring[before] == ring[here]) & (ring[here] == ring[after])
    along = points_m[after] - points_m[before]
    length = np.sqrt(np.einsum("ij,ij->i", along, along))
    one &= (length < _SAME_SURFACE_M) & (length > 0)
    sine = np.einsum("ij,ij->i", along[one], direction[here[one]]) / length[one]
    cosine[here[one]] = np.sqrt(np.maximum(1.0 - sine * sine, 0.0))
    return cosine


def _up(ground_m: NDArray[np.float32]) -> NDArray[np.float64]:
    """(3,) unit normal of the plane through the ground's points, by least squares, near ones first."""
    weight = 1.0 / np.maximum(np.hypot(ground_m[:, 0], ground_m[:, 1]), 1.0)
    rows = np.column_stack([ground_m[:, 0], ground_m[:, 1], np.ones(len(ground_m))]).astype(np.float64)
    slope_x, slope_y, _ = np.linalg.lstsq(rows * weight[:, None], ground_m[:, 2] * weight, rcond=None)[0]
    normal = np.array([-slope_x, -slope_y, 1.0])
    return np.asarray(normal / np.linalg.norm(normal))
