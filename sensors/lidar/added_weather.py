"""Weather on sweeps that a real device, or somebody else's simulator, has recorded already.

    points = np.fromfile("000000.bin", np.float32).reshape(-1, 4)
    device = load_lidar("hdl_64e_s2")
    swept = in_weather(points, device, Conditions(snowfall_mmph=4, visibility_m=120), seed=7)
    kitti_points(in_kitti_order(swept, device)).tofile("blizzard.bin")

Only what weather changes may change. A point that weather does not touch keeps its coordinates and its intensity, bit
for bit; it has been noticed, its range is noisy, and its device's losses have been taken, once, and are not taken
again. ``MeasuredSweep.beam`` says which row of the file a point was, so that labels can be carried over.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import fields, replace
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from sensors.chance import generator
from sensors.conditions import Conditions
from sensors.devices.lidar import LidarDevice, expect_lidar
from sensors.lidar import surface_weather
from sensors.lidar.air import Air
from sensors.lidar.detection import thresholds_of_noticed
from sensors.lidar.draws import key
from sensors.lidar.echo import Returned
from sensors.lidar.fog_banks import FogBanks, density_here
from sensors.lidar.intensity import intensity, reflectance_of
from sensors.lidar.materials import depths_m
from sensors.lidar.order import kitti_order
from sensors.lidar.plumes import Plume
from sensors.lidar.points import points_of
from sensors.lidar.range_noise import sigma_m
from sensors.lidar.recorded import clean_sweep
from sensors.lidar.report import Echoes, chosen_echoes, lost_returns
from sensors.lidar.strength import surface_power
from sensors.rigid import RigidTransform
from sensors.sweeps import Cause, CleanSweep, MeasuredSweep

_Floats: TypeAlias = "NDArray[np.float32]"


def in_weather(
    points: NDArray[np.floating],
    device: LidarDevice,
    conditions: Conditions,
    seed: int,
    *,
    ring: NDArray[np.integer] | None = None,
    ground: NDArray[np.bool_] | None = None,
    plumes: Sequence[Plume] = (),
    keep_lost: bool = False,
    world_from_lidar: RigidTransform | None = None,
    banks: FogBanks | None = None,
) -> MeasuredSweep:
    """A sweep recorded in clear air, as the same device would have recorded it in weather.

    Args:
        points: (N, 4) x, y, z in LiDAR axes and intensity as KITTI's files have it, 0 … 1: of devices that keep their
            upper values for retroreflectors, value / 256 (``LidarDevice.diffuse_levels``).
        device: that recorded them.
        seed: one for each file; it decides all that is chance.
        ring: (N,) beam numbers from the top, where they are known.
        ground: (N,) is it ground? Where that is known, as from semantic labels. All of it is taken for a road, so that
            ``road_snow`` lies on it, and not what ``snow_depth_m`` says of the land beside it.
        plumes: spray and dust behind vehicles, in LiDAR axes.
        keep_lost: say of each point that is gone why?
        world_from_lidar: lets water, snow and fog banks stay where they are from sweep to sweep.
        banks: fog and dust differ from place to place so; None: they are even.

    Returns:
        First what is left of the file's points, in its order, weather's points among them where these came in a
        point's stead; then weather's points in beams that had no answer. ``beam`` below N is a row of the file.
        ``cause`` tells OBJECT, GROUND and weather apart; the first two are the file's own points. In clear weather:
        the file.

    Raises:
        ValueError: as ``recorded.clean_sweep``.
        TypeError: if the device is not one, but its name.
    """
    expect_lidar(device)
    xyz = np.asarray(points[:, :3], np.float32) if points.ndim == 2 else points
    clean = clean_sweep(_with_reflectance(points, device), device, ring, ground)
    recorded, seen = _reflectances(clean, device)
    air = Air.of(conditions, device)
    depth, echoes = air.through_plumes(clean, plumes, device, seed)
    left = _transmission(clean, air, depth, banks, world_from_lidar)

    now = surface_weather.in_weather(clean, seen, conditions, world_from_lidar)
    before_power = np.maximum(surface_power(seen, clean.range_m, 0.0, device.overlap_m), device.least_power)
    before_power[~clean.is_hit] = 0
    changed = np.divide(now, seen, out=np.ones_like(seen), where=seen > 0) * left
    power = before_power * changed

    threshold = thresholds_of_noticed(before_power, device, key(seed, "detection"))
    # Fainter echoes than the sheet's threshold are not noticed because a point was.
    least = np.maximum(np.where(clean.is_hit, device.least_power, threshold), power)
    density = 1.0 if banks is None else density_here(banks, world_from_lidar)
    together = Echoes.of(len(clean), echoes + air.echoes(clean.range_m, least, device, seed, density))

    sees_all = _reaching(device, clean)
    returned = Returned(clean.range_m, power)
    chosen = chosen_echoes(returned, together, threshold, sees_all, key(seed, "dropout"))
    lost = None
    if keep_lost:
        wet_power = before_power * np.divide(now, seen, out=np.ones_like(seen), where=seen > 0)
        lost = lost_returns(chosen, clean, together, threshold, (before_power, wet_power, power), sees_all)
    measured = points_of(chosen, clean, returned, together, sees_all, key(seed, "range noise"), depths_m(), lost)

    own = np.isin(measured.cause, (Cause.OBJECT, Cause.GROUND))
    row = measured.beam[own]
    extra_m = _further_noise_m(clean, before_power, power, device, seed)[row]
    further = (1 + extra_m / clean.range_m[row])[:, None]
    measured.points_m[own] = np.where(extra_m[:, None] == 0, xyz[row], xyz[row] * further)
    rho = surface_weather.in_weather(clean, recorded, conditions, world_from_lidar) * left
    said = np.asarray(points[:, 3], np.float32)[row]
    measured.intensity[own] = np.where(changed[row] == 1, said, intensity(rho[row], device))
    return measured


def in_kitti_order(swept: MeasuredSweep, device: LidarDevice) -> MeasuredSweep:
    """The same points in the order of KITTI's files: ring by ring from the top, counter-clockwise from the front."""
    order = kitti_order(swept.points_m, swept.ring, 2 * np.pi / device.firings)
    return replace(swept, **{field.name: getattr(swept, field.name)[order]
                             for field in fields(swept) if field.name != "lost"})


