"""Rules about what points come from: each sweep's causes against its points, their labels and the physics of LiDARs.

What a device measures of a surface lies where the surface is, but for noise that strength and range allow; what hangs
or falls in the air is nearer than the surface behind it and within the few metres from which so little light comes
back. The bounds hold for any device of today, and are wider than any one needs.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from simgen.verify.cause_file import DUST, FOG, GROUND, IN_THE_AIR, NAMES, RAIN, SNOW, SPRAY
from simgen.verify.causes import MeasuredSweep, measured_sweeps, usable
from simgen.verify.frames import FrameFiles
from simgen.verify.rules import Problem, Rule, count, rule

ACCURACY_M = 0.03
"""1 σ of a strong return, by data sheets at most; soft surfaces such as fur and leaves are in it."""
TIMING_M = 0.18
"""How exactly a pulse is timed at a signal to noise of one half, of the longest pulses (10 ns)."""
PULSE_M = 0.43
"""A range that may be anywhere in such a pulse: c·τ/2/√12. More no weak return or oblique surface adds."""
FOOTPRINT_RAD = 0.3 * 3.2e-3
"""Of the widest usual beams, as rms; times range and tangent of the incidence it is what an oblique surface adds."""
LEAST_SEEN_M = 20.0
"""Up to here at least any device sees what reflects a tenth."""
TANGENT_OF_OBJECTS = 5.0
SIGMAS, ODD_SHARE, ODD_POINTS = 6.0, 0.001, 10
"""Of surface points so many may lie farther off; no one by more than six times what a pulse's length allows."""
FARTHEST_OFF_M = SIGMAS * (ACCURACY_M**2 + PULSE_M**2) ** 0.5
BEHIND_SHARE = 0.02
"""Of false returns right before a surface, so many may be measured behind it, by noise."""
OVERLAP_M = 10.0
"""Nearer than this a receiver sees a part of the beam only, so that near returns are weaker than they look."""

REACH_M = {FOG: 60.0, RAIN: 40.0, SNOW: 60.0, SPRAY: 120.0, DUST: 60.0}
"""A drop or flake that fills the beam returns 2 % and 200 % of water's mirror at most; what hangs in the air shines
back from where the beam is not yet thinned out; spray hangs behind vehicles that are still seen."""
LONGEST_TURN_S = 0.2
SAME_WAY = 1e-4
"""Of unit vectors: two returns of one beam have one direction, but for rounding."""
LYING_TAGS = (1, 2, 10, 23, 24, 25, 27)
"""CARLA's tags of roads, sidewalks, terrain, water, road lines, ground and rail tracks."""
MOST_STEPS, FINE = 256, 100
STEP_ERROR = 1e-3
CLEAN_CELL, CLEAN_BORDER = 1e-3, 0.01
"""By how much directions are told apart, as beams are 3e-3 apart and rounding is 1e-7; and how near to a cell's
border, as a share of it, a direction may be rounded into the next one."""
CLEAN_SECTOR, CLEAN_SLOPE, CLEAN_WIDER = 0.5, 1.0, 1.1
"""Tangents of half the sector ahead that is compared with the clean sweep, to the sides and up and down: what is wrong
there is wrong all round. Noise may move points over its border."""
CLEAN_OFF_M, CLEAN_SHARE = 0.01, 0.005


@rule("cause.form", "error", "velodyne_cause is a .npy file with a row of cause, return_number, ring, range_before_m"
      " and time_s for each point", needs=("points", "causes"))
def form(frame: FrameFiles) -> Iterator[Problem]:
    for sweep in frame.once(measured_sweeps):
        if sweep.fault is not None:
            yield Problem(sweep.file, sweep.fault)
            continue
        bad = int((~(sweep.before_m > 0)).sum() + (~np.isfinite(sweep.time_s)).sum())
        if bad:
            yield Problem(sweep.file, f"{count(bad, 'number')} of range_before_m and time_s are no ranges and times")


@rule("cause.code", "error", "causes are OBJECT 1, GROUND 2, FOG 3, RAIN 4, SNOW 5, SPRAY 6, DUST 7 or NOISE 8",
      needs=("points", "causes"))
