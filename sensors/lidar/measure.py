"""The one call for one sweep: what a device reports of a world, in any weather.

The order keeps the physics consistent: how bright surfaces are, what water and snow do to them, what the air takes and
what in it shines back, what the receiver notices, how exactly it measures, and what it loses for no reason.
"""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import lru_cache, partial
from itertools import repeat
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from sensors.boxes import Box3
from sensors.chance import generator
from sensors.conditions import Conditions
from sensors.devices.lidar import LidarDevice, expect_lidar
from sensors.lidar import materials
from sensors.lidar.air import Air
from sensors.lidar.detection import beside_the_sun, thresholds
from sensors.lidar.draws import key
from sensors.lidar.echo import Returned
from sensors.lidar.edges import outlines
from sensors.lidar.fog_banks import FogBanks, density_here
from sensors.lidar.mirror import mirror_ghosts
from sensors.lidar.places import from_place_to_place
from sensors.lidar.plumes import Plume
from sensors.lidar.points import points_of
from sensors.lidar.report import RETURNS, Echoes, chosen_echoes, lost_returns
from sensors.lidar.stray import CROSSTALK, stray_light
from sensors.lidar.strength import surface_power
from sensors.lidar.surface_weather import bead_share, in_weather
from sensors.rigid import RigidTransform
from sensors.sweeps import CleanSweep, MeasuredSweep


def measure(
    clean: CleanSweep,
    device: LidarDevice,
    conditions: Conditions,
    seed: int,
    *,
    plumes: Sequence[Plume] = (),
    returns: str = "strongest",
    keep_lost: bool = False,
    known: Mapping[int, float] | None = None,
    vehicles: Mapping[int, Box3] | None = None,
    sun: NDArray[np.floating] | None = None,
    world_from_lidar: RigidTransform | None = None,
    edges: bool = False,
    crosstalk_share: float = CROSSTALK,
    ghosts: bool = False,
    banks: FogBanks | None = None,
) -> MeasuredSweep:
    """What a device reports of one turn.

    Args:
        clean: every beam of the turn.
        seed: one for each sensor and frame; it decides all that is chance.
        plumes: spray and dust behind vehicles, in LiDAR axes.
        returns: "strongest", "last", or "dual": the strongest and the last.
        keep_lost: say of each surface that was met and not reported why?
        known: reflectivity of actors' surfaces by actor id, where it is known; the others draw their own.
        vehicles: boxes of vehicles in LiDAR axes by actor id, which tell windows, tyres and number plates; of those of
            the level by any number that no actor has, so that each gets a paint of its own.
        sun: (3,) unit vector towards it in LiDAR axes, where it can be seen.
        world_from_lidar: lets materials differ, water and snow lie, and fog hang, in the same places in every sweep;
            without it the level is of mean materials, water and snow lie evenly, and fog moves along with the device.
        edges: split the light of beams that meet two surfaces?
        crosstalk_share: of beams that see another device's pulse.
        ghosts: let calm water on the road mirror objects? Rain ripples it, so these are the most that there can be.
        banks: fog and dust differ from place to place so; None: they are even.

    Raises:
        ValueError: if the device does not offer these returns, or a range is NaN, 0 or less.
        TypeError: if the device is not one, but its name.
    """
    expect_lidar(device)
    if len(clean) and not clean.range_m.min() > 0:                  # nor is NaN
        wrong = np.count_nonzero(~(clean.range_m > 0))
        raise ValueError(f"range_m is above 0, and infinite where nothing was met; {wrong} of {len(clean)} beams have "
                         "NaN, 0 or less")
    if returns not in RETURNS or returns not in device.returns:
        raise ValueError(f"returns: {device.title} offers {', '.join(device.returns)}, not {returns!r}")
    _keep_memory()
    surfaces = _Surfaces.of(clean, conditions, seed, known, vehicles, world_from_lidar)
    air = Air.of(conditions, device)
    depth, echoes = air.through_plumes(clean, plumes, device, seed)
    power = surface_power(surfaces.now, clean.range_m, air.extinction_per_m, device.overlap_m)
    if depth is not None:
        power *= np.exp(-2 * depth)
    if banks is not None:
        power *= np.exp(-2 * air.through_banks(clean, banks, world_from_lidar))
    returned = Returned(clean.range_m, power)
    threshold = thresholds(len(clean), device, key(seed, "detection"))
    if sun is not None:
        threshold = beside_the_sun(threshold, clean.direction, sun)

    if edges:
        returned, echo = outlines(clean, power, device, key(seed, "edges"))
        echoes.append(echo)
    if ghosts:
        echoes.append(mirror_ghosts(clean, surfaces.now, conditions, air.extinction_per_m, device, world_from_lidar))
    # The device reports what is strongest, so that weaker echoes need not be made.
    least = np.maximum(threshold, returned.power) if returns == "strongest" else threshold
    density = 1.0 if banks is None else density_here(banks, world_from_lidar)
    echoes += air.echoes(clean.range_m, least, device, seed, density)
    echoes += stray_light(clean, surfaces.now, power, threshold, device, generator(seed, "crosstalk"), crosstalk_share)

    together = Echoes.of(len(clean), echoes)
    chosen = chosen_echoes(returned, together, threshold, device, key(seed, "dropout"), returns)
    lost = None
    if keep_lost:
        dry = surface_power(surfaces.dry, clean.range_m, 0.0, device.overlap_m)
        wet = surface_power(surfaces.now, clean.range_m, 0.0, device.overlap_m)
        if edges:       # what falls on another surface is missing in any weather
            own = np.minimum(np.divide(returned.power, power, out=np.ones_like(power), where=power > 0), 1)
            dry, wet = dry * own, wet * own
        lost = lost_returns(chosen, clean, together, threshold, (dry, wet, returned.power), device)
    return points_of(chosen, clean, returned, together, device, key(seed, "range noise"), materials.depths_m(), lost)