def kitti_points(swept: MeasuredSweep) -> _Floats:
    """(M, 4) x, y, z and intensity, for ``tofile``."""
    return np.column_stack([swept.points_m, swept.intensity]).astype("<f4")


def _with_reflectance(points: NDArray[np.floating], device: LidarDevice) -> NDArray[np.floating]:
    """Points with the reflectance that their intensity stands for in the last column."""
    if points.ndim != 2 or points.shape[1] != 4:
        return points           # what is wrong with it is said where the sweep is made
    return np.column_stack([points[:, :3], reflectance_of(points[:, 3], device)])


def _reflectances(clean: CleanSweep, device: LidarDevice) -> tuple[_Floats, _Floats]:
    """(N,) as recorded; and what it must at least have been, since the point is there."""
    assert clean.reflectance is not None
    range_m = np.where(clean.is_hit, clean.range_m, np.float32(0))
    return clean.reflectance, np.maximum(clean.reflectance, np.float32(device.least_power) * range_m * range_m)


def _transmission(
    clean: CleanSweep, air: Air, depth: _Floats | None, banks: FogBanks | None, world_from_lidar: RigidTransform | None
) -> _Floats:
    """(N,) share of light that is left of the way to each surface and back."""
    way_m = np.where(clean.is_hit, clean.range_m, np.float32(0))
    total = np.float32(air.extinction_per_m) * way_m
    if depth is not None:
        total += depth
    if banks is not None:
        total += air.through_banks(clean, banks, world_from_lidar)
    return np.asarray(np.exp(-2 * total), np.float32)


def _reaching(device: LidarDevice, clean: CleanSweep) -> LidarDevice:
    """The device, but seeing as near and as far as the file's points lie, and losing nothing again."""
    range_m = clean.range_m[clean.is_hit]
    near, far = (float(range_m.min()), float(range_m.max())) if len(range_m) else (np.inf, 0.0)
    return replace(device, near_m=min(device.near_m, near), range_m=max(device.range_m, far), dropout=0.0)


def _further_noise_m(
    clean: CleanSweep, before_power: _Floats, power: _Floats, device: LidarDevice, seed: int
) -> NDArray[np.float64]:
    """(N,) what ranges are off by besides what they were already, since the signal is weaker; exactly 0 where not."""
    found = np.zeros(len(clean))
    weaker = np.flatnonzero((power < before_power) & (power > 0))
    cosine = np.maximum(clean.cos_incidence[weaker], 1e-3)
    before, after = (sigma_m(which[weaker] / device.least_power, device, clean.range_m[weaker], cosine)
                     for which in (before_power, power))
    spread = np.sqrt(np.maximum(after**2 - before**2, 0.0))
    found[weaker] = spread * generator(seed, "range noise").standard_normal(len(clean))[weaker]
    return found