def code(frame: FrameFiles) -> Iterator[Problem]:
    for sweep in usable(frame):
        for number in np.flatnonzero(sweep.counts).tolist():
            if number not in NAMES:
                yield Problem(sweep.file, f"{count(int(sweep.counts[number]), 'point')} of cause {number}")


@rule("cause.owner", "error", "what no surface gave has label 0, an object's points are of cause OBJECT, and GROUND is"
      " what lies", needs=("points", "causes", "point_labels"))
def owner(frame: FrameFiles) -> Iterator[Problem]:
    for sweep in usable(frame):
        if sweep.labels is None:                                                # points.labels says so
            continue
        labelled = sweep.labels != 0
        if bad := int((labelled & ~sweep.is_surface).sum()):
            kinds = np.unique(sweep.cause[labelled & ~sweep.is_surface]).tolist()
            names = ", ".join(NAMES.get(one, "?") for one in kinds)
            yield Problem(sweep.file, f"{count(bad, 'point')} of cause {names} with a class or an instance, which only"
                                      " surfaces have")
        owned = (sweep.labels >> 16) > 0
        if bad := int((owned & (sweep.cause == GROUND)).sum()):
            yield Problem(sweep.file, f"{count(bad, 'point')} of an object with the cause GROUND")
        lies = np.zeros(1 << 16, np.bool_)
        lies[list(LYING_TAGS)] = True
        lying = lies[sweep.labels & 0xFFFF]
        if bad := int((lying != (sweep.cause == GROUND))[sweep.is_surface].sum()):
            yield Problem(sweep.file, f"{count(bad, 'point')} whose class does not go with GROUND or OBJECT")


@rule("cause.surface", "error", "points of surfaces lie where the beam's surface is, but for noise",
      needs=("points", "causes"))
def surface(frame: FrameFiles) -> Iterator[Problem]:
    for sweep in usable(frame):
        of_surface = np.flatnonzero(sweep.is_surface)
        before = sweep.before_m[of_surface]
        if bad := int((~np.isfinite(before)).sum()):
            yield Problem(sweep.file, f"{count(bad, 'point')} of surfaces in beams that meet none (range_before_m)")
            continue
        off = np.abs(sweep.range_m[of_surface] - before)
        doubtful = np.flatnonzero(off > SIGMAS * ACCURACY_M)                    # the least that noise_m allows
        odd = int((off[doubtful] > SIGMAS * noise_m(sweep, of_surface[doubtful])).sum())
        if len(off) and off.max() > FARTHEST_OFF_M:
            yield Problem(sweep.file, f"a point lies {off.max():.2f} m from its surface; noise of range is at most"
                                      f" {FARTHEST_OFF_M:.1f} m")
        elif odd > max(ODD_POINTS, ODD_SHARE * len(off)):
            yield Problem(sweep.file, f"{odd} of {len(off)} points lie farther from their surfaces than their strength"
                                      " allows, by six standard deviations")


def noise_m(sweep: MeasuredSweep, number: NDArray[np.intp]) -> NDArray[np.float32]:
    """(K,) the largest standard deviation of range that any device has of these points, by strength and incidence.

    Intensity is what a white wall at that range would return, so strength over the weakest that is seen follows from
    how far a device sees at least. Ground is struck under the angle that its height below the LiDAR gives.
    """
    points, far = sweep.points[number], sweep.range_m[number]
    level = np.maximum(np.abs(points[:, 2]), np.float32(0.1))
    tangent = np.where(sweep.cause[number] == GROUND, far / level, np.float32(TANGENT_OF_OBJECTS))
    seen = np.clip((far - 1.0) / (OVERLAP_M - 1.0), 0.01, 1.0)
    strength = np.maximum(points[:, 3] - 0.005, 0.001) * seen * (LEAST_SEEN_M**2 / 0.1) / (far * far)
    stretch = FOOTPRINT_RAD * far * tangent
    timing = np.minimum((TIMING_M**2 + stretch * stretch) / (2.0 * strength), PULSE_M**2)
    return np.asarray(np.sqrt(ACCURACY_M**2 + timing), np.float32)