def measure_many(
    sweeps: Sequence[CleanSweep],
    device: LidarDevice,
    conditions: Conditions | Sequence[Conditions],
    seeds: Sequence[int],
    *,
    threads: int | None = None,
    **options: Any,
) -> list[MeasuredSweep]:
    """``measure`` of many sweeps at once, which gives the same bytes as one by one.

    Args:
        conditions: of all sweeps, or of each.
        seeds: of each sweep.
        threads: how many sweeps at once; None: as many as there are processors.
        options: of ``measure``, for all sweeps.

    Raises:
        ValueError: if there are not as many seeds, or conditions, as sweeps.
    """
    weather = [conditions] * len(sweeps) if isinstance(conditions, Conditions) else conditions
    if not len(sweeps) == len(seeds) == len(weather):
        raise ValueError(f"{len(sweeps)} sweeps need as many seeds and conditions, "
                         f"got {len(seeds)} and {len(weather)}")
    one = partial(measure, **options)
    with ThreadPoolExecutor(threads or os.cpu_count()) as pool:
        return list(pool.map(one, sweeps, repeat(device), weather, seeds))


class _Surfaces(NamedTuple):
    """ρ·f(θ) of each beam's surface, (N,): in dry weather, and as it is now."""

    dry: NDArray[np.float32]
    now: NDArray[np.float32]

    @classmethod
    def of(
        cls, clean: CleanSweep, conditions: Conditions, seed: int, known: Mapping[int, float] | None,
        vehicles: Mapping[int, Box3] | None, world_from_lidar: RigidTransform | None,
    ) -> _Surfaces:
        if clean.reflectance is not None:
            dry = clean.reflectance
        else:
            dry = materials.reflectance(clean, key(seed, "texture"), known, vehicles)
            if world_from_lidar is not None:
                dry = from_place_to_place(dry, clean, world_from_lidar)
        covered = materials.with_beads_covered(dry, clean.tag, bead_share(conditions))
        return cls(dry, in_weather(clean, covered, conditions, world_from_lidar))


@lru_cache(maxsize=1)
def _keep_memory() -> None:
    """Half of a sweep's time would go into pages of memory: the C library of Linux hands blocks above a size that it
    learns back to the system when they are freed, to be cleared and mapped again for the next sweep. It learns the
    size from the largest block that was ever freed."""
    np.empty(_LARGEST_BLOCK, np.uint8)


_LARGEST_BLOCK = 30 << 20       # of those that it learns from: up to 32 MiB
