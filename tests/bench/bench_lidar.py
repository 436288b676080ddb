"""What the weather and the device cost for one sweep.

    python tests/bench/bench_lidar.py [--repeats N] [--firings N]

131,072 beams of an HDL-64E in a street, of which 120,000 meet something. Processor time of one thread, the median of
alternating runs, of each stage and of the whole call; beside it a plain numpy version of the same formulas
(tests/sensors/plain_sweep.py). Drops and flakes the plain way are every particle in every beam; that is timed on every
64th beam and multiplied.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT))

from sensors.chance import generator  # noqa: E402
from sensors.conditions import Conditions  # noqa: E402
from sensors.devices import LidarDevice, load_lidar  # noqa: E402
from sensors.lidar import materials  # noqa: E402
from sensors.lidar.air import Air  # noqa: E402
from sensors.lidar.detection import thresholds  # noqa: E402
from sensors.lidar.draws import key  # noqa: E402
from sensors.lidar.echo import Returned  # noqa: E402
from sensors.lidar.edges import outlines  # noqa: E402
from sensors.lidar.fans import plan_fans  # noqa: E402
from sensors.lidar.fog import backscatter_per_m_sr  # noqa: E402
from sensors.lidar.grid import FanHits, clean_sweep  # noqa: E402
from sensors.lidar.link import received_power  # noqa: E402
from sensors.lidar.measure import measure  # noqa: E402
from sensors.lidar.particles import particle_reflectivity  # noqa: E402
from sensors.lidar.points import points_of  # noqa: E402
from sensors.lidar.report import Echoes, chosen_echoes  # noqa: E402
from sensors.lidar.stray import stray_light  # noqa: E402
from sensors.lidar.strength import surface_power  # noqa: E402
from sensors.lidar.surface_weather import in_weather  # noqa: E402
from sensors.sweeps import CleanSweep  # noqa: E402
from tests.sensors import plain_sweep  # noqa: E402
from tests.sensors.every_drop import strongest_of_every_drop  # noqa: E402

FOG = Conditions(visibility_m=50.0)
RAIN = Conditions(rain_mmph=25.0, wetness=1.0, water_film_mm=0.6)
SNOW = Conditions(snowfall_mmph=2.5, snow_depth_m=0.05, road_snow=0.5)
TARGETS_MS = {"clear": 10.0, "fog": 10.0, "rain": 25.0, "snow": 25.0}
_FEW = 64


def street(device: LidarDevice, firings: int) -> CleanSweep:
    """A road between houses, open ahead and behind, with twenty cars and forty people."""
    rng = np.random.default_rng(0)
    elevation = np.radians(device.elevations_deg)
    azimuth = np.linspace(-np.pi, np.pi, firings, endpoint=False)
    up, around = (grid.ravel() for grid in np.meshgrid(elevation, azimuth, indexing="ij"))
    direction = np.stack([np.cos(up) * np.cos(around), np.cos(up) * np.sin(around), np.sin(up)], axis=1)
    with np.errstate(divide="ignore"):
        ground = np.where(up < 0, -1.73 / direction[:, 2], np.inf)
        houses = 11.0 / np.abs(direction[:, 1])
    # Houses end 70 m away; gaps between them, and the sky above them.
    houses[(houses > 70) | (np.sin(around * 23) > 0.1)] = np.inf
    range_m = np.minimum(ground, houses)
    aside_m = np.abs(np.where(np.isfinite(range_m), range_m, 0) * direction[:, 1])
    tag = np.where(ground <= houses, np.where(aside_m < 4, 1, 2), 3)
    cosine = np.where(ground <= houses, np.abs(direction[:, 2]), np.abs(direction[:, 1]))
    tag[(tag == 1) & (aside_m < 0.08)] = 24
    actor_id = np.zeros(len(range_m), dtype=np.uint32)
    for number in range(60):
        kind, width, height = (14, 1.8, 1.5) if number < 20 else (12, 0.6, 1.75)
        away, middle = rng.uniform(5, 40), rng.uniform(-np.pi, np.pi)
        aside = np.abs((around - middle + np.pi) % (2 * np.pi) - np.pi) * away
        inside = (aside < width / 2) & (away * np.tan(up) < height - 1.73) & (range_m > away)
        range_m[inside], tag[inside], actor_id[inside], cosine[inside] = away, kind, number + 1, rng.uniform(0.3, 1)
    tag[np.isinf(range_m)], cosine[np.isinf(range_m)] = 11, 1
    ring = np.repeat(np.arange(device.channels), firings)
    return CleanSweep(direction.astype(np.float32), range_m.astype(np.float32), cosine.astype(np.float32),
                      tag.astype(np.uint8), actor_id, ring.astype(np.uint8), np.zeros(len(range_m), np.float32))


def milliseconds(tasks: list[Callable[[], object] | None], repeats: int) -> list[float | None]:
    """Median processor time of each task, in turns."""
    times: list[list[float]] = [[] for _ in tasks]
    for _ in range(repeats + 1):
        for task, mine in zip(tasks, times, strict=True):
            if task is not None:
                began = time.process_time()
                task()
                mine.append(time.process_time() - began)
    return [1e3 * float(np.median(mine[1:])) if mine else None for mine in times]


def plain_particles(clean: CleanSweep, power: NDArray[np.float32], air: Air, device: LidarDevice) -> None:
    """Of every 64th beam."""
    for spectrum in air.falling:
        strongest_of_every_drop(
            clean.range_m[::_FEW], np.maximum(power[::_FEW], device.least_power), spectrum, air.extinction_per_m,
            device, particle_reflectivity(spectrum, device), np.random.default_rng(1))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--repeats", type=int, default=15)
    parser.add_argument("--firings", type=int, default=2048)
    options = parser.parse_args()
    device = replace(load_lidar("hdl_64e_s2"), firings=options.firings)
    clean = street(device, options.firings)
    count = len(clean)
    print(f"{count:,} beams, {clean.is_hit.sum():,} of them meet something; median of {options.repeats} runs\n")
    print(f"{'stage':34} {'ms':>8} {'numpy ms':>9} {'ratio':>7}")

    measure(clean, device, RAIN, 1)
    one = key(1, "bench")
    rng = np.random.default_rng(0)
    bright = materials.reflectance(clean, one)
    power = surface_power(bright, clean.range_m, 0.0, device.overlap_m)
    threshold = thresholds(count, device, one)
    airs = {name: Air.of(weather, device) for name, weather in (("fog", FOG), ("rain", RAIN), ("snow", SNOW))}
    nothing = Echoes.of(count, [])
    returned = Returned(clean.range_m, power)
    least = np.maximum(threshold, power)
    backscatter = np.pi * device.near_gain * backscatter_per_m_sr(airs["fog"].fog_per_m)[0]

    def plain_points() -> None:
        zeros = np.zeros(count)
        plain_sweep.points(clean, device, power, zeros, zeros, plain_sweep.Chance.of_numpy(count, device, rng))

    def plain_sky(air: Air) -> None:
        plain_sweep.sweep(clean, device, air.extinction_per_m, plain_sweep.Chance.of_numpy(count, device, rng))

    def plain_fog() -> None:
        bright = plain_sweep.brightness(clean, rng.normal(size=count))
        power = received_power(bright, clean.range_m.astype(np.float64), airs["fog"].extinction_per_m, device.overlap_m)
        peak_m, strength = plain_sweep.fog_peaks(clean.range_m, airs["fog"].extinction_per_m, device)
        scattered = np.clip(peak_m * 2 ** rng.uniform(-1, 1, count), device.near_m, clean.range_m)
        plain_sweep.points(clean, device, power, scattered, strength * backscatter,
                           plain_sweep.Chance.of_numpy(count, device, rng))

    plan, met = plan_fans(device), clean.is_hit
    hits = FanHits(clean.direction[met] * clean.range_m[met, None], clean.cos_incidence[met], clean.tag[met],
                   clean.actor_id[met], clean.ring[met])
    of_the_ego = hits.row >= device.channels - 3

    stages: list[tuple[str, Callable[[], object], Callable[[], object] | None, int]] = [
        ("every beam from a simulator's hits", lambda: clean_sweep(plan, hits, is_ego=of_the_ego), None, 1),
        ("materials", lambda: materials.reflectance(clean, one),
         lambda: plain_sweep.brightness(clean, rng.normal(size=count)), 1),
        ("wet road", lambda: in_weather(clean, bright, RAIN), None, 1),
        ("snow on the ground", lambda: in_weather(clean, bright, SNOW), None, 1),
        ("power", lambda: surface_power(bright, clean.range_m, 0.01, device.overlap_m),
         lambda: received_power(bright.astype(float), clean.range_m.astype(float), 0.01, device.overlap_m), 1),
        ("fog", lambda: airs["fog"].echoes(clean.range_m, threshold, device, 1),
         lambda: plain_sweep.fog_peaks(clean.range_m, airs["fog"].extinction_per_m, device), 1),
        ("drops, 25 mm/h", lambda: airs["rain"].echoes(clean.range_m, least, device, 1),
         lambda: plain_particles(clean, power, airs["rain"], device), _FEW),
        ("flakes, 2.5 mm/h", lambda: airs["snow"].echoes(clean.range_m, least, device, 1),
         lambda: plain_particles(clean, power, airs["snow"], device), _FEW),
        ("halos and cross-talk",
         lambda: stray_light(clean, bright, power, threshold, device, generator(1, "b")), None, 1),
        ("outlines (on request)", lambda: outlines(clean, power, device, one), None, 1),
        ("thresholds", lambda: thresholds(count, device, one),
         lambda: device.least_power * 10 ** (rng.logistic(size=count) / 10), 1),
        ("choice of echoes, points", lambda: points_of(
            chosen_echoes(returned, nothing, threshold, device, one), clean, returned, nothing, device, one,
            materials.depths_m()), plain_points, 1),
    ]
    for name, fast, plain, times in stages:
        report(name, *milliseconds([fast, plain], options.repeats), times)
    print()
    clear = Air.of(Conditions(), device)
    wholes: list[tuple[str, Conditions, Callable[[], object], Callable[[], object] | None]] = [
        ("clear", Conditions(), lambda: plain_sky(clear), None),
        ("fog", FOG, plain_fog, None),
        ("rain", RAIN, lambda: plain_sky(airs["rain"]), lambda: plain_particles(clean, power, airs["rain"], device)),
        ("snow", SNOW, lambda: plain_sky(airs["snow"]), lambda: plain_particles(clean, power, airs["snow"], device)),
    ]
    slow = []
    for name, weather, plain, falling in wholes:
        fast_ms, plain_ms, falling_ms = milliseconds(
            [lambda weather=weather: measure(clean, device, weather, 1), plain, falling], options.repeats)
        assert fast_ms is not None and plain_ms is not None
        target = TARGETS_MS[name]
        report(f"whole sweep, {name} (≤ {target:g})", fast_ms, plain_ms + _FEW * (falling_ms or 0.0), 1)
        if fast_ms > target:
            slow.append(name)
    two_returns = replace(device, returns=("strongest", "last", "dual"))
    [both_ms] = milliseconds(
        [lambda: measure(clean, two_returns, SNOW, 1, returns="dual", edges=True)], options.repeats)
    report("whole sweep, snow, two returns", both_ms, None, 1)
    sys.exit(f"slower than the target: {', '.join(slow)}" if slow else 0)


def report(name: str, fast_ms: float | None, plain_ms: float | None, times: int) -> None:
    assert fast_ms is not None
    if plain_ms is None:
        print(f"{name:34} {fast_ms:8.2f}")
    else:
        print(f"{name:34} {fast_ms:8.2f} {plain_ms * times:9.1f} {plain_ms * times / fast_ms:6.1f}×")


if __name__ == "__main__":
    main()