@rule("cause.nearer", "error", "what hangs or falls in the air is nearer than the surface behind it",
      needs=("points", "causes"))
def nearer(frame: FrameFiles) -> Iterator[Problem]:
    for sweep in usable(frame):
        for cause in IN_THE_AIR:
            number = np.flatnonzero(sweep.cause == cause)
            if not len(number):
                continue
            behind = sweep.range_m[number] - sweep.before_m[number]
            odd = int((behind > SIGMAS * ACCURACY_M).sum())
            if behind.max() > FARTHEST_OFF_M or odd > max(ODD_POINTS, BEHIND_SHARE * len(number)):
                yield Problem(sweep.file, f"{odd} of {len(number)} points of {NAMES[cause]} lie behind the surfaces"
                                          f" that end their beams, by up to {behind.max():.1f} m")


@rule("cause.reach", "error", "what hangs or falls in the air is seen from no farther than it shines",
      needs=("points", "causes"))
def reach(frame: FrameFiles) -> Iterator[Problem]:
    for sweep in usable(frame):
        for cause, most in REACH_M.items():
            if not sweep.counts[cause]:
                continue
            if bad := int(((sweep.cause == cause) & (sweep.range_m > most)).sum()):
                yield Problem(sweep.file, f"{count(bad, 'point')} of {NAMES[cause]} farther than {most:g} m")


@rule("cause.beam", "error", "points are listed ring by ring, a beam's second return behind its first, within one turn",
      needs=("points", "causes"))
def beam(frame: FrameFiles) -> Iterator[Problem]:
    for sweep in usable(frame):
        if bad := int((sweep.ring[1:] < sweep.ring[:-1]).sum()):
            yield Problem(sweep.file, f"rings do not ascend in {count(bad, 'place')}; points stand ring by ring")
        late = float(np.abs(sweep.time_s).max())
        if not late <= LONGEST_TURN_S:
            yield Problem(sweep.file, f"a point is {late:g} s from the sweep's moment; no turn takes so long")
        if int(sweep.return_number.max()) > 1:
            yield Problem(sweep.file, f"a return number is {sweep.return_number.max()}; they are 0 and 1")
            continue
        second = np.flatnonzero(sweep.return_number == 1)
        if not len(second):
            continue
        first = second - 1
        if second[0] == 0 or (sweep.return_number[first] != 0).any():
            yield Problem(sweep.file, "a second return does not follow a first one")
            continue
        way = [sweep.points[which, :3] / sweep.range_m[which, None] for which in (first, second)]
        apart = (np.abs(way[0] - way[1]) > SAME_WAY).any(axis=1)
        apart |= (sweep.ring[first] != sweep.ring[second]) | (sweep.before_m[first] != sweep.before_m[second])
        apart |= sweep.time_s[first] != sweep.time_s[second]
        if bad := int(apart.sum()):
            yield Problem(sweep.file, f"{count(bad, 'second return')} of another beam than the first")


@rule("cause.steps", "error", "a device's intensities come in at most 256 even steps", needs=("points", "causes"))
def steps(frame: FrameFiles) -> Iterator[Problem]:
    for sweep in usable(frame):
        intensity = np.ascontiguousarray(sweep.points[:, 3])
        if intensity.min() < 0 or intensity.max() > 1:                          # cloud.reflectance says so
            continue
        # One value stands for all that differ by less than a hundredth of a step: sorting takes ten times as long.
        bin_of = (intensity * np.float32(FINE * MOST_STEPS)).astype(np.int32)
        found = np.full(FINE * MOST_STEPS + 1, -1.0, np.float32)
        found[bin_of] = intensity
        values = found[found >= 0].astype(np.float64)
        # The two that are usual first, then any.
        for levels in (100, 256, *range(1, MOST_STEPS + 1)):
            if np.abs(values * levels - np.rint(values * levels)).max() < STEP_ERROR:
                break
        else:
            yield Problem(frame.path(sweep.folder), f"{len(values)} different intensities, which are no multiples of"
                                                    f" one step; devices have at most {MOST_STEPS} even ones")


@rule("cause.counts", "error", "an object has at most as many returns as without noise and weather, which entries tell"
      " where points have causes", needs=("objects", "causes"))
def counts(frame: FrameFiles) -> Iterator[Problem]:
    measured = frame.has("velodyne_cause")
    for row, side in frame.pairs:
        before, after = side.get("lidar_points_clean"), side.get("lidar_points_stored", side.get("lidar_points"))
        if isinstance(before, int) != measured:
            yield Problem(frame.path("objects"), f"entry {row.line} states {before} returns without noise and weather,"
                                                 f" but points have {'causes' if measured else 'no causes'}")
        elif isinstance(before, int) and isinstance(after, int) and after > before:
            yield Problem(frame.path("objects"), f"entry {row.line} has {after} returns, but without noise and weather"
                                                 f" {before}")


@rule("cause.clean", "error", "every surface that was measured is in the clean sweep",
      needs=("points", "causes", "clean"))
def clean(frame: FrameFiles) -> Iterator[Problem]:
    for sweep in usable(frame):
        folder = f"{sweep.folder}_clean"
        data = frame.content(folder)
        if data is None:
            continue
        file = frame.path(folder)
        if len(data) % 16:
            yield Problem(file, f"{len(data)} bytes are no multiple of 16")
            continue
        all_round = np.frombuffer(data, "<f4").reshape(-1, 4)
        if not np.isfinite(all_round).all():
            yield Problem(file, "a number is not finite")
            continue
        if np.ptp(sweep.time_s) > 0:              # of a turn that takes its time, the clean sweep is of one moment
            continue
        measured = np.flatnonzero(sweep.is_surface & _is_ahead(sweep.points, 1.0))
        ahead = all_round[_is_ahead(all_round, CLEAN_WIDER)]
        lost = _not_among(sweep.points[measured], sweep.range_m[measured], sweep.before_m[measured], ahead)
        if lost > max(ODD_POINTS, CLEAN_SHARE * len(measured)):
            yield Problem(file, f"of {len(measured)} surface points ahead {lost} are of no beam of the clean sweep")


def _is_ahead(points: NDArray[np.float32], wider: float) -> NDArray[np.bool_]:
    """(N,) in the sector that is compared, made wider by a factor. Below the mast beams stand too close together."""
    x, y, z = (points[:, i] for i in range(3))
    return np.asarray((np.abs(y) < wider * CLEAN_SECTOR * x) & (np.abs(z) < wider * CLEAN_SLOPE * x))


def _not_among(
    points: NDArray[np.float32], range_m: NDArray[np.float32], before_m: NDArray[np.float32],
    clean_points: NDArray[np.float32],
) -> int:
    """How many of (K, 4) measured points have no clean point in their direction at ``before_m``."""
    if not len(clean_points):
        return len(points)
    length = np.sqrt(np.einsum("ij,ij->i", clean_points[:, :3], clean_points[:, :3]))
    known = _cells(clean_points, length)
    order = np.argsort(known, kind="stable")
    known, length = known[order], length[order]
    found = np.zeros(len(points), np.bool_)
    # A direction beside a cell's border may be rounded into the next cell, so both are looked into.
    for aside in (0.0, -CLEAN_BORDER, CLEAN_BORDER):
        for up in (0.0, -CLEAN_BORDER, CLEAN_BORDER):
            left = np.flatnonzero(~found)
            cell = _cells(points[left], range_m[left], aside, up)
            at = np.minimum(np.searchsorted(known, cell), len(known) - 1)
            found[left] = (known[at] == cell) & (np.abs(length[at] - before_m[left]) < CLEAN_OFF_M)
    return int((~found).sum())


def _cells(
    points: NDArray[np.float32], range_m: NDArray[np.float32], aside: float = 0.0, up: float = 0.0
) -> NDArray[np.int64]:
    """(K,) numbers of the cells that directions ahead lie in, moved aside and up by these shares of one."""
    left = np.floor(points[:, 1] / range_m / CLEAN_CELL + aside).astype(np.int64)
    high = np.floor(points[:, 2] / range_m / CLEAN_CELL + up).astype(np.int64)
    return np.asarray(left * 10_000 + high)


RULES: tuple[Rule[FrameFiles], ...] = (form, code, owner, surface, nearer, reach, beam, steps, counts, clean)
